// SPDX-License-Identifier: GPL-2.0
// A host or server: a network namespace, the sockets that we hold in it, and
// what came to them.
#pragma once

#include <map>
#include <memory>

#include "net.hpp"

constexpr std::uint16_t l2tp_port = 1701;
constexpr int l2tp_protocol = 115;

class Host {
public:
	using Receive = std::function<void(Host &, const IpPacket &)>;
	// What is done with what comes.
	struct Receivers {
		Receive udp, ip, icmp;
	};
	struct Counts {
		std::size_t right = 0, wrong = 0, repeated = 0, bad = 0, refused = 0, forged = 0, icmp = 0;
	};

	// @ns is a name under /run/netns, or "-" for the namespace we run in.
	Host(Reactor &reactor, std::string name, const std::string &ns, const Receivers &receivers);

	const std::string &name() const { return name_; }
	Address source_to(Address to) const { return ns_.source_to(to); }

	// Behind the IP header comes what we say, the header of UDP too.
	RawSocket &udp() { return udp_; }
	RawSocket &ip() { return ip_; }
	RawSocket &icmp() { return icmp_; }

	// The kernel answers no datagram to @port with "port unreachable".
	void open(std::uint16_t port);

	Counts counts;

private:
	std::string name_;
	Namespace ns_;
	Receivers receivers_;
	RawSocket udp_, ip_, icmp_;
	std::map<std::uint16_t, Fd> ports_;
};
