// SPDX-License-Identifier: GPL-2.0
//
// What `nft -j list ruleset` prints, see libnftables-json(5).
#include <algorithm>
#include <memory>

#include <jansson.h>

#include "rules.hpp"
#include "words.hpp"

namespace {

using Field = Condition::Field;
using Action = Rule::Action;

struct Release {
	void operator()(json_t *value) const { json_decref(value); }
};

std::string text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

// What a set or a ct helper is called, unique within the ruleset.
struct Named {
	std::string family;
	std::string table;
	std::string name;
	const json_t *value;
};

class Reader {
public:
	explicit Reader(const json_t *items) : items_(items) {}

	Ruleset read()
	{
		std::size_t i;
		json_t *item;

		json_array_foreach(items_, i, item) {
			if (json_t *set = json_object_get(item, "set"))
				remember(sets_, set);
			if (json_t *map = json_object_get(item, "map"))
				remember(sets_, map);
			if (json_t *helper = json_object_get(item, "ct helper"))
				remember(helpers_, helper);
			if (json_t *chain = json_object_get(item, "chain"))
				add_chain(chain);
		}
		json_array_foreach(items_, i, item)
			if (json_t *rule = json_object_get(item, "rule"))
				add_rule(rule);
		return std::move(rules_);
	}

private:
	static void remember(std::vector<Named> &all, const json_t *object)
	{
		all.push_back({ text_at(object, "family"), text_at(object, "table"),
				text_at(object, "name"), object });
	}

	static const json_t *recall(const std::vector<Named> &all, const Chain &chain,
				    std::string_view name)
	{
		for (const Named &n : all)
			if (n.family == chain.family && n.table == chain.table && n.name == name)
				return n.value;
		return nullptr;
	}

	void add_chain(const json_t *object)
	{
		Chain chain{ text_at(object, "family"), text_at(object, "table"),
			     text_at(object, "name") };

		chain.hook = text_at(object, "hook");
		chain.type = text_at(object, "type");
		chain.drops = text_at(object, "policy") == "drop";
		// Of others no IPv4 packet that is forwarded takes notice.
		if (chain.family == "ip" || chain.family == "inet")
			rules_.chains.push_back(std::move(chain));
	}

	void add_rule(const json_t *object)
	{
		Chain wanted{ text_at(object, "family"), text_at(object, "table"), "" };
		std::string name = text_at(object, "chain");
		Chain *chain = nullptr;

		for (Chain &c : rules_.chains)
			if (c.family == wanted.family && c.table == wanted.table &&
			    c.name == name)
				chain = &c;
		if (!chain)
			return;

		std::string handle = std::to_string(
			json_integer_value(json_object_get(object, "handle")));
		Rule rule;
		rule.text = chain->title() + ", handle " + handle;
		rule.remove = "nft delete rule " + chain->family + " " + chain->table + " " +
			      chain->name + " handle " + handle;
		std::size_t i;
		json_t *statement;
		json_array_foreach(json_object_get(object, "expr"), i, statement)
			add_statement(*chain, rule, statement);
	}

	// A statement ends the rule or adds a condition to those that follow.
	void add_statement(Chain &chain, Rule &rule, json_t *statement)
	{
		static constexpr struct {
			const char *key;
			Action action;
		} verdicts[] = {
			{ "accept", Action::accept },	 { "drop", Action::drop },
			{ "reject", Action::drop },	 { "return", Action::back },
			{ "queue", Action::elsewhere },	 { "notrack", Action::notrack },
			{ "masquerade", Action::translate }, { "snat", Action::translate },
		};
		static constexpr std::string_view neutral[] = {
			"counter", "log", "mangle", "ct timeout", "ct expectation", "continue",
		};
		const char *key = json_object_iter_key(json_object_iter(statement));
		if (!key)
			return;
		json_t *value = json_object_get(statement, key);
		std::string_view word = key;

		if (word == "match") {
			add_match(chain, rule, value);
			return;
		}
		if (word == "xt") {
			add_foreign(chain, rule, value);
			return;
		}
		if (word == "vmap") {
			add_map(chain, rule, value);
			return;
		}
		Rule done = rule;
		if (word == "jump" || word == "goto") {
			done.action = word == "jump" ? Action::jump : Action::go_to;
			done.target = text_at(value, "target");
		} else if (word == "ct helper") {
			done.action = Action::helper;
			const char *name = json_string_value(value);
			const json_t *helper = name ? recall(helpers_, chain, name) : nullptr;
			done.target = helper ? text_at(helper, "type") : name ? name : "";
		} else if (word == "flow") {
			done.action = Action::offload;
			done.target = text_at(value, "flowtable");
		} else {
			for (const auto &v : verdicts)
				if (word == v.key)
					done.action = v.action;
		}
		if (done.action != Action::none)
			chain.rules.push_back(std::move(done));
		else if (std::find(std::begin(neutral), std::end(neutral), word) ==
			 std::end(neutral))
			// Such as a limit: it may let packets by.
			rule.conditions.push_back({});
	}

	// What iptables-nft put there, and nft cannot read.
	void add_foreign(Chain &chain, Rule &rule, const json_t *value)
	{
		std::string name = text_at(value, "name");

		rules_.hidden = true;
		if (text_at(value, "type") != "target") {
			rule.conditions.push_back({});
			return;
		}
		Rule done = rule;
		if (name == "REJECT")
			done.action = Action::drop;
		else if (name == "MASQUERADE" || name == "SNAT")
			done.action = Action::translate;
		if (done.action != Action::none)
			chain.rules.push_back(std::move(done));
	}

	// Each element of a verdict map is a rule.
	void add_map(Chain &chain, const Rule &rule, const json_t *map)
	{
		const json_t *elements = json_object_get(map, "data");
		std::size_t i;
		json_t *pair;

		if (const char *name = json_string_value(elements)) {
			const json_t *set = *name ? recall(sets_, chain, name + 1) : nullptr;
			elements = json_object_get(set, "elem");
		} else {
			elements = json_object_get(elements, "set");
		}
		json_array_foreach(elements, i, pair) {
			Rule one = rule;
			Condition c;
			c.field = field_of(json_object_get(map, "key"), one);
			add_value(chain, c, json_array_get(pair, 0));
			one.conditions.push_back(std::move(c));
			add_statement(chain, one, json_array_get(pair, 1));
		}
	}

	// What the left side of a match is; what asks for a protocol's port asks
	// for the protocol, too.
	static Field field_of(const json_t *left, Rule &rule)
	{
		if (const json_t *payload = json_object_get(left, "payload")) {
			std::string protocol = text_at(payload, "protocol");
			std::string field = text_at(payload, "field");
			if (protocol == "ip6")
				return Field::never;
			if (protocol == "ip" && field == "protocol")
				return Field::protocol;
			if (auto number = protocol_number(protocol)) {
				rule.conditions.push_back(
					{ Field::protocol, false, { { *number, *number } } });
				if (field == "sport")
					return Field::sport;
				if (field == "dport")
					return Field::dport;
			} else if (protocol == "th" && field == "sport") {
				return Field::sport;
			} else if (protocol == "th" && field == "dport") {
				return Field::dport;
			} else if (protocol != "ip" && protocol != "th") {
				// Of a protocol that the packet is not.
				return Field::never;
			}
			return Field::opaque;
		}
		if (const json_t *meta = json_object_get(left, "meta")) {
			std::string key = text_at(meta, "key");
			if (key == "l4proto")
				return Field::protocol;
			if (key == "iifname" || key == "iif")
				return Field::in;
			if (key == "oifname" || key == "oif")
				return Field::out;
			if (key == "nfproto")
				return Field::always;
		}
		if (const json_t *ct = json_object_get(left, "ct"))
			if (text_at(ct, "key") == "state")
				return Field::state;
		return Field::opaque;
	}

	void add_match(const Chain &chain, Rule &rule, const json_t *match)
	{
		std::string op = text_at(match, "op");
		const json_t *right = json_object_get(match, "right");
		Condition c;

		c.field = field_of(json_object_get(match, "left"), rule);
		c.negated = op == "!=";
		if (c.field == Field::always) {
			const char *family = json_string_value(right);
			if (!family || std::string_view(family) != "ipv4")
				c.field = Field::never;
		} else if (c.field == Field::never) {
			c.negated = false;
		} else if (c.field != Field::opaque && !add_value(chain, c, right)) {
			c.field = Field::opaque;
		}
		if (op == "<" || op == ">" || op == "<=" || op == ">=")
			bound(c, op);
		rule.conditions.push_back(std::move(c));
	}

	static void bound(Condition &c, std::string_view op)
	{
		if (c.numbers.size() != 1) {
			c.field = Field::opaque;
			return;
		}
		std::uint32_t n = c.numbers[0].low;
		if (op == "<")
			c.numbers[0] = n ? Condition::Range{ 0, n - 1 } : Condition::Range{ 1, 0 };
		else if (op == "<=")
			c.numbers[0] = { 0, n };
		else
			c.numbers[0] = { op == ">" ? n + 1 : n, UINT32_MAX };
	}

	// Adds what a condition takes; false if it is not known.
	bool add_value(const Chain &chain, Condition &c, const json_t *value)
	{
		std::size_t i;
		json_t *one;

		if (json_is_array(value)) {
			bool known = true;
			json_array_foreach(value, i, one)
				known = add_value(chain, c, one) && known;
			return known;
		}
		if (json_is_integer(value)) {
			auto n = static_cast<std::uint32_t>(json_integer_value(value));
			c.numbers.push_back({ n, n });
			return true;
		}
		if (const char *text = json_string_value(value)) {
			if (*text == '@') {
				const json_t *set = recall(sets_, chain, text + 1);
				const json_t *elements = json_object_get(set, "elem");
				// An empty set has no such key.
				return set && (!elements || add_value(chain, c, elements));
			}
			if (auto number = protocol_number(text); number && c.field == Field::protocol)
				c.numbers.push_back({ *number, *number });
			c.words.emplace_back(text);
			return true;
		}
		if (const json_t *set = json_object_get(value, "set"))
			return add_value(chain, c, set);
		if (const json_t *range = json_object_get(value, "range")) {
			c.numbers.push_back(
				{ static_cast<std::uint32_t>(
					  json_integer_value(json_array_get(range, 0))),
				  static_cast<std::uint32_t>(
					  json_integer_value(json_array_get(range, 1))) });
			return true;
		}
		if (const json_t *element = json_object_get(value, "elem"))
			return add_value(chain, c, json_object_get(element, "val"));
		return false;
	}

	const json_t *items_;
	Ruleset rules_;
	std::vector<Named> sets_;
	std::vector<Named> helpers_;
};

} // namespace

std::optional<Ruleset> read_nft(const std::string &text)
{
	json_error_t error;
	std::unique_ptr<json_t, Release> root(json_loadb(text.data(), text.size(), 0, &error));
	const json_t *items = json_object_get(root.get(), "nftables");

	if (!json_is_array(items))
		return {};
	return Reader(items).read();
}
