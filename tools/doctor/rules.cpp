// SPDX-License-Identifier: GPL-2.0
//
// What rules do to a packet.
#include "rules.hpp"

#include <algorithm>
#include <map>

#include "words.hpp"

namespace {

bool interface_fits(std::string_view pattern, std::string_view name)
{
	if (!pattern.empty() && (pattern.back() == '*' || pattern.back() == '+'))
		return name.starts_with(pattern.substr(0, pattern.size() - 1));
	return pattern == name;
}

bool has_number(const Condition &c, std::uint32_t number)
{
	return std::any_of(c.numbers.begin(), c.numbers.end(), [&](const Condition::Range &r) {
		return r.low <= number && number <= r.high;
	});
}

Fit fit(const Condition &c, const Packet &p)
{
	using Field = Condition::Field;
	bool fits = false;

	switch (c.field) {
	case Field::opaque:
		return Fit::maybe;
	case Field::always:
		fits = true;
		break;
	case Field::never:
		break;
	case Field::protocol:
		fits = has_number(c, p.protocol);
		break;
	case Field::sport:
	case Field::dport:
		// A rule that asks for a port does not see what has none.
		if (!p.sport && !p.dport)
			return Fit::no;
		if (!(c.field == Field::sport ? p.sport : p.dport))
			return Fit::maybe;
		fits = has_number(c, c.field == Field::sport ? p.sport : p.dport);
		break;
	case Field::state:
		fits = std::find(c.words.begin(), c.words.end(), state_word(p.state)) !=
		       c.words.end();
		break;
	case Field::in:
	case Field::out: {
		const std::string &name = c.field == Field::in ? p.in : p.out;
		if (name.empty())
			return Fit::maybe;
		fits = std::any_of(c.words.begin(), c.words.end(), [&](const std::string &w) {
			return interface_fits(w, name);
		});
		break;
	}
	}
	return fits != c.negated ? Fit::yes : Fit::no;
}

class Walk {
public:
	Walk(const Ruleset &rules, const Packet &packet) : rules_(rules), packet_(packet) {}

	Fate through(const Chain &base)
	{
		if (!chain(base)) {
			if (base.drops)
				drop(nullptr, base);
			else
				fate_.accepted = true;
		}
		return fate_;
	}

private:
	void drop(const Rule *rule, const Chain &chain)
	{
		bool meant = rule && names(*rule, packet_);

		// One that means the packet tells more than what came before it.
		if (!fate_.dropped || (meant && !fate_.meant)) {
			fate_.rule = rule;
			fate_.chain = &chain;
			fate_.meant = meant;
		}
		fate_.dropped = true;
	}

	// Whether every such packet ends in the chain.  One that is jumped to again
	// does the same again; of a loop, which the kernel would refuse, it does not.
	bool chain(const Chain &c)
	{
		auto [known, fresh] = ends_.emplace(&c, false);

		if (fresh)
			known->second = walk(c);
		return known->second;
	}

	bool walk(const Chain &c)
	{
		using Action = Rule::Action;

		for (const Rule &rule : c.rules) {
			Fit fits = ::fit(rule, packet_);
			bool sure = fits == Fit::yes;

			if (fits == Fit::no)
				continue;
			switch (rule.action) {
			case Action::accept:
			case Action::elsewhere:
				fate_.accepted = true;
				if (sure)
					return true;
				break;
			case Action::drop:
				drop(&rule, c);
				if (sure)
					return true;
				break;
			case Action::jump:
			case Action::go_to: {
				const Chain *target = rules_.find(c, rule.target);
				bool ended = target && chain(*target);
				if (sure && (ended || rule.action == Action::go_to))
					return ended;
				break;
			}
			case Action::back:
				if (sure)
					return false;
				break;
			default:
				break;
			}
		}
		return false;
	}

	const Ruleset &rules_;
	const Packet &packet_;
	Fate fate_;
	// What chain() has found out.
	std::map<const Chain *, bool> ends_;
};

} // namespace

std::string Chain::title() const
{
	if (program == "nft")
		return "chain " + family + " " + table + " " + name;
	return program + "'s chain " + table + " " + name;
}

const Chain *Ruleset::find(const Chain &from, std::string_view name) const
{
	for (const Chain &c : chains)
		if (c.program == from.program && c.family == from.family &&
		    c.table == from.table && c.name == name)
			return &c;
	return nullptr;
}

Fit fit(const Rule &rule, const Packet &packet)
{
	Fit least = Fit::yes;

	for (const Condition &c : rule.conditions)
		least = std::min(least, fit(c, packet));
	return least;
}

bool names(const Rule &rule, const Packet &packet)
{
	using Field = Condition::Field;

	return std::any_of(rule.conditions.begin(), rule.conditions.end(), [&](const Condition &c) {
		std::uint32_t number = 0;
		if (c.field == Field::sport)
			number = packet.sport;
		else if (c.field == Field::dport)
			number = packet.dport;
		else if (c.field == Field::protocol && !packet.sport && !packet.dport)
			number = packet.protocol;
		return number && !c.negated &&
		       std::any_of(c.numbers.begin(), c.numbers.end(), [&](const Condition::Range &r) {
			       return r.low == number && r.high == number;
		       });
	});
}

Fate fate(const Ruleset &rules, const Chain &chain, const Packet &packet)
{
	return Walk(rules, packet).through(chain);
}

std::string accept_command(const Chain &chain, const Packet &packet)
{
	bool fresh = packet.state == Packet::State::fresh;
	std::string port = std::to_string(packet.dport);

	if (chain.program != "nft") {
		std::string command = chain.program + " -t " + chain.table + " -I " + chain.name;
		if (!fresh)
			return command + " -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT";
		command += " -p " + protocol_word(packet.protocol);
		if (packet.dport)
			command += " --dport " + port;
		return command + " -j ACCEPT";
	}
	std::string command = "nft 'insert rule " + chain.family + " " + chain.table + " " +
			      chain.name;
	if (!fresh)
		return command + " ct state established,related accept'";
	if (packet.dport)
		return command + " " + protocol_word(packet.protocol) + " dport " + port +
		       " accept'";
	return command + " meta l4proto " + protocol_word(packet.protocol) + " accept'";
}
