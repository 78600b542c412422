// SPDX-License-Identifier: GPL-2.0
/* PPTP: the table of messages, and the state machine of a call. */
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include <passthrough/wire/pptp_call.h>

#include "pptp_model.hpp"

namespace {

TEST(Layout, IsThatOfTheModel)
{
	for (unsigned type = 0; type < 0x10000; type++) {
		const auto *want = model::layout(type);
		const auto *l = nfpt_pptp_layout(static_cast<uint16_t>(type));

		ASSERT_EQ(want != nullptr, l != nullptr) << type;
		if (!want)
			continue;
		EXPECT_EQ(l->length, want->length) << type;
		EXPECT_EQ(l->result, want->result) << type;
		ASSERT_EQ(l->ids, want->fields.size()) << type;
		for (unsigned i = 0; i < l->ids; i++) {
			EXPECT_EQ(NFPT_PPTP_IDS + 2 * i, want->fields[i].offset);
			EXPECT_EQ(l->owner[i], want->fields[i].owner) << type;
		}
		/* what the stream parser takes for granted */
		EXPECT_GT(l->length, NFPT_PPTP_HEADER + 2 * l->ids);
		EXPECT_LT(l->result, NFPT_PPTP_LEAD);
		EXPECT_LT(l->result, l->length);
	}
}

TEST(Bytes, BigEndianRoundTrip)
{
	uint8_t b[4];

	nfpt_put_be32(b, 0x1A2B3C4D);
	EXPECT_EQ(b[0], 0x1A);
	EXPECT_EQ(b[3], 0x4D);
	EXPECT_EQ(nfpt_get_be32(b), 0x1A2B3C4Du);
	nfpt_put_be32(b, 0xfffffffe);
	EXPECT_EQ(nfpt_get_be32(b), 0xfffffffeu);
	nfpt_put_be16(b, 0xff01);
	EXPECT_EQ(nfpt_get_be16(b), 0xff01);
}

using State = nfpt_pptp_call_state;
using Event = nfpt_pptp_event;

struct Call {
	State state = NFPT_PPTP_CALL_NONE;

	unsigned operator()(Event e)
	{
		const auto step = nfpt_pptp_call_step(state, e);

		state = static_cast<State>(step.state);
		return step.actions;
	}
};

constexpr unsigned connect = NFPT_PPTP_CALL_CONNECT;
constexpr unsigned goes_up = NFPT_PPTP_CALL_GOES_UP;
constexpr unsigned end = NFPT_PPTP_CALL_END;
constexpr unsigned stray = NFPT_PPTP_CALL_STRAY;

TEST(Call, Outgoing)
{
	Call c;

	EXPECT_EQ(c(NFPT_PPTP_EV_OCRQ), 0u);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_OUT_WAIT);
	EXPECT_EQ(c(NFPT_PPTP_EV_OCRP_OK), connect | goes_up);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_UP);
	EXPECT_EQ(c(NFPT_PPTP_EV_CLEAR), 0u);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_CLEARING);
	EXPECT_EQ(c(NFPT_PPTP_EV_DISC), end);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_ENDED);
}

TEST(Call, Incoming)
{
	Call c;

	EXPECT_EQ(c(NFPT_PPTP_EV_ICRQ), 0u);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_IN_WAIT);
	EXPECT_EQ(c(NFPT_PPTP_EV_ICRP_OK), connect);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_IN_REPLIED);
	EXPECT_EQ(c(NFPT_PPTP_EV_ICCN), goes_up);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_UP);
	EXPECT_EQ(c(NFPT_PPTP_EV_DISC), end);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_ENDED);
}

TEST(Call, Refused)
{
	Call out, in;

	out(NFPT_PPTP_EV_OCRQ);
	EXPECT_EQ(out(NFPT_PPTP_EV_OCRP_FAIL), end);
	EXPECT_EQ(out.state, NFPT_PPTP_CALL_ENDED);
	in(NFPT_PPTP_EV_ICRQ);
	EXPECT_EQ(in(NFPT_PPTP_EV_ICRP_FAIL), end);
	EXPECT_EQ(in.state, NFPT_PPTP_CALL_ENDED);
}

TEST(Call, RepeatsChangeNothing)
{
	for (const auto &script : {
		     std::vector{NFPT_PPTP_EV_OCRQ, NFPT_PPTP_EV_OCRP_OK,
				 NFPT_PPTP_EV_CLEAR},
		     std::vector{NFPT_PPTP_EV_ICRQ, NFPT_PPTP_EV_ICRP_OK,
				 NFPT_PPTP_EV_ICCN, NFPT_PPTP_EV_CLEAR}}) {
		Call c;

		for (Event e : script) {
			c(e);
			const State was = c.state;

			EXPECT_EQ(c(e), 0u) << e;
			EXPECT_EQ(c.state, was) << e;
		}
	}
}

TEST(Call, RepliesRepeatedWhenUp)
{
	Call in;

	in(NFPT_PPTP_EV_ICRQ);
	in(NFPT_PPTP_EV_ICRP_OK);
	in(NFPT_PPTP_EV_ICCN);
	EXPECT_EQ(in(NFPT_PPTP_EV_ICRP_OK), 0u);
	EXPECT_EQ(in.state, NFPT_PPTP_CALL_UP);
	EXPECT_EQ(in(NFPT_PPTP_EV_ICRP_FAIL), stray);
	EXPECT_EQ(in(NFPT_PPTP_EV_OCRP_FAIL), stray);
	EXPECT_EQ(in.state, NFPT_PPTP_CALL_UP);
}

TEST(Call, ClearCrossesReply)
{
	Call c;

	c(NFPT_PPTP_EV_OCRQ);
	c(NFPT_PPTP_EV_CLEAR);
	EXPECT_EQ(c(NFPT_PPTP_EV_OCRP_OK), 0u);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_CLEARING);
	EXPECT_EQ(c(NFPT_PPTP_EV_DISC), end);
}

TEST(Call, IdUsedAgainWhileClearing)
{
	Call c;

	c(NFPT_PPTP_EV_OCRQ);
	c(NFPT_PPTP_EV_OCRP_OK);
	c(NFPT_PPTP_EV_CLEAR);
	EXPECT_EQ(c(NFPT_PPTP_EV_OCRQ), end);
	EXPECT_EQ(c.state, NFPT_PPTP_CALL_OUT_WAIT);
	EXPECT_EQ(c(NFPT_PPTP_EV_OCRP_OK), connect | goes_up);
}

TEST(Call, EveryPairOfStateAndEvent)
{
	for (unsigned s = 0; s < NFPT_PPTP_CALL_STATES; s++) {
		for (unsigned e = 0; e < NFPT_PPTP_EVENTS; e++) {
			const auto step = nfpt_pptp_call_step(
				static_cast<State>(s), static_cast<Event>(e));

			ASSERT_LT(step.state, NFPT_PPTP_CALL_STATES);
			/* a stray event does nothing else */
			if (step.actions & stray) {
				EXPECT_EQ(step.actions, stray);
				EXPECT_EQ(step.state, s);
			}
			/* nobody comes back from the dead or gets unborn */
			if (s == NFPT_PPTP_CALL_ENDED) {
				EXPECT_EQ(step.actions, stray);
			}
			if (step.state == NFPT_PPTP_CALL_NONE) {
				EXPECT_EQ(s, NFPT_PPTP_CALL_NONE);
			}
			/* no call ends unsaid */
			if (step.state == NFPT_PPTP_CALL_ENDED && s != step.state) {
				EXPECT_EQ(step.actions, end);
			}
		}
	}
}

TEST(Call, NoWayToTwoFlows)
{
	/* over all histories: connected again only after an end */
	std::set<std::pair<unsigned, bool>> seen, todo = {{0, false}};

	while (!todo.empty()) {
		const auto [state, flow] = *todo.begin();

		todo.erase(todo.begin());
		if (!seen.insert({state, flow}).second)
			continue;
		for (unsigned e = 0; e < NFPT_PPTP_EVENTS; e++) {
			const auto step = nfpt_pptp_call_step(
				static_cast<State>(state), static_cast<Event>(e));
			bool now = flow;

			if (step.actions & end)
				now = false;
			if (step.actions & connect) {
				EXPECT_FALSE(now) << state << ' ' << e;
				now = true;
			}
			if (step.actions & goes_up) {
				EXPECT_TRUE(now) << state << ' ' << e;
			}
			if (step.state == NFPT_PPTP_CALL_UP) {
				EXPECT_TRUE(now);
			}
			if (step.state == NFPT_PPTP_CALL_ENDED) {
				EXPECT_FALSE(now);
			}
			todo.emplace(step.state, now);
		}
	}
	EXPECT_TRUE(seen.contains({NFPT_PPTP_CALL_UP, true}));
}

TEST(Call, NonsenseIsStray)
{
	const auto step = nfpt_pptp_call_step(NFPT_PPTP_CALL_UP, NFPT_PPTP_EV_NONE);

	EXPECT_EQ(step.state, NFPT_PPTP_CALL_UP);
	EXPECT_EQ(step.actions, stray);
	EXPECT_EQ(nfpt_pptp_call_step(NFPT_PPTP_CALL_STATES,
				      NFPT_PPTP_EV_OCRQ).actions, stray);
}

TEST(Call, EventsOfMessages)
{
	EXPECT_EQ(nfpt_pptp_call_event(7, 0), NFPT_PPTP_EV_OCRQ);
	EXPECT_EQ(nfpt_pptp_call_event(8, 1), NFPT_PPTP_EV_OCRP_OK);
	EXPECT_EQ(nfpt_pptp_call_event(9, 0), NFPT_PPTP_EV_ICRQ);
	EXPECT_EQ(nfpt_pptp_call_event(10, 1), NFPT_PPTP_EV_ICRP_OK);
	for (unsigned result = 0; result < 256; result++) {
		if (result == 1)
			continue;
		EXPECT_EQ(nfpt_pptp_call_event(8, static_cast<uint8_t>(result)),
			  NFPT_PPTP_EV_OCRP_FAIL);
		EXPECT_EQ(nfpt_pptp_call_event(10, static_cast<uint8_t>(result)),
			  NFPT_PPTP_EV_ICRP_FAIL);
	}
	EXPECT_EQ(nfpt_pptp_call_event(11, 0), NFPT_PPTP_EV_ICCN);
	EXPECT_EQ(nfpt_pptp_call_event(12, 0), NFPT_PPTP_EV_CLEAR);
	EXPECT_EQ(nfpt_pptp_call_event(13, 4), NFPT_PPTP_EV_DISC);
	for (uint16_t type : {0, 1, 2, 3, 4, 5, 6, 14, 15, 16, 263, 65535})
		EXPECT_EQ(nfpt_pptp_call_event(type, 1), NFPT_PPTP_EV_NONE) << type;
}

TEST(Call, WhoMaySayWhat)
{
	const std::set<unsigned> pns = {7, 10, 12}, pac = {8, 9, 11, 13};

	for (unsigned type = 7; type <= 13; type++)
		for (uint8_t result : {0, 1, 2}) {
			const bool by_pns = nfpt_pptp_call_by_pns(
				nfpt_pptp_call_event(static_cast<uint16_t>(type),
						     result));

			EXPECT_EQ(by_pns, pns.contains(type)) << type;
			EXPECT_EQ(!by_pns, pac.contains(type)) << type;
		}
}

} /* namespace */
