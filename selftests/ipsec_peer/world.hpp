// SPDX-License-Identifier: GPL-2.0
// The commands: one line in, one line "ok ..." or "fail ..." out.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>

#include "line.hpp"
#include "run.hpp"

class World {
public:
	Reply run(const Line &line);
	void begin(const Line &line);
	static std::string help();

private:
	static const Command<World> commands[];

	// The IKE exchange that is under way.
	struct Talk {
		Tunnel *tunnel;
		const Exchange *exchange;
		Side from;
		std::uint32_t number;
		std::uint32_t wanted;		// the message that is waited for
		std::optional<std::uint32_t> lose;	// one whose first copy is lost
		std::size_t wrong;
		Datagram as_seen;		// by who got the last; its payload is not kept
	};
	// Bytes that are looked for as they are.
	struct Injected {
		Bytes bytes;
		std::vector<std::string> at;
	};
	// An ICMP error about ESP, as a host got it.
	struct Icmp {
		const Host *at;
		IcmpError error;
		Bytes quote;
	};

	Reply host(const Line &line);
	Reply tunnel(const Line &line);
	Reply ike(const Line &line);
	Reply keepalive(const Line &line);
	Reply sa(const Line &line);
	Reply esp(const Line &line);
	Reply traffic(const Line &line);
	Reply forge(const Line &line);
	Reply inject(const Line &line);
	Reply icmp(const Line &line);
	Reply show(const Line &line);

	Host &host_named(const std::string &name);
	Tunnel &tunnel_named(const std::string &name);
	std::vector<Tunnel *> tunnels_named(const std::string &names);
	std::uint32_t fresh_spi();
	std::uint64_t fresh_ike_spi();

	void begin_talk(const Line &line);
	void send_part(const Line &line, std::uint32_t part);

	void got_ip(Host &at, const IpPacket &ip);
	void got_icmp(Host &at, const IpPacket &ip);
	void got_udp(Host &at, const Datagram &datagram);
	void got_ike(Host &at, const Datagram &datagram, const IkeArrival &arrival);
	void got_esp(Host &at, Address source, View esp, View whole);
	bool got_injected(const Host &at, View bytes);

	Reactor reactor_;
	Milliseconds limit_{20000};
	std::mt19937_64 random_{1};
	std::set<std::uint32_t> spis_;
	std::map<std::string, std::unique_ptr<Host>> hosts_;
	std::vector<std::unique_ptr<Tunnel>> tunnels_;
	std::map<std::string, Tunnel *> tunnel_names_;
	std::uint32_t talks_ = 0;
	Talk talk_{};
	Run *run_ = nullptr;
	Injected injected_;
	std::vector<Icmp> icmp_;
};
