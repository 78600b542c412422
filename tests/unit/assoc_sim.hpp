/* SPDX-License-Identifier: GPL-2.0 */
/*
 * World: inside hosts, a router that knows no more than assoc.c tells it,
 * a gateway, and a clock.
 *
 *   Host --- ESP out ---> Router --- ESP out ---> gateway's end of the Host
 *     ^                     |                            |
 *     +------ ESP in -------+<---- ESP in (delayed) -----+
 *
 * A host throws away what comes on an SPI that is not its own, and the world
 * writes it down.
 */
#ifndef ASSOC_SIM_HPP
#define ASSOC_SIM_HPP

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include <passthrough/wire/assoc.h>

namespace sim {

using Ms = uint32_t;

/* What a host and the one it talks to behind the gateway do. */
enum class Kind {
	tcp,		/* host asks, answer, next question, ... */
	gw_tcp,		/* the same from the other side */
	download,	/* host asks once, windows of data, acknowledged */
	ping,		/* host sends by its clock, each answered */
	gw_ping,	/* the same from the other side */
	stream_in,	/* gateway sends by its clock, no answer */
	stream_out,	/* host sends by its clock, no answer */
	heedless,	/* both send by their clocks */
};

inline bool is_closed_loop(Kind k)
{
	return k == Kind::tcp || k == Kind::gw_tcp || k == Kind::download;
}

inline bool gateway_first(Kind k)
{
	return k == Kind::gw_tcp || k == Kind::gw_ping || k == Kind::stream_in ||
	       k == Kind::heedless;
}

class Clock {
public:
	Ms now() const { return now_; }

	void after(Ms delay, std::function<void()> what)
	{
		events_.push({now_ + delay, count_++, std::move(what)});
	}

	void run(Ms until)
	{
		while (!events_.empty() && events_.top().at <= until) {
			auto what = events_.top().what;

			now_ = events_.top().at;
			events_.pop();
			what();
		}
		now_ = until;
	}

private:
	struct Event {
		Ms at;
		uint64_t number;
		std::function<void()> what;

		bool operator<(const Event &o) const
		{
			return at != o.at ? at > o.at : number > o.number;
		}
	};

	Ms now_ = 0;
	uint64_t count_ = 0;
	std::priority_queue<Event> events_;
};

/* The router: what the kernel module does around assoc.c. */
class Router {
public:
	struct Result {
		nfpt_assoc_action action;
		nfpt_assoc_why why;
		std::vector<unsigned> to;
	};

	Router(unsigned n, Ms base) : hosts_(n), base_(base)
	{
		for (auto &h : hosts_)
			nfpt_assoc_join(&gw_, &h);
	}

	Router(const Router &) = delete;

	nfpt_assoc_host &host(unsigned i) { return hosts_[i]; }

	void ike(unsigned i, Ms now) { nfpt_assoc_heard(&hosts_[i], base_ + now); }
	void credit(unsigned i, Ms now) { nfpt_assoc_credit(&hosts_[i], 30000, base_ + now); }

	void out(unsigned i, uint32_t spi, uint32_t seq, Ms now)
	{
		auto &h = hosts_[i];

		if (known_out_.emplace(spi, i).second) {
			nfpt_assoc_out(&h, true, seq, base_ + now);
		} else {
			h.sent++;
			h.last = base_ + now;
			h.asks = true;
		}
	}

	Result in(uint32_t spi, uint32_t seq, Ms now)
	{
		auto &sa = sas_[spi];
		nfpt_assoc_verdict v;

		if (!sa) {
			sa = std::make_unique<nfpt_assoc_sa>();
			v = nfpt_assoc_in_first(&gw_, sa.get(), seq, base_ + now);
		} else if (sa->state == NFPT_ASSOC_CONFIRMED) {
			v = {NFPT_ASSOC_DELIVER, NFPT_ASSOC_WHY_KNOWN, false};
			sa->top = std::max(sa->top, seq);
			sa->last = sa->host->answered = base_ + now;
			sa->host->asks = false;
		} else {
			v = nfpt_assoc_in(&gw_, sa.get(), seq, base_ + now);
		}

		Result r{nfpt_assoc_action(v.action), nfpt_assoc_why(v.why), {}};

		if (v.action == NFPT_ASSOC_DELIVER)
			r.to = {number(sa->host)};
		if (v.action == NFPT_ASSOC_COPY && may_copy(sa->n_candidates, now))
			for (unsigned c = 0; c < sa->n_candidates; c++)
				r.to.push_back(number(sa->candidates[c].host));
		if (sa->state == NFPT_ASSOC_UNKNOWN)
			sas_.erase(spi);
		return r;
	}

	void tick(Ms now)
	{
		while (nfpt_assoc_unsettled(&gw_) && nfpt_assoc_repair(&gw_, base_ + now))
			repaired++;
	}

	void end(uint32_t spi)
	{
		if (const auto at = sas_.find(spi); at != sas_.end()) {
			nfpt_assoc_end(&gw_, at->second.get());
			sas_.erase(at);
		}
	}

	const nfpt_assoc_sa *find(uint32_t spi) const
	{
		const auto at = sas_.find(spi);

		return at == sas_.end() ? nullptr : at->second.get();
	}

	/* Whose it is, -1: nobody's yet. */
	int owner(uint32_t spi) const
	{
		const auto *sa = find(spi);

		return sa && sa->host ? static_cast<int>(number(sa->host)) : -1;
	}

	unsigned repaired = 0;

private:
	unsigned number(const nfpt_assoc_host *h) const
	{
		return static_cast<unsigned>(h - hosts_.data());
	}

	/* as nfpt_ipsec_may_copy() */
	bool may_copy(unsigned n, Ms now)
	{
		if (now - copied_ >= 1000) {
			copied_ = now;
			copies_ = 0;
		}
		copies_ += n;
		return copies_ <= 64;
	}

	Ms copied_ = 0;
	unsigned copies_ = 0;
	std::vector<nfpt_assoc_host> hosts_;
	nfpt_assoc_gw gw_{};
	std::map<uint32_t, unsigned> known_out_;
	std::map<uint32_t, std::unique_ptr<nfpt_assoc_sa>> sas_;
	Ms base_;
};

/* When a wrong host got packets of one SA, at a stretch. */
struct Stretch {
	Ms first, last;
	unsigned packets;
};

struct Totals {
	unsigned right = 0;		/* packets that reached their host */
	unsigned copied = 0;		/* ... and others */
	unsigned wrong = 0;		/* packets that reached others only */
	unsigned dropped = 0;
	unsigned strays = 0;		/* packets at a wrong host, copies too */
	Ms longest = 0;			/* longest stretch of packets at a wrong host */
};

class World {
public:
	static constexpr Ms lan = 1, wan = 2;	/* one way */
	static constexpr Ms gap = 4000;		/* a stretch ends after such a silence */

	explicit World(const std::vector<Kind> &kinds, Ms base = 0xffffff00)
		: base_(base), ends_(kinds.size()),
		  router_(std::make_unique<Router>(kinds.size(), base))
	{
		for (unsigned i = 0; i < ends_.size(); i++) {
			ends_[i].kind = kinds[i];
			rekey(i);
		}
		tick();
	}

	/* the router's clock */
	Ms stamp() const { return clock_.now() - clock_.now() % grain; }
	Clock &clock() { return clock_; }
	Router &router() { return *router_; }
	uint32_t spi_in(unsigned i) const { return ends_[i].in.spi; }
	const Totals &totals() const { return totals_; }
	void forget_totals() { totals_ = {}; }
	unsigned last_progress(unsigned i) const { return ends_[i].progress; }

	/* The router forgets everything. */
	void reboot()
	{
		router_ = std::make_unique<Router>(ends_.size(), base_);
	}

	/* Its SAs are old. */
	void high(unsigned i) { ends_[i].out.seq = ends_[i].in.seq = 70000; }

	/* Both ends of host i change to new SAs at once; see also new_out(), new_in(). */
	void rekey(unsigned i)
	{
		new_out(i);
		new_in(i);
	}

	void new_out(unsigned i) { ends_[i].out = {next_spi_++, 0}; }
	void new_in(unsigned i)
	{
		ends_[i].old_in = ends_[i].in;
		ends_[i].in = {next_spi_++, 0};
	}

	/* Host i asks for new keys; exchange() is when the answer passes. */
	void request(unsigned i)
	{
		router_->ike(i, stamp());
		nfpt_assoc_request(&router_->host(i), base_ + stamp());
	}

	void exchange(unsigned i)
	{
		router_->ike(i, stamp());
		router_->credit(i, stamp());
	}

	/* The first packet of host i, or of the gateway to it; the answer comes "later". */
	void start(unsigned i, Ms later = 0)
	{
		auto &e = ends_[i];

		e.extra = later;
		switch (e.kind) {
		case Kind::tcp:
		case Kind::download:
			ask(i, again);
			break;
		case Kind::gw_tcp:
			gw_ask(i, again);
			break;
		case Kind::ping:
		case Kind::stream_out:
			beat(i);
			break;
		case Kind::gw_ping:
		case Kind::stream_in:
			gw_beat(i);
			break;
		case Kind::heedless:
			gw_beat(i);
			clock_.after(later, [this, i] { beat(i); });
			break;
		}
	}

	/* A packet from the gateway that asks nothing. */
	void call(unsigned i) { in(i, ~0u); }

	/* A packet from the host that asks nothing. */
	void say(unsigned i) { router_->out(i, ends_[i].out.spi, ++ends_[i].out.seq, stamp()); }

	/* A packet with any SPI from the gateway's address. */
	Router::Result spoof(uint32_t spi, uint32_t seq)
	{
		return router_->in(spi, seq, stamp());
	}

	/* A straggler on the SA before the last rekeying. */
	void old_in_flight(unsigned i)
	{
		auto &e = ends_[i];

		receive(i, router_->in(e.old_in.spi, ++e.old_in.seq, stamp()), -1);
	}

	std::function<bool(bool to_gateway, unsigned host, unsigned number)> lose;
	Ms grain = 1;			/* of the router's clock */
	Ms period = 200;		/* of pings and streams */
	Ms jitter = 0;			/* they are so much late at most */
	Ms again = 1000, again_most = 16000;	/* until a question is repeated */
	std::vector<Ms> answer;		/* how long a host takes to answer a gateway */

private:
	struct Sa {
		uint32_t spi, seq;
	};

	struct End {
		Kind kind{};
		Sa out{}, in{}, old_in{};
		unsigned token = 0;	/* the question asked last */
		unsigned base = 0;	/* of a download: end of the batch */
		unsigned next = 0, acked = 0, window = 0, had = 0;
		Ms timeout = 0;
		unsigned progress = 0;	/* steps of the closed loop */
		unsigned messages[2] = {};
		Ms extra = 0;
		std::map<unsigned, Stretch> wrong;	/* by host, of this one's SAs */
	};

	static constexpr unsigned batch = 10;

	void tick()
	{
		router_->tick(stamp());
		clock_.after(1000, [this] { tick(); });
	}

	bool lost(bool to_gateway, unsigned i)
	{
		const unsigned n = ends_[i].messages[to_gateway]++;

		return lose && lose(to_gateway, i, n);
	}

	/* host to gateway */
	void out(unsigned i, unsigned token)
	{
		auto &e = ends_[i];

		router_->out(i, e.out.spi, ++e.out.seq, stamp());
		if (!lost(true, i))
			clock_.after(wan + e.extra, [this, i, token] { at_gateway(i, token); });
		e.extra = 0;
	}

	/* gateway to host: the packet is at the router after the way */
	void in(unsigned i, unsigned token)
	{
		if (!lost(false, i))
			clock_.after(wan, [this, i, token] {
				auto &e = ends_[i];

				receive(i, router_->in(e.in.spi, ++e.in.seq, stamp()),
					static_cast<int>(token));
			});
	}

	void receive(unsigned i, const Router::Result &r, int token)
	{
		const bool right = std::count(r.to.begin(), r.to.end(), i);

		if (r.to.empty())
			totals_.dropped++;
		else if (!right)
			totals_.wrong++;
		else if (r.to.size() > 1)
			totals_.copied++;
		else
			totals_.right++;
		for (unsigned h : r.to)
			if (h != i)
				note_wrong(ends_[i].wrong[h]);
		if (right && token >= 0)
			clock_.after(lan, [this, i, token] {
				at_host(i, static_cast<unsigned>(token));
			});
	}

	void note_wrong(Stretch &s)
	{
		const Ms now = clock_.now();

		totals_.strays++;
		if (!s.packets++ || now - s.last > gap)
			s.first = now;
		s.last = now;
		totals_.longest = std::max(totals_.longest, s.last - s.first);
	}

	/* closed loop: ask again, ever more rarely, until it is answered */
	void ask(unsigned i, Ms timeout)
	{
		auto &e = ends_[i];

		out(i, e.token);
		clock_.after(timeout, [this, i, timeout, token = e.token] {
			if (ends_[i].token == token)
				ask(i, std::min<Ms>(2 * timeout, again_most));
		});
	}

	void gw_ask(unsigned i, Ms timeout)
	{
		auto &e = ends_[i];

		in(i, e.token);
		clock_.after(timeout, [this, i, timeout, token = e.token] {
			if (ends_[i].token == token)
				gw_ask(i, std::min<Ms>(2 * timeout, again_most));
		});
	}

	Ms late()
	{
		random_ = random_ * 1664525 + 1013904223;
		return (random_ >> 16) % (jitter + 1);
	}

	Ms next_beat() { return period + late(); }
	Ms think() { return 20 + late(); }

	void beat(unsigned i)
	{
		out(i, 0);
		clock_.after(next_beat(), [this, i] { beat(i); });
	}

	void gw_beat(unsigned i)
	{
		in(i, 0);
		clock_.after(next_beat(), [this, i] { gw_beat(i); });
	}

	void next_token(unsigned i)
	{
		ends_[i].token++;
		ends_[i].progress++;
	}

	/* a batch of data, all at once; after a loss one, two, three ... packets */
	void send_batch(unsigned i)
	{
		auto &e = ends_[i];

		e.base += batch;
		e.window = batch;
		e.timeout = 200;
		send_window(i);
		watch(i);
	}

	void send_window(unsigned i)
	{
		auto &e = ends_[i];

		while (e.next < std::min(e.acked + e.window, e.base))
			in(i, e.next++);
	}

	void watch(unsigned i)
	{
		clock_.after(ends_[i].timeout, [this, i, acked = ends_[i].acked] {
			auto &e = ends_[i];

			if (e.acked == e.base)
				return;
			if (e.acked == acked) {
				e.next = acked;
				e.window = 1;
				e.timeout = std::min<Ms>(2 * e.timeout, 16000);
				send_window(i);
			}
			watch(i);
		});
	}

	void acknowledged(unsigned i, unsigned upto)
	{
		auto &e = ends_[i];

		if (upto <= e.acked)
			return;
		e.acked = upto;
		e.next = std::max(e.next, upto);
		e.window++;
		e.timeout = 200;
		if (e.acked < e.base) {
			send_window(i);
			return;
		}
		e.progress++;
		clock_.after(20, [this, i] { send_batch(i); });
	}

	/* every second packet is acknowledged, or one that is alone for a while */
	void take_data(unsigned i, unsigned number)
	{
		auto &e = ends_[i];

		if (number == e.had && ++e.had % 2)
			clock_.after(40, [this, i, had = e.had] {
				if (ends_[i].had == had)
					out(i, had);
			});
		else
			out(i, e.had);
	}

	void at_gateway(unsigned i, unsigned token)
	{
		auto &e = ends_[i];

		switch (e.kind) {
		case Kind::tcp:
		case Kind::ping:
			in(i, token);
			break;
		case Kind::gw_tcp:
			if (token == e.token) {
				next_token(i);
				clock_.after(think(), [this, i] { gw_ask(i, 200); });
			}
			break;
		case Kind::download:
			if (!e.token++)		/* the request */
				send_batch(i);
			else
				acknowledged(i, token);
			break;
		default:
			break;
		}
	}

	void at_host(unsigned i, unsigned token)
	{
		auto &e = ends_[i];

		switch (e.kind) {
		case Kind::tcp:
			if (token == e.token) {
				next_token(i);
				clock_.after(think(), [this, i] { ask(i, 200); });
			}
			break;
		case Kind::gw_tcp:
		case Kind::gw_ping:
			e.progress += e.kind == Kind::gw_ping;
			clock_.after(i < answer.size() ? answer[i] : 0,
				     [this, i, token] { out(i, token); });
			break;
		case Kind::download:
			take_data(i, token);
			break;
		case Kind::ping:
			e.progress++;
			break;
		case Kind::stream_in:
			e.progress++;
			break;
		default:
			break;
		}
	}

	Ms base_;
	Clock clock_;
	std::vector<End> ends_;
	std::unique_ptr<Router> router_;
	uint32_t next_spi_ = 0x1000;
	uint32_t random_ = 1;
	Totals totals_;
};

} /* namespace sim */

#endif /* ASSOC_SIM_HPP */
