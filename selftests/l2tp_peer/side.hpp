// SPDX-License-Identifier: GPL-2.0
// The two ends of a tunnel.
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>

enum class Side { host, server };

constexpr std::array<Side, 2> sides{Side::host, Side::server};

constexpr Side other(Side side)
{
	return side == Side::host ? Side::server : Side::host;
}

constexpr std::size_t index(Side side)
{
	return side == Side::host ? 0 : 1;
}

inline Side side_from(const std::string &text)
{
	if (text != "host" && text != "server")
		throw std::invalid_argument("neither host nor server: " + text);
	return text == "host" ? Side::host : Side::server;
}
