// SPDX-License-Identifier: GPL-2.0
/*
 * A user of generic netlink in the kernel.
 */
#include <linux/file.h>
#include <linux/slab.h>

#include "../nf_passthrough/core.h"
#include "fault.h"
#include "genl.h"

static int nfpt_genl_option(struct nfpt_genl *g, int option, int value)
{
	return g->sock->ops->setsockopt(g->sock, SOL_NETLINK, option,
					KERNEL_SOCKPTR(&value), sizeof(value));
}

/**
 * nfpt_genl_request() - begin a request
 * @g: the socket
 * @cmd: command of our family
 * @flags: netlink flags besides NLM_F_REQUEST
 *
 * Return: the message, the socket's, to add attributes to; NULL without memory.
 */
struct sk_buff *nfpt_genl_request(struct nfpt_genl *g, u8 cmd, u16 flags)
{
	struct genlmsghdr *hdr;
	struct nlmsghdr *nlh;

	kfree_skb(g->request);
	g->request = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!g->request)
		return NULL;
	nlh = nlmsg_put(g->request, 0, 1, g->family, GENL_HDRLEN, NLM_F_REQUEST | flags);
	hdr = nlmsg_data(nlh);
	*hdr = (struct genlmsghdr){ .cmd = cmd, .version = 1 };
	return g->request;
}

/**
 * nfpt_genl_send() - send the request; the kernel has done it on return
 * @g: the socket
 *
 * Return: 0 or a negative error of sending.
 */
int nfpt_genl_send(struct nfpt_genl *g)
{
	struct nlmsghdr *nlh = nlmsg_hdr(g->request);
	struct kvec vec = { .iov_base = nlh, .iov_len = g->request->len };
	struct msghdr msg = {};
	int n;

	nlmsg_end(g->request, nlh);
	nfpt_fault_arm();
	n = kernel_sendmsg(g->sock, &msg, &vec, 1, vec.iov_len);
	nfpt_fault_disarm();
	return n < 0 ? n : 0;
}

/**
 * nfpt_genl_recv() - get what has been received, without waiting
 * @g: the socket
 *
 * Return: bytes in the buffer, -EAGAIN if there is nothing.
 */
int nfpt_genl_recv(struct nfpt_genl *g)
{
	struct kvec vec = { .iov_base = g->buffer, .iov_len = sizeof(g->buffer) };
	struct msghdr msg = {};
	int n;

	/* A dump goes on here. */
	nfpt_fault_arm();
	n = kernel_recvmsg(g->sock, &msg, &vec, 1, sizeof(g->buffer), MSG_DONTWAIT);
	nfpt_fault_disarm();
	return n;
}

/* The attribute at an offset of the request. */
static u16 nfpt_genl_attr_at(const struct nfpt_genl *g, u32 offset)
{
	if (offset < NLMSG_HDRLEN + GENL_HDRLEN || offset + NLA_HDRLEN > g->request->len)
		return 0;
	return nla_type((struct nlattr *)(g->request->data + offset));
}

/**
 * nfpt_genl_ack() - get the kernel's answer to a request sent with NLM_F_ACK
 * @g: the socket
 * @ack: set
 *
 * Return: 0, -EPROTO if something else came, or what nfpt_genl_recv() does.
 */
int nfpt_genl_ack(struct nfpt_genl *g, struct nfpt_genl_ack *ack)
{
	const struct nlmsghdr *nlh = (struct nlmsghdr *)g->buffer;
	const struct nlmsgerr *e = nlmsg_data(nlh);
	int n = nfpt_genl_recv(g), rem;
	const struct nlattr *attr;

	memset(ack, 0, sizeof(*ack));
	if (n < 0)
		return n;
	if (!nlmsg_ok(nlh, n) || nlh->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	ack->err = e->error;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return 0;
	nla_for_each_attr(attr, (struct nlattr *)(e + 1),
			  nlmsg_len(nlh) - (int)sizeof(*e), rem) {
		switch (nla_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			nla_strscpy(ack->msg, attr, sizeof(ack->msg));
			break;
		case NLMSGERR_ATTR_OFFS:
			ack->offset = nla_get_u32(attr);
			ack->attr = nfpt_genl_attr_at(g, ack->offset);
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			ack->miss = nla_get_u32(attr);
			break;
		}
	}
	return 0;
}

/* Ask generic netlink for the ids of our family and its group. */
static int nfpt_genl_resolve(struct nfpt_genl *g)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1], *group[CTRL_ATTR_MCAST_GRP_MAX + 1];
	const struct nlmsghdr *nlh = (struct nlmsghdr *)g->buffer;
	int err;

	g->family = GENL_ID_CTRL;
	if (!nfpt_genl_request(g, CTRL_CMD_GETFAMILY, 0) ||
	    nla_put_string(g->request, CTRL_ATTR_FAMILY_NAME, NF_PASSTHROUGH_FAMILY_NAME))
		return -ENOMEM;
	err = nfpt_genl_send(g);
	if (err)
		return err;
	err = nfpt_genl_recv(g);
	if (err < 0)
		return err;
	err = nlmsg_parse_deprecated(nlh, GENL_HDRLEN, tb, CTRL_ATTR_MAX, NULL, NULL);
	if (err || !tb[CTRL_ATTR_FAMILY_ID] || !tb[CTRL_ATTR_MCAST_GROUPS])
		return -ENOENT;
	g->family = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	err = nla_parse_nested_deprecated(group, CTRL_ATTR_MCAST_GRP_MAX,
					  nla_data(tb[CTRL_ATTR_MCAST_GROUPS]), NULL, NULL);
	if (err || !group[CTRL_ATTR_MCAST_GRP_ID])
		return -ENOENT;
	g->events = nla_get_u32(group[CTRL_ATTR_MCAST_GRP_ID]);
	return 0;
}

/**
 * nfpt_genl_open() - open a socket in a namespace
 * @net: the namespace
 *
 * Return: the socket, or NULL.
 */
struct nfpt_genl *nfpt_genl_open(struct net *net)
{
	struct nfpt_genl *g = kzalloc(sizeof(*g), GFP_KERNEL);

	if (!g)
		return NULL;
	if (__sock_create(net, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC, &g->sock, 0))
		goto free;
	/* Who opened the file is what permission is asked of. */
	if (IS_ERR(sock_alloc_file(g->sock, 0, NULL)))
		goto free;
	if (nfpt_genl_option(g, NETLINK_EXT_ACK, 1) || nfpt_genl_option(g, NETLINK_CAP_ACK, 1) ||
	    nfpt_genl_resolve(g)) {
		nfpt_genl_close(g);
		return NULL;
	}
	return g;

free:
	kfree(g);
	return NULL;
}

/**
 * nfpt_genl_close() - close a socket
 * @g: the socket, or NULL
 */
void nfpt_genl_close(struct nfpt_genl *g)
{
	if (!g)
		return;
	/* Not later: it holds its namespace. */
	__fput_sync(g->sock->file);
	kfree_skb(g->request);
	kfree(g);
}

/**
 * nfpt_genl_join() - ask for events
 * @g: the socket
 *
 * Return: 0 or a negative error.
 */
int nfpt_genl_join(struct nfpt_genl *g)
{
	return nfpt_genl_option(g, NETLINK_ADD_MEMBERSHIP, g->events);
}
