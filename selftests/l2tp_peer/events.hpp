// SPDX-License-Identifier: GPL-2.0
// What the router tells of its sessions while it happens (generic netlink
// family nf_passthrough).
#pragma once

#include <array>

#include "net.hpp"

class Events {
public:
	static constexpr std::array<const char *, 4> names{"new", "up", "end", "clash"};

	// Listens in the router's namespace from now on.
	Events(Reactor &reactor, const Namespace &ns);
	~Events();
	Events(const Events &) = delete;

	// How many there were of each.
	std::array<std::size_t, names.size()> counts{};

private:
	void readable();
	Bytes request(std::uint16_t type, std::uint8_t command, std::uint16_t attribute, const char *text);

	Reactor &reactor_;
	Fd fd_;
	std::uint16_t family_ = 0;
};
