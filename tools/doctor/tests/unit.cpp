// SPDX-License-Identifier: GPL-2.0
//
// What doctor makes of rules, of the modules' answers and of the router's
// settings, given as data.
#include <gtest/gtest.h>

#include "protocols.hpp"
#include "rules_check.hpp"
#include "system.hpp"

namespace {

Protocol protocol(const char *name, std::vector<std::uint16_t> ports)
{
	Protocol p;

	p.name = name;
	p.ports = std::move(ports);
	p.state = static_cast<std::uint32_t>(State::enabled);
	return p;
}

const std::vector<Protocol> all = {
	protocol("pptp", { 1723 }),
	protocol("ipsec", { 500, 4500 }),
	protocol("l2tp", { 1701 }),
};

const Interfaces home = { { "lan" }, { "wan" }, true };

// A chain as nft shows it; rules are statements, one string each.
std::string chain(const char *name, const char *hook, const char *policy,
		  std::initializer_list<const char *> rules, const char *type = "filter")
{
	std::string text = std::string(R"({"chain":{"family":"inet","table":"t","name":")") + name + "\"";
	int handle = 1;

	if (*hook)
		text += std::string(R"(,"type":")") + type + R"(","hook":")" + hook +
			R"(","prio":0,"policy":")" + policy + "\"";
	text += "}}";
	for (const char *rule : rules)
		text += std::string(R"(,{"rule":{"family":"inet","table":"t","chain":")") + name +
			R"(","handle":)" + std::to_string(handle++) + ",\"expr\":[" + rule + "]}}";
	return text;
}

Ruleset nft(const std::string &items)
{
	auto rules = read_nft("{\"nftables\":[{\"metainfo\":{}}," + items + "]}");

	EXPECT_TRUE(rules);
	return rules ? *rules : Ruleset{};
}

Ruleset iptables(const char *text)
{
	Ruleset rules;

	read_iptables(rules, text, "iptables-legacy");
	return rules;
}

// "pptp-rules problem; ..." of what is not ok, without those about translation.
std::string bad(const Ruleset &rules, const Interfaces &interfaces = home)
{
	std::string text;

	for (const Finding &f : check_rules(rules, all, interfaces))
		if (f.level != Level::ok && f.check != "nat")
			text += f.check + " " + std::string(level_names[std::size_t(f.level)]) + ": " +
				f.command + "\n";
	return text;
}

std::string forward(const char *policy, std::initializer_list<const char *> rules)
{
	return bad(nft(chain("forward", "forward", policy, rules)));
}

#define EXPR_DROP R"({"drop":null})"
#define EXPR_ACCEPT R"({"accept":null})"
#define MATCH(left, right) R"({"match":{"op":"==","left":)" left R"(,"right":)" right "}}"
#define PROTO(right) MATCH(R"({"payload":{"protocol":"ip","field":"protocol"}})", right)
#define DPORT(proto, right) MATCH(R"({"payload":{"protocol":")" proto R"(","field":"dport"}})", right)
#define STATE(right) MATCH(R"({"ct":{"key":"state"}})", right)
#define IIF(name) MATCH(R"({"meta":{"key":"iifname"}})", "\"" name "\"")
#define OIF(name) MATCH(R"({"meta":{"key":"oifname"}})", "\"" name "\"")
#define ESTABLISHED STATE(R"({"set":["established","related"]})") "," EXPR_ACCEPT
#define OUT IIF("lan") "," OIF("wan") "," EXPR_ACCEPT

TEST(Nft, NotJson)
{
	EXPECT_FALSE(read_nft(""));
	EXPECT_FALSE(read_nft("table ip x {"));
	EXPECT_FALSE(read_nft("[]"));
	EXPECT_TRUE(read_nft(R"({"nftables":[]})"));
	EXPECT_TRUE(read_nft(R"({"nftables":[{"rule":3},{"chain":null},{"rule":{"expr":[5]}}]})"));
}

TEST(Forward, NothingDrops)
{
	EXPECT_EQ(bad({}), "");
	EXPECT_EQ(forward("accept", {}), "");
	EXPECT_EQ(forward("drop", { ESTABLISHED, OUT }), "");
	EXPECT_EQ(forward("drop", { EXPR_ACCEPT, PROTO("\"gre\"") "," EXPR_DROP }), "");
	// Others' protocols, other ports, IPv6, another address family.
	EXPECT_EQ(forward("accept", { PROTO("\"icmp\"") "," EXPR_DROP }), "");
	EXPECT_EQ(forward("accept", { PROTO("\"ah\"") "," EXPR_DROP }), "");
	EXPECT_EQ(forward("accept", { DPORT("udp", "53") "," EXPR_DROP }), "");
	EXPECT_EQ(forward("accept", { DPORT("tcp", "500") "," EXPR_DROP }), "");
	EXPECT_EQ(forward("accept", { MATCH(R"({"meta":{"key":"nfproto"}})", "\"ipv6\"") "," EXPR_DROP }),
		  "");
	EXPECT_EQ(forward("accept", { STATE("\"invalid\"") "," EXPR_DROP }), "");
	// What comes in unasked is no matter of passthrough.
	EXPECT_EQ(forward("accept", { ESTABLISHED, IIF("wan") "," EXPR_DROP }), "");
}

TEST(Forward, RulesThatDrop)
{
	EXPECT_EQ(forward("accept", { PROTO("\"gre\"") "," EXPR_DROP }),
		  "pptp-rules problem: nft delete rule inet t forward handle 1\n");
	EXPECT_EQ(forward("accept", { PROTO("47") "," EXPR_DROP }),
		  "pptp-rules problem: nft delete rule inet t forward handle 1\n");
	EXPECT_EQ(forward("accept", { ESTABLISHED, PROTO(R"({"set":["esp","l2tp"]})") "," EXPR_DROP }),
		  "ipsec-rules problem: nft delete rule inet t forward handle 2\n"
		  "l2tp-rules problem: nft delete rule inet t forward handle 2\n");
	EXPECT_EQ(forward("accept", { DPORT("udp", R"({"set":[500,4500]})") R"(,{"reject":null})" }),
		  "ipsec-rules problem: nft delete rule inet t forward handle 1\n");
	EXPECT_EQ(forward("accept", { DPORT("th", "1723") R"(,{"counter":null},{"log":null},)" EXPR_DROP }),
		  "pptp-rules problem: nft delete rule inet t forward handle 1\n");
	// A range means more than us: what is ours is let in before it.
	EXPECT_EQ(forward("accept", { DPORT("udp", R"({"range":[1000,2000]})") "," EXPR_DROP }),
		  "l2tp-rules problem: nft 'insert rule inet t forward udp dport 1701 accept'\n");
	EXPECT_EQ(forward("accept",
			  { R"({"vmap":{"key":{"payload":{"protocol":"udp","field":"dport"}},)"
			    R"("data":{"set":[[1701,{"drop":null}],[53,{"accept":null}]]}}})" }),
		  "l2tp-rules problem: nft delete rule inet t forward handle 1\n");
}

TEST(Forward, WhatCannotBeKnown)
{
	constexpr const char *host = R"({"match":{"op":"==","left":{"payload":)"
		R"({"protocol":"ip","field":"saddr"}},"right":"10.0.0.5"}},)";

	EXPECT_EQ(forward("accept", { (host + std::string(DPORT("udp", "1701") "," EXPR_DROP)).c_str() }),
		  "l2tp-rules warning: nft delete rule inet t forward handle 1\n");
	EXPECT_EQ(forward("accept", { (host + std::string(EXPR_DROP)).c_str() }), "");
	EXPECT_EQ(forward("accept",
			  { PROTO("\"gre\"") R"(,{"limit":{"rate":5,"per":"second"}},)" EXPR_DROP }),
		  "pptp-rules warning: nft delete rule inet t forward handle 1\n");
	// It may be accepted before.
	EXPECT_EQ(forward("drop", { ESTABLISHED, (host + std::string(EXPR_ACCEPT)).c_str() }), "");
}

TEST(Forward, Policy)
{
	std::string text = forward("drop", { ESTABLISHED });

	EXPECT_NE(text.find("nft 'insert rule inet t forward tcp dport 1723 accept'"), text.npos);
	EXPECT_NE(text.find("nft 'insert rule inet t forward udp dport 500 accept'"), text.npos);
	EXPECT_NE(text.find("nft 'insert rule inet t forward meta l4proto esp accept'"), text.npos);
	EXPECT_NE(text.find("nft 'insert rule inet t forward meta l4proto 115 accept'"), text.npos);
	EXPECT_EQ(text.find("gre"), text.npos);
	text = forward("drop", { OUT });
	EXPECT_NE(text.find("pptp-rules problem: nft 'insert rule inet t forward ct state "
			    "established,related accept'"),
		  text.npos);
	EXPECT_EQ(text.find("dport"), text.npos);
}

TEST(Forward, Ways)
{
	// Between other interfaces, or the other way, it does not help.
	EXPECT_NE(forward("drop", { ESTABLISHED, IIF("wan") "," OIF("lan") "," EXPR_ACCEPT }), "");
	EXPECT_EQ(forward("drop", { ESTABLISHED, IIF("l*") "," EXPR_ACCEPT }), "");
	// One network inside that may is enough.
	Interfaces two = { { "guests", "lan" }, { "wan" }, true };
	EXPECT_EQ(bad(nft(chain("forward", "forward", "drop", { ESTABLISHED, OUT })), two), "");
	// Interfaces that are not known may be those of the rule.
	EXPECT_EQ(bad(nft(chain("forward", "forward", "drop", { ESTABLISHED, OUT })), {}), "");
}

TEST(Forward, OtherChains)
{
	std::string sub = chain("sub", "", "", { DPORT("udp", "\"@ports\"") "," EXPR_DROP, R"({"return":null})",
						  EXPR_DROP });
	std::string set = R"({"set":{"family":"inet","table":"t","name":"ports","elem":[500,{"range":[1,9]}]}},)";
	auto with = [&](const char *rule) {
		return bad(nft(set + sub + "," + chain("forward", "forward", "accept", { rule })));
	};

	EXPECT_EQ(with(R"({"jump":{"target":"sub"}})"),
		  "ipsec-rules problem: nft delete rule inet t sub handle 1\n");
	EXPECT_EQ(with(R"({"goto":{"target":"sub"}})"),
		  "ipsec-rules problem: nft delete rule inet t sub handle 1\n");
	EXPECT_EQ(with(R"({"jump":{"target":"none"}})"), "");
	EXPECT_EQ(bad(nft(chain("forward", "input", "drop", {}))), "");
	EXPECT_EQ(bad(nft(chain("nat", "postrouting", "drop", {}, "nat"))), "");
	EXPECT_NE(bad(nft(chain("early", "prerouting", "drop", {}))), "");
	// A loop, which the kernel would refuse, ends.
	EXPECT_EQ(bad(nft(chain("forward", "forward", "accept", { R"({"jump":{"target":"forward"}})" }))),
		  "");
}

TEST(Forward, ManyWaysToTheSameChain)
{
	std::string rules = chain("forward", "forward", "accept", { R"({"jump":{"target":"c1"}})" });

	for (unsigned n = 1; n < 100; n++) {
		const std::string jump = R"({"jump":{"target":"c)" + std::to_string(n + 1) + "\"}}";

		rules += "," + chain(("c" + std::to_string(n)).c_str(), "", "", { jump.c_str(), jump.c_str() });
	}
	EXPECT_EQ(bad(nft(rules)), "");
	EXPECT_EQ(bad(nft(rules + "," + chain("c100", "", "", { DPORT("udp", "500") "," EXPR_DROP }))),
		  "ipsec-rules problem: nft delete rule inet t c100 handle 1\n");
}

TEST(Aside, NotrackAndHelper)
{
	EXPECT_EQ(bad(nft(chain("raw", "prerouting", "accept",
				{ DPORT("udp", "4500") R"(,{"notrack":null})" }))),
		  "ipsec-notrack problem: nft delete rule inet t raw handle 1\n");
	EXPECT_EQ(bad(nft(R"({"ct helper":{"family":"inet","table":"t","name":"h","type":"pptp"}},)" +
			  chain("pre", "prerouting", "accept",
				{ DPORT("tcp", "1723") R"(,{"ct helper":"h"})" }))),
		  "pptp-helper warning: nft delete rule inet t pre handle 1\n");
	EXPECT_EQ(bad(nft(chain("pre", "prerouting", "accept",
				{ DPORT("tcp", "21") R"(,{"ct helper":"ftp"})" }))),
		  "");
}

TEST(Translation, IsThereOrMissing)
{
	auto level = [](const Ruleset &rules, const Interfaces &interfaces) {
		for (const Finding &f : check_rules(rules, all, interfaces))
			if (f.check == "nat")
				return std::string(level_names[std::size_t(f.level)]) + " " + f.command;
		return std::string("none");
	};
	Ruleset good = nft(chain("post", "postrouting", "accept", { OIF("wan") R"(,{"masquerade":null})" },
				 "nat"));
	Ruleset other = nft(chain("post", "postrouting", "accept", { OIF("lan") R"(,{"snat":{}})" }, "nat"));

	EXPECT_EQ(level(good, home), "ok ");
	EXPECT_EQ(level(other, home),
		  "warning nft 'add rule inet t post oifname \"wan\" masquerade'");
	EXPECT_EQ(level({}, {}), "warning ");
	Ruleset unread;
	unread.partial = true;
	EXPECT_EQ(level(unread, home), "none");
	EXPECT_EQ(level(iptables("*nat\n:POSTROUTING ACCEPT [0:0]\n"
				 "-A POSTROUTING -o wan -j MASQUERADE\nCOMMIT\n"),
			home),
		  "ok ");
}

TEST(Iptables, Rules)
{
	auto with = [](const std::string &rules) {
		return bad(iptables(("*filter\n:FORWARD ACCEPT [0:0]\n:sub - [0:0]\n" + rules).c_str()));
	};
	std::string p = " problem: iptables-legacy -t filter -D FORWARD ";

	EXPECT_EQ(with("-A FORWARD -p gre -j DROP\n"), "pptp-rules" + p + "-p gre -j DROP\n");
	EXPECT_EQ(with("-A FORWARD -p 50 -j REJECT --reject-with icmp-port-unreachable\n"),
		  "ipsec-rules" + p + "-p 50 -j REJECT --reject-with icmp-port-unreachable\n");
	EXPECT_EQ(with("-A FORWARD -p udp -m multiport --dports 53,1701 -m comment --comment \"a -p b\" "
		       "-j DROP\n"),
		  "l2tp-rules" + p +
			  "-p udp -m multiport --dports 53,1701 -m comment --comment \"a -p b\" -j DROP\n");
	EXPECT_EQ(with("-A FORWARD -p tcp -m tcp --dport 53 -j DROP\n-A FORWARD ! -p udp -m state --state "
		       "INVALID -j DROP\n"),
		  "");
	EXPECT_EQ(with("-A FORWARD -s 10.0.0.5/32 -p gre -j DROP\n"),
		  "pptp-rules warning: iptables-legacy -t filter -D FORWARD -s 10.0.0.5/32 -p gre -j DROP\n");
	EXPECT_EQ(with("-A FORWARD -p gre -g sub\n-A sub -j DROP\n"),
		  "pptp-rules problem: iptables-legacy -t filter -I FORWARD -m conntrack --ctstate "
		  "ESTABLISHED,RELATED -j ACCEPT\n");
	EXPECT_EQ(with("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
		       "-A FORWARD -i lan ! -o lan -j ACCEPT\n-A FORWARD -j DROP\n"),
		  "");
	EXPECT_EQ(with("-A FORWARD -j LOG\n-A FORWARD\n-A NONE -j DROP\n"), "");
	EXPECT_EQ(bad(iptables("*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 1723 "
			       "-j CT --helper pptp\n-A PREROUTING -p esp -j CT --notrack\n")),
		  "pptp-helper warning: iptables-legacy -t raw -D PREROUTING -p tcp -m tcp --dport 1723 -j "
		  "CT --helper pptp\n"
		  "ipsec-notrack problem: iptables-legacy -t raw -D PREROUTING -p esp -j CT --notrack\n");
}

// The finding of a check; its level is ok if there is none.
Finding of(const Findings &findings, std::string_view check)
{
	for (const Finding &f : findings)
		if (f.check == check)
			return f;
	return {};
}

TEST(System, Settings)
{
	Facts facts;
	facts.ip_forward = 1;
	facts.conntracks = 94;
	facts.conntrack_max = 100;

	EXPECT_EQ(of(check_system(facts), "conntrack").level, Level::warning);
	facts.conntracks = 95;
	Finding f = of(check_system(facts), "conntrack");
	EXPECT_EQ(f.level, Level::problem);
	EXPECT_EQ(f.command, "sysctl -w net.netfilter.nf_conntrack_max=200");
	facts.max_is_ours = false;
	facts.ip_forward = 0;
	facts.strict = { "wan", "lte" };
	Findings findings = check_system(facts);
	EXPECT_EQ(of(findings, "conntrack").command,
		  "nsenter --net=/proc/1/ns/net sysctl -w net.netfilter.nf_conntrack_max=200");
	EXPECT_EQ(of(findings, "ip-forward").level, Level::problem);
	EXPECT_EQ(of(findings, "rp-filter").command, "sysctl -w net.ipv4.conf.wan.rp_filter=2");
	EXPECT_EQ(worst(findings), Level::problem);
	facts.conntrack_max = 0;
	EXPECT_EQ(of(check_system(facts), "conntrack").level, Level::ok);
	EXPECT_EQ(of(check_system({}), "conntrack").level, Level::problem);
	EXPECT_EQ(of(check_system({}), "ip-forward").level, Level::warning);
}

TEST(Modules, VersionsAndStates)
{
	Modules modules;
	modules.version = "1.0";
	modules.protocols = all;
	modules.protocols[0].version = "1.1";
	modules.protocols[1].state = static_cast<std::uint32_t>(State::disabled);
	modules.protocols[2].sessions = 90;
	Setting limit;
	limit.name = "max-sessions";
	limit.value = 100;
	limit.initial = 65536;
	limit.max = 1 << 20;
	modules.protocols[2].settings = { limit };
	modules.counters = { { "ipsec", "blocked-data", "ESP packets dropped", 3 },
			     { "l2tp", "no-flow", "tunnels not served because", 1 } };
	Findings findings = check_modules(modules, "1.0");

	Finding f = of(findings, "version");
	EXPECT_EQ(f.level, Level::problem);
	EXPECT_NE(f.text.find("nf_pptp_gre_helper is 1.1"), f.text.npos);
	EXPECT_EQ(f.command.find("modprobe -r"), 0u);
	EXPECT_EQ(of(findings, "pptp-use").command, "passthroughctl disable pptp");
	EXPECT_EQ(of(findings, "pptp-security").level, Level::warning);
	EXPECT_EQ(of(findings, "ipsec-state").command, "passthroughctl enable ipsec");
	EXPECT_EQ(of(findings, "ipsec-state").level, Level::warning);
	EXPECT_EQ(of(findings, "l2tp-limit").command, "passthroughctl set l2tp max-sessions 65536");
	EXPECT_EQ(of(findings, "l2tp-unserved").level, Level::warning);
	EXPECT_EQ(of(findings, "l2tp-use").text, "");
	EXPECT_EQ(of(findings, "protocols").text, "");

	modules.protocols[0].version = "1.0";
	EXPECT_EQ(of(check_modules(modules, "1.0"), "version").level, Level::ok);
	EXPECT_EQ(of(check_modules(modules, "2.0"), "version").level, Level::problem);
	EXPECT_EQ(wanted_protocols(modules).size(), 2u);

	Modules none;
	none.absent = "no module";
	EXPECT_EQ(of(check_modules(none, "1.0"), "modules").command, "modprobe nf_passthrough");
	ASSERT_EQ(wanted_protocols(none).size(), 3u);
	EXPECT_EQ(wanted_protocols(none)[1].ports, (std::vector<std::uint16_t>{ 500, 4500 }));
	EXPECT_EQ(of(check_modules(Modules{}, "1.0"), "protocols").level, Level::problem);
}

TEST(Findings, Prefix)
{
	Findings findings = { { "a", Level::ok, "text" }, { "b", Level::problem, "text", "mend" } };

	prefix_commands(findings, "");
	EXPECT_EQ(findings[1].command, "mend");
	prefix_commands(findings, "r");
	EXPECT_EQ(findings[0].command, "");
	EXPECT_EQ(findings[1].command, "ip netns exec r mend");
	findings[1].command = "mend";
	prefix_commands(findings, "/run/x");
	EXPECT_EQ(findings[1].command, "nsenter --net=/run/x mend");
}

} // namespace
