// SPDX-License-Identifier: GPL-2.0
/*
 * L2TP through the router: what hosts and servers send, and what the module
 * knows of it.  Messages are made without the code under test.
 */
#include <linux/udp.h>

#include "l2tp_rig.h"

#define RIG_MESSAGE	160	/* the longest */
#define RIG_PAYLOAD	24	/* of data */

/* Attribute types, RFC 2661 section 4.4, RFC 3931 section 5.4. */
enum {
	RIG_MESSAGE_TYPE = 0,
	RIG_HOST_NAME = 7,
	RIG_TUNNEL_ID = 9,
	RIG_SESSION_ID = 14,
	RIG_RANDOM_VECTOR = 36,
	RIG_DIGEST = 59,
	RIG_CONNECTION_ID = 61,
	RIG_LOCAL_SESSION = 63,
	RIG_REMOTE_SESSION = 64,
};

#define RIG_MANDATORY	0x8000
#define RIG_HIDDEN	0x4000

/**
 * nfpt_rig_init() - kunit_suite.init
 * @test: its priv becomes the struct nfpt_router
 *
 * Return: 0.
 */
int nfpt_rig_init(struct kunit *test)
{
	nfpt_router_add(test, "l2tp");
	KUNIT_ASSERT_NOT_NULL(test, nfpt_rig_net(test));
	return 0;
}

/* ---- messages ---------------------------------------------------------- */

struct nfpt_rig_bytes {
	u8		at[RIG_MESSAGE];
	unsigned int	len;
};

static void nfpt_rig_put16(struct nfpt_rig_bytes *b, u16 value)
{
	nfpt_put_be16(b->at + b->len, value);
	b->len += 2;
}

static void nfpt_rig_put32(struct nfpt_rig_bytes *b, u32 value)
{
	nfpt_rig_put16(b, value >> 16);
	nfpt_rig_put16(b, value);
}

static void nfpt_rig_put_avp(struct nfpt_rig_bytes *b, u16 type, const void *value, u16 len)
{
	nfpt_rig_put16(b, RIG_MANDATORY | (6 + len));
	nfpt_rig_put16(b, 0);
	nfpt_rig_put16(b, type);
	memcpy(b->at + b->len, value, len);
	b->len += len;
}

/* What is hidden looks like noise, and is longer. */
static void nfpt_rig_put_id(struct nfpt_rig_bytes *b, u16 type, u32 id, u8 size, bool hidden)
{
	if (!id)
		return;
	nfpt_rig_put16(b, RIG_MANDATORY | (hidden ? RIG_HIDDEN | 16 : 6 + size));
	nfpt_rig_put16(b, 0);
	nfpt_rig_put16(b, type);
	if (hidden) {
		memset(b->at + b->len, 0xa5, 10);
		b->len += 10;
	} else if (size == 4) {
		nfpt_rig_put32(b, id);
	} else {
		nfpt_rig_put16(b, id);
	}
}

static void nfpt_rig_put_data(struct nfpt_rig_bytes *b, const struct nfpt_rig_message *msg)
{
	if (msg->version != 3) {
		nfpt_rig_put16(b, msg->length ? 0x4002 : 0x0002);
		if (msg->length)
			nfpt_rig_put16(b, 8 + RIG_PAYLOAD);
		nfpt_rig_put16(b, msg->to);
		nfpt_rig_put16(b, msg->session);
	} else {
		if (!msg->ip)
			nfpt_rig_put32(b, 0x00030000);
		nfpt_rig_put32(b, msg->session);
	}
	memset(b->at + b->len, 0x5a, RIG_PAYLOAD);
	b->len += RIG_PAYLOAD;
}

static void nfpt_rig_put_avps(struct nfpt_rig_bytes *b, const struct nfpt_rig_message *msg)
{
	static const u8 noise[17] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	bool v3 = msg->version == 3;
	u8 type[2];

	nfpt_put_be16(type, msg->type);
	nfpt_rig_put_avp(b, RIG_MESSAGE_TYPE, type, sizeof(type));
	if (msg->digest)
		nfpt_rig_put_avp(b, RIG_DIGEST, noise, sizeof(noise));
	if (msg->hidden)
		nfpt_rig_put_avp(b, RIG_RANDOM_VECTOR, noise, 4);
	if (msg->name)
		nfpt_rig_put_avp(b, RIG_HOST_NAME, msg->name, strlen(msg->name));
	nfpt_rig_put_id(b, v3 ? RIG_CONNECTION_ID : RIG_TUNNEL_ID, msg->assigned, v3 ? 4 : 2,
			msg->hidden);
	nfpt_rig_put_id(b, v3 ? RIG_LOCAL_SESSION : RIG_SESSION_ID, msg->local, v3 ? 4 : 2,
			msg->hidden);
	nfpt_rig_put_id(b, RIG_REMOTE_SESSION, msg->remote, 4, false);
}

static void nfpt_rig_put(struct nfpt_rig_bytes *b, const struct nfpt_rig_message *msg)
{
	unsigned int start = msg->ip ? 4 : 0;

	*b = (struct nfpt_rig_bytes){};
	if (msg->data) {
		nfpt_rig_put_data(b, msg);
		return;
	}
	b->len = start;
	nfpt_rig_put16(b, 0xc800 | (msg->version ?: 2));
	nfpt_rig_put16(b, 0);
	if (msg->version == 3)
		nfpt_rig_put32(b, msg->to);
	else
		nfpt_rig_put32(b, msg->to << 16 | msg->session);
	nfpt_rig_put32(b, 0x00050006);
	if (msg->type)
		nfpt_rig_put_avps(b, msg);
	nfpt_put_be16(b->at + start + 2, b->len - start);
}

/* The packet with all of its data in a page. */
static struct sk_buff *nfpt_rig_paged(struct kunit *test, struct sk_buff *skb)
{
	unsigned int len = skb->len - sizeof(struct iphdr);
	const struct iphdr *iph = ip_hdr(skb);
	struct sk_buff *paged;

	paged = nfpt_kunit_packet(iph->saddr, iph->daddr, iph->protocol,
				  skb->data + sizeof(*iph), len, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, paged);
	paged->dev = skb->dev;
	kfree_skb(skb);
	return paged;
}

/**
 * nfpt_rig_send() - somebody sends a message
 * @test: the test
 * @saddr: who, host byte order
 * @daddr: to whom, host byte order
 * @msg: the message
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_rig_send(struct kunit *test, u32 saddr, u32 daddr,
			       const struct nfpt_rig_message *msg)
{
	struct nfpt_rig_bytes b;
	struct sk_buff *skb;

	nfpt_rig_put(&b, msg);
	if (msg->ip) {
		skb = nfpt_router_packet(test, saddr, daddr, IPPROTO_L2TP, b.at, b.len);
	} else {
		skb = nfpt_router_udp(test, saddr, msg->sport ?: RIG_PORT, daddr,
				      msg->dport ?: RIG_PORT, b.at, b.len);
		if (!msg->unsummed)
			nfpt_router_checksum(skb, msg->partial);
	}
	if (msg->paged)
		skb = nfpt_rig_paged(test, skb);
	return nfpt_router_send(test, skb);
}

/**
 * nfpt_rig_out() - a host sends a message to a server
 * @test: the test
 * @n: which host
 * @msg: the message
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_rig_out(struct kunit *test, unsigned int n,
			      const struct nfpt_rig_message *msg)
{
	return nfpt_rig_send(test, ROUTER_HOST(n), msg->peer ?: RIG_SERVER, msg);
}

/**
 * nfpt_rig_in() - a server sends a message to the router
 * @test: the test
 * @msg: the message
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_rig_in(struct kunit *test, const struct nfpt_rig_message *msg)
{
	const struct nfpt_router *router = test->priv;

	return nfpt_rig_send(test, msg->peer ?: RIG_SERVER, router->wan, msg);
}

/**
 * nfpt_rig_ip_out() - a host sends data straight over IP to the server
 * @test: the test
 * @n: which host
 * @session: Session ID
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_rig_ip_out(struct kunit *test, unsigned int n, u32 session)
{
	return nfpt_rig_out(test, n, &(struct nfpt_rig_message){
		.version = 3, .ip = true, .data = true, .session = session,
	});
}

/**
 * nfpt_rig_ip_in() - the server sends data straight over IP to the router
 * @test: the test
 * @session: Session ID
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_rig_ip_in(struct kunit *test, u32 session)
{
	return nfpt_rig_in(test, &(struct nfpt_rig_message){
		.version = 3, .ip = true, .data = true, .session = session,
	});
}

/**
 * nfpt_rig_left() - whether the last packet that left was a message
 * @test: the test
 * @msg: the message; its ports do not count
 */
bool nfpt_rig_left(struct kunit *test, const struct nfpt_rig_message *msg)
{
	const struct nfpt_router *router = test->priv;
	unsigned int off = msg->ip ? 0 : sizeof(struct udphdr);
	struct nfpt_rig_bytes b;

	nfpt_rig_put(&b, msg);
	return router->n_left == off + b.len && !memcmp(router->left + off, b.at, b.len);
}

/**
 * nfpt_rig_quote() - what an ICMP error quotes of a message
 * @msg: the message
 * @quote: set to what follows the IP header
 * @len: how much may be quoted
 *
 * Return: how much is quoted.
 */
unsigned int nfpt_rig_quote(const struct nfpt_rig_message *msg, u8 *quote, unsigned int len)
{
	unsigned int off = msg->ip ? 0 : sizeof(struct udphdr);
	struct nfpt_rig_bytes b;

	nfpt_rig_put(&b, msg);
	len = min(len, off + b.len);
	if (!msg->ip) {
		nfpt_put_be16(quote, msg->sport ?: RIG_PORT);
		nfpt_put_be16(quote + 2, msg->dport ?: RIG_PORT);
		nfpt_put_be16(quote + 4, off + b.len);
		nfpt_put_be16(quote + 6, 0);
	}
	memcpy(quote + off, b.at, len - off);
	return len;
}

/* ---- tunnels ----------------------------------------------------------- */

/**
 * nfpt_rig_request() - a host asks the server for a tunnel, from port 1701
 * @test: the test
 * @n: which host
 * @id: the Tunnel ID that it has chosen
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_rig_request(struct kunit *test, unsigned int n, u32 id)
{
	return nfpt_rig_out(test, n, &(struct nfpt_rig_message){
		.type = NFPT_L2TP_SCCRQ, .assigned = id, .name = "lac",
	});
}

/* Request, reply and confirmation; the port that the server sees. */
static u16 nfpt_rig_set_up(struct kunit *test, unsigned int n, struct nfpt_rig_message msg,
			   u32 server_id)
{
	struct nfpt_l2tp_tunnel *tunnel;
	u32 id = msg.assigned;
	u16 port;

	msg.type = NFPT_L2TP_SCCRQ;
	msg.name = "lac";
	port = nfpt_rig_out(test, n, &msg).sport;
	tunnel = msg.ip ? nfpt_rig_tunnel_ip(test, n, id) : nfpt_rig_tunnel(test, n, id);

	msg.type = NFPT_L2TP_SCCRP;
	msg.to = tunnel->seen_id;
	msg.assigned = server_id;
	msg.name = "lns";
	msg.dport = port;
	KUNIT_EXPECT_EQ(test, nfpt_rig_in(test, &msg).daddr, ROUTER_HOST(n));
	msg.to = id;
	KUNIT_EXPECT_TRUE(test, nfpt_rig_left(test, &msg));

	msg.type = NFPT_L2TP_SCCCN;
	msg.to = server_id;
	msg.assigned = 0;
	msg.name = NULL;
	msg.dport = 0;
	KUNIT_EXPECT_EQ(test, nfpt_rig_out(test, n, &msg).sport, port);
	KUNIT_EXPECT_EQ(test, tunnel->session.state, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, tunnel->server_id, server_id);
	return port;
}

/**
 * nfpt_rig_connect() - a host and the server make a tunnel of version 2
 * @test: the test
 * @n: which host
 * @id: the host's Tunnel ID
 * @server_id: the server's
 *
 * Return: the host's port as the server sees it.
 */
u16 nfpt_rig_connect(struct kunit *test, unsigned int n, u32 id, u32 server_id)
{
	return nfpt_rig_set_up(test, n, (struct nfpt_rig_message){ .assigned = id }, server_id);
}

/**
 * nfpt_rig_connect_ip() - a host and the server make a control connection over IP
 * @test: the test
 * @n: which host
 * @id: the host's Control Connection ID
 * @server_id: the server's
 */
void nfpt_rig_connect_ip(struct kunit *test, unsigned int n, u32 id, u32 server_id)
{
	nfpt_rig_set_up(test, n, (struct nfpt_rig_message){
		.version = 3, .ip = true, .assigned = id,
	}, server_id);
}

/**
 * nfpt_rig_settle() - a host and the server use sessions over IP that nobody has
 *	negotiated, until the inbound one is confirmed
 * @test: the test
 * @n: which host
 * @out: Session ID of what the host sends
 * @in: Session ID of what the server sends
 */
void nfpt_rig_settle(struct kunit *test, unsigned int n, u32 out, u32 in)
{
	const struct nfpt_l2tp_call *call;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_TRUE(test, nfpt_rig_ip_out(test, n, out).arrived);
		KUNIT_EXPECT_EQ(test, nfpt_rig_ip_in(test, in).daddr, ROUTER_HOST(n));
	}
	call = nfpt_rig_call(test, in);
	KUNIT_ASSERT_TRUE(test, call->sure);
	KUNIT_ASSERT_PTR_EQ(test, call->tunnel, nfpt_rig_pair(test, n));
}

/* ---- what the module knows ---------------------------------------------- */

/**
 * nfpt_rig_net() - L2TP on the router, as the module sees it
 * @test: the test
 */
struct nfpt_l2tp_net *nfpt_rig_net(const struct kunit *test)
{
	const struct nfpt_router *router = test->priv;

	return nfpt_l2tp_pernet(router->pn);
}

/**
 * nfpt_rig_find() - a tunnel, if it is there
 * @test: the test
 * @slot: NFPT_L2TP_OWN, or NFPT_L2TP_PAIR
 * @version: of the protocol
 * @l4proto: UDP or L2TP
 * @n: which host's
 * @id: the host's Tunnel ID or Control Connection ID
 *
 * Return: the tunnel, valid until it ends, or NULL.
 */
struct nfpt_l2tp_tunnel *nfpt_rig_find(struct kunit *test, u8 slot, u8 version, u8 l4proto,
				       unsigned int n, u32 id)
{
	struct nfpt_l2tp_tunnel *tunnel;

	rcu_read_lock();
	tunnel = nfpt_l2tp_tunnel_find(nfpt_rig_net(test), slot, version, l4proto,
				       htonl(ROUTER_HOST(n)), htonl(RIG_SERVER), id);
	rcu_read_unlock();
	return tunnel;
}

/**
 * nfpt_rig_tunnel() - a tunnel of version 2 over UDP
 * @test: the test
 * @n: which host's
 * @id: the host's Tunnel ID
 *
 * Return: the tunnel, valid until it ends; the test is over if it is not there.
 */
struct nfpt_l2tp_tunnel *nfpt_rig_tunnel(struct kunit *test, unsigned int n, u32 id)
{
	struct nfpt_l2tp_tunnel *tunnel;

	tunnel = nfpt_rig_find(test, NFPT_L2TP_OWN, 2, IPPROTO_UDP, n, id);
	KUNIT_ASSERT_NOT_NULL(test, tunnel);
	return tunnel;
}

/**
 * nfpt_rig_tunnel_ip() - a control connection over IP
 * @test: the test
 * @n: which host's
 * @id: the host's Control Connection ID
 *
 * Return: the tunnel, valid until it ends; the test is over if it is not there.
 */
struct nfpt_l2tp_tunnel *nfpt_rig_tunnel_ip(struct kunit *test, unsigned int n, u32 id)
{
	struct nfpt_l2tp_tunnel *tunnel;

	tunnel = nfpt_rig_find(test, NFPT_L2TP_OWN, 3, IPPROTO_L2TP, n, id);
	KUNIT_ASSERT_NOT_NULL(test, tunnel);
	return tunnel;
}

/**
 * nfpt_rig_pair() - what a host and the server exchange without a connection
 * @test: the test
 * @n: which host
 *
 * Return: the pair, valid until it ends; the test is over if it is not there.
 */
struct nfpt_l2tp_tunnel *nfpt_rig_pair(struct kunit *test, unsigned int n)
{
	struct nfpt_l2tp_tunnel *tunnel;

	tunnel = nfpt_rig_find(test, NFPT_L2TP_PAIR, 3, IPPROTO_L2TP, n, 0);
	KUNIT_ASSERT_NOT_NULL(test, tunnel);
	return tunnel;
}

/**
 * nfpt_rig_find_call() - a call over IP, if it is there
 * @test: the test
 * @id: the Session ID in what the server sends
 *
 * Return: the call, valid until it ends, or NULL.
 */
struct nfpt_l2tp_call *nfpt_rig_find_call(struct kunit *test, u32 id)
{
	const struct nfpt_router *router = test->priv;
	struct nfpt_l2tp_call *call;

	rcu_read_lock();
	call = nfpt_l2tp_call_find(nfpt_rig_net(test), NFPT_L2TP_CALL_IN, IPPROTO_L2TP,
				   htonl(RIG_SERVER), htonl(router->wan), id);
	rcu_read_unlock();
	return call;
}

/**
 * nfpt_rig_call() - a call over IP
 * @test: the test
 * @id: the Session ID in what the server sends
 *
 * Return: the call, valid until it ends; the test is over if it is not there.
 */
struct nfpt_l2tp_call *nfpt_rig_call(struct kunit *test, u32 id)
{
	struct nfpt_l2tp_call *call = nfpt_rig_find_call(test, id);

	KUNIT_ASSERT_NOT_NULL(test, call);
	return call;
}

/**
 * nfpt_rig_sessions() - how many tunnels the core has
 * @test: the test
 */
unsigned int nfpt_rig_sessions(const struct kunit *test)
{
	const struct nfpt_router *router = test->priv;

	return atomic_read(&router->pn->sessions);
}

/**
 * nfpt_rig_calls() - how many calls of a tunnel netlink tells of
 * @test: the test
 * @tunnel: the tunnel
 */
unsigned int nfpt_rig_calls(struct kunit *test, const struct nfpt_l2tp_tunnel *tunnel)
{
	return nfpt_router_parts(test, &tunnel->session, NF_PASSTHROUGH_A_SESSION_CALL, 0);
}

/* ---- settings and time --------------------------------------------------- */

/**
 * nfpt_rig_set() - change a setting
 * @test: the test
 * @setting: NFPT_L2TP_*
 * @value: new value
 */
void nfpt_rig_set(struct kunit *test, unsigned int setting, u32 value)
{
	const struct nfpt_router *router = test->priv;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(router->pn, setting, value), 0);
}

/**
 * nfpt_rig_ago() - a time in the past
 * @seconds: how long ago
 *
 * Return: jiffies.
 */
u32 nfpt_rig_ago(unsigned int seconds)
{
	return (u32)jiffies - seconds * HZ;
}

/**
 * nfpt_rig_gc() - end what is over now
 * @test: the test
 */
void nfpt_rig_gc(struct kunit *test)
{
	nfpt_router_collect(test, &nfpt_rig_net(test)->worker);
}

/**
 * nfpt_rig_close() - a tunnel that an end has stopped has had its time
 * @test: the test
 * @tunnel: the tunnel, which is over then
 */
void nfpt_rig_close(struct kunit *test, struct nfpt_l2tp_tunnel *tunnel)
{
	KUNIT_EXPECT_TRUE(test, tunnel->closing);
	KUNIT_EXPECT_EQ(test, tunnel->session.state, NF_PASSTHROUGH_SESSION_STATE_CLOSING);
	tunnel->since = nfpt_rig_ago(1);
	nfpt_rig_gc(test);
}
