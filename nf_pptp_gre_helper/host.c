// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts: who opens control connections, and how many calls each has.  One that
 * opens all it can takes none from others.
 */
#include <linux/slab.h>

#include "pptp.h"

/**
 * nfpt_pptp_host_get() - a host opens a control connection
 * @ppn: the namespace
 * @addr: its address
 *
 * Context: lock held.
 * Return: the host, to be put when the connection goes, or NULL without memory.
 */
struct nfpt_pptp_host *nfpt_pptp_host_get(struct nfpt_pptp_net *ppn, __be32 addr)
{
	struct nfpt_pptp_host *host = xa_load(&ppn->hosts, ntohl(addr));

	if (host) {
		host->n_conns++;
		return host;
	}
	host = kzalloc(sizeof(*host), GFP_ATOMIC);
	if (!host)
		return NULL;
	host->addr = addr;
	host->n_conns = 1;
	if (xa_is_err(xa_store(&ppn->hosts, ntohl(addr), host, GFP_ATOMIC))) {
		kfree(host);
		return NULL;
	}
	return host;
}

/**
 * nfpt_pptp_host_put() - a control connection of a host is gone
 * @ppn: the namespace
 * @host: the host
 *
 * Context: lock held.
 */
void nfpt_pptp_host_put(struct nfpt_pptp_net *ppn, struct nfpt_pptp_host *host)
{
	if (--host->n_conns)
		return;
	xa_erase(&ppn->hosts, ntohl(host->addr));
	kfree(host);
}
