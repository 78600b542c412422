/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A router with PPTP enabled and nobody else there: control connections,
 * calls and packets are made by hand.
 */
#ifndef _NFPT_KUNIT_PPTP_RIG_H
#define _NFPT_KUNIT_PPTP_RIG_H

#include <kunit/test.h>
#include <linux/tcp.h>

#include "../nf_pptp_gre_helper/pptp.h"
#include "testnet.h"

#define INITIATOR	IP_CT_DIR_ORIGINAL
#define RESPONDER	IP_CT_DIR_REPLY

#define RIG_CLIENT	0x0a00000b	/* 10.0.0.11, and the ones after it */
#define RIG_WAN		0xc0000201	/* 192.0.2.1 */
#define RIG_SERVER	0xc0000202	/* 192.0.2.2 */
#define RIG_INSIDE	0x0a000063	/* 10.0.0.99, a server behind the NAT */

/**
 * struct nfpt_rig - the router
 * @net: its namespace
 * @pn: PPTP there
 * @ppn: PPTP there, as the module sees it
 * @masters: conntracks of control connections, each with a reference
 * @n_masters: how many
 */
struct nfpt_rig {
	struct net		*net;
	struct nfpt_proto_net	*pn;
	struct nfpt_pptp_net	*ppn;
	struct nf_conn		*masters[8];
	unsigned int		n_masters;
};

/**
 * struct nfpt_rig_ends - who speaks to whom, host byte order
 * @addr: addresses, by end
 * @seen: addresses as the other end sees them, by end
 */
struct nfpt_rig_ends {
	u32	addr[IP_CT_DIR_MAX];
	u32	seen[IP_CT_DIR_MAX];
};

extern const struct nfpt_rig_ends nfpt_rig_snat;
extern const struct nfpt_rig_ends nfpt_rig_dnat;
extern const struct nfpt_rig_ends nfpt_rig_both;
extern const struct nfpt_rig_ends nfpt_rig_none;

int nfpt_rig_init(struct kunit *test);
void nfpt_rig_exit(struct kunit *test);

/* A hand-made control connection and its calls. */
struct nfpt_pptp_conn *nfpt_rig_conn(struct kunit *test, const struct nfpt_rig_ends *ends);
struct nf_conn *nfpt_rig_master(struct kunit *test, const struct nfpt_rig_ends *ends);
struct nfpt_pptp_call *nfpt_rig_offer(struct kunit *test, struct nfpt_pptp_conn *conn,
				      unsigned int end, u16 id);
struct nfpt_pptp_call *nfpt_rig_request(struct kunit *test, struct nfpt_pptp_conn *conn,
					unsigned int end, u16 id);
bool nfpt_rig_adopt(struct kunit *test, struct nfpt_pptp_call *call,
		    struct nfpt_pptp_call *from, unsigned int end, struct nf_conn *master);
void nfpt_rig_end(struct kunit *test, struct nfpt_pptp_call *call);
struct nfpt_pptp_call *nfpt_rig_by_id(struct kunit *test, struct nfpt_pptp_conn *conn,
				      unsigned int end, u16 id);
struct nfpt_pptp_call *nfpt_rig_by_mapped(struct kunit *test, struct nfpt_pptp_conn *conn,
					  unsigned int end, u16 mapped);
struct nfpt_pptp_call *nfpt_rig_call(struct kunit *test, const struct nfpt_rig_ends *ends,
				     u16 initiator_id, u16 responder_id);

u64 nfpt_rig_count(struct kunit *test, unsigned int counter);

/* Packets. */
struct sk_buff *nfpt_rig_gre(struct kunit *test, u32 saddr, u32 daddr, u16 call_id);
struct sk_buff *nfpt_rig_tcp(struct kunit *test, u32 saddr, u32 daddr,
			     const struct tcphdr *th, const void *data, unsigned int len,
			     unsigned int linear, unsigned int room);
unsigned int nfpt_rig_message(u8 *p, u8 type, u16 id0, u16 id1);
bool nfpt_rig_sums_right(struct sk_buff *skb);

#endif /* _NFPT_KUNIT_PPTP_RIG_H */
