/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stream: one direction of a PPTP control connection, its Call IDs rewritten
 * in place in the TCP segments as they pass.
 *
 * No packet is held back and no sequence number changes: each byte of the
 * stream has one rewritten value, and every segment that carries the byte,
 * for the first time or again, gets this value.
 *
 *  - Bytes are parsed once, in order, from @next on. A segment from beyond
 *    @next is dropped (NFPT_PPTP_AHEAD): where its messages begin is not known.
 *  - What a rewriting changed is kept in a log until the peer acknowledges it,
 *    and is applied again to whatever part of it a later segment repeats.
 *  - A segment may end after the first byte of a Call ID. If map_hi() can tell
 *    the first byte already, it is rewritten and goes; the second follows when
 *    it comes. If not, the segment is cut by this one byte (@keep). The byte
 *    comes again at the head of a retransmission, or, if the sender goes on
 *    behind it, is put in front of the next segment (@prepend).
 *  - With a full log the segment is cut before the field that has no room.
 *
 * A caller that cuts a segment must clear FIN and PSH in it. A caller that
 * cannot do as told (no memory, segment gets too long) may drop the segment at
 * any time: a retransmission gets the same bytes.
 *
 * Nothing here locks: the caller serialises all calls for one stream.
 */
#ifndef NFPT_WIRE_PPTP_STREAM_H
#define NFPT_WIRE_PPTP_STREAM_H

#include <passthrough/wire/pptp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A rewritten Call ID that may be sent again. */
struct nfpt_patch {
	__u32 seq;		/* of its first byte */
	__u8 byte[2];
};

struct nfpt_pptp_stream {
	__u32 next;		/* first byte that has not passed yet */
	__u16 pos;		/* bytes of the current message that passed */
	__u16 length;		/* of the current message, once @pos >= 12 */
	__u8 type;		/* of the current message, ditto */
	__u8 ids_end;		/* where its Call IDs end, 12: has none */
	__u8 lead_end;		/* where message() is called */
	__u8 lead[NFPT_PPTP_LEAD];	/* as the sender wrote it */

	bool told;		/* first byte of a Call ID passed, map_hi() knew it */
	bool held;		/* it was seen and could not pass: lead[pos] */
	bool lost;		/* framing is gone, everything passes */

	__u16 log_cap;		/* power of two */
	__u16 log_head;		/* free-running, newest + 1 */
	__u16 log_tail;		/* free-running, oldest */
	struct nfpt_patch *log;	/* in stream order */
};

/* A control message whose leading part has passed. */
struct nfpt_pptp_msg {
	__u16 type;
	__u16 length;
	__u16 id[2];		/* @12 and @14 as the sender wrote them, or 0 */
	__u8 result;		/* its result or reason code, 0 if it has none */
	bool wellformed;	/* if not, only type and length are set */
};

/*
 * What the caller knows about Call IDs. For each message, in stream order:
 * map_id() for the field @12, then @14, then message(). So a call that a
 * request (7, 9) opens, and the mapping of an id that a reply (8, 10) brings,
 * are made in map_id(); message() then tells whether the reply said yes.
 */
struct nfpt_pptp_ops {
	/*
	 * The Call ID to be sent instead of @id; @id itself if it is not to be
	 * changed or not known. Called once per field (see split_conflict).
	 *
	 * If map_hi() was just true for this field, the result must begin with
	 * the byte told. An @id that does not fit, because it is none of the
	 * candidates, gets any id that begins so and belongs to no call.
	 */
	__u16 (*map_id)(void *ctx, __u8 type, enum nfpt_pptp_owner owner,
			__u16 id);
	/*
	 * True if all ids the sender may mean that begin with @hi are mapped to
	 * ids that begin with the same byte, *out. For a new id (7 and 9, the
	 * SENDER's id of 8 and 10) any byte will do under which map_id() is
	 * sure to find a free id. May be called again for the same field.
	 *
	 * To say no is safe, but a sender under Nagle's rule that keeps the
	 * second byte until the first is acknowledged is then stuck. So let
	 * ids of one connection that begin alike be mapped to ids that do,
	 * as long as there are any.
	 */
	bool (*map_hi)(void *ctx, __u8 type, enum nfpt_pptp_owner owner,
		       __u8 hi, __u8 *out);
	/*
	 * The leading part of a message (24 bytes, or all of a shorter one)
	 * passed; called once per message. For a malformed one (see
	 * @malformed) it is called after the header.
	 */
	void (*message)(void *ctx, const struct nfpt_pptp_msg *msg);
};

enum nfpt_pptp_verdict {
	NFPT_PPTP_PASS,		/* send it on, as @out says */
	NFPT_PPTP_AHEAD,	/* drop it, the sender sends it again */
};

/* What has become of a segment. */
struct nfpt_pptp_out {
	__u32 keep;		/* bytes of it that may go on; cut off the rest */
	__u8 prepend_len;	/* 0 or 1: bytes to be put before the segment */
	__u8 prepend[1];	/* its sequence number is then lower by one */
	bool changed;		/* bytes differ from what the sender sent */

	/* counts, for this segment alone */
	__u16 messages;		/* message() calls for well-formed ones */
	__u16 malformed;	/* skipped by their length: no control message,
				 * unknown type, or not the length of its type
				 */
	__u16 rewritten;	/* Call IDs changed, each counted once */
	__u16 patched;		/* Call IDs that came again, from the log */
	bool withheld;		/* cut, first byte of a Call ID kept back */
	bool log_full;		/* cut or dropped for want of room in the log */
	bool split_conflict;	/* cut: map_id() broke what map_hi() told.
				 * Neither byte could be sent without naming a
				 * call the sender does not mean, so nothing
				 * goes; map_id() is asked again when the
				 * segment comes again
				 */
	bool lost;		/* the framing was lost in this segment */
};

void nfpt_pptp_stream_init(struct nfpt_pptp_stream *s, __u32 isn_plus_1,
			   struct nfpt_patch *log, __u16 cap);
void nfpt_pptp_stream_relog(struct nfpt_pptp_stream *s,
			    struct nfpt_patch *log, __u16 cap);
__u16 nfpt_pptp_stream_log_free(const struct nfpt_pptp_stream *s);
enum nfpt_pptp_verdict
nfpt_pptp_stream_feed(struct nfpt_pptp_stream *s, __u32 seq, __u8 *data,
		      __u32 len, const struct nfpt_pptp_ops *ops, void *ctx,
		      struct nfpt_pptp_out *out);
bool nfpt_pptp_stream_acked(struct nfpt_pptp_stream *s, __u32 ack);

#ifdef __cplusplus
}
#endif

#endif /* NFPT_WIRE_PPTP_STREAM_H */
