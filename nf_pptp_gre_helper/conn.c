// SPDX-License-Identifier: GPL-2.0
/*
 * Control connections: from the SYN-ACK until their conntrack is gone, and the
 * worker that ends what they leave behind.
 */
#include <linux/slab.h>
#include <linux/tcp.h>

#include "pptp.h"

static struct nfpt_pptp_conn *nfpt_pptp_conn_alloc(struct nfpt_pptp_net *ppn,
						   const struct nf_conn *ct,
						   const struct tcphdr *syn_ack)
{
	struct nfpt_pptp_conn *conn = kzalloc(sizeof(*conn), GFP_ATOMIC);
	unsigned int dir;

	if (!conn)
		return NULL;
	refcount_set(&conn->refs, 1);
	conn->ppn = ppn;
	INIT_LIST_HEAD(&conn->calls);
	conn->zone = *nf_ct_zone(ct);
	conn->local = nfpt_ct_is_local(ct);
	conn->begin[IP_CT_DIR_ORIGINAL] = ntohl(syn_ack->ack_seq);
	conn->begin[IP_CT_DIR_REPLY] = ntohl(syn_ack->seq) + 1;
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++) {
		conn->addr[dir] = ct->tuplehash[dir].tuple.src.u3.ip;
		conn->seen[dir] = ct->tuplehash[!dir].tuple.dst.u3.ip;
		nfpt_pptp_stream_init(&conn->stream[dir], conn->begin[dir],
				      conn->log_min[dir], NFPT_PPTP_LOG_MIN);
	}
	return conn;
}

/**
 * nfpt_pptp_conn_put() - give a reference back
 * @conn: control connection
 *
 * Context: any.
 */
void nfpt_pptp_conn_put(struct nfpt_pptp_conn *conn)
{
	unsigned int dir;

	if (!refcount_dec_and_test(&conn->refs))
		return;
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++)
		if (conn->stream[dir].log != conn->log_min[dir])
			kfree(conn->stream[dir].log);
	kfree_rcu(conn, rcu);
}

/**
 * nfpt_pptp_conn_close() - the calls of a control connection are to end
 * @conn: control connection
 *
 * Context: lock held.
 */
void nfpt_pptp_conn_close(struct nfpt_pptp_conn *conn)
{
	struct nfpt_pptp_net *ppn = conn->ppn;

	list_move_tail(&conn->node, &ppn->closing);
	mod_delayed_work(system_power_efficient_wq, &ppn->worker, 0);
}

/* Its conntrack is gone, or serves another connection now. */
static void nfpt_pptp_conn_kill(struct nfpt_pptp_help *help, struct nfpt_pptp_conn *conn)
{
	RCU_INIT_POINTER(help->conn, NULL);
	conn->dead = true;
	nfpt_pptp_conn_close(conn);
}

/**
 * nfpt_pptp_conn_open() - a control connection begins
 * @ppn: the namespace
 * @ct: its conntrack
 * @help: our part of the conntrack
 * @syn_ack: tells where both streams begin, and that it is more than an attempt
 *
 * Conntrack may keep its entry when hosts that have lost their connection begin
 * another one on the same ports.
 *
 * Context: RCU.
 */
void nfpt_pptp_conn_open(struct nfpt_pptp_net *ppn, struct nf_conn *ct,
			 struct nfpt_pptp_help *help, const struct tcphdr *syn_ack)
{
	struct nfpt_pptp_conn *conn, *old;

	conn = nfpt_pptp_conn_alloc(ppn, ct, syn_ack);
	spin_lock_bh(&ppn->lock);
	if (!conn) {
		nfpt_count(ppn->pn, NFPT_PPTP_C_NOMEM);
		goto unlock;
	}
	old = rcu_dereference_protected(help->conn, lockdep_is_held(&ppn->lock));
	if (old && !memcmp(old->begin, conn->begin, sizeof(old->begin)))
		goto unlock;	/* the same SYN-ACK again */
	if (old)
		nfpt_pptp_conn_kill(help, old);
	/* Once it is dying, destroy() has been here and is not coming again. */
	if (nf_ct_is_dying(ct))
		goto unlock;
	conn->host = nfpt_pptp_host_get(ppn, conn->addr[IP_CT_DIR_ORIGINAL]);
	if (!conn->host) {
		nfpt_count(ppn->pn, NFPT_PPTP_C_NOMEM);
		goto unlock;
	}
	list_add(&conn->node, &ppn->conns);
	rcu_assign_pointer(help->conn, conn);
	nfpt_count(ppn->pn, NFPT_PPTP_C_CONTROL);
	conn = NULL;
unlock:
	spin_unlock_bh(&ppn->lock);
	kfree(conn);
}

/**
 * nfpt_pptp_control_destroy() - a control connection's conntrack goes away
 * @ct: the conntrack
 *
 * Looks for no conntrack, which could end up here again, and again.
 *
 * Context: RCU.
 */
void nfpt_pptp_control_destroy(struct nf_conn *ct)
{
	struct nfpt_proto_net *pn = nfpt_proto_net_rcu(nf_ct_net(ct), &nfpt_pptp_proto);
	struct nfpt_pptp_net *ppn = pn ? nfpt_pptp_pernet(pn) : NULL;
	struct nfpt_pptp_help *help = nfct_help_data(ct);
	struct nfpt_pptp_conn *conn;

	if (!ppn)
		return;
	spin_lock_bh(&ppn->lock);
	conn = rcu_dereference_protected(help->conn, lockdep_is_held(&ppn->lock));
	if (conn)
		nfpt_pptp_conn_kill(help, conn);
	spin_unlock_bh(&ppn->lock);
}

/* End some calls of the connections that close; say whether there were any. */
static bool nfpt_pptp_conn_end_some(struct nfpt_pptp_net *ppn)
{
	struct nfpt_pptp_call *call, *next;
	struct nfpt_pptp_conn *conn;
	int n = 0;

	spin_lock_bh(&ppn->lock);
	conn = list_first_entry_or_null(&ppn->closing, struct nfpt_pptp_conn, node);
	if (!conn)
		goto unlock;
	list_for_each_entry_safe(call, next, &conn->calls, node) {
		if (n++ == NFPT_PPTP_BATCH)
			goto unlock;
		nfpt_pptp_call_end(call, NF_PASSTHROUGH_END_REASON_CONTROL_CLOSED);
	}
	if (conn->dead) {
		list_del(&conn->node);
		nfpt_pptp_host_put(ppn, conn->host);
		nfpt_pptp_conn_put(conn);
	} else {
		list_move(&conn->node, &ppn->conns);
	}
unlock:
	spin_unlock_bh(&ppn->lock);
	return conn;
}

/**
 * nfpt_pptp_work() - end what is over
 * @work: nfpt_pptp_net.worker
 */
void nfpt_pptp_work(struct work_struct *work)
{
	struct nfpt_pptp_net *ppn = container_of(work, struct nfpt_pptp_net, worker.work);

	while (nfpt_pptp_conn_end_some(ppn) || nfpt_pptp_call_take_down(ppn) ||
	       nfpt_pptp_call_reap(ppn, false))
		cond_resched();
	if (READ_ONCE(ppn->n_graves))
		queue_delayed_work(system_power_efficient_wq, &ppn->worker, NFPT_PPTP_LATE);
}

/**
 * nfpt_pptp_conn_end_all() - end everything in a namespace
 * @ppn: the namespace; no packet comes any more
 *
 * Context: process.
 */
void nfpt_pptp_conn_end_all(struct nfpt_pptp_net *ppn)
{
	struct nfpt_pptp_conn *conn;

	spin_lock_bh(&ppn->lock);
	list_splice_init(&ppn->conns, &ppn->closing);
	list_for_each_entry(conn, &ppn->closing, node)
		conn->dead = true;
	spin_unlock_bh(&ppn->lock);
	while (nfpt_pptp_conn_end_some(ppn) || nfpt_pptp_call_take_down(ppn))
		cond_resched();
	cancel_delayed_work_sync(&ppn->worker);
	while (nfpt_pptp_call_reap(ppn, true))
		cond_resched();
}
