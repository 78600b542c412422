/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocation failure: what a test marks is done with the n-th allocation
 * failing, for n = 1, 2, 3 until there is no n-th one any more.  Part of
 * nf_passthrough.ko, as testnet.c is.
 */
#ifndef _NFPT_KUNIT_FAULT_H
#define _NFPT_KUNIT_FAULT_H

#include <kunit/test.h>

/**
 * enum nfpt_fault_kind - what fails
 * @NFPT_FAULT_ONE: the n-th allocation
 * @NFPT_FAULT_REST: that and all behind it
 */
enum nfpt_fault_kind {
	NFPT_FAULT_ONE,
	NFPT_FAULT_REST,
	NFPT_FAULT_KINDS
};

int nfpt_fault_suite_init(struct kunit_suite *suite);
void nfpt_fault_suite_exit(struct kunit_suite *suite);

/* A round of a test. */
void nfpt_fault_begin(enum nfpt_fault_kind kind, unsigned int n);
bool nfpt_fault_end(void);

/* Around what is under test, and nothing else; without a round, nothing fails. */
void nfpt_fault_arm(void);
void nfpt_fault_disarm(void);

#endif /* _NFPT_KUNIT_FAULT_H */
