// SPDX-License-Identifier: GPL-2.0
//
// `list`: the protocols, their state, and what stands in their way.
#include <algorithm>

#include "command.hpp"

namespace {

// Adds the protocols that the tool knows and the kernel has not loaded: they
// are bypassed by definition.
void add_unloaded(std::vector<Protocol> &all)
{
	std::vector<Protocol> sorted;

	for (const KnownProtocol &known : known_protocols) {
		auto it = std::find_if(all.begin(), all.end(), [&](const Protocol &p) {
			return p.name == known.name;
		});
		if (it != all.end()) {
			sorted.push_back(std::move(*it));
			all.erase(it);
			continue;
		}
		Protocol missing;
		missing.name = known.name;
		missing.title = known.title;
		missing.loaded = false;
		sorted.push_back(std::move(missing));
	}
	for (Protocol &p : all)
		sorted.push_back(std::move(p));
	all = std::move(sorted);
}

void write_json(Json &json, const Protocol &p)
{
	json.open('{');
	json.put("name", p.name);
	json.put("title", p.title);
	json.put("state", name_of(p.state, state_names));
	json.put("loaded", p.loaded);
	json.open("ports", '[');
	for (std::uint16_t port : p.ports)
		json.value(std::uint32_t(port));
	json.close(']');
	json.put("sessions", p.sessions);
	json.put("hooks", p.hooks);
	json.open("settings", '[');
	for (const Setting &s : p.settings) {
		json.open('{');
		json.put("name", s.name);
		json.put("value", s.value);
		json.put("default", s.initial);
		json.put("min", s.min);
		json.put("max", s.max);
		json.put("unit", s.unit);
		json.put("help", s.help);
		json.close('}');
	}
	json.close(']');
	json.open("pins", '[');
	for (const Pin &pin : p.pins) {
		json.open('{');
		put_pin(json, pin);
		json.close('}');
	}
	json.close(']');
	json.open("notes", '[');
	for (const std::string &text : p.notes)
		json.value(text);
	json.close(']');
	json.close('}');
}

void print_protocols(std::span<const Protocol> all, std::size_t width)
{
	static constexpr Column columns[] = {
		{ "PROTOCOL" }, { "STATE" }, { "PORTS" }, { "SESSIONS", true }, { "HOOKS", true },
	};

	print_table(stdout, columns, all.size(), [&](std::size_t row, auto &cells) {
		const Protocol &p = all[row];
		cells[0] = p.name;
		cells[1] = name_of(p.state, state_names);
		cells[2] = format_ports(p.ports);
		cells[3] = p.loaded ? std::to_string(p.sessions) : "-";
		cells[4] = p.loaded ? std::to_string(p.hooks) : "-";
	});

	std::string unloaded;
	for (const Protocol &p : all) {
		if (!p.loaded)
			unloaded += (unloaded.empty() ? "" : ", ") + p.name;
		for (const std::string &text : p.notes)
			print_wrapped(stdout, p.name + ": " + text, 0, width);
	}
	if (!unloaded.empty())
		print_wrapped(stdout, unloaded + ": module not loaded; `passthroughctl enable` loads it",
			      0, width);
}

void print_settings(const Protocol &p, std::size_t width)
{
	static constexpr Column columns[] = {
		{ "SETTING" }, { "VALUE", true }, { "DEFAULT", true }, { "RANGE" },
		{ "MEANING", false, true },
	};

	if (p.settings.empty())
		return;
	fputc('\n', stdout);
	print_table(
		stdout, columns, p.settings.size(),
		[&](std::size_t row, auto &cells) {
			const Setting &s = p.settings[row];
			cells[0] = s.name;
			cells[1] = human_value(s.value, s.unit);
			cells[2] = human_value(s.initial, s.unit);
			cells[3] = human_value(s.min, s.unit) + " to " + human_value(s.max, s.unit);
			cells[4] = s.help;
		},
		width);
}

void print_pins(const Protocol &p)
{
	static constexpr Column columns[] = { { "PIN" }, { "HOST" }, { "SERVER" } };

	if (p.pins.empty())
		return;
	fputc('\n', stdout);
	print_table(stdout, columns, p.pins.size(), [&](std::size_t row, auto &cells) {
		const Pin &pin = p.pins[row];
		cells[0] = kind_of(pin).add;
		cells[1] = format_address(pin.host);
		cells[2] = pin.server.be ? format_address(pin.server) : "any";
	});
}

} // namespace

Status run_list(Context &context)
{
	if (Status known = check_protocols(context, context.args); !known)
		return known;
	auto kernel = Kernel::open(context.netns);
	if (!kernel)
		return kernel.error();
	auto all = kernel->protocols();
	if (!all)
		return all.error();

	add_unloaded(*all);
	if (!context.args.empty())
		std::erase_if(*all, [&](const Protocol &p) { return p.name != context.args[0]; });
	if (context.as_json) {
		context.json.open("protocols", '[');
		for (const Protocol &p : *all)
			write_json(context.json, p);
		context.json.close(']');
		return Done{};
	}
	std::size_t width = terminal_width(stdout);
	print_protocols(*all, width);
	if (!context.args.empty() && !all->empty()) {
		print_settings(all->front(), width);
		print_pins(all->front());
	}
	return Done{};
}
