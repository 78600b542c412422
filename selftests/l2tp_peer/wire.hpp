// SPDX-License-Identifier: GPL-2.0
// L2TP headers and AVPs (RFC 2661 sections 3.1 and 4.1, RFC 3931 sections
// 3.2.1, 4.1 and 5.1).  Written independently of include/passthrough/wire, so
// that one cannot hide the other's mistakes.
#pragma once

#include <optional>

#include "bytes.hpp"

enum class Transport { udp, ip };

struct Header {
	bool control = false;
	unsigned version = 2;
	std::uint32_t tunnel = 0, session = 0;	// the recipient's
	std::uint16_t ns = 0, nr = 0;		// control
};

struct Avp {
	std::uint16_t type;
	Bytes value;
	bool hidden = false;
	std::uint16_t vendor = 0;
};

// What the optional fields of a v2 data header may be.
constexpr unsigned data_forms = 5;

Bytes build_control(const Header &header, Transport over, const std::vector<Avp> &avps);
// @form is taken modulo data_forms; v3 has only one.
Bytes build_data(const Header &header, Transport over, unsigned form, View cookie, View payload);

struct L2tp {
	Header header;
	View body;	// AVPs, or what follows the header of data; v3: from the cookie on
};
std::optional<L2tp> parse_l2tp(View bytes, Transport over);

// The value of the first AVP of this type and vendor.
std::optional<View> find_avp(View avps, std::uint16_t type, std::uint16_t vendor = 0);
