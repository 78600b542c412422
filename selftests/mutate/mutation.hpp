// SPDX-License-Identifier: GPL-2.0
// What is done to a frame's bytes, by someone who knows the protocols.
#pragma once

#include "dice.hpp"
#include "frame.hpp"
#include "tape.hpp"

// A frame under change: where its parts were when this change began, and what
// is not to be put right afterwards.
struct Subject {
	Dice &dice;
	const Tape &tape;
	Bytes &frame;
	Layout at;
	bool keep_length = false;	// of the IP packet
	bool keep_udp_length = false;
	bool keep_sum = false;
	bool keep_ip_sum = false;
	bool move_ports = false;
};

// Changes @frame in one to three ways, then puts right what a receiver looks at
// first, mostly: without it nothing behind is read.  The addresses stay, and
// the ports mostly, so that there are few flows.
void mutate(Dice &dice, const Tape &tape, Bytes &frame);

// A few bits and bytes of these, anyhow.
void damage(Dice &dice, std::span<std::uint8_t> bytes);
