// SPDX-License-Identifier: GPL-2.0
/*
 * L2TP: headers of both versions over UDP and over IP, and the AVPs of control
 * messages that a router has to know.
 */
#include <passthrough/wire/l2tp.h>

/* The first two bytes of a header, RFC 2661 section 3.1. */
#define T_BIT		0x8000	/* control */
#define L_BIT		0x4000	/* has a length */
#define S_BIT		0x0800	/* has Ns and Nr */
#define O_BIT		0x0200	/* has an offset size */
#define VERSION_MASK	0x000f
#define CONTROL_HEADER	12	/* of both versions */
#define V3_DATA_HEADER	8	/* over UDP, without the cookie */
#define ZEROS		4	/* session id 0: control over IP */

/* The first two bytes of an AVP, RFC 2661 section 4.1. */
#define H_BIT		0x4000	/* hidden */
#define RESERVED_MASK	0x3c00
#define LENGTH_MASK	0x03ff
#define AVP_HEADER	6
#define HIDDEN_LENGTH	2u	/* of the value, in front of it when hidden */

/* Attribute types of the IETF. */
#define MESSAGE_TYPE	0
#define HOST_NAME	7
#define TUNNEL_ID	9
#define SESSION_ID	14
#define RANDOM_VECTOR	36
#define DIGEST		59
#define CONNECTION_ID	61
#define LOCAL_SESSION	63
#define REMOTE_SESSION	64

/*
 * A control header, @start bytes behind @data.  Its length counts from itself,
 * RFC 3931 section 4.1.1.2 says so of the one over IP.
 */
static bool parse_control_header(const __u8 *data, __u32 start, __u32 avail, __u32 total,
				 struct nfpt_l2tp *l2tp)
{
	const __u8 *p = data + start;
	__u16 flags;

	if (avail < start + CONTROL_HEADER)
		return false;

	flags = nfpt_get_be16(p);
	if (!(flags & T_BIT) || !(flags & L_BIT) || !(flags & S_BIT))
		return false;

	l2tp->control = true;
	l2tp->version = flags & VERSION_MASK;
	l2tp->length = start + nfpt_get_be16(p + 2);
	l2tp->tunnel_at = (__u8)(start + 4);
	l2tp->avps = (__u8)(start + CONTROL_HEADER);
	l2tp->ns = nfpt_get_be16(p + 8);
	l2tp->nr = nfpt_get_be16(p + 10);
	if (l2tp->version == 2) {
		/* version 3 has no such bit, and ignores it */
		if (flags & O_BIT)
			return false;
		l2tp->tunnel = nfpt_get_be16(p + 4);
		l2tp->session = nfpt_get_be16(p + 6);
	} else {
		l2tp->tunnel = nfpt_get_be32(p + 4);
		l2tp->session = 0;
	}

	/* offsets have 16 bits, and no packet is longer */
	return l2tp->length >= l2tp->avps && l2tp->length <= total &&
	       l2tp->length <= 0xffff;
}

static void set_data(struct nfpt_l2tp *l2tp, __u8 version)
{
	memset(l2tp, 0, sizeof(*l2tp));
	l2tp->version = version;
}

static bool parse_data_v2(const __u8 *data, __u32 avail, __u32 total, struct nfpt_l2tp *l2tp)
{
	const __u16 flags = nfpt_get_be16(data);
	const __u32 ids = flags & L_BIT ? 4 : 2;
	__u32 end = total;
	__u32 header = ids + 4;

	if (flags & S_BIT)
		header += 4;
	if (flags & O_BIT)
		header += 2;
	if (avail < header)
		return false;

	if (flags & L_BIT)
		end = nfpt_get_be16(data + 2);
	if (end > total)
		return false;
	if (flags & O_BIT)
		header += nfpt_get_be16(data + header - 2);
	if (header > end)
		return false;

	set_data(l2tp, 2);
	l2tp->tunnel = nfpt_get_be16(data + ids);
	l2tp->session = nfpt_get_be16(data + ids + 2);
	l2tp->tunnel_at = (__u8)ids;
	return true;
}

/**
 * nfpt_l2tp_parse_udp() - read an L2TP header over UDP
 * @data: what follows the UDP header
 * @avail: bytes there that can be read, NFPT_L2TP_HEADER_MAX are enough
 * @total: bytes there in the packet
 * @l2tp: set on success
 *
 * RFC 2661 section 3.1, RFC 3931 sections 3.2.1 and 4.1.2.1.  Bytes behind the
 * end that a header names are nobody's, and ignored.
 *
 * Return: whether it is one, of version 2 or 3; L2F, version 1, is not.
 */
bool nfpt_l2tp_parse_udp(const __u8 *data, __u32 avail, __u32 total, struct nfpt_l2tp *l2tp)
{
	__u16 flags;

	if (avail < 2)
		return false;

	flags = nfpt_get_be16(data);
	if ((flags & VERSION_MASK) != 2 && (flags & VERSION_MASK) != 3)
		return false;
	if (flags & T_BIT)
		return parse_control_header(data, 0, avail, total, l2tp);
	if ((flags & VERSION_MASK) == 2)
		return parse_data_v2(data, avail, total, l2tp);

	if (avail < V3_DATA_HEADER || total < V3_DATA_HEADER)
		return false;
	set_data(l2tp, 3);
	l2tp->session = nfpt_get_be32(data + 4);
	return l2tp->session;
}

/**
 * nfpt_l2tp_parse_ip() - read an L2TP header over IP, protocol 115
 * @data: what follows the IP header
 * @avail: bytes there that can be read, NFPT_L2TP_HEADER_MAX are enough
 * @total: bytes there in the packet
 * @l2tp: set on success
 *
 * RFC 3931 section 4.1.1.  Of data four bytes are enough, an ICMP error quotes
 * eight.
 *
 * Return: whether it is one; over IP there is only version 3.
 */
bool nfpt_l2tp_parse_ip(const __u8 *data, __u32 avail, __u32 total, struct nfpt_l2tp *l2tp)
{
	__u32 session;

	if (avail < ZEROS || total < ZEROS)
		return false;

	session = nfpt_get_be32(data);
	if (!session)
		return parse_control_header(data, ZEROS, avail, total, l2tp) &&
		       l2tp->version == 3;

	set_data(l2tp, 3);
	l2tp->session = session;
	return true;
}

struct avp {
	bool	known;		/* the IETF's, and nothing odd about it */
	bool	hidden;
	__u16	type;
	__u32	at;		/* offset of its value */
	__u32	len;		/* of its value */
};

static bool parse_avp(const __u8 *data, __u32 at, const struct nfpt_l2tp *l2tp,
		      struct avp *avp)
{
	const __u32 left = l2tp->length - at;
	__u16 flags;
	__u32 len;

	if (left < AVP_HEADER)
		return false;
	flags = nfpt_get_be16(data + at);
	len = flags & LENGTH_MASK;
	if (len < AVP_HEADER || len > left)
		return false;

	/* a reserved bit makes it an unknown one; RFC 3931 ignores these bits */
	avp->known = !nfpt_get_be16(data + at + 2) &&
		     !(l2tp->version == 2 && flags & RESERVED_MASK);
	avp->hidden = flags & H_BIT;
	avp->type = nfpt_get_be16(data + at + 4);
	avp->at = at + AVP_HEADER;
	avp->len = len - AVP_HEADER;
	return true;
}

/* The first AVP, which says what the others mean; type 0 is reserved. */
static bool parse_type(const __u8 *data, const struct avp *avp,
		       struct nfpt_l2tp_control *control)
{
	if (!avp->known || avp->type != MESSAGE_TYPE || avp->hidden || avp->len != 2)
		return false;

	control->type = nfpt_get_be16(data + avp->at);
	return control->type;
}

/*
 * A hidden value has its length in front and padding behind, and cannot be
 * recovered, by nobody, without the Random Vector in an AVP before: RFC 2661
 * section 4.3.
 */
static bool parse_id(const __u8 *data, const struct avp *avp, bool vector, __u8 size,
		     struct nfpt_l2tp_id *id)
{
	if (id->present)
		return false;

	id->present = true;
	id->hidden = avp->hidden;
	id->size = size;
	if (avp->hidden)
		return vector && avp->len >= HIDDEN_LENGTH + size;
	if (avp->len != size)
		return false;

	id->at = (__u16)avp->at;
	id->value = size == 2 ? nfpt_get_be16(data + avp->at) : nfpt_get_be32(data + avp->at);
	return true;
}

static bool parse_known(const __u8 *data, const struct avp *avp, bool vector,
			struct nfpt_l2tp_control *control)
{
	switch (avp->type) {
	case MESSAGE_TYPE:
		return false;
	case HOST_NAME:
		if (!avp->hidden && avp->len && !control->name_len) {
			control->name_at = (__u16)avp->at;
			control->name_len = (__u16)avp->len;
		}
		return true;
	case TUNNEL_ID:
		return parse_id(data, avp, vector, 2, &control->tunnel);
	case CONNECTION_ID:
		return parse_id(data, avp, vector, 4, &control->connection);
	case SESSION_ID:
		return parse_id(data, avp, vector, 2, &control->local);
	case LOCAL_SESSION:
		return parse_id(data, avp, vector, 4, &control->local);
	case REMOTE_SESSION:
		return parse_id(data, avp, vector, 4, &control->remote);
	case DIGEST:
		control->digest = true;
		return true;
	default:
		return true;
	}
}

/**
 * nfpt_l2tp_parse_control() - read the AVPs of a control message
 * @data: what follows the UDP or IP header
 * @len: bytes there that can be read, the whole message or more
 * @l2tp: its header, as parsed from @data
 * @control: set on success
 *
 * RFC 2661 section 4, RFC 3931 section 5.  AVPs of vendors and such as we do
 * not know are skipped.  Ids may be 0, as a Remote Session ID is until the
 * other end has assigned it.  Version 2 may carry ids of version 3: an SCCRQ
 * offers both when its sender can do either, RFC 3931 section 4.7.
 *
 * Return: whether it is well formed, so that ids may be believed.
 */
bool nfpt_l2tp_parse_control(const __u8 *data, __u32 len, const struct nfpt_l2tp *l2tp,
			     struct nfpt_l2tp_control *control)
{
	bool vector = false;
	struct avp avp;
	__u32 at;

	if (!l2tp->control || len < l2tp->length)
		return false;

	memset(control, 0, sizeof(*control));
	for (at = l2tp->avps; at < l2tp->length; at = avp.at + avp.len) {
		if (!parse_avp(data, at, l2tp, &avp))
			return false;
		if (at == l2tp->avps) {
			if (!parse_type(data, &avp, control))
				return false;
			continue;
		}
		if (!avp.known)
			continue;
		if (!parse_known(data, &avp, vector, control))
			return false;
		vector = vector || (avp.type == RANDOM_VECTOR && !avp.hidden);
	}
	return true;
}
