// SPDX-License-Identifier: GPL-2.0
#include "host.hpp"

#include <sys/socket.h>

Host::Host(Reactor &reactor, std::string name, const std::string &ns, const Receivers &receivers)
	: name_(std::move(name)), ns_(ns), receivers_(receivers),
	  udp_(reactor, ns_, IPPROTO_UDP, [this](const IpPacket &ip) { receivers_.udp(*this, ip); }),
	  ip_(reactor, ns_, l2tp_protocol, [this](const IpPacket &ip) { receivers_.ip(*this, ip); }),
	  icmp_(reactor, ns_, IPPROTO_ICMP, [this](const IpPacket &ip) { receivers_.icmp(*this, ip); })
{
}

void Host::open(std::uint16_t port)
{
	if (ports_.contains(port))
		return;

	const sockaddr_in name = socket_address(INADDR_ANY, port);
	Fd fd = ns_.open(SOCK_DGRAM, 0);

	const int none = 0;

	// Nobody reads it: the raw socket has got the same.
	checked(setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &none, sizeof(none)), "setsockopt");
	checked(bind(fd.get(), reinterpret_cast<const sockaddr *>(&name), sizeof(name)), "bind");
	ports_.emplace(port, std::move(fd));
}
