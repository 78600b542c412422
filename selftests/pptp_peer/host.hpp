// SPDX-License-Identifier: GPL-2.0
// A host: a network namespace and the sockets that we hold in it.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include <netinet/in.h>

#include "bytes.hpp"
#include "reactor.hpp"

// An IPv4 address in network byte order, and its text.
using Address = in_addr_t;
Address parse_address(const std::string &text);
std::string text(Address address);

// One IP packet as a raw socket gives it, cut into header and payload.
struct IpPacket {
	Address source, destination;
	View whole, payload;
};

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
	bool send_gre(Address from, Address to, View gre);
	bool send_icmp(Address from, Address to, View icmp);

private:
	Fd open(int type, int protocol);
	void receive(int fd, const Receive &receive);
	bool send(const Fd &raw, Address from, Address to, View payload);

	Reactor &reactor_;
	std::string name_;
	Fd home_, ns_, gre_, icmp_;
	std::unordered_map<std::uint16_t, Fd> listeners_;
};
