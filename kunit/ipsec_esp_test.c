// SPDX-License-Identifier: GPL-2.0
/*
 * ESP through the router: whose packets are whose, and what their conntrack is.
 */
#include <linux/ipv6.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/xfrm.h>

#include "ipsec_router.h"

#define OUT(n)	(0x0a000100 + (n))	/* outbound SPIs of the hosts */
#define IN(n)	(0x0b000100 + (n))	/* inbound ones */
#define OLD_SEQ	5000			/* of an SA from before */

static u16 nfpt_esp_test_zone(const struct nf_conn *ct)
{
	const struct nf_conntrack_zone *zone = nf_ct_zone(ct);

	return zone->dir == NF_CT_ZONE_DIR_REPL ? zone->id : 0;
}

static bool nfpt_esp_test_is_tuple(const struct nf_conn *ct, unsigned int dir, u32 saddr,
				   u32 daddr)
{
	struct nf_conntrack_tuple tuple;

	nfpt_kunit_tuple(&tuple, IPPROTO_ESP, htonl(saddr), 0, htonl(daddr), 0);
	tuple.dst.dir = dir;
	return nf_ct_tuple_equal(&ct->tuplehash[dir].tuple, &tuple);
}

/* The host's packets leave as they would without us, its replies have a zone. */
static void nfpt_esp_test_out_first(struct kunit *test)
{
	struct nfpt_trip first = nfpt_router_out(test, 0, OUT(0), 1), second;
	struct nfpt_router *router = test->priv;
	struct nfpt_ipsec_session *session;
	struct nfpt_ipsec_sa *sa;

	KUNIT_ASSERT_TRUE(test, first.arrived);
	KUNIT_EXPECT_EQ(test, first.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, first.daddr, ROUTER_GATEWAY);
	KUNIT_EXPECT_EQ(test, first.ctinfo, IP_CT_NEW);
	KUNIT_ASSERT_NOT_NULL(test, first.ct);
	KUNIT_EXPECT_TRUE(test, nf_ct_is_confirmed(first.ct));
	KUNIT_EXPECT_FALSE(test, nf_ct_is_template(first.ct));
	KUNIT_EXPECT_GE(test, nfpt_esp_test_zone(first.ct), NFPT_ZONE_IPSEC);
	KUNIT_EXPECT_TRUE(test, nfpt_esp_test_is_tuple(first.ct, IP_CT_DIR_ORIGINAL,
						       ROUTER_HOST(0), ROUTER_GATEWAY));
	KUNIT_EXPECT_TRUE(test, nfpt_esp_test_is_tuple(first.ct, IP_CT_DIR_REPLY,
						       ROUTER_GATEWAY, ROUTER_WAN));
	KUNIT_EXPECT_GE(test, nfpt_router_left(first.ct), 115);
	KUNIT_EXPECT_LE(test, nfpt_router_left(first.ct), 120);

	session = nfpt_router_session(test, 0);
	KUNIT_ASSERT_NOT_NULL(test, session);
	KUNIT_EXPECT_EQ(test, ntohl(session->session.initiator_seen), ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, ntohl(session->session.responder), ROUTER_GATEWAY);
	KUNIT_EXPECT_EQ(test, session->session.state, NF_PASSTHROUGH_SESSION_STATE_PENDING);
	KUNIT_EXPECT_EQ(test, session->inside->zone, nfpt_esp_test_zone(first.ct));
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 1);
	sa = nfpt_router_sa(test, ROUTER_HOST(0), ROUTER_GATEWAY, OUT(0));
	KUNIT_ASSERT_NOT_NULL(test, sa);
	KUNIT_EXPECT_PTR_EQ(test, sa->session, session);
	KUNIT_EXPECT_FALSE(test, sa->inbound);

	second = nfpt_router_out(test, 0, OUT(0), 2);
	KUNIT_EXPECT_PTR_EQ(test, second.ct, first.ct);
	KUNIT_EXPECT_EQ(test, second.ctinfo, IP_CT_NEW);
	KUNIT_EXPECT_EQ(test, second.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ESP_OUT), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 1);
}

/* The answer to it is the same flow's, and makes it live longer. */
static void nfpt_esp_test_answer(struct kunit *test)
{
	struct nfpt_trip out = nfpt_router_out(test, 0, OUT(0), 1), in;
	struct nfpt_ipsec_sa *sa;

	in = nfpt_router_in(test, IN(0), 1);
	KUNIT_ASSERT_TRUE(test, in.arrived);
	KUNIT_EXPECT_EQ(test, in.saddr, ROUTER_GATEWAY);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, in.ctinfo, IP_CT_ESTABLISHED_REPLY);
	KUNIT_ASSERT_PTR_EQ(test, in.ct, out.ct);
	KUNIT_EXPECT_TRUE(test, test_bit(IPS_SEEN_REPLY_BIT, &in.ct->status));
	KUNIT_EXPECT_GE(test, nfpt_router_left(in.ct), 595);
	KUNIT_EXPECT_LE(test, nfpt_router_left(in.ct), 600);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ESP_IN), 1);

	WRITE_ONCE(in.ct->timeout, nfct_time_stamp + 20 * HZ);
	out = nfpt_router_out(test, 0, OUT(0), 2);
	KUNIT_EXPECT_EQ(test, out.ctinfo, IP_CT_ESTABLISHED);
	KUNIT_EXPECT_GE(test, nfpt_router_left(out.ct), 595);

	nfpt_router_in(test, IN(0), 2);
	sa = nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(0));
	KUNIT_ASSERT_NOT_NULL(test, sa);
	KUNIT_EXPECT_TRUE(test, sa->sure);
	KUNIT_EXPECT_EQ(test, atomic64_read(&sa->packets), 2);
	KUNIT_EXPECT_EQ(test, atomic64_read(&sa->bytes), 2 * 44);
	KUNIT_EXPECT_EQ(test, nfpt_router_session(test, 0)->session.state,
			NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_CONFIRMED), 1);

	/* The way of a confirmed SA. */
	WRITE_ONCE(in.ct->timeout, nfct_time_stamp + 20 * HZ);
	sa->session->assoc.answered -= 60 * MSEC_PER_SEC;
	sa->assoc.last -= 60 * MSEC_PER_SEC;
	in = nfpt_router_in(test, IN(0), 3);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_GE(test, nfpt_router_left(in.ct), 595);
	KUNIT_EXPECT_EQ(test, atomic64_read(&sa->packets), 3);
	KUNIT_EXPECT_EQ(test, READ_ONCE(sa->assoc.top), 3);
	KUNIT_EXPECT_LT(test, nfpt_ipsec_now() - sa->assoc.last, 30 * MSEC_PER_SEC);
	KUNIT_EXPECT_LT(test, nfpt_ipsec_now() - sa->session->assoc.answered,
			30 * MSEC_PER_SEC);
}

/* A gateway that speaks first gets a conntrack of our own making, which is
 * what conntrack itself would have made of the host's first packet.
 */
static void nfpt_esp_test_in_first(struct kunit *test)
{
	struct nfpt_ipsec_session *session;
	struct nfpt_trip in, out;

	nfpt_router_negotiate(test, 0);
	nfpt_router_negotiate(test, 1);
	nfpt_router_session(test, 0)->assoc.credits = 0;
	in = nfpt_router_in(test, IN(1), 1);
	KUNIT_ASSERT_TRUE(test, in.arrived);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, in.ctinfo, IP_CT_ESTABLISHED_REPLY);
	KUNIT_ASSERT_NOT_NULL(test, in.ct);
	session = nfpt_router_session(test, 1);
	KUNIT_EXPECT_EQ(test, nfpt_esp_test_zone(in.ct), session->inside->zone);
	KUNIT_EXPECT_TRUE(test, nfpt_esp_test_is_tuple(in.ct, IP_CT_DIR_ORIGINAL,
						       ROUTER_HOST(1), ROUTER_GATEWAY));
	KUNIT_EXPECT_TRUE(test, nfpt_esp_test_is_tuple(in.ct, IP_CT_DIR_REPLY, ROUTER_GATEWAY,
						       ROUTER_WAN));
	KUNIT_EXPECT_TRUE(test, test_bit(IPS_SEEN_REPLY_BIT, &in.ct->status));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_CREDIT),
			1);

	out = nfpt_router_out(test, 1, OUT(1), 1);
	KUNIT_EXPECT_PTR_EQ(test, out.ct, in.ct);
	KUNIT_EXPECT_EQ(test, out.ctinfo, IP_CT_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN);
	nfpt_router_in(test, IN(1), 2);
	KUNIT_EXPECT_EQ(test, session->session.state, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
}

/* Hosts of one gateway: equal reply tuples, told apart by their zones. */
static void nfpt_esp_test_two_hosts(struct kunit *test)
{
	struct nfpt_trip trip[2];
	unsigned int n, seq;

	for (n = 0; n < 2; n++) {
		nfpt_router_negotiate(test, n);
		nfpt_router_settle(test, n, OUT(n), IN(n));
	}
	for (seq = 10; seq < 20; seq++) {
		for (n = 0; n < 2; n++) {
			trip[n] = nfpt_router_in(test, IN(n), seq);
			KUNIT_EXPECT_EQ(test, trip[n].daddr, ROUTER_HOST(n));
			KUNIT_EXPECT_EQ(test, nfpt_router_out(test, n, OUT(n), seq).saddr,
					ROUTER_WAN);
		}
	}
	KUNIT_EXPECT_PTR_NE(test, trip[0].ct, trip[1].ct);
	KUNIT_EXPECT_NE(test, nfpt_esp_test_zone(trip[0].ct), nfpt_esp_test_zone(trip[1].ct));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_COPIES), 0);
}

/* One host and two gateways: one zone is enough. */
static void nfpt_esp_test_two_gateways(struct kunit *test)
{
	struct nfpt_trip one = nfpt_router_out(test, 0, OUT(0), 1), other;

	other = nfpt_router_esp(test, ROUTER_HOST(0), ROUTER_OTHER, OUT(1), 1);
	KUNIT_ASSERT_TRUE(test, one.ct && other.ct);
	KUNIT_EXPECT_PTR_NE(test, one.ct, other.ct);
	KUNIT_EXPECT_EQ(test, nfpt_esp_test_zone(one.ct), nfpt_esp_test_zone(other.ct));
	KUNIT_EXPECT_PTR_EQ(test, nfpt_router_in(test, IN(0), 1).ct, one.ct);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_router_esp(test, ROUTER_OTHER, ROUTER_WAN, IN(0), 1).ct,
			    other.ct);
}

/* Whoever may have it gets it, until one shows that it has it. */
static void nfpt_esp_test_ambiguous(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip in;
	unsigned int n, seq;

	for (n = 0; n < 3; n++)
		nfpt_router_negotiate(test, n);
	in = nfpt_router_in(test, IN(1), 1);
	KUNIT_ASSERT_TRUE(test, in.arrived);
	KUNIT_EXPECT_EQ(test, router->n_copies, 2);
	for (n = 0; n < 3; n++)
		KUNIT_EXPECT_EQ(test, nfpt_router_got_copy(router, ROUTER_HOST(n)) +
				      (in.daddr == ROUTER_HOST(n)), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_COPIES), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ESP_IN), 3);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_WHY +
						      NFPT_ASSOC_WHY_SEVERAL), 1);
	for (n = 0; n < 3; n++)
		KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, nfpt_router_session(test, n),
							 NF_PASSTHROUGH_A_SA_INBOUND), 1);

	for (seq = 2; seq < 8; seq++) {
		nfpt_router_out(test, 1, OUT(1), seq);
		in = nfpt_router_in(test, IN(1), seq);
	}
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_TRUE(test, nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(1))->sure);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_CONFIRMED), 1);
	n = router->n_copies;
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(1), 20).daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, router->n_copies, n);
}

/* Nobody expects it: dropped, counted, and nothing kept of it. */
static void nfpt_esp_test_unknown(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip in;
	unsigned int flows, n;

	for (n = 0; n < 2; n++) {
		nfpt_router_negotiate(test, n);
		nfpt_router_settle(test, n, OUT(n), IN(n));
	}
	flows = nfpt_router_flows(router);
	for (n = 0; n < 100; n++) {
		in = nfpt_router_in(test, 0x0c000000 + n, OLD_SEQ);
		KUNIT_EXPECT_FALSE(test, in.arrived);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_NONE),
			100);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), flows);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_COPIES), 0);
}

/* A gateway that no host talks to is none of our business. */
static void nfpt_esp_test_stranger(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip in = nfpt_router_in(test, IN(0), 1);

	KUNIT_EXPECT_TRUE(test, in.arrived);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, in.ctinfo, IP_CT_NEW);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
}

/* Nor is one that a rule lets in to a server: conntrack knows the way back. */
static void nfpt_esp_test_server(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip in, out;

	router->server = ROUTER_HOST(5);
	in = nfpt_router_in(test, IN(5), 1);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(5));
	out = nfpt_router_out(test, 5, OUT(5), 1);
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN);
	KUNIT_EXPECT_PTR_EQ(test, out.ct, in.ct);
	KUNIT_EXPECT_EQ(test, out.ctinfo, IP_CT_ESTABLISHED_REPLY);
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(5), 2).daddr, ROUTER_HOST(5));
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
}

/* Nor is ESP that nobody translates: its addresses tell whose it is. */
static void nfpt_esp_test_no_nat(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip in;

	router->wan = 0;
	KUNIT_EXPECT_EQ(test, nfpt_router_out(test, 0, OUT(0), OLD_SEQ).saddr, ROUTER_HOST(0));
	in = nfpt_router_esp(test, ROUTER_GATEWAY, ROUTER_HOST(0), IN(0), OLD_SEQ);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	nfpt_router_out(test, 0, OUT(0), OLD_SEQ + 1);
	in = nfpt_router_esp(test, ROUTER_GATEWAY, ROUTER_HOST(0), IN(0), OLD_SEQ + 1);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	in = nfpt_router_esp(test, ROUTER_GATEWAY, ROUTER_HOST(0), IN(1), OLD_SEQ);
	KUNIT_EXPECT_TRUE_MSG(test, in.arrived, "a second SA");
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_NONE),
			0);
}

static const struct nfpt_esp_malformed {
	const char	*name;
	u8		esp[NFPT_ESP_MIN];
	u8		len;
} nfpt_esp_malformed[] = {
	{ "nothing", { }, 0 },
	{ "no sequence number", { 0x10, 0, 0, 1 }, 4 },
	{ "one byte short", { 0x10, 0, 0, 1 }, 7 },
	{ "SPI 0", { }, 8 },
	{ "SPI 255", { 0, 0, 0, 255 }, 8 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_esp_malformed, nfpt_esp_malformed, name);

/* What we do not understand passes as if we were not there. */
static void nfpt_esp_test_malformed(struct kunit *test)
{
	const struct nfpt_esp_malformed *c = test->param_value;
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	trip = nfpt_router_send(test, nfpt_router_packet(test, ROUTER_HOST(0), ROUTER_GATEWAY,
							 IPPROTO_ESP, c->esp, c->len));
	KUNIT_EXPECT_TRUE(test, trip.arrived);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ESP_MALFORMED), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
}

/* The header of a packet may be anywhere in it. */
static void nfpt_esp_test_paged(struct kunit *test)
{
	const u8 esp[NFPT_ESP_MIN + 16] = { 0x0a, 0, 1, 0, 0, 0, 0, 1 };
	struct nfpt_router *router = test->priv;
	struct sk_buff *skb;

	skb = nfpt_kunit_packet(htonl(ROUTER_HOST(0)), htonl(ROUTER_GATEWAY), IPPROTO_ESP, esp,
				sizeof(esp), 3, 0);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb->dev = router->net->loopback_dev;
	KUNIT_EXPECT_EQ(test, nfpt_router_send(test, skb).saddr, ROUTER_WAN);
	KUNIT_EXPECT_NOT_NULL(test, nfpt_router_sa(test, ROUTER_HOST(0), ROUTER_GATEWAY,
						   0x0a000100));
}

static struct sk_buff *nfpt_esp_test_fragment(struct kunit *test, bool last)
{
	const u8 esp[24] = { 0x0a, 0, 1, 0, 0, 0, 0, 1 };
	struct sk_buff *skb;

	skb = nfpt_router_packet(test, ROUTER_HOST(0), ROUTER_GATEWAY, IPPROTO_ESP,
				 esp + 16 * last, last ? 8 : 16);
	ip_hdr(skb)->id = htons(77);
	ip_hdr(skb)->frag_off = last ? htons(2) : htons(IP_MF);
	ip_send_check(ip_hdr(skb));
	return skb;
}

/* Conntrack has put fragments together before we see them. */
static void nfpt_esp_test_fragments(struct kunit *test)
{
	struct nfpt_trip trip;

	trip = nfpt_router_send(test, nfpt_esp_test_fragment(test, false));
	KUNIT_EXPECT_FALSE(test, trip.arrived);
	KUNIT_EXPECT_NULL(test, nfpt_router_session(test, 0));
	trip = nfpt_router_send(test, nfpt_esp_test_fragment(test, true));
	KUNIT_EXPECT_TRUE(test, trip.arrived);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_GE(test, nfpt_esp_test_zone(trip.ct), NFPT_ZONE_IPSEC);
	KUNIT_EXPECT_NOT_NULL(test, nfpt_router_session(test, 0));
}

/* Where it has not, a piece of a packet is left alone. */
static void nfpt_esp_test_fragment_alone(struct kunit *test)
{
	const struct nfpt_hook *track = &nfpt_ipsec_proto.help_hooks[0];
	struct nfpt_router *router = test->priv;
	const struct nf_hook_state state = {
		.hook = NF_INET_PRE_ROUTING, .pf = NFPROTO_IPV4, .net = router->net,
	};
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		skb = nfpt_esp_test_fragment(test, i);
		rcu_read_lock();
		KUNIT_EXPECT_EQ(test, track->hook(router->pn, skb, &state), NF_ACCEPT);
		rcu_read_unlock();
		KUNIT_EXPECT_NULL(test, skb_nfct(skb));
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ESP_MALFORMED), 0);
}

static const struct nfpt_esp_zone {
	const char	*name;
	u8		dir;
	bool		both;	/* the rule is for inbound packets, too */
} nfpt_esp_zones[] = {
	{ "both directions", NF_CT_DEFAULT_ZONE_DIR, true },
	{ "original direction", NF_CT_ZONE_DIR_ORIG, false },
	{ "reply direction", NF_CT_ZONE_DIR_REPL, true },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_esp_zone, nfpt_esp_zones, name);

/* A rule's zone is the administrator's business: what it says is done, and
 * what it lets through is still let through.
 */
static void nfpt_esp_test_template_left(struct kunit *test)
{
	const struct nfpt_esp_zone *c = test->param_value;
	struct nfpt_router *router = test->priv;
	struct nfpt_trip out, in;

	nfpt_router_zone(test, 7, c->dir);
	out = nfpt_router_out(test, 0, OUT(0), OLD_SEQ);
	KUNIT_ASSERT_NOT_NULL(test, out.ct);
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nf_ct_zone(out.ct)->id, 7);
	KUNIT_EXPECT_EQ(test, nf_ct_zone(out.ct)->dir, c->dir);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_IPSEC_C_ZONE), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);

	if (!c->both)
		nf_ct_put(xchg(&router->tmpl, NULL));
	in = nfpt_router_in(test, IN(0), OLD_SEQ);
	KUNIT_EXPECT_PTR_EQ(test, in.ct, out.ct);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	in = nfpt_router_in(test, IN(1), OLD_SEQ);
	KUNIT_EXPECT_PTR_EQ(test, in.ct, out.ct);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
}

/* What has a conntrack, or is to have none, is not ours. */
static void nfpt_esp_test_untracked(struct kunit *test)
{
	const struct nfpt_hook *track = &nfpt_ipsec_proto.help_hooks[0];
	struct nfpt_router *router = test->priv;
	const struct nf_hook_state state = {
		.hook = NF_INET_PRE_ROUTING, .pf = NFPROTO_IPV4, .net = router->net,
	};
	const u8 esp[NFPT_ESP_MIN] = { 0x0a, 0, 1, 0, 0, 0, 0, 1 };
	struct sk_buff *skb;

	skb = nfpt_router_packet(test, ROUTER_HOST(0), ROUTER_GATEWAY, IPPROTO_ESP, esp,
				 sizeof(esp));
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, track->hook(router->pn, skb, &state), NF_ACCEPT);
	rcu_read_unlock();
	KUNIT_EXPECT_NULL(test, skb_nfct(skb));
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ZONE), 0);
	kfree_skb(skb);
}

static struct xfrm_state *nfpt_esp_test_own_sa(struct kunit *test, u32 spi)
{
	struct nfpt_router *router = test->priv;
	struct xfrm_state *x = xfrm_state_alloc(router->net);

	KUNIT_ASSERT_NOT_NULL(test, x);
	x->id.spi = htonl(spi);
	x->id.proto = IPPROTO_ESP;
	x->id.daddr.a4 = htonl(ROUTER_WAN);
	x->props.saddr.a4 = htonl(ROUTER_GATEWAY);
	x->props.family = AF_INET;
	x->props.mode = XFRM_MODE_TUNNEL;
	x->km.state = XFRM_STATE_VALID;
	xfrm_state_insert(x);
	return x;
}

/* The router may have a tunnel of its own with the same gateway. */
static void nfpt_esp_test_own(struct kunit *test)
{
	struct xfrm_state *x = nfpt_esp_test_own_sa(test, IN(9));
	struct nfpt_router *router = test->priv;
	unsigned int flows;
	struct nfpt_trip in;

	nfpt_router_out(test, 0, OUT(0), 1);
	flows = nfpt_router_flows(router);
	in = nfpt_router_in(test, IN(9), 1);
	xfrm_state_delete(x);
	KUNIT_EXPECT_TRUE(test, in.arrived);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), flows);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ESP_IN), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(0), 1).daddr, ROUTER_HOST(0));
}

/* AH cannot pass a NAT; whoever looks at the counters learns why. */
static void nfpt_esp_test_ah(struct kunit *test)
{
	const u8 ah[24] = { IPPROTO_TCP, 4, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1 };
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	trip = nfpt_router_send(test, nfpt_router_packet(test, ROUTER_HOST(0), ROUTER_GATEWAY,
							 IPPROTO_AH, ah, sizeof(ah)));
	KUNIT_EXPECT_TRUE(test, trip.arrived);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_AH), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
}

/* Who flushes conntrack loses nothing, whichever end speaks next. */
static void nfpt_esp_test_flushed(struct kunit *test)
{
	struct nfpt_trip in, out;
	unsigned int n;

	for (n = 0; n < 2; n++) {
		nfpt_router_negotiate(test, n);
		nfpt_router_settle(test, n, OUT(n), IN(n));
	}
	nfpt_router_flush_conntrack(test);
	in = nfpt_router_in(test, IN(0), 10);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	out = nfpt_router_out(test, 0, OUT(0), 10);
	KUNIT_EXPECT_PTR_EQ(test, out.ct, in.ct);
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN);

	out = nfpt_router_out(test, 1, OUT(1), 10);
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN);
	in = nfpt_router_in(test, IN(1), 10);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_PTR_EQ(test, in.ct, out.ct);
	KUNIT_EXPECT_EQ(test, nfpt_esp_test_zone(in.ct),
			nfpt_router_session(test, 1)->inside->zone);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_CONFIRMED), 2);
}

/* A new NAT address: the gateway knows nothing of the old one's SAs. */
static void nfpt_esp_test_wan_changed(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_ipsec_session *session;
	struct nfpt_trip out;

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	/* This is what masquerading does. */
	nfpt_router_flush_conntrack(test);
	router->wan = ROUTER_WAN + 7;
	KUNIT_ASSERT_EQ(test, nfpt_kunit_net_address(router->net, htonl(router->wan)), 0);

	out = nfpt_router_out(test, 0, OUT(0), 10);
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN + 7);
	session = nfpt_router_session(test, 0);
	KUNIT_ASSERT_NOT_NULL(test, session);
	KUNIT_EXPECT_EQ(test, ntohl(session->session.initiator_seen), ROUTER_WAN + 7);
	KUNIT_EXPECT_EQ(test, session->session.state, NF_PASSTHROUGH_SESSION_STATE_PENDING);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_insides, 1);
	KUNIT_EXPECT_NULL(test, nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(0)));

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(1), IN(1));
	/* Old packets that are still under way are nobody's. */
	KUNIT_EXPECT_NE(test, nfpt_router_esp(test, ROUTER_GATEWAY, ROUTER_WAN, IN(0), 9).daddr,
			ROUTER_HOST(0));
}

/* Equal SPIs of two hosts cannot be helped, but they can be told. */
static void nfpt_esp_test_clash(struct kunit *test)
{
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	KUNIT_EXPECT_TRUE(test, nfpt_router_out(test, 1, OUT(1), 1).arrived);
	nfpt_router_in(test, IN(0), 20);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_CLASH), 0);
	nfpt_router_in(test, IN(0), 1);
	nfpt_router_in(test, IN(0), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_CLASH), 1);
}

/* A host that has no IKE we could see may be named instead. */
static void nfpt_esp_test_pinned(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip in;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_pin(router->pn, NF_PASSTHROUGH_PIN_KIND_DATA,
					     htonl(ROUTER_HOST(3)), htonl(ROUTER_GATEWAY)), 0);
	in = nfpt_router_in(test, IN(3), OLD_SEQ);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(3));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_PIN), 1);
	/* It is for this gateway only. */
	in = nfpt_router_esp(test, ROUTER_OTHER, ROUTER_WAN, IN(3), 1);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_WAN);
	/* Other hosts of the gateway keep what is theirs. */
	nfpt_router_out(test, 0, OUT(0), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(3), OLD_SEQ + 1).daddr, ROUTER_HOST(3));
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(0), 1).daddr, ROUTER_HOST(3));
}

static const struct nfpt_esp_block {
	const char	*name;
	u8		protocol;
	u16		port;
	int		counter;	/* negative: it passes */
} nfpt_esp_blocks[] = {
	{ "ESP", IPPROTO_ESP, 0, NFPT_IPSEC_C_BLOCKED_DATA },
	{ "AH", IPPROTO_AH, 0, NFPT_IPSEC_C_BLOCKED_DATA },
	{ "IKE", IPPROTO_UDP, 500, NFPT_IPSEC_C_BLOCKED_CONTROL },
	{ "NAT-T", IPPROTO_UDP, 4500, NFPT_IPSEC_C_BLOCKED_CONTROL },
	{ "DNS", IPPROTO_UDP, 53, -1 },
	{ "GRE", IPPROTO_GRE, 0, -1 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_esp_block, nfpt_esp_blocks, name);

/* Disabled: nothing is forwarded, and what was up is over. */
static void nfpt_esp_test_blocked(struct kunit *test)
{
	const struct nfpt_esp_block *c = test->param_value;
	struct nfpt_router *router = test->priv;
	u8 data[32] = { 0, 0, 0, 0, 1 };
	struct nfpt_trip trip;

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_DISABLED);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
	KUNIT_EXPECT_FALSE(test, nfpt_router_in(test, IN(0), 10).daddr == ROUTER_HOST(0));

	nfpt_put_be16(data, 4500);
	nfpt_put_be16(data + 2, c->port);
	nfpt_put_be16(data + 4, sizeof(data));
	trip = nfpt_router_send(test, nfpt_router_packet(test, ROUTER_HOST(0), ROUTER_GATEWAY,
							 c->protocol, data, sizeof(data)));
	KUNIT_EXPECT_EQ(test, trip.arrived, c->counter < 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_BLOCKED_DATA),
			c->counter == NFPT_IPSEC_C_BLOCKED_DATA);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_BLOCKED_CONTROL),
			c->counter == NFPT_IPSEC_C_BLOCKED_CONTROL);
}

/* IPv6 needs no help, but is blocked like the rest. */
static void nfpt_esp_test_blocked6(struct kunit *test)
{
	const struct nfpt_esp_block *c = test->param_value;
	const struct nf_hook_ops *block = &nfpt_ipsec_proto.block_ops[1];
	struct nfpt_router *router = test->priv;
	const struct nf_hook_state state = {
		.hook = NF_INET_FORWARD, .pf = NFPROTO_IPV6, .net = router->net,
	};
	struct {
		struct ipv6hdr	ip;
		u8		hop[8];
		u8		data[24];
	} packet = {
		.ip = {
			.version = 6, .nexthdr = NEXTHDR_HOP, .hop_limit = 64,
			.payload_len = htons(sizeof(packet) - sizeof(packet.ip)),
		},
		.hop = { c->protocol, 0, 1, 4 },
		.data = { c->protocol == IPPROTO_AH ? NEXTHDR_TCP : 0x11, 4 },
	};
	struct sk_buff *skb = alloc_skb(sizeof(packet), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	if (c->protocol == IPPROTO_UDP)
		nfpt_put_be16(packet.data + 2, c->port);
	skb_reset_network_header(skb);
	skb_put_data(skb, &packet, sizeof(packet));
	/* The hook may be there before the state is. */
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, block->hook(router->pn, skb, &state), NF_ACCEPT);
	rcu_read_unlock();
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_DISABLED);
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, block->hook(router->pn, skb, &state),
			c->counter < 0 ? NF_ACCEPT : NF_DROP);
	rcu_read_unlock();
	if (c->counter >= 0)
		KUNIT_EXPECT_EQ(test, nfpt_router_count(test, c->counter), 1);
	kfree_skb(skb);
}

static struct kunit_case nfpt_esp_test_cases[] = {
	KUNIT_CASE(nfpt_esp_test_out_first),
	KUNIT_CASE(nfpt_esp_test_answer),
	KUNIT_CASE(nfpt_esp_test_in_first),
	KUNIT_CASE(nfpt_esp_test_two_hosts),
	KUNIT_CASE(nfpt_esp_test_two_gateways),
	KUNIT_CASE(nfpt_esp_test_ambiguous),
	KUNIT_CASE(nfpt_esp_test_unknown),
	KUNIT_CASE(nfpt_esp_test_stranger),
	KUNIT_CASE(nfpt_esp_test_server),
	KUNIT_CASE(nfpt_esp_test_no_nat),
	KUNIT_CASE_PARAM(nfpt_esp_test_malformed, nfpt_esp_malformed_gen_params),
	KUNIT_CASE(nfpt_esp_test_paged),
	KUNIT_CASE(nfpt_esp_test_fragments),
	KUNIT_CASE(nfpt_esp_test_fragment_alone),
	KUNIT_CASE_PARAM(nfpt_esp_test_template_left, nfpt_esp_zone_gen_params),
	KUNIT_CASE(nfpt_esp_test_untracked),
	KUNIT_CASE(nfpt_esp_test_own),
	KUNIT_CASE(nfpt_esp_test_ah),
	KUNIT_CASE(nfpt_esp_test_flushed),
	KUNIT_CASE(nfpt_esp_test_wan_changed),
	KUNIT_CASE(nfpt_esp_test_clash),
	KUNIT_CASE(nfpt_esp_test_pinned),
	KUNIT_CASE_PARAM(nfpt_esp_test_blocked, nfpt_esp_block_gen_params),
	KUNIT_CASE_PARAM(nfpt_esp_test_blocked6, nfpt_esp_block_gen_params),
	{}
};

static struct kunit_suite nfpt_esp_test_suite = {
	.name		= "nfpt_ipsec_esp",
	.init		= nfpt_ipsec_router_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_esp_test_cases,
};

kunit_test_suite(nfpt_esp_test_suite);
