// SPDX-License-Identifier: GPL-2.0
#include "host.hpp"

Host::Host(Reactor &reactor, std::string name, const std::string &ns, const Receivers &receivers)
	: reactor_(reactor), name_(std::move(name)), ns_(ns), receivers_(receivers),
	  esp_(reactor, ns_, IPPROTO_ESP, [this](const IpPacket &ip) { receivers_.ip(*this, ip); }),
	  ah_(reactor, ns_, IPPROTO_AH, [this](const IpPacket &ip) { receivers_.ip(*this, ip); }),
	  icmp_(reactor, ns_, IPPROTO_ICMP, [this](const IpPacket &ip) { receivers_.icmp(*this, ip); })
{
}

void Host::listen()
{
	udp(ike_port);
	udp(natt_port);
}

UdpSocket &Host::udp(std::uint16_t port)
{
	auto &socket = udp_[port];

	if (!socket)
		socket = std::make_unique<UdpSocket>(reactor_, ns_, port, [this](const Datagram &d) {
			receivers_.udp(*this, d);
		});
	return *socket;
}
