// SPDX-License-Identifier: GPL-2.0
// The commands: one line in, one line "ok ..." or "fail ..." out.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>

#include "events.hpp"
#include "line.hpp"
#include "tunnel.hpp"

using Clock = Reactor::Clock;
using Milliseconds = Reactor::Milliseconds;

class World {
public:
	Reply run(const Line &line);
	void begin(const Line &line);
	static std::string help();

private:
	static const Command<World> commands[];

	// The exchange that is under way.
	struct Talk {
		Tunnel *tunnel;
		const Exchange *exchange;
		Side from;
		std::optional<std::size_t> session;
		std::uint32_t number;
		std::size_t wanted;			// the message that is waited for
		std::optional<std::size_t> lose;	// one whose first copy is lost
		std::map<std::size_t, Message> messages;	// that were sent
		std::size_t wrong;
		std::set<std::string> bad;			// what was, of which message
	};
	// Bytes that are looked for as they are.
	struct Injected {
		Bytes bytes;
		std::vector<std::string> at;
	};
	// An ICMP error about L2TP, as a host got it.
	struct Icmp {
		const Host *at;
		IcmpError error;
		Bytes quote;
	};

	Reply host(const Line &line);
	Reply tunnel(const Line &line);
	Reply control(const Line &line);
	Reply session(const Line &line);
	Reply data(const Line &line);
	Reply forge(const Line &line);
	Reply inject(const Line &line);
	Reply icmp(const Line &line);
	Reply show(const Line &line);
	Reply listen(const Line &line);
	Reply heard(const Line &line);

	Host &host_named(const std::string &name);
	Tunnel &tunnel_named(const std::string &name);
	std::vector<Tunnel *> tunnels_named(const std::string &names);
	std::uint32_t id_from(const Line &line, const std::string &option, unsigned version);
	std::size_t add_session(const Line &line, Tunnel &tunnel);

	Reply talk(const Line &line, Tunnel &tunnel);
	void begin_talk(const Line &line, Tunnel &tunnel);
	Message &part_of_talk(std::size_t part);
	void send_part(std::size_t part);

	void got_udp(Host &at, const IpPacket &ip);
	void got_ip(Host &at, const IpPacket &ip);
	void got_icmp(Host &at, const IpPacket &ip);
	void got_l2tp(Host &at, const Arrival &arrival);
	void got_zlb(Host &at, const Arrival &arrival, const Header &header);
	void got_message(Host &at, const Arrival &arrival, const L2tp &l2tp, const Tag &tag);
	void got_wanted(Host &at, const Arrival &arrival, View avps);
	void learn(const Message &message, View avps);
	bool got_injected(const Host &at, View bytes);

	Reactor reactor_;
	Milliseconds limit_{8000};
	std::mt19937_64 random_{1};
	std::set<std::uint32_t> ids_;
	std::map<std::string, std::unique_ptr<Host>> hosts_;
	std::vector<std::unique_ptr<Tunnel>> tunnels_;
	std::map<std::string, Tunnel *> tunnel_names_;
	std::uint32_t talks_ = 0;
	Talk talk_{};
	Injected injected_;
	std::vector<Icmp> icmp_;
	std::unique_ptr<Events> events_;
};
