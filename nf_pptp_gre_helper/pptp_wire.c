// SPDX-License-Identifier: GPL-2.0
/*
 * PPTP control messages: the table of what is where, RFC 2637 section 2.
 */
#include <passthrough/wire/pptp.h>

#define NONE	{ 0, 0 }
#define OWN	{ NFPT_PPTP_SENDER, 0 }
#define PEER	{ NFPT_PPTP_RECEIVER, 0 }
#define BOTH	{ NFPT_PPTP_SENDER, NFPT_PPTP_RECEIVER }
#define DISC	{ NFPT_PPTP_EITHER, 0 }

const struct nfpt_pptp_layout nfpt_pptp_layouts[NFPT_PPTP_TYPES] = {
	/* length, result at, Call IDs, whose */
	{ 0, 0, 0, NONE },
	{ 156, 0, 0, NONE },		/* 1 SCCRQ */
	{ 156, 14, 0, NONE },		/* 2 SCCRP */
	{ 16, 12, 0, NONE },		/* 3 STOPRQ */
	{ 16, 12, 0, NONE },		/* 4 STOPRP */
	{ 16, 0, 0, NONE },		/* 5 ECHORQ */
	{ 20, 16, 0, NONE },		/* 6 ECHORP */
	{ 168, 0, 1, OWN },		/* 7 OCRQ */
	{ 32, 16, 2, BOTH },		/* 8 OCRP */
	{ 220, 0, 1, OWN },		/* 9 ICRQ */
	{ 24, 16, 2, BOTH },		/* 10 ICRP */
	{ 28, 0, 1, PEER },		/* 11 ICCN */
	{ 16, 0, 1, OWN },		/* 12 CLEAR */
	{ 148, 14, 1, DISC },		/* 13 DISC */
	{ 40, 0, 1, PEER },		/* 14 WEN */
	{ 24, 0, 1, PEER },		/* 15 SLI */
};

/**
 * nfpt_pptp_layout() - what is known of a control message type
 * @type: control message type, as the header has it
 *
 * Return: the layout, NULL for a type that RFC 2637 does not have.
 */
const struct nfpt_pptp_layout *nfpt_pptp_layout(__u16 type)
{
	if (type >= NFPT_PPTP_TYPES || !nfpt_pptp_layouts[type].length)
		return NULL;

	return &nfpt_pptp_layouts[type];
}
