// SPDX-License-Identifier: GPL-2.0
//
// Words that several commands take or show: protocols, addresses, filters.
#include <algorithm>

#include "args.hpp"
#include "command.hpp"

void note(const Context &context, std::string_view text)
{
	if (context.as_json)
		return;
	// Who watches sees all in one place.
	bool watched = context.out != stdout;
	if (!watched)
		fflush(stdout);
	fprintf(watched ? context.out : stderr, "note: %.*s\n", static_cast<int>(text.size()),
		text.data());
}

Status check_protocol(std::string_view name, Kernel *kernel)
{
	if (find_known(name))
		return Done{};
	if (kernel) {
		auto all = kernel->protocols();
		if (!all)
			return all.error();
		for (const Protocol &p : *all)
			if (p.name == name)
				return Done{};
	}

	std::vector<std::string_view> names;
	for (const KnownProtocol &p : known_protocols)
		names.push_back(p.name);
	return Error{ Exit::usage, "no protocol is called \"" + std::string(name) + "\"",
		      suggest(name, names) };
}

Status check_protocols(Context &context, std::span<const std::string_view> names)
{
	for (std::string_view name : names) {
		if (find_known(name))
			continue;
		auto kernel = Kernel::open(context.netns);
		if (Status known = check_protocol(name, kernel ? &*kernel : nullptr); !known)
			return known;
	}
	return Done{};
}

Result<Address> read_address(std::string_view what, std::string_view word)
{
	auto address = parse_address(word);

	if (!address)
		return Error{ Exit::usage,
			      std::string(what) + " \"" + std::string(word) +
				      "\": not an IPv4 address",
			      "write it like 192.0.2.1; names are not looked up" };
	return *address;
}

Result<SessionFilter> parse_filter(Context &context)
{
	static constexpr std::string_view words[] = { "proto", "host", "server", "state", "id" };
	auto is_filter = [](std::string_view word) {
		return std::find(std::begin(words), std::end(words), word) != std::end(words);
	};
	SessionFilter filter;
	std::size_t i = 0;

	// A protocol may come first without its word.
	if (!context.args.empty() && !is_filter(context.args[0]) &&
	    check_protocols(context, { context.args.data(), 1 }))
		filter.protocol = context.args[i++];
	for (; i < context.args.size(); i += 2) {
		std::string_view word = context.args[i];
		std::string quoted = "\"" + std::string(word) + "\"";
		std::string usage = "see `passthroughctl help " + std::string(context.command) + "`";

		if (!is_filter(word)) {
			std::vector<std::string_view> choices(std::begin(words), std::end(words));
			if (i == 0)
				for (const KnownProtocol &p : known_protocols)
					choices.push_back(p.name);
			return Error{ Exit::usage, quoted + " is no filter", suggest(word, choices) };
		}
		if (i + 1 == context.args.size())
			return Error{ Exit::usage, quoted + " needs a value", usage };

		std::string_view value = context.args[i + 1];
		Error bad{ Exit::usage, std::string(word) + " \"" + std::string(value) + "\": " };
		bool twice = false;
		if (word == "proto") {
			twice = filter.protocol.has_value();
			if (Status known = check_protocols(context, { &value, 1 }); !known)
				return known.error();
			filter.protocol = value;
		} else if (word == "state") {
			twice = filter.state.has_value();
			for (std::size_t s = 0; s < std::size(session_state_names); s++)
				if (value == session_state_names[s])
					filter.state = SessionState(s);
			if (!filter.state) {
				bad.text += "no session is ever in this state";
				bad.hint = suggest(value, session_state_names);
				return bad;
			}
		} else if (word == "id") {
			twice = filter.id.has_value();
			filter.id = parse_decimal(value);
			if (!filter.id) {
				bad.text += "not a number";
				bad.hint = "`passthroughctl -j sessions` shows the ids";
				return bad;
			}
		} else {
			auto &place = word == "host" ? filter.host : filter.server;
			auto address = read_address(word, value);
			if (!address)
				return address.error();
			twice = place.has_value();
			place = *address;
		}
		if (twice)
			return Error{ Exit::usage, quoted + " is given twice", usage };
	}
	return filter;
}
