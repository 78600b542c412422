// SPDX-License-Identifier: GPL-2.0
// UDP headers (RFC 768) made and read by ourselves: so a datagram may have any
// source port, and a checksum or none, and what arrives is seen as it is.
#pragma once

#include <optional>

#include "net.hpp"

struct Udp {
	std::uint16_t source_port, port;
	bool summed;	// it has a checksum
	bool intact;	// which is right
	View payload;
};

Bytes build_udp(Address from, Address to, std::uint16_t source_port, std::uint16_t port, bool summed,
		View payload);
std::optional<Udp> parse_udp(const IpPacket &ip);
