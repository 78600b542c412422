// SPDX-License-Identifier: GPL-2.0
//
// A request under construction, and the messages and attributes of an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "function_ref.hpp"
#include "model.hpp"

// A generic netlink request under construction.  Attributes that do not fit
// are remembered and make the whole request fail, never cut.
class Request {
public:
	// What an attribute means to the user, for errors that name it.  The
	// words are the caller's and must outlive the exchange.
	struct Mark {
		std::size_t offset;
		Subject subject;
		std::string_view key;
		std::string_view typed;
	};

	// A change, of several that are asked for.
	struct Part {
		std::size_t offset;
		std::string_view protocol;
		std::string action;
	};

	Request(std::uint16_t family, std::uint8_t command, std::uint16_t flags,
		std::string action);
	Request(const Request &) = delete;
	Request &operator=(const Request &) = delete;

	// The next attributes, until the next part, are this change's.
	void part(std::string_view protocol, std::string action);
	// The next attributes, until the next mark, stand for this.
	void mark(Subject subject, std::string_view key, std::string_view typed = {});
	void put(std::uint16_t type, std::string_view text);
	void put_flag(std::uint16_t type);
	void put_u16(std::uint16_t type, std::uint16_t value);
	void put_u32(std::uint16_t type, std::uint32_t value);
	nlattr *nest(std::uint16_t type);
	void nest_end(nlattr *start);

	// The mark of the attribute at an offset from the header, or nullptr.
	const Mark *find_mark(std::size_t offset) const;
	// Likewise, its part.
	const Part *find_part(std::size_t offset) const;

	nlmsghdr *header() { return header_; }
	bool fits() const { return fits_; }
	const std::string &action() const { return action_; }

private:
	static constexpr std::size_t size = 8192;

	alignas(nlmsghdr) char buffer_[size];
	nlmsghdr *header_;
	std::string action_;
	std::vector<Part> parts_;
	std::vector<Mark> marks_;
	bool fits_ = true;
};

class Attribute;
using AttributeVisitor = FunctionRef<void(const Attribute &)>;

// One attribute of an answer, read with care for its length.
class Attribute {
public:
	explicit Attribute(const nlattr *attr) : attr_(attr) {}

	std::uint16_t type() const { return mnl_attr_get_type(attr_); }
	std::uint64_t number() const;
	std::uint32_t u32() const { return static_cast<std::uint32_t>(number()); }
	Address address() const { return { u32() }; }
	std::string text() const;
	void each(AttributeVisitor visit) const;

private:
	const nlattr *attr_;
};

// A message of the kernel's answer.
class Reply {
public:
	explicit Reply(const nlmsghdr *header) : header_(header) {}

	std::uint8_t command() const;
	void each(AttributeVisitor visit) const;

private:
	const nlmsghdr *header_;
};

// Visits the attributes of a message behind its first bytes of payload.
void each_attribute(const nlmsghdr *header, std::size_t skip, AttributeVisitor visit);
