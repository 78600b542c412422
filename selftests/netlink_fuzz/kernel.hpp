// SPDX-License-Identifier: GPL-2.0
// The kernel's end of the family: what it answers, and what it has set.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

using Bytes = std::vector<std::uint8_t>;

// What came back for a request.
struct Answer {
	bool ended = false;	// by an acknowledgement, an error, or the end of a dump
	int error = 0;		// positive
	bool worded = false;	// it came with a message, or says where
	std::string message;
	unsigned messages = 0;	// that were no acknowledgement
};

class Kernel {
public:
	Kernel() = default;
	Kernel(const Kernel &) = delete;
	Kernel &operator=(const Kernel &) = delete;
	~Kernel();

	// Opens a socket and finds the family; false with the reason in errno.
	bool open();

	std::uint16_t family() const { return family_; }

	// Sends a request as it is.  The kernel has done it when this returns;
	// nothing is waited for, so a request that is not answered costs nothing.
	Answer ask(const Bytes &request);

	// States, ports, settings, pins and interfaces of all protocols, as they
	// are listed; empty if they are not.
	Bytes listing();

private:
	bool renew();

	int fd_ = -1;
	std::uint16_t family_ = 0;
	std::uint32_t sequence_ = 0;
	Bytes listed_;
	bool keep_ = false;
};
