// SPDX-License-Identifier: GPL-2.0
//
// What the firewall's rules mean for passthrough.
#pragma once

#include "finding.hpp"
#include "model.hpp"
#include "rules.hpp"

// Where the router's packets go: interfaces with an IPv4 address, and those that
// may lead outside; empty where it is not known.
struct Interfaces {
	std::vector<std::string> inside;
	std::vector<std::string> outside;
	// Outside is where the default routes lead.
	bool known = false;
};

// Judges rules for the protocols, by their control ports.
Findings check_rules(const Ruleset &rules, std::span<const Protocol> protocols,
		     const Interfaces &interfaces);
// Reads the rules with nft and, where there are rules of theirs, the
// iptables-save programs; what could not be looked at is a finding.
Ruleset read_rules(Findings &findings);
