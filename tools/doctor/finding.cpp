// SPDX-License-Identifier: GPL-2.0
//
// Findings as text and as JSON.
#include "finding.hpp"

#include <algorithm>

namespace {

constexpr Colour colours[] = { Colour::good, Colour::warning, Colour::bad };
// The widest level, and a gap.
constexpr std::size_t level_width = 9;

std::string count(std::span<const Finding> findings, Level level, std::string_view one)
{
	auto n = std::count_if(findings.begin(), findings.end(),
			       [&](const Finding &f) { return f.level == level; });

	return std::to_string(n) + " " + std::string(one) + (n == 1 ? "" : "s");
}

} // namespace

Level worst(std::span<const Finding> findings)
{
	Level level = Level::ok;

	for (const Finding &f : findings)
		level = std::max(level, f.level);
	return level;
}

void print_findings(FILE *out, std::span<const Finding> findings)
{
	for (const Finding &f : findings) {
		auto at = static_cast<std::size_t>(f.level);
		std::string level = paint(level_names[at], colours[at]);

		level.append(level_width - 1 - level_names[at].size(), ' ');
		fputs(level.c_str(), out);
		print_wrapped(out, f.check + ": " + f.text, level_width, terminal_width(out),
			      level_width - 1);
		if (!f.command.empty())
			fprintf(out, "%*s%s\n", static_cast<int>(level_width), "",
				f.command.c_str());
	}
	fprintf(out, "%s, %s\n", count(findings, Level::problem, "problem").c_str(),
		count(findings, Level::warning, "warning").c_str());
}

void put_findings(Json &json, std::span<const Finding> findings)
{
	json.open("findings", '[');
	for (const Finding &f : findings) {
		json.open('{');
		json.put("check", f.check);
		json.put("level", level_names[static_cast<std::size_t>(f.level)]);
		json.put("text", f.text);
		json.key("command");
		if (f.command.empty())
			json.null();
		else
			json.value(f.command);
		json.close('}');
	}
	json.close(']');
	json.put("result", level_names[static_cast<std::size_t>(worst(findings))]);
}

void prefix_commands(std::span<Finding> findings, std::string_view netns)
{
	if (netns.empty())
		return;
	std::string prefix = netns[0] == '/' ? "nsenter --net=" : "ip netns exec ";
	prefix += netns;
	prefix += ' ';
	for (Finding &f : findings)
		if (!f.command.empty())
			f.command.insert(0, prefix);
}
