// SPDX-License-Identifier: GPL-2.0
// Enhanced GRE (RFC 2637 section 4) with a payload that tells which packet
// of which call it is, so that a wrong Call ID cannot go unseen.
#pragma once

#include <optional>

#include "control.hpp"

struct GrePacket {
	std::uint16_t call_id; // the receiver's
	std::uint32_t link;
	std::uint32_t call;
	Role from;
	std::uint32_t sequence;
};

// The packet from the GRE header on, @size bytes of payload at least 24.
Bytes build(const GrePacket &packet, std::size_t size);

// The packet in @gre, if it is one of ours.
std::optional<GrePacket> parse_gre(View gre);

// Call ID and sequence number of an enhanced GRE header cut off after 12 bytes.
struct GreQuote {
	std::uint16_t call_id;
	std::uint32_t sequence;
};
std::optional<GreQuote> parse_quote(View gre);

// Enhanced GRE that belongs to no call, as an attacker would send it.
Bytes build_forged(std::uint16_t call_id, std::uint32_t sequence);
bool is_forged(View gre);
