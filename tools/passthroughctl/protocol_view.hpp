// SPDX-License-Identifier: GPL-2.0
//
// A protocol's state, settings and pins as people and programs want to see
// them, and what of that changed.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"
#include "render.hpp"

// An object with all that `list` knows.
void write_json(Json &json, const Protocol &protocol);
// The keys of a pin, inside an object.
void put_pin(Json &json, const Pin &pin);
void put_list(Json &json, std::string_view key, std::span<const std::uint16_t> numbers);
void put_list(Json &json, std::string_view key, std::span<const std::string> words);
// What a change of a list is, inside an object.
template <class List>
void put_list_change(Json &json, std::string_view key, const List &from, const List &to)
{
	json.put("key", key);
	put_list(json, "from", from);
	put_list(json, "to", to);
}
// "pin 10.0.0.12 192.0.2.2", as `set` takes it.
std::string format_pin(const Pin &pin);
// The protocol's setting of that name, or nullptr.
const Setting *find_setting(const Protocol &protocol, std::string_view name);
// A protocol without its module, which is bypassed.
Protocol unloaded(std::string_view name);
// Adds those that the tool knows and the kernel has not loaded, in its order.
void add_unloaded(std::vector<Protocol> &all);
bool has_pin(const Protocol &protocol, const Pin &pin);

// One thing in which a protocol differs from what it was.
struct Difference {
	enum class Kind { state, port, interface, setting, pin };
	Kind kind;
	// Of kind setting, in the protocol as it is; of kind pin, in either.
	const Setting *setting = nullptr;
	std::uint32_t from = 0;
	const Pin *pin = nullptr;
	bool added = false;
};

// What changed; points into both.  A module that was not loaded before had its
// defaults.
std::vector<Difference> differences(const Protocol &before, const Protocol &after);
// "gre-replied 5h -> 1h30m".
std::string format_difference(const Difference &d, const Protocol &before, const Protocol &after);
// {key, from, to, ...} as `set` tells it, with the protocol's name.
void write_json(Json &json, const Difference &d, const Protocol &before, const Protocol &after);
