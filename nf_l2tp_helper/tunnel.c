// SPDX-License-Identifier: GPL-2.0
/*
 * Tunnels: entered at their request, ended when an end says so or when their
 * conntrack is gone.
 */
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "l2tp.h"

/**
 * nfpt_l2tp_tunnel_find() - a tunnel by an id
 * @ln: the namespace
 * @slot: whose id it is, and in what packets
 * @version: of the protocol
 * @l4proto: UDP or L2TP
 * @one: an address, as @slot has it
 * @other: the other address
 * @id: the id
 *
 * Context: RCU.
 * Return: the tunnel or NULL.
 */
struct nfpt_l2tp_tunnel *nfpt_l2tp_tunnel_find(const struct nfpt_l2tp_net *ln, u8 slot,
					       u8 version, u8 l4proto, __be32 one,
					       __be32 other, u32 id)
{
	const struct nfpt_flow_key key = nfpt_l2tp_key(slot, version, l4proto, one, other, id);
	struct nfpt_flow *flow = nfpt_flow_find(ln->pn, &key);

	/* A pair has one entry only, its first. */
	return flow ? container_of(flow - flow->slot % NFPT_L2TP_FLOWS,
				   struct nfpt_l2tp_tunnel, flow[0]) : NULL;
}

/**
 * nfpt_l2tp_pending() - a tunnel that an answer may be for
 * @ln: the namespace
 * @skb: the answer, not translated
 * @l4proto: UDP or L2TP
 * @port: the port that it came to, 0 over IP
 * @l2tp: its header
 *
 * One that has told its id in secret, or has one that another host has, too,
 * and waits on that port.
 *
 * Context: RCU, lock not held.
 * Return: the tunnel or NULL.
 */
struct nfpt_l2tp_tunnel *nfpt_l2tp_pending(struct nfpt_l2tp_net *ln, const struct sk_buff *skb,
					   u8 l4proto, __be16 port,
					   const struct nfpt_l2tp *l2tp)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_l2tp_tunnel *tunnel, *found = NULL;
	const struct nfpt_l2tp_server *server;

	if (!nfpt_l2tp_server_find(ln, iph->saddr, iph->daddr))
		return NULL;
	spin_lock_bh(&ln->lock);
	server = nfpt_l2tp_server_find(ln, iph->saddr, iph->daddr);
	if (!server)
		goto unlock;
	list_for_each_entry(tunnel, &server->tunnels, of_server) {
		if (tunnel->server_id)
			break;
		if (tunnel->l4proto == l4proto && tunnel->mapped == port &&
		    tunnel->version == l2tp->version && !tunnel->pair && !tunnel->closing &&
		    (tunnel->host_id ? tunnel->seen_id == l2tp->tunnel : tunnel->hidden)) {
			found = tunnel;
			break;
		}
	}
unlock:
	spin_unlock_bh(&ln->lock);
	return found;
}

/**
 * nfpt_l2tp_tunnel_enter() - let packets with an id find a tunnel
 * @ln: the namespace
 * @tunnel: the tunnel
 * @slot: whose id it is, and in what packets
 * @id: the id
 *
 * Context: lock held.
 * Return: 0, -EEXIST if another tunnel has it, or another error.
 */
int nfpt_l2tp_tunnel_enter(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel, u8 slot,
			   u32 id)
{
	const struct nfpt_session *s = &tunnel->session;
	unsigned int n = slot % NFPT_L2TP_FLOWS;
	struct nfpt_flow *flow = &tunnel->flow[n];
	__be32 one = s->initiator, other = s->responder;
	int err;

	if (tunnel->entered & BIT(n))
		return 0;
	if (slot == NFPT_L2TP_SEEN)
		one = s->initiator_seen;
	if (slot == NFPT_L2TP_IN || slot == NFPT_L2TP_MAPPED) {
		one = s->responder;
		other = s->initiator_seen;
	}
	flow->key = nfpt_l2tp_key(slot, slot == NFPT_L2TP_MAPPED ? 0 : tunnel->version,
				  tunnel->l4proto, one, other, id);
	/* Before packets find it. */
	flow->slot = slot;
	err = nfpt_flow_insert(ln->pn, flow);
	if (err)
		return err;
	tunnel->entered |= BIT(n);
	if (slot == NFPT_L2TP_MAPPED)
		WRITE_ONCE(ln->n_moved, ln->n_moved + 1);
	return 0;
}

/**
 * nfpt_l2tp_tunnel_leave() - let packets with an id find a tunnel no more
 * @ln: the namespace
 * @tunnel: the tunnel
 * @slot: whose id it is, and in what packets
 *
 * Context: lock held.
 */
void nfpt_l2tp_tunnel_leave(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel, u8 slot)
{
	unsigned int n = slot % NFPT_L2TP_FLOWS;

	if (!(tunnel->entered & BIT(n)))
		return;
	nfpt_flow_remove(ln->pn, &tunnel->flow[n]);
	tunnel->entered &= ~BIT(n);
	if (slot == NFPT_L2TP_MAPPED)
		WRITE_ONCE(ln->n_moved, ln->n_moved - 1);
}

/**
 * nfpt_l2tp_tunnel_new() - a tunnel begins
 * @ln: the namespace
 * @ends: who talks to whom
 * @version: of the protocol
 * @l4proto: UDP or L2TP
 *
 * Context: RCU, lock held.
 * Return: the tunnel, by no id to be found yet, or NULL (counted).
 */
struct nfpt_l2tp_tunnel *nfpt_l2tp_tunnel_new(struct nfpt_l2tp_net *ln,
					      const struct nfpt_l2tp_ends *ends, u8 version,
					      u8 l4proto)
{
	struct nfpt_l2tp_inside *inside = nfpt_l2tp_inside_get(ln, ends->host);
	struct nfpt_l2tp_server *server;
	struct nfpt_l2tp_tunnel *tunnel;
	int err;

	if (!inside)
		return NULL;
	if (nfpt_l2tp_is_full(ln, inside)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_LIMIT_HOST);
		return NULL;
	}
	server = nfpt_l2tp_server_get(ln, ends->server, ends->seen);
	if (!server)
		return NULL;
	if (server->n_tunnels >= nfpt_setting(ln->pn, NFPT_L2TP_MAX_PER_SERVER)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_LIMIT_SERVER);
		goto err_put;
	}
	tunnel = kzalloc(sizeof(*tunnel), GFP_ATOMIC);
	if (!tunnel) {
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
		goto err_put;
	}
	tunnel->inside = inside;
	tunnel->server = server;
	tunnel->version = version;
	tunnel->l4proto = l4proto;
	INIT_LIST_HEAD(&tunnel->calls);
	tunnel->session.pn = ln->pn;
	tunnel->session.initiator = ends->host;
	tunnel->session.initiator_seen = ends->seen;
	tunnel->session.responder = ends->server;
	tunnel->session.responder_seen = ends->server;
	err = nfpt_session_add(&tunnel->session);
	if (err) {
		nfpt_count(ln->pn, err == -ENOSPC ? NFPT_L2TP_C_LIMIT : NFPT_L2TP_C_NOMEM);
		goto err_add;
	}
	list_add_tail(&tunnel->of_inside, &inside->tunnels);
	list_add(&tunnel->of_server, &server->tunnels);
	INIT_LIST_HEAD(&tunnel->of_closing);
	inside->n_held++;
	server->n_tunnels++;
	WRITE_ONCE(ln->n_tunnels, ln->n_tunnels + 1);
	nfpt_await_udp(ln->pn, 1);
	return tunnel;

err_add:
	kfree(tunnel);
err_put:
	nfpt_l2tp_server_put(ln, server);
	return NULL;
}

/**
 * nfpt_l2tp_tunnel_end() - a tunnel is over
 * @ln: the namespace
 * @tunnel: the tunnel; freed after a grace period
 * @reason: why
 *
 * Context: lock held.
 */
void nfpt_l2tp_tunnel_end(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel,
			  enum nf_passthrough_end_reason reason)
{
	struct nfpt_l2tp_call *call, *next;
	unsigned int i;

	tunnel->ended = true;
	if (tunnel->pair)
		nfpt_assoc_leave(&tunnel->assoc);
	list_for_each_entry_safe(call, next, &tunnel->calls, node)
		nfpt_l2tp_call_end(ln, call);
	for (i = 0; i < NFPT_L2TP_FLOWS; i++)
		nfpt_l2tp_tunnel_leave(ln, tunnel, i);
	list_del(&tunnel->of_inside);
	list_del(&tunnel->of_server);
	list_del(&tunnel->of_closing);
	tunnel->inside->n_held--;
	tunnel->inside->seen = jiffies;
	tunnel->server->n_tunnels--;
	WRITE_ONCE(ln->n_tunnels, ln->n_tunnels - 1);
	nfpt_await_udp(ln->pn, -1);
	nfpt_l2tp_server_put(ln, tunnel->server);
	nfpt_session_del(&tunnel->session, reason);
	kfree_rcu(tunnel, rcu);
}

/**
 * nfpt_l2tp_tunnel_close() - an end has said that a tunnel ends
 * @ln: the namespace
 * @tunnel: the tunnel
 *
 * The other end has yet to acknowledge it.
 *
 * Context: lock held.
 */
void nfpt_l2tp_tunnel_close(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel)
{
	if (tunnel->closing)
		return;
	tunnel->closing = true;
	tunnel->since = jiffies;
	/* The worker comes for the first; it comes back for the others. */
	if (list_empty(&ln->closing))
		mod_delayed_work(system_power_efficient_wq, &ln->worker, NFPT_L2TP_CLOSING);
	list_add_tail(&tunnel->of_closing, &ln->closing);
	WRITE_ONCE(tunnel->session.state, NF_PASSTHROUGH_SESSION_STATE_CLOSING);
}

/**
 * nfpt_l2tp_tuple_get() - the flow of a tunnel
 * @ln: the namespace
 * @tunnel: the tunnel
 * @tuple: set to its original tuple, which a packet may be about to change
 *
 * Context: RCU, lock not held.
 * Return: false if it has none yet.
 */
bool nfpt_l2tp_tuple_get(struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_tunnel *tunnel,
			 struct nf_conntrack_tuple *tuple)
{
	spin_lock_bh(&ln->lock);
	*tuple = tunnel->tuple;
	spin_unlock_bh(&ln->lock);
	return tuple->dst.protonum;
}

/**
 * nfpt_l2tp_ct_find() - the conntrack of a tunnel
 * @ln: the namespace
 * @tunnel: the tunnel
 *
 * Context: RCU, lock not held.
 * Return: the conntrack with a reference, or NULL.
 */
struct nf_conn *nfpt_l2tp_ct_find(struct nfpt_l2tp_net *ln,
				  const struct nfpt_l2tp_tunnel *tunnel)
{
	struct nf_conntrack_tuple tuple;

	if (!nfpt_l2tp_tuple_get(ln, tunnel, &tuple))
		return NULL;
	return nfpt_ct_find_get(ln->pn->net, &nf_ct_zone_dflt, &tuple);
}

/**
 * nfpt_l2tp_is_last() - whether a tunnel's flow has no other
 * @tunnel: the tunnel
 *
 * Then the flow ends with it: the next one is to begin anew, since a server that
 * has moved takes requests on its own port.
 *
 * Context: lock held.
 */
bool nfpt_l2tp_is_last(const struct nfpt_l2tp_tunnel *tunnel)
{
	const struct nfpt_l2tp_tunnel *other;

	list_for_each_entry(other, &tunnel->inside->tunnels, of_inside)
		if (other != tunnel && nf_ct_tuple_equal(&other->tuple, &tunnel->tuple))
			return false;
	return true;
}

/**
 * nfpt_l2tp_end() - nfpt_proto.end
 * @s: a session
 * @reason: why it ends
 *
 * Context: RCU.
 */
void nfpt_l2tp_end(struct nfpt_session *s, enum nf_passthrough_end_reason reason)
{
	struct nfpt_l2tp_tunnel *tunnel = nfpt_l2tp_tunnel_of(s);
	struct nfpt_l2tp_net *ln = nfpt_l2tp_pernet(s->pn);
	struct nf_conntrack_tuple tuple = {};

	if (!ln)
		return;
	spin_lock_bh(&ln->lock);
	if (!tunnel->ended) {
		/* Conntrack knows itself what is idle, and more than we do. */
		if (reason != NF_PASSTHROUGH_END_REASON_IDLE &&
		    reason != NF_PASSTHROUGH_END_REASON_UNANSWERED &&
		    nfpt_l2tp_is_last(tunnel))
			tuple = tunnel->tuple;
		nfpt_l2tp_tunnel_end(ln, tunnel, reason);
	}
	spin_unlock_bh(&ln->lock);
	nfpt_ct_kill(s->pn->net, &tuple);
}

/**
 * nfpt_l2tp_lifetime() - nfpt_proto.lifetime
 * @s: a session
 *
 * Return: seconds.
 */
u32 nfpt_l2tp_lifetime(const struct nfpt_session *s)
{
	return nfpt_setting(s->pn, NFPT_L2TP_IDLE);
}

/* Its packets are not seen while a flowtable has them.  A flow that comes back
 * from there has the lifetime of any UDP, whatever its policy.
 */
static bool nfpt_l2tp_is_alive(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel)
{
	struct nf_conn *ct = nfpt_l2tp_ct_find(ln, tunnel);
	bool offloaded;

	if (!ct)
		return false;
	offloaded = test_bit(IPS_OFFLOAD_BIT, &ct->status);
	if (tunnel->offloaded && !offloaded)
		nfpt_ct_prolong(ct, nfpt_setting(ln->pn, NFPT_L2TP_IDLE));
	if (tunnel->offloaded || offloaded)
		WRITE_ONCE(tunnel->session.seen, jiffies);
	tunnel->offloaded = offloaded;
	nf_ct_put(ct);
	return true;
}

/**
 * nfpt_l2tp_expired() - nfpt_proto.expired
 * @s: a session
 *
 * Several tunnels may have one flow: each needs packets of its own.
 *
 * Context: process, RCU.
 * Return: why it is over, or %NF_PASSTHROUGH_END_REASON_NONE.
 */
enum nf_passthrough_end_reason nfpt_l2tp_expired(const struct nfpt_session *s)
{
	struct nfpt_l2tp_tunnel *tunnel = nfpt_l2tp_tunnel_of(s);
	struct nfpt_l2tp_net *ln = nfpt_l2tp_pernet(s->pn);
	bool alive, offloaded;
	u32 idle;

	if (!ln)
		return NF_PASSTHROUGH_END_REASON_NONE;
	offloaded = tunnel->offloaded;
	alive = nfpt_l2tp_is_alive(ln, tunnel);
	if (tunnel->pair) {
		spin_lock_bh(&ln->lock);
		if (!tunnel->ended)
			nfpt_l2tp_calls_expire(ln, &tunnel->calls);
		spin_unlock_bh(&ln->lock);
	}
	idle = nfpt_session_idle(s);
	if (READ_ONCE(s->state) == NF_PASSTHROUGH_SESSION_STATE_PENDING)
		return idle < NFPT_L2TP_UNANSWERED ? NF_PASSTHROUGH_END_REASON_NONE :
						     NF_PASSTHROUGH_END_REASON_UNANSWERED;
	/* A flow may be flushed, and come back; one that a flowtable had is all
	 * that was to be seen of its tunnel.
	 */
	if ((alive || !offloaded) && idle < nfpt_l2tp_lifetime(s) * HZ)
		return NF_PASSTHROUGH_END_REASON_NONE;
	return NF_PASSTHROUGH_END_REASON_IDLE;
}

/* ---- housekeeping ------------------------------------------------------ */

/* Ends one tunnel whose time has come; its flow is the caller's to end. */
static bool nfpt_l2tp_end_closed(struct nfpt_l2tp_net *ln, struct nf_conntrack_tuple *tuple,
				 unsigned long *delay)
{
	struct nfpt_l2tp_tunnel *tunnel;
	u32 age;

	tuple->dst.protonum = 0;
	tunnel = list_first_entry_or_null(&ln->closing, struct nfpt_l2tp_tunnel, of_closing);
	if (!tunnel)
		return false;
	age = (u32)jiffies - tunnel->since;
	if (age < NFPT_L2TP_CLOSING) {
		*delay = NFPT_L2TP_CLOSING - age;
		return false;
	}
	if (nfpt_l2tp_is_last(tunnel))
		*tuple = tunnel->tuple;
	nfpt_l2tp_tunnel_end(ln, tunnel, NF_PASSTHROUGH_END_REASON_CONTROL_CLOSED);
	return true;
}

/**
 * nfpt_l2tp_work() - end what is closed, repair what is unsure
 * @work: nfpt_l2tp_net.worker
 *
 * Runs as long as there are inside hosts.
 */
void nfpt_l2tp_work(struct work_struct *work)
{
	struct nfpt_l2tp_net *ln = container_of(work, struct nfpt_l2tp_net, worker.work);
	unsigned long delay = NFPT_L2TP_REAP;
	struct nf_conntrack_tuple tuple;
	struct nfpt_l2tp_server *server;
	bool again;

	rcu_read_lock();
	do {
		spin_lock_bh(&ln->lock);
		again = nfpt_l2tp_end_closed(ln, &tuple, &delay);
		spin_unlock_bh(&ln->lock);
		if (again)
			nfpt_ct_kill(ln->pn->net, &tuple);
	} while (again);

	spin_lock_bh(&ln->lock);
	list_for_each_entry(server, &ln->servers, node) {
		nfpt_l2tp_calls_expire(ln, &server->strays);
		if (server->unsure)
			nfpt_l2tp_repair(ln, server);
		if (server->unsure)
			delay = min_t(unsigned long, delay, NFPT_L2TP_REPAIR);
	}
	nfpt_l2tp_insides_reap(ln, false);
	if (!list_empty(&ln->insides))
		queue_delayed_work(system_power_efficient_wq, &ln->worker, delay);
	spin_unlock_bh(&ln->lock);
	rcu_read_unlock();
}

/**
 * nfpt_l2tp_clean() - nothing is left
 * @ln: the namespace, its hooks gone
 *
 * Context: process.
 */
void nfpt_l2tp_clean(struct nfpt_l2tp_net *ln)
{
	struct nfpt_l2tp_server *server;

	cancel_delayed_work_sync(&ln->worker);
	spin_lock_bh(&ln->lock);
	/* A server goes with its last tunnel. */
	while (!list_empty(&ln->servers)) {
		server = list_first_entry(&ln->servers, struct nfpt_l2tp_server, node);
		nfpt_l2tp_tunnel_end(ln, list_first_entry(&server->tunnels,
							  struct nfpt_l2tp_tunnel, of_server),
				     NF_PASSTHROUGH_END_REASON_STOPPED);
	}
	nfpt_l2tp_insides_reap(ln, true);
	spin_unlock_bh(&ln->lock);
}
