// SPDX-License-Identifier: GPL-2.0
// A tunnel: an inside host and a gateway, both in our hands, their IKE SA, and
// the pairs of ESP SAs that only these two know.  What comes of each ESP packet
// is noted: it is right at the end it was sent to, and wrong anywhere else.
#pragma once

#include <string>
#include <vector>

#include "esp.hpp"
#include "host.hpp"
#include "ike.hpp"

using Clock = Reactor::Clock;
using Milliseconds = Reactor::Milliseconds;

constexpr Milliseconds wrong_gap(4000);

// One direction of an SA pair.
struct Stream {
	std::uint32_t spi = 0, next_sequence = 1;
	std::vector<bool> arrived{};	// at the right end, of each packet sent
	std::size_t base = 0;		// the first packet that counts below
	std::size_t right = 0, wrong = 0, repeated = 0;
	std::size_t streak = 0;		// right ones since one was missing or wrong
	Clock::time_point first_sent{}, right_since{};
	Clock::time_point wrong_since{}, last_wrong{};	// of the present stretch
	Clock::duration wrong_for{};			// the longest stretch
	Bytes last{};			// the start of the last that came, from its IP header on

	std::size_t sent() const { return arrived.size(); }
	// Packets that count and have not come.
	std::size_t missing() const;
	// A fresh count: only packets sent from now on.
	void rearm();
	// One came to a wrong end.  After wrong_gap without any, they are news.
	void note_wrong(Clock::time_point now);
};

struct Sa {
	std::array<Stream, 2> streams;	// by the side that sends
};

class Tunnel {
public:
	struct Path {
		Host *host, *gateway;
		Address inside, at;	// the host's address, and the gateway's
	};
	// Where the gateway believes its peer to be.
	struct Seen {
		Address address = 0;
		std::uint16_t port = 0;
	};

	Tunnel(std::uint32_t number, std::string name, const Path &path)
		: number_(number), name_(std::move(name)), path_(path) {}

	std::uint32_t number() const { return number_; }
	const std::string &name() const { return name_; }
	const Path &path() const { return path_; }
	Host &host(Side side) const { return side == Side::host ? *path_.host : *path_.gateway; }

	// Encapsulated in UDP from now on, or plain again.
	bool in_udp = false;
	Seen seen;
	std::vector<Sa> sas;

	// Addresses of what @from sends.
	Address source(Side from) const { return from == Side::host ? path_.inside : path_.at; }
	Address target(Side from) const { return from == Side::host ? path_.at : seen.address; }

	// The number of the packet sent.
	std::size_t send_esp(std::size_t sa, Side from, std::size_t size);

	// @at got @packet, from @source; true if that was right.
	bool receive_esp(Host &at, Address source, const EspPacket &packet, View whole);

	// IKE.
	struct Ike {
		std::uint64_t initiator_spi = 0, responder_spi = 0;
		Side initiator = Side::host;
		std::array<std::uint32_t, 2> next_id{};	// of each end's requests
	} ike;

private:
	std::uint32_t number_;
	std::string name_;
	Path path_;
};
