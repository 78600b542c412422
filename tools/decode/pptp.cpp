// SPDX-License-Identifier: GPL-2.0
//
// PPTP: its control messages and its data, as the module's parsers see them.
#include "pptp.hpp"

#include <iterator>

#include <passthrough/wire/gre.h>

namespace {

constexpr std::string_view pns = "pns-call-id", pac = "pac-call-id";
constexpr std::string_view receiver = "receiver-call-id";

// Names of RFC 2637, and whose the Call IDs are.
struct Name {
	const char *name;
	std::string_view id[2];
};

constexpr Name names[NFPT_PPTP_TYPES] = {
	{ "", {} },
	{ "Start-Control-Connection-Request", {} },
	{ "Start-Control-Connection-Reply", {} },
	{ "Stop-Control-Connection-Request", {} },
	{ "Stop-Control-Connection-Reply", {} },
	{ "Echo-Request", {} },
	{ "Echo-Reply", {} },
	{ "Outgoing-Call-Request", { pns } },
	{ "Outgoing-Call-Reply", { pac, pns } },
	{ "Incoming-Call-Request", { pac } },
	{ "Incoming-Call-Reply", { pns, pac } },
	{ "Incoming-Call-Connected", { pns } },
	{ "Call-Clear-Request", { pns } },
	// Of the sender, says the RFC; accel-ppp puts the receiver's.
	{ "Call-Disconnect-Notify", { "call-id" } },
	{ "WAN-Error-Notify", { pns } },
	// Either end sends it.
	{ "Set-Link-Info", { receiver } },
};

std::string_view label_of(std::string_view key)
{
	return key == pns ? "PNS Call ID" : key == pac ? "PAC Call ID" :
	       key == receiver ? "receiver's Call ID" : "Call ID";
}

Message control_message()
{
	return { .protocol = "pptp", .title = "PPTP", .transport = "tcp" };
}

} // namespace

Message decode_control(const nfpt_pptp_stream &stream, const nfpt_pptp_msg &msg)
{
	const struct nfpt_pptp_layout *layout = nfpt_pptp_layout(msg.type);
	std::uint16_t kind = nfpt_get_be16(stream.lead + 2);
	Message message = control_message();

	if (!msg.wellformed) {
		if (kind != NFPT_PPTP_CONTROL)
			message.fault = "message type " + std::to_string(kind) +
					", which is no control message";
		else if (!layout)
			message.fault = "control message type " + std::to_string(msg.type);
		else
			message.fault = std::string(names[msg.type].name) + " of " +
					std::to_string(msg.length) + " bytes instead of " +
					std::to_string(layout->length);
		return message;
	}
	message.name = names[msg.type].name;
	message.put("type", {}, std::uint64_t(msg.type));
	for (int i = 0; i < layout->ids; i++) {
		std::string_view key = names[msg.type].id[i];
		message.put(key, label_of(key), std::uint64_t(msg.id[i]));
	}
	if (layout->result)
		message.put("result", "result", std::uint64_t(msg.result));
	return message;
}

Message decode_lost(const nfpt_pptp_stream &stream)
{
	Message message = control_message();
	std::uint16_t length = nfpt_get_be16(stream.lead);

	if (nfpt_get_be32(stream.lead + 4) != NFPT_PPTP_MAGIC)
		message.fault = "a wrong magic cookie";
	else
		message.fault = "length " + std::to_string(length) + ", not 12 to " +
				std::to_string(NFPT_PPTP_MAX);
	message.fault += ": what follows cannot be told apart";
	return message;
}

std::optional<Message> decode_gre(const Packet &packet)
{
	Message message{ .protocol = "pptp", .title = "PPTP/GRE", .transport = "gre" };
	auto there = packet.payload;
	std::uint16_t call_id, flags;

	if (there.size() < 2 && there.size() < packet.length) {
		message.remark = cut_short(there.size(), packet.length);
		return message;
	}
	switch (nfpt_gre_parse(there.data(), static_cast<std::uint32_t>(there.size()), &call_id)) {
	case NFPT_GRE_OTHER:
		return {};
	case NFPT_GRE_MALFORMED:
		if (there.size() >= NFPT_GRE_MIN || packet.length < NFPT_GRE_MIN)
			message.fault = "GRE of version 1 whose header RFC 2637 does not allow";
		else
			message.remark = cut_short(there.size(), packet.length);
		return message;
	case NFPT_GRE_PPTP:
		break;
	}

	message.name = "data";
	message.put(receiver, label_of(receiver), std::uint64_t(call_id));
	flags = nfpt_get_be16(there.data());
	std::size_t at = NFPT_GRE_MIN;
	if (flags & NFPT_GRE_SEQ && there.size() >= at + 4) {
		message.put("sequence", "seq", std::uint64_t(nfpt_get_be32(&there[at])));
		at += 4;
	}
	if (flags & NFPT_GRE_ACK && there.size() >= at + 4)
		message.put("acknowledgment", "ack", std::uint64_t(nfpt_get_be32(&there[at])));
	return message;
}
