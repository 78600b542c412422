// SPDX-License-Identifier: GPL-2.0
#include "gre.hpp"

#include <algorithm>

namespace {

constexpr std::uint16_t key_present = 0x2000, sequence_present = 0x1000;
constexpr std::uint16_t ack_present = 0x0080, version_1 = 1;
constexpr std::uint16_t ppp = 0x880B;
constexpr std::uint32_t payload_magic = 0x6E667074, forged_magic = 0x6576696C;
constexpr std::size_t payload_length = 24;

} // namespace

Bytes build(const GrePacket &packet, std::size_t size)
{
	// Every other packet carries an acknowledgment too, as peers do.
	const bool ack = packet.sequence & 1;
	const std::size_t header = ack ? 16 : 12;
	Bytes gre(header + std::max(size, payload_length));

	put16(gre, 0, key_present | sequence_present | (ack ? ack_present : 0) | version_1);
	put16(gre, 2, ppp);
	put16(gre, 4, static_cast<std::uint16_t>(gre.size() - header));
	put16(gre, 6, packet.call_id);
	put32(gre, 8, packet.sequence);
	put32(gre, header, payload_magic);
	put32(gre, header + 4, packet.link);
	put32(gre, header + 8, packet.call);
	put32(gre, header + 12, static_cast<std::uint32_t>(index(packet.from)));
	put32(gre, header + 16, packet.sequence);
	put32(gre, header + 20, ~packet.sequence);
	return gre;
}

std::optional<GreQuote> parse_quote(View gre)
{
	if (gre.size() < 12 || get16(gre, 2) != ppp ||
	    (get16(gre, 0) & (key_present | sequence_present | 7)) !=
		    (key_present | sequence_present | version_1))
		return {};
	return GreQuote{get16(gre, 6), get32(gre, 8)};
}

std::optional<GrePacket> parse_gre(View gre)
{
	const auto quote = parse_quote(gre);

	if (!quote)
		return {};

	const std::size_t header = get16(gre, 0) & ack_present ? 16 : 12;

	if (gre.size() < header + payload_length || get32(gre, header) != payload_magic ||
	    get32(gre, header + 16) != quote->sequence ||
	    get32(gre, header + 20) != ~quote->sequence)
		return {};
	return GrePacket{quote->call_id, get32(gre, header + 4), get32(gre, header + 8),
			 get32(gre, header + 12) ? Role::pac : Role::pns, quote->sequence};
}

Bytes build_forged(std::uint16_t call_id, std::uint32_t sequence)
{
	Bytes gre = build(GrePacket{call_id, 0, 0, Role::pns, sequence & ~1u}, 0);

	put32(gre, 12, forged_magic);
	return gre;
}

bool is_forged(View gre)
{
	return gre.size() >= 16 && parse_quote(gre) && get32(gre, 12) == forged_magic;
}
