// SPDX-License-Identifier: GPL-2.0
/*
 * L2TP straight over IP through the router: no ports, so the ids of control
 * connections and of sessions say whose a packet is; or, of sessions that
 * nobody has negotiated, who waits for one.
 */
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_timeout.h>

#include "l2tp_rig.h"

#define ID(n)		(0x11110000 + (n))	/* a host's Control Connection ID */
#define THEIRS(n)	(0x22220000 + (n))	/* the server's for it */
#define IN(n)		(0x33330000 + (n))	/* Session ID that a host has chosen */
#define OUT(n)		(0x44440000 + (n))	/* the server's for it */

/* ---- control connections ------------------------------------------------ */

/* A session of a control connection; the host's id is @in, the server's @out. */
static void nfpt_ip_test_call(struct kunit *test, unsigned int n, u32 in, u32 out)
{
	struct nfpt_rig_message msg = {
		.version = 3, .ip = true, .type = NFPT_L2TP_ICRQ, .to = THEIRS(n), .local = in,
	};

	KUNIT_EXPECT_TRUE(test, nfpt_rig_out(test, n, &msg).arrived);
	msg.type = NFPT_L2TP_ICRP;
	msg.to = nfpt_rig_tunnel_ip(test, n, ID(n))->seen_id;
	msg.local = out;
	msg.remote = in;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
	msg.type = NFPT_L2TP_ICCN;
	msg.to = THEIRS(n);
	msg.local = in;
	msg.remote = out;
	KUNIT_EXPECT_TRUE(test, nfpt_rig_out(test, n, &msg).arrived);
}

static void nfpt_ip_test_control(struct kunit *test)
{
	const struct nf_conn_timeout *timeout;
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_trip trip;
	unsigned int n;

	for (n = 0; n < 3; n++) {
		nfpt_rig_connect_ip(test, n, ID(n), THEIRS(n));
		nfpt_ip_test_call(test, n, IN(n), OUT(n));
	}
	for (n = 0; n < 3; n++) {
		tunnel = nfpt_rig_tunnel_ip(test, n, ID(n));
		KUNIT_EXPECT_EQ(test, tunnel->version, 3);
		KUNIT_EXPECT_EQ(test, tunnel->l4proto, IPPROTO_L2TP);
		KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, tunnel), 1);
		/* The server may speak first. */
		trip = nfpt_rig_ip_in(test, IN(n));
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_EQ(test, trip.saddr, RIG_SERVER);
		KUNIT_ASSERT_NOT_NULL(test, trip.ct);
		KUNIT_EXPECT_EQ(test, nf_ct_zone(trip.ct)->id, tunnel->inside->zone);
		timeout = nf_ct_timeout_find(trip.ct);
		KUNIT_ASSERT_NOT_NULL(test, timeout);
		KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(timeout->timeout),
				    nfpt_rig_net(test)->policy[1]);
		trip = nfpt_rig_ip_out(test, n, OUT(n));
		KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
		KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
		KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 300);
		/* SCCRQ, SCCCN, ICRQ, ICCN and data; SCCRP, ICRP and data. */
		KUNIT_EXPECT_EQ(test, atomic64_read(&tunnel->packets[IP_CT_DIR_ORIGINAL]), 4);
		KUNIT_EXPECT_EQ(test, atomic64_read(&tunnel->packets[IP_CT_DIR_REPLY]), 3);
	}
	/* Nothing was left to guess. */
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 3);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 3);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_COPIES), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_CLASH), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_MALFORMED), 0);
}

/* Equal Control Connection IDs, in the AVP behind a name of any length. */
static void nfpt_ip_test_equal(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *tunnel[3];
	unsigned int n;

	for (n = 0; n < 3; n++) {
		nfpt_rig_connect_ip(test, n, ID(0), THEIRS(n));
		tunnel[n] = nfpt_rig_tunnel_ip(test, n, ID(0));
		KUNIT_ASSERT_NOT_NULL(test, tunnel[n]);
		KUNIT_EXPECT_EQ(test, tunnel[n]->seen_id == ID(0), n == 0);
	}
	KUNIT_EXPECT_NE(test, tunnel[1]->seen_id, tunnel[2]->seen_id);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_REWRITTEN), 2);
	for (n = 0; n < 3; n++) {
		struct nfpt_rig_message msg = {
			.version = 3, .ip = true, .type = NFPT_L2TP_STOPCCN,
			.to = tunnel[n]->seen_id, .assigned = THEIRS(n),
		};

		KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
		msg.to = ID(0);
		KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));
		nfpt_rig_close(test, tunnel[n]);
		KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2 - n);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
}

/* Hidden Control Connection IDs: one host at a time asks. */
static void nfpt_ip_test_hidden(struct kunit *test)
{
	struct nfpt_rig_message ask = {
		.version = 3, .ip = true, .type = NFPT_L2TP_SCCRQ, .assigned = 1, .hidden = true,
	};
	struct nfpt_rig_message msg = { .version = 3, .ip = true };
	unsigned int n;

	for (n = 0; n < 2; n++) {
		KUNIT_EXPECT_TRUE(test, nfpt_rig_out(test, n, &ask).arrived);
		KUNIT_EXPECT_FALSE(test, nfpt_rig_out(test, n + 1, &ask).arrived);
		msg.type = NFPT_L2TP_SCCRP;
		msg.to = ID(n);
		msg.assigned = THEIRS(n);
		KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
		msg.type = NFPT_L2TP_SCCCN;
		msg.to = THEIRS(n);
		msg.assigned = 0;
		KUNIT_EXPECT_TRUE(test, nfpt_rig_out(test, n, &msg).arrived);
		KUNIT_EXPECT_EQ(test, nfpt_rig_tunnel_ip(test, n, ID(n))->server_id, THEIRS(n));
	}
	for (n = 0; n < 2; n++) {
		nfpt_ip_test_call(test, n, IN(n), OUT(n));
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(n)).daddr, ROUTER_HOST(n));
	}
}

/* Equal Session IDs: the first host has it, and the other is told of once. */
static void nfpt_ip_test_equal_sessions(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 2; n++) {
		nfpt_rig_connect_ip(test, n, ID(n), THEIRS(n));
		nfpt_ip_test_call(test, n, IN(0), OUT(n));
	}
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_CLASH), 1);
	for (n = 0; n < 2; n++)
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_out(test, n, OUT(n)).saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);

	/* Another id is no matter. */
	nfpt_ip_test_call(test, 1, IN(1), OUT(5));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(1)).daddr, ROUTER_HOST(1));
}

/* CDN ends a session: its id is nobody's. */
static void nfpt_ip_test_cdn(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 2; n++) {
		nfpt_rig_connect_ip(test, n, ID(n), THEIRS(n));
		nfpt_ip_test_call(test, n, IN(n), OUT(n));
	}
	nfpt_rig_in(test, &(struct nfpt_rig_message){
		.version = 3, .ip = true, .type = NFPT_L2TP_CDN, .to = ID(1), .local = OUT(1),
		.remote = IN(1),
	});
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, nfpt_rig_tunnel_ip(test, 1, ID(1))), 0);
	KUNIT_EXPECT_NULL(test, nfpt_rig_find_call(test, IN(1)));
	KUNIT_EXPECT_FALSE(test, nfpt_rig_ip_in(test, IN(1)).arrived);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));
	/* The other host may have it now. */
	nfpt_ip_test_call(test, 0, IN(1), OUT(1));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(1)).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_CLASH), 0);
}

/* ---- sessions that nobody negotiated -------------------------------------- */

static void nfpt_ip_test_static(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *pair;
	unsigned int n;

	for (n = 0; n < 3; n++)
		nfpt_rig_settle(test, n, OUT(n), IN(n));
	for (n = 0; n < 3; n++) {
		pair = nfpt_rig_pair(test, n);
		KUNIT_EXPECT_EQ(test, pair->session.state,
				NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
		KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, pair), 2);
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(n)).daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_EQ(test, pair->assoc.n_in, 1);
		KUNIT_EXPECT_EQ(test, pair->assoc.n_out, 1);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_CONFIRMED), 3);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_COPIES), 0);

	/* Nobody waits for another one. */
	KUNIT_EXPECT_FALSE(test, nfpt_rig_ip_in(test, IN(7)).arrived);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_NONE), 1);
	KUNIT_EXPECT_NULL(test, nfpt_rig_find_call(test, IN(7)));
}

/* Two wait at once: both get it, until one has shown that it is its own. */
static void nfpt_ip_test_ambiguous(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	const struct nfpt_l2tp_call *call;
	unsigned int i;

	for (i = 0; i < 2; i++)
		nfpt_rig_ip_out(test, i, OUT(i));
	KUNIT_EXPECT_TRUE(test, nfpt_rig_ip_in(test, IN(1)).arrived);
	KUNIT_EXPECT_EQ(test, router->n_copies, 1);
	for (i = 0; i < 8; i++) {
		nfpt_rig_ip_out(test, 1, OUT(1));
		KUNIT_EXPECT_TRUE(test, nfpt_rig_ip_in(test, IN(1)).arrived);
	}
	call = nfpt_rig_call(test, IN(1));
	KUNIT_EXPECT_TRUE(test, call->sure);
	KUNIT_EXPECT_PTR_EQ(test, call->tunnel, nfpt_rig_pair(test, 1));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(1)).daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_COPIES), router->n_copies);
	nfpt_rig_settle(test, 0, OUT(0), IN(0));
}

/* The administrator knows. */
static void nfpt_ip_test_pin(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	unsigned int i;

	/* Before anybody has sent anything. */
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(1)).daddr, ROUTER_WAN);
	KUNIT_ASSERT_EQ(test, nfpt_kunit_pin(router->pn, NF_PASSTHROUGH_PIN_KIND_DATA,
					     htonl(ROUTER_HOST(1)), htonl(RIG_SERVER)), 0);
	nfpt_router_flush_conntrack(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(1)).daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_TRUE(test, nfpt_rig_pair(test, 1)->assoc.pinned);
	/* Whatever others do. */
	for (i = 0; i < 3; i++) {
		nfpt_rig_ip_out(test, 0, OUT(0));
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(1)).daddr, ROUTER_HOST(1));
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(5)).daddr, ROUTER_HOST(1));
	}
	KUNIT_EXPECT_EQ(test, router->n_copies, 0);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_PIN), 2);

	/* What is negotiated needs no pin, and does not heed one. */
	nfpt_rig_connect_ip(test, 0, ID(0), THEIRS(0));
	nfpt_ip_test_call(test, 0, IN(0), OUT(10));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));
}

/* A pin that comes later counts from then on. */
static void nfpt_ip_test_pin_later(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	unsigned int n;

	for (n = 0; n < 2; n++)
		nfpt_rig_ip_out(test, n, OUT(n));
	KUNIT_ASSERT_EQ(test, nfpt_kunit_pin(router->pn, NF_PASSTHROUGH_PIN_KIND_DATA,
					     htonl(ROUTER_HOST(0)), htonl(RIG_SERVER)), 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, router->n_copies, 0);
}

/* Both kinds at once, of one host and of two. */
static void nfpt_ip_test_mixed(struct kunit *test)
{
	unsigned int n;

	nfpt_rig_settle(test, 0, OUT(0), IN(0));
	nfpt_rig_connect_ip(test, 0, ID(0), THEIRS(0));
	nfpt_rig_connect_ip(test, 1, ID(1), THEIRS(1));
	nfpt_ip_test_call(test, 0, IN(10), OUT(10));
	nfpt_ip_test_call(test, 1, IN(11), OUT(11));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 3);
	for (n = 0; n < 2; n++) {
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(10 + n)).daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_TRUE(test, nfpt_rig_ip_out(test, n, OUT(10 + n)).arrived);
	}
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, nfpt_rig_pair(test, 0)), 2);
	KUNIT_EXPECT_NULL(test, nfpt_rig_find(test, NFPT_L2TP_PAIR, 3, IPPROTO_L2TP, 1, 0));
	nfpt_rig_settle(test, 1, OUT(1), IN(1));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));

	/* One flow carries both: the end of the one is not that of the other. */
	nfpt_rig_in(test, &(struct nfpt_rig_message){
		.version = 3, .ip = true, .type = NFPT_L2TP_STOPCCN, .to = ID(0),
		.assigned = THEIRS(0),
	});
	nfpt_rig_close(test, nfpt_rig_tunnel_ip(test, 0, ID(0)));
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 2);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, nfpt_rig_pair(test, 0)), 2);
}

/* A host with two sessions that nobody negotiated. */
static void nfpt_ip_test_two_each(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 4; n++)
		nfpt_rig_settle(test, n % 2, OUT(n), IN(n));
	for (n = 0; n < 4; n++)
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(n)).daddr, ROUTER_HOST(n % 2));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, nfpt_rig_pair(test, 0)), 4);
}

/* ---- what is not ours ---------------------------------------------------- */

/* The router's own flow, whatever hosts have with the same server. */
static void nfpt_ip_test_local(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.version = 3, .ip = true, .data = true, .session = OUT(9),
	};

	KUNIT_EXPECT_EQ(test, nfpt_rig_send(test, ROUTER_WAN, RIG_SERVER, &msg).saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(9)).daddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);

	nfpt_rig_connect_ip(test, 0, ID(0), THEIRS(0));
	nfpt_ip_test_call(test, 0, IN(0), OUT(0));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(9)).daddr, ROUTER_WAN);
	nfpt_rig_ip_out(test, 1, OUT(1));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(9)).daddr, ROUTER_WAN);
	msg = (struct nfpt_rig_message){
		.version = 3, .ip = true, .type = NFPT_L2TP_HELLO, .to = THEIRS(9),
	};
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_WAN);
}

/* A server behind the router. */
static void nfpt_ip_test_server_inside(struct kunit *test)
{
	struct nfpt_router *router = test->priv;

	router->server = ROUTER_HOST(5);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(0)).daddr, ROUTER_HOST(5));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_out(test, 5, OUT(0)).saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	nfpt_rig_ip_out(test, 0, OUT(1));
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(1)).daddr, ROUTER_HOST(5));
}

/* A rule's zone is the administrator's business. */
static void nfpt_ip_test_zone(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip out, in;

	nfpt_router_zone(test, 7, NF_CT_DEFAULT_ZONE_DIR);
	out = nfpt_rig_ip_out(test, 0, OUT(0));
	KUNIT_ASSERT_NOT_NULL(test, out.ct);
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nf_ct_zone(out.ct)->id, 7);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_L2TP_C_ZONE), 1);
	in = nfpt_rig_ip_in(test, IN(0));
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_PTR_EQ(test, in.ct, out.ct);
	KUNIT_EXPECT_EQ(test, nfpt_rig_request(test, 0, 5).saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
}

/* Without NAT nobody needs us. */
static void nfpt_ip_test_no_nat(struct kunit *test)
{
	struct nfpt_router *router = test->priv;

	router->wan = 0;
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_out(test, 0, OUT(0)).saddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_rig_send(test, RIG_SERVER, ROUTER_HOST(0),
					    &(struct nfpt_rig_message){
		.version = 3, .ip = true, .data = true, .session = IN(0),
	}).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
}

static const struct nfpt_ip_short_case {
	const char	*name;
	u8		data[20];
	unsigned int	len;
} nfpt_ip_short_cases[] = {
	{ "nothing", {}, 0 },
	{ "three bytes", { 1, 2, 3 }, 3 },
	{ "four zeros", {}, 4 },
	{ "half a control header", { 0, 0, 0, 0, 0xc8, 3, 0, 12, 1, 2 }, 10 },
	{ "longer than it is", { 0, 0, 0, 0, 0xc8, 3, 0, 30, 1, 2, 3, 4 }, 16 },
	{ "version 2", { 0, 0, 0, 0, 0xc8, 2, 0, 12, 1, 2, 3, 4 }, 16 },
	{ "half an AVP", { 0, 0, 0, 0, 0xc8, 3, 0, 16, 1, 2, 3, 4, 0, 0, 0, 0, 0x80, 8 }, 20 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_ip_short, nfpt_ip_short_cases, name);

/* What cannot be read passes as it is, and is counted. */
static void nfpt_ip_test_short(struct kunit *test)
{
	const struct nfpt_ip_short_case *c = test->param_value;
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	trip = nfpt_router_send(test, nfpt_router_packet(test, ROUTER_HOST(0), RIG_SERVER,
							 IPPROTO_L2TP, c->data, c->len));
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, router->n_left, c->len);
	KUNIT_EXPECT_MEMEQ(test, router->left, c->data, c->len);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_MALFORMED), 1);
	trip = nfpt_router_send(test, nfpt_router_packet(test, RIG_SERVER, ROUTER_WAN,
							 IPPROTO_L2TP, c->data, c->len));
	KUNIT_EXPECT_TRUE(test, trip.arrived);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
}

/* ---- what changes in between --------------------------------------------- */

/* The administrator empties conntrack's table: whoever speaks next goes on. */
static void nfpt_ip_test_flushed(struct kunit *test)
{
	unsigned int n;

	nfpt_rig_settle(test, 0, OUT(0), IN(0));
	nfpt_rig_connect_ip(test, 1, ID(1), THEIRS(1));
	nfpt_ip_test_call(test, 1, IN(1), OUT(1));
	for (n = 0; n < 2; n++) {
		nfpt_router_flush_conntrack(test);
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(n)).daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_out(test, !n, OUT(!n)).saddr, ROUTER_WAN);
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, IN(!n)).daddr, ROUTER_HOST(!n));
		KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 2);
	}
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
}

/* The provider has given another address: the server knows nothing of it. */
static void nfpt_ip_test_wan_changed(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_l2tp_tunnel *pair;

	nfpt_rig_settle(test, 0, OUT(0), IN(0));
	nfpt_rig_connect_ip(test, 1, ID(1), THEIRS(1));
	nfpt_ip_test_call(test, 1, IN(1), OUT(1));

	KUNIT_ASSERT_EQ(test, nfpt_kunit_net_address(router->net, htonl(ROUTER_WAN + 7)), 0);
	router->wan = ROUTER_WAN + 7;
	nfpt_router_flush_conntrack(test);
	KUNIT_EXPECT_EQ(test, nfpt_rig_ip_out(test, 0, OUT(0)).saddr, ROUTER_WAN + 7);
	pair = nfpt_rig_pair(test, 0);
	KUNIT_EXPECT_EQ(test, ntohl(pair->session.initiator_seen), ROUTER_WAN + 7);
	KUNIT_EXPECT_EQ(test, pair->session.state, NF_PASSTHROUGH_SESSION_STATE_PENDING);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
	nfpt_rig_settle(test, 0, OUT(0), IN(0));

	/* A control connection is asked for again. */
	nfpt_rig_connect_ip(test, 1, ID(1), THEIRS(2));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
	KUNIT_EXPECT_EQ(test, ntohl(nfpt_rig_tunnel_ip(test, 1, ID(1))->session.initiator_seen),
			ROUTER_WAN + 7);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_REWRITTEN), 0);
}

static struct kunit_case nfpt_ip_test_cases[] = {
	KUNIT_CASE(nfpt_ip_test_control),
	KUNIT_CASE(nfpt_ip_test_equal),
	KUNIT_CASE(nfpt_ip_test_hidden),
	KUNIT_CASE(nfpt_ip_test_equal_sessions),
	KUNIT_CASE(nfpt_ip_test_cdn),
	KUNIT_CASE(nfpt_ip_test_static),
	KUNIT_CASE(nfpt_ip_test_ambiguous),
	KUNIT_CASE(nfpt_ip_test_pin),
	KUNIT_CASE(nfpt_ip_test_pin_later),
	KUNIT_CASE(nfpt_ip_test_mixed),
	KUNIT_CASE(nfpt_ip_test_two_each),
	KUNIT_CASE(nfpt_ip_test_local),
	KUNIT_CASE(nfpt_ip_test_server_inside),
	KUNIT_CASE(nfpt_ip_test_zone),
	KUNIT_CASE(nfpt_ip_test_no_nat),
	KUNIT_CASE_PARAM(nfpt_ip_test_short, nfpt_ip_short_gen_params),
	KUNIT_CASE(nfpt_ip_test_flushed),
	KUNIT_CASE(nfpt_ip_test_wan_changed),
	{}
};

static struct kunit_suite nfpt_ip_test_suite = {
	.name		= "nfpt_l2tp_ip",
	.init		= nfpt_rig_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_ip_test_cases,
};

kunit_test_suite(nfpt_ip_test_suite);
