/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Model: PPTP messages as RFC 2637 has them, a made-up mapping of Call IDs,
 * and what a whole stream must look like after rewriting. Written without the
 * tables of the code under test; used by the unit tests and the fuzzers.
 */
#ifndef PPTP_MODEL_HPP
#define PPTP_MODEL_HPP

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <passthrough/wire/pptp_stream.h>

namespace model {

using Bytes = std::vector<uint8_t>;

inline uint16_t be16(const uint8_t *p)
{
	return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

inline void put16(uint8_t *p, unsigned v)
{
	p[0] = static_cast<uint8_t>(v >> 8);
	p[1] = static_cast<uint8_t>(v);
}

struct Field {
	unsigned offset;
	nfpt_pptp_owner owner;
};

struct Layout {
	unsigned length;
	std::vector<Field> fields;
	unsigned result;
};

/* PROTOCOLS.md, its table of Call IDs. */
inline const Layout *layout(unsigned type)
{
	constexpr auto own = NFPT_PPTP_SENDER, peer = NFPT_PPTP_RECEIVER;
	static const std::vector<Layout> all = {
		{0, {}, 0},
		{156, {}, 0},
		{156, {}, 14},
		{16, {}, 12},
		{16, {}, 12},
		{16, {}, 0},
		{20, {}, 16},
		{168, {{12, own}}, 0},
		{32, {{12, own}, {14, peer}}, 16},
		{220, {{12, own}}, 0},
		{24, {{12, own}, {14, peer}}, 16},
		{28, {{12, peer}}, 0},
		{16, {{12, own}}, 0},
		{148, {{12, NFPT_PPTP_EITHER}}, 14},
		{40, {{12, peer}}, 0},
		{24, {{12, peer}}, 0},
	};

	return type >= 1 && type <= 15 ? &all[type] : nullptr;
}

/* A message with its header right and its body filled with a pattern. */
inline Bytes message(unsigned type, unsigned id0 = 0, unsigned id1 = 0,
		     unsigned result = 1, unsigned length = 0)
{
	const Layout *l = layout(type);
	Bytes m(length ? length : l ? l->length : 16);

	for (size_t i = 12; i < m.size(); i++)
		m[i] = static_cast<uint8_t>(0x80 + i);
	put16(&m[0], static_cast<unsigned>(m.size()));
	put16(&m[2], 1);
	put16(&m[4], 0x1A2B);
	put16(&m[6], 0x3C4D);
	put16(&m[8], type);
	if (l && m.size() == l->length) {
		if (l->fields.size() > 0)
			put16(&m[12], id0);
		if (l->fields.size() > 1)
			put16(&m[14], id1);
		if (l->result)
			m[l->result] = static_cast<uint8_t>(result);
	}
	return m;
}

inline Bytes &operator+=(Bytes &a, const Bytes &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

/*
 * A function from ids to ids. Per first byte it is the identity, or keeps ids
 * with one first byte together and says so, or does without saying so, or
 * scatters them.
 */
class Mapping {
public:
	enum class Mode { mixed, always, never };

	explicit Mapping(uint32_t seed, Mode mode = Mode::mixed)
		: seed_(seed), mode_(mode) {}

	uint16_t id(unsigned type, nfpt_pptp_owner owner, uint16_t id) const
	{
		const uint32_t page = hash(type, owner, id >> 8);

		switch (kind(page)) {
		case identity:
			return id;
		case scattered:
			return static_cast<uint16_t>(hash(type, owner, id + 256u));
		default:
			return static_cast<uint16_t>((page & 0xff00) |
						     ((id ^ page) & 0xff));
		}
	}

	std::optional<uint8_t> hi(unsigned type, nfpt_pptp_owner owner,
				  uint8_t hi) const
	{
		const uint32_t page = hash(type, owner, hi);

		if (kind(page) == scattered || kind(page) == secret)
			return std::nullopt;
		return static_cast<uint8_t>(id(type, owner,
					       static_cast<uint16_t>(hi << 8)) >> 8);
	}

private:
	enum Kind { identity, together, secret, scattered };

	Kind kind(uint32_t page) const
	{
		switch (mode_) {
		case Mode::always:
			return page >> 30 ? together : identity;
		case Mode::never:
			return page >> 31 ? secret : scattered;
		default:
			return static_cast<Kind>(page >> 30);
		}
	}

	uint32_t hash(uint32_t type, uint32_t owner, uint32_t value) const
	{
		uint32_t h = seed_ ^ type * 0x9E3779B1u ^ owner * 0x85EBCA77u ^
			     value * 0xC2B2AE3Du;

		h = (h ^ h >> 15) * 0x2C1B3C6Du;
		h = (h ^ h >> 12) * 0x297A2D39u;
		return h ^ h >> 15;
	}

	uint32_t seed_;
	Mode mode_;
};

/* One call of map_id(), one of message(). */
struct Asked {
	unsigned type, owner, id;
	bool operator==(const Asked &) const = default;
};

struct Told {
	unsigned type, length, id0, id1, result;
	bool wellformed;
	bool operator==(const Told &) const = default;
};

/* What must come out of a stream, and what must be heard of it. */
struct Reference {
	Bytes out;
	std::vector<Asked> asked;
	std::vector<Told> told;
	bool lost = false;
	/* a first byte of a Call ID is all there is at the very end */
	bool half = false;
	std::optional<uint8_t> half_hi;
};

inline Reference rewrite(std::span<const uint8_t> in, const Mapping &map)
{
	Reference r;
	size_t at = 0;

	r.out.assign(in.begin(), in.end());
	while (in.size() - at >= 12) {
		const uint8_t *m = &in[at];
		const size_t there = in.size() - at;
		const unsigned length = be16(m), type = be16(m + 8);
		const Layout *l = layout(type);

		if (length < 12 || length > 4096 || be16(m + 4) != 0x1A2B ||
		    be16(m + 6) != 0x3C4D) {
			r.lost = true;
			break;
		}
		if (be16(m + 2) == 1 && l && l->length == length) {
			unsigned ids[2] = {0, 0}, n = 0;

			for (const Field &f : l->fields) {
				if (there == f.offset + 1) {
					r.half = true;
					r.half_hi = map.hi(type, f.owner, m[f.offset]);
				}
				if (there < f.offset + 2)
					break;
				ids[n] = be16(m + f.offset);
				r.asked.push_back({type, f.owner, ids[n]});
				put16(&r.out[at + f.offset],
				      map.id(type, f.owner,
					     static_cast<uint16_t>(ids[n])));
				n++;
			}
			if (there >= (length < 24 ? length : 24))
				r.told.push_back({type, length, ids[0], ids[1],
						  l->result ? m[l->result] : 0u,
						  true});
		} else {
			r.told.push_back({type, length, 0, 0, 0, false});
		}
		if (there <= length)
			break;
		at += length;
	}
	return r;
}

/* The ops of a stream under test: a mapping, and a record of the calls. */
struct Glue {
	Mapping map;
	std::vector<Asked> asked;
	std::vector<Told> told;

	static uint16_t map_id(void *ctx, uint8_t type, nfpt_pptp_owner owner,
			       uint16_t id)
	{
		auto *g = static_cast<Glue *>(ctx);

		g->asked.push_back({type, owner, id});
		return g->map.id(type, owner, id);
	}

	static bool map_hi(void *ctx, uint8_t type, nfpt_pptp_owner owner,
			   uint8_t hi, uint8_t *out)
	{
		const auto told = static_cast<Glue *>(ctx)->map.hi(type, owner, hi);

		if (told)
			*out = *told;
		return told.has_value();
	}

	static void message(void *ctx, const nfpt_pptp_msg *m)
	{
		static_cast<Glue *>(ctx)->told.push_back(
			{m->type, m->length, m->id[0], m->id[1], m->result,
			 m->wellformed});
	}

	static inline const nfpt_pptp_ops ops = {map_id, map_hi, message};
};

/* A stream with storage for its log, fed with copies of exact size. */
class Router {
public:
	struct Result {
		nfpt_pptp_verdict verdict;
		nfpt_pptp_out out;
		uint32_t seq;	/* as it leaves the router */
		Bytes data;
	};

	Router(uint32_t start, uint16_t cap, Mapping map)
		: glue{map, {}, {}}, log_(cap)
	{
		nfpt_pptp_stream_init(&s, start, log_.data(), cap);
	}
	Router(const Router &) = delete;
	Router &operator=(const Router &) = delete;

	Result feed(uint32_t seq, std::span<const uint8_t> data)
	{
		Result r{NFPT_PPTP_PASS, {}, seq, {}};
		Bytes copy(data.begin(), data.end());

		copy.shrink_to_fit();
		r.verdict = nfpt_pptp_stream_feed(&s, seq, copy.data(),
						  static_cast<uint32_t>(copy.size()),
						  &Glue::ops, &glue, &r.out);
		if (r.verdict == NFPT_PPTP_AHEAD)
			return r;
		copy.resize(r.out.keep);
		if (r.out.prepend_len) {
			copy.insert(copy.begin(), r.out.prepend[0]);
			r.seq--;
		}
		r.data = std::move(copy);
		return r;
	}

	void grow()
	{
		std::vector<nfpt_patch> bigger(log_.size() * 2);

		nfpt_pptp_stream_relog(&s, bigger.data(),
				       static_cast<uint16_t>(bigger.size()));
		log_ = std::move(bigger);
	}

	nfpt_pptp_stream s;
	Glue glue;

private:
	std::vector<nfpt_patch> log_;
};

} /* namespace model */

#endif /* PPTP_MODEL_HPP */
