/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network namespace for a test, and what a test puts into it.  Part of
 * nf_passthrough.ko when it is built with the suites; the suites of the
 * protocol modules use it too.
 */
#ifndef _NFPT_KUNIT_TESTNET_H
#define _NFPT_KUNIT_TESTNET_H

#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_helper.h>

#include <passthrough/core.h>

struct net *nfpt_kunit_net_add(void);
bool nfpt_kunit_net_del(struct net *net);
int nfpt_kunit_net_loopback(struct net *net);
int nfpt_kunit_net_address(struct net *net, __be32 addr);

struct nfpt_proto_net *nfpt_kunit_state(struct net *net, const struct nfpt_proto *proto,
					enum nf_passthrough_state state);
int nfpt_kunit_setting(struct nfpt_proto_net *pn, unsigned int index, u32 value);
int nfpt_kunit_pin(struct nfpt_proto_net *pn, u32 kind, __be32 host, __be32 server);
u64 nfpt_kunit_counter(const struct nfpt_proto_net *pn, unsigned int counter);
unsigned int nfpt_kunit_flush(const struct nfpt_proto_net *pn);

void nfpt_kunit_tuple(struct nf_conntrack_tuple *tuple, u8 protonum,
		      __be32 saddr, u16 sport, __be32 daddr, u16 dport);
struct nf_conn *nfpt_kunit_ct_add(struct net *net, const struct nf_conntrack_tuple *orig,
				  const struct nf_conntrack_tuple *repl,
				  struct nf_conntrack_helper *helper);
bool nfpt_kunit_ct_has(struct net *net, const struct nf_conntrack_tuple *tuple);

struct sk_buff *nfpt_kunit_packet(__be32 saddr, __be32 daddr, u8 protocol,
				  const void *data, unsigned int len,
				  unsigned int linear, unsigned int room);

#endif /* _NFPT_KUNIT_TESTNET_H */
