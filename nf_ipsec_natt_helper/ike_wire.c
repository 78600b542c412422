// SPDX-License-Identifier: GPL-2.0
/*
 * IKE: its header, and when an exchange that makes ESP SAs is complete.  All
 * behind the header is encrypted; SPIs, exchange type and message id are not.
 */
#include <passthrough/wire/ike.h>

static __u64 get_be64(const __u8 *p)
{
	return (__u64)nfpt_get_be32(p) << 32 | nfpt_get_be32(p + 4);
}

/**
 * nfpt_ike_parse() - read an IKE header, RFC 7296 section 3.1
 * @p: its first byte, behind the non-ESP marker if there is one
 * @len: bytes there; 28 are enough
 * @whole: length of the datagram from @p on
 * @ike: set on success
 *
 * Unknown exchange types are fine, they are other people's extensions.
 *
 * Return: whether it is one, of IKEv1 or IKEv2.
 */
bool nfpt_ike_parse(const __u8 *p, __u32 len, __u32 whole, struct nfpt_ike *ike)
{
	if (len < NFPT_IKE_HEADER || whole < NFPT_IKE_HEADER)
		return false;

	ike->ispi = get_be64(p);
	ike->rspi = get_be64(p + 8);
	ike->version = p[17] >> 4;
	ike->exchange = p[18];
	ike->flags = p[19];
	ike->msgid = nfpt_get_be32(p + 20);
	ike->length = nfpt_get_be32(p + 24);

	return ike->ispi && (ike->version == 1 || ike->version == 2) &&
	       ike->length >= NFPT_IKE_HEADER && ike->length <= whole;
}

/*
 * Message ids of one end's requests only grow, and never wrap (RFC 7296 section
 * 2.2), so one number tells a response that comes again.
 */
static unsigned int step_v2(struct nfpt_ike_sa *sa, const struct nfpt_ike *ike,
			    unsigned int from)
{
	bool response = ike->flags & NFPT_IKE_RESPONSE;
	unsigned int asker = response ? !from : from;

	if (ike->exchange != NFPT_IKE_AUTH && ike->exchange != NFPT_IKE_CREATE_CHILD)
		return 0;
	if (sa->has_done[asker] && ike->msgid <= sa->done[asker])
		return 0;
	if (!response)
		return NFPT_IKE_BEGUN;

	sa->has_done[asker] = true;
	sa->done[asker] = ike->msgid;
	sa->rspi = ike->rspi;
	if (ike->exchange == NFPT_IKE_CREATE_CHILD)
		return NFPT_IKE_DONE_CHILD | NFPT_IKE_DONE_REKEY;
	if (sa->authed)
		return NFPT_IKE_DONE_ROUND;
	sa->authed = true;
	return NFPT_IKE_DONE_CHILD;
}

static struct nfpt_ike_quick *quick_find(struct nfpt_ike_sa *sa, __u32 msgid)
{
	unsigned int i;

	for (i = 0; i < NFPT_IKE_QUICKS; i++)
		if (sa->quicks[i].msgid == msgid)
			return &sa->quicks[i];
	return NULL;
}

/*
 * The second of the three messages of a Quick Mode (RFC 2409 section 5.5) is
 * the first from the other end.  It carries the responder's SPI, and who
 * responds may send at once.
 */
static unsigned int step_v1(struct nfpt_ike_sa *sa, const struct nfpt_ike *ike,
			    unsigned int from)
{
	struct nfpt_ike_quick *quick;

	if (ike->exchange != NFPT_IKE_V1_QUICK || !ike->msgid)
		return 0;

	quick = quick_find(sa, ike->msgid);
	if (!quick) {
		quick = &sa->quicks[sa->next % NFPT_IKE_QUICKS];
		sa->next = (sa->next + 1) % NFPT_IKE_QUICKS;
		quick->msgid = ike->msgid;
		quick->asker = (__u8)from;
		quick->done = false;
		return NFPT_IKE_BEGUN;
	}
	if (quick->done || quick->asker == from)
		return 0;

	quick->done = true;
	sa->rspi = ike->rspi;
	return NFPT_IKE_DONE_CHILD;
}

/**
 * nfpt_ike_sa_step() - one message of an IKE SA
 * @sa: the SA; a fresh one takes its SPIs from the message
 * @ike: header of the message
 * @from: 0: from behind the NAT, 1: from the gateway
 *
 * Each exchange counts once, however often its messages are sent again.  An
 * IKE_AUTH of several rounds (EAP) counts with the first of them, the others
 * are NFPT_IKE_DONE_ROUND: nobody can see which is the last.
 *
 * Return: NFPT_IKE_DONE_* of the exchange that this message completes,
 * NFPT_IKE_BEGUN of a request, as often as it comes before its answer, or 0.
 */
unsigned int nfpt_ike_sa_step(struct nfpt_ike_sa *sa, const struct nfpt_ike *ike,
			      unsigned int from)
{
	from = !!from;
	if (!sa->ispi)
		sa->ispi = ike->ispi;
	if (sa->ispi != ike->ispi)
		return 0;
	if (!sa->rspi)
		sa->rspi = ike->rspi;

	return ike->version == 2 ? step_v2(sa, ike, from) : step_v1(sa, ike, from);
}
