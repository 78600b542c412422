// SPDX-License-Identifier: GPL-2.0
// The commands: one line in, one line "ok ..." or "fail ..." out.
#pragma once

#include <memory>

#include "line.hpp"
#include "link.hpp"

class World {
public:
	Reply run(const Line &line);
	void begin(const Line &line);
	static std::string help();

private:
	static const Command<World> commands[];

	// An ICMP error about GRE, as a host got it.
	struct Icmp {
		const Host *at;
		std::uint8_t type, code;
		std::uint16_t mtu;
		Address source, destination;
		GreQuote quote;
		bool intact;
	};

	Reply host(const Line &line);
	Reply link(const Line &line);
	Reply mode(const Line &line);
	Reply calls(const Line &line);
	Reply send(const Line &line);
	Reply clear(const Line &line);
	Reply inject(const Line &line);
	Reply gre(const Line &line);
	Reply forge(const Line &line);
	Reply icmp(const Line &line);
	Reply show(const Line &line);
	Reply ids(const Line &line);
	Reply close(const Line &line);

	Host &host_named(const std::string &name);
	Link &link_named(const std::string &name);
	std::vector<Link *> links_named(const std::string &name);
	Reply verdict(Link &link, bool arrived, const Faults &before);
	void got_gre(Host &at, const IpPacket &ip);
	void got_icmp(Host &at, const IpPacket &ip);

	Reactor reactor_;
	Milliseconds limit_{20000};
	std::map<std::string, std::unique_ptr<Host>> hosts_;
	std::vector<std::unique_ptr<Link>> links_;
	std::map<std::string, std::size_t> link_numbers_;
	std::vector<Icmp> icmp_;
};
