// SPDX-License-Identifier: GPL-2.0
//
// `list`: the protocols, their state, and what stands in their way.
#include "command.hpp"
#include "protocol_view.hpp"

namespace {

void print_protocols(FILE *out, std::span<const Protocol> all, std::size_t width)
{
	static constexpr Column columns[] = {
		{ "PROTOCOL" }, { "STATE" }, { "PORTS" }, { "SESSIONS", true }, { "HOOKS", true },
	};

	print_table(out, columns, all.size(), [&](std::size_t row, auto &cells) {
		const Protocol &p = all[row];
		cells[0] = p.name;
		cells[1] = paint_state(p.state);
		cells[2] = format_ports(p.ports);
		cells[3] = p.loaded ? std::to_string(p.sessions) : "-";
		cells[4] = p.loaded ? std::to_string(p.hooks) : "-";
	});

	std::string unloaded;
	for (const Protocol &p : all) {
		if (!p.loaded)
			unloaded += (unloaded.empty() ? "" : ", ") + p.name;
		for (const std::string &text : p.notes)
			print_wrapped(out, p.name + ": " + text, 0, width);
	}
	if (!unloaded.empty())
		print_wrapped(out, unloaded + ": module not loaded; `passthroughctl enable` loads it",
			      0, width);
}

void print_interfaces(FILE *out, const Protocol &p)
{
	if (!p.interfaces.empty())
		fprintf(out, "\nbetween interfaces %s only\n",
			format_interfaces(p.interfaces).c_str());
}

void print_settings(FILE *out, const Protocol &p, std::size_t width)
{
	static constexpr Column columns[] = {
		{ "SETTING" }, { "VALUE", true }, { "DEFAULT", true }, { "RANGE" },
		{ "MEANING", false, true },
	};

	if (p.settings.empty())
		return;
	fputc('\n', out);
	print_table(
		out, columns, p.settings.size(),
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

void print_pins(FILE *out, const Protocol &p)
{
	static constexpr Column columns[] = { { "PIN" }, { "HOST" }, { "SERVER" } };

	if (p.pins.empty())
		return;
	fputc('\n', out);
	print_table(out, columns, p.pins.size(), [&](std::size_t row, auto &cells) {
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
	print_protocols(context.out, *all, width);
	if (!context.args.empty() && !all->empty()) {
		print_interfaces(context.out, all->front());
		print_settings(context.out, all->front(), width);
		print_pins(context.out, all->front());
	}
	return Done{};
}
