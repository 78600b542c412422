// SPDX-License-Identifier: GPL-2.0
// The commands: one line in, one line "ok ..." or "fail ..." out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "link.hpp"

// A command line: words, then key=value options and bare flags.
class Line {
public:
	explicit Line(const std::string &text);

	bool empty() const { return words_.empty(); }
	const std::string &word(std::size_t n, const char *what) const;
	bool flag(const std::string &name) const;
	std::string option(const std::string &name, const std::string &fallback = "") const;
	std::size_t number(const std::string &name, std::size_t fallback) const;

private:
	std::vector<std::string> words_;
	std::map<std::string, std::string> options_;
};

// The verdict on a command and what is told about it.
class Reply {
public:
	explicit Reply(bool ok = true) : ok_(ok) {}
	template <typename Value> Reply &with(const std::string &key, const Value &value)
	{
		if constexpr (std::is_arithmetic_v<Value>)
			text_ += " " + key + "=" + std::to_string(value);
		else
			text_ += " " + key + "=" + std::string(value);
		return *this;
	}

	bool ok() const { return ok_; }
	std::string text() const { return (ok_ ? "ok" : "fail") + text_; }

private:
	bool ok_;
	std::string text_;
};

class World {
public:
	Reply run(const std::string &text);
	static std::string help();

private:
	struct Command {
		const char *name, *usage, *help;
		Reply (World::*run)(const Line &);
	};
	static const Command commands[];

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
