// SPDX-License-Identifier: GPL-2.0
// Requests: good ones of every operation, and what chance makes of them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernel.hpp"

// The same numbers for the same seed on every machine.
class Chance {
public:
	explicit Chance(std::uint64_t seed) : state_(seed) {}
	std::uint64_t next();
	std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(next() % limit); }
	bool one_in(std::uint32_t n) { return below(n) == 0; }
	template <typename T, std::size_t N> T one_of(const T (&values)[N])
	{
		return values[below(static_cast<std::uint32_t>(N))];
	}

private:
	std::uint64_t state_;
};

// An attribute, and how it is misshapen.
struct Attribute {
	std::uint16_t type = 0;
	std::uint16_t flags = 0;	// NLA_F_NESTED, NLA_F_NET_BYTEORDER
	int lie = 0;			// added to its length
	bool ragged = false;		// not padded
	Bytes data;
	std::vector<Attribute> nest;
};

struct Request {
	std::uint8_t cmd = 0, version = 1;
	std::uint16_t flags = 0, reserved = 0;
	std::vector<Attribute> attributes;
	unsigned cut = 0;		// bytes that are missing at the end
	unsigned tail = 0;		// bytes too many
	bool bent = false;		// chance was at it
};

// A good request of some operation, or what chance makes of one.
Request make_request(Chance &chance);

// Its bytes, some of them changed if it is bent.
Bytes encode(const Request &request, std::uint16_t family, std::uint32_t sequence,
	     Chance &chance);
