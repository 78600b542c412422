// SPDX-License-Identifier: GPL-2.0
//
// The rules that there are, read with the firewall's own programs.
#include <algorithm>

#include "process.hpp"
#include "rules_check.hpp"
#include "system.hpp"

namespace {

constexpr unsigned patience = 20;

// The rules as iptables-save shows them instead of nft.
void read_legacy(Ruleset &rules, Findings &findings, const char *save, std::string_view program)
{
	const char *argv[] = { save, nullptr };
	auto text = output_of(argv, patience);

	if (!text) {
		rules.partial = true;
		findings.push_back({ "rules", Level::warning,
				     text.error().text + ": rules of " + std::string(program) +
					     " could not be looked at" });
		return;
	}
	std::erase_if(rules.chains, [&](const Chain &c) {
		static constexpr std::string_view tables[] = { "filter", "nat", "mangle", "raw",
							       "security" };
		return program == "iptables-nft" && c.family == "ip" &&
		       std::find(std::begin(tables), std::end(tables), c.table) != std::end(tables);
	});
	read_iptables(rules, *text, program);
}

} // namespace

Ruleset read_rules(Findings &findings)
{
	static constexpr const char *argv[] = { "nft", "-j", "list", "ruleset", nullptr };
	Ruleset rules;

	auto text = output_of(argv, patience);
	std::optional<Ruleset> read;
	if (text)
		read = read_nft(*text);
	if (read) {
		rules = std::move(*read);
	} else {
		rules.partial = true;
		std::string why = text ? "nft -j: this is not JSON: is nft built with it?" :
			text.error().code == Exit::no_module ? "nft is not installed" :
							       text.error().text;
		findings.push_back({ "rules", Level::warning,
				     why + ": nftables' rules could not be looked at" });
	}
	if (rules.hidden)
		read_legacy(rules, findings, "iptables-nft-save", "iptables-nft");
	if (auto names = read_file("/proc/net/ip_tables_names"); names && !names->empty())
		read_legacy(rules, findings, "iptables-legacy-save", "iptables-legacy");
	return rules;
}
