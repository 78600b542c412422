// SPDX-License-Identifier: GPL-2.0
#include "request.hpp"

#include <algorithm>
#include <cstring>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nf_passthrough.h>

namespace {

using Attributes = std::vector<Attribute>;

constexpr const char *protocols[] = { "pptp", "ipsec", "l2tp" };
constexpr const char *settings[] = {
	"max-sessions", "max-per-host", "gre-replied", "ike-idle", "idle", "source-port", "no-such",
};
constexpr const char *interfaces[] = { "lan", "wan", "ppp*", "eth0", "", "a/b", "fifteen-letters" };
constexpr std::uint32_t numbers[] = { 0, 1, 2, 3, 30, 300, 1000, 65535, 65536, 0x7fffffff, 0xffffffff };
constexpr std::uint16_t ports[] = { 0, 1, 500, 1701, 1723, 4500, 65535 };

Attribute raw(std::uint16_t type, const void *data, std::size_t size)
{
	Attribute a;

	a.type = type;
	a.data.resize(size);
	if (size)
		memcpy(a.data.data(), data, size);
	return a;
}

Attribute text(std::uint16_t type, const char *value)
{
	return raw(type, value, strlen(value) + 1);
}

Attribute u32(std::uint16_t type, std::uint32_t value)
{
	return raw(type, &value, sizeof(value));
}

Attribute nest(std::uint16_t type, Attributes attributes)
{
	Attribute a;

	a.type = type;
	a.flags = NLA_F_NESTED;
	a.nest = std::move(attributes);
	return a;
}

Attribute address(Chance &chance, std::uint16_t type)
{
	return u32(type, 0x0000000a + (chance.below(4) << 24));
}

Attribute setting(Chance &chance)
{
	return nest(NF_PASSTHROUGH_A_PROTOCOL_SETTING,
		    { text(NF_PASSTHROUGH_A_SETTING_NAME, chance.one_of(settings)),
		      u32(NF_PASSTHROUGH_A_SETTING_VALUE, chance.one_of(numbers)) });
}

Attribute pin(Chance &chance)
{
	const std::uint32_t kind = chance.below(3);
	Attributes pin = { u32(NF_PASSTHROUGH_A_PIN_KIND, kind),
			   address(chance, NF_PASSTHROUGH_A_PIN_HOST) };

	if (chance.one_in(8) != (kind == NF_PASSTHROUGH_PIN_KIND_DATA))
		pin.push_back(address(chance, NF_PASSTHROUGH_A_PIN_SERVER));
	return nest(chance.one_in(2) ? NF_PASSTHROUGH_A_PROTOCOL_PIN :
				       NF_PASSTHROUGH_A_PROTOCOL_UNPIN,
		    std::move(pin));
}

// What asks for a change of a protocol.
Attributes change(Chance &chance)
{
	Attributes change = { text(NF_PASSTHROUGH_A_PROTOCOL_NAME, chance.one_of(protocols)) };

	if (chance.one_in(3))
		change.push_back(u32(NF_PASSTHROUGH_A_PROTOCOL_STATE, chance.below(3)));
	for (std::uint32_t i = chance.one_in(3) ? chance.below(10) : 0; i; i--) {
		const std::uint16_t port = chance.one_of(ports);

		change.push_back(raw(NF_PASSTHROUGH_A_PROTOCOL_PORT, &port, sizeof(port)));
	}
	for (std::uint32_t i = chance.below(3); i; i--)
		change.push_back(setting(chance));
	for (std::uint32_t i = chance.one_in(3) ? chance.below(5) : 0; i; i--)
		change.push_back(pin(chance));
	for (std::uint32_t i = chance.one_in(3) ? chance.below(10) : 0; i; i--)
		change.push_back(text(NF_PASSTHROUGH_A_PROTOCOL_INTERFACE,
				      chance.one_of(interfaces)));
	if (chance.one_in(4))
		change.push_back(raw(NF_PASSTHROUGH_A_PROTOCOL_REPLACE, nullptr, 0));
	return change;
}

Attributes filter(Chance &chance)
{
	Attributes filter;

	if (chance.one_in(2))
		filter.push_back(text(NF_PASSTHROUGH_A_SESSION_PROTOCOL, chance.one_of(protocols)));
	if (chance.one_in(2))
		filter.push_back(u32(NF_PASSTHROUGH_A_SESSION_STATE, chance.below(4)));
	if (chance.one_in(3))
		filter.push_back(u32(NF_PASSTHROUGH_A_SESSION_ID, chance.one_of(numbers)));
	if (chance.one_in(3))
		filter.push_back(address(chance, NF_PASSTHROUGH_A_SESSION_INITIATOR));
	if (chance.one_in(3))
		filter.push_back(address(chance, NF_PASSTHROUGH_A_SESSION_RESPONDER));
	return filter;
}

Request good_request(Chance &chance)
{
	Request request;

	switch (chance.below(7)) {
	case 0:
		request.cmd = NF_PASSTHROUGH_CMD_PROTOCOL_GET;
		request.attributes = { text(NF_PASSTHROUGH_A_PROTOCOL_NAME,
					    chance.one_of(protocols)) };
		break;
	case 1:
		request.cmd = NF_PASSTHROUGH_CMD_PROTOCOL_GET;
		request.flags = NLM_F_DUMP;
		break;
	case 2:
		request.cmd = NF_PASSTHROUGH_CMD_PROTOCOL_SET;
		request.attributes = change(chance);
		break;
	case 3:
		request.cmd = NF_PASSTHROUGH_CMD_SESSION_GET;
		request.flags = NLM_F_DUMP;
		request.attributes = filter(chance);
		break;
	case 4:
		request.cmd = NF_PASSTHROUGH_CMD_SESSION_DEL;
		request.attributes = filter(chance);
		break;
	case 5:
		request.cmd = NF_PASSTHROUGH_CMD_COUNTER_GET;
		request.flags = NLM_F_DUMP;
		request.attributes = { text(NF_PASSTHROUGH_A_COUNTER_PROTOCOL,
					    chance.one_of(protocols)) };
		break;
	default:
		request.cmd = NF_PASSTHROUGH_CMD_CONFIG_SET;
		for (std::uint32_t i = chance.below(4) + 1; i; i--)
			request.attributes.push_back(nest(NF_PASSTHROUGH_A_CONFIG_PROTOCOL,
							  change(chance)));
	}
	return request;
}

/* ---- what chance does --------------------------------------------------- */

Attribute any_attribute(Chance &chance)
{
	Attribute a;

	a.type = static_cast<std::uint16_t>(chance.one_in(4) ? chance.next() & NLA_TYPE_MASK :
							      chance.below(32));
	a.flags = static_cast<std::uint16_t>(chance.one_in(3) ? chance.next() & ~NLA_TYPE_MASK : 0);
	a.data.resize(chance.one_in(10) ? chance.below(2000) : chance.below(24));
	for (auto &byte : a.data)
		byte = static_cast<std::uint8_t>(chance.next());
	return a;
}

// One of all attributes of a request, its nests' too, and where it is.
struct Place {
	Attributes *list;
	std::size_t index;
};

void collect(Attributes &list, std::vector<Place> &places)
{
	for (std::size_t i = 0; i < list.size(); i++) {
		places.push_back({ &list, i });
		collect(list[i].nest, places);
	}
}

void bend_attribute(Chance &chance, Place place)
{
	Attribute &a = (*place.list)[place.index];
	Attribute copy;
	std::uint32_t n;

	switch (chance.below(12)) {
	case 0:
		a.type = static_cast<std::uint16_t>(chance.below(40));
		break;
	case 1:
		a.flags ^= NLA_F_NESTED;
		break;
	case 2:
		a.flags ^= NLA_F_NET_BYTEORDER;
		break;
	case 3:
		a.lie = chance.one_in(2) ? static_cast<int>(chance.below(9)) - 4 :
					   static_cast<int>(chance.below(65536)) - 32768;
		break;
	case 4:
		a.data.resize(chance.below(static_cast<std::uint32_t>(a.data.size()) + 1));
		break;
	case 5:
		a.data.resize(a.data.size() + 1 + chance.below(chance.one_in(8) ? 4000 : 8), 'x');
		break;
	case 6:
		if (!a.data.empty())
			a.data[chance.below(static_cast<std::uint32_t>(a.data.size()))] =
				static_cast<std::uint8_t>(chance.next());
		break;
	case 7:
		a.ragged = true;
		break;
	case 8:	/* deeper and deeper */
		for (n = chance.one_in(4) ? 60 : chance.below(4) + 1; n; n--)
			a = nest(a.type, { a });
		break;
	case 9:	/* again and again; adding moves what @a is */
		copy = a;
		for (n = chance.one_in(8) ? 300 : chance.below(12) + 1; n; n--)
			place.list->push_back(copy);
		break;
	case 10:
		place.list->erase(place.list->begin() + static_cast<std::ptrdiff_t>(place.index));
		break;
	default:
		place.list->insert(place.list->begin() + static_cast<std::ptrdiff_t>(place.index),
				   any_attribute(chance));
	}
}

void bend_request(Chance &chance, Request &request)
{
	switch (chance.below(8)) {
	case 0:
		request.cmd = static_cast<std::uint8_t>(chance.below(12));
		break;
	case 1:
		request.version = static_cast<std::uint8_t>(chance.next());
		break;
	case 2:
		request.flags ^= static_cast<std::uint16_t>(1U << (8 + chance.below(4)));
		break;
	case 3:
		request.reserved = static_cast<std::uint16_t>(chance.next());
		break;
	case 4:
		request.cut = chance.below(40) + 1;
		break;
	case 5:
		request.tail = chance.below(12) + 1;
		break;
	default:
		request.attributes.push_back(any_attribute(chance));
	}
}

void put(Bytes &bytes, const void *data, std::size_t size)
{
	const auto *at = static_cast<const std::uint8_t *>(data);

	bytes.insert(bytes.end(), at, at + size);
}

void encode(const Attribute &a, Bytes &bytes)
{
	const std::size_t begin = bytes.size();
	nlattr attr{ 0, static_cast<std::uint16_t>(a.type | a.flags) };

	put(bytes, &attr, sizeof(attr));
	put(bytes, a.data.data(), a.data.size());
	for (const Attribute &inner : a.nest)
		encode(inner, bytes);
	attr.nla_len = static_cast<std::uint16_t>(static_cast<int>(bytes.size() - begin) + a.lie);
	memcpy(bytes.data() + begin, &attr, sizeof(attr));
	if (!a.ragged)
		bytes.resize(NLA_ALIGN(bytes.size()));
}

} // namespace

std::uint64_t Chance::next()
{
	// Splitmix64: each number from the last by a stride and a stir.
	std::uint64_t z = state_ += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

Request make_request(Chance &chance)
{
	Request request = good_request(chance);
	std::vector<Place> places;

	if (chance.one_in(5))
		return request;
	request.bent = true;
	for (std::uint32_t i = chance.below(3); i; i--) {
		places.clear();
		collect(request.attributes, places);
		if (!places.empty())
			bend_attribute(chance, places[chance.below(
				static_cast<std::uint32_t>(places.size()))]);
	}
	if (chance.one_in(3))
		bend_request(chance, request);
	return request;
}

Bytes encode(const Request &request, std::uint16_t family, std::uint32_t sequence,
	     Chance &chance)
{
	Bytes bytes(NLMSG_SPACE(GENL_HDRLEN));
	genlmsghdr generic{};
	nlmsghdr header{};

	generic.cmd = request.cmd;
	generic.version = request.version;
	generic.reserved = request.reserved;
	for (const Attribute &a : request.attributes)
		encode(a, bytes);
	for (unsigned i = 0; i < request.tail; i++)
		bytes.push_back(static_cast<std::uint8_t>(chance.next()));
	bytes.resize(bytes.size() - std::min<std::size_t>(request.cut,
							  bytes.size() - NLMSG_HDRLEN));
	// A few bytes behind the headers, as they are.
	if (request.bent && chance.one_in(4) && bytes.size() > NLMSG_SPACE(GENL_HDRLEN))
		for (std::uint32_t i = chance.below(4) + 1; i; i--)
			bytes[NLMSG_SPACE(GENL_HDRLEN) +
			      chance.below(static_cast<std::uint32_t>(
				      bytes.size() - NLMSG_SPACE(GENL_HDRLEN)))] =
				static_cast<std::uint8_t>(chance.next());
	// The kernel reads on behind this length: that it is the message's own
	// keeps what it reads ours.
	header.nlmsg_len = static_cast<std::uint32_t>(bytes.size());
	header.nlmsg_type = family;
	header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | request.flags);
	header.nlmsg_seq = sequence;
	memcpy(bytes.data(), &header, sizeof(header));
	memcpy(bytes.data() + NLMSG_HDRLEN, &generic,
	       std::min(sizeof(generic), bytes.size() - NLMSG_HDRLEN));
	return bytes;
}
