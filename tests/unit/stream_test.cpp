// SPDX-License-Identifier: GPL-2.0
/* Stream: the rules of pptp_stream.h one by one. */
#include <gtest/gtest.h>

#include <functional>

#include "pptp_model.hpp"

namespace {

using model::Bytes;
using model::Mapping;
using model::Router;
using model::message;
using model::operator+=;

constexpr uint32_t start = 0xfffffff0;	/* wraps in the first message */

std::span<const uint8_t> cut(const Bytes &b, size_t from, size_t to)
{
	return std::span(b).subspan(from, to - from);
}

uint32_t seq(size_t at)
{
	return start + static_cast<uint32_t>(at);
}

/* Ops of which each test says what they do. */
struct Custom {
	std::function<uint16_t(uint8_t, nfpt_pptp_owner, uint16_t)> id;
	std::function<bool(uint8_t, uint8_t *)> hi;
	std::vector<nfpt_pptp_msg> messages;

	static uint16_t map_id(void *c, uint8_t type, nfpt_pptp_owner owner,
			       uint16_t id)
	{
		return static_cast<Custom *>(c)->id(type, owner, id);
	}
	static bool map_hi(void *c, uint8_t, nfpt_pptp_owner, uint8_t hi,
			   uint8_t *out)
	{
		return static_cast<Custom *>(c)->hi(hi, out);
	}
	static void message(void *c, const nfpt_pptp_msg *m)
	{
		static_cast<Custom *>(c)->messages.push_back(*m);
	}
	static inline const nfpt_pptp_ops ops = {map_id, map_hi, message};
};

/* Scatters all ids, can tell no first byte. */
const Mapping never(7, Mapping::Mode::never);
const Mapping always(7, Mapping::Mode::always);

TEST(Stream, WholeMessagesOfEveryType)
{
	for (unsigned type = 1; type <= 15; type++) {
		const Bytes m = message(type, 0x0102, 0x0304, 5);
		const auto want = model::rewrite(m, never);
		Router r(start, 4, never);
		const auto got = r.feed(start, m);

		EXPECT_EQ(got.verdict, NFPT_PPTP_PASS);
		EXPECT_EQ(got.data, want.out) << type;
		EXPECT_EQ(got.out.changed, want.out != m) << type;
		EXPECT_EQ(got.out.keep, m.size());
		EXPECT_EQ(got.out.prepend_len, 0);
		EXPECT_EQ(got.out.messages, 1);
		EXPECT_EQ(got.out.rewritten, model::layout(type)->fields.size());
		EXPECT_EQ(r.glue.asked, want.asked);
		ASSERT_EQ(r.glue.told, want.told);
		EXPECT_EQ(r.glue.told[0].result,
			  model::layout(type)->result ? 5u : 0u);
		EXPECT_EQ(r.s.next, seq(m.size()));
	}
}

TEST(Stream, OnlyFieldsOfTheTableChange)
{
	/* an independent look: which bytes differ at all */
	const Mapping flip(3, Mapping::Mode::never);

	for (unsigned type = 1; type <= 15; type++) {
		const Bytes m = message(type, 0x1111, 0x2222);
		Router r(start, 4, flip);
		const auto got = r.feed(start, m).data;
		const size_t end = 12 + 2 * model::layout(type)->fields.size();

		for (size_t i = 0; i < m.size(); i++) {
			if (i < 12 || i >= end) {
				EXPECT_EQ(got[i], m[i]) << type << '@' << i;
			}
		}
	}
}

TEST(Stream, NothingToDo)
{
	Router r(start, 1, never);
	const auto got = r.feed(start + 12345, {});

	EXPECT_EQ(got.verdict, NFPT_PPTP_PASS);
	EXPECT_EQ(got.out.keep, 0u);
	EXPECT_EQ(r.s.next, start);
}

TEST(Stream, IdsGoIntoTheCallsBeforeTheMessage)
{
	std::vector<int> order;
	Custom c{[&](uint8_t, nfpt_pptp_owner owner, uint16_t id) {
			 order.push_back(owner == NFPT_PPTP_SENDER ? 1 : 2);
			 return id;
		 },
		 [](uint8_t, uint8_t *) { return false; }, {}};
	Bytes m = message(NFPT_PPTP_OCRP, 10, 20, 2);
	nfpt_patch log[2];
	nfpt_pptp_stream s;
	nfpt_pptp_out out;

	nfpt_pptp_stream_init(&s, start, log, 2);
	nfpt_pptp_stream_feed(&s, start, m.data(), 16, &Custom::ops, &c, &out);
	EXPECT_EQ(order, (std::vector{1, 2}));
	EXPECT_TRUE(c.messages.empty());
	nfpt_pptp_stream_feed(&s, seq(16), &m[16], 7, &Custom::ops, &c, &out);
	EXPECT_TRUE(c.messages.empty());
	nfpt_pptp_stream_feed(&s, seq(23), &m[23], 1, &Custom::ops, &c, &out);
	ASSERT_EQ(c.messages.size(), 1u);
	EXPECT_EQ(c.messages[0].id[0], 10);
	EXPECT_EQ(c.messages[0].id[1], 20);
	EXPECT_EQ(c.messages[0].result, 2);
	EXPECT_TRUE(c.messages[0].wellformed);
	EXPECT_EQ(out.messages, 1);
	EXPECT_FALSE(out.changed);
	EXPECT_EQ(nfpt_pptp_stream_log_free(&s), 2);
}

TEST(Stream, AheadIsDroppedAndChangesNothing)
{
	const Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);
	Router r(start, 4, never);

	for (size_t at : {1, 5, 12, 13, 15}) {
		const auto got = r.feed(seq(at), cut(m, at, 16));

		EXPECT_EQ(got.verdict, NFPT_PPTP_AHEAD);
		EXPECT_EQ(got.out.keep, 0u);
	}
	EXPECT_EQ(r.s.next, start);
	EXPECT_EQ(r.feed(start, m).data, model::rewrite(m, never).out);
}

TEST(Stream, WithheldByteComesAgain)
{
	const Bytes m = message(NFPT_PPTP_OCRP, 0x0102, 0x0304);
	const auto want = model::rewrite(m, never);

	for (size_t at : {12, 14}) {
		Router r(start, 4, never);
		const auto a = r.feed(start, cut(m, 0, at + 1));

		EXPECT_EQ(a.verdict, NFPT_PPTP_PASS);
		EXPECT_EQ(a.out.keep, at);
		EXPECT_TRUE(a.out.withheld);
		EXPECT_EQ(r.s.next, seq(at));

		const auto b = r.feed(seq(at), cut(m, at, m.size()));

		EXPECT_EQ(b.seq, seq(at));
		EXPECT_EQ(b.out.prepend_len, 0);
		EXPECT_EQ(b.data, Bytes(want.out.begin() + static_cast<long>(at),
					want.out.end()));
		EXPECT_EQ(r.glue.asked, want.asked);
		EXPECT_EQ(r.glue.told, want.told);
	}
}

TEST(Stream, WithheldByteIsPutInFront)
{
	const Bytes m = message(NFPT_PPTP_OCRP, 0x0102, 0x0304);
	const auto want = model::rewrite(m, never);

	for (size_t at : {12, 14}) {
		Router r(start, 4, never);

		r.feed(start, cut(m, 0, at + 1));
		/* further on than the next byte: no */
		EXPECT_EQ(r.feed(seq(at + 2), cut(m, at + 2, at + 4)).verdict,
			  NFPT_PPTP_AHEAD);

		const auto b = r.feed(seq(at + 1), cut(m, at + 1, m.size()));

		EXPECT_EQ(b.out.prepend_len, 1);
		EXPECT_EQ(b.seq, seq(at));
		EXPECT_EQ(b.data, Bytes(want.out.begin() + static_cast<long>(at),
					want.out.end()));
		EXPECT_EQ(r.glue.asked, want.asked);
		EXPECT_EQ(r.glue.told, want.told);

		/* it is in front of one segment only */
		EXPECT_EQ(r.feed(seq(m.size() + 1), m).verdict, NFPT_PPTP_AHEAD);

		/* lost behind the router: both segments come again as they were */
		EXPECT_EQ(r.feed(start, cut(m, 0, at + 1)).data,
			  Bytes(want.out.begin(),
				want.out.begin() + static_cast<long>(at + 1)));
		EXPECT_EQ(r.feed(seq(at + 1), cut(m, at + 1, m.size())).data,
			  Bytes(want.out.begin() + static_cast<long>(at + 1),
				want.out.end()));
	}
}

TEST(Stream, WithheldByteIsForgottenWhenTheStreamGoesOn)
{
	const Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);
	Router r(start, 4, never);

	r.feed(start, cut(m, 0, 13));
	r.feed(seq(12), cut(m, 12, 15));
	EXPECT_EQ(r.feed(seq(16), cut(m, 15, 16)).verdict, NFPT_PPTP_AHEAD);
	EXPECT_EQ(r.feed(seq(15), cut(m, 15, 16)).verdict, NFPT_PPTP_PASS);
	EXPECT_EQ(r.glue.told.size(), 1u);
}

TEST(Stream, FirstByteToldGoesAtOnce)
{
	const Bytes m = message(NFPT_PPTP_OCRP, 0x0102, 0x0304);
	const auto want = model::rewrite(m, always);

	for (size_t at : {12, 14}) {
		Router r(start, 4, always);
		const auto a = r.feed(start, cut(m, 0, at + 1));

		EXPECT_EQ(a.out.keep, at + 1);
		EXPECT_FALSE(a.out.withheld);
		EXPECT_EQ(a.data[at], want.out[at]);
		/* and again, before the second is there */
		EXPECT_EQ(r.feed(seq(at), cut(m, at, at + 1)).data[0],
			  want.out[at]);
		/* it is not there to be put in front of anything */
		EXPECT_EQ(r.feed(seq(at + 2), cut(m, at + 2, at + 3)).verdict,
			  NFPT_PPTP_AHEAD);
		/* acknowledged, even */
		nfpt_pptp_stream_acked(&r.s, seq(at + 1));
		EXPECT_EQ(r.feed(seq(at + 1), cut(m, at + 1, m.size())).data,
			  Bytes(want.out.begin() + static_cast<long>(at + 1),
				want.out.end()));
		EXPECT_EQ(r.glue.asked, want.asked);
	}
}

TEST(Stream, BrokenPromiseSendsNothing)
{
	uint16_t answer = 0x6601;
	Custom c{[&](uint8_t, nfpt_pptp_owner, uint16_t) { return answer; },
		 [](uint8_t, uint8_t *out) { *out = 0x55; return true; }, {}};
	Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);
	nfpt_patch log[2];
	nfpt_pptp_stream s;
	nfpt_pptp_out out;

	nfpt_pptp_stream_init(&s, start, log, 2);
	nfpt_pptp_stream_feed(&s, start, m.data(), 13, &Custom::ops, &c, &out);
	EXPECT_EQ(m[12], 0x55);
	for (int i = 0; i < 3; i++) {
		m[12] = 0x01;
		EXPECT_EQ(nfpt_pptp_stream_feed(&s, seq(12), &m[12], 4,
						&Custom::ops, &c, &out),
			  NFPT_PPTP_PASS);
		EXPECT_EQ(out.keep, 1u);
		EXPECT_TRUE(out.split_conflict);
		EXPECT_EQ(m[12], 0x55);
		EXPECT_EQ(m[13], 0x02);
	}
	/* the caller has found an id that fits */
	answer = 0x5577;
	m[12] = 0x01;
	nfpt_pptp_stream_feed(&s, seq(12), &m[12], 4, &Custom::ops, &c, &out);
	EXPECT_EQ(out.keep, 4u);
	EXPECT_FALSE(out.split_conflict);
	EXPECT_EQ(out.rewritten, 1);
	EXPECT_EQ(m[12], 0x55);
	EXPECT_EQ(m[13], 0x77);
}

TEST(Stream, ToldTheSameAndUnchangedNeedsNoLog)
{
	Custom c{[](uint8_t, nfpt_pptp_owner, uint16_t id) { return id; },
		 [](uint8_t hi, uint8_t *out) { *out = hi; return true; }, {}};
	Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);
	const Bytes was = m;
	nfpt_patch log[1];
	nfpt_pptp_stream s;
	nfpt_pptp_out out;

	nfpt_pptp_stream_init(&s, start, log, 1);
	nfpt_pptp_stream_feed(&s, start, m.data(), 13, &Custom::ops, &c, &out);
	EXPECT_FALSE(out.changed);
	EXPECT_EQ(nfpt_pptp_stream_log_free(&s), 0);
	nfpt_pptp_stream_feed(&s, seq(13), &m[13], 3, &Custom::ops, &c, &out);
	EXPECT_FALSE(out.changed);
	EXPECT_EQ(out.rewritten, 0);
	EXPECT_EQ(nfpt_pptp_stream_log_free(&s), 1);
	EXPECT_EQ(m, was);
}

TEST(Stream, FullLogCutsAndAcksMakeRoom)
{
	Bytes in;

	for (unsigned i = 0; i < 4; i++)
		in += message(NFPT_PPTP_CLEAR, 0x0100 + i);

	const auto want = model::rewrite(in, never);
	Router r(start, 2, never);
	auto got = r.feed(start, in);

	EXPECT_EQ(got.out.keep, 2 * 16 + 12u);
	EXPECT_TRUE(got.out.log_full);
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 0);
	/* again, without room: the same */
	got = r.feed(start, in);
	EXPECT_EQ(got.out.keep, 2 * 16 + 12u);
	EXPECT_EQ(got.out.patched, 2);
	EXPECT_EQ(got.data, Bytes(want.out.begin(), want.out.begin() + 44));
	/* half a field acknowledged is not enough */
	nfpt_pptp_stream_acked(&r.s, seq(13));
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 0);
	nfpt_pptp_stream_acked(&r.s, seq(14));
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 1);
	/* an old acknowledgment takes nothing */
	nfpt_pptp_stream_acked(&r.s, seq(1));
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 1);
	got = r.feed(seq(44), cut(in, 44, 64));
	EXPECT_EQ(got.out.keep, 16u);
	nfpt_pptp_stream_acked(&r.s, seq(60));
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 2);
	got = r.feed(seq(60), cut(in, 60, 64));
	EXPECT_EQ(got.out.keep, 4u);
	EXPECT_EQ(r.glue.asked, want.asked);
	EXPECT_EQ(r.glue.told, want.told);
}

TEST(Stream, FullLogAndSplitField)
{
	const Bytes a = message(NFPT_PPTP_CLEAR, 1), b = message(NFPT_PPTP_CLEAR, 2);
	Bytes in = a;

	in += b;
	for (auto mode : {Mapping::Mode::never, Mapping::Mode::always}) {
		uint32_t seed = 0;

		while (model::rewrite(a, Mapping(seed, mode)).out[12] == a[12])
			seed++;

		const Mapping map(seed, mode);
		const auto want = model::rewrite(in, map);
		Router r(start, 1, map);

		EXPECT_EQ(r.feed(start, cut(in, 0, 29)).out.keep, 28u);
		/* the byte was not passed, and there is no room to put it in front */
		auto got = r.feed(seq(29), cut(in, 29, 32));
		EXPECT_EQ(got.verdict, NFPT_PPTP_AHEAD);
		EXPECT_TRUE(got.out.log_full);
		nfpt_pptp_stream_acked(&r.s, seq(28));
		got = r.feed(seq(29), cut(in, 29, 32));
		EXPECT_EQ(got.verdict, NFPT_PPTP_PASS);
		EXPECT_EQ(got.data, Bytes(want.out.begin() + 28, want.out.end()));
	}
}

TEST(Stream, RelogKeepsEverything)
{
	Bytes in;

	for (unsigned i = 0; i < 64; i++)
		in += message(NFPT_PPTP_CLEAR, 0x0100 + i);

	const auto want = model::rewrite(in, never);
	Router r(start, 1, never);
	size_t done = 0;

	while (done < in.size()) {
		const auto got = r.feed(seq(done), cut(in, done, in.size()));

		done += got.out.keep;
		if (got.out.log_full)
			r.grow();
	}
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 0);
	EXPECT_EQ(r.feed(start, in).data, want.out);
}

TEST(Stream, LogIndexWraps)
{
	/* more than 65536 entries pass through, in many logs' sizes */
	const Bytes m = message(NFPT_PPTP_OCRP, 0x0102, 0x0304);
	const auto want = model::rewrite(m, never);
	Router r(start, 8, never);
	uint32_t at = start;

	for (unsigned i = 0; i < 40000; i++) {
		const auto got = r.feed(at, m);

		ASSERT_EQ(got.data, want.out) << i;
		ASSERT_EQ(r.feed(at, m).data, want.out) << i;
		at += static_cast<uint32_t>(m.size());
		if (i % 4 == 3)
			nfpt_pptp_stream_acked(&r.s, at);
	}
}

TEST(Stream, LargestLog)
{
	const Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);
	const auto want = model::rewrite(m, never);
	Router r(start, 32768, never);

	for (unsigned i = 0; i < 32768; i++)
		ASSERT_EQ(r.feed(seq(i * 16), m).data, want.out);
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 0);
	EXPECT_TRUE(r.feed(seq(32768 * 16), m).out.log_full);
	for (unsigned i = 0; i < 32768; i += 97)
		ASSERT_EQ(r.feed(seq(i * 16), m).data, want.out);
	nfpt_pptp_stream_acked(&r.s, seq(32768 * 16));
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 32768);
}

/* Framing errors. */

TEST(Stream, BadHeadersLoseTheFraming)
{
	const auto broken = [](size_t at, unsigned v) {
		Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);

		model::put16(&m[at], v);
		return m;
	};
	Bytes pre = message(NFPT_PPTP_CLEAR, 0x0304);
	const auto want = model::rewrite(pre, never);

	for (const Bytes &bad : {broken(0, 0), broken(0, 11), broken(0, 4097),
				 broken(0, 0xffff), broken(4, 0), broken(6, 0),
				 broken(4, 0x1A2C), broken(6, 0x3C4C)}) {
		Bytes in = pre;

		in += bad;
		in += message(NFPT_PPTP_CLEAR, 0x0506);

		Router r(start, 4, never);
		auto got = r.feed(start, in);
		Bytes out = want.out;

		out.insert(out.end(), in.begin() + 16, in.end());
		EXPECT_TRUE(got.out.lost);
		EXPECT_TRUE(r.s.lost);
		EXPECT_EQ(got.data, out);
		EXPECT_EQ(r.glue.told.size(), 1u);
		/* counted once; all passes; what is logged still applies */
		got = r.feed(start, in);
		EXPECT_FALSE(got.out.lost);
		EXPECT_EQ(got.data, out);
		EXPECT_EQ(r.feed(seq(5000), pre).data, pre);
		EXPECT_EQ(r.feed(seq(in.size()), pre).data, pre);
		nfpt_pptp_stream_acked(&r.s, seq(5000));
		EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 4);
		EXPECT_EQ(r.feed(start, in).data, in);
	}
}

TEST(Stream, MalformedIsSkippedByItsLength)
{
	Bytes not_control = message(NFPT_PPTP_CLEAR, 0x0102);
	Bytes management = message(NFPT_PPTP_CLEAR, 0x0102);

	model::put16(&not_control[2], 0);
	model::put16(&management[2], 2);
	for (const Bytes &bad :
	     {message(0), message(16), message(0x0107, 1, 1, 1, 168),
	      message(0xffff, 0, 0, 0, 4096), message(NFPT_PPTP_OCRQ, 1, 1, 1, 12),
	      message(NFPT_PPTP_OCRQ, 1, 1, 1, 13),
	      message(NFPT_PPTP_OCRQ, 1, 1, 1, 167),
	      message(NFPT_PPTP_OCRP, 1, 1, 1, 33),
	      message(NFPT_PPTP_CLEAR, 1, 1, 1, 15),
	      message(NFPT_PPTP_CLEAR, 1, 1, 1, 4096), not_control, management}) {
		Bytes in = bad;

		in += message(NFPT_PPTP_CLEAR, 0x0506);

		const auto want = model::rewrite(in, never);
		Router whole(start, 4, never), bytewise(start, 4, never);
		const auto got = whole.feed(start, in);

		EXPECT_EQ(got.data, want.out);
		EXPECT_EQ(got.out.malformed, 1);
		EXPECT_EQ(got.out.messages, 1);
		EXPECT_FALSE(got.out.lost);
		ASSERT_EQ(whole.glue.told, want.told);
		EXPECT_FALSE(whole.glue.told[0].wellformed);
		EXPECT_TRUE(std::equal(bad.begin(), bad.end(), got.data.begin()));

		for (size_t i = 0; i < in.size(); i++)
			bytewise.feed(seq(i), cut(in, i, i + 1));
		EXPECT_EQ(bytewise.glue.told, want.told);
	}
}

TEST(Stream, ReservedFieldMayBeAnything)
{
	Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);

	model::put16(&m[10], 0xffff);
	Router r(start, 4, never);
	EXPECT_EQ(r.feed(start, m).data, model::rewrite(m, never).out);
	EXPECT_EQ(r.glue.told.size(), 1u);
}

/* Acknowledgments. */

TEST(Stream, PeerHasWhatNeverPassedHere)
{
	Router r(start, 4, never);
	const Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);

	r.feed(start, m);
	EXPECT_FALSE(nfpt_pptp_stream_acked(&r.s, seq(16)));
	EXPECT_FALSE(nfpt_pptp_stream_acked(&r.s, seq(17)));	/* a FIN */
	EXPECT_FALSE(r.s.lost);
	EXPECT_EQ(r.feed(seq(40), m).verdict, NFPT_PPTP_AHEAD);
	EXPECT_TRUE(nfpt_pptp_stream_acked(&r.s, seq(18)));
	EXPECT_FALSE(nfpt_pptp_stream_acked(&r.s, seq(19)));
	EXPECT_EQ(r.feed(seq(40), m).data, m);
}

TEST(Stream, FinInTheMiddleOfAField)
{
	/* then more data, which no sender may send: the log must stay whole */
	const Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);

	for (uint32_t seed = 0; seed < 16; seed++) {
		const Mapping map(seed, Mapping::Mode::always);
		Router r(start, 2, map);

		r.feed(start, cut(m, 0, 13));
		EXPECT_FALSE(nfpt_pptp_stream_acked(&r.s, seq(14)));
		EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 1);
		r.feed(seq(13), cut(m, 13, 16));
		EXPECT_GE(nfpt_pptp_stream_log_free(&r.s), 1);
		EXPECT_LE(nfpt_pptp_stream_log_free(&r.s), 2);
		EXPECT_EQ(r.feed(start, m).data, model::rewrite(m, map).out);
	}
}

TEST(Stream, OnlyWhatASegmentTouchesIsPatched)
{
	Bytes in;

	for (unsigned i = 0; i < 3; i++)
		in += message(NFPT_PPTP_CLEAR, 0x0100 + i);
	Router r(start, 4, never);
	r.feed(start, in);
	EXPECT_EQ(r.feed(start, in).out.patched, 3);
	EXPECT_EQ(r.feed(seq(14), cut(in, 14, 28)).out.patched, 0);
	EXPECT_EQ(r.feed(seq(13), cut(in, 13, 28)).out.patched, 1);
	EXPECT_EQ(r.feed(seq(14), cut(in, 14, 29)).out.patched, 1);
	EXPECT_EQ(r.feed(seq(13), cut(in, 13, 45)).out.patched, 3);
	EXPECT_FALSE(r.feed(seq(14), cut(in, 14, 28)).out.changed);
	EXPECT_TRUE(r.feed(seq(13), cut(in, 13, 14)).out.changed);
}

TEST(Stream, LostWhileHalfAFieldIsOut)
{
	const Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);
	const auto want = model::rewrite(m, always);
	Router r(start, 4, always);

	r.feed(start, cut(m, 0, 13));
	EXPECT_TRUE(nfpt_pptp_stream_acked(&r.s, seq(16)));
	EXPECT_EQ(nfpt_pptp_stream_log_free(&r.s), 4);
	EXPECT_EQ(r.feed(seq(13), cut(m, 13, 16)).data, Bytes(m.begin() + 13, m.end()));
}

TEST(Stream, OldBytesNobodyKnowsPass)
{
	Router r(start, 4, never);
	const Bytes junk(100, 0x55);

	EXPECT_EQ(r.feed(start - 100, junk).data, junk);
	EXPECT_EQ(r.feed(start - 1, cut(junk, 0, 1)).data, Bytes(1, 0x55));
	EXPECT_EQ(r.s.next, start);

	/* a keepalive probe: one byte of junk in front of what is new */
	Bytes probe(1, 0);
	const Bytes m = message(NFPT_PPTP_CLEAR, 0x0102);

	probe += m;
	const auto got = r.feed(start - 1, probe);
	EXPECT_EQ(Bytes(got.data.begin() + 1, got.data.end()),
		  model::rewrite(m, never).out);
}

} /* namespace */
