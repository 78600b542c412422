// SPDX-License-Identifier: GPL-2.0
/*
 * NAT-T through the router: how long its mappings live, and that they come
 * back the same.
 */
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_timeout.h>

#include "ipsec_router.h"

#define OUT(n)	(0x0a000100 + (n))
#define IN(n)	(0x0b000100 + (n))

static struct nfpt_trip nfpt_natt_test_out(struct kunit *test, unsigned int n, u16 sport,
					   const void *data, unsigned int len)
{
	return nfpt_router_send(test, nfpt_router_udp(test, ROUTER_HOST(n), sport,
						      ROUTER_GATEWAY, 4500, data, len));
}

static struct nfpt_trip nfpt_natt_test_in(struct kunit *test, u16 port, const void *data,
					  unsigned int len)
{
	return nfpt_router_send(test, nfpt_router_udp(test, ROUTER_GATEWAY, 4500, ROUTER_WAN,
						      port, data, len));
}

/* A host sends UDP-encapsulated ESP from port 4500. */
static struct nfpt_trip nfpt_natt_test_esp_out(struct kunit *test, unsigned int n, u32 spi)
{
	u8 esp[NFPT_ESP_MIN + 16] = {};

	nfpt_put_be32(esp, spi);
	return nfpt_natt_test_out(test, n, 4500, esp, sizeof(esp));
}

static struct nfpt_trip nfpt_natt_test_esp_in(struct kunit *test, u16 port, u32 spi)
{
	u8 esp[NFPT_ESP_MIN + 16] = {};

	nfpt_put_be32(esp, spi);
	return nfpt_natt_test_in(test, port, esp, sizeof(esp));
}

/* RFC 4787 REQ-5: five minutes, answered or not, whoever looks after it. */
static void nfpt_natt_test_lifetime(struct kunit *test)
{
	const struct nf_conn_timeout *timeout;
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	trip = nfpt_natt_test_esp_out(test, 0, OUT(0));
	KUNIT_ASSERT_NOT_NULL(test, trip.ct);
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 300);
	timeout = nf_ct_timeout_find(trip.ct);
	KUNIT_ASSERT_NOT_NULL(test, timeout);
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(timeout->timeout),
			    nfpt_router_ipn(test)->natt);
	/* A flowtable takes no flow that has a helper. */
	KUNIT_EXPECT_NULL(test, nfct_help(trip.ct));

	WRITE_ONCE(trip.ct->timeout, nfct_time_stamp + 10 * HZ);
	trip = nfpt_natt_test_esp_in(test, trip.sport, IN(0));
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	WRITE_ONCE(trip.ct->timeout, nfct_time_stamp + 10 * HZ);
	trip = nfpt_natt_test_esp_out(test, 0, OUT(0));
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 300);

	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(router->pn, NFPT_IPSEC_NATT_IDLE, 1000), 0);
	trip = nfpt_natt_test_esp_out(test, 1, OUT(1));
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 995);
	trip = nfpt_natt_test_esp_in(test, trip.sport, IN(1));
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 995);
}

/* Its SAs are listed, though ports say whose they are. */
static void nfpt_natt_test_sas(struct kunit *test)
{
	struct nfpt_ipsec_session *session;
	struct nfpt_ipsec_sa *sa;
	struct nfpt_trip out, in;

	out = nfpt_natt_test_esp_out(test, 0, OUT(0));
	nfpt_natt_test_esp_out(test, 0, OUT(0));
	session = nfpt_router_session(test, 0);
	KUNIT_ASSERT_NOT_NULL(test, session);
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, session, NF_PASSTHROUGH_A_SA_UDP), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, session, NF_PASSTHROUGH_A_SA_INBOUND), 0);
	in = nfpt_natt_test_esp_in(test, out.sport, IN(0));
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, session, NF_PASSTHROUGH_A_SA_UDP), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, session, NF_PASSTHROUGH_A_SA_INBOUND), 1);
	KUNIT_EXPECT_EQ(test, session->session.state, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);

	rcu_read_lock();
	sa = nfpt_ipsec_sa_find_udp(nfpt_router_ipn(test),
				    htonl(ROUTER_HOST(0)), htonl(ROUTER_GATEWAY), false, OUT(0));
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, sa);
	KUNIT_EXPECT_EQ(test, atomic64_read(&sa->packets), 2);
	KUNIT_EXPECT_EQ(test, atomic64_read(&sa->bytes), 2 * (20 + 8 + 24));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_NATT), 3);

	/* Two hosts with equal SPIs: ports tell them apart. */
	out = nfpt_natt_test_esp_out(test, 1, OUT(0));
	in = nfpt_natt_test_esp_in(test, out.sport, IN(0));
	KUNIT_EXPECT_EQ(test, in.daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, nfpt_router_session(test, 1), 0), 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, session, 0), 2);
}

/* IKE that has moved to port 4500: no plain ESP is to be expected. */
static void nfpt_natt_test_floated(struct kunit *test)
{
	struct nfpt_router_ike msg = {
		.ispi = ROUTER_IKE_SPI(0), .rspi = 1, .exchange = NFPT_IKE_AUTH,
		.flags = NFPT_IKE_INITIATOR, .msgid = 1,
	};
	struct nfpt_trip trip;

	nfpt_router_negotiate(test, 1);
	trip = nfpt_router_send(test, nfpt_router_ike(test, ROUTER_HOST(0), 4500,
						      ROUTER_GATEWAY, 4500, &msg));
	KUNIT_ASSERT_NOT_NULL(test, nfpt_router_session(test, 0));
	KUNIT_EXPECT_TRUE(test, nfpt_router_session(test, 0)->assoc.floated);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_IKE), 5);
	msg.flags = NFPT_IKE_RESPONSE;
	nfpt_router_send(test, nfpt_router_ike(test, ROUTER_GATEWAY, 4500, ROUTER_WAN,
					       trip.sport, &msg));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_CREDIT), 2);

	/* So this is the other host's. */
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(1), 1).daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_COPIES), 0);
}

static const struct nfpt_natt_junk {
	const char	*name;
	u8		data[12];
	u8		len;
	bool		malformed;
} nfpt_natt_junks[] = {
	{ "keepalive", { 0xff }, 1, false },
	{ "another byte", { 0xfe }, 1, true },
	{ "nothing", { }, 0, true },
	{ "marker alone", { }, 4, true },
	{ "seven bytes", { 1, 2, 3, 4, 5, 6, 7 }, 7, true },
	{ "reserved SPI", { 0, 0, 0, 200, 0, 0, 0, 1 }, 8, true },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_natt_junk, nfpt_natt_junks, name);

/* What is no IPsec passes, and makes no session. */
static void nfpt_natt_test_junk(struct kunit *test)
{
	const struct nfpt_natt_junk *c = test->param_value;
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	trip = nfpt_natt_test_out(test, 0, 4500, c->data, c->len);
	KUNIT_EXPECT_TRUE(test, trip.arrived);
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_natt_test_in(test, trip.sport, c->data, c->len).daddr,
			ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_ESP_MALFORMED),
			2 * c->malformed);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_NATT), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
}

/* Who comes back after its mapping expired is where the gateway looks for it. */
static void nfpt_natt_test_port_again(struct kunit *test)
{
	u16 port[2];

	port[0] = nfpt_natt_test_esp_out(test, 0, OUT(0)).sport;
	port[1] = nfpt_natt_test_esp_out(test, 1, OUT(1)).sport;
	KUNIT_EXPECT_EQ(test, port[0], 4500);
	KUNIT_EXPECT_NE(test, port[1], 4500);
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_ports, 2);

	nfpt_router_flush_conntrack(test);
	KUNIT_EXPECT_EQ(test, nfpt_natt_test_esp_out(test, 1, OUT(1)).sport, port[1]);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_PORT_AGAIN), 1);
	KUNIT_EXPECT_EQ(test, nfpt_natt_test_esp_out(test, 0, OUT(0)).sport, port[0]);
	KUNIT_EXPECT_EQ(test, nfpt_natt_test_esp_in(test, port[1], IN(1)).daddr, ROUTER_HOST(1));
	KUNIT_EXPECT_EQ(test, nfpt_natt_test_esp_in(test, port[0], IN(0)).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_ports, 2);
}

/* Unless somebody else has it now. */
static void nfpt_natt_test_port_taken(struct kunit *test)
{
	u16 port, again;

	nfpt_natt_test_esp_out(test, 0, OUT(0));
	port = nfpt_natt_test_esp_out(test, 1, OUT(1)).sport;
	nfpt_router_flush_conntrack(test);
	KUNIT_EXPECT_EQ(test, nfpt_natt_test_out(test, 2, port, "\xff", 1).sport, port);
	again = nfpt_natt_test_esp_out(test, 1, OUT(1)).sport;
	KUNIT_EXPECT_NE(test, again, port);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_PORT_AGAIN), 0);
	/* What it has then is what is remembered. */
	nfpt_router_flush_conntrack(test);
	KUNIT_EXPECT_EQ(test, nfpt_natt_test_esp_out(test, 1, OUT(1)).sport, again);
}

/* Or the NAT address of that time is gone: then the rules have the say. */
static void nfpt_natt_test_port_elsewhere(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip;

	router->wan = ROUTER_WAN + 50;
	KUNIT_EXPECT_EQ(test, nfpt_natt_test_esp_out(test, 0, OUT(0)).saddr, ROUTER_WAN + 50);
	nfpt_router_flush_conntrack(test);
	router->wan = ROUTER_WAN;
	trip = nfpt_natt_test_esp_out(test, 0, OUT(0));
	KUNIT_EXPECT_EQ(test, trip.saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_router_count(test, NFPT_IPSEC_C_PORT_AGAIN), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_ports, 1);
	KUNIT_EXPECT_EQ(test, ntohl(nfpt_router_session(test, 0)->session.initiator_seen),
			ROUTER_WAN);
}

/* Ports are remembered in bounds, the oldest go. */
static void nfpt_natt_test_ports_many(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	unsigned int i;

	for (i = 0; i < NFPT_IPSEC_PORTS + 10; i++)
		nfpt_natt_test_out(test, 0, 10000 + i, "\xff", 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_ports, NFPT_IPSEC_PORTS);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), NFPT_IPSEC_PORTS);
	rcu_read_lock();
	spin_lock_bh(&nfpt_router_ipn(test)->lock);
	nfpt_ipsec_ports_reap(nfpt_router_ipn(test), true);
	spin_unlock_bh(&nfpt_router_ipn(test)->lock);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_ports, 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
}

/* Packets that a flowtable forwards are not seen; the flow says it is alive. */
static void nfpt_natt_test_offloaded(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_ipsec_session *session;
	struct nfpt_ipsec_sa *sa;

	nfpt_natt_test_esp_out(test, 0, OUT(0));
	session = nfpt_router_session(test, 0);
	sa = list_first_entry(&session->sas, struct nfpt_ipsec_sa, node);
	WRITE_ONCE(session->session.seen, jiffies - 5000 * HZ);
	WRITE_ONCE(sa->seen, jiffies - 5000 * HZ);
	nfpt_router_gc(test);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_router_session(test, 0), session);
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, session, 0), 1);

	nfpt_router_flush_conntrack(test);
	nfpt_router_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_router_session(test, 0));
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
}

/* A flow that a flowtable gives back has some of conntrack's seconds left:
 * too few for a keepalive.
 */
static void nfpt_natt_test_given_back(struct kunit *test)
{
	struct nfpt_trip trip = nfpt_natt_test_esp_out(test, 0, OUT(0));

	KUNIT_ASSERT_NOT_NULL(test, trip.ct);
	set_bit(IPS_OFFLOAD_BIT, &trip.ct->status);
	WRITE_ONCE(trip.ct->timeout, nfct_time_stamp + 20 * HZ);
	nfpt_router_gc(test);
	KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 20);
	clear_bit(IPS_OFFLOAD_BIT, &trip.ct->status);
	nfpt_router_gc(test);
	KUNIT_EXPECT_GE(test, nfpt_router_left(trip.ct), 295);
	/* Once: then it is conntrack's. */
	WRITE_ONCE(trip.ct->timeout, nfct_time_stamp + 20 * HZ);
	nfpt_router_gc(test);
	KUNIT_EXPECT_LE(test, nfpt_router_left(trip.ct), 20);
}

static struct kunit_case nfpt_natt_test_cases[] = {
	KUNIT_CASE(nfpt_natt_test_lifetime),
	KUNIT_CASE(nfpt_natt_test_sas),
	KUNIT_CASE(nfpt_natt_test_floated),
	KUNIT_CASE_PARAM(nfpt_natt_test_junk, nfpt_natt_junk_gen_params),
	KUNIT_CASE(nfpt_natt_test_port_again),
	KUNIT_CASE(nfpt_natt_test_port_taken),
	KUNIT_CASE(nfpt_natt_test_port_elsewhere),
	KUNIT_CASE_SLOW(nfpt_natt_test_ports_many),
	KUNIT_CASE(nfpt_natt_test_offloaded),
	KUNIT_CASE(nfpt_natt_test_given_back),
	{}
};

static struct kunit_suite nfpt_natt_test_suite = {
	.name		= "nfpt_ipsec_natt",
	.init		= nfpt_ipsec_router_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_natt_test_cases,
};

kunit_test_suite(nfpt_natt_test_suite);
