// SPDX-License-Identifier: GPL-2.0
/*
 * GRE: the conntrack of a call, and what its packets get.
 */
#include <linux/icmp.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_nat.h>

#include "pptp_rig.h"

static unsigned int nfpt_track_test_feed(struct kunit *test, struct sk_buff *skb)
{
	struct nfpt_rig *rig = test->priv;
	unsigned int verdict;

	rcu_read_lock();
	verdict = nfpt_pptp_track_packet(rig->pn, skb);
	rcu_read_unlock();
	return verdict;
}

/* What NAT makes of a packet that has its conntrack. */
static void nfpt_track_test_nat(struct kunit *test, struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	KUNIT_EXPECT_EQ(test, nf_nat_packet(ct, ctinfo, NF_INET_PRE_ROUTING, skb), NF_ACCEPT);
	KUNIT_EXPECT_EQ(test, nf_nat_packet(ct, ctinfo, NF_INET_POST_ROUTING, skb), NF_ACCEPT);
}

static struct nf_conn *nfpt_track_test_ct(const struct sk_buff *skb, int *ctinfo)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);

	*ctinfo = ct ? info : -1;
	return ct;
}

static const struct nfpt_track_case {
	const char			*name;
	const struct nfpt_rig_ends	*ends;
	u16				id[IP_CT_DIR_MAX];
	bool				taken[IP_CT_DIR_MAX];	/* the id is */
} nfpt_track_cases[] = {
	{ "no NAT", &nfpt_rig_none, { 0, 0 } },
	{ "no NAT, equal ids taken", &nfpt_rig_none, { 5, 5 } },
	{ "SNAT", &nfpt_rig_snat, { 1, 2 } },
	{ "SNAT, id 0", &nfpt_rig_snat, { 0, 0 } },
	{ "SNAT, initiator's taken", &nfpt_rig_snat, { 0, 9 }, { true, false } },
	{ "DNAT", &nfpt_rig_dnat, { 1, 2 } },
	{ "DNAT, responder's taken", &nfpt_rig_dnat, { 1, 0 }, { false, true } },
	{ "both", &nfpt_rig_both, { 1, 2 } },
	{ "both, both taken", &nfpt_rig_both, { 0, 0 }, { true, true } },
	{ "no NAT, both taken", &nfpt_rig_none, { 3, 4 }, { true, true } },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_track, nfpt_track_cases, name);

static struct nfpt_pptp_call *nfpt_track_test_call(struct kunit *test,
						   const struct nfpt_track_case *c)
{
	struct nfpt_rig_ends other;
	unsigned int end;

	for (end = 0; end < IP_CT_DIR_MAX; end++) {
		if (!c->taken[end])
			continue;
		other = *c->ends;
		other.addr[end] += 100;
		KUNIT_ASSERT_NOT_NULL(test, nfpt_rig_request(test, nfpt_rig_conn(test, &other),
							     end, c->id[end]));
	}
	return nfpt_rig_call(test, c->ends, c->id[INITIATOR], c->id[RESPONDER]);
}

/* One packet from @from: found, attached, translated on both sides. */
static void nfpt_track_test_way(struct kunit *test, const struct nfpt_rig_ends *ends,
				const struct nfpt_pptp_call *call, unsigned int from,
				int want)
{
	struct sk_buff *skb = nfpt_rig_gre(test, ends->addr[from], ends->seen[!from],
					   call->mapped[!from]);
	struct nf_conn *ct;
	int ctinfo;

	KUNIT_EXPECT_EQ(test, nfpt_track_test_feed(test, skb), NF_ACCEPT);
	ct = nfpt_track_test_ct(skb, &ctinfo);
	KUNIT_EXPECT_EQ(test, ctinfo, want);
	if (ct) {
		nfpt_track_test_nat(test, skb);
		KUNIT_EXPECT_EQ(test, ntohl(ip_hdr(skb)->saddr), ends->seen[from]);
		KUNIT_EXPECT_EQ(test, ntohl(ip_hdr(skb)->daddr), ends->addr[!from]);
		KUNIT_EXPECT_EQ(test, nfpt_get_be16(skb->data + sizeof(struct iphdr) +
						    NFPT_GRE_CALL_ID), call->id[!from]);
	}
	kfree_skb(skb);
}

/* The conntrack of a call, with a reference. */
static struct nf_conn *nfpt_track_test_flow(struct kunit *test, struct nfpt_pptp_call *call)
{
	struct nf_conn *ct;

	rcu_read_lock();
	ct = nfpt_ct_held(&call->ct);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, ct);
	return ct;
}

/* Tuples, translation and the order of both ends' packets. */
static void nfpt_track_test_insert(struct kunit *test)
{
	const struct nfpt_track_case *c = test->param_value;
	struct nf_conntrack_tuple orig, repl, tuple;
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call;
	struct nf_conn *ct;

	call = nfpt_track_test_call(test, c);
	KUNIT_EXPECT_EQ(test, call->mapped[INITIATOR] == c->id[INITIATOR], !c->taken[INITIATOR]);
	KUNIT_EXPECT_EQ(test, call->mapped[RESPONDER] == c->id[RESPONDER], !c->taken[RESPONDER]);

	nfpt_kunit_tuple(&orig, IPPROTO_GRE, htonl(c->ends->addr[INITIATOR]), c->id[INITIATOR],
			 htonl(c->ends->seen[RESPONDER]), call->mapped[RESPONDER]);
	nfpt_kunit_tuple(&repl, IPPROTO_GRE, htonl(c->ends->addr[RESPONDER]), c->id[RESPONDER],
			 htonl(c->ends->seen[INITIATOR]), call->mapped[INITIATOR]);
	repl.dst.dir = IP_CT_DIR_REPLY;
	nfpt_pptp_tuple(call, IP_CT_DIR_ORIGINAL, &tuple);
	KUNIT_EXPECT_TRUE(test, nf_ct_tuple_equal(&tuple, &orig));
	nfpt_pptp_tuple(call, IP_CT_DIR_REPLY, &tuple);
	KUNIT_EXPECT_TRUE(test, nf_ct_tuple_equal(&tuple, &repl));

	ct = nfpt_track_test_flow(test, call);
	KUNIT_EXPECT_TRUE(test, nfpt_kunit_ct_has(rig->net, &orig));
	KUNIT_EXPECT_TRUE(test, nfpt_kunit_ct_has(rig->net, &repl));
	KUNIT_EXPECT_TRUE(test, nf_ct_tuple_equal(&ct->tuplehash[0].tuple, &orig));
	KUNIT_EXPECT_TRUE(test, nf_ct_tuple_equal(&ct->tuplehash[1].tuple, &repl));
	KUNIT_EXPECT_PTR_EQ(test, ct->master, rig->masters[0]);
	KUNIT_EXPECT_EQ(test, ct->status & (IPS_EXPECTED | IPS_CONFIRMED | IPS_NAT_DONE_MASK),
			IPS_EXPECTED | IPS_CONFIRMED | IPS_NAT_DONE_MASK);
	KUNIT_EXPECT_EQ(test, ct->status & (IPS_SEEN_REPLY | IPS_ASSURED | IPS_DYING), 0);
	KUNIT_EXPECT_EQ(test, !!(ct->status & IPS_SRC_NAT),
			c->ends->addr[0] != c->ends->seen[0] || c->taken[INITIATOR]);
	KUNIT_EXPECT_EQ(test, !!(ct->status & IPS_DST_NAT),
			c->ends->addr[1] != c->ends->seen[1] || c->taken[RESPONDER]);
	nf_ct_put(ct);

	nfpt_track_test_way(test, c->ends, call, INITIATOR, IP_CT_RELATED);
	nfpt_track_test_way(test, c->ends, call, RESPONDER, IP_CT_ESTABLISHED_REPLY);
	nfpt_track_test_way(test, c->ends, call, INITIATOR, IP_CT_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_GRE), 3);
}

/* Seconds until a conntrack expires. */
static int nfpt_track_test_left(const struct nf_conn *ct)
{
	return (s32)(READ_ONCE(ct->timeout) - nfct_time_stamp) / HZ;
}

static void nfpt_track_test_send(struct kunit *test, const struct nfpt_pptp_call *call,
				 unsigned int from)
{
	const struct nfpt_rig_ends *ends = &nfpt_rig_snat;
	struct sk_buff *skb = nfpt_rig_gre(test, ends->addr[from], ends->seen[!from],
					   call->mapped[!from]);

	KUNIT_EXPECT_EQ(test, nfpt_track_test_feed(test, skb), NF_ACCEPT);
	kfree_skb(skb);
}

/* Lifetimes are ours: the first end to speak gets the short one, the second
 * the long one for both.
 */
static void nfpt_track_test_lifetime(struct kunit *test)
{
	struct nfpt_pptp_call *call = nfpt_rig_call(test, &nfpt_rig_snat, 1, 2);
	struct nfpt_rig *rig = test->priv;
	struct nf_conn_acct *acct;
	struct nf_conn *ct;

	ct = nfpt_track_test_flow(test, call);
	KUNIT_EXPECT_GE(test, nfpt_track_test_left(ct), 590);
	KUNIT_EXPECT_LE(test, nfpt_track_test_left(ct), 600);
	KUNIT_EXPECT_EQ(test, nfpt_pptp_lifetime(&call->session), 600);

	/* The server speaks first. */
	WRITE_ONCE(ct->timeout, nfct_time_stamp + 20 * HZ);
	call->session.seen = jiffies - 1000 * HZ;
	nfpt_track_test_send(test, call, RESPONDER);
	KUNIT_EXPECT_GE(test, nfpt_track_test_left(ct), 590);
	KUNIT_EXPECT_LE(test, nfpt_track_test_left(ct), 600);
	KUNIT_EXPECT_TRUE(test, test_bit(IPS_SEEN_REPLY_BIT, &ct->status));
	KUNIT_EXPECT_FALSE(test, test_bit(IPS_ASSURED_BIT, &ct->status));
	KUNIT_EXPECT_LE(test, (u32)jiffies - call->session.seen, 60 * HZ);
	KUNIT_EXPECT_EQ(test, call->heard, BIT(RESPONDER));

	nfpt_track_test_send(test, call, INITIATOR);
	KUNIT_EXPECT_GE(test, nfpt_track_test_left(ct), 17990);
	KUNIT_EXPECT_LE(test, nfpt_track_test_left(ct), 18000);
	KUNIT_EXPECT_TRUE(test, test_bit(IPS_ASSURED_BIT, &ct->status));
	KUNIT_EXPECT_EQ(test, nfpt_pptp_lifetime(&call->session), 18000);

	/* A new setting serves calls that are up. */
	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(rig->pn, NFPT_PPTP_GRE_REPLIED, 5000), 0);
	nfpt_track_test_send(test, call, RESPONDER);
	KUNIT_EXPECT_GE(test, nfpt_track_test_left(ct), 4990);
	KUNIT_EXPECT_LE(test, nfpt_track_test_left(ct), 5000);

	acct = nf_conn_acct_find(ct);
	KUNIT_ASSERT_NOT_NULL(test, acct);
	KUNIT_EXPECT_EQ(test, atomic64_read(&acct->counter[INITIATOR].packets), 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&acct->counter[RESPONDER].packets), 2);
	KUNIT_EXPECT_EQ(test, atomic64_read(&acct->counter[RESPONDER].bytes), 2 * 36);
	nf_ct_put(ct);
}

static const struct nfpt_track_stray {
	const char	*name;
	u8		gre[NFPT_GRE_MIN];
	u8		len;
	int		counter;	/* negative: none */
} nfpt_track_strays[] = {
	{ "other Call ID", { 0x30, 1, 0x88, 0x0b, 0, 0, 0, 9 }, 8, NFPT_PPTP_C_GRE_UNKNOWN },
	{ "version 0", { 0, 0, 0x08, 0 }, 8, -1 },
	{ "version 0, short", { 0, 0, 0x08, 0 }, 4, -1 },
	{ "not PPP", { 0x30, 1, 0x08, 0, 0, 0, 0, 1 }, 8, NFPT_PPTP_C_GRE_MALFORMED },
	{ "no key", { 0x10, 1, 0x88, 0x0b, 0, 0, 0, 1 }, 8, NFPT_PPTP_C_GRE_MALFORMED },
	{ "checksum flag", { 0xb0, 1, 0x88, 0x0b, 0, 0, 0, 1 }, 8, NFPT_PPTP_C_GRE_MALFORMED },
	{ "cut in the Call ID", { 0x30, 1, 0x88, 0x0b, 0, 0, 0, 1 }, 7,
	  NFPT_PPTP_C_GRE_MALFORMED },
	{ "one byte", { 0x30 }, 1, NFPT_PPTP_C_GRE_MALFORMED },
	{ "nothing", { }, 0, NFPT_PPTP_C_GRE_MALFORMED },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_track_stray, nfpt_track_strays, name);

/* What we do not know is left to conntrack as it is. */
static void nfpt_track_test_stray(struct kunit *test)
{
	const struct nfpt_track_stray *c = test->param_value;
	u64 before[NFPT_PPTP_COUNTERS];
	struct sk_buff *skb;
	int i;

	nfpt_rig_call(test, &nfpt_rig_snat, 1, 2);
	skb = nfpt_kunit_packet(htonl(RIG_SERVER), htonl(RIG_WAN), IPPROTO_GRE, c->gre, c->len,
				c->len, 0);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	for (i = 0; i < NFPT_PPTP_COUNTERS; i++)
		before[i] = nfpt_rig_count(test, i);
	KUNIT_EXPECT_EQ(test, nfpt_track_test_feed(test, skb), NF_ACCEPT);
	KUNIT_EXPECT_NULL(test, skb_nfct(skb));
	KUNIT_EXPECT_MEMEQ(test, skb->data + sizeof(struct iphdr), c->gre, c->len);
	for (i = 0; i < NFPT_PPTP_COUNTERS; i++)
		KUNIT_EXPECT_EQ_MSG(test, nfpt_rig_count(test, i) - before[i], i == c->counter,
				    "counter %s", nfpt_pptp_counters[i].name);
	kfree_skb(skb);
}

/* The header of a packet may be anywhere in it. */
static void nfpt_track_test_paged(struct kunit *test)
{
	const u8 gre[NFPT_GRE_MIN] = { 0x30, 1, 0x88, 0x0b, 0, 0, 0, 1 };
	struct sk_buff *skb;
	int ctinfo;

	nfpt_rig_call(test, &nfpt_rig_snat, 1, 2);
	skb = nfpt_kunit_packet(htonl(RIG_SERVER), htonl(RIG_WAN), IPPROTO_GRE, gre, sizeof(gre),
				3, 0);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, nfpt_track_test_feed(test, skb), NF_ACCEPT);
	nfpt_track_test_ct(skb, &ctinfo);
	KUNIT_EXPECT_EQ(test, ctinfo, IP_CT_ESTABLISHED_REPLY);
	kfree_skb(skb);
}

/* GRE of a call that is not agreed, and of one that is over. */
static void nfpt_track_test_early_late(struct kunit *test)
{
	struct nfpt_pptp_conn *conn = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nf_conntrack_tuple tuple;
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call;
	struct sk_buff *skb;

	KUNIT_ASSERT_NOT_NULL(test, nfpt_rig_request(test, conn, INITIATOR, 7));
	skb = nfpt_rig_gre(test, RIG_SERVER, RIG_WAN, 7);
	KUNIT_EXPECT_EQ(test, nfpt_track_test_feed(test, skb), NF_DROP);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_GRE_EARLY), 1);
	kfree_skb(skb);

	call = nfpt_rig_call(test, &nfpt_rig_snat, 8, 2);
	nfpt_pptp_tuple(call, IP_CT_DIR_ORIGINAL, &tuple);
	KUNIT_EXPECT_TRUE(test, nfpt_kunit_ct_has(rig->net, &tuple));
	nfpt_rig_end(test, call);
	KUNIT_EXPECT_FALSE(test, nfpt_kunit_ct_has(rig->net, &tuple));
	skb = nfpt_rig_gre(test, RIG_SERVER, RIG_WAN, 8);
	KUNIT_EXPECT_EQ(test, nfpt_track_test_feed(test, skb), NF_DROP);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_GRE_LATE), 1);
	KUNIT_EXPECT_NULL(test, skb_nfct(skb));
	kfree_skb(skb);
}

/* A conntrack that is gone takes its call with it, and is not kept. */
static void nfpt_track_test_gone(struct kunit *test)
{
	struct nfpt_pptp_call *call = nfpt_rig_call(test, &nfpt_rig_snat, 1, 2);
	struct nf_conn *ct = nfpt_track_test_flow(test, call);
	struct nfpt_rig *rig = test->priv;
	struct sk_buff *skb;

	KUNIT_EXPECT_TRUE(test, nf_ct_delete(ct, 0, 0));
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 1);
	skb = nfpt_rig_gre(test, RIG_SERVER, RIG_WAN, 1);
	KUNIT_EXPECT_EQ(test, nfpt_track_test_feed(test, skb), NF_DROP);
	KUNIT_EXPECT_NULL(test, skb_nfct(skb));
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_GRE_GONE), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 0);
	flush_delayed_work(&rig->ppn->worker);
	KUNIT_EXPECT_EQ(test, refcount_read(&ct->ct_general.use), 1);
	nf_ct_put(ct);
	kfree_skb(skb);
}

/* So does one that has expired, whether or not conntrack has noticed. */
static void nfpt_track_test_expired(struct kunit *test)
{
	struct nfpt_pptp_call *call = nfpt_rig_call(test, &nfpt_rig_snat, 1, 2);
	struct nf_conn *ct = nfpt_track_test_flow(test, call);

	WRITE_ONCE(ct->timeout, nfct_time_stamp);
	rcu_read_lock();
	KUNIT_EXPECT_NULL(test, nfpt_ct_held(&call->ct));
	KUNIT_EXPECT_EQ(test, nfpt_pptp_proto.expired(&call->session),
			NF_PASSTHROUGH_END_REASON_IDLE);
	rcu_read_unlock();
	nfpt_rig_end(test, call);
	KUNIT_EXPECT_TRUE(test, nf_ct_is_dying(ct));
	KUNIT_EXPECT_EQ(test, refcount_read(&ct->ct_general.use), 1);
	nf_ct_put(ct);
}

/* GRE that came before its call has left an entry of conntrack's own. */
static void nfpt_track_test_evict(struct kunit *test)
{
	struct nfpt_rig *rig = test->priv;
	const struct nf_hook_state state = {
		.hook = NF_INET_PRE_ROUTING, .pf = NFPROTO_IPV4, .net = rig->net,
	};
	struct nf_conntrack_tuple tuple;
	struct nfpt_pptp_call *call;
	struct sk_buff *skb;
	struct nf_conn *ct;

	/* The client's Call ID is 0, so conntrack's guess at it is right. */
	skb = nfpt_rig_gre(test, RIG_CLIENT, RIG_SERVER, 2);
	KUNIT_ASSERT_EQ(test, nf_conntrack_in(skb, &state), NF_ACCEPT);
	KUNIT_ASSERT_EQ(test, nf_conntrack_confirm(skb), NF_ACCEPT);
	nfpt_kunit_tuple(&tuple, IPPROTO_GRE, htonl(RIG_CLIENT), 0, htonl(RIG_SERVER), 2);
	KUNIT_ASSERT_TRUE(test, nfpt_kunit_ct_has(rig->net, &tuple));
	kfree_skb(skb);

	call = nfpt_rig_call(test, &nfpt_rig_snat, 0, 2);
	ct = nfpt_track_test_flow(test, call);
	KUNIT_EXPECT_PTR_EQ(test, ct->master, rig->masters[0]);
	nf_ct_put(ct);
	nfpt_track_test_way(test, &nfpt_rig_snat, call, RESPONDER, IP_CT_ESTABLISHED_REPLY);
}

/* An entry that is another call's stays, and the call that wants it fails. */
static void nfpt_track_test_in_the_way(struct kunit *test)
{
	struct nf_conn *master = nfpt_rig_master(test, &nfpt_rig_snat);
	struct nfpt_pptp_conn *conn = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nf_conntrack_tuple orig, repl;
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call, *from;
	struct nf_conn *ct;

	nfpt_kunit_tuple(&orig, IPPROTO_GRE, htonl(RIG_CLIENT), 1, htonl(RIG_SERVER), 2);
	nfpt_kunit_tuple(&repl, IPPROTO_GRE, htonl(RIG_SERVER), 2, htonl(RIG_WAN), 1);
	repl.dst.dir = IP_CT_DIR_REPLY;
	ct = nfpt_kunit_ct_add(rig->net, &orig, &repl, NULL);
	KUNIT_ASSERT_NOT_NULL(test, ct);
	nf_conntrack_get(&master->ct_general);
	ct->master = master;

	call = nfpt_rig_request(test, conn, INITIATOR, 1);
	from = nfpt_rig_offer(test, conn, RESPONDER, 2);
	KUNIT_ASSERT_TRUE(test, call && from);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_adopt(test, call, from, RESPONDER, master));
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_NO_FLOW), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 0);
	KUNIT_EXPECT_EQ(test, conn->n_calls, 0);
	KUNIT_EXPECT_FALSE(test, nf_ct_is_dying(ct));
	KUNIT_EXPECT_TRUE(test, nfpt_kunit_ct_has(rig->net, &orig));
	nf_ct_put(ct);
}

static const struct nfpt_track_icmp {
	const char	*name;
	unsigned int	from;	/* whose packet is quoted */
	u8		type;
	u8		code;
	u16		wrong;	/* added to the Call ID */
	bool		broken;	/* checksum */
	int		verdict;
	int		ctinfo;
	int		counter;
} nfpt_track_icmps[] = {
	{ "too big, client's packet", INITIATOR, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 0, false,
	  NF_ACCEPT, IP_CT_RELATED_REPLY, NFPT_PPTP_C_ICMP },
	{ "too big, server's packet", RESPONDER, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 0, false,
	  NF_ACCEPT, IP_CT_RELATED, NFPT_PPTP_C_ICMP },
	{ "host unreachable", INITIATOR, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, false,
	  NF_ACCEPT, IP_CT_RELATED_REPLY, NFPT_PPTP_C_ICMP },
	{ "time exceeded", INITIATOR, ICMP_TIME_EXCEEDED, 0, 0, false,
	  NF_ACCEPT, IP_CT_RELATED_REPLY, NFPT_PPTP_C_ICMP },
	{ "protocol unreachable", INITIATOR, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0, false,
	  NF_DROP, -1, NFPT_PPTP_C_ICMP_HARD },
	{ "unknown call", INITIATOR, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1, false,
	  NF_ACCEPT, -1, -1 },
	{ "wrong checksum", INITIATOR, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 0, true,
	  NF_ACCEPT, -1, -1 },
	{ "wrong checksum, protocol unreachable", INITIATOR, ICMP_DEST_UNREACH,
	  ICMP_PROT_UNREACH, 0, true, NF_ACCEPT, -1, -1 },
	{ "no error", INITIATOR, ICMP_ECHO, 0, 0, false, NF_ACCEPT, -1, -1 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_track_icmp, nfpt_track_icmps, name);

/* An error quotes the packet as its receiver would have seen it, and goes to
 * the end that has sent that.
 */
static void nfpt_track_test_icmp(struct kunit *test)
{
	const struct nfpt_track_icmp *c = test->param_value;
	const struct nfpt_rig_ends *ends = &nfpt_rig_snat;
	const struct nfpt_track_case taken = {
		.ends = ends, .id = { 1, 2 }, .taken = { true, false },
	};
	struct nfpt_rig *rig = test->priv;
	const struct nf_hook_state state = {
		.hook = NF_INET_PRE_ROUTING, .pf = NFPROTO_IPV4, .net = rig->net,
	};
	struct {
		struct icmphdr	icmp;
		struct iphdr	ip;
		u8		gre[NFPT_GRE_MIN];
	} error = {
		.icmp = { .type = c->type, .code = c->code },
		.ip = {
			.version = 4, .ihl = 5, .protocol = IPPROTO_GRE, .ttl = 60,
			.tot_len = htons(1500), .saddr = htonl(ends->seen[c->from]),
			.daddr = htonl(ends->addr[!c->from]),
		},
		.gre = { 0x30, 1, 0x88, 0x0b },
	};
	struct nfpt_pptp_call *call;
	unsigned int verdict;
	struct sk_buff *skb;
	int ctinfo;

	call = nfpt_track_test_call(test, &taken);
	nfpt_put_be16(error.gre + NFPT_GRE_CALL_ID, call->id[!c->from] + c->wrong);
	error.icmp.checksum = ip_compute_csum(&error, sizeof(error)) ^ (__force __sum16)c->broken;
	/* From some router between the two. */
	skb = nfpt_kunit_packet(htonl(0xc6336401), htonl(ends->seen[c->from]), IPPROTO_ICMP,
				&error, sizeof(error), sizeof(error), 0);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	rcu_read_lock();
	verdict = nfpt_pptp_track_icmp(rig->pn, skb, &state);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, verdict, c->verdict);
	nfpt_track_test_ct(skb, &ctinfo);
	KUNIT_EXPECT_EQ(test, ctinfo, c->ctinfo);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_ICMP),
			c->counter == NFPT_PPTP_C_ICMP);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_ICMP_HARD),
			c->counter == NFPT_PPTP_C_ICMP_HARD);
	kfree_skb(skb);
}

static struct kunit_case nfpt_track_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_track_test_insert, nfpt_track_gen_params),
	KUNIT_CASE(nfpt_track_test_lifetime),
	KUNIT_CASE_PARAM(nfpt_track_test_stray, nfpt_track_stray_gen_params),
	KUNIT_CASE(nfpt_track_test_paged),
	KUNIT_CASE(nfpt_track_test_early_late),
	KUNIT_CASE(nfpt_track_test_gone),
	KUNIT_CASE(nfpt_track_test_expired),
	KUNIT_CASE(nfpt_track_test_evict),
	KUNIT_CASE(nfpt_track_test_in_the_way),
	KUNIT_CASE_PARAM(nfpt_track_test_icmp, nfpt_track_icmp_gen_params),
	{}
};

static struct kunit_suite nfpt_track_test_suite = {
	.name		= "nfpt_pptp_track",
	.init		= nfpt_rig_init,
	.exit		= nfpt_rig_exit,
	.test_cases	= nfpt_track_test_cases,
};

kunit_test_suite(nfpt_track_test_suite);
