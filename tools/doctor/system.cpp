// SPDX-License-Identifier: GPL-2.0
//
// What the kernel says of the router: /proc, and the interfaces.
#include "system.hpp"

#include <algorithm>
#include <memory>

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.hpp"
#include "protocol_view.hpp"

namespace {

constexpr const char *max_path = "/proc/sys/net/netfilter/nf_conntrack_max";

struct Closer {
	void operator()(FILE *file) const { fclose(file); }
};

std::optional<std::uint64_t> read_number(const std::string &path)
{
	auto text = read_file(path.c_str());
	if (!text)
		return {};
	while (!text->empty() && (text->back() == '\n' || text->back() == ' '))
		text->pop_back();
	auto number = parse_decimal(*text);
	return number ? std::optional<std::uint64_t>(*number) : std::nullopt;
}

void add_once(std::vector<std::string> &all, const std::string &one)
{
	if (std::find(all.begin(), all.end(), one) == all.end())
		all.push_back(one);
}

// The interfaces of IPv4 default routes.
std::vector<std::string> default_routes()
{
	std::vector<std::string> names;
	auto text = read_file("/proc/net/route");
	std::string_view rest = text ? std::string_view(*text) : "";

	while (!rest.empty()) {
		std::string line(rest.substr(0, rest.find('\n')));
		char name[32];
		unsigned long to, via, flags, mask;
		rest.remove_prefix(std::min(line.size() + 1, rest.size()));
		if (sscanf(line.c_str(), "%31s %lx %lx %lx %*u %*u %*d %lx", name, &to, &via,
			   &flags, &mask) == 5 &&
		    !to && !mask && (flags & 1))
			add_once(names, name);
	}
	return names;
}

std::vector<std::string> addressed()
{
	std::vector<std::string> names;
	ifaddrs *first = nullptr;

	if (getifaddrs(&first) < 0)
		return names;
	for (ifaddrs *i = first; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
		    (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK))
			add_once(names, i->ifa_name);
	freeifaddrs(first);
	return names;
}

bool same_namespace(const char *a, const char *b)
{
	struct stat x{}, y{};

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

// The command that makes conntrack's table larger, which the first namespace
// does for all.
std::string widen(const Facts &facts, std::uint64_t size)
{
	return std::string(facts.max_is_ours ? "" : "nsenter --net=/proc/1/ns/net ") +
	       "sysctl -w net.netfilter.nf_conntrack_max=" +
	       std::to_string(std::max(size, facts.conntracks.value_or(0) * 2));
}

} // namespace

std::optional<std::string> read_file(const char *path)
{
	std::unique_ptr<FILE, Closer> file(fopen(path, "re"));
	std::string text;
	char buffer[4096];

	if (!file)
		return {};
	while (std::size_t size = fread(buffer, 1, sizeof(buffer), file.get()))
		text.append(buffer, size);
	return text;
}

Facts read_facts()
{
	Facts facts;

	facts.ip_forward = read_number("/proc/sys/net/ipv4/ip_forward");
	facts.conntracks = read_number("/proc/sys/net/netfilter/nf_conntrack_count");
	facts.conntrack_max = read_number(max_path);
	facts.max_is_ours = access(max_path, W_OK) == 0 ||
			    same_namespace("/proc/self/ns/net", "/proc/1/ns/net");
	facts.auto_helper = read_number("/proc/sys/net/netfilter/nf_conntrack_helper");

	auto all = addressed();
	auto outside = default_routes();
	std::string conf = "/proc/sys/net/ipv4/conf/";
	auto every = read_number(conf + "all/rp_filter").value_or(0);
	if (outside.size() > 1)
		for (const std::string &name : outside)
			if (std::max(every, read_number(conf + name + "/rp_filter").value_or(0)) == 1)
				facts.strict.push_back(name);
	// Without a default route any may be the outside.
	facts.interfaces.outside = outside.empty() ? all : outside;
	for (const std::string &name : all)
		if (outside.empty() || std::find(outside.begin(), outside.end(), name) == outside.end())
			facts.interfaces.inside.push_back(name);
	facts.interfaces.known = !outside.empty();
	return facts;
}

Findings check_system(const Facts &facts)
{
	Findings findings;
	auto add = [&](const char *check, Level level, std::string text, std::string command = {}) {
		findings.push_back({ check, level, std::move(text), std::move(command) });
	};

	if (facts.ip_forward && !*facts.ip_forward)
		add("ip-forward", Level::problem,
		    "the router forwards nothing: net.ipv4.ip_forward is 0",
		    "sysctl -w net.ipv4.ip_forward=1");
	else
		add("ip-forward", facts.ip_forward ? Level::ok : Level::warning,
		    facts.ip_forward ? "the router forwards" : "it cannot be read whether it forwards");

	if (!facts.conntracks || !facts.conntrack_max) {
		add("conntrack", Level::problem, "connection tracking is not there: nothing is translated",
		    "modprobe nf_conntrack");
	} else {
		std::string text = std::to_string(*facts.conntracks) + " connections of at most " +
				   std::to_string(*facts.conntrack_max);
		std::string command = widen(facts, *facts.conntrack_max * 2);
		// 0 means that there is no limit.
		if (!*facts.conntrack_max)
			add("conntrack", Level::ok, std::to_string(*facts.conntracks) +
							    " connections, without a limit");
		else if (*facts.conntracks * 20 >= *facts.conntrack_max * 19)
			add("conntrack", Level::problem,
			    text + ": the table is full, new ones are dropped", command);
		else if (*facts.conntracks * 5 >= *facts.conntrack_max * 4)
			add("conntrack", Level::warning, text + ": the table is nearly full", command);
		else
			add("conntrack", Level::ok, text);
	}

	if (facts.auto_helper.value_or(0))
		add("auto-helper", Level::warning,
		    "this kernel gives connections its own helpers (nf_conntrack_helper is 1); "
		    "ours leaves those to them",
		    "sysctl -w net.netfilter.nf_conntrack_helper=0");
	for (const std::string &name : facts.strict)
		add("rp-filter", Level::warning,
		    "there are several default routes, and what comes in by " + name +
			    " while its way back is another one is dropped (rp_filter is 1)",
		    "sysctl -w net.ipv4.conf." + name + ".rp_filter=2");
	if (facts.strict.empty())
		add("rp-filter", Level::ok, "does not stand in the way");
	return findings;
}

Findings check_room(std::span<const Protocol> protocols, const Facts &facts)
{
	Findings findings;
	std::uint64_t room = facts.conntrack_max.value_or(0);

	for (const Protocol &p : protocols) {
		const Setting *s = find_setting(p, "max-sessions");
		// A default is nobody's wish.
		if (!s || !room || s->value <= room || s->value == s->initial)
			continue;
		findings.push_back({ p.name + "-room", Level::warning,
				     "max-sessions is " + std::to_string(s->value) +
					     ", and conntrack's table has room for " +
					     std::to_string(room),
				     widen(facts, std::uint64_t(s->value) * 2) });
	}
	return findings;
}
