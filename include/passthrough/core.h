/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What nf_passthrough offers to the protocol modules: the registry, the flow
 * map, sessions and counters of one network namespace.
 */
#ifndef _PASSTHROUGH_CORE_H
#define _PASSTHROUGH_CORE_H

#include <linux/if.h>
#include <linux/ip.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/rhashtable.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_nat.h>

#include <uapi/linux/nf_passthrough.h>

struct nf_ct_timeout;
struct nfpt_net;
struct nfpt_proto_net;
struct sk_buff;
struct udphdr;

#define NFPT_PORTS_MAX		8
#define NFPT_SETTINGS_MAX	8
#define NFPT_PINS_MAX		32
#define NFPT_INTERFACES_MAX	8

/* ---- flow map ---------------------------------------------------------- */

/**
 * enum nfpt_view - where on its way through the NAT a packet looks like this
 * @NFPT_VIEW_IN: before translation, as PRE_ROUTING and LOCAL_OUT see it
 * @NFPT_VIEW_OUT: after translation, as an ICMP error quotes it
 */
enum nfpt_view {
	NFPT_VIEW_IN,
	NFPT_VIEW_OUT,
};

/**
 * struct nfpt_flow_key - what tells the packets of a flow apart
 * @saddr: IPv4 source address
 * @daddr: IPv4 destination address
 * @id: identifier in the packet, host byte order (Call ID, SPI, session id)
 * @zone: conntrack zone in this direction
 * @l4proto: IP protocol number
 * @view: enum nfpt_view
 *
 * No padding: the map compares and hashes it as 16 bytes.
 */
struct nfpt_flow_key {
	__be32	saddr;
	__be32	daddr;
	u32	id;
	u16	zone;
	u8	l4proto;
	u8	view;
};

/**
 * struct nfpt_flow - an entry of the flow map, part of its owner's object
 * @node: hash table linkage
 * @key: the packets it stands for
 * @slot: the owner's, to find its object from one of several flows
 */
struct nfpt_flow {
	struct rhash_head	node;
	struct nfpt_flow_key	key;
	u8			slot;
};

struct nfpt_flow *nfpt_flow_find(const struct nfpt_proto_net *pn,
				 const struct nfpt_flow_key *key);
int nfpt_flow_insert(struct nfpt_proto_net *pn, struct nfpt_flow *flow);
void nfpt_flow_remove(struct nfpt_proto_net *pn, struct nfpt_flow *flow);

/* ---- sessions ---------------------------------------------------------- */

/**
 * struct nfpt_session - what dumps, events and filters know of a session
 * @pn: the protocol in the namespace it belongs to
 * @id: cookie, unique in the namespace, 0 if it is not listed
 * @initiator: address of the end that opened the control connection
 * @responder: address of the other end, untranslated
 * @initiator_seen: @initiator as the responder sees it
 * @responder_seen: @responder as the initiator sees it
 * @born: seconds of the monotonic clock at the request
 * @seen: jiffies of the last data packet
 * @state: enum nf_passthrough_session_state
 * @local: an end of it is this router
 *
 * Part of the protocol's own object, which is freed after a grace period.
 */
struct nfpt_session {
	struct nfpt_proto_net	*pn;
	u32			id;
	__be32			initiator;
	__be32			responder;
	__be32			initiator_seen;
	__be32			responder_seen;
	u32			born;
	u32			seen;
	u8			state;
	bool			local;
};

int nfpt_session_add(struct nfpt_session *s);
void nfpt_session_up(struct nfpt_session *s);
void nfpt_session_clash(const struct nfpt_session *s);
void nfpt_session_del(struct nfpt_session *s,
		      enum nf_passthrough_end_reason reason);

/**
 * nfpt_session_idle() - jiffies since the last data packet of a session
 * @s: the session
 *
 * A packet may come while we ask.
 */
static inline u32 nfpt_session_idle(const struct nfpt_session *s)
{
	s32 idle = (u32)jiffies - READ_ONCE(s->seen);

	return idle > 0 ? idle : 0;
}

/**
 * struct nfpt_session_filter - sessions to list or to end
 * @proto_id: nfpt_proto.id, negative for any
 * @state: enum nf_passthrough_session_state, negative for any
 * @id: cookie, 0 for any
 * @initiator: an address of the session, 0 for any
 * @responder: another address of the session, 0 for any
 * @forwarded: only sessions that do not end at this router
 */
struct nfpt_session_filter {
	int	proto_id;
	int	state;
	u32	id;
	__be32	initiator;
	__be32	responder;
	bool	forwarded;
};

/* ---- protocols --------------------------------------------------------- */

/**
 * struct nfpt_setting - a number that the administrator may change
 * @name: as the administrator types it
 * @unit: "s" for seconds, "" for a plain number
 * @help: a sentence
 * @value: default
 * @min: smallest value
 * @max: largest value
 */
struct nfpt_setting {
	const char	*name;
	const char	*unit;
	const char	*help;
	u32		value;
	u32		min;
	u32		max;
};

/* Every protocol's first setting. */
enum {
	NFPT_SETTING_MAX_SESSIONS,
	NFPT_SETTING_PROTO,
};

/**
 * struct nfpt_counter - a named counter
 * @name: as the administrator sees it
 * @help: a sentence
 */
struct nfpt_counter {
	const char	*name;
	const char	*help;
};

/**
 * struct nfpt_hook - what a protocol does with its packets at one place, IPv4
 * @hook: as nf_hook_ops.hook; its priv is the struct nfpt_proto_net
 * @hooknum: NF_INET_PRE_ROUTING or NF_INET_LOCAL_OUT, just before conntrack;
 *	NF_INET_POST_ROUTING or NF_INET_LOCAL_IN, behind NAT, before conntrack
 *	confirms
 * @l4protos: IP protocols of these packets, up to the first 0.  Of UDP before
 *	conntrack, all are shown while anybody awaits some (nfpt_await_udp()), none
 *	else.  Behind NAT, TCP and UDP are shown if the flow is to one of the
 *	protocol's ports, before or after translation; some others are, too.
 * @fresh: behind NAT, of flows that are not known yet or not answered only
 */
struct nfpt_hook {
	nf_hookfn	*hook;
	u8		hooknum;
	bool		fresh;
	u8		l4protos[4];
};

/**
 * struct nfpt_proto - a protocol module, as the core sees it
 * @name: as the administrator types it
 * @title: as people say it
 * @ports: default control ports, host byte order
 * @n_ports: how many
 * @settings: table of settings, %NFPT_SETTING_MAX_SESSIONS first
 * @n_settings: length of @settings
 * @pin_kinds: which pins it knows, enum nf_passthrough_pin_kind by bit
 * @counters: table of counters
 * @n_counters: length of @counters
 * @help_hooks: hooks while the protocol is enabled or disabled; the router's
 *	own traffic is helped in both states
 * @n_help_hooks: length of @help_hooks
 * @block_ops: hooks while it is disabled
 * @n_block_ops: length of @block_ops
 * @start: prepare a namespace, before the hooks are registered; may sleep
 * @stop: give everything back, after the hooks are gone and a grace period
 *	has passed; may sleep
 * @owns: whether a conntrack is the protocol's control or data, for ending
 *	them on disable; called in RCU, BH disabled
 * @end: end a session; called in process context and RCU
 * @fill: add the protocol's attributes of a session to a message, with what
 *	it carried if @traffic is set; called in RCU
 * @fill_parts: add what a session has any number of, from the *@n'th on, which
 *	is advanced; -EMSGSIZE if there is more than the message has room for;
 *	may be NULL; called in RCU
 * @expired: why a session is over that nobody ended, or
 *	%NF_PASSTHROUGH_END_REASON_NONE; asked now and then, in RCU
 * @lifetime: idle seconds after which a session ends
 * @note: a sentence about what stands in the protocol's way, or NULL
 * @id: index in the namespaces' tables, the core's
 * @list: registry linkage, the core's
 *
 * Hook functions get the struct nfpt_proto_net as their priv.
 */
struct nfpt_proto {
	const char			*name;
	const char			*title;
	const u16			*ports;
	u8				n_ports;
	const struct nfpt_setting	*settings;
	u8				n_settings;
	u8				pin_kinds;
	const struct nfpt_counter	*counters;
	u8				n_counters;
	const struct nfpt_hook		*help_hooks;
	u8				n_help_hooks;
	const struct nf_hook_ops	*block_ops;
	u8				n_block_ops;

	int	(*start)(struct nfpt_proto_net *pn);
	void	(*stop)(struct nfpt_proto_net *pn);
	bool	(*owns)(const struct nfpt_proto_net *pn,
			const struct nf_conn *ct);
	void	(*end)(struct nfpt_session *s,
		       enum nf_passthrough_end_reason reason);
	int	(*fill)(struct sk_buff *skb, const struct nfpt_session *s,
			bool traffic);
	int	(*fill_parts)(struct sk_buff *skb, const struct nfpt_session *s,
			      unsigned long *n);
	enum nf_passthrough_end_reason (*expired)(const struct nfpt_session *s);
	u32	(*lifetime)(const struct nfpt_session *s);
	const char *(*note)(const struct nfpt_proto_net *pn);

	int			id;
	struct list_head	list;
};

/**
 * struct nfpt_pin - what the administrator has laid down for a host
 * @kind: enum nf_passthrough_pin_kind
 * @host: the host, behind the router
 * @server: the server, 0 if the kind has none
 */
struct nfpt_pin {
	u32	kind;
	__be32	host;
	__be32	server;
};

/**
 * struct nfpt_config - a protocol's ports and settings, replaced as a whole
 * @rcu: readers are packets
 * @generation: counts the changes
 * @values: in the order of nfpt_proto.settings
 * @ports: control ports, host byte order
 * @n_ports: how many
 * @pins: the administrator's pins
 * @n_pins: how many
 * @interfaces: names of interfaces that the protocol is helped and blocked
 *	between, or how they begin, with a *
 * @n_interfaces: how many, 0 for all interfaces
 */
struct nfpt_config {
	struct rcu_head	rcu;
	u32		generation;
	u32		values[NFPT_SETTINGS_MAX];
	u16		ports[NFPT_PORTS_MAX];
	u8		n_ports;
	u8		n_pins;
	u8		n_interfaces;
	struct nfpt_pin	pins[NFPT_PINS_MAX];
	char		interfaces[NFPT_INTERFACES_MAX][IFNAMSIZ];
};

/**
 * struct nfpt_proto_net - a protocol in a network namespace
 * @proto: the protocol
 * @net: the namespace
 * @nn: the core's state of the namespace
 * @config: ports and settings
 * @counters: one u64 per nfpt_proto.counters
 * @sessions: how many are held
 * @block_ops: registered copy of nfpt_proto.block_ops, or NULL
 * @priv: the protocol's, from start() to stop()
 * @state: enum nf_passthrough_state
 * @helped: packets are shown to nfpt_proto.help_hooks
 */
struct nfpt_proto_net {
	const struct nfpt_proto		*proto;
	struct net			*net;
	struct nfpt_net			*nn;
	struct nfpt_config __rcu	*config;
	u64 __percpu			*counters;
	atomic_t			sessions;
	struct nf_hook_ops		*block_ops;
	void				*priv;
	u8				state;
	bool				helped;
};

void nfpt_await_udp(const struct nfpt_proto_net *pn, int n);
int nfpt_proto_register(struct nfpt_proto *proto);
void nfpt_proto_unregister(struct nfpt_proto *proto);
struct nfpt_proto_net *nfpt_proto_net_rcu(const struct net *net,
					  const struct nfpt_proto *proto);

/* ---- conntrack --------------------------------------------------------- */

/**
 * struct nfpt_inner - the packet that an ICMP error quotes
 * @type: of the ICMP error
 * @code: of the ICMP error
 * @iph: IP header of the packet
 * @off: offset in the ICMP error of what is behind it
 * @data: the first 8 bytes of that
 * @_iph: storage for @iph
 * @_data: storage for @data
 */
struct nfpt_inner {
	u8			type;
	u8			code;
	const struct iphdr	*iph;
	unsigned int		off;
	const u8		*data;
	struct iphdr		_iph;
	u8			_data[8];
};

bool nfpt_icmp_error_inner(struct sk_buff *skb, const struct nf_hook_state *state,
			   u8 l4proto, struct nfpt_inner *inner);
bool nfpt_ct_is_local(const struct nf_conn *ct);
const struct nf_conntrack_zone *nfpt_skb_zone(const struct sk_buff *skb,
					      struct nf_conntrack_zone *tmp);
struct nf_conn *nfpt_ct_find_get(struct net *net,
				 const struct nf_conntrack_zone *zone,
				 const struct nf_conntrack_tuple *tuple);
struct nf_conn *nfpt_ct_held(struct nf_conn *const *held);
void nfpt_ct_hold(struct nf_conn **held, struct nf_conn *ct);
void nfpt_ct_let_go(struct nf_conn **held);
void nfpt_ct_kill(struct net *net, const struct nf_conntrack_tuple *tuple);
struct nf_conntrack_tuple nfpt_udp_tuple(const struct sk_buff *skb, const struct udphdr *udph);
bool nfpt_ct_is_control(const struct nfpt_proto_net *pn, const struct nf_conn *ct, u8 l4proto);
bool nfpt_skb_is_control(const struct nfpt_proto_net *pn, const struct sk_buff *skb,
			 unsigned int off, u8 l4proto);
void nfpt_ct_attach(struct sk_buff *skb, struct nf_conn *ct,
		    enum ip_conntrack_info ctinfo);
void nfpt_ct_refresh(struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		     struct sk_buff *skb, u32 lifetime);
void nfpt_ct_prolong(struct nf_conn *ct, u32 lifetime);
void nfpt_ct_extend(struct nf_conn *ct);
bool nfpt_ct_nat(struct nf_conn *ct, enum nf_nat_manip_type type, __be32 addr,
		 const __be16 *id);
int nfpt_ct_insert(struct nf_conn *ct, u32 lifetime);
bool nfpt_ct_set_source(struct nf_conn *ct, struct sk_buff *skb, __be32 addr, __be16 port);

/* As nfpt_ct_set_source(), of the address that source NAT chose. */
static inline bool nfpt_ct_set_port(struct nf_conn *ct, struct sk_buff *skb, __be16 port)
{
	return nfpt_ct_set_source(ct, skb, ct->tuplehash[IP_CT_DIR_REPLY].tuple.dst.u3.ip,
				  port);
}

struct nf_ct_timeout *nfpt_timeout_new(u8 l4proto);
void nfpt_timeout_free(struct net *net, struct nf_ct_timeout *policy);
void nfpt_timeout_apply(struct nf_conn *ct, struct nf_ct_timeout *policy, u32 lifetime);

/* ---- zones ------------------------------------------------------------- */

#define NFPT_ZONES	0x4000	/* of one protocol */

/* Where those of a protocol begin; below are the administrator's. */
enum {
	NFPT_ZONE_IPSEC = 0x8000,
	NFPT_ZONE_L2TP = 0xc000,
};

/**
 * struct nfpt_zones - conntrack zones for the replies to inside hosts
 * @next: where the search for a free one goes on
 * @used: which are in use, from the protocol's first on
 */
struct nfpt_zones {
	unsigned int	next;
	DECLARE_BITMAP(used, NFPT_ZONES);
};

bool nfpt_zone_get(struct nfpt_zones *zones, u16 first, u16 *zone);
void nfpt_ct_set_zone(struct nf_conn *ct, u16 zone);

/**
 * nfpt_ct_has_zone() - whether a conntrack's replies have a zone of a protocol's
 * @ct: the conntrack
 * @first: the first of the protocol's zones
 */
static inline bool nfpt_ct_has_zone(const struct nf_conn *ct, u16 first)
{
	const struct nf_conntrack_zone *zone = nf_ct_zone(ct);

	return zone->dir == NF_CT_ZONE_DIR_REPL &&
	       zone->id >= first && zone->id - first < NFPT_ZONES;
}

/* ---- flows without ports ----------------------------------------------- */

/**
 * struct nfpt_portless - the flow of an inside host and a server
 * @net: the namespace
 * @host: address of the inside host
 * @server: address of the server
 * @seen: the NAT address that the server sees
 * @l4proto: IP protocol number
 */
struct nfpt_portless {
	struct net	*net;
	__be32		host;
	__be32		server;
	__be32		seen;
	u8		l4proto;
};

void nfpt_portless_tuple(const struct nfpt_portless *flow, struct nf_conntrack_tuple *tuple);
struct nf_conn *nfpt_portless_find(const struct nfpt_portless *flow);
struct nf_conn *nfpt_portless_make(const struct nfpt_portless *flow, u16 zone,
				   const struct nf_conntrack_tuple *like, u32 lifetime);
void nfpt_portless_deliver(struct nf_conn *ct, struct sk_buff *skb, u32 lifetime);
bool nfpt_portless_copy(struct nf_conn *ct, const struct sk_buff *skb, u32 lifetime);
bool nfpt_portless_is_answer(struct net *net, __be32 saddr, __be32 daddr, u8 l4proto);
bool nfpt_portless_is_redirected(struct net *net, __be32 saddr, __be32 daddr, u8 l4proto);

/* ---- per packet -------------------------------------------------------- */

/**
 * nfpt_count() - count something that happened
 * @pn: the protocol in the namespace
 * @counter: index into nfpt_proto.counters
 *
 * Context: any.
 */
static inline void nfpt_count(const struct nfpt_proto_net *pn, unsigned int counter)
{
	this_cpu_inc(pn->counters[counter]);
}

/**
 * nfpt_setting() - value of a setting
 * @pn: the protocol in the namespace
 * @index: index into nfpt_proto.settings
 *
 * Context: any.
 */
static inline u32 nfpt_setting(const struct nfpt_proto_net *pn, unsigned int index)
{
	u32 value;

	rcu_read_lock();
	value = rcu_dereference(pn->config)->values[index];
	rcu_read_unlock();
	return value;
}

/**
 * nfpt_port_is_ours() - whether a port is one of the control ports
 * @pn: the protocol in the namespace
 * @port: network byte order
 *
 * Context: RCU.
 */
static inline bool nfpt_port_is_ours(const struct nfpt_proto_net *pn, __be16 port)
{
	const struct nfpt_config *config = rcu_dereference(pn->config);
	int i;

	for (i = 0; i < config->n_ports; i++)
		if (config->ports[i] == ntohs(port))
			return true;
	return false;
}

bool __nfpt_in_scope(const struct nfpt_config *config, const struct sk_buff *skb,
		     const struct nf_hook_state *state);

/**
 * nfpt_in_scope() - whether the protocol is helped or blocked where a packet goes
 * @pn: the protocol in the namespace
 * @skb: the packet, routed
 * @state: the hook
 *
 * In PRE_ROUTING nobody knows.  Only what is known already is looked for there.
 *
 * Context: RCU.
 */
static inline bool nfpt_in_scope(const struct nfpt_proto_net *pn, const struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	const struct nfpt_config *config = rcu_dereference(pn->config);

	return !config->n_interfaces || __nfpt_in_scope(config, skb, state);
}

/**
 * nfpt_is_blocked() - whether the protocol is blocked where a packet goes
 * @pn: the protocol in the namespace
 * @skb: the packet, in FORWARD
 * @state: the hook
 *
 * The hook comes before the state, which may fail to be entered.
 *
 * Context: RCU.
 */
static inline bool nfpt_is_blocked(const struct nfpt_proto_net *pn, const struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	return READ_ONCE(pn->state) == NF_PASSTHROUGH_STATE_DISABLED &&
	       nfpt_in_scope(pn, skb, state);
}

/**
 * nfpt_is_pinned() - whether the administrator has laid this down
 * @pn: the protocol in the namespace
 * @kind: enum nf_passthrough_pin_kind
 * @host: a host behind the router
 * @server: a server, 0 if the kind has none
 *
 * Context: RCU.
 */
static inline bool nfpt_is_pinned(const struct nfpt_proto_net *pn, u32 kind,
				  __be32 host, __be32 server)
{
	const struct nfpt_config *config = rcu_dereference(pn->config);
	int i;

	for (i = 0; i < config->n_pins; i++)
		if (config->pins[i].kind == kind && config->pins[i].host == host &&
		    config->pins[i].server == server)
			return true;
	return false;
}

#endif /* _PASSTHROUGH_CORE_H */
