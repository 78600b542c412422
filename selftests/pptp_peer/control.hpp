// SPDX-License-Identifier: GPL-2.0
// Control messages of PPTP (RFC 2637 section 2), written independently of
// include/passthrough/wire so that one cannot hide the other's mistakes.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "bytes.hpp"

enum class Role { pns, pac };

constexpr Role other(Role role)
{
	return role == Role::pns ? Role::pac : Role::pns;
}

constexpr std::size_t index(Role role)
{
	return role == Role::pns ? 0 : 1;
}

std::string_view name(Role role);

// A Call ID in a message: where it is and which end chose it.
struct IdField {
	std::size_t offset;
	Role owner;
};

struct Kind {
	std::string_view name;
	std::uint16_t type;
	std::size_t length;
	std::optional<Role> sender; // none: either end
	std::array<std::optional<IdField>, 2> ids;
};

// Throws std::invalid_argument for a name that is not in the table.
const Kind &kind(std::string_view name);
std::span<const Kind> kinds();

// A whole message: header, a body that is recognisable by @salt, result
// code 1 where the type has one, and zero for Call IDs.
Bytes build(const Kind &kind, std::uint8_t salt);

// Sets the result code of a reply (1 = connected).
void set_result(Bytes &message, std::uint8_t result);

// Marks the bytes of @stream that a router may change: the Call ID fields of
// whatever looks like a well-formed message, at any offset.
std::vector<bool> rewritable(View stream);
