// SPDX-License-Identifier: GPL-2.0
//
// Counters.
#include "netlink.hpp"

#include <linux/netlink.h>
#include <linux/nf_passthrough.h>

#include "netlink_message.hpp"

namespace {

Counter read_counter(const Reply &reply)
{
	Counter c;

	reply.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_COUNTER_PROTOCOL:
			c.protocol = a.text();
			break;
		case NF_PASSTHROUGH_A_COUNTER_NAME:
			c.name = a.text();
			break;
		case NF_PASSTHROUGH_A_COUNTER_HELP:
			c.help = a.text();
			break;
		case NF_PASSTHROUGH_A_COUNTER_VALUE:
			c.value = a.number();
			break;
		}
	});
	return c;
}

} // namespace

Result<Dump<Counter>> Kernel::counters(std::string_view protocol)
{
	Request request(family_, NF_PASSTHROUGH_CMD_COUNTER_GET, NLM_F_DUMP, "reading counters");

	if (!protocol.empty()) {
		request.mark(Subject::protocol, protocol);
		request.put(NF_PASSTHROUGH_A_COUNTER_PROTOCOL, protocol);
	}
	return dump(request, read_counter);
}
