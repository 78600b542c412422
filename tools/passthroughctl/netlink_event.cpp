// SPDX-License-Identifier: GPL-2.0
//
// What the kernel tells unasked: protocols that were changed, sessions that
// came and went.
#include "netlink.hpp"

#include <cerrno>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/nf_passthrough.h>
#include <sys/socket.h>

#include "netlink_message.hpp"
#include "netlink_read.hpp"

static_assert(event_names[NF_PASSTHROUGH_EVENT_CLASH] == "clash");
static_assert(std::size(event_names) == NF_PASSTHROUGH_EVENT_CLASH + 1);
static_assert(end_reason_names[NF_PASSTHROUGH_END_REASON_FAILED] == "failed");

std::optional<Event> read_event(const Reply &reply)
{
	Event e;

	switch (reply.command()) {
	case NF_PASSTHROUGH_CMD_PROTOCOL_NTF:
		e.kind = Event::Kind::protocol;
		e.protocol = read_protocol(reply);
		return e;
	case NF_PASSTHROUGH_CMD_SESSION_NTF:
		e.kind = Event::Kind::session;
		e.session = read_session(reply);
		reply.each([&](const Attribute &a) {
			if (a.type() == NF_PASSTHROUGH_A_SESSION_EVENT)
				e.what = a.u32();
			else if (a.type() == NF_PASSTHROUGH_A_SESSION_REASON)
				e.reason = a.u32();
		});
		return e;
	}
	return {};
}

Status Kernel::listen()
{
	// Thousands of sessions may end at once.
	int fd = mnl_socket_get_fd(socket_.get()), room = 4 << 20, group = static_cast<int>(events_);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (mnl_socket_setsockopt(socket_.get(), NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0)
		return Done{};
	Error error{ Exit::refused, std::string("listening to events: ") + strerror(errno), {}, errno };
	if (error.sys == EPERM || error.sys == EACCES)
		error.hint = "this needs CAP_NET_ADMIN in the network namespace: run it as root";
	return error;
}

Status Kernel::wait(FunctionRef<void(const Event &)> on_event)
{
	auto size = receive();

	if (!size && size.error().sys == ENOBUFS) {
		on_event(Event{});
		return Done{};
	}
	if (!size)
		return size.error();
	int left = static_cast<int>(*size);
	auto *message = reinterpret_cast<const nlmsghdr *>(buffer_.data());
	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (message->nlmsg_type != family_)
			continue;
		if (auto event = read_event(Reply(message)))
			on_event(*event);
	}
	return Done{};
}
