/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shadow of <net/genetlink.h>: operations split into do and dump came with
 * Linux 6.2, genl_info in dumps with 6.6.
 */
#include_next <net/genetlink.h>

#ifndef _PASSTHROUGH_COMPAT_NET_GENETLINK_H
#define _PASSTHROUGH_COMPAT_NET_GENETLINK_H

#include <linux/version.h>

/* Early 6.1 kernels cannot ask listeners for a capability. */
#ifndef GENL_MCAST_CAP_NET_ADMIN
#define GENL_MCAST_CAP_NET_ADMIN 0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)

struct genl_split_ops {
	int	(*doit)(struct sk_buff *skb, struct genl_info *info);
	int	(*dumpit)(struct sk_buff *skb, struct netlink_callback *cb);
	const struct nla_policy	*policy;
	unsigned int		maxattr;
	u8			cmd;
	u8			flags;
};

/**
 * nfpt_genl_register() - register a family with split operations
 * @family: its ops are set here
 * @split: do and dump of one command follow each other
 * @n: length of @split
 * @ops: storage for the joined operations, as long as @split
 */
static inline int nfpt_genl_register(struct genl_family *family,
				     const struct genl_split_ops *split,
				     unsigned int n, struct genl_ops *ops)
{
	unsigned int i, n_ops = 0;

	for (i = 0; i < n; i++) {
		struct genl_ops *op = &ops[n_ops];

		if (n_ops && op[-1].cmd == split[i].cmd)
			op--;
		else
			n_ops++;
		op->cmd = split[i].cmd;
		op->flags |= split[i].flags & GENL_UNS_ADMIN_PERM;
		if (split[i].doit)
			op->doit = split[i].doit;
		if (split[i].dumpit)
			op->dumpit = split[i].dumpit;
		if (split[i].policy) {
			op->policy = split[i].policy;
			op->maxattr = split[i].maxattr;
		}
	}
	family->ops = ops;
	family->n_ops = n_ops;
	return genl_register_family(family);
}

#else

static inline int nfpt_genl_register(struct genl_family *family,
				     const struct genl_split_ops *split,
				     unsigned int n, struct genl_ops *ops)
{
	family->split_ops = split;
	family->n_split_ops = n;
	return genl_register_family(family);
}

#endif

/**
 * nfpt_genl_dump_attrs() - attributes of the request that began a dump
 * @cb: the dump
 */
static inline struct nlattr **nfpt_genl_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_info_dump(cb)->attrs;
#endif
}

#endif /* _PASSTHROUGH_COMPAT_NET_GENETLINK_H */
