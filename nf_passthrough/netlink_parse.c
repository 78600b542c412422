// SPDX-License-Identifier: GPL-2.0
/*
 * What netlink requests ask of protocols: attributes to changes.
 */
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "core.h"
#include "netlink_gen.h"

/**
 * nfpt_proto_of() - the protocol that a request names
 * @name: its name
 * @extack: told if nobody serves it
 *
 * Context: registry mutex held.
 * Return: the protocol, or NULL.
 */
const struct nfpt_proto *nfpt_proto_of(struct nlattr *name, struct netlink_ext_ack *extack)
{
	const struct nfpt_proto *proto = nfpt_proto_find(nla_data(name));

	if (!proto)
		NL_SET_ERR_MSG_ATTR(extack, name, "no module serves this protocol");
	return proto;
}

static int nfpt_parse_setting(struct nlattr *attr, const struct nfpt_proto *proto,
			      struct nfpt_config *config, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NF_PASSTHROUGH_A_SETTING_HELP + 1];
	struct nlattr *name, *value;
	u32 v;
	int i, err;

	err = nla_parse_nested(tb, NF_PASSTHROUGH_A_SETTING_HELP, attr,
			       nf_passthrough_setting_nl_policy, extack);
	if (err)
		return err;
	name = tb[NF_PASSTHROUGH_A_SETTING_NAME];
	value = tb[NF_PASSTHROUGH_A_SETTING_VALUE];
	if (!name || !value) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a setting needs a name and a value");
		return -EINVAL;
	}

	for (i = 0; i < proto->n_settings; i++)
		if (!nla_strcmp(name, proto->settings[i].name))
			break;
	if (i == proto->n_settings) {
		NL_SET_ERR_MSG_ATTR(extack, name, "the protocol has no such setting");
		return -ENOENT;
	}
	v = nla_get_u32(value);
	if (v < proto->settings[i].min || v > proto->settings[i].max) {
		NL_SET_ERR_MSG_ATTR(extack, value, "the value is out of the setting's range");
		return -ERANGE;
	}
	config->values[i] = v;
	return 0;
}

static int nfpt_parse_port(struct nlattr *attr, struct nfpt_config *config,
			   struct netlink_ext_ack *extack)
{
	u16 port = nla_get_u16(attr);
	int i;

	for (i = 0; i < config->n_ports; i++)
		if (config->ports[i] == port) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "the port is named twice");
			return -EINVAL;
		}
	if (config->n_ports == NFPT_PORTS_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "more ports than a protocol can have (8)");
		return -E2BIG;
	}
	config->ports[config->n_ports++] = port;
	return 0;
}

static int nfpt_parse_interface(struct nlattr *attr, struct nfpt_config *config,
				struct netlink_ext_ack *extack)
{
	char name[IFNAMSIZ];
	int i;

	nla_strscpy(name, attr, sizeof(name));
	if (!*name)
		return 0;
	if (!dev_valid_name(name)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "no interface can have this name");
		return -EINVAL;
	}
	for (i = 0; i < config->n_interfaces; i++)
		if (!strcmp(config->interfaces[i], name)) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "the interface is named twice");
			return -EINVAL;
		}
	if (config->n_interfaces == NFPT_INTERFACES_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "more interfaces than a protocol can have (8)");
		return -E2BIG;
	}
	strscpy(config->interfaces[config->n_interfaces++], name, IFNAMSIZ);
	return 0;
}

static int nfpt_parse_pin(struct nlattr *attr, const struct nfpt_proto *proto,
			  struct nfpt_pin *pin, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[NF_PASSTHROUGH_A_PIN_SERVER + 1];
	bool data;
	int err;

	err = nla_parse_nested(tb, NF_PASSTHROUGH_A_PIN_SERVER, attr,
			       nf_passthrough_pin_nl_policy, extack);
	if (err)
		return err;
	if (!tb[NF_PASSTHROUGH_A_PIN_KIND] || !tb[NF_PASSTHROUGH_A_PIN_HOST]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a pin needs a kind and a host");
		return -EINVAL;
	}
	*pin = (struct nfpt_pin){
		.kind = nla_get_u32(tb[NF_PASSTHROUGH_A_PIN_KIND]),
		.host = nla_get_in_addr(tb[NF_PASSTHROUGH_A_PIN_HOST]),
	};
	if (!(proto->pin_kinds & BIT(pin->kind))) {
		NL_SET_ERR_MSG_ATTR(extack, tb[NF_PASSTHROUGH_A_PIN_KIND],
				    "the protocol has no such pins");
		return -EOPNOTSUPP;
	}
	if (tb[NF_PASSTHROUGH_A_PIN_SERVER])
		pin->server = nla_get_in_addr(tb[NF_PASSTHROUGH_A_PIN_SERVER]);
	data = pin->kind == NF_PASSTHROUGH_PIN_KIND_DATA;
	if (data == !!pin->server)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "a pin for data needs a server, others have none");
	return -EINVAL;
}

static int nfpt_pin_find(const struct nfpt_config *config, const struct nfpt_pin *pin)
{
	int i;

	for (i = 0; i < config->n_pins; i++)
		if (!memcmp(&config->pins[i], pin, sizeof(*pin)))
			break;
	return i;
}

static int nfpt_add_pin(struct nlattr *attr, const struct nfpt_proto *proto,
			struct nfpt_config *config, struct netlink_ext_ack *extack)
{
	struct nfpt_pin pin;
	int err;

	err = nfpt_parse_pin(attr, proto, &pin, extack);
	if (err || nfpt_pin_find(config, &pin) < config->n_pins)
		return err;
	if (config->n_pins == NFPT_PINS_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "more pins than a protocol can have (32)");
		return -E2BIG;
	}
	config->pins[config->n_pins++] = pin;
	return 0;
}

static int nfpt_del_pin(struct nlattr *attr, const struct nfpt_proto *proto,
			struct nfpt_config *config, struct netlink_ext_ack *extack)
{
	struct nfpt_pin pin;
	int i, err;

	err = nfpt_parse_pin(attr, proto, &pin, extack);
	if (err)
		return err;
	i = nfpt_pin_find(config, &pin);
	if (i == config->n_pins) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is no such pin");
		return -ENOENT;
	}
	config->pins[i] = config->pins[--config->n_pins];
	return 0;
}

static int nfpt_parse_config(struct nlattr *attr, const struct nfpt_proto *proto,
			     struct nfpt_config *config, struct netlink_ext_ack *extack)
{
	switch (nla_type(attr)) {
	case NF_PASSTHROUGH_A_PROTOCOL_PORT:
		if (proto->n_ports)
			return nfpt_parse_port(attr, config, extack);
		NL_SET_ERR_MSG_ATTR(extack, attr, "the protocol has no ports");
		return -EINVAL;
	case NF_PASSTHROUGH_A_PROTOCOL_SETTING:
		return nfpt_parse_setting(attr, proto, config, extack);
	case NF_PASSTHROUGH_A_PROTOCOL_INTERFACE:
		return nfpt_parse_interface(attr, config, extack);
	case NF_PASSTHROUGH_A_PROTOCOL_PIN:
		return nfpt_add_pin(attr, proto, config, extack);
	case NF_PASSTHROUGH_A_PROTOCOL_UNPIN:
		return nfpt_del_pin(attr, proto, config, extack);
	}
	return 0;
}

/* Pins have no order. */
static bool nfpt_config_equal(const struct nfpt_config *a, const struct nfpt_config *b)
{
	int i;

	if (memcmp(a->values, b->values, sizeof(a->values)) || a->n_ports != b->n_ports ||
	    memcmp(a->ports, b->ports, a->n_ports * sizeof(a->ports[0])) ||
	    !nfpt_same_scope(a, b) || a->n_pins != b->n_pins)
		return false;
	for (i = 0; i < a->n_pins; i++)
		if (nfpt_pin_find(b, &a->pins[i]) == b->n_pins)
			return false;
	return true;
}

/* What is asked is checked as a whole before anything is changed. */
static int nfpt_parse_change(const struct nfpt_request *req, struct nfpt_change *change,
			     struct netlink_ext_ack *extack)
{
	const struct nfpt_proto *proto = change->pn->proto;
	const struct nfpt_config *old;
	struct nfpt_config *config;
	struct nlattr *attr;
	int rem, err;

	change->state = -1;
	change->state_attr = req->tb[NF_PASSTHROUGH_A_PROTOCOL_STATE];
	if (change->state_attr)
		change->state = nla_get_u32(change->state_attr);

	old = rcu_dereference_protected(change->pn->config,
					lockdep_is_held(&nfpt_registry_mutex));
	if (req->tb[NF_PASSTHROUGH_A_PROTOCOL_REPLACE])
		config = nfpt_config_alloc(proto);
	else
		config = kmemdup(old, sizeof(*old), GFP_KERNEL);
	if (!config) {
		NL_SET_ERR_MSG_ATTR(extack, req->tb[NF_PASSTHROUGH_A_PROTOCOL_NAME],
				    "out of memory for the protocol's settings");
		return -ENOMEM;
	}
	config->generation = old->generation + 1;
	if (req->tb[NF_PASSTHROUGH_A_PROTOCOL_PORT])
		config->n_ports = 0;
	if (req->tb[NF_PASSTHROUGH_A_PROTOCOL_INTERFACE])
		config->n_interfaces = 0;
	nla_for_each_attr(attr, req->head, req->len, rem) {
		err = nfpt_parse_config(attr, proto, config, extack);
		if (err) {
			kfree(config);
			return err;
		}
	}
	if (nfpt_config_equal(config, old)) {
		kfree(config);
		config = NULL;
	}
	change->config = config;
	return 0;
}

/**
 * nfpt_add_change() - add what is asked of a protocol to the changes
 * @nn: the namespace
 * @req: what asks
 * @changes: of other protocols so far, room for one more
 * @n: how many
 * @extack: told what is wrong, and where
 *
 * Nothing is changed yet.
 *
 * Context: registry mutex held, may sleep.
 * Return: 0, and the change's config is the caller's; or a negative error.
 */
int nfpt_add_change(struct nfpt_net *nn, const struct nfpt_request *req,
		    struct nfpt_change *changes, unsigned int n,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *name = req->tb[NF_PASSTHROUGH_A_PROTOCOL_NAME];
	const struct nfpt_proto *proto = nfpt_proto_of(name, extack);
	unsigned int i;

	if (!proto)
		return -ENOENT;
	for (i = 0; i < n; i++)
		if (changes[i].pn->proto == proto) {
			NL_SET_ERR_MSG_ATTR(extack, name, "the protocol is named twice");
			return -EINVAL;
		}
	changes[n].pn = nfpt_proto_net_get(nn, proto);
	if (!changes[n].pn) {
		NL_SET_ERR_MSG_ATTR(extack, name, "out of memory for the protocol's state");
		return -ENOMEM;
	}
	return nfpt_parse_change(req, &changes[n], extack);
}
