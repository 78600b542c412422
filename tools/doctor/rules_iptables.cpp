// SPDX-License-Identifier: GPL-2.0
//
// What iptables-save prints, see iptables-save(8).
#include <cctype>

#include "args.hpp"
#include "rules.hpp"
#include "words.hpp"

namespace {

using Field = Condition::Field;
using Action = Rule::Action;

// The words of a line; quotes keep spaces.
std::vector<std::string> split(std::string_view line)
{
	std::vector<std::string> words;
	bool quoted = false, inside = false;

	for (std::size_t i = 0; i < line.size(); i++) {
		char c = line[i];
		if (c == '"') {
			quoted = !quoted;
			if (!inside)
				words.emplace_back();
			inside = true;
			continue;
		}
		if (c == '\\' && quoted && i + 1 < line.size())
			c = line[++i];
		else if (c == ' ' && !quoted) {
			inside = false;
			continue;
		}
		if (!inside)
			words.emplace_back();
		inside = true;
		words.back() += c;
	}
	return words;
}

// "500,4500:4510".
std::vector<Condition::Range> ports(std::string_view list)
{
	std::vector<Condition::Range> ranges;

	while (!list.empty()) {
		std::string_view one = list.substr(0, list.find(','));
		list.remove_prefix(std::min(one.size() + 1, list.size()));
		std::size_t colon = one.find(':');
		auto low = parse_decimal(one.substr(0, colon), 65535);
		auto high = colon == one.npos ? low : parse_decimal(one.substr(colon + 1), 65535);
		if (low && high)
			ranges.push_back({ *low, *high });
	}
	return ranges;
}

// "RELATED,ESTABLISHED", in small letters.
std::vector<std::string> states(std::string_view list)
{
	std::vector<std::string> words(1);

	for (char c : list) {
		if (c == ',')
			words.emplace_back();
		else
			words.back() += static_cast<char>(tolower(c));
	}
	return words;
}

Condition protocol_condition(std::string_view word)
{
	auto number = protocol_number(word);

	if (!number)
		if (auto decimal = parse_decimal(word, 255))
			number = static_cast<std::uint8_t>(*decimal);
	if (word == "all" || (number && !*number))
		return { Field::always };
	if (!number)
		return { Field::protocol };
	return { Field::protocol, false, { { *number, *number } } };
}

void set_target(Rule &rule, const std::string &target, bool go)
{
	static constexpr struct {
		std::string_view name;
		Action action;
	} targets[] = {
		{ "ACCEPT", Action::accept },	     { "DROP", Action::drop },
		{ "REJECT", Action::drop },	     { "RETURN", Action::back },
		{ "NFQUEUE", Action::elsewhere },    { "QUEUE", Action::elsewhere },
		{ "MASQUERADE", Action::translate }, { "SNAT", Action::translate },
		{ "NOTRACK", Action::notrack },	     { "FLOWOFFLOAD", Action::offload },
	};

	for (const auto &t : targets)
		if (t.name == target) {
			rule.action = t.action;
			return;
		}
	// Of what there is no chain, the walk does not find one.
	rule.action = go ? Action::go_to : Action::jump;
	rule.target = target;
}

Rule read_rule(const std::vector<std::string> &words)
{
	Rule rule;
	bool negated = false;

	for (std::size_t i = 2; i < words.size(); i++) {
		const std::string &word = words[i];
		const std::string value = i + 1 < words.size() ? words[i + 1] : "";
		Condition c;

		if (word == "!") {
			negated = true;
			continue;
		}
		c.negated = negated;
		negated = false;
		if (word == "-p") {
			bool not_this = c.negated;
			c = protocol_condition(value);
			c.negated = not_this;
		} else if (word == "-i" || word == "-o") {
			c.field = word == "-i" ? Field::in : Field::out;
			c.words = { value };
		} else if (word == "--dport" || word == "--dports") {
			c.field = Field::dport;
			c.numbers = ports(value);
		} else if (word == "--sport" || word == "--sports") {
			c.field = Field::sport;
			c.numbers = ports(value);
		} else if (word == "--ctstate" || word == "--state") {
			c.field = Field::state;
			c.words = states(value);
		} else if (word == "-m" || word == "--comment") {
			// What the match asks for follows.
			i++;
			continue;
		} else if (word == "-j" || word == "-g") {
			set_target(rule, value, word == "-g");
			// The rest are its options.
			for (i += 2; i < words.size(); i++) {
				if (rule.target != "CT")
					continue;
				if (words[i] == "--notrack")
					rule.action = Action::notrack;
				if (words[i] == "--helper" && i + 1 < words.size()) {
					rule.action = Action::helper;
					rule.target = words[i + 1];
				}
			}
			break;
		}
		// An option that is not known takes its values along.
		while (i + 1 < words.size() && words[i + 1][0] != '-' && words[i + 1] != "!")
			i++;
		rule.conditions.push_back(std::move(c));
	}
	return rule;
}

std::string hook_of(std::string_view chain)
{
	static constexpr std::string_view hooks[] = {
		"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING",
	};
	std::string hook;

	for (std::string_view h : hooks)
		if (h == chain)
			for (char c : h)
				hook += static_cast<char>(tolower(c));
	return hook;
}

} // namespace

void read_iptables(Ruleset &rules, std::string_view text, std::string_view program)
{
	std::string table;

	while (!text.empty()) {
		std::string_view line = text.substr(0, text.find('\n'));
		text.remove_prefix(std::min(line.size() + 1, text.size()));
		auto words = split(line);

		if (line.starts_with('*')) {
			table = line.substr(1);
		} else if (line.starts_with(':') && words.size() >= 2) {
			Chain chain{ "ip", table, words[0].substr(1) };
			chain.hook = hook_of(chain.name);
			chain.type = table == "nat" ? "nat" : "filter";
			chain.drops = words[1] == "DROP";
			chain.program = program;
			rules.chains.push_back(std::move(chain));
		} else if (line.starts_with("-A ") && words.size() >= 2) {
			for (Chain &c : rules.chains) {
				if (c.program != program || c.table != table || c.name != words[1])
					continue;
				Rule rule = read_rule(words);
				std::string spec(line.substr(3));
				rule.text = std::string(program) + " -t " + table + " -A " + spec;
				rule.remove = std::string(program) + " -t " + table + " -D " + spec;
				c.rules.push_back(std::move(rule));
				break;
			}
		}
	}
}
