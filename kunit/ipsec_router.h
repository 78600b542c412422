/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A router with IPsec enabled: packets go through all of its netfilter hooks,
 * those of conntrack, NAT and ours, as if they were forwarded.
 *
 *	host n 10.0.0.(11+n) --- router 192.0.2.1 --- gateway 192.0.2.2
 */
#ifndef _NFPT_KUNIT_IPSEC_ROUTER_H
#define _NFPT_KUNIT_IPSEC_ROUTER_H

#include <kunit/test.h>

#include "../nf_ipsec_natt_helper/ipsec.h"
#include "testnet.h"

#define ROUTER_HOST(n)		(0x0a00000b + (n))
#define ROUTER_WAN		0xc0000201
#define ROUTER_GATEWAY		0xc0000202
#define ROUTER_OTHER		0xc6336402	/* another gateway, 198.51.100.2 */
#define ROUTER_IKE_SPI(n)	(0x1111222200000000 + (n) + 1)
#define ROUTER_COPIES		16

/**
 * struct nfpt_router - the router
 * @net: its namespace
 * @pn: IPsec there
 * @ipn: IPsec there, as the module sees it
 * @wan: the address that hosts are translated to, 0 not to
 * @server: the host that what is new to the router goes to, 0 for none
 * @tmpl: what a rule gives to packets that are not tracked yet, or NULL
 * @helper: what a rule gives to new flows, or NULL
 * @hooks: the rules of those two, and who takes copies
 * @nat: the rules of @wan and @server
 * @hooked: the rules are in force
 * @copies: destinations of copies, translated, host byte order
 * @n_copies: how many have come
 */
struct nfpt_router {
	struct net			*net;
	struct nfpt_proto_net		*pn;
	struct nfpt_ipsec_net		*ipn;
	u32				wan;
	u32				server;
	struct nf_conn			*tmpl;
	struct nf_conntrack_helper	*helper;
	struct nf_hook_ops		hooks[3];
	struct nf_hook_ops		nat[2];
	bool				hooked;
	u32				copies[ROUTER_COPIES];
	unsigned int			n_copies;
};

/**
 * struct nfpt_trip - what became of a packet
 * @arrived: it has left the router, or reached its sockets
 * @saddr: source that it left with, host byte order
 * @daddr: destination that it left with, host byte order
 * @sport: UDP source port that it left with, host byte order
 * @dport: UDP destination port that it left with, host byte order
 * @quoted_saddr: source of the packet that it quotes, being an ICMP error
 * @quoted_daddr: destination of that packet
 * @ctinfo: what it was to its conntrack, negative if it had none
 * @ct: its conntrack, or NULL; valid as long as conntrack has it
 */
struct nfpt_trip {
	bool		arrived;
	u32		saddr;
	u32		daddr;
	u16		sport;
	u16		dport;
	u32		quoted_saddr;
	u32		quoted_daddr;
	int		ctinfo;
	struct nf_conn	*ct;
};

/**
 * struct nfpt_router_ike - an IKE message
 * @ispi: initiator's SPI
 * @rspi: responder's SPI
 * @version: major version, 0 for 2
 * @exchange: exchange type
 * @flags: flags
 * @msgid: message id
 */
struct nfpt_router_ike {
	u64	ispi;
	u64	rspi;
	u8	version;
	u8	exchange;
	u8	flags;
	u32	msgid;
};

int nfpt_router_init(struct kunit *test);
void nfpt_router_exit(struct kunit *test);

/* Packets. */
struct sk_buff *nfpt_router_packet(struct kunit *test, u32 saddr, u32 daddr, u8 protocol,
				   const void *data, unsigned int len);
struct sk_buff *nfpt_router_udp(struct kunit *test, u32 saddr, u16 sport, u32 daddr, u16 dport,
				const void *data, unsigned int len);
struct sk_buff *nfpt_router_ike(struct kunit *test, u32 saddr, u16 sport, u32 daddr, u16 dport,
				const struct nfpt_router_ike *msg);
struct nfpt_trip nfpt_router_send(struct kunit *test, struct sk_buff *skb);
unsigned int nfpt_router_got_copy(const struct nfpt_router *router, u32 daddr);

/* What hosts and the gateway do. */
struct nfpt_trip nfpt_router_esp(struct kunit *test, u32 saddr, u32 daddr, u32 spi, u32 seq);
struct nfpt_trip nfpt_router_out(struct kunit *test, unsigned int n, u32 spi, u32 seq);
struct nfpt_trip nfpt_router_in(struct kunit *test, u32 spi, u32 seq);
struct nfpt_trip nfpt_router_ike_out(struct kunit *test, unsigned int n,
				     const struct nfpt_router_ike *msg);
struct nfpt_trip nfpt_router_ike_in(struct kunit *test, u16 port,
				    const struct nfpt_router_ike *msg);
u16 nfpt_router_negotiate(struct kunit *test, unsigned int n);
void nfpt_router_settle(struct kunit *test, unsigned int n, u32 out, u32 in);

/* What the module knows. */
u64 nfpt_router_count(struct kunit *test, unsigned int counter);
struct nfpt_ipsec_session *nfpt_router_session(struct kunit *test, unsigned int n);
struct nfpt_ipsec_sa *nfpt_router_sa(struct kunit *test, u32 saddr, u32 daddr, u32 spi);
unsigned int nfpt_router_flows(const struct nfpt_router *router);
unsigned int nfpt_router_listed(struct kunit *test, const struct nfpt_ipsec_session *session,
				int attr);

/* Time. */
int nfpt_router_left(const struct nf_conn *ct);
void nfpt_router_flush_conntrack(struct kunit *test);
void nfpt_router_gc(struct kunit *test);

#endif /* _NFPT_KUNIT_IPSEC_ROUTER_H */
