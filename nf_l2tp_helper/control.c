// SPDX-License-Identifier: GPL-2.0
/*
 * Control messages, RFC 2661 section 6, RFC 3931 section 6: what they say of
 * tunnels and calls, and the one thing that is changed in them: the id of a
 * tunnel, if another host behind the same address has chosen it before.
 */
#include <linux/random.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "l2tp.h"

/* ---- writing ----------------------------------------------------------- */

static void nfpt_l2tp_checksum(struct sk_buff *skb, unsigned int off, __be16 from, __be16 to)
{
	struct udphdr *udph = (struct udphdr *)(skb->data + skb_network_offset(skb) +
						ip_hdrlen(skb));
	unsigned int at = off - skb_network_offset(skb) - ip_hdrlen(skb);

	/* AVPs have any length: what is at an odd offset counts the other way. */
	if (at & 1) {
		from = (__force __be16)swab16((__force u16)from);
		to = (__force __be16)swab16((__force u16)to);
	}
	if (!udph->check && skb->ip_summed != CHECKSUM_PARTIAL)
		return;
	inet_proto_csum_replace2(&udph->check, skb, from, to, false);
	if (!udph->check)
		udph->check = CSUM_MANGLED_0;
}

/* An id of 2 or 4 bytes, at an offset from the L2TP header. */
static unsigned int nfpt_l2tp_write(struct nfpt_l2tp_net *ln,
				    const struct nfpt_l2tp_packet *packet, unsigned int at,
				    unsigned int size, u32 value)
{
	struct sk_buff *skb = packet->skb;
	unsigned int off = packet->off + at;
	__be16 from, to;
	unsigned int i;

	if (skb_ensure_writable(skb, off + size)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
		return NF_DROP;
	}
	for (i = 0; i < size; i += 2) {
		to = htons(value >> (size - 2 - i) * 8);
		memcpy(&from, skb->data + off + i, sizeof(from));
		memcpy(skb->data + off + i, &to, sizeof(to));
		if (packet->l4proto == IPPROTO_UDP)
			nfpt_l2tp_checksum(skb, off + i, from, to);
	}
	return NF_ACCEPT;
}

/* The host's id as the server knows it. */
static unsigned int nfpt_l2tp_rewrite(struct nfpt_l2tp_net *ln,
				      const struct nfpt_l2tp_packet *packet,
				      const struct nfpt_l2tp_tunnel *tunnel,
				      const struct nfpt_l2tp_id *id)
{
	if (!id->at || !nfpt_l2tp_is_rewritten(tunnel))
		return NF_ACCEPT;
	return nfpt_l2tp_write(ln, packet, id->at, id->size, tunnel->seen_id);
}

/* The host's id as the host knows it, in what the server sends. */
static unsigned int nfpt_l2tp_restore(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_packet *packet)
{
	const struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_l2tp *l2tp = &packet->l2tp;

	if (packet->dir == IP_CT_DIR_ORIGINAL || !l2tp->tunnel_at)
		return NF_ACCEPT;
	tunnel = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_IN, l2tp->version, packet->l4proto,
				       packet->ends.server, packet->ends.seen, l2tp->tunnel);
	if (!tunnel || !nfpt_l2tp_is_rewritten(tunnel) ||
	    tunnel->session.initiator != packet->ends.host)
		return NF_ACCEPT;
	l2tp->tunnel = tunnel->host_id;
	return nfpt_l2tp_write(ln, packet, l2tp->tunnel_at, l2tp->version == 3 ? 4 : 2,
			       tunnel->host_id);
}

/* ---- requests ---------------------------------------------------------- */

static const struct nfpt_l2tp_id *nfpt_l2tp_assigned(const struct nfpt_l2tp_packet *packet,
						     const struct nfpt_l2tp_control *control)
{
	return packet->l2tp.version == 3 ? &control->connection : &control->tunnel;
}

/**
 * nfpt_l2tp_hidden() - a tunnel whose id its host has told in secret
 * @server: its server, which has not used the id yet
 * @ct: its flow, or NULL for the newest of those that share a port
 *
 * Context: lock held.
 * Return: the tunnel or NULL.
 */
struct nfpt_l2tp_tunnel *nfpt_l2tp_hidden(const struct nfpt_l2tp_server *server,
					  const struct nf_conn *ct)
{
	struct nfpt_l2tp_tunnel *tunnel;

	list_for_each_entry(tunnel, &server->tunnels, of_server) {
		if (tunnel->server_id)
			break;
		if (tunnel->hidden && !tunnel->host_id && !tunnel->closing &&
		    (ct ? nf_ct_tuple_equal(&tunnel->tuple,
					    &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple) :
			  tunnel->shared))
			return tunnel;
	}
	return NULL;
}

static void nfpt_l2tp_clash(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel)
{
	nfpt_count(ln->pn, NFPT_L2TP_C_CLASH);
	nfpt_session_clash(&tunnel->session);
}

/* Sets what the server is to take the host's id for. */
static void nfpt_l2tp_map(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel, u32 id,
			  bool fixed)
{
	unsigned int i;
	int err;

	tunnel->host_id = id;
	tunnel->seen_id = id;
	if (nfpt_l2tp_tunnel_enter(ln, tunnel, NFPT_L2TP_OWN, id))
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
	err = nfpt_l2tp_tunnel_enter(ln, tunnel, NFPT_L2TP_IN, id);
	for (i = 0; err == -EEXIST && !fixed && i < NFPT_L2TP_TRIES; i++) {
		id = get_random_u32();
		if (tunnel->version == 2)
			id &= U16_MAX;
		if (!id)
			continue;
		err = nfpt_l2tp_tunnel_enter(ln, tunnel, NFPT_L2TP_IN, id);
	}
	if (err == -EEXIST) {
		nfpt_l2tp_clash(ln, tunnel);
	} else if (err) {
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
	} else if (id != tunnel->seen_id) {
		tunnel->seen_id = id;
		nfpt_count(ln->pn, NFPT_L2TP_C_REWRITTEN);
	}
}

static void nfpt_l2tp_set_flow(struct nfpt_l2tp_tunnel *tunnel, const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *repl = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;

	tunnel->tuple = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	tunnel->shared = nfpt_ct_has_zone(ct, NFPT_ZONE_L2TP);
	if (tunnel->l4proto != IPPROTO_UDP)
		return;
	tunnel->mapped = repl->dst.u.udp.port;
	tunnel->port = repl->src.u.udp.port;
}

static void nfpt_l2tp_set_name(struct nfpt_l2tp_tunnel *tunnel,
			       const struct nfpt_l2tp_packet *packet,
			       const struct nfpt_l2tp_control *control)
{
	unsigned int len = min_t(unsigned int, control->name_len, NFPT_L2TP_NAME - 1);
	char *name = tunnel->name[packet->dir];
	unsigned int i;
	u8 byte;

	/* Somebody's terminal will show it, and may be reading it: it always ends. */
	for (i = 0; i < len; i++) {
		byte = packet->skb->data[packet->off + control->name_at + i];
		WRITE_ONCE(name[i], byte < ' ' || byte > '~' ? '?' : byte);
	}
	for (; i < NFPT_L2TP_NAME; i++)
		WRITE_ONCE(name[i], 0);
}

/* What a host asks for again is the same tunnel, unless that was up already. */
static struct nfpt_l2tp_tunnel *nfpt_l2tp_requested(struct nfpt_l2tp_net *ln,
						    const struct nfpt_l2tp_packet *packet,
						    const struct nfpt_l2tp_id *id)
{
	const struct nfpt_l2tp_server *server;
	struct nfpt_l2tp_tunnel *tunnel;

	if (id->hidden) {
		server = nfpt_l2tp_server_find(ln, packet->ends.server, packet->ends.seen);
		return server ? nfpt_l2tp_hidden(server, packet->ct) : NULL;
	}
	tunnel = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_OWN, packet->l2tp.version, packet->l4proto,
				       packet->ends.host, packet->ends.server, id->value);
	if (tunnel && (tunnel->session.state != NF_PASSTHROUGH_SESSION_STATE_PENDING ||
		       tunnel->session.initiator_seen != packet->ends.seen)) {
		nfpt_l2tp_tunnel_end(ln, tunnel, NF_PASSTHROUGH_END_REASON_SUPERSEDED);
		return NULL;
	}
	return tunnel;
}

/* Whether a host must wait: only one secret id of those that share a port can
 * be told from the answer.
 */
static bool nfpt_l2tp_must_wait(const struct nfpt_l2tp_net *ln,
				const struct nfpt_l2tp_packet *packet)
{
	const struct nfpt_l2tp_server *server;
	const struct nfpt_l2tp_tunnel *first;

	if (!nfpt_ct_has_zone(packet->ct, NFPT_ZONE_L2TP))
		return false;
	server = nfpt_l2tp_server_find(ln, packet->ends.server, packet->ends.seen);
	first = server ? nfpt_l2tp_hidden(server, NULL) : NULL;
	/* One that is never answered must not hold up the others for ever. */
	return first && (u32)jiffies - first->since < NFPT_L2TP_HOLD;
}

static unsigned int nfpt_l2tp_request(struct nfpt_l2tp_net *ln,
				      struct nfpt_l2tp_packet *packet,
				      const struct nfpt_l2tp_control *control)
{
	const struct nfpt_l2tp_id *id = nfpt_l2tp_assigned(packet, control);
	struct nfpt_l2tp_tunnel *tunnel;

	if (!id->present || (!id->hidden && !id->value)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_MALFORMED);
		return NF_ACCEPT;
	}
	tunnel = nfpt_l2tp_requested(ln, packet, id);
	if (!tunnel && id->hidden && nfpt_l2tp_must_wait(ln, packet)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_HELD);
		return NF_DROP;
	}
	if (!tunnel) {
		tunnel = nfpt_l2tp_tunnel_new(ln, &packet->ends, packet->l2tp.version,
					      packet->l4proto);
		if (!tunnel)
			return NF_ACCEPT;
		tunnel->hidden = id->hidden;
		tunnel->since = jiffies;
		if (!id->hidden)
			nfpt_l2tp_map(ln, tunnel, id->value, control->digest);
	}
	WRITE_ONCE(tunnel->session.seen, jiffies);
	nfpt_l2tp_set_flow(tunnel, packet->ct);
	nfpt_l2tp_set_name(tunnel, packet, control);
	/* A flow from before hosts were to keep their port, which requests keep alive. */
	if (packet->l4proto == IPPROTO_UDP && nf_ct_is_confirmed(packet->ct) &&
	    nfpt_l2tp_is_to_share(ln, packet->ct) && nfpt_l2tp_is_last(tunnel)) {
		packet->stale = true;
		return NF_DROP;
	}
	if (nfpt_l2tp_is_rewritten(tunnel) && packet->l4proto == IPPROTO_UDP &&
	    !nfpt_l2tp_keep(packet->ct)) {
		/* One that is not confirmed yet goes with its packet. */
		packet->stale = nf_ct_is_confirmed(packet->ct);
		if (!packet->stale)
			nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
		return NF_DROP;
	}
	return nfpt_l2tp_rewrite(ln, packet, tunnel, id);
}

/* ---- all messages ------------------------------------------------------ */

/* The server gives an id again: it has forgotten who had it before. */
static void nfpt_l2tp_evict(struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_tunnel *tunnel,
			    u32 id)
{
	const struct nfpt_session *s = &tunnel->session;
	struct nfpt_l2tp_tunnel *other;

	other = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_SEEN, tunnel->version, tunnel->l4proto,
				      s->initiator_seen, s->responder, id);
	if (other && other != tunnel)
		nfpt_l2tp_tunnel_leave(ln, other, NFPT_L2TP_SEEN);
}

static void nfpt_l2tp_set_server_id(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel,
				    u32 id)
{
	if (tunnel->server_id != id)
		nfpt_l2tp_tunnel_leave(ln, tunnel, NFPT_L2TP_SEEN);
	tunnel->server_id = id;
	list_move_tail(&tunnel->of_server, &tunnel->server->tunnels);
	if (nfpt_l2tp_tunnel_enter(ln, tunnel, NFPT_L2TP_SEEN, id))
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
}

/* A server's secret is told by what its host sends. */
static struct nfpt_l2tp_tunnel *nfpt_l2tp_secret(struct nfpt_l2tp_net *ln,
						 const struct nfpt_l2tp_packet *packet)
{
	struct nfpt_l2tp_tunnel *tunnel, *found = NULL;
	const struct nfpt_l2tp_server *server;

	server = nfpt_l2tp_server_find(ln, packet->ends.server, packet->ends.seen);
	if (!server || !packet->l2tp.tunnel)
		return NULL;
	list_for_each_entry(tunnel, &server->tunnels, of_server) {
		if (tunnel->server_id)
			break;
		if (!tunnel->name[IP_CT_DIR_REPLY][0] ||
		    !nf_ct_tuple_equal(&tunnel->tuple,
				       &packet->ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple))
			continue;
		if (found)
			return NULL;
		found = tunnel;
	}
	if (found)
		nfpt_l2tp_set_server_id(ln, found, packet->l2tp.tunnel);
	return found;
}

static struct nfpt_l2tp_tunnel *nfpt_l2tp_addressed(struct nfpt_l2tp_net *ln,
						    const struct nfpt_l2tp_packet *packet)
{
	const struct nfpt_l2tp_ends *ends = &packet->ends;
	const struct nfpt_l2tp *l2tp = &packet->l2tp;
	const struct nfpt_l2tp_server *server;
	struct nfpt_l2tp_tunnel *tunnel;

	if (packet->dir == IP_CT_DIR_ORIGINAL) {
		tunnel = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_SEEN, l2tp->version,
					       packet->l4proto, ends->seen, ends->server,
					       l2tp->tunnel);
		/* Any host can guess the id of another's. */
		if (tunnel && tunnel->session.initiator == ends->host)
			return tunnel;
		return nfpt_l2tp_secret(ln, packet);
	}
	tunnel = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_OWN, l2tp->version, packet->l4proto,
				       ends->host, ends->server, l2tp->tunnel);
	if (tunnel || !l2tp->control || !l2tp->tunnel)
		return tunnel;
	server = nfpt_l2tp_server_find(ln, ends->server, ends->seen);
	tunnel = server ? nfpt_l2tp_hidden(server, packet->ct) : NULL;
	if (tunnel)
		nfpt_l2tp_map(ln, tunnel, l2tp->tunnel, true);
	return tunnel;
}

/* A host that gives up before it is answered can only say what it had chosen. */
static struct nfpt_l2tp_tunnel *nfpt_l2tp_stopped(struct nfpt_l2tp_net *ln,
						  const struct nfpt_l2tp_packet *packet,
						  const struct nfpt_l2tp_id *id)
{
	struct nfpt_l2tp_tunnel *tunnel = nfpt_l2tp_addressed(ln, packet);

	if (tunnel || packet->dir != IP_CT_DIR_ORIGINAL || !id->at)
		return tunnel;
	return nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_OWN, packet->l2tp.version, packet->l4proto,
				     packet->ends.host, packet->ends.server, id->value);
}

static unsigned int nfpt_l2tp_stop(struct nfpt_l2tp_net *ln,
				   const struct nfpt_l2tp_packet *packet,
				   const struct nfpt_l2tp_control *control)
{
	const struct nfpt_l2tp_id *id = nfpt_l2tp_assigned(packet, control);
	struct nfpt_l2tp_tunnel *tunnel = nfpt_l2tp_stopped(ln, packet, id);
	u32 own;

	if (!tunnel)
		return NF_ACCEPT;
	/* Who sends it knows its own id, too. */
	own = packet->dir == IP_CT_DIR_ORIGINAL ? tunnel->host_id : tunnel->server_id;
	if (own && id->at && id->value != own)
		return NF_ACCEPT;
	nfpt_l2tp_tunnel_close(ln, tunnel);
	if (packet->dir != IP_CT_DIR_ORIGINAL || control->digest)
		return NF_ACCEPT;
	return nfpt_l2tp_rewrite(ln, packet, tunnel, id);
}

/* An answer for a tunnel that is up is another's, who has the same id in secret:
 * the only one that shares its port and waits.
 */
static void nfpt_l2tp_misled(struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_tunnel *tunnel,
			     const struct nfpt_l2tp_id *id)
{
	struct nfpt_l2tp_tunnel *other = nfpt_l2tp_hidden(tunnel->server, NULL);

	if (!tunnel->shared || id->value == tunnel->server_id || !other)
		return;
	nfpt_l2tp_clash(ln, other);
	nfpt_l2tp_tunnel_end(ln, other, NF_PASSTHROUGH_END_REASON_FAILED);
}

/* The server takes the host's request. */
static void nfpt_l2tp_reply(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel,
			    const struct nfpt_l2tp_packet *packet,
			    const struct nfpt_l2tp_control *control)
{
	const struct nfpt_l2tp_id *id = nfpt_l2tp_assigned(packet, control);

	if (tunnel->session.state != NF_PASSTHROUGH_SESSION_STATE_PENDING) {
		nfpt_l2tp_misled(ln, tunnel, id);
		return;
	}
	nfpt_l2tp_set_flow(tunnel, packet->ct);
	nfpt_l2tp_set_name(tunnel, packet, control);
	if (!id->at || !id->value)
		return;
	nfpt_l2tp_evict(ln, tunnel, id->value);
	nfpt_l2tp_set_server_id(ln, tunnel, id->value);
}

static unsigned int nfpt_l2tp_step(struct nfpt_l2tp_net *ln,
				   struct nfpt_l2tp_packet *packet,
				   const struct nfpt_l2tp_control *control)
{
	bool from_host = packet->dir == IP_CT_DIR_ORIGINAL;
	struct nfpt_l2tp_tunnel *tunnel;

	if (control->type == NFPT_L2TP_SCCRQ)
		return from_host ? nfpt_l2tp_request(ln, packet, control) : NF_ACCEPT;
	if (control->type == NFPT_L2TP_STOPCCN)
		return nfpt_l2tp_stop(ln, packet, control);
	tunnel = nfpt_l2tp_addressed(ln, packet);
	if (!tunnel)
		return NF_ACCEPT;
	if (control->type == NFPT_L2TP_SCCRP && !from_host)
		nfpt_l2tp_reply(ln, tunnel, packet, control);
	else if (control->type == NFPT_L2TP_SCCCN && from_host &&
		 tunnel->session.state == NF_PASSTHROUGH_SESSION_STATE_PENDING)
		nfpt_session_up(&tunnel->session);
	else
		nfpt_l2tp_call_step(ln, tunnel, &packet->l2tp, control, packet->dir);
	return NF_ACCEPT;
}

/* What a tunnel carries; without its ids, or with another's, it is not told. */
static void nfpt_l2tp_touch(struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_packet *packet)
{
	bool from_host = packet->dir == IP_CT_DIR_ORIGINAL;
	const struct nfpt_l2tp_ends *ends = &packet->ends;
	const struct nfpt_l2tp *l2tp = &packet->l2tp;
	struct nfpt_l2tp_tunnel *tunnel = NULL;
	const struct nfpt_l2tp_call *call;

	if (l2tp->tunnel_at) {
		tunnel = nfpt_l2tp_tunnel_find(ln, from_host ? NFPT_L2TP_SEEN : NFPT_L2TP_OWN,
					       l2tp->version, packet->l4proto,
					       from_host ? ends->seen : ends->host,
					       ends->server, l2tp->tunnel);
	} else {
		call = from_host ?
		       nfpt_l2tp_call_find(ln, NFPT_L2TP_CALL_OUT, packet->l4proto, ends->host,
					   ends->server, l2tp->session) :
		       nfpt_l2tp_call_find(ln, NFPT_L2TP_CALL_IN, packet->l4proto, ends->server,
					   ends->seen, l2tp->session);
		if (call)
			tunnel = READ_ONCE(call->tunnel);
	}
	if (!tunnel || tunnel->session.initiator != ends->host)
		return;
	atomic64_inc(&tunnel->packets[packet->dir]);
	atomic64_add(packet->skb->len, &tunnel->bytes[packet->dir]);
	if (READ_ONCE(tunnel->session.seen) != (u32)jiffies)
		WRITE_ONCE(tunnel->session.seen, jiffies);
}

/**
 * nfpt_l2tp_message() - a packet on its way out of the router
 * @ln: the namespace
 * @packet: the packet, a control message or data
 *
 * Context: RCU, POST_ROUTING after translation.
 * Return: verdict.
 */
unsigned int nfpt_l2tp_message(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_packet *packet)
{
	struct nfpt_l2tp_control control;
	unsigned int verdict;

	verdict = nfpt_l2tp_restore(ln, packet);
	if (verdict == NF_ACCEPT && packet->l2tp.control) {
		/* It is sent again, and must not pass with an id that is taken. */
		if (!pskb_may_pull(packet->skb, packet->off + packet->l2tp.length)) {
			nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
			return NF_DROP;
		}
		if (!nfpt_l2tp_parse_control(packet->skb->data + packet->off,
					     packet->l2tp.length, &packet->l2tp, &control)) {
			nfpt_count(ln->pn, NFPT_L2TP_C_MALFORMED);
			return NF_ACCEPT;
		}
		nfpt_count(ln->pn, NFPT_L2TP_C_CONTROL);
		spin_lock_bh(&ln->lock);
		verdict = nfpt_l2tp_step(ln, packet, &control);
		spin_unlock_bh(&ln->lock);
		/* The host asks again, and has a new flow then. */
		if (packet->stale)
			nf_ct_kill(packet->ct);
	}
	if (verdict == NF_ACCEPT)
		nfpt_l2tp_touch(ln, packet);
	return verdict;
}
