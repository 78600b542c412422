// SPDX-License-Identifier: GPL-2.0
//
// `flush`: ends sessions.
#include "command.hpp"

Status run_flush(Context &context)
{
	auto filter = parse_filter(context);
	if (!filter)
		return filter.error();
	auto kernel = Kernel::open(context.netns);
	if (!kernel)
		return kernel.error();
	auto count = kernel->flush(*filter);
	if (!count)
		return count.error();

	if (context.as_json)
		context.json.put("ended", *count);
	else
		printf("ended %u session%s\n", *count, *count == 1 ? "" : "s");
	return Done{};
}
