// SPDX-License-Identifier: GPL-2.0
/*
 * L2TP without memory: hosts and one server, over UDP and straight over IP.
 */
#include <linux/icmp.h>
#include <linux/udp.h>

#include "fault_router.h"
#include "l2tp_rig.h"

#define HOSTS		2
#define ID		0x1100		/* both hosts' Tunnel ID */
#define THEIRS(n)	(0x2200 + (n))	/* the server's for it */
#define CALL		0x33
#define CALLED		0x44
#define IP_ID(n)	(0x11110000 + (n))
#define IN(n)		(0x33330000 + (n))	/* Session ID that a host has chosen */
#define OUT(n)		(0x44440000 + (n))	/* the server's for it */
#define MOVED		5000		/* a server's other port */

#define COUNTERS							\
	.counters = { NFPT_L2TP_C_NOMEM, NFPT_L2TP_C_NO_FLOW }, .n_counters = 2

/* Where the Tunnel ID is in what leaves: in the header, with a length; in an
 * SCCRQ behind Message Type and a Host Name of three letters.
 */
#define AT_HEADER	(sizeof(struct udphdr) + 4)
#define AT_ASSIGNED	(sizeof(struct udphdr) + 12 + 8 + 9 + 6)

static u16 nfpt_fault_left(struct kunit *test, unsigned int at)
{
	const struct nfpt_router *router = test->priv;

	return router->n_left < at + 2 ? 0 : nfpt_get_be16(router->left + at);
}

/* ---- over UDP ----------------------------------------------------------- */

/**
 * struct nfpt_fault_tunnel - a host's tunnel
 * @n: which host
 * @paged: its messages are in pages
 * @id: its Tunnel ID as the server sees it
 * @port: its port as the server sees it
 */
struct nfpt_fault_tunnel {
	unsigned int	n;
	bool		paged;
	u16		id;
	u16		port;
};

static bool nfpt_fault_out(struct kunit *test, struct nfpt_fault_tunnel *t,
			   struct nfpt_rig_message msg)
{
	struct nfpt_trip trip;

	msg.paged = t->paged;
	trip = nfpt_rig_out(test, t->n, &msg);
	if (trip.arrived)
		t->port = trip.sport;
	return trip.arrived && trip.saddr == ROUTER_WAN;
}

static bool nfpt_fault_in(struct kunit *test, const struct nfpt_fault_tunnel *t,
			  struct nfpt_rig_message msg)
{
	msg.paged = t->paged;
	msg.to = t->id;
	msg.dport = t->port;
	return nfpt_rig_in(test, &msg).daddr == ROUTER_HOST(t->n) &&
	       nfpt_fault_left(test, AT_HEADER) == ID;
}

/* From the first request to data in both directions. */
static bool nfpt_fault_run_tunnel(struct kunit *test, struct nfpt_fault_tunnel *t)
{
	u16 theirs = THEIRS(t->n);
	bool helped;

	helped = nfpt_fault_out(test, t, (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRQ, .assigned = ID, .name = "lac",
	});
	t->id = helped ? nfpt_fault_left(test, AT_ASSIGNED) : ID;
	helped &= nfpt_fault_in(test, t, (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .assigned = theirs, .name = "lns",
	});
	helped &= nfpt_fault_out(test, t, (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCCN, .to = theirs,
	});
	helped &= nfpt_fault_out(test, t, (struct nfpt_rig_message){
		.type = NFPT_L2TP_ICRQ, .to = theirs, .local = CALL,
	});
	helped &= nfpt_fault_in(test, t, (struct nfpt_rig_message){
		.type = NFPT_L2TP_ICRP, .session = CALL, .local = CALLED,
	});
	helped &= nfpt_fault_out(test, t, (struct nfpt_rig_message){
		.type = NFPT_L2TP_ICCN, .to = theirs, .session = CALLED,
	});
	helped &= nfpt_fault_out(test, t, (struct nfpt_rig_message){
		.data = true, .to = theirs, .session = CALLED,
	});
	return nfpt_fault_in(test, t, (struct nfpt_rig_message){
		.data = true, .length = true, .session = CALL,
	}) && helped;
}

static bool nfpt_fault_run_tunnels(struct kunit *test)
{
	struct nfpt_fault_tunnel t = { .port = RIG_PORT };
	bool helped = true;

	for (t.n = 0; t.n < HOSTS; t.n++)
		helped &= nfpt_fault_run_tunnel(test, &t);
	return helped;
}

static void nfpt_l2tp_fault_test_tunnels(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "tunnels", .run = nfpt_fault_run_tunnels, COUNTERS, .least = 10,
	};

	nfpt_fault_router(test, &trial);
}

static bool nfpt_fault_run_shared(struct kunit *test)
{
	struct nfpt_fault_tunnel t = { .paged = true };
	bool helped = true;

	for (t.n = 0; t.n < HOSTS; t.n++) {
		t.port = RIG_PORT;
		helped &= nfpt_fault_run_tunnel(test, &t) && t.port == RIG_PORT;
	}
	return helped;
}

/* Each message that NAT cannot get into reach is dropped without a word. */
static void nfpt_l2tp_fault_test_shared(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "tunnels, source port shared", .run = nfpt_fault_run_shared, COUNTERS,
		.least = 10, .unsaid = HOSTS * 8,
	};

	nfpt_rig_set(test, NFPT_L2TP_SOURCE_PORT, RIG_PORT);
	nfpt_fault_router(test, &trial);
}

/* The server answers from another port; later the table is flushed. */
static bool nfpt_fault_run_moved(struct kunit *test)
{
	struct nfpt_rig_message msg = {
		.type = NFPT_L2TP_SCCRP, .assigned = THEIRS(0), .name = "lns", .sport = MOVED,
	};
	struct nfpt_fault_tunnel t = { .id = ID, .port = RIG_PORT };
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;
	bool helped;

	helped = nfpt_fault_out(test, &t, (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRQ, .assigned = ID, .name = "lac",
	});
	helped &= nfpt_fault_in(test, &t, msg);
	msg = (struct nfpt_rig_message){
		.data = true, .length = true, .session = CALL, .sport = MOVED,
	};
	helped &= nfpt_fault_in(test, &t, msg);
	nfpt_router_flush_conntrack(test);
	/* The host's first packet is the price of it. */
	msg = (struct nfpt_rig_message){ .data = true, .to = THEIRS(0), .session = CALLED };
	router->patient = false;
	nfpt_rig_out(test, 0, &msg);
	router->patient = true;
	trip = nfpt_rig_out(test, 0, &msg);
	return helped && trip.arrived && trip.dport == MOVED;
}

static void nfpt_l2tp_fault_test_moved(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "server moves", .run = nfpt_fault_run_moved, COUNTERS, .least = 10,
	};

	nfpt_fault_router(test, &trial);
}

/* ---- over IP ------------------------------------------------------------ */

static bool nfpt_fault_ip_out(struct kunit *test, unsigned int n, struct nfpt_rig_message msg)
{
	msg.version = 3;
	msg.ip = true;
	return nfpt_rig_out(test, n, &msg).saddr == ROUTER_WAN;
}

static bool nfpt_fault_ip_in(struct kunit *test, unsigned int n, struct nfpt_rig_message msg)
{
	msg.version = 3;
	msg.ip = true;
	return nfpt_rig_in(test, &msg).daddr == ROUTER_HOST(n);
}

static bool nfpt_fault_run_connection(struct kunit *test, unsigned int n)
{
	bool helped;

	helped = nfpt_fault_ip_out(test, n, (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRQ, .assigned = IP_ID(n), .name = "lac",
	});
	helped &= nfpt_fault_ip_in(test, n, (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRP, .to = IP_ID(n), .assigned = THEIRS(n), .name = "lns",
	});
	helped &= nfpt_fault_ip_out(test, n, (struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCCN, .to = THEIRS(n),
	});
	helped &= nfpt_fault_ip_out(test, n, (struct nfpt_rig_message){
		.type = NFPT_L2TP_ICRQ, .to = THEIRS(n), .local = IN(n),
	});
	helped &= nfpt_fault_ip_in(test, n, (struct nfpt_rig_message){
		.type = NFPT_L2TP_ICRP, .to = IP_ID(n), .local = OUT(n), .remote = IN(n),
	});
	helped &= nfpt_fault_ip_out(test, n, (struct nfpt_rig_message){
		.type = NFPT_L2TP_ICCN, .to = THEIRS(n), .local = IN(n), .remote = OUT(n),
	});
	helped &= nfpt_rig_ip_out(test, n, OUT(n)).saddr == ROUTER_WAN;
	return nfpt_rig_ip_in(test, IN(n)).daddr == ROUTER_HOST(n) && helped;
}

/* Sessions that nobody has negotiated. */
static bool nfpt_fault_run_pair(struct kunit *test, unsigned int n)
{
	bool helped = true;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		helped &= nfpt_rig_ip_out(test, n, OUT(n)).saddr == ROUTER_WAN;
		helped &= nfpt_rig_ip_in(test, IN(n)).daddr == ROUTER_HOST(n);
	}
	return helped;
}

static bool nfpt_fault_error(struct kunit *test, unsigned int n)
{
	const struct nfpt_rig_message msg = {
		.version = 3, .ip = true, .data = true, .session = OUT(n),
	};
	u8 quote[16];
	struct nfpt_router_error error = {
		.saddr = RIG_OTHER, .daddr = ROUTER_WAN, .quoted_saddr = ROUTER_WAN,
		.quoted_daddr = RIG_SERVER, .protocol = IPPROTO_L2TP,
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED, .data = quote,
	};

	error.len = nfpt_rig_quote(&msg, quote, sizeof(quote));
	return nfpt_router_icmp(test, &error).daddr == ROUTER_HOST(n);
}

static bool nfpt_fault_run_ip(struct kunit *test)
{
	bool helped = true;
	unsigned int n;

	for (n = 0; n < HOSTS; n++) {
		helped &= nfpt_fault_run_connection(test, n);
		helped &= nfpt_fault_error(test, n);
	}
	helped &= nfpt_fault_run_pair(test, HOSTS);
	return nfpt_fault_error(test, HOSTS) && helped;
}

static void nfpt_l2tp_fault_test_ip(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "over IP", .run = nfpt_fault_run_ip, COUNTERS, .least = 10,
	};

	nfpt_fault_router(test, &trial);
}

/* ---- suite -------------------------------------------------------------- */

static void nfpt_l2tp_fault_exit(struct kunit *test)
{
	nfpt_fault_end();
	nfpt_router_exit(test);
}

static struct kunit_case nfpt_l2tp_fault_cases[] = {
	KUNIT_CASE(nfpt_fault_states),
	KUNIT_CASE(nfpt_l2tp_fault_test_tunnels),
	KUNIT_CASE(nfpt_l2tp_fault_test_shared),
	KUNIT_CASE(nfpt_l2tp_fault_test_moved),
	KUNIT_CASE(nfpt_l2tp_fault_test_ip),
	{}
};

static struct kunit_suite nfpt_l2tp_fault_suite = {
	.name		= "nfpt_l2tp_fault",
	.suite_init	= nfpt_fault_suite_init,
	.suite_exit	= nfpt_fault_suite_exit,
	.init		= nfpt_rig_init,
	.exit		= nfpt_l2tp_fault_exit,
	.test_cases	= nfpt_l2tp_fault_cases,
};

kunit_test_suite(nfpt_l2tp_fault_suite);
