// SPDX-License-Identifier: GPL-2.0
/*
 * Who is there: inside hosts, and servers as a NAT address sees them.
 */
#include <linux/slab.h>

#include "l2tp.h"

/**
 * nfpt_l2tp_key() - key of a flow map entry
 * @slot: what it is of
 * @version: of the protocol, whose ids are apart; 0 if it does not matter
 * @l4proto: UDP or L2TP
 * @one: an address
 * @other: another address
 * @id: an id
 */
struct nfpt_flow_key nfpt_l2tp_key(u8 slot, u8 version, u8 l4proto, __be32 one, __be32 other,
				   u32 id)
{
	return (struct nfpt_flow_key){
		.saddr = one, .daddr = other, .id = id,
		.zone = NFPT_ZONE_L2TP | version << 8 | slot, .l4proto = l4proto,
	};
}

static struct nfpt_flow *nfpt_l2tp_peer_find(const struct nfpt_l2tp_net *ln, u8 slot,
					     __be32 one, __be32 other)
{
	const struct nfpt_flow_key key = nfpt_l2tp_key(slot, 0, IPPROTO_L2TP, one, other, 0);

	return nfpt_flow_find(ln->pn, &key);
}

static int nfpt_l2tp_peer_enter(struct nfpt_l2tp_net *ln, struct nfpt_flow *flow, u8 slot,
				__be32 one, __be32 other)
{
	flow->key = nfpt_l2tp_key(slot, 0, IPPROTO_L2TP, one, other, 0);
	flow->slot = slot;
	return nfpt_flow_insert(ln->pn, flow);
}

/**
 * nfpt_l2tp_ends() - who talks to whom
 * @ct: a flow of an inside host, translated
 * @ends: set to its addresses
 *
 * What is not translated, or is in a zone of the administrator's, needs no
 * help; nor does a server that a rule has made reachable.
 *
 * Context: RCU.
 * Return: false if it is none of our business.
 */
bool nfpt_l2tp_ends(const struct nf_conn *ct, struct nfpt_l2tp_ends *ends)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *repl = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;

	ends->host = orig->src.u3.ip;
	ends->server = orig->dst.u3.ip;
	ends->seen = repl->dst.u3.ip;
	return ct->status & IPS_SRC_NAT && repl->src.u3.ip == ends->server &&
	       ends->host != ends->seen &&
	       (nf_ct_zone(ct)->id == NF_CT_DEFAULT_ZONE_ID ||
		nfpt_ct_has_zone(ct, NFPT_ZONE_L2TP)) &&
	       !nfpt_ct_is_local(ct);
}

/* ---- inside hosts ------------------------------------------------------ */

/**
 * nfpt_l2tp_is_full() - whether an inside host holds all it may
 * @ln: the namespace
 * @inside: the host
 *
 * Context: lock held.
 */
bool nfpt_l2tp_is_full(const struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_inside *inside)
{
	return inside->n_held >= nfpt_setting(ln->pn, NFPT_L2TP_MAX_PER_HOST);
}

static struct nfpt_l2tp_inside *nfpt_l2tp_inside_new(struct nfpt_l2tp_net *ln, __be32 addr)
{
	struct nfpt_l2tp_inside *inside;
	u16 zone;

	if (ln->n_insides >= nfpt_setting(ln->pn, NFPT_SETTING_MAX_SESSIONS) ||
	    !nfpt_zone_get(&ln->zones, NFPT_ZONE_L2TP, &zone)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_LIMIT);
		return NULL;
	}
	inside = kzalloc(sizeof(*inside), GFP_ATOMIC);
	if (!inside)
		goto err_alloc;
	inside->zone = zone;
	inside->seen = jiffies;
	INIT_LIST_HEAD(&inside->tunnels);
	if (nfpt_l2tp_peer_enter(ln, &inside->flow, NFPT_L2TP_INSIDE, addr, 0))
		goto err_enter;
	list_add_tail(&inside->node, &ln->insides);
	ln->n_insides++;
	queue_delayed_work(system_power_efficient_wq, &ln->worker, NFPT_L2TP_REAP);
	return inside;

err_enter:
	kfree(inside);
err_alloc:
	__clear_bit(zone - NFPT_ZONE_L2TP, ln->zones.used);
	nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
	return NULL;
}

/**
 * nfpt_l2tp_inside_find() - the inside host of an address
 * @ln: the namespace
 * @addr: its address
 *
 * Context: RCU.
 * Return: the host, or NULL.
 */
struct nfpt_l2tp_inside *nfpt_l2tp_inside_find(const struct nfpt_l2tp_net *ln, __be32 addr)
{
	struct nfpt_flow *flow = nfpt_l2tp_peer_find(ln, NFPT_L2TP_INSIDE, addr, 0);

	return flow ? container_of(flow, struct nfpt_l2tp_inside, flow) : NULL;
}

/**
 * nfpt_l2tp_inside_get() - the inside host of an address
 * @ln: the namespace
 * @addr: its address
 *
 * Context: RCU, lock held.
 * Return: the host, made if it is not there, or NULL (counted).
 */
struct nfpt_l2tp_inside *nfpt_l2tp_inside_get(struct nfpt_l2tp_net *ln, __be32 addr)
{
	struct nfpt_l2tp_inside *inside = nfpt_l2tp_inside_find(ln, addr);

	return inside ? inside : nfpt_l2tp_inside_new(ln, addr);
}

/**
 * nfpt_l2tp_insides_reap() - forget hosts that have had no tunnel for long
 * @ln: the namespace
 * @all: or all
 *
 * Context: lock held.
 */
void nfpt_l2tp_insides_reap(struct nfpt_l2tp_net *ln, bool all)
{
	u32 lifetime = nfpt_setting(ln->pn, NFPT_L2TP_IDLE) * HZ;
	struct nfpt_l2tp_inside *inside, *next;

	list_for_each_entry_safe(inside, next, &ln->insides, node) {
		if (!list_empty(&inside->tunnels) ||
		    (!all && (u32)jiffies - inside->seen < lifetime))
			continue;
		nfpt_flow_remove(ln->pn, &inside->flow);
		list_del(&inside->node);
		ln->n_insides--;
		__clear_bit(inside->zone - NFPT_ZONE_L2TP, ln->zones.used);
		kfree_rcu(inside, rcu);
	}
}

/* ---- servers ----------------------------------------------------------- */

/**
 * nfpt_l2tp_server_find() - a server that inside hosts talk to
 * @ln: the namespace
 * @server: its address
 * @seen: the NAT address that it sees
 *
 * Context: RCU.
 * Return: the server, or NULL.
 */
struct nfpt_l2tp_server *nfpt_l2tp_server_find(const struct nfpt_l2tp_net *ln, __be32 server,
					       __be32 seen)
{
	struct nfpt_flow *flow = nfpt_l2tp_peer_find(ln, NFPT_L2TP_SERVER, server, seen);

	return flow ? container_of(flow, struct nfpt_l2tp_server, flow) : NULL;
}

/**
 * nfpt_l2tp_server_get() - the server of an address
 * @ln: the namespace
 * @server: its address
 * @seen: the NAT address that it sees
 *
 * Context: RCU, lock held.
 * Return: the server, made if it is not there, or NULL (counted).
 */
struct nfpt_l2tp_server *nfpt_l2tp_server_get(struct nfpt_l2tp_net *ln, __be32 server,
					      __be32 seen)
{
	struct nfpt_l2tp_server *s = nfpt_l2tp_server_find(ln, server, seen);

	if (s)
		return s;
	s = kzalloc(sizeof(*s), GFP_ATOMIC);
	if (!s)
		goto err_alloc;
	INIT_LIST_HEAD(&s->tunnels);
	INIT_LIST_HEAD(&s->strays);
	if (nfpt_l2tp_peer_enter(ln, &s->flow, NFPT_L2TP_SERVER, server, seen))
		goto err_enter;
	list_add_tail(&s->node, &ln->servers);
	return s;

err_enter:
	kfree(s);
err_alloc:
	nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
	return NULL;
}

/**
 * nfpt_l2tp_server_put() - forget a server that nobody talks to any more
 * @ln: the namespace
 * @server: the server; freed after a grace period if it has no tunnel
 *
 * Context: lock held.
 */
void nfpt_l2tp_server_put(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_server *server)
{
	struct nfpt_l2tp_call *call, *next;

	if (!list_empty(&server->tunnels))
		return;
	list_for_each_entry_safe(call, next, &server->strays, node)
		nfpt_l2tp_call_end(ln, call);
	nfpt_flow_remove(ln->pn, &server->flow);
	list_del(&server->node);
	kfree_rcu(server, rcu);
}
