// SPDX-License-Identifier: GPL-2.0
//
// Words of the command line turned into values, and guesses for words that
// mean nothing.
#include "args.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace {

bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

// Seconds in a time unit, 0 for no unit.
std::uint32_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

// Edits (insert, delete, replace, swap neighbours) between two words.
std::size_t distance(std::string_view a, std::string_view b)
{
	std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);

	for (std::size_t j = 0; j <= b.size(); j++)
		last[j] = j;
	for (std::size_t i = 1; i <= a.size(); i++) {
		row[0] = i;
		for (std::size_t j = 1; j <= b.size(); j++) {
			row[j] = std::min({ last[j] + 1, row[j - 1] + 1,
					    last[j - 1] + (a[i - 1] != b[j - 1]) });
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = std::min(row[j], before[j - 2] + 1);
		}
		std::swap(before, last);
		std::swap(last, row);
	}
	return last[b.size()];
}

} // namespace

std::optional<std::uint32_t> parse_decimal(std::string_view word, std::uint32_t max)
{
	std::uint64_t value = 0;

	if (word.empty())
		return {};
	for (char c : word) {
		if (!is_digit(c))
			return {};
		value = value * 10 + static_cast<unsigned>(c - '0');
		if (value > max)
			return {};
	}
	return static_cast<std::uint32_t>(value);
}

std::optional<Number> parse_number(std::string_view word)
{
	if (auto plain = parse_decimal(word))
		return Number{ *plain, false };

	// Parts must shrink, "1h30m": so "30m1h" and "5m5m" are typos.
	std::uint64_t total = 0;
	std::uint32_t larger = UINT32_MAX;
	while (!word.empty()) {
		std::size_t digits = 0;
		while (digits < word.size() && is_digit(word[digits]))
			digits++;
		if (digits == word.size())
			return {};
		auto count = parse_decimal(word.substr(0, digits));
		std::uint32_t unit = unit_seconds(word[digits]);
		if (!count || !unit || unit >= larger)
			return {};
		total += std::uint64_t(*count) * unit;
		if (total > UINT32_MAX)
			return {};
		larger = unit;
		word.remove_prefix(digits + 1);
	}
	if (larger == UINT32_MAX)
		return {};
	return Number{ static_cast<std::uint32_t>(total), true };
}

std::optional<Address> parse_address(std::string_view word)
{
	in_addr addr{};

	// All zeros would mean "any" to the kernel.
	if (inet_pton(AF_INET, std::string(word).c_str(), &addr) != 1 || !addr.s_addr)
		return {};
	return Address{ addr.s_addr };
}

std::optional<std::vector<std::uint16_t>> parse_ports(std::string_view word)
{
	std::vector<std::uint16_t> ports;

	for (;;) {
		std::size_t comma = std::min(word.find(','), word.size());
		auto port = parse_decimal(word.substr(0, comma), UINT16_MAX);
		if (!port || !*port)
			return {};
		ports.push_back(static_cast<std::uint16_t>(*port));
		if (comma == word.size())
			return ports;
		word.remove_prefix(comma + 1);
	}
}

std::optional<std::vector<std::string>> parse_interfaces(std::string_view word)
{
	// As the kernel has it, with the 0 at the end.
	constexpr std::size_t name_size = 16;
	std::vector<std::string> names;

	if (word == "any")
		return names;
	for (;;) {
		std::size_t comma = std::min(word.find(','), word.size());
		if (!comma || comma >= name_size)
			return {};
		names.emplace_back(word.substr(0, comma));
		if (comma == word.size())
			return names;
		word.remove_prefix(comma + 1);
	}
}

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates)
{
	std::string_view best;
	std::size_t best_distance = SIZE_MAX;

	for (std::string_view candidate : candidates) {
		std::size_t d = distance(word, candidate);
		// More than half of it wrong is another word, not a typo.
		std::size_t allowed = std::min<std::size_t>(3, (candidate.size() + 1) / 2);
		bool begins = word.size() >= 3 && candidate.starts_with(word);
		if (begins)
			d = 0;
		if (d <= allowed && d < best_distance) {
			best = candidate;
			best_distance = d;
		}
	}
	return best;
}

std::string suggest(std::string_view word, std::span<const std::string_view> candidates)
{
	std::string text;
	std::string_view near = closest(word, candidates);

	if (!near.empty()) {
		text = "did you mean \"";
		text += near;
		text += "\"?";
		return text;
	}
	if (candidates.empty())
		return text;
	text = "there are: ";
	for (std::string_view candidate : candidates) {
		if (candidate.data() != candidates.front().data())
			text += ", ";
		text += candidate;
	}
	return text;
}
