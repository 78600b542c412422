// SPDX-License-Identifier: GPL-2.0
/*
 * What the administrator sees of L2TP: settings, counters and what a tunnel is.
 */
#include <net/netlink.h>

#include "l2tp.h"

const struct nfpt_setting nfpt_l2tp_settings[NFPT_L2TP_SETTINGS] = {
	[NFPT_SETTING_MAX_SESSIONS] = {
		"max-sessions", "", "tunnels held at once",
		65536, 1, 1 << 20,
	},
	[NFPT_L2TP_MAX_PER_HOST] = {
		"max-per-host", "", "tunnels and calls one inside host may hold, together",
		256, 1, 65536,
	},
	[NFPT_L2TP_MAX_PER_SERVER] = {
		"max-per-server", "", "tunnels that inside hosts may have with one server",
		16384, 1, 65536,
	},
	[NFPT_L2TP_IDLE] = {
		"idle", "s", "how long a tunnel may be idle",
		300, 1, 864000,
	},
	[NFPT_L2TP_SOURCE_PORT] = {
		"source-port", "", "UDP source port that hosts keep towards servers, 0 for none",
		0, 0, 65535,
	},
};

const struct nfpt_counter nfpt_l2tp_counters[NFPT_L2TP_COUNTERS] = {
	[NFPT_L2TP_C_CONTROL] = { "control-messages",
		"control messages read; a flowtable's are not" },
	[NFPT_L2TP_C_MOVED] = { "moved-servers",
		"tunnels that a server answered from another port, and that were led there" },
	[NFPT_L2TP_C_STEERED] = { "steered",
		"packets given to their tunnel's host by its id, not by their ports" },
	[NFPT_L2TP_C_REWRITTEN] = { "ids-rewritten",
		"tunnels whose id another host had already, and that got another" },
	[NFPT_L2TP_C_CLASH] = { "id-clash",
		"tunnels or calls with another host's id that is hidden, protected or static" },
	[NFPT_L2TP_C_HELD] = { "held",
		"requests with a hidden id dropped until another one is answered" },
	[NFPT_L2TP_C_IP_OUT] = { "ip-out",
		"data of inside hosts straight over IP" },
	[NFPT_L2TP_C_IP_IN] = { "ip-in",
		"packets of servers straight over IP given to an inside host" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_KNOWN] = { "call-known",
		"data of static calls on probation that stayed where it was" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_PIN] = { "call-pinned",
		"static calls given to a host because of the administrator's pin" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_CREDIT] = { "call-credited",
		"static calls given to the only host with a claim" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_WAITING] = { "call-waiting",
		"static calls given to the only host that had sent and waited for an answer" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_ALONE] = { "call-alone",
		"static calls given to the only host that talks to their server" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_SEVERAL] = { "call-ambiguous",
		"data of static calls that several hosts may have, copied to them" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_ELIMINATED] = { "call-eliminated",
		"static calls given to a host because no other could have them any more" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_NONE] = { "call-unknown",
		"data dropped, no host expected a call from its server" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_CROWD] = { "call-crowd",
		"data dropped, its call has too many candidates or was copied enough" },
	[NFPT_L2TP_C_WHY + NFPT_ASSOC_WHY_REPAIRED] = { "call-regained",
		"static calls given to the host that is left after a repair" },
	[NFPT_L2TP_C_CONFIRMED] = { "call-confirmed",
		"static calls whose host has shown them to be its own" },
	[NFPT_L2TP_C_REPAIRED] = { "call-repaired",
		"static calls taken back from a host because another was left without" },
	[NFPT_L2TP_C_COPIES] = { "copies",
		"copies of data for further candidates" },
	[NFPT_L2TP_C_ICMP] = { "icmp-errors",
		"ICMP errors given to the host whose packet they quote" },
	[NFPT_L2TP_C_MALFORMED] = { "malformed",
		"packets that are no L2TP, or messages that cannot be read, passed untouched" },
	[NFPT_L2TP_C_ZONE] = { "other-zone",
		"packets left alone because a rule put them into a conntrack zone" },
	[NFPT_L2TP_C_LIMIT_HOST] = { "host-limit",
		"tunnels and calls not tracked because of the setting max-per-host" },
	[NFPT_L2TP_C_LIMIT_SERVER] = { "server-limit",
		"tunnels not tracked because of the setting max-per-server, or calls dropped" },
	[NFPT_L2TP_C_LIMIT] = { "session-limit",
		"tunnels not tracked because of the setting max-sessions" },
	[NFPT_L2TP_C_NO_FLOW] = { "no-flow",
		"packets dropped because conntrack could not take their flow" },
	[NFPT_L2TP_C_NOMEM] = { "no-memory",
		"tunnels, calls or packets not served for want of memory" },
	[NFPT_L2TP_C_BLOCKED_CONTROL] = { "blocked-control",
		"packets over UDP dropped while disabled" },
	[NFPT_L2TP_C_BLOCKED_DATA] = { "blocked-data",
		"packets straight over IP dropped while disabled" },
};

/* ---- tunnels ----------------------------------------------------------- */

static int nfpt_l2tp_put_ident(struct sk_buff *skb, const struct nfpt_l2tp_tunnel *tunnel,
			       u32 value, u32 mapped)
{
	const char *name = tunnel->version == 3 ? "Control Connection ID" : "Tunnel ID";
	struct nlattr *nest;

	nest = nla_nest_start(skb, NF_PASSTHROUGH_A_SESSION_IDENT);
	if (!nest || nla_put_string(skb, NF_PASSTHROUGH_A_IDENT_NAME, name) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_IDENT_VALUE, value) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_IDENT_MAPPED, mapped))
		goto cancel;
	nla_nest_end(skb, nest);
	return 0;

cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

static int nfpt_l2tp_put_traffic(struct sk_buff *skb, const struct nfpt_l2tp_tunnel *tunnel)
{
	static const int packets[] = {
		NF_PASSTHROUGH_A_SESSION_INITIATOR_PACKETS,
		NF_PASSTHROUGH_A_SESSION_RESPONDER_PACKETS,
	};
	static const int bytes[] = {
		NF_PASSTHROUGH_A_SESSION_INITIATOR_BYTES,
		NF_PASSTHROUGH_A_SESSION_RESPONDER_BYTES,
	};
	unsigned int i;

	for (i = 0; i < IP_CT_DIR_MAX; i++)
		if (nla_put_u64_64bit(skb, packets[i], atomic64_read(&tunnel->packets[i]),
				      NF_PASSTHROUGH_A_SESSION_PAD) ||
		    nla_put_u64_64bit(skb, bytes[i], atomic64_read(&tunnel->bytes[i]),
				      NF_PASSTHROUGH_A_SESSION_PAD))
			return -EMSGSIZE;
	return 0;
}

/**
 * nfpt_l2tp_fill() - nfpt_proto.fill
 * @skb: message
 * @s: a session
 * @traffic: whether to tell what it carried
 *
 * Context: RCU; without @traffic, the lock is held.
 * Return: 0 or -EMSGSIZE.
 */
int nfpt_l2tp_fill(struct sk_buff *skb, const struct nfpt_session *s, bool traffic)
{
	const struct nfpt_l2tp_tunnel *tunnel = nfpt_l2tp_tunnel_of(s);

	if (nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_ROLE, "initiator") ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SESSION_VERSION, tunnel->version) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SESSION_TRANSPORT, tunnel->l4proto) ||
	    (tunnel->host_id &&
	     nfpt_l2tp_put_ident(skb, tunnel, tunnel->host_id, tunnel->seen_id)) ||
	    (tunnel->server_id &&
	     nfpt_l2tp_put_ident(skb, tunnel, tunnel->server_id, tunnel->server_id)) ||
	    (tunnel->name[IP_CT_DIR_ORIGINAL][0] &&
	     nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_INITIATOR_NAME,
			    tunnel->name[IP_CT_DIR_ORIGINAL])) ||
	    (tunnel->name[IP_CT_DIR_REPLY][0] &&
	     nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_RESPONDER_NAME,
			    tunnel->name[IP_CT_DIR_REPLY])))
		return -EMSGSIZE;
	return traffic ? nfpt_l2tp_put_traffic(skb, tunnel) : 0;
}

/* ---- calls ------------------------------------------------------------- */

static int nfpt_l2tp_put_call(struct sk_buff *skb, const struct nfpt_l2tp_call *call)
{
	u32 state = call->up ? NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED :
			       NF_PASSTHROUGH_SESSION_STATE_PENDING;
	struct nlattr *nest;

	nest = nla_nest_start(skb, NF_PASSTHROUGH_A_SESSION_CALL);
	if (!nest ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_CALL_INITIATOR_ID, call->host_id) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_CALL_RESPONDER_ID, call->server_id) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_CALL_STATE, state) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_CALL_AGE, ((u32)jiffies - call->born) / HZ))
		goto cancel;
	nla_nest_end(skb, nest);
	return 0;

cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

/**
 * nfpt_l2tp_fill_parts() - nfpt_proto.fill_parts: the calls of a tunnel
 * @skb: message
 * @s: a session
 * @n: how many were told before; advanced
 *
 * Context: RCU.
 * Return: 0 or -EMSGSIZE.
 */
int nfpt_l2tp_fill_parts(struct sk_buff *skb, const struct nfpt_session *s, unsigned long *n)
{
	const struct nfpt_l2tp_tunnel *tunnel = nfpt_l2tp_tunnel_of(s);
	struct nfpt_l2tp_net *ln = nfpt_l2tp_pernet(s->pn);
	const struct nfpt_l2tp_call *call;
	unsigned long i = 0;
	int err = 0;

	if (!ln)
		return 0;
	spin_lock_bh(&ln->lock);
	if (tunnel->ended)
		goto unlock;
	list_for_each_entry(call, &tunnel->calls, node) {
		if (i++ < *n)
			continue;
		err = nfpt_l2tp_put_call(skb, call);
		if (err)
			break;
		++*n;
	}
unlock:
	spin_unlock_bh(&ln->lock);
	return err;
}
