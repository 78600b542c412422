// SPDX-License-Identifier: GPL-2.0
//
// A protocol's state, settings and pins as people and programs want to see
// them, and what of that changed.
#include "protocol_view.hpp"

#include <algorithm>

void put_pin(Json &json, const Pin &pin)
{
	json.put("kind", kind_of(pin).name);
	json.put("host", format_address(pin.host));
	if (pin.server.be)
		json.put("server", format_address(pin.server));
}

void put_list(Json &json, std::string_view key, std::span<const std::uint16_t> numbers)
{
	json.open(key, '[');
	for (std::uint16_t number : numbers)
		json.value(std::uint32_t(number));
	json.close(']');
}

void put_list(Json &json, std::string_view key, std::span<const std::string> words)
{
	json.open(key, '[');
	for (const std::string &word : words)
		json.value(word);
	json.close(']');
}

void write_json(Json &json, const Protocol &p)
{
	json.open('{');
	json.put("name", p.name);
	json.put("title", p.title);
	json.put("state", name_of(p.state, state_names));
	json.put("loaded", p.loaded);
	put_list(json, "ports", p.ports);
	put_list(json, "interfaces", p.interfaces);
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

std::string format_pin(const Pin &pin)
{
	std::string text(kind_of(pin).add);

	text += ' ' + format_address(pin.host);
	if (pin.server.be)
		text += ' ' + format_address(pin.server);
	return text;
}

const Setting *find_setting(const Protocol &protocol, std::string_view name)
{
	for (const Setting &s : protocol.settings)
		if (s.name == name)
			return &s;
	return nullptr;
}

Protocol unloaded(std::string_view name)
{
	const KnownProtocol *known = find_known(name);
	Protocol p;

	p.name = name;
	p.title = known ? known->title : "";
	p.loaded = false;
	return p;
}

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
		sorted.push_back(unloaded(known.name));
	}
	for (Protocol &p : all)
		sorted.push_back(std::move(p));
	all = std::move(sorted);
}

bool has_pin(const Protocol &protocol, const Pin &pin)
{
	return std::find(protocol.pins.begin(), protocol.pins.end(), pin) != protocol.pins.end();
}

std::vector<Difference> differences(const Protocol &before, const Protocol &after)
{
	using Kind = Difference::Kind;
	std::vector<Difference> all;

	if (before.state != after.state)
		all.push_back({ .kind = Kind::state });
	if (before.loaded && before.ports != after.ports)
		all.push_back({ .kind = Kind::port });
	if (before.interfaces != after.interfaces)
		all.push_back({ .kind = Kind::interface });
	for (const Setting &s : after.settings) {
		const Setting *old = find_setting(before, s.name);
		std::uint32_t from = old ? old->value : s.initial;
		if (from != s.value)
			all.push_back({ .kind = Kind::setting, .setting = &s, .from = from });
	}
	for (const Pin &pin : before.pins)
		if (!has_pin(after, pin))
			all.push_back({ .kind = Kind::pin, .pin = &pin });
	for (const Pin &pin : after.pins)
		if (!has_pin(before, pin))
			all.push_back({ .kind = Kind::pin, .pin = &pin, .added = true });
	return all;
}

std::string format_difference(const Difference &d, const Protocol &before, const Protocol &after)
{
	auto arrow = [](std::string key, const std::string &from, const std::string &to) {
		return key + " " + from + " -> " + to;
	};

	switch (d.kind) {
	case Difference::Kind::state:
		return std::string(name_of(before.state, state_names)) + " -> " +
		       std::string(name_of(after.state, state_names));
	case Difference::Kind::port:
		return arrow("port", format_ports(before.ports), format_ports(after.ports));
	case Difference::Kind::interface:
		return arrow("interface", format_interfaces(before.interfaces),
			     format_interfaces(after.interfaces));
	case Difference::Kind::setting:
		return arrow(d.setting->name, human_value(d.from, d.setting->unit),
			     human_value(d.setting->value, d.setting->unit));
	case Difference::Kind::pin:
		break;
	}
	return format_pin(*d.pin) + (d.added ? " added" : " removed");
}

void write_json(Json &json, const Difference &d, const Protocol &before, const Protocol &after)
{
	json.open('{');
	json.put("protocol", after.name);
	switch (d.kind) {
	case Difference::Kind::state:
		json.put("key", "state");
		json.put("from", name_of(before.state, state_names));
		json.put("to", name_of(after.state, state_names));
		break;
	case Difference::Kind::port:
		put_list_change(json, "port", before.ports, after.ports);
		break;
	case Difference::Kind::interface:
		put_list_change(json, "interface", before.interfaces, after.interfaces);
		break;
	case Difference::Kind::setting:
		json.put("key", d.setting->name);
		json.put("from", d.from);
		json.put("to", d.setting->value);
		json.put("unit", d.setting->unit);
		break;
	case Difference::Kind::pin:
		json.put("key", kind_of(*d.pin).add);
		put_pin(json, *d.pin);
		json.put("from", !d.added);
		json.put("to", d.added);
		break;
	}
	json.close('}');
}
