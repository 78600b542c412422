// SPDX-License-Identifier: GPL-2.0
// A tunnel (RFC 3931: control connection): an inside host and a server, both in
// our hands, what each of them knows of it, and its sessions.  What comes of
// each data packet is noted: right at the end it was sent to and as that end
// must see it, bad if it was changed on the way, wrong anywhere else.
#pragma once

#include "host.hpp"
#include "message.hpp"

// A packet with L2TP in it, as it came.
struct Arrival {
	Transport over;
	Address source, destination;
	std::uint16_t source_port = 0, port = 0;
	bool summed = false, intact = true;
	View l2tp, whole;
};

// What was last sent, from behind the IP header on, and as it came.
struct Last {
	Bytes sent, came;
};

// One direction of a session's data.
struct Stream {
	std::vector<bool> arrived{};	// of each packet sent
	std::size_t base = 0;		// the first packet that counts below
	std::size_t right = 0, wrong = 0, bad = 0, repeated = 0;
	Last last{};

	// A fresh count: only packets sent from now on.
	void rearm();
};

struct Session {
	std::array<std::array<std::uint32_t, 2>, 2> ids{};	// by who knows them, then by who chose them
	Bytes cookie{};
	std::array<Stream, 2> streams{};			// by the side that sends
};

// Content of a data packet.
struct Content {
	std::uint32_t tunnel, session, number;
	Side from;
};
std::optional<Content> content_in(View data);

// Data that belongs to nobody, as an attacker would send it.
Bytes forged_content();
bool is_forged_content(View data);

class Tunnel {
public:
	struct Path {
		Host *host, *server;
		Address inside, at;	// the host's address, and the server's
		std::uint16_t port;	// the host's
	};
	// How a server behaves.
	struct Manners {
		std::uint16_t answer_port = l2tp_port;	// what it sends comes from there
		std::uint16_t data_to = 0;		// data goes to this port, whatever the host's
		bool strict = false;			// only packets from port 1701 are heard
	};
	// Where the server believes its peer to be.
	struct Seen {
		Address address = 0;
		std::uint16_t port = 0;
	};

	Tunnel(std::uint32_t number, std::string name, const Path &path, const Style &style, const Manners &manners)
		: style(style), manners(manners), number_(number), name_(std::move(name)), path_(path) {}

	std::uint32_t number() const { return number_; }
	const std::string &name() const { return name_; }
	const Path &path() const { return path_; }
	Host &end(Side side) const { return side == Side::host ? *path_.host : *path_.server; }
	Address source(Side from) const { return from == Side::host ? path_.inside : path_.at; }
	Address target(Side from) const { return from == Side::host ? path_.at : seen.address; }

	Style style;
	Manners manners;
	Seen seen{};
	bool summed = true;
	std::array<std::array<std::uint32_t, 2>, 2> ids{};	// by who knows them, then by who chose them
	std::array<std::uint16_t, 2> next{};			// Ns of each end's next message
	std::vector<Session> sessions{};
	std::array<Last, 2> control{};				// by the side that sends

	// As nobody had yet spoken; both ends keep the ids that they chose.
	void forget();

	// What @side knows.
	Ids known(Side side, const Session *session) const;

	void send_control(Side from, View message);
	void send_data(std::size_t session, Side from, std::size_t size);

	// What is wrong with how @arrival came to @at; "" if nothing is.
	// @begins: the server does not know the host yet.
	std::string fault(Side at, const Arrival &arrival, bool begins) const;

	// @at got data of ours.
	void receive_data(Host &at, const Arrival &arrival, const Header &header, const Content &content);

	std::string last_fault{};

private:
	Bytes packet(Side from, View l2tp, bool data) const;
	void send(Side from, View packet);

	std::uint32_t number_;
	std::string name_;
	Path path_;
};
