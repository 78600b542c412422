/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Association: which inside host an inbound ESP SA belongs to, when several
 * share one gateway behind one NAT address.  IKE is encrypted, so nobody tells;
 * docs/ipsec.md has the rules and why they are so.
 *
 * All is told by packets: ESP that leaves, IKE exchanges that complete, ESP
 * that arrives.  Nothing is allocated here: hosts and SAs are parts of their
 * owner's objects, zero at first.  Times are milliseconds of any clock that
 * wraps.  The caller serialises all calls for one gateway.
 *
 * Without that lock the caller may, on its fast path,
 *  - for outbound ESP of a known SA: count nfpt_assoc_host.sent, set .last and
 *    .asks;
 *  - for inbound ESP of a CONFIRMED SA: set nfpt_assoc_sa.top and .last, and
 *    .answered of its host, and clear .asks.
 * These are only compared; what a race loses is one packet's evidence.
 */
#ifndef NFPT_WIRE_ASSOC_H
#define NFPT_WIRE_ASSOC_H

#include <passthrough/wire/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NFPT_ASSOC_HOSTS	8	/* candidates of an SA, at most */
#define NFPT_ASSOC_COPIES	8	/* packets of it copied in one go; twice, then rarely */
#define NFPT_ASSOC_COPY_MS	2000	/* one go lasts no longer */
#define NFPT_ASSOC_WINDOW_MS	4500	/* an SA goes to hosts for so long without proof */
#define NFPT_ASSOC_PAUSE_MS	500	/* between the first and the second */
#define NFPT_ASSOC_RETRY_MS	5000	/* before the third; doubled each time ... */
#define NFPT_ASSOC_RETRY_MAX_MS	40000	/* ... up to this */
#define NFPT_ASSOC_CREDITS	4	/* credits of a host, at most */
#define NFPT_ASSOC_FRESH_MS	1000	/* an exchange is under way, or just over, so long */
#define NFPT_ASSOC_WAIT_MS	2000	/* a host waits for its first answer so long */
#define NFPT_ASSOC_REPAIR_MS	3500	/* a host unanswered for so long looks for its SA */
#define NFPT_ASSOC_NEW_SEQ	128	/* an SA first seen with a higher number is an old one */
#define NFPT_ASSOC_LIVE_MS	300000	/* a host heard of within this is there */

struct nfpt_assoc_gw;
struct nfpt_assoc_sa;

/**
 * struct nfpt_assoc_host - an inside host's dealings with one gateway
 * @sent: outbound ESP packets, to see progress; wraps
 * @last: when it last sent ESP
 * @answered: when ESP of a confirmed SA last came for it
 * @asks: nothing has gone to it since it last sent ESP
 * @next: next host of the gateway
 * @gw: the gateway
 * @sas: inbound SAs bound to it, newest binding first
 * @pinned: the administrator says that unknown SAs are this host's
 * @floated: its IKE has moved to port 4500, so it has no plain ESP
 * @heard: @ike is valid
 * @spoke: @last and @fresh are valid
 * @got: @answered is valid
 * @waiting: it has sent on a new outbound SA and nothing was bound to it since
 * @starving: unanswered since @starved
 * @restarted: it has begun a new IKE SA, of which no ESP SA is confirmed yet
 * @requested: it has asked for an SA at @exchange, and the gateway is to answer
 * @keyed: its last exchange was complete at @exchange
 * @credits: exchanges completed whose inbound SA is not confirmed yet
 * @n_out: outbound SAs that are live
 * @n_in: inbound SAs that are confirmed
 * @credit_until: when each of @credits expires, oldest first
 * @fresh: when its newest outbound SA was first used
 * @starved: since when it has been @starving
 * @ike: when IKE was last heard from it
 * @begun: when its last exchange began, as far as that was seen
 * @exchange: when @requested or @keyed was last set
 */
struct nfpt_assoc_host {
	/* Each packet, whoever holds the lock. */
	__u32			sent;
	__u32			last;
	__u32			answered;
	bool			asks;
	struct nfpt_assoc_host	*next;
	struct nfpt_assoc_gw	*gw;
	struct nfpt_assoc_sa	*sas;
	bool			pinned;
	bool			floated;
	bool			heard;
	bool			spoke;
	bool			got;
	bool			waiting;
	bool			starving;
	bool			restarted;
	bool			requested;
	bool			keyed;
	__u8			credits;
	__u16			n_out;
	__u16			n_in;
	__u32			credit_until[NFPT_ASSOC_CREDITS];
	__u32			fresh;
	__u32			starved;
	__u32			ike;
	__u32			begun;
	__u32			exchange;
};

enum nfpt_assoc_state {
	NFPT_ASSOC_UNKNOWN,	/* nobody's: dropped */
	NFPT_ASSOC_AMBIGUOUS,	/* one of several candidates', who get copies */
	NFPT_ASSOC_TENTATIVE,	/* given to a host that has not proved it yet */
	NFPT_ASSOC_CONFIRMED,
};

enum nfpt_assoc_phase {
	NFPT_ASSOC_COPYING,
	NFPT_ASSOC_PAUSED,	/* nobody gets it: who falls silent? */
	NFPT_ASSOC_PROBING,	/* copied again: who wakes up? */
};

/**
 * struct nfpt_assoc_candidate - a host that an SA may belong to
 * @host: the host
 * @sent: nfpt_assoc_host.sent when the SA's last packet came
 * @from: the same, when the phase began
 * @paused: packets it sent in the last pause
 * @score: evidence for it
 * @silent: it had not spoken for long when the SA's last packet came
 * @quiet: it had not spoken, nor been asked, for a while
 * @owes: it had not answered a packet of an SA of its own yet
 * @incumbent: the SA was bound to it before
 */
struct nfpt_assoc_candidate {
	struct nfpt_assoc_host	*host;
	__u32			sent;
	__u32			from;
	__u32			paused;
	__u8			score;
	bool			silent;
	bool			quiet;
	bool			owes;
	bool			incumbent;
};

/**
 * struct nfpt_assoc_sa - an inbound SA
 * @top: highest sequence number seen
 * @last: when the last packet came
 * @next: next SA of the same host, or next ambiguous one of the gateway
 * @host: whose it is, NULL while unknown or ambiguous
 * @candidates: whose it may be; one if it is bound
 * @n_candidates: how many
 * @state: enum nfpt_assoc_state
 * @phase: enum nfpt_assoc_phase, while ambiguous
 * @copies: packets copied in this phase
 * @chances: packets that would have shown an answer, up to 255
 * @crowded: those around which not its host alone spoke
 * @pinned: bound by a pin
 * @doubted: it was bound, and then became ambiguous, for want of answers
 * @repaired: nfpt_assoc_repair() took it from a host
 * @superseded: its IKE SA is dead
 * @fed: its last packet went to its candidates
 * @pause: length of the last pause, ms, at least
 * @paused: how long it was in fact
 * @first: sequence number of the first packet seen
 * @born: when the first packet came
 * @exposed: since when it has gone to hosts without proof, but for short pauses
 * @asked: when it did so last
 * @since: when the phase, or the binding, began
 */
struct nfpt_assoc_sa {
	/* Each packet, whoever holds the lock. */
	__u32			top;
	__u32			last;
	struct nfpt_assoc_sa	*next;
	struct nfpt_assoc_host	*host;
	struct nfpt_assoc_candidate candidates[NFPT_ASSOC_HOSTS];
	__u8			n_candidates;
	__u8			state;
	__u8			phase;
	__u8			copies;
	__u8			chances;
	__u8			crowded;
	bool			pinned;
	bool			doubted;
	bool			repaired;
	bool			superseded;
	bool			fed;
	__u32			pause;
	__u32			paused;
	__u32			first;
	__u32			born;
	__u32			exposed;
	__u32			asked;
	__u32			since;
};

/**
 * struct nfpt_assoc_gw - a gateway as seen from one NAT address
 * @hosts: the inside hosts that talk to it
 * @pending: ambiguous SAs, newest first, linked by nfpt_assoc_sa.next
 * @n_tentative: how many tentative SAs its hosts have
 */
struct nfpt_assoc_gw {
	struct nfpt_assoc_host	*hosts;
	struct nfpt_assoc_sa	*pending;
	__u32			n_tentative;
};

enum nfpt_assoc_action {
	NFPT_ASSOC_DROP,	/* nobody gets it */
	NFPT_ASSOC_DELIVER,	/* to nfpt_assoc_sa.host */
	NFPT_ASSOC_COPY,	/* to the host of each of nfpt_assoc_sa.candidates */
};

/* Why; each has a counter. */
enum nfpt_assoc_why {
	NFPT_ASSOC_WHY_KNOWN,		/* it was bound before */
	NFPT_ASSOC_WHY_PIN,		/* the administrator's pin */
	NFPT_ASSOC_WHY_CREDIT,		/* the only host with a credit */
	NFPT_ASSOC_WHY_WAITING,		/* the only one that waits for an answer */
	NFPT_ASSOC_WHY_ALONE,		/* the only host there */
	NFPT_ASSOC_WHY_SEVERAL,		/* several may have it */
	NFPT_ASSOC_WHY_ELIMINATED,	/* the only one of several that is left */
	NFPT_ASSOC_WHY_NONE,		/* no host expects an SA */
	NFPT_ASSOC_WHY_CROWD,		/* too many candidates, or enough copies for now */
	NFPT_ASSOC_WHY_REPAIRED,	/* left over after it was taken from a host */
	NFPT_ASSOC_WHYS,
};

/**
 * struct nfpt_assoc_verdict - what to do with an inbound packet
 * @action: enum nfpt_assoc_action
 * @why: enum nfpt_assoc_why
 * @supersedes: see nfpt_assoc_stale()
 */
struct nfpt_assoc_verdict {
	__u8	action;
	__u8	why;
	bool	supersedes;
};

void nfpt_assoc_join(struct nfpt_assoc_gw *gw, struct nfpt_assoc_host *host);
void nfpt_assoc_leave(struct nfpt_assoc_host *host);
void nfpt_assoc_end(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa);

void nfpt_assoc_heard(struct nfpt_assoc_host *host, __u32 now);
void nfpt_assoc_request(struct nfpt_assoc_host *host, __u32 now);
void nfpt_assoc_credit(struct nfpt_assoc_host *host, __u32 expires_ms, __u32 now);
void nfpt_assoc_renew(struct nfpt_assoc_host *host, __u32 expires_ms, __u32 now);
void nfpt_assoc_restart(struct nfpt_assoc_host *host, __u32 now);
struct nfpt_assoc_sa *nfpt_assoc_stale(struct nfpt_assoc_host *host);
bool nfpt_assoc_misses(const struct nfpt_assoc_host *host, __u32 now);

void nfpt_assoc_out(struct nfpt_assoc_host *host, bool fresh, __u32 seq, __u32 now);
void nfpt_assoc_out_end(struct nfpt_assoc_host *host);

struct nfpt_assoc_verdict nfpt_assoc_in_first(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					      __u32 seq, __u32 now);
struct nfpt_assoc_verdict nfpt_assoc_in(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					__u32 seq, __u32 now);
struct nfpt_assoc_sa *nfpt_assoc_repair(struct nfpt_assoc_gw *gw, __u32 now);

/**
 * nfpt_assoc_unsettled() - whether nfpt_assoc_repair() may find work
 * @gw: the gateway
 */
static inline bool nfpt_assoc_unsettled(const struct nfpt_assoc_gw *gw)
{
	return gw->n_tentative;
}

#ifdef __cplusplus
}
#endif

#endif /* NFPT_WIRE_ASSOC_H */
