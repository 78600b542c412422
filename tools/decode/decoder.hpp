// SPDX-License-Identifier: GPL-2.0
//
// From packets to messages: which protocol a packet belongs to.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "connections.hpp"

// Control ports: what they are unless they are set.
struct Ports {
	Ports();
	// The ports of a protocol; nullptr if it is none.
	std::vector<std::uint16_t> *of(std::string_view protocol);
	// Whether a packet goes to or comes from one of them.
	bool has(const std::vector<std::uint16_t> &ports, const Packet &packet) const;

	std::vector<std::uint16_t> pptp, ipsec, l2tp;
};

class Decoder {
public:
	Decoder(int link, Ports ports) : link_(link), ports_(std::move(ports)) {}

	void frame(const Frame &frame, Sink sink);
	// The capture has ended.
	void finish(Sink sink) { connections_.finish(sink); }
	// Fragments other than the first, of which nothing can be told.
	std::uint64_t later_fragments() const { return later_fragments_; }

private:
	void udp(const Packet &packet, Sink sink);

	int link_;
	Ports ports_;
	Connections connections_;
	std::uint64_t later_fragments_ = 0;
};
