// SPDX-License-Identifier: GPL-2.0
#include "envelope.hpp"

#include <algorithm>

#include "mutation.hpp"

namespace {

constexpr std::size_t longest = 48000;

Parcel plain(Bytes &&frame)
{
	return {{}, std::move(frame)};
}

// Some pieces of it: in order or not, overlapping, twice, or without the last.
std::vector<Parcel> fragments(Dice &dice, const Bytes &frame)
{
	const std::size_t l4 = layout_of(frame).l4;
	const std::size_t units = (frame.size() - l4 + 7) / 8;
	const std::size_t pieces = std::min<std::size_t>(dice.between(2, 4), units);
	const auto id = static_cast<std::uint16_t>(dice.any());
	std::vector<Parcel> all;

	for (std::size_t n = 0, begin = 0; n < pieces; n++) {
		const bool last = n + 1 == pieces;
		const std::size_t left = units - begin - (pieces - n - 1);
		const std::size_t end = last ? units : begin + (dice.one_in(4) ? 1 : dice.between(1, left));
		const std::size_t from = begin && dice.one_in(6) ? begin - dice.between(1, begin) : begin;
		Bytes piece(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(l4));

		piece.insert(piece.end(), frame.begin() + static_cast<std::ptrdiff_t>(l4 + from * 8),
			     last ? frame.end() : frame.begin() + static_cast<std::ptrdiff_t>(l4 + end * 8));
		put16(piece, ether_header + 4, id);
		put16(piece, ether_header + 6, static_cast<std::uint16_t>(from | (last ? 0 : 0x2000)));
		right_ip_length(piece);
		right_ip_sum(piece);
		all.push_back(plain(std::move(piece)));
		begin = end;
	}
	if (dice.one_in(4))
		std::reverse(all.begin(), all.end());
	if (dice.one_in(6))
		std::swap(dice.one_in(2) ? all.front() : all[dice.below(all.size())], all.back());
	if (dice.one_in(4))
		all.push_back(all[dice.below(all.size())]);
	if (dice.one_in(4))
		all.pop_back();
	return all;
}

// The device is to make the checksum; sometimes of other bytes.
Parcel unfinished(Dice &dice, Bytes &&frame)
{
	const Layout at = layout_of(frame);
	Parcel parcel;

	partial_sum(frame);
	parcel.told.flags = Told::needs_csum;
	parcel.told.csum_start = static_cast<std::uint16_t>(at.l4);
	parcel.told.csum_offset = static_cast<std::uint16_t>(partial_at(at));
	if (dice.one_in(8))
		parcel.told.csum_start = static_cast<std::uint16_t>(dice.between(ether_header, frame.size() - 2));
	parcel.frame = std::move(frame);
	return parcel;
}

// What other packets of the kind carry, behind what this one does.
void fill(Dice &dice, const Tape &tape, Bytes &frame)
{
	const std::uint8_t protocol = layout_of(frame).protocol;
	const std::size_t wanted = dice.between(1500, dice.one_in(4) ? longest : 6000);

	while (frame.size() < wanted) {
		const Bytes &other = dice.of(tape.frames()).frame;
		const Layout from = layout_of(other);

		if (from.protocol == protocol)
			frame.insert(frame.end(), other.begin() + static_cast<std::ptrdiff_t>(from.payload),
				     other.end());
		if (dice.one_in(4))
			frame.resize(frame.size() + dice.between(1, 300));
	}
}

// A train of segments or datagrams, with a size that fits or does not.
Parcel merged(Dice &dice, const Tape &tape, Bytes &&frame)
{
	const std::uint16_t sizes[] = {1, 8, 156, 536, 1400, 1448, 1460, static_cast<std::uint16_t>(dice.between(1, 1480))};
	const bool tcp = layout_of(frame).protocol == IPPROTO_TCP;

	fill(dice, tape, frame);
	right_ip_length(frame);

	const Layout at = layout_of(frame);

	if (!tcp)
		put16(frame, at.l4 + 4, static_cast<std::uint16_t>(frame.size() - at.l4));
	right_ip_sum(frame);

	Parcel parcel = unfinished(dice, std::move(frame));

	parcel.told.gso_type = tcp		  ? Told::gso_tcp4 :
			       dice.one_in(2) ? Told::gso_udp_l4 :
						Told::gso_udp;
	parcel.told.gso_size = dice.one_in(2) ? 1400 : dice.of(sizes);
	// Only so much of it lies in one piece.
	parcel.told.hdr_len = static_cast<std::uint16_t>(dice.one_in(2) ? at.payload :
							 dice.between(ether_header, at.payload + 64));
	return parcel;
}

// Can the checksum of it be left to be made?
bool has_sum(const Layout &at)
{
	return partial_at(at) && !at.fragment && at.end - at.l4 >= partial_at(at) + 2u;
}

} // namespace

std::vector<Parcel> envelop(Dice &dice, const Tape &tape, Bytes &&frame)
{
	std::vector<Parcel> all;

	if (frame.size() >= ether_header + ip_header) {
		const Layout at = layout_of(frame);
		const std::size_t way = dice.below(64);

		if (way < 4 && at.end - at.l4 > 8)
			return fragments(dice, frame);
		if (way < 10 && has_sum(at))
			all.push_back(unfinished(dice, std::move(frame)));
		else if (way < 11 && has_sum(at) && at.payload > at.l4 + 7)
			all.push_back(merged(dice, tape, std::move(frame)));
		else if (way == 11)
			frame.resize(std::min(longest_frame, frame.size() + dice.between(1, 46)));	// padding
	}
	if (all.empty())
		all.push_back(plain(std::move(frame)));
	return all;
}

Bytes icmp_error(Dice &dice, View header, Bytes quoted)
{
	// Unreachable, quench, redirect, exceeded, parameter problem.
	static constexpr std::uint8_t types[] = {3, 3, 3, 11, 12, 4, 5, 3};
	static constexpr std::size_t lengths[] = {0, 8, 19, 20, 27, 28, 36, 60, 548, 1500};

	if (dice.one_in(2))
		damage(dice, std::span(quoted).subspan(ether_header));
	if (!dice.one_in(4) && quoted.size() >= ether_header + ip_header)
		right_ip_sum(quoted);

	View packet = View(quoted).subspan(ether_header);
	Bytes frame(header.begin(), header.begin() + ether_header + ip_header);

	packet = packet.first(std::min({packet.size(), longest_frame - ether_header - ip_header - icmp_header,
					dice.one_in(4) ? dice.below(packet.size() + 1) : dice.of(lengths)}));

	Bytes icmp = build_icmp_error(dice.one_in(32) ? static_cast<std::uint8_t>(dice.any()) : dice.of(types),
				      static_cast<std::uint8_t>(dice.below(16)),
				      static_cast<std::uint16_t>(dice.one_in(2) ? 1400 : dice.any()), packet);

	if (dice.one_in(16))
		damage(dice, icmp);
	frame[ether_header] = 0x45;
	frame[ether_header + 8] = 64;
	frame[ether_header + 9] = IPPROTO_ICMP;
	put16(frame, ether_header + 6, 0);
	frame.insert(frame.end(), icmp.begin(), icmp.end());
	right_ip_length(frame);
	right_ip_sum(frame);
	return frame;
}
