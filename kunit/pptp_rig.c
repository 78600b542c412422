// SPDX-License-Identifier: GPL-2.0
/*
 * A router with PPTP enabled, for the suites of nf_pptp_gre_helper.
 */
#include <net/ip.h>
#include <net/tcp.h>

#include "pptp_rig.h"

/* A client inside; a server inside; a server inside that sees the router as
 * its client; no NAT at all.
 */
const struct nfpt_rig_ends nfpt_rig_snat = {
	{ RIG_CLIENT, RIG_SERVER }, { RIG_WAN, RIG_SERVER },
};

const struct nfpt_rig_ends nfpt_rig_dnat = {
	{ RIG_SERVER, RIG_INSIDE }, { RIG_SERVER, RIG_WAN },
};

const struct nfpt_rig_ends nfpt_rig_both = {
	{ RIG_CLIENT, RIG_INSIDE }, { RIG_INSIDE + 1, RIG_WAN },
};

const struct nfpt_rig_ends nfpt_rig_none = {
	{ RIG_CLIENT, RIG_SERVER }, { RIG_CLIENT, RIG_SERVER },
};

/**
 * nfpt_rig_init() - kunit_suite.init
 * @test: its priv becomes the struct nfpt_rig
 *
 * Return: 0 or a negative error.
 */
int nfpt_rig_init(struct kunit *test)
{
	struct nfpt_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->net = nfpt_kunit_net_add();
	KUNIT_ASSERT_NOT_NULL_MSG(test, rig->net, "ip netns add failed");
	rig->pn = nfpt_kunit_state(rig->net, &nfpt_pptp_proto, NF_PASSTHROUGH_STATE_ENABLED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig->pn);
	rig->ppn = nfpt_pptp_pernet(rig->pn);
	KUNIT_ASSERT_NOT_NULL(test, rig->ppn);
	return 0;
}

/**
 * nfpt_rig_exit() - kunit_suite.exit: the namespace goes with all its calls up
 * @test: the test
 */
void nfpt_rig_exit(struct kunit *test)
{
	struct nfpt_rig *rig = test->priv;

	if (!rig)
		return;
	while (rig->n_masters)
		nf_ct_put(rig->masters[--rig->n_masters]);
	KUNIT_EXPECT_TRUE_MSG(test, nfpt_kunit_net_del(rig->net),
			      "something still holds the namespace");
}

static void nfpt_rig_lock(struct nfpt_rig *rig)
{
	rcu_read_lock();
	spin_lock_bh(&rig->ppn->lock);
}

static void nfpt_rig_unlock(struct nfpt_rig *rig)
{
	spin_unlock_bh(&rig->ppn->lock);
	rcu_read_unlock();
}

/**
 * nfpt_rig_conn() - make a control connection that no packet has opened
 * @test: the test
 * @ends: who speaks to whom
 *
 * Return: the connection; it goes with the namespace.
 */
struct nfpt_pptp_conn *nfpt_rig_conn(struct kunit *test, const struct nfpt_rig_ends *ends)
{
	struct nfpt_pptp_conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	struct nfpt_rig *rig = test->priv;
	unsigned int end;

	KUNIT_ASSERT_NOT_NULL(test, conn);
	refcount_set(&conn->refs, 1);
	conn->ppn = rig->ppn;
	conn->zone = nf_ct_zone_dflt;
	INIT_LIST_HEAD(&conn->calls);
	for (end = 0; end < IP_CT_DIR_MAX; end++) {
		conn->addr[end] = htonl(ends->addr[end]);
		conn->seen[end] = htonl(ends->seen[end]);
		nfpt_pptp_stream_init(&conn->stream[end], 1, conn->log_min[end],
				      NFPT_PPTP_LOG_MIN);
	}
	nfpt_rig_lock(rig);
	conn->host = nfpt_pptp_host_get(rig->ppn, conn->addr[IP_CT_DIR_ORIGINAL]);
	if (conn->host)
		list_add(&conn->node, &rig->ppn->conns);
	nfpt_rig_unlock(rig);
	KUNIT_ASSERT_NOT_NULL(test, conn->host);
	return conn;
}

/**
 * nfpt_rig_master() - put the conntrack of a control connection into conntrack
 * @test: the test
 * @ends: who speaks to whom; source ports differ
 *
 * Return: the conntrack, valid until the test ends.
 */
struct nf_conn *nfpt_rig_master(struct kunit *test, const struct nfpt_rig_ends *ends)
{
	struct nf_conntrack_tuple orig, repl;
	struct nfpt_rig *rig = test->priv;
	u16 port = 2000 + rig->n_masters;
	struct nf_conn *ct;

	KUNIT_ASSERT_LT(test, rig->n_masters, ARRAY_SIZE(rig->masters));
	nfpt_kunit_tuple(&orig, IPPROTO_TCP, htonl(ends->addr[INITIATOR]), port,
			 htonl(ends->seen[RESPONDER]), NFPT_PPTP_PORT);
	nfpt_kunit_tuple(&repl, IPPROTO_TCP, htonl(ends->addr[RESPONDER]), NFPT_PPTP_PORT,
			 htonl(ends->seen[INITIATOR]), port);
	repl.dst.dir = IP_CT_DIR_REPLY;
	ct = nfpt_kunit_ct_add(rig->net, &orig, &repl, &nfpt_pptp_helper);
	KUNIT_ASSERT_NOT_NULL(test, ct);
	rig->masters[rig->n_masters++] = ct;
	return ct;
}

/**
 * nfpt_rig_offer() - nfpt_pptp_call_offer() under the lock
 * @test: the test
 * @conn: control connection
 * @end: the end that has chosen the id
 * @id: Call ID
 */
struct nfpt_pptp_call *nfpt_rig_offer(struct kunit *test, struct nfpt_pptp_conn *conn,
				      unsigned int end, u16 id)
{
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call;

	nfpt_rig_lock(rig);
	call = nfpt_pptp_call_offer(conn, end, id);
	nfpt_rig_unlock(rig);
	return call;
}

/**
 * nfpt_rig_request() - a call that one end has asked for
 * @test: the test
 * @conn: control connection
 * @end: the end that asks
 * @id: the id it has chosen
 *
 * Return: the call, or NULL if it may not be.
 */
struct nfpt_pptp_call *nfpt_rig_request(struct kunit *test, struct nfpt_pptp_conn *conn,
					unsigned int end, u16 id)
{
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call;

	nfpt_rig_lock(rig);
	call = nfpt_pptp_call_request(conn, end, id);
	if (call) {
		call->pns = end;
		call->state = NFPT_PPTP_CALL_OUT_WAIT;
		nfpt_pptp_call_list(call);
	}
	nfpt_rig_unlock(rig);
	return call;
}

/**
 * nfpt_rig_adopt() - a reply to a call
 * @test: the test
 * @call: the call
 * @from: made with the id that the reply brings
 * @end: the end that replies
 * @master: to set the flow up with, NULL not to
 *
 * Return: whether it worked.
 */
bool nfpt_rig_adopt(struct kunit *test, struct nfpt_pptp_call *call,
		    struct nfpt_pptp_call *from, unsigned int end, struct nf_conn *master)
{
	struct nfpt_rig *rig = test->priv;
	LIST_HEAD(todo);
	bool ok;

	nfpt_rig_lock(rig);
	ok = nfpt_pptp_call_adopt(call, from, end);
	if (ok && master) {
		call->state = NFPT_PPTP_CALL_UP;
		nfpt_pptp_call_connect(call, &todo);
	}
	spin_unlock_bh(&rig->ppn->lock);
	nfpt_pptp_call_setup(rig->ppn, &todo, master);
	rcu_read_unlock();
	return ok;
}

/**
 * nfpt_rig_end() - end a call and its flow
 * @test: the test
 * @call: the call
 */
void nfpt_rig_end(struct kunit *test, struct nfpt_pptp_call *call)
{
	struct nfpt_rig *rig = test->priv;

	nfpt_rig_lock(rig);
	nfpt_pptp_call_end(call, NF_PASSTHROUGH_END_REASON_CLEARED);
	nfpt_rig_unlock(rig);
	flush_delayed_work(&rig->ppn->worker);
}

/**
 * nfpt_rig_by_id() - nfpt_pptp_call_by_id() under the lock
 * @test: the test
 * @conn: control connection
 * @end: the owner
 * @id: Call ID
 */
struct nfpt_pptp_call *nfpt_rig_by_id(struct kunit *test, struct nfpt_pptp_conn *conn,
				      unsigned int end, u16 id)
{
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call;

	nfpt_rig_lock(rig);
	call = nfpt_pptp_call_by_id(conn, end, id);
	nfpt_rig_unlock(rig);
	return call;
}

/**
 * nfpt_rig_by_mapped() - nfpt_pptp_call_by_mapped() under the lock
 * @test: the test
 * @conn: control connection
 * @end: the owner
 * @mapped: Call ID as the other end sees it
 */
struct nfpt_pptp_call *nfpt_rig_by_mapped(struct kunit *test, struct nfpt_pptp_conn *conn,
					  unsigned int end, u16 mapped)
{
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call;

	nfpt_rig_lock(rig);
	call = nfpt_pptp_call_by_mapped(conn, end, mapped);
	nfpt_rig_unlock(rig);
	return call;
}

/**
 * nfpt_rig_call() - a call that both ends have agreed on, its flow set up
 * @test: the test
 * @ends: who speaks to whom, in a control connection of their own
 * @initiator_id: Call ID of the end that has opened it, the PNS
 * @responder_id: Call ID of the other end
 *
 * Return: the call.
 */
struct nfpt_pptp_call *nfpt_rig_call(struct kunit *test, const struct nfpt_rig_ends *ends,
				     u16 initiator_id, u16 responder_id)
{
	struct nf_conn *master = nfpt_rig_master(test, ends);
	struct nfpt_pptp_conn *conn = nfpt_rig_conn(test, ends);
	struct nfpt_pptp_call *call, *from;

	call = nfpt_rig_request(test, conn, INITIATOR, initiator_id);
	KUNIT_ASSERT_NOT_NULL(test, call);
	from = nfpt_rig_offer(test, conn, RESPONDER, responder_id);
	KUNIT_ASSERT_NOT_NULL(test, from);
	KUNIT_ASSERT_TRUE(test, nfpt_rig_adopt(test, call, from, RESPONDER, master));
	KUNIT_ASSERT_TRUE(test, call->tracked);
	return call;
}

/**
 * nfpt_rig_count() - read a counter
 * @test: the test
 * @counter: enum nfpt_pptp_counter
 */
u64 nfpt_rig_count(struct kunit *test, unsigned int counter)
{
	struct nfpt_rig *rig = test->priv;

	return nfpt_kunit_counter(rig->pn, counter);
}

/**
 * nfpt_rig_gre() - make a GRE packet of a call
 * @test: the test
 * @saddr: source, host byte order
 * @daddr: destination, host byte order
 * @call_id: Call ID in it
 */
struct sk_buff *nfpt_rig_gre(struct kunit *test, u32 saddr, u32 daddr, u16 call_id)
{
	u8 gre[NFPT_GRE_MIN + 8] = { 0x30, 0x01, 0x88, 0x0b, 0, 4 };
	struct sk_buff *skb;

	nfpt_put_be16(gre + NFPT_GRE_CALL_ID, call_id);
	skb = nfpt_kunit_packet(htonl(saddr), htonl(daddr), IPPROTO_GRE, gre, sizeof(gre),
				sizeof(gre), 0);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	return skb;
}

/**
 * nfpt_rig_tcp() - make a TCP segment, its checksum right
 * @test: the test
 * @saddr: source, host byte order
 * @daddr: destination, host byte order
 * @th: TCP header, without options
 * @data: payload
 * @len: length of @data
 * @linear: bytes of @data in the linear area
 * @room: bytes free behind them
 */
struct sk_buff *nfpt_rig_tcp(struct kunit *test, u32 saddr, u32 daddr,
			     const struct tcphdr *th, const void *data, unsigned int len,
			     unsigned int linear, unsigned int room)
{
	u8 *segment = kunit_kzalloc(test, sizeof(*th) + len, GFP_KERNEL);
	struct tcphdr *head = (struct tcphdr *)segment;
	struct sk_buff *skb;

	KUNIT_ASSERT_NOT_NULL(test, segment);
	*head = *th;
	head->doff = sizeof(*th) / 4;
	head->check = 0;
	memcpy(segment + sizeof(*th), data, len);
	head->check = tcp_v4_check(sizeof(*th) + len, htonl(saddr), htonl(daddr),
				   csum_partial(segment, sizeof(*th) + len, 0));
	skb = nfpt_kunit_packet(htonl(saddr), htonl(daddr), IPPROTO_TCP, segment,
				sizeof(*th) + len, sizeof(*th) + linear, room);
	kunit_kfree(test, segment);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	return skb;
}

/**
 * nfpt_rig_message() - make a control message, its result good
 * @p: where to, 256 bytes will do
 * @type: control message type
 * @id0: its first Call ID
 * @id1: its second, if it has two
 *
 * Return: its length.
 */
unsigned int nfpt_rig_message(u8 *p, u8 type, u16 id0, u16 id1)
{
	const struct nfpt_pptp_layout *layout = nfpt_pptp_layout(type);

	memset(p, 0, layout->length);
	nfpt_put_be16(p, layout->length);
	nfpt_put_be16(p + 2, NFPT_PPTP_CONTROL);
	nfpt_put_be32(p + 4, NFPT_PPTP_MAGIC);
	nfpt_put_be16(p + 8, type);
	nfpt_put_be16(p + NFPT_PPTP_IDS, id0);
	if (layout->ids == 2) {
		nfpt_put_be16(p + NFPT_PPTP_IDS + 2, id1);
		p[layout->result] = NFPT_PPTP_RESULT_OK;
	}
	return layout->length;
}

/**
 * nfpt_rig_sums_right() - whether lengths and checksums are, once they are done
 * @skb: TCP packet; a checksum left to the device is completed
 */
bool nfpt_rig_sums_right(struct sk_buff *skb)
{
	unsigned int off = ip_hdrlen(skb), len = skb->len - off;
	const struct iphdr *iph = ip_hdr(skb);

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return false;
	iph = ip_hdr(skb);
	return ntohs(iph->tot_len) == skb->len && !ip_fast_csum(iph, iph->ihl) &&
	       !tcp_v4_check(len, iph->saddr, iph->daddr, skb_checksum(skb, off, len, 0));
}
