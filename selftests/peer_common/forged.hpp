// SPDX-License-Identifier: GPL-2.0
// Packets of nobody's, as an attacker sends them, and who gets them.
#pragma once

#include <chrono>
#include <string>

#include "line.hpp"
#include "reactor.hpp"

// Has @send(n) send @count packets, and waits until nothing more arrives within
// @quiet.  @forged(host) is where a host counts what it gets; @hosts maps names to
// pointers to them.
template <typename Hosts, typename Forged, typename Send>
Reply forge_packets(Reactor &reactor, const Hosts &hosts, std::size_t count, std::chrono::milliseconds quiet,
		    Forged forged, Send send)
{
	const auto total = [&] {
		std::size_t sum = 0;

		for (const auto &[name, host] : hosts)
			sum += forged(*host);
		return sum;
	};
	std::size_t before;
	std::string at;

	for (const auto &[name, host] : hosts)
		forged(*host) = 0;
	for (std::size_t n = 0; n < count; n++) {
		send(n);
		if (n % 16 == 15)
			reactor.pump();
	}
	do {
		before = total();
		reactor.wait([&] { return total() != before; }, quiet);
	} while (total() != before);
	for (const auto &[name, host] : hosts)
		if (forged(*host))
			at += (at.empty() ? "" : ",") + name + ":" + std::to_string(forged(*host));
	return Reply().with("sent", count).with("arrived", before).with("at", at.empty() ? "none" : at);
}
