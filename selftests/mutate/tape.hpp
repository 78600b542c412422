// SPDX-License-Identifier: GPL-2.0
// What hosts have sent to one another, in order: a pcap file.
#pragma once

#include <string>
#include <vector>

#include "bytes.hpp"

// Frames of other networks than IPv4, or that are damaged, are left out.
class Tape {
public:
	struct Recorded {
		std::int64_t stamp;	// nanoseconds
		Bytes frame;
	};

	void add(std::int64_t stamp, View frame);
	void read(const std::string &file);

	// By their stamps.
	void write(const std::string &file);

	const std::vector<Recorded> &frames() const { return frames_; }

private:
	std::vector<Recorded> frames_;
};
