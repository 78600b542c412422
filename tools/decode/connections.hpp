// SPDX-License-Identifier: GPL-2.0
//
// PPTP control connections: TCP segments put in order, and read with the
// module's stream parser.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <passthrough/wire/pptp_stream.h>

#include "function_ref.hpp"
#include "message.hpp"
#include "packet.hpp"

// Told of each message, with the packet that completed it.
using Sink = FunctionRef<void(const Origin &origin, const Message &message)>;

class Connections {
public:
	// A TCP segment of a control port.
	void segment(const Packet &packet, Sink sink);
	// The capture has ended: tells what still waits for what is missing.
	void finish(Sink sink);

private:
	// A segment that came too early.
	struct Waiting {
		Origin origin;
		std::uint32_t seq;
		std::vector<std::uint8_t> data;
	};
	// What one end sends.
	struct Direction {
		nfpt_pptp_stream stream;
		// No id is rewritten: one that is split takes an entry for a
		// moment.
		nfpt_patch log[2];
		// In the order of their sequence numbers.
		std::vector<Waiting> waiting;
		std::size_t waiting_bytes = 0;
		// The capture began in the middle of it.
		bool unknown = false;
		std::uint64_t last_packet = 0;
	};
	struct Key {
		Endpoint source;
		Endpoint destination;
		auto operator<=>(const Key &) const = default;
	};

	Direction &begin(const Key &key, std::uint32_t seq);
	void data(Direction &d, const Origin &origin, std::uint32_t seq,
		  std::span<const std::uint8_t> bytes, Sink sink);
	void feed(Direction &d, const Origin &origin, std::uint32_t seq,
		  std::span<const std::uint8_t> bytes, Sink sink);
	void wait(Direction &d, const Origin &origin, std::uint32_t seq,
		  std::span<const std::uint8_t> bytes);
	void drain(Direction &d, Sink sink);
	void skip(Direction &d, const Origin &origin, std::uint32_t to, Sink sink);
	void give_up(Direction &d, Sink sink);
	void make_room();

	std::map<Key, Direction> directions_;
};
