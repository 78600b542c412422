// SPDX-License-Identifier: GPL-2.0
//
// A session as a person and as a program want to see it.
#include "session_view.hpp"

#include <algorithm>

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

void write_json(Json &json, const Call &call)
{
	json.open('{');
	json.put("initiator-id", call.initiator_id);
	json.put("responder-id", call.responder_id);
	json.put("state", name_of(call.state, session_state_names));
	json.put("age", call.age);
	json.close('}');
}

// null stands for what is not known or does not apply.
void put_name(Json &json, std::string_view key, const std::string &name)
{
	json.key(key);
	if (name.empty())
		json.null();
	else
		json.value(name);
}

constexpr Column session_columns[] = {
	{ "PROTO" },		       { "STATE" },
	{ "ROLE" },		       { "INITIATOR" },
	{ "RESPONDER" },	       { "IDS", false, true },
	{ "NAMES", false, true },      { "AGE", true, true },
	{ "IDLE", true, true },	       { "LIFETIME", true, true },
	{ "PACKETS", true, true },     { "BYTES", true, true },
};
constexpr std::size_t names_column = 6;
static_assert(std::string_view(session_columns[names_column].head) == "NAMES");

// What the ends call themselves, initiator first.
std::string format_names(const Session &s)
{
	constexpr std::size_t readable = 24;
	auto name = [](const std::string &text) {
		return text.empty() ? "-" : harmless(text, readable);
	};

	if (s.initiator_name.empty() && s.responder_name.empty())
		return "-";
	return name(s.initiator_name) + "/" + name(s.responder_name);
}

void fill(std::vector<std::string> &cells, const Session &s)
{
	cells.resize(std::size(session_columns));
	cells[0] = format_protocol(s);
	cells[1] = paint_session_state(s.state);
	cells[2] = s.role.empty() ? "-" : s.role;
	if (s.local)
		cells[2] += " local";
	cells[3] = format_translated(s.initiator, s.initiator_seen);
	cells[4] = format_translated(s.responder, s.responder_seen);
	cells[5] = format_idents(s.idents);
	cells[names_column] = format_names(s);
	cells[7] = human_time(s.age);
	cells[8] = human_time(s.idle);
	cells[9] = human_time(s.lifetime);
	cells[10] = std::to_string(s.initiator_packets) + "/" + std::to_string(s.responder_packets);
	cells[11] = human_bytes(s.initiator_bytes) + "/" + human_bytes(s.responder_bytes);
}

constexpr Column sa_columns[] = {
	{ "SA" },	   { "SPI" },	      { "STATE" },	  { "AGE", true },
	{ "IDLE", true },  { "PACKETS", true }, { "BYTES", true },
};

void fill(std::vector<std::string> &cells, const Sa &sa)
{
	static constexpr Colour colours[] = { Colour::warning, Colour::plain, Colour::good };

	cells.resize(std::size(sa_columns));
	cells[0] = direction(sa);
	cells[1] = format_spi(sa.spi) + (sa.udp ? " udp" : "");
	cells[2] = paint(name_of(sa.state, sa_state_names),
			 sa.state < std::size(colours) ? colours[sa.state] : Colour::plain);
	cells[3] = human_time(sa.age);
	cells[4] = human_time(sa.idle);
	cells[5] = std::to_string(sa.packets);
	cells[6] = human_bytes(sa.bytes);
}

constexpr Column call_columns[] = { { "CALL" }, { "STATE" }, { "AGE", true } };

void fill(std::vector<std::string> &cells, const Call &call)
{
	auto id = [](std::uint32_t number) {
		return number ? std::to_string(number) : "-";
	};

	cells.resize(std::size(call_columns));
	cells[0] = id(call.initiator_id) + "/" + id(call.responder_id);
	cells[1] = paint_session_state(call.state);
	cells[2] = human_time(call.age);
}

// Below its session each SA and each call has a line, all IKE SAs have one.
constexpr std::size_t below = 6;

void print_ike(FILE *out, const Session &s)
{
	std::string line(below, ' ');

	line += "ike";
	for (const IkeSpis &ike : s.ike)
		line += "  " + format_ike_spi(ike.initiator) + "/" + format_ike_spi(ike.responder);
	if (!s.ike.empty())
		fprintf(out, "%s\n", line.c_str());
}

// A table of what sessions have below them.
template <class T>
class Parts {
public:
	Parts(FILE *out, std::span<const Column> columns) : table_(out, columns, below) {}

	void measure(const std::vector<T> &parts)
	{
		for (const T &part : parts) {
			fill(cells_, part);
			table_.measure(cells_);
			any_ = true;
		}
	}
	void print_heads() const
	{
		if (any_)
			table_.print_heads();
	}
	void print(const std::vector<T> &parts)
	{
		for (const T &part : parts) {
			fill(cells_, part);
			table_.print(cells_);
		}
	}

private:
	Table table_;
	std::vector<std::string> cells_;
	bool any_ = false;
};

} // namespace

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
	json.key("version");
	if (s.version)
		json.value(s.version);
	else
		json.null();
	put_name(json, "transport", s.transport ? format_transport(s.transport) : "");
	put_name(json, "initiator_name", s.initiator_name);
	put_name(json, "responder_name", s.responder_name);
	json.open("calls", '[');
	for (const Call &call : s.calls)
		write_json(json, call);
	json.close(']');
	json.close('}');
}

void print_sessions(FILE *out, std::span<const Session> sessions, std::size_t width)
{
	// Nobody wants a column of dashes.
	bool named = std::any_of(sessions.begin(), sessions.end(), [](const Session &s) {
		return !s.initiator_name.empty() || !s.responder_name.empty();
	});
	std::vector<Column> columns(std::begin(session_columns), std::end(session_columns));
	if (!named)
		columns.erase(columns.begin() + names_column);
	auto fill_row = [&](std::vector<std::string> &cells, const Session &s) {
		fill(cells, s);
		if (!named)
			cells.erase(cells.begin() + names_column);
	};

	Table table(out, columns);
	Parts<Sa> sas(out, sa_columns);
	Parts<Call> calls(out, call_columns);
	std::vector<std::string> cells;
	for (const Session &s : sessions) {
		fill_row(cells, s);
		table.measure(cells);
		sas.measure(s.sas);
		calls.measure(s.calls);
	}
	table.fold(width);

	table.print_heads();
	sas.print_heads();
	calls.print_heads();
	for (const Session &s : sessions) {
		fill_row(cells, s);
		table.print(cells);
		print_ike(out, s);
		sas.print(s.sas);
		calls.print(s.calls);
	}
}
