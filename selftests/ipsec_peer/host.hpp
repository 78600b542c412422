// SPDX-License-Identifier: GPL-2.0
// A host or gateway: a network namespace, the sockets that we hold in it, and
// what came to them.
#pragma once

#include <map>
#include <memory>

#include "net.hpp"

constexpr std::uint16_t ike_port = 500, natt_port = 4500;

class Host {
public:
	// What is done with what comes.
	struct Receivers {
		std::function<void(Host &, const IpPacket &)> ip;	// ESP, AH
		std::function<void(Host &, const IpPacket &)> icmp;
		std::function<void(Host &, const Datagram &)> udp;
	};
	struct Counts {
		std::size_t right = 0, wrong = 0, repeated = 0, forged = 0, icmp = 0;
	};

	// @ns is a name under /run/netns, or "-" for the namespace we run in.
	Host(Reactor &reactor, std::string name, const std::string &ns, const Receivers &receivers);

	const std::string &name() const { return name_; }
	Address source_to(Address to) const { return ns_.source_to(to); }

	RawSocket &esp() { return esp_; }
	RawSocket &ah() { return ah_; }
	RawSocket &icmp() { return icmp_; }
	UdpSocket &udp(std::uint16_t port);

	// Hear IKE and NAT-T from now on.
	void listen();

	Counts counts;
	Reactor::Clock::time_point last_wrong{};

private:
	Reactor &reactor_;
	std::string name_;
	Namespace ns_;
	Receivers receivers_;
	RawSocket esp_, ah_, icmp_;
	std::map<std::uint16_t, std::unique_ptr<UdpSocket>> udp_;
};
