/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core's own files share.
 */
#ifndef _NFPT_CORE_INTERNAL_H
#define _NFPT_CORE_INTERNAL_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <passthrough/core.h>

#define NFPT_PROTO_MAX	8

struct genl_info;
struct nfpt_gate;
struct netlink_ext_ack;
struct nlattr;

/**
 * struct nfpt_net - the core's state of a network namespace
 * @net: the namespace
 * @list: linkage of namespaces that hold a protocol
 * @flows: the flow map
 * @sessions: sessions by their cookie
 * @next_id: where the search for a free cookie goes on
 * @gc: ends the sessions that are over
 * @generation: changes when a session comes or goes, for dumps
 * @ports: control ports of those that are helped, hashed, by bit
 * @awaited: from how many peers UDP is awaited before conntrack
 * @gates: by hook number, NULL where nobody is
 * @protos: by nfpt_proto.id, NULL until asked for; written under the registry
 *	mutex, read under RCU
 */
struct nfpt_net {
	struct net			*net;
	struct list_head		list;
	struct rhashtable		flows;
	struct xarray			sessions;
	u32				next_id;
	struct delayed_work		gc;
	atomic_t			generation;
	u64				ports;
	atomic_t			awaited;
	struct nfpt_gate		*gates[NF_INET_NUMHOOKS];
	struct nfpt_proto_net __rcu	*protos[NFPT_PROTO_MAX];
};

struct nfpt_net *nfpt_pernet(const struct net *net);

/* flow.c */
int nfpt_flow_map_init(struct nfpt_net *nn);
void nfpt_flow_map_clean(struct nfpt_net *nn);

/* session.c */
struct nfpt_session *nfpt_session_next(struct nfpt_net *nn, unsigned long *id,
				       const struct nfpt_session_filter *f);
unsigned int nfpt_session_flush(struct nfpt_net *nn,
				const struct nfpt_session_filter *f,
				enum nf_passthrough_end_reason reason);
void nfpt_session_gc(struct work_struct *work);

/* gate.c */
int nfpt_gates_enter(struct nfpt_proto_net *pn);
void nfpt_gates_exit(struct nfpt_proto_net *pn);
void nfpt_gates_update(struct nfpt_net *nn);

/* scope.c */
bool nfpt_same_scope(const struct nfpt_config *a, const struct nfpt_config *b);

/* proto.c */

/**
 * struct nfpt_change - what a request asks of a protocol
 * @pn: the protocol in the namespace
 * @state: new state, negative to leave it
 * @config: new ports and settings, NULL to leave them; consumed on success
 * @state_attr: what asks for @state, for the extack, or NULL
 * @in_force: @pn has @config already, and @config is its old one; the core's
 */
struct nfpt_change {
	struct nfpt_proto_net	*pn;
	int			state;
	struct nfpt_config	*config;
	const struct nlattr	*state_attr;
	bool			in_force;
};

extern struct mutex nfpt_registry_mutex;

const struct nfpt_proto *nfpt_proto_find(const char *name);
struct nfpt_proto_net *nfpt_proto_net_get(struct nfpt_net *nn,
					  const struct nfpt_proto *proto);
struct nfpt_proto_net *nfpt_proto_net_find(const struct nfpt_net *nn,
					   const struct nfpt_proto *proto);
struct nfpt_config *nfpt_config_alloc(const struct nfpt_proto *proto);
int nfpt_proto_net_change(struct nfpt_change *changes, unsigned int n,
			  struct netlink_ext_ack *extack);
void nfpt_proto_net_clean(struct nfpt_net *nn);
const struct nfpt_proto *nfpt_proto_next(const struct nfpt_proto *last);
u64 nfpt_counter_read(const struct nfpt_proto_net *pn, unsigned int counter);

/* netlink_parse.c */

/**
 * struct nfpt_request - what asks for a change of a protocol
 * @tb: its attributes
 * @head: the first of them
 * @len: their length
 */
struct nfpt_request {
	struct nlattr	**tb;
	struct nlattr	*head;
	int		len;
};

const struct nfpt_proto *nfpt_proto_of(struct nlattr *name, struct netlink_ext_ack *extack);
int nfpt_add_change(struct nfpt_net *nn, const struct nfpt_request *req,
		    struct nfpt_change *changes, unsigned int n,
		    struct netlink_ext_ack *extack);

/* netlink.c */
int nfpt_netlink_init(void);
void nfpt_netlink_clean(void);
void nfpt_netlink_session_event(const struct nfpt_session *s,
				enum nf_passthrough_event event,
				enum nf_passthrough_end_reason reason);

#endif /* _NFPT_CORE_INTERNAL_H */
