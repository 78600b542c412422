// SPDX-License-Identifier: GPL-2.0
// An Ethernet frame with IPv4 in it: where its parts begin, and its checksums.
#pragma once

#include "bytes.hpp"
#include "net.hpp"

constexpr std::size_t ether_header = 14, ip_header = 20, icmp_header = 8;
constexpr std::size_t longest_frame = ether_header + 1500;
constexpr std::uint8_t protocol_esp = 50, protocol_gre = 47, protocol_l2tp = 115;

// A part that is not there begins at the frame's end.
struct Layout {
	std::size_t l4, payload, end;
	std::uint8_t protocol;
	bool fragment;	// and not the first
};

// For any bytes behind an Ethernet header.
Layout layout_of(View frame);

// Is it IPv4 with a whole header, and nothing behind its last byte?
bool is_ip(View frame);

Address address_in(View frame, std::size_t at);
void put_address(std::span<std::uint8_t> frame, std::size_t at, Address address);

// Where the addresses are.
constexpr std::size_t source_at = ether_header + 12, destination_at = ether_header + 16;

// Length and checksum of the IP header, as the frame's size has it.
void right_ip_length(Bytes &frame);
void right_ip_sum(Bytes &frame);

// Of TCP, UDP and ICMP; a datagram without one stays so.
void right_sum(Bytes &frame);

// Where the checksum of what is in it is counted from the transport header; 0
// if a network device is not asked to make it.
std::size_t partial_at(const Layout &layout);

// What a device finds there that is to make the checksum: the pseudo header's.
void partial_sum(Bytes &frame);
