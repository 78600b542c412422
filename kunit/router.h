/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A router with a protocol enabled: packets go through all of its netfilter
 * hooks, those of conntrack, NAT and ours, as if they were forwarded.
 *
 *	host n 10.0.0.(11+n) --- router 192.0.2.1 --- servers
 */
#ifndef _NFPT_KUNIT_ROUTER_H
#define _NFPT_KUNIT_ROUTER_H

#include <kunit/test.h>

#include "testnet.h"

#define ROUTER_HOST(n)		(0x0a00000b + (n))
#define ROUTER_WAN		0xc0000201
#define ROUTER_COPIES		16
#define ROUTER_PAYLOAD		256

/**
 * struct nfpt_router - the router
 * @net: its namespace
 * @pn: the protocol there
 * @wan: the address that hosts are translated to, 0 not to
 * @server: the host that what is new to the router goes to, 0 for none
 * @tmpl: what a rule gives to packets that are not tracked yet, or NULL
 * @helper: what a rule gives to new flows, or NULL
 * @hooks: the rules of those two, and who takes copies
 * @nat: the rules of @wan and @server
 * @hooked: the rules are in force
 * @copies: destinations of copies, translated, host byte order
 * @n_copies: how many have come
 * @left: what followed the IP header of the last packet that left
 * @n_left: length of that
 * @patient: who sends a packet that is lost sends it once more
 * @n_lost: how many were, the first time
 */
struct nfpt_router {
	struct net			*net;
	struct nfpt_proto_net		*pn;
	u32				wan;
	u32				server;
	struct nf_conn			*tmpl;
	struct nf_conntrack_helper	*helper;
	struct nf_hook_ops		hooks[3];
	struct nf_hook_ops		nat[2];
	bool				hooked;
	u32				copies[ROUTER_COPIES];
	unsigned int			n_copies;
	u8				left[ROUTER_PAYLOAD];
	unsigned int			n_left;
	bool				patient;
	unsigned int			n_lost;
};

/**
 * struct nfpt_trip - what became of a packet
 * @arrived: it has left the router, or reached its sockets
 * @intact: its UDP checksum was right then, or 0
 * @saddr: source that it left with, host byte order
 * @daddr: destination that it left with, host byte order
 * @sport: UDP source port that it left with, host byte order
 * @dport: UDP destination port that it left with, host byte order
 * @check: UDP checksum that it left with
 * @quoted_saddr: source of the packet that it quotes, being an ICMP error
 * @quoted_daddr: destination of that packet
 * @ctinfo: what it was to its conntrack, negative if it had none
 * @ct: its conntrack, or NULL; valid as long as conntrack has it
 */
struct nfpt_trip {
	bool		arrived;
	bool		intact;
	u32		saddr;
	u32		daddr;
	u16		sport;
	u16		dport;
	u16		check;
	u32		quoted_saddr;
	u32		quoted_daddr;
	int		ctinfo;
	struct nf_conn	*ct;
};

/**
 * struct nfpt_router_error - an ICMP error, host byte order
 * @saddr: who sends it
 * @daddr: to whom
 * @quoted_saddr: source of the packet that it is about
 * @quoted_daddr: destination of that packet
 * @protocol: IP protocol of that packet
 * @type: ICMP type
 * @code: ICMP code
 * @broken: the checksum is wrong
 * @data: what followed the packet's IP header, as far as it is quoted
 * @len: length of @data, 64 at most
 */
struct nfpt_router_error {
	u32		saddr;
	u32		daddr;
	u32		quoted_saddr;
	u32		quoted_daddr;
	u8		protocol;
	u8		type;
	u8		code;
	bool		broken;
	const void	*data;
	unsigned int	len;
};

void nfpt_router_add(struct kunit *test, const char *proto);
void nfpt_router_exit(struct kunit *test);
void nfpt_router_zone(struct kunit *test, u16 id, u8 dir);
void nfpt_router_state(struct kunit *test, enum nf_passthrough_state state);

/* Packets. */
struct sk_buff *nfpt_router_packet(struct kunit *test, u32 saddr, u32 daddr, u8 protocol,
				   const void *data, unsigned int len);
struct sk_buff *nfpt_router_udp(struct kunit *test, u32 saddr, u16 sport, u32 daddr, u16 dport,
				const void *data, unsigned int len);
void nfpt_router_checksum(struct sk_buff *skb, bool partial);
struct nfpt_trip nfpt_router_send(struct kunit *test, struct sk_buff *skb);
struct nfpt_trip nfpt_router_icmp(struct kunit *test, const struct nfpt_router_error *error);
void nfpt_router_expect_error(struct kunit *test, const struct nfpt_trip *trip,
			      const struct nf_conn *ct, u32 host, u32 peer);
unsigned int nfpt_router_got_copy(const struct nfpt_router *router, u32 daddr);

/* What the module knows. */
u64 nfpt_router_count(struct kunit *test, unsigned int counter);
unsigned int nfpt_router_flows(const struct nfpt_router *router);
unsigned int nfpt_router_parts(struct kunit *test, const struct nfpt_session *session, int part,
			       int attr);

/* What conntrack knows. */
unsigned int nfpt_router_conntracks(struct kunit *test);
unsigned int nfpt_router_stains(struct kunit *test);

/* Time. */
int nfpt_router_left(const struct nf_conn *ct);
void nfpt_router_flush_conntrack(struct kunit *test);
void nfpt_router_collect(struct kunit *test, struct delayed_work *worker);

#endif /* _NFPT_KUNIT_ROUTER_H */
