// SPDX-License-Identifier: GPL-2.0
/* IKE: the header, and that each exchange counts once. */
#include <gtest/gtest.h>

#include <vector>

#include <passthrough/wire/ike.h>

namespace {

using Bytes = std::vector<uint8_t>;

Bytes message(uint32_t length = 28, unsigned version = 0x20)
{
	Bytes p(28);

	for (unsigned i = 0; i < 16; i++)
		p[i] = static_cast<uint8_t>(i + 1);
	p[16] = 33;
	p[17] = static_cast<uint8_t>(version);
	p[18] = NFPT_IKE_CREATE_CHILD;
	p[19] = NFPT_IKE_INITIATOR | NFPT_IKE_RESPONSE;
	nfpt_put_be32(&p[20], 0xfedcba98);
	nfpt_put_be32(&p[24], length);
	return p;
}

bool parse(const Bytes &p, nfpt_ike &ike)
{
	const Bytes exact(p);

	return nfpt_ike_parse(exact.data(), static_cast<uint32_t>(exact.size()),
			      static_cast<uint32_t>(exact.size()), &ike);
}

TEST(IkeHeader, Fields)
{
	nfpt_ike ike;

	ASSERT_TRUE(parse(message(), ike));
	EXPECT_EQ(ike.ispi, 0x0102030405060708u);
	EXPECT_EQ(ike.rspi, 0x090a0b0c0d0e0f10u);
	EXPECT_EQ(ike.version, 2);
	EXPECT_EQ(ike.exchange, NFPT_IKE_CREATE_CHILD);
	EXPECT_EQ(ike.flags, NFPT_IKE_INITIATOR | NFPT_IKE_RESPONSE);
	EXPECT_EQ(ike.msgid, 0xfedcba98u);
	EXPECT_EQ(ike.length, 28u);
}

TEST(IkeHeader, WhatIsNone)
{
	nfpt_ike ike;
	Bytes p;

	for (size_t len = 0; len < 28; len++) {
		p = message();
		p.resize(len);
		EXPECT_FALSE(parse(p, ike)) << len;
	}
	for (unsigned v = 0; v < 256; v++)
		EXPECT_EQ(parse(message(28, v), ike), v >> 4 == 1 || v >> 4 == 2) << v;
	EXPECT_FALSE(parse(message(27), ike));
	EXPECT_FALSE(parse(message(29), ike));
	EXPECT_FALSE(parse(message(0xffffffff), ike));

	p = message();
	std::fill(p.begin(), p.begin() + 8, 0);
	EXPECT_FALSE(parse(p, ike));
}

TEST(IkeHeader, AllExchangeTypesAndALongDatagram)
{
	nfpt_ike ike;

	for (unsigned type = 0; type < 256; type++) {
		auto p = message();

		p[18] = static_cast<uint8_t>(type);
		EXPECT_TRUE(parse(p, ike)) << type;
	}
	EXPECT_TRUE(nfpt_ike_parse(message(400).data(), 28, 400, &ike));
	EXPECT_FALSE(nfpt_ike_parse(message(400).data(), 28, 399, &ike));
	EXPECT_TRUE(nfpt_ike_parse(message(300).data(), 28, 400, &ike));
}

TEST(IkeHeader, First)
{
	nfpt_ike ike{};

	ike.ispi = 1;
	for (unsigned type = 0; type < 256; type++) {
		ike.exchange = static_cast<uint8_t>(type);
		EXPECT_EQ(nfpt_ike_is_first(&ike), type == NFPT_IKE_SA_INIT ||
			  type == NFPT_IKE_V1_MAIN || type == NFPT_IKE_V1_AGGRESSIVE);
	}
	ike.exchange = NFPT_IKE_SA_INIT;
	ike.rspi = 1;
	EXPECT_FALSE(nfpt_ike_is_first(&ike));
}

constexpr unsigned host = 0, gateway = 1;
constexpr unsigned begun = NFPT_IKE_BEGUN;
constexpr unsigned child = NFPT_IKE_DONE_CHILD;
constexpr unsigned rekey = NFPT_IKE_DONE_CHILD | NFPT_IKE_DONE_REKEY;

struct Ike2 {
	nfpt_ike_sa sa{};

	unsigned operator()(unsigned from, unsigned exchange, uint32_t msgid, bool response)
	{
		const nfpt_ike m = {1, 2, 2, static_cast<uint8_t>(exchange),
				    static_cast<uint8_t>(response ? NFPT_IKE_RESPONSE : 0),
				    msgid, 28};

		return nfpt_ike_sa_step(&sa, &m, from);
	}
};

TEST(Ikev2, ResponsesCountOnce)
{
	Ike2 ike;

	EXPECT_EQ(ike(host, NFPT_IKE_SA_INIT, 0, false), 0u);
	EXPECT_EQ(ike(gateway, NFPT_IKE_SA_INIT, 0, true), 0u);
	EXPECT_EQ(ike(host, NFPT_IKE_AUTH, 1, false), begun);
	EXPECT_EQ(ike(host, NFPT_IKE_AUTH, 1, false), begun);
	EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, 1, true), child);
	EXPECT_EQ(ike(host, NFPT_IKE_AUTH, 1, false), 0u);
	EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, 1, true), 0u);
	EXPECT_EQ(ike(host, NFPT_IKE_INFO, 2, false), 0u);
	EXPECT_EQ(ike(gateway, NFPT_IKE_INFO, 2, true), 0u);
	EXPECT_EQ(ike(host, NFPT_IKE_CREATE_CHILD, 3, false), begun);
	EXPECT_EQ(ike(gateway, NFPT_IKE_CREATE_CHILD, 3, true), rekey);
	EXPECT_EQ(ike(gateway, NFPT_IKE_CREATE_CHILD, 3, true), 0u);
	EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, 1, true), 0u);
	EXPECT_EQ(ike.sa.rspi, 2u);
}

TEST(Ikev2, BothEndsCountTheirOwnRequests)
{
	Ike2 ike;

	EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, 1, true), child);
	EXPECT_EQ(ike(host, NFPT_IKE_CREATE_CHILD, 0, true), rekey);
	EXPECT_EQ(ike(gateway, NFPT_IKE_CREATE_CHILD, 2, true), rekey);
	EXPECT_EQ(ike(host, NFPT_IKE_CREATE_CHILD, 1, true), rekey);
	EXPECT_EQ(ike(host, NFPT_IKE_CREATE_CHILD, 0, true), 0u);
}

TEST(Ikev2, RoundsOfEapAreOneExchange)
{
	Ike2 ike;

	EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, 1, true), child);
	for (uint32_t id = 2; id < 6; id++) {
		EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, id, true), NFPT_IKE_DONE_ROUND + 0u);
		EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, id, true), 0u);
	}
	EXPECT_EQ(ike(gateway, NFPT_IKE_CREATE_CHILD, 6, true), rekey);
}

TEST(Ikev2, MessageIdsDoNotWrap)
{
	Ike2 ike;

	EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, 1, true), child);
	EXPECT_EQ(ike(gateway, NFPT_IKE_CREATE_CHILD, 0xfffffff0, true), rekey);
	EXPECT_EQ(ike(gateway, NFPT_IKE_CREATE_CHILD, 1, true), 0u);
	EXPECT_EQ(ike(gateway, NFPT_IKE_CREATE_CHILD, 0xffffffff, true), rekey);
	EXPECT_EQ(ike(gateway, NFPT_IKE_CREATE_CHILD, 0xffffffff, true), 0u);
}

TEST(Ikev2, AnotherInitiatorIsAnotherSa)
{
	Ike2 ike;
	const nfpt_ike m = {7, 2, 2, NFPT_IKE_AUTH, NFPT_IKE_RESPONSE, 1, 28};

	EXPECT_EQ(ike(host, NFPT_IKE_AUTH, 1, false), begun);
	EXPECT_EQ(nfpt_ike_sa_step(&ike.sa, &m, gateway), 0u);
	EXPECT_EQ(ike(gateway, NFPT_IKE_AUTH, 1, true), child);
}

struct Ike1 {
	nfpt_ike_sa sa{};

	unsigned operator()(unsigned from, uint32_t msgid, unsigned exchange = NFPT_IKE_V1_QUICK)
	{
		const nfpt_ike m = {1, 2, 1, static_cast<uint8_t>(exchange), 1, msgid, 28};

		return nfpt_ike_sa_step(&sa, &m, from);
	}
};

TEST(Ikev1, TheSecondMessageCompletesAQuickMode)
{
	for (unsigned asker : {host, gateway}) {
		Ike1 ike;

		EXPECT_EQ(ike(asker, 0, NFPT_IKE_V1_MAIN), 0u);
		EXPECT_EQ(ike(asker, 9), begun);
		EXPECT_EQ(ike(asker, 9), 0u);
		EXPECT_EQ(ike(!asker, 9), child);
		EXPECT_EQ(ike(asker, 9), 0u);
		EXPECT_EQ(ike(!asker, 9), 0u);
		EXPECT_EQ(ike(asker, 9), 0u);
		EXPECT_EQ(ike(!asker, 8, NFPT_IKE_V1_INFO), 0u);
	}
}

TEST(Ikev1, QuickModesInterleave)
{
	Ike1 ike;

	for (uint32_t id = 1; id <= NFPT_IKE_QUICKS; id++)
		EXPECT_EQ(ike(id & 1, id), begun);
	for (uint32_t id = NFPT_IKE_QUICKS; id > 0; id--)
		EXPECT_EQ(ike(!(id & 1), id), child) << id;
	for (uint32_t id = 1; id <= NFPT_IKE_QUICKS; id++) {
		EXPECT_EQ(ike(id & 1, id), 0u);
		EXPECT_EQ(ike(!(id & 1), id), 0u);
	}
	/* the oldest are forgotten, for the new ones' sake */
	EXPECT_EQ(ike(host, 100), begun);
	EXPECT_EQ(ike(gateway, 100), child);
}

TEST(Ikev1, MessageIdZeroIsPhaseOne)
{
	Ike1 ike;

	EXPECT_EQ(ike(host, 0), 0u);
	EXPECT_EQ(ike(gateway, 0), 0u);
}

} /* namespace */
