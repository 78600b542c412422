// SPDX-License-Identifier: GPL-2.0
/*
 * Who is there: inside hosts, gateways, and the session that one of each has.
 *
 * An inside host's replies get a conntrack zone of their own, because ESP has
 * nothing else that would tell them apart: the zone of the original direction
 * stays what it is, so that the rest of netfilter sees nothing of it.
 */
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/route.h>

#include "ipsec.h"

/* A key that no packet has. */
static struct nfpt_flow_key nfpt_ipsec_key(u8 kind, __be32 one, __be32 other)
{
	return (struct nfpt_flow_key){
		.saddr = one, .daddr = other, .zone = kind, .l4proto = IPPROTO_ESP,
	};
}

static struct nfpt_flow *nfpt_ipsec_find(const struct nfpt_ipsec_net *ipn, u8 kind,
					 __be32 one, __be32 other)
{
	const struct nfpt_flow_key key = nfpt_ipsec_key(kind, one, other);

	return nfpt_flow_find(ipn->pn, &key);
}

static int nfpt_ipsec_enter(struct nfpt_ipsec_net *ipn, struct nfpt_flow *flow, u8 kind,
			    __be32 one, __be32 other)
{
	int err;

	flow->key = nfpt_ipsec_key(kind, one, other);
	flow->slot = kind;
	err = nfpt_flow_insert(ipn->pn, flow);
	if (err)
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
	return err;
}

/* ---- inside hosts ------------------------------------------------------ */

static void nfpt_ipsec_inside_drop(struct nfpt_ipsec_net *ipn,
				   struct nfpt_ipsec_inside *inside)
{
	nfpt_flow_remove(ipn->pn, &inside->flow);
	list_del(&inside->node);
	ipn->n_insides--;
	__clear_bit(inside->zone - NFPT_ZONE_IPSEC, ipn->zones.used);
	kfree_rcu(inside, rcu);
}

static struct nfpt_ipsec_inside *nfpt_ipsec_inside_new(struct nfpt_ipsec_net *ipn, __be32 addr)
{
	struct nfpt_ipsec_inside *inside;
	u16 zone;

	if (ipn->n_insides >= nfpt_setting(ipn->pn, NFPT_SETTING_MAX_SESSIONS) ||
	    !nfpt_zone_get(&ipn->zones, NFPT_ZONE_IPSEC, &zone)) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_LIMIT);
		return NULL;
	}
	inside = kzalloc(sizeof(*inside), GFP_ATOMIC);
	if (!inside)
		goto err_alloc;
	inside->zone = zone;
	inside->seen = jiffies;
	if (nfpt_ipsec_enter(ipn, &inside->flow, NFPT_IPSEC_INSIDE, addr, 0))
		goto err_enter;
	list_add_tail(&inside->node, &ipn->insides);
	ipn->n_insides++;
	queue_delayed_work(system_power_efficient_wq, &ipn->worker, NFPT_IPSEC_REAP);
	return inside;

err_enter:
	kfree(inside);
err_alloc:
	__clear_bit(zone - NFPT_ZONE_IPSEC, ipn->zones.used);
	nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
	return NULL;
}

/**
 * nfpt_ipsec_is_full() - whether an inside host holds all it may
 * @ipn: the namespace
 * @inside: the host
 *
 * Context: lock held.
 */
bool nfpt_ipsec_is_full(const struct nfpt_ipsec_net *ipn, const struct nfpt_ipsec_inside *inside)
{
	return inside->n_sessions + inside->n_sas >=
	       nfpt_setting(ipn->pn, NFPT_IPSEC_MAX_PER_HOST);
}

/**
 * nfpt_ipsec_inside_get() - the inside host of an address
 * @ipn: the namespace
 * @addr: its address
 *
 * Context: RCU, lock held.
 * Return: the host, made if it is not there, or NULL (counted).
 */
struct nfpt_ipsec_inside *nfpt_ipsec_inside_get(struct nfpt_ipsec_net *ipn, __be32 addr)
{
	struct nfpt_flow *flow = nfpt_ipsec_find(ipn, NFPT_IPSEC_INSIDE, addr, 0);

	return flow ? container_of(flow, struct nfpt_ipsec_inside, flow) :
		      nfpt_ipsec_inside_new(ipn, addr);
}

/* ---- gateways ---------------------------------------------------------- */

/**
 * nfpt_ipsec_gateway_find() - a gateway that inside hosts talk to
 * @ipn: the namespace
 * @gateway: its address
 * @seen: the NAT address that it sees
 *
 * Context: RCU.
 * Return: the gateway, or NULL.
 */
struct nfpt_ipsec_gateway *nfpt_ipsec_gateway_find(const struct nfpt_ipsec_net *ipn,
						   __be32 gateway, __be32 seen)
{
	struct nfpt_flow *flow = nfpt_ipsec_find(ipn, NFPT_IPSEC_GATEWAY, gateway, seen);

	return flow ? container_of(flow, struct nfpt_ipsec_gateway, flow) : NULL;
}

static struct nfpt_ipsec_gateway *nfpt_ipsec_gateway_new(struct nfpt_ipsec_net *ipn,
							 __be32 addr, __be32 seen)
{
	struct nfpt_ipsec_gateway *gateway = kzalloc(sizeof(*gateway), GFP_ATOMIC);

	if (!gateway) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
		return NULL;
	}
	if (nfpt_ipsec_enter(ipn, &gateway->flow, NFPT_IPSEC_GATEWAY, addr, seen)) {
		kfree(gateway);
		return NULL;
	}
	INIT_LIST_HEAD(&gateway->strays);
	list_add_tail(&gateway->node, &ipn->gateways);
	nfpt_await_udp(ipn->pn, 1);
	return gateway;
}

static void nfpt_ipsec_gateway_put(struct nfpt_ipsec_net *ipn,
				   struct nfpt_ipsec_gateway *gateway)
{
	struct nfpt_ipsec_sa *sa, *next;

	if (gateway->n_sessions)
		return;
	list_for_each_entry_safe(sa, next, &gateway->strays, node)
		nfpt_ipsec_sa_end(ipn, sa);
	nfpt_flow_remove(ipn->pn, &gateway->flow);
	list_del(&gateway->node);
	nfpt_await_udp(ipn->pn, -1);
	kfree_rcu(gateway, rcu);
}

/* ---- sessions ---------------------------------------------------------- */

/**
 * nfpt_ipsec_ends() - who talks to whom
 * @ct: a flow of IKE or ESP, translated
 * @host: set to the address of the end behind the NAT
 * @gateway: set to the address of the other end
 * @seen: set to the NAT address that @gateway sees
 *
 * The end behind the NAT may be a server that a rule has made reachable.  What
 * is not translated, or is in a zone of the administrator's, needs no help.
 *
 * Context: RCU.
 * Return: false if it is none of our business.
 */
bool nfpt_ipsec_ends(const struct nf_conn *ct, __be32 *host, __be32 *gateway, __be32 *seen)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *repl = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;

	if (!(ct->status & IPS_NAT_MASK) || (ct->status & IPS_NAT_MASK) == IPS_NAT_MASK ||
	    nfpt_ipsec_has_other_zone(ct) || nfpt_ct_is_local(ct))
		return false;
	if (ct->status & IPS_DST_NAT) {
		*host = repl->src.u3.ip;
		*gateway = orig->src.u3.ip;
		*seen = orig->dst.u3.ip;
	} else {
		*host = orig->src.u3.ip;
		*gateway = orig->dst.u3.ip;
		*seen = repl->dst.u3.ip;
	}
	/* A port alone may have changed: then addresses tell hosts apart. */
	return *host != *seen;
}

/**
 * nfpt_ipsec_session_find() - the session of two addresses
 * @ipn: the namespace
 * @host: address behind the NAT
 * @gateway: address of the other end
 *
 * Context: RCU.
 * Return: the session, or NULL.
 */
struct nfpt_ipsec_session *nfpt_ipsec_session_find(const struct nfpt_ipsec_net *ipn,
						   __be32 host, __be32 gateway)
{
	struct nfpt_flow *flow = nfpt_ipsec_find(ipn, NFPT_IPSEC_SESSION, host, gateway);

	return flow ? container_of(flow, struct nfpt_ipsec_session, flow) : NULL;
}

static int nfpt_ipsec_session_list(struct nfpt_ipsec_session *session)
{
	struct nfpt_proto_net *pn = session->session.pn;
	int err = nfpt_session_add(&session->session);

	if (err)
		nfpt_count(pn, err == -ENOSPC ? NFPT_IPSEC_C_LIMIT : NFPT_IPSEC_C_NOMEM);
	return err;
}

static struct nfpt_ipsec_session *
nfpt_ipsec_session_new(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_inside *inside,
		       struct nfpt_ipsec_gateway *gateway)
{
	struct nfpt_ipsec_session *session;

	if (nfpt_ipsec_is_full(ipn, inside)) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_LIMIT_HOST);
		return NULL;
	}
	if (gateway->n_sessions >= nfpt_setting(ipn->pn, NFPT_IPSEC_MAX_PER_GATEWAY)) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_LIMIT_GATEWAY);
		return NULL;
	}
	session = kzalloc(sizeof(*session), GFP_ATOMIC);
	if (!session) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
		return NULL;
	}
	INIT_LIST_HEAD(&session->sas);
	session->inside = inside;
	session->gateway = gateway;
	session->session.pn = ipn->pn;
	session->session.initiator = inside->flow.key.saddr;
	session->session.initiator_seen = gateway->flow.key.daddr;
	session->session.responder = gateway->flow.key.saddr;
	session->session.responder_seen = gateway->flow.key.saddr;
	if (nfpt_ipsec_enter(ipn, &session->flow, NFPT_IPSEC_SESSION,
			     inside->flow.key.saddr, gateway->flow.key.saddr))
		goto err_enter;
	if (nfpt_ipsec_session_list(session))
		goto err_list;
	nfpt_assoc_join(&gateway->assoc, &session->assoc);
	session->assoc.pinned = nfpt_is_pinned(ipn->pn, NF_PASSTHROUGH_PIN_KIND_DATA,
					       session->session.initiator,
					       session->session.responder);
	gateway->n_sessions++;
	inside->n_sessions++;
	return session;

err_list:
	/* Somebody may have found it already. */
	session->ended = true;
	nfpt_flow_remove(ipn->pn, &session->flow);
err_enter:
	kfree_rcu(session, rcu);
	return NULL;
}

/**
 * nfpt_ipsec_session_get() - the session that a flow belongs to
 * @ipn: the namespace
 * @host: address behind the NAT
 * @gateway: address of the other end
 * @seen: the NAT address that @gateway sees
 *
 * Context: RCU, lock held.
 * Return: the session, made if it is not there, or NULL (counted).
 */
struct nfpt_ipsec_session *nfpt_ipsec_session_get(struct nfpt_ipsec_net *ipn, __be32 host,
						  __be32 gateway, __be32 seen)
{
	struct nfpt_ipsec_session *session = nfpt_ipsec_session_find(ipn, host, gateway);
	struct nfpt_ipsec_inside *inside;
	struct nfpt_ipsec_gateway *gw;

	if (session && session->session.initiator_seen == seen)
		return session;
	/* The NAT address has changed: the gateway knows nothing of the old. */
	if (session)
		nfpt_ipsec_session_end(ipn, session, NF_PASSTHROUGH_END_REASON_SUPERSEDED);

	inside = nfpt_ipsec_inside_get(ipn, host);
	gw = nfpt_ipsec_gateway_find(ipn, gateway, seen);
	if (!gw)
		gw = nfpt_ipsec_gateway_new(ipn, gateway, seen);
	session = inside && gw ? nfpt_ipsec_session_new(ipn, inside, gw) : NULL;
	if (!session && gw)
		nfpt_ipsec_gateway_put(ipn, gw);
	return session;
}

/**
 * nfpt_ipsec_session_hold() - let a session hold the conntrack of its ESP
 * @session: the session
 * @ct: the conntrack; the caller's reference stays the caller's
 *
 * Context: RCU, lock not held.
 */
void nfpt_ipsec_session_hold(struct nfpt_ipsec_session *session, struct nf_conn *ct)
{
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(session->session.pn);

	if (!ipn)
		return;
	spin_lock_bh(&ipn->lock);
	if (!session->ended) {
		nf_conntrack_get(&ct->ct_general);
		nfpt_ct_hold(&session->ct, ct);
	}
	spin_unlock_bh(&ipn->lock);
}

/**
 * nfpt_ipsec_session_up() - the gateway has answered
 * @session: the session
 *
 * Context: lock held.
 */
void nfpt_ipsec_session_up(struct nfpt_ipsec_session *session)
{
	if (session->session.state == NF_PASSTHROUGH_SESSION_STATE_PENDING)
		nfpt_session_up(&session->session);
}

static bool nfpt_ipsec_pinned_new(struct nfpt_ipsec_net *ipn, __be32 gateway, __be32 seen)
{
	const struct nfpt_config *config = rcu_dereference(ipn->pn->config);
	bool any = false;
	unsigned int i;

	spin_lock_bh(&ipn->lock);
	for (i = 0; i < config->n_pins; i++)
		if (config->pins[i].kind == NF_PASSTHROUGH_PIN_KIND_DATA &&
		    config->pins[i].server == gateway &&
		    nfpt_ipsec_session_get(ipn, config->pins[i].host, gateway, seen))
			any = true;
	spin_unlock_bh(&ipn->lock);
	return any;
}

/**
 * nfpt_ipsec_pinned_get() - the sessions that the administrator has laid down
 * @ipn: the namespace
 * @gateway: a gateway that nobody has talked to yet
 * @seen: address of the router that it has sent ESP to
 *
 * Context: RCU, lock not held.
 * Return: whether there is one.
 */
bool nfpt_ipsec_pinned_get(struct nfpt_ipsec_net *ipn, __be32 gateway, __be32 seen)
{
	return rcu_dereference(ipn->pn->config)->n_pins &&
	       inet_addr_type(ipn->pn->net, seen) == RTN_LOCAL &&
	       nfpt_ipsec_pinned_new(ipn, gateway, seen);
}

/**
 * nfpt_ipsec_session_end() - a session is over
 * @ipn: the namespace
 * @session: the session; freed after a grace period
 * @reason: why
 *
 * Context: lock held.
 */
void nfpt_ipsec_session_end(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_session *session,
			    enum nf_passthrough_end_reason reason)
{
	struct nfpt_ipsec_sa *sa, *next;
	unsigned int i;

	session->ended = true;
	list_for_each_entry_safe(sa, next, &session->sas, node)
		nfpt_ipsec_sa_end(ipn, sa);
	nfpt_assoc_leave(&session->assoc);
	nfpt_ct_hold(&session->ct, NULL);
	for (i = 0; i < ARRAY_SIZE(session->ike); i++)
		if (session->ike[i])
			nfpt_ipsec_ike_drop(ipn, session->ike[i]);
	nfpt_flow_remove(ipn->pn, &session->flow);
	session->inside->n_sessions--;
	session->inside->seen = jiffies;
	session->gateway->n_sessions--;
	nfpt_ipsec_gateway_put(ipn, session->gateway);
	nfpt_session_del(&session->session, reason);
	kfree_rcu(session, rcu);
}

/**
 * nfpt_ipsec_tuple_get() - a flow of a session
 * @session: the session
 * @from: its ike_tuple or natt_tuple, which a packet may be about to change
 * @tuple: set to it
 *
 * Context: RCU, lock not held.
 * Return: whether there is one.
 */
bool nfpt_ipsec_tuple_get(const struct nfpt_ipsec_session *session,
			  const struct nf_conntrack_tuple *from,
			  struct nf_conntrack_tuple *tuple)
{
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(session->session.pn);

	if (!ipn)
		return false;
	spin_lock_bh(&ipn->lock);
	*tuple = *from;
	spin_unlock_bh(&ipn->lock);
	return tuple->dst.protonum;
}

static bool nfpt_ipsec_is_idle(const struct nfpt_session *s)
{
	return nfpt_session_idle(s) >= nfpt_ipsec_lifetime(s) * HZ;
}

/**
 * nfpt_ipsec_end() - nfpt_proto.end
 * @s: a session
 * @reason: why it ends
 *
 * Context: RCU.
 */
void nfpt_ipsec_end(struct nfpt_session *s, enum nf_passthrough_end_reason reason)
{
	struct nfpt_ipsec_session *session = nfpt_ipsec_session_of(s);
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(s->pn);
	struct nf_conntrack_tuple tuples[3];
	struct nfpt_portless flow;
	unsigned int i;
	bool end;

	if (!ipn)
		return;
	flow = nfpt_ipsec_esp_flow(session);
	nfpt_portless_tuple(&flow, &tuples[0]);
	spin_lock_bh(&ipn->lock);
	/* A packet may have come since it was found to be idle. */
	end = !session->ended && ((reason != NF_PASSTHROUGH_END_REASON_IDLE &&
				   reason != NF_PASSTHROUGH_END_REASON_UNANSWERED) ||
				  nfpt_ipsec_is_idle(s));
	if (end) {
		tuples[1] = session->ike_tuple;
		tuples[2] = session->natt_tuple;
		nfpt_ipsec_session_end(ipn, session, reason);
	}
	spin_unlock_bh(&ipn->lock);
	for (i = 0; end && i < ARRAY_SIZE(tuples); i++)
		nfpt_ct_kill(s->pn->net, &tuples[i]);
}

/**
 * nfpt_ipsec_lifetime() - nfpt_proto.lifetime
 * @s: a session
 *
 * Return: seconds.
 */
u32 nfpt_ipsec_lifetime(const struct nfpt_session *s)
{
	const struct nfpt_ipsec_session *session = nfpt_ipsec_session_of(s);

	if (session->natt_tuple.dst.protonum)
		return nfpt_setting(s->pn, NFPT_IPSEC_NATT_IDLE);
	if (!list_empty(&session->sas))
		return max(nfpt_setting(s->pn, NFPT_IPSEC_ESP_REPLIED),
			   nfpt_setting(s->pn, NFPT_IPSEC_IKE_IDLE));
	return nfpt_setting(s->pn, NFPT_IPSEC_IKE_IDLE);
}

/* The mapping of IKE stays as long as there is ESP. */
static void nfpt_ipsec_keep_ike(const struct nfpt_ipsec_session *session)
{
	struct nfpt_proto_net *pn = session->session.pn;
	u32 lifetime = nfpt_setting(pn, NFPT_IPSEC_IKE_IDLE);
	struct nf_conntrack_tuple tuple;
	struct nf_conn *ct;

	if (!READ_ONCE(session->esp) ||
	    (u32)jiffies - READ_ONCE(session->esp_seen) >= lifetime * HZ ||
	    !nfpt_ipsec_tuple_get(session, &session->ike_tuple, &tuple))
		return;
	ct = nfpt_ct_find_get(pn->net, &nf_ct_zone_dflt, &tuple);
	if (!ct)
		return;
	nfpt_ct_prolong(ct, lifetime);
	nf_ct_put(ct);
}

static void nfpt_ipsec_let_go(struct nfpt_ipsec_session *session)
{
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(session->session.pn);

	if (!ipn)
		return;
	spin_lock_bh(&ipn->lock);
	nfpt_ct_let_go(&session->ct);
	spin_unlock_bh(&ipn->lock);
}

/**
 * nfpt_ipsec_expired() - nfpt_proto.expired
 * @s: a session
 *
 * Context: process, RCU.
 * Return: why it is over, or %NF_PASSTHROUGH_END_REASON_NONE.
 */
enum nf_passthrough_end_reason nfpt_ipsec_expired(const struct nfpt_session *s)
{
	struct nfpt_ipsec_session *session = nfpt_ipsec_session_of(s);
	bool natt = nfpt_ipsec_natt_is_alive(session);

	nfpt_ipsec_keep_ike(session);
	nfpt_ipsec_let_go(session);
	nfpt_ipsec_sa_expire(session, natt);
	if (natt || !nfpt_ipsec_is_idle(s))
		return NF_PASSTHROUGH_END_REASON_NONE;
	return s->state == NF_PASSTHROUGH_SESSION_STATE_PENDING ?
	       NF_PASSTHROUGH_END_REASON_UNANSWERED : NF_PASSTHROUGH_END_REASON_IDLE;
}

/* ---- housekeeping ------------------------------------------------------ */

static void nfpt_ipsec_reap(struct nfpt_ipsec_net *ipn)
{
	u32 lifetime = nfpt_setting(ipn->pn, NFPT_IPSEC_ESP_REPLIED) * HZ;
	struct nfpt_ipsec_inside *inside, *next;

	list_for_each_entry_safe(inside, next, &ipn->insides, node)
		if (!inside->n_sessions && (u32)jiffies - inside->seen >= lifetime)
			nfpt_ipsec_inside_drop(ipn, inside);
}

/**
 * nfpt_ipsec_work() - repair what is unsure, drop what is idle
 * @work: nfpt_ipsec_net.worker
 *
 * Runs as long as there are inside hosts.
 */
void nfpt_ipsec_work(struct work_struct *work)
{
	struct nfpt_ipsec_net *ipn = container_of(work, struct nfpt_ipsec_net, worker.work);
	struct nfpt_ipsec_gateway *gateway;
	bool unsure = false;

	rcu_read_lock();
	spin_lock_bh(&ipn->lock);
	list_for_each_entry(gateway, &ipn->gateways, node) {
		nfpt_ipsec_strays_expire(ipn, gateway);
		if (gateway->unsure)
			nfpt_ipsec_repair(ipn, gateway);
		unsure |= gateway->unsure;
	}
	nfpt_ipsec_reap(ipn);
	nfpt_ipsec_ports_reap(ipn, false);
	if (!list_empty(&ipn->insides) || ipn->n_ports)
		queue_delayed_work(system_power_efficient_wq, &ipn->worker,
				   unsure ? NFPT_IPSEC_REPAIR : NFPT_IPSEC_REAP);
	spin_unlock_bh(&ipn->lock);
	rcu_read_unlock();
}

/**
 * nfpt_ipsec_clean() - nothing is left
 * @ipn: the namespace, its hooks gone
 *
 * Context: process.
 */
void nfpt_ipsec_clean(struct nfpt_ipsec_net *ipn)
{
	struct nfpt_ipsec_inside *inside, *next;
	struct nfpt_ipsec_gateway *gateway;

	cancel_delayed_work_sync(&ipn->worker);
	spin_lock_bh(&ipn->lock);
	/* A gateway goes with its last session. */
	while (!list_empty(&ipn->gateways)) {
		gateway = list_first_entry(&ipn->gateways, struct nfpt_ipsec_gateway, node);
		nfpt_ipsec_session_end(ipn, container_of(gateway->assoc.hosts,
							 struct nfpt_ipsec_session, assoc),
				       NF_PASSTHROUGH_END_REASON_STOPPED);
	}
	list_for_each_entry_safe(inside, next, &ipn->insides, node)
		nfpt_ipsec_inside_drop(ipn, inside);
	nfpt_ipsec_ports_reap(ipn, true);
	spin_unlock_bh(&ipn->lock);
}
