// SPDX-License-Identifier: GPL-2.0
//
// doctor: whether passthrough works here, and what to do if not.  Started by
// `passthroughctl doctor`, which has read the options that all commands share:
// doctor [-j | -p] [-n NETNS] [WORD...].
#include <cstdlib>
#include <optional>

#include "args.hpp"
#include "finding.hpp"
#include "netns.hpp"
#include "probe.hpp"
#include "protocols.hpp"
#include "rules_check.hpp"
#include "system.hpp"

#ifndef PASSTHROUGHCTL_VERSION
#error "the build passes the VERSION file's line as PASSTHROUGHCTL_VERSION"
#endif

namespace {

constexpr std::uint32_t max_timeout = 3600;
constexpr const char *usage = "usage: passthroughctl doctor [--probe SERVER PROTO] [--timeout TIME]";

struct Probe {
	std::string_view protocol;
	Result<Answer> (*run)(Address server, unsigned seconds);
};

constexpr Probe probes[] = {
	{ "pptp", probe_pptp },
	{ "ipsec", probe_ipsec },
	{ "l2tp", probe_l2tp },
};

struct Options {
	bool json = false;
	bool pretty = false;
	std::string_view netns;
	const Probe *probe = nullptr;
	Address server;
	unsigned timeout = 5;
};

// What there is to tell.
struct Report {
	Findings findings;
	// Of a probe.
	std::optional<Answer> answer;
};

Status parse_probe(Options &options, std::string_view server, std::string_view protocol)
{
	auto address = parse_address(server);
	std::vector<std::string_view> names;

	if (!address)
		return Error{ Exit::usage,
			      "--probe \"" + std::string(server) + "\": not an IPv4 address",
			      "write it like 192.0.2.1; names are not looked up" };
	for (const Probe &p : probes) {
		names.push_back(p.protocol);
		if (p.protocol == protocol)
			options.probe = &p;
	}
	if (!options.probe)
		return Error{ Exit::usage,
			      "no protocol is called \"" + std::string(protocol) + "\"",
			      suggest(protocol, names) };
	options.server = *address;
	return Done{};
}

Status parse_timeout(Options &options, std::string_view word)
{
	auto number = parse_number(word);

	if (!number || !number->value || number->value > max_timeout)
		return Error{ Exit::usage,
			      "--timeout \"" + std::string(word) +
				      "\": not a time of 1 second to 1 hour",
			      "write it like --timeout 10" };
	options.timeout = number->value;
	return Done{};
}

// Reads all words, also after an error: how it is told depends on them.
Status parse(Options &options, std::span<char *> words)
{
	static constexpr std::string_view names[] = { "--probe", "--timeout" };
	Status status = Done{};
	bool timed = false;
	auto keep = [&](Status next) {
		if (status && !next)
			status = next;
	};

	for (std::size_t i = 1; i < words.size(); i++) {
		std::string_view word = words[i];
		std::size_t left = words.size() - i - 1;

		if (word == "-j") {
			options.json = true;
		} else if (word == "-p") {
			options.json = options.pretty = true;
		} else if (word == "-n" && left) {
			options.netns = words[++i];
		} else if (word == "--probe" && left < 2) {
			keep(Error{ Exit::usage, "--probe needs a server and a protocol", usage });
			break;
		} else if (word == "--probe") {
			keep(options.probe ?
				     Status(Error{ Exit::usage, "--probe is given twice", usage }) :
				     parse_probe(options, words[i + 1], words[i + 2]));
			i += 2;
		} else if (word.starts_with("--timeout=")) {
			timed = true;
			keep(parse_timeout(options, word.substr(sizeof("--timeout"))));
		} else if (word == "--timeout") {
			timed = true;
			if (left)
				keep(parse_timeout(options, words[++i]));
			else
				keep(Error{ Exit::usage, "--timeout needs a time", usage });
		} else if (word.starts_with('-')) {
			keep(Error{ Exit::usage, "there is no option " + std::string(word),
				    suggest(word, names) });
		} else {
			keep(Error{ Exit::usage, "doctor: \"" + std::string(word) + "\" is no option",
				    usage });
		}
	}
	if (timed && !options.probe)
		keep(Error{ Exit::usage, "--timeout is for --probe", usage });
	return status;
}

Status probe(const Options &options, Report &report)
{
	auto answer = options.probe->run(options.server, options.timeout);
	if (!answer)
		return answer.error();

	std::string name(options.probe->protocol);
	report.findings.push_back(
		{ "probe-" + name,
		  answer->verdict == Verdict::works ? Level::ok : Level::problem, answer->text });
	report.answer = *answer;
	return Done{};
}

Status examine(Report &report)
{
	auto add = [&](Findings more) {
		report.findings.insert(report.findings.end(),
				       std::make_move_iterator(more.begin()),
				       std::make_move_iterator(more.end()));
	};
	auto modules = ask_modules();
	if (!modules)
		return modules.error();
	auto wanted = wanted_protocols(*modules);
	Facts facts = read_facts();

	add(check_modules(*modules, PASSTHROUGHCTL_VERSION));
	add(check_system(facts));
	add(check_room(wanted, facts));
	Findings unread;
	Ruleset rules = read_rules(unread);
	add(std::move(unread));
	add(check_rules(rules, wanted, facts.interfaces));
	add({ { "others", Level::ok, "SSTP, OpenVPN and WireGuard need nothing: they pass any NAT" } });
	return Done{};
}

Status run(const Options &options, Report &report)
{
	if (!options.netns.empty())
		if (Status entered = enter_netns(options.netns); !entered)
			return entered;
	Status done = options.probe ? probe(options, report) : examine(report);
	prefix_commands(report.findings, options.netns);
	return done;
}

} // namespace

int main(int argc, char **argv)
{
	Options options;
	Report report;
	Status status = parse(options, { argv, static_cast<std::size_t>(argc) });

	// Where the firewall's programs are, also for who has no such path.
	const char *path = getenv("PATH");
	setenv("PATH", (std::string(path ? path : "/usr/bin:/bin") + ":/usr/sbin:/sbin").c_str(), 1);

	if (status)
		status = run(options, report);
	use_colour(!options.json && wants_colour(stdout));
	if (options.json) {
		Json json(stdout, options.pretty);
		json.open('{');
		if (status) {
			put_findings(json, report.findings);
			if (report.answer)
				json.put("verdict",
					 verdict_names[static_cast<std::size_t>(report.answer->verdict)]);
		} else {
			json.put("error", status.error().text);
			json.put("hint", status.error().hint);
		}
		json.close('}');
	} else if (status) {
		print_findings(stdout, report.findings);
	} else {
		fprintf(stderr, "passthroughctl: %s\n", status.error().text.c_str());
		if (!status.error().hint.empty())
			fprintf(stderr, "hint: %s\n", status.error().hint.c_str());
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("passthroughctl: writing the output");
		return static_cast<int>(Exit::refused);
	}
	if (!status)
		return static_cast<int>(status.error().code);
	return static_cast<int>(worst(report.findings) == Level::problem ? Exit::problem : Exit::done);
}
