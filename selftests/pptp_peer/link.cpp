// SPDX-License-Identifier: GPL-2.0
#include "link.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <sys/socket.h>
#include <unistd.h>

namespace {

// A router may hold a byte back until the next segment comes, so that the
// last byte before a cut is waited for only this long, ...
constexpr Milliseconds whole_wait(20);
// ... and all others this long: a lost segment must not stop the test.
constexpr Milliseconds segment_wait(300);

std::vector<Bytes> cut(const std::deque<Bytes> &messages, Mode mode)
{
	std::vector<Bytes> segments;
	Bytes all;

	switch (mode.how) {
	case Mode::How::whole:
		return {messages.begin(), messages.end()};
	case Mode::How::split:
		for (const Bytes &m : messages) {
			const auto middle = m.begin() + static_cast<std::ptrdiff_t>(std::min(mode.at, m.size()));

			segments.emplace_back(m.begin(), middle);
			if (middle != m.end())
				segments.emplace_back(middle, m.end());
		}
		return segments;
	case Mode::How::all:
	case Mode::How::chunk:
		for (const Bytes &m : messages)
			all.insert(all.end(), m.begin(), m.end());
		break;
	}

	const std::size_t step = mode.how == Mode::How::all ? all.size() : mode.at;

	for (std::size_t at = 0; at < all.size(); at += step)
		segments.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
				      all.begin() + static_cast<std::ptrdiff_t>(std::min(at + step, all.size())));
	return segments;
}

template <int (*query)(int, sockaddr *, socklen_t *)> Address address(const Fd &fd)
{
	sockaddr_in name{};
	socklen_t length = sizeof(name);

	return query(fd.get(), reinterpret_cast<sockaddr *>(&name), &length) ? 0 : name.sin_addr.s_addr;
}

int error_of(const Fd &fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
	return error;
}

} // namespace

bool Call::fresh(std::size_t sender, std::uint32_t sequence)
{
	if (sequence >= next[sender]) {
		const std::uint32_t step = sequence + 1 - next[sender];

		window[sender] = step < 64 ? window[sender] << step | 1 : 1;
		next[sender] = sequence + 1;
		return true;
	}

	const std::uint32_t back = next[sender] - 1 - sequence;
	const std::uint64_t bit = back < 64 ? std::uint64_t{1} << back : 0;

	if (!bit || window[sender] & bit)
		return false;
	window[sender] |= bit;
	return true;
}

Link::Link(Reactor &reactor, std::uint32_t number, const Path &path, Milliseconds limit)
	: reactor_(reactor), number_(number)
{
	End &dialler = ends_[index(path.dial_role)];
	End &acceptor = ends_[index(other(path.dial_role))];
	int error = 0;

	dialler.host = path.dial;
	acceptor.host = path.accept;
	// Nobody may stand in the queue from an earlier attempt.
	while (path.accept->accept(path.listen_port))
		;
	dialler.tcp = path.dial->connect(path.to, path.port, path.from, path.from_port);
	if (!reactor_.wait([&] {
		    if (!acceptor.tcp)
			    acceptor.tcp = path.accept->accept(path.listen_port);
		    error = error_of(dialler.tcp);
		    return error || (acceptor.tcp && address<getpeername>(dialler.tcp));
	    }, limit))
		throw std::runtime_error("the connection was not answered in time");
	if (error)
		throw std::runtime_error("connect: " + std::string(std::strerror(error)));
	for (Role role : {Role::pns, Role::pac}) {
		End &end = ends_[index(role)];

		end.local = address<getsockname>(end.tcp);
		end.peer = address<getpeername>(end.tcp);
		reactor_.add(end.tcp.get(), [this, role] { readable(role); });
	}
}

Link::~Link()
{
	for (End &end : ends_)
		if (end.tcp)
			reactor_.remove(end.tcp.get());
}

void Link::queue(Role from, const Kind &kind, std::size_t call, std::uint8_t result)
{
	Bytes message = build(kind, salt_++);

	for (const auto &field : kind.ids)
		if (field)
			put16(message, field->offset,
			      field->owner == from ? calls_.at(call).own[index(from)]
						   : calls_.at(call).seen[index(field->owner)]);
	if (kind.type == 8 || kind.type == 10)
		set_result(message, result);
	ends_[index(other(from))].coming.push_back({message, &kind, call});
	ends_[index(from)].out.push_back(std::move(message));
}

void Link::queue(Role from, Bytes opaque)
{
	ends_[index(other(from))].coming.push_back({opaque, nullptr, 0});
	ends_[index(from)].out.push_back(std::move(opaque));
}

bool Link::settle(Milliseconds limit)
{
	flush(Role::pns, limit);
	flush(Role::pac, limit);
	return reactor_.wait([&] { return ends_[0].coming.empty() && ends_[1].coming.empty(); }, limit);
}

void Link::flush(Role from, Milliseconds limit)
{
	End &end = ends_[index(from)];
	const End &to = ends_[index(other(from))];
	const bool one_by_one = end.mode.how == Mode::How::split || end.mode.how == Mode::How::chunk;

	for (const Bytes &segment : cut(std::exchange(end.out, {}), end.mode)) {
		write(end, segment, limit);
		end.written += segment.size();
		if (one_by_one &&
		    !reactor_.wait([&] { return to.received == end.written; }, whole_wait))
			reactor_.wait([&] { return to.received + 1 >= end.written; }, segment_wait);
	}
}

void Link::write(End &end, View bytes, Milliseconds limit)
{
	const auto give_up = Reactor::Clock::now() + limit;

	while (!bytes.empty()) {
		const ssize_t n = send(end.tcp.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);

		if (n >= 0) {
			bytes = bytes.subspan(static_cast<std::size_t>(n));
			reactor_.pump();
			continue;
		}
		if (errno != EAGAIN)
			checked(-1, "the control connection broke");
		if (Reactor::Clock::now() > give_up)
			throw std::runtime_error("the control connection does not take more");
		reactor_.pump(Milliseconds(5));
	}
}

void Link::readable(Role at)
{
	End &end = ends_[index(at)];
	std::size_t done = 0;
	std::uint8_t buffer[65536];
	const ssize_t n = recv(end.tcp.get(), buffer, sizeof(buffer), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		end.closed = true;
		reactor_.remove(end.tcp.get());
		return;
	}
	end.received += static_cast<std::size_t>(n);
	end.in.insert(end.in.end(), buffer, buffer + n);
	while (!end.coming.empty()) {
		const Flight &flight = end.coming.front();

		if (end.in.size() - done < flight.bytes.size())
			break;
		land(at, flight, View(end.in).subspan(done, flight.bytes.size()));
		done += flight.bytes.size();
		end.coming.pop_front();
	}
	end.in.erase(end.in.begin(), end.in.begin() + static_cast<std::ptrdiff_t>(done));
}

void Link::land(Role at, const Flight &flight, View got)
{
	std::vector<bool> may(got.size());
	std::size_t changed = 0;

	if (!flight.kind)
		may = rewritable(flight.bytes);
	else
		for (const auto &field : flight.kind->ids)
			if (field)
				may[field->offset] = may[field->offset + 1] = true;
	for (std::size_t i = 0; i < got.size(); i++) {
		if (got[i] == flight.bytes[i])
			continue;
		if (!may[i])
			changed++;
		else if (!flight.kind)
			rewritten_++;
	}
	if (changed) {
		faults_.bytes += changed;
		complain(at, flight, std::to_string(changed) + "-bytes-changed");
	}
	if (flight.kind)
		land_ids(at, flight, got);
}

void Link::land_ids(Role at, const Flight &flight, View got)
{
	for (const auto &field : flight.kind->ids) {
		if (!field)
			continue;

		Call &call = calls_[flight.call];
		const std::size_t owner = index(field->owner);
		const std::uint16_t id = get16(got, field->offset);

		if (field->owner != at && !call.known[owner]) {
			call.known[owner] = true;
			call.seen[owner] = id;
			continue;
		}

		const std::uint16_t want = field->owner == at ? call.own[owner] : call.seen[owner];

		if (id == want)
			continue;
		faults_.ids++;
		complain(at, flight, "id-at-" + std::to_string(field->offset) + "-is-" +
			 std::to_string(id) + "-not-" + std::to_string(want));
	}
}

void Link::complain(Role at, const Flight &flight, const std::string &what)
{
	if (faults_.first.empty())
		faults_.first = std::string(::name(at)) + ":" +
				std::string(flight.kind ? flight.kind->name : "injected") + ":call-" +
				std::to_string(flight.call) + ":" + what;
}

bool Link::send_gre(std::size_t number, Role from, std::size_t size)
{
	Call &call = calls_.at(number);
	const End &end = ends_[index(from)];
	const std::size_t receiver = index(other(from));

	if (!call.known[receiver])
		return false;

	const GrePacket packet{call.seen[receiver], number_, static_cast<std::uint32_t>(number), from,
			       call.sent[index(from)]++};

	traffic_.sent++;
	// A packet that our own firewall or a route refuses is lost like any other.
	if (!end.host->send_gre(end.local, end.peer, build(packet, size)))
		traffic_.refused++;
	return true;
}

void Link::receive_gre(const Host &at, const IpPacket &ip, const GrePacket &packet)
{
	const Role role = other(packet.from);
	const End &end = ends_[index(role)];

	if (packet.call >= calls_.size())
		return;

	Call &call = calls_[packet.call];
	const std::size_t sender = index(packet.from);

	if (&at != end.host) {
		traffic_.wrong_host++;
	} else if (packet.call_id != call.own[index(role)]) {
		traffic_.wrong_id++;
	} else if (ip.source != end.peer || ip.destination != end.local) {
		traffic_.wrong_address++;
	} else if (!call.fresh(sender, packet.sequence)) {
		traffic_.repeated++;
	} else {
		call.received[sender]++;
		traffic_.received++;
		std::copy_n(ip.whole.begin(), std::min(ip.whole.size(), call.last[sender].size()),
			    call.last[sender].begin());
	}
}

bool Link::close(Role from, bool reset, Milliseconds limit)
{
	End &end = ends_[index(from)];
	End &peer = ends_[index(other(from))];

	if (reset) {
		const linger now{1, 0};

		setsockopt(end.tcp.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	reactor_.remove(end.tcp.get());
	end.tcp = Fd();
	end.closed = true;

	const bool seen = reactor_.wait([&] { return peer.closed; }, limit);

	reactor_.remove(peer.tcp.get());
	peer.tcp = Fd();
	peer.closed = true;
	return seen;
}
