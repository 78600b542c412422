// SPDX-License-Identifier: GPL-2.0
/* L2TP: headers of both versions over UDP and IP, and AVPs. */
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <tuple>
#include <vector>

#include <passthrough/wire/l2tp.h>

#include "l2tp_model.hpp"

namespace {

using namespace l2tp_model;

/* A copy of exactly what may be read: ASan finds who reads more. */
bool parse(Kind kind, const Bytes &p, uint32_t avail, uint32_t total, nfpt_l2tp &l2tp)
{
	const Bytes exact(p.begin(), p.begin() + avail);

	if (kind == Kind::v3_ip)
		return nfpt_l2tp_parse_ip(exact.data(), avail, total, &l2tp);
	return nfpt_l2tp_parse_udp(exact.data(), avail, total, &l2tp);
}

bool parse(Kind kind, const Bytes &p, nfpt_l2tp &l2tp)
{
	const auto len = static_cast<uint32_t>(p.size());

	return parse(kind, p, len, len, l2tp);
}

bool parse(Kind kind, const Bytes &p, nfpt_l2tp_control &control)
{
	const Bytes exact(p);
	nfpt_l2tp l2tp;

	EXPECT_TRUE(parse(kind, exact, l2tp));
	return nfpt_l2tp_parse_control(exact.data(), static_cast<uint32_t>(exact.size()),
				       &l2tp, &control);
}

bool well_formed(Kind kind, unsigned type, const std::vector<Bytes> &avps)
{
	nfpt_l2tp_control control;

	return parse(kind, message(kind, type, avps), control);
}

Bytes flags(Bytes p, unsigned at, unsigned set, unsigned clear = 0)
{
	nfpt_put_be16(&p[at], static_cast<uint16_t>((nfpt_get_be16(&p[at]) & ~clear) | set));
	return p;
}

TEST(L2tpHeader, ControlOfVersion2)
{
	const auto p = control(Kind::v2_udp, 0x12345678, 0x9abc, 0xdef0, {});
	nfpt_l2tp l2tp;

	ASSERT_TRUE(parse(Kind::v2_udp, p, l2tp));
	EXPECT_TRUE(l2tp.control);
	EXPECT_EQ(l2tp.version, 2);
	EXPECT_EQ(l2tp.tunnel, 0x1234u);
	EXPECT_EQ(l2tp.session, 0x5678u);
	EXPECT_EQ(l2tp.ns, 0x9abc);
	EXPECT_EQ(l2tp.nr, 0xdef0);
	EXPECT_EQ(l2tp.length, 12u);
	EXPECT_EQ(l2tp.tunnel_at, 4);
	EXPECT_EQ(l2tp.avps, 12);
}

TEST(L2tpHeader, ControlOfVersion3)
{
	for (auto kind : {Kind::v3_udp, Kind::v3_ip}) {
		const auto p = control(kind, 0x12345678, 0x9abc, 0xdef0, {});
		nfpt_l2tp l2tp;

		ASSERT_TRUE(parse(kind, p, l2tp));
		EXPECT_TRUE(l2tp.control);
		EXPECT_EQ(l2tp.version, 3);
		EXPECT_EQ(l2tp.tunnel, 0x12345678u);
		EXPECT_EQ(l2tp.session, 0u);
		EXPECT_EQ(l2tp.ns, 0x9abc);
		EXPECT_EQ(l2tp.nr, 0xdef0);
		EXPECT_EQ(l2tp.length, 12u + zeros(kind));
		EXPECT_EQ(l2tp.tunnel_at, 4 + zeros(kind));
		EXPECT_EQ(l2tp.avps, 12 + zeros(kind));
	}
}

TEST(L2tpHeader, DataOfVersion2WithAllOptions)
{
	/* each of the twelve bits but T, and those that are reserved too */
	for (unsigned bits = 0; bits < 0x8000; bits += 0x10) {
		const unsigned ids = bits & 0x4000 ? 4 : 2;
		unsigned header = ids + 4;
		nfpt_l2tp l2tp;

		header += bits & 0x0800 ? 4 : 0;
		header += bits & 0x0200 ? 2 : 0;
		for (unsigned pad : {0u, 3u}) {
			const auto p = data_v2(bits, 0x1122, 0x3344, pad, {0xff, 3, 0xc0, 0x21});
			const auto total = static_cast<uint32_t>(p.size());

			ASSERT_TRUE(parse(Kind::v2_udp, p, l2tp)) << std::hex << bits;
			EXPECT_FALSE(l2tp.control);
			EXPECT_EQ(l2tp.version, 2);
			EXPECT_EQ(l2tp.tunnel, 0x1122u);
			EXPECT_EQ(l2tp.session, 0x3344u);
			EXPECT_EQ(l2tp.tunnel_at, ids);
			EXPECT_EQ(l2tp.length, 0u);
			EXPECT_EQ(l2tp.avps, 0);
			EXPECT_EQ(l2tp.ns | l2tp.nr, 0);
			for (uint32_t avail = 0; avail <= total; avail++)
				EXPECT_EQ(parse(Kind::v2_udp, p, avail, total, l2tp),
					  avail >= header) << std::hex << bits;
		}
	}
}

TEST(L2tpHeader, DataOfVersion2ThatIsCut)
{
	for (unsigned bits : {0u, 0x0800u, 0x0200u, 0x0a00u, 0x4000u, 0x4800u, 0x4200u, 0x4a00u}) {
		const auto p = data_v2(bits, 1, 2, 5, {});
		const auto whole = static_cast<uint32_t>(p.size());
		nfpt_l2tp l2tp;

		/* no payload is fine, less is not */
		EXPECT_TRUE(parse(Kind::v2_udp, p, whole, whole, l2tp));
		for (uint32_t total = 0; total < whole; total++)
			EXPECT_FALSE(parse(Kind::v2_udp, p, total, total, l2tp)) << bits << " " << total;
	}
}

TEST(L2tpHeader, LengthOfDataOfVersion2)
{
	auto p = data_v2(0x4a00, 1, 2, 5, {1, 2, 3, 4});
	nfpt_l2tp l2tp;

	ASSERT_EQ(p.size(), 23u);
	for (unsigned length = 0; length < 30; length++) {
		nfpt_put_be16(&p[2], static_cast<uint16_t>(length));
		EXPECT_EQ(parse(Kind::v2_udp, p, l2tp), length >= 19 && length <= 23) << length;
	}
	nfpt_put_be16(&p[2], 0xffff);
	EXPECT_FALSE(parse(Kind::v2_udp, p, l2tp));
	nfpt_put_be16(&p[2], 23);
	for (unsigned pad = 0; pad < 16; pad++) {
		nfpt_put_be16(&p[12], static_cast<uint16_t>(pad));
		EXPECT_EQ(parse(Kind::v2_udp, p, l2tp), pad <= 9) << pad;
	}
	nfpt_put_be16(&p[12], 0xffff);
	EXPECT_FALSE(parse(Kind::v2_udp, p, l2tp));
}

TEST(L2tpHeader, DataOfVersion3)
{
	const Bytes udp = {0, 3, 0, 0, 0xfe, 0xdc, 0xba, 0x98, 1, 2, 3, 4};
	const Bytes ip = {0xfe, 0xdc, 0xba, 0x98, 1, 2, 3, 4};
	nfpt_l2tp l2tp;

	for (auto kind : {Kind::v3_udp, Kind::v3_ip}) {
		const auto &p = kind == Kind::v3_ip ? ip : udp;
		const uint32_t header = kind == Kind::v3_ip ? 4 : 8;

		for (uint32_t len = 0; len <= p.size(); len++) {
			EXPECT_EQ(parse(kind, p, len, len, l2tp), len >= header) << len;
			EXPECT_EQ(parse(kind, p, len, 100, l2tp), len >= header) << len;
		}
		EXPECT_FALSE(l2tp.control);
		EXPECT_EQ(l2tp.version, 3);
		EXPECT_EQ(l2tp.tunnel, 0u);
		EXPECT_EQ(l2tp.session, 0xfedcba98u);
		EXPECT_EQ(l2tp.tunnel_at, 0);
		EXPECT_EQ(l2tp.length, 0u);
		EXPECT_EQ(l2tp.avps, 0);
		EXPECT_EQ(l2tp.ns | l2tp.nr, 0);
	}

	/* what is reserved is ignored; no session has the id 0 */
	EXPECT_TRUE(parse(Kind::v3_udp, {0x7f, 0xf3, 0xff, 0xff, 0, 0, 0, 1}, l2tp));
	EXPECT_EQ(l2tp.session, 1u);
	EXPECT_FALSE(parse(Kind::v3_udp, {0, 3, 0, 0, 0, 0, 0, 0, 1}, l2tp));
}

TEST(L2tpHeader, Versions)
{
	nfpt_l2tp l2tp;

	for (unsigned v = 0; v < 16; v++) {
		for (auto kind : kinds) {
			const auto p = flags(control(kind, 1, 0, 0, {}), zeros(kind), v, 0xf);

			EXPECT_EQ(parse(kind, p, l2tp),
				  v == 3 || (v == 2 && kind != Kind::v3_ip)) << v;
		}
		EXPECT_EQ(parse(Kind::v2_udp, flags(data_v2(0, 1, 2, 0, {1, 2, 3}), 0, v, 0xf), l2tp),
			  v == 2 || v == 3) << v;
	}
}

TEST(L2tpHeader, FlagsOfControl)
{
	nfpt_l2tp l2tp;

	for (auto kind : kinds) {
		const auto p = control(kind, 1, 0, 0, {});
		const auto at = zeros(kind);

		EXPECT_FALSE(parse(kind, flags(p, at, 0, 0x4000), l2tp));
		EXPECT_FALSE(parse(kind, flags(p, at, 0, 0x0800), l2tp));
		for (unsigned bit : {0x2000u, 0x1000u, 0x0400u, 0x0100u, 0x80u, 0x40u, 0x20u, 0x10u})
			EXPECT_TRUE(parse(kind, flags(p, at, bit), l2tp)) << bit;
		EXPECT_EQ(parse(kind, flags(p, at, 0x0200), l2tp), kind != Kind::v2_udp);
	}
	EXPECT_FALSE(parse(Kind::v3_ip, flags(control(Kind::v3_ip, 1, 0, 0, {}), 4, 0, 0x8000), l2tp));
}

TEST(L2tpHeader, LengthOfControl)
{
	nfpt_l2tp l2tp;

	for (auto kind : kinds) {
		auto p = control(kind, 1, 0, 0, {avp(0, be16(6))});
		const auto at = zeros(kind) + 2;

		ASSERT_EQ(p.size(), 20 + zeros(kind));
		for (unsigned length = 0; length < 40; length++) {
			nfpt_put_be16(&p[at], static_cast<uint16_t>(length));
			EXPECT_EQ(parse(kind, p, l2tp), length >= 12 && length <= 20) << length;
		}
		nfpt_put_be16(&p[at], 0xffff);
		EXPECT_FALSE(parse(kind, p, l2tp));
		/* no offset may be beyond 16 bits */
		EXPECT_EQ(parse(kind, p, 20, 0x20000, l2tp),
			  kind != Kind::v3_ip);
		nfpt_put_be16(&p[at], 0xfffb);
		EXPECT_TRUE(parse(kind, p, 20, 0x20000, l2tp));
		EXPECT_EQ(l2tp.length, 0xfffb + zeros(kind));
	}
}

TEST(L2tpHeader, APrefixIsEnough)
{
	nfpt_l2tp whole, part;

	for (auto kind : kinds) {
		const auto p = message(kind, NFPT_L2TP_SCCRQ, {avp(7, Bytes(200, 'x'))});
		const auto total = static_cast<uint32_t>(p.size());

		ASSERT_TRUE(parse(kind, p, whole));
		for (uint32_t avail = 0; avail <= total; avail++) {
			ASSERT_EQ(parse(kind, p, avail, total, part), avail >= 12 + zeros(kind));
			if (avail < 12 + zeros(kind))
				continue;
			EXPECT_EQ(std::tie(part.length, part.tunnel, part.nr, part.avps),
				  std::tie(whole.length, whole.tunnel, whole.nr, whole.avps));
		}
		/* cut in the network: the length is wrong */
		for (uint32_t len = 0; len < total; len++)
			EXPECT_FALSE(parse(kind, p, len, len, part)) << len;
	}
}

/* What can be read may be more than the packet: padding of the link. */
TEST(L2tpHeader, ThePacketEndsWhereItEnds)
{
	const Bytes v3 = {0, 3, 0, 0, 0, 0, 0, 1}, ip = {0, 0, 0, 1};
	const struct {
		Kind kind;
		Bytes p;
	} all[] = {
		{Kind::v2_udp, control(Kind::v2_udp, 1, 0, 0, {})},
		{Kind::v3_udp, control(Kind::v3_udp, 1, 0, 0, {})},
		{Kind::v3_ip, control(Kind::v3_ip, 1, 0, 0, {})},
		{Kind::v2_udp, data_v2(0, 1, 2, 0, {})},
		{Kind::v2_udp, data_v2(0x4a00, 1, 2, 3, {})},
		{Kind::v3_udp, v3},
		{Kind::v3_ip, ip},
	};

	for (const auto &[kind, p] : all) {
		const auto len = static_cast<uint32_t>(p.size());
		Bytes padded = p;
		nfpt_l2tp l2tp;

		padded.resize(len + 40);
		for (uint32_t total = 0; total <= len; total++)
			EXPECT_EQ(parse(kind, padded, len + 40, total, l2tp), total == len)
				<< len << " " << total;
	}
}

TEST(L2tpControl, RfcNumbers)
{
	EXPECT_EQ(NFPT_L2TP_PORT, 1701);
	EXPECT_EQ(NFPT_L2TP_SCCRQ, 1);
	EXPECT_EQ(NFPT_L2TP_SCCRP, 2);
	EXPECT_EQ(NFPT_L2TP_SCCCN, 3);
	EXPECT_EQ(NFPT_L2TP_STOPCCN, 4);
	EXPECT_EQ(NFPT_L2TP_HELLO, 6);
	EXPECT_EQ(NFPT_L2TP_OCRQ, 7);
	EXPECT_EQ(NFPT_L2TP_OCRP, 8);
	EXPECT_EQ(NFPT_L2TP_OCCN, 9);
	EXPECT_EQ(NFPT_L2TP_ICRQ, 10);
	EXPECT_EQ(NFPT_L2TP_ICRP, 11);
	EXPECT_EQ(NFPT_L2TP_ICCN, 12);
	EXPECT_EQ(NFPT_L2TP_CDN, 14);
	EXPECT_EQ(NFPT_L2TP_WEN, 15);
	EXPECT_EQ(NFPT_L2TP_SLI, 16);
	EXPECT_EQ(NFPT_L2TP_ACK, 20);
}

/* As xl2tpd sends it, byte by byte. */
TEST(L2tpControl, SccrqOfXl2tpd)
{
	const Bytes p = {
		0xc8, 0x02, 0x00, 0x5c, 0, 0, 0, 0, 0, 0, 0, 0,
		0x80, 0x08, 0, 0, 0, 0, 0, 1,
		0x80, 0x08, 0, 0, 0, 2, 1, 0,
		0x80, 0x0a, 0, 0, 0, 3, 0, 0, 0, 3,
		0x80, 0x0a, 0, 0, 0, 4, 0, 0, 0, 0,
		0x00, 0x08, 0, 0, 0, 6, 0x06, 0x90,
		0x80, 0x09, 0, 0, 0, 7, 'l', 'a', 'c',
		0x00, 0x0b, 0, 0, 0, 8, 'x', 'e', 'l', 'e', 'r',
		0x80, 0x08, 0, 0, 0, 9, 0xa5, 0x5a,
		0x80, 0x08, 0, 0, 0, 10, 0, 4,
	};
	nfpt_l2tp_control control;
	nfpt_l2tp l2tp;

	ASSERT_TRUE(parse(Kind::v2_udp, p, l2tp));
	EXPECT_EQ(l2tp.tunnel, 0u);
	EXPECT_EQ(l2tp.length, p.size());
	ASSERT_TRUE(parse(Kind::v2_udp, p, control));
	EXPECT_EQ(control.type, NFPT_L2TP_SCCRQ);
	EXPECT_FALSE(control.digest);
	EXPECT_TRUE(control.tunnel.present);
	EXPECT_FALSE(control.tunnel.hidden);
	EXPECT_EQ(control.tunnel.size, 2);
	EXPECT_EQ(control.tunnel.at, 82);
	EXPECT_EQ(control.tunnel.value, 0xa55au);
	EXPECT_FALSE(control.connection.present);
	EXPECT_FALSE(control.local.present);
	EXPECT_FALSE(control.remote.present);
	EXPECT_EQ(std::string(&p[control.name_at], &p[control.name_at] + control.name_len), "lac");
}

TEST(L2tpControl, NoBodyOnlyAcknowledges)
{
	for (auto kind : kinds) {
		nfpt_l2tp_control said;

		ASSERT_TRUE(parse(kind, control(kind, 7, 1, 2, {}), said));
		EXPECT_EQ(said.type, 0);
		EXPECT_FALSE(said.digest);
		EXPECT_FALSE(said.tunnel.present || said.connection.present ||
			     said.local.present || said.remote.present);
		EXPECT_EQ(said.name_at | said.name_len, 0);
	}
}

TEST(L2tpControl, AllMessageTypes)
{
	for (auto kind : kinds) {
		auto p = message(kind, 1);
		nfpt_l2tp_control said;
		nfpt_l2tp l2tp;

		ASSERT_TRUE(parse(kind, p, l2tp));
		for (unsigned type = 0; type <= 0xffff; type++) {
			nfpt_put_be16(&p[18 + zeros(kind)], static_cast<uint16_t>(type));
			ASSERT_EQ(nfpt_l2tp_parse_control(p.data(), l2tp.length, &l2tp, &said),
				  type != 0) << type;
			ASSERT_TRUE(!type || said.type == type);
		}
	}
}

/* Which AVPs of interest each message has, RFC 2661 section 6, RFC 3931 section 6. */
struct Message {
	unsigned type;
	std::initializer_list<unsigned> v2, v3;
};

const Message messages[] = {
	{NFPT_L2TP_SCCRQ, {7, 9}, {7, 61}},
	{NFPT_L2TP_SCCRP, {7, 9}, {7, 61}},
	{NFPT_L2TP_SCCCN, {}, {}},
	{NFPT_L2TP_STOPCCN, {9}, {61}},
	{NFPT_L2TP_HELLO, {}, {}},
	{NFPT_L2TP_OCRQ, {14}, {63, 64}},
	{NFPT_L2TP_OCRP, {14}, {63, 64}},
	{NFPT_L2TP_OCCN, {}, {63, 64}},
	{NFPT_L2TP_ICRQ, {14}, {63, 64}},
	{NFPT_L2TP_ICRP, {14}, {63, 64}},
	{NFPT_L2TP_ICCN, {}, {63, 64}},
	{NFPT_L2TP_CDN, {14}, {63, 64}},
	{NFPT_L2TP_WEN, {}, {63, 64}},
	{NFPT_L2TP_SLI, {}, {63, 64}},
	{NFPT_L2TP_ACK, {}, {}},
};

const nfpt_l2tp_id *id_of(const nfpt_l2tp_control &said, unsigned type)
{
	switch (type) {
	case 9: return &said.tunnel;
	case 61: return &said.connection;
	case 14:
	case 63: return &said.local;
	case 64: return &said.remote;
	default: return nullptr;
	}
}

constexpr unsigned id_types[] = {9, 14, 61, 63, 64};

unsigned size_of(unsigned type)
{
	return type < 58 ? 2 : 4;
}

uint32_t value_of(unsigned type)
{
	return size_of(type) == 2 ? 0xff00 | type : 0xfedcba00 | type;
}

Bytes id(unsigned type, unsigned flags = mandatory, unsigned vendor = 0)
{
	return avp(type, size_of(type) == 2 ? be16(value_of(type)) : be32(value_of(type)),
		   flags, vendor);
}

Bytes id_hidden(unsigned type, unsigned padding = 16)
{
	return avp(type, Bytes(2 + size_of(type) + padding, 0x5a), mandatory | hidden);
}

const Bytes vector = avp(36, Bytes(16, 0xa5));
const Bytes digest = avp(59, Bytes(17, 0));
const Bytes random_avps[] = {
	avp(1, be16(2)),		/* Result Code */
	avp(10, be16(8)),		/* Receive Window Size */
	avp(11, Bytes(16, 3)),		/* Challenge */
	avp(58, Bytes(9, 1)),		/* Extended Vendor ID */
	avp(0x1234, {}),
	avp(9, Bytes(7), mandatory, 9),	/* a vendor's */
	avp(0, be16(2), mandatory, 9),
	avp(63, {}, 0, 0xffff),
};

void expect_value(const nfpt_l2tp_id &id, const Bytes &p, unsigned type)
{
	ASSERT_TRUE(id.present) << type;
	EXPECT_FALSE(id.hidden);
	EXPECT_EQ(id.size, size_of(type));
	EXPECT_EQ(id.value, value_of(type));
	ASSERT_LE(id.at + id.size, p.size());
	EXPECT_EQ(id.size == 2 ? nfpt_get_be16(&p[id.at]) : nfpt_get_be32(&p[id.at]), id.value);
	EXPECT_EQ(nfpt_get_be16(&p[id.at - 2]), type);
}

void expect_hidden(const nfpt_l2tp_id &id, unsigned type)
{
	EXPECT_TRUE(id.present) << type;
	EXPECT_TRUE(id.hidden);
	EXPECT_EQ(id.size, size_of(type));
	EXPECT_EQ(id.at, 0);
	EXPECT_EQ(id.value, 0u);
}

struct Variant {
	bool hide, digest, others;
};

/* A message in all that may be in it, and where its AVPs end. */
Bytes compose(Kind kind, const Message &m, const Variant &how, std::vector<size_t> *ends = nullptr)
{
	std::vector<Bytes> avps;
	Bytes p;

	if (how.digest)
		avps.push_back(digest);
	if (how.hide)
		avps.push_back(vector);
	for (auto type : kind == Kind::v2_udp ? m.v2 : m.v3) {
		if (how.others)
			avps.insert(avps.end(), std::begin(random_avps), std::end(random_avps));
		if (type == 7)
			avps.push_back(avp(7, text("host.example"), how.hide ? mandatory | hidden :
						   mandatory));
		else
			avps.push_back(how.hide ? id_hidden(type) : id(type));
	}
	p = message(kind, m.type, avps);
	if (ends) {
		*ends = {12 + zeros(kind), 20 + zeros(kind)};
		for (const auto &one : avps)
			ends->push_back(ends->back() + one.size());
	}
	return p;
}

template <typename F> void for_all(F f)
{
	for (auto kind : kinds)
		for (const auto &m : messages)
			for (unsigned bits = 0; bits < 8; bits++)
				f(kind, m, Variant{!!(bits & 1), !!(bits & 2), !!(bits & 4)});
}

TEST(L2tpControl, EachMessage)
{
	for_all([](Kind kind, const Message &m, const Variant &how) {
		const auto p = compose(kind, m, how);
		nfpt_l2tp_control said;
		bool named = false;
		unsigned ids = 0;

		ASSERT_TRUE(parse(kind, p, said)) << m.type;
		EXPECT_EQ(said.type, m.type);
		EXPECT_EQ(said.digest, how.digest);
		for (auto type : kind == Kind::v2_udp ? m.v2 : m.v3) {
			const auto *id = id_of(said, type);

			named |= type == 7;
			if (!id)
				continue;
			ids++;
			if (how.hide)
				expect_hidden(*id, type);
			else
				expect_value(*id, p, type);
		}
		EXPECT_EQ(said.tunnel.present + said.connection.present + said.local.present +
			  said.remote.present, static_cast<int>(ids));
		if (named && !how.hide)
			EXPECT_EQ(std::string(&p[said.name_at], &p[said.name_at] + said.name_len),
				  "host.example");
		else
			EXPECT_EQ(said.name_at | said.name_len, 0);
	});
}

TEST(L2tpControl, EveryTruncation)
{
	for_all([](Kind kind, const Message &m, const Variant &how) {
		std::vector<size_t> ends;
		const auto whole = compose(kind, m, how, &ends);

		ASSERT_EQ(ends.back(), whole.size());
		for (size_t len = 0; len <= whole.size(); len++) {
			const Bytes part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(len));
			nfpt_l2tp_control said;
			nfpt_l2tp l2tp;
			Bytes shorter = part;

			/* not all can be read */
			ASSERT_TRUE(parse(kind, whole, l2tp));
			EXPECT_EQ(nfpt_l2tp_parse_control(part.data(), static_cast<uint32_t>(len),
							  &l2tp, &said), len == whole.size());
			EXPECT_EQ(parse(kind, part, l2tp), len == whole.size());
			/* it was sent so */
			if (len < 12 + zeros(kind))
				continue;
			nfpt_put_be16(&shorter[zeros(kind) + 2],
				      static_cast<uint16_t>(len - zeros(kind)));
			EXPECT_EQ(parse(kind, shorter, said),
				  std::find(ends.begin(), ends.end(), len) != ends.end())
				<< m.type << " " << len;
		}
	});
}

TEST(L2tpControl, BytesBehindItAreNobodys)
{
	for (auto kind : kinds) {
		auto p = message(kind, NFPT_L2TP_SCCRQ, {id(61)});
		nfpt_l2tp_control said;

		add(p, id(9));
		add(p, Bytes(5, 0xff));
		ASSERT_TRUE(parse(kind, p, said));
		EXPECT_TRUE(said.connection.present);
		EXPECT_FALSE(said.tunnel.present);
	}
}

TEST(L2tpControl, DataHasNone)
{
	const Bytes p = data_v2(0, 1, 2, 0, Bytes(40));
	nfpt_l2tp_control said;

	EXPECT_FALSE(parse(Kind::v2_udp, p, said));
	EXPECT_FALSE(parse(Kind::v3_ip, Bytes(20, 1), said));
}

TEST(L2tpControl, TheMessageTypeIsFirst)
{
	for (auto kind : kinds) {
		const auto said = [kind](const std::vector<Bytes> &avps) {
			nfpt_l2tp_control said;

			return parse(kind, control(kind, 1, 0, 0, avps), said);
		};
		const auto type = avp(0, be16(1));

		EXPECT_TRUE(said({type}));
		EXPECT_TRUE(said({avp(0, be16(1), 0)}));
		EXPECT_FALSE(said({id(9), type}));
		EXPECT_FALSE(said({id(9)}));
		EXPECT_FALSE(said({vector, type}));
		EXPECT_FALSE(said({digest, type}));
		EXPECT_FALSE(said({avp(0, be16(1), mandatory, 9), type}));
		EXPECT_FALSE(said({avp(0, be16(1), mandatory | hidden)}));
		EXPECT_FALSE(said({avp(0, Bytes(8), mandatory | hidden)}));
		EXPECT_FALSE(said({avp(0, {})}));
		EXPECT_FALSE(said({avp(0, {1})}));
		EXPECT_FALSE(said({avp(0, {0, 1, 0})}));
		EXPECT_FALSE(said({type, type}));
		EXPECT_FALSE(said({type, id(9), avp(0, be16(2))}));
		EXPECT_TRUE(said({type, avp(0, be16(2), mandatory, 9)}));
	}
}

TEST(L2tpControl, LengthsOfAvps)
{
	for (auto kind : kinds)
		for (unsigned length = 0; length < 1024; length++) {
			nfpt_l2tp_control said;
			auto p = message(kind, NFPT_L2TP_HELLO, {avp(999, Bytes(100))});
			const auto at = 20 + zeros(kind);

			/* what it leaves over is no AVP */
			p = flags(p, at, length, 0x3ff);
			EXPECT_EQ(parse(kind, p, said), length == 106) << length;
		}
	EXPECT_TRUE(well_formed(Kind::v2_udp, 6, {avp(999, Bytes(1017))}));
}

TEST(L2tpControl, LengthsOfIds)
{
	for (auto kind : kinds)
		for (unsigned type : id_types)
			for (unsigned len = 0; len < 12; len++) {
				EXPECT_EQ(well_formed(kind, 1, {avp(type, Bytes(len))}),
					  len == size_of(type)) << type << " " << len;
				EXPECT_EQ(well_formed(kind, 1, {vector, avp(type, Bytes(len), hidden)}),
					  len >= 2 + size_of(type)) << type << " " << len;
				/* others' have what length they like */
				EXPECT_TRUE(well_formed(kind, 1, {avp(type, Bytes(len), 0, 311)}));
			}
}

TEST(L2tpControl, AnIdComesOnce)
{
	for (auto kind : kinds)
		for (unsigned one : id_types)
			for (unsigned other : id_types) {
				nfpt_l2tp_control said{};
				const bool same = id_of(said, one) == id_of(said, other);

				EXPECT_EQ(well_formed(kind, 1, {id(one), id(other)}), !same);
				EXPECT_EQ(well_formed(kind, 1, {vector, id_hidden(one), id(other)}), !same);
				EXPECT_EQ(well_formed(kind, 1, {vector, id(one), id_hidden(other)}), !same);
				EXPECT_EQ(well_formed(kind, 1, {vector, id_hidden(one), id_hidden(other)}),
					  !same);
				EXPECT_TRUE(well_formed(kind, 1, {id(one), id(other, mandatory, 9)}));
			}
}

TEST(L2tpControl, HiddenIdsNeedARandomVectorBeforeThem)
{
	for (auto kind : kinds)
		for (unsigned type : id_types) {
			EXPECT_TRUE(well_formed(kind, 1, {vector, id_hidden(type, 0)}));
			EXPECT_TRUE(well_formed(kind, 1, {vector, vector, id_hidden(type)}));
			EXPECT_TRUE(well_formed(kind, 1, {avp(36, {}), id_hidden(type)}));
			EXPECT_FALSE(well_formed(kind, 1, {id_hidden(type)}));
			EXPECT_FALSE(well_formed(kind, 1, {id_hidden(type), vector}));
			EXPECT_FALSE(well_formed(kind, 1, {avp(36, Bytes(16), hidden), id_hidden(type)}));
			EXPECT_FALSE(well_formed(kind, 1, {avp(36, Bytes(16), 0, 9), id_hidden(type)}));
			/* nothing that we would read */
			EXPECT_TRUE(well_formed(kind, 1, {avp(7, Bytes(16), hidden),
							  avp(11, Bytes(16), hidden)}));
		}
}

TEST(L2tpControl, SomeHiddenSomeNot)
{
	const auto p = message(Kind::v3_udp, NFPT_L2TP_ICRP, {id(63), vector, id_hidden(64), id(61)});
	nfpt_l2tp_control said;

	ASSERT_TRUE(parse(Kind::v3_udp, p, said));
	expect_value(said.local, p, 63);
	expect_hidden(said.remote, 64);
	expect_value(said.connection, p, 61);
}

TEST(L2tpControl, FlagsOfIds)
{
	for (auto kind : kinds)
		for (unsigned type : id_types) {
			nfpt_l2tp_control said;
			auto p = message(kind, 1, {id(type, 0)});

			ASSERT_TRUE(parse(kind, p, said));
			expect_value(*id_of(said, type), p, type);
			/* version 2: not recognized; version 3: ignored */
			for (unsigned bit : {0x2000u, 0x1000u, 0x0800u, 0x0400u}) {
				p = message(kind, 1, {id(type, bit)});
				ASSERT_TRUE(parse(kind, p, said));
				EXPECT_EQ(id_of(said, type)->present, kind != Kind::v2_udp);
				EXPECT_TRUE(well_formed(kind, 1, {id(type), avp(0x999, {}, bit)}));
				EXPECT_EQ(parse(kind, flags(message(kind, 1), 12 + zeros(kind), bit), said),
					  kind != Kind::v2_udp);
			}
		}
}

TEST(L2tpControl, IdsOf0AreIds)
{
	for (auto kind : kinds)
		for (unsigned type : id_types) {
			const auto p = message(kind, 10, {avp(type, Bytes(size_of(type)))});
			nfpt_l2tp_control said;

			ASSERT_TRUE(parse(kind, p, said));
			EXPECT_TRUE(id_of(said, type)->present);
			EXPECT_EQ(id_of(said, type)->value, 0u);
			EXPECT_NE(id_of(said, type)->at, 0);
		}
}

/* RFC 3931 section 4.7.3: whoever understands version 3 answers with it. */
TEST(L2tpControl, AnSccrqThatOffersBothVersions)
{
	const auto p = message(Kind::v2_udp, NFPT_L2TP_SCCRQ,
			       {digest, avp(7, text("x")), id(9), id(61, 0)});
	nfpt_l2tp_control said;

	ASSERT_TRUE(parse(Kind::v2_udp, p, said));
	expect_value(said.tunnel, p, 9);
	expect_value(said.connection, p, 61);
	EXPECT_TRUE(said.digest);
}

TEST(L2tpControl, Digest)
{
	for (auto kind : kinds) {
		nfpt_l2tp_control said;

		/* two while a secret is replaced; if in doubt, there is one */
		for (const std::vector<Bytes> &avps : {std::vector<Bytes>{digest}, {digest, digest},
						       {avp(59, Bytes(21))}, {avp(59, {})},
						       {id(64), avp(59, Bytes(17), hidden)}}) {
			ASSERT_TRUE(parse(kind, message(kind, 1, avps), said));
			EXPECT_TRUE(said.digest);
		}
		ASSERT_TRUE(parse(kind, message(kind, 1, {avp(59, Bytes(17), 0, 9)}), said));
		EXPECT_FALSE(said.digest);
	}
}

TEST(L2tpControl, HostName)
{
	for (auto kind : kinds) {
		const auto name = [kind](const std::vector<Bytes> &avps) {
			const auto p = message(kind, 1, avps);
			nfpt_l2tp_control said;

			EXPECT_TRUE(parse(kind, p, said));
			EXPECT_EQ(!said.name_at, !said.name_len);
			EXPECT_LE(said.name_at + said.name_len, static_cast<int>(p.size()));
			return std::string(p.begin() + said.name_at,
					   p.begin() + said.name_at + said.name_len);
		};

		EXPECT_EQ(name({avp(7, text("a"))}), "a");
		EXPECT_EQ(name({avp(7, Bytes(1017, 'b'))}), std::string(1017, 'b'));
		EXPECT_EQ(name({avp(7, text("first")), avp(7, text("second"))}), "first");
		EXPECT_EQ(name({avp(7, {}), avp(7, text("second"))}), "second");
		EXPECT_EQ(name({avp(7, {})}), "");
		EXPECT_EQ(name({vector, avp(7, Bytes(18), hidden)}), "");
		EXPECT_EQ(name({avp(7, text("vendor"), 0, 9)}), "");
		EXPECT_EQ(name({}), "");
	}
}

/* As long as they come: the last id is at the end of 16 bits of offset. */
TEST(L2tpControl, TheLongestMessages)
{
	for (auto kind : kinds) {
		const unsigned room = 0xffff - zeros(kind) - 12 - 8 - 10;
		std::vector<Bytes> avps(room / 1023, avp(999, Bytes(1017)));
		nfpt_l2tp_control said;

		avps.push_back(avp(999, Bytes(room % 1023 - 6)));
		avps.push_back(id(61));
		const auto p = message(kind, 1, avps);
		ASSERT_EQ(p.size(), 0xffffu);
		ASSERT_TRUE(parse(kind, p, said));
		expect_value(said.connection, p, 61);
		EXPECT_EQ(said.connection.at, 0xfffb);
	}
}

} /* namespace */
