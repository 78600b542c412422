// SPDX-License-Identifier: GPL-2.0
//
// `sessions`: the sessions that the modules hold.
#include "command.hpp"
#include "session_view.hpp"

Status run_sessions(Context &context)
{
	auto filter = parse_filter(context);
	if (!filter)
		return filter.error();
	auto kernel = Kernel::open(context.netns);
	if (!kernel)
		return kernel.error();
	auto dump = kernel->sessions(*filter);
	if (!dump)
		return dump.error();

	if (context.as_json) {
		context.json.open("sessions", '[');
		for (const Session &s : dump->items)
			write_json(context.json, s);
		context.json.close(']');
		context.json.put("interrupted", dump->interrupted);
		return Done{};
	}
	if (dump->items.empty())
		note(context, "no sessions");
	else
		print_sessions(context.out, dump->items, terminal_width(stdout));
	if (dump->interrupted)
		note(context, "sessions came and went during every attempt to list them: "
			      "some may be missing or shown twice");
	return Done{};
}
