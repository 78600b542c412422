// SPDX-License-Identifier: GPL-2.0
// Sends what is on a tape again and again, as it was and mutated, in the order
// in which it was recorded, so that sessions come up and are met in every state.
//
// Several lanes run abreast: the same tape with a server of its own each, so
// that what one does to its sessions does not end the others', and that many
// packets go to the kernel at once.
#pragma once

#include <deque>
#include <vector>

#include "dice.hpp"
#include "port.hpp"
#include "tape.hpp"

class Replay {
public:
	struct Options {
		std::size_t count, lanes;
		std::uint64_t seed;
		Address outside;	// the router's, as servers see hosts
		Address server;		// as recorded; lanes have it and those behind it
		std::vector<Address> others;	// whom errors may come from, but ends
	};

	Replay(const Tape &tape, std::deque<Port> &ports, const Options &options);

	// Until at least so many packets as wanted are sent.
	void run();

	std::size_t sent() const;
	std::size_t refused() const;
	std::size_t rounds() const { return rounds_; }

	// Of what was sent: packets that were mutated, and ICMP errors; and how
	// they went.
	struct Sums {
		std::size_t mutated, errors, fragmented, merged, unfinished;
	};
	const Sums &sums() const { return sums_; }

private:
	// A recorded frame and who sent it.
	struct Step {
		const Bytes *frame;
		std::size_t port;
		bool inside;
	};
	struct Lane {
		Address server;
		std::uint16_t shift;	// of the hosts' own ports
		std::size_t mildness;	// one in so many packets is mutated first
	};

	void round();
	void play(const Lane &lane, const Step &step);
	void send_mutated(const Lane &lane, const Step &step);
	void send_error(const Lane &lane, const Step &step);
	Bytes readdressed(const Lane &lane, const Step &step) const;
	void send(std::size_t port, Bytes &&frame, bool as_it_is);

	const Tape &tape_;
	std::deque<Port> &ports_;
	Options options_;
	Dice dice_;
	std::vector<Step> steps_;
	std::vector<std::vector<const Step *>> from_;	// of each port
	std::size_t rounds_ = 0;
	Sums sums_{};
};
