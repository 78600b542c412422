// SPDX-License-Identifier: GPL-2.0
#include "line.hpp"

#include <sstream>

std::size_t number_in(const std::string &text)
{
	std::size_t end = 0;
	const auto value = std::stoul(text, &end, 0);

	if (end != text.size())
		throw std::invalid_argument("not a number: " + text);
	return value;
}

Bytes from_hex(const std::string &hex)
{
	Bytes bytes;

	for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
		bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
	return bytes;
}

std::vector<std::string> list_in(const std::string &text)
{
	std::istringstream in(text);
	std::vector<std::string> parts;

	for (std::string part; std::getline(in, part, ',');)
		parts.push_back(part);
	return parts;
}

Line::Line(const std::string &text)
{
	std::istringstream in(text);

	for (std::string item; in >> item && item[0] != '#';) {
		const auto equals = item.find('=');

		if (equals == item.npos)
			words_.push_back(item);
		else
			options_[item.substr(0, equals)] = item.substr(equals + 1);
	}
}

const std::string &Line::word(std::size_t n, const char *what) const
{
	if (n >= words_.size())
		throw std::invalid_argument(std::string("missing ") + what);
	return words_[n];
}

bool Line::flag(const std::string &name) const
{
	return std::find(words_.begin(), words_.end(), name) != words_.end();
}

std::string Line::option(const std::string &name, const std::string &fallback) const
{
	const auto found = options_.find(name);

	return found == options_.end() ? fallback : found->second;
}

std::size_t Line::number(const std::string &name, std::size_t fallback) const
{
	const auto found = options_.find(name);

	return found == options_.end() ? fallback : number_in(found->second);
}
