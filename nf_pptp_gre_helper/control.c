// SPDX-License-Identifier: GPL-2.0
/*
 * Control messages: each segment goes through the stream of its direction,
 * which asks here what becomes of each Call ID and tells here what each
 * message said.
 *
 * Which end is behind the NAT does not matter: an id is kept if it is free
 * where the other end will see it, and changed if not.
 */
#include <linux/slab.h>
#include <linux/tcp.h>

#include "pptp.h"

/**
 * struct nfpt_pptp_ctx - a segment on its way through the stream
 * @conn: control connection
 * @sender: the end that sent it
 * @todo: calls to set up when the lock is released
 */
struct nfpt_pptp_ctx {
	struct nfpt_pptp_conn	*conn;
	unsigned int		sender;
	struct list_head	todo;
};

/* ---- Call IDs ---------------------------------------------------------- */

/* Whether a field brings an id that its sender has just chosen. */
static bool nfpt_pptp_brings_id(u8 type, enum nfpt_pptp_owner owner)
{
	return owner == NFPT_PPTP_SENDER &&
	       (type == NFPT_PPTP_OCRQ || type == NFPT_PPTP_OCRP ||
		type == NFPT_PPTP_ICRQ || type == NFPT_PPTP_ICRP);
}

/* A request that comes again means the same call, until that was cleared. */
static struct nfpt_pptp_call *nfpt_pptp_request(struct nfpt_pptp_ctx *ctx, u16 id)
{
	struct nfpt_pptp_call *call = nfpt_pptp_call_by_id(ctx->conn, ctx->sender, id);

	if (call && call->state != NFPT_PPTP_CALL_CLEARING)
		return call;
	return nfpt_pptp_call_request(ctx->conn, ctx->sender, id);
}

static struct nfpt_pptp_call *nfpt_pptp_reply(struct nfpt_pptp_ctx *ctx, u16 id)
{
	struct nfpt_pptp_conn *conn = ctx->conn;
	struct nfpt_pptp_call *call = nfpt_pptp_call_by_id(conn, ctx->sender, id);

	if (call)
		return call;
	if (conn->offer[ctx->sender])
		nfpt_pptp_call_end(conn->offer[ctx->sender],
				   NF_PASSTHROUGH_END_REASON_NONE);
	call = nfpt_pptp_call_offer(conn, ctx->sender, id);
	conn->offer[ctx->sender] = call;
	return call;
}

/* The first byte is out already: an id that begins so and means no call. */
static u16 nfpt_pptp_keep_told(struct nfpt_pptp_ctx *ctx, enum nfpt_pptp_owner owner,
			       u16 id, u16 out)
{
	struct nfpt_pptp_conn *conn = ctx->conn;
	bool own = owner != NFPT_PPTP_RECEIVER;
	unsigned int i;

	if (!conn->told_valid[ctx->sender] || out >> 8 == conn->told[ctx->sender])
		return out;
	for (i = 0; i < 256; i++) {
		out = conn->told[ctx->sender] << 8 | ((id + i) & 0xff);
		if (nfpt_pptp_id_free(conn, own ? ctx->sender : !ctx->sender,
				      own ? NFPT_VIEW_IN : NFPT_VIEW_OUT, out))
			break;
	}
	return out;
}

static u16 nfpt_pptp_map_id(void *data, u8 type, enum nfpt_pptp_owner owner, u16 id)
{
	struct nfpt_pptp_ctx *ctx = data;
	struct nfpt_pptp_conn *conn = ctx->conn;
	unsigned int sender = ctx->sender;
	struct nfpt_pptp_call *call;
	u16 out = id;

	if (!nfpt_pptp_brings_id(type, owner))
		call = NULL;
	else if (type == NFPT_PPTP_OCRQ || type == NFPT_PPTP_ICRQ)
		call = nfpt_pptp_request(ctx, id);
	else
		call = nfpt_pptp_reply(ctx, id);
	if (!call && owner != NFPT_PPTP_RECEIVER)
		call = nfpt_pptp_call_by_id(conn, sender, id);
	if (call) {
		out = call->mapped[sender];
	} else if (owner != NFPT_PPTP_SENDER) {
		call = nfpt_pptp_call_by_mapped(conn, !sender, id);
		if (call)
			out = call->id[!sender];
	}
	if (!call) {
		nfpt_count(conn->ppn->pn, NFPT_PPTP_C_UNKNOWN_ID);
		out = nfpt_pptp_keep_told(ctx, owner, id, out);
	}
	conn->told_valid[sender] = false;
	return out;
}

/* Walking more calls than this for a byte is not worth it: it can wait. */
#define NFPT_PPTP_HI_CALLS	1024

/* The first byte of the ids that @hi may begin becomes *@out, if one does. */
static bool nfpt_pptp_hi_agrees(u16 from, u16 to, u8 hi, u8 *out, bool *any)
{
	if (from >> 8 != hi)
		return true;
	if (*any && to >> 8 != *out)
		return false;
	*any = true;
	*out = to >> 8;
	return true;
}

static bool nfpt_pptp_map_hi(void *data, u8 type, enum nfpt_pptp_owner owner,
			     u8 hi, u8 *out)
{
	struct nfpt_pptp_ctx *ctx = data;
	struct nfpt_pptp_conn *conn = ctx->conn;
	unsigned int sender = ctx->sender, i;
	struct nfpt_pptp_call *call;
	bool any = false;

	if (conn->n_calls > NFPT_PPTP_HI_CALLS)
		return false;
	list_for_each_entry(call, &conn->calls, node) {
		if (owner != NFPT_PPTP_RECEIVER && call->known[sender] &&
		    !nfpt_pptp_hi_agrees(call->id[sender], call->mapped[sender],
					 hi, out, &any))
			return false;
		if (owner != NFPT_PPTP_SENDER && call->known[!sender] &&
		    !nfpt_pptp_hi_agrees(call->mapped[!sender], call->id[!sender],
					 hi, out, &any))
			return false;
	}
	if (!any)
		*out = hi;
	if (nfpt_pptp_brings_id(type, owner)) {
		for (i = 0; i < 256; i++)
			if (nfpt_pptp_id_free(conn, sender, NFPT_VIEW_IN, *out << 8 | i))
				break;
		if (i == 256)
			return false;
	}
	conn->told_valid[sender] = true;
	conn->told[sender] = *out;
	return true;
}

/* ---- messages ---------------------------------------------------------- */

/* The call that a message is about, as whose id it names tells. */
static struct nfpt_pptp_call *nfpt_pptp_call_of_msg(struct nfpt_pptp_ctx *ctx,
						    const struct nfpt_pptp_msg *msg)
{
	const struct nfpt_pptp_layout *layout = nfpt_pptp_layout(msg->type);
	struct nfpt_pptp_conn *conn = ctx->conn;
	struct nfpt_pptp_call *call = NULL;
	unsigned int last = layout->ids - 1;

	/* The last id of a reply is the one the request brought. */
	if (layout->owner[last] != NFPT_PPTP_RECEIVER)
		call = nfpt_pptp_call_by_id(conn, ctx->sender, msg->id[last]);
	if (!call && layout->owner[last] != NFPT_PPTP_SENDER)
		call = nfpt_pptp_call_by_mapped(conn, !ctx->sender, msg->id[last]);
	return call;
}

/* A reply that says yes joins the id it brings to the call it is about. */
static bool nfpt_pptp_join(struct nfpt_pptp_ctx *ctx, struct nfpt_pptp_call *call, u16 id)
{
	struct nfpt_pptp_call *from = ctx->conn->offer[ctx->sender];

	if (!from)
		from = nfpt_pptp_call_by_id(ctx->conn, ctx->sender, id);
	if (from == call)
		return true;
	return from && nfpt_pptp_call_adopt(call, from, ctx->sender);
}

static enum nf_passthrough_end_reason nfpt_pptp_why(enum nfpt_pptp_event event)
{
	return event == NFPT_PPTP_EV_OCRP_FAIL || event == NFPT_PPTP_EV_ICRP_FAIL ?
	       NF_PASSTHROUGH_END_REASON_REFUSED : NF_PASSTHROUGH_END_REASON_CLEARED;
}

static void nfpt_pptp_step(struct nfpt_pptp_ctx *ctx, struct nfpt_pptp_call *call,
			   enum nfpt_pptp_event event, const struct nfpt_pptp_msg *msg)
{
	bool by_pns = nfpt_pptp_call_by_pns(event);
	struct nfpt_pptp_step step;
	bool request = call->state == NFPT_PPTP_CALL_NONE;

	if (request)
		call->pns = by_pns ? ctx->sender : !ctx->sender;
	if (by_pns ? call->pns != ctx->sender : call->pns == ctx->sender) {
		nfpt_count(ctx->conn->ppn->pn, NFPT_PPTP_C_STRAY);
		return;
	}
	step = nfpt_pptp_call_step(call->state, event);
	if (step.actions & NFPT_PPTP_CALL_STRAY)
		nfpt_count(ctx->conn->ppn->pn, NFPT_PPTP_C_STRAY);
	call->state = step.state;
	if (request && call->state != NFPT_PPTP_CALL_NONE)
		nfpt_pptp_call_list(call);
	if (step.actions & NFPT_PPTP_CALL_CONNECT) {
		if (nfpt_pptp_join(ctx, call, msg->id[0]))
			nfpt_pptp_call_connect(call, &ctx->todo);
		else
			step.actions |= NFPT_PPTP_CALL_END;
	}
	if (step.actions & NFPT_PPTP_CALL_END)
		nfpt_pptp_call_end(call, nfpt_pptp_why(event));
	else if (step.actions & NFPT_PPTP_CALL_GOES_UP)
		nfpt_pptp_call_up(call);
	else if (call->state == NFPT_PPTP_CALL_CLEARING)
		WRITE_ONCE(call->session.state, NF_PASSTHROUGH_SESSION_STATE_CLOSING);
}

static void nfpt_pptp_message(void *data, const struct nfpt_pptp_msg *msg)
{
	struct nfpt_pptp_ctx *ctx = data;
	struct nfpt_pptp_conn *conn = ctx->conn;
	enum nfpt_pptp_event event;
	struct nfpt_pptp_call *call;

	if (!msg->wellformed)
		return;
	event = nfpt_pptp_call_event(msg->type, msg->result);
	if (event == NFPT_PPTP_EV_NONE)
		return;
	call = nfpt_pptp_call_of_msg(ctx, msg);
	if (call)
		nfpt_pptp_step(ctx, call, event, msg);
	/* An id that no call took is nobody's. */
	if (conn->offer[ctx->sender])
		nfpt_pptp_call_end(conn->offer[ctx->sender],
				   NF_PASSTHROUGH_END_REASON_NONE);
}

static const struct nfpt_pptp_ops nfpt_pptp_stream_ops = {
	.map_id		= nfpt_pptp_map_id,
	.map_hi		= nfpt_pptp_map_hi,
	.message	= nfpt_pptp_message,
};

/* ---- segments ---------------------------------------------------------- */

static bool nfpt_pptp_log_grow(struct nfpt_pptp_conn *conn, unsigned int dir)
{
	struct nfpt_pptp_stream *s = &conn->stream[dir];
	struct nfpt_patch *old = s->log, *log;
	unsigned int cap = s->log_cap * 4;

	if (cap > NFPT_PPTP_LOG_MAX)
		return false;
	log = kmalloc_array(cap, sizeof(*log), GFP_ATOMIC);
	if (!log)
		return false;
	nfpt_pptp_stream_relog(s, log, cap);
	if (old != conn->log_min[dir])
		kfree(old);
	return true;
}

static void nfpt_pptp_count_out(struct nfpt_proto_net *pn, const struct nfpt_pptp_out *out)
{
	const struct {
		unsigned int	counter;
		unsigned int	n;
	} counts[] = {
		{ NFPT_PPTP_C_MESSAGES,		out->messages },
		{ NFPT_PPTP_C_MALFORMED,	out->malformed },
		{ NFPT_PPTP_C_REWRITTEN,	out->rewritten },
		{ NFPT_PPTP_C_PATCHED,		out->patched },
		{ NFPT_PPTP_C_WITHHELD,		out->withheld || out->split_conflict },
		{ NFPT_PPTP_C_LOG_FULL,		out->log_full },
		{ NFPT_PPTP_C_LOST,		out->lost },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		if (counts[i].n)
			this_cpu_add(pn->counters[counts[i].counter], counts[i].n);
}

/* One round through the stream, more if its log is short of room. */
static enum nfpt_pptp_verdict nfpt_pptp_feed(struct nfpt_pptp_ctx *ctx, u32 seq, u8 *data,
					     unsigned int len, struct nfpt_pptp_out *out)
{
	struct nfpt_pptp_stream *s = &ctx->conn->stream[ctx->sender];
	struct nfpt_proto_net *pn = ctx->conn->ppn->pn;
	enum nfpt_pptp_verdict verdict;
	struct nfpt_pptp_out more;

	verdict = nfpt_pptp_stream_feed(s, seq, data, len, &nfpt_pptp_stream_ops, ctx, out);
	while (verdict == NFPT_PPTP_PASS && out->log_full &&
	       nfpt_pptp_log_grow(ctx->conn, ctx->sender)) {
		verdict = nfpt_pptp_stream_feed(s, seq + out->keep, data + out->keep,
						len - out->keep, &nfpt_pptp_stream_ops,
						ctx, &more);
		if (verdict != NFPT_PPTP_PASS)
			break;
		nfpt_pptp_count_out(pn, &more);
		out->keep += more.keep;
		out->changed |= more.changed;
		out->log_full = more.log_full;
	}
	nfpt_pptp_count_out(pn, out);
	if (verdict == NFPT_PPTP_AHEAD)
		nfpt_count(pn, NFPT_PPTP_C_AHEAD);
	return verdict;
}

/* RFC 2637 2.3: the calls end with the control connection.  A RST that the
 * tracker has not believed is somebody else's (RFC 5961).
 */
static bool nfpt_pptp_is_last(const struct nfpt_pptp_conn *conn, const struct nf_conn *ct,
			      unsigned int dir, const struct tcphdr *th, unsigned int len)
{
	if (th->rst)
		return READ_ONCE(ct->proto.tcp.state) == TCP_CONNTRACK_CLOSE;
	return th->fin && ntohl(th->seq) + len == conn->stream[dir].next;
}

static int nfpt_pptp_segment(struct nfpt_pptp_net *ppn, struct nfpt_pptp_conn *conn,
			     struct sk_buff *skb, unsigned int protoff,
			     const struct tcphdr *th, struct nf_conn *ct,
			     unsigned int dir)
{
	struct nfpt_pptp_ctx ctx = { .conn = conn, .sender = dir };
	enum nfpt_pptp_verdict verdict = NFPT_PPTP_PASS;
	unsigned int off = protoff + th->doff * 4;
	struct nfpt_pptp_out out = {};
	unsigned int len;

	if (off > skb->len)
		return NF_ACCEPT;
	len = skb->len - off;
	/* The stream writes where it reads. */
	if (len && skb_ensure_writable(skb, skb->len)) {
		nfpt_count(ppn->pn, NFPT_PPTP_C_NOMEM);
		return NF_DROP;
	}

	INIT_LIST_HEAD(&ctx.todo);
	spin_lock_bh(&ppn->lock);
	if (conn->dead) {
		spin_unlock_bh(&ppn->lock);
		return NF_ACCEPT;
	}
	if (th->ack && nfpt_pptp_stream_acked(&conn->stream[!dir], ntohl(th->ack_seq)))
		nfpt_count(ppn->pn, NFPT_PPTP_C_LOST);
	if (len)
		verdict = nfpt_pptp_feed(&ctx, ntohl(th->seq), skb->data + off, len, &out);
	if (nfpt_pptp_is_last(conn, ct, dir, th, len))
		nfpt_pptp_conn_close(conn);
	spin_unlock_bh(&ppn->lock);
	nfpt_pptp_call_setup(ppn, &ctx.todo, ct);

	if (!len)
		return NF_ACCEPT;
	if (verdict != NFPT_PPTP_PASS || !(out.keep + out.prepend_len))
		return NF_DROP;
	if (nfpt_pptp_segment_write(skb, protoff, &out))
		return NF_ACCEPT;
	nfpt_count(ppn->pn, NFPT_PPTP_C_NOMEM);
	return NF_DROP;
}

/**
 * nfpt_pptp_control() - nf_conntrack_helper.help: a packet of a control
 *	connection, after translation
 * @skb: the packet
 * @protoff: offset of its TCP header
 * @ct: the control connection
 * @ctinfo: what the packet is to it
 *
 * Context: RCU.
 * Return: verdict.
 */
int nfpt_pptp_control(struct sk_buff *skb, unsigned int protoff,
		      struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	const struct nfpt_proto_net *pn = nfpt_proto_net_rcu(nf_ct_net(ct), &nfpt_pptp_proto);
	struct nfpt_pptp_help *help = nfct_help_data(ct);
	struct nfpt_pptp_net *ppn = pn ? nfpt_pptp_pernet(pn) : NULL;
	struct nfpt_pptp_conn *conn;
	struct tcphdr _th;

	if (!ppn || (ctinfo != IP_CT_ESTABLISHED && ctinfo != IP_CT_ESTABLISHED_REPLY))
		return NF_ACCEPT;
	/* A copy: the packet's own may move. */
	if (skb_copy_bits(skb, protoff, &_th, sizeof(_th)) || _th.doff * 4 < sizeof(_th))
		return NF_ACCEPT;
	if (_th.syn) {
		if (_th.ack && ctinfo == IP_CT_ESTABLISHED_REPLY)
			nfpt_pptp_conn_open(ppn, ct, help, &_th);
		return NF_ACCEPT;
	}
	conn = rcu_dereference(help->conn);
	if (!conn)
		return NF_ACCEPT;
	return nfpt_pptp_segment(ppn, conn, skb, protoff, &_th, ct, CTINFO2DIR(ctinfo));
}
