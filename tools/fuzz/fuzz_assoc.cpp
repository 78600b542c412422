// SPDX-License-Identifier: GPL-2.0
/*
 * Association: any sequence of events of up to 12 hosts and 16 SAs leaves the
 * lists whole and the copies bounded.
 *
 * Input: start of the clock (4), then events of three bytes: what, who, how.
 */
#include <array>
#include <cstdint>
#include <cstdlib>
#include <set>

#include <passthrough/wire/assoc.h>

namespace {

void check(bool ok)
{
	if (!ok)
		abort();
}

class World {
public:
	explicit World(uint32_t now) : now_(now) {}

	void event(uint8_t what, uint8_t who, uint8_t how)
	{
		const unsigned h = who % hosts_.size(), s = who % sas_.size();

		switch (what % 16) {
		case 0:
			now_ += how;
			break;
		case 1:
			now_ += how * 100u;
			break;
		case 2:
			join(h, how);
			break;
		case 3:
			leave(h);
			break;
		case 4:
			if (there_[h])
				nfpt_assoc_heard(&hosts_[h], now_);
			if (there_[h] && how & 1)
				nfpt_assoc_request(&hosts_[h], now_);
			break;
		case 5:
			if (there_[h] && how & 1)
				nfpt_assoc_credit(&hosts_[h], 30000, now_);
			else if (there_[h])
				nfpt_assoc_renew(&hosts_[h], how * 1000u, now_);
			break;
		case 6:
		case 7:
			if (there_[h])
				nfpt_assoc_out(&hosts_[h], how & 1, how * 4u, now_);
			break;
		case 8:
			if (there_[h])
				nfpt_assoc_out_end(&hosts_[h]);
			break;
		case 9:
			end(s);
			break;
		case 10:
			if (there_[h])
				nfpt_assoc_restart(&hosts_[h], now_);
			break;
		case 11:
			for (unsigned n = 0; nfpt_assoc_repair(&gw_, now_); n++)
				check(n < sas_.size());
			break;
		case 12:
			if (there_[h]) {
				hosts_[h].floated = how & 1;
				hosts_[h].pinned = how == 2;
			}
			break;
		default:
			in(s, how);
		}
		check_lists();
	}

private:
	void join(unsigned h, uint8_t how)
	{
		if (there_[h])
			return;
		hosts_[h] = {};
		nfpt_assoc_join(&gw_, &hosts_[h]);
		hosts_[h].pinned = how == 255;
		there_[h] = true;
	}

	void leave(unsigned h)
	{
		if (!there_[h])
			return;
		nfpt_assoc_leave(&hosts_[h]);
		there_[h] = false;
	}

	void end(unsigned s)
	{
		nfpt_assoc_end(&gw_, &sas_[s]);
		sas_[s] = {};
		known_[s] = false;
	}

	void in(unsigned s, uint8_t how)
	{
		nfpt_assoc_sa &sa = sas_[s];
		nfpt_assoc_verdict v;

		if (known_[s])
			v = nfpt_assoc_in(&gw_, &sa, sa.top + how % 3, now_);
		else
			v = nfpt_assoc_in_first(&gw_, &sa, how < 200 ? how % 8 : how * 8u, now_);
		known_[s] = true;

		check(v.why < NFPT_ASSOC_WHYS);
		/* or dropped, because another SA has just asked one of its hosts */
		check(v.action != NFPT_ASSOC_DELIVER || sa.host);
		check(v.action != NFPT_ASSOC_COPY || (sa.state == NFPT_ASSOC_AMBIGUOUS &&
						      sa.phase != NFPT_ASSOC_PAUSED));
		check(v.action == NFPT_ASSOC_DROP || v.why != NFPT_ASSOC_WHY_CROWD);
		check(v.action == NFPT_ASSOC_DELIVER || sa.state != NFPT_ASSOC_CONFIRMED);
		check_copies(s, v.action == NFPT_ASSOC_COPY);
		if (v.supersedes)
			for (unsigned n = 0; nfpt_assoc_stale(sa.host); n++)
				check(n < sas_.size());
	}

	/* No run of copies without a pause; a new binding begins another. */
	void check_copies(unsigned s, bool copied)
	{
		copies_[s] = copied ? copies_[s] + 1 : 0;
		if (copied && sas_[s].copies == 1)
			copies_[s] = 1;
		check(copies_[s] <= NFPT_ASSOC_COPIES);
	}

	bool is_there(const nfpt_assoc_host *h) const
	{
		const auto i = static_cast<size_t>(h - hosts_.data());

		return i < hosts_.size() && there_[i];
	}

	void check_lists()
	{
		std::set<const nfpt_assoc_sa *> listed;
		unsigned tentative = 0, n_hosts = 0;

		for (auto *h = gw_.hosts; h; h = h->next) {
			unsigned confirmed = 0;

			check(is_there(h) && h->gw == &gw_ && ++n_hosts <= hosts_.size());
			check(h->credits <= NFPT_ASSOC_CREDITS);
			for (auto *sa = h->sas; sa; sa = sa->next) {
				check(listed.insert(sa).second && sa->host == h);
				check(sa->n_candidates == 1 && sa->candidates[0].host == h);
				check(sa->state == NFPT_ASSOC_TENTATIVE ||
				      sa->state == NFPT_ASSOC_CONFIRMED);
				tentative += sa->state == NFPT_ASSOC_TENTATIVE;
				confirmed += sa->state == NFPT_ASSOC_CONFIRMED;
			}
			check(h->n_in == confirmed);
		}
		check(gw_.n_tentative == tentative);
		for (auto *sa = gw_.pending; sa; sa = sa->next) {
			std::set<const nfpt_assoc_host *> all;

			check(listed.insert(sa).second && !sa->host);
			check(sa->state == NFPT_ASSOC_AMBIGUOUS);
			check(sa->n_candidates >= 2 && sa->n_candidates <= NFPT_ASSOC_HOSTS);
			for (unsigned c = 0; c < sa->n_candidates; c++)
				check(is_there(sa->candidates[c].host) &&
				      all.insert(sa->candidates[c].host).second);
		}
		for (const auto &sa : sas_)
			check(listed.count(&sa) == (sa.state != NFPT_ASSOC_UNKNOWN));
		for (const auto &sa : sas_)
			check(sa.state != NFPT_ASSOC_UNKNOWN || (!sa.host && !sa.n_candidates));
	}

	uint32_t now_;
	nfpt_assoc_gw gw_{};
	std::array<nfpt_assoc_host, 12> hosts_{};
	std::array<bool, 12> there_{};
	std::array<nfpt_assoc_sa, 16> sas_{};
	std::array<bool, 16> known_{};
	std::array<unsigned, 16> copies_{};
};

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;

	World w(nfpt_get_be32(data));

	for (size_t i = 4; i + 3 <= size; i += 3)
		w.event(data[i], data[i + 1], data[i + 2]);
	return 0;
}
