// SPDX-License-Identifier: GPL-2.0
// A control connection, both its ends in our hands, and the calls on it.
// Because we know what was sent, all that arrives is compared with it: each
// Call ID that reaches the end that chose it must be the one chosen, each
// other one must stay what that end was told first, and no other byte changes.
#pragma once

#include <deque>
#include <string>

#include "control.hpp"
#include "gre.hpp"
#include "host.hpp"

using Milliseconds = Reactor::Milliseconds;

// How an end cuts what it says into segments.
struct Mode {
	enum class How {
		whole, // each message one write
		all,   // everything that is queued one write
		split, // each message in two, after @at bytes
		chunk, // a segment each @at bytes, wherever messages end
	} how = How::whole;
	std::size_t at = 0;
};

struct Call {
	// Whether a number comes for the first time.
	bool fresh(std::size_t sender, std::uint32_t sequence);

	// Indexed by the role of the end that chose the id, or sent the data.
	std::array<std::uint16_t, 2> own{}, seen{};
	std::array<bool, 2> known{};
	std::array<std::uint32_t, 2> sent{}, received{};
	// One past the highest number received, and which of the 64 before it
	// were: a sender that moves to another CPU overtakes itself.
	std::array<std::uint32_t, 2> next{};
	std::array<std::uint64_t, 2> window{};
	// The last packet of the data sent by each, as the other end got it.
	std::array<std::array<std::uint8_t, 40>, 2> last{};
	bool up = false;
};

// What went wrong on the control connection.
struct Faults {
	std::size_t ids = 0;
	std::size_t bytes = 0;
	std::string first;
};

// What came of GRE packets since the last reset.
struct Traffic {
	std::size_t sent = 0, received = 0, refused = 0;
	std::size_t wrong_id = 0, wrong_host = 0, wrong_address = 0, repeated = 0;
};

class Link {
public:
	struct Path {
		Host *dial, *accept;
		Address to, from;
		std::uint16_t port, listen_port, from_port;
		Role dial_role;
	};

	Link(Reactor &reactor, std::uint32_t number, const Path &path, Milliseconds limit);
	~Link();

	void set_mode(Role end, Mode mode) { ends_[index(end)].mode = mode; }
	std::vector<Call> &calls() { return calls_; }
	const Faults &faults() const { return faults_; }
	Traffic &traffic() { return traffic_; }
	Host &host(Role end) const { return *ends_[index(end)].host; }
	Address local(Role end) const { return ends_[index(end)].local; }
	Address peer(Role end) const { return ends_[index(end)].peer; }
	bool closed(Role end) const { return ends_[index(end)].closed; }

	// Bytes of injected messages that arrived changed where that may be right.
	std::size_t rewritten() const { return rewritten_; }

	// Queues a message about @call as @from knows its Call IDs.
	void queue(Role from, const Kind &kind, std::size_t call, std::uint8_t result = 1);
	// Queues bytes as they are.
	void queue(Role from, Bytes opaque);

	// Writes what is queued at both ends and waits until it has arrived.
	bool settle(Milliseconds limit);

	// False when the sender does not know the receiver's Call ID yet.
	bool send_gre(std::size_t call, Role from, std::size_t size);
	void receive_gre(const Host &at, const IpPacket &ip, const GrePacket &packet);

	// Closes at @from, with a reset or in order; true when the other end saw it.
	bool close(Role from, bool reset, Milliseconds limit);

private:
	// What one end wrote and the other has not got yet.
	struct Flight {
		Bytes bytes;
		const Kind *kind; // null for opaque bytes
		std::size_t call;
	};
	struct End {
		Host *host;
		Fd tcp;
		Address local = 0, peer = 0;
		Mode mode{};
		std::deque<Bytes> out{};
		std::deque<Flight> coming{};
		Bytes in{};
		std::size_t written = 0, received = 0;
		bool closed = false;
	};

	void flush(Role from, Milliseconds limit);
	void write(End &end, View bytes, Milliseconds limit);
	void readable(Role at);
	void land(Role at, const Flight &flight, View got);
	void land_ids(Role at, const Flight &flight, View got);
	void complain(Role at, const Flight &flight, const std::string &what);

	Reactor &reactor_;
	std::uint32_t number_;
	std::array<End, 2> ends_;
	std::vector<Call> calls_;
	Faults faults_;
	Traffic traffic_;
	std::size_t rewritten_ = 0;
	std::uint8_t salt_ = 0;
};
