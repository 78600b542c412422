// SPDX-License-Identifier: GPL-2.0
/*
 * Evidence: what hosts do between two packets of an SA.  Who speaks soon after
 * most of its packets gets what it needs; who falls silent when they stop, and
 * wakes when they come again, even more so.
 */
#include "assoc_claim.h"
#include "assoc_evidence.h"

#define BURST_MS	10	/* who is silent between closer packets had no time to answer */
#define ASK_MS		100	/* a question is open for so long */

#define SCORE_PROMPT	3	/* ... that were close */
#define SCORE_WOKE	4	/* it was silent before, and spoke at once */
#define SCORE_BEST	4	/* enough to beat who has much less */
#define SCORE_FACTOR	4	/* who has this many times another's score beats it */
#define JUMP_FACTOR	4	/* against its rate in the pause */
#define JUMP_MIN	3

/* Half the packets that could show an answer showed one. */
bool nfpt_assoc_is_steady(const struct nfpt_assoc_sa *sa, __u32 score)
{
	return 2 * score >= sa->chances;
}

/* It has got a packet of an SA of its own, and has not spoken since. */
static bool owes_answer(const struct nfpt_assoc_host *host, const struct nfpt_assoc_sa *sa,
			__u32 now)
{
	const struct nfpt_assoc_sa *own;

	for (own = host->sas; own; own = own->next)
		if (own != sa && now - own->last < ASK_MS &&
		    (!host->spoke || is_after(own->last, host->last)) &&
		    (own->state == NFPT_ASSOC_CONFIRMED || own->candidates[0].score))
			return true;
	return false;
}

/* The state of things when a packet goes out, to be compared at the next. */
void nfpt_assoc_mark(struct nfpt_assoc_sa *sa, __u32 now)
{
	struct nfpt_assoc_candidate *c;

	if (now - sa->asked >= NFPT_ASSOC_RETRY_MS)
		sa->exposed = now;
	sa->asked = now;
	sa->fed = true;
	for (c = sa->candidates; c < sa->candidates + sa->n_candidates; c++) {
		struct nfpt_assoc_host *host = c->host;

		if (sa->n_candidates == 1)
			host->asks = false;
		c->sent = host->sent;
		c->silent = !host->spoke || now - host->last >= SILENT_MS;
		c->owes = owes_answer(host, sa, now);
		c->quiet = !c->owes && (!host->spoke || now - host->last >= ASK_MS);
	}
}

/* An answer to its last packet is still to come, and would be one to it only. */
static bool is_asked(const struct nfpt_assoc_sa *sa, const struct nfpt_assoc_host *host,
		     __u32 now)
{
	__u32 i;
	bool asks = false;

	if (now - sa->asked >= ASK_MS)
		return false;
	for (i = 0; i < sa->n_candidates; i++) {
		if (sa->candidates[i].host->sent != sa->candidates[i].sent)
			return false;
		if (sa->candidates[i].host == host)
			asks = sa->candidates[i].quiet;
	}
	return asks;
}

/* On trial, and either new or answered so far: its questions count. */
static bool is_promising(const struct nfpt_assoc_sa *sa, __u32 now)
{
	__u32 score = sa->candidates[0].score;

	if (sa->state != NFPT_ASSOC_TENTATIVE)
		return false;
	return now - sa->since < TRIAL_MS || (score && nfpt_assoc_is_steady(sa, score));
}

/* One of its candidates has just been asked by another SA. */
bool nfpt_assoc_must_wait(const struct nfpt_assoc_gw *gw, const struct nfpt_assoc_sa *sa,
			  __u32 now)
{
	const struct nfpt_assoc_sa *other;
	__u32 i;

	if (sa->pinned || (sa->state == NFPT_ASSOC_TENTATIVE && !has_rival(gw, sa, now)))
		return false;
	for (i = 0; i < sa->n_candidates; i++) {
		const struct nfpt_assoc_host *host = sa->candidates[i].host;

		for (other = gw->pending; other; other = other->next)
			if (other != sa && is_asked(other, host, now))
				return true;
		for (other = host->sas; other; other = other->next)
			if (other != sa && is_promising(other, now) && is_asked(other, host, now))
				return true;
	}
	return false;
}

/* It has spoken to a packet that came after this on an SA of its own. */
static bool is_explained(const struct nfpt_assoc_host *host, const struct nfpt_assoc_sa *sa,
			 __u32 since)
{
	const struct nfpt_assoc_sa *own;

	for (own = host->sas; own; own = own->next)
		if (own != sa && is_after(own->last, since) &&
		    !is_after(own->last, host->last) &&
		    (own->state == NFPT_ASSOC_CONFIRMED || own->candidates[0].score))
			return true;
	return false;
}

/* It has got copies of another ambiguous SA between these. */
static bool is_distracted(const struct nfpt_assoc_host *host, const struct nfpt_assoc_sa *sa,
			  __u32 since, __u32 until)
{
	struct nfpt_assoc_sa *other;

	for (other = host->gw->pending; other; other = other->next)
		if (other != sa && is_after(other->asked, since) &&
		    !is_after(other->asked, until) && find_candidate(other, host))
			return true;
	return false;
}

/* Another ambiguous SA has a better claim to have woken the host: it is later. */
static bool is_overtaken(const struct nfpt_assoc_host *host, struct nfpt_assoc_sa *sa)
{
	struct nfpt_assoc_sa *other;

	for (other = host->gw->pending; other; other = other->next) {
		const struct nfpt_assoc_candidate *c = find_candidate(other, host);

		if (other != sa && c && c->silent && !is_after(sa->asked, other->asked) &&
		    !is_after(other->asked, host->last))
			return true;
	}
	return false;
}

/* How long after the SA's last packet a silent host spoke, at most PROMPT_MS + 1. */
static __u32 wake_time(const struct nfpt_assoc_candidate *c, const struct nfpt_assoc_sa *sa)
{
	__u32 ms = PROMPT_MS + 1;

	if (!c->silent || c->host->sent == c->sent)
		return ms;
	if (c->host->last - sa->asked < ms)
		ms = c->host->last - sa->asked;
	if (c->host->fresh - sa->asked < ms)
		ms = c->host->fresh - sa->asked;
	return ms;
}

/* The first of all candidates that had been silent. */
static bool has_woken(const struct nfpt_assoc_candidate *c, const struct nfpt_assoc_sa *sa)
{
	__u32 i, ms = wake_time(c, sa);

	for (i = 0; i < sa->n_candidates; i++)
		if (wake_time(&sa->candidates[i], sa) < ms)
			return false;
	return ms <= PROMPT_MS;
}

/* Who has spoken may have spoken to another SA's packet. */
static bool is_shadowed(const struct nfpt_assoc_sa *sa)
{
	const struct nfpt_assoc_candidate *c;

	for (c = sa->candidates; c < sa->candidates + sa->n_candidates; c++)
		if (c->host->sent != c->sent &&
		    is_distracted(c->host, sa, sa->asked, c->host->last))
			return true;
	return false;
}

static __u32 weigh_answer(const struct nfpt_assoc_candidate *c, struct nfpt_assoc_sa *sa,
			  __u32 now)
{
	if (!c->silent && now - sa->asked < SLOW_MS)
		return SCORE_PROMPT;
	if (!c->silent)
		return is_shadowed(sa) ? 0 : SCORE_SLOW;
	if (is_overtaken(c->host, sa))
		return 0;
	return has_woken(c, sa) ? SCORE_WOKE : SCORE_SLOW;
}

/* Who has woken for this SA has not woken for another. */
static void set_awake(struct nfpt_assoc_sa *sa)
{
	struct nfpt_assoc_candidate *c, *same;
	struct nfpt_assoc_sa *other;

	for (c = sa->candidates; c < sa->candidates + sa->n_candidates; c++) {
		if (!has_woken(c, sa) || is_overtaken(c->host, sa))
			continue;
		for (other = c->host->gw->pending; other; other = other->next) {
			same = find_candidate(other, c->host);
			if (same && other != sa)
				same->silent = false;
		}
	}
}

static bool has_spoken(const struct nfpt_assoc_host *host, __u32 since)
{
	return host->spoke && host->last - since < ASK_MS;
}

/* Spoke its host after the last packet, or before this, and no other that wants one? */
static bool is_crowded(const struct nfpt_assoc_sa *sa, __u32 now)
{
	const struct nfpt_assoc_host *host, *own = sa->candidates[0].host;
	__u32 before = now - ASK_MS + 1;

	for (host = own->gw->hosts; host; host = host->next)
		if (host != own && is_wanting(host, now) &&
		    (has_spoken(host, sa->asked) || has_spoken(host, before)))
			return true;
	return !has_spoken(own, sa->asked) && !has_spoken(own, before);
}

/* Who has spoken since the SA's last packet?  Return: whether anybody has. */
bool nfpt_assoc_weigh(struct nfpt_assoc_sa *sa, __u32 now)
{
	struct nfpt_assoc_candidate *c;
	bool any = false;

	if (!sa->fed)
		return true;
	if (sa->n_candidates == 1 &&
	    (sa->candidates[0].owes || is_explained(sa->host, sa, sa->asked)))
		return true;

	for (c = sa->candidates; c < sa->candidates + sa->n_candidates; c++) {
		__u32 points;

		if (c->host->sent == c->sent || c->owes || is_explained(c->host, sa, sa->asked))
			continue;
		points = weigh_answer(c, sa, now);
		any = any || points;
		if (c->score + points < SCORE_SURE)
			c->score += (__u8)points;
	}
	set_awake(sa);
	if (!any && (now - sa->asked < BURST_MS || (sa->n_candidates > 1 && is_shadowed(sa))))
		return false;
	if (sa->chances == 255)
		return any;
	sa->chances++;
	sa->crowded += is_crowded(sa, now);
	return any;
}

static __u32 best_score(const struct nfpt_assoc_sa *sa)
{
	__u32 i, best = 0;

	for (i = 0; i < sa->n_candidates; i++)
		if (sa->candidates[i].score > best)
			best = sa->candidates[i].score;
	return best;
}

/* One answer may be chance; several of one host and none of others are not. */
void nfpt_assoc_keep_best(struct nfpt_assoc_sa *sa)
{
	__u32 i, best = best_score(sa);

	if (best < SCORE_BEST || !nfpt_assoc_is_steady(sa, best))
		return;
	for (i = sa->n_candidates; i-- > 0;)
		if (sa->candidates[i].score * SCORE_FACTOR <= best)
			drop_candidate(sa, &sa->candidates[i]);
}

/* It sends much more than in the pause before: it lives by these packets. */
static bool has_jumped(const struct nfpt_assoc_candidate *c, const struct nfpt_assoc_sa *sa,
		       __u32 now)
{
	__u32 n = c->host->sent - c->from;
	__u32 ms = now - sa->since > BURST_MS ? now - sa->since : BURST_MS;

	if (n < JUMP_MIN || is_explained(c->host, sa, sa->since) ||
	    is_distracted(c->host, sa, sa->since, now))
		return false;
	return (__u64)n * sa->paused > (__u64)JUMP_FACTOR * ms * ((__u64)c->paused + 1);
}

/* The other way round: it has spoken much less since its packets went to nobody. */
bool nfpt_assoc_has_fallen_silent(const struct nfpt_assoc_candidate *c,
				  const struct nfpt_assoc_sa *sa, __u32 now)
{
	__u64 n = c->host->sent - c->from, ms = now - sa->since;

	if (!c->incumbent || sa->pause != NFPT_ASSOC_PAUSE_MS || ms < ASK_MS)
		return false;
	return (n + 1) * JUMP_FACTOR * sa->paused < ms * c->paused;
}

void nfpt_assoc_keep_jumped(struct nfpt_assoc_sa *sa, __u32 now)
{
	struct nfpt_assoc_candidate *c, *jumped = NULL;

	for (c = sa->candidates; c < sa->candidates + sa->n_candidates; c++) {
		if (!has_jumped(c, sa, now))
			continue;
		if (jumped)
			return;
		jumped = c;
	}
	if (!jumped)
		return;
	sa->candidates[0] = *jumped;
	sa->candidates[0].score = SCORE_SURE;
	sa->n_candidates = 1;
}

/* A gateway that rekeys leaves the old SA when it takes the new one. */
static bool uses_older(const struct nfpt_assoc_host *host, const struct nfpt_assoc_sa *sa)
{
	const struct nfpt_assoc_sa *old;

	for (old = host->sas; old; old = old->next)
		if (old->state == NFPT_ASSOC_CONFIRMED && is_after(sa->born, old->born) &&
		    is_after(old->last, sa->exposed))
			return true;
	return false;
}

/* Nobody answers, or all do.  Whose can it be at least? */
void nfpt_assoc_keep_last_resort(struct nfpt_assoc_sa *sa)
{
	struct nfpt_assoc_candidate *c;
	__u32 i, n = 0;

	for (c = sa->candidates; c < sa->candidates + sa->n_candidates; c++) {
		if (!c->incumbent)
			continue;
		sa->candidates[0] = *c;
		sa->n_candidates = 1;
		return;
	}
	for (i = 0; i < sa->n_candidates; i++)
		n += uses_older(sa->candidates[i].host, sa);
	for (i = sa->n_candidates; n + 1 == sa->n_candidates && i-- > 0;)
		if (uses_older(sa->candidates[i].host, sa))
			drop_candidate(sa, &sa->candidates[i]);
}
