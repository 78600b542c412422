// SPDX-License-Identifier: GPL-2.0
/* GRE: the header parser, over all 65536 flag words. */
#include <gtest/gtest.h>

#include <vector>

#include <passthrough/wire/gre.h>

namespace {

std::vector<uint8_t> packet(unsigned flags, unsigned proto, unsigned id)
{
	const auto b = [](unsigned v) { return static_cast<uint8_t>(v); };

	return {b(flags >> 8), b(flags), b(proto >> 8), b(proto), 0, 0,
		b(id >> 8), b(id)};
}

nfpt_gre_kind parse(const std::vector<uint8_t> &p, uint16_t &id)
{
	return nfpt_gre_parse(p.data(), static_cast<uint32_t>(p.size()), &id);
}

TEST(Gre, EveryFlagWord)
{
	for (unsigned flags = 0; flags < 0x10000; flags++) {
		const bool v1 = (flags & 7) == 1;
		const bool ok = flags == 0x2001 || flags == 0x3001 ||
				flags == 0x2081 || flags == 0x3081;
		uint16_t id = 0xdead;
		const auto kind = parse(packet(flags, 0x880B, 0x1234), id);

		ASSERT_EQ(kind, ok ? NFPT_GRE_PPTP : v1 ? NFPT_GRE_MALFORMED :
			  NFPT_GRE_OTHER) << std::hex << flags;
		ASSERT_EQ(id, ok ? 0x1234 : 0xdead);
	}
}

TEST(Gre, EveryCallId)
{
	for (unsigned want = 0; want < 0x10000; want++) {
		uint16_t id = static_cast<uint16_t>(~want);

		ASSERT_EQ(parse(packet(0x3081, 0x880B, want), id), NFPT_GRE_PPTP);
		ASSERT_EQ(id, want);
	}
}

TEST(Gre, OtherProtocolInVersion1IsMalformed)
{
	uint16_t id = 0;

	for (unsigned proto : {0u, 0x0800u, 0x880Au, 0x0B88u, 0xffffu})
		EXPECT_EQ(parse(packet(0x2001, proto, 1), id), NFPT_GRE_MALFORMED);
}

TEST(Gre, ShortOnes)
{
	uint16_t id = 0;

	for (size_t len = 0; len < 8; len++) {
		auto p = packet(0x3001, 0x880B, 1);
		auto v0 = packet(0, 0x0800, 1);

		p.resize(len);
		p.shrink_to_fit();
		v0.resize(len);
		EXPECT_EQ(parse(p, id), NFPT_GRE_MALFORMED) << len;
		EXPECT_EQ(parse(v0, id), len < 2 ? NFPT_GRE_MALFORMED :
			  NFPT_GRE_OTHER) << len;
	}
}

} /* namespace */
