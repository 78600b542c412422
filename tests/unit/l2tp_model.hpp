// SPDX-License-Identifier: GPL-2.0
/*
 * Model: L2TP messages as RFC 2661 and RFC 3931 have them, written without the
 * code under test; used by the unit tests and the seeds of the fuzzer.
 */
#ifndef L2TP_MODEL_HPP
#define L2TP_MODEL_HPP

#include <cstdint>
#include <string_view>
#include <vector>

namespace l2tp_model {

using Bytes = std::vector<uint8_t>;

inline void add16(Bytes &to, unsigned v)
{
	to.push_back(static_cast<uint8_t>(v >> 8));
	to.push_back(static_cast<uint8_t>(v));
}

inline void add(Bytes &to, const Bytes &what)
{
	to.insert(to.end(), what.begin(), what.end());
}

inline Bytes be16(unsigned v)
{
	Bytes all;

	add16(all, v);
	return all;
}

inline Bytes be32(uint32_t v)
{
	Bytes all;

	add16(all, v >> 16);
	add16(all, v & 0xffff);
	return all;
}

inline Bytes text(std::string_view s)
{
	return {s.begin(), s.end()};
}

constexpr unsigned mandatory = 0x8000, hidden = 0x4000;

inline Bytes avp(unsigned type, const Bytes &value, unsigned flags = mandatory,
		 unsigned vendor = 0)
{
	Bytes all;

	add16(all, flags | static_cast<unsigned>(6 + value.size()));
	add16(all, vendor);
	add16(all, type);
	add(all, value);
	return all;
}

/* What carries a message, and which version it is. */
enum class Kind { v2_udp, v3_udp, v3_ip };

constexpr Kind kinds[] = {Kind::v2_udp, Kind::v3_udp, Kind::v3_ip};

inline unsigned zeros(Kind kind)
{
	return kind == Kind::v3_ip ? 4 : 0;
}

/* @id: Tunnel ID and Session ID, or Control Connection ID. */
inline Bytes control(Kind kind, uint32_t id, unsigned ns, unsigned nr,
		     const std::vector<Bytes> &avps)
{
	Bytes all(zeros(kind)), body;

	for (const auto &one : avps)
		add(body, one);
	add16(all, kind == Kind::v2_udp ? 0xc802 : 0xc803);
	add16(all, static_cast<unsigned>(12 + body.size()));
	add(all, be32(id));
	add16(all, ns);
	add16(all, nr);
	add(all, body);
	return all;
}

inline Bytes message(Kind kind, unsigned type, const std::vector<Bytes> &avps = {})
{
	std::vector<Bytes> all = {avp(0, be16(type))};

	all.insert(all.end(), avps.begin(), avps.end());
	return control(kind, 0x12345678, 5, 6, all);
}

/* Data of version 2 with the options that @flags has, and @pad behind them. */
inline Bytes data_v2(unsigned flags, unsigned tunnel, unsigned session, unsigned pad,
		     const Bytes &payload)
{
	Bytes head, all;

	add16(head, tunnel);
	add16(head, session);
	if (flags & 0x0800)
		add(head, {0, 1, 0, 2});
	if (flags & 0x0200) {
		add16(head, pad);
		head.resize(head.size() + pad, 0xee);
	}
	add(head, payload);
	add16(all, flags | 2);
	if (flags & 0x4000)
		add16(all, static_cast<unsigned>(4 + head.size()));
	add(all, head);
	return all;
}

} /* namespace l2tp_model */

#endif /* L2TP_MODEL_HPP */
