// SPDX-License-Identifier: GPL-2.0
/*
 * passthrough.conf: any text is read or refused with the place; what is read can
 * be written and read again, and is the same.
 */
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "config.hpp"

namespace {

void check(bool ok)
{
	if (!ok)
		abort();
}

Setting setting(const char *name, std::uint32_t initial, std::uint32_t max, const char *unit)
{
	Setting s;

	s.name = name;
	s.value = s.initial = initial;
	s.max = max;
	s.unit = unit;
	return s;
}

/* What the kernel tells of the protocols that the files may name. */
const std::vector<Protocol> &protocols()
{
	static const std::vector<Protocol> all = [] {
		std::vector<Protocol> made(2);

		made[0].name = "pptp";
		made[0].ports = { 1723 };
		made[0].settings = { setting("max-sessions", 65536, 1 << 20, ""),
				     setting("gre-replied", 18000, 864000, "s") };
		made[1].name = "ipsec";
		made[1].ports = { 500, 4500 };
		made[1].settings = { setting("credit", 30, 600, "s") };
		return made;
	}();

	return all;
}

constexpr std::string_view names[] = { "pptp", "ipsec" };

/* The protocol, when the section has been applied to it. */
Protocol applied(Protocol p, const Section &section)
{
	p.state = std::uint32_t(section.state);
	if (!section.ports.empty())
		p.ports = section.ports;
	p.interfaces = section.interfaces.value_or(std::vector<std::string>());
	for (Setting &s : p.settings)
		for (const Section::Value &v : section.values)
			if (v.key == s.name)
				s.value = v.value;
	for (const Section::PinValue &v : section.pins)
		p.pins.push_back(v.pin);
	return p;
}

void check_refused(const Error &error, std::string_view text)
{
	const auto lines = std::count(text.begin(), text.end(), '\n') + 1;

	check(!error.text.empty());
	check(error.line >= 1 && error.line <= static_cast<std::uint32_t>(lines));
	check(error.column >= 1 && error.column <= text.size() + 1);
}

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const std::string text(reinterpret_cast<const char *>(data), size);
	auto config = parse_config("f", text, names);

	if (!config) {
		check_refused(config.error(), text);
		return 0;
	}
	for (const Section &section : config->sections) {
		const auto found = std::find_if(protocols().begin(), protocols().end(),
						[&](const Protocol &p) { return p.name == section.protocol; });

		check(found != protocols().end());
		if (Status fits = check_section(*config, section, *found); !fits) {
			check_refused(fits.error(), text);
			continue;
		}
		check(!is_empty(change_to(section)));

		const Protocol now = applied(*found, section);

		check(is_empty(change_between(now, section)));

		auto again = parse_config("f", config_text({ &now, 1 }), names);

		check(again && again->sections.size() == 1);
		check(bool(check_section(*again, again->sections[0], now)));
		check(is_empty(change_between(now, again->sections[0])));
	}
	return 0;
}
