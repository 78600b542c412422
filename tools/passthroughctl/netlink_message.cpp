// SPDX-License-Identifier: GPL-2.0
//
// A request under construction, and the messages and attributes of an answer.
#include "netlink_message.hpp"

#include <cstring>

#include <linux/genetlink.h>
#include <linux/nf_passthrough.h>

namespace {

// Visits the attributes in a stretch of memory.
void each_in(const void *start, std::size_t length, AttributeVisitor visit)
{
	auto *attr = static_cast<const nlattr *>(start);
	auto left = [&] {
		return static_cast<int>(length) -
		       static_cast<int>(reinterpret_cast<const char *>(attr) -
					static_cast<const char *>(start));
	};

	for (; mnl_attr_ok(attr, left()); attr = mnl_attr_next(attr))
		visit(Attribute(attr));
}

// The last that does not begin behind an offset, or nullptr.
template <class T>
const T *find_at(const std::vector<T> &list, std::size_t offset)
{
	const T *found = nullptr;

	for (const T &t : list)
		if (t.offset <= offset)
			found = &t;
	return found;
}

} // namespace

Request::Request(std::uint16_t family, std::uint8_t command, std::uint16_t flags,
		 std::string action)
	: action_(std::move(action))
{
	header_ = mnl_nlmsg_put_header(buffer_);
	header_->nlmsg_type = family;
	header_->nlmsg_flags = NLM_F_REQUEST | flags;
	auto *genl = static_cast<genlmsghdr *>(
		mnl_nlmsg_put_extra_header(header_, sizeof(genlmsghdr)));
	genl->cmd = command;
	genl->version = NF_PASSTHROUGH_FAMILY_VERSION;
}

void Request::part(std::string_view protocol, std::string action)
{
	parts_.push_back({ header_->nlmsg_len, protocol, std::move(action) });
}

void Request::mark(Subject subject, std::string_view key, std::string_view typed)
{
	marks_.push_back({ header_->nlmsg_len, subject, key, typed });
}

void Request::put(std::uint16_t type, std::string_view text)
{
	std::string terminated(text);

	fits_ = fits_ && mnl_attr_put_strz_check(header_, sizeof(buffer_), type,
						 terminated.c_str());
}

void Request::put_flag(std::uint16_t type)
{
	fits_ = fits_ && mnl_attr_put_check(header_, sizeof(buffer_), type, 0, nullptr);
}

void Request::put_u16(std::uint16_t type, std::uint16_t value)
{
	fits_ = fits_ && mnl_attr_put_u16_check(header_, sizeof(buffer_), type, value);
}

void Request::put_u32(std::uint16_t type, std::uint32_t value)
{
	fits_ = fits_ && mnl_attr_put_u32_check(header_, sizeof(buffer_), type, value);
}

nlattr *Request::nest(std::uint16_t type)
{
	nlattr *start = fits_ ? mnl_attr_nest_start_check(header_, sizeof(buffer_), type) :
				nullptr;

	fits_ = start;
	return start;
}

void Request::nest_end(nlattr *start)
{
	if (start)
		mnl_attr_nest_end(header_, start);
}

const Request::Mark *Request::find_mark(std::size_t offset) const
{
	return find_at(marks_, offset);
}

const Request::Part *Request::find_part(std::size_t offset) const
{
	return find_at(parts_, offset);
}

std::uint64_t Attribute::number() const
{
	switch (mnl_attr_get_payload_len(attr_)) {
	case 1:
		return mnl_attr_get_u8(attr_);
	case 2:
		return mnl_attr_get_u16(attr_);
	case 4:
		return mnl_attr_get_u32(attr_);
	case 8:
		return mnl_attr_get_u64(attr_);
	default:
		return 0;
	}
}

std::string Attribute::text() const
{
	auto *bytes = static_cast<const char *>(mnl_attr_get_payload(attr_));

	return std::string(bytes, strnlen(bytes, mnl_attr_get_payload_len(attr_)));
}

void each_attribute(const nlmsghdr *header, std::size_t skip, AttributeVisitor visit)
{
	std::size_t length = mnl_nlmsg_get_payload_len(header);

	if (length >= skip)
		each_in(mnl_nlmsg_get_payload_offset(header, skip), length - skip, visit);
}

void Attribute::each(AttributeVisitor visit) const
{
	each_in(mnl_attr_get_payload(attr_), mnl_attr_get_payload_len(attr_), visit);
}

std::uint8_t Reply::command() const
{
	if (mnl_nlmsg_get_payload_len(header_) < sizeof(genlmsghdr))
		return 0;
	return static_cast<const genlmsghdr *>(mnl_nlmsg_get_payload(header_))->cmd;
}

void Reply::each(AttributeVisitor visit) const
{
	each_attribute(header_, sizeof(genlmsghdr), visit);
}
