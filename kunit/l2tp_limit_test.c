// SPDX-License-Identifier: GPL-2.0
/*
 * Limits: nobody takes everything, who is not served is not stopped, and what
 * was held is given back, however it ends.
 */
#include <net/netfilter/nf_conntrack_core.h>

#include "l2tp_rig.h"

#define ID(n)		(0x1100 + (n))
#define THEIRS(n)	(0x2200 + (n))
#define IN(n)		(0x33330000 + (n))
#define OUT(n)		(0x44440000 + (n))

/* A tunnel of each kind, and a call that is nobody's yet. */
static void nfpt_limit_test_all_up(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 2; n++) {
		nfpt_rig_connect(test, n, ID(0), THEIRS(n));
		nfpt_rig_out(test, n, &(struct nfpt_rig_message){
			.type = NFPT_L2TP_ICRQ, .to = THEIRS(n), .local = 5,
		});
		nfpt_rig_connect_ip(test, n, ID(0), THEIRS(n));
		nfpt_rig_out(test, n, &(struct nfpt_rig_message){
			.version = 3, .ip = true, .type = NFPT_L2TP_ICRQ, .to = THEIRS(n),
			.local = IN(10 + n),
		});
		nfpt_rig_settle(test, n, OUT(n), IN(n));
	}
	nfpt_rig_ip_out(test, 2, OUT(2));
	nfpt_rig_ip_out(test, 3, OUT(3));
	KUNIT_EXPECT_TRUE(test, nfpt_rig_ip_in(test, IN(7)).arrived);
	nfpt_rig_request(test, 4, ID(4));
}

#define NFPT_LIMIT_TEST_UP	9	/* tunnels and pairs of that */

/* Nothing is held any more, of nobody. */
static void nfpt_limit_test_nothing(struct kunit *test, const struct nfpt_l2tp_net *ln)
{
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	KUNIT_EXPECT_EQ(test, ln->n_tunnels, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&ln->servers));
}

/* ---- caps -------------------------------------------------------------- */

/* A host that asks for tunnels without end, and one that makes calls. */
static void nfpt_limit_test_host(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	const struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_trip trip;
	unsigned int flows, i;

	nfpt_rig_set(test, NFPT_L2TP_MAX_PER_HOST, 10);
	for (i = 0; i < 50; i++) {
		trip = nfpt_rig_request(test, 0, ID(i));
		KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	}
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 10);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_LIMIT_HOST), 40);
	flows = nfpt_router_flows(router);
	KUNIT_EXPECT_LE(test, flows, 2 + 10 * NFPT_L2TP_FLOWS);
	/* Its ports are as good as they were without us. */
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .to = ID(49), .assigned = THEIRS(49),
	}).daddr, ROUTER_HOST(0));

	nfpt_rig_connect(test, 1, ID(100), THEIRS(100));
	tunnel = nfpt_rig_tunnel(test, 1, ID(100));
	for (i = 0; i < 50; i++)
		nfpt_rig_out(test, 1, &(struct nfpt_rig_message){
			.type = NFPT_L2TP_ICRQ, .to = THEIRS(100), .local = 1 + i,
		});
	KUNIT_EXPECT_EQ(test, tunnel->inside->n_held, 10);
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, tunnel), 9);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_LIMIT_HOST), 40 + 41);

	/* A place that becomes free is taken. */
	nfpt_rig_out(test, 1, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_CDN, .to = THEIRS(100), .local = 1,
	});
	nfpt_rig_out(test, 1, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_ICRQ, .to = THEIRS(100), .local = 99,
	});
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, tunnel), 9);
}

/* A host that sprays Session IDs over IP fills nothing, and keeps what it has. */
static void nfpt_limit_test_static(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	unsigned int i;

	nfpt_rig_set(test, NFPT_L2TP_MAX_PER_HOST, 10);
	nfpt_rig_settle(test, 0, OUT(0), IN(0));
	nfpt_rig_settle(test, 1, OUT(1), IN(1));
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_TRUE(test, nfpt_rig_ip_out(test, 1, OUT(10 + i)).arrived);
	KUNIT_EXPECT_EQ(test, nfpt_rig_pair(test, 1)->inside->n_held, 10);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_L2TP_C_LIMIT_HOST), 93);
	KUNIT_EXPECT_LE(test, nfpt_router_flows(router), 40);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(i)).daddr, ROUTER_HOST(i));
}

/* A host that talks to everybody. */
static void nfpt_limit_test_servers(struct kunit *test)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_SCCRQ, .assigned = ID(0) };
	struct nfpt_router *router = test->priv;
	unsigned int i, n = 0;
	struct list_head *at;

	nfpt_rig_set(test, NFPT_L2TP_MAX_PER_HOST, 10);
	for (i = 0; i < 50; i++) {
		msg.peer = RIG_OTHER + i;
		KUNIT_EXPECT_EQ(test, nfpt_rig_out(test, 0, &msg).saddr, ROUTER_WAN);
	}
	/* Those that it has no tunnel with are forgotten at once. */
	list_for_each(at, &nfpt_rig_net(test)->servers)
		n++;
	KUNIT_EXPECT_EQ(test, n, 10);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 10);
	KUNIT_EXPECT_LE(test, nfpt_router_flows(router), 1 + 10 * (1 + NFPT_L2TP_FLOWS));
	KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, 1, ID(1), THEIRS(1)), RIG_PORT);
}

/* Too many hosts of one server. */
static void nfpt_limit_test_server(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_SCCRQ, .assigned = ID(2), .peer = RIG_OTHER,
	};
	unsigned int n;
	u16 port;

	nfpt_rig_set(test, NFPT_L2TP_MAX_PER_SERVER, 2);
	for (n = 0; n < 2; n++)
		nfpt_rig_connect(test, n, ID(n), THEIRS(n));
	port = nfpt_rig_request(test, 2, ID(2)).sport;
	KUNIT_EXPECT_NULL(test, nfpt_rig_find(test, NFPT_L2TP_OWN, 2, IPPROTO_UDP, 2, ID(2)));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_LIMIT_SERVER), 1);
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .to = ID(2), .assigned = THEIRS(2), .dport = port,
	}).daddr, ROUTER_HOST(2));
	/* Another server is another matter. */
	nfpt_rig_out(test, 2, &msg);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 3);
}

/* All that may be held: hosts, then tunnels. */
static void nfpt_limit_test_sessions(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;
	unsigned int flows, n;

	nfpt_rig_set(test, NFPT_SETTING_MAX_SESSIONS, 2);
	for (n = 0; n < 2; n++)
		nfpt_rig_connect(test, n, ID(n), THEIRS(n));
	flows = nfpt_router_flows(router);
	trip = nfpt_rig_request(test, 2, ID(2));
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_out(test, 2, OUT(2)).saddr, ROUTER_WAN);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_L2TP_C_LIMIT), 2);
	KUNIT_EXPECT_EQ(test, nfpt_rig_net(test)->n_insides, 2);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), flows);

	/* Those who are there are not kept from talking to others, nor served. */
	trip = nfpt_rig_request(test, 0, ID(9));
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	trip = nfpt_rig_out(test, 0, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRQ, .assigned = ID(8), .peer = RIG_OTHER,
	});
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), flows);
}

/* Who forges the server's address fills nothing and displaces nobody. */
static void nfpt_limit_test_strays(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	const struct nfpt_l2tp_server *server;
	struct nfpt_l2tp_call *call;
	unsigned int i, n = 0;

	nfpt_rig_settle(test, 0, OUT(0), IN(0));
	for (i = 0; i < 2; i++)
		nfpt_rig_ip_out(test, 1 + i, OUT(1 + i));
	for (i = 0; i < 3 * NFPT_L2TP_STRAYS; i++)
		nfpt_rig_ip_in(test, IN(1000 + i));
	server = nfpt_rig_pair(test, 0)->server;
	KUNIT_EXPECT_LE(test, server->n_strays, NFPT_L2TP_STRAYS);
	list_for_each_entry(call, &server->strays, node) {
		WRITE_ONCE(call->seen, nfpt_rig_ago(300));
		n++;
	}
	KUNIT_EXPECT_EQ(test, server->n_strays, n);
	KUNIT_EXPECT_LE(test, nfpt_router_flows(router), NFPT_L2TP_STRAYS + 30);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));

	/* Idle ones go. */
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, server->n_strays, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&server->strays));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));
}

/* Copies are few, whatever the server or somebody in its name sends. */
static void nfpt_limit_test_copies(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	unsigned int begun = jiffies, seconds, i;

	for (i = 0; i < 3; i++)
		nfpt_rig_ip_out(test, i, OUT(i));
	for (i = 0; i < 300; i++)
		nfpt_rig_ip_in(test, IN(i));
	seconds = 1 + (jiffies - begun) / HZ;
	KUNIT_EXPECT_GT(test, router->n_copies, 0);
	KUNIT_EXPECT_LE(test, router->n_copies, seconds * NFPT_L2TP_COPIES);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_COPIES), router->n_copies);
}

/* A host that finds no zone is what it was without us. */
static void nfpt_limit_test_zones(struct kunit *test)
{
	struct nfpt_l2tp_net *ln = nfpt_rig_net(test);
	struct nfpt_router *router = test->priv;
	struct nfpt_trip out, in;

	bitmap_fill(ln->zones.used, NFPT_ZONES);
	out = nfpt_rig_ip_out(test, 0, OUT(0));
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN);
	in = nfpt_rig_ip_in(test, IN(0));
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_PTR_EQ(test, in.ct, out.ct);
	nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	KUNIT_EXPECT_EQ(test, nfpt_rig_request(test, 0, ID(0)).sport, RIG_PORT);
	KUNIT_EXPECT_NE(test, nfpt_rig_request(test, 1, ID(1)).sport, RIG_PORT);
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .to = ID(0), .assigned = THEIRS(0),
	}).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_L2TP_C_LIMIT), 3);

	/* One becomes free. */
	nfpt_router_flush_conntrack(test);
	__clear_bit(100, ln->zones.used);
	ln->zones.next = NFPT_ZONES - 1;
	nfpt_rig_settle(test, 1, OUT(1), IN(1));
	KUNIT_EXPECT_EQ(test, nfpt_rig_pair(test, 1)->inside->zone, NFPT_ZONE_L2TP + 100);
}

/* ---- what is given back -------------------------------------------------- */

/* Over and over; kmemleak looks at what is lost. */
static void nfpt_limit_test_given_back(struct kunit *test)
{
	struct nfpt_l2tp_net *ln = nfpt_rig_net(test);
	struct nfpt_router *router = test->priv;
	struct nfpt_l2tp_inside *inside;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		nfpt_limit_test_all_up(test);
		KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), NFPT_LIMIT_TEST_UP);
		KUNIT_EXPECT_EQ(test, nfpt_kunit_flush(router->pn), NFPT_LIMIT_TEST_UP);
		nfpt_limit_test_nothing(test, ln);
		KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
		/* Hosts stay for a while. */
		KUNIT_EXPECT_EQ(test, ln->n_insides, 5);
		KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 5);
	}
	list_for_each_entry(inside, &ln->insides, node) {
		KUNIT_EXPECT_EQ(test, inside->n_held, 0);
		inside->seen = nfpt_rig_ago(300);
	}
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, ln->n_insides, 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(ln->zones.used, NFPT_ZONES));
}

/* The namespace goes with all of it up. */
static void nfpt_limit_test_namespace(struct kunit *test)
{
	nfpt_limit_test_all_up(test);
	nfpt_rig_out(test, 0, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_STOPCCN, .to = THEIRS(0), .assigned = ID(0),
	});
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), NFPT_LIMIT_TEST_UP);
}

/* ---- states ------------------------------------------------------------- */

/* Stock: ports, and one host for each server over IP. */
static void nfpt_limit_test_bypassed(struct kunit *test)
{
	struct nfpt_router *router = test->priv;

	KUNIT_EXPECT_NULL(test, nfpt_rig_net(test));
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_stains(test), 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_request(test, 0, ID(0)).saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_out(test, 0, OUT(0)).saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));
}

/* Nothing of it is forwarded, of the router's own nothing is stopped. */
static void nfpt_limit_test_disabled(struct kunit *test)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_SCCRQ, .assigned = ID(0) };

	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
	KUNIT_EXPECT_FALSE(test, nfpt_rig_out(test, 0, &msg).arrived);
	msg.sport = 40000;
	KUNIT_EXPECT_FALSE(test, nfpt_rig_out(test, 0, &msg).arrived);
	KUNIT_EXPECT_FALSE(test, nfpt_rig_ip_out(test, 0, OUT(0)).arrived);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_BLOCKED_CONTROL), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_BLOCKED_DATA), 1);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_send(test, ROUTER_WAN, RIG_SERVER, &msg).arrived);
	msg.ip = true;
	msg.version = 3;
	KUNIT_EXPECT_TRUE(test, nfpt_rig_send(test, ROUTER_WAN, RIG_SERVER, &msg).arrived);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
}

static const struct nfpt_limit_states_case {
	const char			*name;
	enum nf_passthrough_state	before;
	enum nf_passthrough_state	after;
} nfpt_limit_states_cases[] = {
	{ "enable, enable", NF_PASSTHROUGH_STATE_ENABLED, NF_PASSTHROUGH_STATE_ENABLED },
	{ "enable, disable", NF_PASSTHROUGH_STATE_ENABLED, NF_PASSTHROUGH_STATE_DISABLED },
	{ "enable, bypass", NF_PASSTHROUGH_STATE_ENABLED, NF_PASSTHROUGH_STATE_BYPASSED },
	{ "disable, enable", NF_PASSTHROUGH_STATE_DISABLED, NF_PASSTHROUGH_STATE_ENABLED },
	{ "disable, disable", NF_PASSTHROUGH_STATE_DISABLED, NF_PASSTHROUGH_STATE_DISABLED },
	{ "disable, bypass", NF_PASSTHROUGH_STATE_DISABLED, NF_PASSTHROUGH_STATE_BYPASSED },
	{ "bypass, enable", NF_PASSTHROUGH_STATE_BYPASSED, NF_PASSTHROUGH_STATE_ENABLED },
	{ "bypass, disable", NF_PASSTHROUGH_STATE_BYPASSED, NF_PASSTHROUGH_STATE_DISABLED },
	{ "bypass, bypass", NF_PASSTHROUGH_STATE_BYPASSED, NF_PASSTHROUGH_STATE_BYPASSED },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_limit_states, nfpt_limit_states_cases, name);

/* Every change with everything up before it, and what there is then. */
static void nfpt_limit_test_states(struct kunit *test)
{
	const struct nfpt_limit_states_case *c = test->param_value;
	struct nfpt_router *router = test->priv;

	nfpt_limit_test_all_up(test);
	nfpt_router_state(test, c->before);
	if (c->before == NF_PASSTHROUGH_STATE_BYPASSED) {
		nfpt_rig_request(test, 0, ID(0));
		nfpt_rig_ip_out(test, 0, OUT(0));
		nfpt_rig_ip_in(test, IN(0));
	}
	nfpt_router_state(test, c->after);
	switch (c->after) {
	case NF_PASSTHROUGH_STATE_BYPASSED:
		nfpt_limit_test_bypassed(test);
		break;
	case NF_PASSTHROUGH_STATE_DISABLED:
		nfpt_limit_test_disabled(test);
		break;
	default:
		if (c->before == NF_PASSTHROUGH_STATE_ENABLED)
			KUNIT_EXPECT_EQ(test, nfpt_kunit_flush(router->pn), NFPT_LIMIT_TEST_UP);
		nfpt_limit_test_all_up(test);
		KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), NFPT_LIMIT_TEST_UP);
	}

	/* Whatever was: it works when it is enabled. */
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	nfpt_router_flush_conntrack(test);
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	nfpt_limit_test_nothing(test, nfpt_rig_net(test));
	nfpt_limit_test_all_up(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), NFPT_LIMIT_TEST_UP);
}

/* Flows from before: over IP they are begun anew, over UDP they go on. */
static void nfpt_limit_test_before(struct kunit *test)
{
	u16 port[2];
	unsigned int n;

	nfpt_router_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	nfpt_rig_ip_out(test, 0, OUT(0));
	for (n = 0; n < 2; n++)
		port[n] = nfpt_rig_request(test, n, ID(n)).sport;
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 3);
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 2);
	for (n = 0; n < 2; n++) {
		nfpt_rig_settle(test, n, OUT(n), IN(n));
		KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, n, ID(n), THEIRS(n)), port[n]);
	}
}

static struct kunit_case nfpt_limit_test_cases[] = {
	KUNIT_CASE(nfpt_limit_test_host),
	KUNIT_CASE(nfpt_limit_test_static),
	KUNIT_CASE(nfpt_limit_test_servers),
	KUNIT_CASE(nfpt_limit_test_server),
	KUNIT_CASE(nfpt_limit_test_sessions),
	KUNIT_CASE(nfpt_limit_test_strays),
	KUNIT_CASE(nfpt_limit_test_copies),
	KUNIT_CASE(nfpt_limit_test_zones),
	KUNIT_CASE(nfpt_limit_test_given_back),
	KUNIT_CASE(nfpt_limit_test_namespace),
	KUNIT_CASE_PARAM(nfpt_limit_test_states, nfpt_limit_states_gen_params),
	KUNIT_CASE(nfpt_limit_test_before),
	{}
};

static struct kunit_suite nfpt_limit_test_suite = {
	.name		= "nfpt_l2tp_limit",
	.init		= nfpt_rig_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_limit_test_cases,
};

kunit_test_suite(nfpt_limit_test_suite);
