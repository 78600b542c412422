// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: what the protocol modules track, by cookie, for those who list
 * them, end them or wait for news of them.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "core.h"

#define NFPT_GC_INTERVAL	(10 * HZ)

/**
 * nfpt_session_add() - list a new session
 * @s: addresses, protocol and state are set
 *
 * Context: softirq or process.
 * Return: 0, -ENOSPC at the limit of sessions, -ENOMEM.
 */
int nfpt_session_add(struct nfpt_session *s)
{
	struct nfpt_proto_net *pn = s->pn;
	struct nfpt_net *nn = pn->nn;
	int err;

	/* The limit may have been lowered below what is held. */
	if (atomic_inc_return(&pn->sessions) >
	    nfpt_setting(pn, NFPT_SETTING_MAX_SESSIONS)) {
		atomic_dec(&pn->sessions);
		return -ENOSPC;
	}

	s->born = ktime_get_seconds();
	s->seen = jiffies;
	/* Readers find it only when it is whole. */
	err = xa_alloc_cyclic_bh(&nn->sessions, &s->id, s,
				 XA_LIMIT(1, INT_MAX), &nn->next_id, GFP_ATOMIC);
	if (err < 0) {
		s->id = 0;
		atomic_dec(&pn->sessions);
		return err == -EBUSY ? -ENOSPC : err;
	}
	atomic_inc(&nn->generation);
	/* Does nothing if it is queued already. */
	queue_delayed_work(system_power_efficient_wq, &nn->gc, NFPT_GC_INTERVAL);
	nfpt_netlink_session_event(s, NF_PASSTHROUGH_EVENT_NEW,
				   NF_PASSTHROUGH_END_REASON_NONE);
	return 0;
}
EXPORT_SYMBOL_GPL(nfpt_session_add);

/**
 * nfpt_session_up() - both ends have agreed on a session
 * @s: the session
 *
 * Context: softirq or process.
 */
void nfpt_session_up(struct nfpt_session *s)
{
	WRITE_ONCE(s->state, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
	atomic_inc(&s->pn->nn->generation);
	nfpt_netlink_session_event(s, NF_PASSTHROUGH_EVENT_UP,
				   NF_PASSTHROUGH_END_REASON_NONE);
}
EXPORT_SYMBOL_GPL(nfpt_session_up);

/**
 * nfpt_session_clash() - a session has an identifier that another host has, too
 * @s: the session
 *
 * Context: softirq or process.
 */
void nfpt_session_clash(const struct nfpt_session *s)
{
	nfpt_netlink_session_event(s, NF_PASSTHROUGH_EVENT_CLASH,
				   NF_PASSTHROUGH_END_REASON_NONE);
}
EXPORT_SYMBOL_GPL(nfpt_session_clash);

/**
 * nfpt_session_del() - a session is over
 * @s: the session, listed or not; readers may hold it until a grace period has
 *	passed
 * @reason: why
 *
 * Context: softirq or process.
 */
void nfpt_session_del(struct nfpt_session *s,
		      enum nf_passthrough_end_reason reason)
{
	struct nfpt_net *nn = s->pn->nn;

	if (!s->id)
		return;
	xa_erase_bh(&nn->sessions, s->id);
	atomic_inc(&nn->generation);
	atomic_dec(&s->pn->sessions);
	nfpt_netlink_session_event(s, NF_PASSTHROUGH_EVENT_END, reason);
}
EXPORT_SYMBOL_GPL(nfpt_session_del);

static bool nfpt_session_has_addr(const struct nfpt_session *s, __be32 addr)
{
	return s->initiator == addr || s->responder == addr ||
	       s->initiator_seen == addr || s->responder_seen == addr;
}

static bool nfpt_session_matches(const struct nfpt_session *s,
				 const struct nfpt_session_filter *f)
{
	if (f->id && s->id != f->id)
		return false;
	if (f->proto_id >= 0 && s->pn->proto->id != f->proto_id)
		return false;
	if (f->state >= 0 && READ_ONCE(s->state) != f->state)
		return false;
	if (f->forwarded && s->local)
		return false;
	if (f->initiator && !nfpt_session_has_addr(s, f->initiator))
		return false;
	return !f->responder || nfpt_session_has_addr(s, f->responder);
}

/**
 * nfpt_session_next() - the next session that matches
 * @nn: the namespace
 * @id: cookie to begin with; set to the cookie of the session found
 * @f: what to look for
 *
 * Context: RCU; the session is valid until the section ends.
 * Return: the session, or NULL.
 */
struct nfpt_session *nfpt_session_next(struct nfpt_net *nn, unsigned long *id,
				       const struct nfpt_session_filter *f)
{
	struct nfpt_session *s;

	for (s = xa_find(&nn->sessions, id, ULONG_MAX, XA_PRESENT); s;
	     s = xa_find_after(&nn->sessions, id, ULONG_MAX, XA_PRESENT))
		if (nfpt_session_matches(s, f))
			return s;
	return NULL;
}

/**
 * nfpt_session_flush() - end the sessions that match
 * @nn: the namespace
 * @f: what to look for
 * @reason: why they end
 *
 * Context: process, under the registry mutex, so that no protocol goes away.
 * Return: how many were ended.
 */
unsigned int nfpt_session_flush(struct nfpt_net *nn,
				const struct nfpt_session_filter *f,
				enum nf_passthrough_end_reason reason)
{
	struct nfpt_session *s;
	unsigned long id = 0;
	unsigned int n = 0;

	for (;;) {
		rcu_read_lock();
		s = nfpt_session_next(nn, &id, f);
		if (s)
			s->pn->proto->end(s, reason);
		rcu_read_unlock();
		if (!s)
			return n;
		n++;
		id++;
		cond_resched();
	}
}

/**
 * nfpt_session_gc() - end the sessions that are over
 * @work: nfpt_net.gc
 *
 * Runs as long as there are sessions.
 */
void nfpt_session_gc(struct work_struct *work)
{
	const struct nfpt_session_filter any = { .proto_id = -1, .state = -1 };
	struct nfpt_net *nn = container_of(work, struct nfpt_net, gc.work);
	enum nf_passthrough_end_reason reason;
	struct nfpt_session *s;
	unsigned long id = 0;

	mutex_lock(&nfpt_registry_mutex);
	do {
		rcu_read_lock();
		s = nfpt_session_next(nn, &id, &any);
		reason = s ? s->pn->proto->expired(s) : NF_PASSTHROUGH_END_REASON_NONE;
		if (reason != NF_PASSTHROUGH_END_REASON_NONE)
			s->pn->proto->end(s, reason);
		rcu_read_unlock();
		id++;
		cond_resched();
	} while (s);
	if (!xa_empty(&nn->sessions))
		queue_delayed_work(system_power_efficient_wq, &nn->gc, NFPT_GC_INTERVAL);
	mutex_unlock(&nfpt_registry_mutex);
}
