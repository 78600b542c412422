// SPDX-License-Identifier: GPL-2.0
#include "port.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace {

void set(const Fd &fd, int level, int option, int value)
{
	checked(setsockopt(fd.get(), level, option, &value, sizeof(value)), "setsockopt");
}

std::string part(const std::string &where, bool second)
{
	const auto colon = where.find(':');

	if (colon == where.npos)
		throw std::invalid_argument("not NETNS:INTERFACE: " + where);
	return second ? where.substr(colon + 1) : where.substr(0, colon);
}

std::int64_t stamp_of(msghdr &message)
{
	for (cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		timespec t;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
			continue;
		std::memcpy(&t, CMSG_DATA(c), sizeof(t));
		return static_cast<std::int64_t>(t.tv_sec) * 1000000000 + t.tv_nsec;
	}
	return 0;
}

} // namespace

Port::Port(const std::string &where)
	: name_(where), ns_(part(where, false)), fd_(ns_.open(SOCK_RAW, 0, AF_PACKET))
{
	const std::string interface = part(where, true);
	ifreq request{};

	if (interface.size() >= IFNAMSIZ)
		throw std::invalid_argument("no interface: " + where);
	std::copy(interface.begin(), interface.end(), request.ifr_name);
	checked(ioctl(fd_.get(), SIOCGIFHWADDR, &request), where.c_str());
	std::memcpy(mac_.data(), request.ifr_hwaddr.sa_data, mac_.size());
	checked(ioctl(fd_.get(), SIOCGIFINDEX, &request), where.c_str());
	index_ = request.ifr_ifindex;
}

void Port::bind(std::uint16_t protocol)
{
	sockaddr_ll name{};

	name.sll_family = AF_PACKET;
	name.sll_protocol = htons(protocol);
	name.sll_ifindex = index_;
	checked(::bind(fd_.get(), reinterpret_cast<sockaddr *>(&name), sizeof(name)), "bind");
}

void Port::record(Reactor &reactor, Heard heard)
{
	heard_ = std::move(heard);
	set(fd_, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
	set(fd_, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	bind(ETH_P_ALL);
	reactor.add(fd_.get(), [this] {
		std::uint8_t buffer[65536];
		alignas(cmsghdr) char control[256];
		sockaddr_ll from{};
		iovec data{buffer, sizeof(buffer)};
		msghdr message{};
		ssize_t n;

		message.msg_name = &from;
		message.msg_iov = &data;
		message.msg_iovlen = 1;
		message.msg_control = control;
		do {
			message.msg_namelen = sizeof(from);
			message.msg_controllen = sizeof(control);
			n = recvmsg(fd_.get(), &message, 0);
			if (n > 0 && from.sll_pkttype == PACKET_OUTGOING)
				heard_(stamp_of(message), View(buffer, static_cast<std::size_t>(n)));
		} while (n > 0);
	});
}

void Port::open()
{
	set(fd_, SOL_PACKET, PACKET_VNET_HDR, 1);
	set(fd_, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
	set(fd_, SOL_SOCKET, SO_SNDBUFFORCE, 64 << 20);
	bind(0);
}

void Port::flush()
{
	std::vector<iovec> data(queue_.size() * 2);
	std::vector<mmsghdr> messages(queue_.size());

	for (std::size_t i = 0; i < queue_.size(); i++) {
		data[2 * i] = {&queue_[i].told, sizeof(queue_[i].told)};
		data[2 * i + 1] = {queue_[i].frame.data(), queue_[i].frame.size()};
		messages[i].msg_hdr.msg_iov = &data[2 * i];
		messages[i].msg_hdr.msg_iovlen = 2;
	}
	for (std::size_t done = 0; done < messages.size();) {
		const int n = sendmmsg(fd_.get(), &messages[done],
				       static_cast<unsigned>(messages.size() - done), 0);
		pollfd room{fd_.get(), POLLOUT, 0};

		if (n > 0) {
			done += static_cast<std::size_t>(n);
			sent_ += static_cast<std::size_t>(n);
		} else if (errno == EAGAIN) {
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			done++;
			refused_++;
		}
	}
	queue_.clear();
}
