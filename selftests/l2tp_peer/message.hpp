// SPDX-License-Identifier: GPL-2.0
// Control messages (RFC 2661 section 6, RFC 3931 section 6): who says what to
// whom, and the bytes.
#pragma once

#include <array>
#include <string>

#include "side.hpp"
#include "wire.hpp"

// Message types; acknowledgement is a message of zero length, or v3's own.
enum class Type : std::uint16_t {
	zlb = 0, sccrq = 1, sccrp = 2, scccn = 3, stopccn = 4, hello = 6, ocrq = 7, ocrp = 8, occn = 9,
	icrq = 10, icrp = 11, iccn = 12, cdn = 14, wen = 15, sli = 16, ack = 20,
};
Type type_from(const std::string &text);

// Messages that two ends send, one after the other.
struct Exchange {
	struct Part {
		Type type;
		bool answer;	// sent by the end that did not begin
	};

	const char *name;
	std::vector<Part> parts;
};
// Throws std::invalid_argument for a name that is not in the table.
const Exchange &exchange(const std::string &name);

// What a tunnel's ends put into their messages.
struct Style {
	unsigned version = 2;
	Transport over = Transport::udp;
	bool hidden_tunnel = false, hidden_session = false;
	bool digest = false;	// v3
	bool challenge = false;
	std::string name;	// the host's
};

// The ids as one of the two ends knows them, by who chose them; 0: not yet.
struct Ids {
	std::array<std::uint32_t, 2> tunnel{}, session{};
};

// Which message it is: carried in an AVP of our own.
struct Tag {
	std::uint32_t tunnel, talk, part;
};

struct Message {
	Type type;
	Side from;
	Ids ids;
	std::uint16_t ns, nr;
	Tag tag;
};

Bytes build(const Message &message, const Style &style);

std::optional<Tag> tag_in(View avps);

// The ids that a message assigns, 0 if it assigns none.
struct Assigned {
	std::uint32_t tunnel = 0, session = 0;
};
Assigned assigned_in(View avps);

// A message that belongs to nobody, as an attacker would send it.
Bytes build_forged(Type type, const Style &style, std::uint32_t tunnel, const Assigned &assigned);
bool is_forged(View avps);
