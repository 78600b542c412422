// SPDX-License-Identifier: GPL-2.0
#include "host.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

namespace {

sockaddr_in socket_address(Address address, std::uint16_t port)
{
	sockaddr_in a{};

	a.sin_family = AF_INET;
	a.sin_addr.s_addr = address;
	a.sin_port = htons(port);
	return a;
}

void set(const Fd &fd, int level, int option, int value)
{
	checked(setsockopt(fd.get(), level, option, &value, sizeof(value)), "setsockopt");
}

template <typename Call> int with(const sockaddr_in &address, Call call)
{
	return call(reinterpret_cast<const sockaddr *>(&address), sizeof(address));
}

} // namespace

Address parse_address(const std::string &text)
{
	in_addr a{};

	if (inet_pton(AF_INET, text.c_str(), &a) != 1)
		throw std::invalid_argument("not an IPv4 address: " + text);
	return a.s_addr;
}

std::string text(Address address)
{
	char buffer[INET_ADDRSTRLEN];
	in_addr a{address};

	return inet_ntop(AF_INET, &a, buffer, sizeof(buffer));
}

Host::Host(Reactor &reactor, std::string name, const std::string &ns, Receive gre, Receive icmp)
	: reactor_(reactor), name_(std::move(name)),
	  home_(checked(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "own namespace"))
{
	const std::string path = ns == "-" ? "/proc/self/ns/net" : "/run/netns/" + ns;

	ns_ = Fd(checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.c_str()));
	gre_ = open(SOCK_RAW, IPPROTO_GRE);
	icmp_ = open(SOCK_RAW, IPPROTO_ICMP);
	// Thousands of packets may come before we look.
	set(gre_, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
	reactor_.add(gre_.get(), [this, gre] { receive(gre_.get(), gre); });
	reactor_.add(icmp_.get(), [this, icmp] { receive(icmp_.get(), icmp); });
}

Fd Host::open(int type, int protocol)
{
	checked(setns(ns_.get(), CLONE_NEWNET), "setns");

	Fd fd(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
	const int error = errno;

	checked(setns(home_.get(), CLONE_NEWNET), "setns");
	errno = error;
	checked(fd.get(), "socket");
	return fd;
}

Fd Host::connect(Address to, std::uint16_t port, Address from, std::uint16_t from_port)
{
	Fd fd = open(SOCK_STREAM, 0);

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
		listener = open(SOCK_STREAM, 0);
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

bool Host::send_gre(Address from, Address to, View gre)
{
	return send(gre_, from, to, gre);
}

bool Host::send_icmp(Address from, Address to, View icmp)
{
	return send(icmp_, from, to, icmp);
}

bool Host::send(const Fd &raw, Address from, Address to, View payload)
{
	sockaddr_in name = socket_address(to, 0);
	iovec data{const_cast<std::uint8_t *>(payload.data()), payload.size()};
	alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))]{};
	msghdr message{};

	message.msg_name = &name;
	message.msg_namelen = sizeof(name);
	message.msg_iov = &data;
	message.msg_iovlen = 1;
	message.msg_control = control;
	message.msg_controllen = sizeof(control);

	cmsghdr *header = CMSG_FIRSTHDR(&message);
	in_pktinfo info{};

	header->cmsg_level = IPPROTO_IP;
	header->cmsg_type = IP_PKTINFO;
	header->cmsg_len = CMSG_LEN(sizeof(info));
	info.ipi_spec_dst.s_addr = from;
	std::memcpy(CMSG_DATA(header), &info, sizeof(info));
	return sendmsg(raw.get(), &message, 0) >= 0;
}

void Host::receive(int fd, const Receive &receive)
{
	std::uint8_t buffer[65536];
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		const View whole(buffer, static_cast<std::size_t>(n));
		const std::size_t header = (buffer[0] & 15u) * 4;

		if (header < 20 || whole.size() < header)
			continue;
		receive(*this, IpPacket{htonl(get32(whole, 12)), htonl(get32(whole, 16)), whole,
					whole.subspan(header)});
	}
}
