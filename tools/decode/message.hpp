// SPDX-License-Identifier: GPL-2.0
//
// What a message says: a name, ids, or what is wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// A value of a message: for programs a key and a number, a text, a truth or
// null (hidden); for people a text behind a label, nothing if it is empty.
struct Field {
	enum class Kind {
		number,
		text,
		truth,
		hidden,
	};
	std::string_view key;
	std::string_view label;
	Kind kind = Kind::number;
	std::uint64_t number = 0;
	std::string text = {};
};

struct Message {
	// "pptp", and what people call it: "PPTP/GRE", "IKEv2", "L2TPv3/IP".
	std::string_view protocol;
	std::string title;
	// "tcp", "gre", "udp", "esp", "ip": what carries it.
	std::string_view transport;
	// Empty if it cannot be told.
	std::string name = {};
	std::vector<Field> fields = {};
	// Why no module would take it; empty if one does.
	std::string fault = {};
	// What of it is missing in the capture.
	std::string remark = {};

	// Without a label for programs alone.
	void put(std::string_view key, std::string_view label, std::uint64_t number)
	{
		fields.push_back({ key, label, Field::Kind::number, number,
				   label.empty() ? "" : std::to_string(number) });
	}
	void put(std::string_view key, std::string_view label, std::string text)
	{
		fields.push_back({ key, label, Field::Kind::text, 0, std::move(text) });
	}
	void put_hidden(std::string_view key, std::string_view label)
	{
		fields.push_back({ key, label, Field::Kind::hidden, 0, "hidden" });
	}
	// People see yes or no, which may be empty.
	void put(std::string_view key, bool truth, std::string_view yes, std::string_view no)
	{
		fields.push_back({ key, {}, Field::Kind::truth, truth,
				   std::string(truth ? yes : no) });
	}
};

// "only 20 of 60 bytes are here".
inline std::string cut_short(std::size_t there, std::size_t length)
{
	return "only " + std::to_string(there) + " of " + std::to_string(length) +
	       " bytes are here: cut short, or a fragment";
}
