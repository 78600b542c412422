// SPDX-License-Identifier: GPL-2.0
#include "udp.hpp"

#include <algorithm>

namespace {

constexpr std::size_t header = 8, pseudo = 12;

// RFC 1071 with RFC 768's pseudo header before it.
std::uint16_t sum(Address from, Address to, View udp)
{
	Bytes whole(pseudo + udp.size());

	put32(whole, 0, ntohl(from));
	put32(whole, 4, ntohl(to));
	put16(whole, 8, IPPROTO_UDP);
	put16(whole, 10, static_cast<std::uint16_t>(udp.size()));
	std::copy(udp.begin(), udp.end(), whole.begin() + pseudo);
	return checksum(whole);
}

} // namespace

Bytes build_udp(Address from, Address to, std::uint16_t source_port, std::uint16_t port, bool summed,
		View payload)
{
	Bytes udp(header + payload.size());

	put16(udp, 0, source_port);
	put16(udp, 2, port);
	put16(udp, 4, static_cast<std::uint16_t>(udp.size()));
	std::copy(payload.begin(), payload.end(), udp.begin() + header);
	if (summed) {
		const std::uint16_t value = sum(from, to, udp);

		put16(udp, 6, value ? value : 0xffff);
	}
	return udp;
}

std::optional<Udp> parse_udp(const IpPacket &ip)
{
	const View udp = ip.payload;

	if (udp.size() < header || get16(udp, 4) < header || get16(udp, 4) > udp.size())
		return {};

	const View whole = udp.first(get16(udp, 4));

	return Udp{get16(udp, 0), get16(udp, 2), get16(udp, 6) != 0, !sum(ip.source, ip.destination, whole),
		   whole.subspan(header)};
}
