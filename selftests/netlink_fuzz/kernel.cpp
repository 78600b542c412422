// SPDX-License-Identifier: GPL-2.0
#include "kernel.hpp"

#include <cerrno>
#include <cstring>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nf_passthrough.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t receive_size = 65536;

// A request of generic netlink, with one string or none.
Bytes plain_request(std::uint16_t type, std::uint16_t flags, std::uint8_t cmd,
		    std::uint16_t attribute, const char *text)
{
	const std::size_t size = text ? NLA_HDRLEN + strlen(text) + 1 : 0;
	Bytes bytes(NLMSG_SPACE(GENL_HDRLEN) + NLA_ALIGN(size));
	nlmsghdr header{};
	genlmsghdr generic{};

	header.nlmsg_len = static_cast<std::uint32_t>(bytes.size());
	header.nlmsg_type = type;
	header.nlmsg_flags = NLM_F_REQUEST | flags;
	generic.cmd = cmd;
	generic.version = 1;
	memcpy(bytes.data(), &header, sizeof(header));
	memcpy(bytes.data() + NLMSG_HDRLEN, &generic, sizeof(generic));
	if (text) {
		const nlattr attr{ static_cast<std::uint16_t>(size), attribute };
		std::uint8_t *at = bytes.data() + NLMSG_SPACE(GENL_HDRLEN);

		memcpy(at, &attr, sizeof(attr));
		memcpy(at + NLA_HDRLEN, text, strlen(text) + 1);
	}
	return bytes;
}

// Calls @visit(type, payload, size) for each attribute.
template <typename Visit>
void each_attribute(const std::uint8_t *at, std::size_t size, Visit visit)
{
	nlattr attr;

	while (size >= NLA_HDRLEN) {
		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || attr.nla_len > size)
			return;
		visit(attr.nla_type & NLA_TYPE_MASK, at + NLA_HDRLEN, attr.nla_len - NLA_HDRLEN);
		const std::size_t step = NLA_ALIGN(attr.nla_len);
		if (step >= size)
			return;
		at += step;
		size -= step;
	}
}

void read_error(const nlmsghdr *header, Answer &answer)
{
	const auto *begin = reinterpret_cast<const std::uint8_t *>(header);
	std::size_t at = NLMSG_HDRLEN;
	int error = 0;

	if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, begin + at, sizeof(error));
	answer.ended = true;
	answer.error = -error;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	answer.worded = true;
	at += header->nlmsg_type == NLMSG_DONE ? sizeof(int) : sizeof(nlmsgerr);
	if (at < header->nlmsg_len)
		each_attribute(begin + at, header->nlmsg_len - at,
			       [&](int type, const std::uint8_t *data, std::size_t size) {
				       if (type == NLMSGERR_ATTR_MSG && size)
					       answer.message.assign(
						       reinterpret_cast<const char *>(data),
						       size - 1);
			       });
}

// What the sessions do, and how many hooks there are, is not the request's.
void keep_protocol(const nlmsghdr *header, Bytes &listed)
{
	const auto *begin = reinterpret_cast<const std::uint8_t *>(header);
	constexpr std::size_t at = NLMSG_SPACE(GENL_HDRLEN);

	each_attribute(begin + at, header->nlmsg_len - at,
		       [&](int type, const std::uint8_t *data, std::size_t size) {
			       if (type == NF_PASSTHROUGH_A_PROTOCOL_SESSIONS ||
				   type == NF_PASSTHROUGH_A_PROTOCOL_NOTE)
				       return;
			       listed.push_back(static_cast<std::uint8_t>(type));
			       listed.insert(listed.end(), data, data + size);
		       });
}

} // namespace

Kernel::~Kernel()
{
	if (fd_ >= 0)
		close(fd_);
}

// A socket with half a dump in it answers nothing else.
bool Kernel::renew()
{
	const int on = 1;

	if (fd_ >= 0)
		close(fd_);
	fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	return fd_ >= 0 && !setsockopt(fd_, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) &&
	       !setsockopt(fd_, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

bool Kernel::open()
{
	alignas(nlmsghdr) std::uint8_t buffer[4096];
	const Bytes request = plain_request(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY,
					    CTRL_ATTR_FAMILY_NAME, NF_PASSTHROUGH_FAMILY_NAME);

	if (!renew() || send(fd_, request.data(), request.size(), 0) < 0)
		return false;
	const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
	if (size < static_cast<ssize_t>(NLMSG_SPACE(GENL_HDRLEN)))
		return false;
	each_attribute(buffer + NLMSG_SPACE(GENL_HDRLEN),
		       static_cast<std::size_t>(size) - NLMSG_SPACE(GENL_HDRLEN),
		       [&](int type, const std::uint8_t *data, std::size_t) {
			       if (type == CTRL_ATTR_FAMILY_ID)
				       memcpy(&family_, data, sizeof(family_));
		       });
	errno = ENOENT;
	return family_;
}

Answer Kernel::ask(const Bytes &request)
{
	alignas(nlmsghdr) static std::uint8_t buffer[receive_size];
	Answer answer;

	if (send(fd_, request.data(), request.size(), 0) < 0) {
		answer.error = errno;
		return answer;
	}
	for (;;) {
		const ssize_t size = recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (size < 0)
			return answer;
		auto left = static_cast<unsigned>(size);
		for (const auto *header = reinterpret_cast<const nlmsghdr *>(buffer);
		     NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
				read_error(header, answer);
				continue;
			}
			answer.messages++;
			if (keep_)
				keep_protocol(header, listed_);
		}
	}
}

Bytes Kernel::listing()
{
	const Bytes request = plain_request(family_, NLM_F_DUMP, NF_PASSTHROUGH_CMD_PROTOCOL_GET,
					    0, nullptr);

	listed_.clear();
	keep_ = true;
	const Answer answer = ask(request);
	keep_ = false;
	return answer.ended && !answer.error ? listed_ : Bytes{};
}
