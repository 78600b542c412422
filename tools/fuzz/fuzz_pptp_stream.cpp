// SPDX-License-Identifier: GPL-2.0
/*
 * Stream: any bytes, cut and repeated in any way, must arrive as rewriting the
 * whole stream at once gives them, and must arrive.
 *
 * Input: mode, seed, log size, start of the sequence (4), n, n steps of a
 * sender and a network, the stream itself.
 */
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "../../tests/unit/pptp_model.hpp"

namespace {

using model::Bytes;
using model::Mapping;
using model::Router;

constexpr size_t header = 8;

[[noreturn]] void fail(const char *what)
{
	fprintf(stderr, "fuzz_pptp_stream: %s\n", what);
	abort();
}

class Connection {
public:
	Connection(const uint8_t *head, std::span<const uint8_t> in)
		: in_(in), map_(head[1], static_cast<Mapping::Mode>(head[0] % 3)),
		  want_(model::rewrite(in, map_)),
		  start_(static_cast<uint32_t>(model::be16(head + 3)) << 16 |
			 model::be16(head + 5)),
		  router_(start_, static_cast<uint16_t>(1 << head[2] % 6), map_),
		  have_(in.size())
	{
		/* the byte a split at the very end lets through, or does not */
		if (want_.half && want_.half_hi)
			want_.out.back() = *want_.half_hi;
		end_ = want_.half && !want_.half_hi ? in.size() - 1 : in.size();
	}

	void step(uint8_t what)
	{
		const size_t arg = what & 31;

		switch (what >> 5) {
		case 0:
			send(nxt_, arg + 1);
			break;
		case 1:
			send(nxt_, (arg + 1) * 16);
			break;
		case 2:
			send(una_ + arg, nxt_ - std::min(nxt_, una_ + arg));
			break;
		case 3:
			send(una_, arg + 1);
			break;
		case 4:
			router_acked();
			una_ = got_;
			break;
		case 5:
			router_acked();
			break;
		case 6:
			send(nxt_ + 1 + arg, arg + 1);
			break;
		case 7:
			if (router_.s.log_cap < 256)
				router_.grow();
			break;
		}
	}

	void finish()
	{
		while (got_ < end_) {
			const size_t had = got_;

			router_acked();
			send(got_, in_.size() - got_);
			if (got_ == had)
				fail("stuck");
		}
		if (router_.s.lost != want_.lost)
			fail("framing");
		if (router_.glue.asked != want_.asked)
			fail("Call IDs asked for");
		if (router_.glue.told != want_.told)
			fail("messages told");
	}

private:
	void router_acked()
	{
		if (nfpt_pptp_stream_acked(&router_.s, seq(got_)))
			fail("lost by an acknowledgment");
	}

	uint32_t seq(size_t at) const
	{
		return start_ + static_cast<uint32_t>(at);
	}

	void send(size_t from, size_t len)
	{
		from = std::min(from, in_.size());
		len = std::min(len, in_.size() - from);

		const auto got = router_.feed(seq(from), in_.subspan(from, len));

		if (from <= nxt_)
			nxt_ = std::max(nxt_, from + len);
		if (got.verdict == NFPT_PPTP_PASS)
			receive(got.seq - start_, got.data);
	}

	void receive(size_t at, const Bytes &data)
	{
		for (size_t i = 0; i < data.size(); i++) {
			if (at + i < got_)
				continue;
			if (data[i] != want_.out[at + i])
				fail("wrong byte");
			have_[at + i] = true;
		}
		while (got_ < have_.size() && have_[got_])
			got_++;
	}

	std::span<const uint8_t> in_;
	Mapping map_;
	model::Reference want_;
	uint32_t start_;
	Router router_;
	std::vector<bool> have_;
	size_t una_ = 0, nxt_ = 0, got_ = 0, end_;
};

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < header || size - header < data[7])
		return 0;

	const size_t steps = data[7];
	Connection c(data, {data + header + steps, size - header - steps});

	for (size_t i = 0; i < steps; i++)
		c.step(data[header + i]);
	c.finish();
	return 0;
}
