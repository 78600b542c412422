// SPDX-License-Identifier: GPL-2.0
//
// From packets to messages: which protocol a packet belongs to.
#include "decoder.hpp"

#include <algorithm>

#include <passthrough/wire/ike.h>

#include "ipsec.hpp"
#include "l2tp.hpp"
#include "pptp.hpp"

Ports::Ports()
{
	for (const KnownProtocol &p : known_protocols)
		for (std::uint16_t port : p.ports)
			if (port)
				of(p.name)->push_back(port);
}

std::vector<std::uint16_t> *Ports::of(std::string_view protocol)
{
	return protocol == "pptp"  ? &pptp :
	       protocol == "ipsec" ? &ipsec :
	       protocol == "l2tp"  ? &l2tp :
				     nullptr;
}

bool Ports::has(const std::vector<std::uint16_t> &ports, const Packet &packet) const
{
	return std::any_of(ports.begin(), ports.end(), [&](std::uint16_t port) {
		return port == packet.source.port || port == packet.destination.port;
	});
}

// Port 500 is IKE, any other of IPsec's is NAT-T, as in the module.  Towards it
// or from it: the host may have either as its own port.
void Decoder::udp(const Packet &packet, Sink sink)
{
	auto ike_at = std::find(ports_.ipsec.begin(), ports_.ipsec.end(), NFPT_IKE_PORT);
	std::vector<std::uint16_t> natt(ports_.ipsec);
	std::erase(natt, NFPT_IKE_PORT);

	if (ports_.has(natt, packet))
		sink(packet, decode_natt(packet));
	else if (ike_at != ports_.ipsec.end() && ports_.has({ NFPT_IKE_PORT }, packet))
		sink(packet, decode_ike(packet));
	else if (ports_.has(ports_.l2tp, packet))
		sink(packet, decode_l2tp_udp(packet));
}

void Decoder::frame(const Frame &frame, Sink sink)
{
	auto packet = parse_packet(link_, frame);

	if (!packet)
		return;
	if (packet->later_fragment) {
		later_fragments_++;
		return;
	}
	switch (packet->protocol) {
	case ip_tcp:
		if (ports_.has(ports_.pptp, *packet))
			connections_.segment(*packet, sink);
		break;
	case ip_udp:
		udp(*packet, sink);
		break;
	case ip_gre:
		if (auto message = decode_gre(*packet))
			sink(*packet, *message);
		break;
	case ip_esp:
		sink(*packet, decode_esp(*packet));
		break;
	case ip_l2tp:
		sink(*packet, decode_l2tp_ip(*packet));
		break;
	}
}
