// SPDX-License-Identifier: GPL-2.0
/*
 * IPsec without memory: two hosts and one gateway.
 */
#include <linux/icmp.h>

#include "fault_router.h"
#include "ipsec_router.h"

#define HOSTS	2
#define OUT(n)	(0x0a000100 + (n))	/* outbound SPIs of the hosts */
#define IN(n)	(0x0b000100 + (n))	/* inbound ones */

#define COUNTERS							\
	.counters = { NFPT_IPSEC_C_NOMEM, NFPT_IPSEC_C_NO_FLOW }, .n_counters = 2

/* ---- IKE and ESP -------------------------------------------------------- */

/* A request and its answer. */
static bool nfpt_fault_exchange(struct kunit *test, unsigned int n, u8 exchange, u16 *port)
{
	struct nfpt_router_ike msg = {
		.ispi = ROUTER_IKE_SPI(n), .exchange = exchange, .flags = NFPT_IKE_INITIATOR,
		.rspi = exchange == NFPT_IKE_SA_INIT ? 0 : ~ROUTER_IKE_SPI(n),
		.msgid = exchange == NFPT_IKE_AUTH,
	};
	struct nfpt_trip out, in;

	out = nfpt_router_ike_out(test, n, &msg);
	if (out.arrived)
		*port = out.sport;
	msg.rspi = ~msg.ispi;
	msg.flags = NFPT_IKE_RESPONSE;
	in = nfpt_router_ike_in(test, *port, &msg);
	return out.arrived && out.saddr == ROUTER_WAN && in.daddr == ROUTER_HOST(n);
}

static bool nfpt_fault_negotiate(struct kunit *test, unsigned int n)
{
	u16 port = NFPT_IKE_PORT;
	bool helped;

	helped = nfpt_fault_exchange(test, n, NFPT_IKE_SA_INIT, &port);
	return nfpt_fault_exchange(test, n, NFPT_IKE_AUTH, &port) && helped;
}

static bool nfpt_fault_error(struct kunit *test, unsigned int n)
{
	u8 esp[NFPT_ESP_MIN] = {};
	const struct nfpt_router_error error = {
		.saddr = ROUTER_OTHER, .daddr = ROUTER_WAN, .quoted_saddr = ROUTER_WAN,
		.quoted_daddr = ROUTER_GATEWAY, .protocol = IPPROTO_ESP,
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
		.data = esp, .len = sizeof(esp),
	};

	nfpt_put_be32(esp, OUT(n));
	return nfpt_router_icmp(test, &error).daddr == ROUTER_HOST(n);
}

/* From IKE to SAs that are confirmed, one host behind the other. */
static bool nfpt_fault_run_esp(struct kunit *test)
{
	unsigned int n, seq;
	bool helped = true;

	for (n = 0; n < HOSTS; n++) {
		helped &= nfpt_fault_negotiate(test, n);
		for (seq = 1; seq < 5; seq++) {
			helped &= nfpt_router_out(test, n, OUT(n), seq).saddr == ROUTER_WAN;
			helped &= nfpt_router_in(test, IN(n), seq).daddr == ROUTER_HOST(n);
		}
		helped &= nfpt_fault_error(test, n);
	}
	return helped;
}

static void nfpt_ipsec_fault_test_esp(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "IKE and ESP", .run = nfpt_fault_run_esp, COUNTERS, .least = 10,
	};

	nfpt_fault_router(test, &trial);
}

/* ---- one packet for several hosts ---------------------------------------- */

/* Both wait for an SA, so both get its first packet. */
static bool nfpt_fault_run_copies(struct kunit *test)
{
	const struct nfpt_router *router = test->priv;
	unsigned int n, got;
	struct nfpt_trip in;
	bool helped = true;

	for (n = 0; n < HOSTS; n++)
		helped &= nfpt_fault_negotiate(test, n);
	in = nfpt_router_in(test, IN(0), 1);
	for (n = 0; n < HOSTS; n++) {
		got = nfpt_router_got_copy(router, ROUTER_HOST(n));
		helped &= got + (in.daddr == ROUTER_HOST(n)) > 0;
	}
	return helped;
}

static void nfpt_ipsec_fault_test_copies(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "copies", .run = nfpt_fault_run_copies, COUNTERS, .least = 10,
	};

	nfpt_fault_router(test, &trial);
}

/* ---- pins --------------------------------------------------------------- */

/* The gateway speaks first, and hosts keep their port. */
static bool nfpt_fault_run_pins(struct kunit *test)
{
	struct nfpt_router_ike msg = {
		.exchange = NFPT_IKE_SA_INIT, .flags = NFPT_IKE_INITIATOR,
	};
	bool helped;
	unsigned int n;

	helped = nfpt_router_in(test, IN(0), 1).daddr == ROUTER_HOST(0);
	helped &= nfpt_router_out(test, 0, OUT(0), 1).saddr == ROUTER_WAN;
	for (n = 0; n < HOSTS; n++) {
		msg.ispi = ROUTER_IKE_SPI(n);
		helped &= nfpt_router_ike_out(test, n, &msg).sport == NFPT_IKE_PORT;
	}
	msg.flags = NFPT_IKE_RESPONSE;
	for (n = 0; n < HOSTS; n++) {
		msg.ispi = ROUTER_IKE_SPI(n);
		msg.rspi = ~msg.ispi;
		helped &= nfpt_router_ike_in(test, NFPT_IKE_PORT, &msg).daddr == ROUTER_HOST(n);
	}
	return helped;
}

static void nfpt_ipsec_fault_test_pins(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "pins", .run = nfpt_fault_run_pins, COUNTERS, .least = 10,
	};
	const struct nfpt_router *router = test->priv;
	unsigned int n;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_pin(router->pn, NF_PASSTHROUGH_PIN_KIND_DATA,
					     htonl(ROUTER_HOST(0)), htonl(ROUTER_GATEWAY)), 0);
	for (n = 0; n < HOSTS; n++)
		KUNIT_ASSERT_EQ(test, nfpt_kunit_pin(router->pn,
						     NF_PASSTHROUGH_PIN_KIND_SOURCE_PORT,
						     htonl(ROUTER_HOST(n)), 0), 0);
	nfpt_fault_router(test, &trial);
}

/* ---- NAT-T -------------------------------------------------------------- */

static struct nfpt_trip nfpt_fault_udp(struct kunit *test, u32 saddr, u32 daddr, u16 dport,
				       u32 spi, u16 sport)
{
	u8 esp[NFPT_ESP_MIN + 16] = {};

	nfpt_put_be32(esp, spi);
	return nfpt_router_send(test, nfpt_router_udp(test, saddr, sport, daddr, dport, esp,
						      sizeof(esp)));
}

/* The table is flushed, but the last host comes back to the port it had. */
static bool nfpt_fault_run_natt(struct kunit *test)
{
	u16 port[HOSTS] = { NFPT_NATT_PORT, NFPT_NATT_PORT };
	struct nfpt_trip out, in;
	bool helped = true;
	unsigned int n;

	for (n = 0; n < HOSTS; n++) {
		out = nfpt_fault_udp(test, ROUTER_HOST(n), ROUTER_GATEWAY, NFPT_NATT_PORT,
				     OUT(n), NFPT_NATT_PORT);
		if (out.arrived)
			port[n] = out.sport;
		in = nfpt_fault_udp(test, ROUTER_GATEWAY, ROUTER_WAN, port[n], IN(n),
				    NFPT_NATT_PORT);
		helped &= out.saddr == ROUTER_WAN && in.daddr == ROUTER_HOST(n);
	}
	nfpt_router_flush_conntrack(test);
	out = nfpt_fault_udp(test, ROUTER_HOST(HOSTS - 1), ROUTER_GATEWAY, NFPT_NATT_PORT,
			     OUT(HOSTS - 1), NFPT_NATT_PORT);
	return helped && out.sport == port[HOSTS - 1];
}

static void nfpt_ipsec_fault_test_natt(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "NAT-T", .run = nfpt_fault_run_natt, COUNTERS, .least = 10,
	};

	nfpt_fault_router(test, &trial);
}

/* ---- suite -------------------------------------------------------------- */

static void nfpt_ipsec_fault_exit(struct kunit *test)
{
	nfpt_fault_end();
	nfpt_router_exit(test);
}

static struct kunit_case nfpt_ipsec_fault_cases[] = {
	KUNIT_CASE(nfpt_fault_states),
	KUNIT_CASE(nfpt_ipsec_fault_test_esp),
	KUNIT_CASE(nfpt_ipsec_fault_test_copies),
	KUNIT_CASE(nfpt_ipsec_fault_test_pins),
	KUNIT_CASE(nfpt_ipsec_fault_test_natt),
	{}
};

static struct kunit_suite nfpt_ipsec_fault_suite = {
	.name		= "nfpt_ipsec_fault",
	.suite_init	= nfpt_fault_suite_init,
	.suite_exit	= nfpt_fault_suite_exit,
	.init		= nfpt_ipsec_router_init,
	.exit		= nfpt_ipsec_fault_exit,
	.test_cases	= nfpt_ipsec_fault_cases,
};

kunit_test_suite(nfpt_ipsec_fault_suite);
