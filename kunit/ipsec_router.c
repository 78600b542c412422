// SPDX-License-Identifier: GPL-2.0
/*
 * A router with IPsec enabled, for the suites of nf_ipsec_natt_helper.  Only
 * routing is left out: a packet takes the hooks that routing would lead it to.
 */
#include <linux/netfilter_ipv4.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "../nf_passthrough/core.h"
#include "ipsec_router.h"

/* ---- the administrator's rules ----------------------------------------- */

static unsigned int nfpt_router_rule_raw(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	const struct nfpt_router *router = priv;

	if (router->tmpl && !skb_nfct(skb)) {
		nf_conntrack_get(&router->tmpl->ct_general);
		nf_ct_set(skb, router->tmpl, IP_CT_NEW);
	}
	return NF_ACCEPT;
}

static unsigned int nfpt_router_rule_helper(void *priv, struct sk_buff *skb,
					    const struct nf_hook_state *state)
{
	const struct nfpt_router *router = priv;
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct nf_conn_help *help;

	if (!router->helper || !ct || nf_ct_is_confirmed(ct) || nfct_help(ct))
		return NF_ACCEPT;
	help = nf_ct_helper_ext_add(ct, GFP_ATOMIC);
	if (help)
		rcu_assign_pointer(help->helper, router->helper);
	return NF_ACCEPT;
}

static unsigned int nfpt_router_translate(struct sk_buff *skb, u32 addr,
					  enum nf_nat_manip_type type)
{
	const struct nf_nat_range2 range = {
		.flags		= NF_NAT_RANGE_MAP_IPS,
		.min_addr.ip	= htonl(addr),
		.max_addr.ip	= htonl(addr),
	};
	enum ip_conntrack_info ctinfo;

	return nf_nat_setup_info(nf_ct_get(skb, &ctinfo), &range, type);
}

static unsigned int nfpt_router_rule_snat(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	const struct nfpt_router *router = priv;

	if (!router->wan || ntohl(ip_hdr(skb)->saddr) >> 24 != ROUTER_HOST(0) >> 24)
		return NF_ACCEPT;
	return nfpt_router_translate(skb, router->wan, NF_NAT_MANIP_SRC);
}

static unsigned int nfpt_router_rule_dnat(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	const struct nfpt_router *router = priv;

	if (!router->server || ntohl(ip_hdr(skb)->daddr) != router->wan)
		return NF_ACCEPT;
	return nfpt_router_translate(skb, router->server, NF_NAT_MANIP_DST);
}

/* ---- hooks ------------------------------------------------------------- */

static int nfpt_router_okfn(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return 0;
}

/* What a test sends comes by this, too; the others came by netif_rx(). */
static unsigned int nfpt_router_take_copy(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	struct nfpt_router *router = priv;

	if (state->okfn == nfpt_router_okfn)
		return NF_ACCEPT;
	if (router->n_copies < ROUTER_COPIES)
		router->copies[router->n_copies] = ntohl(ip_hdr(skb)->daddr);
	router->n_copies++;
	return NF_DROP;
}

static const struct nf_hook_ops nfpt_router_hooks[] = {
	{
		.hook		= nfpt_router_rule_raw,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_RAW,
	}, {
		.hook		= nfpt_router_rule_helper,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_MANGLE,
	}, {
		.hook		= nfpt_router_take_copy,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_LAST,
	},
};

static const struct nf_hook_ops nfpt_router_nat[] = {
	{
		.hook		= nfpt_router_rule_dnat,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_NAT_DST,
	}, {
		.hook		= nfpt_router_rule_snat,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP_PRI_NAT_SRC,
	},
};

static int nfpt_router_hook(struct nfpt_router *router)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(router->nat); i++) {
		router->nat[i] = nfpt_router_nat[i];
		router->nat[i].priv = router;
		err = nf_nat_ipv4_register_fn(router->net, &router->nat[i]);
	}
	for (i = 0; !err && i < ARRAY_SIZE(router->hooks); i++) {
		router->hooks[i] = nfpt_router_hooks[i];
		router->hooks[i].priv = router;
		err = nf_register_net_hook(router->net, &router->hooks[i]);
	}
	router->hooked = !err;
	return err;
}

static void nfpt_router_unhook(struct nfpt_router *router)
{
	unsigned int i;

	nf_unregister_net_hooks(router->net, router->hooks, ARRAY_SIZE(router->hooks));
	nf_ct_netns_put(router->net, NFPROTO_IPV4);
	for (i = 0; i < ARRAY_SIZE(router->nat); i++)
		nf_nat_ipv4_unregister_fn(router->net, &router->nat[i]);
}

/* ---- the router -------------------------------------------------------- */

/**
 * nfpt_router_init() - kunit_suite.init
 * @test: its priv becomes the struct nfpt_router
 *
 * Return: 0 or a negative error.
 */
int nfpt_router_init(struct kunit *test)
{
	struct nfpt_router *router = kunit_kzalloc(test, sizeof(*router), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, router);
	test->priv = router;
	router->wan = ROUTER_WAN;
	router->net = nfpt_kunit_net_add();
	KUNIT_ASSERT_NOT_NULL_MSG(test, router->net, "ip netns add failed");
	KUNIT_ASSERT_EQ(test, nfpt_kunit_net_loopback(router->net), 0);
	KUNIT_ASSERT_EQ(test, nfpt_kunit_net_address(router->net, htonl(ROUTER_WAN)), 0);
	/* Rules that translate want conntrack, whether we are there or not. */
	KUNIT_ASSERT_EQ(test, nf_ct_netns_get(router->net, NFPROTO_IPV4), 0);
	KUNIT_ASSERT_EQ(test, nfpt_router_hook(router), 0);
	router->pn = nfpt_kunit_state(router->net, &nfpt_ipsec_proto,
				      NF_PASSTHROUGH_STATE_ENABLED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, router->pn);
	router->ipn = nfpt_ipsec_pernet(router->pn);
	KUNIT_ASSERT_NOT_NULL(test, router->ipn);
	return 0;
}

/**
 * nfpt_router_exit() - kunit_suite.exit: the namespace goes with all that is up
 * @test: the test
 */
void nfpt_router_exit(struct kunit *test)
{
	struct nfpt_router *router = test->priv;

	if (!router)
		return;
	if (router->hooked)
		nfpt_router_unhook(router);
	if (router->tmpl)
		nf_ct_put(router->tmpl);
	KUNIT_EXPECT_TRUE_MSG(test, nfpt_kunit_net_del(router->net),
			      "something still holds the namespace");
}

/* ---- packets ----------------------------------------------------------- */

/**
 * nfpt_router_packet() - make a packet
 * @test: the test
 * @saddr: source, host byte order
 * @daddr: destination, host byte order
 * @protocol: IP protocol
 * @data: what follows the IP header
 * @len: length of @data
 *
 * Return: the packet; the test is over if there is no memory.
 */
struct sk_buff *nfpt_router_packet(struct kunit *test, u32 saddr, u32 daddr, u8 protocol,
				   const void *data, unsigned int len)
{
	struct sk_buff *skb = nfpt_kunit_packet(htonl(saddr), htonl(daddr), protocol, data, len,
						len, 0);
	struct nfpt_router *router = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb->dev = router->net->loopback_dev;
	return skb;
}

/**
 * nfpt_router_udp() - make a UDP packet without a checksum
 * @test: the test
 * @saddr: source, host byte order
 * @sport: its port
 * @daddr: destination, host byte order
 * @dport: its port
 * @data: payload
 * @len: length of @data, 128 at most
 *
 * Return: the packet.
 */
struct sk_buff *nfpt_router_udp(struct kunit *test, u32 saddr, u16 sport, u32 daddr, u16 dport,
				const void *data, unsigned int len)
{
	struct {
		struct udphdr	udp;
		u8		data[128];
	} packet = {
		.udp = {
			.source = htons(sport), .dest = htons(dport),
			.len = htons(sizeof(packet.udp) + len),
		},
	};

	KUNIT_ASSERT_LE(test, len, sizeof(packet.data));
	memcpy(packet.data, data, len);
	return nfpt_router_packet(test, saddr, daddr, IPPROTO_UDP, &packet,
				  sizeof(packet.udp) + len);
}

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

/* Whether a packet passes the hooks of one place; it is gone if not. */
static bool nfpt_router_passes(const struct nfpt_router *router, unsigned int hook,
			       struct sk_buff *skb)
{
	struct net_device *dev = router->net->loopback_dev;
	bool in = hook != NF_INET_LOCAL_OUT && hook != NF_INET_POST_ROUTING;
	bool out = hook != NF_INET_PRE_ROUTING && hook != NF_INET_LOCAL_IN;

	return nf_hook(NFPROTO_IPV4, hook, router->net, NULL, skb, in ? dev : NULL,
		       out ? dev : NULL, nfpt_router_okfn) == 1;
}

static bool nfpt_router_is_local(const struct nfpt_router *router, __be32 addr)
{
	return inet_addr_type(router->net, addr) == RTN_LOCAL;
}

static bool nfpt_router_route(const struct nfpt_router *router, struct sk_buff *skb)
{
	bool local = nfpt_router_is_local(router, ip_hdr(skb)->saddr);

	if (!local && !nfpt_router_passes(router, NF_INET_PRE_ROUTING, skb))
		return false;
	if (nfpt_router_is_local(router, ip_hdr(skb)->daddr))
		return nfpt_router_passes(router, NF_INET_LOCAL_IN, skb);
	if (!nfpt_router_passes(router, local ? NF_INET_LOCAL_OUT : NF_INET_FORWARD, skb))
		return false;
	/* Without a route, NAT cannot ask for IPsec policies anew. */
	IPCB(skb)->flags |= IPSKB_XFRM_TRANSFORMED;
	return nfpt_router_passes(router, NF_INET_POST_ROUTING, skb);
}

/**
 * nfpt_router_send() - let a packet come to the router
 * @test: the test
 * @skb: the packet, consumed
 *
 * Copies that are made of it have come, too, on return.
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_router_send(struct kunit *test, struct sk_buff *skb)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_trip trip = { .ctinfo = -1 };
	enum ip_conntrack_info ctinfo;
	const struct udphdr *udph;
	const struct iphdr *quoted;

	local_bh_disable();
	trip.arrived = nfpt_router_route(router, skb);
	if (trip.arrived) {
		trip.saddr = ntohl(ip_hdr(skb)->saddr);
		trip.daddr = ntohl(ip_hdr(skb)->daddr);
		trip.ct = nf_ct_get(skb, &ctinfo);
		if (trip.ct)
			trip.ctinfo = ctinfo;
		if (ip_hdr(skb)->protocol == IPPROTO_UDP) {
			udph = (struct udphdr *)(skb->data + ip_hdrlen(skb));
			trip.sport = ntohs(udph->source);
			trip.dport = ntohs(udph->dest);
		}
		if (ip_hdr(skb)->protocol == IPPROTO_ICMP) {
			quoted = (struct iphdr *)(skb->data + ip_hdrlen(skb) + 8);
			trip.quoted_saddr = ntohl(quoted->saddr);
			trip.quoted_daddr = ntohl(quoted->daddr);
		}
		kfree_skb(skb);
	}
	local_bh_enable();
	return trip;
}

/**
 * nfpt_router_got_copy() - how many copies went to a host
 * @router: the router
 * @daddr: the host, host byte order
 */
unsigned int nfpt_router_got_copy(const struct nfpt_router *router, u32 daddr)
{
	unsigned int i, n = 0;

	for (i = 0; i < min_t(unsigned int, router->n_copies, ROUTER_COPIES); i++)
		n += router->copies[i] == daddr;
	return n;
}

/* ---- what hosts and the gateway do -------------------------------------- */

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
 * nfpt_router_count() - read a counter
 * @test: the test
 * @counter: NFPT_IPSEC_C_*
 */
u64 nfpt_router_count(struct kunit *test, unsigned int counter)
{
	const struct nfpt_router *router = test->priv;

	return nfpt_kunit_counter(router->pn, counter);
}

/**
 * nfpt_router_session() - the session of a host and the gateway
 * @test: the test
 * @n: which host
 *
 * Return: the session, valid until it ends, or NULL.
 */
struct nfpt_ipsec_session *nfpt_router_session(struct kunit *test, unsigned int n)
{
	const struct nfpt_router *router = test->priv;
	struct nfpt_ipsec_session *session;

	rcu_read_lock();
	session = nfpt_ipsec_session_find(router->ipn, htonl(ROUTER_HOST(n)),
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
	const struct nfpt_router *router = test->priv;
	struct nfpt_ipsec_sa *sa;

	rcu_read_lock();
	sa = nfpt_ipsec_sa_find(router->ipn, htonl(saddr), htonl(daddr), spi);
	rcu_read_unlock();
	return sa;
}

/**
 * nfpt_router_flows() - how many entries the flow map has
 * @router: the router
 */
unsigned int nfpt_router_flows(const struct nfpt_router *router)
{
	return atomic_read(&router->pn->nn->flows.nelems);
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
	struct sk_buff *skb = alloc_skb(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	unsigned long told = 0;
	const struct nlattr *nest;
	unsigned int n = 0;
	int rem;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, nfpt_ipsec_fill_parts(skb, &session->session, &told), 0);
	rcu_read_unlock();
	nla_for_each_attr(nest, (struct nlattr *)skb->data, skb->len, rem)
		if (nla_type(nest) == NF_PASSTHROUGH_A_SESSION_SA)
			n += !attr || nla_find_nested(nest, attr);
	kfree_skb(skb);
	return n;
}

/* ---- time -------------------------------------------------------------- */

/**
 * nfpt_router_left() - seconds until a conntrack expires
 * @ct: the conntrack
 */
int nfpt_router_left(const struct nf_conn *ct)
{
	return (s32)(READ_ONCE(ct->timeout) - nfct_time_stamp) / HZ;
}

static int nfpt_router_any(struct nf_conn *ct, void *data)
{
	return 1;
}

/**
 * nfpt_router_flush_conntrack() - the administrator empties conntrack's table
 * @test: the test
 */
void nfpt_router_flush_conntrack(struct kunit *test)
{
	const struct nfpt_router *router = test->priv;
	struct nf_ct_iter_data iter = { .net = router->net };

	nf_ct_iterate_cleanup_net(nfpt_router_any, &iter);
}

/**
 * nfpt_router_gc() - end what is over now
 * @test: the test
 */
void nfpt_router_gc(struct kunit *test)
{
	const struct nfpt_router *router = test->priv;

	flush_delayed_work(&router->pn->nn->gc);
	flush_delayed_work(&router->ipn->worker);
}
