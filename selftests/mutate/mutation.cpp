// SPDX-License-Identifier: GPL-2.0
#include "mutation.hpp"

#include <algorithm>
#include <iterator>

namespace {

enum class Kind { any, tcp, udp, pptp, gre, esp, ike, natt, l2tp };

// ---- values --------------------------------------------------------------

constexpr std::uint16_t known_ports[] = {1723, 500, 4500, 1701, 1, 53, 65535};
constexpr std::uint8_t known_protocols[] = {1, 6, 17, 47, 50, 51, 115, 0, 4, 132, 255};

// A length field's neighbours and ends.
std::uint16_t odd_length(Dice &dice, std::size_t now)
{
	const std::size_t choices[] = {0, 1, 3, 7, 8, now + 1, now - 1, now / 2, now * 2, 0x7fff, 0x8000,
				       0xfffe, 0xffff, dice.any()};

	return static_cast<std::uint16_t>(dice.of(choices));
}

// A number that follows or jumps: sequence numbers, ids.
std::uint32_t odd_number(Dice &dice, std::uint32_t now)
{
	const std::uint32_t choices[] = {0, 1, 255, 256, now + 1, now - 1, now ^ 0x80000000, now + 0x7fffffff,
					 0xffffffff, static_cast<std::uint32_t>(now + dice.below(65536)),
					 static_cast<std::uint32_t>(dice.below(64)),
					 static_cast<std::uint32_t>(dice.any())};

	return dice.of(choices);
}

std::uint8_t any_byte(Dice &dice)
{
	return static_cast<std::uint8_t>(dice.any());
}

Kind kind_of(View frame, const Layout &at)
{
	switch (at.protocol) {
	case protocol_gre:
		return Kind::gre;
	case protocol_esp:
		return Kind::esp;
	case protocol_l2tp:
		return Kind::l2tp;
	case IPPROTO_TCP:
		return at.payload < at.end ? Kind::pptp : Kind::tcp;
	case IPPROTO_UDP:
		break;
	default:
		return Kind::any;
	}
	if (at.end - at.l4 < 8)
		return Kind::udp;
	for (std::size_t field : {0, 2})
		switch (get16(frame, at.l4 + field)) {
		case 500:
			return Kind::ike;
		case 4500:
			return Kind::natt;
		}
	return Kind::l2tp;
}

// Is a field of @size bytes at @at there?
bool has(const Subject &s, std::size_t at, std::size_t size)
{
	return at + size <= s.frame.size();
}

void set8(Subject &s, std::size_t at, std::uint8_t value)
{
	if (has(s, at, 1))
		s.frame[at] = value;
}

void set16(Subject &s, std::size_t at, std::size_t value)
{
	if (has(s, at, 2))
		put16(s.frame, at, static_cast<std::uint16_t>(value));
}

void change16(Subject &s, std::size_t at)
{
	if (has(s, at, 2))
		put16(s.frame, at, static_cast<std::uint16_t>(odd_number(s.dice, get16(s.frame, at))));
}

void change32(Subject &s, std::size_t at)
{
	if (has(s, at, 4))
		put32(s.frame, at, odd_number(s.dice, get32(s.frame, at)));
}

void insert(Subject &s, std::size_t at, const Bytes &bytes)
{
	s.frame.insert(s.frame.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin(), bytes.end());
}

Bytes some_bytes(Dice &dice, std::size_t n)
{
	Bytes bytes(n);

	for (auto &b : bytes)
		b = any_byte(dice);
	return bytes;
}

// ---- of any packet -------------------------------------------------------

void harm_all(Subject &s)
{
	damage(s.dice, std::span(s.frame).subspan(ether_header));
}

void harm_payload(Subject &s)
{
	damage(s.dice, std::span(s.frame).subspan(s.at.l4));
}

void odd_word(Subject &s)
{
	const std::size_t at = s.dice.between(s.at.l4, s.at.end);

	set16(s, at, odd_length(s.dice, s.at.end - at));
}

void cut(Subject &s)
{
	// Seldom in the IP header, which nobody but the kernel sees then.
	s.frame.resize(s.dice.one_in(16) ? s.dice.between(ether_header, s.at.end) :
					   s.dice.between(s.at.l4, s.at.end));
	s.keep_length = s.dice.one_in(8);
	s.keep_udp_length = s.dice.one_in(4);
}

void grow(Subject &s)
{
	insert(s, s.frame.size(), s.dice.one_in(2) ? some_bytes(s.dice, s.dice.between(1, 300)) :
						     Bytes(s.dice.between(1, 300)));
	s.keep_length = s.dice.one_in(4);
	s.keep_udp_length = s.dice.one_in(4);
}

// The end of another packet behind the beginning of this one.
void splice(Subject &s)
{
	const Bytes &other = s.dice.of(s.tape.frames()).frame;
	const Layout from = layout_of(other);
	const std::size_t keep = s.dice.one_in(2) ? s.at.payload : s.dice.between(s.at.l4, s.at.end);
	const std::size_t begin = s.dice.one_in(2) ? from.payload : s.dice.between(from.l4, from.end);

	s.frame.resize(keep);
	insert(s, keep, Bytes(other.begin() + static_cast<std::ptrdiff_t>(begin), other.end()));
}

void ip_header_fields(Subject &s)
{
	switch (s.dice.below(8)) {
	case 0:
		set8(s, ether_header + 8, static_cast<std::uint8_t>(s.dice.below(3)));	// ttl
		break;
	case 1:
		set8(s, ether_header + 9, s.dice.of(known_protocols));
		break;
	case 2:
		set8(s, ether_header, static_cast<std::uint8_t>(0x40 | s.dice.below(16)));	// its length
		break;
	case 3:
		set16(s, ether_header + 2, odd_length(s.dice, s.at.end - ether_header));
		s.keep_length = true;
		break;
	case 4:
		set16(s, ether_header + 6, s.dice.any());	// a fragment of any place
		break;
	case 5:
		set16(s, ether_header + 6, 0x2000);	// the first of several
		break;
	case 6:
		set8(s, ether_header + 1, any_byte(s.dice));
		break;
	case 7:
		s.keep_ip_sum = true;
		set16(s, ether_header + 10, s.dice.any());
		break;
	}
}

// From one to that many options, of four bytes each.
template <std::size_t kinds>
Bytes some_of(Dice &dice, const std::uint8_t (&options)[kinds][4], std::size_t most)
{
	Bytes words;

	for (std::size_t n = dice.between(1, most); n; n--) {
		const auto &option = dice.of(options);

		words.insert(words.end(), std::begin(option), std::end(option));
	}
	return words;
}

void ip_options(Subject &s)
{
	// End, nothing, record route, time stamp, routes, router alert, lengths.
	static constexpr std::uint8_t options[][4] = {
		{0, 0, 0, 0}, {1, 1, 1, 0}, {7, 3, 4, 0}, {7, 7, 4, 0}, {7, 255, 4, 0}, {68, 4, 5, 0},
		{68, 0, 5, 0}, {131, 3, 4, 0}, {137, 3, 4, 0}, {148, 4, 0, 0}, {148, 1, 0, 0}, {130, 40, 1, 2},
	};
	const Bytes words = some_of(s.dice, options, 10);

	if ((s.frame[ether_header] & 15u) * 4 + words.size() > 60)
		return;
	insert(s, s.at.l4, words);
	set8(s, ether_header, static_cast<std::uint8_t>(s.frame[ether_header] + words.size() / 4));
}

// ---- TCP and UDP ---------------------------------------------------------

void ports(Subject &s)
{
	set16(s, s.at.l4 + 2 * s.dice.below(2), s.dice.of(known_ports));
	s.move_ports = true;
}

void wrong_sum(Subject &s)
{
	if (const std::size_t field = partial_at(s.at))
		change16(s, s.at.l4 + field);
	s.keep_sum = true;
}

void tcp_numbers(Subject &s)
{
	change32(s, s.at.l4 + 4 + 4 * s.dice.below(2));
}

// Within the window, so that it is a segment of the connection.
void tcp_shift(Subject &s)
{
	if (has(s, s.at.l4, 8))
		put32(s.frame, s.at.l4 + 4,
		      static_cast<std::uint32_t>(get32(s.frame, s.at.l4 + 4) + s.dice.between(0, 600) - 300));
}

void tcp_flags(Subject &s)
{
	static constexpr std::uint8_t usual[] = {0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x00, 0x29, 0x3f};

	set8(s, s.at.l4 + 13, s.dice.one_in(2) ? s.dice.of(usual) : any_byte(s.dice));
}

void tcp_offset(Subject &s)
{
	set8(s, s.at.l4 + 12, any_byte(s.dice));
}

void tcp_options(Subject &s)
{
	// Nothing, size, window scale, SACK permitted, SACK, stamps, lengths.
	static constexpr std::uint8_t options[][4] = {
		{1, 1, 1, 1}, {2, 4, 0, 1}, {2, 0, 5, 180}, {3, 3, 14, 1}, {3, 3, 255, 1}, {4, 2, 1, 1},
		{5, 10, 0, 0}, {5, 2, 0, 0}, {5, 255, 0, 0}, {8, 10, 0, 0}, {0, 0, 0, 0}, {255, 1, 255, 0},
	};
	const Bytes words = some_of(s.dice, options, 5);

	if (!has(s, s.at.l4, 20) || (s.frame[s.at.l4 + 12] >> 4) * 4 + words.size() > 60)
		return;
	insert(s, s.at.l4 + 20, words);
	set8(s, s.at.l4 + 12, static_cast<std::uint8_t>(s.frame[s.at.l4 + 12] + words.size() * 4));
}

void udp_length(Subject &s)
{
	set16(s, s.at.l4 + 4, odd_length(s.dice, s.at.end - s.at.l4));
	s.keep_udp_length = true;
}

void udp_unsummed(Subject &s)
{
	set16(s, s.at.l4 + 6, 0);
}

// ---- PPTP, RFC 2637 ------------------------------------------------------

void pptp_header(Subject &s)
{
	switch (s.dice.below(6)) {
	case 0:
		set16(s, s.at.payload, odd_length(s.dice, s.at.end - s.at.payload));
		break;
	case 1:
		set16(s, s.at.payload + 2, s.dice.below(4));
		break;
	case 2:
		change32(s, s.at.payload + 4);	// the cookie
		break;
	default:
		set16(s, s.at.payload + 8, s.dice.below(18));	// another message
		break;
	}
}

void pptp_ids(Subject &s)
{
	change16(s, s.at.payload + 12 + 2 * s.dice.below(2));
}

void pptp_result(Subject &s)
{
	set8(s, s.at.payload + 16, static_cast<std::uint8_t>(s.dice.below(8)));
}

// Half a message, several in one segment, or bytes between them.
void pptp_stream(Subject &s)
{
	const Bytes &other = s.dice.of(s.tape.frames()).frame;
	const Layout from = layout_of(other);

	if (s.dice.one_in(3))
		s.frame.resize(s.dice.between(s.at.payload, s.at.end));
	else if (s.dice.one_in(3))
		insert(s, s.dice.between(s.at.payload, s.at.end), some_bytes(s.dice, s.dice.between(1, 7)));
	else if (from.protocol == IPPROTO_TCP)
		insert(s, s.at.end, Bytes(other.begin() + static_cast<std::ptrdiff_t>(from.payload), other.end()));
}

// ---- GRE -----------------------------------------------------------------

void gre_header(Subject &s)
{
	switch (s.dice.below(5)) {
	case 0:
		set8(s, s.at.l4, any_byte(s.dice));
		break;
	case 1:
		set8(s, s.at.l4 + 1, any_byte(s.dice));
		break;
	case 2:
		set16(s, s.at.l4 + 2, s.dice.one_in(2) ? 0x0800 : s.dice.any());
		break;
	case 3:
		set16(s, s.at.l4 + 4, odd_length(s.dice, s.at.end - s.at.payload));
		break;
	case 4:
		change32(s, s.at.l4 + 8);
		break;
	}
}

void gre_id(Subject &s)
{
	change16(s, s.at.l4 + 6);
}

// ---- ESP and IKE ---------------------------------------------------------

void esp_numbers(Subject &s)
{
	change32(s, s.at.l4 + 4 * s.dice.below(2));
}

// The SPI of somebody else's SA.
void esp_other(Subject &s)
{
	const Bytes &other = s.dice.of(s.tape.frames()).frame;
	const Layout from = layout_of(other);

	if (from.protocol == protocol_esp && from.end - from.l4 >= 4 && has(s, s.at.l4, 4))
		put32(s.frame, s.at.l4, get32(other, from.l4));
}

void ike_at(Subject &s, std::size_t ike)
{
	switch (s.dice.below(9)) {
	case 0:
		change32(s, ike + 4 * s.dice.below(4));	// SPIs
		break;
	case 1:
		set8(s, ike + 16, any_byte(s.dice));	// next payload
		break;
	case 2:
		set8(s, ike + 17, s.dice.one_in(2) ? 0x10 : any_byte(s.dice));	// version
		break;
	case 3:
		set8(s, ike + 18, static_cast<std::uint8_t>(s.dice.one_in(4) ? s.dice.any() :
									      s.dice.between(1, 43)));
		break;
	case 4:
		set8(s, ike + 19, s.dice.one_in(4) ? any_byte(s.dice) :
						     static_cast<std::uint8_t>(s.dice.below(8) << 3));
		break;
	case 5:
		change32(s, ike + 20);	// message id
		break;
	case 6:
		change32(s, ike + 24);	// length
		break;
	case 7:
		set16(s, ike + 30, odd_length(s.dice, s.at.end - ike));	// of the first payload
		break;
	case 8:
		set16(s, s.dice.between(ike + 28, s.at.end), s.dice.any());
		break;
	}
}

void ike_header(Subject &s)
{
	ike_at(s, s.at.payload);
}

// RFC 3948: ESP, IKE behind four zeros, or one byte that keeps the NAT open.
void natt(Subject &s)
{
	switch (s.dice.below(4)) {
	case 0:
		change32(s, s.at.payload + 4 * s.dice.below(2));
		break;
	case 1:
		insert(s, s.at.payload, Bytes(4 * s.dice.between(1, 2)));
		break;
	case 2:
		s.frame.resize(s.dice.between(s.at.payload, std::min(s.at.end, s.at.payload + 5)));
		break;
	case 3:
		ike_at(s, s.at.payload + 4);
		break;
	}
}

// ---- L2TP, RFC 2661 and RFC 3931 -----------------------------------------

// Straight over IP, a control message follows a session id of zero.
std::size_t l2tp_begin(const Subject &s)
{
	return s.at.payload + (s.at.protocol == protocol_l2tp ? 4 : 0);
}

void l2tp_header(Subject &s)
{
	static constexpr std::uint16_t flags[] = {0xc802, 0xc803, 0xc801, 0x8802, 0xc002, 0xc902, 0x0002, 0x0003,
						  0x4002, 0x4902, 0x4302, 0x0202, 0xcb02, 0x8003, 0x0001};
	const std::size_t begin = l2tp_begin(s);

	switch (s.dice.below(5)) {
	case 0:
		set16(s, begin, s.dice.one_in(4) ? s.dice.any() : s.dice.of(flags));
		break;
	case 1:
		set16(s, begin + 2, odd_length(s.dice, s.at.end - begin));
		break;
	case 2:
		change16(s, begin + 4 + 2 * s.dice.below(2));	// tunnel, session
		break;
	case 3:
		change32(s, begin + 4);
		break;
	case 4:
		change16(s, begin + 8 + 2 * s.dice.below(2));	// Ns, Nr
		break;
	}
}

void l2tp_session(Subject &s)
{
	change32(s, s.at.payload);
}

// One of the AVPs behind the header, its place found as a reader finds it.
std::size_t some_avp(const Subject &s)
{
	std::size_t at = l2tp_begin(s) + 12;

	while (has(s, at, 6) && !s.dice.one_in(3)) {
		const std::size_t length = get16(s.frame, at) & 0x3ffu;

		if (length < 6 || !has(s, at + length, 6))
			break;
		at += length;
	}
	return at;
}

void l2tp_avp(Subject &s)
{
	const std::size_t at = some_avp(s);

	if (!has(s, at, 6))
		return;
	switch (s.dice.below(6)) {
	case 0:
		set16(s, at, (get16(s.frame, at) & 0xfc00u) | (odd_length(s.dice, get16(s.frame, at) & 0x3ffu) & 0x3ff));
		break;
	case 1:
		set16(s, at, get16(s.frame, at) ^ (s.dice.one_in(2) ? 0x4000 : 0x8000));	// hidden, mandatory
		break;
	case 2:
		set16(s, at, get16(s.frame, at) ^ (1 << s.dice.between(10, 13)));	// reserved
		break;
	case 3:
		set16(s, at + 2, s.dice.one_in(2) ? 9 : s.dice.any());	// vendor
		break;
	case 4:
		set16(s, at + 4, s.dice.below(80));
		break;
	case 5:
		change16(s, at + 6);
		break;
	}
}

// Another one, of any type: message type, ids, digest, random vector and all.
void l2tp_more(Subject &s)
{
	const std::size_t at = some_avp(s), size = s.dice.one_in(8) ? s.dice.below(500) : s.dice.below(20);
	Bytes avp = some_bytes(s.dice, 6 + size);

	if (at > s.frame.size())
		return;
	put16(avp, 0, static_cast<std::uint16_t>((s.dice.any() & 0xc000) | (6 + size)));
	put16(avp, 2, 0);
	put16(avp, 4, static_cast<std::uint16_t>(s.dice.below(80)));
	insert(s, at, avp);

	const std::size_t begin = l2tp_begin(s);

	if (!s.dice.one_in(8))
		set16(s, begin + 2, s.frame.size() - begin);
}

// ---- all -----------------------------------------------------------------

struct Way {
	Kind kind;
	void (*change)(Subject &);
};

constexpr Way ways[] = {
	{Kind::any, harm_all},		{Kind::any, harm_payload},	{Kind::any, odd_word},
	{Kind::any, cut},		{Kind::any, grow},		{Kind::any, splice},
	{Kind::any, ip_header_fields},	{Kind::any, ip_options},	{Kind::tcp, ports},
	{Kind::tcp, wrong_sum},		{Kind::tcp, tcp_numbers},	{Kind::tcp, tcp_shift},
	{Kind::tcp, tcp_flags},		{Kind::tcp, tcp_offset},	{Kind::tcp, tcp_options},
	{Kind::udp, ports},		{Kind::udp, wrong_sum},		{Kind::udp, udp_length},
	{Kind::udp, udp_unsummed},	{Kind::pptp, pptp_header},	{Kind::pptp, pptp_ids},
	{Kind::pptp, pptp_result},	{Kind::pptp, pptp_stream},	{Kind::gre, gre_header},
	{Kind::gre, gre_id},		{Kind::esp, esp_numbers},	{Kind::esp, esp_other},
	{Kind::ike, ike_header},	{Kind::natt, natt},		{Kind::l2tp, l2tp_header},
	{Kind::l2tp, l2tp_session},	{Kind::l2tp, l2tp_avp},		{Kind::l2tp, l2tp_more},
};

bool fits(Kind way, Kind kind, const Layout &at)
{
	switch (way) {
	case Kind::any:
		return true;
	case Kind::tcp:
		return at.protocol == IPPROTO_TCP;
	case Kind::udp:
		return at.protocol == IPPROTO_UDP;
	default:
		return way == kind;
	}
}

void change(Subject &s)
{
	const Kind kind = kind_of(s.frame, s.at);

	// Half of all in what is the protocol's own, where there is such a thing.
	for (int tries = s.dice.one_in(2) ? 200 : 1; tries;) {
		const Way &way = s.dice.of(ways);

		if (!fits(way.kind, kind, s.at))
			continue;
		if (--tries && way.kind != kind)
			continue;
		return way.change(s);
	}
}

void put_right(Subject &s, const Bytes &as_it_was)
{
	if (s.frame.size() < ether_header + ip_header)
		return;
	if (s.frame.size() > longest_frame)
		s.frame.resize(longest_frame);
	std::copy_n(as_it_was.begin() + source_at, 8, s.frame.begin() + source_at);
	if (!s.keep_length)
		right_ip_length(s.frame);

	const Layout was = layout_of(as_it_was);

	s.at = layout_of(s.frame);
	if (!s.move_ports && s.at.protocol == was.protocol && partial_at(s.at) && !s.dice.one_in(64) &&
	    s.at.end - s.at.l4 >= 4 && was.end - was.l4 >= 4)
		std::copy_n(as_it_was.begin() + static_cast<std::ptrdiff_t>(was.l4), 4,
			    s.frame.begin() + static_cast<std::ptrdiff_t>(s.at.l4));
	if (!s.keep_udp_length && s.at.protocol == IPPROTO_UDP)
		set16(s, s.at.l4 + 4, s.at.end - s.at.l4);
	if (!s.keep_sum && !s.dice.one_in(16))
		right_sum(s.frame);
	if (!s.keep_ip_sum && !s.dice.one_in(64))
		right_ip_sum(s.frame);
}

} // namespace

void damage(Dice &dice, std::span<std::uint8_t> bytes)
{
	static constexpr std::uint8_t ends[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};

	if (bytes.empty())
		return;
	for (std::size_t n = dice.between(1, 4); n; n--) {
		std::uint8_t &byte = bytes[dice.below(bytes.size())];

		if (dice.one_in(2))
			byte ^= static_cast<std::uint8_t>(1 << dice.below(8));
		else
			byte = dice.one_in(2) ? dice.of(ends) : any_byte(dice);
	}
}

void mutate(Dice &dice, const Tape &tape, Bytes &frame)
{
	const Bytes as_it_was = frame;
	Subject s{dice, tape, frame, layout_of(frame)};

	for (std::size_t n = dice.one_in(2) ? 1 : dice.between(2, 3); n; n--) {
		change(s);
		s.at = layout_of(frame);
		if (frame.size() < ether_header + ip_header)
			break;
	}
	put_right(s, as_it_was);
}
