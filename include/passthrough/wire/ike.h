/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IKE, RFC 7296 section 3.1 and RFC 2408 section 3.1: the header, which is
 * never encrypted, and which exchanges of an IKE SA it shows to be complete.
 */
#ifndef NFPT_WIRE_IKE_H
#define NFPT_WIRE_IKE_H

#include <passthrough/wire/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NFPT_IKE_PORT		500
#define NFPT_NATT_PORT		4500
#define NFPT_IKE_HEADER		28

/* Exchange types. */
#define NFPT_IKE_V1_MAIN	2
#define NFPT_IKE_V1_AGGRESSIVE	4
#define NFPT_IKE_V1_INFO	5
#define NFPT_IKE_V1_QUICK	32
#define NFPT_IKE_SA_INIT	34
#define NFPT_IKE_AUTH		35
#define NFPT_IKE_CREATE_CHILD	36
#define NFPT_IKE_INFO		37

/* Flags, RFC 7296 only. */
#define NFPT_IKE_INITIATOR	0x08	/* sent by who initiated the IKE SA */
#define NFPT_IKE_RESPONSE	0x20

/**
 * struct nfpt_ike - an IKE header
 * @ispi: initiator's SPI (IKEv1: initiator cookie), never 0
 * @rspi: responder's SPI (IKEv1: responder cookie), 0 until it has answered
 * @version: major version, 1 or 2
 * @exchange: NFPT_IKE_* exchange type
 * @flags: NFPT_IKE_INITIATOR, NFPT_IKE_RESPONSE; of IKEv1 its own
 * @msgid: message id; IKEv1: 0 in phase 1, else random
 * @length: of the whole message
 */
struct nfpt_ike {
	__u64	ispi;
	__u64	rspi;
	__u8	version;
	__u8	exchange;
	__u8	flags;
	__u32	msgid;
	__u32	length;
};

bool nfpt_ike_parse(const __u8 *p, __u32 len, __u32 whole, struct nfpt_ike *ike);

/**
 * nfpt_ike_is_first() - whether a message begins a new IKE SA
 * @ike: its header
 */
static inline bool nfpt_ike_is_first(const struct nfpt_ike *ike)
{
	return !ike->rspi && (ike->exchange == NFPT_IKE_SA_INIT ||
			      ike->exchange == NFPT_IKE_V1_MAIN ||
			      ike->exchange == NFPT_IKE_V1_AGGRESSIVE);
}

#define NFPT_IKE_QUICKS		4	/* Quick Modes of one IKE SA remembered at a time */

/**
 * struct nfpt_ike_quick - an IKEv1 Quick Mode
 * @msgid: its message id, 0: none
 * @asker: the end whose message was the first
 * @done: the other end has answered
 */
struct nfpt_ike_quick {
	__u32	msgid;
	__u8	asker;
	bool	done;
};

/**
 * struct nfpt_ike_sa - what was seen of the exchanges of one IKE SA
 * @ispi: initiator's SPI
 * @rspi: responder's SPI as last seen, 0 until known
 * @done: IKEv2: message id of the last exchange counted, of each end's requests
 * @has_done: @done is valid
 * @authed: an IKE_AUTH was counted
 * @next: entry of @quicks that the next Quick Mode takes
 * @quicks: IKEv1: the last ones
 *
 * All zero is a fresh one.  End 0 is behind the NAT, end 1 is the gateway.
 */
struct nfpt_ike_sa {
	__u64	ispi;
	__u64	rspi;
	__u32	done[2];
	bool	has_done[2];
	bool	authed;
	__u8	next;
	struct nfpt_ike_quick quicks[NFPT_IKE_QUICKS];
};

/* What a message means to its IKE SA. */
#define NFPT_IKE_DONE_CHILD	0x01	/* an exchange that may make ESP SAs is complete */
#define NFPT_IKE_DONE_REKEY	0x02	/* it may have made another IKE SA instead */
#define NFPT_IKE_DONE_ROUND	0x04	/* one more round of an IKE_AUTH, counted before */
#define NFPT_IKE_BEGUN		0x08	/* an exchange that may make ESP SAs begins */

unsigned int nfpt_ike_sa_step(struct nfpt_ike_sa *sa, const struct nfpt_ike *ike,
			      unsigned int from);

#ifdef __cplusplus
}
#endif

#endif /* NFPT_WIRE_IKE_H */
