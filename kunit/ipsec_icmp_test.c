// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors about ESP: from outside they quote what all hosts have in common
 * but the SPI, from inside they quote a host.
 */
#include <linux/icmp.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "ipsec_router.h"

#define OUT(n)		(0x0a000100 + (n))
#define IN(n)		(0x0b000100 + (n))
#define ON_THE_WAY	0xc6336401	/* some router, 198.51.100.1 */

static struct nfpt_trip nfpt_icmp_test_send(struct kunit *test, u32 spi,
					    const struct nfpt_router_error *about)
{
	struct nfpt_router_error error = *about;
	u8 esp[NFPT_ESP_MIN] = {};

	nfpt_put_be32(esp, spi);
	error.protocol = IPPROTO_ESP;
	error.data = esp;
	error.len = sizeof(esp);
	return nfpt_router_icmp(test, &error);
}

static void nfpt_icmp_test_settle(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < 2; n++) {
		nfpt_router_negotiate(test, n);
		nfpt_router_settle(test, n, OUT(n), IN(n));
	}
}

static const struct nfpt_icmp_case {
	const char	*name;
	u32		spi;
	u8		type;
	u8		code;
	bool		broken;
	int		host;	/* whom it goes to, negative: nobody */
} nfpt_icmp_cases[] = {
	{ "too big, first host", OUT(0), ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, false, 0 },
	{ "too big, second host", OUT(1), ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, false, 1 },
	{ "host unreachable", OUT(1), ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, false, 1 },
	{ "time exceeded", OUT(0), ICMP_TIME_EXCEEDED, 0, false, 0 },
	{ "unknown SPI", OUT(2), ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, false, -1 },
	{ "SPI of an inbound SA", IN(0), ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, false, -1 },
	{ "no SPI", 0, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, false, -1 },
	{ "wrong checksum", OUT(0), ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, true, -1 },
	{ "no error", OUT(0), ICMP_ECHOREPLY, 0, false, -1 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_icmp, nfpt_icmp_cases, name);

/* From outside: the SPI says who has sent the packet. */
static void nfpt_icmp_test_outside(struct kunit *test)
{
	const struct nfpt_icmp_case *c = test->param_value;
	const struct nfpt_router_error error = {
		.saddr = ON_THE_WAY, .daddr = ROUTER_WAN,
		.quoted_saddr = ROUTER_WAN, .quoted_daddr = ROUTER_GATEWAY,
		.type = c->type, .code = c->code, .broken = c->broken,
	};
	struct nfpt_router *router = test->priv;
	unsigned int flows, n = max(c->host, 0);
	struct nfpt_trip out, trip;
	struct nfpt_ipsec_sa *sa;
	s64 packets;

	nfpt_icmp_test_settle(test);
	out = nfpt_router_out(test, n, OUT(n), 10);
	sa = nfpt_router_sa(test, ROUTER_HOST(n), ROUTER_GATEWAY, OUT(n));
	WRITE_ONCE(out.ct->timeout, nfct_time_stamp + 20 * HZ);
	flows = nfpt_router_flows(router);
	packets = atomic64_read(&sa->packets);
	trip = nfpt_icmp_test_send(test, c->spi, &error);
	nfpt_router_expect_error(test, &trip, out.ct, c->host < 0 ? 0 : ROUTER_HOST(n),
				 ROUTER_GATEWAY);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ICMP), c->host >= 0);

	/* Anybody may send one: it keeps nothing alive and makes nothing. */
	KUNIT_EXPECT_LE(test, nfpt_router_left(out.ct), 20);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), flows);
	KUNIT_EXPECT_EQ(test, atomic64_read(&sa->packets), packets);
}

/* An error goes to who has sent the packet, or it is forged. */
static void nfpt_icmp_test_elsewhere(struct kunit *test)
{
	const struct nfpt_router_error error = {
		.saddr = ON_THE_WAY, .daddr = ROUTER_WAN + 7,
		.quoted_saddr = ROUTER_WAN, .quoted_daddr = ROUTER_GATEWAY,
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
	};
	struct nfpt_trip trip;

	nfpt_icmp_test_settle(test);
	trip = nfpt_icmp_test_send(test, OUT(0), &error);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_WAN + 7);
	KUNIT_EXPECT_NULL(test, trip.ct);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ICMP), 0);
}

/* From inside: conntrack finds the host that it quotes. */
static void nfpt_icmp_test_inside(struct kunit *test)
{
	struct nfpt_router_error error = {
		.daddr = ROUTER_GATEWAY, .quoted_saddr = ROUTER_GATEWAY,
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
	};
	struct nfpt_trip in, trip;
	unsigned int n;

	nfpt_icmp_test_settle(test);
	for (n = 0; n < 2; n++) {
		in = nfpt_router_in(test, IN(n), 10);
		error.saddr = ROUTER_HOST(n);
		error.quoted_daddr = ROUTER_HOST(n);
		trip = nfpt_icmp_test_send(test, IN(n), &error);
		KUNIT_EXPECT_TRUE(test, trip.arrived);
		KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
		KUNIT_EXPECT_EQ(test, trip.quoted_saddr, ROUTER_GATEWAY);
		KUNIT_EXPECT_EQ(test, trip.quoted_daddr, ROUTER_WAN);
		KUNIT_EXPECT_EQ(test, trip.ctinfo, IP_CT_RELATED);
		KUNIT_EXPECT_PTR_EQ(test, trip.ct, in.ct);
	}
}

/* What it is about may be gone. */
static void nfpt_icmp_test_late(struct kunit *test)
{
	const struct nfpt_router_error error = {
		.saddr = ON_THE_WAY, .daddr = ROUTER_WAN,
		.quoted_saddr = ROUTER_WAN, .quoted_daddr = ROUTER_GATEWAY,
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
	};
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	nfpt_icmp_test_settle(test);
	nfpt_router_flush_conntrack(test);
	trip = nfpt_icmp_test_send(test, OUT(0), &error);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_WAN);
	KUNIT_EXPECT_NULL(test, trip.ct);

	nfpt_kunit_flush(router->pn);
	trip = nfpt_icmp_test_send(test, OUT(0), &error);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_WAN);
	KUNIT_EXPECT_NULL(test, trip.ct);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ICMP), 0);
}

static struct kunit_case nfpt_icmp_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_icmp_test_outside, nfpt_icmp_gen_params),
	KUNIT_CASE(nfpt_icmp_test_elsewhere),
	KUNIT_CASE(nfpt_icmp_test_inside),
	KUNIT_CASE(nfpt_icmp_test_late),
	{}
};

static struct kunit_suite nfpt_icmp_test_suite = {
	.name		= "nfpt_ipsec_icmp",
	.init		= nfpt_ipsec_router_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_icmp_test_cases,
};

kunit_test_suite(nfpt_icmp_test_suite);
