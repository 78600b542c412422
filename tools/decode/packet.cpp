// SPDX-License-Identifier: GPL-2.0
//
// A packet: link layer, IPv4 or IPv6, TCP or UDP.
#include "packet.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <iterator>

#include <passthrough/wire/bytes.h>

// Older libpcap does not know version 2.
#ifndef DLT_LINUX_SLL2
#define DLT_LINUX_SLL2 276
#endif

namespace {

enum : std::uint16_t {
	ether_ipv4 = 0x0800,
	ether_vlan = 0x8100,
	ether_ipv6 = 0x86dd,
	ether_pppoe = 0x8864,
	ether_qinq = 0x88a8,
	ppp_ipv4 = 0x0021,
	ppp_ipv6 = 0x0057,
};

// Bytes that are read from the front; the capture may hold fewer than there
// were.
struct Bytes {
	std::span<const std::uint8_t> there;
	std::uint32_t length;

	bool has(std::size_t count) const { return there.size() >= count && length >= count; }
	std::uint8_t byte(std::size_t at) const { return there[at]; }
	std::uint16_t be16(std::size_t at) const { return nfpt_get_be16(&there[at]); }
	std::uint32_t be32(std::size_t at) const { return nfpt_get_be32(&there[at]); }
	// The caller made sure that they are there.
	void skip(std::size_t count)
	{
		there = there.subspan(count);
		length -= static_cast<std::uint32_t>(count);
	}
	// What is behind them, padding, goes.
	void limit(std::uint32_t count)
	{
		length = std::min(length, count);
		there = there.first(std::min<std::size_t>(there.size(), length));
	}
};

// What is behind an Ethernet type; VLAN tags and PPPoE may be in between.
bool skip_ether_types(Bytes &bytes, std::uint16_t type)
{
	while (type == ether_vlan || type == ether_qinq) {
		if (!bytes.has(4))
			return false;
		type = bytes.be16(2);
		bytes.skip(4);
	}
	if (type == ether_pppoe) {
		if (!bytes.has(8))
			return false;
		type = bytes.be16(6);
		bytes.skip(8);
		return type == ppp_ipv4 || type == ppp_ipv6;
	}
	return type == ether_ipv4 || type == ether_ipv6;
}

// A header of fixed length with an Ethernet type in it.
bool skip_typed(Bytes &bytes, std::size_t header, std::size_t type_at)
{
	if (!bytes.has(header))
		return false;
	std::uint16_t type = bytes.be16(type_at);
	bytes.skip(header);
	return skip_ether_types(bytes, type);
}

bool skip_link(Bytes &bytes, int link)
{
	switch (link) {
	case DLT_EN10MB:
		return skip_typed(bytes, 14, 12);
	case DLT_LINUX_SLL:
		return skip_typed(bytes, 16, 14);
	case DLT_LINUX_SLL2:
		return skip_typed(bytes, 20, 0);
	case DLT_NULL:
	case DLT_LOOP:
		// An address family, whose numbers differ between systems: the
		// IP version tells.
		if (!bytes.has(4))
			return false;
		bytes.skip(4);
		return true;
	default:
		return true;
	}
}

struct Fragment {
	std::uint16_t offset = 0;
	bool more = false;
};

bool parse_ipv4(Bytes &bytes, Packet &packet, Fragment &fragment)
{
	if (!bytes.has(20))
		return false;
	std::size_t header = (bytes.byte(0) & 0x0f) * 4u;
	// 0: the network card will cut it to size.
	std::uint32_t total = bytes.be16(2) ? bytes.be16(2) : bytes.length;
	if (header < 20 || total < header || !bytes.has(header))
		return false;

	packet.protocol = bytes.byte(9);
	fragment.offset = bytes.be16(6) & 0x1fff;
	fragment.more = bytes.be16(6) & 0x2000;
	std::copy_n(&bytes.there[12], 4, packet.source.address.begin());
	std::copy_n(&bytes.there[16], 4, packet.destination.address.begin());
	bytes.limit(total);
	bytes.skip(header);
	return true;
}

bool is_extension(std::uint8_t header)
{
	// Hop-by-hop, routing, fragment, destination options.
	return header == 0 || header == 43 || header == 44 || header == 60;
}

bool parse_ipv6(Bytes &bytes, Packet &packet, Fragment &fragment)
{
	constexpr std::uint8_t fragment_header = 44;

	if (!bytes.has(40))
		return false;
	std::uint8_t next = bytes.byte(6);
	std::uint32_t total = bytes.be16(4);
	packet.source.ipv6 = packet.destination.ipv6 = true;
	std::copy_n(&bytes.there[8], 16, packet.source.address.begin());
	std::copy_n(&bytes.there[24], 16, packet.destination.address.begin());
	bytes.skip(40);
	if (total)
		bytes.limit(total);

	while (is_extension(next)) {
		if (!bytes.has(8))
			return false;
		std::size_t size = next == fragment_header ? 8 : (bytes.byte(1) + 1u) * 8;
		if (next == fragment_header) {
			fragment.offset = bytes.be16(2) >> 3;
			fragment.more = bytes.byte(3) & 1;
		}
		next = bytes.byte(0);
		if (!bytes.has(size))
			return false;
		bytes.skip(size);
		if (fragment.offset)
			break;
	}
	packet.protocol = next;
	return true;
}

bool parse_tcp(Bytes &bytes, Packet &packet)
{
	if (!bytes.has(20))
		return false;
	std::size_t header = (bytes.byte(12) >> 4) * 4u;
	if (header < 20 || !bytes.has(header))
		return false;
	packet.source.port = bytes.be16(0);
	packet.destination.port = bytes.be16(2);
	packet.seq = bytes.be32(4);
	packet.ack = bytes.be32(8);
	packet.flags = bytes.byte(13);
	bytes.skip(header);
	return true;
}

bool parse_udp(Bytes &bytes, Packet &packet, bool fragmented)
{
	constexpr std::uint32_t header = 8;

	if (!bytes.has(header))
		return false;
	std::uint32_t total = bytes.be16(4);
	packet.source.port = bytes.be16(0);
	packet.destination.port = bytes.be16(2);
	bytes.skip(header);
	if (total < header)
		return true;
	// The rest of it is in other packets.
	if (fragmented && total - header > bytes.length)
		bytes.length = total - header;
	bytes.limit(total - header);
	return true;
}

} // namespace

std::string format_address(const Endpoint &end)
{
	char text[INET6_ADDRSTRLEN];

	return inet_ntop(end.ipv6 ? AF_INET6 : AF_INET, end.address.data(), text, sizeof(text)) ?
		       text :
		       "?";
}

std::string format_endpoint(const Endpoint &end)
{
	std::string text = format_address(end);

	if (!end.port)
		return text;
	if (end.ipv6)
		text = "[" + text + "]";
	return text + ":" + std::to_string(end.port);
}

bool knows_link(int link)
{
	static constexpr int known[] = {
		DLT_EN10MB, DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL,
		DLT_LOOP,
	};

	return std::find(std::begin(known), std::end(known), link) != std::end(known);
}

std::optional<Packet> parse_packet(int link, const Frame &frame)
{
	Bytes bytes{ frame.bytes, frame.length };
	Fragment fragment;
	Packet packet;

	packet.number = frame.number;
	packet.time = frame.time;
	if (!skip_link(bytes, link) || !bytes.has(1))
		return {};
	unsigned version = bytes.byte(0) >> 4;
	bool is_ip = version == 4 ? parse_ipv4(bytes, packet, fragment) :
		     version == 6 ? parse_ipv6(bytes, packet, fragment) :
				    false;
	if (!is_ip)
		return {};

	if (fragment.offset) {
		packet.later_fragment = true;
		return packet;
	}
	if ((packet.protocol == ip_tcp && !parse_tcp(bytes, packet)) ||
	    (packet.protocol == ip_udp && !parse_udp(bytes, packet, fragment.more)))
		return {};
	packet.payload = bytes.there;
	packet.length = bytes.length;
	return packet;
}
