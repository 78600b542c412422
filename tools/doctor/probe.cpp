// SPDX-License-Identifier: GPL-2.0
//
// What the probes share: sockets with a time limit, messages.
#include "probe.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <passthrough/wire/bytes.h>

Socket::Socket(int type, int protocol)
	: fd_(socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol))
{
}

Socket::~Socket()
{
	int saved = errno;

	if (fd_ >= 0)
		close(fd_);
	errno = saved;
}

int Socket::connect(Address server, std::uint16_t port, const Deadline &deadline)
{
	sockaddr_in to{};
	int error = 0;
	socklen_t size = sizeof(error);

	to.sin_family = AF_INET;
	to.sin_port = htons(port);
	to.sin_addr.s_addr = server.be;
	if (::connect(fd_, reinterpret_cast<const sockaddr *>(&to), sizeof(to)) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	pollfd p{ fd_, POLLOUT, 0 };
	while (poll(&p, 1, deadline.left()) < 0 && errno == EINTR)
		;
	if (!p.revents)
		return ETIMEDOUT;
	return getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

int Socket::send(std::span<const std::uint8_t> bytes)
{
	ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);

	if (size < 0)
		return errno;
	return static_cast<std::size_t>(size) == bytes.size() ? 0 : EAGAIN;
}

Bytes Socket::receive(const Deadline &deadline, int &error)
{
	Bytes bytes(65536);
	pollfd p{ fd_, POLLIN, 0 };

	error = 0;
	for (;;) {
		int n = poll(&p, 1, deadline.left());
		if (n < 0 && errno == EINTR)
			continue;
		ssize_t size = n > 0 ? recv(fd_, bytes.data(), bytes.size(), 0) : -1;
		if (size > 0) {
			bytes.resize(static_cast<std::size_t>(size));
			return bytes;
		}
		error = n == 0 ? ETIMEDOUT : size == 0 ? ECONNRESET : errno;
		if (error != EAGAIN && error != EINTR)
			return {};
	}
}

Message &Message::u8(std::uint8_t value)
{
	bytes_.push_back(value);
	return *this;
}

Message &Message::u16(std::uint16_t value)
{
	return u8(static_cast<std::uint8_t>(value >> 8)).u8(static_cast<std::uint8_t>(value));
}

Message &Message::u32(std::uint32_t value)
{
	return u16(static_cast<std::uint16_t>(value >> 16)).u16(static_cast<std::uint16_t>(value));
}

Message &Message::raw(std::span<const std::uint8_t> bytes)
{
	bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
	return *this;
}

Message &Message::text(std::string_view text, std::size_t size)
{
	text = text.substr(0, size);
	bytes_.insert(bytes_.end(), text.begin(), text.end());
	return zeros(size - text.size());
}

Message &Message::zeros(std::size_t n)
{
	bytes_.insert(bytes_.end(), n, 0);
	return *this;
}

Message &Message::random(std::size_t n)
{
	for (; n; n--)
		u8(static_cast<std::uint8_t>(random_number()));
	return *this;
}

Message &Message::length16(std::size_t at)
{
	nfpt_put_be16(bytes_.data() + at, static_cast<std::uint16_t>(size()));
	return *this;
}

Message &Message::length32(std::size_t at)
{
	nfpt_put_be32(bytes_.data() + at, static_cast<std::uint32_t>(size()));
	return *this;
}

std::uint32_t random_number()
{
	std::uint32_t number = 0;

	while (!number)
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			number = static_cast<std::uint32_t>(random());
	return number;
}

Error probe_error(std::string_view what, int error)
{
	Error e{ Exit::refused, std::string(what) + ": " + strerror(error), {}, error };

	if (error == EPERM || error == EACCES)
		e.hint = "this needs CAP_NET_RAW, or a firewall of this router forbids it: run it as "
			 "root, look at its output chain";
	else if (error == ENETUNREACH || error == EHOSTUNREACH)
		e.hint = "there is no route to the server: `ip route get ADDRESS`";
	else
		e.hint = "try again";
	return e;
}
