// SPDX-License-Identifier: GPL-2.0
/* GRE header: any bytes, against a second reading of RFC 2637 section 4.1. */
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <passthrough/wire/gre.h>

namespace {

/* Field by field, as the RFC draws them. */
nfpt_gre_kind expected(const std::vector<uint8_t> &p)
{
	if (p.size() < 2)
		return NFPT_GRE_MALFORMED;

	const bool checksum = p[0] & 0x80, routing = p[0] & 0x40;
	const bool key = p[0] & 0x20, strict = p[0] & 0x08;
	const int recur = p[0] & 0x07, flags = p[1] >> 3 & 0x0f;
	const int version = p[1] & 0x07;

	if (version != 1)
		return NFPT_GRE_OTHER;
	if (checksum || routing || !key || strict || recur || flags)
		return NFPT_GRE_MALFORMED;
	if (p.size() < 8 || p[2] != 0x88 || p[3] != 0x0B)
		return NFPT_GRE_MALFORMED;
	return NFPT_GRE_PPTP;
}

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const std::vector<uint8_t> p(data, data + size);
	const uint16_t untouched = 0x5aa5;
	uint16_t id = untouched;
	const auto kind = nfpt_gre_parse(p.data(), static_cast<uint32_t>(size), &id);

	if (kind != expected(p))
		abort();
	if (id != (kind == NFPT_GRE_PPTP ? p[6] * 256 + p[7] : untouched))
		abort();
	return 0;
}
