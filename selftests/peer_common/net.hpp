// SPDX-License-Identifier: GPL-2.0
// Network namespaces, and the raw and UDP sockets that we hold in them.
#pragma once

#include <functional>
#include <string>

#include <netinet/in.h>

#include "bytes.hpp"
#include "reactor.hpp"

// An IPv4 address in network byte order, and its text.
using Address = in_addr_t;
Address parse_address(const std::string &text);
std::string text(Address address);
sockaddr_in socket_address(Address address, std::uint16_t port);

// RFC 1071; 0 over what carries a right checksum.
std::uint16_t checksum(View bytes);

class Namespace {
public:
	// @name is one under /run/netns, or "-" for the namespace we run in.
	explicit Namespace(const std::string &name);

	// A non-blocking socket in it.
	Fd open(int type, int protocol, int family = AF_INET) const;

	// The address that packets from here to @to carry.
	Address source_to(Address to) const;

private:
	Fd home_, ns_;
};

// One IP packet as a raw socket gives it, cut into header and payload.
struct IpPacket {
	Address source, destination;
	View whole, payload;
};

// What an ICMP error quotes of a packet.
struct IcmpError {
	std::uint8_t type, code;
	std::uint16_t mtu;
	Address source, destination;	// of the packet quoted
	std::uint8_t protocol;
	View quote;			// from behind its IP header on
	bool intact;			// both checksums are right
};

// The error in @icmp; false if it is none.
bool parse_icmp_error(View icmp, IcmpError &error);
Bytes build_icmp_error(std::uint8_t type, std::uint8_t code, std::uint16_t mtu, View packet);

// All packets of one IP protocol.  Stays where it is: the reactor knows it.
class RawSocket {
public:
	using Receive = std::function<void(const IpPacket &)>;

	RawSocket(Reactor &reactor, const Namespace &ns, int protocol, Receive receive);
	~RawSocket();
	RawSocket(const RawSocket &) = delete;

	// False when the kernel refused to send it.  @from 0: any.
	bool send(Address from, Address to, View payload);

private:
	void readable();

	Reactor &reactor_;
	Fd fd_;
	Receive receive_;
};

struct Datagram {
	Address source, destination;
	std::uint16_t source_port, port;
	View payload;
};

// All datagrams to one UDP port.
class UdpSocket {
public:
	using Receive = std::function<void(const Datagram &)>;

	UdpSocket(Reactor &reactor, const Namespace &ns, std::uint16_t port, Receive receive);
	~UdpSocket();
	UdpSocket(const UdpSocket &) = delete;

	bool send(Address from, Address to, std::uint16_t port, View payload);

private:
	void readable();

	Reactor &reactor_;
	std::uint16_t port_;
	Fd fd_;
	Receive receive_;
};
