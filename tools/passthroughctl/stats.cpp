// SPDX-License-Identifier: GPL-2.0
//
// `stats`: the counters of the modules.
#include <algorithm>

#include "command.hpp"

namespace {

// What counters of no protocol are shown under.
constexpr std::string_view core = "core";

void print_counters(FILE *out, std::span<const Counter> counters, bool explain)
{
	static constexpr Column columns[] = {
		{ "PROTOCOL" }, { "COUNTER" }, { "VALUE", true },
	};
	constexpr std::size_t readable = 80;
	std::size_t width = terminal_width(stdout);
	auto fill = [&](std::size_t row, auto &cells) {
		cells[0] = counters[row].protocol;
		cells[1] = counters[row].name;
		cells[2] = std::to_string(counters[row].value);
	};

	if (!explain) {
		print_table(out, columns, counters.size(), fill);
		return;
	}
	for (const Counter &c : counters) {
		std::string line = c.protocol + " " + c.name + ": " + std::to_string(c.value);
		fprintf(out, "%s\n", line.c_str());
		print_wrapped(out, c.help, 4, width ? std::min(width, readable) : 0);
	}
}

} // namespace

Status run_stats(Context &context)
{
	std::string_view protocol = context.args.empty() ? "" : context.args[0];

	if (!protocol.empty() && protocol != core)
		if (Status known = check_protocols(context, context.args); !known)
			return known;
	auto kernel = Kernel::open(context.netns);
	if (!kernel)
		return kernel.error();
	auto dump = kernel->counters(protocol == core ? "" : protocol);
	if (!dump)
		return dump.error();

	for (Counter &c : dump->items)
		if (c.protocol.empty())
			c.protocol = core;
	std::erase_if(dump->items, [&](const Counter &c) {
		return !protocol.empty() && c.protocol != protocol;
	});
	bool any = !dump->items.empty();
	if (!context.all)
		std::erase_if(dump->items, [](const Counter &c) { return !c.value; });

	if (context.as_json) {
		context.json.open("counters", '[');
		for (const Counter &c : dump->items) {
			context.json.open('{');
			context.json.put("protocol", c.protocol);
			context.json.put("name", c.name);
			context.json.put("value", c.value);
			context.json.put("help", c.help);
			context.json.close('}');
		}
		context.json.close(']');
		context.json.put("interrupted", dump->interrupted);
		return Done{};
	}
	if (!dump->items.empty())
		print_counters(context.out, dump->items, context.explain);
	else if (any)
		note(context, "every counter is zero; --all shows them");
	else
		note(context, "no counters: no protocol was switched on here yet");
	if (dump->interrupted)
		note(context, "a module came or went during every attempt: counters may be missing");
	return Done{};
}
