// SPDX-License-Identifier: GPL-2.0
//
// The connection to the kernel: finding the family, an exchange, and what a
// refusal means.
#include "netlink.hpp"

#include <cerrno>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nf_passthrough.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "netlink_message.hpp"
#include "netns.hpp"

namespace {

constexpr std::size_t receive_size = 65536;

// What the kernel adds to an error number.
struct Extack {
	std::string message;
	std::optional<std::size_t> offset;
};

Extack read_extack(const nlmsghdr *header, std::size_t skip)
{
	Extack ack;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return ack;
	each_attribute(header, skip, [&](const Attribute &a) {
		if (a.type() == NLMSGERR_ATTR_MSG)
			ack.message = a.text();
		else if (a.type() == NLMSGERR_ATTR_OFFS)
			ack.offset = a.u32();
	});
	return ack;
}

// Where the attributes of an NLMSG_ERROR begin: behind the echoed request,
// unless the kernel left that out.
std::size_t extack_start(const nlmsghdr *header, const nlmsgerr *err)
{
	std::size_t start = sizeof(*err);

	if (!(header->nlmsg_flags & NLM_F_CAPPED) && err->error)
		start += err->msg.nlmsg_len - mnl_nlmsg_size(0);
	return MNL_ALIGN(start);
}

Error refused(const Request &request, int err, const Extack &ack)
{
	Error e{ Exit::refused, request.action(), {}, err };
	const Request::Mark *mark = ack.offset ? request.find_mark(*ack.offset) : nullptr;
	const Request::Part *part = ack.offset ? request.find_part(*ack.offset) : nullptr;

	if (part) {
		e.text = part->action;
		e.protocol = part->protocol;
	}
	if (mark) {
		e.subject = mark->subject;
		e.key = mark->key;
		e.typed = mark->typed;
		if (mark->subject != Subject::protocol) {
			e.text += ": ";
			e.text += mark->key;
			if (!mark->typed.empty()) {
				e.text += ' ';
				e.text += mark->typed;
			}
		}
	}
	e.text += ": ";
	e.text += ack.message.empty() ? strerror(err) : ack.message.c_str();

	if (err == EPERM || err == EACCES)
		e.hint = "this needs CAP_NET_ADMIN in the network namespace: run it as root";
	else if (err == EBUSY)
		e.hint = "something else holds it: see the notes of `passthroughctl list` and the kernel log";
	else if (err == ENOMEM)
		e.hint = "the kernel is out of memory: free some and try again";
	else if (err == EOPNOTSUPP && ack.message.empty())
		e.hint = "the module is older than this tool: see `passthroughctl version`";
	return e;
}

// The group's number, if it is that of our events.
std::optional<std::uint32_t> read_events_group(const Attribute &nest)
{
	std::uint32_t id = 0;
	std::string name;

	nest.each([&](const Attribute &a) {
		if (a.type() == CTRL_ATTR_MCAST_GRP_NAME)
			name = a.text();
		else if (a.type() == CTRL_ATTR_MCAST_GRP_ID)
			id = a.u32();
	});
	if (name != NF_PASSTHROUGH_MCGRP_EVENTS)
		return {};
	return id;
}

Error no_family()
{
	utsname system{};
	std::string kernel = uname(&system) == 0 ? system.release : "this kernel";

	return Error{ Exit::no_module,
		      "module nf_passthrough is not loaded and could not be loaded automatically",
		      "try `modprobe nf_passthrough` as root; if it is not found, install the modules for kernel " +
			      kernel + " (`make install`, then `depmod`); see passthroughctl(8)",
		      ENOENT };
}

} // namespace

void Kernel::Closer::operator()(mnl_socket *socket) const
{
	mnl_socket_close(socket);
}

Kernel::Kernel(Socket socket) : socket_(std::move(socket)), buffer_(receive_size) {}

Result<Kernel> Kernel::open(std::string_view netns)
{
	if (!netns.empty())
		if (Status entered = enter_netns(netns); !entered)
			return entered.error();

	Socket socket(mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC));
	if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
		return Error{ Exit::refused,
			      std::string("generic netlink socket: ") + strerror(errno),
			      "the kernel must have networking, and a sandbox must allow AF_NETLINK",
			      errno };

	// Old kernels know neither option: less to tell, nothing to lose.
	int on = 1;
	mnl_socket_setsockopt(socket.get(), NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket.get(), NETLINK_GET_STRICT_CHK, &on, sizeof(on));

	Kernel kernel(std::move(socket));
	if (Status resolved = kernel.resolve(); !resolved)
		return resolved.error();
	return kernel;
}

// Asks for the family's number; the kernel loads the module for that.
Status Kernel::resolve()
{
	Request request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK, "finding nf_passthrough");

	request.put(CTRL_ATTR_FAMILY_NAME, NF_PASSTHROUGH_FAMILY_NAME);
	auto result = talk(request, [this](const Reply &reply) {
		reply.each([this](const Attribute &a) {
			if (a.type() == CTRL_ATTR_FAMILY_ID)
				family_ = static_cast<std::uint16_t>(a.number());
			else if (a.type() == CTRL_ATTR_MCAST_GROUPS)
				a.each([this](const Attribute &group) {
					events_ = read_events_group(group).value_or(events_);
				});
		});
	});
	if (!result)
		return result.error().sys == ENOENT ? no_family() : result.error();
	if (!family_)
		return no_family();
	return Done{};
}

// Reads one datagram whole; a dump's messages may be larger than expected.
Result<std::size_t> Kernel::receive()
{
	int fd = mnl_socket_get_fd(socket_.get());

	for (;;) {
		ssize_t size = recv(fd, nullptr, 0, MSG_PEEK | MSG_TRUNC);
		if (size >= 0) {
			if (static_cast<std::size_t>(size) > buffer_.size())
				buffer_.resize(static_cast<std::size_t>(size));
			size = mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
		}
		if (size >= 0)
			return static_cast<std::size_t>(size);
		if (errno != EINTR)
			return Error{ Exit::refused,
				      std::string("receiving the kernel's answer: ") +
					      strerror(errno),
				      "try again", errno };
	}
}

Result<bool> Kernel::talk(Request &request, FunctionRef<void(const Reply &)> on_reply)
{
	nlmsghdr *header = request.header();
	bool interrupted = false;

	if (!request.fits())
		return Error{ Exit::usage, request.action() + ": too many values for one request",
			      "give fewer of them", EMSGSIZE };
	header->nlmsg_seq = ++sequence_;
	if (mnl_socket_sendto(socket_.get(), header, header->nlmsg_len) < 0)
		return Error{ Exit::refused, request.action() + ": sending: " + strerror(errno),
			      "try again", errno };

	for (;;) {
		auto size = receive();
		if (!size)
			return size.error();

		int left = static_cast<int>(*size);
		auto *message = reinterpret_cast<const nlmsghdr *>(buffer_.data());
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
			if (!mnl_nlmsg_portid_ok(message, mnl_socket_get_portid(socket_.get())) ||
			    !mnl_nlmsg_seq_ok(message, sequence_))
				continue;
			if (message->nlmsg_flags & NLM_F_DUMP_INTR)
				interrupted = true;

			std::size_t payload = mnl_nlmsg_get_payload_len(message);
			if (message->nlmsg_type == NLMSG_ERROR) {
				auto *err = static_cast<const nlmsgerr *>(
					mnl_nlmsg_get_payload(message));
				if (payload < sizeof(*err))
					return refused(request, EBADMSG, {});
				if (err->error)
					return refused(request, -err->error,
						       read_extack(message,
								   extack_start(message, err)));
				return interrupted;
			}
			if (message->nlmsg_type == NLMSG_DONE) {
				int err = 0;
				if (payload >= sizeof(err))
					memcpy(&err, mnl_nlmsg_get_payload(message), sizeof(err));
				if (err < 0)
					return refused(request, -err,
						       read_extack(message, MNL_ALIGN(sizeof(err))));
				return interrupted;
			}
			if (message->nlmsg_type >= NLMSG_MIN_TYPE)
				on_reply(Reply(message));
		}
	}
}
