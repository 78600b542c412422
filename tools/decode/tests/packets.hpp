// SPDX-License-Identifier: GPL-2.0
//
// Packets and captures that are made here: no test needs anybody's traffic.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <vector>

#include <pcap/pcap.h>

using Bytes = std::vector<std::uint8_t>;

inline void put16(Bytes &b, unsigned v)
{
	b.push_back(static_cast<std::uint8_t>(v >> 8));
	b.push_back(static_cast<std::uint8_t>(v));
}

inline void put32(Bytes &b, std::uint32_t v)
{
	put16(b, v >> 16);
	put16(b, v & 0xffff);
}

inline void set16(Bytes &b, std::size_t at, unsigned v)
{
	b.at(at) = static_cast<std::uint8_t>(v >> 8);
	b.at(at + 1) = static_cast<std::uint8_t>(v);
}

inline Bytes operator+(Bytes a, const Bytes &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

// ---- IP ---------------------------------------------------------------------

// From 10.0.0.11 to 192.0.2.2, or back; fragment is the field of that name.
inline Bytes ipv4(unsigned protocol, const Bytes &payload, bool back = false, unsigned fragment = 0)
{
	Bytes b{ 0x45, 0 };
	const std::uint32_t client = 0x0a00000b, server = 0xc0000202;

	put16(b, 20u + static_cast<unsigned>(payload.size()));
	put16(b, 0);
	put16(b, fragment);
	b.push_back(64);
	b.push_back(static_cast<std::uint8_t>(protocol));
	put16(b, 0);
	put32(b, back ? server : client);
	put32(b, back ? client : server);
	return b + payload;
}

// From 2001:db8::b to 2001:db8::2, with these bytes of extension headers.
inline Bytes ipv6(unsigned protocol, const Bytes &payload, const Bytes &extensions = {})
{
	Bytes b{ 0x60, 0, 0, 0 };

	put16(b, static_cast<unsigned>(payload.size() + extensions.size()));
	b.push_back(static_cast<std::uint8_t>(protocol));
	b.push_back(64);
	for (unsigned last : { 0xbu, 2u }) {
		put32(b, 0x20010db8);
		put32(b, 0);
		put32(b, 0);
		put32(b, last);
	}
	return b + extensions + payload;
}

inline Bytes udp(unsigned from, unsigned to, const Bytes &payload)
{
	Bytes b;

	put16(b, from);
	put16(b, to);
	put16(b, 8u + static_cast<unsigned>(payload.size()));
	put16(b, 0);
	return b + payload;
}

inline Bytes tcp(unsigned from, unsigned to, std::uint32_t seq, std::uint32_t ack, unsigned flags,
		 const Bytes &payload = {})
{
	Bytes b;

	put16(b, from);
	put16(b, to);
	put32(b, seq);
	put32(b, ack);
	put16(b, 0x5000 | flags);
	put16(b, 65535);
	put32(b, 0);
	return b + payload;
}

// ---- Link layers ------------------------------------------------------------

enum class Link { ethernet, vlan, qinq, pppoe, raw, cooked, cooked2, null, loop };

constexpr Link links[] = { Link::ethernet, Link::vlan,	 Link::qinq, Link::pppoe, Link::raw,
			   Link::cooked,   Link::cooked2, Link::null, Link::loop };

inline int dlt_of(Link link)
{
	switch (link) {
	case Link::raw:
		return DLT_RAW;
	case Link::cooked:
		return DLT_LINUX_SLL;
	case Link::cooked2:
		return DLT_LINUX_SLL2;
	case Link::null:
		return DLT_NULL;
	case Link::loop:
		return DLT_LOOP;
	default:
		return DLT_EN10MB;
	}
}

inline Bytes frame_of(Link link, const Bytes &ip)
{
	bool six = ip.at(0) >> 4 == 6;
	unsigned type = six ? 0x86dd : 0x0800;
	Bytes b;

	switch (link) {
	case Link::raw:
		return ip;
	case Link::cooked:
		b.resize(14);
		put16(b, type);
		return b + ip;
	case Link::cooked2:
		put16(b, type);
		b.resize(20);
		return b + ip;
	case Link::null:
	case Link::loop:
		b = { 0, 0, 0, static_cast<std::uint8_t>(six ? 30 : 2) };
		return b + ip;
	default:
		break;
	}
	b.resize(12);
	if (link == Link::qinq) {
		put16(b, 0x88a8);
		put16(b, 7);
	}
	if (link == Link::qinq || link == Link::vlan) {
		put16(b, 0x8100);
		put16(b, 42);
	}
	if (link == Link::pppoe) {
		put16(b, 0x8864);
		b.push_back(0x11);
		b.push_back(0);
		put16(b, 1);
		put16(b, static_cast<unsigned>(ip.size()) + 2);
		put16(b, six ? 0x0057 : 0x0021);
	} else {
		put16(b, type);
	}
	b = b + ip;
	// Padding is no payload.
	b.resize(std::max<std::size_t>(b.size(), 60));
	return b;
}

// ---- Messages ---------------------------------------------------------------

inline Bytes pptp(unsigned type, unsigned length, std::initializer_list<unsigned> ids = {},
		  unsigned result = 0)
{
	Bytes b;

	put16(b, length);
	put16(b, 1);
	put32(b, 0x1a2b3c4d);
	put16(b, type);
	put16(b, 0);
	for (unsigned id : ids)
		put16(b, id);
	if (b.size() < length)
		b.resize(length);
	// Of an Outgoing- or Incoming-Call-Reply.
	if (result)
		b.at(16) = static_cast<std::uint8_t>(result);
	return b;
}

inline Bytes gre(unsigned call_id, std::uint32_t seq, std::uint32_t ack)
{
	Bytes b;

	put16(b, 0x3081);
	put16(b, 0x880b);
	put16(b, 4);
	put16(b, call_id);
	put32(b, seq);
	put32(b, ack);
	put32(b, 0xff03c021);
	return b;
}

inline Bytes ike(unsigned version, unsigned exchange, unsigned flags, std::uint32_t rspi,
		 std::uint32_t msgid, unsigned length = 60)
{
	Bytes b;

	put32(b, 0x00112233);
	put32(b, 0x44556677);
	put32(b, rspi);
	put32(b, rspi);
	b.push_back(33);
	b.push_back(static_cast<std::uint8_t>(version << 4));
	b.push_back(static_cast<std::uint8_t>(exchange));
	b.push_back(static_cast<std::uint8_t>(flags));
	put32(b, msgid);
	put32(b, length);
	if (b.size() < length)
		b.resize(length);
	return b;
}

inline Bytes esp(std::uint32_t spi, std::uint32_t seq)
{
	Bytes b;

	put32(b, spi);
	put32(b, seq);
	b.resize(56, 0xa5);
	return b;
}

// An AVP; flags are those of its first two bytes.
inline Bytes avp(unsigned type, const Bytes &value, unsigned flags = 0x8000)
{
	Bytes b;

	put16(b, flags | (6u + static_cast<unsigned>(value.size())));
	put16(b, 0);
	put16(b, type);
	return b + value;
}

inline Bytes id16(unsigned id)
{
	Bytes b;
	put16(b, id);
	return b;
}

inline Bytes id32(std::uint32_t id)
{
	Bytes b;
	put32(b, id);
	return b;
}

// A control message of version 2 or 3 over UDP; over IP four zero bytes come
// before one of version 3.
inline Bytes l2tp(unsigned version, std::uint32_t tunnel, unsigned session, const Bytes &avps,
		  unsigned ns = 0, unsigned nr = 0)
{
	Bytes b;

	put16(b, 0xc800 | version);
	put16(b, 12u + static_cast<unsigned>(avps.size()));
	if (version == 2) {
		put16(b, tunnel);
		put16(b, session);
	} else {
		put32(b, tunnel);
	}
	put16(b, ns);
	put16(b, nr);
	return b + avps;
}

inline Bytes l2tp_data(unsigned tunnel, unsigned session)
{
	Bytes b;

	put16(b, 0x0002);
	put16(b, tunnel);
	put16(b, session);
	return b + Bytes{ 0xff, 3, 0xc0, 0x21, 1, 2, 3, 4 };
}

// IP packets of a life of each protocol.
inline std::vector<Bytes> conversation()
{
	constexpr unsigned port = 40000, fin = 0x01, syn = 0x02, ack = 0x10;
	const Bytes text{ 'l', 'a', 'c' };
	const Bytes vector = avp(36, Bytes(16, 7));
	std::vector<Bytes> all;
	std::uint32_t c = 1000, s = 0xfffffff0;
	auto client = [&](const Bytes &data, unsigned flags = 0x18) {
		all.push_back(ipv4(6, tcp(port, 1723, c, s, flags, data)));
		c += static_cast<std::uint32_t>(data.size()) + (flags & (syn | fin) ? 1 : 0);
	};
	auto server = [&](const Bytes &data, unsigned flags = 0x18) {
		all.push_back(ipv4(6, tcp(1723, port, s, c, flags, data), true));
		s += static_cast<std::uint32_t>(data.size()) + (flags & (syn | fin) ? 1 : 0);
	};

	client({}, syn);
	server({}, syn | ack);
	client(pptp(1, 156));
	server(pptp(2, 156));
	client(pptp(7, 168, { 4711 }));
	server(pptp(8, 32, { 128, 4711 }, 1));
	client(pptp(15, 24, { 128 }) + pptp(5, 16));
	all.push_back(ipv4(47, gre(128, 0, 0xffffffff)));
	all.push_back(ipv4(47, gre(4711, 0, 0), true));
	client(pptp(12, 16, { 4711 }));
	server(pptp(13, 148, { 128 }));
	client({}, fin | ack);

	all.push_back(ipv4(17, udp(500, 500, ike(2, 34, 0x08, 0, 0))));
	all.push_back(ipv4(17, udp(500, 500, ike(2, 34, 0x20, 0x8899aabb, 0)), true));
	all.push_back(ipv4(17, udp(4500, 4500, Bytes(4) + ike(2, 35, 0x08, 0x8899aabb, 1))));
	all.push_back(ipv4(17, udp(4500, 4500, esp(0xc0ffee00, 7))));
	all.push_back(ipv4(17, udp(4500, 4500, { 0xff })));
	all.push_back(ipv4(17, udp(500, 500, ike(1, 32, 0, 0x8899aabb, 0x12345678))));
	all.push_back(ipv4(50, esp(0x12345678, 1)));
	all.push_back(ipv6(50, esp(0x12345679, 2)));

	all.push_back(ipv4(17, udp(1701, 1701, l2tp(2, 0, 0, avp(0, id16(1)) + avp(7, text) +
							      avp(9, id16(513))))));
	all.push_back(ipv4(17, udp(1701, 1701, l2tp(2, 513, 0, avp(0, id16(10)) + vector +
								avp(14, Bytes(18, 9), 0xc000)))));
	all.push_back(ipv4(17, udp(1701, 1701, l2tp(2, 513, 0, {}))));
	all.push_back(ipv4(17, udp(1701, 1701, l2tp_data(513, 77))));
	all.push_back(ipv4(115, Bytes(4) + l2tp(3, 0, 0, avp(0, id16(1)) + avp(61, id32(90000)))));
	all.push_back(ipv4(115, Bytes(4) + l2tp(3, 0x01020304, 0, avp(0, id16(11)) +
								     avp(63, id32(70000)) +
								     avp(64, id32(80000)))));
	all.push_back(ipv4(115, id32(80000) + Bytes(8)));
	return all;
}

// ---- Captures ---------------------------------------------------------------

// Numbers in a file are this machine's.
template <class T>
void write_number(FILE *out, T value)
{
	fwrite(&value, sizeof(value), 1, out);
}

// A frame a millisecond, each cut at snap bytes.
inline void write_pcap(FILE *out, int dlt, const std::vector<Bytes> &frames,
		       std::size_t snap = 65535)
{
	// What the file calls DLT_RAW is 101.
	std::uint32_t type = dlt == DLT_RAW ? 101 : dlt == DLT_LOOP ? 108 :
			     static_cast<std::uint32_t>(dlt);
	std::uint32_t ms = 0;

	write_number<std::uint32_t>(out, 0xa1b2c3d4);
	write_number<std::uint16_t>(out, 2);
	write_number<std::uint16_t>(out, 4);
	write_number<std::uint64_t>(out, 0);
	write_number<std::uint32_t>(out, 65535);
	write_number<std::uint32_t>(out, type);
	for (const Bytes &f : frames) {
		std::size_t there = std::min(f.size(), snap);
		write_number<std::uint32_t>(out, 1700000000);
		write_number<std::uint32_t>(out, 1000 * ms++);
		write_number(out, static_cast<std::uint32_t>(there));
		write_number(out, static_cast<std::uint32_t>(f.size()));
		fwrite(f.data(), 1, there, out);
	}
}

// The same as pcapng, one interface.
inline void write_pcapng(FILE *out, int dlt, const std::vector<Bytes> &frames)
{
	std::uint64_t us = UINT64_C(1700000000) * 1000000;

	write_number<std::uint32_t>(out, 0x0a0d0d0a);
	write_number<std::uint32_t>(out, 28);
	write_number<std::uint32_t>(out, 0x1a2b3c4d);
	write_number<std::uint32_t>(out, 1);
	write_number<std::uint64_t>(out, UINT64_MAX);
	write_number<std::uint32_t>(out, 28);

	write_number<std::uint32_t>(out, 1);
	write_number<std::uint32_t>(out, 20);
	write_number<std::uint32_t>(out, static_cast<std::uint32_t>(dlt));
	write_number<std::uint32_t>(out, 65535);
	write_number<std::uint32_t>(out, 20);

	for (const Bytes &f : frames) {
		auto size = static_cast<std::uint32_t>(f.size());
		std::uint32_t padded = (size + 3) & ~3u;
		write_number<std::uint32_t>(out, 6);
		write_number<std::uint32_t>(out, 32 + padded);
		write_number<std::uint32_t>(out, 0);
		write_number<std::uint32_t>(out, static_cast<std::uint32_t>(us >> 32));
		write_number<std::uint32_t>(out, static_cast<std::uint32_t>(us));
		write_number<std::uint32_t>(out, size);
		write_number<std::uint32_t>(out, size);
		fwrite(f.data(), 1, size, out);
		for (std::uint32_t i = size; i < padded; i++)
			fputc(0, out);
		write_number<std::uint32_t>(out, 32 + padded);
		us += 1000;
	}
}
