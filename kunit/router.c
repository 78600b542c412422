// SPDX-License-Identifier: GPL-2.0
/*
 * A router for the suites of the protocol modules.  Only routing is left out: a
 * packet takes the hooks that routing would lead it to.  Part of
 * nf_passthrough.ko, as testnet.c is.
 */
#include <linux/icmp.h>
#include <linux/netfilter_ipv4.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_timeout.h>

#include "../nf_passthrough/core.h"
#include "fault.h"
#include "router.h"

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
 * nfpt_router_state() - enter a state
 * @test: the test
 * @state: the state of the router's protocol
 */
void nfpt_router_state(struct kunit *test, enum nf_passthrough_state state)
{
	struct nfpt_router *router = test->priv;

	KUNIT_ASSERT_PTR_EQ(test, nfpt_kunit_state(router->net, router->pn->proto, state),
			    router->pn);
}
EXPORT_SYMBOL_GPL(nfpt_router_state);

/**
 * nfpt_router_add() - make the router, part of kunit_suite.init
 * @test: its priv becomes the struct nfpt_router
 * @proto: name of the protocol that it has enabled
 */
void nfpt_router_add(struct kunit *test, const char *proto)
{
	struct nfpt_router *router = kunit_kzalloc(test, sizeof(*router), GFP_KERNEL);
	const struct nfpt_proto *p;

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
	mutex_lock(&nfpt_registry_mutex);
	p = nfpt_proto_find(proto);
	mutex_unlock(&nfpt_registry_mutex);
	KUNIT_ASSERT_NOT_NULL(test, p);
	router->pn = nfpt_kunit_state(router->net, p, NF_PASSTHROUGH_STATE_ENABLED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, router->pn);
}
EXPORT_SYMBOL_GPL(nfpt_router_add);

/**
 * nfpt_router_zone() - have a rule put packets into a conntrack zone
 * @test: the test
 * @id: the zone
 * @dir: directions that it counts in
 */
void nfpt_router_zone(struct kunit *test, u16 id, u8 dir)
{
	struct nfpt_router *router = test->priv;
	struct nf_conntrack_zone zone;

	nf_ct_zone_init(&zone, id, dir, 0);
	router->tmpl = nf_ct_tmpl_alloc(router->net, &zone, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, router->tmpl);
	__set_bit(IPS_CONFIRMED_BIT, &router->tmpl->status);
}
EXPORT_SYMBOL_GPL(nfpt_router_zone);

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
EXPORT_SYMBOL_GPL(nfpt_router_exit);

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
EXPORT_SYMBOL_GPL(nfpt_router_packet);

/**
 * nfpt_router_udp() - make a UDP packet without a checksum
 * @test: the test
 * @saddr: source, host byte order
 * @sport: its port
 * @daddr: destination, host byte order
 * @dport: its port
 * @data: payload
 * @len: length of @data, 192 at most
 *
 * Return: the packet.
 */
struct sk_buff *nfpt_router_udp(struct kunit *test, u32 saddr, u16 sport, u32 daddr, u16 dport,
				const void *data, unsigned int len)
{
	struct {
		struct udphdr	udp;
		u8		data[192];
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
EXPORT_SYMBOL_GPL(nfpt_router_udp);

/* Sum of a UDP packet's pseudo header. */
static __wsum nfpt_router_pseudo(const struct sk_buff *skb)
{
	return csum_tcpudp_nofold(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr,
				  skb->len - sizeof(struct iphdr), IPPROTO_UDP, 0);
}

static struct udphdr *nfpt_router_udph(const struct sk_buff *skb)
{
	return (struct udphdr *)(skb->data + sizeof(struct iphdr));
}

/**
 * nfpt_router_checksum() - give a UDP packet its checksum
 * @skb: the packet
 * @partial: it comes from a virtual machine, whose device sums it up later
 */
void nfpt_router_checksum(struct sk_buff *skb, bool partial)
{
	struct udphdr *udph = nfpt_router_udph(skb);

	udph->check = 0;
	if (partial) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = (unsigned char *)udph - skb->head;
		skb->csum_offset = offsetof(struct udphdr, check);
		udph->check = ~csum_fold(nfpt_router_pseudo(skb));
		return;
	}
	udph->check = csum_fold(skb_checksum(skb, sizeof(struct iphdr),
					     skb->len - sizeof(struct iphdr),
					     nfpt_router_pseudo(skb))) ?: CSUM_MANGLED_0;
}
EXPORT_SYMBOL_GPL(nfpt_router_checksum);

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

static void nfpt_router_look_at_udp(struct sk_buff *skb, struct nfpt_trip *trip)
{
	const struct udphdr *udph = nfpt_router_udph(skb);

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return;
	trip->sport = ntohs(udph->source);
	trip->dport = ntohs(udph->dest);
	trip->check = ntohs((__force __be16)udph->check);
	trip->intact = !udph->check ||
		       !csum_fold(skb_checksum(skb, sizeof(struct iphdr),
					       skb->len - sizeof(struct iphdr),
					       nfpt_router_pseudo(skb)));
}

static void nfpt_router_look(struct nfpt_router *router, struct sk_buff *skb,
			     struct nfpt_trip *trip)
{
	const struct iphdr *iph = ip_hdr(skb), *quoted;
	enum ip_conntrack_info ctinfo;

	trip->saddr = ntohl(iph->saddr);
	trip->daddr = ntohl(iph->daddr);
	trip->ct = nf_ct_get(skb, &ctinfo);
	if (trip->ct)
		trip->ctinfo = ctinfo;
	if (iph->protocol == IPPROTO_UDP)
		nfpt_router_look_at_udp(skb, trip);
	if (iph->protocol == IPPROTO_ICMP) {
		quoted = (struct iphdr *)(skb->data + ip_hdrlen(skb) + 8);
		trip->quoted_saddr = ntohl(quoted->saddr);
		trip->quoted_daddr = ntohl(quoted->daddr);
	}
	router->n_left = min_t(unsigned int, skb->len - sizeof(*iph), ROUTER_PAYLOAD);
	skb_copy_bits(skb, sizeof(*iph), router->left, router->n_left);
}

static struct nfpt_trip nfpt_router_send_once(struct nfpt_router *router, struct sk_buff *skb)
{
	struct nfpt_trip trip = { .ctinfo = -1 };

	local_bh_disable();
	nfpt_fault_arm();
	trip.arrived = nfpt_router_route(router, skb);
	nfpt_fault_disarm();
	if (trip.arrived) {
		nfpt_router_look(router, skb, &trip);
		kfree_skb(skb);
	}
	local_bh_enable();
	return trip;
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
	struct sk_buff *again = NULL;
	struct nfpt_trip trip;

	if (router->patient) {
		again = skb_copy(skb, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, again);
	}
	trip = nfpt_router_send_once(router, skb);
	if (!again || trip.arrived) {
		kfree_skb(again);
		return trip;
	}
	router->n_lost++;
	return nfpt_router_send_once(router, again);
}
EXPORT_SYMBOL_GPL(nfpt_router_send);

/**
 * nfpt_router_icmp() - somebody sends an ICMP error
 * @test: the test
 * @error: the error
 *
 * Return: what became of it.
 */
struct nfpt_trip nfpt_router_icmp(struct kunit *test, const struct nfpt_router_error *error)
{
	struct {
		struct icmphdr	icmp;
		struct iphdr	ip;
		u8		data[64];
	} packet = {
		.icmp = { .type = error->type, .code = error->code },
		.ip = {
			.version = 4, .ihl = 5, .protocol = error->protocol, .ttl = 60,
			.tot_len = htons(1500), .saddr = htonl(error->quoted_saddr),
			.daddr = htonl(error->quoted_daddr),
		},
	};
	unsigned int len = offsetof(typeof(packet), data) + error->len;

	KUNIT_ASSERT_LE(test, error->len, sizeof(packet.data));
	ip_send_check(&packet.ip);
	memcpy(packet.data, error->data, error->len);
	packet.icmp.checksum = ip_compute_csum(&packet, len) ^ (__force __sum16)error->broken;
	return nfpt_router_send(test, nfpt_router_packet(test, error->saddr, error->daddr,
							 IPPROTO_ICMP, &packet, len));
}
EXPORT_SYMBOL_GPL(nfpt_router_icmp);

/**
 * nfpt_router_expect_error() - expect that an ICMP error from outside has gone to
 *	the host that has sent what it quotes
 * @test: the test
 * @trip: what became of it
 * @ct: the host's flow
 * @host: the host, host byte order; 0 for none: as if we were not there
 * @peer: to whom the host had sent, host byte order
 */
void nfpt_router_expect_error(struct kunit *test, const struct nfpt_trip *trip,
			      const struct nf_conn *ct, u32 host, u32 peer)
{
	const struct nfpt_router *router = test->priv;

	if (!host) {
		KUNIT_EXPECT_FALSE(test, trip->arrived && trip->daddr != router->wan);
		KUNIT_EXPECT_PTR_NE(test, (const struct nf_conn *)trip->ct, ct);
		return;
	}
	KUNIT_EXPECT_TRUE(test, trip->arrived);
	KUNIT_EXPECT_EQ(test, trip->daddr, host);
	KUNIT_EXPECT_EQ(test, trip->quoted_saddr, host);
	KUNIT_EXPECT_EQ(test, trip->quoted_daddr, peer);
	KUNIT_EXPECT_EQ(test, trip->ctinfo, IP_CT_RELATED_REPLY);
	KUNIT_EXPECT_PTR_EQ(test, (const struct nf_conn *)trip->ct, ct);
}
EXPORT_SYMBOL_GPL(nfpt_router_expect_error);

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
EXPORT_SYMBOL_GPL(nfpt_router_got_copy);

/* ---- what the module knows ---------------------------------------------- */

/**
 * nfpt_router_count() - read a counter
 * @test: the test
 * @counter: index into nfpt_proto.counters
 */
u64 nfpt_router_count(struct kunit *test, unsigned int counter)
{
	const struct nfpt_router *router = test->priv;

	return nfpt_kunit_counter(router->pn, counter);
}
EXPORT_SYMBOL_GPL(nfpt_router_count);

/**
 * nfpt_router_flows() - how many entries the flow map has
 * @router: the router
 */
unsigned int nfpt_router_flows(const struct nfpt_router *router)
{
	return atomic_read(&router->pn->nn->flows.nelems);
}
EXPORT_SYMBOL_GPL(nfpt_router_flows);

/**
 * nfpt_router_parts() - how many parts of a session netlink tells of
 * @test: the test
 * @session: the session
 * @part: the attribute that a part is
 * @attr: an attribute that they must have, 0 for all
 */
unsigned int nfpt_router_parts(struct kunit *test, const struct nfpt_session *session, int part,
			       int attr)
{
	struct sk_buff *skb = alloc_skb(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	unsigned long told = 0;
	const struct nlattr *nest;
	unsigned int n = 0;
	int rem;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, session->pn->proto->fill_parts(skb, session, &told), 0);
	rcu_read_unlock();
	nla_for_each_attr(nest, (struct nlattr *)skb->data, skb->len, rem)
		if (nla_type(nest) == part)
			n += !attr || nla_find_nested(nest, attr);
	kfree_skb(skb);
	return n;
}
EXPORT_SYMBOL_GPL(nfpt_router_parts);

/* ---- what conntrack knows ------------------------------------------------ */

struct nfpt_router_tally {
	unsigned int	flows;
	unsigned int	stained;
};

static int nfpt_router_tally_one(struct nf_conn *ct, void *data)
{
	const struct nf_conn_timeout *timeout = nf_ct_timeout_find(ct);
	const struct nf_conn_help *help = nfct_help(ct);
	struct nfpt_router_tally *tally = data;

	tally->flows++;
	if ((help && rcu_access_pointer(help->helper)) ||
	    (timeout && rcu_access_pointer(timeout->timeout)) ||
	    nf_ct_zone(ct)->id != NF_CT_DEFAULT_ZONE_ID)
		tally->stained++;
	return 0;
}

static struct nfpt_router_tally nfpt_router_tally(const struct nfpt_router *router)
{
	struct nfpt_router_tally tally = {};
	struct nf_ct_iter_data iter = { .net = router->net, .data = &tally };

	nf_ct_iterate_cleanup_net(nfpt_router_tally_one, &iter);
	return tally;
}

/**
 * nfpt_router_conntracks() - how many flows conntrack has
 * @test: the test
 */
unsigned int nfpt_router_conntracks(struct kunit *test)
{
	return nfpt_router_tally(test->priv).flows;
}
EXPORT_SYMBOL_GPL(nfpt_router_conntracks);

/**
 * nfpt_router_stains() - how many flows in conntrack have something of ours
 * @test: the test
 */
unsigned int nfpt_router_stains(struct kunit *test)
{
	return nfpt_router_tally(test->priv).stained;
}
EXPORT_SYMBOL_GPL(nfpt_router_stains);

/* ---- time -------------------------------------------------------------- */

/**
 * nfpt_router_left() - seconds until a conntrack expires
 * @ct: the conntrack; NULL has expired
 */
int nfpt_router_left(const struct nf_conn *ct)
{
	return ct ? (s32)(READ_ONCE(ct->timeout) - nfct_time_stamp) / HZ : -1;
}
EXPORT_SYMBOL_GPL(nfpt_router_left);

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
EXPORT_SYMBOL_GPL(nfpt_router_flush_conntrack);

/**
 * nfpt_router_collect() - end what is over now
 * @test: the test
 * @worker: the protocol's own
 */
void nfpt_router_collect(struct kunit *test, struct delayed_work *worker)
{
	const struct nfpt_router *router = test->priv;

	flush_delayed_work(&router->pn->nn->gc);
	flush_delayed_work(worker);
}
EXPORT_SYMBOL_GPL(nfpt_router_collect);
