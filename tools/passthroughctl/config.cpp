// SPDX-License-Identifier: GPL-2.0
//
// A configuration file: its text read and written, held against what a
// protocol can, turned into changes.  Knows neither kernel nor file system.
#include "config.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <tuple>

#include "args.hpp"
#include "protocol_view.hpp"
#include "render.hpp"

namespace {

constexpr std::size_t quotable = 40;

std::string quoted(std::string_view word)
{
	return "\"" + harmless(word, quotable) + "\"";
}

bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

// A piece of a line that knows where it stands.
struct Piece {
	std::string_view text;
	Place place;

	Piece from(std::size_t start, std::size_t length = std::string_view::npos) const
	{
		return { text.substr(start, length),
			 { place.line, place.column + static_cast<std::uint32_t>(start) } };
	}
	Piece trimmed() const
	{
		std::size_t start = 0, end = text.size();

		while (start < end && is_blank(text[start]))
			start++;
		while (end > start && is_blank(text[end - 1]))
			end--;
		return from(start, end - start);
	}
	// The first word; the piece keeps the rest.
	Piece take_word()
	{
		Piece rest = trimmed();
		std::size_t end = 0;

		while (end < rest.text.size() && !is_blank(rest.text[end]))
			end++;
		*this = rest.from(end);
		return rest.from(0, end);
	}
};

// The line without its comment, which begins a word or a value.
std::string_view without_comment(std::string_view line)
{
	for (std::size_t i = 0; i < line.size(); i++)
		if (line[i] == '#' && (i == 0 || line[i - 1] == '=' || is_blank(line[i - 1])))
			return line.substr(0, i);
	return line;
}

class Parser {
public:
	Parser(std::string file, std::span<const std::string_view> protocols)
		: protocols_(protocols)
	{
		config_.file = std::move(file);
	}

	Status line(Piece line)
	{
		if (line.text.empty())
			return Done{};
		if (line.text.front() == '[')
			return head(line);
		std::size_t equals = line.text.find('=');
		if (equals == std::string_view::npos)
			return error(line.place, quoted(line.text) + " is neither [PROTO] nor KEY = VALUE",
				     "write it like gre-replied = 5h");

		Piece key = line.from(0, equals).trimmed(), value = line.from(equals + 1).trimmed();
		if (key.text.empty())
			return error(line.place, "there is no key before the =", "write it like gre-replied = 5h");
		if (config_.sections.empty())
			return error(key.place, quoted(key.text) + " is in no section",
				     "begin with the protocol, like [pptp]");
		if (value.text.empty())
			return error(value.place, quoted(key.text) + " has no value",
				     "leave the line out for the default");
		return entry(key, value);
	}

	Status end()
	{
		if (Status ended = end_section(); !ended)
			return ended;
		return Done{};
	}
	Config take() { return std::move(config_); }

private:
	Error error(Place place, std::string text, std::string hint) const
	{
		return config_error(config_, place, std::move(text), std::move(hint));
	}
	Error twice(const Piece &key) const
	{
		return error(key.place, quoted(key.text) + " is given twice", "give each key once");
	}

	Status head(Piece line)
	{
		std::size_t close = line.text.find(']');
		Piece name = line.from(1, close == std::string_view::npos ? close : close - 1).trimmed();

		if (Status ended = end_section(); !ended)
			return ended;
		if (close == std::string_view::npos)
			return error(line.place, "there is no ] behind the [", "write it like [pptp]");
		if (close + 1 < line.text.size())
			return error(line.from(close + 1).trimmed().place,
				     "nothing may follow a ] on its line", "begin a new line");
		if (std::find(protocols_.begin(), protocols_.end(), name.text) == protocols_.end())
			return error(name.place, "no protocol is called " + quoted(name.text),
				     suggest(name.text, protocols_));
		for (const Section &s : config_.sections)
			if (s.protocol == name.text)
				return error(name.place, "there are two sections [" + s.protocol + "]",
					     "the first is in line " + std::to_string(s.place.line));
		Section section;
		section.protocol = name.text;
		section.place = line.place;
		config_.sections.push_back(std::move(section));
		has_state_ = false;
		return Done{};
	}

	// Nobody should switch a protocol off by leaving a line out.
	Status end_section()
	{
		if (config_.sections.empty() || has_state_)
			return Done{};
		const Section &s = config_.sections.back();
		return error(s.place, "[" + s.protocol + "] says no state",
			     "add state = enabled, state = disabled or state = bypassed");
	}

	Status entry(Piece key, Piece value)
	{
		Section &section = config_.sections.back();

		if (key.text == "state")
			return state(section, key, value);
		if (key.text == "port")
			return ports(section, key, value);
		if (key.text == "interface")
			return interfaces(section, key, value);
		for (const PinKind &kind : pin_kinds) {
			if (key.text == kind.add)
				return pin(section, kind, value);
			if (key.text == kind.remove)
				return error(key.place, quoted(key.text) + " is for `set`",
					     "leave the " + std::string(kind.add) +
						     " out, and it goes");
		}
		for (const Section::Value &v : section.values)
			if (v.key == key.text)
				return twice(key);
		auto number = parse_number(value.text);
		if (!number)
			return error(value.place, std::string(key.text) + " " + quoted(value.text) +
							  ": not a number",
				     "settings are whole numbers up to 4294967295; times may be "
				     "written like 90s, 10m, 1h30m");
		section.values.push_back({ std::string(key.text), std::string(value.text),
					   number->value, number->time, key.place, value.place });
		return Done{};
	}

	Status state(Section &section, const Piece &key, const Piece &value)
	{
		if (has_state_)
			return twice(key);
		for (std::size_t i = 0; i < std::size(state_names); i++)
			if (value.text == state_names[i]) {
				section.state = State(i);
				section.state_place = value.place;
				has_state_ = true;
				return Done{};
			}
		return error(value.place, "there is no state " + quoted(value.text),
			     suggest(value.text, state_names));
	}

	Status ports(Section &section, const Piece &key, const Piece &value)
	{
		if (!section.ports.empty())
			return twice(key);
		auto ports = parse_ports(value.text);
		if (!ports)
			return error(value.place, "port " + quoted(value.text) + ": not a port list",
				     "ports are 1 to 65535, several with commas: port = 1723,1724");
		section.ports = std::move(*ports);
		section.ports_place = value.place;
		return Done{};
	}

	Status interfaces(Section &section, const Piece &key, const Piece &value)
	{
		if (section.interfaces)
			return twice(key);
		section.interfaces = parse_interfaces(value.text);
		if (!section.interfaces)
			return error(value.place,
				     "interface " + quoted(value.text) + ": not a list of interfaces",
				     "names have up to 15 letters, several with commas: "
				     "interface = lan,wan");
		section.interfaces_place = value.place;
		return Done{};
	}

	Status pin(Section &section, const PinKind &kind, Piece value)
	{
		Section::PinValue v;
		std::string key(kind.add);
		v.pin.kind = static_cast<std::uint32_t>(&kind - pin_kinds);
		v.place = value.place;
		v.typed = value.text;

		for (Address *address : { &v.pin.host, &v.pin.server }) {
			if (address == &v.pin.server && !kind.server)
				break;
			Piece word = value.take_word();
			if (word.text.empty())
				return error(word.place, key + " has one address too few",
					     "write it like pin = 10.0.0.12 192.0.2.2");
			auto read = parse_address(word.text);
			if (!read)
				return error(word.place,
					     key + " " + quoted(word.text) + ": not an IPv4 address",
					     "write it like 192.0.2.1; names are not looked up");
			*address = *read;
		}
		if (Piece word = value.take_word(); !word.text.empty())
			return error(word.place, quoted(word.text) + " is too much for " + key,
				     "give each pin a line of its own");
		for (const Section::PinValue &other : section.pins)
			if (other.pin == v.pin)
				return error(v.place, key + " " + harmless(v.typed, quotable) +
							      ": it is named twice",
					     "the first is in line " +
						     std::to_string(other.place.line));
		section.pins.push_back(std::move(v));
		return Done{};
	}

	std::span<const std::string_view> protocols_;
	Config config_;
	bool has_state_ = false;
};

std::span<const std::uint16_t> wanted_ports(const Protocol &now, const Section &section)
{
	if (!section.ports.empty())
		return section.ports;
	const KnownProtocol *known = find_known(section.protocol);
	// Only those that the tool knows; ports of others stay.
	if (known && !now.ports.empty())
		return { known->ports, static_cast<std::size_t>(std::find(std::begin(known->ports),
									   std::end(known->ports), 0) -
								known->ports) };
	return now.ports;
}

// All units, unlike human_value(): nothing is rounded.
std::string exact_value(std::uint32_t value, std::string_view unit)
{
	static constexpr struct {
		std::uint32_t seconds;
		char name;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	std::string text;

	if (unit != "s" || !value)
		return std::to_string(value);
	for (const auto &u : units) {
		if (value / u.seconds)
			text += std::to_string(value / u.seconds) + u.name;
		value %= u.seconds;
	}
	return text;
}

} // namespace

Error config_error(const Config &config, Place place, std::string text, std::string hint)
{
	Error error{ Exit::usage,
		     config.file + ":" + std::to_string(place.line) + ":" +
			     std::to_string(place.column) + ": " + std::move(text),
		     std::move(hint) };

	error.line = place.line;
	error.column = place.column;
	return error;
}

Result<Config> parse_config(std::string file, std::string_view text,
			    std::span<const std::string_view> protocols)
{
	Parser parser(std::move(file), protocols);
	std::uint32_t number = 1;

	while (!text.empty()) {
		std::size_t end = std::min(text.find('\n'), text.size());
		Piece line{ without_comment(text.substr(0, end)), { number++, 1 } };
		if (Status read = parser.line(line.trimmed()); !read)
			return read.error();
		text.remove_prefix(std::min(end + 1, text.size()));
	}
	if (Status ended = parser.end(); !ended)
		return ended.error();
	return parser.take();
}

Status check_section(const Config &config, const Section &section, const Protocol &protocol)
{
	if (!section.ports.empty() && protocol.ports.empty())
		return config_error(config, section.ports_place, section.protocol + " has no ports",
				    "leave the line out");
	for (const Section::Value &v : section.values) {
		const Setting *s = find_setting(protocol, v.key);
		if (!s) {
			std::vector<std::string_view> keys{ "state", "port", "interface" };
			for (const Setting &known : protocol.settings)
				keys.push_back(known.name);
			for (const PinKind &kind : pin_kinds)
				keys.push_back(kind.add);
			return config_error(config, v.key_place,
					    section.protocol + " has no setting " + quoted(v.key),
					    suggest(v.key, keys));
		}
		if (v.time && s->unit != "s")
			return config_error(config, v.value_place, v.key + " is a number, not a time",
					    "leave out the unit");
		if (v.value < s->min || v.value > s->max)
			return config_error(config, v.value_place,
					    v.key + " " + harmless(v.typed, quotable) +
						    ": out of range",
					    v.key + " takes " + std::to_string(s->min) + " to " +
						    std::to_string(s->max) +
						    (s->unit.empty() ? "" : " " + s->unit));
	}
	return Done{};
}

Error locate(const Config &config, Error error)
{
	auto it = std::find_if(config.sections.begin(), config.sections.end(),
			       [&](const Section &s) { return s.protocol == error.protocol; });

	if (it == config.sections.end())
		return error;
	const Section &section = *it;
	Place place = section.place;
	for (const Section::Value &v : section.values)
		if (v.key == error.key)
			place = error.subject == Subject::key ? v.key_place : v.value_place;
	if (error.key == "state")
		place = section.state_place;
	if (error.key == "port" && section.ports_place.line)
		place = section.ports_place;
	if (error.key == "interface" && section.interfaces_place.line)
		place = section.interfaces_place;
	for (const Section::PinValue &v : section.pins)
		if (error.key == kind_of(v.pin).add && error.typed == v.typed)
			place = v.place;
	Error located = config_error(config, place, std::move(error.text), std::move(error.hint));
	located.code = error.code;
	located.sys = error.sys;
	return located;
}

Change change_to(const Section &section)
{
	Change change;

	change.protocol = section.protocol;
	change.replace = true;
	change.state = section.state;
	change.ports = section.ports;
	change.interfaces = section.interfaces;
	for (const Section::Value &v : section.values)
		change.values.push_back({ v.key, v.value, v.typed });
	for (const Section::PinValue &v : section.pins)
		change.pins.push_back({ kind_of(v.pin).add, v.pin, false, v.typed });
	return change;
}

Change change_between(const Protocol &now, const Section &section)
{
	Change change;
	auto wanted = [&](const Pin &pin) {
		return std::any_of(section.pins.begin(), section.pins.end(),
				   [&](const Section::PinValue &v) { return v.pin == pin; });
	};

	change.protocol = section.protocol;
	if (now.state != std::uint32_t(section.state))
		change.state = section.state;
	auto ports = wanted_ports(now, section);
	if (!std::equal(ports.begin(), ports.end(), now.ports.begin(), now.ports.end()))
		change.ports.assign(ports.begin(), ports.end());
	const std::vector<std::string> interfaces = section.interfaces.value_or(std::vector<std::string>());
	if (interfaces != now.interfaces)
		change.interfaces = interfaces;
	for (const Setting &s : now.settings) {
		auto it = std::find_if(section.values.begin(), section.values.end(),
				       [&](const Section::Value &v) { return v.key == s.name; });
		bool given = it != section.values.end();
		std::uint32_t value = given ? it->value : s.initial;
		if (value != s.value)
			change.values.push_back({ s.name, value, given ? it->typed : "" });
	}
	// There is room for new pins when the old have gone.
	for (const Pin &pin : now.pins)
		if (!wanted(pin))
			change.pins.push_back({ kind_of(pin).remove, pin, true, {} });
	for (const Section::PinValue &v : section.pins)
		if (!has_pin(now, v.pin))
			change.pins.push_back({ kind_of(v.pin).add, v.pin, false, v.typed });
	return change;
}

bool is_empty(const Change &change)
{
	return !change.state && change.ports.empty() && !change.interfaces &&
	       change.values.empty() && change.pins.empty();
}

std::string config_text(std::span<const Protocol> protocols)
{
	std::string text = "# Written by passthroughctl save; what is left out has its default.\n";

	for (const Protocol &p : protocols) {
		text += "\n[" + p.name + "]\nstate = " + std::string(name_of(p.state, state_names)) + "\n";
		if (!p.ports.empty())
			text += "port = " + format_ports(p.ports) + "\n";
		if (!p.interfaces.empty())
			text += "interface = " + format_interfaces(p.interfaces) + "\n";
		for (const Setting &s : p.settings)
			if (s.value != s.initial)
				text += s.name + " = " + exact_value(s.value, s.unit) + "\n";
		// The kernel has them in no order.
		std::vector<Pin> pins = p.pins;
		std::sort(pins.begin(), pins.end(), [](const Pin &a, const Pin &b) {
			auto key = [](const Pin &pin) {
				return std::tuple(pin.kind, ntohl(pin.host.be), ntohl(pin.server.be));
			};
			return key(a) < key(b);
		});
		for (const Pin &pin : pins)
			if (pin.kind < std::size(pin_kinds))
				text += std::string(kind_of(pin).add) + " = " +
					format_pin(pin).substr(kind_of(pin).add.size() + 1) + "\n";
	}
	return text;
}
