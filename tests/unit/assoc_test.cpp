// SPDX-License-Identifier: GPL-2.0
/* Association: each rule by itself, packet by packet. */
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <set>

#include <passthrough/wire/assoc.h>

namespace {

using Why = nfpt_assoc_why;
using Host = nfpt_assoc_host;
using Sa = nfpt_assoc_sa;

constexpr uint32_t credit_ms = 30000;
constexpr uint32_t high = NFPT_ASSOC_NEW_SEQ + 1;

std::string name(unsigned action, unsigned why)
{
	static const char *const actions[] = {"drop", "deliver", "copy"};
	static const char *const whys[] = {
		"known", "pin", "credit", "waiting", "alone", "several",
		"eliminated", "none", "crowd", "repaired",
	};

	static_assert(std::size(whys) == NFPT_ASSOC_WHYS);
	return std::string(actions[action]) + " " + whys[why];
}

struct Gateway : ::testing::TestWithParam<uint32_t> {
	nfpt_assoc_gw gw{};
	std::deque<Host> hosts;
	std::deque<Sa> sas;
	uint32_t now = GetParam();	/* all must hold across the wrap, too */
	bool supersedes = false;

	Host &join()
	{
		Host &h = hosts.emplace_back();

		nfpt_assoc_join(&gw, &h);
		nfpt_assoc_heard(&h, now);
		return h;
	}

	Host &join_credited()
	{
		Host &h = join();

		nfpt_assoc_credit(&h, credit_ms, now);
		return h;
	}

	void out(Host &h, bool fresh = false, uint32_t seq = 1)
	{
		nfpt_assoc_out(&h, fresh, seq, now);
	}

	std::string first(Sa &sa, uint32_t seq = 1)
	{
		const auto v = nfpt_assoc_in_first(&gw, &sa, seq, now);

		return name(v.action, v.why);
	}

	std::string in(Sa &sa, uint32_t advance = 1)
	{
		const auto v = nfpt_assoc_in(&gw, &sa, sa.top + advance, now);

		supersedes = v.supersedes;
		return name(v.action, v.why);
	}

	Sa &sa() { return sas.emplace_back(); }

	/* A confirmed SA with its outbound one, as if it had been long there. */
	Sa &settled(Host &h)
	{
		Sa &s = sa();
		const bool others = h.pinned;

		h.pinned = true;
		out(h, true);
		first(s);
		in(s);
		h.pinned = others;
		EXPECT_EQ(s.state, NFPT_ASSOC_CONFIRMED);
		now += 60000;
		out(h);
		now += 5;
		in(s);
		return s;
	}

	std::set<const Host *> candidates(const Sa &s)
	{
		std::set<const Host *> all;

		for (unsigned i = 0; i < s.n_candidates; i++)
			all.insert(s.candidates[i].host);
		return all;
	}
};

using Pair = std::set<const Host *>;

struct Assoc : Gateway {};
INSTANTIATE_TEST_SUITE_P(Clocks, Assoc,
			 ::testing::Values(0u, 1000000u, 0xffffffffu, 0xfffffc00u, 0x7ffffff0u));

/* Whose it is at the first packet */

TEST_P(Assoc, NobodyThere)
{
	EXPECT_EQ(first(sa()), "drop none");
	EXPECT_EQ(first(sa(), high), "drop none");
	EXPECT_EQ(sas[0].state, NFPT_ASSOC_UNKNOWN);
}

TEST_P(Assoc, TheOnlyOneIsAlone)
{
	Host &a = join();

	EXPECT_EQ(first(sa()), "deliver alone");
	EXPECT_EQ(sas[0].host, &a);
	EXPECT_EQ(sas[0].state, NFPT_ASSOC_TENTATIVE);
}

TEST_P(Assoc, TheOnlyCredit)
{
	join();
	Host &b = join_credited();
	join();

	EXPECT_EQ(first(sa()), "deliver credit");
	EXPECT_EQ(sas[0].host, &b);
}

TEST_P(Assoc, SeveralWithoutCredit)
{
	join();
	join();
	EXPECT_EQ(first(sa()), "drop none");
}

TEST_P(Assoc, CreditsExpire)
{
	join_credited();
	join();
	now += credit_ms + 1;
	EXPECT_EQ(first(sa()), "drop none");
}

TEST_P(Assoc, WhoHasNotBeenHeardForLongIsNotThere)
{
	join();
	now += NFPT_ASSOC_LIVE_MS + 1;
	EXPECT_EQ(first(sa()), "drop none");
}

TEST_P(Assoc, SeveralCreditsAreCopied)
{
	Host &a = join_credited(), &b = join_credited();
	join();

	EXPECT_EQ(first(sa()), "copy several");
	EXPECT_EQ(sas[0].state, NFPT_ASSOC_AMBIGUOUS);
	EXPECT_EQ(candidates(sas[0]), (Pair{&a, &b}));
}

TEST_P(Assoc, WhoWaitsComesFirst)
{
	join_credited();
	Host &b = join_credited();

	out(b, true);
	now += 20;
	EXPECT_EQ(first(sa()), "deliver waiting");
	EXPECT_EQ(sas[0].host, &b);
	EXPECT_FALSE(b.waiting);
}

TEST_P(Assoc, SeveralWaitSoOnlyTheyGetCopies)
{
	Host &a = join_credited(), &b = join_credited();
	join_credited();

	out(a, true);
	out(b, true);
	EXPECT_EQ(first(sa()), "copy several");
	EXPECT_EQ(candidates(sas[0]), (Pair{&a, &b}));
}

TEST_P(Assoc, WaitingDoesNotLast)
{
	Host &a = join_credited();

	join_credited();
	out(a, true);
	now += NFPT_ASSOC_WAIT_MS + 1;
	EXPECT_EQ(first(sa()), "copy several");
}

TEST_P(Assoc, AnOutboundSaWithoutItsInboundOneIsAsGoodAsACredit)
{
	Host &a = join();

	join();
	out(a, true);
	now += NFPT_ASSOC_WAIT_MS + 1;
	out(a);
	EXPECT_EQ(first(sa()), "deliver waiting");
	EXPECT_EQ(sas[0].host, &a);
}

TEST_P(Assoc, WhoAnswersACopyDoesNotWait)
{
	Host &a = join_credited(), &b = join_credited();

	EXPECT_EQ(first(sa()), "copy several");
	now += 2;
	out(a, true);
	EXPECT_FALSE(a.waiting);
	now += 2;
	/* so the gateway's next SA is not thought to be a's */
	EXPECT_EQ(first(sa()), "copy several");
	EXPECT_EQ(candidates(sas[1]), (Pair{&a, &b}));
}

/* Rekeying */

TEST_P(Assoc, WhoAsksForKeysMayBeAnsweredWithThem)
{
	Host &a = join(), &b = join();

	settled(a);
	settled(b);
	nfpt_assoc_credit(&a, credit_ms, now);
	out(a, true);
	EXPECT_EQ(first(sa()), "deliver credit");
	EXPECT_EQ(sas[2].host, &a);
	nfpt_assoc_request(&b, now);
	now += 10;
	out(b);
	/* a has a credit yet, and what it is for */
	EXPECT_EQ(first(sa()), "deliver waiting");
	EXPECT_EQ(sas[3].host, &b);
}

TEST_P(Assoc, APacketForWhoHasNoKeysYetIsEarly)
{
	Host &a = join(), &b = join();
	Sa &old = settled(a);

	settled(b);
	nfpt_assoc_credit(&a, credit_ms, now);
	in(old);
	nfpt_assoc_request(&b, now);
	EXPECT_EQ(first(sa()), "drop none");
	now += NFPT_ASSOC_FRESH_MS + 1;
	/* who is not answered is not asked for twice */
	nfpt_assoc_request(&b, now);
	EXPECT_EQ(first(sa()), "deliver credit");
	EXPECT_EQ(sas[3].host, &a);
}

TEST_P(Assoc, WhoIsAnsweredOnItsOldSaIsNotTheNextToBe)
{
	Host &a = join(), &b = join();
	Sa &old = settled(a);

	settled(b);
	nfpt_assoc_credit(&a, credit_ms, now);
	nfpt_assoc_credit(&b, credit_ms, now);
	out(a, true);
	EXPECT_TRUE(a.asks);
	in(old);
	EXPECT_FALSE(a.asks);
	EXPECT_TRUE(a.waiting);
	now += 10;
	out(b, true);
	EXPECT_EQ(first(sa()), "deliver waiting");
	EXPECT_EQ(sas[2].host, &b);
	/* ... nor who has asked since */
	out(a);
	EXPECT_EQ(first(sa()), "deliver waiting");
	EXPECT_EQ(sas[3].host, &a);
}

TEST_P(Assoc, WhoHasGotItsNewSaDoesNotWaitForIt)
{
	Host &a = join();

	join();
	settled(a);
	for (int idle = 0; idle < 2; idle++)
		nfpt_assoc_credit(&a, credit_ms, now);
	out(a);
	EXPECT_EQ(first(sa()), "deliver credit");
	now += 10;
	out(a, true);
	EXPECT_FALSE(a.waiting);
}

TEST_P(Assoc, MoreThanEightAreACrowd)
{
	for (unsigned i = 0; i < 9; i++)
		join_credited();
	EXPECT_EQ(first(sa()), "drop crowd");
	EXPECT_EQ(sas[0].n_candidates, 0);
	nfpt_assoc_leave(&hosts[0]);
	EXPECT_EQ(in(sas[0]), "copy several");
	EXPECT_EQ(candidates(sas[0]).size(), 8u);
}

TEST_P(Assoc, Pinned)
{
	Host &a = join(), &b = join_credited();

	a.pinned = true;
	now += NFPT_ASSOC_LIVE_MS + 1;
	EXPECT_EQ(first(sa()), "deliver pin");
	EXPECT_EQ(sas[0].host, &a);
	EXPECT_EQ(in(sas[0]), "deliver known");
	EXPECT_EQ(sas[0].state, NFPT_ASSOC_CONFIRMED);
	EXPECT_EQ(b.credits, 1);
}

TEST_P(Assoc, WhoFloatedHasNoPlainEsp)
{
	Host &a = join_credited(), &b = join_credited();

	a.floated = true;
	EXPECT_EQ(first(sa()), "deliver credit");
	EXPECT_EQ(sas[0].host, &b);
	b.floated = true;
	EXPECT_EQ(first(sa()), "drop none");
	a.pinned = true;
	EXPECT_EQ(first(sa()), "deliver pin");
}

TEST_P(Assoc, WhoFloatedAndSendsPlainEspHasNot)
{
	Host &a = join_credited();

	join_credited();
	a.floated = true;
	out(a, true);
	EXPECT_EQ(first(sa()), "deliver waiting");
	EXPECT_EQ(sas[0].host, &a);
}

/* SAs from before the router knew of them */

TEST_P(Assoc, AnOldSaNeedsNoCredit)
{
	Host &a = join();

	join();
	out(a, true, 70000);
	EXPECT_FALSE(a.waiting);
	EXPECT_EQ(first(sa(), high), "deliver waiting");
	EXPECT_EQ(sas[0].host, &a);
}

TEST_P(Assoc, SeveralMissTheirOldSa)
{
	Host &a = join(), &b = join(), &silent = join(), &done = join();

	settled(done);
	nfpt_assoc_heard(&silent, now);
	out(a, true, 70000);
	out(b, true, 70000);
	EXPECT_EQ(first(sa(), high), "copy several");
	EXPECT_EQ(candidates(sas.back()), (Pair{&a, &b, &silent}));
}

TEST_P(Assoc, OldSaOfHostsThatHaveOnlySpokenIke)
{
	Host &a = join(), &b = join();

	EXPECT_EQ(first(sa(), high), "copy several");
	EXPECT_EQ(candidates(sas[0]), (Pair{&a, &b}));
}

TEST_P(Assoc, ACreditIsNoReasonForAnOldSa)
{
	Host &a = join(), &b = join();

	settled(a);
	settled(b);
	nfpt_assoc_credit(&a, credit_ms, now);
	EXPECT_EQ(first(sa(), high), "drop none");
}

TEST_P(Assoc, AnOldSpiInFlightFindsNobody)
{
	Host &a = join(), &b = join();
	Sa &old = settled(a);

	settled(b);
	settled(a);
	nfpt_assoc_end(&gw, &old);
	nfpt_assoc_out_end(&a);
	EXPECT_EQ(first(sa(), 5000), "drop none");
	EXPECT_EQ(a.n_in, 1);
}

/* Proof */

TEST_P(Assoc, OneAnswerProvesItIfThereIsNoRival)
{
	Host &a = join_credited();
	Sa &s = sa();

	first(s);
	now += 5;
	EXPECT_EQ(in(s), "deliver known");
	EXPECT_EQ(s.state, NFPT_ASSOC_TENTATIVE);
	out(a, true);
	now += 5;
	EXPECT_EQ(in(s), "deliver known");
	EXPECT_EQ(s.state, NFPT_ASSOC_CONFIRMED);
	EXPECT_EQ(a.credits, 0);
	EXPECT_EQ(a.n_in, 1);
	EXPECT_EQ(gw.n_tentative, 0u);
}

TEST_P(Assoc, PromptAnswersProveItAgainstRivals)
{
	Host &a = join_credited();
	Sa &s = sa();

	join_credited();
	out(a, true);
	first(s);
	for (unsigned n = 1; n <= 3; n++) {
		EXPECT_EQ(s.state, NFPT_ASSOC_TENTATIVE) << n;
		now += 5;
		out(a);
		now += 5;
		EXPECT_EQ(in(s), "deliver known");
	}
	EXPECT_EQ(s.state, NFPT_ASSOC_CONFIRMED);
	EXPECT_EQ(a.credits, 0);
}

TEST_P(Assoc, ReplayedPacketsProveNothing)
{
	Host &a = join_credited();
	Sa &s = sa();

	first(s);
	for (unsigned n = 0; n < 10; n++) {
		out(a);
		now += 5;
		EXPECT_EQ(in(s, 0), "deliver known");
		EXPECT_EQ(in(s, -1u), "deliver known");
	}
	EXPECT_EQ(s.state, NFPT_ASSOC_TENTATIVE);
	EXPECT_EQ(a.credits, 1);
}

TEST_P(Assoc, AForgedSpiTakesNoCredit)
{
	Host &a = join_credited();
	Sa &forged = sa(), &s = sa();

	join();
	EXPECT_EQ(first(forged), "deliver credit");
	EXPECT_EQ(a.credits, 1);
	now += 100;
	EXPECT_EQ(first(s), "deliver credit");
	EXPECT_EQ(s.host, &a);
	out(a, true);
	now += 5;
	in(s);
	EXPECT_EQ(s.state, NFPT_ASSOC_CONFIRMED);
	EXPECT_EQ(forged.state, NFPT_ASSOC_UNKNOWN);	/* to be looked at anew */
}

TEST_P(Assoc, MoreSasThanCreditsMakeAllOfThemDoubtful)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &forged = sa(), &s = sa(), &t = sa();

	out(a, true);
	EXPECT_EQ(first(forged), "deliver waiting");
	out(b, true);
	EXPECT_EQ(first(s), "deliver waiting");		/* a's, in fact */
	EXPECT_EQ(s.host, &b);
	EXPECT_EQ(first(t), "copy several");
	EXPECT_EQ(s.state, NFPT_ASSOC_UNKNOWN);
	EXPECT_EQ(forged.state, NFPT_ASSOC_UNKNOWN);
	now += 5;
	EXPECT_EQ(in(s), "copy several");
	EXPECT_EQ(candidates(s), (Pair{&a, &b}));
}

TEST_P(Assoc, SecondPacketWithoutAnswerBringsTheRivalsBack)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa();

	out(a, true);
	EXPECT_EQ(first(s), "deliver waiting");
	now += 50;
	EXPECT_EQ(in(s), "copy several");
	EXPECT_EQ(candidates(s), (Pair{&a, &b}));
	now += 2;
	out(b, true);
	now += 20;
	EXPECT_EQ(in(s), "deliver eliminated");
	EXPECT_EQ(s.host, &b);
}

TEST_P(Assoc, ABurstLeavesNoTimeToAnswer)
{
	Host &a = join_credited();
	Sa &s = sa();

	join_credited();
	out(a, true);
	first(s);
	for (unsigned n = 0; n < 50; n++)
		EXPECT_EQ(in(s), "deliver known");
	EXPECT_EQ(s.state, NFPT_ASSOC_TENTATIVE);
}

TEST_P(Assoc, SlowAnswersGiveASilentRivalACopy)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa();

	/* the gateway asks b every second, while a asks somebody else */
	out(a, true);
	now += 5;
	EXPECT_EQ(first(s), "deliver waiting");
	now += 995;
	out(a);
	now += 5;
	EXPECT_EQ(in(s), "copy several");
	now += 2;
	out(b, true);
	for (unsigned n = 0; n < 3 && s.state == NFPT_ASSOC_AMBIGUOUS; n++) {
		now += 998;
		in(s);
		now += 2;
		out(b);
	}
	EXPECT_NE(s.host, &a);
}

/* Elimination */

TEST_P(Assoc, WhoAnswersIsIt)
{
	Host &a = join_credited();
	Sa &s = sa();

	join_credited();
	EXPECT_EQ(first(s), "copy several");
	now += 2;
	out(a, true);
	now += 20;
	EXPECT_EQ(in(s), "deliver eliminated");
	EXPECT_EQ(s.host, &a);
	EXPECT_EQ(s.state, NFPT_ASSOC_TENTATIVE);
}

TEST_P(Assoc, TheFirstToWakeIsIt)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa();

	first(s);
	now += 2;
	out(b, true);
	now += 3;
	out(a, true);
	now += 20;
	EXPECT_EQ(in(s), "deliver eliminated");
	EXPECT_EQ(s.host, &b);
}

TEST_P(Assoc, OneQuestionAtATime)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa(), &t = sa();

	EXPECT_EQ(first(s), "copy several");
	now += 3;
	EXPECT_EQ(first(t), "drop crowd");
	EXPECT_EQ(candidates(t), (Pair{&a, &b}));
	now += 3;
	out(b, true);		/* to s: of t it has seen nothing */
	now += 1;
	EXPECT_EQ(in(t), "copy several");
	now += 2;
	out(a, true);
	now += 190;
	EXPECT_EQ(in(s), "deliver eliminated");
	EXPECT_EQ(s.host, &b);
	now += 3;
	EXPECT_EQ(in(t), "deliver eliminated");
	EXPECT_EQ(t.host, &a);
}

TEST_P(Assoc, AQuestionWithoutAnswerIsNotOpenForLong)
{
	join_credited();
	join_credited();
	Sa &s = sa(), &t = sa();

	first(s);
	now += 99;
	EXPECT_EQ(first(t), "drop crowd");
	now += 1;
	EXPECT_EQ(in(t), "copy several");
	EXPECT_EQ(in(s), "drop crowd");
}

TEST_P(Assoc, WhoIsAloneIsAskedAtAnyTime)
{
	join_credited();
	for (unsigned n = 0; n < 3; n++)
		EXPECT_EQ(first(sa()), "deliver credit");
}

TEST_P(Assoc, AnAnswerOwedToAnotherSaIsNoEvidence)
{
	Host &a = join(), &b = join();
	Sa &own = settled(a), &s = sa();

	settled(b);
	nfpt_assoc_credit(&a, credit_ms, now);
	nfpt_assoc_credit(&b, credit_ms, now);
	now += 200;
	in(own);
	now += 5;
	EXPECT_EQ(first(s), "copy several");
	now += 2;
	out(a);
	now += 20;
	EXPECT_EQ(in(s), "copy several");
	EXPECT_EQ(candidates(s), (Pair{&a, &b}));
	EXPECT_EQ(s.candidates[0].score + s.candidates[1].score, 0);
}

TEST_P(Assoc, WhoHasItsOwnIsOut)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa(), &t = sa();

	out(a, true);
	out(b, true);
	EXPECT_EQ(first(s), "copy several");
	EXPECT_EQ(first(t), "copy several");
	for (unsigned n = 0; n < 4; n++) {
		now += 5;
		out(b);
		now += 5;
		in(t);
	}
	EXPECT_EQ(t.host, &b);
	EXPECT_EQ(t.state, NFPT_ASSOC_CONFIRMED);
	EXPECT_EQ(s.host, &a);
	EXPECT_EQ(s.state, NFPT_ASSOC_TENTATIVE);
}

TEST_P(Assoc, CopiesEnd)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa();
	unsigned copies = 0;

	out(a, true);
	out(b, true);
	first(s);
	for (copies = 1; in(s) == "copy several"; copies++)
		EXPECT_LT(copies, 100u);
	EXPECT_EQ(copies, NFPT_ASSOC_COPIES + 0u);
	EXPECT_EQ(in(s), "drop crowd");
	now += NFPT_ASSOC_PAUSE_MS;
	for (copies = 0; in(s) == "copy several"; copies++)
		EXPECT_LT(copies, 100u);
	EXPECT_EQ(copies, NFPT_ASSOC_COPIES + 0u);
	now += NFPT_ASSOC_PAUSE_MS;
	EXPECT_EQ(in(s), "drop crowd");
	now += NFPT_ASSOC_RETRY_MS;
	EXPECT_EQ(in(s), "copy several");
}

TEST_P(Assoc, SlowCopiesEndTogether)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa();
	const uint32_t begin = now;
	uint32_t last = now;

	out(a, true);
	out(b, true);
	first(s);
	for (unsigned n = 0; n < 12; n++) {
		now += 800;
		out(a);
		out(b);
		if (in(s) == "copy several" && now - begin < 9000)
			last = now;
	}
	EXPECT_LE(last - begin, NFPT_ASSOC_WINDOW_MS + 0u);
}

TEST_P(Assoc, WhoWakesAfterThePauseIsIt)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa();

	/* a floods all the time; b says as much as it hears */
	out(a, true);
	out(b, true);
	first(s);
	for (unsigned n = 0; n < 8; n++, now += 5) {
		out(a);
		out(b);
		in(s);
	}
	ASSERT_EQ(s.phase, NFPT_ASSOC_PAUSED);
	for (unsigned n = 0; n < 100; n++, now += 6)
		out(a);
	EXPECT_EQ(in(s), "copy several");
	for (unsigned n = 0; n < 5 && !s.host; n++) {
		now += 3;
		out(a);
		out(b);
		now += 2;
		in(s);
	}
	EXPECT_EQ(s.host, &b);
	EXPECT_EQ(s.state, NFPT_ASSOC_CONFIRMED);
}

TEST_P(Assoc, OnlyOneSaIsProbedAtATime)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa(), &t = sa();

	out(a, true);
	out(b, true);
	first(s);
	first(t);
	while (in(s) == "copy several")
		;
	while (in(t) == "copy several")
		;
	now += NFPT_ASSOC_PAUSE_MS;
	EXPECT_EQ(in(s), "copy several");
	EXPECT_EQ(in(t), "drop crowd");
	now += NFPT_ASSOC_COPY_MS;
	EXPECT_EQ(in(t), "copy several");
}

TEST_P(Assoc, ARekeyedHostLeavesItsOldSa)
{
	Host &a = join(), &b = join();
	Sa &old_a = settled(a), &old_b = settled(b), &s = sa();

	nfpt_assoc_credit(&a, credit_ms, now);
	nfpt_assoc_credit(&b, credit_ms, now);
	EXPECT_EQ(first(s), "copy several");
	for (unsigned n = 0; n < 3 && s.state == NFPT_ASSOC_AMBIGUOUS; n++) {
		/* both talk, b on its old one */
		now += 3;
		in(old_b);
		out(a);
		out(b);
		now += 3;
		in(s);
	}
	EXPECT_EQ(s.host, &a);
	EXPECT_EQ(old_a.host, &a);
	EXPECT_EQ(old_b.host, &b);
}

/* Repair */

TEST_P(Assoc, AStarvedHostGetsACopyOfASurplusSa)
{
	Host &a = join_credited(), &b = join();
	Sa &s = sa();

	out(b, true);
	now += NFPT_ASSOC_WAIT_MS + 1;
	EXPECT_EQ(first(s), "deliver credit");
	EXPECT_EQ(s.host, &a);
	EXPECT_TRUE(nfpt_assoc_unsettled(&gw));
	out(b);
	EXPECT_EQ(nfpt_assoc_repair(&gw, now), nullptr);
	now += NFPT_ASSOC_REPAIR_MS;
	out(b);
	EXPECT_EQ(nfpt_assoc_repair(&gw, now), &s);
	EXPECT_EQ(candidates(s), (Pair{&a, &b}));
	EXPECT_EQ(nfpt_assoc_repair(&gw, now), nullptr);
	now += 100;
	EXPECT_EQ(in(s), "copy several");
	for (unsigned n = 0; n < 2; n++) {
		now += 5;
		out(b);
		now += 5;
		EXPECT_EQ(in(s), n ? "deliver repaired" : "copy several");
	}
	EXPECT_EQ(s.host, &b);
}

TEST_P(Assoc, WhoIsAnsweredNeedsNoRepair)
{
	Host &a = join_credited(), &b = join();
	Sa &own = settled(b);

	nfpt_assoc_credit(&a, credit_ms, now);
	EXPECT_EQ(first(sa()), "deliver credit");
	for (unsigned n = 0; n < 10; n++) {
		now += 1000;
		out(b);
		EXPECT_EQ(nfpt_assoc_repair(&gw, now), nullptr);
		in(own);
	}
}

TEST_P(Assoc, AConfirmedSaIsNeverTaken)
{
	Host &a = join(), &b = join();
	Sa &s = settled(a);

	out(b, true);
	for (unsigned n = 0; n < 20; n++) {
		now += 1000;
		out(b);
		EXPECT_EQ(nfpt_assoc_repair(&gw, now), nullptr);
		in(s);
	}
	EXPECT_EQ(s.host, &a);
}

/* Hosts come, begin again, go */

TEST_P(Assoc, RestartDropsWhatIsNotProved)
{
	Host &a = join_credited();
	Sa &s = sa();

	first(s);
	nfpt_assoc_restart(&a, now);
	EXPECT_EQ(s.state, NFPT_ASSOC_UNKNOWN);
	EXPECT_EQ(a.credits, 0);
	EXPECT_EQ(a.sas, nullptr);
	EXPECT_EQ(gw.n_tentative, 0u);
}

TEST_P(Assoc, TheNewSaSupersedesTheOldOnes)
{
	Host &a = join();
	Sa &old = settled(a), &busy = settled(a), &s = sa();

	nfpt_assoc_restart(&a, now);
	EXPECT_EQ(old.state, NFPT_ASSOC_CONFIRMED);
	nfpt_assoc_credit(&a, credit_ms, now);
	now += 200;
	first(s);
	out(a, true);
	now += 5;
	in(busy);
	in(s);
	EXPECT_TRUE(supersedes);
	EXPECT_EQ(nfpt_assoc_stale(&a), &old);
	EXPECT_EQ(old.state, NFPT_ASSOC_UNKNOWN);
	EXPECT_EQ(nfpt_assoc_stale(&a), nullptr);
	EXPECT_EQ(busy.host, &a);
	now += 5;
	in(s);
	EXPECT_FALSE(supersedes);
}

TEST_P(Assoc, WhoLeavesIsNoCandidate)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &s = sa(), &t = sa();

	first(s);
	nfpt_assoc_leave(&a);
	EXPECT_EQ(s.host, &b);
	EXPECT_EQ(gw.pending, nullptr);
	EXPECT_EQ(first(t), "deliver credit");
	nfpt_assoc_leave(&b);
	EXPECT_EQ(s.state, NFPT_ASSOC_UNKNOWN);
	EXPECT_EQ(gw.hosts, nullptr);
	EXPECT_EQ(gw.n_tentative, 0u);
	EXPECT_EQ(in(s), "drop none");
}

TEST_P(Assoc, EndInEveryState)
{
	Host &a = join_credited(), &b = join_credited();
	Sa &pending = sa(), &tentative = sa();
	Sa unknown{};

	first(pending);
	out(b, true);
	Sa &confirmed = settled(a);
	nfpt_assoc_credit(&b, credit_ms, now);
	first(tentative);
	for (Sa *s : {&pending, &tentative, &confirmed, &unknown}) {
		nfpt_assoc_end(&gw, s);
		EXPECT_EQ(s->state, NFPT_ASSOC_UNKNOWN);
		nfpt_assoc_end(&gw, s);
	}
	EXPECT_EQ(a.sas, nullptr);
	EXPECT_EQ(b.sas, nullptr);
	EXPECT_EQ(gw.pending, nullptr);
	EXPECT_EQ(gw.n_tentative, 0u);
	EXPECT_EQ(a.n_in + b.n_in, 0);
}

TEST_P(Assoc, ExpiredCreditsMakeRoomForANewOne)
{
	Host &a = join();

	for (unsigned i = 1; i < NFPT_ASSOC_CREDITS; i++)
		nfpt_assoc_credit(&a, 1, now);
	nfpt_assoc_credit(&a, credit_ms, now);
	now += 2;
	nfpt_assoc_credit(&a, credit_ms, now);
	EXPECT_EQ(a.credits, 2);
}

TEST_P(Assoc, CreditsAreCappedAndRenewed)
{
	Host &a = join();

	for (unsigned n = 0; n < 300; n++)
		nfpt_assoc_credit(&a, credit_ms, now);
	EXPECT_EQ(a.credits, NFPT_ASSOC_CREDITS);
	now += credit_ms + 1;
	nfpt_assoc_credit(&a, credit_ms, now);
	EXPECT_EQ(a.credits, 1);
	now += credit_ms - 1;
	nfpt_assoc_renew(&a, credit_ms, now);
	EXPECT_EQ(a.credits, 1);
	now += credit_ms - 1;
	EXPECT_EQ(first(sa()), "deliver credit");
}

TEST_P(Assoc, EachCreditExpires)
{
	Host &a = join(), &b = join();

	/* one is never used, and a rekeys every 20 s */
	nfpt_assoc_credit(&a, credit_ms, now);
	for (unsigned n = 0; n < 3; n++) {
		now += 20000;
		nfpt_assoc_credit(&a, credit_ms, now);
		Sa &s = sa();
		EXPECT_EQ(first(s), "deliver credit");
		out(a, true);
		now += 5;
		in(s);
		EXPECT_EQ(s.state, NFPT_ASSOC_CONFIRMED);
	}
	EXPECT_EQ(a.credits, 1);
	now += 20000;
	out(a);
	for (Sa &s : sas)
		in(s);
	EXPECT_EQ(first(sa()), "deliver credit");
	EXPECT_EQ(sas.back().host, &a);
	now += 10001;
	EXPECT_EQ(first(sa()), "deliver alone");
	EXPECT_EQ(sas.back().host, &b);
}

TEST_P(Assoc, OutboundSasAreCounted)
{
	Host &a = join();

	for (unsigned n = 0; n < 3; n++)
		out(a, true);
	EXPECT_EQ(a.n_out, 3);
	EXPECT_TRUE(nfpt_assoc_misses(&a, now));
	for (unsigned n = 0; n < 5; n++)
		nfpt_assoc_out_end(&a);
	EXPECT_EQ(a.n_out, 0);
	EXPECT_FALSE(nfpt_assoc_misses(&a, now));
}

} /* namespace */
