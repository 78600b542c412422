// SPDX-License-Identifier: GPL-2.0
#include "tunnel.hpp"

#include <algorithm>

#include "udp.hpp"

namespace {

constexpr std::uint32_t magic = 0x6E667074, forged_magic = 0x6576696C;
constexpr std::size_t content_size = 24;

// Sums up the words before it.
std::uint32_t check(View content)
{
	std::uint32_t sum = 0;

	for (std::size_t at = 0; at < 20; at += 4)
		sum = sum * 31 + get32(content, at);
	return sum;
}

} // namespace

void Stream::rearm()
{
	right = wrong = bad = repeated = 0;
	base = arrived.size();
}

std::optional<Content> content_in(View data)
{
	// Behind a cookie of 0, 4 or 8 bytes.
	for (std::size_t at = 0; at <= 8; at += 4) {
		if (data.size() < at + content_size)
			break;

		const View content = data.subspan(at);

		if (get32(content, 0) == magic && get32(content, 20) == check(content))
			return Content{get32(content, 4), get32(content, 8), get32(content, 12),
				       sides[get32(content, 16) & 1]};
	}
	return {};
}

Bytes forged_content()
{
	Bytes data(content_size);

	put32(data, 0, forged_magic);
	return data;
}

bool is_forged_content(View data)
{
	return data.size() == content_size && get32(data, 0) == forged_magic;
}

void Tunnel::forget()
{
	for (Side side : sides)
		ids[index(side)][index(other(side))] = 0;
	next = {};
	seen = {};
	sessions.clear();
}

Ids Tunnel::known(Side side, const Session *session) const
{
	return {ids[index(side)],
		session ? session->ids[index(side)] : std::array<std::uint32_t, 2>{}};
}

Bytes Tunnel::packet(Side from, View l2tp, bool data) const
{
	if (style.over == Transport::ip)
		return Bytes(l2tp.begin(), l2tp.end());

	const std::uint16_t to = data && manners.data_to ? manners.data_to : seen.port;

	// The host's part ends where the router's begins: the checksum is right
	// for the addresses that the sender knows.
	return from == Side::host
		? build_udp(path_.inside, path_.at, path_.port, l2tp_port, summed, l2tp)
		: build_udp(path_.at, seen.address, manners.answer_port, to, summed, l2tp);
}

void Tunnel::send(Side from, View packet)
{
	Host &sender = end(from);

	// A packet that our own firewall or a route refuses is lost like any other.
	(style.over == Transport::ip ? sender.ip() : sender.udp()).send(source(from), target(from), packet);
}

void Tunnel::send_control(Side from, View message)
{
	control[index(from)].sent = packet(from, message, false);
	send(from, Bytes(control[index(from)].sent));
}

void Tunnel::send_data(std::size_t session, Side from, std::size_t size)
{
	Session &s = sessions.at(session);
	Stream &stream = s.streams[index(from)];
	const auto number = static_cast<std::uint32_t>(stream.arrived.size());
	Bytes content(std::max(content_size, size));

	put32(content, 0, magic);
	put32(content, 4, number_);
	put32(content, 8, static_cast<std::uint32_t>(session));
	put32(content, 12, number);
	put32(content, 16, static_cast<std::uint32_t>(index(from)));
	put32(content, 20, check(content));
	stream.arrived.push_back(false);
	stream.last.sent = packet(from, build_data({false, style.version, ids[index(from)][index(other(from))],
						    s.ids[index(from)][index(other(from))]},
						   style.over, number, s.cookie, content), true);
	send(from, Bytes(stream.last.sent));
}

std::string Tunnel::fault(Side at, const Arrival &arrival, bool begins) const
{
	const bool host = at == Side::host;

	if (arrival.over != style.over)
		return "transport";
	if (!arrival.intact)
		return "checksum";
	if (host ? arrival.source != path_.at : !begins && arrival.source != seen.address)
		return "source";
	if (arrival.over == Transport::ip)
		return "";
	if (arrival.summed != summed)
		return "checksum-made-or-lost";
	if (host ? arrival.source_port != l2tp_port : !begins && arrival.source_port != seen.port)
		return "source-port";
	if (arrival.port != (host ? path_.port : manners.answer_port) && !(begins && arrival.port == l2tp_port))
		return "port";
	return "";
}

void Tunnel::receive_data(Host &at, const Arrival &arrival, const Header &header, const Content &content)
{
	if (content.session >= sessions.size())
		return;

	Session &session = sessions[content.session];
	Stream &stream = session.streams[index(content.from)];
	const Side to = other(content.from);

	if (content.number >= stream.arrived.size())
		return;
	if (&at != &end(to)) {
		stream.wrong++;
		at.counts.wrong++;
		return;
	}
	// Without control messages, data tells the server where its peer is.
	if (to == Side::server && !seen.address)
		seen = {arrival.source, arrival.source_port};

	std::string why = fault(to, arrival, false);

	if (why.empty() && (header.session != session.ids[index(to)][index(to)] ||
			    (style.version == 2 && header.tunnel != ids[index(to)][index(to)])))
		why = "ids";
	if (!why.empty()) {
		last_fault = why;
		stream.bad++;
		at.counts.bad++;
	} else if (stream.arrived[content.number]) {
		stream.repeated++;
		at.counts.repeated++;
	} else {
		stream.arrived[content.number] = true;
		stream.right += content.number >= stream.base;
		at.counts.right++;
		stream.last.came.assign(arrival.whole.begin(), arrival.whole.end());
	}
}
