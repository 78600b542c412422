// SPDX-License-Identifier: GPL-2.0
/*
 * ESP: any bytes as its header and as a datagram of port 4500, against a second
 * reading of RFC 4303 section 2 and RFC 3948 section 2.
 */
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <passthrough/wire/esp.h>

namespace {

void check(bool ok)
{
	if (!ok)
		abort();
}

uint64_t number(const std::vector<uint8_t> &p, size_t at)
{
	uint64_t v = 0;

	for (size_t i = at; i < at + 4; i++)
		v = v * 256 + p[i];
	return v;
}

nfpt_natt_kind expected(const std::vector<uint8_t> &p)
{
	if (p.size() == 1 && p[0] == 255)
		return NFPT_NATT_KEEPALIVE;
	if (p.size() < 8)
		return NFPT_NATT_MALFORMED;
	if (number(p, 0) == 0)
		return NFPT_NATT_IKE;
	return number(p, 0) > 255 ? NFPT_NATT_ESP : NFPT_NATT_MALFORMED;
}

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const std::vector<uint8_t> p(data, data + size);
	/* all that may be looked at */
	const std::vector<uint8_t> first(data, data + (size < 8 ? size : 8));
	const uint32_t length = static_cast<uint32_t>(size), untouched = 0x5aa55aa5;
	const auto kind = nfpt_natt_parse(first.data(), length);
	uint32_t spi = untouched, seq = untouched;
	const bool esp = nfpt_esp_parse(first.data(), length, &spi, &seq);

	check(kind == expected(p));
	check(esp == (expected(p) == NFPT_NATT_ESP));
	check(spi == (esp ? number(p, 0) : untouched));
	check(seq == (esp ? number(p, 4) : untouched));
	return 0;
}
