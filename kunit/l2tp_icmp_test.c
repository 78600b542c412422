// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors about L2TP: from outside they quote what all hosts have in common
 * but the id, from inside they quote a host.
 */
#include <linux/icmp.h>
#include <linux/udp.h>

#include "l2tp_rig.h"

#define ID(n)		(0x11110000 + (n))	/* of version 2: the last 16 bits */
#define THEIRS(n)	(0x2200 + (n))
#define IN(n)		(0x33330000 + (n))
#define OUT(n)		(0x44440000 + (n))
#define ON_THE_WAY	0xc6336401	/* some router, 198.51.100.1 */
#define WHOLE		64

/* An error about a message from the router to the server, or of what is asked. */
static struct nfpt_trip nfpt_icmp_test_send(struct kunit *test,
					    const struct nfpt_rig_message *msg,
					    unsigned int len,
					    const struct nfpt_router_error *about)
{
	struct nfpt_router_error error = *about;
	u8 quote[WHOLE];

	error.saddr = error.saddr ?: ON_THE_WAY;
	error.daddr = error.daddr ?: ROUTER_WAN;
	error.quoted_saddr = error.quoted_saddr ?: ROUTER_WAN;
	error.quoted_daddr = error.quoted_daddr ?: RIG_SERVER;
	error.protocol = msg->ip ? IPPROTO_L2TP : IPPROTO_UDP;
	error.data = quote;
	error.len = nfpt_rig_quote(msg, quote, len);
	return nfpt_router_icmp(test, &error);
}

/* Two hosts with source port 1701, control connections and sessions over IP,
 * and a pair each.
 */
static void nfpt_icmp_test_settle(struct kunit *test)
{
	struct nfpt_rig_message msg = { .version = 3, .ip = true };
	unsigned int n;

	nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	for (n = 0; n < 2; n++) {
		nfpt_rig_connect(test, n, (u16)ID(n) + 1, THEIRS(n));
		nfpt_rig_connect_ip(test, n, ID(n), THEIRS(n));
		msg.type = NFPT_L2TP_ICRQ;
		msg.to = THEIRS(n);
		msg.local = IN(n);
		msg.remote = 0;
		nfpt_rig_out(test, n, &msg);
		msg.type = NFPT_L2TP_ICRP;
		msg.to = ID(n);
		msg.local = OUT(n);
		msg.remote = IN(n);
		nfpt_rig_in(test, &msg);
		nfpt_rig_settle(test, n, OUT(10 + n), IN(10 + n));
	}
}

static const struct nfpt_icmp_case {
	const char			*name;
	struct nfpt_rig_message		msg;
	int				host;	/* whom it goes to, negative: nobody */
	unsigned int			len;	/* quoted, 0: all of it */
	u8				type;	/* 0: too big */
	bool				broken;
} nfpt_icmp_cases[] = {
	{ "UDP, first host's control", { .type = NFPT_L2TP_HELLO, .to = THEIRS(0) }, 0 },
	{ "UDP, second host's control", { .type = NFPT_L2TP_HELLO, .to = THEIRS(1) }, 1 },
	{ "UDP, data", { .data = true, .to = THEIRS(1) }, 1 },
	{ "UDP, data with a length", { .data = true, .length = true, .to = THEIRS(1) }, 1 },
	{ "UDP, as little as has the id", { .data = true, .to = THEIRS(1) }, 1, 8 + 6 },
	{ "UDP, too little", { .data = true, .to = THEIRS(1) }, -1, 8 },
	{ "UDP, unknown id", { .data = true, .to = 99 }, -1 },
	{ "UDP, the host's own id", { .data = true, .to = 2 }, -1 },
	{ "UDP, time exceeded", { .data = true, .to = THEIRS(0) }, 0, 0, ICMP_TIME_EXCEEDED },
	{ "UDP, wrong checksum", { .data = true, .to = THEIRS(0) }, -1, .broken = true },
	{ "UDP, no error", { .data = true, .to = THEIRS(0) }, -1, 0, ICMP_ECHO },
	{ "IP, control", { 3, true, .type = NFPT_L2TP_HELLO, .to = THEIRS(1) }, 1 },
	{ "IP, control, too little", { 3, true, .type = NFPT_L2TP_HELLO, .to = THEIRS(1) }, -1, 8 },
	{ "IP, first host's session", { 3, true, true, .session = OUT(0) }, 0 },
	{ "IP, second host's session", { 3, true, true, .session = OUT(1) }, 1 },
	{ "IP, as little as is quoted", { 3, true, true, .session = OUT(1) }, 1, 8 },
	{ "IP, first host's static session", { 3, true, true, .session = OUT(10) }, 0 },
	{ "IP, second host's static session", { 3, true, true, .session = OUT(11) }, 1 },
	{ "IP, unknown session", { 3, true, true, .session = OUT(7) }, -1 },
	{ "IP, the host's own session", { 3, true, true, .session = IN(1) }, -1 },
	{ "IP, wrong checksum", { 3, true, true, .session = OUT(1) }, -1, .broken = true },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_icmp, nfpt_icmp_cases, name);

/* From outside: the id says who has sent the packet. */
static void nfpt_icmp_test_outside(struct kunit *test)
{
	const struct nfpt_icmp_case *c = test->param_value;
	const struct nfpt_router_error error = {
		.type = c->type ?: ICMP_DEST_UNREACH, .code = c->type ? 0 : ICMP_FRAG_NEEDED,
		.broken = c->broken,
	};
	struct nfpt_router *router = test->priv;
	struct nfpt_rig_message sent = c->msg;
	struct nfpt_l2tp_tunnel *tunnel;
	unsigned int flows, n = max(c->host, 0);
	struct nfpt_trip out, trip;
	s64 packets;

	nfpt_icmp_test_settle(test);
	/* What is quoted has been sent, unless it is made up. */
	if (c->host < 0) {
		sent.to = THEIRS(0);
		sent.session = OUT(0);
	}
	out = nfpt_rig_out(test, n, &sent);
	KUNIT_ASSERT_NOT_NULL(test, out.ct);
	WRITE_ONCE(out.ct->timeout, nfct_time_stamp + 20 * HZ);
	tunnel = nfpt_rig_tunnel(test, n, (u16)ID(n) + 1);
	flows = nfpt_router_flows(router);
	packets = atomic64_read(&tunnel->packets[IP_CT_DIR_REPLY]);
	trip = nfpt_icmp_test_send(test, &c->msg, c->len ?: WHOLE, &error);
	nfpt_router_expect_error(test, &trip, out.ct, c->host < 0 ? 0 : ROUTER_HOST(n),
				 RIG_SERVER);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_ICMP), c->host >= 0);

	/* Anybody may send one: it keeps nothing alive and makes nothing. */
	KUNIT_EXPECT_LE(test, nfpt_router_left(out.ct), 20);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), flows);
	KUNIT_EXPECT_EQ(test, atomic64_read(&tunnel->packets[IP_CT_DIR_REPLY]), packets);
}

/* Ports of their own: conntrack does it, ids or not. */
static void nfpt_icmp_test_ports(struct kunit *test)
{
	const struct nfpt_router_error error = {
		.type = ICMP_DEST_UNREACH, .code = ICMP_PORT_UNREACH,
	};
	struct nfpt_rig_message msg = { .type = NFPT_L2TP_SCCRQ };
	struct nfpt_trip trip;
	unsigned int n;

	for (n = 0; n < 2; n++) {
		msg.assigned = 5 + n;
		msg.sport = nfpt_rig_request(test, n, 5 + n).sport;
		trip = nfpt_icmp_test_send(test, &msg, 8, &error);
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(n));
		KUNIT_EXPECT_EQ(test, trip.quoted_saddr, ROUTER_HOST(n));
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_ICMP), 0);
}

/* The server has moved: what is quoted has its new port, the host knows the old. */
static void nfpt_icmp_test_moved(struct kunit *test)
{
	const struct nfpt_router_error error = {
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
	};
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_SCCRP, .to = 5, .assigned = THEIRS(0), .sport = 5000,
	};
	const struct nfpt_router *router = test->priv;
	const struct udphdr *quoted;
	struct nfpt_trip trip;

	nfpt_rig_request(test, 0, 5);
	nfpt_rig_in(test, &msg);
	msg = (struct nfpt_rig_message){ .data = true, .to = THEIRS(0), .dport = 5000 };
	trip = nfpt_icmp_test_send(test, &msg, WHOLE, &error);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(0));
	quoted = (const struct udphdr *)(router->left + sizeof(struct icmphdr) +
					 sizeof(struct iphdr));
	KUNIT_EXPECT_EQ(test, ntohs(quoted->dest), RIG_PORT);
}

/* An error goes to who has sent the packet, or it is forged. */
static void nfpt_icmp_test_elsewhere(struct kunit *test)
{
	const struct nfpt_rig_message msgs[] = {
		{ .data = true, .to = THEIRS(0) },
		{ .version = 3, .ip = true, .data = true, .session = OUT(0) },
	};
	const struct nfpt_router_error error = {
		.daddr = ROUTER_WAN + 7, .type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
	};
	struct nfpt_trip trip;
	unsigned int i;

	nfpt_icmp_test_settle(test);
	for (i = 0; i < ARRAY_SIZE(msgs); i++) {
		trip = nfpt_icmp_test_send(test, &msgs[i], WHOLE, &error);
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_WAN + 7);
		KUNIT_EXPECT_NULL(test, trip.ct);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_ICMP), 0);
}

/* From inside: conntrack finds the host that it quotes. */
static void nfpt_icmp_test_inside(struct kunit *test)
{
	struct nfpt_rig_message msg;
	struct nfpt_trip in, trip;
	unsigned int i, n;

	nfpt_icmp_test_settle(test);
	for (i = 0; i < 4; i++) {
		n = i / 2;
		msg = i % 2 ? (struct nfpt_rig_message){
			.data = true, .to = (u16)ID(n) + 1,
		} : (struct nfpt_rig_message){
			.version = 3, .ip = true, .data = true, .session = IN(n),
		};
		in = nfpt_rig_in(test, &msg);
		KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(n));
		trip = nfpt_icmp_test_send(test, &msg, WHOLE, &(struct nfpt_router_error){
			.saddr = ROUTER_HOST(n), .daddr = RIG_SERVER,
			.quoted_saddr = RIG_SERVER, .quoted_daddr = ROUTER_HOST(n),
			.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
		});
		KUNIT_EXPECT_TRUE(test, trip.arrived);
		KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
		KUNIT_EXPECT_EQ(test, trip.quoted_saddr, RIG_SERVER);
		KUNIT_EXPECT_EQ(test, trip.quoted_daddr, ROUTER_WAN);
		KUNIT_EXPECT_EQ(test, trip.ctinfo, IP_CT_RELATED);
		KUNIT_EXPECT_PTR_EQ(test, trip.ct, in.ct);
	}
}

/* What it is about may be gone. */
static void nfpt_icmp_test_late(struct kunit *test)
{
	const struct nfpt_router_error error = {
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
	};
	const struct nfpt_rig_message msgs[] = {
		{ .data = true, .to = THEIRS(0) },
		{ .version = 3, .ip = true, .data = true, .session = OUT(0) },
	};
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;
	unsigned int i;

	nfpt_icmp_test_settle(test);
	nfpt_router_flush_conntrack(test);
	for (i = 0; i < 2 * ARRAY_SIZE(msgs); i++) {
		if (i == ARRAY_SIZE(msgs))
			nfpt_kunit_flush(router->pn);
		trip = nfpt_icmp_test_send(test, &msgs[i % ARRAY_SIZE(msgs)], WHOLE, &error);
		KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_WAN);
		KUNIT_EXPECT_NULL(test, trip.ct);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_L2TP_C_ICMP), 0);
}

static struct kunit_case nfpt_icmp_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_icmp_test_outside, nfpt_icmp_gen_params),
	KUNIT_CASE(nfpt_icmp_test_ports),
	KUNIT_CASE(nfpt_icmp_test_moved),
	KUNIT_CASE(nfpt_icmp_test_elsewhere),
	KUNIT_CASE(nfpt_icmp_test_inside),
	KUNIT_CASE(nfpt_icmp_test_late),
	{}
};

static struct kunit_suite nfpt_icmp_test_suite = {
	.name		= "nfpt_l2tp_icmp",
	.init		= nfpt_rig_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_icmp_test_cases,
};

kunit_test_suite(nfpt_icmp_test_suite);
