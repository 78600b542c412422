// SPDX-License-Identifier: GPL-2.0
//
// Words of rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules.hpp"

struct ProtocolWord {
	std::string_view name;
	std::uint8_t number;
};

// Those that passthrough is about, as nft and iptables call them.
inline constexpr ProtocolWord protocol_words[] = {
	{ "tcp", 6 }, { "udp", 17 }, { "gre", 47 }, { "esp", 50 }, { "ah", 51 }, { "l2tp", 115 },
};

// The number of such a protocol; nothing if it is another.
inline std::optional<std::uint8_t> protocol_number(std::string_view name)
{
	for (const ProtocolWord &w : protocol_words)
		if (w.name == name)
			return w.number;
	return {};
}

// A number or a name that every nft and iptables takes.
inline std::string protocol_word(std::uint8_t number)
{
	for (const ProtocolWord &w : protocol_words)
		if (w.number == number && number != 115)
			return std::string(w.name);
	return std::to_string(number);
}

// A state as rules write it, in small letters.
inline std::string_view state_word(Packet::State state)
{
	constexpr std::string_view words[] = { "new", "established", "related" };

	return words[static_cast<int>(state)];
}
