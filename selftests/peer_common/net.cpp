// SPDX-License-Identifier: GPL-2.0
#include "net.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

namespace {

constexpr std::size_t ip_header = 20, icmp_header = 8;

void set(const Fd &fd, int level, int option, int value)
{
	checked(setsockopt(fd.get(), level, option, &value, sizeof(value)), "setsockopt");
}

// Thousands of packets may come before we look.
void make_room(const Fd &fd)
{
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
}

// Sends with @from as source, whatever the socket is bound to.
bool send_from(const Fd &fd, Address from, Address to, std::uint16_t port, View payload)
{
	sockaddr_in name = socket_address(to, port);
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
	return sendmsg(fd.get(), &message, 0) >= 0;
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

sockaddr_in socket_address(Address address, std::uint16_t port)
{
	sockaddr_in a{};

	a.sin_family = AF_INET;
	a.sin_addr.s_addr = address;
	a.sin_port = htons(port);
	return a;
}

std::uint16_t checksum(View bytes)
{
	std::uint32_t sum = 0;

	for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
		sum += get16(bytes, i);
	if (bytes.size() & 1)
		sum += static_cast<std::uint32_t>(bytes.back()) << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<std::uint16_t>(~sum);
}

Namespace::Namespace(const std::string &name)
	: home_(checked(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "own namespace"))
{
	const std::string path = name == "-" ? "/proc/self/ns/net" : "/run/netns/" + name;

	ns_ = Fd(checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.c_str()));
}

Fd Namespace::open(int type, int protocol, int family) const
{
	checked(setns(ns_.get(), CLONE_NEWNET), "setns");

	Fd fd(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
	const int error = errno;

	checked(setns(home_.get(), CLONE_NEWNET), "setns");
	errno = error;
	checked(fd.get(), "socket");
	return fd;
}

Address Namespace::source_to(Address to) const
{
	const Fd fd = open(SOCK_DGRAM, 0);
	sockaddr_in name = socket_address(to, 9);
	socklen_t length = sizeof(name);

	checked(connect(fd.get(), reinterpret_cast<sockaddr *>(&name), length), "no way there");
	checked(getsockname(fd.get(), reinterpret_cast<sockaddr *>(&name), &length), "getsockname");
	return name.sin_addr.s_addr;
}

bool parse_icmp_error(View icmp, IcmpError &error)
{
	if (icmp.size() < icmp_header + ip_header || (icmp[0] != 3 && icmp[0] != 11 && icmp[0] != 12))
		return false;

	const View inner = icmp.subspan(icmp_header);
	const std::size_t header = (inner[0] & 15u) * 4;

	if (header < ip_header || inner.size() < header)
		return false;
	error = {icmp[0], icmp[1], get16(icmp, 6), htonl(get32(inner, 12)), htonl(get32(inner, 16)),
		 inner[9], inner.subspan(header), !checksum(inner.first(header)) && !checksum(icmp)};
	return true;
}

Bytes build_icmp_error(std::uint8_t type, std::uint8_t code, std::uint16_t mtu, View packet)
{
	Bytes error(icmp_header + packet.size());

	error[0] = type;
	error[1] = code;
	put16(error, 6, mtu);
	std::copy(packet.begin(), packet.end(), error.begin() + icmp_header);
	put16(error, 2, checksum(error));
	return error;
}

RawSocket::RawSocket(Reactor &reactor, const Namespace &ns, int protocol, Receive receive)
	: reactor_(reactor), fd_(ns.open(SOCK_RAW, protocol)), receive_(std::move(receive))
{
	make_room(fd_);
	reactor_.add(fd_.get(), [this] { readable(); });
}

RawSocket::~RawSocket()
{
	reactor_.remove(fd_.get());
}

bool RawSocket::send(Address from, Address to, View payload)
{
	return send_from(fd_, from, to, 0, payload);
}

void RawSocket::readable()
{
	std::uint8_t buffer[65536];
	ssize_t n;

	while ((n = recv(fd_.get(), buffer, sizeof(buffer), 0)) > 0) {
		const View whole(buffer, static_cast<std::size_t>(n));
		const std::size_t header = (buffer[0] & 15u) * 4;

		if (header < ip_header || whole.size() < header)
			continue;
		receive_(IpPacket{htonl(get32(whole, 12)), htonl(get32(whole, 16)), whole,
				  whole.subspan(header)});
	}
}

UdpSocket::UdpSocket(Reactor &reactor, const Namespace &ns, std::uint16_t port, Receive receive)
	: reactor_(reactor), port_(port), fd_(ns.open(SOCK_DGRAM, 0)), receive_(std::move(receive))
{
	const sockaddr_in name = socket_address(INADDR_ANY, port);

	make_room(fd_);
	set(fd_, IPPROTO_IP, IP_PKTINFO, 1);
	checked(bind(fd_.get(), reinterpret_cast<const sockaddr *>(&name), sizeof(name)), "bind");
	reactor_.add(fd_.get(), [this] { readable(); });
}

UdpSocket::~UdpSocket()
{
	reactor_.remove(fd_.get());
}

bool UdpSocket::send(Address from, Address to, std::uint16_t port, View payload)
{
	return send_from(fd_, from, to, port, payload);
}

void UdpSocket::readable()
{
	std::uint8_t buffer[65536];
	alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))];
	sockaddr_in name{};
	iovec data{buffer, sizeof(buffer)};
	msghdr message{};
	ssize_t n;

	message.msg_name = &name;
	message.msg_iov = &data;
	message.msg_iovlen = 1;
	message.msg_control = control;
	for (;;) {
		message.msg_namelen = sizeof(name);
		message.msg_controllen = sizeof(control);
		n = recvmsg(fd_.get(), &message, 0);
		if (n < 0)
			return;

		const cmsghdr *header = CMSG_FIRSTHDR(&message);
		in_pktinfo info{};

		if (header && header->cmsg_type == IP_PKTINFO)
			std::memcpy(&info, CMSG_DATA(header), sizeof(info));
		receive_(Datagram{name.sin_addr.s_addr, info.ipi_addr.s_addr, ntohs(name.sin_port), port_,
				  View(buffer, static_cast<std::size_t>(n))});
	}
}
