// SPDX-License-Identifier: GPL-2.0
/*
 * IPsec through the router: what hosts and the gateway send, and what the
 * module knows of it.
 */
#include "ipsec_router.h"

/**
 * nfpt_ipsec_router_init() - kunit_suite.init
 * @test: its priv becomes the struct nfpt_router
 *
 * Return: 0.
 */
int nfpt_ipsec_router_init(struct kunit *test)
{
	nfpt_router_add(test, "ipsec");
	KUNIT_ASSERT_NOT_NULL(test, nfpt_router_ipn(test));
	return 0;
}

/* ---- what hosts and the gateway do --------------------------------------- */

/**
 * nfpt_router_ike() - make an IKE message, behind a non-ESP marker on port 4500
 * @test: the test
 * @saddr: source, host byte order
 * @sport: its port
 * @daddr: destination, host byte order
 * @dport: its port
 * @msg: the message
 *
 * Return: the packet.
 */
struct sk_buff *nfpt_router_ike(struct kunit *test, u32 saddr, u16 sport, u32 daddr, u16 dport,
				const struct nfpt_router_ike *msg)
{
	bool marked = sport == NFPT_NATT_PORT || dport == NFPT_NATT_PORT;
	u8 data[NFPT_NATT_MARKER + NFPT_IKE_HEADER + 8] = {};
	unsigned int len = sizeof(data) - NFPT_NATT_MARKER;
	u8 *ike = data + NFPT_NATT_MARKER;

	nfpt_put_be32(ike, msg->ispi >> 32);
	nfpt_put_be32(ike + 4, msg->ispi);
	nfpt_put_be32(ike + 8, msg->rspi >> 32);
	nfpt_put_be32(ike + 12, msg->rspi);
	ike[17] = (msg->version ?: 2) << 4;
	ike[18] = msg->exchange;
	ike[19] = msg->flags;
	nfpt_put_be32(ike + 20, msg->msgid);
	nfpt_put_be32(ike + 24, len);
	return nfpt_router_udp(test, saddr, sport, daddr, dport, marked ? data : ike,
			       marked ? sizeof(data) : len);
}

/**
 * nfpt_router_esp() - somebody sends ESP
 * @test: the test
 * @saddr: source, host byte order
 * @daddr: destination, host byte order
 * @spi: Security Parameters Index
 * @seq: sequence number
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_router_esp(struct kunit *test, u32 saddr, u32 daddr, u32 spi, u32 seq)
{
	u8 esp[NFPT_ESP_MIN + 16] = {};

	nfpt_put_be32(esp, spi);
	nfpt_put_be32(esp + 4, seq);
	return nfpt_router_send(test, nfpt_router_packet(test, saddr, daddr, IPPROTO_ESP, esp,
							 sizeof(esp)));
}

/**
 * nfpt_router_out() - a host sends ESP to the gateway
 * @test: the test
 * @n: which host
 * @spi: Security Parameters Index
 * @seq: sequence number
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_router_out(struct kunit *test, unsigned int n, u32 spi, u32 seq)
{
	return nfpt_router_esp(test, ROUTER_HOST(n), ROUTER_GATEWAY, spi, seq);
}

/**
 * nfpt_router_in() - the gateway sends ESP to the router
 * @test: the test
 * @spi: Security Parameters Index
 * @seq: sequence number
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_router_in(struct kunit *test, u32 spi, u32 seq)
{
	const struct nfpt_router *router = test->priv;

	return nfpt_router_esp(test, ROUTER_GATEWAY, router->wan, spi, seq);
}

/**
 * nfpt_router_ike_out() - a host sends IKE from port 500 to the gateway
 * @test: the test
 * @n: which host
 * @msg: the message
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_router_ike_out(struct kunit *test, unsigned int n,
				     const struct nfpt_router_ike *msg)
{
	return nfpt_router_send(test, nfpt_router_ike(test, ROUTER_HOST(n), NFPT_IKE_PORT,
						      ROUTER_GATEWAY, NFPT_IKE_PORT, msg));
}

/**
 * nfpt_router_ike_in() - the gateway sends IKE to the router
 * @test: the test
 * @port: to which port
 * @msg: the message
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_router_ike_in(struct kunit *test, u16 port,
				    const struct nfpt_router_ike *msg)
{
	const struct nfpt_router *router = test->priv;

	return nfpt_router_send(test, nfpt_router_ike(test, ROUTER_GATEWAY, NFPT_IKE_PORT,
						      router->wan, port, msg));
}

/**
 * nfpt_router_negotiate() - a host and the gateway make an IKE SA and a first
 *	ESP SA
 * @test: the test
 * @n: which host; its SPI is ROUTER_IKE_SPI()
 *
 * Return: the host's port as the gateway sees it.
 */
u16 nfpt_router_negotiate(struct kunit *test, unsigned int n)
{
	struct nfpt_router_ike msg = {
		.ispi = ROUTER_IKE_SPI(n), .exchange = NFPT_IKE_SA_INIT,
		.flags = NFPT_IKE_INITIATOR,
	};
	u16 port;

	port = nfpt_router_ike_out(test, n, &msg).sport;
	msg.rspi = ~msg.ispi;
	msg.flags = NFPT_IKE_RESPONSE;
	KUNIT_EXPECT_EQ(test, nfpt_router_ike_in(test, port, &msg).daddr, ROUTER_HOST(n));
	msg.exchange = NFPT_IKE_AUTH;
	msg.flags = NFPT_IKE_INITIATOR;
	msg.msgid = 1;
	KUNIT_EXPECT_EQ(test, nfpt_router_ike_out(test, n, &msg).sport, port);
	msg.flags = NFPT_IKE_RESPONSE;
	KUNIT_EXPECT_EQ(test, nfpt_router_ike_in(test, port, &msg).daddr, ROUTER_HOST(n));
	return port;
}

/**
 * nfpt_router_settle() - a host and the gateway use a pair of SAs until the
 *	inbound one is confirmed
 * @test: the test
 * @n: which host
 * @out: SPI of the outbound SA
 * @in: SPI of the inbound SA
 */
void nfpt_router_settle(struct kunit *test, unsigned int n, u32 out, u32 in)
{
	const struct nfpt_router *router = test->priv;
	const struct nfpt_ipsec_sa *sa;
	unsigned int seq;

	for (seq = 1; seq < 5; seq++) {
		KUNIT_EXPECT_TRUE(test, nfpt_router_out(test, n, out, seq).arrived);
		KUNIT_EXPECT_EQ(test, nfpt_router_in(test, in, seq).daddr, ROUTER_HOST(n));
	}
	sa = nfpt_router_sa(test, ROUTER_GATEWAY, router->wan, in);
	KUNIT_ASSERT_NOT_NULL(test, sa);
	KUNIT_ASSERT_TRUE(test, sa->sure);
	KUNIT_ASSERT_PTR_EQ(test, sa->session, nfpt_router_session(test, n));
}

/* ---- what the module knows ---------------------------------------------- */

/**
 * nfpt_router_session() - the session of a host and the gateway
 * @test: the test
 * @n: which host
 *
 * Return: the session, valid until it ends, or NULL.
 */
struct nfpt_ipsec_session *nfpt_router_session(struct kunit *test, unsigned int n)
{
	struct nfpt_ipsec_session *session;

	rcu_read_lock();
	session = nfpt_ipsec_session_find(nfpt_router_ipn(test), htonl(ROUTER_HOST(n)),
					  htonl(ROUTER_GATEWAY));
	rcu_read_unlock();
	return session;
}

/**
 * nfpt_router_sa() - the ESP SA of packets
 * @test: the test
 * @saddr: their source, before translation, host byte order
 * @daddr: their destination, before translation, host byte order
 * @spi: Security Parameters Index
 *
 * Return: the SA, valid until it ends, or NULL.
 */
struct nfpt_ipsec_sa *nfpt_router_sa(struct kunit *test, u32 saddr, u32 daddr, u32 spi)
{
	struct nfpt_ipsec_sa *sa;

	rcu_read_lock();
	sa = nfpt_ipsec_sa_find(nfpt_router_ipn(test), htonl(saddr), htonl(daddr), spi);
	rcu_read_unlock();
	return sa;
}

/**
 * nfpt_router_listed() - how many SAs of a session netlink tells of
 * @test: the test
 * @session: the session
 * @attr: an attribute that they must have, 0 for all
 */
unsigned int nfpt_router_listed(struct kunit *test, const struct nfpt_ipsec_session *session,
				int attr)
{
	return nfpt_router_parts(test, &session->session, NF_PASSTHROUGH_A_SESSION_SA, attr);
}

/**
 * nfpt_router_gc() - end what is over now
 * @test: the test
 */
void nfpt_router_gc(struct kunit *test)
{
	nfpt_router_collect(test, &nfpt_router_ipn(test)->worker);
}
