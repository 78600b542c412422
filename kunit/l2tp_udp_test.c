// SPDX-License-Identifier: GPL-2.0
/*
 * L2TP over UDP through the router: tunnels are followed, whatever ports
 * servers and hosts have.
 */
#include <linux/delay.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>

#include "l2tp_rig.h"

#define ID(n)		(0x1100 + (n))	/* a host's Tunnel ID */
#define THEIRS(n)	(0x2200 + (n))	/* the server's for it */
#define CALL		0x33
#define CALLED		0x44

/* ---- a tunnel ---------------------------------------------------------- */

static void nfpt_udp_test_follow(struct kunit *test)
{
	struct nfpt_rig_message msg = { .data = true, .to = THEIRS(0), .session = CALLED };
	struct nfpt_router *router = test->priv;
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_trip trip;

	trip = nfpt_rig_request(test, 0, ID(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	KUNIT_EXPECT_EQ(test, tunnel->session.state, NF_PASSTHROUGH_SESSION_STATE_PENDING);
	KUNIT_EXPECT_EQ(test, ntohl(tunnel->session.initiator), ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, ntohl(tunnel->session.responder), RIG_SERVER);
	KUNIT_EXPECT_EQ(test, ntohl(tunnel->session.initiator_seen), ROUTER_WAN);
	KUNIT_EXPECT_FALSE(test, tunnel->shared);
	/* A flowtable takes no flow that has a helper. */
	KUNIT_EXPECT_NULL(test, nfct_help(trip.ct));
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 300);

	/* It repeats what is not answered. */
	nfpt_rig_request(test, 0, ID(0));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, 0, ID(0), THEIRS(0)), RIG_PORT);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_tunnel(test, 0, ID(0)), tunnel);
	KUNIT_EXPECT_STREQ(test, tunnel->name[IP_CT_DIR_ORIGINAL], "lac");
	KUNIT_EXPECT_STREQ(test, tunnel->name[IP_CT_DIR_REPLY], "lns");
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_CONTROL), 5);

	KUNIT_EXPECT_EQ(test, nfpt_rig_out(test, 0, &msg).daddr, RIG_SERVER);
	msg.to = ID(0);
	trip = nfpt_rig_in(test, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, atomic64_read(&tunnel->packets[IP_CT_DIR_REPLY]), 2);
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);

	/* No address, port or id had to be touched: nor was any. */
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_STEERED), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_REWRITTEN), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_MALFORMED), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_stains(test), 1);	/* its timeout */
	/* The host, the server, and the tunnel by three ids. */
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 5);
}

/* ICRQ, ICRP, ICCN; OCRQ comes from the server; CDN ends either. */
static void nfpt_udp_test_calls(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_ICRQ, .to = THEIRS(0), .local = CALL,
	};
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_l2tp_call *call;

	nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	nfpt_rig_out(test, 0, &msg);
	nfpt_rig_out(test, 0, &msg);
	KUNIT_ASSERT_EQ(test, nfpt_rig_calls(test, tunnel), 1);
	call = list_first_entry(&tunnel->calls, struct nfpt_l2tp_call, node);
	KUNIT_EXPECT_EQ(test, call->host_id, CALL);
	KUNIT_EXPECT_FALSE(test, call->up);
	nfpt_rig_in(test, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_ICRP, .to = ID(0), .session = CALL, .local = CALLED,
	});
	KUNIT_EXPECT_EQ(test, call->server_id, CALLED);
	nfpt_rig_out(test, 0, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_ICCN, .to = THEIRS(0), .session = CALLED,
	});
	KUNIT_EXPECT_TRUE(test, call->up);

	nfpt_rig_in(test, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_OCRQ, .to = ID(0), .local = CALLED + 1,
	});
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, tunnel), 2);
	KUNIT_EXPECT_EQ(test, tunnel->inside->n_held, 3);

	/* The server ends the one, the host the other. */
	nfpt_rig_in(test, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_CDN, .to = ID(0), .session = CALL, .local = CALLED,
	});
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, tunnel), 1);
	nfpt_rig_out(test, 0, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_CDN, .to = THEIRS(0), .session = CALLED + 1,
	});
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, tunnel), 0);
	KUNIT_EXPECT_EQ(test, tunnel->inside->n_held, 1);
}

static const struct nfpt_udp_name_case {
	const char	*name;
	const char	*told;	/* what the host says */
	const char	*shown;
} nfpt_udp_name_cases[] = {
	{ "plain", "router-7.example", "router-7.example" },
	{ "for a terminal", "a\x1b[2J\xc3\xa4\x7f", "a?[2J???" },
	{ "long", "0123456789012345678901234567890123456789", "0123456789012345678901234567890" },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_udp_name, nfpt_udp_name_cases, name);

/* Host names are shown as far as they can be; one that is told later counts. */
static void nfpt_udp_test_name(struct kunit *test)
{
	const struct nfpt_udp_name_case *c = test->param_value;
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_SCCRQ, .assigned = ID(0), .name = c->told,
	};
	const struct nfpt_l2tp_tunnel *tunnel;

	nfpt_rig_out(test, 0, &msg);
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	KUNIT_EXPECT_STREQ(test, tunnel->name[IP_CT_DIR_ORIGINAL], c->shown);
	msg.name = "pc";
	nfpt_rig_out(test, 0, &msg);
	KUNIT_EXPECT_STREQ(test, tunnel->name[IP_CT_DIR_ORIGINAL], "pc");
}

/* A reply is believed from the server only, and from where it was asked. */
static void nfpt_udp_test_forged(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_SCCRP, .to = ID(0), .assigned = THEIRS(0), .peer = RIG_OTHER,
	};
	struct nfpt_l2tp_tunnel *tunnel;

	nfpt_rig_request(test, 0, ID(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_WAN);
	msg.sport = 1705;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_WAN);
	/* From the server, to an id that nobody has. */
	msg.peer = 0;
	msg.to = ID(7);
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, tunnel->server_id, 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_MOVED), 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, 0, ID(0), THEIRS(0)), RIG_PORT);
}

static const struct nfpt_udp_odd_case {
	const char			*name;
	struct nfpt_rig_message		msg;
	bool				malformed;
} nfpt_udp_odd_cases[] = {
	{ "without an id", { .type = NFPT_L2TP_SCCRQ }, true },
	{ "id of the other version", { .type = NFPT_L2TP_SCCRQ, .remote = 1 }, true },
	{ "L2F", { .version = 1, .type = NFPT_L2TP_SCCRQ, .assigned = 1 }, true },
	{ "version 4", { .version = 4, .type = NFPT_L2TP_SCCRQ, .assigned = 1 }, true },
	{ "unknown message", { .type = 77, .assigned = 1 }, false },
	{ "ZLB", { .to = 1 }, false },
	{ "no such tunnel", { .type = NFPT_L2TP_HELLO, .to = 99 }, false },
	{ "SCCCN of no tunnel", { .type = NFPT_L2TP_SCCCN, .to = 99 }, false },
	{ "StopCCN of no tunnel", { .type = NFPT_L2TP_STOPCCN, .to = 9, .assigned = 9 }, false },
	{ "ICRQ of no tunnel", { .type = NFPT_L2TP_ICRQ, .to = 99, .local = 5 }, false },
	{ "data of no tunnel", { .data = true, .to = 99, .session = 5 }, false },
	{ "data of version 3", { .version = 3, .data = true, .session = 5 }, false },
	{ "data without an id", { .version = 3, .data = true }, true },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_udp_odd, nfpt_udp_odd_cases, name);

/* What is not understood passes as it is. */
static void nfpt_udp_test_odd(struct kunit *test)
{
	const struct nfpt_udp_odd_case *c = test->param_value;
	struct nfpt_trip trip;

	trip = nfpt_rig_out(test, 0, &c->msg);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_TRUE(test, trip.intact);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &c->msg));
	trip = nfpt_rig_in(test, &c->msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &c->msg));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_L2TP_C_MALFORMED), c->malformed);
}

/* The router's own client: nothing of it is ours, whatever hosts do. */
static void nfpt_udp_test_local(struct kunit *test)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_SCCRQ, .assigned = ID(0) };
	struct nfpt_trip trip;
	u16 port;

	trip = nfpt_rig_send(test, ROUTER_WAN, RIG_SERVER, &msg);
	KUNIT_EXPECT_EQ(test, trip.sport, RIG_PORT);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);

	/* A host with the router's id, behind another port. */
	port = nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	KUNIT_EXPECT_NE(test, port, RIG_PORT);
	msg.type = NFPT_L2TP_SCCRP;
	msg.to = ID(0);
	msg.assigned = THEIRS(1);
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_WAN);
	msg = (struct nfpt_rig_message){ .data = true, .to = ID(0), .session = CALL };
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_tunnel(test, 0, ID(0))->server_id, THEIRS(0));
	msg.dport = port;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(0));
}

/* A server behind the router, and a rule that says so, are conntrack's. */
static void nfpt_udp_test_server_inside(struct kunit *test)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_SCCRQ, .assigned = ID(0) };
	struct nfpt_router *router = test->priv;

	router->server = ROUTER_HOST(5);
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(5));
	msg.type = NFPT_L2TP_SCCRP;
	msg.to = ID(0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_out(test, 5, &msg).saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);

	/* A host with a tunnel to the same peer takes nothing from it. */
	nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	msg.type = NFPT_L2TP_HELLO;
	msg.to = 77;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(5));
}

/* ---- servers that move -------------------------------------------------- */

static struct nfpt_trip nfpt_udp_test_answer(struct kunit *test, unsigned int n, u16 from, u16 to)
{
	return nfpt_rig_in(test, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .to = ID(n), .assigned = THEIRS(n), .name = "lns",
		.sport = from, .dport = to,
	});
}

/* What the server sends reaches a host as it is, from and to port 1701. */
static struct nfpt_trip nfpt_udp_test_comes(struct kunit *test, unsigned int n,
					    const struct nfpt_rig_message *msg)
{
	struct nfpt_trip trip = nfpt_rig_in(test, msg);

	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(n));
	KUNIT_EXPECT_EQ(test, trip.sport, RIG_PORT);
	KUNIT_EXPECT_EQ(test, trip.dport, RIG_PORT);
	KUNIT_EXPECT_TRUE(test, trip.intact);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, msg));
	KUNIT_EXPECT_EQ(test, trip.ctinfo, IP_CT_ESTABLISHED_REPLY);
	return trip;
}

/* What the host sends and gets, when the server has a port of its own for it. */
static void nfpt_udp_test_moved_data(struct kunit *test, unsigned int n, u16 from, u16 to)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_SCCCN, .to = THEIRS(n) };
	struct nfpt_trip trip;

	trip = nfpt_rig_out(test, n, &msg);
	KUNIT_EXPECT_EQ(test, trip.sport, to);
	KUNIT_EXPECT_EQ(test, trip.dport, from);
	KUNIT_EXPECT_TRUE(test, trip.intact);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));
	msg = (struct nfpt_rig_message){
		.data = true, .to = ID(n), .session = CALL, .sport = from, .dport = to,
	};
	nfpt_udp_test_comes(test, n, &msg);
}

/* RFC 2661 section 8.1: the host goes on seeing port 1701. */
static void nfpt_udp_test_moved(struct kunit *test)
{
	const struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_SCCRP, .to = ID(0), .assigned = THEIRS(0), .sport = 5000,
	};
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_trip in;

	nfpt_rig_request(test, 0, ID(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	in = nfpt_udp_test_comes(test, 0, &msg);
	KUNIT_ASSERT_NOT_NULL(test, in.ct);
	KUNIT_EXPECT_EQ(test, ntohs(in.ct->tuplehash[IP_CT_DIR_REPLY].tuple.src.u.udp.port), 5000);
	KUNIT_EXPECT_GE(test, nfpt_router_left(in.ct), 295);
	KUNIT_EXPECT_NULL(test, nfct_help(in.ct));
	KUNIT_EXPECT_EQ(test, ntohs(tunnel->port), 5000);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1);
	/* It may repeat that, and goes on there. */
	nfpt_udp_test_comes(test, 0, &msg);
	nfpt_udp_test_moved_data(test, 0, 5000, RIG_PORT);
	KUNIT_EXPECT_EQ(test, tunnel->session.state, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_MOVED), 1);
}

/* The host repeats its request, since the answer was lost: to the port that it
 * knows, where the server has to hear it, and from the port that the server knows.
 */
static void nfpt_udp_test_moved_repeated(struct kunit *test)
{
	struct nfpt_trip trip;
	unsigned int i;

	nfpt_rig_request(test, 0, ID(0));
	for (i = 0; i < 3; i++) {
		nfpt_udp_test_answer(test, 0, 5000 + i / 2, RIG_PORT);
		trip = nfpt_rig_request(test, 0, ID(0));
		KUNIT_EXPECT_EQ(test, trip.sport, RIG_PORT);
		KUNIT_EXPECT_EQ(test, trip.dport, RIG_PORT);
	}
	nfpt_udp_test_answer(test, 0, 6000, RIG_PORT);
	nfpt_udp_test_moved_data(test, 0, 6000, RIG_PORT);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1);
}

static const struct nfpt_udp_moved_case {
	const char	*name;
	u16		port[3];	/* where the server answers whom from */
	bool		shared;		/* all want source port 1701 */
} nfpt_udp_moved_cases[] = {
	{ "ports of their own", { 5000, 5001, 5002 } },
	{ "one port for all", { 1705, 1705, 1705 } },
	{ "some of them", { 1705, 1701, 1705 } },
	{ "ports of their own, source port shared", { 5000, 5001, 5002 }, true },
	{ "one port for all, source port shared", { 1705, 1705, 1705 }, true },
	{ "some of them, source port shared", { 1701, 1705, 1701 }, true },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_udp_moved, nfpt_udp_moved_cases, name);

/* One after the other, each answered before the next asks. */
static void nfpt_udp_test_moved_all(struct kunit *test)
{
	const struct nfpt_udp_moved_case *c = test->param_value;
	struct nfpt_trip in;
	unsigned int n;
	u16 port[3];

	if (c->shared)
		nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	for (n = 0; n < 3; n++) {
		port[n] = nfpt_rig_request(test, n, ID(n)).sport;
		in = nfpt_udp_test_answer(test, n, c->port[n], port[n]);
		KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_EQ(test, in.sport, RIG_PORT);
	}
	for (n = 0; n < 3; n++) {
		nfpt_udp_test_moved_data(test, n, c->port[n], port[n]);
		if (c->shared)
			KUNIT_EXPECT_EQ(test, port[n], RIG_PORT);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 3);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_NO_FLOW), 0);
}

/* All of them ask, then all are answered. */
static void nfpt_udp_test_moved_at_once(struct kunit *test)
{
	const struct nfpt_udp_moved_case *c = test->param_value;
	unsigned int n;
	u16 port[3];

	if (c->shared)
		nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	for (n = 0; n < 3; n++)
		port[n] = nfpt_rig_request(test, n, ID(n)).sport;
	for (n = 3; n-- > 0;)
		KUNIT_EXPECT_EQ(test, nfpt_udp_test_answer(test, n, c->port[n], port[n]).daddr,
				ROUTER_HOST(n));
	for (n = 0; n < 3; n++)
		nfpt_udp_test_moved_data(test, n, c->port[n], port[n]);
}

/* A host whose server has moved asks again: on the server's own port. */
static void nfpt_udp_test_moved_again(struct kunit *test)
{
	struct nfpt_trip trip;

	nfpt_rig_request(test, 0, ID(0));
	nfpt_udp_test_answer(test, 0, 5000, RIG_PORT);
	nfpt_udp_test_moved_data(test, 0, 5000, RIG_PORT);
	trip = nfpt_rig_request(test, 0, ID(1));
	KUNIT_EXPECT_EQ(test, trip.dport, RIG_PORT);
	trip = nfpt_udp_test_answer(test, 1, 6000, trip.sport);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, trip.sport, RIG_PORT);
}

/* ---- data to port 1701 --------------------------------------------------- */

static const struct nfpt_udp_data_case {
	const char	*name;
	u8		version;
	bool		length;
} nfpt_udp_data_cases[] = {
	{ "version 2", 2, false },
	{ "version 2 with a length", 2, true },
	{ "version 3", 3, false },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_udp_data, nfpt_udp_data_cases, name);

/* A tunnel of either version with a call; the port that the server sees. */
static u16 nfpt_udp_test_call(struct kunit *test, unsigned int n, u8 version)
{
	struct nfpt_rig_message msg = {
		.version = version, .type = NFPT_L2TP_SCCRQ, .assigned = ID(n),
	};
	u16 port = nfpt_rig_out(test, n, &msg).sport;

	msg.type = NFPT_L2TP_SCCRP;
	msg.to = ID(n);
	msg.assigned = THEIRS(n);
	msg.dport = port;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
	msg = (struct nfpt_rig_message){
		.version = version, .type = NFPT_L2TP_SCCCN, .to = THEIRS(n),
	};
	nfpt_rig_out(test, n, &msg);
	msg.type = NFPT_L2TP_ICRQ;
	msg.local = CALL + n;
	nfpt_rig_out(test, n, &msg);
	msg = (struct nfpt_rig_message){
		.version = version, .type = NFPT_L2TP_ICRP, .to = ID(n), .dport = port,
		.local = CALLED + n,
	};
	if (version == 3)
		msg.remote = CALL + n;
	else
		msg.session = CALL + n;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
	return port;
}

/* A server that does not look at its clients' ports. */
static void nfpt_udp_test_data_to_1701(struct kunit *test)
{
	const struct nfpt_udp_data_case *c = test->param_value;
	struct nfpt_rig_message msg = {
		.version = c->version, .data = true, .length = c->length,
	};
	struct nfpt_l2tp_tunnel *tunnel[2];
	unsigned int n;
	u16 port[2];

	for (n = 0; n < 2; n++) {
		port[n] = nfpt_udp_test_call(test, n, c->version);
		tunnel[n] = nfpt_rig_find(test, NFPT_L2TP_OWN, c->version, IPPROTO_UDP, n, ID(n));
		KUNIT_ASSERT_NOT_NULL(test, tunnel[n]);
	}
	KUNIT_EXPECT_EQ(test, port[0], RIG_PORT);
	KUNIT_EXPECT_NE(test, port[1], RIG_PORT);
	for (n = 0; n < 2; n++) {
		s64 packets = atomic64_read(&tunnel[n]->packets[IP_CT_DIR_REPLY]);

		msg.to = ID(n);
		msg.session = CALL + n;
		nfpt_udp_test_comes(test, n, &msg);
		KUNIT_EXPECT_EQ(test, atomic64_read(&tunnel[n]->packets[IP_CT_DIR_REPLY]),
				packets + 1);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_STEERED), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 2);

	/* Nobody's id: whose port it has, or the router's. */
	msg.to = 99;
	msg.session = 99;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_STEERED), 1);
}

/* ---- one source port for all ---------------------------------------------- */

static void nfpt_udp_test_shared(struct kunit *test)
{
	struct nfpt_rig_message msg = { .data = true, .session = CALL };
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_trip trip;
	unsigned int n;

	nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	for (n = 0; n < 3; n++) {
		KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, n, ID(n), THEIRS(n)), RIG_PORT);
		tunnel = nfpt_rig_tunnel(test, n, ID(n));
		KUNIT_EXPECT_TRUE(test, tunnel->shared);
	}
	for (n = 0; n < 3; n++) {
		msg.to = THEIRS(n);
		trip = nfpt_rig_out(test, n, &msg);
		KUNIT_EXPECT_EQ(test, trip.sport, RIG_PORT);
		KUNIT_ASSERT_NOT_NULL(test, trip.ct);
		KUNIT_EXPECT_EQ(test, nf_ct_zone(trip.ct)->id,
				nfpt_rig_tunnel(test, n, ID(n))->inside->zone);
		/* Ports are all that a flowtable knows: it must not take it. */
		KUNIT_EXPECT_NOT_NULL(test, nfct_help(trip.ct));
		msg.to = ID(n);
		trip = nfpt_rig_in(test, &msg);
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_TRUE(test, trip.intact);
		KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 3);

	/* Other ports are as they were, and other tunnels' ids nobody's. */
	msg.to = 99;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_WAN);
	trip = nfpt_rig_out(test, 4, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRQ, .assigned = ID(4), .sport = 3333,
	});
	KUNIT_EXPECT_EQ(test, trip.sport, 3333);
	KUNIT_ASSERT_NOT_NULL(test, trip.ct);
	KUNIT_EXPECT_EQ(test, nf_ct_zone(trip.ct)->id, NF_CT_DEFAULT_ZONE_ID);
}

/* The setting holds for flows that begin after it, and not any longer. */
static void nfpt_udp_test_shared_later(struct kunit *test)
{
	u16 port;

	nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	port = nfpt_rig_connect(test, 1, ID(1), THEIRS(1));
	KUNIT_EXPECT_NE(test, port, RIG_PORT);
	nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, 1, ID(11), THEIRS(11)), port);
	KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, 2, ID(2), THEIRS(2)), RIG_PORT);
	nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, 0);
	KUNIT_EXPECT_NE(test, nfpt_rig_connect(test, 3, ID(3), THEIRS(3)), RIG_PORT);
	KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, 2, ID(12), THEIRS(12)), RIG_PORT);
}

/* ---- ends ---------------------------------------------------------------- */

/* The host stops, the server acknowledges; then the flow is over, too. */
static void nfpt_udp_test_stop_host(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_STOPCCN, .to = THEIRS(0), .assigned = ID(0),
	};
	struct nfpt_l2tp_tunnel *tunnel;
	unsigned long begun = jiffies;

	nfpt_rig_connect(test, 0, ID(0), THEIRS(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	KUNIT_EXPECT_TRUE(test, nfpt_rig_out(test, 0, &msg).arrived);
	KUNIT_EXPECT_EQ(test, tunnel->session.state, NF_PASSTHROUGH_SESSION_STATE_CLOSING);
	msg = (struct nfpt_rig_message){ .to = ID(0) };
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(0));
	/* Nobody has to come and look. */
	while (nfpt_rig_sessions(test) && time_before(jiffies, begun + 20 * HZ))
		msleep(20);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	KUNIT_EXPECT_GE(test, jiffies - begun, NFPT_L2TP_CLOSING);
	nfpt_rig_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
}

/* The server stops; calls go with their tunnel. */
static void nfpt_udp_test_stop_server(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_STOPCCN, .to = ID(0), .assigned = THEIRS(0),
	};
	struct nfpt_router *router = test->priv;
	struct nfpt_l2tp_tunnel *tunnel;

	nfpt_udp_test_call(test, 0, 2);
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	/* Who forges it can guess one id, hardly both. */
	msg.assigned = THEIRS(1);
	nfpt_rig_in(test, &msg);
	KUNIT_EXPECT_FALSE(test, tunnel->closing);
	msg.assigned = THEIRS(0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(0));
	/* It may repeat it: the end is no later for that. */
	tunnel->since = nfpt_rig_ago(0) - NFPT_L2TP_CLOSING / 2;
	nfpt_rig_in(test, &msg);
	KUNIT_EXPECT_GE(test, (u32)jiffies - tunnel->since, NFPT_L2TP_CLOSING / 2);
	nfpt_rig_close(test, tunnel);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 1);	/* the host */
	KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, 0, ID(0), THEIRS(1)), RIG_PORT);
}

/* Two tunnels with one flow: it stays for the one that stays. */
static void nfpt_udp_test_stop_one(struct kunit *test)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_STOPCCN };
	unsigned int n;

	for (n = 0; n < 2; n++)
		nfpt_rig_connect(test, 0, ID(n), THEIRS(n));
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1);
	for (n = 0; n < 2; n++) {
		KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2 - n);
		msg.to = THEIRS(n);
		msg.assigned = ID(n);
		nfpt_rig_out(test, 0, &msg);
		nfpt_rig_close(test, nfpt_rig_tunnel(test, 0, ID(n)));
		KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1 - n);
	}
}

/* Before it is answered: the header's id is 0 then, the AVP is all there is. */
static void nfpt_udp_test_stop_early(struct kunit *test)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_STOPCCN, .assigned = ID(0) };
	struct nfpt_l2tp_tunnel *tunnel;

	nfpt_rig_request(test, 0, ID(0));
	nfpt_rig_request(test, 1, ID(1));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	nfpt_rig_out(test, 0, &msg);
	nfpt_rig_close(test, tunnel);
	KUNIT_EXPECT_NULL(test, nfpt_rig_find(test, NFPT_L2TP_OWN, 2, IPPROTO_UDP, 0, ID(0)));
	KUNIT_EXPECT_NOT_NULL(test, nfpt_rig_tunnel(test, 1, ID(1)));

	/* Another host's word is no reason. */
	msg.assigned = ID(1);
	nfpt_rig_out(test, 0, &msg);
	KUNIT_EXPECT_FALSE(test, nfpt_rig_tunnel(test, 1, ID(1))->closing);
	/* The server refuses. */
	msg.to = ID(1);
	msg.assigned = THEIRS(1);
	msg.dport = ntohs(nfpt_rig_tunnel(test, 1, ID(1))->mapped);
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(1));
	nfpt_rig_close(test, nfpt_rig_tunnel(test, 1, ID(1)));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 0);
}

/* A host has started anew and chosen the id that it had: a new tunnel. */
static void nfpt_udp_test_again(struct kunit *test)
{
	struct nfpt_l2tp_tunnel *tunnel;
	u32 id;

	nfpt_udp_test_call(test, 0, 2);
	id = nfpt_rig_tunnel(test, 0, ID(0))->session.id;
	nfpt_rig_request(test, 0, ID(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	KUNIT_EXPECT_NE(test, tunnel->session.id, id);
	KUNIT_EXPECT_EQ(test, tunnel->session.state, NF_PASSTHROUGH_SESSION_STATE_PENDING);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	KUNIT_EXPECT_EQ(test, nfpt_rig_calls(test, tunnel), 0);
	KUNIT_EXPECT_EQ(test, tunnel->inside->n_held, 1);
	KUNIT_EXPECT_EQ(test, nfpt_rig_connect(test, 0, ID(0), THEIRS(5)), RIG_PORT);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_REWRITTEN), 0);

	/* The same while it closes. */
	nfpt_rig_out(test, 0, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_STOPCCN, .to = THEIRS(5), .assigned = ID(0),
	});
	nfpt_rig_connect(test, 0, ID(0), THEIRS(6));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);
	KUNIT_EXPECT_FALSE(test, nfpt_rig_tunnel(test, 0, ID(0))->closing);
}

static struct kunit_case nfpt_udp_test_cases[] = {
	KUNIT_CASE(nfpt_udp_test_follow),
	KUNIT_CASE(nfpt_udp_test_calls),
	KUNIT_CASE_PARAM(nfpt_udp_test_name, nfpt_udp_name_gen_params),
	KUNIT_CASE(nfpt_udp_test_forged),
	KUNIT_CASE_PARAM(nfpt_udp_test_odd, nfpt_udp_odd_gen_params),
	KUNIT_CASE(nfpt_udp_test_local),
	KUNIT_CASE(nfpt_udp_test_server_inside),
	KUNIT_CASE(nfpt_udp_test_moved),
	KUNIT_CASE(nfpt_udp_test_moved_repeated),
	KUNIT_CASE_PARAM(nfpt_udp_test_moved_all, nfpt_udp_moved_gen_params),
	KUNIT_CASE_PARAM(nfpt_udp_test_moved_at_once, nfpt_udp_moved_gen_params),
	KUNIT_CASE(nfpt_udp_test_moved_again),
	KUNIT_CASE_PARAM(nfpt_udp_test_data_to_1701, nfpt_udp_data_gen_params),
	KUNIT_CASE(nfpt_udp_test_shared),
	KUNIT_CASE(nfpt_udp_test_shared_later),
	KUNIT_CASE(nfpt_udp_test_stop_host),
	KUNIT_CASE(nfpt_udp_test_stop_server),
	KUNIT_CASE(nfpt_udp_test_stop_one),
	KUNIT_CASE(nfpt_udp_test_stop_early),
	KUNIT_CASE(nfpt_udp_test_again),
	{}
};

static struct kunit_suite nfpt_udp_test_suite = {
	.name		= "nfpt_l2tp_udp",
	.init		= nfpt_rig_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_udp_test_cases,
};

kunit_test_suite(nfpt_udp_test_suite);
