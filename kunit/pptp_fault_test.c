// SPDX-License-Identifier: GPL-2.0
/*
 * PPTP without memory: two hosts call one server with one Call ID.
 */
#include <linux/icmp.h>

#include "fault_router.h"
#include "pptp_rig.h"

#define CALL_ID		0x11		/* both hosts' */
#define THEIRS(n)	(0x21 + (n))	/* the server's for it */
#define LINKS		20		/* more than the first log of changes holds */
#define LAST		1		/* the host whose Call ID is changed */

/**
 * struct nfpt_call_line - a host's control connection
 * @n: which host
 * @seq: next sequence number, by direction
 * @mapped: its Call ID as the server sees it
 */
struct nfpt_call_line {
	unsigned int	n;
	u32		seq[IP_CT_DIR_MAX];
	u16		mapped;
};

/* All but the headers is in a page. */
static struct nfpt_trip nfpt_call_say(struct kunit *test, struct nfpt_call_line *line,
				      unsigned int dir, bool syn, const u8 *data,
				      unsigned int len)
{
	u16 port = 2000 + line->n;
	const struct tcphdr th = {
		.source = htons(dir ? NFPT_PPTP_PORT : port),
		.dest = htons(dir ? port : NFPT_PPTP_PORT), .window = htons(8000),
		.seq = htonl(line->seq[dir]), .ack = dir || !syn,
		.ack_seq = htonl(line->seq[!dir]), .syn = syn, .psh = !!len,
	};
	const struct nfpt_router *router = test->priv;
	struct sk_buff *skb;

	skb = nfpt_rig_tcp(test, dir ? RIG_SERVER : ROUTER_HOST(line->n),
			   dir ? ROUTER_WAN : RIG_SERVER, &th, data, len, 0, 0);
	skb->dev = router->net->loopback_dev;
	line->seq[dir] += len + syn;
	return nfpt_router_send(test, skb);
}

static struct nfpt_trip nfpt_call_tell(struct kunit *test, struct nfpt_call_line *line,
				       unsigned int dir, u8 type, u16 id0, u16 id1,
				       unsigned int times)
{
	u8 p[LINKS * 24 + 168];
	unsigned int len = 0;

	while (times--)
		len += nfpt_rig_message(p + len, type, id0, id1);
	return nfpt_call_say(test, line, dir, false, p, len);
}

/* A Call ID of the message that left last. */
static u16 nfpt_call_left(const struct nfpt_router *router)
{
	unsigned int at = sizeof(struct tcphdr) + NFPT_PPTP_IDS;

	return router->n_left < at + 2 ? 0 : nfpt_get_be16(router->left + at);
}

static struct nfpt_trip nfpt_call_gre(struct kunit *test, u32 saddr, u32 daddr, u16 id)
{
	const struct nfpt_router *router = test->priv;
	struct sk_buff *skb = nfpt_rig_gre(test, saddr, daddr, id);

	skb->dev = router->net->loopback_dev;
	return nfpt_router_send(test, skb);
}

/* From the SYN to data in both directions. */
static bool nfpt_call_run(struct kunit *test, struct nfpt_call_line *line)
{
	const struct nfpt_router *router = test->priv;
	struct nfpt_trip out, in;

	nfpt_call_say(test, line, INITIATOR, true, NULL, 0);
	nfpt_call_say(test, line, RESPONDER, true, NULL, 0);
	nfpt_call_say(test, line, INITIATOR, false, NULL, 0);
	out = nfpt_call_tell(test, line, INITIATOR, NFPT_PPTP_OCRQ, CALL_ID, 0, 1);
	line->mapped = out.arrived ? nfpt_call_left(router) : CALL_ID;
	nfpt_call_tell(test, line, RESPONDER, NFPT_PPTP_OCRP, THEIRS(line->n), line->mapped, 1);
	nfpt_call_tell(test, line, RESPONDER, NFPT_PPTP_SLI, line->mapped, 0, LINKS);

	out = nfpt_call_gre(test, ROUTER_HOST(line->n), RIG_SERVER, THEIRS(line->n));
	in = nfpt_call_gre(test, RIG_SERVER, ROUTER_WAN, line->mapped);
	return out.arrived && out.saddr == ROUTER_WAN && in.arrived &&
	       in.daddr == ROUTER_HOST(line->n) && in.ctinfo == IP_CT_ESTABLISHED_REPLY &&
	       nfpt_get_be16(router->left + NFPT_GRE_CALL_ID) == CALL_ID;
}

static bool nfpt_call_error(struct kunit *test, unsigned int n)
{
	u8 gre[NFPT_GRE_MIN] = { 0x30, 0x01, 0x88, 0x0b, 0, 4 };
	const struct nfpt_router_error error = {
		.saddr = RIG_SERVER, .daddr = ROUTER_WAN, .quoted_saddr = ROUTER_WAN,
		.quoted_daddr = RIG_SERVER, .protocol = IPPROTO_GRE,
		.type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED,
		.data = gre, .len = sizeof(gre),
	};
	struct nfpt_trip trip;

	nfpt_put_be16(gre + NFPT_GRE_CALL_ID, THEIRS(n));
	trip = nfpt_router_icmp(test, &error);
	return trip.arrived && trip.daddr == ROUTER_HOST(n);
}

static bool nfpt_pptp_fault_run(struct kunit *test)
{
	bool helped = true;
	unsigned int n;

	for (n = 0; n <= LAST; n++) {
		struct nfpt_call_line line = { .n = n, .seq = { 1000, 2000 } };

		helped &= nfpt_call_run(test, &line);
		helped &= nfpt_call_error(test, n);
	}
	return helped;
}

static void nfpt_pptp_fault_test_calls(struct kunit *test)
{
	static const struct nfpt_fault_trial trial = {
		.name = "calls", .run = nfpt_pptp_fault_run,
		.counters = { NFPT_PPTP_C_NOMEM, NFPT_PPTP_C_NO_FLOW, NFPT_PPTP_C_LOG_FULL },
		.n_counters = 3, .least = 10,
	};

	nfpt_fault_router(test, &trial);
}

static int nfpt_pptp_fault_init(struct kunit *test)
{
	nfpt_router_add(test, "pptp");
	return 0;
}

static void nfpt_pptp_fault_exit(struct kunit *test)
{
	nfpt_fault_end();
	nfpt_router_exit(test);
}

static struct kunit_case nfpt_pptp_fault_cases[] = {
	KUNIT_CASE(nfpt_fault_states),
	KUNIT_CASE(nfpt_pptp_fault_test_calls),
	{}
};

static struct kunit_suite nfpt_pptp_fault_suite = {
	.name		= "nfpt_pptp_fault",
	.suite_init	= nfpt_fault_suite_init,
	.suite_exit	= nfpt_fault_suite_exit,
	.init		= nfpt_pptp_fault_init,
	.exit		= nfpt_pptp_fault_exit,
	.test_cases	= nfpt_pptp_fault_cases,
};

kunit_test_suite(nfpt_pptp_fault_suite);
