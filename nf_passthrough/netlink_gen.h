/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/nf_passthrough.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_NF_PASSTHROUGH_GEN_H
#define _LINUX_NF_PASSTHROUGH_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/nf_passthrough.h>

/* Common nested types */
extern const struct nla_policy nf_passthrough_change_nl_policy[NF_PASSTHROUGH_A_PROTOCOL_INTERFACE + 1];
extern const struct nla_policy nf_passthrough_pin_nl_policy[NF_PASSTHROUGH_A_PIN_SERVER + 1];
extern const struct nla_policy nf_passthrough_setting_nl_policy[NF_PASSTHROUGH_A_SETTING_HELP + 1];

/* Ops table for nf_passthrough */
extern const struct genl_split_ops nf_passthrough_nl_ops[7];

int nf_passthrough_nl_protocol_get_doit(struct sk_buff *skb,
					struct genl_info *info);
int nf_passthrough_nl_protocol_get_dumpit(struct sk_buff *skb,
					  struct netlink_callback *cb);
int nf_passthrough_nl_protocol_set_doit(struct sk_buff *skb,
					struct genl_info *info);
int nf_passthrough_nl_session_get_dumpit(struct sk_buff *skb,
					 struct netlink_callback *cb);
int nf_passthrough_nl_session_del_doit(struct sk_buff *skb,
				       struct genl_info *info);
int nf_passthrough_nl_counter_get_dumpit(struct sk_buff *skb,
					 struct netlink_callback *cb);
int nf_passthrough_nl_config_set_doit(struct sk_buff *skb,
				      struct genl_info *info);

enum {
	NF_PASSTHROUGH_NLGRP_EVENTS,
};

#endif /* _LINUX_NF_PASSTHROUGH_GEN_H */
