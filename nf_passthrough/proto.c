// SPDX-License-Identifier: GPL-2.0
/*
 * The protocols: which modules are there, and the state each one has in each
 * network namespace.
 *
 *   bypassed --> enabled:  conntrack on, start(), help hooks
 *   enabled  --> disabled: block hooks, forwarded sessions end
 *   disabled --> enabled:  block hooks go
 *   any      --> bypassed: all hooks go, stop()
 */
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack.h>

#include "core.h"

/* Serialises registration and every change of state: rare, and may sleep. */
DEFINE_MUTEX(nfpt_registry_mutex);
static LIST_HEAD(nfpt_protos);
static LIST_HEAD(nfpt_nets);

/**
 * nfpt_proto_next() - walk over the registered protocols
 * @last: the one before, NULL for the first
 *
 * Context: registry mutex held.
 * Return: the next protocol, or NULL.
 */
const struct nfpt_proto *nfpt_proto_next(const struct nfpt_proto *last)
{
	const struct list_head *next = last ? last->list.next : nfpt_protos.next;

	lockdep_assert_held(&nfpt_registry_mutex);
	if (next == &nfpt_protos)
		return NULL;
	return list_entry(next, struct nfpt_proto, list);
}

/**
 * nfpt_proto_find() - find a registered protocol
 * @name: as the administrator types it
 *
 * Context: registry mutex held.
 * Return: the protocol, or NULL.
 */
const struct nfpt_proto *nfpt_proto_find(const char *name)
{
	const struct nfpt_proto *proto = NULL;

	while ((proto = nfpt_proto_next(proto)))
		if (!strcmp(proto->name, name))
			break;
	return proto;
}

/**
 * nfpt_proto_net_find() - a protocol in a namespace, if it was ever asked for
 * @nn: the namespace
 * @proto: the protocol
 *
 * Context: registry mutex held.
 * Return: the protocol's state there, or NULL.
 */
struct nfpt_proto_net *nfpt_proto_net_find(const struct nfpt_net *nn,
					   const struct nfpt_proto *proto)
{
	return rcu_dereference_protected(nn->protos[proto->id],
					 lockdep_is_held(&nfpt_registry_mutex));
}

/**
 * nfpt_proto_net_rcu() - a protocol in a namespace, for a packet that comes
 *	without our hooks
 * @net: the namespace
 * @proto: the protocol
 *
 * Context: RCU.
 * Return: the protocol's state there, or NULL.
 */
struct nfpt_proto_net *nfpt_proto_net_rcu(const struct net *net,
					  const struct nfpt_proto *proto)
{
	return rcu_dereference(nfpt_pernet(net)->protos[proto->id]);
}
EXPORT_SYMBOL_GPL(nfpt_proto_net_rcu);

static void nfpt_proto_net_free(struct nfpt_proto_net *pn)
{
	kfree_rcu(rcu_dereference_protected(pn->config, true), rcu);
	free_percpu(pn->counters);
	kfree(pn);
}

/**
 * nfpt_config_alloc() - a protocol's defaults
 * @proto: the protocol
 *
 * Context: may sleep.
 * Return: the configuration, or NULL without memory.
 */
struct nfpt_config *nfpt_config_alloc(const struct nfpt_proto *proto)
{
	struct nfpt_config *config = kzalloc(sizeof(*config), GFP_KERNEL);
	int i;

	if (!config)
		return NULL;
	for (i = 0; i < proto->n_settings; i++)
		config->values[i] = proto->settings[i].value;
	for (i = 0; i < proto->n_ports; i++)
		config->ports[i] = proto->ports[i];
	config->n_ports = proto->n_ports;
	return config;
}

static struct nfpt_proto_net *nfpt_proto_net_alloc(struct nfpt_net *nn,
						   const struct nfpt_proto *proto)
{
	struct nfpt_proto_net *pn;
	struct nfpt_config *config;

	pn = kzalloc(sizeof(*pn), GFP_KERNEL);
	config = nfpt_config_alloc(proto);
	if (!pn || !config)
		goto err_alloc;
	pn->counters = __alloc_percpu(proto->n_counters * sizeof(u64),
				      __alignof__(u64));
	if (!pn->counters)
		goto err_alloc;

	RCU_INIT_POINTER(pn->config, config);
	pn->proto = proto;
	pn->net = nn->net;
	pn->nn = nn;
	return pn;

err_alloc:
	kfree(config);
	kfree(pn);
	return NULL;
}

/**
 * nfpt_proto_net_get() - a protocol in a namespace, made if it is not there
 * @nn: the namespace
 * @proto: the protocol
 *
 * Context: registry mutex held, may sleep.
 * Return: the protocol's state there, or NULL without memory.
 */
struct nfpt_proto_net *nfpt_proto_net_get(struct nfpt_net *nn,
					  const struct nfpt_proto *proto)
{
	struct nfpt_proto_net *pn = nfpt_proto_net_find(nn, proto);

	if (pn)
		return pn;
	pn = nfpt_proto_net_alloc(nn, proto);
	if (!pn)
		return NULL;
	if (list_empty(&nn->list))
		list_add(&nn->list, &nfpt_nets);
	rcu_assign_pointer(nn->protos[proto->id], pn);
	return pn;
}

static struct nf_hook_ops *nfpt_hooks_register(struct nfpt_proto_net *pn,
					       const struct nf_hook_ops *tmpl,
					       unsigned int n)
{
	struct nf_hook_ops *ops;
	unsigned int i;
	int err;

	ops = kmemdup(tmpl, n * sizeof(*tmpl), GFP_KERNEL);
	if (!ops)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < n; i++)
		ops[i].priv = pn;
	err = nf_register_net_hooks(pn->net, ops, n);
	if (err) {
		kfree(ops);
		return ERR_PTR(err);
	}
	return ops;
}

static void nfpt_hooks_unregister(struct nfpt_proto_net *pn,
				  struct nf_hook_ops **ops, unsigned int n)
{
	nf_unregister_net_hooks(pn->net, *ops, n);
	/* Packets, and those who list hooks, may still look at them. */
	synchronize_net();
	kfree(*ops);
	*ops = NULL;
}

static int nfpt_help_setup(struct nfpt_proto_net *pn)
{
	int err;

	/* Without a rule that needs it, conntrack does not run at all. */
	err = nf_ct_netns_get(pn->net, NFPROTO_INET);
	if (err)
		return err;
	err = pn->proto->start(pn);
	if (err)
		goto err_start;
	err = nfpt_gates_enter(pn);
	if (err)
		goto err_gates;
	pn->helped = true;
	return 0;

err_gates:
	pn->proto->stop(pn);
err_start:
	nf_ct_netns_put(pn->net, NFPROTO_INET);
	return err;
}

static void nfpt_help_teardown(struct nfpt_proto_net *pn)
{
	nfpt_gates_exit(pn);
	pn->helped = false;
	pn->proto->stop(pn);
	nf_ct_netns_put(pn->net, NFPROTO_INET);
}

static int nfpt_block_setup(struct nfpt_proto_net *pn)
{
	struct nf_hook_ops *ops;

	ops = nfpt_hooks_register(pn, pn->proto->block_ops, pn->proto->n_block_ops);
	if (IS_ERR(ops))
		return PTR_ERR(ops);
	pn->block_ops = ops;
	return 0;
}

static int nfpt_ct_is_forwarded(struct nf_conn *ct, void *data)
{
	const struct nfpt_proto_net *pn = data;
	bool forwarded;

	rcu_read_lock();
	forwarded = pn->proto->owns(pn, ct) && !nfpt_ct_is_local(ct);
	rcu_read_unlock();
	return forwarded;
}

/* A flow that a flowtable took sees no FORWARD hook: it ends with its entry. */
static int nfpt_ct_is_offloaded(struct nf_conn *ct, void *data)
{
	return test_bit(IPS_OFFLOAD_BIT, &ct->status) && nfpt_ct_is_forwarded(ct, data);
}

static void nfpt_forwarded_end(struct nfpt_proto_net *pn,
			       int (*ends)(struct nf_conn *ct, void *data))
{
	struct nfpt_session_filter f = {
		.proto_id	= pn->proto->id,
		.state		= -1,
		.forwarded	= true,
	};
	struct nf_ct_iter_data iter = {
		.net	= pn->net,
		.data	= pn,
	};

	nfpt_session_flush(pn->nn, &f, NF_PASSTHROUGH_END_REASON_STOPPED);
	nf_ct_iterate_cleanup_net(ends, &iter);
}

/* Cannot fail: what the state needs is there, and what it does not need goes. */
static void nfpt_state_enter(struct nfpt_proto_net *pn, u8 state)
{
	WRITE_ONCE(pn->state, state);
	if (state != NF_PASSTHROUGH_STATE_DISABLED && pn->block_ops)
		nfpt_hooks_unregister(pn, &pn->block_ops, pn->proto->n_block_ops);
	if (state == NF_PASSTHROUGH_STATE_BYPASSED && pn->helped)
		nfpt_help_teardown(pn);
}

static void nfpt_change_exchange(struct nfpt_change *c)
{
	if (!c->config)
		return;
	c->config = rcu_replace_pointer(c->pn->config, c->config,
					lockdep_is_held(&nfpt_registry_mutex));
	c->in_force = !c->in_force;
}

static int nfpt_change_setup_help(struct nfpt_change *c)
{
	if (c->state == NF_PASSTHROUGH_STATE_BYPASSED || c->pn->helped)
		return 0;
	/* Nobody reads a bypassed protocol's settings but start(). */
	nfpt_change_exchange(c);
	return nfpt_help_setup(c->pn);
}

static int nfpt_change_setup_block(struct nfpt_change *c)
{
	if (c->state != NF_PASSTHROUGH_STATE_DISABLED || c->pn->block_ops)
		return 0;
	return nfpt_block_setup(c->pn);
}

/* Whether it is helped or blocked between other interfaces than before. */
static bool nfpt_has_moved(const struct nfpt_change *c)
{
	return c->config &&
	       !nfpt_same_scope(c->config, rcu_dereference_protected(c->pn->config,
				lockdep_is_held(&nfpt_registry_mutex)));
}

static bool nfpt_has_interfaces(const struct nfpt_proto_net *pn)
{
	return rcu_dereference_protected(pn->config,
					 lockdep_is_held(&nfpt_registry_mutex))->n_interfaces;
}

/* Ends the flows that a change stops, or that may go another way now. */
static void nfpt_change_sweep(const struct nfpt_change *c, u8 was)
{
	if (c->state == NF_PASSTHROUGH_STATE_BYPASSED)
		return;
	if (was != NF_PASSTHROUGH_STATE_BYPASSED && nfpt_has_moved(c)) {
		/* Packets may still look at the old list. */
		synchronize_net();
		nfpt_forwarded_end(c->pn, nfpt_ct_is_forwarded);
	} else if (was != c->state && c->state == NF_PASSTHROUGH_STATE_DISABLED) {
		/* Elsewhere than between the interfaces of a list flows go on. */
		nfpt_forwarded_end(c->pn, nfpt_has_interfaces(c->pn) ? nfpt_ct_is_offloaded :
								       nfpt_ct_is_forwarded);
	}
}

/* All that can fail.  Blocking is last: it alone takes packets from somebody. */
static int nfpt_changes_setup(struct nfpt_change *changes, unsigned int n,
			      struct netlink_ext_ack *extack)
{
	int (*const setups[])(struct nfpt_change *c) = {
		nfpt_change_setup_help, nfpt_change_setup_block,
	};
	unsigned int i, k;
	int err;

	for (k = 0; k < ARRAY_SIZE(setups); k++)
		for (i = 0; i < n; i++) {
			err = setups[k](&changes[i]);
			if (!err)
				continue;
			NL_SET_ERR_MSG_ATTR(extack, changes[i].state_attr,
					    "the state could not be entered");
			if (err == -ENOMEM)
				NL_SET_ERR_MSG(extack, "out of memory for what the state needs");
			return err;
		}
	return 0;
}

static void nfpt_changes_teardown(struct nfpt_change *changes, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		nfpt_state_enter(changes[i].pn, changes[i].pn->state);
		if (changes[i].in_force)
			nfpt_change_exchange(&changes[i]);
	}
	/* The caller frees the new configurations. */
	synchronize_rcu();
}

/**
 * nfpt_proto_net_change() - change states, ports and settings, all or nothing
 * @changes: what is asked, each of another protocol of one namespace; their
 *	configs are consumed on success
 * @n: how many
 * @extack: told which state could not be entered, or NULL
 *
 * First what the new states need is set up, which may fail; then they are
 * entered, which cannot.
 *
 * Context: registry mutex held, may sleep.
 * Return: 0 or a negative error, nothing changed then.
 */
int nfpt_proto_net_change(struct nfpt_change *changes, unsigned int n,
			  struct netlink_ext_ack *extack)
{
	struct nfpt_change *c;
	int err;
	u8 was;

	for (c = changes; c < changes + n; c++) {
		c->in_force = false;
		if (c->state < 0)
			c->state = c->pn->state;
	}
	err = nfpt_changes_setup(changes, n, extack);
	if (err) {
		nfpt_changes_teardown(changes, n);
		return err;
	}
	/* The states are entered with the new settings in force. */
	for (c = changes; c < changes + n; c++)
		if (!c->in_force)
			nfpt_change_exchange(c);
	for (c = changes; c < changes + n; c++) {
		was = c->pn->state;
		nfpt_state_enter(c->pn, c->state);
		nfpt_gates_update(c->pn->nn);
		nfpt_change_sweep(c, was);
		if (c->config)
			kfree_rcu(c->config, rcu);
		c->config = NULL;
	}
	return 0;
}

static void nfpt_proto_net_remove(struct nfpt_net *nn, const struct nfpt_proto *proto)
{
	struct nfpt_proto_net *pn = nfpt_proto_net_find(nn, proto);

	if (!pn)
		return;
	nfpt_state_enter(pn, NF_PASSTHROUGH_STATE_BYPASSED);
	RCU_INIT_POINTER(nn->protos[proto->id], NULL);
	synchronize_net();
	nfpt_proto_net_free(pn);
}

/**
 * nfpt_proto_net_clean() - a namespace goes away
 * @nn: the namespace
 */
void nfpt_proto_net_clean(struct nfpt_net *nn)
{
	const struct nfpt_proto *proto = NULL;

	mutex_lock(&nfpt_registry_mutex);
	while ((proto = nfpt_proto_next(proto)))
		nfpt_proto_net_remove(nn, proto);
	list_del_init(&nn->list);
	mutex_unlock(&nfpt_registry_mutex);
}

/**
 * nfpt_proto_register() - a protocol module has come
 * @proto: the protocol; bypassed everywhere at first
 *
 * Context: may sleep.
 * Return: 0, -EEXIST if there is one of that name, -ENOSPC.
 */
int nfpt_proto_register(struct nfpt_proto *proto)
{
	unsigned long used = 0;
	const struct nfpt_proto *p = NULL;
	int err = 0;

	if (WARN_ON(proto->n_settings > NFPT_SETTINGS_MAX ||
		    proto->n_settings < NFPT_SETTING_PROTO ||
		    proto->n_ports > NFPT_PORTS_MAX ||
		    proto->n_help_hooks > NF_INET_NUMHOOKS))
		return -EINVAL;

	mutex_lock(&nfpt_registry_mutex);
	while ((p = nfpt_proto_next(p))) {
		used |= BIT(p->id);
		if (!strcmp(p->name, proto->name))
			err = -EEXIST;
	}
	if (!err && ffz(used) >= NFPT_PROTO_MAX)
		err = -ENOSPC;
	if (!err) {
		proto->id = ffz(used);
		list_add_tail(&proto->list, &nfpt_protos);
	}
	mutex_unlock(&nfpt_registry_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(nfpt_proto_register);

/**
 * nfpt_proto_unregister() - a protocol module goes away
 * @proto: the protocol; ended in every namespace
 *
 * Context: may sleep.
 */
void nfpt_proto_unregister(struct nfpt_proto *proto)
{
	struct nfpt_net *nn;

	mutex_lock(&nfpt_registry_mutex);
	list_for_each_entry(nn, &nfpt_nets, list)
		nfpt_proto_net_remove(nn, proto);
	list_del(&proto->list);
	mutex_unlock(&nfpt_registry_mutex);
}
EXPORT_SYMBOL_GPL(nfpt_proto_unregister);

/**
 * nfpt_counter_read() - sum of a counter over the CPUs
 * @pn: the protocol in the namespace
 * @counter: index into nfpt_proto.counters
 */
u64 nfpt_counter_read(const struct nfpt_proto_net *pn, unsigned int counter)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(pn->counters, cpu)[counter]);
	return sum;
}
