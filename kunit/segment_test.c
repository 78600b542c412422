// SPDX-License-Identifier: GPL-2.0
/*
 * Segments written back: length, sequence number, flags and checksum of real
 * packets.
 */
#include <net/dst.h>
#include <net/gso.h>

#include "pptp_rig.h"

#define NFPT_SEGMENT_SEQ	0x10000000
#define NFPT_SEGMENT_HELD	0xee	/* the byte that goes in front */

/**
 * struct nfpt_segment_case - a segment and what is to become of it
 * @name: of the case
 * @len: its payload
 * @keep: what of it may go on
 * @prepend: one byte goes in front
 * @changed: its first byte has another value now
 * @room: bytes free in the buffer
 * @gso: payload per packet if it stands for several, 0 if not
 * @mtu: of its route, 0 if it has none
 * @kept: what goes on in the end
 * @gso_segs: packets it stands for in the end
 */
struct nfpt_segment_case {
	const char	*name;
	u16		len;
	u16		keep;
	bool		prepend;
	bool		changed;
	u16		room;
	u16		gso;
	u16		mtu;
	u16		kept;
	u16		gso_segs;
};

#define HEADERS		(sizeof(struct iphdr) + sizeof(struct tcphdr))

static const struct nfpt_segment_case nfpt_segment_cases[] = {
	{ "untouched", 168, 168, .kept = 168 },
	{ "changed", 168, 168, .changed = true, .kept = 168 },
	{ "changed, odd length", 167, 167, .changed = true, .kept = 167 },
	{ "one byte, changed", 1, 1, .changed = true, .kept = 1 },
	{ "cut", 168, 13, .kept = 13 },
	{ "cut by one", 168, 167, .changed = true, .kept = 167 },
	{ "cut to nothing, one in front", 1, 0, .prepend = true, .room = 8, .kept = 0 },
	{ "one in front, room", 168, 168, .prepend = true, .room = 64, .kept = 168 },
	{ "one in front, room for it", 168, 168, .prepend = true, .room = 1, .kept = 168 },
	{ "one in front, no room", 168, 168, .prepend = true, .kept = 168 },
	{ "one in front, cut", 168, 20, .prepend = true, .changed = true, .kept = 20 },
	{ "one in front, cut by one, no room", 168, 167, .prepend = true, .kept = 167 },
	{ "one in front, fits the route", 100, 100, .prepend = true,
	  .mtu = HEADERS + 101, .kept = 100 },
	{ "one in front, too long for the route", 100, 100, .prepend = true,
	  .mtu = HEADERS + 100, .kept = 99 },
	{ "one in front, too long, cut already", 100, 50, .prepend = true,
	  .mtu = HEADERS + 100, .kept = 50 },
	{ "several packets, changed", 3000, 3000, .changed = true, .gso = 1000,
	  .kept = 3000, .gso_segs = 3 },
	{ "several packets, cut to two", 3000, 1001, .gso = 1000, .kept = 1001, .gso_segs = 2 },
	{ "several packets, cut to one", 3000, 1000, .gso = 1000, .kept = 1000 },
	{ "several packets, one in front", 3000, 3000, .prepend = true, .gso = 1000,
	  .kept = 3000, .gso_segs = 4 },
	{ "several packets, beyond the route", 3000, 3000, .prepend = true, .gso = 1000,
	  .mtu = HEADERS + 1000, .kept = 3000, .gso_segs = 4 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_segment, nfpt_segment_cases, name);

static unsigned int nfpt_segment_test_mtu;

static unsigned int nfpt_segment_test_dst_mtu(const struct dst_entry *dst)
{
	return nfpt_segment_test_mtu;
}

static struct dst_ops nfpt_segment_test_dst_ops = {
	.family	= AF_INET,
	.mtu	= nfpt_segment_test_dst_mtu,
};

static struct dst_entry nfpt_segment_test_dst = {
	.ops	= &nfpt_segment_test_dst_ops,
};

static struct sk_buff *nfpt_segment_test_make(struct kunit *test,
					      const struct nfpt_segment_case *c,
					      u8 *payload)
{
	const struct tcphdr th = {
		.source = htons(2000), .dest = htons(NFPT_PPTP_PORT),
		.seq = htonl(NFPT_SEGMENT_SEQ), .ack_seq = htonl(77),
		.ack = 1, .psh = 1, .fin = 1, .window = htons(1000),
	};
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < c->len; i++)
		payload[i] = i * 7;
	skb = nfpt_rig_tcp(test, RIG_WAN, RIG_SERVER, &th, payload, c->len, c->len, c->room);
	KUNIT_ASSERT_EQ(test, skb_tailroom(skb), c->room);
	if (c->gso) {
		skb_shinfo(skb)->gso_size = c->gso;
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(c->len, c->gso);
		skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	}
	/* The stream has changed it where it is. */
	if (c->changed) {
		payload[0] ^= 0x5a;
		skb->data[HEADERS] ^= 0x5a;
	}
	return skb;
}

/* The packets that come out, each with everything right. */
static void nfpt_segment_test_gso(struct kunit *test, struct sk_buff *skb,
				  const struct nfpt_segment_case *c, u32 seq)
{
	struct sk_buff *segs, *s;
	unsigned int n = 0;

	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_size, c->gso);
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->gso_segs, c->gso_segs);
	segs = __skb_gso_segment(skb, 0, true);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(segs));
	for (s = segs; s; s = s->next) {
		KUNIT_EXPECT_TRUE(test, nfpt_rig_sums_right(s));
		KUNIT_EXPECT_EQ(test, ntohl(tcp_hdr(s)->seq), seq + n * c->gso);
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, c->gso_segs);
	kfree_skb_list(segs);
}

static void nfpt_segment_test_write(struct kunit *test)
{
	const struct nfpt_segment_case *c = test->param_value;
	struct nfpt_pptp_out out = {
		.keep = c->keep, .prepend_len = c->prepend,
		.prepend = { NFPT_SEGMENT_HELD }, .changed = c->changed,
	};
	u8 *payload = kunit_kzalloc(test, c->len, GFP_KERNEL);
	u32 seq = NFPT_SEGMENT_SEQ - c->prepend;
	const struct tcphdr *th;
	struct sk_buff *skb;
	const u8 *data;
	bool ok;

	KUNIT_ASSERT_NOT_NULL(test, payload);
	skb = nfpt_segment_test_make(test, c, payload);
	nfpt_segment_test_mtu = c->mtu;
	rcu_read_lock();
	if (c->mtu)
		skb_dst_set_noref(skb, &nfpt_segment_test_dst);
	ok = nfpt_pptp_segment_write(skb, sizeof(struct iphdr), &out);
	skb_dst_drop(skb);
	rcu_read_unlock();

	KUNIT_ASSERT_TRUE(test, ok);
	KUNIT_ASSERT_EQ(test, skb->len, HEADERS + c->kept + c->prepend);
	KUNIT_EXPECT_FALSE(test, skb_is_nonlinear(skb));
	th = (struct tcphdr *)(skb->data + sizeof(struct iphdr));
	KUNIT_EXPECT_EQ(test, ntohl(th->seq), seq);
	KUNIT_EXPECT_EQ(test, ntohl(th->ack_seq), 77);
	/* FIN is behind the last byte, and nothing is pushed that is not there. */
	KUNIT_EXPECT_EQ(test, (bool)th->fin, c->kept == c->len);
	KUNIT_EXPECT_EQ(test, (bool)th->psh, c->kept == c->len);
	data = skb->data + HEADERS;
	if (c->prepend)
		KUNIT_EXPECT_EQ(test, *data++, NFPT_SEGMENT_HELD);
	KUNIT_EXPECT_MEMEQ(test, data, payload, c->kept);
	if (c->kept == c->len && !c->changed && !c->prepend)
		KUNIT_EXPECT_TRUE(test, skb->ip_summed == CHECKSUM_NONE);

	if (c->gso_segs)
		nfpt_segment_test_gso(test, skb, c, seq);
	else
		KUNIT_EXPECT_FALSE(test, skb_is_gso(skb));
	if (!c->gso_segs)
		KUNIT_EXPECT_TRUE(test, nfpt_rig_sums_right(skb));
	kfree_skb(skb);
}

static struct kunit_case nfpt_segment_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_segment_test_write, nfpt_segment_gen_params),
	{}
};

static struct kunit_suite nfpt_segment_test_suite = {
	.name		= "nfpt_pptp_segment",
	.test_cases	= nfpt_segment_test_cases,
};

kunit_test_suite(nfpt_segment_test_suite);
