// SPDX-License-Identifier: GPL-2.0
/*
 * IKE through the router: what its headers tell, and whose answers are whose.
 */
#include <net/netfilter/nf_conntrack_core.h>

#include "ipsec_router.h"

#define OUT(n)	(0x0a000100 + (n))
#define IN(n)	(0x0b000100 + (n))

static const struct nfpt_router_ike nfpt_ike_test_init = {
	.ispi = ROUTER_IKE_SPI(0), .exchange = NFPT_IKE_SA_INIT, .flags = NFPT_IKE_INITIATOR,
};

static struct nf_conntrack_helper *nfpt_ike_test_helper(const struct nf_conn *ct)
{
	const struct nf_conn_help *help = nfct_help(ct);

	return help ? rcu_access_pointer(help->helper) : NULL;
}

/* The first message makes a session; its flow is watched and lives longer. */
static void nfpt_ike_test_first(struct kunit *test)
{
	struct nfpt_trip trip = nfpt_router_ike_out(test, 0, &nfpt_ike_test_init);
	struct nfpt_router *router = test->priv;
	struct nfpt_router_ike reply = nfpt_ike_test_init;
	struct nfpt_ipsec_session *session;

	KUNIT_ASSERT_NOT_NULL(test, trip.ct);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_ike_test_helper(trip.ct), &nfpt_ipsec_helper);
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 300);
	session = nfpt_router_session(test, 0);
	KUNIT_ASSERT_NOT_NULL(test, session);
	KUNIT_EXPECT_EQ(test, session->session.state, NF_PASSTHROUGH_SESSION_STATE_PENDING);
	KUNIT_ASSERT_NOT_NULL(test, session->ike[0]);
	KUNIT_EXPECT_EQ(test, session->ike[0]->ispi, ROUTER_IKE_SPI(0));
	KUNIT_EXPECT_EQ(test, session->ike[0]->sa.rspi, 0);
	KUNIT_EXPECT_EQ(test, nfpt_ipsec_lifetime(&session->session), 300);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 1);

	reply.rspi = 77;
	reply.flags = NFPT_IKE_RESPONSE;
	KUNIT_EXPECT_EQ(test, nfpt_router_ike_in(test, trip.sport, &reply).daddr,
			ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, session->ike[0]->sa.rspi, 77);
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_MOVED), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_CREDIT), 0);
}

/* A step of a conversation. */
struct nfpt_ike_step {
	bool	in;	/* the gateway sends it */
	u8	version;
	u8	exchange;
	u8	flags;
	u32	msgid;
};

static const struct nfpt_ike_talk {
	const char		*name;
	struct nfpt_ike_step	steps[6];
	u8			credits;	/* more than the one there was */
} nfpt_ike_talks[] = {
	{ "IKE_AUTH's answer again", {
		{ true, 2, NFPT_IKE_AUTH, NFPT_IKE_RESPONSE, 1 },
		{ true, 2, NFPT_IKE_AUTH, NFPT_IKE_RESPONSE, 1 },
	}, 0 },
	{ "CREATE_CHILD_SA", {
		{ false, 2, NFPT_IKE_CREATE_CHILD, NFPT_IKE_INITIATOR, 2 },
		{ true, 2, NFPT_IKE_CREATE_CHILD, NFPT_IKE_RESPONSE, 2 },
		{ true, 2, NFPT_IKE_CREATE_CHILD, NFPT_IKE_RESPONSE, 2 },
	}, 1 },
	{ "CREATE_CHILD_SA, the gateway asks", {
		{ true, 2, NFPT_IKE_CREATE_CHILD, 0, 0 },
		{ false, 2, NFPT_IKE_CREATE_CHILD, NFPT_IKE_INITIATOR | NFPT_IKE_RESPONSE, 0 },
	}, 1 },
	{ "CREATE_CHILD_SA without an answer", {
		{ false, 2, NFPT_IKE_CREATE_CHILD, NFPT_IKE_INITIATOR, 2 },
		{ false, 2, NFPT_IKE_CREATE_CHILD, NFPT_IKE_INITIATOR, 2 },
	}, 0 },
	{ "INFORMATIONAL", {
		{ false, 2, NFPT_IKE_INFO, NFPT_IKE_INITIATOR, 2 },
		{ true, 2, NFPT_IKE_INFO, NFPT_IKE_RESPONSE, 2 },
	}, 0 },
	{ "Quick Mode", {
		{ false, 1, NFPT_IKE_V1_QUICK, 1, 0x1234 },
		{ true, 1, NFPT_IKE_V1_QUICK, 1, 0x1234 },
		{ false, 1, NFPT_IKE_V1_QUICK, 1, 0x1234 },
		{ true, 1, NFPT_IKE_V1_QUICK, 1, 0x1234 },
	}, 1 },
	{ "Main Mode", {
		{ false, 1, NFPT_IKE_V1_MAIN, 0, 0 },
		{ true, 1, NFPT_IKE_V1_MAIN, 0, 0 },
	}, 0 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_ike_talk, nfpt_ike_talks, name);

/* An exchange gives a credit when it is complete, and one only. */
static void nfpt_ike_test_credit(struct kunit *test)
{
	const struct nfpt_ike_talk *c = test->param_value;
	const struct nfpt_ike_step *step;
	struct nfpt_ipsec_session *session;
	u16 port = nfpt_router_negotiate(test, 0);

	session = nfpt_router_session(test, 0);
	KUNIT_EXPECT_EQ(test, session->assoc.credits, 1);
	for (step = c->steps; step->version; step++) {
		struct nfpt_router_ike msg = {
			.ispi = ROUTER_IKE_SPI(0), .rspi = ~ROUTER_IKE_SPI(0),
			.version = step->version, .exchange = step->exchange,
			.flags = step->flags, .msgid = step->msgid,
		};

		if (step->in)
			nfpt_router_ike_in(test, port, &msg);
		else
			nfpt_router_ike_out(test, 0, &msg);
	}
	KUNIT_EXPECT_EQ(test, session->assoc.credits, 1 + c->credits);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_CREDIT), 1 + c->credits);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_RESTART), 0);
}

/* A host that begins anew gives up what it had when it has got the new. */
static void nfpt_ike_test_restart(struct kunit *test)
{
	struct nfpt_router_ike msg = nfpt_ike_test_init;
	struct nfpt_ipsec_session *session;
	struct nfpt_ipsec_sa *old;
	u16 port;

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	session = nfpt_router_session(test, 0);
	KUNIT_EXPECT_EQ(test, session->assoc.credits, 0);

	msg.ispi = ROUTER_IKE_SPI(50);
	port = nfpt_router_ike_out(test, 0, &msg).sport;
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_RESTART), 1);
	nfpt_router_ike_out(test, 0, &msg);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_RESTART), 1);
	KUNIT_EXPECT_EQ(test, session->ike[0]->ispi, ROUTER_IKE_SPI(50));
	KUNIT_EXPECT_EQ(test, session->ike[1]->ispi, ROUTER_IKE_SPI(0));
	old = nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(0));
	KUNIT_ASSERT_NOT_NULL(test, old);
	KUNIT_EXPECT_TRUE(test, old->sure);

	msg.rspi = 5;
	msg.exchange = NFPT_IKE_AUTH;
	msg.flags = NFPT_IKE_RESPONSE;
	msg.msgid = 1;
	nfpt_router_ike_in(test, port, &msg);
	KUNIT_EXPECT_EQ(test, session->assoc.credits, 1);
	/* The old one is not heard of for a while. */
	old->assoc.last -= 5000;
	nfpt_router_settle(test, 0, OUT(1), IN(1));
	KUNIT_EXPECT_NULL(test, nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(0)));
	KUNIT_EXPECT_PTR_EQ(test, nfpt_router_session(test, 0), session);
}

/* Of a host's port 500 nobody else's answers come. */
static void nfpt_ike_test_moved(struct kunit *test)
{
	struct nfpt_router_ike msg = {
		.exchange = NFPT_IKE_INFO, .flags = NFPT_IKE_RESPONSE, .msgid = 2, .rspi = 1,
	};
	struct nfpt_trip trip;
	u16 port[2];

	port[0] = nfpt_router_negotiate(test, 0);
	port[1] = nfpt_router_negotiate(test, 1);
	KUNIT_EXPECT_EQ(test, port[0], 500);
	KUNIT_EXPECT_NE(test, port[1], 500);

	msg.ispi = ROUTER_IKE_SPI(1);
	trip = nfpt_router_ike_in(test, 500, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, trip.dport, 500);
	KUNIT_EXPECT_EQ(test, trip.ctinfo, IP_CT_ESTABLISHED_REPLY);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_MOVED), 1);
	trip = nfpt_router_ike_in(test, port[1], &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_MOVED), 1);

	/* A port that was given to one host is no other's. */
	msg.ispi = ROUTER_IKE_SPI(0);
	trip = nfpt_router_ike_in(test, port[1], &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(1));
	trip = nfpt_router_ike_in(test, 500, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));

	/* Of an SPI that nobody knows, the port has the say. */
	msg.ispi = ROUTER_IKE_SPI(7);
	trip = nfpt_router_ike_in(test, 500, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));
	/* Also if it hashes like one that is known. */
	msg.ispi = ROUTER_IKE_SPI(1) ^ 0x500000005;
	trip = nfpt_router_ike_in(test, 500, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_MOVED), 1);

	/* A flow that is gone cannot be found by an SPI either. */
	nfpt_router_flush_conntrack(test);
	msg.ispi = ROUTER_IKE_SPI(1);
	trip = nfpt_router_ike_in(test, 500, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_WAN);
}

/* The administrator may want ports kept: then SPIs are all there is. */
static void nfpt_ike_test_keep_port(struct kunit *test)
{
	struct nfpt_router_ike msg = {
		.exchange = NFPT_IKE_INFO, .flags = NFPT_IKE_RESPONSE, .msgid = 2, .rspi = 1,
	};
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;
	unsigned int n;

	for (n = 1; n < 3; n++)
		KUNIT_ASSERT_EQ(test, nfpt_kunit_pin(router->pn,
						     NF_PASSTHROUGH_PIN_KIND_SOURCE_PORT,
						     htonl(ROUTER_HOST(n)), 0), 0);
	for (n = 0; n < 3; n++)
		KUNIT_EXPECT_EQ(test, nfpt_router_negotiate(test, n), 500);
	for (n = 0; n < 3; n++) {
		msg.ispi = ROUTER_IKE_SPI(n);
		trip = nfpt_router_ike_in(test, 500, &msg);
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_EQ(test, trip.dport, 500);
		nfpt_router_settle(test, n, OUT(n), IN(n));
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_MOVED), 0);
	/* The fourth was not asked for. */
	KUNIT_EXPECT_NE(test, nfpt_router_negotiate(test, 3), 500);
}

static int nfpt_ike_test_other_help(struct sk_buff *skb, unsigned int protoff,
				    struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	return NF_ACCEPT;
}

/* A rule's helper stays. */
static void nfpt_ike_test_other_helper(struct kunit *test)
{
	struct nf_conntrack_helper other = { .name = "other", .help = nfpt_ike_test_other_help };
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	router->helper = &other;
	trip = nfpt_router_ike_out(test, 0, &nfpt_ike_test_init);
	KUNIT_ASSERT_NOT_NULL(test, trip.ct);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_ike_test_helper(trip.ct), &other);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_OTHER_HELPER), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	nfpt_router_flush_conntrack(test);
	synchronize_rcu();
}

/* The mapping of IKE stays as long as there is ESP. */
static void nfpt_ike_test_kept(struct kunit *test)
{
	struct nfpt_ipsec_session *session;
	struct nfpt_trip trip;

	trip = nfpt_router_ike_out(test, 0, &nfpt_ike_test_init);
	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	session = nfpt_router_session(test, 0);

	WRITE_ONCE(trip.ct->timeout, nfct_time_stamp + 40 * HZ);
	nfpt_router_gc(test);
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	/* It does not without. */
	WRITE_ONCE(trip.ct->timeout, nfct_time_stamp + 40 * HZ);
	WRITE_ONCE(session->esp_seen, jiffies - 301 * HZ);
	nfpt_router_gc(test);
	KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 40);
}

static const struct nfpt_ike_malformed {
	const char	*name;
	u8		at;	/* offset of a byte that is changed, 0 for none */
	u8		value;
	u8		len;
} nfpt_ike_malformed[] = {
	{ "nothing", 0, 0, 0 },
	{ "one byte", 0, 0, 1 },
	{ "one byte short", 0, 0, 27 },
	{ "no initiator's SPI", 7, 0, 28 },
	{ "version 0", 17, 0, 28 },
	{ "version 3", 17, 0x30, 28 },
	{ "length beyond the packet", 27, 29, 28 },
	{ "length of less than a header", 27, 27, 28 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_ike_malformed, nfpt_ike_malformed, name);

/* What we do not understand passes, both ways. */
static void nfpt_ike_test_malformed(struct kunit *test)
{
	u8 ike[28] = { [7] = 1, [17] = 0x20, [18] = NFPT_IKE_SA_INIT, [27] = 28 };
	const struct nfpt_ike_malformed *c = test->param_value;
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	ike[c->at] = c->at ? c->value : 0;
	trip = nfpt_router_send(test, nfpt_router_udp(test, ROUTER_HOST(0), 500, ROUTER_GATEWAY,
						      500, ike, c->len));
	KUNIT_EXPECT_TRUE(test, trip.arrived);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE_MALFORMED), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
	trip = nfpt_router_send(test, nfpt_router_udp(test, ROUTER_GATEWAY, 500, ROUTER_WAN,
						      trip.sport, ike, c->len));
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
}

/* The router's own IKE is its own. */
static void nfpt_ike_test_own(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_router_ike msg = nfpt_ike_test_init;
	struct nfpt_trip trip;

	trip = nfpt_router_send(test, nfpt_router_ike(test, ROUTER_WAN, 500, ROUTER_GATEWAY, 500,
						      &msg));
	KUNIT_EXPECT_TRUE(test, trip.arrived);
	KUNIT_ASSERT_NOT_NULL(test, trip.ct);
	KUNIT_EXPECT_NULL(test, nfpt_ike_test_helper(trip.ct));
	trip = nfpt_router_ike_in(test, 500, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);

	/* Hosts of the same gateway do not change that. */
	nfpt_router_negotiate(test, 0);
	trip = nfpt_router_ike_in(test, 500, &(struct nfpt_router_ike){
		.ispi = 12345, .exchange = NFPT_IKE_INFO, .flags = NFPT_IKE_RESPONSE,
	});
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_WAN);
}

/* A server inside, which rules make reachable: the one behind the NAT is it. */
static void nfpt_ike_test_server(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_router_ike msg = nfpt_ike_test_init;
	struct nfpt_ipsec_session *session;
	struct nfpt_trip trip;

	router->server = ROUTER_HOST(5);
	trip = nfpt_router_ike_in(test, 500, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(5));
	session = nfpt_router_session(test, 5);
	KUNIT_ASSERT_NOT_NULL(test, session);
	KUNIT_EXPECT_EQ(test, ntohl(session->session.initiator_seen), ROUTER_WAN);

	msg.rspi = 5;
	msg.exchange = NFPT_IKE_AUTH;
	msg.msgid = 1;
	nfpt_router_ike_in(test, 500, &msg);
	msg.flags = NFPT_IKE_RESPONSE;
	trip = nfpt_router_ike_out(test, 5, &msg);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, trip.sport, 500);
	KUNIT_EXPECT_EQ(test, session->assoc.credits, 1);
	/* Its peer's ESP comes first, and goes where rules would not tell. */
	router->server = 0;
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(5), 1).daddr, ROUTER_HOST(5));
	KUNIT_EXPECT_EQ(test, nfpt_router_out(test, 5, OUT(5), 1).saddr, ROUTER_WAN);
}

static struct kunit_case nfpt_ike_test_cases[] = {
	KUNIT_CASE(nfpt_ike_test_first),
	KUNIT_CASE_PARAM(nfpt_ike_test_credit, nfpt_ike_talk_gen_params),
	KUNIT_CASE(nfpt_ike_test_restart),
	KUNIT_CASE(nfpt_ike_test_moved),
	KUNIT_CASE(nfpt_ike_test_keep_port),
	KUNIT_CASE(nfpt_ike_test_other_helper),
	KUNIT_CASE(nfpt_ike_test_kept),
	KUNIT_CASE_PARAM(nfpt_ike_test_malformed, nfpt_ike_malformed_gen_params),
	KUNIT_CASE(nfpt_ike_test_own),
	KUNIT_CASE(nfpt_ike_test_server),
	{}
};

static struct kunit_suite nfpt_ike_test_suite = {
	.name		= "nfpt_ipsec_ike",
	.init		= nfpt_ipsec_router_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_ike_test_cases,
};

kunit_test_suite(nfpt_ike_test_suite);
