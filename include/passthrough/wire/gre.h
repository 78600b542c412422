/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Enhanced GRE, RFC 2637 section 4.1: the header that carries PPTP data.
 */
#ifndef NFPT_WIRE_GRE_H
#define NFPT_WIRE_GRE_H

#include <passthrough/wire/bytes.h>

#define NFPT_GRE_VERSION	0x0007
#define NFPT_GRE_SEQ		0x1000	/* sequence number present */
#define NFPT_GRE_ACK		0x0080	/* acknowledgment number present */
#define NFPT_GRE_PROTO_PPP	0x880B
#define NFPT_GRE_CALL_ID	6	/* offset of the receiver's Call ID */
#define NFPT_GRE_MIN		8	/* up to and including the Call ID */

enum nfpt_gre_kind {
	NFPT_GRE_OTHER,		/* not version 1: none of our business */
	NFPT_GRE_PPTP,
	NFPT_GRE_MALFORMED,	/* says version 1, is not what RFC 2637 allows */
};

/**
 * nfpt_gre_parse() - tell PPTP data from other GRE
 * @p: first byte of the GRE header
 * @len: bytes there; 8 are enough, which is all an ICMP error must quote
 * @call_id: the receiver's Call ID, set only for NFPT_GRE_PPTP
 *
 * The first 16 bits may differ from 0x2001 in S and A only: checksum, routing,
 * strict source route, recursion and the spare flags must be 0, the key 1.
 *
 * Return: what it is.
 */
static inline enum nfpt_gre_kind nfpt_gre_parse(const __u8 *p, __u32 len,
						__u16 *call_id)
{
	__u16 flags;

	if (len < 2)
		return NFPT_GRE_MALFORMED;

	flags = nfpt_get_be16(p);
	if ((flags & NFPT_GRE_VERSION) != 1)
		return NFPT_GRE_OTHER;

	if ((flags & ~(NFPT_GRE_SEQ | NFPT_GRE_ACK)) != 0x2001 ||
	    len < NFPT_GRE_MIN || nfpt_get_be16(p + 2) != NFPT_GRE_PROTO_PPP)
		return NFPT_GRE_MALFORMED;

	*call_id = nfpt_get_be16(p + NFPT_GRE_CALL_ID);
	return NFPT_GRE_PPTP;
}

#endif /* NFPT_WIRE_GRE_H */
