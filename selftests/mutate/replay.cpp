// SPDX-License-Identifier: GPL-2.0
#include "replay.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "envelope.hpp"
#include "frame.hpp"
#include "mutation.hpp"

namespace {

// Ports that hosts are given, not those that protocols have.
bool is_own(std::uint16_t port)
{
	return port >= 32768;
}

} // namespace

Replay::Replay(const Tape &tape, std::deque<Port> &ports, const Options &options)
	: tape_(tape), ports_(ports), options_(options), dice_(options.seed), from_(ports.size())
{
	for (const auto &recorded : tape.frames()) {
		const Bytes &frame = recorded.frame;
		const auto port = std::find_if(ports.begin(), ports.end(), [&](const Port &p) {
			return std::equal(p.mac().begin(), p.mac().end(), frame.begin() + 6);
		});

		if (port == ports.end())
			throw std::invalid_argument("a frame on the tape is of none of these interfaces");
		// Whoever talks to the router's outside is outside.
		steps_.push_back({&frame, static_cast<std::size_t>(port - ports.begin()),
				  address_in(frame, destination_at) != options.outside});
	}
	for (const Step &step : steps_)
		from_[step.port].push_back(&step);
	for (std::size_t i = 0; i < ports.size(); i++) {
		if (from_[i].empty())
			throw std::invalid_argument("nothing on the tape is of " + ports[i].name());
		ports[i].open();
	}
}

std::size_t Replay::sent() const
{
	std::size_t n = 0;

	for (const Port &port : ports_)
		n += port.sent();
	return n;
}

std::size_t Replay::refused() const
{
	std::size_t n = 0;

	for (const Port &port : ports_)
		n += port.refused();
	return n;
}

void Replay::run()
{
	while (sent() < options_.count) {
		const std::size_t before = sent();

		round();
		if (sent() == before)
			throw std::runtime_error("nothing can be sent");
	}
}

void Replay::round()
{
	static constexpr std::size_t mildnesses[] = {2, 16, 64};
	std::vector<Lane> lanes;

	rounds_++;
	for (std::size_t i = 0; i < options_.lanes; i++)
		lanes.push_back({htonl(ntohl(options_.server) + static_cast<std::uint32_t>(i)),
				 static_cast<std::uint16_t>(rounds_ % 32 * 64), dice_.of(mildnesses)});
	for (const Step &step : steps_) {
		for (const Lane &lane : lanes)
			play(lane, step);
		for (Port &port : ports_)
			port.flush();
		if (sent() >= options_.count)
			break;
	}
}

// What happens to one packet and around it.
void Replay::play(const Lane &lane, const Step &step)
{
	if (dice_.one_in(lane.mildness))
		send_mutated(lane, step);
	if (!dice_.one_in(32))
		send(step.port, readdressed(lane, step), true);

	// A stream is lost with one wrong byte, and then there is little to see.
	const bool mild = lane.mildness > 2 && layout_of(*step.frame).protocol == IPPROTO_TCP;

	for (std::size_t n = mild ? dice_.one_in(lane.mildness) : dice_.below(6); n; n--)
		send_mutated(lane, step);
	if (dice_.one_in(4))
		send_error(lane, step);
	// One of another time.
	if (dice_.one_in(lane.mildness))
		send_mutated(lane, dice_.of(steps_));
	if (dice_.one_in(16)) {
		const Step &old = dice_.of(steps_);

		send(old.port, readdressed(lane, old), true);
	}
}

void Replay::send_mutated(const Lane &lane, const Step &step)
{
	Bytes frame = readdressed(lane, step);

	mutate(dice_, tape_, frame);
	sums_.mutated++;
	send(step.port, std::move(frame), false);
}

// From whom it was meant for, or somebody on the way: as it arrived there, with
// the address that the router has put in.  Ids and ports are the sender's, which
// the router seldom changes.
void Replay::send_error(const Lane &lane, const Step &step)
{
	std::vector<const Step *> senders;

	for (const auto &steps : from_)
		if (steps.front()->inside != step.inside)
			senders.push_back(steps.front());
	if (senders.empty())
		return;

	const Step &any = *dice_.of(senders);
	const bool from_server = step.inside;
	Bytes quoted = readdressed(lane, step), header = readdressed(lane, any);

	if (from_server) {
		put_address(quoted, source_at, options_.outside);
		if (!options_.others.empty() && dice_.one_in(4))
			put_address(header, source_at, dice_.of(options_.others));
	} else {
		put_address(quoted, destination_at, address_in(header, source_at));
	}
	if (dice_.one_in(3))
		mutate(dice_, tape_, quoted);
	if (quoted.size() < ether_header)
		return;
	sums_.errors++;
	send(any.port, icmp_error(dice_, header, std::move(quoted)), false);
}

// The lane's server and the round's ports in it, and in what an error quotes.
Bytes Replay::readdressed(const Lane &lane, const Step &step) const
{
	Bytes frame = *step.frame;
	const Layout at = layout_of(frame);

	const auto address = [&](std::size_t where) {
		if (address_in(frame, where) == options_.server)
			put_address(frame, where, lane.server);
	};
	const auto port = [&](std::size_t where) {
		const std::uint16_t now = get16(frame, where);

		if (is_own(now))
			put16(frame, where, static_cast<std::uint16_t>(32768 + (now - 32768 + lane.shift) % 32768));
	};

	address(source_at);
	address(destination_at);
	if (partial_at(at)) {
		port(at.l4);
		port(at.l4 + 2);
	} else if (at.protocol == IPPROTO_ICMP && at.end - at.payload >= ip_header + 4) {
		address(at.payload + 12);
		address(at.payload + 16);
		if (partial_at({0, 0, 0, frame[at.payload + 9], false})) {
			port(at.payload + ip_header);
			port(at.payload + ip_header + 2);
		}
		put16(frame, at.payload + 10, 0);
		put16(frame, at.payload + 10,
		      checksum(View(frame).subspan(at.payload, ip_header)));
	}
	right_sum(frame);
	right_ip_sum(frame);
	return frame;
}

void Replay::send(std::size_t port, Bytes &&frame, bool as_it_is)
{
	if (as_it_is)
		return ports_[port].queue({{}, std::move(frame)});

	std::vector<Parcel> parcels = envelop(dice_, tape_, std::move(frame));

	sums_.fragmented += parcels.size() > 1;
	for (Parcel &parcel : parcels) {
		sums_.merged += parcel.told.gso_type != 0;
		sums_.unfinished += !parcel.told.gso_type && parcel.told.flags;
		ports_[port].queue(std::move(parcel));
	}
}
