// SPDX-License-Identifier: GPL-2.0
//
// `enable`, `disable`, `bypass`: the state of protocols.
#include "command.hpp"
#include "protocol_view.hpp"

namespace {

// Reads a protocol; one whose module is not loaded is bypassed.
Result<Protocol> read_state(Kernel &kernel, std::string_view name)
{
	auto protocol = kernel.protocol(name);

	if (protocol || protocol.error().code != Exit::no_module)
		return protocol;
	return unloaded(name);
}

// Switches one protocol and says what changed.
Status switch_one(Context &context, Kernel &kernel, std::string_view name, State state)
{
	auto before = read_state(kernel, name);
	if (!before)
		return before.error();

	// What is not loaded is bypassed: nothing to load it for.
	auto after = before;
	if (state != State::bypassed || before->loaded) {
		Change change;
		change.protocol = name;
		change.state = state;
		if (Status changed = kernel.change(change); !changed)
			return changed;
		after = read_state(kernel, name);
		if (!after)
			return after.error();
	}

	std::string_view from = name_of(before->state, state_names);
	std::string_view to = name_of(after->state, state_names);
	if (context.as_json) {
		context.json.open('{');
		context.json.put("protocol", name);
		context.json.put("from", from);
		context.json.put("to", to);
		context.json.open("notes", '[');
		for (const std::string &text : after->notes)
			context.json.value(text);
		context.json.close(']');
		context.json.close('}');
		return Done{};
	}
	std::string line(name);
	line += ": ";
	line += from;
	if (from == to) {
		line += " already, nothing changed";
	} else {
		line += " -> ";
		line += to;
	}
	puts(line.c_str());
	for (const std::string &text : after->notes)
		note(context, std::string(name) + ": " + text);
	if (name == "pptp" && state == State::enabled)
		note(context, "PPTP's encryption (MPPE with MS-CHAPv2) is broken; "
			      "IKEv2/IPsec, WireGuard or OpenVPN are better choices");
	return Done{};
}

Status switch_all(Context &context, State state)
{
	if (Status known = check_protocols(context, context.args); !known)
		return known;
	auto kernel = Kernel::open(context.netns);
	if (!kernel)
		return kernel.error();

	Status status = Done{};
	if (context.as_json)
		context.json.open("changes", '[');
	for (std::string_view name : context.args) {
		status = switch_one(context, *kernel, name, state);
		if (!status)
			break;
	}
	if (context.as_json)
		context.json.close(']');
	return status;
}

} // namespace

Status run_enable(Context &context)
{
	return switch_all(context, State::enabled);
}

Status run_disable(Context &context)
{
	return switch_all(context, State::disabled);
}

Status run_bypass(Context &context)
{
	return switch_all(context, State::bypassed);
}
