// SPDX-License-Identifier: GPL-2.0
/*
 * Limits: nobody takes everything, and who is not served is not stopped.
 */
#include "ipsec_router.h"

#define OUT(n)	(0x0a000100 + (n))
#define IN(n)	(0x0b000100 + (n))

static void nfpt_limit_test_set(struct kunit *test, unsigned int setting, u32 value)
{
	struct nfpt_router *router = test->priv;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(router->pn, setting, value), 0);
}

/* A host that sprays SPIs displaces its own SAs, the idlest first. */
static void nfpt_limit_test_host(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	const struct nfpt_ipsec_inside *inside;
	unsigned int i;

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	nfpt_limit_test_set(test, NFPT_IPSEC_MAX_PER_HOST, 10);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_TRUE(test, nfpt_router_out(test, 1, 0x0c000000 + i, 1).arrived);
	inside = nfpt_router_session(test, 1)->inside;
	KUNIT_EXPECT_EQ(test, inside->n_sessions, 1);
	KUNIT_EXPECT_EQ(test, inside->n_sas, 9);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_LIMIT_HOST), 100 - 9);
	KUNIT_EXPECT_NOT_NULL(test, nfpt_router_sa(test, ROUTER_HOST(1), ROUTER_GATEWAY,
						   0x0c000000 + 99));
	KUNIT_EXPECT_LT(test, nfpt_router_flows(router), 50);

	/* The other one has what it had. */
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(0), 10).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, nfpt_router_session(test, 0), 0), 2);
}

/* A host that talks to everybody. */
static void nfpt_limit_test_gateways(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;
	unsigned int i;

	nfpt_limit_test_set(test, NFPT_IPSEC_MAX_PER_HOST, 10);
	for (i = 0; i < 50; i++) {
		trip = nfpt_router_esp(test, ROUTER_HOST(0), ROUTER_OTHER + i, OUT(i), 1);
		KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	}
	KUNIT_EXPECT_LE(test, atomic_read(&router->pn->sessions), 10);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_IPSEC_C_LIMIT_HOST), 40);
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_insides, 1);
	/* Another host is served. */
	nfpt_router_settle(test, 1, OUT(0), IN(0));
}

/* Too many hosts of one gateway. */
static void nfpt_limit_test_gateway(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;
	unsigned int n;

	nfpt_limit_test_set(test, NFPT_IPSEC_MAX_PER_GATEWAY, 2);
	for (n = 0; n < 2; n++) {
		nfpt_router_negotiate(test, n);
		nfpt_router_settle(test, n, OUT(n), IN(n));
	}
	trip = nfpt_router_out(test, 2, OUT(2), 1);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_NULL(test, nfpt_router_session(test, 2));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_LIMIT_GATEWAY), 1);
	for (n = 0; n < 2; n++)
		KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(n), 20).daddr, ROUTER_HOST(n));

	/* Another gateway is another matter. */
	trip = nfpt_router_esp(test, ROUTER_HOST(2), ROUTER_OTHER, OUT(2), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 3);
	trip = nfpt_router_esp(test, ROUTER_OTHER, ROUTER_WAN, IN(2), 1);
	KUNIT_EXPECT_EQ(test, trip.daddr, ROUTER_HOST(2));
}

/* Who forges the gateway's address fills nothing and displaces nobody. */
static void nfpt_limit_test_strays(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	const struct nfpt_ipsec_gateway *gateway;
	unsigned int i;

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	for (i = 0; i < 3 * NFPT_IPSEC_STRAYS; i++)
		nfpt_router_in(test, 0x0c000000 + i, 1);
	gateway = nfpt_router_session(test, 0)->gateway;
	KUNIT_EXPECT_LE(test, gateway->n_strays, NFPT_IPSEC_STRAYS);
	KUNIT_EXPECT_EQ(test, gateway->n_strays, list_count_nodes((void *)&gateway->strays));
	KUNIT_EXPECT_LE(test, nfpt_router_flows(router), NFPT_IPSEC_STRAYS + 20);
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(0), 10).daddr, ROUTER_HOST(0));
	/* Nor does it keep the next real one out. */
	nfpt_router_settle(test, 0, OUT(1), IN(1));
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(1), 10).daddr, ROUTER_HOST(0));
}

/* SAs in UDP need no memory to work: a few are told of, the latest. */
static void nfpt_limit_test_udp(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	u8 esp[NFPT_ESP_MIN + 16] = {};
	struct nfpt_trip trip;
	unsigned int i;

	for (i = 0; i < 3 * NFPT_IPSEC_UDP_SAS; i++) {
		nfpt_put_be32(esp, OUT(i));
		trip = nfpt_router_send(test, nfpt_router_udp(test, ROUTER_HOST(0), 4500,
							      ROUTER_GATEWAY, 4500, esp,
							      sizeof(esp)));
		KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, nfpt_router_session(test, 0), 0),
			NFPT_IPSEC_UDP_SAS);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_LIMIT_HOST),
			2 * NFPT_IPSEC_UDP_SAS);
	KUNIT_EXPECT_LT(test, nfpt_router_flows(router), NFPT_IPSEC_UDP_SAS + 10);
	/* They take nothing from ESP. */
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, nfpt_router_session(test, 0), 0),
			NFPT_IPSEC_UDP_SAS + 2);
}

/* Copies are few, whatever the gateway or somebody in its name sends. */
static void nfpt_limit_test_copies(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	unsigned int begun = jiffies, seconds, i;

	for (i = 0; i < 3; i++)
		nfpt_router_negotiate(test, i);
	for (i = 0; i < 500; i++)
		nfpt_router_in(test, 0x0c000000 + i, 1);
	seconds = 1 + (jiffies - begun) / HZ;
	KUNIT_EXPECT_GT(test, router->n_copies, 0);
	KUNIT_EXPECT_LE(test, router->n_copies, seconds * NFPT_IPSEC_COPIES);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_COPIES), router->n_copies);
}

/* All that may be held. */
static void nfpt_limit_test_sessions(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;
	unsigned int flows, n;

	nfpt_limit_test_set(test, NFPT_SETTING_MAX_SESSIONS, 2);
	for (n = 0; n < 2; n++)
		nfpt_router_negotiate(test, n);
	flows = nfpt_router_flows(router);
	trip = nfpt_router_out(test, 2, OUT(2), 1);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	trip = nfpt_router_ike_out(test, 2, &(struct nfpt_router_ike){
		.ispi = ROUTER_IKE_SPI(2), .exchange = NFPT_IKE_SA_INIT,
		.flags = NFPT_IKE_INITIATOR,
	});
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_NULL(test, nfpt_router_session(test, 2));
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_IPSEC_C_LIMIT), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), flows);
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_insides, 2);

	/* Those who are there are not kept from talking to others, nor served. */
	trip = nfpt_router_esp(test, ROUTER_HOST(0), ROUTER_OTHER, OUT(0), 1);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), flows);
}

/* A host that finds no zone is what it was without us: the only one of its
 * gateway that gets answers.
 */
static void nfpt_limit_test_zones(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip out, in;

	bitmap_fill(nfpt_router_ipn(test)->zones.used, NFPT_ZONES);
	out = nfpt_router_out(test, 0, OUT(0), 1);
	KUNIT_EXPECT_EQ(test, out.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_GE(test, nfpt_router_count(test, NFPT_IPSEC_C_LIMIT), 1);
	in = nfpt_router_in(test, IN(0), 1);
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_PTR_EQ(test, in.ct, out.ct);

	/* One becomes free. */
	nfpt_router_flush_conntrack(test);
	__clear_bit(100, nfpt_router_ipn(test)->zones.used);
	nfpt_router_ipn(test)->zones.next = NFPT_ZONES - 1;
	nfpt_router_settle(test, 1, OUT(1), IN(1));
	KUNIT_EXPECT_EQ(test, nfpt_router_session(test, 1)->inside->zone,
			NFPT_ZONE_IPSEC + 100);
}

static struct kunit_case nfpt_limit_test_cases[] = {
	KUNIT_CASE(nfpt_limit_test_host),
	KUNIT_CASE(nfpt_limit_test_gateways),
	KUNIT_CASE(nfpt_limit_test_gateway),
	KUNIT_CASE(nfpt_limit_test_strays),
	KUNIT_CASE(nfpt_limit_test_udp),
	KUNIT_CASE(nfpt_limit_test_copies),
	KUNIT_CASE(nfpt_limit_test_sessions),
	KUNIT_CASE(nfpt_limit_test_zones),
	{}
};

static struct kunit_suite nfpt_limit_test_suite = {
	.name		= "nfpt_ipsec_limit",
	.init		= nfpt_ipsec_router_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_limit_test_cases,
};

kunit_test_suite(nfpt_limit_test_suite);
