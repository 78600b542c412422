/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence: what hosts do between two packets of an SA, and what it says about
 * whose the SA is.  docs/ipsec.md has the points as a table.
 */
#ifndef NFPT_ASSOC_EVIDENCE_H
#define NFPT_ASSOC_EVIDENCE_H

#include <passthrough/wire/assoc.h>

#define PROMPT_MS	200	/* an answer comes within this */
#define SILENT_MS	2000	/* a host that speaks after this was woken */
#define TRIAL_MS	1000	/* a binding is left alone for so long */

#define SCORE_SLOW	1	/* it spoke between two packets that were far apart */
#define SCORE_SURE	255	/* it lives by these packets */

static inline void drop_candidate(struct nfpt_assoc_sa *sa, struct nfpt_assoc_candidate *c)
{
	*c = sa->candidates[--sa->n_candidates];
}

/* Half the packets that could show an answer showed one. */
bool nfpt_assoc_is_steady(const struct nfpt_assoc_sa *sa, __u32 score);

/* The state of things when a packet goes out, to be compared at the next. */
void nfpt_assoc_mark(struct nfpt_assoc_sa *sa, __u32 now);

/* One of the SA's candidates has just been asked by another SA. */
bool nfpt_assoc_must_wait(const struct nfpt_assoc_gw *gw, const struct nfpt_assoc_sa *sa,
			  __u32 now);

/* Who has spoken since the SA's last packet?  Return: whether anybody has. */
bool nfpt_assoc_weigh(struct nfpt_assoc_sa *sa, __u32 now);

/* It has spoken much less since its packets went to nobody. */
bool nfpt_assoc_has_fallen_silent(const struct nfpt_assoc_candidate *c,
				  const struct nfpt_assoc_sa *sa, __u32 now);

/* Drop who has much less than the best. */
void nfpt_assoc_keep_best(struct nfpt_assoc_sa *sa);

/* Drop all but the only one who woke when copies came again after a pause. */
void nfpt_assoc_keep_jumped(struct nfpt_assoc_sa *sa, __u32 now);

/* Nobody answers, or all do: drop who can spare it. */
void nfpt_assoc_keep_last_resort(struct nfpt_assoc_sa *sa);

#endif /* NFPT_ASSOC_EVIDENCE_H */
