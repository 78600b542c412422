// SPDX-License-Identifier: GPL-2.0
//
// The L2TP probe, RFC 2661: a tunnel is asked for, and given back.
#include <cerrno>
#include <sys/socket.h>

#include <passthrough/wire/l2tp.h>

#include "probe.hpp"

namespace {

constexpr std::uint16_t mandatory = 0x8000;

enum : std::uint16_t {
	avp_message_type = 0,
	avp_result = 1,
	avp_protocol_version = 2,
	avp_framing = 3,
	avp_host_name = 7,
	avp_tunnel = 9,
	avp_window = 10,
};

void put_avp(Message &m, std::uint16_t type, std::span<const std::uint8_t> value)
{
	m.u16(static_cast<std::uint16_t>(mandatory | (6 + value.size()))).u16(0).u16(type).raw(value);
}

Message control(std::uint16_t tunnel, std::uint16_t ns, std::uint16_t nr)
{
	Message m;

	// Type, length and sequence bits, version 2.
	m.u16(0xc802).u16(0).u16(tunnel).u16(0).u16(ns).u16(nr);
	return m;
}

Message start_request(std::uint16_t tunnel)
{
	static constexpr std::string_view name = "passthroughctl";
	Message m = control(0, 0, 0), host;

	put_avp(m, avp_message_type, Message().u16(NFPT_L2TP_SCCRQ).bytes());
	put_avp(m, avp_protocol_version, Message().u16(0x0100).bytes());
	put_avp(m, avp_framing, Message().u32(3).bytes());
	put_avp(m, avp_host_name, host.text(name, name.size()).bytes());
	put_avp(m, avp_tunnel, Message().u16(tunnel).bytes());
	put_avp(m, avp_window, Message().u16(4).bytes());
	return m.length16(2);
}

// General request to clear the tunnel.
Message stop(std::uint16_t theirs, std::uint16_t ours)
{
	Message m = control(theirs, 1, 1);

	put_avp(m, avp_message_type, Message().u16(NFPT_L2TP_STOPCCN).bytes());
	put_avp(m, avp_tunnel, Message().u16(ours).bytes());
	put_avp(m, avp_result, Message().u16(1).bytes());
	return m.length16(2);
}

} // namespace

Result<Answer> probe_l2tp(Address server, unsigned seconds)
{
	Deadline deadline(std::int64_t(seconds) * 1000);
	auto ours = static_cast<std::uint16_t>(random_number() % 65535 + 1);
	Socket udp(SOCK_DGRAM, 0);
	if (!udp)
		return probe_error("a UDP socket", errno);
	int error = udp.connect(server, NFPT_L2TP_PORT, deadline);
	if (error)
		return probe_error("UDP port 1701", error);

	bool refused = false;
	while (!deadline.over() && !refused) {
		error = udp.send(start_request(ours).bytes());
		if (error == EPERM)
			return probe_error("sending L2TP", error);
		refused = error == ECONNREFUSED;
		Deadline again(std::min(again_ms, deadline.left()));
		while (!refused) {
			Bytes bytes = udp.receive(again, error);
			refused = error == ECONNREFUSED;
			if (error)
				break;
			struct nfpt_l2tp l2tp;
			struct nfpt_l2tp_control said;
			auto size = static_cast<std::uint32_t>(bytes.size());
			if (!nfpt_l2tp_parse_udp(bytes.data(), size, size, &l2tp) ||
			    !l2tp.control || l2tp.tunnel != ours ||
			    !nfpt_l2tp_parse_control(bytes.data(), size, &l2tp, &said))
				continue;
			if (said.type == NFPT_L2TP_STOPCCN)
				return Answer{ Verdict::rejected,
					       "the server answers, and does not want a tunnel" };
			if (said.type != NFPT_L2TP_SCCRP)
				continue;
			udp.send(stop(static_cast<std::uint16_t>(said.tunnel.value), ours).bytes());
			return Answer{ Verdict::works, "the server agrees to a tunnel" };
		}
	}
	if (refused)
		return Answer{ Verdict::refused,
			       "UDP port 1701 is closed: no L2TP server there, or a firewall refuses "
			       "it" };
	return Answer{ Verdict::no_answer,
		       "no answer to SCCRQ on UDP port 1701: the server is down, wants L2TP inside "
		       "IPsec (then --probe it with ipsec), or a firewall between drops it" };
}
