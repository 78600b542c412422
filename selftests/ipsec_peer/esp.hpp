// SPDX-License-Identifier: GPL-2.0
// ESP (RFC 4303 section 2) whose "encrypted" part tells which packet of which
// SA it is, so that a wrong delivery cannot go unseen.  Written independently
// of include/passthrough/wire, so that one cannot hide the other's mistakes.
#pragma once

#include <optional>

#include "bytes.hpp"
#include "side.hpp"

struct EspPacket {
	std::uint32_t spi;	// the receiver chose it
	std::uint32_t sequence;
	std::uint32_t tunnel;
	std::uint32_t sa;	// of the tunnel
	std::uint32_t number;	// of the packets of this SA from this side
	Side from;
};

// The packet from the SPI on, @size bytes at least 40.
Bytes build(const EspPacket &packet, std::size_t size);

// The packet in @esp, if it is one of ours.
std::optional<EspPacket> parse_esp(View esp);

// ESP that belongs to nobody, as an attacker would send it.
Bytes build_forged(std::uint32_t spi, std::uint32_t sequence, std::size_t size);
bool is_forged(View esp);
