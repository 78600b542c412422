// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: sessions, in the RFCs' word.  Those of a control connection are told
 * by its messages; those that nobody negotiated by their packets, and the
 * association says whose an inbound one is.
 */
#include <linux/slab.h>

#include "l2tp.h"

/* ---- calls of any kind ------------------------------------------------- */

/**
 * nfpt_l2tp_call_find() - a call by an id in data
 * @ln: the namespace
 * @slot: in whose data
 * @l4proto: UDP or L2TP
 * @one: source of the data, as @slot has it
 * @other: its destination
 * @id: the id
 *
 * Context: RCU.
 * Return: the call, or NULL.
 */
struct nfpt_l2tp_call *nfpt_l2tp_call_find(const struct nfpt_l2tp_net *ln, u8 slot, u8 l4proto,
					   __be32 one, __be32 other, u32 id)
{
	const struct nfpt_flow_key key = nfpt_l2tp_key(slot, 3, l4proto, one, other, id);
	struct nfpt_flow *flow = nfpt_flow_find(ln->pn, &key);

	return flow ? container_of(flow - flow->slot % NFPT_L2TP_FLOWS,
				   struct nfpt_l2tp_call, flow[0]) : NULL;
}

static int nfpt_l2tp_call_enter(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_call *call, u8 slot,
				u8 l4proto, __be32 one, __be32 other, u32 id)
{
	unsigned int n = slot % NFPT_L2TP_FLOWS;
	struct nfpt_flow *flow = &call->flow[n];
	int err;

	if (call->entered & BIT(n))
		return 0;
	flow->key = nfpt_l2tp_key(slot, 3, l4proto, one, other, id);
	/* Before packets find it. */
	flow->slot = slot;
	err = nfpt_flow_insert(ln->pn, flow);
	if (!err)
		call->entered |= BIT(n);
	else if (err != -EEXIST)
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
	return err;
}

/* @assoc: it is inbound, and nobody has told whose it is. */
static struct nfpt_l2tp_call *nfpt_l2tp_call_alloc(struct nfpt_l2tp_net *ln,
						   struct nfpt_l2tp_server *server, bool assoc)
{
	struct nfpt_l2tp_call *call = kzalloc(assoc ? sizeof(*call) :
						      offsetof(typeof(*call), assoc),
					      GFP_ATOMIC);

	if (!call) {
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
		return NULL;
	}
	INIT_LIST_HEAD(&call->node);
	call->server = server;
	call->born = jiffies;
	call->seen = jiffies;
	return call;
}

/* A tunnel's call, or a stray of its server if @tunnel is NULL. */
static void nfpt_l2tp_call_give(struct nfpt_l2tp_call *call, struct nfpt_l2tp_tunnel *tunnel)
{
	if (!list_empty(&call->node))
		call->server->n_strays--;
	WRITE_ONCE(call->tunnel, tunnel);
	list_move_tail(&call->node, tunnel ? &tunnel->calls : &call->server->strays);
	if (tunnel)
		tunnel->inside->n_held++;
	else
		call->server->n_strays++;
}

static struct nfpt_l2tp_call *nfpt_l2tp_call_new(struct nfpt_l2tp_net *ln,
						 struct nfpt_l2tp_tunnel *tunnel)
{
	struct nfpt_l2tp_call *call;

	if (nfpt_l2tp_is_full(ln, tunnel->inside)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_LIMIT_HOST);
		return NULL;
	}
	call = nfpt_l2tp_call_alloc(ln, tunnel->server, false);
	if (!call)
		return NULL;
	call->sure = true;
	nfpt_l2tp_call_give(call, tunnel);
	return call;
}

/**
 * nfpt_l2tp_call_end() - a call is over
 * @ln: the namespace
 * @call: the call; freed after a grace period
 *
 * Context: lock held.
 */
void nfpt_l2tp_call_end(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_call *call)
{
	unsigned int i;

	if (call->packets)
		nfpt_assoc_end(&call->server->assoc, &call->assoc);
	else if (call->tunnel && call->tunnel->pair && !call->tunnel->ended)
		nfpt_assoc_out_end(&call->tunnel->assoc);
	for (i = 0; i < NFPT_L2TP_FLOWS; i++)
		if (call->entered & BIT(i))
			nfpt_flow_remove(ln->pn, &call->flow[i]);
	if (call->tunnel)
		call->tunnel->inside->n_held--;
	else
		call->server->n_strays--;
	list_del(&call->node);
	kfree_rcu(call, rcu);
}

/**
 * nfpt_l2tp_calls_expire() - end calls that nobody negotiated and nobody uses
 * @ln: the namespace
 * @calls: those of a pair, or strays
 *
 * Context: lock held.
 */
void nfpt_l2tp_calls_expire(struct nfpt_l2tp_net *ln, struct list_head *calls)
{
	u32 lifetime = nfpt_setting(ln->pn, NFPT_L2TP_IDLE) * HZ;
	struct nfpt_l2tp_call *call, *next;

	list_for_each_entry_safe(call, next, calls, node)
		/* A packet may come while we ask. */
		if ((s32)((u32)jiffies - READ_ONCE(call->seen)) >= (s32)lifetime)
			nfpt_l2tp_call_end(ln, call);
}

/* ---- negotiated -------------------------------------------------------- */

static struct nfpt_l2tp_call *nfpt_l2tp_call_of(const struct nfpt_l2tp_tunnel *tunnel,
						u32 host_id, u32 server_id)
{
	struct nfpt_l2tp_call *call;

	list_for_each_entry(call, &tunnel->calls, node)
		if ((host_id && call->host_id == host_id) ||
		    (server_id && call->server_id == server_id))
			return call;
	return NULL;
}

/* Data of version 3 carries no more than the call's id. */
static void nfpt_l2tp_call_ids(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_call *call,
			       u32 host_id, u32 server_id)
{
	const struct nfpt_l2tp_tunnel *tunnel = call->tunnel;
	const struct nfpt_session *s = &tunnel->session;

	if (!call->host_id)
		call->host_id = host_id;
	if (!call->server_id)
		call->server_id = server_id;
	if (tunnel->version != 3)
		return;
	/* Both ends have agreed on it. */
	if (call->host_id && call->server_id &&
	    nfpt_l2tp_call_enter(ln, call, NFPT_L2TP_CALL_IN, tunnel->l4proto, s->responder,
				 s->initiator_seen, call->host_id) == -EEXIST) {
		nfpt_count(ln->pn, NFPT_L2TP_C_CLASH);
		nfpt_session_clash(s);
	}
	if (!call->server_id)
		return;
	nfpt_l2tp_call_enter(ln, call, NFPT_L2TP_CALL_OUT, tunnel->l4proto, s->initiator,
			     s->responder, call->server_id);
	nfpt_l2tp_call_enter(ln, call, NFPT_L2TP_CALL_SEEN, tunnel->l4proto, s->initiator_seen,
			     s->responder, call->server_id);
}

/**
 * nfpt_l2tp_call_step() - a message that may be about a call
 * @ln: the namespace
 * @tunnel: its tunnel
 * @l2tp: its header
 * @control: what it says
 * @dir: which way it goes
 *
 * Context: RCU, lock held.
 */
void nfpt_l2tp_call_step(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel,
			 const struct nfpt_l2tp *l2tp, const struct nfpt_l2tp_control *control,
			 enum ip_conntrack_dir dir)
{
	/* What is hidden, or not assigned yet, is 0. */
	u32 from = control->local.value;
	u32 to = l2tp->version == 3 ? control->remote.value : l2tp->session;
	u32 host_id = dir == IP_CT_DIR_ORIGINAL ? from : to;
	u32 server_id = dir == IP_CT_DIR_ORIGINAL ? to : from;
	struct nfpt_l2tp_call *call;

	if (!host_id && !server_id)
		return;
	call = nfpt_l2tp_call_of(tunnel, host_id, server_id);
	switch (control->type) {
	case NFPT_L2TP_ICRQ:
	case NFPT_L2TP_OCRQ:
	case NFPT_L2TP_ICRP:
	case NFPT_L2TP_OCRP:
		if (!call)
			call = nfpt_l2tp_call_new(ln, tunnel);
		if (call)
			nfpt_l2tp_call_ids(ln, call, host_id, server_id);
		break;
	case NFPT_L2TP_ICCN:
	case NFPT_L2TP_OCCN:
		if (call)
			call->up = true;
		break;
	case NFPT_L2TP_CDN:
		if (call)
			nfpt_l2tp_call_end(ln, call);
		break;
	}
}

/* ---- not negotiated ---------------------------------------------------- */

/**
 * nfpt_l2tp_call_out() - the first data of a host that no message has told of
 * @ln: the namespace
 * @tunnel: what the host and the server exchange
 * @id: the id, which the server knows
 *
 * Context: RCU, lock held.
 */
void nfpt_l2tp_call_out(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel, u32 id)
{
	struct nfpt_l2tp_call *call = nfpt_l2tp_call_new(ln, tunnel);

	if (!call)
		return;
	nfpt_l2tp_call_ids(ln, call, 0, id);
	nfpt_assoc_out(&tunnel->assoc, true, 1, nfpt_l2tp_now());
}

static struct nfpt_l2tp_tunnel *nfpt_l2tp_holder(struct nfpt_assoc_host *host)
{
	return container_of(host, struct nfpt_l2tp_tunnel, assoc);
}

static void nfpt_l2tp_look_at_pins(const struct nfpt_l2tp_net *ln,
				   struct nfpt_l2tp_server *server)
{
	u32 generation = rcu_dereference(ln->pn->config)->generation;
	struct nfpt_assoc_host *host;

	if (server->generation == generation)
		return;
	server->generation = generation;
	for (host = server->assoc.hosts; host; host = host->next)
		host->pinned = nfpt_is_pinned(ln->pn, NF_PASSTHROUGH_PIN_KIND_DATA,
					      nfpt_l2tp_holder(host)->session.initiator,
					      server->flow.key.saddr);
}

/* A flood of forged ids must not become a larger one. */
static bool nfpt_l2tp_may_copy(struct nfpt_l2tp_server *server, unsigned int n)
{
	u32 now = jiffies;

	if (now - server->copied >= HZ) {
		server->copied = now;
		server->n_copies = 0;
	}
	server->n_copies += n;
	return server->n_copies <= NFPT_L2TP_COPIES;
}

static struct nfpt_l2tp_call *nfpt_l2tp_stray(struct nfpt_l2tp_net *ln,
					      struct nfpt_l2tp_server *server, u32 id)
{
	const struct nfpt_flow_key *key = &server->flow.key;
	struct nfpt_l2tp_call *call;

	if (server->n_strays >= NFPT_L2TP_STRAYS) {
		nfpt_count(ln->pn, NFPT_L2TP_C_LIMIT_SERVER);
		nfpt_l2tp_call_end(ln, list_first_entry(&server->strays, struct nfpt_l2tp_call,
							node));
	}
	call = nfpt_l2tp_call_alloc(ln, server, true);
	if (!call)
		return NULL;
	call->host_id = id;
	if (nfpt_l2tp_call_enter(ln, call, NFPT_L2TP_CALL_IN, IPPROTO_L2TP, key->saddr,
				 key->daddr, id)) {
		kfree(call);
		return NULL;
	}
	nfpt_l2tp_call_give(call, NULL);
	return call;
}

static void nfpt_l2tp_confirm(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_call *call)
{
	struct nfpt_l2tp_tunnel *tunnel = nfpt_l2tp_holder(call->assoc.host);

	if (nfpt_l2tp_is_full(ln, tunnel->inside)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_LIMIT_HOST);
		return;
	}
	nfpt_l2tp_call_give(call, tunnel);
	call->up = true;
	WRITE_ONCE(call->sure, true);
	nfpt_count(ln->pn, NFPT_L2TP_C_CONFIRMED);
	if (tunnel->session.state == NF_PASSTHROUGH_SESSION_STATE_PENDING)
		nfpt_session_up(&tunnel->session);
}

static void nfpt_l2tp_unsure(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_server *server)
{
	if (server->unsure)
		return;
	server->unsure = true;
	if (list_empty(&ln->closing))
		mod_delayed_work(system_power_efficient_wq, &ln->worker, NFPT_L2TP_REPAIR);
}

/* Without sequence numbers, the order in which packets come has to do. */
static struct nfpt_assoc_verdict nfpt_l2tp_associate(struct nfpt_l2tp_server *server,
						     struct nfpt_l2tp_call *call)
{
	return call->packets++ ?
	       nfpt_assoc_in(&server->assoc, &call->assoc, call->packets, nfpt_l2tp_now()) :
	       nfpt_assoc_in_first(&server->assoc, &call->assoc, 1, nfpt_l2tp_now());
}

/**
 * nfpt_l2tp_call_in() - inbound data that no message has told of
 * @ln: the namespace
 * @skb: IPv4 packet, protocol 115, not translated
 * @id: the id, which a host knows
 * @to: set to whose it may be
 *
 * Context: RCU, lock not held.
 * Return: how many these are.
 */
unsigned int nfpt_l2tp_call_in(struct nfpt_l2tp_net *ln, const struct sk_buff *skb, u32 id,
			       struct nfpt_l2tp_tunnel *to[NFPT_ASSOC_HOSTS])
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_assoc_verdict verdict;
	struct nfpt_l2tp_server *server;
	struct nfpt_l2tp_call *call;
	unsigned int i, n = 0;

	spin_lock_bh(&ln->lock);
	server = nfpt_l2tp_server_find(ln, iph->saddr, iph->daddr);
	if (!server)
		goto unlock;
	nfpt_l2tp_look_at_pins(ln, server);
	call = nfpt_l2tp_call_find(ln, NFPT_L2TP_CALL_IN, IPPROTO_L2TP, iph->saddr, iph->daddr,
				   id);
	if (!call)
		call = nfpt_l2tp_stray(ln, server, id);
	if (!call || (call->sure && !call->packets))
		goto unlock;
	WRITE_ONCE(call->seen, jiffies);
	verdict = nfpt_l2tp_associate(server, call);
	nfpt_count(ln->pn, NFPT_L2TP_C_WHY + verdict.why);
	if (call->assoc.state == NFPT_ASSOC_UNKNOWN) {
		nfpt_l2tp_call_end(ln, call);
		goto unlock;
	}
	if (call->assoc.state == NFPT_ASSOC_CONFIRMED && !call->sure)
		nfpt_l2tp_confirm(ln, call);
	else if (!call->sure)
		nfpt_l2tp_unsure(ln, server);
	if (verdict.action == NFPT_ASSOC_DELIVER)
		to[n++] = nfpt_l2tp_holder(call->assoc.host);
	if (verdict.action == NFPT_ASSOC_COPY &&
	    nfpt_l2tp_may_copy(server, call->assoc.n_candidates))
		for (i = 0; i < call->assoc.n_candidates; i++)
			to[n++] = nfpt_l2tp_holder(call->assoc.candidates[i].host);
unlock:
	spin_unlock_bh(&ln->lock);
	return n;
}

/**
 * nfpt_l2tp_repair() - give hosts their calls that others have by mistake
 * @ln: the namespace
 * @server: a server with calls that are not confirmed
 *
 * Context: lock held.
 */
void nfpt_l2tp_repair(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_server *server)
{
	server->unsure = nfpt_assoc_unsettled(&server->assoc);
	while (nfpt_assoc_repair(&server->assoc, nfpt_l2tp_now()))
		nfpt_count(ln->pn, NFPT_L2TP_C_REPAIRED);
}
