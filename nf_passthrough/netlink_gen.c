// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/nf_passthrough.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/nf_passthrough.h>

/* Common nested types */
const struct nla_policy nf_passthrough_change_nl_policy[NF_PASSTHROUGH_A_PROTOCOL_INTERFACE + 1] = {
	[NF_PASSTHROUGH_A_PROTOCOL_NAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[NF_PASSTHROUGH_A_PROTOCOL_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
	[NF_PASSTHROUGH_A_PROTOCOL_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[NF_PASSTHROUGH_A_PROTOCOL_SETTING] = NLA_POLICY_NESTED(nf_passthrough_setting_nl_policy),
	[NF_PASSTHROUGH_A_PROTOCOL_PIN] = NLA_POLICY_NESTED(nf_passthrough_pin_nl_policy),
	[NF_PASSTHROUGH_A_PROTOCOL_UNPIN] = NLA_POLICY_NESTED(nf_passthrough_pin_nl_policy),
	[NF_PASSTHROUGH_A_PROTOCOL_REPLACE] = { .type = NLA_FLAG, },
	[NF_PASSTHROUGH_A_PROTOCOL_INTERFACE] = { .type = NLA_STRING, .len = 15, },
};

const struct nla_policy nf_passthrough_pin_nl_policy[NF_PASSTHROUGH_A_PIN_SERVER + 1] = {
	[NF_PASSTHROUGH_A_PIN_KIND] = NLA_POLICY_MAX(NLA_U32, 1),
	[NF_PASSTHROUGH_A_PIN_HOST] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_PIN_SERVER] = { .type = NLA_U32, },
};

const struct nla_policy nf_passthrough_setting_nl_policy[NF_PASSTHROUGH_A_SETTING_HELP + 1] = {
	[NF_PASSTHROUGH_A_SETTING_NAME] = { .type = NLA_NUL_STRING, .len = 31, },
	[NF_PASSTHROUGH_A_SETTING_VALUE] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_SETTING_DEFAULT] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_SETTING_MINIMUM] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_SETTING_MAXIMUM] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_SETTING_UNIT] = { .type = NLA_NUL_STRING, },
	[NF_PASSTHROUGH_A_SETTING_HELP] = { .type = NLA_NUL_STRING, },
};

/* NF_PASSTHROUGH_CMD_PROTOCOL_GET - do */
static const struct nla_policy nf_passthrough_protocol_get_nl_policy[NF_PASSTHROUGH_A_PROTOCOL_NAME + 1] = {
	[NF_PASSTHROUGH_A_PROTOCOL_NAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* NF_PASSTHROUGH_CMD_PROTOCOL_SET - do */
static const struct nla_policy nf_passthrough_protocol_set_nl_policy[NF_PASSTHROUGH_A_PROTOCOL_INTERFACE + 1] = {
	[NF_PASSTHROUGH_A_PROTOCOL_NAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[NF_PASSTHROUGH_A_PROTOCOL_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
	[NF_PASSTHROUGH_A_PROTOCOL_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[NF_PASSTHROUGH_A_PROTOCOL_SETTING] = NLA_POLICY_NESTED(nf_passthrough_setting_nl_policy),
	[NF_PASSTHROUGH_A_PROTOCOL_PIN] = NLA_POLICY_NESTED(nf_passthrough_pin_nl_policy),
	[NF_PASSTHROUGH_A_PROTOCOL_UNPIN] = NLA_POLICY_NESTED(nf_passthrough_pin_nl_policy),
	[NF_PASSTHROUGH_A_PROTOCOL_REPLACE] = { .type = NLA_FLAG, },
	[NF_PASSTHROUGH_A_PROTOCOL_INTERFACE] = { .type = NLA_STRING, .len = 15, },
};

/* NF_PASSTHROUGH_CMD_SESSION_GET - dump */
static const struct nla_policy nf_passthrough_session_get_nl_policy[NF_PASSTHROUGH_A_SESSION_RESPONDER + 1] = {
	[NF_PASSTHROUGH_A_SESSION_ID] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_SESSION_PROTOCOL] = { .type = NLA_NUL_STRING, .len = 15, },
	[NF_PASSTHROUGH_A_SESSION_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
	[NF_PASSTHROUGH_A_SESSION_INITIATOR] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_SESSION_RESPONDER] = { .type = NLA_U32, },
};

/* NF_PASSTHROUGH_CMD_SESSION_DEL - do */
static const struct nla_policy nf_passthrough_session_del_nl_policy[NF_PASSTHROUGH_A_SESSION_RESPONDER + 1] = {
	[NF_PASSTHROUGH_A_SESSION_ID] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_SESSION_PROTOCOL] = { .type = NLA_NUL_STRING, .len = 15, },
	[NF_PASSTHROUGH_A_SESSION_STATE] = NLA_POLICY_MAX(NLA_U32, 2),
	[NF_PASSTHROUGH_A_SESSION_INITIATOR] = { .type = NLA_U32, },
	[NF_PASSTHROUGH_A_SESSION_RESPONDER] = { .type = NLA_U32, },
};

/* NF_PASSTHROUGH_CMD_COUNTER_GET - dump */
static const struct nla_policy nf_passthrough_counter_get_nl_policy[NF_PASSTHROUGH_A_COUNTER_PROTOCOL + 1] = {
	[NF_PASSTHROUGH_A_COUNTER_PROTOCOL] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* NF_PASSTHROUGH_CMD_CONFIG_SET - do */
static const struct nla_policy nf_passthrough_config_set_nl_policy[NF_PASSTHROUGH_A_CONFIG_PROTOCOL + 1] = {
	[NF_PASSTHROUGH_A_CONFIG_PROTOCOL] = NLA_POLICY_NESTED(nf_passthrough_change_nl_policy),
};

/* Ops table for nf_passthrough */
const struct genl_split_ops nf_passthrough_nl_ops[7] = {
	{
		.cmd		= NF_PASSTHROUGH_CMD_PROTOCOL_GET,
		.doit		= nf_passthrough_nl_protocol_get_doit,
		.policy		= nf_passthrough_protocol_get_nl_policy,
		.maxattr	= NF_PASSTHROUGH_A_PROTOCOL_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= NF_PASSTHROUGH_CMD_PROTOCOL_GET,
		.dumpit	= nf_passthrough_nl_protocol_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= NF_PASSTHROUGH_CMD_PROTOCOL_SET,
		.doit		= nf_passthrough_nl_protocol_set_doit,
		.policy		= nf_passthrough_protocol_set_nl_policy,
		.maxattr	= NF_PASSTHROUGH_A_PROTOCOL_INTERFACE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= NF_PASSTHROUGH_CMD_SESSION_GET,
		.dumpit		= nf_passthrough_nl_session_get_dumpit,
		.policy		= nf_passthrough_session_get_nl_policy,
		.maxattr	= NF_PASSTHROUGH_A_SESSION_RESPONDER,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= NF_PASSTHROUGH_CMD_SESSION_DEL,
		.doit		= nf_passthrough_nl_session_del_doit,
		.policy		= nf_passthrough_session_del_nl_policy,
		.maxattr	= NF_PASSTHROUGH_A_SESSION_RESPONDER,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= NF_PASSTHROUGH_CMD_COUNTER_GET,
		.dumpit		= nf_passthrough_nl_counter_get_dumpit,
		.policy		= nf_passthrough_counter_get_nl_policy,
		.maxattr	= NF_PASSTHROUGH_A_COUNTER_PROTOCOL,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= NF_PASSTHROUGH_CMD_CONFIG_SET,
		.doit		= nf_passthrough_nl_config_set_doit,
		.policy		= nf_passthrough_config_set_nl_policy,
		.maxattr	= NF_PASSTHROUGH_A_CONFIG_PROTOCOL,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

