// SPDX-License-Identifier: GPL-2.0
//
// L2TP, versions 2 and 3, by the module's parsers.
#include "l2tp.hpp"

#include <algorithm>

#include <passthrough/wire/l2tp.h>

#include "render.hpp"

namespace {

constexpr std::size_t control_header = 12;

std::string message_name(std::uint16_t type)
{
	static constexpr struct {
		std::uint16_t type;
		const char *name;
	} types[] = {
		{ 0, "ZLB" },
		{ NFPT_L2TP_SCCRQ, "SCCRQ" },
		{ NFPT_L2TP_SCCRP, "SCCRP" },
		{ NFPT_L2TP_SCCCN, "SCCCN" },
		{ NFPT_L2TP_STOPCCN, "StopCCN" },
		{ NFPT_L2TP_HELLO, "HELLO" },
		{ NFPT_L2TP_OCRQ, "OCRQ" },
		{ NFPT_L2TP_OCRP, "OCRP" },
		{ NFPT_L2TP_OCCN, "OCCN" },
		{ NFPT_L2TP_ICRQ, "ICRQ" },
		{ NFPT_L2TP_ICRP, "ICRP" },
		{ NFPT_L2TP_ICCN, "ICCN" },
		{ NFPT_L2TP_CDN, "CDN" },
		{ NFPT_L2TP_WEN, "WEN" },
		{ NFPT_L2TP_SLI, "SLI" },
		{ NFPT_L2TP_ACK, "ACK" },
	};

	for (const auto &t : types)
		if (t.type == type)
			return t.name;
	return "message " + std::to_string(type);
}

// What the parser did not like in a control header, start bytes behind data.
std::string control_fault(std::span<const std::uint8_t> there, std::size_t start,
			  std::uint32_t length)
{
	constexpr std::uint16_t length_and_numbers = 0x4800;
	const std::uint8_t *p = there.data() + start;
	std::uint16_t flags = nfpt_get_be16(p), version = flags & 0xf;

	if ((flags & length_and_numbers) != length_and_numbers)
		return "a control message without length, or without Ns and Nr";
	if (start && version != 3)
		return "version " + std::to_string(version) + " over IP";
	if (version == 2 && flags & 0x0200)
		return "a control message with an offset";
	return "length " + std::to_string(start + nfpt_get_be16(p + 2)) + " in " +
	       std::to_string(length) + " bytes";
}

// Of UDP, the parser having refused it.
void tell_udp_fault(Message &message, std::span<const std::uint8_t> there, std::uint32_t length)
{
	std::uint16_t flags = there.size() < 2 ? 0 : nfpt_get_be16(there.data());
	std::size_t header = flags & 0x8000 ? control_header : 8;

	if (length < 2)
		message.fault = std::to_string(length) + " bytes, there is no header";
	else if (there.size() < 2)
		message.remark = cut_short(there.size(), length);
	else if ((flags & 0xf) != 2 && (flags & 0xf) != 3)
		message.fault = "version " + std::to_string(flags & 0xf);
	else if (!(flags & 0x8000) && (flags & 0xf) == 2)
		header = 6u + (flags & 0x4000 ? 2 : 0) + (flags & 0x0800 ? 4 : 0) +
			 (flags & 0x0200 ? 2 : 0);
	if (!message.fault.empty() || !message.remark.empty())
		return;

	if (length < header)
		message.fault = std::to_string(length) + " bytes, the header has " +
				std::to_string(header);
	else if (there.size() < header)
		message.remark = cut_short(there.size(), length);
	else if (flags & 0x8000)
		message.fault = control_fault(there, 0, length);
	else if ((flags & 0xf) == 3)
		message.fault = "Session ID 0";
	else
		message.fault = "length or offset beyond the end of the packet";
}

// Over IP.
void tell_ip_fault(Message &message, std::span<const std::uint8_t> there, std::uint32_t length)
{
	constexpr std::size_t zeros = 4;
	bool session = there.size() >= zeros && nfpt_get_be32(there.data());
	std::size_t header = length < zeros || session ? zeros : zeros + control_header;

	if (length < header)
		message.fault = std::to_string(length) + " bytes, the header has " +
				std::to_string(header);
	else if (there.size() < header)
		message.remark = cut_short(there.size(), length);
	else if (!(nfpt_get_be16(there.data() + zeros) & 0x8000))
		message.fault = "Session ID 0, and no control message";
	else
		message.fault = control_fault(there, zeros, length);
}

void put_id(Message &message, std::string_view key, std::string_view label, const nfpt_l2tp_id &id)
{
	if (!id.present)
		return;
	if (id.hidden)
		message.put_hidden(key, label);
	else
		message.put(key, label, std::uint64_t(id.value));
}

void decode_control(Message &message, const Packet &packet, const nfpt_l2tp &l2tp)
{
	nfpt_l2tp_control control;

	message.put("ns", "Ns", std::uint64_t(l2tp.ns));
	message.put("nr", "Nr", std::uint64_t(l2tp.nr));
	if (packet.payload.size() < l2tp.length) {
		message.remark = cut_short(packet.payload.size(), packet.length);
		return;
	}
	if (!nfpt_l2tp_parse_control(packet.payload.data(),
				     static_cast<std::uint32_t>(packet.payload.size()), &l2tp,
				     &control)) {
		message.fault = "an AVP is wrong: its length, an id that comes twice or is not as "
				"long as it should be, or no Message Type in front";
		return;
	}
	message.name = message_name(control.type);
	message.put("type", {}, std::uint64_t(control.type));
	put_id(message, "assigned-tunnel", "Assigned Tunnel ID", control.tunnel);
	put_id(message, "assigned-connection", "Assigned Connection ID", control.connection);
	// Attribute 14 has two bytes, attribute 63 four.
	if (control.local.size == 2)
		put_id(message, "assigned-session", "Assigned Session ID", control.local);
	else
		put_id(message, "local-session", "Local Session ID", control.local);
	put_id(message, "remote-session", "Remote Session ID", control.remote);
	if (control.name_len) {
		auto name = packet.payload.subspan(control.name_at, control.name_len);
		message.put("host-name", "name", std::string(name.begin(), name.end()));
	}
	message.put("digest", control.digest, "digest", "");
}

Message decode(const Packet &packet, bool udp)
{
	Message message{ .protocol = "l2tp", .title = "L2TP", .transport = udp ? "udp" : "ip" };
	auto there = packet.payload;
	std::uint32_t avail = static_cast<std::uint32_t>(there.size());
	auto parse = udp ? nfpt_l2tp_parse_udp : nfpt_l2tp_parse_ip;
	nfpt_l2tp l2tp{};

	if (!parse(there.data(), avail, packet.length, &l2tp)) {
		if (udp)
			tell_udp_fault(message, there, packet.length);
		else
			tell_ip_fault(message, there, packet.length);
		return message;
	}
	message.title = "L2TPv" + std::to_string(l2tp.version) + (udp ? "/UDP" : "/IP");
	message.put("version", {}, l2tp.version);
	// Data of version 3 has no tunnel id, control of it no session id.
	if (l2tp.tunnel_at)
		message.put("tunnel", l2tp.version == 2 ? "tunnel" : "connection",
			    std::uint64_t(l2tp.tunnel));
	if (l2tp.version == 2 || !l2tp.control)
		message.put("session", "session", std::uint64_t(l2tp.session));
	if (l2tp.control)
		decode_control(message, packet, l2tp);
	else
		message.name = "data";
	return message;
}

} // namespace

Message decode_l2tp_udp(const Packet &packet)
{
	return decode(packet, true);
}

Message decode_l2tp_ip(const Packet &packet)
{
	return decode(packet, false);
}
