/* SPDX-License-Identifier: GPL-2.0 */
/*
 * L2TP, RFC 2661 and RFC 3931: headers over UDP and over IP, and what control
 * messages say of tunnels and sessions, by which ids and where these stand.
 */
#ifndef NFPT_WIRE_L2TP_H
#define NFPT_WIRE_L2TP_H

#include <passthrough/wire/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NFPT_L2TP_PORT		1701
#define NFPT_L2TP_HEADER_MAX	24	/* no header, without padding and AVPs, is longer */

enum nfpt_l2tp_message {
	NFPT_L2TP_SCCRQ	= 1,	/* Start-Control-Connection-Request */
	NFPT_L2TP_SCCRP	= 2,	/* Start-Control-Connection-Reply */
	NFPT_L2TP_SCCCN	= 3,	/* Start-Control-Connection-Connected */
	NFPT_L2TP_STOPCCN = 4,	/* Stop-Control-Connection-Notification */
	NFPT_L2TP_HELLO	= 6,	/* Hello */
	NFPT_L2TP_OCRQ	= 7,	/* Outgoing-Call-Request */
	NFPT_L2TP_OCRP	= 8,	/* Outgoing-Call-Reply */
	NFPT_L2TP_OCCN	= 9,	/* Outgoing-Call-Connected */
	NFPT_L2TP_ICRQ	= 10,	/* Incoming-Call-Request */
	NFPT_L2TP_ICRP	= 11,	/* Incoming-Call-Reply */
	NFPT_L2TP_ICCN	= 12,	/* Incoming-Call-Connected */
	NFPT_L2TP_CDN	= 14,	/* Call-Disconnect-Notify */
	NFPT_L2TP_WEN	= 15,	/* WAN-Error-Notify */
	NFPT_L2TP_SLI	= 16,	/* Set-Link-Info */
	NFPT_L2TP_ACK	= 20,	/* RFC 3931: only acknowledges */
};

/**
 * struct nfpt_l2tp - an L2TP header, RFC 2661 section 3.1, RFC 3931 section 3.2
 * @control: a control message, else data
 * @version: 2 or 3
 * @tunnel: the recipient's Tunnel ID, version 3: Control Connection ID; 0 until
 *	it is assigned; data of version 3 has none: 0
 * @session: the recipient's Session ID; control of version 3 has none: 0
 * @ns: number of this message; control only
 * @nr: number of the message expected next; control only
 * @length: of the whole message, over IP with the four zero bytes in front of
 *	it; control only
 * @tunnel_at: offset of @tunnel, 2 bytes long, version 3: 4; 0: it has none
 * @avps: offset of the first AVP, the header's length; control only
 *
 * Offsets and lengths count from the first byte behind the UDP or IP header.
 */
struct nfpt_l2tp {
	bool	control;
	__u8	version;
	__u32	tunnel;
	__u32	session;
	__u16	ns;
	__u16	nr;
	__u32	length;
	__u8	tunnel_at;
	__u8	avps;
};

bool nfpt_l2tp_parse_udp(const __u8 *data, __u32 avail, __u32 total, struct nfpt_l2tp *l2tp);
bool nfpt_l2tp_parse_ip(const __u8 *data, __u32 avail, __u32 total, struct nfpt_l2tp *l2tp);

/**
 * struct nfpt_l2tp_id - an id that a control message assigns or names
 * @present: there is such an AVP
 * @hidden: its value cannot be read, RFC 2661 section 4.3; @at and @value are 0
 * @size: of the value, 2 or 4 bytes
 * @at: offset of the value, counted as those of struct nfpt_l2tp
 * @value: the id
 */
struct nfpt_l2tp_id {
	bool	present;
	bool	hidden;
	__u8	size;
	__u16	at;
	__u32	value;
};

/**
 * struct nfpt_l2tp_control - what a control message says
 * @type: enum nfpt_l2tp_message or another, 0: none (it only acknowledges)
 * @digest: a Message Digest (59) protects it, header included: nothing may be
 *	rewritten
 * @tunnel: Assigned Tunnel ID (9)
 * @connection: Assigned Control Connection ID (61)
 * @local: Assigned Session ID (14) or Local Session ID (63)
 * @remote: Remote Session ID (64)
 * @name_at: offset of the Host Name (7), 0: none that can be read
 * @name_len: its length
 */
struct nfpt_l2tp_control {
	__u16	type;
	bool	digest;
	struct nfpt_l2tp_id tunnel;
	struct nfpt_l2tp_id connection;
	struct nfpt_l2tp_id local;
	struct nfpt_l2tp_id remote;
	__u16	name_at;
	__u16	name_len;
};

bool nfpt_l2tp_parse_control(const __u8 *data, __u32 len, const struct nfpt_l2tp *l2tp,
			     struct nfpt_l2tp_control *control);

#ifdef __cplusplus
}
#endif

#endif /* NFPT_WIRE_L2TP_H */
