/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of nf_ipsec_natt_helper share.
 *
 *   inside host --- session --- gateway (as seen from one NAT address)
 *                     |
 *                    SAs
 *
 * A session is all that one inside host has with one gateway.  An inbound ESP
 * SA is its gateway's until the association is sure whose it is.
 */
#ifndef _NFPT_IPSEC_H
#define _NFPT_IPSEC_H

#include <linux/jiffies.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_timeout.h>

#include <passthrough/core.h>
#include <passthrough/wire/esp.h>
#include <passthrough/wire/assoc.h>
#include <passthrough/wire/ike.h>

/* Settings and counters: report.c has a sentence for each. */
enum {
	NFPT_IPSEC_MAX_PER_HOST = NFPT_SETTING_PROTO,
	NFPT_IPSEC_MAX_PER_GATEWAY,
	NFPT_IPSEC_ESP_REPLIED,
	NFPT_IPSEC_ESP_UNREPLIED,
	NFPT_IPSEC_NATT_IDLE,
	NFPT_IPSEC_IKE_IDLE,
	NFPT_IPSEC_CREDIT,
	NFPT_IPSEC_SETTINGS
};

enum {
	NFPT_IPSEC_C_ESP_OUT,
	NFPT_IPSEC_C_ESP_IN,
	NFPT_IPSEC_C_NATT,
	NFPT_IPSEC_C_IKE,
	NFPT_IPSEC_C_IKE_MOVED,
	NFPT_IPSEC_C_IKE_RESTART,
	NFPT_IPSEC_C_CREDIT,
	NFPT_IPSEC_C_ICMP,
	NFPT_IPSEC_C_PORT_AGAIN,
	NFPT_IPSEC_C_WHY,	/* one for each reason of the association */
	NFPT_IPSEC_C_CONFIRMED = NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHYS,
	NFPT_IPSEC_C_REPAIRED,
	NFPT_IPSEC_C_COPIES,
	NFPT_IPSEC_C_CLASH,
	NFPT_IPSEC_C_ESP_MALFORMED,
	NFPT_IPSEC_C_IKE_MALFORMED,
	NFPT_IPSEC_C_AH,
	NFPT_IPSEC_C_ZONE,
	NFPT_IPSEC_C_OTHER_HELPER,
	NFPT_IPSEC_C_LIMIT_HOST,
	NFPT_IPSEC_C_LIMIT_GATEWAY,
	NFPT_IPSEC_C_LIMIT,
	NFPT_IPSEC_C_NO_FLOW,
	NFPT_IPSEC_C_NOMEM,
	NFPT_IPSEC_C_BLOCKED_CONTROL,
	NFPT_IPSEC_C_BLOCKED_DATA,
	NFPT_IPSEC_COUNTERS
};

/* What a flow map entry of ours belongs to: nfpt_flow.slot, and the zone of
 * keys that no packet has.
 */
enum {
	NFPT_IPSEC_SA_IN,	/* inbound ESP */
	NFPT_IPSEC_SA_OUT,	/* outbound ESP */
	NFPT_IPSEC_SA_SEEN,	/* the same, translated, as ICMP errors quote it */
	NFPT_IPSEC_SA_UDP,	/* UDP-encapsulated ESP, either direction */
	NFPT_IPSEC_IKE,		/* an IKE SA */
	NFPT_IPSEC_SESSION,
	NFPT_IPSEC_GATEWAY,
	NFPT_IPSEC_INSIDE,
	NFPT_IPSEC_PORT,
};

#define NFPT_IPSEC_COPIES	64	/* copies of one gateway's packets a second, at most */
#define NFPT_IPSEC_UDP_SAS	16	/* SAs encapsulated in UDP that are listed of a session */
#define NFPT_IPSEC_STRAYS	64	/* inbound SAs of one gateway not confirmed yet */
#define NFPT_IPSEC_PORTS	4096	/* NAT-T ports remembered */
#define NFPT_IPSEC_PORT_LIFE	(3600 * HZ)
#define NFPT_IPSEC_REPAIR	(1 * HZ)
#define NFPT_IPSEC_REAP		(10 * HZ)

/**
 * struct nfpt_ipsec_net - IPsec in a network namespace
 * @pn: the core's view of it
 * @lock: guards everything below and all objects; packets of what is known
 *	well do without it
 * @insides: inside hosts
 * @gateways: gateways
 * @ports: remembered NAT-T ports, oldest first
 * @n_insides: how many
 * @n_ports: how many
 * @worker: ends what is idle and repairs
 * @natt: timeout policy of NAT-T flows, NULL if the kernel has none
 * @zones: of replies to inside hosts
 */
struct nfpt_ipsec_net {
	struct nfpt_proto_net	*pn;
	spinlock_t		lock;	/* everything below, and see above */
	struct list_head	insides;
	struct list_head	gateways;
	struct list_head	ports;
	unsigned int		n_insides;
	unsigned int		n_ports;
	struct delayed_work	worker;
	struct nf_ct_timeout	*natt;
	struct nfpt_zones	zones;
};

/**
 * struct nfpt_ipsec_inside - an inside host
 * @flow: by its address
 * @node: linkage in nfpt_ipsec_net.insides
 * @rcu: lookups read it
 * @zone: of the replies to it
 * @n_sessions: how many it has
 * @n_sas: how many ESP SAs they have
 * @seen: jiffies when its last session ended
 */
struct nfpt_ipsec_inside {
	struct nfpt_flow	flow;
	struct list_head	node;
	struct rcu_head		rcu;
	u16			zone;
	unsigned int		n_sessions;
	unsigned int		n_sas;
	u32			seen;
};

/**
 * struct nfpt_ipsec_gateway - a gateway as one NAT address sees it
 * @flow: by both addresses
 * @node: linkage in nfpt_ipsec_net.gateways
 * @rcu: packets read it
 * @assoc: whose its inbound SAs are
 * @strays: inbound SAs that are not confirmed
 * @n_strays: how many
 * @n_sessions: how many it has
 * @generation: of the pins that its hosts know
 * @copied: jiffies when @n_copies began
 * @n_copies: copies within the second
 * @unsure: an SA of it is not confirmed
 */
struct nfpt_ipsec_gateway {
	struct nfpt_flow	flow;
	struct list_head	node;
	struct rcu_head		rcu;
	struct nfpt_assoc_gw	assoc;
	struct list_head	strays;
	unsigned int		n_strays;
	unsigned int		n_sessions;
	u32			generation;
	u32			copied;
	unsigned int		n_copies;
	bool			unsure;
};

/**
 * struct nfpt_ipsec_ike - an IKE SA
 * @flow: by its initiator's SPI, what the gateway answers
 * @rcu: packets read it
 * @session: whose it is
 * @ispi: its initiator's SPI
 * @sa: what was seen of it
 */
struct nfpt_ipsec_ike {
	struct nfpt_flow		flow;
	struct rcu_head			rcu;
	struct nfpt_ipsec_session	*session;
	u64				ispi;
	struct nfpt_ike_sa		sa;
};

/**
 * struct nfpt_ipsec_session - an inside host and a gateway; a cache line of what
 *	ESP packets need comes first
 * @session: what the core knows of it
 * @ct: the conntrack of its ESP that was found last, held; or NULL
 * @assoc: the host in the gateway's association
 * @flow: by both addresses
 * @inside: the host
 * @gateway: the gateway
 * @ike: its last two IKE SAs, the newer one first, or NULL
 * @sas: its SAs, oldest first
 * @n_udp: how many of them are encapsulated in UDP
 * @rcu: packets read it
 * @ike_tuple: original tuple of the IKE flow, protocol 0 if there was none
 * @natt_tuple: the same of the NAT-T flow
 * @ike_mapped: the host's IKE port as the gateway sees it
 * @ike_kept: the host keeps its IKE port though others have it too
 * @ike_rekey: an IKE SA of unknown SPIs may appear until @ike_until
 * @ike_until: jiffies
 * @offloaded: a flowtable had the NAT-T flow when it was last looked at
 * @esp: there was ESP
 * @esp_seen: jiffies of the last ESP packet
 * @ended: it is over
 */
struct nfpt_ipsec_session {
	struct nfpt_session		session;
	struct nf_conn			*ct;
	struct nfpt_assoc_host		assoc;
	struct nfpt_flow		flow;
	struct nfpt_ipsec_inside	*inside;
	struct nfpt_ipsec_gateway	*gateway;
	struct nfpt_ipsec_ike		*ike[2];
	struct list_head		sas;
	unsigned int			n_udp;
	struct rcu_head			rcu;
	struct nf_conntrack_tuple	ike_tuple;
	struct nf_conntrack_tuple	natt_tuple;
	__be16				ike_mapped;
	bool				ike_kept;
	bool				ike_rekey;
	u32				ike_until;
	bool				offloaded;
	bool				esp;
	u32				esp_seen;
	bool				ended;
};

/**
 * struct nfpt_ipsec_sa - an SA; a cache line of what its packets need comes first
 * @flow: its packets
 * @session: whose it is, NULL of an inbound one that is not confirmed
 * @packets: how many it has carried
 * @bytes: of IP packets
 * @seen: jiffies of the last packet
 * @inbound: it carries packets to the inside host
 * @sure: packets are its session's without asking the association
 * @clashed: another host seems to have chosen the same SPI
 * @gateway: the gateway
 * @node: linkage in nfpt_ipsec_session.sas or nfpt_ipsec_gateway.strays
 * @rcu: packets read it
 * @spi: host byte order
 * @born: jiffies of the first packet
 * @checked: jiffies when it was last asked whether it has @clashed
 * @flow_seen: of outbound ESP, its packets as ICMP errors quote them; ends there
 * @assoc: of inbound ESP
 */
struct nfpt_ipsec_sa {
	struct nfpt_flow		flow;
	struct nfpt_ipsec_session	*session;
	atomic64_t			packets;
	atomic64_t			bytes;
	u32				seen;
	bool				inbound;
	bool				sure;
	bool				clashed;
	struct nfpt_ipsec_gateway	*gateway;
	struct list_head		node;
	struct rcu_head			rcu;
	u32				spi;
	u32				born;
	u32				checked;
	union {
		struct nfpt_flow	flow_seen;
		struct nfpt_assoc_sa	assoc;
	};
};

static inline struct nfpt_ipsec_net *nfpt_ipsec_pernet(const struct nfpt_proto_net *pn)
{
	return READ_ONCE(pn->priv);
}

static inline struct nfpt_ipsec_session *nfpt_ipsec_session_of(const struct nfpt_session *s)
{
	return container_of((struct nfpt_session *)s, struct nfpt_ipsec_session, session);
}

/* Whether a conntrack's replies have the zone of an inside host of ours. */
static inline bool nfpt_ipsec_has_zone(const struct nf_conn *ct)
{
	return nfpt_ct_has_zone(ct, NFPT_ZONE_IPSEC);
}

/* A rule has put it into a zone, and answers for it. */
static inline bool nfpt_ipsec_has_other_zone(const struct nf_conn *ct)
{
	return nf_ct_zone(ct)->id != NF_CT_DEFAULT_ZONE_ID && !nfpt_ipsec_has_zone(ct);
}

/* Milliseconds for the association. */
static inline u32 nfpt_ipsec_now(void)
{
	return (u32)jiffies64_to_msecs(get_jiffies_64());
}

static inline struct nfpt_ipsec_sa *nfpt_ipsec_sa_of(struct nfpt_flow *flow)
{
	return flow->slot == NFPT_IPSEC_SA_SEEN ?
	       container_of(flow, struct nfpt_ipsec_sa, flow_seen) :
	       container_of(flow, struct nfpt_ipsec_sa, flow);
}

static inline bool nfpt_ipsec_is_udp(const struct nfpt_ipsec_sa *sa)
{
	return sa->flow.slot == NFPT_IPSEC_SA_UDP;
}

static inline bool nfpt_ipsec_is_esp_in(const struct nfpt_ipsec_sa *sa)
{
	return sa->inbound && !nfpt_ipsec_is_udp(sa);
}

/**
 * struct nfpt_ipsec_targets - whom a packet goes to
 * @n: how many
 * @to: sessions, valid until the RCU section ends
 */
struct nfpt_ipsec_targets {
	unsigned int			n;
	struct nfpt_ipsec_session	*to[NFPT_ASSOC_HOSTS];
};

/* peer.c */
bool nfpt_ipsec_is_full(const struct nfpt_ipsec_net *ipn, const struct nfpt_ipsec_inside *inside);
struct nfpt_ipsec_inside *nfpt_ipsec_inside_get(struct nfpt_ipsec_net *ipn, __be32 addr);
struct nfpt_ipsec_gateway *nfpt_ipsec_gateway_find(const struct nfpt_ipsec_net *ipn,
						   __be32 gateway, __be32 seen);
struct nfpt_ipsec_session *nfpt_ipsec_session_find(const struct nfpt_ipsec_net *ipn,
						   __be32 host, __be32 gateway);
struct nfpt_ipsec_session *nfpt_ipsec_session_get(struct nfpt_ipsec_net *ipn, __be32 host,
						  __be32 gateway, __be32 seen);
void nfpt_ipsec_session_hold(struct nfpt_ipsec_session *session, struct nf_conn *ct);
void nfpt_ipsec_session_up(struct nfpt_ipsec_session *session);
bool nfpt_ipsec_pinned_get(struct nfpt_ipsec_net *ipn, __be32 gateway, __be32 seen);
bool nfpt_ipsec_ends(const struct nf_conn *ct, __be32 *host, __be32 *gateway,
		     __be32 *seen);
void nfpt_ipsec_session_end(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_session *session,
			    enum nf_passthrough_end_reason reason);
bool nfpt_ipsec_tuple_get(const struct nfpt_ipsec_session *session,
			  const struct nf_conntrack_tuple *from,
			  struct nf_conntrack_tuple *tuple);
void nfpt_ipsec_end(struct nfpt_session *s, enum nf_passthrough_end_reason reason);
enum nf_passthrough_end_reason nfpt_ipsec_expired(const struct nfpt_session *s);
u32 nfpt_ipsec_lifetime(const struct nfpt_session *s);
void nfpt_ipsec_work(struct work_struct *work);
void nfpt_ipsec_clean(struct nfpt_ipsec_net *ipn);

/* sa.c */
struct nfpt_ipsec_sa *nfpt_ipsec_sa_find(const struct nfpt_ipsec_net *ipn, __be32 saddr,
					 __be32 daddr, u32 spi);
struct nfpt_ipsec_sa *nfpt_ipsec_sa_find_seen(const struct nfpt_ipsec_net *ipn, __be32 saddr,
					      __be32 daddr, u32 spi);
struct nfpt_ipsec_sa *nfpt_ipsec_sa_find_udp(const struct nfpt_ipsec_net *ipn, __be32 host,
					     __be32 gateway, bool inbound, u32 spi);
void nfpt_ipsec_sa_touch(struct nfpt_ipsec_sa *sa, const struct sk_buff *skb);
void nfpt_ipsec_sa_out(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_session *session,
		       const struct sk_buff *skb, u32 spi, u32 seq);
void nfpt_ipsec_sa_udp(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_session *session,
		       bool inbound, u32 spi);
void nfpt_ipsec_sa_in(struct nfpt_ipsec_net *ipn, const struct sk_buff *skb, u32 spi, u32 seq,
		      struct nfpt_ipsec_targets *targets);
void nfpt_ipsec_sa_again(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_sa *sa, u32 now);
void nfpt_ipsec_sa_end(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_sa *sa);
void nfpt_ipsec_sa_expire(struct nfpt_ipsec_session *session, bool natt);
void nfpt_ipsec_strays_expire(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_gateway *gateway);
void nfpt_ipsec_repair(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_gateway *gateway);

/* track.c */
unsigned int nfpt_ipsec_track_esp(struct nfpt_ipsec_net *ipn, struct sk_buff *skb);
unsigned int nfpt_ipsec_track_icmp(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
				   const struct nf_hook_state *state);
void nfpt_ipsec_learn_esp(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
			  struct nf_conn *ct, bool fresh);
struct nfpt_portless nfpt_ipsec_esp_flow(const struct nfpt_ipsec_session *session);

/* ike.c */
void nfpt_ipsec_ike_drop(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_ike *ike);
bool nfpt_ipsec_ike_keep(struct nfpt_ipsec_net *ipn, struct sk_buff *skb, struct nf_conn *ct);
unsigned int nfpt_ipsec_track_ike(struct nfpt_ipsec_net *ipn, struct sk_buff *skb);
int nfpt_ipsec_ike_help(struct sk_buff *skb, unsigned int protoff,
			struct nf_conn *ct, enum ip_conntrack_info ctinfo);
void nfpt_ipsec_ike_message(struct nfpt_ipsec_net *ipn, const struct sk_buff *skb,
			    unsigned int off, bool natt, const struct nf_conn *ct,
			    enum ip_conntrack_info ctinfo);

/* natt.c */
bool nfpt_ipsec_natt_begin(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
			   struct nf_conn *ct, const struct net_device *out);
void nfpt_ipsec_natt_packet(struct nfpt_ipsec_net *ipn, const struct sk_buff *skb,
			    struct nf_conn *ct, enum ip_conntrack_info ctinfo);
bool nfpt_ipsec_natt_is_alive(struct nfpt_ipsec_session *session);
void nfpt_ipsec_ports_reap(struct nfpt_ipsec_net *ipn, bool all);

/* report.c */
extern const struct nfpt_setting nfpt_ipsec_settings[NFPT_IPSEC_SETTINGS];
extern const struct nfpt_counter nfpt_ipsec_counters[NFPT_IPSEC_COUNTERS];
int nfpt_ipsec_fill(struct sk_buff *skb, const struct nfpt_session *s, bool traffic);
int nfpt_ipsec_fill_parts(struct sk_buff *skb, const struct nfpt_session *s, unsigned long *n);

/* main.c */
extern struct nf_conntrack_helper nfpt_ipsec_helper;
extern struct nfpt_proto nfpt_ipsec_proto;

#endif /* _NFPT_IPSEC_H */
