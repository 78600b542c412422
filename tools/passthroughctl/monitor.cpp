// SPDX-License-Identifier: GPL-2.0
//
// `monitor`: what happens to protocols and sessions, as it happens.
#include <ctime>

#include "command.hpp"
#include "event_view.hpp"
#include "protocol_view.hpp"

namespace {

class Monitor {
public:
	Monitor(Context &context, const SessionFilter &filter, std::vector<Protocol> protocols)
		: context_(context), filter_(filter), protocols_(std::move(protocols))
	{
	}

	void tell(const Event &event)
	{
		timespec now{};

		clock_gettime(CLOCK_REALTIME, &now);
		if (!wanted(event))
			return;
		Protocol &before = known(event.protocol.name);
		if (context_.as_json)
			write_json(context_.json, now, event, before);
		else
			print(format_time(now) + "  ", event, before);
		if (event.kind == Event::Kind::protocol)
			before = event.protocol;
	}

private:
	// What was lost may have been wanted.
	bool wanted(const Event &event) const
	{
		bool sessions_only = filter_.id || filter_.state || filter_.host || filter_.server;

		switch (event.kind) {
		case Event::Kind::session:
			return matches(filter_, event.session);
		case Event::Kind::protocol:
			return !sessions_only &&
			       (!filter_.protocol || *filter_.protocol == event.protocol.name);
		case Event::Kind::lost:
			break;
		}
		return true;
	}

	// The protocol as it was told of last.
	Protocol &known(const std::string &name)
	{
		for (Protocol &p : protocols_)
			if (p.name == name)
				return p;
		return protocols_.emplace_back(unloaded(name));
	}

	void print(const std::string &time, const Event &event, const Protocol &before)
	{
		auto line = [&](const std::string &text) {
			fprintf(context_.out, "%s%s\n", time.c_str(), text.c_str());
		};

		switch (event.kind) {
		case Event::Kind::lost:
			line(paint("events were lost", Colour::bad) +
			     ": more happened than could be told; `passthroughctl sessions` "
			     "shows what there is");
			return;
		case Event::Kind::session:
			line(format_session_event(event));
			return;
		case Event::Kind::protocol:
			break;
		}
		auto changes = differences(before, event.protocol);
		for (const Difference &d : changes)
			line(event.protocol.name + ": " +
			     format_difference(d, before, event.protocol));
		if (changes.empty())
			line(event.protocol.name + ": set again, as it was");
	}

	Context &context_;
	const SessionFilter &filter_;
	std::vector<Protocol> protocols_;
};

} // namespace

Status run_monitor(Context &context)
{
	auto filter = parse_filter(context);
	if (!filter)
		return filter.error();
	auto kernel = Kernel::open(context.netns);
	if (!kernel)
		return kernel.error();
	if (Status listening = kernel->listen(); !listening)
		return listening;

	// Asked after listening began, or a change between the two were lost;
	// on another connection, or events came between its answers.
	auto asked = Kernel::open({});
	if (!asked)
		return asked.error();
	auto protocols = asked->protocols();
	if (!protocols)
		return protocols.error();

	Monitor monitor(context, *filter, std::move(*protocols));
	for (;;) {
		Status waited = kernel->wait([&](const Event &event) { monitor.tell(event); });
		if (!waited)
			return waited;
		// main says why.
		if (fflush(context.out) != 0)
			return Done{};
	}
}
