// SPDX-License-Identifier: GPL-2.0
//
// A message as a line for people and an object for programs.
#pragma once

#include <cstdio>
#include <string>

#include "message.hpp"
#include "packet.hpp"
#include "render.hpp"

// Lines whose columns are as wide as those above them need.
class Lines {
public:
	explicit Lines(FILE *out) : out_(out) {}

	// first: when the capture's first packet was seen.
	void print(const timeval &first, const Origin &origin, const Message &message);

private:
	FILE *out_;
	// "L2TPv2/UDP" is the longest title.
	std::size_t source_ = 0, destination_ = 0, title_ = 10, name_ = 0;
};

// "2026-11-23T06:40:12.123456Z".
std::string format_utc(const timeval &time);
// Seconds after another time, "0.012345", before it "-0.5".
std::string format_since(const timeval &first, const timeval &time);
void write_json(Json &json, const Origin &origin, const Message &message);
