// SPDX-License-Identifier: GPL-2.0
/*
 * Association, order by order: what comes first, what is lost, what is forged
 * must not make packets go to a wrong host for long, nor keep a host that
 * answers what it gets from its own SA.
 *
 *   build/unit-c11 --gtest_filter=Orders.Table	prints all orders
 */
#include <gtest/gtest.h>

#include <cstdio>
#include <numeric>
#include <random>
#include <string>

#include "assoc_sim.hpp"

namespace {

using sim::Kind;
using sim::Ms;
using sim::World;
using Kinds = std::vector<Kind>;

constexpr Ms longest_allowed = 5000;
constexpr Ms step = 3;		/* between two events: hosts overlap */
constexpr Ms duration = 30000;	/* of a run, if it takes so long */

const char *name(Kind k)
{
	switch (k) {
	case Kind::tcp: return "tcp";
	case Kind::gw_tcp: return "gw-tcp";
	case Kind::download: return "download";
	case Kind::ping: return "ping";
	case Kind::gw_ping: return "gw-ping";
	case Kind::stream_in: return "stream-in";
	case Kind::stream_out: return "stream-out";
	case Kind::heedless: return "heedless";
	}
	return "?";
}

std::string names(const Kinds &kinds)
{
	std::string s;

	for (Kind k : kinds)
		s += std::string(s.empty() ? "" : "+") + name(k);
	return s;
}

/* Event 2i: host i begins.  Event 2i + 1: the first answer comes for it. */
using Order = std::vector<unsigned>;

std::string text(const Order &order)
{
	std::string s;

	for (unsigned e : order) {
		s += e & 1 ? "<" : ">";
		s += static_cast<char>('A' + e / 2);
	}
	return s;
}

/* All orders of N questions and N answers, each answer behind its question. */
std::vector<Order> orders(unsigned n)
{
	std::vector<Order> all;
	Order o(2 * n);

	std::iota(o.begin(), o.end(), 0u);
	do {
		const auto at = [&](unsigned e) {
			return std::find(o.begin(), o.end(), e);
		};
		bool ok = true;

		for (unsigned i = 0; ok && i < n; i++)
			ok = at(2 * i) < at(2 * i + 1);
		if (ok)
			all.push_back(o);
	} while (std::next_permutation(o.begin(), o.end()));
	return all;
}

/* Let the hosts begin in this order, from "at" on. */
void schedule(World &w, const Kinds &kinds, const Order &order, Ms at)
{
	std::vector<Ms> when(order.size());

	for (unsigned k = 0; k < order.size(); k++)
		when[order[k]] = at + k * step;
	for (unsigned i = 0; i < kinds.size(); i++) {
		const Ms later = when[2 * i + 1] - when[2 * i];
		const Ms begin = sim::gateway_first(kinds[i]) ? when[2 * i + 1] : when[2 * i];

		w.clock().after(begin, [&w, i, later] {
			w.start(i, later > 2 * World::wan ? later - 2 * World::wan : 0);
		});
	}
}

/* Packets at wrong hosts for long, or a closed loop without its SA; "": neither. */
std::string complaint(World &w, const Kinds &kinds)
{
	std::string s;

	if (w.totals().longest > longest_allowed)
		s += " wrong for " + std::to_string(w.totals().longest) + " ms";
	for (unsigned i = 0; i < kinds.size(); i++) {
		const int owner = w.router().owner(w.spi_in(i));

		if (!sim::is_closed_loop(kinds[i]))
			continue;
		if (owner != static_cast<int>(i))
			s += " " + std::string(1, static_cast<char>('A' + i)) + " has " +
			     std::to_string(owner);
		if (!w.last_progress(i))
			s += std::string(" no progress of ") + static_cast<char>('A' + i);
	}
	return s;
}

void all_exchange(World &w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		w.exchange(i);
}

/* Until all is proved, and a little longer. */
void run(World &w, unsigned n, Ms until = duration)
{
	bool done = false;

	for (Ms t = w.clock().now() + 1000; !done && t <= until; t += 1000) {
		done = true;
		for (unsigned i = 0; i < n; i++) {
			const auto *sa = w.router().find(w.spi_in(i));

			done = done && sa && sa->state == NFPT_ASSOC_CONFIRMED &&
			       w.router().owner(w.spi_in(i)) == static_cast<int>(i);
		}
		w.clock().run(t);
	}
	w.clock().run(w.clock().now() + 2000);
}

/* Mixes of what hosts do, for N hosts. */
std::vector<Kinds> mixes(unsigned n)
{
	std::vector<Kinds> all;

	for (Kind k : {Kind::tcp, Kind::gw_tcp, Kind::download, Kind::ping, Kind::gw_ping})
		all.push_back(Kinds(n, k));
	Kinds mix = {Kind::tcp, Kind::ping, Kind::download, Kind::gw_tcp};
	mix.resize(n);
	all.push_back(mix);
	mix = {Kind::ping, Kind::gw_tcp, Kind::tcp, Kind::stream_out};
	mix.resize(n);
	all.push_back(mix);
	mix = {Kind::stream_in, Kind::tcp, Kind::gw_ping, Kind::ping};
	mix.resize(n);
	all.push_back(mix);
	mix = {Kind::gw_tcp, Kind::gw_tcp, Kind::tcp, Kind::tcp};
	mix.resize(n);
	all.push_back(mix);
	return all;
}

struct Row {
	unsigned orders = 0, bad = 0, silent = 0, own = 0, late = 0;
	unsigned copied = 0, wrong = 0;
	Ms longest = 0;
};

bool all_equal(const Kinds &kinds)
{
	return std::count(kinds.begin(), kinds.end(), kinds[0]) ==
	       static_cast<long>(kinds.size());
}

/* A begins before B, B before C, ... */
bool begins_by_name(const Order &order)
{
	unsigned next = 0;

	for (unsigned e : order)
		if (!(e & 1) && e != 2 * next++)
			return false;
	return true;
}

/* A stream one way says nothing of itself: its host may not be found. */
bool may_be_known(const Kinds &kinds)
{
	return std::none_of(kinds.begin(), kinds.end(), [](Kind k) {
		return k == Kind::stream_in || k == Kind::stream_out;
	});
}

TEST(Orders, Table)
{
	/* the worst of all orders; "wrong": to others only; "bad": see complaint() */
	printf("%-32s %6s %8s %7s %7s %7s %10s %6s\n", "hosts", "orders", "no copy",
	       "all own", "copied", "wrong", "longest", "bad");
	for (unsigned n = 2; n <= 4; n++) {
		for (const Kinds &kinds : mixes(n)) {
			Row row;

			for (const Order &order : orders(n)) {
				/* who is who does not matter among equals */
				if (n == 4 && all_equal(kinds) && !begins_by_name(order))
					continue;

				World w(kinds);
				unsigned own = 0;

				all_exchange(w, n);
				schedule(w, kinds, order, 100);
				run(w, n);
				if (const auto c = complaint(w, kinds); !c.empty() &&
				    !row.bad++ && may_be_known(kinds))
					ADD_FAILURE() << names(kinds) << ' ' << text(order) << c;
				for (unsigned i = 0; i < n; i++)
					own += w.router().owner(w.spi_in(i)) ==
					       static_cast<int>(i);
				row.orders++;
				row.own += own == n;
				row.silent += !w.totals().copied && !w.totals().wrong;
				row.copied = std::max(row.copied, w.totals().copied);
				row.wrong = std::max(row.wrong, w.totals().wrong);
				row.longest = std::max(row.longest, w.totals().longest);
			}
			printf("%-32s %6u %8u %7u %7u %7u %7u ms %6u\n", names(kinds).c_str(),
			       row.orders, row.silent, row.own, row.copied, row.wrong,
			       row.longest, row.bad);
		}
	}
}

/* The closed loops, among themselves and with hosts that send by the clock. */
const std::vector<Kinds> pairs = {
	{Kind::tcp, Kind::tcp}, {Kind::gw_tcp, Kind::gw_tcp}, {Kind::download, Kind::download},
	{Kind::tcp, Kind::ping}, {Kind::ping, Kind::gw_tcp}, {Kind::download, Kind::gw_ping},
	{Kind::gw_tcp, Kind::tcp}, {Kind::tcp, Kind::download},
};

TEST(Orders, EveryMessageLost)
{
	for (const Kinds &kinds : pairs)
		for (const Order &order : orders(2))
			for (unsigned which = 0; which < 40; which++) {
				World w(kinds);

				/* one of the first ten of each host, each way */
				w.lose = [which](bool up, unsigned i, unsigned n) {
					return which == (n * 2 + up) * 2 + i;
				};
				all_exchange(w, 2);
				schedule(w, kinds, order, 100);
				run(w, 2);
				EXPECT_EQ(complaint(w, kinds), "")
					<< names(kinds) << ' ' << text(order) << ' ' << which;
			}
}

/* The exchange of one host is not seen, or late, for want of a message. */
TEST(Orders, ExchangesLostAndLate)
{
	for (const Kinds &kinds : pairs)
		for (const Order &order : orders(2))
			for (Ms late : {0u, 104u, 107u, 500u, duration}) {
				World w(kinds);

				w.exchange(0);
				w.clock().after(late, [&w] { w.exchange(1); });
				w.router().ike(1, 0);
				schedule(w, kinds, order, 100);
				run(w, 2);
				EXPECT_EQ(complaint(w, kinds), "")
					<< names(kinds) << ' ' << text(order) << ' ' << late;
			}
}

TEST(Orders, ForgedPacketsStealNothing)
{
	for (const Kinds &kinds : pairs)
		for (const Order &order : orders(2))
			for (Ms when = 98; when < 115; when++)
				for (unsigned packets : {1u, 5u}) {
					World w(kinds);

					all_exchange(w, 2);
					schedule(w, kinds, order, 100);
					for (uint32_t n = 1; n <= packets; n++)
						w.clock().after(when + n, [&w, n] {
							w.spoof(0xbad, n);
						});
					run(w, 2);
					EXPECT_EQ(complaint(w, kinds), "")
						<< names(kinds) << ' ' << text(order) << " forged @"
						<< when << " * " << packets;
				}
}

/* Settled hosts, under traffic. */
void settle(World &w, unsigned n, Ms apart = 0)
{
	for (unsigned i = 0; i < n; i++) {
		w.clock().run(w.clock().now() + 1500 + apart);
		w.exchange(i);
		w.start(i);
		w.clock().run(w.clock().now() + 1500);
		ASSERT_EQ(w.router().owner(w.spi_in(i)), static_cast<int>(i));
	}
	w.clock().run(w.clock().now() + 31000);
}

/* Event 2i: host i takes its new SA.  Event 2i + 1: the gateway does. */
TEST(Orders, RekeyAtTheSameTime)
{
	for (const Kinds &kinds : pairs) {
		Order order = {0, 1, 2, 3};

		do {
			World w(kinds);

			settle(w, 2);
			for (unsigned k = 0; k < order.size(); k++)
				w.clock().after(100 + k * step, [&w, e = order[k]] {
					if (e & 1)
						w.new_in(e / 2);
					else
						w.new_out(e / 2);
				});
			all_exchange(w, 2);
			run(w, 2, w.clock().now() + duration);
			EXPECT_EQ(complaint(w, kinds), "") << names(kinds) << ' ' << text(order);
		} while (std::next_permutation(order.begin(), order.end()));
	}
}

/* Each of N hosts has its own, and nothing was at a wrong one for long. */
std::string unsettled(World &w, unsigned n)
{
	std::string s = complaint(w, {});

	for (unsigned i = 0; i < n; i++)
		if (const int owner = w.router().owner(w.spi_in(i)); owner != static_cast<int>(i))
			s += " " + std::to_string(i) + " has " + std::to_string(owner);
	return s;
}

/*
 * Host i gets new keys.  Who is asked for them has them first, and may use them
 * before its answer is out.
 */
struct Pace {
	Ms asked, answered, taken, next;	/* until the next event, at most */
};

Ms rekey_one(World &w, unsigned i, bool by_host, const Pace &p)
{
	if (by_host)
		w.request(i);
	w.clock().after(p.asked, [&w, i, by_host] {
		if (by_host)
			w.new_in(i);
		else
			w.new_out(i);
	});
	w.clock().after(p.asked + p.answered, [&w, i] { w.exchange(i); });
	w.clock().after(p.asked + p.answered + p.taken, [&w, i, by_host] {
		if (by_host)
			w.new_out(i);
		else
			w.new_in(i);
	});
	return p.asked + p.answered + p.taken + p.next;
}

Pace any_below(const Pace &most, std::minstd_rand &random)
{
	const auto below = [&random](Ms ms) { return static_cast<Ms>(1 + random() % ms); };

	return {below(most.asked), below(most.answered), below(most.taken), below(most.next)};
}

/*
 * Eight hosts get new keys one after the other, under traffic, the next before the
 * last one's SA is proved; all may have credits for IKE SAs.
 */
World &rekey_one_after_another(World &w, const Pace &most, bool by_host, bool idle_credits,
			       unsigned seed)
{
	constexpr unsigned n = 8;
	std::minstd_rand random(seed);

	settle(w, n, 25);
	if (idle_credits) {
		all_exchange(w, n);
		w.clock().run(w.clock().now() + 3000);
	}
	w.forget_totals();
	for (unsigned i = 0; i < n; i++)
		w.clock().run(w.clock().now() +
			      rekey_one(w, i, by_host, any_below(most, random)));
	w.clock().run(w.clock().now() + 10000);
	return w;
}

const std::vector<Pace> paces = {
	{20, 20, 20, 400}, {100, 100, 100, 400}, {200, 50, 200, 200}, {20, 300, 20, 100},
};

/* None asks while another's answer is on its way: nobody gets what is another's. */
TEST(Orders, RekeyOneAfterAnother)
{
	for (const Pace &most : paces)
		for (bool by_host : {true, false})
			for (bool idle_credits : {false, true})
				for (unsigned seed = 1; seed <= 50; seed++) {
					World w(Kinds(8, Kind::ping));

					rekey_one_after_another(w, most, by_host, idle_credits, seed);
					EXPECT_EQ(w.totals().strays, 0u)
						<< most.asked << ' ' << most.next << ' ' << by_host
						<< idle_credits << ' ' << seed;
					EXPECT_EQ(unsettled(w, 8), "");
					EXPECT_LE(w.totals().dropped, 16u);
				}
}

/* Some do.  Then there are copies, also after a pause: docs/ipsec.md. */
TEST(Orders, RekeyInOneRhythm)
{
	for (Kind kind : {Kind::ping, Kind::tcp, Kind::gw_ping}) {
		unsigned runs = 0, strays = 0;
		Ms longest = 0;

		for (const Pace &most : paces)
			for (bool by_host : {true, false})
				for (bool idle_credits : {false, true})
					for (unsigned seed = 1; seed <= 20; seed++) {
						World w(Kinds(8, kind));

						w.jitter = 8;
						rekey_one_after_another(w, most, by_host,
									idle_credits, seed);
						runs++;
						strays += w.totals().strays;
						longest = std::max(longest, w.totals().longest);
					}
		printf("%-8s %u runs, %u strays, longest %u\n", name(kind), runs, strays,
		       longest);
		EXPECT_LE(longest, longest_allowed);
	}
}

TEST(Orders, OldSpiInFlight)
{
	for (const Kinds &kinds : pairs)
		for (bool ended : {false, true}) {
			World w(kinds);
			const uint32_t old = w.spi_in(0);

			settle(w, 2);
			for (unsigned n = 0; n < 2000; n++)	/* it is an old one */
				w.router().in(old, 1000 + n, w.clock().now());
			w.exchange(0);
			w.rekey(0);
			w.clock().run(w.clock().now() + 3000);
			if (ended)
				w.router().end(old);
			for (unsigned n = 0; n < 3; n++) {
				const auto r = w.spoof(old, 5000 + n);

				if (ended)
					EXPECT_EQ(r.action, NFPT_ASSOC_DROP) << names(kinds);
				else
					EXPECT_EQ(r.to, std::vector<unsigned>{0});
			}
			run(w, 2, w.clock().now() + duration);
			EXPECT_EQ(complaint(w, kinds), "") << names(kinds);
		}
}

TEST(Orders, TheRouterForgetsAll)
{
	for (unsigned n = 2; n <= 4; n++)
		for (const Kinds &kinds : mixes(n)) {
			if (!may_be_known(kinds))
				continue;
			for (Ms at = 0; at < 200; at += 7) {
				World w(kinds);

				settle(w, n);
				w.clock().run(w.clock().now() + at);
				w.reboot();
				for (unsigned i = 0; i < n; i++)
					w.router().ike(i, w.clock().now());
				run(w, n, w.clock().now() + duration);
				EXPECT_EQ(complaint(w, kinds), "") << names(kinds) << " @" << at;
			}
		}
}

/* The gateway addresses hosts that have said nothing yet, in one rhythm. */
void address_silent_hosts(Kind kind, Ms grain, const std::vector<Ms> &jitters)
{
	const std::vector<Ms> times = {1, 2, 5, 10, 20};

	for (unsigned n : {2u, 3u, 4u, 8u})
		for (Ms apart : {0u, 1u, 2u, 5u})
			for (Ms jitter : jitters)
				for (unsigned mix = 0; mix < (n < 4 ? 125u : 25u); mix += 4) {
					World w(Kinds(n, kind));

					w.grain = grain;
					w.again = 200;
					w.again_most = 1600;
					w.jitter = jitter;
					for (unsigned i = 0; i < n; i++) {
						const unsigned of[] = {mix % 5, mix / 5 % 5, mix / 25};

						w.answer.push_back(times[of[i % 3]]);
						w.clock().after(100 + i * apart, [&w, i] { w.start(i); });
					}
					all_exchange(w, n);
					w.clock().run(n < 4 ? 6500 : 2000 * n);
					EXPECT_EQ(unsettled(w, n), "")
						<< n << ' ' << name(kind) << ", " << apart
						<< " ms apart, jitter " << jitter << ", answers " << mix;
				}
}

TEST(Orders, TheGatewayPingsSilentHosts)
{
	address_silent_hosts(Kind::gw_ping, 1, {0, 5, 20});
}

TEST(Orders, TheGatewayCallsSilentHosts)
{
	address_silent_hosts(Kind::gw_tcp, 1, {0, 5, 20});
}

/* With the clock of a kernel of 100 Hz; the host that is late next time is another. */
TEST(Orders, SilentHostsByACoarseClock)
{
	address_silent_hosts(Kind::gw_ping, 10, {0, 5});
	address_silent_hosts(Kind::gw_tcp, 10, {0, 5});
}

/* The gateway sends before the hosts do, who answer nothing but what they ask. */
TEST(Orders, TheGatewayIsFaster)
{
	for (unsigned n = 2; n <= 4; n++)
		for (Ms apart : {0u, 1u, 3u, 10u, 20u})
			for (Ms pause : {1u, 20u, 60u, 120u})
				for (Ms between : {0u, 3u, 10u, 20u})
					for (unsigned turn = 0; turn < n; turn++) {
						const Kinds kinds(n, Kind::tcp);
						const Ms begin = 100 + n * apart + pause;
						World w(kinds);

						w.again = 200;
						w.again_most = 1600;
						all_exchange(w, n);
						for (unsigned i = 0; i < n; i++) {
							w.clock().after(100 + i * apart, [&w, i, n, turn] {
								w.call((i + turn) % n);
							});
							w.clock().after(begin + i * between, [&w, i] {
								w.start(i);
							});
						}
						run(w, n, 15000);
						EXPECT_EQ(complaint(w, kinds), "")
							<< n << " hosts, " << apart << ' ' << pause << ' '
							<< between << ' ' << turn;
					}
}

/* Both ends send in one rhythm, and the router has forgotten all. */
TEST(Orders, HeedlessAfterAReboot)
{
	for (unsigned n = 2; n <= 4; n++)
		for (Ms period : {40u, 200u})
			for (Ms jitter : {0u, 1u, 3u, 20u})
				for (Ms apart : {0u, 1u, 3u, 20u})
					for (Ms later : {0u, n * apart}) {
						World w(Kinds(n, Kind::heedless));

						w.period = period;
						w.jitter = jitter;
						for (unsigned i = 0; i < n; i++) {
							w.high(i);
							w.clock().after(100 + i * apart, [&w, i, later] {
								w.start(i, later);
							});
						}
						w.clock().run(20000);
						EXPECT_EQ(complaint(w, {}), "")
							<< n << " hosts, every " << period << " ms, jitter "
							<< jitter << ", " << apart << " ms apart";
					}
}

/* Closed loops with high numbers, of which the router has seen a packet or none. */
TEST(Orders, ClosedLoopsAfterAReboot)
{
	for (Kind k : {Kind::tcp, Kind::gw_tcp})
		for (unsigned n = 2; n <= 4; n++)
			for (Ms apart : {0u, 1u, 3u, 10u})
				for (Ms jitter : {0u, 1u, 5u})
					for (unsigned before = k == Kind::gw_tcp; before < 3; before++) {
						const Kinds kinds(n, k);
						World w(kinds);

						w.again = 200;
						w.again_most = 1600;
						w.jitter = jitter;
						for (unsigned i = 0; i < n; i++) {
							w.high(i);
							w.clock().after(50 + i, [&w, i, before] {
								if (before)
									w.say(i);
								if (before > 1)
									w.call(i);
							});
							w.clock().after(100 + i * apart, [&w, i] {
								w.start(i);
							});
						}
						run(w, n, 15000);
						EXPECT_EQ(complaint(w, kinds), "")
							<< names(kinds) << ' ' << apart << ' ' << jitter << ' '
							<< before;
					}
}

/* Eight at once: few packets go to wrong hosts, and none for long. */
TEST(Orders, EightAtOnce)
{
	for (Kind k : {Kind::tcp, Kind::gw_tcp, Kind::download, Kind::ping, Kind::gw_ping})
		for (Ms apart : {0u, 1u, 3u}) {
			World w(Kinds(8, k));

			all_exchange(w, 8);
			for (unsigned i = 0; i < 8; i++)
				w.clock().after(100 + i * apart, [&w, i] { w.start(i); });
			w.clock().run(duration);
			printf("%-10s %u ms apart: %4u strays, %4u dropped, longest %u\n", name(k),
			       apart, w.totals().strays, w.totals().dropped, w.totals().longest);
			EXPECT_EQ(complaint(w, {}), "") << name(k) << ' ' << apart;
		}
}

} /* namespace */
