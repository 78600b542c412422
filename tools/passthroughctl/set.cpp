// SPDX-License-Identifier: GPL-2.0
//
// `set`: ports, settings and pins of a protocol, all in one request.  Which keys
// there are, and their bounds, only the kernel knows.
#include <cerrno>

#include "args.hpp"
#include "command.hpp"
#include "protocol_view.hpp"

namespace {

// The kind of pin that a key adds or removes, or nullptr.
const PinKind *find_pin_kind(std::string_view key)
{
	for (const PinKind &kind : pin_kinds)
		if (key == kind.add || key == kind.remove)
			return &kind;
	return nullptr;
}

// The kind of pin that is called so, or nullptr.  A protocol may have a setting
// of that name, for all hosts.
const PinKind *find_pin_kind_by_name(std::string_view name)
{
	for (const PinKind &kind : pin_kinds)
		if (name == kind.name)
			return &kind;
	return nullptr;
}

std::string quoted(std::string_view word)
{
	return "\"" + std::string(word) + "\"";
}

// What else an address could have been meant for.
Error no_number(std::string_view key, std::string_view word)
{
	Error error{ Exit::usage, std::string(key) + " " + quoted(word) + ": not a number",
		     "settings are whole numbers up to 4294967295; times may be written like 90s, 10m, 1h30m" };

	if (parse_address(word)) {
		std::vector<std::string_view> keys;
		for (const PinKind &kind : pin_kinds)
			keys.insert(keys.end(), { kind.add, kind.remove });
		error.text = quoted(key) + " takes no address";
		error.hint = suggest(key, keys);
		if (const PinKind *kind = find_pin_kind_by_name(key))
			error.hint = std::string(key) +
				     " takes a number, for all hosts (l2tp); for one host there is " +
				     std::string(kind->add) + " " + std::string(word) + " (ipsec)";
	}
	return error;
}

Status add_ports(Change &change, std::string_view word)
{
	if (!change.ports.empty())
		return Error{ Exit::usage, "\"port\" is given twice",
			      "write several ports as port 1723,1724" };
	auto ports = parse_ports(word);
	if (!ports)
		return Error{ Exit::usage, "port " + quoted(word) + ": not a port list",
			      "ports are 1 to 65535, several with commas: port 1723,1724" };
	change.ports = std::move(*ports);
	return Done{};
}

Status set_interfaces(Change &change, std::string_view word)
{
	if (change.interfaces)
		return Error{ Exit::usage, "\"interface\" is given twice",
			      "write several interfaces as interface lan,wan" };
	change.interfaces = parse_interfaces(word);
	if (!change.interfaces)
		return Error{ Exit::usage,
			      "interface " + quoted(word) + ": not a list of interfaces",
			      "names have up to 15 letters, several with commas: interface lan,wan; "
			      "ppp* are all that begin so; interface any is no list" };
	return Done{};
}

Status add_value(Change &change, std::string_view key, std::string_view word,
		 std::vector<std::string_view> &times)
{
	for (const Change::Value &v : change.values)
		if (v.key == key)
			return Error{ Exit::usage, quoted(key) + " is given twice",
				      "give each key once" };
	auto number = parse_number(word);
	if (!number)
		return no_number(key, word);
	if (number->time)
		times.push_back(key);
	change.values.push_back({ key, number->value, word });
	return Done{};
}

// What a pin's second address is.
std::string server_word(std::string_view protocol)
{
	return protocol == "ipsec" ? "gateway" : "server";
}

// words are the key and the addresses of one pin.
Status add_pin(Change &change, const PinKind &kind, std::span<const std::string_view> words)
{
	Change::PinValue v;
	v.key = words[0];
	v.remove = v.key == kind.remove;
	v.pin.kind = static_cast<std::uint32_t>(&kind - pin_kinds);

	std::string name(v.key);
	auto host = read_address(name + " host", words[1]);
	if (!host)
		return host.error();
	v.pin.host = *host;
	v.typed = words[1];
	if (kind.server) {
		auto server = read_address(name + " " + server_word(change.protocol), words[2]);
		if (!server)
			return server.error();
		v.pin.server = *server;
		v.typed += ' ';
		v.typed += words[2];
	}
	for (const Change::PinValue &other : change.pins)
		if (other.pin == v.pin)
			return Error{ Exit::usage, name + " " + v.typed + ": it is named twice",
				      "add or remove each pin once" };
	change.pins.push_back(std::move(v));
	return Done{};
}

// Turns "KEY VALUE ..." into a change; which keys carried a time unit goes
// to times.
Result<Change> parse_change(const Context &context, std::vector<std::string_view> &times)
{
	Change change;
	change.protocol = context.args[0];

	std::span<const std::string_view> words(context.args);
	words = words.subspan(1);
	while (!words.empty()) {
		std::string_view key = words[0];
		const PinKind *pin = find_pin_kind(key);
		std::size_t count = pin && pin->server ? 3 : 2;

		if (words.size() < count)
			return Error{ Exit::usage,
				      quoted(key) + (!pin	 ? " needs a value" :
						     pin->server ? " needs a host and a " +
									   server_word(change.protocol) :
								   " needs a host"),
				      "see `passthroughctl help set`" };
		Status added = pin		  ? add_pin(change, *pin, words.first(count)) :
			       key == "port"	  ? add_ports(change, words[1]) :
			       key == "interface" ? set_interfaces(change, words[1]) :
						    add_value(change, key, words[1], times);
		if (!added)
			return added.error();
		words = words.subspan(count);
	}
	return change;
}

// Adds to a refusal what would have been accepted.
Error advise(Error error, const Protocol &protocol)
{
	const Setting *setting = find_setting(protocol, error.key);
	const PinKind *pin = find_pin_kind(error.key);
	const PinKind *called_so = setting ? nullptr : find_pin_kind_by_name(error.key);

	if (setting && error.subject == Subject::value) {
		error.hint = setting->name + " takes " + std::to_string(setting->min) + " to " +
			     std::to_string(setting->max);
		if (!setting->unit.empty())
			error.hint += " " + setting->unit;
		error.hint += "; nothing was changed";
	} else if (called_so && error.subject == Subject::key) {
		error.hint = protocol.name + " keeps it per host: " + std::string(called_so->add) +
			     " HOST; nothing was changed";
	} else if (pin && error.sys == EOPNOTSUPP && find_setting(protocol, pin->name)) {
		error.hint = protocol.name + " has it for all hosts: " + std::string(pin->name) +
			     " NUMBER; nothing was changed";
	} else if (!setting && error.subject == Subject::key && !pin) {
		std::vector<std::string_view> keys{ "port", "interface" };
		for (const Setting &s : protocol.settings)
			keys.push_back(s.name);
		error.hint = suggest(error.key, keys);
		error.hint += error.hint.ends_with('?') ? " Nothing was changed" :
							  "; nothing was changed";
	} else if (error.hint.empty()) {
		error.hint = "nothing was changed; `passthroughctl list " + protocol.name +
			     "` shows what is set, keys and ranges";
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

// Says what became of a pin.
void report_pin(Context &context, const Pin &pin, const Protocol &before, const Protocol &after)
{
	bool was = has_pin(before, pin), is = has_pin(after, pin);

	if (context.as_json) {
		context.json.open('{');
		context.json.put("key", kind_of(pin).add);
		put_pin(context.json, pin);
		context.json.put("from", was);
		context.json.put("to", is);
		context.json.close('}');
		return;
	}
	std::string line(context.args[0]);
	line += ": " + format_pin(pin);
	line += was == is ? (is ? " already there" : " not there") : is ? " added" : " removed";
	puts(line.c_str());
}

template <class List, class Format>
void report_list(Context &context, const char *key, const List &from, const List &to,
		 Format format)
{
	if (!context.as_json) {
		report(context, key, format(from), format(to));
		return;
	}
	context.json.open('{');
	put_list_change(context.json, key, from, to);
	context.json.close('}');
}

// Says what became of each key.
void report_all(Context &context, const Change &change, const Protocol &before,
		const Protocol &after)
{
	if (context.as_json) {
		context.json.put("protocol", change.protocol);
		context.json.open("changes", '[');
	}
	if (!change.ports.empty())
		report_list(context, "port", before.ports, after.ports, format_ports);
	if (change.interfaces)
		report_list(context, "interface", before.interfaces, after.interfaces,
			    format_interfaces);
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
	for (const Change::PinValue &v : change.pins)
		report_pin(context, v.pin, before, after);
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
