// SPDX-License-Identifier: GPL-2.0
// Traffic in several tunnels at once, after a script that says in which order
// the first packets go, until every one of them has its packets or time is up.
#pragma once

#include <deque>
#include <optional>

#include "tunnel.hpp"

// Who sends when.
enum class Pattern {
	closed,	// as TCP: a packet, its answer, the next one; again if there is no answer
	ping,	// one packet after another, answered or not; the other end answers each
	stream,	// both ends send, heedless of each other
	oneway,	// one end sends, the other never does
};
Pattern pattern_from(const std::string &text);

class Run {
public:
	struct Settings {
		Pattern pattern;
		Side from;		// who begins, and sends again
		Milliseconds limit;
		Milliseconds again;	// until a packet without answer is sent again, at first
		Milliseconds every;	// between heedless packets
		std::size_t streak;	// packets right in a row that prove a tunnel
	};
	struct Outcome {
		std::size_t right = 0, wrong = 0, repeated = 0, missing = 0;
		Milliseconds right_ms{0}, wrong_ms{0};
		std::string stuck{};	// tunnels without their packets
	};

	// @script: "a>" is a first packet from tunnel a's host, "a<" one from its
	// gateway, with "!" behind it lost on its last hop.  An end that is not
	// in the script sends as soon as its pattern says so.
	Run(Reactor &reactor, std::vector<Tunnel *> tunnels, const Settings &settings,
	    const std::vector<std::string> &script);

	Outcome go();

	// A packet of @tunnel came right.
	void arrived(const Tunnel &tunnel, const EspPacket &packet);

private:
	struct End {
		bool scripted = false;
		bool waits = false;			// for its turn in the script
		std::optional<Clock::time_point> due{};
		std::optional<std::size_t> lost{};	// a packet that it shall not see
	};
	struct Flow {
		Tunnel *tunnel;
		std::array<End, 2> ends{};
		Milliseconds again;
	};
	struct Step {
		std::size_t flow;
		Side side;
		bool lost;
	};

	Step step_from(const std::string &text) const;
	Stream &stream(const Flow &flow, Side from) const;
	bool sends(Side side) const;
	bool proven(const Flow &flow) const;
	void send(Flow &flow, Side side);
	void step(const Step &step);
	void serve();
	Outcome outcome() const;

	Reactor &reactor_;
	Settings settings_;
	std::vector<Flow> flows_;
	std::deque<Step> script_;
};
