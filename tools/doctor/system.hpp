// SPDX-License-Identifier: GPL-2.0
//
// What the kernel says of the router apart from passthrough, and what it means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "finding.hpp"
#include "rules_check.hpp"

// What was read; what could not be is not set.
struct Facts {
	std::optional<std::uint64_t> ip_forward;
	std::optional<std::uint64_t> conntracks;
	std::optional<std::uint64_t> conntrack_max;
	// Whether conntrack_max can be changed in this namespace.
	bool max_is_ours = true;
	// The sysctl of kernels before 6.0 that gives connections helpers.
	std::optional<std::uint64_t> auto_helper;
	// Interfaces of default routes whose packets are held against the way back.
	std::vector<std::string> strict;
	Interfaces interfaces;
};

// A file of /proc or /sys; nothing if there is none.
std::optional<std::string> read_file(const char *path);
Facts read_facts();
Findings check_system(const Facts &facts);
// Whether conntrack's table has room for what the protocols' settings allow.
Findings check_room(std::span<const Protocol> protocols, const Facts &facts);
