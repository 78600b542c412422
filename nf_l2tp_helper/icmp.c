// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors about what hosts have sent, where addresses and ports do not say
 * which of them it was.
 */
#include <linux/udp.h>
#include <net/ip.h>

#include "l2tp.h"

static struct nfpt_l2tp_tunnel *nfpt_l2tp_quoted(const struct nfpt_l2tp_net *ln, u8 l4proto,
						 const struct iphdr *iph,
						 const struct nfpt_l2tp *l2tp)
{
	const struct nfpt_l2tp_call *call;

	if (l2tp->tunnel_at)
		return nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_SEEN, l2tp->version, l4proto,
					     iph->saddr, iph->daddr, l2tp->tunnel);
	call = nfpt_l2tp_call_find(ln, NFPT_L2TP_CALL_SEEN, l4proto, iph->saddr, iph->daddr,
				   l2tp->session);
	return call ? READ_ONCE(call->tunnel) : NULL;
}

/* How much is quoted is up to who sends the error: the id may be missing. */
static bool nfpt_l2tp_quote(const struct sk_buff *skb, u8 l4proto,
			    const struct nfpt_inner *inner, struct nfpt_l2tp *l2tp)
{
	unsigned int off = inner->off + (l4proto == IPPROTO_UDP ? sizeof(struct udphdr) : 0);
	unsigned int total = ntohs(inner->iph->tot_len) - inner->iph->ihl * 4;
	u8 _header[NFPT_L2TP_HEADER_MAX];
	unsigned int avail;
	const u8 *header;

	if (l4proto == IPPROTO_UDP)
		total -= sizeof(struct udphdr);
	if (skb->len <= off || total > IP_MAX_MTU)
		return false;
	avail = min3((unsigned int)sizeof(_header), skb->len - off, total);
	header = skb_header_pointer(skb, off, avail, _header);
	if (!header)
		return false;
	return l4proto == IPPROTO_UDP ? nfpt_l2tp_parse_udp(header, avail, total, l2tp) :
					nfpt_l2tp_parse_ip(header, avail, total, l2tp);
}

/**
 * nfpt_l2tp_track_icmp() - give an ICMP error its conntrack
 * @ln: the namespace
 * @skb: IPv4 packet, protocol 1, at PRE_ROUTING before conntrack
 * @state: the hook
 *
 * Conntrack itself knows about flows that have ports of their own.
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_l2tp_track_icmp(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_inner inner;
	struct nfpt_l2tp l2tp;
	struct nf_conn *ct;
	u8 l4proto;

	if (!READ_ONCE(ln->n_tunnels))
		return NF_ACCEPT;
	if (nfpt_icmp_error_inner(skb, state, IPPROTO_UDP, &inner))
		l4proto = IPPROTO_UDP;
	else if (nfpt_icmp_error_inner(skb, state, IPPROTO_L2TP, &inner))
		l4proto = IPPROTO_L2TP;
	else
		return NF_ACCEPT;
	if (!nfpt_l2tp_quote(skb, l4proto, &inner, &l2tp))
		return NF_ACCEPT;
	tunnel = nfpt_l2tp_quoted(ln, l4proto, inner.iph, &l2tp);
	if (!tunnel || (l4proto == IPPROTO_UDP && !READ_ONCE(tunnel->shared)) ||
	    ip_hdr(skb)->daddr != tunnel->session.initiator_seen)
		return NF_ACCEPT;
	ct = nfpt_l2tp_ct_find(ln, tunnel);
	if (!ct)
		return NF_ACCEPT;
	nfpt_ct_attach(skb, ct, IP_CT_RELATED_REPLY);
	nfpt_count(ln->pn, NFPT_L2TP_C_ICMP);
	return NF_ACCEPT;
}
