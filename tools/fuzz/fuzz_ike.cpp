// SPDX-License-Identifier: GPL-2.0
/*
 * IKE: any bytes as a header, against a second reading of RFC 7296 section
 * 3.1; and any sequence of messages of one IKE SA: no exchange counts twice.
 *
 * Input: messages of 29 bytes, the first of which says from which end.
 */
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include <passthrough/wire/ike.h>

namespace {

constexpr size_t record = 1 + NFPT_IKE_HEADER;

uint64_t big_endian(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

void check(bool ok)
{
	if (!ok)
		abort();
}

bool expected(const std::vector<uint8_t> &p, uint32_t whole)
{
	if (p.size() < 28 || whole < 28 || !big_endian(&p[0], 8))
		return false;
	const auto length = big_endian(&p[24], 4);

	return (p[17] / 16 == 1 || p[17] / 16 == 2) && length >= 28 && length <= whole;
}

void check_header(const std::vector<uint8_t> &p, uint32_t whole, nfpt_ike &ike)
{
	check(nfpt_ike_parse(p.data(), static_cast<uint32_t>(p.size()), whole, &ike) ==
	      expected(p, whole));
	if (!expected(p, whole))
		return;
	check(ike.ispi == big_endian(&p[0], 8) && ike.rspi == big_endian(&p[8], 8));
	check(ike.exchange == p[18] && ike.flags == p[19]);
	check(ike.msgid == big_endian(&p[20], 4) && ike.length == big_endian(&p[24], 4));
}

/* What was counted, as the RFCs name exchanges. */
class Counted {
public:
	void add(const nfpt_ike &ike, unsigned from, unsigned done)
	{
		if (!ispi_)
			ispi_ = ike.ispi;
		if (ispi_ != ike.ispi)
			return check(!done);
		if (done & NFPT_IKE_BEGUN) {
			check(done == NFPT_IKE_BEGUN && !(ike.version == 2 &&
							  ike.flags & NFPT_IKE_RESPONSE));
			done = 0;
		}
		check(done == 0 || done == NFPT_IKE_DONE_CHILD || done == NFPT_IKE_DONE_ROUND ||
		      done == (NFPT_IKE_DONE_CHILD | NFPT_IKE_DONE_REKEY));
		if (ike.version == 1)
			quick(ike, from, done);
		else if (done)
			check(v2_.emplace(from, ike.msgid).second &&
			      (ike.flags & NFPT_IKE_RESPONSE));
	}

private:
	void quick(const nfpt_ike &ike, unsigned from, unsigned done)
	{
		if (ike.exchange != NFPT_IKE_V1_QUICK || !ike.msgid)
			return check(!done);
		/* it is forgotten for as many others, and not before */
		check(!done || !counted_.count(ike.msgid) ||
		      others_[ike.msgid].size() >= NFPT_IKE_QUICKS);
		check(!done || (ends_[ike.msgid] & 1u << !from));
		ends_[ike.msgid] |= 1u << from;
		others_[ike.msgid];
		for (auto &[id, others] : others_)
			if (id != ike.msgid)
				others.insert(ike.msgid);
		if (done)
			counted_.insert(ike.msgid);
	}

	std::set<std::pair<unsigned, uint32_t>> v2_;
	std::map<uint32_t, unsigned> ends_;
	std::set<uint32_t> counted_;
	std::map<uint32_t, std::set<uint32_t>> others_;	/* seen since each came */
	uint64_t ispi_ = 0;
};

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	nfpt_ike_sa sa{};
	Counted counted;
	nfpt_ike ike;

	check_header({data, data + size}, static_cast<uint32_t>(size), ike);
	for (; size >= record; data += record, size -= record) {
		const unsigned from = data[0] & 1;

		check_header({data + 1, data + record}, 0xffffffff, ike);
		if (expected({data + 1, data + record}, 0xffffffff))
			counted.add(ike, from, nfpt_ike_sa_step(&sa, &ike, from));
	}
	return 0;
}
