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

#include "assoc_sim.hpp"

namespace {

using sim::Kind;
using sim::Ms;
using sim::World;
using Kinds = std::vector<Kind>;

constexpr Ms longest_allowed = 5000;
constexpr Ms step = 3;		/* between two events: hosts overlap */
constexpr Ms duration = 30000;

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
		if (w.last_progress(i) < 20)
			s += " progress " + std::to_string(w.last_progress(i));
	}
	return s;
}

void all_exchange(World &w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		w.exchange(i);
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

/* A stream one way says nothing of itself: its host may not be found. */
bool may_be_known(const Kinds &kinds)
{
	return std::none_of(kinds.begin(), kinds.end(), [](Kind k) {
		return k == Kind::stream_in || k == Kind::stream_out;
	});
}

TEST(Orders, Table)
{
	printf("%-32s %6s %8s %6s %8s %7s %9s\n", "hosts", "orders", "no copy",
	       "all own", "copied", "wrong", "longest");
	for (unsigned n = 2; n <= 4; n++) {
		for (const Kinds &kinds : mixes(n)) {
			Row row;

			for (const Order &order : orders(n)) {
				World w(kinds);
				unsigned own = 0;

				all_exchange(w, n);
				schedule(w, kinds, order, 100);
				w.clock().run(n < 4 ? duration : 12000);
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
			printf("%-32s %6u %8u %6u %8u %7u %6u ms%6u\n", names(kinds).c_str(),
			       row.orders, row.silent, row.own, row.copied, row.wrong,
			       row.longest, row.bad);
		}
	}
}

} /* namespace */
