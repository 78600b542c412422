// SPDX-License-Identifier: GPL-2.0
//
// What the modules say of themselves and their protocols.
#include "protocols.hpp"

#include <algorithm>
#include <net/if.h>

#include "netlink.hpp"
#include "protocol_view.hpp"

namespace {

bool is(const Protocol &p, State state)
{
	return p.state == static_cast<std::uint32_t>(state);
}

std::string number(std::uint64_t n)
{
	return std::to_string(n);
}

class Check {
public:
	explicit Check(const Modules &modules) : modules_(modules) {}

	void versions(std::string_view tool)
	{
		std::string text;
		auto compare = [&](const std::string &name, const std::string &version) {
			if (version == tool || version.empty())
				return;
			text += (text.empty() ? "" : ", ") + name + " is " + version;
		};

		compare("nf_passthrough", modules_.version);
		for (const Protocol &p : modules_.protocols)
			if (const KnownProtocol *k = find_known(p.name); k && p.loaded)
				compare(std::string(k->module), p.version);
		if (text.empty()) {
			add("version", Level::ok,
			    "tool and modules are " + std::string(tool));
			return;
		}
		add("version", Level::problem,
		    text + ", the tool is " + std::string(tool) +
			    ": install both from the same release; this unloads the modules, all "
			    "tunnels end, and the next command loads what is installed",
		    "modprobe -r nf_pptp_gre_helper nf_ipsec_natt_helper nf_l2tp_helper nf_passthrough");
	}

	void states()
	{
		bool any = std::any_of(modules_.protocols.begin(), modules_.protocols.end(),
				       [](const Protocol &p) { return !is(p, State::bypassed); });

		if (!any)
			add("protocols", Level::problem,
			    "no protocol is enabled, nothing is helped (for PPTP, which is broken, "
			    "`passthroughctl enable pptp`)",
			    "passthroughctl enable ipsec l2tp");
		for (const Protocol &p : modules_.protocols) {
			state(p);
			if (is(p, State::enabled)) {
				limit(p);
				use(p);
			}
			for (const std::string &note : p.notes)
				add(p.name + "-note", Level::ok, note);
			reasons(p);
		}
	}

private:
	void add(std::string check, Level level, std::string text, std::string command = {})
	{
		findings_.push_back(
			{ std::move(check), level, std::move(text), std::move(command) });
	}

	// The sum of a protocol's counters that a test chooses.
	template <class F>
	std::uint64_t count(const Protocol &p, F chosen) const
	{
		std::uint64_t sum = 0;

		for (const Counter &c : modules_.counters)
			if (c.protocol == p.name && chosen(c))
				sum += c.value;
		return sum;
	}

	void state(const Protocol &p)
	{
		std::string check = p.name + "-state", on = "passthroughctl enable " + p.name;

		if (is(p, State::enabled)) {
			add(check, Level::ok,
			    "enabled, " + number(p.sessions) + " sessions, port " +
				    format_ports(p.ports) +
				    (p.interfaces.empty() ?
					     "" :
					     ", between " + format_interfaces(p.interfaces) + " only"));
			interfaces(p);
			if (p.name == "pptp")
				add("pptp-security", Level::warning,
				    "PPTP's encryption (MPPE with MS-CHAPv2) is broken; IKEv2/IPsec, "
				    "WireGuard or OpenVPN are better choices");
		} else if (is(p, State::disabled)) {
			auto blocked = count(p, [](const Counter &c) {
				return std::string_view(c.name).starts_with("blocked-");
			});
			if (blocked)
				add(check, Level::warning,
				    "disabled, and " + number(blocked) +
					    " packets of hosts that tried were dropped; this lets them",
				    on);
			else
				add(check, Level::ok, "disabled: it is blocked, and nobody tried");
		} else {
			add(check, Level::ok, "bypassed: hands off; if hosts inside need help:", on);
		}
	}

	// A name with a * is for what may come.
	void interfaces(const Protocol &p)
	{
		for (const std::string &name : p.interfaces)
			if (!name.ends_with('*') && !if_nametoindex(name.c_str()))
				add(p.name + "-interface", Level::warning,
				    "there is no interface " + name +
					    ", between which and others it is to be helped; this "
					    "has it helped between all",
				    "passthroughctl set " + p.name + " interface any");
	}

	void limit(const Protocol &p)
	{
		const Setting *s = find_setting(p, "max-sessions");

		if (!s || std::uint64_t(p.sessions) * 5 < std::uint64_t(s->value) * 4)
			return;
		std::string text = number(p.sessions) + " sessions of at most " + number(s->value);
		std::uint64_t more = std::min<std::uint64_t>(
			std::max<std::uint64_t>(s->value, s->initial / 2) * 2, s->max);
		bool full = p.sessions >= s->value;
		add(p.name + "-limit", full ? Level::problem : Level::warning,
		    text + (full ? ": no more are served" : ": soon no more are served"),
		    more > s->value ?
			    "passthroughctl set " + p.name + " max-sessions " + number(more) :
			    "");
	}

	void use(const Protocol &p)
	{
		if (p.sessions || count(p, [](const Counter &) { return true; }))
			return;
		add(p.name + "-use", Level::warning,
		    "enabled, and nobody has used it since; who does not need it closes it",
		    "passthroughctl disable " + p.name);
	}

	// Counters that say so: what was dropped may be as it should, what was not
	// served is a host that was let down.
	void reasons(const Protocol &p)
	{
		std::string dropped, unserved;

		for (const Counter &c : modules_.counters) {
			std::string_view name = c.name, help = c.help;
			if (c.protocol != p.name || !c.value || name.starts_with("blocked-"))
				continue;
			bool let_down = help.find("not served") != help.npos ||
					help.find("another helper") != help.npos;
			if (!let_down && help.find("dropped") == help.npos)
				continue;
			std::string &list = let_down ? unserved : dropped;
			list += (list.empty() ? "" : "; ") + c.name + " " + number(c.value) + " (" +
				c.help + ")";
		}
		std::string command = "passthroughctl stats " + p.name + " --explain";
		if (!unserved.empty())
			add(p.name + "-unserved", Level::warning, unserved, command);
		if (!dropped.empty())
			add(p.name + "-drops", Level::ok, dropped, command);
	}

	const Modules &modules_;

public:
	Findings findings_;
};

} // namespace

Result<Modules> ask_modules()
{
	Modules modules;
	auto kernel = Kernel::open("");

	if (!kernel) {
		if (kernel.error().code != Exit::no_module)
			return kernel.error();
		modules.absent = kernel.error().text;
		return modules;
	}
	auto version = kernel->version();
	if (!version)
		return version.error();
	auto protocols = kernel->protocols();
	if (!protocols)
		return protocols.error();
	auto counters = kernel->counters("");
	if (!counters)
		return counters.error();
	modules.version = *version;
	modules.protocols = std::move(*protocols);
	add_unloaded(modules.protocols);
	modules.counters = std::move(counters->items);
	return modules;
}

Findings check_modules(const Modules &modules, std::string_view tool)
{
	Check check(modules);

	if (!modules.absent.empty()) {
		check.findings_.push_back({ "modules", Level::problem,
					    modules.absent +
						    "; if modprobe does not find it, install the "
						    "modules for this kernel",
					    "modprobe nf_passthrough" });
		return std::move(check.findings_);
	}
	check.findings_.push_back({ "modules", Level::ok, "nf_passthrough is loaded" });
	check.versions(tool);
	check.states();
	return std::move(check.findings_);
}

std::vector<Protocol> wanted_protocols(const Modules &modules)
{
	std::vector<Protocol> wanted = modules.protocols;

	if (!modules.absent.empty())
		add_unloaded(wanted);
	else
		std::erase_if(wanted, [](const Protocol &p) { return !is(p, State::enabled); });
	// One whose module is not loaded has no ports to tell.
	for (Protocol &p : wanted)
		if (const KnownProtocol *k = find_known(p.name); k && p.ports.empty())
			for (std::uint16_t port : k->ports)
				if (port)
					p.ports.push_back(port);
	return wanted;
}
