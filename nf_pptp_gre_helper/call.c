// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: their Call IDs, mapped so that no two calls between the same two
 * addresses share one, and their beginning and end.
 *
 * Making and killing a conntrack is not done under the lock.  A flow is made
 * by whoever saw the reply, before the reply goes on; a flow is ended by the
 * namespace's worker, in process context and little by little, because one
 * packet may end tens of thousands, and because looking for conntracks may end
 * other control connections.
 */
#include <linux/slab.h>
#include <linux/netfilter/nf_conntrack_proto_gre.h>

#include "pptp.h"

/* A full id space must not hold a CPU: at 60000 of 65536 ids in use, twelve
 * tries are needed on average.
 */
#define NFPT_PPTP_ID_TRIES	512
/* After so many, ids of calls that have just ended are taken too. */
#define NFPT_PPTP_ID_EASY	64

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

static struct nfpt_flow *nfpt_pptp_flow(const struct nfpt_pptp_conn *conn,
					unsigned int end, enum nfpt_view view, u16 id)
{
	struct nfpt_flow_key key;

	nfpt_pptp_key(conn, end, view, id, &key);
	return nfpt_flow_find(conn->ppn->pn, &key);
}

static struct nfpt_pptp_call *nfpt_pptp_lookup(const struct nfpt_pptp_conn *conn,
					       unsigned int end,
					       enum nfpt_view view, u16 id)
{
	struct nfpt_flow *flow = nfpt_pptp_flow(conn, end, view, id);

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
	if (view == NFPT_VIEW_IN && nfpt_pptp_stock_has(conn, end, id))
		return false;
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
	struct nfpt_flow *old;

	if (nfpt_pptp_stock_has(call->conn, end, mapped))
		return -EEXIST;
	if (scarce) {
		/* Its connection may have been opened from the other end. */
		old = nfpt_pptp_flow(call->conn, end, NFPT_VIEW_IN, mapped);
		if (old && nfpt_pptp_call_of(old)->ended)
			nfpt_pptp_forget(nfpt_pptp_call_of(old),
					 old->slot % IP_CT_DIR_MAX, BIT(NFPT_VIEW_IN));
	}
	call->mapped[end] = mapped;
	return nfpt_pptp_enter(call, end, NFPT_VIEW_IN, mapped);
}

/* Without translation there may be no NAT to put an id back. */
static bool nfpt_pptp_is_plain(const struct nfpt_pptp_conn *conn)
{
	return conn->addr[IP_CT_DIR_ORIGINAL] == conn->seen[IP_CT_DIR_ORIGINAL] &&
	       conn->addr[IP_CT_DIR_REPLY] == conn->seen[IP_CT_DIR_REPLY];
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
	err = nfpt_pptp_reserve(call, end, mapped, nfpt_pptp_is_plain(conn));
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
static void nfpt_pptp_supersede(struct nfpt_pptp_conn *conn, unsigned int end, u16 id)
{
	struct nfpt_pptp_call *old = nfpt_pptp_lookup(conn, end, NFPT_VIEW_OUT, id);

	if (!old)
		return;
	nfpt_count(conn->ppn->pn, NFPT_PPTP_C_SUPERSEDED);
	nfpt_pptp_call_end(old, NF_PASSTHROUGH_END_REASON_SUPERSEDED);
}

/**
 * nfpt_pptp_call_offer() - a reply brings an id; whose call it is, and whether
 *	it says yes, comes behind it
 * @conn: control connection
 * @end: the end that sends the reply
 * @id: Call ID
 *
 * The id is mapped, but is no call's to be found by, see nfpt_pptp_call_adopt().
 *
 * Context: lock held, RCU.
 * Return: a call to keep the id, or NULL (counted).
 */
struct nfpt_pptp_call *nfpt_pptp_call_offer(struct nfpt_pptp_conn *conn,
					    unsigned int end, u16 id)
{
	struct nfpt_pptp_net *ppn = conn->ppn;
	struct nfpt_pptp_call *call;
	unsigned int view, e;
	int err;

	/* Calls that are not served keep their ids too, see call_list(); those
	 * in their graves have a limit of their own, see call_bury().
	 */
	if ((ppn->n_calls - ppn->n_graves) / 2 >=
	    nfpt_setting(ppn->pn, NFPT_SETTING_MAX_SESSIONS)) {
		nfpt_count(ppn->pn, NFPT_PPTP_C_LIMIT);
		return NULL;
	}
	call = kzalloc(sizeof(*call), GFP_ATOMIC);
	if (!call) {
		nfpt_count(ppn->pn, NFPT_PPTP_C_NOMEM);
		return NULL;
	}
	call->session.pn = ppn->pn;
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
		nfpt_count(ppn->pn, err == -EEXIST ? NFPT_PPTP_C_NO_IDS :
						     NFPT_PPTP_C_NOMEM);
		kfree(call);
		return NULL;
	}
	call->id[end] = id;
	refcount_inc(&conn->refs);
	list_add_tail(&call->node, &conn->calls);
	conn->n_calls++;
	conn->host->n_calls++;
	ppn->n_calls++;
	return call;
}

/**
 * nfpt_pptp_call_request() - a request brings the first id of a new call
 * @conn: control connection
 * @end: the end that sends the request
 * @id: Call ID
 *
 * Context: lock held, RCU.
 * Return: the call, not listed yet, or NULL (counted).
 */
struct nfpt_pptp_call *nfpt_pptp_call_request(struct nfpt_pptp_conn *conn,
					      unsigned int end, u16 id)
{
	struct nfpt_proto_net *pn = conn->ppn->pn;
	struct nfpt_pptp_call *call;

	nfpt_pptp_supersede(conn, end, id);
	/* Replies bring one id at a time, and may be those of calls that are served. */
	if (conn->host->n_calls / 2 >= nfpt_setting(pn, NFPT_PPTP_MAX_PER_HOST)) {
		nfpt_count(pn, NFPT_PPTP_C_HOST_LIMIT);
		return NULL;
	}
	call = nfpt_pptp_call_offer(conn, end, id);
	if (!call || !nfpt_pptp_enter(call, end, NFPT_VIEW_OUT, id))
		return call;
	nfpt_count(pn, NFPT_PPTP_C_NOMEM);
	nfpt_pptp_call_end(call, NF_PASSTHROUGH_END_REASON_FAILED);
	return NULL;
}

/**
 * nfpt_pptp_call_list() - let the administrator see a call
 * @call: the call
 *
 * A call that cannot be listed is not served.  It keeps its id, which its ends
 * may use all the same, so that no other call gets it.
 *
 * Context: lock held.
 */
void nfpt_pptp_call_list(struct nfpt_pptp_call *call)
{
	struct nfpt_pptp_host *host = call->conn->host;
	int err;

	if (host->n_served >= nfpt_setting(call->session.pn, NFPT_PPTP_MAX_PER_HOST)) {
		nfpt_count(call->session.pn, NFPT_PPTP_C_HOST_LIMIT);
		return;
	}
	err = nfpt_session_add(&call->session);
	if (!err) {
		host->n_served++;
		nfpt_count(call->session.pn, NFPT_PPTP_C_CALLS);
	} else {
		nfpt_count(call->session.pn,
			   err == -ENOSPC ? NFPT_PPTP_C_LIMIT : NFPT_PPTP_C_NOMEM);
	}
}

/**
 * nfpt_pptp_call_adopt() - a reply has brought a call's second id
 * @call: the call
 * @from: made with this id, or a call that the end has forgotten
 * @end: the end that sent the reply
 *
 * Context: lock held, RCU.
 * Return: whether it worked (counted if not).
 */
bool nfpt_pptp_call_adopt(struct nfpt_pptp_call *call, struct nfpt_pptp_call *from,
			  unsigned int end)
{
	nfpt_pptp_forget(call, end, NFPT_PPTP_VIEWS);
	nfpt_pptp_forget(from, end, NFPT_PPTP_VIEWS);
	call->id[end] = from->id[end];
	call->mapped[end] = from->mapped[end];
	nfpt_pptp_call_end(from, NF_PASSTHROUGH_END_REASON_SUPERSEDED);
	nfpt_pptp_supersede(call->conn, end, call->id[end]);
	if (!nfpt_pptp_enter(call, end, NFPT_VIEW_OUT, call->id[end]) &&
	    !nfpt_pptp_enter(call, end, NFPT_VIEW_IN, call->mapped[end]))
		return true;
	nfpt_count(call->session.pn, NFPT_PPTP_C_NOMEM);
	return false;
}

/**
 * nfpt_pptp_call_connect() - both ids are known, the flow is to be set up
 * @call: the call
 * @todo: calls to set up when the lock is released
 *
 * Context: lock held.
 */
void nfpt_pptp_call_connect(struct nfpt_pptp_call *call, struct list_head *todo)
{
	if (call->tracked || call->connecting || !call->session.id)
		return;
	call->connecting = true;
	list_add_tail(&call->todo, todo);
}

/**
 * nfpt_pptp_call_up() - both ends have agreed on the call
 * @call: the call; said when its flow is there too
 *
 * Context: lock held.
 */
void nfpt_pptp_call_up(struct nfpt_pptp_call *call)
{
	if (call->tracked && !call->ended && call->state == NFPT_PPTP_CALL_UP)
		nfpt_session_up(&call->session);
}

/**
 * nfpt_pptp_call_setup() - set up the flows of calls, the lock released
 * @ppn: the namespace
 * @todo: the calls
 * @master: their control connection
 *
 * Context: RCU.
 */
void nfpt_pptp_call_setup(struct nfpt_pptp_net *ppn, struct list_head *todo,
			  struct nf_conn *master)
{
	struct nfpt_pptp_call *call, *next;
	int err;

	list_for_each_entry_safe(call, next, todo, todo) {
		err = nfpt_pptp_track_insert(call, master);

		spin_lock_bh(&ppn->lock);
		call->connecting = false;
		if (err) {
			nfpt_count(ppn->pn, NFPT_PPTP_C_NO_FLOW);
			nfpt_pptp_call_end(call, NF_PASSTHROUGH_END_REASON_FAILED);
		} else {
			/* Pairs with nfpt_pptp_is_tracked(). */
			smp_store_release(&call->tracked, true);
			nfpt_pptp_call_up(call);
		}
		spin_unlock_bh(&ppn->lock);
	}
}

/**
 * nfpt_pptp_call_end() - a call is over
 * @call: the call
 * @reason: why
 *
 * Context: lock held.
 */
void nfpt_pptp_call_end(struct nfpt_pptp_call *call,
			enum nf_passthrough_end_reason reason)
{
	struct nfpt_pptp_conn *conn = call->conn;
	struct nfpt_pptp_net *ppn = conn->ppn;
	unsigned int end;

	if (call->ended)
		return;
	WRITE_ONCE(call->ended, true);
	for (end = 0; end < IP_CT_DIR_MAX; end++) {
		nfpt_pptp_forget(call, end, BIT(NFPT_VIEW_OUT));
		if (conn->offer[end] == call)
			conn->offer[end] = NULL;
	}
	conn->n_calls--;
	conn->host->n_calls--;
	if (call->session.id)
		conn->host->n_served--;
	nfpt_session_del(&call->session, reason);
	list_move_tail(&call->node, &ppn->ended);
	mod_delayed_work(system_power_efficient_wq, &ppn->worker, 0);
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

	if (!ppn)
		return;
	spin_lock_bh(&ppn->lock);
	nfpt_pptp_call_end(call, reason);
	spin_unlock_bh(&ppn->lock);
}

static void nfpt_pptp_call_free(struct nfpt_pptp_net *ppn, struct nfpt_pptp_call *call)
{
	nfpt_pptp_forget(call, IP_CT_DIR_ORIGINAL, NFPT_PPTP_VIEWS);
	nfpt_pptp_forget(call, IP_CT_DIR_REPLY, NFPT_PPTP_VIEWS);
	list_del(&call->node);
	ppn->n_calls--;
	ppn->n_graves--;
	kfree_rcu(call, rcu);
}

/* GRE that is still under way must not reach the router's own stack: it would
 * answer with an ICMP error.  Nor may a new call get the id too soon.
 */
static void nfpt_pptp_call_bury(struct nfpt_pptp_net *ppn, struct nfpt_pptp_call *call)
{
	nfpt_pptp_conn_put(call->conn);
	call->session.seen = jiffies;
	list_move_tail(&call->node, &ppn->graves);
	if (++ppn->n_graves > nfpt_setting(ppn->pn, NFPT_SETTING_MAX_SESSIONS))
		nfpt_pptp_call_free(ppn, list_first_entry(&ppn->graves,
							  struct nfpt_pptp_call, node));
}

/**
 * nfpt_pptp_call_take_down() - end the flows of some calls that have ended
 * @ppn: the namespace
 *
 * Context: process.
 * Return: whether there was one.
 */
bool nfpt_pptp_call_take_down(struct nfpt_pptp_net *ppn)
{
	struct nfpt_pptp_call *call, *next;
	LIST_HEAD(batch);
	int n = 0;

	spin_lock_bh(&ppn->lock);
	list_for_each_entry_safe(call, next, &ppn->ended, node) {
		if (n++ == NFPT_PPTP_BATCH)
			break;
		/* Its flow is being made: the next round finds it. */
		if (!call->connecting)
			list_move_tail(&call->node, &batch);
	}
	spin_unlock_bh(&ppn->lock);

	rcu_read_lock();
	list_for_each_entry(call, &batch, node)
		if (call->tracked)
			nfpt_pptp_track_kill(call);
	rcu_read_unlock();

	spin_lock_bh(&ppn->lock);
	list_for_each_entry_safe(call, next, &batch, node)
		nfpt_pptp_call_bury(ppn, call);
	spin_unlock_bh(&ppn->lock);
	return n;
}

/**
 * nfpt_pptp_call_reap() - free some calls whose last packets have passed
 * @ppn: the namespace
 * @all: or that have ended at all
 *
 * Context: process.
 * Return: whether there may be more.
 */
bool nfpt_pptp_call_reap(struct nfpt_pptp_net *ppn, bool all)
{
	struct nfpt_pptp_call *call, *next;
	int n = 0;

	spin_lock_bh(&ppn->lock);
	list_for_each_entry_safe(call, next, &ppn->graves, node) {
		if (!all && (u32)jiffies - call->session.seen < NFPT_PPTP_LATE)
			break;
		nfpt_pptp_call_free(ppn, call);
		if (++n == NFPT_PPTP_BATCH)
			break;
	}
	spin_unlock_bh(&ppn->lock);
	return n == NFPT_PPTP_BATCH;
}
