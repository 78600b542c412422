// SPDX-License-Identifier: GPL-2.0
#include "message.hpp"

#include <algorithm>

namespace {

constexpr std::uint16_t avp_message_type = 0, avp_result = 1, avp_version = 2, avp_framing = 3, avp_host_name = 7,
			avp_tunnel = 9, avp_challenge = 11, avp_response = 13, avp_session = 14, avp_serial = 15,
			avp_least = 16, avp_most = 17, avp_bearer_type = 18, avp_framing_type = 19,
			avp_called = 21, avp_speed = 24, avp_errors = 34, avp_accm = 35, avp_random = 36,
			avp_digest = 59, avp_router = 60, avp_connection = 61, avp_capabilities = 62,
			avp_local = 63, avp_remote = 64, avp_remote_end = 66, avp_pseudowire = 68,
			avp_circuit = 71;
constexpr std::uint16_t our_vendor = 0x6e66, avp_tag = 1, avp_forged = 2;
constexpr std::size_t digest_size = 16, hash_start = 0x811c9dc5;
constexpr std::uint16_t pseudowire_ethernet = 5;

struct Named {
	const char *name;
	Type type;
};
constexpr Named types[] = {
	{"zlb", Type::zlb}, {"sccrq", Type::sccrq}, {"sccrp", Type::sccrp}, {"scccn", Type::scccn},
	{"stopccn", Type::stopccn}, {"hello", Type::hello}, {"ocrq", Type::ocrq}, {"ocrp", Type::ocrp},
	{"occn", Type::occn}, {"icrq", Type::icrq}, {"icrp", Type::icrp}, {"iccn", Type::iccn},
	{"cdn", Type::cdn}, {"wen", Type::wen}, {"sli", Type::sli}, {"ack", Type::ack},
};

const Exchange exchanges[] = {
	{"connect", {{Type::sccrq, false}, {Type::sccrp, true}, {Type::scccn, false}, {Type::zlb, true}}},
	{"icrq", {{Type::icrq, false}, {Type::icrp, true}, {Type::iccn, false}, {Type::zlb, true}}},
	{"ocrq", {{Type::ocrq, false}, {Type::ocrp, true}, {Type::occn, true}, {Type::zlb, false}}},
	{"hello", {{Type::hello, false}, {Type::zlb, true}}},
	{"cdn", {{Type::cdn, false}, {Type::zlb, true}}},
	{"stop", {{Type::stopccn, false}, {Type::zlb, true}}},
	{"wen", {{Type::wen, false}, {Type::zlb, true}}},
	{"sli", {{Type::sli, false}, {Type::zlb, true}}},
};

Bytes bytes16(std::size_t value)
{
	Bytes b(2);

	put16(b, 0, static_cast<std::uint16_t>(value));
	return b;
}

Bytes bytes32(std::size_t value)
{
	Bytes b(4);

	put32(b, 0, static_cast<std::uint32_t>(value));
	return b;
}

Bytes text(const std::string &value)
{
	return Bytes(value.begin(), value.end());
}

// Stands where RFC 2661 and RFC 3931 have MD5: whoever changes a byte is seen.
Bytes hash(View bytes)
{
	Bytes value(digest_size);
	std::uint32_t h = hash_start;

	for (std::size_t n = 0; n < digest_size; n += 4) {
		for (std::uint8_t byte : bytes)
			h = (h ^ byte) * 0x01000193u;
		put32(value, n, h);
	}
	return value;
}

// RFC 2661 section 4.3: its length, the value and padding, unreadable.
Avp hide(const Avp &avp, View vector)
{
	Bytes value = bytes16(avp.value.size());

	value.insert(value.end(), avp.value.begin(), avp.value.end());
	value.resize(digest_size);

	const Bytes key = hash(vector);

	for (std::size_t n = 0; n < value.size(); n++)
		value[n] ^= key[n];
	return {avp.type, value, true};
}

// The AVPs of one message.
class Composer {
public:
	Composer(const Message &message, const Style &style) : message_(message), style_(style) {}

	std::vector<Avp> avps()
	{
		head();
		body();
		tail();
		return std::move(avps_);
	}

private:
	bool v3() const { return style_.version == 3; }
	std::uint32_t own_session() const { return message_.ids.session[index(message_.from)]; }
	std::uint32_t other_session() const { return message_.ids.session[index(other(message_.from))]; }
	void add(std::uint16_t type, Bytes value) { avps_.push_back({type, std::move(value)}); }

	void add_id(std::uint16_t type, std::uint32_t id, bool hidden)
	{
		const Avp avp{type, v3() ? bytes32(id) : bytes16(id)};

		avps_.push_back(hidden ? hide(avp, vector_) : avp);
	}

	void add_tunnel()
	{
		add_id(v3() ? avp_connection : avp_tunnel, message_.ids.tunnel[index(message_.from)],
		       style_.hidden_tunnel);
	}

	void add_sessions()
	{
		add_id(v3() ? avp_local : avp_session, own_session(), style_.hidden_session);
		if (v3())
			add_id(avp_remote, other_session(), style_.hidden_session);
	}

	void head()
	{
		add(avp_message_type, bytes16(static_cast<std::size_t>(message_.type)));
		// RFC 3931 section 5.4.1: the first after the type.
		if (style_.digest)
			add(avp_digest, Bytes(digest_size + 1));
		if (style_.hidden_tunnel || style_.hidden_session) {
			vector_ = hash(bytes32(message_.tag.talk * 16 + message_.tag.part));
			add(avp_random, vector_);
		}
	}

	void add_begin()
	{
		if (v3()) {
			add(avp_router, bytes32(index(message_.from) + 1));
			add(avp_capabilities, bytes16(pseudowire_ethernet));
		} else {
			add(avp_version, bytes16(0x0100));
			add(avp_framing, bytes32(3));
		}
		add(avp_host_name, text(message_.from == Side::host ? style_.name : "server"));
		add_tunnel();
	}

	void body()
	{
		switch (message_.type) {
		case Type::sccrq:
			add_begin();
			if (style_.challenge)
				add(avp_challenge, hash(bytes32(message_.tag.talk)));
			break;
		case Type::sccrp:
			add_begin();
			if (style_.challenge) {
				add(avp_challenge, hash(bytes32(message_.tag.talk + 1)));
				add(avp_response, hash(bytes32(message_.tag.talk + 2)));
			}
			break;
		case Type::scccn:
			if (style_.challenge)
				add(avp_response, hash(bytes32(message_.tag.talk + 3)));
			break;
		case Type::stopccn:
			add_tunnel();
			add(avp_result, bytes16(1));
			break;
		case Type::icrq:
		case Type::ocrq:
			add_sessions();
			add(avp_serial, bytes32(message_.tag.talk));
			if (v3()) {
				add(avp_pseudowire, bytes16(pseudowire_ethernet));
				add(avp_remote_end, text("line"));
				add(avp_circuit, bytes16(3));
			} else if (message_.type == Type::ocrq) {
				add(avp_least, bytes32(1000));
				add(avp_most, bytes32(1000000));
				add(avp_bearer_type, bytes32(1));
				add(avp_framing_type, bytes32(1));
				add(avp_called, text("5551234"));
			}
			break;
		case Type::icrp:
		case Type::ocrp:
			add_sessions();
			break;
		case Type::iccn:
		case Type::occn:
			if (v3()) {
				add_sessions();
			} else {
				add(avp_speed, bytes32(1000000));
				add(avp_framing_type, bytes32(1));
			}
			break;
		case Type::cdn:
			add(avp_result, bytes16(3));
			add_sessions();
			break;
		case Type::wen:
		case Type::sli:
			if (v3())
				add_sessions();
			add(message_.type == Type::wen ? avp_errors : avp_accm,
			    Bytes(message_.type == Type::wen ? 26 : 10));
			break;
		case Type::zlb:
		case Type::hello:
		case Type::ack:
			break;
		}
	}

	void tail()
	{
		Bytes tag(12);

		put32(tag, 0, message_.tag.tunnel);
		put32(tag, 4, message_.tag.talk);
		put32(tag, 8, message_.tag.part);
		avps_.push_back({avp_tag, tag, false, our_vendor});
	}

	const Message &message_;
	const Style &style_;
	std::vector<Avp> avps_;
	Bytes vector_;
};

std::uint32_t id_in(View avps, std::uint16_t type)
{
	const auto value = find_avp(avps, type);

	if (!value || (value->size() != 2 && value->size() != 4))
		return 0;
	return value->size() == 2 ? get16(*value, 0) : get32(*value, 0);
}

} // namespace

Type type_from(const std::string &text)
{
	for (const Named &named : types)
		if (text == named.name)
			return named.type;
	throw std::invalid_argument("no such message: " + text);
}

const Exchange &exchange(const std::string &name)
{
	for (const Exchange &e : exchanges)
		if (name == e.name)
			return e;
	throw std::invalid_argument("no such exchange: " + name);
}

Bytes build(const Message &message, const Style &style)
{
	Header header{true, style.version, message.ids.tunnel[index(other(message.from))], 0, message.ns, message.nr};

	switch (message.type) {
	case Type::icrp: case Type::iccn: case Type::ocrp: case Type::occn:
	case Type::cdn: case Type::wen: case Type::sli:
		if (style.version == 2)
			header.session = message.ids.session[index(other(message.from))];
		break;
	default:
		break;
	}
	if (message.type == Type::zlb)
		return build_control(header, style.over, {});

	Bytes bytes = build_control(header, style.over, Composer(message, style).avps());

	if (style.digest) {
		const View avps = parse_l2tp(bytes, style.over)->body;
		const std::size_t at = static_cast<std::size_t>(find_avp(avps, avp_digest)->data() - bytes.data());
		const Bytes value = hash(bytes);

		std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at + 1));
	}
	return bytes;
}

std::optional<Tag> tag_in(View avps)
{
	const auto value = find_avp(avps, avp_tag, our_vendor);

	if (!value || value->size() != 12)
		return {};
	return Tag{get32(*value, 0), get32(*value, 4), get32(*value, 8)};
}

Assigned assigned_in(View avps)
{
	Assigned assigned{id_in(avps, avp_tunnel), id_in(avps, avp_session)};

	if (!assigned.tunnel)
		assigned.tunnel = id_in(avps, avp_connection);
	if (!assigned.session)
		assigned.session = id_in(avps, avp_local);
	return assigned;
}

Bytes build_forged(Type type, const Style &style, std::uint32_t tunnel, const Assigned &assigned)
{
	const auto id = [&](std::uint32_t value) { return style.version == 3 ? bytes32(value) : bytes16(value); };
	std::vector<Avp> avps{{avp_message_type, bytes16(static_cast<std::size_t>(type))}};

	if (assigned.tunnel)
		avps.push_back({style.version == 3 ? avp_connection : avp_tunnel, id(assigned.tunnel)});
	if (assigned.session)
		avps.push_back({style.version == 3 ? avp_local : avp_session, id(assigned.session)});
	avps.push_back({avp_forged, {}, false, our_vendor});
	return build_control({true, style.version, tunnel}, style.over, avps);
}

bool is_forged(View avps)
{
	return find_avp(avps, avp_forged, our_vendor).has_value();
}
