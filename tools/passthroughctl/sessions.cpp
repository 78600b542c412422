// SPDX-License-Identifier: GPL-2.0
//
// `sessions`: the sessions that the modules hold.
#include "command.hpp"

namespace {

std::string_view direction(const Sa &sa)
{
	return sa.inbound ? "in" : "out";
}

void write_json(Json &json, const Sa &sa)
{
	json.open('{');
	json.put("spi", format_spi(sa.spi));
	json.put("direction", direction(sa));
	json.put("udp", sa.udp);
	json.put("state", name_of(sa.state, sa_state_names));
	json.put("age", sa.age);
	json.put("idle", sa.idle);
	json.put("packets", sa.packets);
	json.put("bytes", sa.bytes);
	json.close('}');
}

void write_json(Json &json, const Session &s)
{
	json.open('{');
	json.put("id", s.id);
	json.put("protocol", s.protocol);
	json.put("state", name_of(s.state, session_state_names));
	json.put("role", s.role);
	json.put("initiator", format_address(s.initiator));
	json.put("initiator_seen", format_address(s.initiator_seen));
	json.put("responder", format_address(s.responder));
	json.put("responder_seen", format_address(s.responder_seen));
	json.open("idents", '[');
	for (const Ident &ident : s.idents) {
		json.open('{');
		json.put("name", ident.name);
		json.put("value", ident.value);
		json.put("mapped", ident.mapped);
		json.close('}');
	}
	json.close(']');
	json.put("age", s.age);
	json.put("idle", s.idle);
	json.put("lifetime", s.lifetime);
	json.put("initiator_packets", s.initiator_packets);
	json.put("initiator_bytes", s.initiator_bytes);
	json.put("responder_packets", s.responder_packets);
	json.put("responder_bytes", s.responder_bytes);
	json.put("local", s.local);
	json.open("ike", '[');
	for (const IkeSpis &ike : s.ike) {
		json.open('{');
		json.put("initiator-spi", format_ike_spi(ike.initiator));
		json.put("responder-spi", format_ike_spi(ike.responder));
		json.close('}');
	}
	json.close(']');
	json.open("sas", '[');
	for (const Sa &sa : s.sas)
		write_json(json, sa);
	json.close(']');
	json.close('}');
}

constexpr Column session_columns[] = {
	{ "PROTO" },		       { "STATE" },
	{ "ROLE" },		       { "INITIATOR" },
	{ "RESPONDER" },	       { "IDS", false, true },
	{ "AGE", true, true },	       { "IDLE", true, true },
	{ "LIFETIME", true, true },    { "PACKETS", true, true },
	{ "BYTES", true, true },
};

void fill(std::vector<std::string> &cells, const Session &s)
{
	cells.resize(std::size(session_columns));
	cells[0] = s.protocol;
	cells[1] = name_of(s.state, session_state_names);
	cells[2] = s.role.empty() ? "-" : s.role;
	if (s.local)
		cells[2] += " local";
	cells[3] = format_translated(s.initiator, s.initiator_seen);
	cells[4] = format_translated(s.responder, s.responder_seen);
	cells[5] = format_idents(s.idents);
	cells[6] = human_time(s.age);
	cells[7] = human_time(s.idle);
	cells[8] = human_time(s.lifetime);
	cells[9] = std::to_string(s.initiator_packets) + "/" + std::to_string(s.responder_packets);
	cells[10] = human_bytes(s.initiator_bytes) + "/" + human_bytes(s.responder_bytes);
}

constexpr Column sa_columns[] = {
	{ "SA" },	   { "SPI" },	      { "STATE" },	  { "AGE", true },
	{ "IDLE", true },  { "PACKETS", true }, { "BYTES", true },
};

void fill(std::vector<std::string> &cells, const Sa &sa)
{
	cells.resize(std::size(sa_columns));
	cells[0] = direction(sa);
	cells[1] = format_spi(sa.spi) + (sa.udp ? " udp" : "");
	cells[2] = name_of(sa.state, sa_state_names);
	cells[3] = human_time(sa.age);
	cells[4] = human_time(sa.idle);
	cells[5] = std::to_string(sa.packets);
	cells[6] = human_bytes(sa.bytes);
}

// Below its session each SA has a line, all IKE SAs have one.
constexpr std::size_t below = 6;

void print_ike(const Session &s)
{
	std::string line(below, ' ');

	line += "ike";
	for (const IkeSpis &ike : s.ike)
		line += "  " + format_ike_spi(ike.initiator) + "/" + format_ike_spi(ike.responder);
	if (!s.ike.empty())
		puts(line.c_str());
}

void print_sessions(std::span<const Session> sessions)
{
	Table table(stdout, session_columns), sas(stdout, sa_columns, below);
	std::vector<std::string> cells;
	bool any = false;

	for (const Session &s : sessions) {
		fill(cells, s);
		table.measure(cells);
		for (const Sa &sa : s.sas) {
			fill(cells, sa);
			sas.measure(cells);
			any = true;
		}
	}
	table.fold(terminal_width(stdout));

	table.print_heads();
	if (any)
		sas.print_heads();
	for (const Session &s : sessions) {
		fill(cells, s);
		table.print(cells);
		print_ike(s);
		for (const Sa &sa : s.sas) {
			fill(cells, sa);
			sas.print(cells);
		}
	}
}

} // namespace

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
		print_sessions(dump->items);
	if (dump->interrupted)
		note(context, "sessions came and went during every attempt to list them: "
			      "some may be missing or shown twice");
	return Done{};
}
