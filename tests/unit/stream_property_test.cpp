// SPDX-License-Identifier: GPL-2.0
/*
 * Stream: however a conversation is cut into segments, and whatever happens to
 * them on their way, the receiver gets what rewriting whole messages gives.
 *
 *   Sender --- to_router ---> Router --- to_receiver ---> Receiver
 *     ^                         |                            |
 *     +------- to_sender -------+<-------- to_router --------+   ACKs
 */
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "pptp_model.hpp"

namespace {

using model::Bytes;
using model::Mapping;
using model::Router;
using model::message;
using model::operator+=;
using Rng = std::mt19937;

unsigned pick(Rng &rng, unsigned below)
{
	return std::uniform_int_distribution<unsigned>(0, below - 1)(rng);
}

std::span<const uint8_t> cut(const Bytes &b, size_t from, size_t to)
{
	return std::span(b).subspan(from, to - from);
}

/* Takes segments in any order; each byte it may still use must be right. */
class Receiver {
public:
	Receiver(uint32_t start, const Bytes &want)
		: start_(start), want_(want), have_(want.size()) {}

	void take(uint32_t seq, const Bytes &data)
	{
		for (size_t i = 0; i < data.size(); i++) {
			const uint32_t at = seq + static_cast<uint32_t>(i) - start_;

			/* before what is acknowledged: TCP throws it away */
			if (static_cast<int32_t>(at - next_) < 0)
				continue;
			ASSERT_LT(at, want_.size());
			ASSERT_EQ(data[i], want_[at]) << "@" << at;
			have_[at] = true;
		}
		while (next_ < have_.size() && have_[next_])
			next_++;
	}

	uint32_t ack() const { return start_ + next_; }
	bool done() const { return next_ == want_.size(); }

private:
	uint32_t start_;
	const Bytes &want_;
	std::vector<bool> have_;
	uint32_t next_ = 0;
};

/* Every way to cut one message in two or three, and to send parts again. */

struct Case {
	unsigned type;
	Mapping::Mode mode;
};

class Splits : public ::testing::TestWithParam<Case> {
protected:
	/* Ids with both bytes used, and 0. */
	static inline const std::vector<std::pair<unsigned, unsigned>> ids = {
		{0x0102, 0xfffe}, {0, 0}};

	void run(const Bytes &in, const Mapping &map, uint32_t start,
		 const std::vector<size_t> &cuts)
	{
		const auto want = model::rewrite(in, map);
		Router r(start, 8, map);
		Receiver rx(start, want.out);
		size_t from = 0;

		/* no loss: what was withheld is prepended, nothing comes twice */
		for (size_t to : cuts) {
			const auto got = r.feed(start + static_cast<uint32_t>(from),
						cut(in, from, to));

			ASSERT_EQ(got.verdict, NFPT_PPTP_PASS);
			rx.take(got.seq, got.data);
			from = to;
		}
		ASSERT_TRUE(rx.done());
		ASSERT_EQ(r.glue.asked, want.asked);
		ASSERT_EQ(r.glue.told, want.told);

		/* all of it again, from any byte to any byte near the ids */
		const size_t near = std::min<size_t>(in.size(), 26);

		for (size_t a = 0; a < near; a++) {
			for (size_t b = a + 1; b <= in.size(); b++) {
				if (b > near)
					b = in.size();

				const auto got = r.feed(
					start + static_cast<uint32_t>(a),
					cut(in, a, b));

				ASSERT_EQ(got.data,
					  Bytes(want.out.begin() +
							static_cast<long>(a),
						want.out.begin() +
							static_cast<long>(b)))
					<< a << '-' << b;
			}
		}
		ASSERT_EQ(r.glue.asked, want.asked);
	}
};

TEST_P(Splits, InTwoAnywhereWithWrap)
{
	const auto [type, mode] = GetParam();

	for (const auto &[id0, id1] : ids) {
		const Bytes in = message(type, id0, id1);
		const Mapping map(type + id0, mode);

		for (size_t at = 1; at < in.size(); at++)
			run(in, map, static_cast<uint32_t>(-static_cast<int>(at)),
			    {at, in.size()});
	}
}

TEST_P(Splits, WrapAnywhere)
{
	const auto [type, mode] = GetParam();
	const Bytes in = message(type, 0x0102, 0x0304);

	for (uint32_t wrap = 0; wrap < 26; wrap++)
		run(in, Mapping(1, mode), 0u - wrap, {13, 15, in.size()});
}

TEST_P(Splits, InThreeAnywhere)
{
	const auto [type, mode] = GetParam();
	const Bytes in = message(type, 0x0102, 0x0304);
	const Mapping map(type, mode);
	const auto want = model::rewrite(in, map);

	for (size_t a = 1; a < in.size() - 1; a++)
		for (size_t b = a + 1; b < in.size(); b++) {
			Router r(0, 8, map);
			Receiver rx(0, want.out);

			for (const auto &[from, to] :
			     {std::pair{size_t{0}, a}, {a, b}, {b, in.size()}}) {
				const auto got = r.feed(
					static_cast<uint32_t>(from),
					cut(in, from, to));

				ASSERT_EQ(got.verdict, NFPT_PPTP_PASS);
				rx.take(got.seq, got.data);
			}
			ASSERT_TRUE(rx.done()) << a << ' ' << b;
		}
}

TEST_P(Splits, ByteByByteTwiceEach)
{
	const auto [type, mode] = GetParam();
	const Bytes in = message(type, 0x0102, 0x0304);
	const Mapping map(type, mode);
	const auto want = model::rewrite(in, map);
	Router r(77, 8, map);
	Receiver rx(77, want.out);

	for (size_t i = 0; i < in.size(); i++)
		for (int again = 0; again < 2; again++) {
			const auto got = r.feed(77 + static_cast<uint32_t>(i),
						cut(in, i, i + 1));

			ASSERT_EQ(got.verdict, NFPT_PPTP_PASS);
			rx.take(got.seq, got.data);
		}
	EXPECT_TRUE(rx.done());
	EXPECT_EQ(r.glue.asked, want.asked);
	EXPECT_EQ(r.glue.told, want.told);
}

TEST_P(Splits, SegmentThatEndsAnywhereThenAllAgain)
{
	/* overlap of old and new bytes at every boundary */
	const auto [type, mode] = GetParam();
	const Bytes in = message(type, 0x0102, 0x0304);
	const Mapping map(type, mode);
	const auto want = model::rewrite(in, map);

	for (size_t end = 1; end < in.size(); end++)
		for (size_t from = 0; from <= std::min<size_t>(end, 30); from++) {
			Router r(0, 8, map);
			const auto a = r.feed(0, cut(in, 0, end));

			if (from > a.out.keep)
				continue;

			const auto b = r.feed(static_cast<uint32_t>(from),
					      cut(in, from, in.size()));

			ASSERT_EQ(b.verdict, NFPT_PPTP_PASS);
			ASSERT_EQ(b.data, Bytes(want.out.begin() +
							static_cast<long>(from),
						want.out.end()));
			ASSERT_EQ(r.glue.asked, want.asked);
			ASSERT_EQ(r.glue.told, want.told);
		}
}

std::vector<Case> cases()
{
	std::vector<Case> all;

	for (unsigned type = 1; type <= 15; type++)
		for (auto mode : {Mapping::Mode::always, Mapping::Mode::never})
			if (model::layout(type)->fields.size() ||
			    mode == Mapping::Mode::never)
				all.push_back({type, mode});
	return all;
}

INSTANTIATE_TEST_SUITE_P(
	EveryType, Splits, ::testing::ValuesIn(cases()), [](const auto &info) {
		return "type" + std::to_string(info.param.type) +
		       (info.param.mode == Mapping::Mode::always ? "_told" :
								   "_withheld");
	});

/* Random conversations over a network that does everything it may. */

Bytes conversation(Rng &rng, bool errors)
{
	const unsigned edge[] = {0, 1, 0xff, 0x100, 0x7fff, 0x8000, 0xffff};
	const auto id = [&] {
		return pick(rng, 3) ? pick(rng, 0x10000) : edge[pick(rng, 7)];
	};
	Bytes all;

	for (unsigned n = 1 + pick(rng, 30); n; n--) {
		Bytes m = message(1 + pick(rng, 15), id(), id(), pick(rng, 4));

		switch (errors ? pick(rng, 8) : 0) {
		case 1:
			m = message(pick(rng, 20), id(), id(), 1,
				    12 + pick(rng, 300));
			break;
		case 2:
			model::put16(&m[2], pick(rng, 3));
			break;
		}
		all += m;
	}
	if (errors && !pick(rng, 3)) {
		Bytes m = message(1 + pick(rng, 15), id(), id());

		model::put16(&m[pick(rng, 2) * 4], pick(rng, 12));
		all += m;
		all += message(NFPT_PPTP_OCRQ, id());
	}
	return all;
}

struct Segment {
	uint32_t seq;
	Bytes data;
};

class Network {
public:
	Network(Rng &rng, Bytes in, Mapping map)
		: rng_(rng), in_(std::move(in)), want_(model::rewrite(in_, map)),
		  start_(rng() | (pick(rng, 2) ? 0xffffff00u : 0)),
		  router_(start_, static_cast<uint16_t>(1 << pick(rng, 4)), map),
		  receiver_(start_, want_.out)
	{
	}

	void run()
	{
		for (unsigned step = 0; una_ < in_.size(); step++) {
			ASSERT_LT(step, 2000000u) << "stuck at " << una_;
			one();
			if (::testing::Test::HasFatalFailure())
				return;
		}
		EXPECT_TRUE(receiver_.done());
		EXPECT_EQ(router_.glue.asked, want_.asked);
		EXPECT_EQ(router_.glue.told, want_.told);
		EXPECT_EQ(router_.s.lost, want_.lost);
	}

private:
	void one()
	{
		switch (pick(rng_, 8)) {
		case 0:
			send(nxt_);
			break;
		case 1:
			/* again, also what is acknowledged already */
			send(pick(rng_, 4) ? una_ : pick(rng_, nxt_ + 1));
			break;
		case 2:
		case 3:
			forward();
			break;
		case 4:
			if (const auto s = take(to_receiver_))
				receiver_.take(s->seq, s->data);
			break;
		case 5:
			acks_to_router_.push_back(receiver_.ack());
			break;
		case 6:
			if (const auto ack = take(acks_to_router_)) {
				EXPECT_FALSE(nfpt_pptp_stream_acked(&router_.s, *ack));
				acks_to_sender_.push_back(*ack);
			}
			break;
		case 7:
			if (const auto ack = take(acks_to_sender_))
				una_ = std::max(una_, *ack - start_);
			break;
		}
	}

	void send(uint32_t from)
	{
		const uint32_t most[] = {1, 3, 20, 300, 5000};
		const auto left = static_cast<uint32_t>(in_.size()) - from;
		const uint32_t len = std::min(left, 1 + pick(rng_, most[pick(rng_, 5)]));

		if (!len)
			return;
		const auto part = cut(in_, from, from + len);
		to_router_.push_back({start_ + from, Bytes(part.begin(), part.end())});
		nxt_ = std::max(nxt_, from + len);
	}

	void forward()
	{
		const auto s = take(to_router_);

		if (!s)
			return;
		if (router_.s.log_cap < 64 && !pick(rng_, 50))
			router_.grow();
		auto got = router_.feed(s->seq, s->data);
		if (got.verdict == NFPT_PPTP_PASS && pick(rng_, 20))
			to_receiver_.push_back({got.seq, std::move(got.data)});
	}

	/* In order mostly; out of order, twice, or never at times. */
	template <typename T> std::optional<T> take(std::vector<T> &queue)
	{
		if (queue.empty())
			return std::nullopt;
		const size_t i = pick(rng_, 4) ? 0 : pick(rng_, static_cast<unsigned>(
								queue.size()));
		T item = queue[i];
		const unsigned fate = pick(rng_, 20);

		if (fate != 0)
			queue.erase(queue.begin() + static_cast<long>(i));
		if (fate == 1)
			return std::nullopt;
		return item;
	}

	Rng &rng_;
	Bytes in_;
	model::Reference want_;
	uint32_t start_;
	Router router_;
	Receiver receiver_;
	uint32_t una_ = 0, nxt_ = 0;
	std::vector<Segment> to_router_, to_receiver_;
	std::vector<uint32_t> acks_to_router_, acks_to_sender_;
};

class Random : public ::testing::TestWithParam<Mapping::Mode> {};

TEST_P(Random, WellformedConversations)
{
	for (unsigned seed = 0; seed < 150; seed++) {
		SCOPED_TRACE(seed);
		Rng rng(seed);

		Network(rng, conversation(rng, false), Mapping(rng(), GetParam())).run();
		if (HasFailure())
			break;
	}
}

TEST_P(Random, ConversationsWithErrors)
{
	for (unsigned seed = 0; seed < 150; seed++) {
		SCOPED_TRACE(seed);
		Rng rng(seed + 1000);

		Network(rng, conversation(rng, true), Mapping(rng(), GetParam())).run();
		if (HasFailure())
			break;
	}
}

TEST_P(Random, Garbage)
{
	for (unsigned seed = 0; seed < 50; seed++) {
		SCOPED_TRACE(seed);
		Rng rng(seed + 2000);
		Bytes in(1 + pick(rng, 300));

		std::generate(in.begin(), in.end(),
			      [&] { return static_cast<uint8_t>(rng()); });
		Network(rng, in, Mapping(rng(), GetParam())).run();
		if (HasFailure())
			break;
	}
}

TEST_P(Random, NoLossNoDelay)
{
	/*
	 * Nothing lost, in order, with room in the log: any cutting goes
	 * through in one pass, without the sender sending anything again.
	 */
	for (unsigned seed = 0; seed < 300; seed++) {
		SCOPED_TRACE(seed);
		Rng rng(seed);
		const Bytes in = conversation(rng, true);
		const Mapping map(rng(), GetParam());
		const auto want = model::rewrite(in, map);
		const unsigned most = 1 + pick(rng, 60);
		Router r(0, 1024, map);
		Receiver rx(0, want.out);

		for (size_t at = 0; at < in.size();) {
			const size_t to = std::min(in.size(), at + 1 + pick(rng, most));
			const auto got = r.feed(static_cast<uint32_t>(at),
						cut(in, at, to));

			ASSERT_EQ(got.verdict, NFPT_PPTP_PASS);
			rx.take(got.seq, got.data);
			at = to;
		}
		ASSERT_TRUE(rx.done());
	}
}

INSTANTIATE_TEST_SUITE_P(Modes, Random,
			 ::testing::Values(Mapping::Mode::mixed,
					   Mapping::Mode::always,
					   Mapping::Mode::never));

TEST(Nagle, ToldBytesNeedNoSecondSegment)
{
	/* new data only after all is acknowledged: nothing may be withheld */
	for (unsigned seed = 0; seed < 200; seed++) {
		Rng rng(seed);
		const Bytes in = conversation(rng, true);
		const Mapping map(seed, Mapping::Mode::always);
		const auto want = model::rewrite(in, map);
		Router r(0, 256, map);
		Receiver rx(0, want.out);

		for (size_t at = 0; at < in.size();) {
			const size_t to = std::min(in.size(), at + 1 + pick(rng, 30));
			const auto got = r.feed(static_cast<uint32_t>(at),
						cut(in, at, to));

			ASSERT_EQ(got.out.keep, to - at);
			rx.take(got.seq, got.data);
			ASSERT_EQ(rx.ack(), to);
			nfpt_pptp_stream_acked(&r.s, rx.ack());
			at = to;
		}
		ASSERT_TRUE(rx.done());
	}
}

} /* namespace */
