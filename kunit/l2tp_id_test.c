// SPDX-License-Identifier: GPL-2.0
/*
 * Ids that hosts choose, over UDP: equal ones, which are rewritten if nothing
 * forbids it, and those that are told in secret.
 */
#include "l2tp_rig.h"

#define ID(n)		(0x1100 + (n))	/* a host's Tunnel ID */
#define THEIRS(n)	(0x2200 + (n))	/* the server's for it */
#define CALL		0x33

/* ---- equal ids ---------------------------------------------------------- */

static const struct nfpt_id_equal_case {
	const char	*name;
	u8		version;
	const char	*host;	/* in front of the id: odd lengths put it at an odd offset */
	bool		unsummed;
	bool		partial;
	bool		paged;
	bool		shared;
} nfpt_id_equal_cases[] = {
	{ "version 2, even", 2, "even" },
	{ "version 2, odd", 2, "odd" },
	{ "version 2, even, no checksum", 2, "even", .unsummed = true },
	{ "version 2, odd, no checksum", 2, "odd", .unsummed = true },
	{ "version 2, odd, checksum to come", 2, "odd", .partial = true },
	{ "version 2, even, checksum to come", 2, "even", .partial = true },
	{ "version 2, odd, in a page", 2, "odd", .paged = true },
	{ "version 2, no name", 2, NULL },
	{ "version 2, odd, source port shared", 2, "odd", .shared = true },
	{ "version 3, even", 3, "even" },
	{ "version 3, odd", 3, "odd" },
	{ "version 3, odd, no checksum", 3, "odd", .unsummed = true },
	{ "version 3, odd, checksum to come", 3, "odd", .partial = true },
	{ "version 3, even, in a page", 3, "even", .paged = true },
	{ "version 3, even, source port shared", 3, "even", .shared = true },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_id_equal, nfpt_id_equal_cases, name);

/* A message of a case goes through and comes out as another, and unharmed. */
static struct nfpt_trip nfpt_id_test_equal_pass(struct kunit *test, int n,
						struct nfpt_rig_message *msg,
						const struct nfpt_rig_message *as)
{
	const struct nfpt_id_equal_case *c = test->param_value;
	struct nfpt_trip trip;

	msg->version = c->version;
	msg->unsummed = c->unsummed;
	msg->partial = c->partial && !c->paged;
	msg->paged = c->paged;
	trip = n < 0 ? nfpt_rig_in(test, msg) : nfpt_rig_out(test, n, msg);
	KUNIT_EXPECT_TRUE(test, trip.arrived);
	KUNIT_EXPECT_TRUE(test, trip.intact);
	KUNIT_EXPECT_EQ(test, !trip.check, c->unsummed);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, as));
	return trip;
}

static void nfpt_id_test_equal(struct kunit *test)
{
	const struct nfpt_id_equal_case *c = test->param_value;
	struct nfpt_rig_message msg, as;
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_trip trip;
	u32 id = ID(0), seen;
	u16 port;

	if (c->shared)
		nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	msg = (struct nfpt_rig_message){
		.version = c->version, .type = NFPT_L2TP_SCCRQ, .assigned = id, .name = c->host,
	};
	nfpt_id_test_equal_pass(test, 0, &msg, &msg);

	/* The second's is another outside; how, only chance knows. */
	as = msg;
	trip = nfpt_rig_out(test, 1, &as);
	port = trip.sport;
	tunnel = nfpt_rig_find(test, NFPT_L2TP_OWN, c->version, IPPROTO_UDP, 1, id);
	KUNIT_ASSERT_NOT_NULL(test, tunnel);
	seen = tunnel->seen_id;
	KUNIT_EXPECT_EQ(test, tunnel->host_id, id);
	KUNIT_EXPECT_NE(test, seen, id);
	KUNIT_EXPECT_EQ(test, port == RIG_PORT, c->shared);
	as.assigned = seen;
	/* Again, and the same again. */
	nfpt_id_test_equal_pass(test, 1, &msg, &as);
	nfpt_id_test_equal_pass(test, 1, &msg, &as);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_REWRITTEN), 1);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);

	/* What the server sends to it has its own id when it arrives. */
	msg = (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .version = c->version, .to = seen,
		.assigned = THEIRS(1), .name = c->host, .dport = port,
	};
	as = msg;
	as.to = id;
	trip = nfpt_id_test_equal_pass(test, -1, &msg, &as);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, tunnel->server_id, THEIRS(1));
	msg = (struct nfpt_rig_message){ .type = NFPT_L2TP_HELLO, .version = c->version };
	msg.to = seen;
	msg.dport = port;
	as = msg;
	as.to = id;
	trip = nfpt_id_test_equal_pass(test, -1, &msg, &as);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(1));
	msg.to = THEIRS(1);
	msg.dport = 0;
	nfpt_id_test_equal_pass(test, 1, &msg, &msg);
	if (c->version == 2) {
		msg = (struct nfpt_rig_message){
			.data = true, .to = seen, .session = CALL, .dport = port,
		};
		as = msg;
		as.to = id;
		nfpt_id_test_equal_pass(test, -1, &msg, &as);
		msg.length = true;
		as.length = true;
		trip = nfpt_id_test_equal_pass(test, -1, &msg, &as);
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(1));
	}

	/* It says which tunnel it stops: the one that the server knows. */
	msg = (struct nfpt_rig_message){
		.type = NFPT_L2TP_STOPCCN, .version = c->version, .to = THEIRS(1),
		.assigned = id, .name = c->host,
	};
	as = msg;
	as.assigned = seen;
	nfpt_id_test_equal_pass(test, 1, &msg, &as);
	nfpt_rig_close(test, tunnel);
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 1);

	/* The first has kept its own. */
	msg = (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .version = c->version, .to = id, .assigned = THEIRS(0),
	};
	trip = nfpt_id_test_equal_pass(test, -1, &msg, &msg);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_CLASH), 0);
}

/* Ids are of a server and of a version: elsewhere the same one is another. */
static void nfpt_id_test_not_equal(struct kunit *test)
{
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_SCCRQ, .assigned = ID(0) };

	nfpt_rig_out(test, 0, &msg);
	msg.peer = RIG_OTHER;
	nfpt_rig_out(test, 1, &msg);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));
	msg.peer = 0;
	msg.version = 3;
	nfpt_rig_out(test, 1, &msg);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));
	msg.ip = true;
	nfpt_rig_out(test, 1, &msg);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 4);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_REWRITTEN), 0);
}

/* A Message Digest covers the id: ports have to do. */
static void nfpt_id_test_digest(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.version = 3, .type = NFPT_L2TP_SCCRQ, .assigned = ID(0), .digest = true,
	};
	unsigned int n;
	u16 port[2];

	for (n = 0; n < 2; n++) {
		port[n] = nfpt_rig_out(test, n, &msg).sport;
		KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_REWRITTEN), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_CLASH), 1);
	for (n = 0; n < 2; n++) {
		msg.type = NFPT_L2TP_SCCRP;
		msg.to = ID(0);
		msg.assigned = THEIRS(n);
		msg.dport = port[n];
		KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));
		msg.type = NFPT_L2TP_SCCCN;
		msg.to = THEIRS(n);
		msg.assigned = 0;
		msg.dport = 0;
		nfpt_rig_out(test, n, &msg);
		msg.type = NFPT_L2TP_HELLO;
		msg.to = ID(0);
		msg.dport = port[n];
		KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
	}
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
}

/* ---- hidden ids ---------------------------------------------------------- */

/* It is learnt from the answer. */
static void nfpt_id_test_hidden(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_SCCRQ, .assigned = ID(0), .hidden = true,
	};
	struct nfpt_l2tp_tunnel *tunnel;
	unsigned int n;
	u16 port[2];

	for (n = 0; n < 2; n++) {
		port[n] = nfpt_rig_out(test, n, &msg).sport;
		KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));
		nfpt_rig_out(test, n, &msg);
	}
	KUNIT_EXPECT_EQ(test, nfpt_rig_sessions(test), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_HELD), 0);
	for (n = 2; n-- > 0;) {
		msg = (struct nfpt_rig_message){
			.type = NFPT_L2TP_SCCRP, .to = ID(n), .assigned = THEIRS(n),
			.dport = port[n],
		};
		KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
		tunnel = nfpt_rig_tunnel(test, n, ID(n));
		KUNIT_EXPECT_EQ(test, tunnel->server_id, THEIRS(n));
	}
	/* From now on, as any: data to port 1701 too. */
	msg = (struct nfpt_rig_message){ .data = true, .to = ID(1), .session = CALL };
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(1));
}

/* The server's id is hidden, too: what the host sends tells it. */
static void nfpt_id_test_hidden_server(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_SCCRP, .to = ID(0), .assigned = THEIRS(0), .hidden = true,
		.name = "lns",
	};
	struct nfpt_l2tp_tunnel *tunnel;

	nfpt_rig_request(test, 0, ID(0));
	tunnel = nfpt_rig_tunnel(test, 0, ID(0));
	nfpt_rig_in(test, &msg);
	KUNIT_EXPECT_EQ(test, tunnel->server_id, 0);
	nfpt_rig_out(test, 0, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCCN, .to = THEIRS(0),
	});
	KUNIT_EXPECT_EQ(test, tunnel->server_id, THEIRS(0));
	KUNIT_EXPECT_EQ(test, tunnel->session.state, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
}

/* With one source port for all, one secret at a time can be told. */
static void nfpt_id_test_hidden_shared(struct kunit *test)
{
	struct nfpt_rig_message ask = {
		.type = NFPT_L2TP_SCCRQ, .assigned = 1, .hidden = true, .name = "lac",
	};
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_SCCRP };
	unsigned int n;

	nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	for (n = 0; n < 3; n++) {
		KUNIT_EXPECT_EQ(test, nfpt_rig_out(test, n, &ask).sport, RIG_PORT);
		/* It repeats it; the next has to wait. */
		KUNIT_EXPECT_TRUE(test, nfpt_rig_out(test, n, &ask).arrived);
		KUNIT_EXPECT_FALSE(test, nfpt_rig_out(test, n + 1, &ask).arrived);
		KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_HELD), n + 1);
		/* One that tells its id need not wait. */
		KUNIT_EXPECT_EQ(test, nfpt_rig_request(test, 10 + n, ID(10 + n)).sport, RIG_PORT);
		msg.to = ID(n);
		msg.assigned = THEIRS(n);
		KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
	}
	for (n = 0; n < 3; n++) {
		KUNIT_EXPECT_EQ(test, nfpt_rig_out(test, n, &(struct nfpt_rig_message){
			.type = NFPT_L2TP_SCCCN, .to = THEIRS(n),
		}).sport, RIG_PORT);
		KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &(struct nfpt_rig_message){
			.data = true, .to = ID(n), .session = CALL,
		}).daddr, ROUTER_HOST(n));
		msg.to = ID(10 + n);
		KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(10 + n));
	}
}

/* Who waits for an answer that never comes does not keep others waiting. */
static void nfpt_id_test_hidden_lost(struct kunit *test)
{
	struct nfpt_rig_message ask = {
		.type = NFPT_L2TP_SCCRQ, .assigned = 1, .hidden = true,
	};
	struct nfpt_l2tp_tunnel *tunnel;

	nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_out(test, 0, &ask).arrived);
	KUNIT_EXPECT_FALSE(test, nfpt_rig_out(test, 1, &ask).arrived);
	tunnel = list_first_entry(&list_first_entry(&nfpt_rig_net(test)->servers,
						    struct nfpt_l2tp_server, node)->tunnels,
				  struct nfpt_l2tp_tunnel, of_server);
	WRITE_ONCE(tunnel->session.seen, nfpt_rig_ago(60));
	nfpt_rig_gc(test);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_out(test, 1, &ask).arrived);
}

static struct kunit_case nfpt_id_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_id_test_equal, nfpt_id_equal_gen_params),
	KUNIT_CASE(nfpt_id_test_not_equal),
	KUNIT_CASE(nfpt_id_test_digest),
	KUNIT_CASE(nfpt_id_test_hidden),
	KUNIT_CASE(nfpt_id_test_hidden_server),
	KUNIT_CASE(nfpt_id_test_hidden_shared),
	KUNIT_CASE(nfpt_id_test_hidden_lost),
	{}
};

static struct kunit_suite nfpt_id_test_suite = {
	.name		= "nfpt_l2tp_id",
	.init		= nfpt_rig_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_id_test_cases,
};

kunit_test_suite(nfpt_id_test_suite);
