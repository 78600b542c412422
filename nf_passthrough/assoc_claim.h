/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Claims: reasons of a host to expect a new inbound SA.  A pin, a credit, an
 * outbound SA without its inbound one.  docs/ipsec.md has them as a table.
 */
#ifndef NFPT_ASSOC_CLAIM_H
#define NFPT_ASSOC_CLAIM_H

#include <passthrough/wire/assoc.h>

#define SLOW_MS		100	/* a rhythm that any host may have by chance */
#define ANSWER_MS	1000	/* who had one within this is answered */

typedef bool nfpt_assoc_claim(const struct nfpt_assoc_host *host, __u32 now);

static inline struct nfpt_assoc_candidate *
find_candidate(struct nfpt_assoc_sa *sa, const struct nfpt_assoc_host *host)
{
	__u32 i;

	for (i = 0; i < sa->n_candidates; i++)
		if (sa->candidates[i].host == host)
			return &sa->candidates[i];
	return NULL;
}

static inline bool is_after(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0;
}

static inline bool is_live(const struct nfpt_assoc_host *host, __u32 now)
{
	if (host->floated)
		return false;
	return (host->heard && now - host->ike <= NFPT_ASSOC_LIVE_MS) ||
	       (host->spoke && now - host->last <= NFPT_ASSOC_LIVE_MS) ||
	       (host->got && now - host->answered <= NFPT_ASSOC_LIVE_MS);
}

static inline bool is_bare(const struct nfpt_assoc_host *host, __u32 now)
{
	return !host->sas && is_live(host, now);
}

static inline bool is_pinned(const struct nfpt_assoc_host *host, __u32 now)
{
	(void)now;
	return host->pinned;
}

static inline __u32 count_credits(const struct nfpt_assoc_host *host, __u32 now)
{
	__u32 i, n = 0;

	for (i = 0; i < host->credits; i++)
		if (!is_after(now, host->credit_until[i]))
			n++;
	return n;
}

static inline bool is_credited(const struct nfpt_assoc_host *host, __u32 now)
{
	return !host->floated && count_credits(host, now);
}

static inline bool is_waiting(const struct nfpt_assoc_host *host, __u32 now)
{
	return host->waiting && now - host->fresh <= NFPT_ASSOC_WAIT_MS;
}

static inline bool is_unanswered(const struct nfpt_assoc_host *host)
{
	return host->spoke && (!host->got || is_after(host->last, host->answered));
}

/* SAs come in pairs: an outbound one without its inbound one. */
static inline bool is_missing(const struct nfpt_assoc_host *host, __u32 now)
{
	if (host->n_out <= host->n_in || !is_unanswered(host) || !is_live(host, now))
		return false;
	return !host->got || now - host->answered >= ANSWER_MS;
}

/* It asks, and has nothing for certain. */
static inline bool is_wanting(const struct nfpt_assoc_host *host, __u32 now)
{
	return is_waiting(host, now) || is_missing(host, now);
}

static inline bool is_claimant(const struct nfpt_assoc_host *host, __u32 now)
{
	return is_credited(host, now) || is_wanting(host, now);
}

/* Of an old SA: whoever has not found any may be the one. */
static inline bool is_old_claimant(const struct nfpt_assoc_host *host, __u32 now)
{
	return is_missing(host, now) || is_bare(host, now);
}

static inline __u32 count_bound(const struct nfpt_assoc_host *host, bool tentative)
{
	const struct nfpt_assoc_sa *sa;
	__u32 n = 0;

	for (sa = host->sas; sa; sa = sa->next)
		if (!tentative || sa->state == NFPT_ASSOC_TENTATIVE)
			n++;
	return n;
}

/* Whether all its credits have an SA already, if only tentatively. */
static inline bool is_served(const struct nfpt_assoc_host *host, __u32 now)
{
	return count_bound(host, true) >= count_credits(host, now);
}

/* Its SA is among as many ambiguous ones as there are hosts to share them. */
static inline bool is_provided(const struct nfpt_assoc_host *host)
{
	struct nfpt_assoc_sa *sa;
	__u32 n = 0, most = 0;

	for (sa = host->gw->pending; sa; sa = sa->next) {
		if (!find_candidate(sa, host))
			continue;
		n++;
		if (sa->n_candidates > most)
			most = sa->n_candidates;
	}
	return n && n >= most;
}

/* It has asked on a new outbound SA, and not been answered on whatever SA. */
static inline bool is_expecting(const struct nfpt_assoc_host *host, __u32 now)
{
	return host->asks && is_waiting(host, now) && !is_provided(host);
}

/* Its last exchange is not long over, if it is at all. */
static inline bool is_exchanging(const struct nfpt_assoc_host *host, __u32 now)
{
	return (host->requested || host->keyed) && now - host->exchange <= NFPT_ASSOC_FRESH_MS;
}

/* It has got an SA since that began. */
static inline bool is_renewed(const struct nfpt_assoc_host *host)
{
	const struct nfpt_assoc_sa *sa;

	for (sa = host->sas; sa; sa = sa->next)
		if (!is_after(host->begun, sa->born))
			return true;
	return false;
}

/* It has an SA, and a newer one is being made. */
static inline bool is_rekeying(const struct nfpt_assoc_host *host, __u32 now)
{
	return host->n_in && !host->floated && is_exchanging(host, now) && !is_renewed(host);
}

/* The gateway may use new keys that the host does not have yet. */
static inline bool is_requesting(const struct nfpt_assoc_host *host, __u32 now)
{
	return host->requested && is_rekeying(host, now);
}

/* It has asked on the old SA, and may be answered on the new one. */
static inline bool is_changing(const struct nfpt_assoc_host *host, __u32 now)
{
	return host->asks && is_rekeying(host, now) && !is_provided(host);
}

static inline bool is_asking(const struct nfpt_assoc_host *host, __u32 now)
{
	return is_expecting(host, now) || is_changing(host, now);
}

/* Its last word was followed by a packet of an SA that it has on trial, or came
 * so soon after one that it was itself the answer.
 */
static inline bool is_content(const struct nfpt_assoc_host *host, __u32 answer_ms)
{
	const struct nfpt_assoc_sa *sa;

	for (sa = host->sas; sa; sa = sa->next)
		if (sa->state == NFPT_ASSOC_TENTATIVE &&
		    !is_after(host->last, sa->last + answer_ms))
			return true;
	return false;
}

/* A claim that nothing has been found for yet, not even tentatively. */
static inline bool is_in_need(const struct nfpt_assoc_host *host, __u32 now)
{
	return (is_credited(host, now) && !is_served(host, now)) || is_waiting(host, now) ||
	       (is_missing(host, now) && !is_content(host, SLOW_MS));
}

static inline bool is_in_old_need(const struct nfpt_assoc_host *host, __u32 now)
{
	return (is_missing(host, now) && !is_content(host, SLOW_MS)) || is_bare(host, now);
}

static inline nfpt_assoc_claim *claim_of(const struct nfpt_assoc_sa *sa)
{
	return sa->first <= NFPT_ASSOC_NEW_SEQ ? is_claimant : is_old_claimant;
}

/* Who may have lost a bound SA to another host. */
static inline nfpt_assoc_claim *need_of(const struct nfpt_assoc_sa *sa)
{
	return sa->first <= NFPT_ASSOC_NEW_SEQ ? is_in_need : is_in_old_need;
}

static inline __u32 count(const struct nfpt_assoc_gw *gw, nfpt_assoc_claim *claim, __u32 now)
{
	const struct nfpt_assoc_host *host;
	__u32 n = 0;

	for (host = gw->hosts; host; host = host->next)
		if (claim(host, now))
			n++;
	return n;
}

/* Whether another host may claim the SA. */
static inline bool has_rival(const struct nfpt_assoc_gw *gw, const struct nfpt_assoc_sa *sa,
			     __u32 now)
{
	nfpt_assoc_claim *claim = claim_of(sa);
	const struct nfpt_assoc_host *other;

	for (other = gw->hosts; other; other = other->next)
		if (other != sa->host && claim(other, now))
			return true;
	return false;
}

#endif /* NFPT_ASSOC_CLAIM_H */
