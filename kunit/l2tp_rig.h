/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A router with L2TP enabled, hosts behind it, and a server 192.0.2.2; and the
 * messages that they exchange, as RFC 2661 and RFC 3931 have them.
 */
#ifndef _NFPT_KUNIT_L2TP_RIG_H
#define _NFPT_KUNIT_L2TP_RIG_H

#include "../nf_l2tp_helper/l2tp.h"
#include "router.h"

#define RIG_SERVER	0xc0000202
#define RIG_OTHER	0xc6336402	/* another server, 198.51.100.2 */
#define RIG_PORT	1701

/**
 * struct nfpt_rig_message - a control message or data
 * @version: of the protocol, 0 for 2
 * @ip: straight over IP
 * @data: no control message
 * @length: data of version 2: it says how long it is
 * @type: NFPT_L2TP_*
 * @to: recipient's Tunnel ID or Control Connection ID
 * @session: recipient's Session ID
 * @assigned: Assigned Tunnel ID or Assigned Control Connection ID, 0 for none
 * @local: Assigned Session ID or Local Session ID, 0 for none
 * @remote: Remote Session ID, 0 for none
 * @name: Host Name, in front of @assigned; NULL for none
 * @hidden: @assigned and @local are hidden
 * @digest: it has a Message Digest
 * @sport: UDP source port, 0 for 1701
 * @dport: UDP destination port, 0 for 1701
 * @peer: the server's address, 0 for RIG_SERVER
 * @unsummed: without UDP checksum
 * @partial: the checksum is to be made by a device
 * @paged: nothing of it is in the packet's linear area
 */
struct nfpt_rig_message {
	u8		version;
	bool		ip;
	bool		data;
	bool		length;
	u16		type;
	u32		to;
	u32		session;
	u32		assigned;
	u32		local;
	u32		remote;
	const char	*name;
	bool		hidden;
	bool		digest;
	u16		sport;
	u16		dport;
	u32		peer;
	bool		unsummed;
	bool		partial;
	bool		paged;
};

int nfpt_rig_init(struct kunit *test);

/* What hosts and servers send. */
struct nfpt_trip nfpt_rig_send(struct kunit *test, u32 saddr, u32 daddr,
			       const struct nfpt_rig_message *msg);
struct nfpt_trip nfpt_rig_out(struct kunit *test, unsigned int n,
			      const struct nfpt_rig_message *msg);
struct nfpt_trip nfpt_rig_in(struct kunit *test, const struct nfpt_rig_message *msg);
struct nfpt_trip nfpt_rig_ip_out(struct kunit *test, unsigned int n, u32 session);
struct nfpt_trip nfpt_rig_ip_in(struct kunit *test, u32 session);
bool nfpt_rig_left(struct kunit *test, const struct nfpt_rig_message *msg);
unsigned int nfpt_rig_quote(const struct nfpt_rig_message *msg, u8 *quote, unsigned int len);

/* Tunnels of version 2 over UDP, of version 3 over IP. */
struct nfpt_trip nfpt_rig_request(struct kunit *test, unsigned int n, u32 id);
u16 nfpt_rig_connect(struct kunit *test, unsigned int n, u32 id, u32 server_id);
void nfpt_rig_connect_ip(struct kunit *test, unsigned int n, u32 id, u32 server_id);
void nfpt_rig_settle(struct kunit *test, unsigned int n, u32 out, u32 in);

/* What the module knows. */
struct nfpt_l2tp_net *nfpt_rig_net(const struct kunit *test);
struct nfpt_l2tp_tunnel *nfpt_rig_find(struct kunit *test, u8 slot, u8 version, u8 l4proto,
				       unsigned int n, u32 id);
struct nfpt_l2tp_tunnel *nfpt_rig_tunnel(struct kunit *test, unsigned int n, u32 id);
struct nfpt_l2tp_tunnel *nfpt_rig_tunnel_ip(struct kunit *test, unsigned int n, u32 id);
struct nfpt_l2tp_tunnel *nfpt_rig_pair(struct kunit *test, unsigned int n);
struct nfpt_l2tp_call *nfpt_rig_find_call(struct kunit *test, u32 id);
struct nfpt_l2tp_call *nfpt_rig_call(struct kunit *test, u32 id);
unsigned int nfpt_rig_sessions(const struct kunit *test);
unsigned int nfpt_rig_calls(struct kunit *test, const struct nfpt_l2tp_tunnel *tunnel);

/* Settings and time. */
void nfpt_rig_set(struct kunit *test, unsigned int setting, u32 value);
u32 nfpt_rig_ago(unsigned int seconds);
void nfpt_rig_gc(struct kunit *test);
void nfpt_rig_close(struct kunit *test, struct nfpt_l2tp_tunnel *tunnel);

#endif /* _NFPT_KUNIT_L2TP_RIG_H */
