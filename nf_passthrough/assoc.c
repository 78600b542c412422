// SPDX-License-Identifier: GPL-2.0
/*
 * Association: which inside host an inbound SA belongs to.
 *
 *          one host claims it               the host answers
 *  UNKNOWN --------------------> TENTATIVE ------------------> CONFIRMED
 *     |                           |     ^
 *     | several do     it doesn't |     | one is left
 *     +-----------------------> AMBIGUOUS: they get copies
 *
 * docs/ipsec.md has it as tables, and what cannot be known.
 */
#include "assoc_claim.h"
#include "assoc_evidence.h"

#define STALE_OUT_SEQ	16	/* an outbound SA first seen beyond it is no new one */
#define SCORE_PROOF	8	/* enough against rivals who may have been silent */

/* Lists */

static void unlink_from(struct nfpt_assoc_sa **at, const struct nfpt_assoc_sa *sa)
{
	for (; *at; at = &(*at)->next) {
		if (*at == sa) {
			*at = sa->next;
			return;
		}
	}
}

/* Out of whatever list, to UNKNOWN. */
static void forget(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa)
{
	switch (sa->state) {
	case NFPT_ASSOC_AMBIGUOUS:
		unlink_from(&gw->pending, sa);
		break;
	case NFPT_ASSOC_TENTATIVE:
		unlink_from(&sa->host->sas, sa);
		gw->n_tentative--;
		break;
	case NFPT_ASSOC_CONFIRMED:
		unlink_from(&sa->host->sas, sa);
		sa->host->n_in--;
		break;
	}
	sa->host = NULL;
	sa->next = NULL;
	sa->n_candidates = 0;
	sa->pinned = false;
	sa->superseded = false;
	sa->fed = false;
	sa->state = NFPT_ASSOC_UNKNOWN;
}

static void add_candidate(struct nfpt_assoc_sa *sa, struct nfpt_assoc_host *host)
{
	struct nfpt_assoc_candidate *c = &sa->candidates[sa->n_candidates++];

	c->host = host;
	c->sent = host->sent;
	c->from = host->sent;
	c->paused = 0;
	c->score = 0;
	c->silent = false;
	c->quiet = false;
	c->owes = false;
	c->incumbent = false;
}

/* Whose it was until now, which counts if nothing else is found. */
static void add_incumbent(struct nfpt_assoc_sa *sa, struct nfpt_assoc_host *host)
{
	add_candidate(sa, host);
	sa->candidates[0].incumbent = true;
}

/* To the only candidate that is left. */
static void bind(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa, __u32 now)
{
	struct nfpt_assoc_host *host = sa->candidates[0].host;

	if (sa->state == NFPT_ASSOC_AMBIGUOUS)
		unlink_from(&gw->pending, sa);
	sa->state = NFPT_ASSOC_TENTATIVE;
	sa->chances = 0;
	sa->crowded = 0;
	sa->host = host;
	sa->candidates[0].from = host->sent;
	sa->since = now;
	sa->next = host->sas;
	host->sas = sa;
	host->waiting = false;
	gw->n_tentative++;
}

static void begin_phase(struct nfpt_assoc_sa *sa, enum nfpt_assoc_phase phase, __u32 now)
{
	struct nfpt_assoc_candidate *c;

	sa->phase = (__u8)phase;
	sa->since = now;
	sa->copies = 0;
	sa->chances = 0;
	sa->crowded = 0;
	for (c = sa->candidates; c < sa->candidates + sa->n_candidates; c++)
		c->from = c->host->sent;
}

/* To its candidates, of whom there are several. */
static void suspend(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa, __u32 now)
{
	sa->state = NFPT_ASSOC_AMBIGUOUS;
	sa->pause = 0;
	sa->next = gw->pending;
	gw->pending = sa;
	begin_phase(sa, NFPT_ASSOC_COPYING, now);
}

/* An ambiguous SA is not this host's. */
static void strike(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
		   const struct nfpt_assoc_host *host, __u32 now)
{
	struct nfpt_assoc_candidate *c = find_candidate(sa, host);

	if (!c)
		return;

	drop_candidate(sa, c);
	if (sa->n_candidates == 1)
		bind(gw, sa, now);
}

static void strike_all(struct nfpt_assoc_host *host, __u32 now)
{
	struct nfpt_assoc_sa *sa, *next;

	for (sa = host->gw->pending; sa; sa = next) {
		next = sa->next;
		strike(host->gw, sa, host, now);
	}
}

/* Decisions */

static struct nfpt_assoc_verdict verdict(enum nfpt_assoc_action action, enum nfpt_assoc_why why)
{
	struct nfpt_assoc_verdict v = { (__u8)action, (__u8)why, false };

	return v;
}

/* It may be another's as well. */
static bool is_contested(const struct nfpt_assoc_gw *gw, const struct nfpt_assoc_sa *sa, __u32 now)
{
	__u32 score = sa->candidates[0].score;
	nfpt_assoc_claim *claim = claim_of(sa);
	const struct nfpt_assoc_host *host;

	if (sa->pinned || score == SCORE_SURE)
		return false;
	if (sa->state == NFPT_ASSOC_AMBIGUOUS)
		return true;
	if (score && nfpt_assoc_is_steady(sa, score)) {
		if (2 * sa->crowded < sa->chances)
			return false;
		claim = is_wanting;
	}
	for (host = gw->hosts; host; host = host->next)
		if (host != sa->host && claim(host, now))
			return true;
	return false;
}

/* Back to the candidates: its host, and others by their claims. */
static bool doubt(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa, nfpt_assoc_claim *claim,
		  __u32 now)
{
	struct nfpt_assoc_host *host = sa->host, *other;
	__u32 n = 0;

	for (other = gw->hosts; other; other = other->next)
		n += other != host && claim(other, now);
	if (!n || n >= NFPT_ASSOC_HOSTS)
		return false;

	forget(gw, sa);
	add_incumbent(sa, host);
	for (other = gw->hosts; other; other = other->next)
		if (other != host && claim(other, now))
			add_candidate(sa, other);
	suspend(gw, sa, now);
	return true;
}

static void begin_pause(struct nfpt_assoc_sa *sa, __u32 least, __u32 now)
{
	if (sa->pause >= NFPT_ASSOC_RETRY_MS && sa->pause < NFPT_ASSOC_RETRY_MAX_MS)
		sa->pause *= 2;
	else if (sa->pause)
		least = NFPT_ASSOC_RETRY_MS;
	if (sa->pause < least)
		sa->pause = least;
	begin_phase(sa, NFPT_ASSOC_PAUSED, now);
}

/* Nobody gets it for a while.  Return: whether, which needs another candidate. */
static bool withdraw(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa, __u32 pause, __u32 now)
{
	__u32 before = sa->pause, said = sa->candidates[0].host->sent - sa->candidates[0].from;
	__u32 ms = now - sa->since;

	if (sa->state == NFPT_ASSOC_TENTATIVE && !doubt(gw, sa, claim_of(sa), now))
		return false;
	sa->pause = before;
	begin_pause(sa, pause, now);
	sa->candidates[0].paused = said;
	sa->paused = ms;
	return true;
}

/* A packet goes out, unless it would take the answer to another's. */
static struct nfpt_assoc_verdict offer(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
				       enum nfpt_assoc_why why, __u32 now)
{
	bool late = (sa->copies || sa->first > NFPT_ASSOC_NEW_SEQ) &&
		    now - sa->asked < NFPT_ASSOC_RETRY_MS &&
		    now - sa->exposed >= NFPT_ASSOC_WINDOW_MS;

	if (late && is_contested(gw, sa, now) && withdraw(gw, sa, NFPT_ASSOC_RETRY_MS, now))
		return verdict(NFPT_ASSOC_DROP, NFPT_ASSOC_WHY_CROWD);
	if (nfpt_assoc_must_wait(gw, sa, now)) {
		sa->fed = false;
		return verdict(NFPT_ASSOC_DROP, NFPT_ASSOC_WHY_CROWD);
	}
	nfpt_assoc_mark(sa, now);
	if (sa->state == NFPT_ASSOC_TENTATIVE)
		return verdict(NFPT_ASSOC_DELIVER, why);
	if (!sa->copies)
		sa->since = now;
	sa->copies++;
	return verdict(NFPT_ASSOC_COPY, NFPT_ASSOC_WHY_SEVERAL);
}

/* A packet that is no news goes where the last one went. */
static struct nfpt_assoc_verdict repeat(struct nfpt_assoc_sa *sa)
{
	if (!sa->fed)
		return verdict(NFPT_ASSOC_DROP, NFPT_ASSOC_WHY_CROWD);
	if (sa->state == NFPT_ASSOC_TENTATIVE)
		return verdict(NFPT_ASSOC_DELIVER, NFPT_ASSOC_WHY_KNOWN);
	sa->copies++;
	return verdict(NFPT_ASSOC_COPY, NFPT_ASSOC_WHY_SEVERAL);
}

/* Candidates by one kind of claim.  Return: how many, of whom 8 at most are taken. */
static __u32 gather(const struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
		    nfpt_assoc_claim *claim, __u32 now)
{
	struct nfpt_assoc_host *host;
	__u32 n = 0;

	sa->n_candidates = 0;
	for (host = gw->hosts; host; host = host->next) {
		if (!claim(host, now))
			continue;
		if (n++ < NFPT_ASSOC_HOSTS)
			add_candidate(sa, host);
	}
	return n;
}

/*
 * More new SAs than credits: one of those bound is forged, or in the wrong
 * place.  Those that prove nothing are looked at anew when they come again.
 */
static void doubt_all(struct nfpt_assoc_gw *gw, __u32 now)
{
	struct nfpt_assoc_host *host;
	struct nfpt_assoc_sa *sa, *next;

	for (host = gw->hosts; host; host = host->next)
		if (is_credited(host, now) && !is_served(host, now))
			return;

	for (host = gw->hosts; host; host = host->next) {
		if (!is_credited(host, now))
			continue;
		for (sa = host->sas; sa; sa = next) {
			next = sa->next;
			if (sa->state == NFPT_ASSOC_TENTATIVE && !sa->candidates[0].score)
				forget(gw, sa);
		}
	}
}

/*
 * Who has asked, and is to be answered on a new SA; else who is getting new keys.
 * Return: false if it is too early to say: who asks for keys has none to read the
 * packet with.
 */
static bool claim_rekeyed(const struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa, __u32 *n,
			  __u32 now)
{
	__u32 asking = gather(gw, sa, is_asking, now);

	*n = asking;
	if (!count(gw, is_expecting, now) && count(gw, is_rekeying, now) > 1)
		*n = gather(gw, sa, is_rekeying, now);
	if (*n == 1 || asking > 1 || !count(gw, is_requesting, now))
		return true;
	*n = 0;
	return false;
}

/* An SA that has just begun: somebody has asked for it. */
static enum nfpt_assoc_why claim_new(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
				     __u32 *n, __u32 now)
{
	__u32 credited = count(gw, is_credited, now);

	if (!claim_rekeyed(gw, sa, n, now))
		return NFPT_ASSOC_WHY_NONE;
	if (!*n)
		*n = gather(gw, sa, is_waiting, now);
	if (*n)
		return *n == 1 && credited == 1 && is_credited(sa->candidates[0].host, now) ?
		       NFPT_ASSOC_WHY_CREDIT : NFPT_ASSOC_WHY_WAITING;
	if (credited > 1)
		doubt_all(gw, now);
	*n = gather(gw, sa, is_credited, now);
	if (*n)
		return NFPT_ASSOC_WHY_CREDIT;
	*n = gather(gw, sa, is_missing, now);
	if (*n)
		return NFPT_ASSOC_WHY_WAITING;
	*n = gather(gw, sa, is_live, now);
	if (*n > 1)
		*n = gather(gw, sa, is_bare, now);
	if (*n > 1)
		*n = 0;
	return NFPT_ASSOC_WHY_ALONE;
}

/*
 * An SA from before we knew of it: who has not found its own?  One that asks
 * is it; if there are several, those that have only listened are asked as well.
 */
static enum nfpt_assoc_why claim_old(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
				     __u32 *n, __u32 now)
{
	__u32 missing = gather(gw, sa, is_missing, now);

	*n = missing;
	if (missing == 1)
		return NFPT_ASSOC_WHY_WAITING;
	*n = gather(gw, sa, is_old_claimant, now);
	if (*n > NFPT_ASSOC_HOSTS && missing)
		*n = gather(gw, sa, is_missing, now);
	return NFPT_ASSOC_WHY_ALONE;
}

static enum nfpt_assoc_why gather_best(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
				       __u32 *n, __u32 now)
{
	*n = gather(gw, sa, is_pinned, now);
	if (*n)
		return NFPT_ASSOC_WHY_PIN;
	if (sa->first <= NFPT_ASSOC_NEW_SEQ)
		return claim_new(gw, sa, n, now);
	return claim_old(gw, sa, n, now);
}

/* An unknown SA: whose may it be? */
static struct nfpt_assoc_verdict decide(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					__u32 now)
{
	enum nfpt_assoc_why why;
	__u32 n;

	why = gather_best(gw, sa, &n, now);
	if (!n || n > NFPT_ASSOC_HOSTS) {
		sa->n_candidates = 0;
		return verdict(NFPT_ASSOC_DROP, n ? NFPT_ASSOC_WHY_CROWD : NFPT_ASSOC_WHY_NONE);
	}
	if (n == 1) {
		bind(gw, sa, now);
		sa->pinned = why == NFPT_ASSOC_WHY_PIN;
	} else {
		suspend(gw, sa, now);
	}
	return offer(gw, sa, why, now);
}

static bool is_proved(const struct nfpt_assoc_gw *gw, const struct nfpt_assoc_sa *sa, __u32 now)
{
	__u32 score = sa->candidates[0].score;

	if (sa->pinned || score == SCORE_SURE)
		return true;
	return nfpt_assoc_is_steady(sa, score) &&
	       score >= (has_rival(gw, sa, now) ? SCORE_PROOF : 1);
}

/* An old SA was nobody's by the order of things: that needs more than answers. */
static bool is_untested(const struct nfpt_assoc_gw *gw, const struct nfpt_assoc_sa *sa, __u32 now)
{
	if (sa->first <= NFPT_ASSOC_NEW_SEQ || sa->pinned ||
	    sa->candidates[0].score == SCORE_SURE)
		return false;
	return now - sa->since < TRIAL_MS || is_contested(gw, sa, now);
}

/* SAs that were the host's by a credit that another has now. */
static void forget_surplus(struct nfpt_assoc_host *host, __u32 now)
{
	struct nfpt_assoc_sa *sa, *next;

	for (sa = host->sas; sa; sa = next) {
		next = sa->next;
		if (sa->state == NFPT_ASSOC_TENTATIVE && !sa->pinned &&
		    (has_rival(host->gw, sa, now) || count(host->gw, is_bare, now)))
			forget(host->gw, sa);
	}
}

/* Those that have expired, and one more, the oldest, if it is used. */
static void drop_credits(struct nfpt_assoc_host *host, bool used, __u32 now)
{
	__u32 i, n = 0;

	for (i = 0; i < host->credits; i++) {
		if (is_after(now, host->credit_until[i]))
			continue;
		if (!used)
			host->credit_until[n++] = host->credit_until[i];
		used = false;
	}
	host->credits = (__u8)n;
}

static struct nfpt_assoc_verdict confirm(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					 enum nfpt_assoc_why why, __u32 now)
{
	struct nfpt_assoc_verdict v = verdict(NFPT_ASSOC_DELIVER, why);
	struct nfpt_assoc_host *host = sa->host;

	sa->state = NFPT_ASSOC_CONFIRMED;
	gw->n_tentative--;
	host->n_in++;
	host->got = true;
	host->answered = now;
	host->asks = false;
	host->starving = false;
	drop_credits(host, true, now);
	if (!is_claimant(host, now)) {
		strike_all(host, now);
		forget_surplus(host, now);
	}
	v.supersedes = host->restarted;
	host->restarted = false;
	return v;
}

/* Whom else may a tentative SA belong to, that its host does not answer? */
static bool is_silent_rival(const struct nfpt_assoc_host *host, __u32 now)
{
	return ((is_credited(host, now) && !is_served(host, now)) || is_bare(host, now)) &&
	       (!host->spoke || now - host->last >= SILENT_MS);
}

/*
 * What makes a binding doubtful: its host says nothing to the second packet, or
 * to most; it speaks, but in no closer time than any host that talks to
 * somebody might, while another one has not spoken at all and might answer a
 * copy; or it was found by one answer, and spoke of itself before the next.
 */
static bool is_doubtful(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa, bool second,
			bool answered, __u32 now)
{
	struct nfpt_assoc_candidate *c = &sa->candidates[0];
	bool fresh = sa->first <= NFPT_ASSOC_NEW_SEQ;
	__u8 score = c->score;

	if (sa->doubted)
		return false;
	if (second && !answered)
		return doubt(gw, sa, need_of(sa), now);
	if (!second)
		return sa->copies && score && !nfpt_assoc_is_steady(sa, score) &&
		       doubt(gw, sa, claim_of(sa), now);
	if (now - sa->asked < SLOW_MS && fresh)
		return false;
	if (now - sa->asked >= SLOW_MS && score > SCORE_SLOW && !c->quiet)
		return doubt(gw, sa, claim_of(sa), now);
	if (!count(gw, is_silent_rival, now) || !doubt(gw, sa, need_of(sa), now))
		return false;
	if (fresh)
		c->score = score;
	return true;
}

/* One after the other: else all fall silent. */
static bool may_test(const struct nfpt_assoc_gw *gw)
{
	const struct nfpt_assoc_sa *sa;

	for (sa = gw->pending; sa; sa = sa->next)
		if (sa->pause && sa->pause < NFPT_ASSOC_RETRY_MS)
			return false;
	return true;
}

static struct nfpt_assoc_verdict in_tentative(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					      __u32 now)
{
	__u8 chances = sa->chances;
	bool answered = nfpt_assoc_weigh(sa, now);
	bool second = !chances && sa->chances;

	if (is_proved(gw, sa, now)) {
		if (!is_untested(gw, sa, now))
			return confirm(gw, sa, NFPT_ASSOC_WHY_KNOWN, now);
		if (is_contested(gw, sa, now) && may_test(gw) &&
		    withdraw(gw, sa, NFPT_ASSOC_PAUSE_MS, now))
			return verdict(NFPT_ASSOC_DROP, NFPT_ASSOC_WHY_CROWD);
	}
	if (is_doubtful(gw, sa, second, answered, now))
		sa->doubted = true;
	return offer(gw, sa, NFPT_ASSOC_WHY_KNOWN, now);
}

static struct nfpt_assoc_verdict settle(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					__u32 now)
{
	enum nfpt_assoc_why why = sa->repaired ? NFPT_ASSOC_WHY_REPAIRED :
						 NFPT_ASSOC_WHY_ELIMINATED;

	bind(gw, sa, now);
	if (is_proved(gw, sa, now) && !is_untested(gw, sa, now))
		return confirm(gw, sa, why, now);
	return offer(gw, sa, why, now);
}

/* One SA of a gateway at a time: else two hosts would wake up together. */
static bool may_probe(const struct nfpt_assoc_gw *gw, const struct nfpt_assoc_sa *sa, __u32 now)
{
	const struct nfpt_assoc_sa *other;

	if (now - sa->since < sa->pause)
		return false;
	for (other = gw->pending; other; other = other->next)
		if (other->phase == NFPT_ASSOC_PROBING &&
		    now - other->since < NFPT_ASSOC_COPY_MS)
			return false;
	return true;
}

static void begin_probe(struct nfpt_assoc_sa *sa, __u32 now)
{
	struct nfpt_assoc_candidate *c;

	for (c = sa->candidates; c < sa->candidates + sa->n_candidates; c++) {
		c->paused = c->host->sent - c->from;
		c->score = 0;
	}
	sa->paused = now - sa->since;
	begin_phase(sa, NFPT_ASSOC_PROBING, now);
}

static struct nfpt_assoc_verdict in_paused(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					   __u32 now)
{
	if (sa->pause == NFPT_ASSOC_PAUSE_MS && now - sa->exposed >= NFPT_ASSOC_WINDOW_MS)
		begin_pause(sa, NFPT_ASSOC_RETRY_MS, now);
	if (nfpt_assoc_has_fallen_silent(&sa->candidates[0], sa, now)) {
		sa->n_candidates = 1;
		sa->candidates[0].score = SCORE_SURE;
		return settle(gw, sa, now);
	}
	if (!may_probe(gw, sa, now) || nfpt_assoc_must_wait(gw, sa, now))
		return verdict(NFPT_ASSOC_DROP, NFPT_ASSOC_WHY_CROWD);

	begin_probe(sa, now);
	return offer(gw, sa, NFPT_ASSOC_WHY_SEVERAL, now);
}

/* Enough copies for now, without a result. */
static struct nfpt_assoc_verdict give_up(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					 __u32 now)
{
	if (sa->phase == NFPT_ASSOC_PROBING) {
		nfpt_assoc_keep_last_resort(sa);
		if (sa->n_candidates == 1)
			return settle(gw, sa, now);
	}
	begin_pause(sa, NFPT_ASSOC_PAUSE_MS, now);
	return verdict(NFPT_ASSOC_DROP, NFPT_ASSOC_WHY_CROWD);
}

static struct nfpt_assoc_verdict in_copied(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					   bool advances, __u32 now)
{
	if (advances) {
		nfpt_assoc_weigh(sa, now);
		if (sa->phase == NFPT_ASSOC_PROBING)
			nfpt_assoc_keep_jumped(sa, now);
		if (sa->phase == NFPT_ASSOC_COPYING || sa->first <= NFPT_ASSOC_NEW_SEQ)
			nfpt_assoc_keep_best(sa);
		if (sa->n_candidates == 1)
			return settle(gw, sa, now);
	}
	if (sa->copies && (sa->copies >= NFPT_ASSOC_COPIES ||
			   now - sa->since >= NFPT_ASSOC_COPY_MS ||
			   now - sa->exposed >= NFPT_ASSOC_WINDOW_MS))
		return give_up(gw, sa, now);
	return advances ? offer(gw, sa, NFPT_ASSOC_WHY_SEVERAL, now) : repeat(sa);
}

static struct nfpt_assoc_verdict in_known(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					  bool advances, __u32 now)
{
	switch (sa->state) {
	case NFPT_ASSOC_UNKNOWN:
		return decide(gw, sa, now);
	case NFPT_ASSOC_AMBIGUOUS:
		return sa->phase == NFPT_ASSOC_PAUSED ? in_paused(gw, sa, now) :
							in_copied(gw, sa, advances, now);
	case NFPT_ASSOC_CONFIRMED:
		sa->host->answered = now;
		sa->host->asks = false;
		break;
	default:
		return advances ? in_tentative(gw, sa, now) : repeat(sa);
	}
	return verdict(NFPT_ASSOC_DELIVER, NFPT_ASSOC_WHY_KNOWN);
}

/**
 * nfpt_assoc_in_first() - the first packet of an inbound SA that nobody knows
 * @gw: the gateway that it comes from
 * @sa: the SA, zero but for what is the owner's
 * @seq: its sequence number
 * @now: ms
 *
 * If the SA is NFPT_ASSOC_UNKNOWN afterwards, it is in no list, and the caller
 * may free it.
 *
 * Return: what to do with the packet, and why.
 */
struct nfpt_assoc_verdict nfpt_assoc_in_first(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					      __u32 seq, __u32 now)
{
	sa->first = seq;
	sa->top = seq;
	sa->born = now;
	sa->last = now;
	sa->asked = now - NFPT_ASSOC_RETRY_MS;
	return decide(gw, sa, now);
}
EXPORT_SYMBOL_GPL(nfpt_assoc_in_first);

/**
 * nfpt_assoc_in() - a further packet of an inbound SA
 * @gw: the gateway that it comes from
 * @sa: the SA, in any state
 * @seq: its sequence number
 * @now: ms
 *
 * A packet whose number does not advance goes where the last one went, and is
 * no evidence: it may be an old one that somebody replays.
 *
 * Return: what to do with the packet, and why.
 */
struct nfpt_assoc_verdict nfpt_assoc_in(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
					__u32 seq, __u32 now)
{
	struct nfpt_assoc_verdict v;
	bool advances = is_after(seq, sa->top);

	v = in_known(gw, sa, advances, now);
	if (advances)
		sa->top = seq;
	sa->last = now;
	return v;
}
EXPORT_SYMBOL_GPL(nfpt_assoc_in);

/* Repair */

/* How long has it got no answer at all?  To be asked now and then. */
static bool is_starved(struct nfpt_assoc_host *host, __u32 now)
{
	bool answered = host->got && !is_after(host->starved, host->answered);

	if (!is_unanswered(host) || is_content(host, 0)) {
		host->starving = false;
	} else if (!host->starving || answered) {
		host->starving = true;
		host->starved = now;
	}
	return host->starving && now - host->starved >= NFPT_ASSOC_REPAIR_MS &&
	       now - host->last < NFPT_ASSOC_REPAIR_MS && !host->floated;
}

/* It has had time to prove itself, and has not. */
static bool is_suspect(const struct nfpt_assoc_sa *sa, __u32 now)
{
	return sa->state == NFPT_ASSOC_TENTATIVE && !sa->pinned && !sa->repaired &&
	       now - sa->since >= TRIAL_MS;
}

/* The newest SA that a host has not proved; of a host with one too many, if asked. */
static struct nfpt_assoc_sa *find_suspect(const struct nfpt_assoc_gw *gw,
					  const struct nfpt_assoc_host *starved, bool surplus,
					  __u32 now)
{
	const struct nfpt_assoc_host *host;
	struct nfpt_assoc_sa *sa;

	for (host = gw->hosts; host; host = host->next) {
		if (host == starved || (surplus && count_bound(host, false) <= host->n_out))
			continue;
		for (sa = host->sas; sa; sa = sa->next)
			if (is_suspect(sa, now))
				return sa;
	}
	return NULL;
}

/* The starved host may have it, or who had it until now. */
static void share(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa,
		  struct nfpt_assoc_host *starved, __u32 now)
{
	struct nfpt_assoc_host *holder = sa->host;

	forget(gw, sa);
	sa->repaired = true;
	add_incumbent(sa, holder);
	add_candidate(sa, starved);
	suspend(gw, sa, now);
}

/**
 * nfpt_assoc_repair() - look for a host that misses its SA, and who may have it
 * @gw: the gateway
 * @now: ms
 *
 * To be called every second while nfpt_assoc_unsettled(), until it returns
 * NULL.  A host that gets no answer for NFPT_ASSOC_REPAIR_MS becomes a
 * candidate for the newest tentative SA of a host that has more inbound than
 * outbound SAs.  If there is none such, hosts may hold each other's, in a ring:
 * then for all tentative SAs of others.  No SA is taken twice.
 *
 * Return: the SA, which is ambiguous now, or NULL.
 */
struct nfpt_assoc_sa *nfpt_assoc_repair(struct nfpt_assoc_gw *gw, __u32 now)
{
	struct nfpt_assoc_host *host;
	struct nfpt_assoc_sa *sa;

	for (host = gw->hosts; host; host = host->next) {
		if (!is_starved(host, now))
			continue;
		sa = find_suspect(gw, host, true, now);
		if (sa)
			host->starved = now;
		else
			sa = find_suspect(gw, host, false, now);
		if (sa) {
			share(gw, sa, host, now);
			return sa;
		}
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(nfpt_assoc_repair);

/* Hosts */

/**
 * nfpt_assoc_join() - an inside host begins to talk to a gateway
 * @gw: the gateway
 * @host: the host, zero
 */
void nfpt_assoc_join(struct nfpt_assoc_gw *gw, struct nfpt_assoc_host *host)
{
	host->gw = gw;
	host->next = gw->hosts;
	gw->hosts = host;
}
EXPORT_SYMBOL_GPL(nfpt_assoc_join);

/**
 * nfpt_assoc_leave() - a host is gone
 * @host: the host
 *
 * What was bound to it is unknown afterwards; where it was a candidate, the
 * others remain.
 */
void nfpt_assoc_leave(struct nfpt_assoc_host *host)
{
	struct nfpt_assoc_gw *gw = host->gw;
	struct nfpt_assoc_host **at;

	while (host->sas)
		forget(gw, host->sas);
	strike_all(host, host->last);
	for (at = &gw->hosts; *at; at = &(*at)->next) {
		if (*at == host) {
			*at = host->next;
			break;
		}
	}
	host->next = NULL;
	host->gw = NULL;
}
EXPORT_SYMBOL_GPL(nfpt_assoc_leave);

/**
 * nfpt_assoc_end() - an inbound SA is gone
 * @gw: its gateway
 * @sa: the SA, in any state
 */
void nfpt_assoc_end(struct nfpt_assoc_gw *gw, struct nfpt_assoc_sa *sa)
{
	forget(gw, sa);
}
EXPORT_SYMBOL_GPL(nfpt_assoc_end);

/**
 * nfpt_assoc_heard() - a host has sent IKE
 * @host: the host
 * @now: ms
 */
void nfpt_assoc_heard(struct nfpt_assoc_host *host, __u32 now)
{
	host->heard = true;
	host->ike = now;
}
EXPORT_SYMBOL_GPL(nfpt_assoc_heard);

/**
 * nfpt_assoc_request() - a host begins an exchange that may make an SA
 * @host: the host
 * @now: ms
 *
 * A gateway has keys when it answers, the host only then.  Once, until an
 * exchange is complete: who is never answered has no keys to come.
 */
void nfpt_assoc_request(struct nfpt_assoc_host *host, __u32 now)
{
	if (host->requested)
		return;
	host->requested = true;
	host->keyed = false;
	host->begun = now;
	host->exchange = now;
}
EXPORT_SYMBOL_GPL(nfpt_assoc_request);

static void end_exchange(struct nfpt_assoc_host *host, __u32 now)
{
	if (!host->requested)
		host->begun = now;
	host->requested = false;
	host->keyed = true;
	host->exchange = now;
}

/**
 * nfpt_assoc_credit() - an exchange that may make an SA is complete
 * @host: the host
 * @expires_ms: how long its credit lives
 * @now: ms
 */
void nfpt_assoc_credit(struct nfpt_assoc_host *host, __u32 expires_ms, __u32 now)
{
	drop_credits(host, false, now);
	if (host->credits == NFPT_ASSOC_CREDITS)
		drop_credits(host, true, now);
	host->credit_until[host->credits++] = now + expires_ms;
	end_exchange(host, now);
}
EXPORT_SYMBOL_GPL(nfpt_assoc_credit);

/**
 * nfpt_assoc_renew() - an exchange that gave a credit goes on
 * @host: the host
 * @expires_ms: how long its newest credit lives from now on
 * @now: ms
 */
void nfpt_assoc_renew(struct nfpt_assoc_host *host, __u32 expires_ms, __u32 now)
{
	if (!host->credits)
		host->credits = 1;
	host->credit_until[host->credits - 1] = now + expires_ms;
	end_exchange(host, now);
}
EXPORT_SYMBOL_GPL(nfpt_assoc_renew);

/**
 * nfpt_assoc_restart() - a host begins a new IKE SA
 * @host: the host
 * @now: ms
 *
 * It has lost its state, or means to replace it.  Credits and unproved SAs go
 * at once.  Confirmed SAs stay until they are idle, or until the new IKE SA
 * has made one: see nfpt_assoc_stale().
 */
void nfpt_assoc_restart(struct nfpt_assoc_host *host, __u32 now)
{
	struct nfpt_assoc_sa *sa, *next;

	host->credits = 0;
	host->requested = false;
	host->keyed = false;
	host->waiting = false;
	host->restarted = host->n_in > 0;
	for (sa = host->sas; sa; sa = next) {
		next = sa->next;
		if (sa->state == NFPT_ASSOC_TENTATIVE)
			forget(host->gw, sa);
		else
			sa->superseded = true;
	}
	strike_all(host, now);
}
EXPORT_SYMBOL_GPL(nfpt_assoc_restart);

/**
 * nfpt_assoc_stale() - take one SA of a dead IKE SA away from a host
 * @host: the host, of which a verdict said that it supersedes
 *
 * Only what was not heard of since the new SA began: the host may have two IKE
 * SAs on purpose.
 *
 * Return: an SA that is in no list any more, for the caller to end; NULL if
 * there is none (left).
 */
struct nfpt_assoc_sa *nfpt_assoc_stale(struct nfpt_assoc_host *host)
{
	struct nfpt_assoc_sa *sa, *newest = NULL;

	for (sa = host->sas; sa; sa = sa->next)
		if (sa->state == NFPT_ASSOC_CONFIRMED && !sa->superseded &&
		    (!newest || is_after(sa->born, newest->born)))
			newest = sa;
	for (sa = host->sas; newest && sa; sa = sa->next) {
		if (sa->superseded && is_after(newest->born, sa->last)) {
			forget(host->gw, sa);
			return sa;
		}
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(nfpt_assoc_stale);

/* It may be that the host answers a copy, and waits for nothing. */
static bool was_asked(const struct nfpt_assoc_host *host, __u32 now)
{
	struct nfpt_assoc_sa *sa;

	for (sa = host->gw->pending; sa; sa = sa->next)
		if (sa->phase != NFPT_ASSOC_PAUSED && now - sa->asked <= PROMPT_MS &&
		    find_candidate(sa, host))
			return true;
	return false;
}

/* A new outbound SA: its inbound one is on its way, unless it came before. */
static void begin_waiting(struct nfpt_assoc_host *host, __u32 seq, __u32 now)
{
	host->fresh = now;
	if (is_credited(host, now))
		host->waiting = !is_served(host, now);
	else
		host->waiting = count_bound(host, false) < host->n_out;
	if (seq > STALE_OUT_SEQ || was_asked(host, now) ||
	    (is_exchanging(host, now) && is_renewed(host)))
		host->waiting = false;
	if (host->n_in < host->n_out && !host->starving) {
		host->starving = true;
		host->starved = now;
	}
}

/**
 * nfpt_assoc_out() - a host sends ESP
 * @host: the host
 * @fresh: it is the first packet of an outbound SA
 * @seq: its sequence number
 * @now: ms
 *
 * A host that has moved to port 4500 and sends plain ESP has not moved.
 */
void nfpt_assoc_out(struct nfpt_assoc_host *host, bool fresh, __u32 seq, __u32 now)
{
	host->sent++;
	host->last = now;
	host->asks = true;
	host->spoke = true;
	host->floated = false;
	if (!fresh)
		return;

	if (host->n_out < 0xffff)
		host->n_out++;
	begin_waiting(host, seq, now);
}
EXPORT_SYMBOL_GPL(nfpt_assoc_out);

/**
 * nfpt_assoc_out_end() - an outbound SA of a host is gone
 * @host: the host
 */
void nfpt_assoc_out_end(struct nfpt_assoc_host *host)
{
	if (host->n_out)
		host->n_out--;
}
EXPORT_SYMBOL_GPL(nfpt_assoc_out_end);

/**
 * nfpt_assoc_misses() - whether a host has an outbound SA and no inbound one
 * @host: the host
 * @now: ms
 *
 * Return: whether; then packets that it waits for may be going elsewhere.
 */
bool nfpt_assoc_misses(const struct nfpt_assoc_host *host, __u32 now)
{
	return is_missing(host, now);
}
EXPORT_SYMBOL_GPL(nfpt_assoc_misses);
