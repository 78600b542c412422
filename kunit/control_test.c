// SPDX-License-Identifier: GPL-2.0
/*
 * Control connections: real segments through the helper, from the SYN-ACK to
 * the last FIN, and what becomes of their bytes and their calls.
 */
#include <linux/skbuff.h>

#include "pptp_rig.h"

#define NFPT_CONTROL_MAX	512

/**
 * struct nfpt_line - a control connection
 * @ct: its conntrack
 * @ends: who speaks to whom
 * @seq: next sequence number, by direction
 * @data: payload of the last segment, as it came out
 * @len: its length
 * @right: its checksums were
 */
struct nfpt_line {
	struct nf_conn			*ct;
	const struct nfpt_rig_ends	*ends;
	u32				seq[IP_CT_DIR_MAX];
	u8				data[NFPT_CONTROL_MAX];
	unsigned int			len;
	bool				right;
};

enum {
	SYN	= BIT(0),
	FIN	= BIT(1),
	PAGED	= BIT(2),	/* the payload is in a page */
	CLONED	= BIT(3),	/* somebody else has the packet too */
};

/* A segment at @seq through the helper, as POST_ROUTING has it. */
static int nfpt_line_segment(struct kunit *test, struct nfpt_line *line, unsigned int dir,
			     u32 seq, const u8 *data, unsigned int len, unsigned int flags)
{
	const struct tcphdr th = {
		.source = htons(dir ? NFPT_PPTP_PORT : 2000),
		.dest = htons(dir ? 2000 : NFPT_PPTP_PORT), .window = htons(1000),
		.seq = htonl(seq), .ack_seq = htonl(line->seq[!dir]), .ack = 1,
		.syn = !!(flags & SYN), .fin = !!(flags & FIN), .psh = !!len,
	};
	struct sk_buff *skb, *clone = NULL;
	int verdict, off = sizeof(struct iphdr) + sizeof(th);
	u8 seen[NFPT_CONTROL_MAX];

	skb = nfpt_rig_tcp(test, line->ends->seen[dir], line->ends->addr[!dir], &th, data, len,
			   flags & PAGED ? 0 : len, 0);
	if (flags & CLONED)
		clone = skb_clone(skb, GFP_KERNEL);
	rcu_read_lock();
	verdict = nfpt_pptp_control(skb, sizeof(struct iphdr), line->ct,
				    dir ? IP_CT_ESTABLISHED_REPLY : IP_CT_ESTABLISHED);
	rcu_read_unlock();
	line->len = 0;
	line->right = verdict == NF_ACCEPT && nfpt_rig_sums_right(skb);
	if (verdict == NF_ACCEPT && skb->len - off <= sizeof(line->data) &&
	    !skb_copy_bits(skb, off, line->data, skb->len - off))
		line->len = skb->len - off;
	kfree_skb(skb);
	if (clone) {
		/* What others have of it is not for us to change. */
		KUNIT_EXPECT_EQ(test, skb_copy_bits(clone, off, seen, len), 0);
		KUNIT_EXPECT_MEMEQ(test, seen, data, len);
		kfree_skb(clone);
	}
	return verdict;
}

/* The next bytes that an end has to say. */
static int nfpt_line_say(struct kunit *test, struct nfpt_line *line, unsigned int dir,
			 const u8 *data, unsigned int len, unsigned int flags)
{
	int verdict = nfpt_line_segment(test, line, dir, line->seq[dir], data, len, flags);

	line->seq[dir] += len + !!(flags & (SYN | FIN));
	return verdict;
}

static struct nfpt_line *nfpt_line_open(struct kunit *test, const struct nfpt_rig_ends *ends)
{
	struct nfpt_line *line = kunit_kzalloc(test, sizeof(*line), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, line);
	line->ct = nfpt_rig_master(test, ends);
	line->ends = ends;
	line->seq[INITIATOR] = 1001;
	line->seq[RESPONDER] = 0xfffffff0;	/* wraps soon */
	KUNIT_EXPECT_EQ(test, nfpt_line_say(test, line, RESPONDER, NULL, 0, SYN), NF_ACCEPT);
	return line;
}

/* One message in one segment; its Call IDs as they came out. */
static void nfpt_line_tell(struct kunit *test, struct nfpt_line *line, unsigned int dir,
			   u8 type, u16 id0, u16 id1, unsigned int flags, u16 *out)
{
	unsigned int len;
	u8 p[256];

	len = nfpt_rig_message(p, type, id0, id1);
	KUNIT_EXPECT_EQ(test, nfpt_line_say(test, line, dir, p, len, flags), NF_ACCEPT);
	KUNIT_EXPECT_TRUE(test, line->right);
	KUNIT_ASSERT_EQ(test, line->len, len);
	out[0] = nfpt_get_be16(line->data + NFPT_PPTP_IDS);
	out[1] = nfpt_get_be16(line->data + NFPT_PPTP_IDS + 2);
	/* All but the ids is as it was. */
	KUNIT_EXPECT_MEMEQ(test, line->data, p, NFPT_PPTP_IDS);
	KUNIT_EXPECT_MEMEQ(test, line->data + 16, p + 16, len - 16);
}

static unsigned int nfpt_control_test_gre(struct kunit *test, u32 saddr, u32 daddr, u16 id,
					  bool *attached)
{
	struct sk_buff *skb = nfpt_rig_gre(test, saddr, daddr, id);
	struct nfpt_rig *rig = test->priv;
	unsigned int verdict;

	rcu_read_lock();
	verdict = nfpt_pptp_track_packet(rig->pn, skb);
	rcu_read_unlock();
	*attached = skb_nfct(skb);
	kfree_skb(skb);
	return verdict;
}

static const struct nfpt_control_case {
	const char	*name;
	unsigned int	flags;
} nfpt_control_cases[] = {
	{ "linear", 0 },
	{ "paged", PAGED },
	{ "cloned", CLONED },
	{ "paged and cloned", PAGED | CLONED },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_control, nfpt_control_cases, name);

/* Two clients dial one server with Call ID 0 each: request, reply, data. */
static void nfpt_control_test_two_clients(struct kunit *test)
{
	const struct nfpt_control_case *c = test->param_value;
	struct nfpt_rig_ends second = nfpt_rig_snat;
	struct nfpt_rig *rig = test->priv;
	struct nfpt_line *a, *b;
	u16 out[2], mapped;
	bool attached;

	second.addr[INITIATOR]++;
	a = nfpt_line_open(test, &nfpt_rig_snat);
	b = nfpt_line_open(test, &second);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_CONTROL), 2);

	nfpt_line_tell(test, a, INITIATOR, NFPT_PPTP_OCRQ, 0, 0, c->flags, out);
	KUNIT_EXPECT_EQ(test, out[0], 0);
	nfpt_line_tell(test, b, INITIATOR, NFPT_PPTP_OCRQ, 0, 0, c->flags, out);
	mapped = out[0];
	KUNIT_EXPECT_NE(test, mapped, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 2);

	nfpt_line_tell(test, a, RESPONDER, NFPT_PPTP_OCRP, 70, 0, c->flags, out);
	KUNIT_EXPECT_EQ(test, out[0], 70);
	KUNIT_EXPECT_EQ(test, out[1], 0);
	nfpt_line_tell(test, b, RESPONDER, NFPT_PPTP_OCRP, 71, mapped, c->flags, out);
	KUNIT_EXPECT_EQ(test, out[0], 71);
	KUNIT_EXPECT_EQ(test, out[1], 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_REWRITTEN), 2);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_MESSAGES), 4);

	/* Their flows are there before any data. */
	KUNIT_EXPECT_EQ(test, nfpt_control_test_gre(test, RIG_SERVER, RIG_WAN, mapped, &attached),
			NF_ACCEPT);
	KUNIT_EXPECT_TRUE(test, attached);
	KUNIT_EXPECT_EQ(test, nfpt_control_test_gre(test, RIG_CLIENT + 1, RIG_SERVER, 71,
						    &attached), NF_ACCEPT);
	KUNIT_EXPECT_TRUE(test, attached);

	/* The server speaks of a call, the client ends it, by what each knows. */
	nfpt_line_tell(test, b, RESPONDER, NFPT_PPTP_SLI, mapped, 0, c->flags, out);
	KUNIT_EXPECT_EQ(test, out[0], 0);
	nfpt_line_tell(test, b, INITIATOR, NFPT_PPTP_CLEAR, 0, 0, c->flags, out);
	KUNIT_EXPECT_EQ(test, out[0], mapped);
	nfpt_line_tell(test, b, RESPONDER, NFPT_PPTP_DISC, 71, 0, c->flags, out);
	KUNIT_EXPECT_EQ(test, out[0], 71);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 1);
}

/* A server inside gets a call: its own id is what is translated. */
static void nfpt_control_test_server_inside(struct kunit *test)
{
	struct nfpt_rig_ends second = nfpt_rig_dnat;
	struct nfpt_line *a, *b;
	u16 out[2], mapped;
	bool attached;

	/* Another server inside, behind the same address. */
	second.addr[RESPONDER]++;
	a = nfpt_line_open(test, &nfpt_rig_dnat);
	b = nfpt_line_open(test, &second);
	nfpt_line_tell(test, a, INITIATOR, NFPT_PPTP_OCRQ, 1, 0, 0, out);
	nfpt_line_tell(test, a, RESPONDER, NFPT_PPTP_OCRP, 5, 1, 0, out);
	KUNIT_EXPECT_EQ(test, out[0], 5);
	nfpt_line_tell(test, b, INITIATOR, NFPT_PPTP_OCRQ, 2, 0, 0, out);
	nfpt_line_tell(test, b, RESPONDER, NFPT_PPTP_OCRP, 5, 2, 0, out);
	mapped = out[0];
	KUNIT_EXPECT_NE(test, mapped, 5);
	KUNIT_EXPECT_EQ(test, out[1], 2);
	KUNIT_EXPECT_EQ(test, nfpt_control_test_gre(test, RIG_SERVER, RIG_WAN, mapped, &attached),
			NF_ACCEPT);
	KUNIT_EXPECT_TRUE(test, attached);
}

/* A client whose Call ID is taken, its request split at every byte, each part
 * sent once more after it has passed: the same bytes come out every time.
 */
static void nfpt_control_test_split(struct kunit *test)
{
	struct nfpt_rig_ends second = nfpt_rig_snat;
	unsigned int at, len, n, got;
	u8 p[256], sum[256];
	struct nfpt_line *a, *b;
	u16 out[2], mapped;
	u32 seq;

	second.addr[INITIATOR]++;
	a = nfpt_line_open(test, &nfpt_rig_snat);
	nfpt_line_tell(test, a, INITIATOR, NFPT_PPTP_OCRQ, 0, 0, 0, out);
	b = nfpt_line_open(test, &second);
	nfpt_line_tell(test, b, INITIATOR, NFPT_PPTP_OCRQ, 0, 0, 0, out);
	mapped = out[0];
	KUNIT_ASSERT_NE(test, mapped, 0);

	for (at = 1; at < NFPT_PPTP_IDS + 4; at++) {
		len = nfpt_rig_message(p, NFPT_PPTP_CLEAR, 0, 0);
		seq = b->seq[INITIATOR];
		KUNIT_EXPECT_EQ(test, nfpt_line_segment(test, b, INITIATOR, seq, p, at, 0),
				NF_ACCEPT);
		KUNIT_EXPECT_TRUE(test, b->right);
		got = b->len;
		KUNIT_EXPECT_GE(test, got + 1, at);
		memcpy(sum, b->data, got);

		/* It comes again from where the first part ended for the peer. */
		KUNIT_EXPECT_EQ(test, nfpt_line_segment(test, b, INITIATOR, seq + got, p + got,
							len - got, PAGED), NF_ACCEPT);
		KUNIT_EXPECT_TRUE(test, b->right);
		KUNIT_EXPECT_EQ(test, b->len, len - got);
		memcpy(sum + got, b->data, len - got);
		KUNIT_EXPECT_EQ(test, nfpt_get_be16(sum + NFPT_PPTP_IDS), mapped);

		/* And all of it once more. */
		n = nfpt_line_segment(test, b, INITIATOR, seq, p, len, CLONED);
		KUNIT_EXPECT_EQ(test, n, NF_ACCEPT);
		KUNIT_EXPECT_TRUE(test, b->right);
		KUNIT_EXPECT_EQ(test, b->len, len);
		KUNIT_EXPECT_MEMEQ(test, b->data, sum, len);
		b->seq[INITIATOR] += len;
	}
}

/* A segment from beyond a gap waits for its turn. */
static void nfpt_control_test_ahead(struct kunit *test)
{
	struct nfpt_line *line = nfpt_line_open(test, &nfpt_rig_snat);
	u8 p[2 * 168];

	nfpt_rig_message(p, NFPT_PPTP_OCRQ, 1, 0);
	nfpt_rig_message(p + 168, NFPT_PPTP_OCRQ, 2, 0);
	KUNIT_EXPECT_EQ(test, nfpt_line_segment(test, line, INITIATOR,
						line->seq[INITIATOR] + 168, p + 168, 168, 0),
			NF_DROP);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_AHEAD), 1);
	KUNIT_EXPECT_EQ(test, nfpt_line_say(test, line, INITIATOR, p, sizeof(p), PAGED),
			NF_ACCEPT);
	KUNIT_EXPECT_EQ(test, line->len, sizeof(p));
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_CALLS), 2);
}

/* What is no control message passes as it is, and is counted. */
static void nfpt_control_test_malformed(struct kunit *test)
{
	struct nfpt_line *line = nfpt_line_open(test, &nfpt_rig_snat);
	unsigned int len;
	u8 p[256];

	len = nfpt_rig_message(p, NFPT_PPTP_OCRQ, 1, 0);
	nfpt_put_be16(p + 8, 99);
	KUNIT_EXPECT_EQ(test, nfpt_line_say(test, line, INITIATOR, p, len, 0), NF_ACCEPT);
	KUNIT_EXPECT_MEMEQ(test, line->data, p, len);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_MALFORMED), 1);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_CALLS), 0);

	nfpt_put_be32(p + 4, 0);
	KUNIT_EXPECT_EQ(test, nfpt_line_say(test, line, INITIATOR, p, len, 0), NF_ACCEPT);
	KUNIT_EXPECT_MEMEQ(test, line->data, p, len);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_LOST), 1);
}

/* The calls end with their control connection, by FIN or by its conntrack. */
static void nfpt_control_test_close(struct kunit *test)
{
	struct nfpt_line *a = nfpt_line_open(test, &nfpt_rig_snat);
	struct nfpt_line *b = nfpt_line_open(test, &nfpt_rig_dnat);
	struct nfpt_rig *rig = test->priv;
	bool attached;
	u16 out[2];

	nfpt_line_tell(test, a, INITIATOR, NFPT_PPTP_OCRQ, 1, 0, 0, out);
	nfpt_line_tell(test, a, RESPONDER, NFPT_PPTP_OCRP, 2, 1, 0, out);
	nfpt_line_tell(test, b, INITIATOR, NFPT_PPTP_OCRQ, 3, 0, 0, out);
	nfpt_line_tell(test, b, RESPONDER, NFPT_PPTP_OCRP, 4, 3, 0, out);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 2);

	/* A FIN from beyond what has come is not the last word. */
	nfpt_line_segment(test, a, INITIATOR, a->seq[INITIATOR] + 1, NULL, 0, FIN);
	flush_delayed_work(&rig->ppn->worker);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 2);
	nfpt_line_say(test, a, INITIATOR, NULL, 0, FIN);
	flush_delayed_work(&rig->ppn->worker);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 1);
	KUNIT_EXPECT_EQ(test, nfpt_control_test_gre(test, RIG_SERVER, RIG_WAN, 1, &attached),
			NF_DROP);

	nf_ct_delete(b->ct, 0, 0);
	nf_ct_put(b->ct);
	rig->n_masters--;
	flush_delayed_work(&rig->ppn->worker);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_GRE_GONE), 0);
}

static struct kunit_case nfpt_control_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_control_test_two_clients, nfpt_control_gen_params),
	KUNIT_CASE(nfpt_control_test_server_inside),
	KUNIT_CASE(nfpt_control_test_split),
	KUNIT_CASE(nfpt_control_test_ahead),
	KUNIT_CASE(nfpt_control_test_malformed),
	KUNIT_CASE(nfpt_control_test_close),
	{}
};

static struct kunit_suite nfpt_control_test_suite = {
	.name		= "nfpt_pptp_control",
	.init		= nfpt_rig_init,
	.exit		= nfpt_rig_exit,
	.test_cases	= nfpt_control_test_cases,
};

kunit_test_suite(nfpt_control_test_suite);
