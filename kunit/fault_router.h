/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A router without memory: what hosts and servers send goes through it with
 * each of its allocations failing.
 */
#ifndef _NFPT_KUNIT_FAULT_ROUTER_H
#define _NFPT_KUNIT_FAULT_ROUTER_H

#include "fault.h"
#include "router.h"

#define NFPT_FAULT_COUNTERS	4

/**
 * struct nfpt_fault_trial - a scenario
 * @name: of the scenario
 * @run: let all packets come; returns whether the protocol was helped as it is
 *	to be.  Asserts nothing: any packet may be lost
 * @counters: those that tell of what failed
 * @n_counters: how many
 * @least: so many allocations there are at least
 * @unsaid: rounds whose losses nobody counts: NAT drops what it cannot write
 */
struct nfpt_fault_trial {
	const char	*name;
	bool		(*run)(struct kunit *test);
	unsigned int	counters[NFPT_FAULT_COUNTERS];
	unsigned int	n_counters;
	unsigned int	least;
	unsigned int	unsaid;
};

void nfpt_fault_router(struct kunit *test, const struct nfpt_fault_trial *trial);
void nfpt_fault_states(struct kunit *test);

#endif /* _NFPT_KUNIT_FAULT_ROUTER_H */
