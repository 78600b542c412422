// SPDX-License-Identifier: GPL-2.0
/*
 * How long all of it lives, and what may change while it does.
 */
#include <net/netfilter/nf_conntrack_core.h>

#include "l2tp_rig.h"

#define ID(n)		(0x1100 + (n))
#define THEIRS(n)	(0x2200 + (n))
#define IN(n)		(0x33330000 + (n))
#define OUT(n)		(0x44440000 + (n))
#define CALL		0x33

/* Data of a tunnel, from the server; its ports are the packet's. */
static struct nfpt_trip nfpt_life_test_in(struct kunit *test, u32 id, u16 sport, u16 dport)
{
	return nfpt_rig_in(test, &(struct nfpt_rig_message){
		.data = true, .to = id, .session = CALL, .sport = sport, .dport = dport,
	});
}

static struct nfpt_trip nfpt_life_test_out(struct kunit *test, unsigned int n, u32 id)
{
	return nfpt_rig_out(test, n, &(struct nfpt_rig_message){
		.data = true, .to = id, .session = CALL,
	});
}

/* The server answers from another port. */
static void nfpt_life_test_move(struct kunit *test, unsigned int n, u16 from, u16 to)
{
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .to = ID(n), .assigned = THEIRS(n), .sport = from,
		.dport = to,
	}).daddr, ROUTER_HOST(n));
	KUNIT_EXPECT_EQ(test, nfpt_rig_out(test, n, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCCN, .to = THEIRS(n),
	}).dport, from);
}

/* ---- how long ------------------------------------------------------------ */

/* Each of two tunnels with one flow needs packets of its own. */
static void nfpt_life_test_idle(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *tunnel;

	nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	nfpt_rig_connect(test, 0, ID(1), THEIRS(1));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	KUNIT_EXPECT_EQ(test, nfpt_l2tp_lifetime(&tunnel->session), 300);
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(290));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_tunnel(test, 0, ID(0)), tunnel);
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(300));
	nfpt_life_test_in(test, ID(1), 0, 0);
	nfpt_rig_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_rig_find(test, NFPT_L2TP_OWN, 2, IPPROTO_UDP, 0, ID(0)));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);

	/* Any packet of its own will do. */
	tunnel = nfpt_rig_tunnel(test, 0, ID(1));
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(300));
	nfpt_rig_in(test, &(struct nfpt_rig_message){ .to = ID(1) });
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	nfpt_rig_set(test, NFPT_L2TP_IDLE, 100);
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(100));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
}

/* The setting is the flows' lifetime, too. */
static void nfpt_life_test_setting(struct kunit *test)
{
	struct nfpt_trip trip;

	nfpt_rig_set(test, NFPT_L2TP_IDLE, 1000);
	nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	trip = nfpt_life_test_in(test, ID(0), 0, 0);
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 995);
	trip = nfpt_life_test_out(test, 0, THEIRS(0));
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 995);
	nfpt_rig_settle(test, 0, OUT(0), IN(0));
	trip = nfpt_rig_ip_out(test, 0, OUT(0));
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 995);
	KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 1000);
}

static void nfpt_life_test_unanswered(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *tunnel;

	nfpt_rig_request(test, 0, ID(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(58));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	/* It repeats it. */
	nfpt_rig_request(test, 0, ID(0));
	WRITE_ONCE(tunnel->session.seen, tunnel->session.seen - 59 * HZ);
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(60));
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, nfpt_l2tp_expired(&tunnel->session),
			NF_PASSTHROUGH_END_REASON_UNANSWERED);
	rcu_read_unlock();
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
}

/* A session over IP that nobody has negotiated ends, the pair stays. */
static void nfpt_life_test_call_idle(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *pair;

	nfpt_rig_settle(test, 0, OUT(0), IN(0));
	nfpt_rig_settle(test, 0, OUT(1), IN(1));
	pair = nfpt_rig_pair(test, 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, pair), 4);
	WRITE_ONCE(nfpt_rig_call(test, IN(0))->seen, nfpt_rig_ago(290));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, pair), 4);
	WRITE_ONCE(nfpt_rig_call(test, IN(0))->seen, nfpt_rig_ago(300));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_rig_find_call(test, IN(0)));
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, pair), 3);
	KUNIT_EXPECT_EQ(test, pair->assoc.n_in, 1);
	KUNIT_EXPECT_EQ(test, pair->inside->n_held, 4);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	WRITE_ONCE(pair->session.seen, nfpt_rig_ago(300));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	/* Conntrack has its own idea of what is idle. */
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1);
}

/* A call of a control connection does not end for want of packets. */
static void nfpt_life_test_negotiated(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_l2tp_call *call;

	nfpt_rig_connect_ip(test, 0, ID(0), THEIRS(0));
	tunnel = nfpt_rig_tunnel_ip(test, 0, ID(0));
	nfpt_rig_out(test, 0, &(struct nfpt_rig_message){
		.version = 3, .ip = true, .type = NFPT_L2TP_ICRQ, .to = THEIRS(0), .local = IN(0),
	});
	nfpt_rig_in(test, &(struct nfpt_rig_message){
		.version = 3, .ip = true, .type = NFPT_L2TP_ICRP, .to = ID(0), .local = OUT(0),
		.remote = IN(0),
	});
	call = nfpt_rig_call(test, IN(0));
	WRITE_ONCE(call->seen, nfpt_rig_ago(1000));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, tunnel), 1);
}

/* Tunnels that close end in their order, and none too early. */
static void nfpt_life_test_closing(struct kunit *test)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_STOPCCN };
	struct nfpt_router *router = test->priv;
	struct nfpt_l2tp_tunnel *tunnel[3];
	struct nfpt_trip trip;
	u32 begun;
	u16 port;
	int n;

	for (n = 0; n < 3; n++) {
		port = nfpt_rig_connect(test, n, ID(n), THEIRS(n));
		tunnel[n] = nfpt_rig_tunnel(test, n, ID(n));
	}
	for (n = 0; n < 3; n++) {
		msg.to = THEIRS(n);
		msg.assigned = ID(n);
		nfpt_rig_out(test, n, &msg);
	}
	for (n = 2; n >= 0; n--) {
		begun = jiffies;
		tunnel[n]->since = n ? begun : begun - NFPT_L2TP_CLOSING;
	}
	nfpt_rig_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_rig_find(test, NFPT_L2TP_OWN, 2, IPPROTO_UDP, 0, ID(0)));
	/* One that closes still carries what has yet to be acknowledged. */
	trip = nfpt_rig_in(test, &(struct nfpt_rig_message){ .to = ID(2), .dport = port });
	n = nfpt_kunit_flush(router->pn);
	/* A slow machine may be later than that. */
	if ((u32)jiffies - begun < NFPT_L2TP_CLOSING) {
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(2));
		KUNIT_EXPECT_EQ(test, n, 2);
	}
	nfpt_rig_gc(test);
	KUNIT_EXPECT_TRUE(test, list_empty(&nfpt_rig_net(test)->servers));
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
}

/* ---- a flowtable --------------------------------------------------------- */

/* What it carries is not seen; it gives back a flow with 30 s to live. */
static void nfpt_life_test_offload(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_trip trip;

	nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	trip = nfpt_life_test_in(test, ID(0), 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, trip.ct);
	set_bit(IPS_OFFLOAD_BIT, &trip.ct->status);
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(1000));
	nfpt_rig_gc(test);
	KUNIT_ASSERT_EQ(test, nfpt_rig_sessions(test), 1);
	KUNIT_EXPECT_TRUE(test, tunnel->offloaded);
	KUNIT_EXPECT_LE(test, (u32)jiffies - tunnel->session.seen, 10 * HZ);

	clear_bit(IPS_OFFLOAD_BIT, &trip.ct->status);
	WRITE_ONCE(trip.ct->timeout, nfct_time_stamp + 30 * HZ);
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(299));
	nfpt_rig_gc(test);
	KUNIT_ASSERT_EQ(test, nfpt_rig_sessions(test), 1);
	KUNIT_EXPECT_FALSE(test, tunnel->offloaded);
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 290);
	/* From then on it is as any. */
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(300));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
}

/* A flow that ends in the flowtable was all that was to be seen of its tunnel. */
static void nfpt_life_test_offload_end(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_trip trip;

	nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	nfpt_rig_connect(test, 1, ID(1), THEIRS(1));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	trip = nfpt_life_test_in(test, ID(0), 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, trip.ct);
	set_bit(IPS_OFFLOAD_BIT, &trip.ct->status);
	nfpt_rig_gc(test);
	KUNIT_EXPECT_TRUE(test, tunnel->offloaded);
	nfpt_router_flush_conntrack(test);
	nfpt_rig_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_rig_find(test, NFPT_L2TP_OWN, 2, IPPROTO_UDP, 0, ID(0)));
	/* Of the other, packets may be seen again. */
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
}

/* ---- conntrack -F -------------------------------------------------------- */

static const struct nfpt_life_flushed_case {
	const char	*name;
	bool		shared;		/* all want source port 1701 */
	bool		moved;		/* the server has a port of its own for each */
	bool		server_first;
} nfpt_life_flushed_cases[] = {
	{ "ports" },
	{ "source port shared", .shared = true },
	{ "server has moved", .moved = true },
	{ "server has moved, source port shared", .shared = true, .moved = true },
	{ "ports, server sends first", .server_first = true },
	{ "source port shared, server sends first", .shared = true, .server_first = true },
	{ "server has moved, and sends first", .moved = true, .server_first = true },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_life_flushed, nfpt_life_flushed_cases, name);

/* The administrator empties conntrack's table: with the next packets all goes on,
 * whatever ports the hosts have then.
 */
static void nfpt_life_test_flushed(struct kunit *test)
{
	const struct nfpt_life_flushed_case *c = test->param_value;
	struct nfpt_trip trip;
	unsigned int n;
	u16 port[2];

	if (c->shared)
		nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	for (n = 0; n < 2; n++) {
		port[n] = nfpt_rig_request(test, n, ID(n)).sport;
		nfpt_life_test_move(test, n, c->moved ? 5000 + n : RIG_PORT, port[n]);
	}
	nfpt_router_flush_conntrack(test);
	/* A flow is not looked for while packets pass. */
	for (n = 0; n < 2; n++)
		WRITE_ONCE(nfpt_rig_tunnel(test, n, ID(n))->session.seen, nfpt_rig_ago(2));
	if (c->server_first)
		for (n = 0; n < 2; n++)
			nfpt_life_test_in(test, ID(n), c->moved ? 5000 + n : 0, port[n]);
	/* In the order in which they came first; what finds no flow may be lost. */
	for (n = 0; n < 2; n++) {
		nfpt_life_test_out(test, n, THEIRS(n));
		trip = nfpt_life_test_out(test, n, THEIRS(n));
		KUNIT_EXPECT_TRUE(test, trip.arrived);
		if (c->shared)
			KUNIT_EXPECT_EQ(test, trip.sport, RIG_PORT);
	}
	for (n = 0; n < 2; n++) {
		trip = nfpt_life_test_in(test, ID(n), c->moved ? 5000 + n : 0, port[n]);
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_EQ(test, trip.sport, RIG_PORT);
	}
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
	/* The old flow is no reason to end a tunnel that has another. */
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
}

/* In the middle of a request. */
static void nfpt_life_test_flushed_early(struct kunit *test)
{
	nfpt_rig_request(test, 0, ID(0));
	nfpt_router_flush_conntrack(test);
	nfpt_rig_gc(test);
	nfpt_life_test_move(test, 0, 5000, RIG_PORT);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_NO_FLOW), 0);
}

/* ---- another NAT address -------------------------------------------------- */

/* A tunnel does not survive it; its host asks again, with the same id. */
static void nfpt_life_test_wan_changed(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_l2tp_tunnel *tunnel;
	unsigned int n;

	for (n = 0; n < 2; n++)
		nfpt_rig_connect(test, n, ID(0), THEIRS(n));
	KUNIT_ASSERT_EQ(test, nfpt_kunit_net_address(router->net, htonl(ROUTER_WAN + 7)), 0);
	router->wan = ROUTER_WAN + 7;
	nfpt_router_flush_conntrack(test);
	for (n = 0; n < 2; n++)
		nfpt_rig_connect(test, n, ID(0), THEIRS(10 + n));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
	for (n = 0; n < 2; n++) {
		tunnel = nfpt_rig_tunnel(test, n, ID(0));
		KUNIT_EXPECT_EQ(test, ntohl(tunnel->session.initiator_seen), ROUTER_WAN + 7);
	}
	/* What is for the old address is the router's. */
	KUNIT_EXPECT_EQ(test, nfpt_rig_send(test, RIG_SERVER, ROUTER_WAN,
					    &(struct nfpt_rig_message){
		.data = true, .to = ID(0), .session = CALL,
	}).daddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_life_test_in(test, ID(0), 0, 0).daddr, ROUTER_HOST(0));
}

static struct kunit_case nfpt_life_test_cases[] = {
	KUNIT_CASE(nfpt_life_test_idle),
	KUNIT_CASE(nfpt_life_test_setting),
	KUNIT_CASE(nfpt_life_test_unanswered),
	KUNIT_CASE(nfpt_life_test_call_idle),
	KUNIT_CASE(nfpt_life_test_negotiated),
	KUNIT_CASE(nfpt_life_test_closing),
	KUNIT_CASE(nfpt_life_test_offload),
	KUNIT_CASE(nfpt_life_test_offload_end),
	KUNIT_CASE_PARAM(nfpt_life_test_flushed, nfpt_life_flushed_gen_params),
	KUNIT_CASE(nfpt_life_test_flushed_early),
	KUNIT_CASE(nfpt_life_test_wan_changed),
	{}
};

static struct kunit_suite nfpt_life_test_suite = {
	.name		= "nfpt_l2tp_life",
	.init		= nfpt_rig_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_life_test_cases,
};

kunit_test_suite(nfpt_life_test_suite);
