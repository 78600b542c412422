// SPDX-License-Identifier: GPL-2.0
// A host: a network namespace and the sockets that we hold in it.
#pragma once

#include <unordered_map>

#include "net.hpp"

class Host {
public:
	using Receive = std::function<void(Host &, const IpPacket &)>;

	// @ns is a name under /run/netns, or "-" for the namespace we run in.
	Host(Reactor &reactor, std::string name, const std::string &ns, Receive gre, Receive icmp);

	const std::string &name() const { return name_; }

	// A non-blocking connection under way to @to; @from is 0 for any address.
	Fd connect(Address to, std::uint16_t port, Address from, std::uint16_t from_port);

	// A connection that came in to @port, if one did. Listens from the first call on.
	Fd accept(std::uint16_t port);

	// False when the kernel refused to send it.
	bool send_gre(Address from, Address to, View gre) { return gre_.send(from, to, gre); }
	bool send_icmp(Address from, Address to, View icmp) { return icmp_.send(from, to, icmp); }

	std::size_t forged = 0;	// packets of nobody's that came

private:
	std::string name_;
	Namespace ns_;
	RawSocket gre_, icmp_;
	std::unordered_map<std::uint16_t, Fd> listeners_;
};
