// SPDX-License-Identifier: GPL-2.0
//
// Words of the command line turned into values, and guesses for words that
// mean nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"

// A number; with time units ("1h30m") it is a time in seconds.
struct Number {
	std::uint32_t value = 0;
	bool time = false;
};

std::optional<Number> parse_number(std::string_view word);
// Digits only, up to a maximum.
std::optional<std::uint32_t> parse_decimal(std::string_view word, std::uint32_t max = UINT32_MAX);
std::optional<Address> parse_address(std::string_view word);
// "1723,1724"; nothing if one of them is no port.
std::optional<std::vector<std::uint16_t>> parse_ports(std::string_view word);
// Names with commas between them; none for "any".
std::optional<std::vector<std::string>> parse_interfaces(std::string_view word);

// The candidate most like a mistyped word, empty if none is near.
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);
// `did you mean "x"?`, or what there is to choose from.
std::string suggest(std::string_view word, std::span<const std::string_view> candidates);
