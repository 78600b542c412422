// SPDX-License-Identifier: GPL-2.0
#include "frame.hpp"

#include <algorithm>

namespace {

std::uint32_t add(View bytes, std::uint32_t sum)
{
	for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
		sum += get16(bytes, i);
	if (bytes.size() & 1)
		sum += static_cast<std::uint32_t>(bytes.back()) << 8;
	return sum;
}

std::uint16_t folded(std::uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<std::uint16_t>(sum);
}

std::uint32_t pseudo_header(View frame, const Layout &at)
{
	const auto length = static_cast<std::uint32_t>(at.end - at.l4);

	return add(frame.subspan(source_at, 8), at.protocol + length);
}

std::size_t payload_of(View frame, const Layout &at)
{
	const std::size_t left = at.end - at.l4;
	std::size_t header = 0;

	switch (at.protocol) {
	case IPPROTO_TCP:
		header = left >= 20 ? std::max<std::size_t>(20, (frame[at.l4 + 12] >> 4) * 4) : left;
		break;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case protocol_esp:
		header = 8;
		break;
	case protocol_gre:
		// RFC 2637 section 4.1: sequence and acknowledgment numbers.
		header = left >= 8 ? 8 + (frame[at.l4] & 0x10 ? 4 : 0) +
					     (frame[at.l4 + 1] & 0x80 ? 4 : 0) :
				     left;
		break;
	}
	return at.l4 + std::min(header, left);
}

} // namespace

Layout layout_of(View frame)
{
	Layout at{frame.size(), frame.size(), frame.size(), 0, false};

	if (frame.size() < ether_header + ip_header)
		return at;

	const std::size_t header = (frame[ether_header] & 15u) * 4;

	at.protocol = frame[ether_header + 9];
	at.fragment = get16(frame, ether_header + 6) & 0x1fff;
	at.l4 = std::clamp(ether_header + header, ether_header + ip_header, at.end);
	at.payload = payload_of(frame, at);
	return at;
}

bool is_ip(View frame)
{
	return frame.size() >= ether_header + ip_header && get16(frame, 12) == 0x0800 &&
	       frame[ether_header] >> 4 == 4 && get16(frame, ether_header + 2) == frame.size() - ether_header;
}

Address address_in(View frame, std::size_t at)
{
	return htonl(get32(frame, at));
}

void put_address(std::span<std::uint8_t> frame, std::size_t at, Address address)
{
	put32(frame, at, ntohl(address));
}

void right_ip_length(Bytes &frame)
{
	put16(frame, ether_header + 2, static_cast<std::uint16_t>(frame.size() - ether_header));
}

void right_ip_sum(Bytes &frame)
{
	const std::size_t header = layout_of(frame).l4 - ether_header;

	put16(frame, ether_header + 10, 0);
	put16(frame, ether_header + 10, checksum(View(frame).subspan(ether_header, header)));
}

void right_sum(Bytes &frame)
{
	const Layout at = layout_of(frame);
	const std::size_t field = at.protocol == IPPROTO_ICMP ? 2 : partial_at(at);

	if (!field || at.end - at.l4 < field + 2 || at.fragment)
		return;
	if (at.protocol == IPPROTO_UDP && !get16(frame, at.l4 + field))
		return;
	put16(frame, at.l4 + field, 0);

	const std::uint32_t pseudo = at.protocol == IPPROTO_ICMP ? 0 : pseudo_header(frame, at);
	const auto sum = static_cast<std::uint16_t>(~folded(add(View(frame).subspan(at.l4), pseudo)));

	put16(frame, at.l4 + field, sum || at.protocol != IPPROTO_UDP ? sum : 0xffff);
}

std::size_t partial_at(const Layout &layout)
{
	return layout.protocol == IPPROTO_TCP ? 16 : layout.protocol == IPPROTO_UDP ? 6 : 0;
}

void partial_sum(Bytes &frame)
{
	const Layout at = layout_of(frame);

	put16(frame, at.l4 + partial_at(at), folded(pseudo_header(frame, at)));
}
