// SPDX-License-Identifier: GPL-2.0
#include "ike.hpp"

#include <stdexcept>

namespace {

constexpr Exchange exchanges[] = {
	{"main", 1, 2, 6, true},	{"aggressive", 1, 4, 3, true},
	{"quick", 1, 32, 3, false},	{"info1", 1, 5, 1, false},
	{"init", 2, 34, 2, true},	{"auth", 2, 35, 2, false},
	{"child", 2, 36, 2, false},	{"info", 2, 37, 2, false},
};

constexpr std::uint32_t magic = 0x6E667074, forged_magic = 0x6576696C;
constexpr std::size_t header = 28, content = 48, marker_length = 4;
constexpr std::uint8_t payload_sa = 33, payload_encrypted = 46;

void put64(std::span<std::uint8_t> b, std::size_t at, std::uint64_t v)
{
	put32(b, at, static_cast<std::uint32_t>(v >> 32));
	put32(b, at + 4, static_cast<std::uint32_t>(v));
}

std::uint32_t sum(View ike)
{
	std::uint32_t value = 1;

	for (std::uint8_t byte : ike)
		value = value * 31 + byte;
	return value;
}

} // namespace

const Exchange &exchange(const std::string &name)
{
	for (const Exchange &e : exchanges)
		if (name == e.name)
			return e;
	throw std::invalid_argument("no such exchange: " + name);
}

Bytes build(const IkeMessage &message, bool marker)
{
	Bytes datagram((marker ? marker_length : 0) + header + content);
	const auto ike = std::span(datagram).last(header + content);

	put64(ike, 0, message.initiator_spi);
	put64(ike, 8, message.responder_spi);
	ike[16] = message.exchange->first ? payload_sa : payload_encrypted;
	ike[17] = static_cast<std::uint8_t>(message.exchange->version << 4);
	ike[18] = message.exchange->type;
	ike[19] = message.flags;
	put32(ike, 20, message.id);
	put32(ike, 24, static_cast<std::uint32_t>(ike.size()));
	put32(ike, header, magic);
	put32(ike, header + 4, message.tunnel);
	put32(ike, header + 8, message.talk);
	put32(ike, header + 12, message.part);
	put32(ike, header + 16, sum(ike.first(header + 16)));
	return datagram;
}

std::optional<IkeArrival> parse_ike(View datagram, bool marker)
{
	const std::size_t before = marker ? marker_length : 0;

	if (datagram.size() != before + header + content || (marker && get32(datagram, 0)))
		return {};

	const View ike = datagram.subspan(before);

	if (get32(ike, header) != magic || get32(ike, header + 16) != sum(ike.first(header + 16)))
		return {};
	return IkeArrival{get32(ike, header + 4), get32(ike, header + 8), get32(ike, header + 12)};
}

Bytes build_forged(const Exchange &exchange, std::uint64_t spi, bool marker)
{
	const std::uint8_t flags = exchange.first ? ike_from_initiator : ike_response;
	Bytes datagram = build(IkeMessage{spi, exchange.first ? 0 : ~spi, &exchange, flags, 1, 0, 0, 0}, marker);

	put32(datagram, (marker ? marker_length : 0) + header, forged_magic);
	return datagram;
}

bool is_forged_ike(View datagram, bool marker)
{
	const std::size_t before = marker ? marker_length : 0;

	return datagram.size() == before + header + content && get32(datagram, before + header) == forged_magic;
}
