// SPDX-License-Identifier: GPL-2.0
//
// The firewall's rules, as far as they matter to passthrough: chains of rules,
// whoever wrote them, and what they do to a packet.  Nothing here runs a
// program.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// A packet as rules see it.  Its addresses are nobody's in particular.
struct Packet {
	enum class State {
		fresh,
		established,
		related,
	};
	std::uint8_t protocol = 0;
	// 0 where the protocol has none.
	std::uint16_t sport = 0;
	std::uint16_t dport = 0;
	State state = State::fresh;
	// Interfaces; empty: it may be any.
	std::string in;
	std::string out;
};

// What a rule asks for.
struct Condition {
	enum class Field {
		// Something that is not known of the packet.
		opaque,
		// Fits every packet here: IPv4.
		always,
		// Fits none: IPv6.
		never,
		protocol,
		sport,
		dport,
		state,
		in,
		out,
	};
	struct Range {
		std::uint32_t low = 0;
		std::uint32_t high = 0;
	};
	Field field = Field::opaque;
	bool negated = false;
	// Any of these will do.
	std::vector<Range> numbers = {};
	std::vector<std::string> words = {};
};

struct Rule {
	enum class Action {
		none,
		accept,
		drop,
		jump,
		go_to,
		back,
		// Its fate is decided elsewhere: a queue.
		elsewhere,
		notrack,
		translate,
		helper,
		offload,
	};
	std::vector<Condition> conditions = {};
	Action action = Action::none;
	// Of jump and go_to the chain, of helper its type, of offload the table.
	std::string target = {};
	// How people find it, and what takes it away.
	std::string text = {};
	std::string remove = {};
};

struct Chain {
	std::string family;
	std::string table;
	std::string name;
	// Empty unless the kernel calls it.
	std::string hook = {};
	std::string type = {};
	bool drops = false;
	// The program it belongs to: nft, iptables-legacy, iptables-nft.
	std::string program = "nft";
	std::vector<Rule> rules = {};

	// "chain inet filter forward".
	std::string title() const;
};

struct Ruleset {
	std::vector<Chain> chains;
	// There are rules of iptables-nft that nft cannot show.
	bool hidden = false;
	// Some could not be read: nothing is known to be missing.
	bool partial = false;

	const Chain *find(const Chain &from, std::string_view name) const;
};

// What a chain does to a packet.
struct Fate {
	bool accepted = false;
	bool dropped = false;
	// The rule and its chain that drop it first; nullptr: a policy.
	const Rule *rule = nullptr;
	const Chain *chain = nullptr;
	// The rule names the packet's protocol or port.
	bool meant = false;
};

enum class Fit {
	no,
	maybe,
	yes,
};

// Reads what `nft -j list ruleset` prints; nothing if it is not that.
std::optional<Ruleset> read_nft(const std::string &text);
// Adds what `iptables-save` prints; program is what changes such rules.
void read_iptables(Ruleset &rules, std::string_view text, std::string_view program);

Fit fit(const Rule &rule, const Packet &packet);
// Whether a rule asks for the port, or where there is none for the protocol, of
// the packet and not for a range.
bool names(const Rule &rule, const Packet &packet);
// What a base chain does to a packet.
Fate fate(const Ruleset &rules, const Chain &chain, const Packet &packet);
// The command that has a chain accept such packets first.
std::string accept_command(const Chain &chain, const Packet &packet);
