// SPDX-License-Identifier: GPL-2.0
/*
 * SAs: entered when their first packet is seen, given to the inside host that
 * the association (assoc.c) says, ended when they are idle.
 */
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "ipsec.h"

/**
 * nfpt_ipsec_sa_touch() - a packet of an SA
 * @sa: the SA
 * @skb: the packet
 *
 * Context: RCU.
 */
void nfpt_ipsec_sa_touch(struct nfpt_ipsec_sa *sa, const struct sk_buff *skb)
{
	struct nfpt_ipsec_session *session = READ_ONCE(sa->session);
	u32 now = jiffies;

	atomic64_inc(&sa->packets);
	atomic64_add(skb->len, &sa->bytes);
	if (READ_ONCE(sa->seen) == now)
		return;
	WRITE_ONCE(sa->seen, now);
	if (!session)
		return;
	WRITE_ONCE(session->session.seen, now);
	if (nfpt_ipsec_is_udp(sa))
		return;
	WRITE_ONCE(session->esp_seen, now);
	WRITE_ONCE(session->esp, true);
}

static struct nfpt_flow_key nfpt_ipsec_sa_key(u8 slot, __be32 saddr, __be32 daddr, u32 spi,
					      bool inbound)
{
	bool udp = slot == NFPT_IPSEC_SA_UDP;

	return (struct nfpt_flow_key){
		.saddr = saddr, .daddr = daddr, .id = spi,
		/* Both directions are entered by the inside host's address. */
		.zone = udp ? NFPT_IPSEC_SA_UDP + inbound : 0,
		.l4proto = udp ? IPPROTO_UDP : IPPROTO_ESP,
		.view = slot == NFPT_IPSEC_SA_SEEN ? NFPT_VIEW_OUT : NFPT_VIEW_IN,
	};
}

static struct nfpt_ipsec_sa *nfpt_ipsec_sa_lookup(const struct nfpt_ipsec_net *ipn, u8 slot,
						  __be32 saddr, __be32 daddr, u32 spi,
						  bool inbound)
{
	const struct nfpt_flow_key key = nfpt_ipsec_sa_key(slot, saddr, daddr, spi, inbound);
	struct nfpt_flow *flow = nfpt_flow_find(ipn->pn, &key);

	return flow ? nfpt_ipsec_sa_of(flow) : NULL;
}

/**
 * nfpt_ipsec_sa_find() - the SA of an ESP packet
 * @ipn: the namespace
 * @saddr: its source, before translation
 * @daddr: its destination, before translation
 * @spi: its Security Parameters Index
 *
 * Context: RCU.
 * Return: the SA, or NULL.
 */
struct nfpt_ipsec_sa *nfpt_ipsec_sa_find(const struct nfpt_ipsec_net *ipn, __be32 saddr,
					 __be32 daddr, u32 spi)
{
	return nfpt_ipsec_sa_lookup(ipn, NFPT_IPSEC_SA_IN, saddr, daddr, spi, false);
}

/**
 * nfpt_ipsec_sa_find_seen() - the SA of an outbound packet that has been translated
 * @ipn: the namespace
 * @saddr: its source, the NAT address
 * @daddr: its destination, the gateway
 * @spi: its Security Parameters Index
 *
 * Context: RCU.
 * Return: the SA, or NULL.
 */
struct nfpt_ipsec_sa *nfpt_ipsec_sa_find_seen(const struct nfpt_ipsec_net *ipn, __be32 saddr,
					      __be32 daddr, u32 spi)
{
	return nfpt_ipsec_sa_lookup(ipn, NFPT_IPSEC_SA_SEEN, saddr, daddr, spi, false);
}

/**
 * nfpt_ipsec_sa_find_udp() - the SA of an ESP packet that is encapsulated in UDP
 * @ipn: the namespace
 * @host: the inside host
 * @gateway: the gateway
 * @inbound: it goes to the inside host
 * @spi: its Security Parameters Index
 *
 * Context: RCU.
 * Return: the SA, or NULL.
 */
struct nfpt_ipsec_sa *nfpt_ipsec_sa_find_udp(const struct nfpt_ipsec_net *ipn, __be32 host,
					     __be32 gateway, bool inbound, u32 spi)
{
	return nfpt_ipsec_sa_lookup(ipn, NFPT_IPSEC_SA_UDP, host, gateway, spi, inbound);
}

static struct nfpt_ipsec_sa *nfpt_ipsec_sa_alloc(struct nfpt_ipsec_net *ipn,
						 struct nfpt_ipsec_gateway *gateway,
						 u32 spi, bool inbound, bool assoc)
{
	struct nfpt_ipsec_sa *sa = kzalloc(assoc ? sizeof(*sa) :
						   offsetofend(typeof(*sa), flow_seen),
					   GFP_ATOMIC);

	if (!sa) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
		return NULL;
	}
	INIT_LIST_HEAD(&sa->node);
	sa->gateway = gateway;
	sa->spi = spi;
	sa->inbound = inbound;
	sa->born = jiffies;
	sa->seen = jiffies - 1;	/* so that the first packet is news */
	return sa;
}

static int nfpt_ipsec_sa_enter(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_sa *sa, u8 slot,
			       __be32 saddr, __be32 daddr)
{
	struct nfpt_flow *flow = slot == NFPT_IPSEC_SA_SEEN ? &sa->flow_seen : &sa->flow;
	int err;

	flow->key = nfpt_ipsec_sa_key(slot, saddr, daddr, sa->spi, sa->inbound);
	/* Before packets find it. */
	flow->slot = slot;
	err = nfpt_flow_insert(ipn->pn, flow);
	if (err)
		flow->slot = 0;
	if (err && err != -EEXIST)
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
	return err;
}

static void nfpt_ipsec_sa_count(struct nfpt_ipsec_sa *sa, int n)
{
	if (!sa->session)
		sa->gateway->n_strays += n;
	else if (nfpt_ipsec_is_udp(sa))
		sa->session->n_udp += n;
	else
		sa->session->inside->n_sas += n;
}

/* A session's SA, or a stray of its gateway if @session is NULL. */
static void nfpt_ipsec_sa_give(struct nfpt_ipsec_sa *sa, struct nfpt_ipsec_session *session)
{
	if (!list_empty(&sa->node))
		nfpt_ipsec_sa_count(sa, -1);
	WRITE_ONCE(sa->session, session);
	list_move_tail(&sa->node, session ? &session->sas : &sa->gateway->strays);
	nfpt_ipsec_sa_count(sa, 1);
}

/**
 * nfpt_ipsec_sa_end() - an SA is over
 * @ipn: the namespace
 * @sa: the SA; freed after a grace period
 *
 * Context: lock held.
 */
void nfpt_ipsec_sa_end(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_sa *sa)
{
	if (nfpt_ipsec_is_esp_in(sa))
		nfpt_assoc_end(&sa->gateway->assoc, &sa->assoc);
	else if (!nfpt_ipsec_is_udp(sa))
		nfpt_assoc_out_end(&sa->session->assoc);
	nfpt_ipsec_sa_count(sa, -1);
	list_del(&sa->node);
	nfpt_flow_remove(ipn->pn, &sa->flow);
	if (sa->flow.slot == NFPT_IPSEC_SA_OUT && sa->flow_seen.slot)
		nfpt_flow_remove(ipn->pn, &sa->flow_seen);
	kfree_rcu(sa, rcu);
}

static struct nfpt_ipsec_sa *nfpt_ipsec_idlest(struct list_head *sas, bool udp)
{
	struct nfpt_ipsec_sa *sa, *idlest = NULL;

	list_for_each_entry(sa, sas, node)
		if (nfpt_ipsec_is_udp(sa) == udp &&
		    (!idlest || (s32)(idlest->seen - sa->seen) > 0))
			idlest = sa;
	return idlest;
}

/* Who holds all it may gives up what it uses least. */
static bool nfpt_ipsec_sa_room(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_session *session,
			       bool udp)
{
	struct nfpt_ipsec_sa *sa;

	if (udp ? session->n_udp < NFPT_IPSEC_UDP_SAS :
		  !nfpt_ipsec_is_full(ipn, session->inside))
		return true;
	nfpt_count(ipn->pn, NFPT_IPSEC_C_LIMIT_HOST);
	sa = nfpt_ipsec_idlest(&session->sas, udp);
	if (sa)
		nfpt_ipsec_sa_end(ipn, sa);
	return sa;
}

static void nfpt_ipsec_stray_room(struct nfpt_ipsec_net *ipn,
				  struct nfpt_ipsec_gateway *gateway)
{
	if (gateway->n_strays < NFPT_IPSEC_STRAYS)
		return;
	nfpt_count(ipn->pn, NFPT_IPSEC_C_LIMIT_GATEWAY);
	nfpt_ipsec_sa_end(ipn, nfpt_ipsec_idlest(&gateway->strays, false));
}

static struct nfpt_ipsec_sa *nfpt_ipsec_sa_add(struct nfpt_ipsec_net *ipn,
					       struct nfpt_ipsec_session *session,
					       u8 slot, bool inbound, u32 spi)
{
	const struct nfpt_session *s = &session->session;
	struct nfpt_ipsec_sa *sa;

	if (session->ended || !nfpt_ipsec_sa_room(ipn, session, slot == NFPT_IPSEC_SA_UDP))
		return NULL;
	sa = nfpt_ipsec_sa_alloc(ipn, session->gateway, spi, inbound, false);
	if (!sa)
		return NULL;
	/* Before packets find it. */
	sa->session = session;
	if (nfpt_ipsec_sa_enter(ipn, sa, slot, s->initiator, s->responder)) {
		kfree(sa);
		return NULL;
	}
	if (slot == NFPT_IPSEC_SA_OUT)
		nfpt_ipsec_sa_enter(ipn, sa, NFPT_IPSEC_SA_SEEN, s->initiator_seen,
				    s->responder);
	list_add_tail(&sa->node, &session->sas);
	nfpt_ipsec_sa_count(sa, 1);
	return sa;
}

/**
 * nfpt_ipsec_sa_out() - the first packet of an outbound ESP SA
 * @ipn: the namespace
 * @session: whose it is
 * @skb: the packet
 * @spi: Security Parameters Index, which the gateway has chosen
 * @seq: its sequence number
 *
 * Context: RCU, lock held.
 */
void nfpt_ipsec_sa_out(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_session *session,
		       const struct sk_buff *skb, u32 spi, u32 seq)
{
	struct nfpt_ipsec_sa *sa = nfpt_ipsec_sa_add(ipn, session, NFPT_IPSEC_SA_OUT, false, spi);

	if (!sa)
		return;
	nfpt_ipsec_sa_touch(sa, skb);
	nfpt_assoc_out(&session->assoc, true, seq, nfpt_ipsec_now());
}

/**
 * nfpt_ipsec_sa_udp() - the first packet of an SA that is encapsulated in UDP
 * @ipn: the namespace
 * @session: whose it is
 * @inbound: it carries packets to the inside host
 * @spi: Security Parameters Index
 *
 * Context: RCU, lock held.
 */
void nfpt_ipsec_sa_udp(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_session *session,
		       bool inbound, u32 spi)
{
	nfpt_ipsec_sa_add(ipn, session, NFPT_IPSEC_SA_UDP, inbound, spi);
	if (inbound)
		nfpt_ipsec_session_up(session);
}

/* ---- inbound ESP ------------------------------------------------------- */

static void nfpt_ipsec_look_at_pins(const struct nfpt_ipsec_net *ipn,
				    struct nfpt_ipsec_gateway *gateway)
{
	u32 generation = rcu_dereference(ipn->pn->config)->generation;
	struct nfpt_assoc_host *host;

	if (gateway->generation == generation)
		return;
	gateway->generation = generation;
	for (host = gateway->assoc.hosts; host; host = host->next) {
		const struct nfpt_session *s =
			&container_of(host, struct nfpt_ipsec_session, assoc)->session;

		host->pinned = nfpt_is_pinned(ipn->pn, NF_PASSTHROUGH_PIN_KIND_DATA,
					      s->initiator, s->responder);
	}
}

/* A flood of forged SPIs must not become a larger one. */
static bool nfpt_ipsec_may_copy(struct nfpt_ipsec_gateway *gateway, unsigned int n)
{
	u32 now = jiffies;

	if (now - gateway->copied >= HZ) {
		gateway->copied = now;
		gateway->n_copies = 0;
	}
	gateway->n_copies += n;
	return gateway->n_copies <= NFPT_IPSEC_COPIES;
}

/* From now on its packets need not ask the association. */
static void nfpt_ipsec_sa_confirm(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_sa *sa)
{
	struct nfpt_ipsec_session *session = container_of(sa->assoc.host,
							  struct nfpt_ipsec_session, assoc);

	if (!nfpt_ipsec_sa_room(ipn, session, false))
		return;
	nfpt_ipsec_sa_give(sa, session);
	WRITE_ONCE(sa->sure, true);
	nfpt_count(ipn->pn, NFPT_IPSEC_C_CONFIRMED);
	nfpt_ipsec_session_up(session);
}

/* The host has begun anew, and this is the first that came of it. */
static void nfpt_ipsec_sa_supersede(struct nfpt_ipsec_net *ipn, const struct nfpt_ipsec_sa *sa)
{
	struct nfpt_assoc_sa *old;

	while ((old = nfpt_assoc_stale(sa->assoc.host)))
		nfpt_ipsec_sa_end(ipn, container_of(old, struct nfpt_ipsec_sa, assoc));
}

static void nfpt_ipsec_gateway_unsure(struct nfpt_ipsec_net *ipn,
				      struct nfpt_ipsec_gateway *gateway)
{
	if (gateway->unsure)
		return;
	gateway->unsure = true;
	mod_delayed_work(system_power_efficient_wq, &ipn->worker, NFPT_IPSEC_REPAIR);
}

static struct nfpt_ipsec_sa *nfpt_ipsec_sa_new(struct nfpt_ipsec_net *ipn,
					       struct nfpt_ipsec_gateway *gateway, u32 spi)
{
	const struct nfpt_flow_key *key = &gateway->flow.key;
	struct nfpt_ipsec_sa *sa;

	nfpt_ipsec_stray_room(ipn, gateway);
	sa = nfpt_ipsec_sa_alloc(ipn, gateway, spi, true, true);
	if (!sa)
		return NULL;
	if (nfpt_ipsec_sa_enter(ipn, sa, NFPT_IPSEC_SA_IN, key->saddr, key->daddr)) {
		kfree(sa);
		return NULL;
	}
	nfpt_ipsec_sa_give(sa, NULL);
	return sa;
}

static void nfpt_ipsec_target(struct nfpt_ipsec_targets *targets, struct nfpt_assoc_host *host)
{
	targets->to[targets->n++] = container_of(host, struct nfpt_ipsec_session, assoc);
}

static void nfpt_ipsec_targets(const struct nfpt_ipsec_sa *sa, u8 action,
			       struct nfpt_ipsec_targets *targets)
{
	unsigned int i;

	if (action == NFPT_ASSOC_DELIVER)
		nfpt_ipsec_target(targets, sa->assoc.host);
	for (i = 0; action == NFPT_ASSOC_COPY && i < sa->assoc.n_candidates; i++)
		nfpt_ipsec_target(targets, sa->assoc.candidates[i].host);
}

/**
 * nfpt_ipsec_sa_in() - a packet of an inbound SA that is new or not confirmed
 * @ipn: the namespace
 * @skb: the packet
 * @spi: its Security Parameters Index
 * @seq: its sequence number
 * @targets: set to whom it goes, which may be nobody
 *
 * Context: RCU, lock not held.
 */
void nfpt_ipsec_sa_in(struct nfpt_ipsec_net *ipn, const struct sk_buff *skb, u32 spi, u32 seq,
		      struct nfpt_ipsec_targets *targets)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_assoc_verdict verdict;
	struct nfpt_ipsec_gateway *gateway;
	struct nfpt_ipsec_sa *sa;

	targets->n = 0;
	spin_lock_bh(&ipn->lock);
	gateway = nfpt_ipsec_gateway_find(ipn, iph->saddr, iph->daddr);
	if (!gateway)
		goto unlock;
	nfpt_ipsec_look_at_pins(ipn, gateway);
	sa = nfpt_ipsec_sa_find(ipn, iph->saddr, iph->daddr, spi);
	if (sa && !sa->inbound)
		goto unlock;
	if (sa) {
		verdict = nfpt_assoc_in(&gateway->assoc, &sa->assoc, seq, nfpt_ipsec_now());
	} else {
		sa = nfpt_ipsec_sa_new(ipn, gateway, spi);
		if (!sa)
			goto unlock;
		verdict = nfpt_assoc_in_first(&gateway->assoc, &sa->assoc, seq,
					      nfpt_ipsec_now());
	}
	nfpt_count(ipn->pn, NFPT_IPSEC_C_WHY + verdict.why);
	if (sa->assoc.state == NFPT_ASSOC_UNKNOWN) {
		nfpt_ipsec_sa_end(ipn, sa);
		goto unlock;
	}
	if (sa->assoc.state == NFPT_ASSOC_CONFIRMED && !sa->sure)
		nfpt_ipsec_sa_confirm(ipn, sa);
	else if (!sa->sure)
		nfpt_ipsec_gateway_unsure(ipn, gateway);
	if (verdict.supersedes)
		nfpt_ipsec_sa_supersede(ipn, sa);
	nfpt_ipsec_sa_touch(sa, skb);
	if (verdict.action != NFPT_ASSOC_COPY ||
	    nfpt_ipsec_may_copy(gateway, sa->assoc.n_candidates))
		nfpt_ipsec_targets(sa, verdict.action, targets);
unlock:
	spin_unlock_bh(&ipn->lock);
}

/**
 * nfpt_ipsec_sa_again() - a sequence number that an SA has had
 * @ipn: the namespace
 * @sa: a confirmed inbound SA
 * @now: the association's clock
 *
 * Reordering does this.  So does another host's SA with the same SPI, which
 * nobody can tell apart: then that host is still waiting for its first packet.
 *
 * Context: RCU, lock not held.
 */
void nfpt_ipsec_sa_again(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_sa *sa, u32 now)
{
	const struct nfpt_assoc_host *host;

	if (READ_ONCE(sa->clashed) || (u32)jiffies - READ_ONCE(sa->checked) < HZ)
		return;
	spin_lock_bh(&ipn->lock);
	WRITE_ONCE(sa->checked, jiffies);
	if (!sa->session || sa->session->ended)
		goto unlock;
	for (host = sa->gateway->assoc.hosts; host; host = host->next)
		if (host != sa->assoc.host && nfpt_assoc_misses(host, now))
			break;
	if (host && !sa->clashed) {
		WRITE_ONCE(sa->clashed, true);
		nfpt_count(ipn->pn, NFPT_IPSEC_C_CLASH);
	}
unlock:
	spin_unlock_bh(&ipn->lock);
}

/* ---- housekeeping ------------------------------------------------------ */

/**
 * nfpt_ipsec_repair() - give hosts their SAs that others have by mistake
 * @ipn: the namespace
 * @gateway: a gateway with SAs that are not confirmed
 *
 * Context: RCU, lock held.
 */
void nfpt_ipsec_repair(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_gateway *gateway)
{
	gateway->unsure = nfpt_assoc_unsettled(&gateway->assoc);
	while (nfpt_assoc_repair(&gateway->assoc, nfpt_ipsec_now()))
		nfpt_count(ipn->pn, NFPT_IPSEC_C_REPAIRED);
}

static void nfpt_ipsec_expire_list(struct nfpt_ipsec_net *ipn, struct list_head *sas,
				   u32 esp_idle, u32 udp_idle)
{
	struct nfpt_ipsec_sa *sa, *next;
	u32 now = jiffies;

	list_for_each_entry_safe(sa, next, sas, node)
		if (now - READ_ONCE(sa->seen) >=
		    (nfpt_ipsec_is_udp(sa) ? udp_idle : esp_idle) * HZ)
			nfpt_ipsec_sa_end(ipn, sa);
}

/**
 * nfpt_ipsec_sa_expire() - end the SAs of a session that are idle
 * @session: the session
 * @natt: whether those encapsulated in UDP may be idle, too
 *
 * Context: RCU, lock not held.
 */
void nfpt_ipsec_sa_expire(struct nfpt_ipsec_session *session, bool natt)
{
	struct nfpt_proto_net *pn = session->session.pn;
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(pn);
	bool answered;

	if (!ipn)
		return;
	spin_lock_bh(&ipn->lock);
	if (!session->ended) {
		answered = session->session.state == NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED;
		nfpt_ipsec_expire_list(ipn, &session->sas,
				       nfpt_setting(pn, answered ? NFPT_IPSEC_ESP_REPLIED :
								   NFPT_IPSEC_ESP_UNREPLIED),
				       natt ? U32_MAX / HZ :
					      nfpt_setting(pn, NFPT_IPSEC_NATT_IDLE));
	}
	spin_unlock_bh(&ipn->lock);
}

/**
 * nfpt_ipsec_strays_expire() - forget inbound SAs that nobody came to have
 * @ipn: the namespace
 * @gateway: their gateway
 *
 * Context: RCU, lock held.
 */
void nfpt_ipsec_strays_expire(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_gateway *gateway)
{
	nfpt_ipsec_expire_list(ipn, &gateway->strays,
			       nfpt_setting(ipn->pn, NFPT_IPSEC_ESP_UNREPLIED), 0);
}
