// SPDX-License-Identifier: GPL-2.0
/* ESP: its clear part, and what a datagram on port 4500 is. */
#include <gtest/gtest.h>

#include <vector>

#include <passthrough/wire/esp.h>

namespace {

std::vector<uint8_t> packet(uint32_t spi, uint32_t seq)
{
	std::vector<uint8_t> p(8);

	nfpt_put_be32(p.data(), spi);
	nfpt_put_be32(p.data() + 4, seq);
	return p;
}

nfpt_natt_kind natt(std::vector<uint8_t> p)
{
	p.shrink_to_fit();
	return nfpt_natt_parse(p.data(), static_cast<uint32_t>(p.size()));
}

TEST(Esp, ReservedSpisAreNone)
{
	for (uint32_t want : {0u, 1u, 255u, 256u, 257u, 0x80000000u, 0xffffffffu}) {
		uint32_t spi = 0xdead, seq = 0xbeef;
		const bool ok = nfpt_esp_parse(packet(want, ~want).data(), 8, &spi, &seq);

		EXPECT_EQ(ok, want >= 256) << want;
		EXPECT_EQ(spi, ok ? want : 0xdead);
		EXPECT_EQ(seq, ok ? ~want : 0xbeef);
	}
}

TEST(Esp, ShortOnes)
{
	for (uint32_t len = 0; len < 8; len++) {
		auto p = packet(0x12345678, 1);
		uint32_t spi, seq;

		p.resize(len);
		p.shrink_to_fit();
		EXPECT_FALSE(nfpt_esp_parse(p.data(), len, &spi, &seq)) << len;
	}
}

TEST(Natt, Kinds)
{
	EXPECT_EQ(natt({0xff}), NFPT_NATT_KEEPALIVE);
	EXPECT_EQ(natt({0xfe}), NFPT_NATT_MALFORMED);
	EXPECT_EQ(natt({0xff, 0xff}), NFPT_NATT_MALFORMED);
	EXPECT_EQ(natt({}), NFPT_NATT_MALFORMED);
	EXPECT_EQ(natt({0, 0, 0, 0}), NFPT_NATT_MALFORMED);
	EXPECT_EQ(natt(packet(0, 0)), NFPT_NATT_IKE);
	EXPECT_EQ(natt(packet(0, 0xffffffff)), NFPT_NATT_IKE);
	EXPECT_EQ(natt(packet(1, 1)), NFPT_NATT_MALFORMED);
	EXPECT_EQ(natt(packet(255, 1)), NFPT_NATT_MALFORMED);
	EXPECT_EQ(natt(packet(256, 1)), NFPT_NATT_ESP);
	EXPECT_EQ(natt(packet(0xff000000, 1)), NFPT_NATT_ESP);
}

} /* namespace */
