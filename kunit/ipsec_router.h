/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A router with IPsec enabled, hosts behind it, and a gateway 192.0.2.2.
 */
#ifndef _NFPT_KUNIT_IPSEC_ROUTER_H
#define _NFPT_KUNIT_IPSEC_ROUTER_H

#include "../nf_ipsec_natt_helper/ipsec.h"
#include "router.h"

#define ROUTER_GATEWAY		0xc0000202
#define ROUTER_OTHER		0xc6336402	/* another gateway, 198.51.100.2 */
#define ROUTER_IKE_SPI(n)	(0x1111222200000000 + (n) + 1)

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

int nfpt_ipsec_router_init(struct kunit *test);

/* IPsec there, as the module sees it. */
static inline struct nfpt_ipsec_net *nfpt_router_ipn(const struct kunit *test)
{
	const struct nfpt_router *router = test->priv;

	return nfpt_ipsec_pernet(router->pn);
}

/* What hosts and the gateway do. */
struct sk_buff *nfpt_router_ike(struct kunit *test, u32 saddr, u16 sport, u32 daddr, u16 dport,
				const struct nfpt_router_ike *msg);
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
struct nfpt_ipsec_session *nfpt_router_session(struct kunit *test, unsigned int n);
struct nfpt_ipsec_sa *nfpt_router_sa(struct kunit *test, u32 saddr, u32 daddr, u32 spi);
unsigned int nfpt_router_listed(struct kunit *test, const struct nfpt_ipsec_session *session,
				int attr);

void nfpt_router_gc(struct kunit *test);

#endif /* _NFPT_KUNIT_IPSEC_ROUTER_H */
