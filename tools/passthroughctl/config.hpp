// SPDX-License-Identifier: GPL-2.0
//
// A configuration file: its text read and written, held against what a
// protocol can, turned into changes.  Knows neither kernel nor file system.
//
//	# comment
//	[pptp]
//	state = enabled
//	gre-replied = 5h
//	[ipsec]
//	state = enabled
//	pin = 10.0.0.12 192.0.2.2
//
// A protocol that the file names becomes what the section says: keys that are
// left out have their defaults, other pins go.  The others are left alone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"

// Where something is in a file, from 1 on.
struct Place {
	std::uint32_t line = 0;
	std::uint32_t column = 0;
};

struct Section {
	struct Value {
		std::string key;
		std::string typed;
		std::uint32_t value = 0;
		// It was written with units of time.
		bool time = false;
		Place key_place;
		Place value_place;
	};
	struct PinValue {
		Pin pin;
		std::string typed;
		Place place;
	};
	std::string protocol;
	Place place;
	State state = State::bypassed;
	Place state_place;
	std::vector<std::uint16_t> ports;
	Place ports_place;
	std::optional<std::vector<std::string>> interfaces;
	Place interfaces_place;
	std::vector<Value> values;
	std::vector<PinValue> pins;
};

struct Config {
	// As errors name it.
	std::string file;
	std::vector<Section> sections;
};

// Reads a file's text; protocols are those whose sections it may have.
Result<Config> parse_config(std::string file, std::string_view text,
			    std::span<const std::string_view> protocols);
// Refuses what the protocol, as the kernel tells of it, does not have.
Status check_section(const Config &config, const Section &section, const Protocol &protocol);
// An error about a place in the file.
Error config_error(const Config &config, Place place, std::string text, std::string hint);
// Adds to what the kernel refused where that is in the file.
Error locate(const Config &config, Error error);

// What makes a protocol what the section says, whatever it is.  The change
// points into the section.
Change change_to(const Section &section);
// What differs between the protocol and the section.  The change points into
// both.
Change change_between(const Protocol &now, const Section &section);
bool is_empty(const Change &change);

// A file that makes the protocols what they are.
std::string config_text(std::span<const Protocol> protocols);
