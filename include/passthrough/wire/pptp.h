/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PPTP control messages, RFC 2637 section 2: where their Call IDs are, and
 * whose they are.
 */
#ifndef NFPT_WIRE_PPTP_H
#define NFPT_WIRE_PPTP_H

#include <passthrough/wire/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NFPT_PPTP_PORT		1723
#define NFPT_PPTP_MAGIC		0x1A2B3C4D
#define NFPT_PPTP_CONTROL	1	/* message type: control message */
#define NFPT_PPTP_HEADER	12	/* up to and including reserved0 */
#define NFPT_PPTP_IDS		12	/* offset of the first Call ID */
#define NFPT_PPTP_MAX		4096	/* no longer message is believed */
#define NFPT_PPTP_LEAD		24	/* holds header, ids and result code */
#define NFPT_PPTP_RESULT_OK	1	/* of OCRP and ICRP: connected, accepted */

enum nfpt_pptp_type {
	NFPT_PPTP_SCCRQ	= 1,	/* Start-Control-Connection-Request */
	NFPT_PPTP_SCCRP	= 2,	/* Start-Control-Connection-Reply */
	NFPT_PPTP_STOPRQ = 3,	/* Stop-Control-Connection-Request */
	NFPT_PPTP_STOPRP = 4,	/* Stop-Control-Connection-Reply */
	NFPT_PPTP_ECHORQ = 5,	/* Echo-Request */
	NFPT_PPTP_ECHORP = 6,	/* Echo-Reply */
	NFPT_PPTP_OCRQ	= 7,	/* Outgoing-Call-Request, by the PNS */
	NFPT_PPTP_OCRP	= 8,	/* Outgoing-Call-Reply, by the PAC */
	NFPT_PPTP_ICRQ	= 9,	/* Incoming-Call-Request, by the PAC */
	NFPT_PPTP_ICRP	= 10,	/* Incoming-Call-Reply, by the PNS */
	NFPT_PPTP_ICCN	= 11,	/* Incoming-Call-Connected, by the PAC */
	NFPT_PPTP_CLEAR	= 12,	/* Call-Clear-Request, by the PNS */
	NFPT_PPTP_DISC	= 13,	/* Call-Disconnect-Notify, by the PAC */
	NFPT_PPTP_WEN	= 14,	/* WAN-Error-Notify, by the PAC */
	NFPT_PPTP_SLI	= 15,	/* Set-Link-Info, by both in practice */
	NFPT_PPTP_TYPES,
};

/* Whose Call ID a field holds, as seen from the end that sent the message. */
enum nfpt_pptp_owner {
	NFPT_PPTP_SENDER,
	NFPT_PPTP_RECEIVER,
	NFPT_PPTP_EITHER,	/* the sender's; accel-ppp puts the receiver's */
};

/* What is known of a control message type; Call IDs follow the header. */
struct nfpt_pptp_layout {
	__u16 length;		/* the only one that is right, 0: no such type */
	__u8 result;		/* offset of its result or reason, 0: none */
	__u8 ids;		/* number of Call IDs, @12 and @14 */
	__u8 owner[2];		/* enum nfpt_pptp_owner of each */
};

extern const struct nfpt_pptp_layout nfpt_pptp_layouts[NFPT_PPTP_TYPES];

const struct nfpt_pptp_layout *nfpt_pptp_layout(__u16 type);

#ifdef __cplusplus
}
#endif

#endif /* NFPT_WIRE_PPTP_H */
