// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: their Call IDs, mapped so that no two calls between the same two
 * addresses share one, and their beginning and end.
 *
 * What may not be done under the lock (making and killing conntracks) is put
 * on a list and done by nfpt_pptp_call_finish() after the lock is released.
 * A call is on one such list at most: @queued says that somebody will finish
 * it, whoever else ends it meanwhile.
 */
#include <linux/slab.h>
#include <linux/netfilter/nf_conntrack_proto_gre.h>

#include "pptp.h"

/* A full id space must not hold a CPU: at 60000 of 65536 ids in use, twelve
 * tries are needed on average.
 */
#define NFPT_PPTP_ID_TRIES	4096
/* After so many, ids of calls that have just ended are taken too. */
#define NFPT_PPTP_ID_EASY	64

/* How long after its end a call's packets are still dropped. */
#define NFPT_PPTP_LATE		(5 * HZ)
#define NFPT_PPTP_GRAVES_MAX	4096

#define NFPT_PPTP_VIEWS		(BIT(NFPT_VIEW_IN) | BIT(NFPT_VIEW_OUT))

/* Packets to @end with its Call ID @id, before or after translation. */
static void nfpt_pptp_key(const struct nfpt_pptp_conn *conn, unsigned int end,
			  enum nfpt_view view, u16 id, struct nfpt_flow_key *key)
{
	*key = (struct nfpt_flow_key){
		.saddr	 = view == NFPT_VIEW_IN ? conn->addr[!end] : conn->seen[!end],
		.daddr	 = view == NFPT_VIEW_IN ? conn->seen[end] : conn->addr[end],
		.id	 = id,
		/* An ICMP error travels against the packet it quotes. */
		.zone	 = nf_ct_zone_id(&conn->zone,
					 view == NFPT_VIEW_IN ? !end : end),
		.l4proto = IPPROTO_GRE,
		.view	 = view,
	};
}

static struct nfpt_pptp_call *nfpt_pptp_lookup(const struct nfpt_pptp_conn *conn,
					       unsigned int end,
					       enum nfpt_view view, u16 id)
{
	struct nfpt_flow_key key;
	struct nfpt_flow *flow;

	nfpt_pptp_key(conn, end, view, id, &key);
	flow = nfpt_flow_find(conn->ppn->pn, &key);
	return flow ? nfpt_pptp_call_of(flow) : NULL;
}

/**
 * nfpt_pptp_call_by_id() - find a call by the id its owner chose
 * @conn: control connection
 * @end: the owner
 * @id: Call ID
 *
 * Context: lock held, RCU.
 * Return: the call, or NULL.
 */
struct nfpt_pptp_call *nfpt_pptp_call_by_id(struct nfpt_pptp_conn *conn,
					    unsigned int end, u16 id)
{
	struct nfpt_pptp_call *call = nfpt_pptp_lookup(conn, end, NFPT_VIEW_OUT, id);

	return call && call->conn == conn ? call : NULL;
}

/**
 * nfpt_pptp_call_by_mapped() - find a call by the id the other end sees
 * @conn: control connection
 * @end: the id's owner
 * @mapped: Call ID as the other end of @end sees it
 *
 * Context: lock held, RCU.
 * Return: the call, or NULL.
 */
struct nfpt_pptp_call *nfpt_pptp_call_by_mapped(struct nfpt_pptp_conn *conn,
						unsigned int end, u16 mapped)
{
	struct nfpt_pptp_call *call = nfpt_pptp_lookup(conn, end, NFPT_VIEW_IN, mapped);

	return call && !call->ended && call->conn == conn ? call : NULL;
}

/* Calls that nf_conntrack_pptp serves are not in our map. */
static bool nfpt_pptp_stock_has(const struct nfpt_pptp_conn *conn, unsigned int end,
				u16 mapped)
{
	struct net *net = conn->ppn->pn->net;
	const struct nf_ct_gre_keymap *km;

	list_for_each_entry_rcu(km, &net->ct.nf_ct_proto.gre.keymap_list, list)
		if (km->tuple.src.l3num == NFPROTO_IPV4 &&
		    km->tuple.src.u3.ip == conn->addr[!end] &&
		    km->tuple.dst.u3.ip == conn->seen[end] &&
		    km->tuple.dst.u.gre.key == htons(mapped))
			return true;
	return false;
}

/**
 * nfpt_pptp_id_free() - whether a Call ID may still be given
 * @conn: control connection
 * @end: its owner
 * @view: NFPT_VIEW_IN for a mapped id, NFPT_VIEW_OUT for a chosen one
 * @id: Call ID
 *
 * Context: lock held, RCU.
 */
bool nfpt_pptp_id_free(struct nfpt_pptp_conn *conn, unsigned int end,
		       enum nfpt_view view, u16 id)
{
	return !nfpt_pptp_lookup(conn, end, view, id);
}

/* Enter the flow of packets to @end, as they look in @view. */
static int nfpt_pptp_enter(struct nfpt_pptp_call *call, unsigned int end,
			   enum nfpt_view view, u16 id)
{
	struct nfpt_flow *flow = &call->flow[view][end];
	int err;

	nfpt_pptp_key(call->conn, end, view, id, &flow->key);
	err = nfpt_flow_insert(call->session.pn, flow);
	if (!err)
		call->known[end] |= BIT(view);
	return err;
}

static void nfpt_pptp_forget(struct nfpt_pptp_call *call, unsigned int end, u8 views)
{
	unsigned int view;

	for (view = 0; view < 2; view++)
		if (call->known[end] & views & BIT(view))
			nfpt_flow_remove(call->session.pn, &call->flow[view][end]);
	call->known[end] &= ~views;
}

static int nfpt_pptp_reserve(struct nfpt_pptp_call *call, unsigned int end, u16 mapped,
			     bool scarce)
{
	struct nfpt_pptp_call *old;

	if (nfpt_pptp_stock_has(call->conn, end, mapped))
		return -EEXIST;
	if (scarce) {
		old = nfpt_pptp_lookup(call->conn, end, NFPT_VIEW_IN, mapped);
		if (old && old->ended)
			nfpt_pptp_forget(old, end, BIT(NFPT_VIEW_IN));
	}
	call->mapped[end] = mapped;
	return nfpt_pptp_enter(call, end, NFPT_VIEW_IN, mapped);
}

/* The id itself if it is free, or else any that is, under the first byte that
 * has been told already if one has.
 */
static int nfpt_pptp_map(struct nfpt_pptp_call *call, unsigned int end, u16 id)
{
	struct nfpt_pptp_conn *conn = call->conn;
	struct nfpt_pptp_net *ppn = conn->ppn;
	unsigned int i, tries = NFPT_PPTP_ID_TRIES;
	u16 mapped = id;
	int err;

	if (conn->told_valid[end]) {
		mapped = conn->told[end] << 8 | (id & 0xff);
		tries = 256;
	}
	err = nfpt_pptp_reserve(call, end, mapped, false);
	for (i = 1; err == -EEXIST && i < tries; i++) {
		if (conn->told_valid[end])
			mapped = (mapped & 0xff00) | ((mapped + 1) & 0xff);
		else	/* an odd stride comes by every id */
			mapped = ppn->cursor += 0x9e37;
		err = nfpt_pptp_reserve(call, end, mapped, i > NFPT_PPTP_ID_EASY);
	}
	return err;
}

/* An end that chooses an id it already uses has forgotten the call of old. */
static int nfpt_pptp_claim(struct nfpt_pptp_call *call, unsigned int end, u16 id,
			   struct list_head *todo)
{
	struct nfpt_pptp_call *old = nfpt_pptp_lookup(call->conn, end, NFPT_VIEW_OUT, id);

	if (old) {
		nfpt_count(call->session.pn, NFPT_PPTP_C_SUPERSEDED);
		nfpt_pptp_call_end(old, todo, NF_PASSTHROUGH_END_REASON_SUPERSEDED);
	}
	return nfpt_pptp_enter(call, end, NFPT_VIEW_OUT, id);
}

/**
 * nfpt_pptp_call_alloc() - a new call, of which one end's id is known
 * @conn: control connection
 * @end: the end that has chosen the id
 * @id: Call ID
 *
 * The id is mapped, but it is not the call's to be found by yet, see
 * nfpt_pptp_call_begin() and nfpt_pptp_call_adopt().
 *
 * Context: lock held, RCU.
 * Return: the call, not listed yet, or NULL (counted).
 */
struct nfpt_pptp_call *nfpt_pptp_call_alloc(struct nfpt_pptp_conn *conn,
					    unsigned int end, u16 id)
{
	struct nfpt_proto_net *pn = conn->ppn->pn;
	struct nfpt_pptp_call *call;
	unsigned int view, e;
	int err;

	call = kzalloc(sizeof(*call), GFP_ATOMIC);
	if (!call) {
		nfpt_count(pn, NFPT_PPTP_C_NOMEM);
		return NULL;
	}
	call->session.pn = pn;
	call->session.initiator = conn->addr[IP_CT_DIR_ORIGINAL];
	call->session.responder = conn->addr[IP_CT_DIR_REPLY];
	call->session.initiator_seen = conn->seen[IP_CT_DIR_ORIGINAL];
	call->session.responder_seen = conn->seen[IP_CT_DIR_REPLY];
	call->session.local = conn->local;
	call->conn = conn;
	for (view = 0; view < 2; view++)
		for (e = 0; e < IP_CT_DIR_MAX; e++)
			call->flow[view][e].slot = view * IP_CT_DIR_MAX + e;

	err = nfpt_pptp_map(call, end, id);
	if (err) {
		nfpt_count(pn, err == -EEXIST ? NFPT_PPTP_C_NO_IDS : NFPT_PPTP_C_NOMEM);
		kfree(call);
		return NULL;
	}
	call->id[end] = id;
	list_add_tail(&call->node, &conn->calls);
	conn->n_calls++;
	return call;
}

/**
 * nfpt_pptp_call_begin() - a request has brought a call's first id
 * @call: made with this id
 * @end: the end that sent the request
 * @todo: what is to be done when the lock is released
 *
 * Context: lock held, RCU.
 * Return: whether it worked (counted if not).
 */
bool nfpt_pptp_call_begin(struct nfpt_pptp_call *call, unsigned int end,
			  struct list_head *todo)
{
	if (!nfpt_pptp_claim(call, end, call->id[end], todo))
		return true;
	nfpt_count(call->session.pn, NFPT_PPTP_C_NOMEM);
	return false;
}

/**
 * nfpt_pptp_call_list() - let the administrator see a call
 * @call: the call
 *
 * Context: lock held.
 * Return: 0 or a negative error (counted): it may not be served.
 */
int nfpt_pptp_call_list(struct nfpt_pptp_call *call)
{
	struct nfpt_proto_net *pn = call->session.pn;
	int err = nfpt_session_add(&call->session);

	if (!err)
		nfpt_count(pn, NFPT_PPTP_C_CALLS);
	else
		nfpt_count(pn, err == -ENOSPC ? NFPT_PPTP_C_LIMIT : NFPT_PPTP_C_NOMEM);
	return err;
}

/**
 * nfpt_pptp_call_adopt() - a reply has brought a call's second id
 * @call: the call
 * @from: made with this id, or a call that the end has forgotten
 * @end: the end that sent the reply
 * @todo: what is to be done when the lock is released
 *
 * A reply names its sender's new id first and only then the call.
 *
 * Context: lock held, RCU.
 * Return: whether it worked (counted if not).
 */
bool nfpt_pptp_call_adopt(struct nfpt_pptp_call *call, struct nfpt_pptp_call *from,
			  unsigned int end, struct list_head *todo)
{
	nfpt_pptp_forget(call, end, NFPT_PPTP_VIEWS);
	nfpt_pptp_forget(from, end, NFPT_PPTP_VIEWS);
	call->id[end] = from->id[end];
	call->mapped[end] = from->mapped[end];
	nfpt_pptp_call_end(from, todo, NF_PASSTHROUGH_END_REASON_SUPERSEDED);

	if (!nfpt_pptp_claim(call, end, call->id[end], todo) &&
	    !nfpt_pptp_enter(call, end, NFPT_VIEW_IN, call->mapped[end]))
		return true;
	nfpt_count(call->session.pn, NFPT_PPTP_C_NOMEM);
	return false;
}

static void nfpt_pptp_call_queue(struct nfpt_pptp_call *call, struct list_head *todo)
{
	if (call->queued)
		return;
	call->queued = true;
	list_add_tail(&call->todo, todo);
}

/**
 * nfpt_pptp_call_connect() - both ids are known, the flow is to be set up
 * @call: the call
 * @todo: what is to be done when the lock is released
 *
 * Context: lock held.
 */
void nfpt_pptp_call_connect(struct nfpt_pptp_call *call, struct list_head *todo)
{
	if (call->tracked)
		return;
	call->connect = true;
	nfpt_pptp_call_queue(call, todo);
}

/**
 * nfpt_pptp_call_end() - a call is over
 * @call: the call
 * @todo: what is to be done when the lock is released
 * @reason: why
 *
 * Context: lock held.
 */
void nfpt_pptp_call_end(struct nfpt_pptp_call *call, struct list_head *todo,
			enum nf_passthrough_end_reason reason)
{
	if (call->ended)
		return;
	call->ended = true;
	nfpt_pptp_forget(call, IP_CT_DIR_ORIGINAL, BIT(NFPT_VIEW_OUT));
	nfpt_pptp_forget(call, IP_CT_DIR_REPLY, BIT(NFPT_VIEW_OUT));
	list_del(&call->node);
	call->conn->n_calls--;
	nfpt_session_del(&call->session, reason);
	nfpt_pptp_call_queue(call, todo);
}

/* Set up the flow of a call, unless it has ended; say whether it has. */
static bool nfpt_pptp_call_settle(struct nfpt_pptp_net *ppn,
				  struct nfpt_pptp_call *call,
				  struct nf_conn *master)
{
	bool connect = READ_ONCE(call->connect) && !READ_ONCE(call->ended);
	LIST_HEAD(todo);
	int err = 0;

	if (connect)
		err = nfpt_pptp_track_insert(call, master);

	spin_lock_bh(&ppn->lock);
	if (err) {
		nfpt_count(ppn->pn, NFPT_PPTP_C_NO_FLOW);
		/* Still queued: this adds nothing to the list. */
		nfpt_pptp_call_end(call, &todo, NF_PASSTHROUGH_END_REASON_FAILED);
	} else if (connect) {
		WRITE_ONCE(call->tracked, true);
	}
	call->connect = false;
	/* Whoever ends it from now on finishes it. */
	call->queued = call->ended;
	spin_unlock_bh(&ppn->lock);
	return call->queued;
}

static void nfpt_pptp_call_free(struct nfpt_pptp_net *ppn, struct nfpt_pptp_call *call)
{
	nfpt_pptp_forget(call, IP_CT_DIR_ORIGINAL, NFPT_PPTP_VIEWS);
	nfpt_pptp_forget(call, IP_CT_DIR_REPLY, NFPT_PPTP_VIEWS);
	list_del(&call->node);
	ppn->n_graves--;
	kfree_rcu(call, rcu);
}

/* GRE that is still under way must not reach the router's own stack: it would
 * answer with an ICMP error, and a server takes that for all its calls with
 * this address.  Nor may a new call get the id too soon.
 */
static void nfpt_pptp_call_bury(struct nfpt_pptp_net *ppn, struct nfpt_pptp_call *call)
{
	spin_lock_bh(&ppn->lock);
	call->session.seen = jiffies;
	list_add_tail(&call->node, &ppn->graves);
	if (++ppn->n_graves > NFPT_PPTP_GRAVES_MAX)
		nfpt_pptp_call_free(ppn, list_first_entry(&ppn->graves,
							  struct nfpt_pptp_call, node));
	spin_unlock_bh(&ppn->lock);
	queue_delayed_work(system_power_efficient_wq, &ppn->reaper, NFPT_PPTP_LATE);
}

/**
 * nfpt_pptp_call_finish() - do what could not be done under the lock
 * @ppn: the namespace
 * @todo: calls to connect or to take down
 * @master: the control connection, if calls may be to connect
 *
 * Context: RCU, lock not held.
 */
void nfpt_pptp_call_finish(struct nfpt_pptp_net *ppn, struct list_head *todo,
			   struct nf_conn *master)
{
	struct nfpt_pptp_call *call, *next;

	list_for_each_entry_safe(call, next, todo, todo) {
		list_del(&call->todo);
		if (!nfpt_pptp_call_settle(ppn, call, master))
			continue;
		if (call->tracked)
			nfpt_pptp_track_kill(call);
		nfpt_pptp_call_bury(ppn, call);
	}
}

/**
 * nfpt_pptp_call_reap() - free the calls whose last packets have passed
 * @work: nfpt_pptp_net.reaper
 */
void nfpt_pptp_call_reap(struct work_struct *work)
{
	struct nfpt_pptp_net *ppn = container_of(work, struct nfpt_pptp_net, reaper.work);
	struct nfpt_pptp_call *call, *next;

	spin_lock_bh(&ppn->lock);
	list_for_each_entry_safe(call, next, &ppn->graves, node) {
		if ((u32)jiffies - call->session.seen < NFPT_PPTP_LATE)
			break;
		nfpt_pptp_call_free(ppn, call);
	}
	if (ppn->n_graves)
		queue_delayed_work(system_power_efficient_wq, &ppn->reaper,
				   NFPT_PPTP_LATE);
	spin_unlock_bh(&ppn->lock);
}

/**
 * nfpt_pptp_call_reap_all() - free all ended calls
 * @ppn: the namespace; no call ends any more
 */
void nfpt_pptp_call_reap_all(struct nfpt_pptp_net *ppn)
{
	struct nfpt_pptp_call *call, *next;

	cancel_delayed_work_sync(&ppn->reaper);
	list_for_each_entry_safe(call, next, &ppn->graves, node)
		nfpt_pptp_call_free(ppn, call);
}

/**
 * nfpt_pptp_end() - nfpt_proto.end
 * @s: session of a call
 * @reason: why it ends
 *
 * Context: RCU.
 */
void nfpt_pptp_end(struct nfpt_session *s, enum nf_passthrough_end_reason reason)
{
	struct nfpt_pptp_call *call = container_of(s, struct nfpt_pptp_call, session);
	struct nfpt_pptp_net *ppn = nfpt_pptp_pernet(s->pn);
	LIST_HEAD(todo);

	if (!ppn)
		return;
	spin_lock_bh(&ppn->lock);
	nfpt_pptp_call_end(call, &todo, reason);
	spin_unlock_bh(&ppn->lock);
	nfpt_pptp_call_finish(ppn, &todo, NULL);
}
