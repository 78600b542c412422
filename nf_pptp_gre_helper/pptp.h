/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of nf_pptp_gre_helper share.
 *
 * An end is named by the direction whose packets it sends: the initiator of
 * the control connection is IP_CT_DIR_ORIGINAL, the responder IP_CT_DIR_REPLY.
 * Either may be the PNS.
 *
 * One lock per namespace guards control connections and calls; control
 * messages are rare.  GRE takes no lock.  Nothing that looks a conntrack up,
 * makes or deletes one may be called under it, because any of these may
 * destroy some expired control connection, and that takes the lock.
 */
#ifndef _NFPT_PPTP_H
#define _NFPT_PPTP_H

#include <linux/list.h>
#include <linux/netfilter/nf_conntrack_pptp.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include <passthrough/core.h>
#include <passthrough/wire/gre.h>
#include <passthrough/wire/pptp.h>
#include <passthrough/wire/pptp_call.h>
#include <passthrough/wire/pptp_stream.h>

enum nfpt_pptp_setting {
	NFPT_PPTP_MAX_PER_HOST = NFPT_SETTING_PROTO,
	NFPT_PPTP_GRE_UNREPLIED,
	NFPT_PPTP_GRE_REPLIED,
	NFPT_PPTP_SETUP_TIMEOUT,
	NFPT_PPTP_SETTINGS
};

enum nfpt_pptp_counter {
	NFPT_PPTP_C_CONTROL,
	NFPT_PPTP_C_MESSAGES,
	NFPT_PPTP_C_REWRITTEN,
	NFPT_PPTP_C_PATCHED,
	NFPT_PPTP_C_CALLS,
	NFPT_PPTP_C_GRE,
	NFPT_PPTP_C_ICMP,
	NFPT_PPTP_C_ICMP_HARD,
	NFPT_PPTP_C_MALFORMED,
	NFPT_PPTP_C_LOST,
	NFPT_PPTP_C_AHEAD,
	NFPT_PPTP_C_WITHHELD,
	NFPT_PPTP_C_LOG_FULL,
	NFPT_PPTP_C_STRAY,
	NFPT_PPTP_C_UNKNOWN_ID,
	NFPT_PPTP_C_SUPERSEDED,
	NFPT_PPTP_C_GRE_UNKNOWN,
	NFPT_PPTP_C_GRE_EARLY,
	NFPT_PPTP_C_GRE_LATE,
	NFPT_PPTP_C_GRE_GONE,
	NFPT_PPTP_C_GRE_MALFORMED,
	NFPT_PPTP_C_OTHER_HELPER,
	NFPT_PPTP_C_NO_IDS,
	NFPT_PPTP_C_LIMIT,
	NFPT_PPTP_C_HOST_LIMIT,
	NFPT_PPTP_C_NO_FLOW,
	NFPT_PPTP_C_NOMEM,
	NFPT_PPTP_C_BLOCKED_CONTROL,
	NFPT_PPTP_C_BLOCKED_DATA,
	NFPT_PPTP_COUNTERS
};

/**
 * struct nfpt_pptp_net - PPTP in a network namespace
 * @pn: the core's view of it
 * @lock: guards everything below, and calls and connections themselves
 * @conns: control connections
 * @closing: control connections whose calls are to end
 * @ended: calls that have ended, their flows not yet
 * @graves: calls that have ended, oldest first; late packets are dropped
 * @hosts: who has opened them, by address
 * @n_calls: how many calls there are, ended ones too
 * @n_graves: how many of them are in @graves
 * @worker: does what @closing, @ended and @graves ask for
 * @cursor: where the search for a free Call ID begins next
 */
struct nfpt_pptp_net {
	struct nfpt_proto_net	*pn;
	spinlock_t		lock;	/* everything below, and see above */
	struct list_head	conns;
	struct list_head	closing;
	struct list_head	ended;
	struct list_head	graves;
	struct xarray		hosts;
	unsigned int		n_calls;
	unsigned int		n_graves;
	struct delayed_work	worker;
	u16			cursor;
};

/**
 * struct nfpt_pptp_help - our part of the control connection's helper area
 * @conn: the control connection, made with its SYN-ACK
 * @unused: keeps @stock where it is
 * @stock: where nf_conntrack looks for nf_conntrack_pptp's key map when a
 *	conntrack with this master dies; always zero
 */
struct nfpt_pptp_help {
	struct nfpt_pptp_conn __rcu	*conn;
	u64				unused;
	void				*stock[IP_CT_DIR_MAX];
};

static_assert(offsetof(struct nfpt_pptp_help, stock) ==
	      offsetof(struct nf_ct_pptp_master, keymap));
static_assert(sizeof(struct nfpt_pptp_help) <=
	      sizeof_field(struct nf_conn_help, data));

/* How long after its end a call's packets are still dropped. */
#define NFPT_PPTP_LATE		(5 * HZ)

/* Calls ended or freed in one go, with the lock held. */
#define NFPT_PPTP_BATCH		64

#define NFPT_PPTP_LOG_MIN	1	/* patches kept per direction at first */
#define NFPT_PPTP_LOG_MAX	4096

/**
 * struct nfpt_pptp_host - a host that has opened control connections
 * @addr: its address
 * @n_conns: how many are there
 * @n_calls: calls of theirs
 * @n_served: those of them that are served
 */
struct nfpt_pptp_host {
	__be32		addr;
	unsigned int	n_conns;
	unsigned int	n_calls;
	unsigned int	n_served;
};

/**
 * struct nfpt_pptp_conn - a control connection
 * @rcu: packets read it
 * @node: linkage in nfpt_pptp_net.conns or .closing
 * @refs: one of its own, one of each call whose flow is not ended yet
 * @ppn: the namespace
 * @host: who has opened it
 * @calls: its calls
 * @n_calls: how many
 * @addr: addresses of the ends, by end
 * @seen: addresses of the ends as the other end sees them, by end
 * @begin: sequence numbers behind the SYNs, by end
 * @zone: conntrack zone
 * @stream: the byte streams, by the direction they flow in
 * @log_min: first storage of the streams' logs
 * @offer: made with the id of a reply that has not been read to its end, by
 *	the end that sends it
 * @told_valid: the first byte of a Call ID has passed, by direction
 * @told: which byte it became, by direction
 * @local: an end of it is this router
 * @dead: its conntrack is gone
 */
struct nfpt_pptp_conn {
	struct rcu_head			rcu;
	struct list_head		node;
	refcount_t			refs;
	struct nfpt_pptp_net		*ppn;
	struct nfpt_pptp_host		*host;
	struct list_head		calls;
	unsigned int			n_calls;
	__be32				addr[IP_CT_DIR_MAX];
	__be32				seen[IP_CT_DIR_MAX];
	u32				begin[IP_CT_DIR_MAX];
	struct nf_conntrack_zone	zone;
	struct nfpt_pptp_stream		stream[IP_CT_DIR_MAX];
	struct nfpt_patch		log_min[IP_CT_DIR_MAX][NFPT_PPTP_LOG_MIN];
	struct nfpt_pptp_call		*offer[IP_CT_DIR_MAX];
	bool				told_valid[IP_CT_DIR_MAX];
	u8				told[IP_CT_DIR_MAX];
	bool				local;
	bool				dead;
};

/**
 * struct nfpt_pptp_call - a call; a cache line of what GRE packets need comes first
 * @session: what the core knows of it
 * @heard: which ends have sent GRE, by bit
 * @ct: the conntrack of its flow, held from when it is made to the call's end
 * @tracked: its flow is there
 * @ended: its packets are dropped
 * @state: enum nfpt_pptp_call_state
 * @pns: which end is the PNS
 * @flow: its GRE packets, [view][end they are sent to]
 * @id: Call IDs as the ends chose them, by end
 * @mapped: Call IDs as the other end sees them, by end
 * @conn: its control connection, not to be used when the flow has ended
 * @node: linkage in nfpt_pptp_conn.calls, then nfpt_pptp_net.ended and .graves
 * @todo: linkage in the list of who is @connecting it
 * @rcu: packets read it
 * @known: which flows are in the map, by view as a bit, by end
 * @connecting: its flow is being made
 */
struct nfpt_pptp_call {
	struct nfpt_session	session;
	unsigned long		heard;
	struct nf_conn		*ct;
	bool			tracked;
	bool			ended;
	u8			state;
	u8			pns;
	struct nfpt_flow	flow[2][IP_CT_DIR_MAX];
	u16			id[IP_CT_DIR_MAX];
	u16			mapped[IP_CT_DIR_MAX];
	struct nfpt_pptp_conn	*conn;
	struct list_head	node;
	union {
		struct rcu_head	rcu;
		struct list_head todo;
	};
	u8			known[IP_CT_DIR_MAX];
	bool			connecting;
};

/* Whether its packets have a conntrack. */
static inline bool nfpt_pptp_is_tracked(const struct nfpt_pptp_call *call)
{
	/* The conntrack comes before it: pairs with nfpt_pptp_call_setup(). */
	return smp_load_acquire(&call->tracked);
}

static inline struct nfpt_pptp_net *nfpt_pptp_pernet(const struct nfpt_proto_net *pn)
{
	return READ_ONCE(pn->priv);
}

static inline struct nfpt_pptp_call *nfpt_pptp_call_of(struct nfpt_flow *flow)
{
	return container_of(flow - flow->slot, struct nfpt_pptp_call, flow[0][0]);
}

/* call.c */
struct nfpt_pptp_call *nfpt_pptp_call_by_id(struct nfpt_pptp_conn *conn,
					    unsigned int end, u16 id);
struct nfpt_pptp_call *nfpt_pptp_call_by_mapped(struct nfpt_pptp_conn *conn,
						unsigned int end, u16 mapped);
struct nfpt_pptp_call *nfpt_pptp_call_offer(struct nfpt_pptp_conn *conn,
					    unsigned int end, u16 id);
struct nfpt_pptp_call *nfpt_pptp_call_request(struct nfpt_pptp_conn *conn,
					      unsigned int end, u16 id);
void nfpt_pptp_call_list(struct nfpt_pptp_call *call);
bool nfpt_pptp_call_adopt(struct nfpt_pptp_call *call, struct nfpt_pptp_call *from,
			  unsigned int end);
void nfpt_pptp_call_connect(struct nfpt_pptp_call *call, struct list_head *todo);
void nfpt_pptp_call_up(struct nfpt_pptp_call *call);
void nfpt_pptp_call_setup(struct nfpt_pptp_net *ppn, struct list_head *todo,
			  struct nf_conn *master);
void nfpt_pptp_call_end(struct nfpt_pptp_call *call,
			enum nf_passthrough_end_reason reason);
void nfpt_pptp_end(struct nfpt_session *s, enum nf_passthrough_end_reason reason);
bool nfpt_pptp_call_take_down(struct nfpt_pptp_net *ppn);
bool nfpt_pptp_call_reap(struct nfpt_pptp_net *ppn, bool all);
bool nfpt_pptp_id_free(struct nfpt_pptp_conn *conn, unsigned int end,
		       enum nfpt_view view, u16 id);

/* host.c */
struct nfpt_pptp_host *nfpt_pptp_host_get(struct nfpt_pptp_net *ppn, __be32 addr);
void nfpt_pptp_host_put(struct nfpt_pptp_net *ppn, struct nfpt_pptp_host *host);

/* conn.c */
void nfpt_pptp_conn_open(struct nfpt_pptp_net *ppn, struct nf_conn *ct,
			 struct nfpt_pptp_help *help, const struct tcphdr *syn_ack);
void nfpt_pptp_conn_close(struct nfpt_pptp_conn *conn);
void nfpt_pptp_conn_put(struct nfpt_pptp_conn *conn);
void nfpt_pptp_conn_end_all(struct nfpt_pptp_net *ppn);
void nfpt_pptp_control_destroy(struct nf_conn *ct);
void nfpt_pptp_work(struct work_struct *work);

/* control.c */
int nfpt_pptp_control(struct sk_buff *skb, unsigned int protoff,
		      struct nf_conn *ct, enum ip_conntrack_info ctinfo);

/* track.c */
void nfpt_pptp_tuple(const struct nfpt_pptp_call *call, enum ip_conntrack_dir dir,
		     struct nf_conntrack_tuple *tuple);
int nfpt_pptp_track_insert(struct nfpt_pptp_call *call, struct nf_conn *master);
void nfpt_pptp_track_kill(struct nfpt_pptp_call *call);
unsigned int nfpt_pptp_track_packet(struct nfpt_proto_net *pn, struct sk_buff *skb);
unsigned int nfpt_pptp_track_own_icmp(struct nfpt_proto_net *pn, struct sk_buff *skb,
				      const struct nf_hook_state *state);
unsigned int nfpt_pptp_track_icmp(struct nfpt_proto_net *pn, struct sk_buff *skb,
				  const struct nf_hook_state *state);
u32 nfpt_pptp_lifetime(const struct nfpt_session *s);

/* nat.c */
bool nfpt_pptp_segment_write(struct sk_buff *skb, unsigned int protoff,
			     const struct nfpt_pptp_out *out);

/* report.c */
extern const struct nfpt_setting nfpt_pptp_settings[NFPT_PPTP_SETTINGS];
extern const struct nfpt_counter nfpt_pptp_counters[NFPT_PPTP_COUNTERS];
const char *nfpt_pptp_note(const struct nfpt_proto_net *pn);
int nfpt_pptp_fill(struct sk_buff *skb, const struct nfpt_session *s, bool traffic);

/* main.c */
extern struct nf_conntrack_helper nfpt_pptp_helper;
extern struct nfpt_proto nfpt_pptp_proto;

#endif /* _NFPT_PPTP_H */
