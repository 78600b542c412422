// SPDX-License-Identifier: GPL-2.0
/*
 * Zones: what tells the replies to several inside hosts apart, when nothing in
 * the packets' addresses and ports does.  A zone counts in the direction of the
 * replies only: the original direction stays where it is, so that the rest of
 * netfilter sees nothing of it.
 */
#include <linux/bitmap.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "core.h"

/**
 * nfpt_zone_get() - a zone that is not in use
 * @zones: those in use; the caller's lock guards them, and it clears the bit
 * @first: the first of the protocol's zones
 * @zone: set to the zone
 *
 * Round and round: flows of the host that had a zone last may still be there.
 *
 * Return: false if all are in use.
 */
bool nfpt_zone_get(struct nfpt_zones *zones, u16 first, u16 *zone)
{
	unsigned int n;

	n = find_next_zero_bit(zones->used, NFPT_ZONES, zones->next);
	if (n >= NFPT_ZONES)
		n = find_first_zero_bit(zones->used, NFPT_ZONES);
	if (n >= NFPT_ZONES)
		return false;
	__set_bit(n, zones->used);
	zones->next = n + 1;
	*zone = first + n;
	return true;
}
EXPORT_SYMBOL_GPL(nfpt_zone_get);

/**
 * nfpt_ct_set_zone() - put the replies of a conntrack into a zone
 * @ct: a conntrack that is not confirmed yet
 * @zone: the zone
 */
void nfpt_ct_set_zone(struct nf_conn *ct, u16 zone)
{
	struct nf_conntrack_zone z;

	nf_ct_zone_init(&z, zone, NF_CT_ZONE_DIR_REPL, 0);
	nf_ct_zone_add(ct, &z);
}
EXPORT_SYMBOL_GPL(nfpt_ct_set_zone);
