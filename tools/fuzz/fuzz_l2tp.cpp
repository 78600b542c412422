// SPDX-License-Identifier: GPL-2.0
/*
 * L2TP: any bytes as a header and as AVPs, against a second reading of
 * RFC 2661 and RFC 3931; and that an id rewritten where it is said to be is
 * the only thing that changes.
 *
 * Input: one byte of flags, below, one that says how much longer the packet is
 * than what can be read of it, and what follows the UDP or IP header.
 */
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include <passthrough/wire/l2tp.h>

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t over_ip = 1;
constexpr uint8_t right_length = 2;	/* mutations seldom keep it so */

void check(bool ok)
{
	if (!ok)
		abort();
}

uint32_t big_endian(const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

void put_big_endian(uint8_t *p, unsigned n, uint32_t v)
{
	while (n--) {
		p[n] = static_cast<uint8_t>(v);
		v >>= 8;
	}
}

auto fields(const nfpt_l2tp &l)
{
	return std::make_tuple(l.control, l.version, l.tunnel, l.session, l.ns, l.nr, l.length,
			       l.tunnel_at, l.avps);
}

auto fields(const nfpt_l2tp_id &i)
{
	return std::make_tuple(i.present, i.hidden, i.size, i.at, i.value);
}

auto fields(const nfpt_l2tp_control &c)
{
	return std::make_tuple(c.type, c.digest, fields(c.tunnel), fields(c.connection),
			       fields(c.local), fields(c.remote), c.name_at, c.name_len);
}

/* The reading of somebody who takes field after field. */
class Reader {
public:
	Reader(const Bytes &p, size_t end) : p_(p), end_(end) {}

	std::optional<uint32_t> take(unsigned n)
	{
		if (end_ - at_ < n)
			return {};
		at_ += n;
		return big_endian(&p_[at_ - n], n);
	}

	size_t at() const { return at_; }
	size_t left() const { return end_ - at_; }

private:
	const Bytes &p_;
	size_t end_, at_ = 0;
};

std::optional<nfpt_l2tp> control_header(Reader in, uint32_t zeros, uint32_t total)
{
	nfpt_l2tp l{};

	in.take(zeros);
	const auto bits = in.take(2);
	if (!bits || !(*bits & 0x8000) || !(*bits & 0x4000) || !(*bits & 0x0800))
		return {};
	const auto length = in.take(2);
	l.control = true;
	l.version = *bits & 15;
	l.tunnel_at = static_cast<uint8_t>(in.at());
	if (l.version == 2) {
		const auto tunnel = in.take(2), session = in.take(2);

		if (zeros || *bits & 0x0200 || !session)
			return {};
		l.tunnel = *tunnel;
		l.session = *session;
	} else if (l.version == 3) {
		const auto connection = in.take(4);

		if (!connection)
			return {};
		l.tunnel = *connection;
	} else {
		return {};
	}
	const auto ns = in.take(2), nr = in.take(2);
	if (!nr || *length < 12 || zeros + *length > total || zeros + *length > 65535)
		return {};
	l.ns = static_cast<uint16_t>(*ns);
	l.nr = static_cast<uint16_t>(*nr);
	l.length = zeros + *length;
	l.avps = static_cast<uint8_t>(in.at());
	return l;
}

std::optional<nfpt_l2tp> expected_ip(const Bytes &p, uint32_t total)
{
	Reader in(p, std::min<size_t>(p.size(), total));
	const auto session = in.take(4);
	nfpt_l2tp l{};

	if (!session)
		return {};
	if (!*session)
		return control_header(Reader(p, std::min<size_t>(p.size(), total)), 4, total);
	l.version = 3;
	l.session = *session;
	return l;
}

std::optional<nfpt_l2tp> expected_udp(const Bytes &p, uint32_t total)
{
	Reader in(p, std::min<size_t>(p.size(), total));
	const auto bits = in.take(2);
	std::optional<uint32_t> length, pad;
	nfpt_l2tp l{};

	if (!bits)
		return {};
	if (*bits & 0x8000)
		return control_header(Reader(p, std::min<size_t>(p.size(), total)), 0, total);
	l.version = *bits & 15;
	if (l.version == 3) {
		const auto reserved = in.take(2), session = in.take(4);

		if (!reserved || !session || !*session)
			return {};
		l.session = *session;
		return l;
	}
	if (l.version != 2)
		return {};

	length = *bits & 0x4000 ? in.take(2) : total;
	l.tunnel_at = static_cast<uint8_t>(in.at());
	const auto tunnel = in.take(2), session = in.take(2);
	const auto numbers = *bits & 0x0800 ? in.take(4) : 0;
	pad = *bits & 0x0200 ? in.take(2) : 0;
	if (!length || !tunnel || !session || !numbers || !pad)
		return {};
	if (*length > total || in.at() + *pad > *length)
		return {};
	l.tunnel = *tunnel;
	l.session = *session;
	return l;
}

struct Avp {
	uint32_t flags, vendor, type;
	size_t at, len;		/* of the value */
};

/* All of a message, or nothing if they do not fill it. */
std::optional<std::vector<Avp>> split(const Bytes &p, const nfpt_l2tp &l)
{
	Reader in(p, l.length);
	std::vector<Avp> all;

	for (in.take(l.avps); in.left();) {
		const auto flags = in.take(2), vendor = in.take(2), type = in.take(2);

		if (!type || (*flags & 1023) < 6 || in.left() < (*flags & 1023) - 6)
			return {};
		all.push_back({*flags, *vendor, *type, in.at(), (*flags & 1023) - 6});
		in.take(static_cast<unsigned>(all.back().len));
	}
	return all;
}

std::optional<nfpt_l2tp_control> expected_control(const Bytes &p, const nfpt_l2tp &l)
{
	const auto avps = split(p, l);
	nfpt_l2tp_control c{};
	const std::map<uint32_t, std::pair<nfpt_l2tp_id *, uint8_t>> ids = {
		{9, {&c.tunnel, 2}}, {14, {&c.local, 2}}, {61, {&c.connection, 4}},
		{63, {&c.local, 4}}, {64, {&c.remote, 4}},
	};
	bool readable = false;

	if (!avps)
		return {};
	for (size_t i = 0; i < avps->size(); i++) {
		const auto &a = (*avps)[i];
		const bool hidden = a.flags & 0x4000;
		const bool ours = !a.vendor && (l.version == 3 || !(a.flags & 0x3c00));

		if (!i != (ours && a.type == 0))
			return {};
		if (!ours)
			continue;
		if (!i) {
			if (hidden || a.len != 2 || !big_endian(&p[a.at], 2))
				return {};
			c.type = static_cast<uint16_t>(big_endian(&p[a.at], 2));
		}
		readable |= a.type == 36 && !hidden;
		c.digest |= a.type == 59;
		if (a.type == 7 && !hidden && a.len && !c.name_at) {
			c.name_at = static_cast<uint16_t>(a.at);
			c.name_len = static_cast<uint16_t>(a.len);
		}
		const auto found = ids.find(a.type);
		if (found == ids.end())
			continue;
		const auto [id, size] = found->second;
		if (id->present || (hidden && (!readable || a.len < size + 2u)) ||
		    (!hidden && a.len != size))
			return {};
		if (hidden)
			*id = {true, true, size, 0, 0};
		else
			*id = {true, false, size, static_cast<uint16_t>(a.at),
			       big_endian(&p[a.at], size)};
	}
	return c;
}

bool parse(bool ip, const Bytes &p, size_t avail, uint32_t total, nfpt_l2tp &l)
{
	const Bytes exact(p.begin(), p.begin() + static_cast<ptrdiff_t>(avail));
	const auto len = static_cast<uint32_t>(avail);

	return ip ? nfpt_l2tp_parse_ip(exact.data(), len, total, &l) :
		    nfpt_l2tp_parse_udp(exact.data(), len, total, &l);
}

void check_header(bool ip, const Bytes &p, uint32_t total, const nfpt_l2tp &l)
{
	const unsigned size = l.version == 2 ? 2 : 4;
	nfpt_l2tp again;
	Bytes changed = p;

	/* the prefix that the header promises to be enough */
	check(parse(ip, p, std::min<size_t>(p.size(), NFPT_L2TP_HEADER_MAX), total, again));
	check(fields(again) == fields(l));

	check(l.control == !!l.avps && l.control == !!l.length);
	check(l.control || (!l.ns && !l.nr));
	check(!l.control || (l.avps <= p.size() && l.avps <= NFPT_L2TP_HEADER_MAX));
	check(!l.control || (l.avps <= l.length && l.length <= total));
	check(!l.tunnel_at == (l.version == 3 && !l.control));
	if (!l.tunnel_at)
		return check(!l.tunnel);
	check(l.tunnel_at + size <= p.size());
	check(big_endian(&p[l.tunnel_at], size) == l.tunnel);

	put_big_endian(&changed[l.tunnel_at], size, ~l.tunnel);
	check(parse(ip, changed, p.size(), total, again));
	check(again.tunnel == (size == 2 ? ~l.tunnel & 0xffff : ~l.tunnel));
	again.tunnel = l.tunnel;
	check(fields(again) == fields(l));
}

void check_id(const Bytes &p, const nfpt_l2tp &l, const nfpt_l2tp_control &c,
	      nfpt_l2tp_id nfpt_l2tp_control::*which)
{
	const auto &id = c.*which;
	nfpt_l2tp_control again;
	Bytes changed = p;

	if (!id.present || id.hidden)
		return check(!id.at && !id.value && (id.present || !id.size));
	check((id.size == 2 || id.size == 4) && id.at >= l.avps + 6u);
	check(id.at + id.size <= l.length);
	check(big_endian(&p[id.at], id.size) == id.value);
	check(id.at + id.size <= c.name_at || c.name_at + c.name_len <= id.at || !c.name_len);

	put_big_endian(&changed[id.at], id.size, ~id.value);
	check(nfpt_l2tp_parse_control(changed.data(), l.length, &l, &again));
	check((again.*which).value == (id.size == 2 ? ~id.value & 0xffff : ~id.value));
	(again.*which).value = id.value;
	check(fields(again) == fields(c));
}

void check_control(Bytes p, const nfpt_l2tp &l)
{
	const auto len = static_cast<uint32_t>(p.size());
	nfpt_l2tp_control c;

	if (!l.control || len < l.length)
		return check(!nfpt_l2tp_parse_control(p.data(), len, &l, &c));

	/* what is behind it has no part in it */
	p.resize(l.length);
	p.shrink_to_fit();
	const auto wanted = expected_control(p, l);

	check(nfpt_l2tp_parse_control(p.data(), l.length, &l, &c) == wanted.has_value());
	if (!wanted)
		return;
	check(fields(c) == fields(*wanted));
	check(!c.name_len == !c.name_at && c.name_at + c.name_len <= static_cast<int>(l.length));
	check(!c.type == (l.avps == l.length));
	for (auto which : {&nfpt_l2tp_control::tunnel, &nfpt_l2tp_control::connection,
			   &nfpt_l2tp_control::local, &nfpt_l2tp_control::remote})
		check_id(p, l, c, which);
}

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	nfpt_l2tp l;

	if (size < 2)
		return 0;
	const bool ip = data[0] & over_ip;
	Bytes p(data + 2, data + size);
	const auto total = static_cast<uint32_t>(p.size() + data[1]);
	const size_t start = ip ? 4 : 0;

	if (data[0] & right_length && p.size() >= start + 4)
		put_big_endian(&p[start + 2], 2, static_cast<uint32_t>(p.size() - start));
	p.shrink_to_fit();

	const auto wanted = ip ? expected_ip(p, total) : expected_udp(p, total);

	check(parse(ip, p, p.size(), total, l) == wanted.has_value());
	if (!wanted)
		return 0;
	check(fields(l) == fields(*wanted));
	check_header(ip, p, total, l);
	check_control(p, l);
	return 0;
}
