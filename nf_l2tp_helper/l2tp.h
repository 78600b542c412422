/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of nf_l2tp_helper share.
 *
 *   inside host --- tunnel --- server (as seen from one NAT address)
 *                     |
 *                   calls
 *
 * A tunnel is a control connection and the calls (sessions, in the RFCs' word)
 * that it has made; or, over IP, what an inside host and a server exchange
 * without one.  The core lists tunnels, as what it calls sessions.
 */
#ifndef _NFPT_L2TP_H
#define _NFPT_L2TP_H

#include <linux/jiffies.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <passthrough/core.h>
#include <passthrough/wire/assoc.h>
#include <passthrough/wire/l2tp.h>

/* Settings and counters: report.c has a sentence for each. */
enum {
	NFPT_L2TP_MAX_PER_HOST = NFPT_SETTING_PROTO,
	NFPT_L2TP_MAX_PER_SERVER,
	NFPT_L2TP_IDLE,
	NFPT_L2TP_SOURCE_PORT,
	NFPT_L2TP_SETTINGS
};

enum {
	NFPT_L2TP_C_CONTROL,
	NFPT_L2TP_C_MOVED,
	NFPT_L2TP_C_STEERED,
	NFPT_L2TP_C_REWRITTEN,
	NFPT_L2TP_C_CLASH,
	NFPT_L2TP_C_HELD,
	NFPT_L2TP_C_IP_OUT,
	NFPT_L2TP_C_IP_IN,
	NFPT_L2TP_C_WHY,	/* one for each reason of the association */
	NFPT_L2TP_C_CONFIRMED = NFPT_L2TP_C_WHY + NFPT_ASSOC_WHYS,
	NFPT_L2TP_C_REPAIRED,
	NFPT_L2TP_C_COPIES,
	NFPT_L2TP_C_ICMP,
	NFPT_L2TP_C_MALFORMED,
	NFPT_L2TP_C_ZONE,
	NFPT_L2TP_C_LIMIT_HOST,
	NFPT_L2TP_C_LIMIT_SERVER,
	NFPT_L2TP_C_LIMIT,
	NFPT_L2TP_C_NO_FLOW,
	NFPT_L2TP_C_NOMEM,
	NFPT_L2TP_C_BLOCKED_CONTROL,
	NFPT_L2TP_C_BLOCKED_DATA,
	NFPT_L2TP_COUNTERS
};

/* What a flow map entry of ours is: nfpt_flow.slot, and part of its key.  The
 * first four are a tunnel's flow[], the next a call's.
 */
enum {
	NFPT_L2TP_IN,		/* by the id that the server's packets carry */
	NFPT_L2TP_OWN,		/* by the id that the host has chosen */
	NFPT_L2TP_SEEN,		/* by the id that the host's packets carry, translated */
	NFPT_L2TP_MAPPED,	/* by the port that the server sees, if it sends from another */
	NFPT_L2TP_CALL_IN,	/* by the id that the server's data carries */
	NFPT_L2TP_CALL_OUT,	/* by the id that the host's data carries */
	NFPT_L2TP_CALL_SEEN,	/* the same, translated, as ICMP errors quote it */
	NFPT_L2TP_CALL_FREE,
	NFPT_L2TP_PAIR,		/* what a host and a server exchange over IP */
	NFPT_L2TP_INSIDE,
	NFPT_L2TP_SERVER,
};

#define NFPT_L2TP_FLOWS		4
#define NFPT_L2TP_NAME		32	/* of a peer's host name, what is shown of it */
#define NFPT_L2TP_COPIES	64	/* copies of one server's packets a second, at most */
#define NFPT_L2TP_STRAYS	64	/* inbound calls of one server that are nobody's yet */
#define NFPT_L2TP_TRIES		16	/* ids or ports tried in place of one that is taken */
#define NFPT_L2TP_UNANSWERED	(60 * HZ)	/* a request is forgotten after this */
#define NFPT_L2TP_HOLD		(10 * HZ)	/* how long a request may keep others waiting */
#define NFPT_L2TP_CLOSING	(HZ / 2)	/* from the last message to the end */
#define NFPT_L2TP_REPAIR	(1 * HZ)
#define NFPT_L2TP_REAP		(10 * HZ)

/**
 * struct nfpt_l2tp_net - L2TP in a network namespace
 * @pn: the core's view of it
 * @lock: guards everything below and all objects; packets only read what they
 *	find
 * @insides: inside hosts
 * @servers: servers
 * @closing: tunnels that are about to end, in this order
 * @n_insides: how many
 * @n_tunnels: how many tunnels there are: without one, packets have nothing to
 *	look for
 * @n_moved: of how many the server has moved: their data has no port of ours
 * @worker: ends what is closed or idle and repairs
 * @policy: of the timeouts of UDP and of IP
 * @zones: of replies to inside hosts
 */
struct nfpt_l2tp_net {
	struct nfpt_proto_net	*pn;
	spinlock_t		lock;	/* everything below, and see above */
	struct list_head	insides;
	struct list_head	servers;
	struct list_head	closing;
	unsigned int		n_insides;
	unsigned int		n_tunnels;
	unsigned int		n_moved;
	struct delayed_work	worker;
	struct nf_ct_timeout	*policy[2];
	struct nfpt_zones	zones;
};

/**
 * struct nfpt_l2tp_inside - an inside host
 * @flow: by its address
 * @node: linkage in nfpt_l2tp_net.insides
 * @rcu: lookups read it
 * @tunnels: its tunnels
 * @zone: of the replies to it
 * @n_held: how many tunnels and calls it has
 * @seen: jiffies when its last tunnel ended
 */
struct nfpt_l2tp_inside {
	struct nfpt_flow	flow;
	struct list_head	node;
	struct rcu_head		rcu;
	struct list_head	tunnels;
	u16			zone;
	unsigned int		n_held;
	u32			seen;
};

/**
 * struct nfpt_l2tp_server - a server as one NAT address sees it
 * @flow: by both addresses
 * @node: linkage in nfpt_l2tp_net.servers
 * @rcu: packets read it
 * @tunnels: its tunnels, those that it has not answered first
 * @n_tunnels: how many
 * @assoc: whose the calls are that nobody negotiated
 * @strays: those that are not confirmed
 * @n_strays: how many
 * @generation: of the pins that its hosts know
 * @copied: jiffies when @n_copies began
 * @n_copies: copies within the second
 * @unsure: some call is not confirmed
 */
struct nfpt_l2tp_server {
	struct nfpt_flow	flow;
	struct list_head	node;
	struct rcu_head		rcu;
	struct list_head	tunnels;
	unsigned int		n_tunnels;
	struct nfpt_assoc_gw	assoc;
	struct list_head	strays;
	unsigned int		n_strays;
	u32			generation;
	u32			copied;
	unsigned int		n_copies;
	bool			unsure;
};

/**
 * struct nfpt_l2tp_tunnel - a control connection, or a pair of hosts over IP
 * @session: what the core knows of it
 * @flow: in the flow map, those of @entered
 * @rcu: packets read it
 * @inside: the host
 * @server: the server
 * @of_inside: linkage in nfpt_l2tp_inside.tunnels
 * @of_server: linkage in nfpt_l2tp_server.tunnels
 * @of_closing: linkage in nfpt_l2tp_net.closing, if @closing
 * @calls: its calls, oldest first
 * @assoc: the host in the server's association, of a pair
 * @tuple: original tuple of its packets
 * @l4proto: UDP or L2TP
 * @version: of the protocol, 2 or 3
 * @entered: which of @flow are in the flow map, bit by bit
 * @pair: there is no control connection
 * @hidden: the host has told its id in secret; not known yet if @host_id is 0
 * @shared: others have the same NAT address and port towards the server
 * @closing: an end has said that it ends, at @since
 * @ended: it is over
 * @offloaded: a flowtable had its flow when it was last looked at
 * @mapped: UDP port that the server sees
 * @port: UDP port that the server sends from
 * @host_id: what the host has chosen, 0 if it is not known
 * @seen_id: what the server takes it for
 * @server_id: what the server has chosen, 0 if it is not known yet
 * @since: jiffies, also of the request
 * @packets: data and control, from the host and from the server
 * @bytes: of IP packets
 * @name: host names in clear, of the host and of the server
 */
struct nfpt_l2tp_tunnel {
	struct nfpt_session		session;
	struct nfpt_flow		flow[NFPT_L2TP_FLOWS];
	struct rcu_head			rcu;
	struct nfpt_l2tp_inside		*inside;
	struct nfpt_l2tp_server		*server;
	struct list_head		of_inside;
	struct list_head		of_server;
	struct list_head		of_closing;
	struct list_head		calls;
	struct nfpt_assoc_host		assoc;
	struct nf_conntrack_tuple	tuple;
	u8				l4proto;
	u8				version;
	u8				entered;
	bool				pair;
	bool				hidden;
	bool				shared;
	bool				closing;
	bool				ended;
	bool				offloaded;
	__be16				mapped;
	__be16				port;
	u32				host_id;
	u32				seen_id;
	u32				server_id;
	u32				since;
	atomic64_t			packets[IP_CT_DIR_MAX];
	atomic64_t			bytes[IP_CT_DIR_MAX];
	char				name[IP_CT_DIR_MAX][NFPT_L2TP_NAME];
};

/**
 * struct nfpt_l2tp_call - a session, in the RFCs' word
 * @flow: in the flow map, those of @entered
 * @rcu: packets read it
 * @node: linkage in nfpt_l2tp_tunnel.calls or nfpt_l2tp_server.strays
 * @tunnel: whose it is, NULL of an inbound one that is not confirmed
 * @server: the server
 * @host_id: what the host has chosen, 0 if it is not known
 * @server_id: what the server has chosen, 0 if it is not known
 * @born: jiffies of the request or the first packet
 * @seen: jiffies of the last packet, of a pair's
 * @packets: inbound data, of a pair's: their numbers for the association
 * @entered: which of @flow are in the flow map, bit by bit
 * @up: both ends have agreed
 * @sure: packets are its tunnel's without asking the association
 * @assoc: of one that nobody negotiated, inbound; others end before it
 */
struct nfpt_l2tp_call {
	struct nfpt_flow		flow[NFPT_L2TP_FLOWS];
	struct rcu_head			rcu;
	struct list_head		node;
	struct nfpt_l2tp_tunnel		*tunnel;
	struct nfpt_l2tp_server		*server;
	u32				host_id;
	u32				server_id;
	u32				born;
	u32				seen;
	u32				packets;
	u8				entered;
	bool				up;
	bool				sure;
	struct nfpt_assoc_sa		assoc;
};

/**
 * struct nfpt_l2tp_ends - who talks to whom
 * @host: address of the inside host
 * @server: address of the server
 * @seen: the NAT address that the server sees
 */
struct nfpt_l2tp_ends {
	__be32	host;
	__be32	server;
	__be32	seen;
};

/**
 * struct nfpt_l2tp_packet - a packet on its way out of the router
 * @skb: the packet, translated
 * @ct: its conntrack
 * @dir: which way it goes
 * @l4proto: UDP or L2TP
 * @ends: who talks to whom
 * @off: offset of its L2TP header
 * @l2tp: the header
 * @stale: @ct cannot be what the packet needs, and is to go
 */
struct nfpt_l2tp_packet {
	struct sk_buff		*skb;
	struct nf_conn		*ct;
	enum ip_conntrack_dir	dir;
	u8			l4proto;
	struct nfpt_l2tp_ends	ends;
	unsigned int		off;
	struct nfpt_l2tp	l2tp;
	bool			stale;
};

static inline struct nfpt_l2tp_net *nfpt_l2tp_pernet(const struct nfpt_proto_net *pn)
{
	return READ_ONCE(pn->priv);
}

/* Whether the end that was addressed, which may be this router, takes part: one
 * stray packet from outside is no flow.
 */
static inline bool nfpt_l2tp_is_used(const struct nf_conntrack_tuple_hash *h)
{
	return NF_CT_DIRECTION(h) == IP_CT_DIR_REPLY ||
	       test_bit(IPS_SEEN_REPLY_BIT, &nf_ct_tuplehash_to_ctrack(h)->status);
}

static inline struct nfpt_l2tp_tunnel *nfpt_l2tp_tunnel_of(const struct nfpt_session *s)
{
	return container_of((struct nfpt_session *)s, struct nfpt_l2tp_tunnel, session);
}

/* Whether the server knows its host's id by another value. */
static inline bool nfpt_l2tp_is_rewritten(const struct nfpt_l2tp_tunnel *tunnel)
{
	return tunnel->seen_id != tunnel->host_id;
}

/* Milliseconds for the association. */
static inline u32 nfpt_l2tp_now(void)
{
	return (u32)jiffies64_to_msecs(get_jiffies_64());
}

/* peer.c */
struct nfpt_flow_key nfpt_l2tp_key(u8 slot, u8 version, u8 l4proto, __be32 one, __be32 other,
				   u32 id);
bool nfpt_l2tp_ends(const struct nf_conn *ct, struct nfpt_l2tp_ends *ends);
bool nfpt_l2tp_is_full(const struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_inside *inside);
struct nfpt_l2tp_inside *nfpt_l2tp_inside_find(const struct nfpt_l2tp_net *ln, __be32 addr);
struct nfpt_l2tp_inside *nfpt_l2tp_inside_get(struct nfpt_l2tp_net *ln, __be32 addr);
struct nfpt_l2tp_server *nfpt_l2tp_server_find(const struct nfpt_l2tp_net *ln, __be32 server,
					       __be32 seen);
struct nfpt_l2tp_server *nfpt_l2tp_server_get(struct nfpt_l2tp_net *ln, __be32 server,
					      __be32 seen);
void nfpt_l2tp_server_put(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_server *server);
void nfpt_l2tp_insides_reap(struct nfpt_l2tp_net *ln, bool all);

/* tunnel.c */
struct nfpt_l2tp_tunnel *nfpt_l2tp_tunnel_find(const struct nfpt_l2tp_net *ln, u8 slot,
					       u8 version, u8 l4proto, __be32 one,
					       __be32 other, u32 id);
struct nfpt_l2tp_tunnel *nfpt_l2tp_tunnel_new(struct nfpt_l2tp_net *ln,
					      const struct nfpt_l2tp_ends *ends, u8 version,
					      u8 l4proto);
struct nfpt_l2tp_tunnel *nfpt_l2tp_pending(struct nfpt_l2tp_net *ln, const struct sk_buff *skb,
					   u8 l4proto, __be16 port,
					   const struct nfpt_l2tp *l2tp);
int nfpt_l2tp_tunnel_enter(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel, u8 slot,
			   u32 id);
void nfpt_l2tp_tunnel_leave(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel,
			    u8 slot);
void nfpt_l2tp_tunnel_end(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel,
			  enum nf_passthrough_end_reason reason);
bool nfpt_l2tp_is_last(const struct nfpt_l2tp_tunnel *tunnel);
void nfpt_l2tp_tunnel_close(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel);
struct nf_conn *nfpt_l2tp_ct_find(struct nfpt_l2tp_net *ln,
				  const struct nfpt_l2tp_tunnel *tunnel);
bool nfpt_l2tp_tuple_get(struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_tunnel *tunnel,
			 struct nf_conntrack_tuple *tuple);
void nfpt_l2tp_end(struct nfpt_session *s, enum nf_passthrough_end_reason reason);
enum nf_passthrough_end_reason nfpt_l2tp_expired(const struct nfpt_session *s);
u32 nfpt_l2tp_lifetime(const struct nfpt_session *s);
void nfpt_l2tp_work(struct work_struct *work);
void nfpt_l2tp_clean(struct nfpt_l2tp_net *ln);

/* call.c */
struct nfpt_l2tp_call *nfpt_l2tp_call_find(const struct nfpt_l2tp_net *ln, u8 slot, u8 l4proto,
					   __be32 one, __be32 other, u32 id);
void nfpt_l2tp_call_step(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel,
			 const struct nfpt_l2tp *l2tp, const struct nfpt_l2tp_control *control,
			 enum ip_conntrack_dir dir);
void nfpt_l2tp_call_out(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel, u32 id);
void nfpt_l2tp_call_end(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_call *call);
void nfpt_l2tp_calls_expire(struct nfpt_l2tp_net *ln, struct list_head *calls);
unsigned int nfpt_l2tp_call_in(struct nfpt_l2tp_net *ln, const struct sk_buff *skb, u32 id,
			       struct nfpt_l2tp_tunnel *to[NFPT_ASSOC_HOSTS]);
void nfpt_l2tp_repair(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_server *server);

/* control.c */
struct nfpt_l2tp_tunnel *nfpt_l2tp_hidden(const struct nfpt_l2tp_server *server,
					  const struct nf_conn *ct);
unsigned int nfpt_l2tp_message(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_packet *packet);

/* udp.c */
bool nfpt_l2tp_keep(struct nf_conn *ct);
bool nfpt_l2tp_is_to_share(const struct nfpt_l2tp_net *ln, const struct nf_conn *ct);
unsigned int nfpt_l2tp_track_udp(struct nfpt_l2tp_net *ln, struct sk_buff *skb);
unsigned int nfpt_l2tp_learn_udp(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				 struct nf_conn *ct, enum ip_conntrack_info ctinfo);

/* ip.c */
unsigned int nfpt_l2tp_track_ip(struct nfpt_l2tp_net *ln, struct sk_buff *skb);
unsigned int nfpt_l2tp_learn_ip(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				struct nf_conn *ct, enum ip_conntrack_info ctinfo);

/* icmp.c */
unsigned int nfpt_l2tp_track_icmp(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				  const struct nf_hook_state *state);

/* report.c */
extern const struct nfpt_setting nfpt_l2tp_settings[NFPT_L2TP_SETTINGS];
extern const struct nfpt_counter nfpt_l2tp_counters[NFPT_L2TP_COUNTERS];
int nfpt_l2tp_fill(struct sk_buff *skb, const struct nfpt_session *s, bool traffic);
int nfpt_l2tp_fill_parts(struct sk_buff *skb, const struct nfpt_session *s, unsigned long *n);

#endif /* _NFPT_L2TP_H */
