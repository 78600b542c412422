// SPDX-License-Identifier: GPL-2.0
/*
 * Stream: parse one direction of a control connection as its segments pass,
 * rewrite the Call IDs in them. pptp_stream.h tells the rules.
 */
#include <passthrough/wire/pptp_stream.h>

/* One segment on its way through. */
struct nfpt_feed {
	struct nfpt_pptp_stream *s;
	const struct nfpt_pptp_ops *ops;
	void *ctx;
	struct nfpt_pptp_out *out;
};

static bool seq_after(__u32 a, __u32 b)
{
	return (__s32)(a - b) > 0;
}

static __u32 min_u32(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

static void put_byte(struct nfpt_feed *f, __u8 *p, __u8 value)
{
	if (*p != value)
		f->out->changed = true;
	*p = value;
}

/* The log: a ring of what was rewritten and is not acknowledged yet. */

static struct nfpt_patch *log_at(const struct nfpt_pptp_stream *s, __u16 i)
{
	return &s->log[i & (s->log_cap - 1)];
}

static __u16 log_used(const struct nfpt_pptp_stream *s)
{
	return (__u16)(s->log_head - s->log_tail);
}

static void log_push(struct nfpt_pptp_stream *s, __u8 hi)
{
	struct nfpt_patch *e = log_at(s, s->log_head++);

	e->seq = s->next;
	e->byte[0] = hi;
	e->byte[1] = 0;
}

/* Index of the first entry that does not end before @seq. */
static __u16 log_find(const struct nfpt_pptp_stream *s, __u32 seq)
{
	__u16 low = 0, high = log_used(s), mid;

	while (low < high) {
		mid = (__u16)(low + (high - low) / 2);
		if (seq_after(seq, log_at(s, (__u16)(s->log_tail + mid))->seq + 1))
			low = (__u16)(mid + 1);
		else
			high = mid;
	}
	return (__u16)(s->log_tail + low);
}

/* Bytes that passed before get what they got then. */
static void log_replay(struct nfpt_feed *f, __u32 seq, __u8 *data, __u32 len)
{
	const struct nfpt_pptp_stream *s = f->s;
	const struct nfpt_patch *e;
	__u32 at, k;
	__u16 i;

	for (i = log_find(s, seq); i != s->log_head; i++) {
		e = log_at(s, i);
		if (!seq_after(seq + len, e->seq))
			return;
		for (k = 0; k < 2; k++) {
			/* wraps if the segment begins inside the field */
			at = e->seq + k - seq;
			if (at < len)
				put_byte(f, data + at, e->byte[k]);
		}
		f->out->patched++;
	}
}

/* Twelve bytes are there: what message is it, and what is to be done in it? */
static void read_header(struct nfpt_feed *f)
{
	struct nfpt_pptp_stream *s = f->s;
	const struct nfpt_pptp_layout *layout;
	__u16 type;

	s->length = nfpt_get_be16(s->lead);
	if (s->length < NFPT_PPTP_HEADER || s->length > NFPT_PPTP_MAX ||
	    nfpt_get_be32(s->lead + 4) != NFPT_PPTP_MAGIC) {
		s->lost = true;
		f->out->lost = true;
		return;
	}

	type = nfpt_get_be16(s->lead + 8);
	layout = nfpt_pptp_layout(type);
	if (nfpt_get_be16(s->lead + 2) != NFPT_PPTP_CONTROL ||
	    !layout || layout->length != s->length) {
		s->ids_end = NFPT_PPTP_HEADER;
		s->lead_end = NFPT_PPTP_HEADER;
		return;
	}

	s->type = (__u8)type;
	s->ids_end = (__u8)(NFPT_PPTP_IDS + 2 * layout->ids);
	s->lead_end = (__u8)min_u32(s->length, NFPT_PPTP_LEAD);
}

static void report(struct nfpt_feed *f)
{
	const struct nfpt_pptp_stream *s = f->s;
	const struct nfpt_pptp_layout *layout;
	struct nfpt_pptp_msg msg;
	int i;

	memset(&msg, 0, sizeof(msg));
	msg.type = nfpt_get_be16(s->lead + 8);
	msg.length = s->length;
	msg.wellformed = s->lead_end > NFPT_PPTP_HEADER;

	if (msg.wellformed) {
		layout = nfpt_pptp_layout(msg.type);
		for (i = 0; i < layout->ids; i++)
			msg.id[i] = nfpt_get_be16(s->lead + NFPT_PPTP_IDS + 2 * i);
		if (layout->result)
			msg.result = s->lead[layout->result];
		f->out->messages++;
	} else {
		f->out->malformed++;
	}
	f->ops->message(f->ctx, &msg);
}

static void advance(struct nfpt_feed *f, __u32 n)
{
	struct nfpt_pptp_stream *s = f->s;

	s->next += n;
	s->pos = (__u16)(s->pos + n);
	s->held = false;
	if (s->pos < NFPT_PPTP_HEADER)
		return;

	if (s->pos == NFPT_PPTP_HEADER) {
		read_header(f);
		if (s->lost)
			return;
	}
	if (s->pos == s->lead_end)
		report(f);
	if (s->pos == s->length)
		s->pos = 0;
}

static bool in_field(const struct nfpt_pptp_stream *s)
{
	return s->pos >= NFPT_PPTP_IDS && s->pos < s->ids_end;
}

static enum nfpt_pptp_owner field_owner(const struct nfpt_pptp_stream *s)
{
	const struct nfpt_pptp_layout *layout = &nfpt_pptp_layouts[s->type];

	return (enum nfpt_pptp_owner)layout->owner[(s->pos - NFPT_PPTP_IDS) / 2];
}

/*
 * Both bytes of a field are known: rewrite them in @id. The log's newest entry
 * is the field's; it goes if it is not needed.
 */
static bool map_field(struct nfpt_feed *f, __u8 *id)
{
	struct nfpt_pptp_stream *s = f->s;
	struct nfpt_patch *e = log_at(s, (__u16)(s->log_head - 1));
	__u16 real = nfpt_get_be16(id);
	__u16 mapped = f->ops->map_id(f->ctx, s->type, field_owner(s), real);

	nfpt_put_be16(s->lead + (s->pos & ~1), real);
	if (s->told && mapped >> 8 != e->byte[0]) {
		f->out->split_conflict = true;
		return false;
	}
	s->told = false;
	nfpt_put_be16(e->byte, mapped);
	nfpt_put_be16(id, mapped);
	if (mapped == real)
		s->log_head--;
	else
		f->out->rewritten++;
	return true;
}

/* Returns the number of bytes that may pass, 0 if the segment ends here. */
static __u32 take_field(struct nfpt_feed *f, __u8 *p, __u32 avail)
{
	struct nfpt_pptp_stream *s = f->s;
	__u8 id[2];

	if (s->told) {
		id[0] = s->lead[s->pos - 1];
		id[1] = p[0];
		if (!map_field(f, id))
			return 0;
		put_byte(f, p, id[1]);
		return 1;
	}

	/* Even if it cannot pass now, the sender may go on behind it. */
	s->held = true;
	s->lead[s->pos] = p[0];

	if (!nfpt_pptp_stream_log_free(s)) {
		f->out->log_full = true;
		return 0;
	}

	if (avail == 1) {
		if (!f->ops->map_hi(f->ctx, s->type, field_owner(s), p[0],
				    id)) {
			f->out->withheld = true;
			return 0;
		}
		log_push(s, id[0]);
		s->told = true;
		put_byte(f, p, id[0]);
		return 1;
	}

	log_push(s, p[0]);
	id[0] = p[0];
	id[1] = p[1];
	map_field(f, id);
	put_byte(f, p, id[0]);
	put_byte(f, p + 1, id[1]);
	return 2;
}

/* The sender went on behind a byte that was held: put it in front. */
static bool take_held(struct nfpt_feed *f, __u32 seq, __u8 *data)
{
	struct nfpt_pptp_stream *s = f->s;
	__u8 id[2];

	if (!s->held || seq != s->next + 1)
		return false;

	if (!nfpt_pptp_stream_log_free(s)) {
		f->out->log_full = true;
		return false;
	}

	id[0] = s->lead[s->pos];
	id[1] = data[0];
	log_push(s, id[0]);
	map_field(f, id);
	f->out->prepend_len = 1;
	f->out->prepend[0] = id[0];
	put_byte(f, data, id[1]);
	advance(f, 2);
	return true;
}

/* Bytes that stay as they are: the header, the rest of the lead, the rest. */
static __u32 take_plain(struct nfpt_feed *f, const __u8 *p, __u32 avail)
{
	struct nfpt_pptp_stream *s = f->s;
	__u32 end, n;

	if (s->pos < NFPT_PPTP_HEADER)
		end = NFPT_PPTP_HEADER;
	else if (s->pos < s->lead_end)
		end = s->lead_end;
	else
		end = s->length;

	n = min_u32(end - s->pos, avail);
	if (end <= NFPT_PPTP_LEAD)
		memcpy(s->lead + s->pos, p, n);
	return n;
}

/**
 * nfpt_pptp_stream_init() - begin to follow one direction of a connection
 * @s: the stream
 * @isn_plus_1: sequence number of its first data byte
 * @log: room for what was rewritten, belongs to the caller
 * @cap: entries of @log, a power of two from 1 to 32768; one entry is needed
 *       per Call ID that was rewritten and not acknowledged yet
 */
void nfpt_pptp_stream_init(struct nfpt_pptp_stream *s, __u32 isn_plus_1,
			   struct nfpt_patch *log, __u16 cap)
{
	memset(s, 0, sizeof(*s));
	s->next = isn_plus_1;
	s->log = log;
	s->log_cap = cap;
}

/**
 * nfpt_pptp_stream_relog() - move the log to other storage
 * @s: the stream
 * @log: the new storage; the old one is the caller's to free
 * @cap: its entries, a power of two up to 32768, not fewer than are in use
 */
void nfpt_pptp_stream_relog(struct nfpt_pptp_stream *s,
			    struct nfpt_patch *log, __u16 cap)
{
	__u16 i;

	for (i = s->log_tail; i != s->log_head; i++)
		log[i & (cap - 1)] = *log_at(s, i);
	s->log = log;
	s->log_cap = cap;
}

/**
 * nfpt_pptp_stream_log_free() - room in the log
 * @s: the stream
 *
 * A segment can rewrite no more Call IDs than one per 16 bytes and one more,
 * so a caller can make sure before it feeds one that it will not be cut.
 *
 * Return: how many more Call IDs can be rewritten before one is acknowledged.
 */
__u16 nfpt_pptp_stream_log_free(const struct nfpt_pptp_stream *s)
{
	return (__u16)(s->log_cap - log_used(s));
}

/**
 * nfpt_pptp_stream_feed() - a segment passes
 * @s: the stream
 * @seq: sequence number of its first data byte
 * @data: the data, rewritten in place
 * @len: bytes of it
 * @ops: what the caller knows about Call IDs
 * @ctx: handed to @ops
 * @out: what is to be done with the segment, always filled in
 *
 * The framing is lost when a header has a length below 12 or above 4096 or the
 * wrong magic cookie; then all that follows passes untouched, and only what is
 * in the log is still applied. RFC 2637 section 2.
 *
 * Return: NFPT_PPTP_PASS, or NFPT_PPTP_AHEAD to drop a segment that begins
 * behind data not seen yet (or, @log_full, that is in need of room in the log).
 */
enum nfpt_pptp_verdict
nfpt_pptp_stream_feed(struct nfpt_pptp_stream *s, __u32 seq, __u8 *data,
		      __u32 len, const struct nfpt_pptp_ops *ops, void *ctx,
		      struct nfpt_pptp_out *out)
{
	struct nfpt_feed f = { s, ops, ctx, out };
	__u32 off, n;

	memset(out, 0, sizeof(*out));
	out->keep = len;
	if (!len)
		return NFPT_PPTP_PASS;

	if (!seq_after(seq, s->next)) {
		off = min_u32(s->next - seq, len);
		log_replay(&f, seq, data, off);
	} else if (s->lost) {
		return NFPT_PPTP_PASS;
	} else if (take_held(&f, seq, data)) {
		off = 1;
	} else {
		out->keep = 0;
		return NFPT_PPTP_AHEAD;
	}

	for (; off < len && !s->lost; off += n) {
		if (in_field(s))
			n = take_field(&f, data + off, len - off);
		else
			n = take_plain(&f, data + off, len - off);
		if (!n) {
			out->keep = off;
			break;
		}
		advance(&f, n);
	}
	return NFPT_PPTP_PASS;
}

/**
 * nfpt_pptp_stream_acked() - the peer acknowledged data of this direction
 * @s: the stream
 * @ack: acknowledgment number of a segment of the other direction that is in
 *       the window: what it covers is not rewritten again
 *
 * A peer that acknowledges what never passed here got it by another way. The
 * sender will not repeat it, so the framing is lost. One number beyond is the
 * FIN.
 *
 * Return: true if the framing was lost by this.
 */
bool nfpt_pptp_stream_acked(struct nfpt_pptp_stream *s, __u32 ack)
{
	bool lost = !s->lost && seq_after(ack, s->next + 1);

	if (lost)
		s->lost = true;
	/* the FIN's number must not take a field that is half out */
	if (!s->lost && seq_after(ack, s->next))
		ack = s->next;

	while (s->log_tail != s->log_head &&
	       !seq_after(log_at(s, s->log_tail)->seq + 2, ack))
		s->log_tail++;
	return lost;
}
