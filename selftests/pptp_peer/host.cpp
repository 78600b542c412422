// SPDX-License-Identifier: GPL-2.0
#include "host.hpp"

#include <cerrno>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace {

void set(const Fd &fd, int level, int option, int value)
{
	checked(setsockopt(fd.get(), level, option, &value, sizeof(value)), "setsockopt");
}

template <typename Call> int with(const sockaddr_in &address, Call call)
{
	return call(reinterpret_cast<const sockaddr *>(&address), sizeof(address));
}

} // namespace

Host::Host(Reactor &reactor, std::string name, const std::string &ns, Receive gre, Receive icmp)
	: name_(std::move(name)), ns_(ns),
	  gre_(reactor, ns_, IPPROTO_GRE, [this, gre](const IpPacket &ip) { gre(*this, ip); }),
	  icmp_(reactor, ns_, IPPROTO_ICMP, [this, icmp](const IpPacket &ip) { icmp(*this, ip); })
{
}

Fd Host::connect(Address to, std::uint16_t port, Address from, std::uint16_t from_port)
{
	Fd fd = ns_.open(SOCK_STREAM, 0);

	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (from || from_port)
		checked(with(socket_address(from, from_port),
			     [&](auto *a, auto n) { return ::bind(fd.get(), a, n); }), "bind");
	if (with(socket_address(to, port),
		 [&](auto *a, auto n) { return ::connect(fd.get(), a, n); }) && errno != EINPROGRESS)
		checked(-1, "connect");
	return fd;
}

Fd Host::accept(std::uint16_t port)
{
	Fd &listener = listeners_[port];

	if (!listener) {
		listener = ns_.open(SOCK_STREAM, 0);
		set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
		checked(with(socket_address(INADDR_ANY, port),
			     [&](auto *a, auto n) { return ::bind(listener.get(), a, n); }), "bind");
		checked(::listen(listener.get(), 128), "listen");
	}

	Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));

	if (fd)
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}
