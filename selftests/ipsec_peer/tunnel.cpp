// SPDX-License-Identifier: GPL-2.0
#include "tunnel.hpp"

#include <algorithm>

namespace {

constexpr std::size_t quoted = 60;

} // namespace

void Stream::rearm()
{
	right = wrong = repeated = streak = 0;
	first_sent = right_since = wrong_since = last_wrong = {};
	wrong_for = {};
	base = sent();
}

void Stream::note_wrong(Clock::time_point now)
{
	if (!wrong++ || now - last_wrong >= wrong_gap)
		wrong_since = now;
	last_wrong = now;
	wrong_for = std::max(wrong_for, now - wrong_since);
	streak = 0;
}

std::size_t Stream::missing() const
{
	return static_cast<std::size_t>(
		std::count(arrived.begin() + static_cast<std::ptrdiff_t>(base), arrived.end(), false));
}

std::size_t Tunnel::send_esp(std::size_t sa, Side from, std::size_t size)
{
	Stream &stream = sas.at(sa).streams[index(from)];
	const auto number = static_cast<std::uint32_t>(stream.sent());
	const Bytes esp = build(EspPacket{stream.spi, stream.next_sequence++, number_,
					  static_cast<std::uint32_t>(sa), number, from}, size);

	if (stream.first_sent == Clock::time_point{})
		stream.first_sent = Clock::now();
	stream.arrived.push_back(false);
	// A packet that our own firewall or a route refuses is lost like any other.
	if (in_udp)
		host(from).udp(natt_port).send(source(from), target(from),
					       from == Side::host ? natt_port : seen.port, esp);
	else
		host(from).esp().send(source(from), target(from), esp);
	return number;
}

bool Tunnel::receive_esp(Host &at, Address source, const EspPacket &packet, View whole)
{
	if (packet.sa >= sas.size())
		return false;

	Stream &stream = sas[packet.sa].streams[index(packet.from)];

	if (packet.number >= stream.sent())
		return false;
	if (&at != &host(other(packet.from)) ||
	    (packet.from == Side::gateway && source != path_.at)) {
		at.last_wrong = Clock::now();
		stream.note_wrong(at.last_wrong);
		at.counts.wrong++;
		return false;
	}
	if (stream.arrived[packet.number]) {
		stream.repeated++;
		at.counts.repeated++;
		return false;
	}
	stream.arrived[packet.number] = true;
	at.counts.right++;
	if (packet.number >= stream.base)
		stream.right++;
	if (packet.number > stream.base && !stream.arrived[packet.number - 1])
		stream.streak = 0;
	if (!stream.streak++)
		stream.right_since = Clock::now();
	stream.last.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(
							  std::min(whole.size(), quoted)));
	if (packet.from == Side::host && !seen.address)
		seen.address = source;
	return true;
}
