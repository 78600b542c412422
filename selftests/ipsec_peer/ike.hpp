// SPDX-License-Identifier: GPL-2.0
// IKE (RFC 7296 section 3.1, RFC 2408 section 3.1): the header, and a body
// that tells which message it is.
#pragma once

#include <optional>
#include <string>

#include "bytes.hpp"

// A kind of exchange: messages that its two ends send in turn.
struct Exchange {
	const char *name;
	unsigned version;
	std::uint8_t type;
	unsigned parts;
	bool first;	// it begins an IKE SA
};

// Throws std::invalid_argument for a name that is not in the table.
const Exchange &exchange(const std::string &name);

struct IkeMessage {
	std::uint64_t initiator_spi, responder_spi;
	const Exchange *exchange;
	std::uint8_t flags;
	std::uint32_t id;
	std::uint32_t tunnel;
	std::uint32_t talk;	// which exchange of all
	std::uint32_t part;	// which message of it
};

constexpr std::uint8_t ike_from_initiator = 0x08, ike_response = 0x20, ike1_encrypted = 0x01;

// @marker: with the four zero bytes that port 4500 asks for.
Bytes build(const IkeMessage &message, bool marker);

// Which message of which exchange it is; the header is as build() made it.
struct IkeArrival {
	std::uint32_t tunnel, talk, part;
};
std::optional<IkeArrival> parse_ike(View datagram, bool marker);

// A message that belongs to no IKE SA, as an attacker would send it: a request
// that begins one, or a response.
Bytes build_forged(const Exchange &exchange, std::uint64_t spi, bool marker);
bool is_forged_ike(View datagram, bool marker);
