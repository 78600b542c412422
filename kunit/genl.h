/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A user of generic netlink that lives in the kernel: a real socket, real
 * messages.
 */
#ifndef _NFPT_KUNIT_GENL_H
#define _NFPT_KUNIT_GENL_H

#include <linux/net.h>
#include <net/genetlink.h>

#define NFPT_GENL_BUFFER	4096	/* small, so that dumps take several */

/**
 * struct nfpt_genl - the socket
 * @sock: the socket
 * @family: id of our family
 * @events: id of its event group
 * @request: the last request sent
 * @buffer: what was received
 */
struct nfpt_genl {
	struct socket	*sock;
	u16		family;
	u32		events;
	struct sk_buff	*request;
	u8		buffer[NFPT_GENL_BUFFER];
};

/**
 * struct nfpt_genl_ack - an answer of netlink itself
 * @err: 0 or a negative error
 * @msg: extack message, or ""
 * @offset: of the offending attribute in the request, or 0
 * @attr: its type, nested ones included, or 0
 * @miss: type of the attribute that is missing, or 0
 */
struct nfpt_genl_ack {
	int	err;
	char	msg[80];
	u32	offset;
	u16	attr;
	u32	miss;
};

struct nfpt_genl *nfpt_genl_open(struct net *net);
void nfpt_genl_close(struct nfpt_genl *g);
int nfpt_genl_join(struct nfpt_genl *g);
struct sk_buff *nfpt_genl_request(struct nfpt_genl *g, u8 cmd, u16 flags);
int nfpt_genl_send(struct nfpt_genl *g);
int nfpt_genl_recv(struct nfpt_genl *g);
int nfpt_genl_ack(struct nfpt_genl *g, struct nfpt_genl_ack *ack);

#endif /* _NFPT_KUNIT_GENL_H */
