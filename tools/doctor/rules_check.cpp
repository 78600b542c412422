// SPDX-License-Identifier: GPL-2.0
//
// What the firewall's rules mean for passthrough.  Only what can be known is a
// problem; what may be, of packets between some addresses, is a warning.
#include "rules_check.hpp"

#include <algorithm>

#include "words.hpp"

namespace {

constexpr std::uint8_t tcp = 6, udp = 17, gre = 47, esp = 50, l2tp_ip = 115;

// What a protocol sends through the router.
struct Kind {
	std::string name;
	std::uint8_t protocol = 0;
	std::uint16_t port = 0;
	// Belongs to a connection that is there.
	bool follows = false;
};

std::vector<Kind> kinds_of(const Protocol &p)
{
	std::vector<Kind> kinds;
	std::uint8_t transport = p.name == "pptp" ? tcp : udp;

	for (std::uint16_t port : p.ports)
		kinds.push_back({ (transport == tcp ? "TCP port " : "UDP port ") +
					  std::to_string(port),
				  transport, port });
	if (p.name == "pptp")
		kinds.push_back({ "GRE", gre, 0, true });
	if (p.name == "ipsec")
		kinds.push_back({ "ESP", esp });
	if (p.name == "l2tp")
		kinds.push_back({ "IP protocol 115", l2tp_ip });
	return kinds;
}

// The ways between the interfaces; one that says nothing if they are not known.
std::vector<std::pair<std::string, std::string>> ways(const Interfaces &known)
{
	std::vector<std::pair<std::string, std::string>> all;

	for (const std::string &in : known.inside)
		for (const std::string &out : known.outside)
			if (in != out)
				all.emplace_back(in, out);
	if (all.empty())
		all.emplace_back("", known.outside.size() == 1 ? known.outside[0] : "");
	return all;
}

class Check {
public:
	Check(const Ruleset &rules, const Interfaces &interfaces)
		: rules_(rules), ways_(ways(interfaces)), known_(interfaces.known),
		  outside_(interfaces.outside)
	{
	}

	void protocol(const Protocol &p)
	{
		std::size_t before = findings_.size();

		for (const Kind &kind : kinds_of(p)) {
			forwarding(p, kind);
			for (const Chain &chain : rules_.chains)
				for (const Rule &rule : chain.rules)
					aside(p, kind, chain, rule);
		}
		if (findings_.size() == before && !rules_.partial)
			findings_.push_back({ p.name + "-rules", Level::ok,
					      "no rule that was read drops its packets" });
	}

	void translation(std::span<const Protocol> protocols)
	{
		for (const Chain &chain : rules_.chains)
			for (const Rule &rule : chain.rules)
				for (const Protocol &p : protocols)
					for (const Kind &kind : kinds_of(p))
						if (rule.action == Rule::Action::translate &&
						    fits(rule, kind)) {
							findings_.push_back({ "nat", Level::ok,
									      "addresses are translated: " +
										      rule.text });
							return;
						}

		if (rules_.partial)
			return;
		Finding f{ "nat", Level::warning,
			   "no masquerade or snat rule: inside addresses go out as they are, which "
			   "is right only if others route them" };
		if (known_)
			f.command = "nft '" + masquerade() + "'";
		findings_.push_back(std::move(f));
	}

	void offload()
	{
		for (const Chain &chain : rules_.chains)
			for (const Rule &rule : chain.rules)
				if (rule.action == Rule::Action::offload) {
					findings_.push_back(
						{ "flowtable", Level::ok,
						  rule.text + ": a flowtable may take NAT-T and "
						  "L2TP, and counters do not see what it takes; "
						  "the other flows stay out of it" });
					return;
				}
	}

	Findings take() { return std::move(findings_); }

private:
	static Packet outbound(const Kind &kind, const std::string &in, const std::string &out)
	{
		return { kind.protocol, static_cast<std::uint16_t>(kind.port ? 50000 : 0), kind.port,
			 kind.follows ? Packet::State::related : Packet::State::fresh, in, out };
	}

	// Whether a rule may be about such packets, whatever way they go.
	bool fits(const Rule &rule, const Kind &kind) const
	{
		return std::any_of(ways_.begin(), ways_.end(), [&](const auto &way) {
			// A rule of postrouting sees no way in.
			return fit(rule, outbound(kind, "", way.second)) != Fit::no;
		});
	}

	void add(Finding finding)
	{
		for (const Finding &f : findings_)
			if (f.check == finding.check && f.command == finding.command &&
			    f.level == finding.level)
				return;
		findings_.push_back(std::move(finding));
	}

	void forwarding(const Protocol &p, const Kind &kind)
	{
		for (const Chain &chain : rules_.chains) {
			bool through = chain.hook == "prerouting" || chain.hook == "forward" ||
				       chain.hook == "postrouting";
			if (!through || chain.type == "nat")
				continue;
			// Who asks goes out; answers, and what follows, come in.
			for (int back = 0; back < 2; back++)
				judge(p, kind, chain, back);
		}
	}

	// What a chain does to packets of a kind, whatever way they go.
	void judge(const Protocol &p, const Kind &kind, const Chain &chain, bool back)
	{
		bool accepted = false;
		Fate worst, may;
		Packet example;

		for (const auto &[in, out] : ways_) {
			Packet packet = outbound(kind, in, out);
			if (back) {
				std::swap(packet.sport, packet.dport);
				std::swap(packet.in, packet.out);
				if (!kind.follows)
					packet.state = Packet::State::established;
			}
			if (chain.hook == "prerouting")
				packet.out.clear();
			if (chain.hook == "postrouting")
				packet.in.clear();
			Fate f = fate(rules_, chain, packet);
			if (!f.accepted) {
				worst = f;
				example = packet;
			} else {
				accepted = true;
				if (f.dropped && f.meant)
					may = f;
			}
		}

		const Fate &f = accepted ? may : worst;
		if (!f.dropped)
			return;
		std::string text = kind.name + (back ? " that comes back" : "") +
				   (accepted ? " may be dropped by " : " is dropped by ");
		text += f.rule ? f.rule->text : "the policy of " + chain.title();
		if (accepted)
			text += ", which has further conditions";
		Finding finding{ p.name + "-rules", accepted ? Level::warning : Level::problem, text };
		finding.command = f.meant ? f.rule->remove : accept_command(chain, example);
		add(std::move(finding));
	}

	// What rules do besides: they take packets out of tracking, or give them
	// a helper.
	void aside(const Protocol &p, const Kind &kind, const Chain &chain, const Rule &rule)
	{
		Packet packet = outbound(kind, "", "");
		packet.state = Packet::State::fresh;
		Fit fits = fit(rule, packet);
		bool is_reply = false;
		if (fits == Fit::no) {
			std::swap(packet.sport, packet.dport);
			fits = fit(rule, packet);
			is_reply = true;
		}
		if (fits == Fit::no)
			return;
		if (rule.action == Rule::Action::notrack)
			add({ p.name + "-notrack",
			      fits == Fit::yes ? Level::problem : Level::warning,
			      kind.name + (fits == Fit::yes ? " is" : " may be") +
				      " taken out of connection tracking by " + rule.text +
				      ": it cannot be helped",
			      rule.remove });
		if (rule.action == Rule::Action::helper && !is_reply && kind.port &&
		    (chain.hook.empty() || chain.type == "filter"))
			add({ p.name + "-helper", Level::warning,
			      kind.name + " is given the kernel's helper \"" + rule.target + "\" by " +
				      rule.text + ": ours leaves such connections to it",
			      rule.remove });
	}

	// What nft is to do for a masquerade rule.
	std::string masquerade() const
	{
		const Chain *there = nullptr;
		std::string text;

		for (const Chain &c : rules_.chains)
			if (c.program == "nft" && c.type == "nat" && c.hook == "postrouting")
				there = &c;
		if (!there)
			text = "add table ip passthrough_nat; add chain ip passthrough_nat postrouting "
			       "{ type nat hook postrouting priority srcnat; }; ";
		text += "add rule ";
		text += there ? there->family + " " + there->table + " " + there->name :
				"ip passthrough_nat postrouting";
		text += " oifname \"" + outside_[0] + "\" masquerade";
		return text;
	}

	const Ruleset &rules_;
	std::vector<std::pair<std::string, std::string>> ways_;
	bool known_;
	std::vector<std::string> outside_;
	Findings findings_;
};

} // namespace

Findings check_rules(const Ruleset &rules, std::span<const Protocol> protocols,
		     const Interfaces &interfaces)
{
	Check check(rules, interfaces);

	for (const Protocol &p : protocols)
		check.protocol(p);
	if (!protocols.empty())
		check.translation(protocols);
	check.offload();
	return check.take();
}
