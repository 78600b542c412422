// SPDX-License-Identifier: GPL-2.0
#include "wire.hpp"

namespace {

constexpr std::uint16_t type_bit = 0x8000, length_bit = 0x4000, sequence_bit = 0x0800, offset_bit = 0x0200,
			priority_bit = 0x0100, version_mask = 0x000f;
constexpr std::uint16_t mandatory_bit = 0x8000, hidden_bit = 0x4000, avp_length_mask = 0x03ff;
constexpr std::size_t control_header = 12, avp_header = 6, ip_zeros = 4;

constexpr std::uint16_t forms[data_forms] = {
	0,
	length_bit,
	sequence_bit,
	offset_bit | priority_bit,
	length_bit | sequence_bit | offset_bit,
};
constexpr std::uint16_t offset_size = 3;

void add16(Bytes &to, std::uint16_t value)
{
	to.push_back(static_cast<std::uint8_t>(value >> 8));
	to.push_back(static_cast<std::uint8_t>(value));
}

void add32(Bytes &to, std::uint32_t value)
{
	add16(to, static_cast<std::uint16_t>(value >> 16));
	add16(to, static_cast<std::uint16_t>(value));
}

void add(Bytes &to, View bytes)
{
	to.insert(to.end(), bytes.begin(), bytes.end());
}

std::optional<L2tp> parse_control(View bytes, unsigned version)
{
	if (bytes.size() < control_header || get16(bytes, 2) != bytes.size())
		return {};

	L2tp l2tp{{true, version}, bytes.subspan(control_header)};

	l2tp.header.ns = get16(bytes, 8);
	l2tp.header.nr = get16(bytes, 10);
	if (version == 3) {
		l2tp.header.tunnel = get32(bytes, 4);
	} else {
		l2tp.header.tunnel = get16(bytes, 4);
		l2tp.header.session = get16(bytes, 6);
	}
	return l2tp;
}

std::optional<L2tp> parse_v2_data(View bytes, std::uint16_t flags)
{
	std::size_t at = 2;

	const auto next = [&]() -> std::uint16_t {
		at += 2;
		return at <= bytes.size() ? get16(bytes, at - 2) : 0;
	};
	L2tp l2tp{};

	if (flags & length_bit)
		next();
	l2tp.header.tunnel = next();
	l2tp.header.session = next();
	if (flags & sequence_bit)
		at += 4;
	if (flags & offset_bit)
		at += next();
	if (at > bytes.size())
		return {};
	l2tp.body = bytes.subspan(at);
	return l2tp;
}

} // namespace

Bytes build_control(const Header &header, Transport over, const std::vector<Avp> &avps)
{
	const std::size_t before = over == Transport::ip ? ip_zeros : 0;
	Bytes bytes(before);

	add16(bytes, static_cast<std::uint16_t>(type_bit | length_bit | sequence_bit | header.version));
	add16(bytes, 0);
	if (header.version == 3) {
		add32(bytes, header.tunnel);
	} else {
		add16(bytes, static_cast<std::uint16_t>(header.tunnel));
		add16(bytes, static_cast<std::uint16_t>(header.session));
	}
	add16(bytes, header.ns);
	add16(bytes, header.nr);
	for (const Avp &avp : avps) {
		// Those of a vendor are for us alone: others may skip them.
		add16(bytes, static_cast<std::uint16_t>((avp.vendor ? 0 : mandatory_bit) |
							(avp.hidden ? hidden_bit : 0) |
							(avp_header + avp.value.size())));
		add16(bytes, avp.vendor);
		add16(bytes, avp.type);
		add(bytes, avp.value);
	}
	put16(bytes, before + 2, static_cast<std::uint16_t>(bytes.size() - before));
	return bytes;
}

Bytes build_data(const Header &header, Transport over, unsigned form, View cookie, View payload)
{
	Bytes bytes;

	if (header.version == 3) {
		if (over == Transport::udp)
			add32(bytes, 3u << 16);
		add32(bytes, header.session);
		add(bytes, cookie);
		add(bytes, payload);
		return bytes;
	}

	const std::uint16_t flags = forms[form % data_forms];

	add16(bytes, flags | 2);
	if (flags & length_bit)
		add16(bytes, 0);
	add16(bytes, static_cast<std::uint16_t>(header.tunnel));
	add16(bytes, static_cast<std::uint16_t>(header.session));
	if (flags & sequence_bit)
		add32(bytes, static_cast<std::uint32_t>(form) << 16);
	if (flags & offset_bit) {
		add16(bytes, offset_size);
		bytes.resize(bytes.size() + offset_size);
	}
	add(bytes, payload);
	if (flags & length_bit)
		put16(bytes, 2, static_cast<std::uint16_t>(bytes.size()));
	return bytes;
}

std::optional<L2tp> parse_l2tp(View bytes, Transport over)
{
	if (bytes.size() < 4)
		return {};
	if (over == Transport::ip) {
		if (!get32(bytes, 0))
			return parse_control(bytes.subspan(ip_zeros), 3);
		return L2tp{{false, 3, 0, get32(bytes, 0)}, bytes.subspan(4)};
	}

	const std::uint16_t flags = get16(bytes, 0);
	const unsigned version = flags & version_mask;

	if (version != 2 && version != 3)
		return {};
	if (flags & type_bit)
		return parse_control(bytes, version);
	if (version == 2)
		return parse_v2_data(bytes, flags);
	if (bytes.size() < 8)
		return {};
	return L2tp{{false, 3, 0, get32(bytes, 4)}, bytes.subspan(8)};
}

std::optional<View> find_avp(View avps, std::uint16_t type, std::uint16_t vendor)
{
	while (avps.size() >= avp_header) {
		const std::size_t length = get16(avps, 0) & avp_length_mask;

		if (length < avp_header || length > avps.size())
			return {};
		if (get16(avps, 2) == vendor && get16(avps, 4) == type)
			return avps.subspan(avp_header, length - avp_header);
		avps = avps.subspan(length);
	}
	return {};
}
