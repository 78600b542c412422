// SPDX-License-Identifier: GPL-2.0
//
// Findings: what doctor has to say, a line each.
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "render.hpp"

enum class Level : std::uint32_t {
	ok,
	warning,
	problem,
};

inline constexpr std::string_view level_names[] = { "ok", "warning", "problem" };

struct Finding {
	// What was looked at; a program may rely on it.
	std::string check;
	Level level = Level::ok;
	// For people.
	std::string text;
	// What mends it when it is typed; empty if no single command does.
	std::string command = {};
};

using Findings = std::vector<Finding>;

// The worst of them; ok if there are none.
Level worst(std::span<const Finding> findings);
// A line each, the commands below theirs, and how many of each level.
void print_findings(FILE *out, std::span<const Finding> findings);
// The keys "findings" and "result", inside an object.
void put_findings(Json &json, std::span<const Finding> findings);
// Puts what enters a network namespace in front of every command.
void prefix_commands(std::span<Finding> findings, std::string_view netns);
