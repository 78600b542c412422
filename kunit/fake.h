/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A protocol that does nothing but remember what the core asked of it.
 */
#ifndef _NFPT_KUNIT_FAKE_H
#define _NFPT_KUNIT_FAKE_H

#include <kunit/test.h>

#include "../nf_passthrough/core.h"
#include "testnet.h"

#define NFPT_FAKE_PORT		7	/* UDP; the conntracks it owns */
#define NFPT_FAKE_REASONS	(NF_PASSTHROUGH_END_REASON_FAILED + 1)

enum {
	NFPT_FAKE_WIDTH = NFPT_SETTING_PROTO,
	NFPT_FAKE_SETTINGS
};

/**
 * struct nfpt_fake - the protocol and what has happened to it
 * @proto: the protocol, "kunit"
 * @registered: to be unregistered at the end
 * @net: a namespace to have it in
 * @start_err: what start() shall return
 * @expire: what expired() shall return for sessions whose initiator is odd
 * @starts: calls of start()
 * @stops: calls of stop()
 * @helped: packets that came by a help hook
 * @blocked: packets that came by a block hook, which drops them
 * @ends: calls of end(), by reason
 * @other: from nfpt_fake_other(), or NULL
 */
struct nfpt_fake {
	struct nfpt_proto		proto;
	bool				registered;
	struct net			*net;
	int				start_err;
	enum nf_passthrough_end_reason	expire;
	unsigned int			starts;
	unsigned int			stops;
	unsigned int			helped;
	unsigned int			blocked;
	unsigned int			ends[NFPT_FAKE_REASONS];
	struct nfpt_fake		*other;
};

int nfpt_fake_init(struct kunit *test);
void nfpt_fake_exit(struct kunit *test);
struct nfpt_fake *nfpt_fake_other(struct kunit *test, struct nfpt_fake *fake);
struct nfpt_proto_net *nfpt_fake_state(struct kunit *test, enum nf_passthrough_state state);
struct nfpt_session *nfpt_fake_session(struct nfpt_proto_net *pn, u32 initiator,
				       u32 responder, bool local);

#endif /* _NFPT_KUNIT_FAKE_H */
