// SPDX-License-Identifier: GPL-2.0
/*
 * Writing back what the stream did to a segment: its bytes are changed
 * already, its length and its checksum follow here.  The sequence number is
 * the stream's own throughout, so there is nothing to adjust later.
 */
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "pptp.h"

static struct tcphdr *nfpt_pptp_tcp_hdr(struct sk_buff *skb, unsigned int protoff)
{
	return (struct tcphdr *)(skb->data + protoff);
}

static bool nfpt_pptp_too_long(const struct sk_buff *skb, unsigned int n)
{
	if (skb_is_gso(skb))
		return skb->len + n > IP_MAX_MTU;
	return skb_dst(skb) && skb->len + n > dst_mtu(skb_dst(skb));
}

/* Some bytes come first that the segment before had to leave behind. */
static bool nfpt_pptp_prepend(struct sk_buff *skb, unsigned int protoff,
			      const u8 *bytes, unsigned int n)
{
	struct tcphdr *th = nfpt_pptp_tcp_hdr(skb, protoff);
	unsigned int off = protoff + th->doff * 4;
	unsigned int rest = skb->len - off;

	if (skb_tailroom(skb) < n &&
	    pskb_expand_head(skb, 0, n - skb_tailroom(skb), GFP_ATOMIC))
		return false;
	skb_put(skb, n);
	memmove(skb->data + off + n, skb->data + off, rest);
	memcpy(skb->data + off, bytes, n);
	th = nfpt_pptp_tcp_hdr(skb, protoff);
	th->seq = htonl(ntohl(th->seq) - n);
	return true;
}

static bool nfpt_pptp_cut(struct sk_buff *skb, unsigned int protoff, unsigned int len)
{
	struct tcphdr *th = nfpt_pptp_tcp_hdr(skb, protoff);

	th->fin = 0;
	th->psh = 0;
	return !pskb_trim(skb, protoff + th->doff * 4 + len);
}

static void nfpt_pptp_gso(struct sk_buff *skb, unsigned int protoff)
{
	struct tcphdr *th = nfpt_pptp_tcp_hdr(skb, protoff);
	unsigned int len = skb->len - protoff - th->doff * 4;

	if (!skb_is_gso(skb))
		return;
	if (len <= skb_shinfo(skb)->gso_size)
		skb_gso_reset(skb);
	else
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(len, skb_shinfo(skb)->gso_size);
}

static void nfpt_pptp_checksum(struct sk_buff *skb, unsigned int protoff)
{
	struct tcphdr *th = nfpt_pptp_tcp_hdr(skb, protoff);
	unsigned int len = skb->len - protoff;
	struct iphdr *iph = ip_hdr(skb);

	iph->tot_len = htons(skb->len - skb_network_offset(skb));
	ip_send_check(iph);

	/* The device, or whoever stands in for it, sums it up. */
	th->check = ~tcp_v4_check(len, iph->saddr, iph->daddr, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + protoff;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/**
 * nfpt_pptp_segment_write() - make a packet what its segment has become
 * @skb: IPv4 packet, linear and writable, its TCP payload rewritten
 * @protoff: offset of the TCP header
 * @out: what has become of the segment, @keep not 0
 *
 * Return: false without memory; the packet must be dropped then.
 */
bool nfpt_pptp_segment_write(struct sk_buff *skb, unsigned int protoff,
			     const struct nfpt_pptp_out *out)
{
	struct tcphdr *th = nfpt_pptp_tcp_hdr(skb, protoff);
	unsigned int len = skb->len - protoff - th->doff * 4;
	unsigned int keep = out->keep;

	/* What makes the packet too long comes again later, as lost bytes do. */
	if (out->prepend_len && nfpt_pptp_too_long(skb, out->prepend_len))
		keep = min(keep, len - out->prepend_len);
	if (keep < len && !nfpt_pptp_cut(skb, protoff, keep))
		return false;
	if (out->prepend_len &&
	    !nfpt_pptp_prepend(skb, protoff, out->prepend, out->prepend_len))
		return false;
	if (out->changed || out->prepend_len || keep < len) {
		nfpt_pptp_gso(skb, protoff);
		nfpt_pptp_checksum(skb, protoff);
	}
	return true;
}
