// SPDX-License-Identifier: GPL-2.0
#include "esp.hpp"

#include <algorithm>

namespace {

constexpr std::uint32_t magic = 0x6E667074, forged_magic = 0x6576696C;
constexpr std::size_t header = 8, content = 32;

Bytes blank(std::uint32_t spi, std::uint32_t sequence, std::uint32_t kind, std::size_t size)
{
	Bytes esp(std::max(size, header + content), static_cast<std::uint8_t>(sequence));

	put32(esp, 0, spi);
	put32(esp, 4, sequence);
	put32(esp, header, kind);
	return esp;
}

} // namespace

Bytes build(const EspPacket &packet, std::size_t size)
{
	Bytes esp = blank(packet.spi, packet.sequence, magic, size);

	put32(esp, header + 4, packet.tunnel);
	put32(esp, header + 8, packet.sa);
	put32(esp, header + 12, packet.number);
	put32(esp, header + 16, static_cast<std::uint32_t>(index(packet.from)));
	put32(esp, header + 20, packet.spi);
	put32(esp, header + 24, packet.sequence);
	put32(esp, header + 28, static_cast<std::uint32_t>(esp.size()));
	return esp;
}

std::optional<EspPacket> parse_esp(View esp)
{
	if (esp.size() < header + content || get32(esp, header) != magic ||
	    get32(esp, header + 20) != get32(esp, 0) || get32(esp, header + 24) != get32(esp, 4) ||
	    get32(esp, header + 28) != esp.size())
		return {};
	return EspPacket{get32(esp, 0), get32(esp, 4), get32(esp, header + 4), get32(esp, header + 8),
			 get32(esp, header + 12), sides[get32(esp, header + 16) & 1]};
}

Bytes build_forged(std::uint32_t spi, std::uint32_t sequence, std::size_t size)
{
	return blank(spi, sequence, forged_magic, size);
}

bool is_forged(View esp)
{
	return esp.size() >= header + content && get32(esp, header) == forged_magic;
}
