// SPDX-License-Identifier: GPL-2.0
/*
 * NAT-T: IPsec in UDP, RFC 3948.  Ports tell its hosts apart, as for all UDP;
 * it wants a longer life (RFC 4787 REQ-5) and, when it comes back after all,
 * the port it had.  No helper extension: a flowtable may take these flows.
 */
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_nat.h>
#include <net/route.h>

#include "ipsec.h"

/**
 * struct nfpt_ipsec_port - a port that an inside host had
 * @flow: by its address and port and the gateway's address
 * @node: linkage in nfpt_ipsec_net.ports
 * @rcu: lookups read it
 * @seen: NAT address
 * @port: NAT port
 * @ifindex: where its packets went out
 * @used: jiffies when it was last in use
 */
struct nfpt_ipsec_port {
	struct nfpt_flow	flow;
	struct list_head	node;
	struct rcu_head		rcu;
	__be32			seen;
	__be16			port;
	int			ifindex;
	u32			used;
};

/* ---- lifetime ---------------------------------------------------------- */

/**
 * nfpt_ipsec_natt_is_alive() - whether a session has a NAT-T flow
 * @session: the session
 *
 * Its packets are not seen while a flowtable has it.  A flow that comes back
 * from there has the lifetime of any UDP, whatever its policy.
 *
 * Context: process, RCU.
 */
bool nfpt_ipsec_natt_is_alive(struct nfpt_ipsec_session *session)
{
	struct nfpt_proto_net *pn = session->session.pn;
	struct nf_conntrack_tuple tuple;
	struct nf_conn *ct;
	bool offloaded;

	if (!nfpt_ipsec_tuple_get(session, &session->natt_tuple, &tuple))
		return false;
	ct = nfpt_ct_find_get(pn->net, &nf_ct_zone_dflt, &tuple);
	if (!ct)
		return false;
	offloaded = test_bit(IPS_OFFLOAD_BIT, &ct->status);
	if (session->offloaded && !offloaded)
		nfpt_ct_prolong(ct, nfpt_setting(pn, NFPT_IPSEC_NATT_IDLE));
	session->offloaded = offloaded;
	nf_ct_put(ct);
	return true;
}

/* ---- ports ------------------------------------------------------------- */

static struct nfpt_flow_key nfpt_ipsec_port_key(const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *tuple = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;

	return (struct nfpt_flow_key){
		.saddr = tuple->src.u3.ip, .daddr = tuple->dst.u3.ip,
		.id = ntohs(tuple->src.u.udp.port),
		.zone = NFPT_IPSEC_PORT, .l4proto = IPPROTO_UDP,
	};
}

static struct nfpt_ipsec_port *nfpt_ipsec_port_find(const struct nfpt_ipsec_net *ipn,
						    const struct nf_conn *ct)
{
	const struct nfpt_flow_key key = nfpt_ipsec_port_key(ct);
	struct nfpt_flow *flow = nfpt_flow_find(ipn->pn, &key);

	return flow ? container_of(flow, struct nfpt_ipsec_port, flow) : NULL;
}

static void nfpt_ipsec_port_drop(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_port *port)
{
	nfpt_flow_remove(ipn->pn, &port->flow);
	list_del(&port->node);
	ipn->n_ports--;
	kfree_rcu(port, rcu);
}

static struct nfpt_ipsec_port *nfpt_ipsec_port_new(struct nfpt_ipsec_net *ipn,
						   const struct nf_conn *ct)
{
	struct nfpt_ipsec_port *port;

	if (ipn->n_ports >= NFPT_IPSEC_PORTS)
		nfpt_ipsec_port_drop(ipn, list_first_entry(&ipn->ports, struct nfpt_ipsec_port,
							   node));
	port = kzalloc(sizeof(*port), GFP_ATOMIC);
	if (!port)
		return NULL;
	port->flow.key = nfpt_ipsec_port_key(ct);
	port->flow.slot = NFPT_IPSEC_PORT;
	if (nfpt_flow_insert(ipn->pn, &port->flow)) {
		kfree(port);
		return NULL;
	}
	list_add_tail(&port->node, &ipn->ports);
	ipn->n_ports++;
	queue_delayed_work(system_power_efficient_wq, &ipn->worker, NFPT_IPSEC_REAP);
	return port;
}

static void nfpt_ipsec_port_keep(struct nfpt_ipsec_net *ipn, const struct nf_conn *ct,
				 int ifindex)
{
	const struct nf_conntrack_tuple *repl = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	struct nfpt_ipsec_port *port;

	spin_lock_bh(&ipn->lock);
	port = nfpt_ipsec_port_find(ipn, ct);
	if (!port)
		port = nfpt_ipsec_port_new(ipn, ct);
	if (port) {
		port->seen = repl->dst.u3.ip;
		port->port = repl->dst.u.udp.port;
		port->ifindex = ifindex;
		port->used = jiffies;
		list_move_tail(&port->node, &ipn->ports);
	} else {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
	}
	spin_unlock_bh(&ipn->lock);
}

/**
 * nfpt_ipsec_ports_reap() - forget ports that nobody has come back for
 * @ipn: the namespace
 * @all: or all
 *
 * Context: RCU, lock held.
 */
void nfpt_ipsec_ports_reap(struct nfpt_ipsec_net *ipn, bool all)
{
	struct nfpt_ipsec_port *port;

	while (!list_empty(&ipn->ports)) {
		port = list_first_entry(&ipn->ports, struct nfpt_ipsec_port, node);
		if (!all && (u32)jiffies - port->used < NFPT_IPSEC_PORT_LIFE)
			return;
		if (!all && nfpt_ipsec_session_find(ipn, port->flow.key.saddr,
						    port->flow.key.daddr)) {
			port->used = jiffies;
			list_move_tail(&port->node, &ipn->ports);
		} else {
			nfpt_ipsec_port_drop(ipn, port);
		}
	}
}

/* What the administrator's rules gave it last time, if that is to be had. */
static bool nfpt_ipsec_port_is_free(const struct nfpt_ipsec_net *ipn, const struct nf_conn *ct,
				    __be32 seen, __be16 port)
{
	struct nf_conntrack_tuple reply = ct->tuplehash[IP_CT_DIR_REPLY].tuple;

	reply.dst.u3.ip = seen;
	reply.dst.u.udp.port = port;
	return inet_addr_type(ipn->pn->net, seen) == RTN_LOCAL &&
	       !nf_conntrack_tuple_taken(&reply, ct);
}

/**
 * nfpt_ipsec_natt_again() - give a host that comes back the port it had
 * @ipn: the namespace
 * @ct: a new NAT-T flow, its source not translated yet
 * @out: where the packet goes out
 *
 * Context: RCU, POST_ROUTING.
 */
void nfpt_ipsec_natt_again(struct nfpt_ipsec_net *ipn, struct nf_conn *ct,
			   const struct net_device *out)
{
	const struct nfpt_ipsec_port *port;
	struct nf_conn_nat *nat;
	__be32 seen = 0;
	__be16 id = 0;

	if (nf_nat_initialized(ct, NF_NAT_MANIP_SRC) || nfpt_ipsec_has_other_zone(ct))
		return;
	spin_lock_bh(&ipn->lock);
	port = nfpt_ipsec_port_find(ipn, ct);
	if (port && port->ifindex == out->ifindex) {
		seen = port->seen;
		id = port->port;
	}
	spin_unlock_bh(&ipn->lock);
	if (!id || !nfpt_ipsec_port_is_free(ipn, ct, seen, id))
		return;
	nat = nf_ct_nat_ext_add(ct);
	if (!nat)
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
	if (!nat || !nfpt_ct_nat(ct, NF_NAT_MANIP_SRC, seen, &id))
		return;
#if IS_ENABLED(CONFIG_NF_NAT_MASQUERADE)
	/* Masquerading ends what it began when the address goes. */
	nat->masq_index = out->ifindex;
#endif
	nfpt_count(ipn->pn, NFPT_IPSEC_C_PORT_AGAIN);
}

/**
 * nfpt_ipsec_natt_begin() - a NAT-T flow begins
 * @ipn: the namespace
 * @ct: the flow, translated, not confirmed
 * @out: where the packet goes out
 *
 * Context: RCU, POST_ROUTING.
 */
void nfpt_ipsec_natt_begin(struct nfpt_ipsec_net *ipn, struct nf_conn *ct,
			   const struct net_device *out)
{
	nfpt_timeout_apply(ct, ipn->natt, nfpt_setting(ipn->pn, NFPT_IPSEC_NATT_IDLE));
	if (ct->status & IPS_SRC_NAT)
		nfpt_ipsec_port_keep(ipn, ct, out->ifindex);
}

/* ---- packets ----------------------------------------------------------- */

static void nfpt_ipsec_natt_esp(struct nfpt_ipsec_net *ipn, const struct sk_buff *skb,
				u32 spi, struct nf_conn *ct, bool inbound)
{
	struct nfpt_ipsec_session *session;
	__be32 host, gateway, seen;
	struct nfpt_ipsec_sa *sa;

	if (!nfpt_ipsec_ends(ct, &host, &gateway, &seen))
		return;
	sa = nfpt_ipsec_sa_find_udp(ipn, host, gateway, inbound, spi);
	/* A flow that begins may have another NAT address than the last one. */
	if (!sa || (!nf_ct_is_confirmed(ct) && sa->session->session.initiator_seen != seen)) {
		spin_lock_bh(&ipn->lock);
		session = nfpt_ipsec_session_get(ipn, host, gateway, seen);
		if (session) {
			session->natt_tuple = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
			if (!nfpt_ipsec_sa_find_udp(ipn, host, gateway, inbound, spi))
				nfpt_ipsec_sa_udp(ipn, session, inbound, spi);
		}
		spin_unlock_bh(&ipn->lock);
		sa = nfpt_ipsec_sa_find_udp(ipn, host, gateway, inbound, spi);
	}
	if (sa)
		nfpt_ipsec_sa_touch(sa, skb);
}

/**
 * nfpt_ipsec_natt_packet() - a packet of a NAT-T flow
 * @ipn: the namespace
 * @skb: the packet, translated
 * @ct: the flow
 * @ctinfo: what the packet is to it
 *
 * Context: RCU.
 */
void nfpt_ipsec_natt_packet(struct nfpt_ipsec_net *ipn, const struct sk_buff *skb,
			    struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	unsigned int off = skb_network_offset(skb) + ip_hdrlen(skb) + sizeof(struct udphdr);
	bool inbound = (CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL) ==
		       !!(ct->status & IPS_DST_NAT);
	unsigned int len = skb->len > off ? skb->len - off : 0;
	u8 _data[NFPT_ESP_MIN];
	const u8 *data;

	data = len ? skb_header_pointer(skb, off, min_t(unsigned int, len, sizeof(_data)),
					_data) : NULL;
	nfpt_count(ipn->pn, NFPT_IPSEC_C_NATT);
	/* A flow from before we were there, or a kernel without policies. */
	if (!nf_ct_timeout_lookup(ct))
		nfpt_ct_prolong(ct, nfpt_setting(ipn->pn, NFPT_IPSEC_NATT_IDLE));
	switch (data ? nfpt_natt_parse(data, len) : NFPT_NATT_MALFORMED) {
	case NFPT_NATT_IKE:
		nfpt_ipsec_ike_message(ipn, skb, off + NFPT_NATT_MARKER, true, ct, ctinfo);
		break;
	case NFPT_NATT_ESP:
		nfpt_ipsec_natt_esp(ipn, skb, nfpt_get_be32(data), ct, inbound);
		break;
	case NFPT_NATT_KEEPALIVE:
		break;
	case NFPT_NATT_MALFORMED:
		nfpt_count(ipn->pn, NFPT_IPSEC_C_ESP_MALFORMED);
		break;
	}
}
