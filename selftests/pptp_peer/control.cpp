// SPDX-License-Identifier: GPL-2.0
#include "control.hpp"

#include <stdexcept>
#include <string>

namespace {

constexpr std::uint32_t magic = 0x1A2B3C4D;
constexpr std::size_t header_length = 12;

constexpr IdField pns12{12, Role::pns}, pns14{14, Role::pns};
constexpr IdField pac12{12, Role::pac}, pac14{14, Role::pac};

constexpr Kind table[] = {
	{"start-request", 1, 156, {}, {}},
	{"start-reply", 2, 156, {}, {}},
	{"stop-request", 3, 16, {}, {}},
	{"stop-reply", 4, 16, {}, {}},
	{"echo-request", 5, 16, {}, {}},
	{"echo-reply", 6, 20, {}, {}},
	{"outgoing-call-request", 7, 168, Role::pns, {pns12}},
	{"outgoing-call-reply", 8, 32, Role::pac, {pac12, pns14}},
	{"incoming-call-request", 9, 220, Role::pac, {pac12}},
	{"incoming-call-reply", 10, 24, Role::pns, {pns12, pac14}},
	{"incoming-call-connected", 11, 28, Role::pac, {pns12}},
	{"call-clear-request", 12, 16, Role::pns, {pns12}},
	{"call-disconnect-notify", 13, 148, Role::pac, {pac12}},
	// The same message as accel-ppp sends it.
	{"call-disconnect-notify-pns", 13, 148, Role::pac, {pns12}},
	{"wan-error-notify", 14, 40, Role::pac, {pns12}},
	{"set-link-info-pns", 15, 24, Role::pns, {pac12}},
	{"set-link-info-pac", 15, 24, Role::pac, {pns12}},
};

bool looks_like(View at, const Kind &kind)
{
	return at.size() >= header_length + 4 && get16(at, 0) == kind.length &&
	       get16(at, 2) == 1 && get32(at, 4) == magic && get16(at, 8) == kind.type;
}

} // namespace

std::string_view name(Role role)
{
	return role == Role::pns ? "pns" : "pac";
}

std::span<const Kind> kinds()
{
	return table;
}

const Kind &kind(std::string_view name)
{
	for (const Kind &k : table)
		if (k.name == name)
			return k;
	throw std::invalid_argument("no control message is called " + std::string(name));
}

Bytes build(const Kind &kind, std::uint8_t salt)
{
	Bytes message(kind.length);

	put16(message, 0, static_cast<std::uint16_t>(kind.length));
	put16(message, 2, 1);
	put32(message, 4, magic);
	put16(message, 8, kind.type);
	for (std::size_t i = header_length; i < message.size(); i++)
		message[i] = static_cast<std::uint8_t>(i * 7 + salt);
	for (const auto &field : kind.ids)
		if (field)
			put16(message, field->offset, 0);
	switch (kind.type) {
	case 1: // protocol version, no result
		put16(message, 12, 0x0100);
		break;
	case 2: // protocol version, result
		put16(message, 12, 0x0100);
		put16(message, 14, 0x0100);
		break;
	case 4: // result, error
		put16(message, 12, 0x0100);
		break;
	case 8:
	case 10:
		set_result(message, 1);
		break;
	default:
		break;
	}
	return message;
}

void set_result(Bytes &message, std::uint8_t result)
{
	message[16] = result;
	message[17] = 0;
}

std::vector<bool> rewritable(View stream)
{
	std::vector<bool> may(stream.size());

	for (std::size_t at = 0; at + header_length + 4 <= stream.size(); at++)
		for (const Kind &k : table)
			for (const auto &field : k.ids)
				if (field && looks_like(stream.subspan(at), k))
					may[at + field->offset] = may[at + field->offset + 1] = true;
	return may;
}
