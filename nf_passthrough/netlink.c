// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink: requests, dumps and events of docs/netlink/nf_passthrough.yaml.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "core.h"
#include "netlink_gen.h"

static struct genl_family nfpt_genl_family;

static struct nfpt_net *nfpt_info_net(const struct genl_info *info)
{
	return nfpt_pernet(genl_info_net((struct genl_info *)info));
}

static struct sk_buff *nfpt_answer_new(size_t size, struct netlink_ext_ack *extack)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (!msg)
		NL_SET_ERR_MSG(extack, "out of memory for the answer");
	return msg;
}

/* Those who listen learn that they have missed something. */
static void nfpt_event_lost(struct net *net)
{
	genl_set_err(&nfpt_genl_family, net, 0, NF_PASSTHROUGH_NLGRP_EVENTS, -ENOBUFS);
}

/* ---- protocols --------------------------------------------------------- */

static int nfpt_put_setting(struct sk_buff *skb, const struct nfpt_setting *s,
			    u32 value)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, NF_PASSTHROUGH_A_PROTOCOL_SETTING);
	if (!nest ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_SETTING_NAME, s->name) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SETTING_VALUE, value) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SETTING_DEFAULT, s->value) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SETTING_MINIMUM, s->min) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SETTING_MAXIMUM, s->max) ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_SETTING_UNIT, s->unit) ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_SETTING_HELP, s->help))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int nfpt_put_pin(struct sk_buff *skb, const struct nfpt_pin *pin)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, NF_PASSTHROUGH_A_PROTOCOL_PIN);
	if (!nest ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_PIN_KIND, pin->kind) ||
	    nla_put_in_addr(skb, NF_PASSTHROUGH_A_PIN_HOST, pin->host) ||
	    (pin->server &&
	     nla_put_in_addr(skb, NF_PASSTHROUGH_A_PIN_SERVER, pin->server)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* @pn is NULL where the protocol was never asked for: defaults, bypassed. */
static int nfpt_put_config(struct sk_buff *skb, const struct nfpt_proto *proto,
			   const struct nfpt_proto_net *pn)
{
	const struct nfpt_config *config = NULL;
	int i, n_ports = proto->n_ports;
	const u16 *ports = proto->ports;

	if (pn) {
		config = rcu_dereference_protected(pn->config,
						   lockdep_is_held(&nfpt_registry_mutex));
		ports = config->ports;
		n_ports = config->n_ports;
	}
	for (i = 0; i < n_ports; i++)
		if (nla_put_u16(skb, NF_PASSTHROUGH_A_PROTOCOL_PORT, ports[i]))
			return -EMSGSIZE;
	for (i = 0; i < proto->n_settings; i++)
		if (nfpt_put_setting(skb, &proto->settings[i],
				     config ? config->values[i] :
					      proto->settings[i].value))
			return -EMSGSIZE;
	for (i = 0; config && i < config->n_interfaces; i++)
		if (nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_INTERFACE,
				   config->interfaces[i]))
			return -EMSGSIZE;
	for (i = 0; config && i < config->n_pins; i++)
		if (nfpt_put_pin(skb, &config->pins[i]))
			return -EMSGSIZE;
	return 0;
}

static int nfpt_put_protocol(struct sk_buff *skb, u32 portid, u32 seq, int flags,
			     u8 cmd, const struct nfpt_net *nn,
			     const struct nfpt_proto *proto)
{
	const struct nfpt_proto_net *pn = nfpt_proto_net_find(nn, proto);
	unsigned int hooks = 0;
	const char *note;
	void *hdr;

	if (pn && pn->helped)
		hooks += proto->n_help_hooks;
	if (pn && pn->block_ops)
		hooks += proto->n_block_ops;

	hdr = genlmsg_put(skb, portid, seq, &nfpt_genl_family, flags, cmd);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_NAME, proto->name) ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_TITLE, proto->title) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_PROTOCOL_STATE,
			pn ? pn->state : NF_PASSTHROUGH_STATE_BYPASSED) ||
	    nfpt_put_config(skb, proto, pn) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_PROTOCOL_SESSIONS,
			pn ? atomic_read(&pn->sessions) : 0) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_PROTOCOL_HOOKS, hooks) ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_VERSION, NFPT_VERSION))
		goto cancel;
	note = pn && proto->note ? proto->note(pn) : NULL;
	if (note && nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_NOTE, note))
		goto cancel;
	genlmsg_end(skb, hdr);
	return 0;

cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/**
 * nf_passthrough_nl_protocol_get_doit() - answer with one protocol
 * @skb: request
 * @info: request
 */
int nf_passthrough_nl_protocol_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *name = info->attrs[NF_PASSTHROUGH_A_PROTOCOL_NAME];
	const struct nfpt_proto *proto;
	struct sk_buff *msg;
	int err = -ENOENT;

	if (GENL_REQ_ATTR_CHECK(info, NF_PASSTHROUGH_A_PROTOCOL_NAME))
		return -EINVAL;
	msg = nfpt_answer_new(NLMSG_GOODSIZE, info->extack);
	if (!msg)
		return -ENOMEM;

	mutex_lock(&nfpt_registry_mutex);
	proto = nfpt_proto_of(name, info->extack);
	if (proto)
		err = nfpt_put_protocol(msg, info->snd_portid, info->snd_seq, 0,
					NF_PASSTHROUGH_CMD_PROTOCOL_GET,
					nfpt_info_net(info), proto);
	mutex_unlock(&nfpt_registry_mutex);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

/**
 * nf_passthrough_nl_protocol_get_dumpit() - answer with all protocols
 * @skb: answer
 * @cb: args[0] is the number of protocols sent
 */
int nf_passthrough_nl_protocol_get_dumpit(struct sk_buff *skb,
					  struct netlink_callback *cb)
{
	const struct nfpt_net *nn = nfpt_pernet(sock_net(skb->sk));
	const struct nfpt_proto *proto = NULL;
	int i = 0, err = 0;

	mutex_lock(&nfpt_registry_mutex);
	while (!err && (proto = nfpt_proto_next(proto))) {
		if (i++ < cb->args[0])
			continue;
		err = nfpt_put_protocol(skb, NETLINK_CB(cb->skb).portid,
					cb->nlh->nlmsg_seq, NLM_F_MULTI,
					NF_PASSTHROUGH_CMD_PROTOCOL_GET, nn, proto);
		if (!err)
			cb->args[0] = i;
	}
	mutex_unlock(&nfpt_registry_mutex);
	return skb->len ? skb->len : err;
}

static void nfpt_protocol_event(const struct nfpt_net *nn,
				const struct nfpt_proto *proto)
{
	struct sk_buff *msg;

	if (!genl_has_listeners(&nfpt_genl_family, nn->net, NF_PASSTHROUGH_NLGRP_EVENTS))
		return;
	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg ||
	    nfpt_put_protocol(msg, 0, 0, 0, NF_PASSTHROUGH_CMD_PROTOCOL_NTF, nn, proto)) {
		nlmsg_free(msg);
		nfpt_event_lost(nn->net);
		return;
	}
	genlmsg_multicast_netns(&nfpt_genl_family, nn->net, msg, 0,
				NF_PASSTHROUGH_NLGRP_EVENTS, GFP_KERNEL);
}

/* Loads the module of a protocol that nobody serves yet. */
static void nfpt_proto_load(const struct nlattr *name)
{
	bool known;

	mutex_lock(&nfpt_registry_mutex);
	known = nfpt_proto_find(nla_data(name));
	mutex_unlock(&nfpt_registry_mutex);
	if (!known)
		request_module("nf-passthrough-%s", (char *)nla_data(name));
}

/* Carries the changes out, all or nothing; each that was one is told. */
static int nfpt_change(struct nfpt_net *nn, struct nfpt_change *changes, unsigned int n,
		       struct netlink_ext_ack *extack)
{
	bool changed[NFPT_PROTO_MAX];
	unsigned int i;
	int err;

	for (i = 0; i < n; i++)
		changed[i] = changes[i].config ||
			     (changes[i].state >= 0 && changes[i].state != changes[i].pn->state);
	err = nfpt_proto_net_change(changes, n, extack);
	for (i = 0; !err && i < n; i++)
		if (changed[i])
			nfpt_protocol_event(nn, changes[i].pn->proto);
	return err;
}

/**
 * nf_passthrough_nl_protocol_set_doit() - change a protocol
 * @skb: request
 * @info: request
 */
int nf_passthrough_nl_protocol_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nfpt_request req = {
		.tb	= info->attrs,
		.head	= nlmsg_attrdata(info->nlhdr, GENL_HDRLEN),
		.len	= nlmsg_attrlen(info->nlhdr, GENL_HDRLEN),
	};
	struct nfpt_net *nn = nfpt_info_net(info);
	struct nfpt_change change = {};
	int err;

	if (GENL_REQ_ATTR_CHECK(info, NF_PASSTHROUGH_A_PROTOCOL_NAME))
		return -EINVAL;
	nfpt_proto_load(info->attrs[NF_PASSTHROUGH_A_PROTOCOL_NAME]);

	mutex_lock(&nfpt_registry_mutex);
	err = nfpt_add_change(nn, &req, &change, 0, info->extack);
	if (!err)
		err = nfpt_change(nn, &change, 1, info->extack);
	mutex_unlock(&nfpt_registry_mutex);
	kfree(change.config);
	return err;
}

/* ---- configuration ----------------------------------------------------- */

/* @tb has an entry for each attribute of a protocol. */
static int nfpt_parse_nest(const struct nlattr *nest, struct nlattr **tb,
			   struct netlink_ext_ack *extack)
{
	return nla_parse_nested(tb, ARRAY_SIZE(nf_passthrough_change_nl_policy) - 1, nest,
				nf_passthrough_change_nl_policy, extack);
}

/* Checks what can be without the registry, and has the modules loaded. */
static int nfpt_config_load(struct genl_info *info)
{
	struct nlattr *tb[NF_PASSTHROUGH_A_PROTOCOL_MAX + 1];
	struct nlattr *nest;
	unsigned int n = 0;
	int rem, err;

	nlmsg_for_each_attr(nest, info->nlhdr, GENL_HDRLEN, rem) {
		if (n++ == NFPT_PROTO_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, nest,
					    "more protocols than there can be (8)");
			return -E2BIG;
		}
		err = nfpt_parse_nest(nest, tb, info->extack);
		if (err)
			return err;
		if (NL_REQ_ATTR_CHECK(info->extack, nest, tb, NF_PASSTHROUGH_A_PROTOCOL_NAME))
			return -EINVAL;
		nfpt_proto_load(tb[NF_PASSTHROUGH_A_PROTOCOL_NAME]);
	}
	return 0;
}

static int nfpt_config_set(struct genl_info *info, struct nfpt_change *changes)
{
	struct nlattr *tb[NF_PASSTHROUGH_A_PROTOCOL_MAX + 1];
	struct nfpt_net *nn = nfpt_info_net(info);
	struct nfpt_request req = { .tb = tb };
	struct nlattr *nest;
	unsigned int n = 0;
	int rem, err;

	lockdep_assert_held(&nfpt_registry_mutex);
	nlmsg_for_each_attr(nest, info->nlhdr, GENL_HDRLEN, rem) {
		err = nfpt_parse_nest(nest, tb, info->extack);
		if (err)
			return err;
		req.head = nla_data(nest);
		req.len = nla_len(nest);
		err = nfpt_add_change(nn, &req, changes, n++, info->extack);
		if (err)
			return err;
	}
	return nfpt_change(nn, changes, n, info->extack);
}

/**
 * nf_passthrough_nl_config_set_doit() - change several protocols, all or nothing
 * @skb: request
 * @info: request
 */
int nf_passthrough_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfpt_change changes[NFPT_PROTO_MAX] = {};
	int i, err;

	if (GENL_REQ_ATTR_CHECK(info, NF_PASSTHROUGH_A_CONFIG_PROTOCOL))
		return -EINVAL;
	err = nfpt_config_load(info);
	if (err)
		return err;

	mutex_lock(&nfpt_registry_mutex);
	err = nfpt_config_set(info, changes);
	mutex_unlock(&nfpt_registry_mutex);
	for (i = 0; i < NFPT_PROTO_MAX; i++)
		kfree(changes[i].config);
	return err;
}

/* ---- sessions ---------------------------------------------------------- */

static int nfpt_put_session(struct sk_buff *skb, const struct nfpt_session *s)
{
	if (nla_put_u32(skb, NF_PASSTHROUGH_A_SESSION_ID, s->id) ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_PROTOCOL, s->pn->proto->name) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SESSION_STATE, READ_ONCE(s->state)) ||
	    nla_put_in_addr(skb, NF_PASSTHROUGH_A_SESSION_INITIATOR, s->initiator) ||
	    nla_put_in_addr(skb, NF_PASSTHROUGH_A_SESSION_RESPONDER, s->responder) ||
	    nla_put_in_addr(skb, NF_PASSTHROUGH_A_SESSION_INITIATOR_SEEN,
			    s->initiator_seen) ||
	    nla_put_in_addr(skb, NF_PASSTHROUGH_A_SESSION_RESPONDER_SEEN,
			    s->responder_seen) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SESSION_AGE,
			(u32)ktime_get_seconds() - s->born) ||
	    (s->local && nla_put_flag(skb, NF_PASSTHROUGH_A_SESSION_LOCAL)))
		return -EMSGSIZE;
	return 0;
}

/* A session with more parts than a message holds comes again with the rest. */
static int nfpt_dump_parts(struct sk_buff *skb, struct netlink_callback *cb,
			   const struct nfpt_session *s, bool *more)
{
	unsigned long begin = cb->args[1], n = begin;
	int err;

	*more = false;
	if (!s->pn->proto->fill_parts)
		return 0;
	err = s->pn->proto->fill_parts(skb, s, &n);
	if (err && n == begin)
		return err;
	*more = err;
	cb->args[1] = err ? n : 0;
	return 0;
}

static int nfpt_dump_session(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct nfpt_session *s)
{
	const struct nfpt_proto *proto = s->pn->proto;
	bool more;
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &nfpt_genl_family, NLM_F_MULTI, NF_PASSTHROUGH_CMD_SESSION_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	if (nfpt_put_session(skb, s) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SESSION_IDLE,
			((u32)jiffies - READ_ONCE(s->seen)) / HZ) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SESSION_LIFETIME, proto->lifetime(s)) ||
	    proto->fill(skb, s, true) || nfpt_dump_parts(skb, cb, s, &more)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return more ? -EMSGSIZE : 0;
}

static int nfpt_parse_filter(struct nlattr **attrs, struct nfpt_session_filter *f,
			     struct netlink_ext_ack *extack)
{
	struct nlattr *name = attrs[NF_PASSTHROUGH_A_SESSION_PROTOCOL];
	const struct nfpt_proto *proto;

	*f = (struct nfpt_session_filter){ .proto_id = -1, .state = -1 };
	if (name) {
		proto = nfpt_proto_of(name, extack);
		if (!proto)
			return -ENOENT;
		f->proto_id = proto->id;
	}
	if (attrs[NF_PASSTHROUGH_A_SESSION_STATE])
		f->state = nla_get_u32(attrs[NF_PASSTHROUGH_A_SESSION_STATE]);
	if (attrs[NF_PASSTHROUGH_A_SESSION_ID])
		f->id = nla_get_u32(attrs[NF_PASSTHROUGH_A_SESSION_ID]);
	if (attrs[NF_PASSTHROUGH_A_SESSION_INITIATOR])
		f->initiator = nla_get_in_addr(attrs[NF_PASSTHROUGH_A_SESSION_INITIATOR]);
	if (attrs[NF_PASSTHROUGH_A_SESSION_RESPONDER])
		f->responder = nla_get_in_addr(attrs[NF_PASSTHROUGH_A_SESSION_RESPONDER]);
	return 0;
}

/**
 * nf_passthrough_nl_session_get_dumpit() - answer with sessions
 * @skb: answer
 * @cb: args[0] is the cookie to go on with, args[1] the part of that session
 */
int nf_passthrough_nl_session_get_dumpit(struct sk_buff *skb,
					 struct netlink_callback *cb)
{
	struct nfpt_net *nn = nfpt_pernet(sock_net(skb->sk));
	unsigned long id = cb->args[0];
	struct nfpt_session_filter f;
	struct nfpt_session *s;
	int err;

	mutex_lock(&nfpt_registry_mutex);
	err = nfpt_parse_filter(nfpt_genl_dump_attrs(cb), &f, cb->extack);
	if (err)
		goto unlock;

	cb->seq = atomic_read(&nn->generation) + 1;
	rcu_read_lock();
	while ((s = nfpt_session_next(nn, &id, &f))) {
		if (id != cb->args[0])
			cb->args[1] = 0;
		cb->args[0] = id;
		err = nfpt_dump_session(skb, cb, s);
		if (err)
			break;
		id++;
	}
	rcu_read_unlock();
	cb->args[0] = s ? id : ULONG_MAX;
unlock:
	mutex_unlock(&nfpt_registry_mutex);
	return skb->len ? skb->len : err;
}

/**
 * nf_passthrough_nl_session_del_doit() - end sessions
 * @skb: request
 * @info: request
 */
int nf_passthrough_nl_session_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nfpt_session_filter f;
	struct sk_buff *msg;
	unsigned int n;
	void *hdr;
	int err;

	msg = nfpt_answer_new(NLMSG_DEFAULT_SIZE, info->extack);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&nfpt_registry_mutex);
	err = nfpt_parse_filter(info->attrs, &f, info->extack);
	if (!err)
		n = nfpt_session_flush(nfpt_info_net(info), &f,
				       NF_PASSTHROUGH_END_REASON_FLUSHED);
	mutex_unlock(&nfpt_registry_mutex);
	if (err)
		goto free;

	hdr = genlmsg_put_reply(msg, info, &nfpt_genl_family, 0,
				NF_PASSTHROUGH_CMD_SESSION_DEL);
	err = -EMSGSIZE;
	if (!hdr || nla_put_u32(msg, NF_PASSTHROUGH_A_SESSION_COUNT, n))
		goto free;
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);

free:
	nlmsg_free(msg);
	return err;
}

/**
 * nfpt_netlink_session_event() - tell those who listen about a session
 * @s: the session
 * @event: what happened
 * @reason: why it ended
 *
 * Context: softirq or process.
 */
void nfpt_netlink_session_event(const struct nfpt_session *s,
				enum nf_passthrough_event event,
				enum nf_passthrough_end_reason reason)
{
	struct net *net = s->pn->net;
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&nfpt_genl_family, net, NF_PASSTHROUGH_NLGRP_EVENTS))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	hdr = msg ? genlmsg_put(msg, 0, 0, &nfpt_genl_family, 0,
				NF_PASSTHROUGH_CMD_SESSION_NTF) : NULL;
	if (!hdr || nfpt_put_session(msg, s) ||
	    s->pn->proto->fill(msg, s, false) ||
	    nla_put_u32(msg, NF_PASSTHROUGH_A_SESSION_EVENT, event) ||
	    nla_put_u32(msg, NF_PASSTHROUGH_A_SESSION_REASON, reason)) {
		nlmsg_free(msg);
		nfpt_event_lost(net);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&nfpt_genl_family, net, msg, 0,
				NF_PASSTHROUGH_NLGRP_EVENTS, GFP_ATOMIC);
}

/* ---- counters ---------------------------------------------------------- */

static int nfpt_put_counter(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct nfpt_proto *proto,
			    const struct nfpt_proto_net *pn, unsigned int i)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &nfpt_genl_family, NLM_F_MULTI, NF_PASSTHROUGH_CMD_COUNTER_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_string(skb, NF_PASSTHROUGH_A_COUNTER_PROTOCOL, proto->name) ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_COUNTER_NAME, proto->counters[i].name) ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_COUNTER_HELP, proto->counters[i].help) ||
	    nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_COUNTER_VALUE,
			      pn ? nfpt_counter_read(pn, i) : 0,
			      NF_PASSTHROUGH_A_COUNTER_PAD)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * nf_passthrough_nl_counter_get_dumpit() - answer with counters
 * @skb: answer
 * @cb: args[0] is the number of counters sent
 */
int nf_passthrough_nl_counter_get_dumpit(struct sk_buff *skb,
					 struct netlink_callback *cb)
{
	struct nlattr *name = nfpt_genl_dump_attrs(cb)[NF_PASSTHROUGH_A_COUNTER_PROTOCOL];
	const struct nfpt_net *nn = nfpt_pernet(sock_net(skb->sk));
	const struct nfpt_proto *only = NULL, *proto = NULL;
	long n = 0;
	int i, err = 0;

	mutex_lock(&nfpt_registry_mutex);
	if (name) {
		only = nfpt_proto_of(name, cb->extack);
		if (!only)
			err = -ENOENT;
	}
	while (!err && (proto = nfpt_proto_next(proto))) {
		if (only && proto != only)
			continue;
		for (i = 0; !err && i < proto->n_counters; i++) {
			if (n++ < cb->args[0])
				continue;
			err = nfpt_put_counter(skb, cb, proto,
					       nfpt_proto_net_find(nn, proto), i);
			if (!err)
				cb->args[0] = n;
		}
	}
	mutex_unlock(&nfpt_registry_mutex);
	return skb->len ? skb->len : err;
}

/* ---- family ------------------------------------------------------------ */

static const struct genl_multicast_group nfpt_genl_groups[] = {
	[NF_PASSTHROUGH_NLGRP_EVENTS] = {
		.name	= NF_PASSTHROUGH_MCGRP_EVENTS,
		/* Sessions tell who talks to whom. */
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

static struct genl_family nfpt_genl_family __ro_after_init = {
	.name		= NF_PASSTHROUGH_FAMILY_NAME,
	.version	= NF_PASSTHROUGH_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.mcgrps		= nfpt_genl_groups,
	.n_mcgrps	= ARRAY_SIZE(nfpt_genl_groups),
};

/**
 * nfpt_netlink_init() - register the family
 *
 * Return: 0 or a negative error.
 */
int __init nfpt_netlink_init(void)
{
	static struct genl_ops ops[ARRAY_SIZE(nf_passthrough_nl_ops)] __ro_after_init;

	return nfpt_genl_register(&nfpt_genl_family, nf_passthrough_nl_ops,
				  ARRAY_SIZE(nf_passthrough_nl_ops), ops);
}

/**
 * nfpt_netlink_clean() - unregister the family
 */
void nfpt_netlink_clean(void)
{
	genl_unregister_family(&nfpt_genl_family);
}

MODULE_ALIAS_GENL_FAMILY(NF_PASSTHROUGH_FAMILY_NAME);
