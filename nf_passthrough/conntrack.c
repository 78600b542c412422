// SPDX-License-Identifier: GPL-2.0
/*
 * What every protocol module asks of conntrack.
 */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_labels.h>
#include <net/netfilter/nf_conntrack_timestamp.h>
#include <net/route.h>

#include "core.h"

/**
 * nfpt_icmp_error_inner() - the packet that an ICMP error quotes
 * @skb: IPv4 packet, its network header set
 * @state: the hook
 * @l4proto: protocol the quoted packet must have
 * @inner: set on success
 *
 * RFC 792 and RFC 1812 4.3.2.3: at least 8 bytes behind the IP header are
 * quoted.  The checksum is verified where and if conntrack would do it.
 *
 * Context: PRE_ROUTING or LOCAL_OUT.
 * Return: whether @skb is an ICMP error about such a packet.
 */
bool nfpt_icmp_error_inner(struct sk_buff *skb, const struct nf_hook_state *state,
			   u8 l4proto, struct nfpt_inner *inner)
{
	unsigned int off = skb_network_offset(skb) + ip_hdrlen(skb);
	const struct icmphdr *icmph;
	struct icmphdr _icmph;

	icmph = skb_header_pointer(skb, off, sizeof(_icmph), &_icmph);
	if (!icmph || !icmp_is_err(icmph->type))
		return false;
	if (state->hook == NF_INET_PRE_ROUTING && state->net->ct.sysctl_checksum &&
	    nf_ip_checksum(skb, state->hook, off, IPPROTO_ICMP))
		return false;
	inner->type = icmph->type;
	inner->code = icmph->code;

	off += sizeof(_icmph);
	inner->iph = skb_header_pointer(skb, off, sizeof(inner->_iph), &inner->_iph);
	if (!inner->iph || inner->iph->version != 4 || inner->iph->ihl < 5 ||
	    inner->iph->protocol != l4proto ||
	    inner->iph->frag_off & htons(IP_OFFSET))
		return false;

	off += inner->iph->ihl * 4;
	inner->off = off;
	inner->data = skb_header_pointer(skb, off, sizeof(inner->_data), inner->_data);
	return inner->data;
}
EXPORT_SYMBOL_GPL(nfpt_icmp_error_inner);

static bool nfpt_addr_is_local(struct net *net, u16 l3num,
			       const union nf_inet_addr *addr)
{
	if (l3num == NFPROTO_IPV4)
		return inet_addr_type(net, addr->ip) == RTN_LOCAL;
	return nf_ipv6_chk_addr(net, &addr->in6, NULL, 0);
}

/**
 * nfpt_ct_is_local() - whether one end of a connection is this router
 * @ct: the connection
 *
 * Context: RCU.
 */
bool nfpt_ct_is_local(const struct nf_conn *ct)
{
	struct net *net = nf_ct_net(ct);
	u16 l3num = nf_ct_l3num(ct);

	return nfpt_addr_is_local(net, l3num,
				  &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src.u3) ||
	       nfpt_addr_is_local(net, l3num,
				  &ct->tuplehash[IP_CT_DIR_REPLY].tuple.src.u3);
}
EXPORT_SYMBOL_GPL(nfpt_ct_is_local);

/**
 * nfpt_skb_zone() - the conntrack zone of a packet that is not tracked yet
 * @skb: the packet
 * @tmp: storage
 *
 * An administrator's rule may have given it a template.
 *
 * Return: the zone, never NULL.
 */
const struct nf_conntrack_zone *nfpt_skb_zone(const struct sk_buff *skb,
					      struct nf_conntrack_zone *tmp)
{
	enum ip_conntrack_info ctinfo;

	return nf_ct_zone_tmpl(nf_ct_get(skb, &ctinfo), skb, tmp);
}
EXPORT_SYMBOL_GPL(nfpt_skb_zone);

/**
 * nfpt_ct_find_get() - find a conntrack by one of its tuples
 * @net: the namespace
 * @zone: zone to look in
 * @tuple: the tuple, its dst.dir the direction it must have
 *
 * May destroy expired conntracks that it meets: no lock may be held that a
 * helper's destroy() takes.
 *
 * Context: RCU.
 * Return: the conntrack with a reference, or NULL.
 */
struct nf_conn *nfpt_ct_find_get(struct net *net,
				 const struct nf_conntrack_zone *zone,
				 const struct nf_conntrack_tuple *tuple)
{
	struct nf_conntrack_tuple_hash *h;
	struct nf_conn *ct;

	h = nf_conntrack_find_get(net, zone, tuple);
	if (!h)
		return NULL;
	ct = nf_ct_tuplehash_to_ctrack(h);
	if (NF_CT_DIRECTION(h) == tuple->dst.dir)
		return ct;
	nf_ct_put(ct);
	return NULL;
}
EXPORT_SYMBOL_GPL(nfpt_ct_find_get);

static bool nfpt_ct_is_gone(const struct nf_conn *ct)
{
	return nf_ct_is_dying(ct) || nf_ct_is_expired(ct);
}

/**
 * nfpt_ct_held() - the conntrack that an object holds
 * @held: where it holds it
 *
 * What the table would say, but a packet pays for neither hash nor bucket.
 *
 * Context: RCU.
 * Return: the conntrack with a reference of the caller's own, or NULL if there
 *	is none, or if it has left the table.
 */
struct nf_conn *nfpt_ct_held(struct nf_conn *const *held)
{
	struct nf_conn *ct = READ_ONCE(*held);

	/* The atomic comes last: nothing is fetched across it. */
	if (!ct || nfpt_ct_is_gone(ct) || !refcount_inc_not_zero(&ct->ct_general.use))
		return NULL;
	/* If it was let go meanwhile, its memory is another conntrack's. */
	smp_acquire__after_ctrl_dep();
	if (likely(READ_ONCE(*held) == ct))
		return ct;
	nf_ct_put(ct);
	return NULL;
}
EXPORT_SYMBOL_GPL(nfpt_ct_held);

/**
 * nfpt_ct_hold() - let an object hold a conntrack, or none
 * @held: where it holds it; what is there is let go
 * @ct: the conntrack, or NULL; the caller's reference becomes the object's
 *
 * It leaves the table as if nobody held it, but stays in memory, and counts, until
 * it is let go.
 */
void nfpt_ct_hold(struct nf_conn **held, struct nf_conn *ct)
{
	ct = xchg(held, ct);
	if (ct)
		nf_ct_put(ct);
}
EXPORT_SYMBOL_GPL(nfpt_ct_hold);

/**
 * nfpt_ct_let_go() - hold a conntrack no longer that has left the table
 * @held: where an object holds it, or nothing
 *
 * Context: whatever keeps nfpt_ct_hold() of the object away.
 */
void nfpt_ct_let_go(struct nf_conn **held)
{
	if (*held && nfpt_ct_is_gone(*held))
		nfpt_ct_hold(held, NULL);
}
EXPORT_SYMBOL_GPL(nfpt_ct_let_go);

/**
 * nfpt_ct_kill() - end a flow
 * @net: the namespace
 * @tuple: its original tuple; of protocol 0 if there is none
 *
 * Context: RCU; as for nfpt_ct_find_get().
 */
void nfpt_ct_kill(struct net *net, const struct nf_conntrack_tuple *tuple)
{
	struct nf_conn *ct;

	if (!tuple->dst.protonum)
		return;
	ct = nfpt_ct_find_get(net, &nf_ct_zone_dflt, tuple);
	if (!ct)
		return;
	nf_ct_delete(ct, 0, 0);
	nf_ct_put(ct);
}
EXPORT_SYMBOL_GPL(nfpt_ct_kill);

/**
 * nfpt_udp_tuple() - what conntrack would look for
 * @skb: IPv4 packet of UDP
 * @udph: its UDP header
 *
 * Return: the tuple, of the original direction.
 */
struct nf_conntrack_tuple nfpt_udp_tuple(const struct sk_buff *skb, const struct udphdr *udph)
{
	return (struct nf_conntrack_tuple){
		.src.l3num = NFPROTO_IPV4,
		.src.u3.ip = ip_hdr(skb)->saddr,
		.src.u.udp.port = udph->source,
		.dst.u3.ip = ip_hdr(skb)->daddr,
		.dst.u.udp.port = udph->dest,
		.dst.protonum = IPPROTO_UDP,
		.dst.dir = IP_CT_DIR_ORIGINAL,
	};
}
EXPORT_SYMBOL_GPL(nfpt_udp_tuple);

/**
 * nfpt_ct_is_control() - whether a flow is to a control port
 * @pn: the protocol in the namespace
 * @ct: the flow
 * @l4proto: TCP or UDP
 *
 * Context: RCU.
 */
bool nfpt_ct_is_control(const struct nfpt_proto_net *pn, const struct nf_conn *ct, u8 l4proto)
{
	return nf_ct_protonum(ct) == l4proto &&
	       nfpt_port_is_ours(pn, ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u.all);
}
EXPORT_SYMBOL_GPL(nfpt_ct_is_control);

/**
 * nfpt_skb_is_control() - whether a packet is to or from a control port
 * @pn: the protocol in the namespace
 * @skb: the packet
 * @off: offset of its TCP or UDP header
 * @l4proto: which of these
 *
 * Its conntrack knows the port that it was sent to.  Without one, its own are
 * all there is.
 *
 * Context: RCU.
 */
bool nfpt_skb_is_control(const struct nfpt_proto_net *pn, const struct sk_buff *skb,
			 unsigned int off, u8 l4proto)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	const __be16 *ports;
	__be16 _ports[2];

	if (ct)
		return nfpt_ct_is_control(pn, ct, l4proto);
	ports = skb_header_pointer(skb, off, sizeof(_ports), _ports);
	return ports && (nfpt_port_is_ours(pn, ports[0]) || nfpt_port_is_ours(pn, ports[1]));
}
EXPORT_SYMBOL_GPL(nfpt_skb_is_control);

/**
 * nfpt_ct_attach() - give a packet its conntrack before conntrack looks
 * @skb: the packet, untracked or with a template, which is released
 * @ct: the conntrack; the caller's reference becomes the packet's
 * @ctinfo: what the packet is to it
 */
void nfpt_ct_attach(struct sk_buff *skb, struct nf_conn *ct,
		    enum ip_conntrack_info ctinfo)
{
	nf_conntrack_put(skb_nfct(skb));
	nf_ct_set(skb, ct, ctinfo);
}
EXPORT_SYMBOL_GPL(nfpt_ct_attach);

/**
 * nfpt_ct_refresh() - what conntrack does for a packet that it looks up itself
 * @ct: the conntrack
 * @ctinfo: what the packet is to it
 * @skb: the packet
 * @lifetime: seconds until @ct expires
 */
void nfpt_ct_refresh(struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		     struct sk_buff *skb, u32 lifetime)
{
	if (CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY &&
	    !test_bit(IPS_SEEN_REPLY_BIT, &ct->status) &&
	    !test_and_set_bit(IPS_SEEN_REPLY_BIT, &ct->status))
		nf_conntrack_event_cache(IPCT_REPLY, ct);
	nf_ct_refresh_acct(ct, ctinfo, skb, lifetime * HZ);
}
EXPORT_SYMBOL_GPL(nfpt_ct_refresh);

/**
 * nfpt_ct_prolong() - let a conntrack live for some time from now
 * @ct: the conntrack
 * @lifetime: seconds
 */
void nfpt_ct_prolong(struct nf_conn *ct, u32 lifetime)
{
	if (!nf_ct_is_confirmed(ct))
		ct->timeout = lifetime * HZ;
	else if (!test_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status))
		WRITE_ONCE(ct->timeout, nfct_time_stamp + lifetime * HZ);
}
EXPORT_SYMBOL_GPL(nfpt_ct_prolong);

/**
 * nfpt_ct_extend() - give a conntrack of our own what conntrack gives its own
 * @ct: from nf_conntrack_alloc(), not inserted yet
 */
void nfpt_ct_extend(struct nf_conn *ct)
{
	struct nf_conn_tstamp *tstamp;

	/* Without accounting, sessions have no traffic to show. */
	nf_ct_ext_add(ct, NF_CT_EXT_ACCT, GFP_ATOMIC);
	tstamp = nf_ct_tstamp_ext_add(ct, GFP_ATOMIC);
	if (tstamp)
		tstamp->start = ktime_get_real_ns();
	nf_ct_labels_ext_add(ct);
	nf_ct_ecache_ext_add(ct, 0, 0, GFP_ATOMIC);
}
EXPORT_SYMBOL_GPL(nfpt_ct_extend);

/**
 * nfpt_ct_nat() - translate one end of a conntrack of our own
 * @ct: not inserted yet
 * @type: which end
 * @addr: what it becomes
 * @id: what its port or key becomes, NULL if its protocol has none
 *
 * Return: whether it could be had.
 */
bool nfpt_ct_nat(struct nf_conn *ct, enum nf_nat_manip_type type, __be32 addr,
		 const __be16 *id)
{
	struct nf_nat_range2 range = {
		.flags		= NF_NAT_RANGE_MAP_IPS,
		.min_addr.ip	= addr,
		.max_addr.ip	= addr,
	};

	if (id) {
		range.flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
		range.min_proto.all = *id;
		range.max_proto.all = *id;
	}
	return nf_nat_setup_info(ct, &range, type) == NF_ACCEPT;
}
EXPORT_SYMBOL_GPL(nfpt_ct_nat);

/**
 * nfpt_ct_insert() - enter a conntrack of our own
 * @ct: extended and translated
 * @lifetime: seconds until it expires
 *
 * Return: 0, and conntrack has a reference of its own; or a negative error.
 */
int nfpt_ct_insert(struct nf_conn *ct, u32 lifetime)
{
	int err;

	WRITE_ONCE(ct->timeout, nfct_time_stamp + lifetime * HZ);
	__set_bit(IPS_CONFIRMED_BIT, &ct->status);
	err = nf_conntrack_hash_check_insert(ct);
	if (!err)
		nf_conntrack_eventmask_report(BIT(ct->master ? IPCT_RELATED : IPCT_NEW),
					      ct, 0, 0);
	return err;
}
EXPORT_SYMBOL_GPL(nfpt_ct_insert);

/**
 * nfpt_ct_set_source() - choose another source than source NAT did
 * @ct: a flow of UDP that is not confirmed yet, its source translated
 * @skb: its first packet, at POST_ROUTING after NAT
 * @addr: an address of this router
 * @port: a port that nobody else has there, in the zone of the replies
 *
 * Before NAT, nothing could be done that NAT does not overrule: it gives a
 * source the port that it gave it last time, to whatever address.
 *
 * Return: false without memory; the packet must be dropped then.
 */
bool nfpt_ct_set_source(struct nf_conn *ct, struct sk_buff *skb, __be32 addr, __be16 port)
{
	struct nf_conntrack_tuple reply = ct->tuplehash[IP_CT_DIR_REPLY].tuple;

	if (reply.dst.u3.ip == addr && reply.dst.u.udp.port == port)
		return true;
	reply.dst.u3.ip = addr;
	reply.dst.u.udp.port = port;
	nf_conntrack_alter_reply(ct, &reply);
	return nf_nat_packet(ct, IP_CT_NEW, NF_INET_POST_ROUTING, skb) == NF_ACCEPT;
}
EXPORT_SYMBOL_GPL(nfpt_ct_set_source);
