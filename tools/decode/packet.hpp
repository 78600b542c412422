// SPDX-License-Identifier: GPL-2.0
//
// A packet: its ends, and what is behind the headers up to TCP, UDP or the
// protocols that carry tunnels.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "capture.hpp"

// One end of a packet, over IPv4 or IPv6.
struct Endpoint {
	bool ipv6 = false;
	// IPv4: the first four bytes.
	std::array<std::uint8_t, 16> address{};
	// 0 where the protocol has none.
	std::uint16_t port = 0;
	auto operator<=>(const Endpoint &) const = default;
};

std::string format_address(const Endpoint &end);
// "192.0.2.2:1723", "[2001:db8::2]:1723", without a port the address alone.
std::string format_endpoint(const Endpoint &end);

// Where and when a packet was seen.
struct Origin {
	std::uint64_t number = 0;
	timeval time{};
	Endpoint source;
	Endpoint destination;
};

// IP protocols that are looked at.
enum : std::uint8_t {
	ip_tcp = 6,
	ip_udp = 17,
	ip_gre = 47,
	ip_esp = 50,
	ip_l2tp = 115,
};

// Bits of a TCP header.
enum : std::uint8_t {
	tcp_fin = 0x01,
	tcp_syn = 0x02,
	tcp_rst = 0x04,
	tcp_ack = 0x10,
};

struct Packet : Origin {
	std::uint8_t protocol = 0;
	// A fragment other than the first, which has no ports: no payload.
	bool later_fragment = false;
	// Behind the TCP or UDP header, else behind the IP header: what is there
	// of it, and how long it was in all.
	std::span<const std::uint8_t> payload;
	std::uint32_t length = 0;
	// TCP only.
	std::uint32_t seq = 0;
	std::uint32_t ack = 0;
	std::uint8_t flags = 0;
};

// Whether packets of this link type (DLT_*) can be read.
bool knows_link(int link);
// Nothing if the frame holds no IP packet, or too little of one.
std::optional<Packet> parse_packet(int link, const Frame &frame);
