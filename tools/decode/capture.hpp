// SPDX-License-Identifier: GPL-2.0
//
// A capture file, pcap or pcapng, read with libpcap.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include <pcap/pcap.h>

#include "model.hpp"

// A packet as the capture has it; valid until the next one is read.
struct Frame {
	// From 1, and of all packets, not only of those that pass the filter.
	std::uint64_t number = 0;
	timeval time{};
	std::span<const std::uint8_t> bytes;
	// How long it was; the capture may hold less.
	std::uint32_t length = 0;
};

class Capture {
public:
	// "-" is standard input.
	static Result<Capture> open(const std::string &name);
	// Of an open file, which is closed unless it is standard input; name is
	// for errors.
	static Result<Capture> read(FILE *file, const std::string &name);

	// From now on only packets that pass, pcap-filter(7).
	Status filter(const std::string &expression);
	// The next packet; false at the end.  What is damaged is an error.
	Result<bool> next(Frame &frame);
	// When the first packet was seen, whether it passes or not.
	const timeval &first() const { return first_; }
	// Link type, DLT_*.
	int link() const { return pcap_datalink(handle_.get()); }

private:
	struct Closer {
		void operator()(pcap_t *handle) const { pcap_close(handle); }
		void operator()(bpf_program *program) const
		{
			pcap_freecode(program);
			delete program;
		}
	};

	Capture(pcap_t *handle, const std::string &name) : handle_(handle), name_(name) {}

	std::unique_ptr<pcap_t, Closer> handle_;
	std::unique_ptr<bpf_program, Closer> filter_;
	std::string name_;
	std::uint64_t number_ = 0;
	timeval first_{};
};
