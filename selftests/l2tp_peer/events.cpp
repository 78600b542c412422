// SPDX-License-Identifier: GPL-2.0
#include "events.hpp"

#include <cstring>
#include <functional>
#include <stdexcept>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nf_passthrough.h>
#include <sys/socket.h>

namespace {

static_assert(NF_PASSTHROUGH_EVENT_CLASH == 3);

template <typename T> T at(View bytes)
{
	T value{};

	if (bytes.size() < sizeof(value))
		throw std::runtime_error("netlink: too short");
	std::memcpy(&value, bytes.data(), sizeof(value));
	return value;
}

// Calls @seen with the type and the value of each attribute.
void each(View attributes, const std::function<void(unsigned, View)> &seen)
{
	while (attributes.size() >= NLA_HDRLEN) {
		const auto header = at<nlattr>(attributes);

		if (header.nla_len < NLA_HDRLEN || header.nla_len > attributes.size())
			break;
		seen(header.nla_type & NLA_TYPE_MASK, attributes.subspan(NLA_HDRLEN, header.nla_len - NLA_HDRLEN));
		attributes = attributes.subspan(std::min<std::size_t>(NLA_ALIGN(header.nla_len), attributes.size()));
	}
}

// The attributes of each generic netlink message in @datagram.
void each_message(View datagram, const std::function<void(const nlmsghdr &, std::uint8_t, View)> &seen)
{
	while (datagram.size() >= NLMSG_HDRLEN + GENL_HDRLEN) {
		const auto header = at<nlmsghdr>(datagram);

		if (header.nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN || header.nlmsg_len > datagram.size())
			break;
		seen(header, datagram[NLMSG_HDRLEN],
		     datagram.subspan(NLMSG_HDRLEN + GENL_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN));
		datagram = datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), datagram.size()));
	}
}

} // namespace

Events::Events(Reactor &reactor, const Namespace &ns)
	: reactor_(reactor), fd_(ns.open(SOCK_RAW, NETLINK_GENERIC, AF_NETLINK))
{
	std::uint32_t group = 0;

	each_message(request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, NF_PASSTHROUGH_FAMILY_NAME),
		     [&](const nlmsghdr &, std::uint8_t, View attributes) {
		each(attributes, [&](unsigned type, View value) {
			if (type == CTRL_ATTR_FAMILY_ID)
				family_ = at<std::uint16_t>(value);
			if (type != CTRL_ATTR_MCAST_GROUPS)
				return;
			// It has one group.
			each(value, [&](unsigned, View one) {
				each(one, [&](unsigned what, View id) {
					if (what == CTRL_ATTR_MCAST_GRP_ID)
						group = at<std::uint32_t>(id);
				});
			});
		});
	});
	if (!group)
		throw std::runtime_error("no events: is nf_passthrough loaded?");
	checked(setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)), "events");
	reactor_.add(fd_.get(), [this] { readable(); });
}

Events::~Events()
{
	reactor_.remove(fd_.get());
}

Bytes Events::request(std::uint16_t type, std::uint8_t command, std::uint16_t attribute, const char *text)
{
	const std::size_t length = std::strlen(text) + 1;
	Bytes message(NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN + NLA_ALIGN(length)), answer(65536);
	nlmsghdr header{};
	nlattr attr{};

	header.nlmsg_len = static_cast<std::uint32_t>(message.size());
	header.nlmsg_type = type;
	header.nlmsg_flags = NLM_F_REQUEST;
	attr.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + length);
	attr.nla_type = attribute;
	std::memcpy(message.data(), &header, sizeof(header));
	message[NLMSG_HDRLEN] = command;
	message[NLMSG_HDRLEN + 1] = 1;
	std::memcpy(message.data() + NLMSG_HDRLEN + GENL_HDRLEN, &attr, sizeof(attr));
	std::memcpy(message.data() + NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN, text, length);
	checked(static_cast<int>(::send(fd_.get(), message.data(), message.size(), 0)), "netlink");
	// The kernel has answered before send() returns.
	answer.resize(static_cast<std::size_t>(
		checked(static_cast<int>(recv(fd_.get(), answer.data(), answer.size(), 0)), "netlink")));
	return answer;
}

void Events::readable()
{
	std::uint8_t buffer[65536];
	ssize_t n;

	while ((n = recv(fd_.get(), buffer, sizeof(buffer), 0)) > 0)
		each_message(View(buffer, static_cast<std::size_t>(n)),
			     [&](const nlmsghdr &header, std::uint8_t command, View attributes) {
			if (header.nlmsg_type != family_ || command != NF_PASSTHROUGH_CMD_SESSION_NTF)
				return;
			each(attributes, [&](unsigned type, View value) {
				if (type != NF_PASSTHROUGH_A_SESSION_EVENT)
					return;
				if (const auto event = at<std::uint32_t>(value); event < counts.size())
					counts[event]++;
			});
		});
}
