// SPDX-License-Identifier: GPL-2.0
//
// `set`: ports and settings of a protocol, all in one request.  Which keys
// there are, and their bounds, only the kernel knows.
#include <algorithm>

#include "args.hpp"
#include "command.hpp"

namespace {

const Setting *find_setting(const Protocol &protocol, std::string_view key)
{
	for (const Setting &s : protocol.settings)
		if (s.name == key)
			return &s;
	return nullptr;
}

// Turns "KEY VALUE ..." into a change; which keys carried a time unit goes
// to times.
Result<Change> parse_change(const Context &context, std::vector<std::string_view> &times)
{
	Change change;
	change.protocol = context.args[0];

	for (std::size_t i = 1; i < context.args.size(); i += 2) {
		std::string_view key = context.args[i];
		std::string name(key);
		if (i + 1 == context.args.size())
			return Error{ Exit::usage, "\"" + name + "\" needs a value",
				      "see `passthroughctl help set`" };

		std::string_view word = context.args[i + 1];
		std::string what = name + " \"" + std::string(word) + "\": ";
		bool again = key == "port" ? !change.ports.empty() :
					     std::any_of(change.values.begin(), change.values.end(),
							 [&](const auto &v) { return v.key == key; });
		if (again)
			return Error{ Exit::usage, "\"" + name + "\" is given twice",
				      key == "port" ? "write several ports as port 1723,1724" :
						      "give each key once" };
		if (key == "port") {
			auto ports = parse_ports(word);
			if (!ports)
				return Error{ Exit::usage, what + "not a port list",
					      "ports are 1 to 65535, several with commas: port 1723,1724" };
			change.ports = std::move(*ports);
			continue;
		}
		auto number = parse_number(word);
		if (!number)
			return Error{ Exit::usage, what + "not a number",
				      "settings are whole numbers up to 4294967295; times may be written like 90s, 10m, 1h30m" };
		if (number->time)
			times.push_back(key);
		change.values.push_back({ key, number->value, word });
	}
	return change;
}

// Adds to a refusal what would have been accepted.
Error advise(Error error, const Protocol &protocol)
{
	const Setting *setting = find_setting(protocol, error.key);

	if (setting && error.subject == Subject::value) {
		error.hint = setting->name + " takes " + std::to_string(setting->min) + " to " +
			     std::to_string(setting->max);
		if (!setting->unit.empty())
			error.hint += " " + setting->unit;
		error.hint += "; nothing was changed";
	} else if (!setting && !error.key.empty() && error.key != "port" &&
		   error.subject != Subject::protocol) {
		std::vector<std::string_view> keys{ "port" };
		for (const Setting &s : protocol.settings)
			keys.push_back(s.name);
		error.hint = suggest(error.key, keys);
		error.hint += error.hint.ends_with('?') ? " Nothing was changed" :
							  "; nothing was changed";
	} else if (error.hint.empty()) {
		error.hint = "nothing was changed; `passthroughctl list " + protocol.name +
			     "` shows keys and ranges";
	}
	return error;
}

void report(Context &context, const std::string &key, const std::string &from,
	    const std::string &to)
{
	std::string line(context.args[0]);

	line += ": " + key + " ";
	line += from == to ? to + " already" : from + " -> " + to;
	puts(line.c_str());
}

void write_ports(Json &json, std::string_view name, std::span<const std::uint16_t> ports)
{
	json.open(name, '[');
	for (std::uint16_t port : ports)
		json.value(std::uint32_t(port));
	json.close(']');
}

// Says what became of each key.
void report_all(Context &context, const Change &change, const Protocol &before,
		const Protocol &after)
{
	if (context.as_json) {
		context.json.put("protocol", change.protocol);
		context.json.open("changes", '[');
	}
	if (!change.ports.empty()) {
		if (context.as_json) {
			context.json.open('{');
			context.json.put("key", "port");
			write_ports(context.json, "from", before.ports);
			write_ports(context.json, "to", after.ports);
			context.json.close('}');
		} else {
			report(context, "port", format_ports(before.ports), format_ports(after.ports));
		}
	}
	for (const Change::Value &v : change.values) {
		const Setting *to = find_setting(after, v.key);
		const Setting *from = find_setting(before, v.key);
		if (!to)
			continue;
		// A module loaded by this very request had its defaults before.
		std::uint32_t old = from ? from->value : to->initial;
		if (context.as_json) {
			context.json.open('{');
			context.json.put("key", v.key);
			context.json.put("from", old);
			context.json.put("to", to->value);
			context.json.put("unit", to->unit);
			context.json.close('}');
		} else {
			report(context, to->name, human_value(old, to->unit),
			       human_value(to->value, to->unit));
		}
	}
	if (context.as_json)
		context.json.close(']');
}

} // namespace

Status run_set(Context &context)
{
	std::vector<std::string_view> times;
	std::string name(context.args[0]);

	if (Status known = check_protocols(context, { context.args.data(), 1 }); !known)
		return known;
	if (context.args.size() == 1)
		return Error{ Exit::usage, "set " + name + ": nothing to set",
			      "give KEY VALUE pairs; `passthroughctl list " + name +
				      "` shows the keys" };
	auto change = parse_change(context, times);
	if (!change)
		return change.error();
	auto kernel = Kernel::open(context.netns);
	if (!kernel)
		return kernel.error();

	Protocol before;
	if (auto known = kernel->protocol(name); known)
		before = std::move(*known);
	else if (known.error().code != Exit::no_module)
		return known.error();
	for (std::string_view key : times) {
		const Setting *setting = find_setting(before, key);
		if (setting && setting->unit != "s")
			return Error{ Exit::usage,
				      std::string(key) + " is a number, not a time",
				      "leave out the unit; nothing was changed" };
	}

	Status changed = kernel->change(*change);
	auto after = kernel->protocol(name);
	if (!changed)
		return after ? advise(changed.error(), *after) : changed.error();
	if (!after)
		return after.error();
	report_all(context, *change, before, *after);
	return Done{};
}
