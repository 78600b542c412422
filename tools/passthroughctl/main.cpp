// SPDX-License-Identifier: GPL-2.0
//
// passthroughctl: switches VPN passthrough and shows what it does.  The table
// of commands, the options they share, and the way out.
#include <cstring>

#include "args.hpp"
#include "command.hpp"

namespace {

constexpr std::size_t any = SIZE_MAX;
constexpr std::uint32_t default_watch = 2;

constexpr Command subcommands[] = {
	{ "list", "[PROTO]", "protocols and their state; settings of one",
	  "Shows each protocol's state in this network namespace, its control ports, the "
	  "sessions and netfilter hooks it holds, and under the table what stands in its way. "
	  "With PROTO also its settings, their defaults and ranges, and its pins. Protocols: pptp, ipsec, l2tp. "
	  "bypassed: hands off, no hook. enabled: tracked, translated, let through the NAT. "
	  "disabled: not forwarded.",
	  0, 1, watchable, run_list },
	{ "enable", "PROTO...", "help a protocol through the NAT",
	  "Loads the protocol's module if need be and lets the protocol through the NAT, for any "
	  "number of hosts inside and servers outside, or a server inside with a forwarded port.",
	  1, any, 0, run_enable },
	{ "disable", "PROTO...", "block a protocol, live sessions included",
	  "Drops the protocol's control and data packets in forwarding, IPv4 and IPv6, and ends "
	  "its live sessions. The router's own tunnels live on.",
	  1, any, 0, run_disable },
	{ "bypass", "PROTO...", "hands off a protocol, as if not loaded",
	  "Ends the protocol's sessions and removes every hook: packets are treated as if the "
	  "module were not loaded. The state after loading.",
	  1, any, 0, run_bypass },
	{ "set", "PROTO KEY VALUE... [KEY VALUE...]",
	  "ports, interfaces, limits, lifetimes and pins",
	  "Changes settings, all of them or, if one is refused, none. The key port takes a list "
	  "like 1723,1724, interface one like lan,ppp*, between which the protocol is helped or "
	  "blocked, or any; `passthroughctl list PROTO` shows the other keys. Times are seconds or "
	  "like 90s, 10m, 1h30m. For ipsec also: pin HOST GATEWAY gives ESP from the gateway that "
	  "no inside host is known to expect to this one, unpin HOST GATEWAY no longer; "
	  "keep-port HOST leaves the source port of the inside host's IKE as it is, "
	  "unkeep-port HOST no longer. For l2tp: pin HOST SERVER and unpin HOST SERVER the same "
	  "for L2TP over IP; source-port 1701 lets all inside hosts keep that port, 0 none.",
	  1, any, 0, run_set },
	{ "sessions", "[PROTO] [host ADDR] [server ADDR] [state S] [id N]",
	  "sessions held now",
	  "Lists the sessions that match all filters. An address matches a session that has it at "
	  "either end, before or after translation. States: pending, established, closing. "
	  "Packets and bytes are from the initiator / from the responder. Below an IPsec session "
	  "are the SPIs of its IKE SAs, and its other SAs: ambiguous (perhaps another host's, who "
	  "gets the packets too), tentative (not proved yet) or confirmed. Below an L2TP tunnel are "
	  "its calls, initiator's id / responder's. Needs CAP_NET_ADMIN.",
	  0, any, watchable, run_sessions },
	{ "monitor", "[PROTO] [host ADDR] [server ADDR] [state S] [id N]",
	  "what happens, as it happens",
	  "Tells of sessions that are asked for (new), come up, end, or whose identifier another "
	  "host has already (clash), and of protocols that are changed, a line each, until it is "
	  "interrupted. Filters are those of sessions; with any but the protocol only sessions are "
	  "told. With -j each line is an object. Says when events were lost. Needs "
	  "CAP_NET_ADMIN.",
	  0, any, prints_objects, run_monitor },
	{ "flush", "[PROTO] [host ADDR] [server ADDR] [state S] [id N]", "end sessions",
	  "Ends the sessions that match all filters, without filters every session. Hosts may "
	  "dial again at once.",
	  0, any, 0, run_flush },
	{ "stats", "[PROTO] [--explain] [--all]", "counters",
	  "Shows the counters that are not zero; with --all every counter, with --explain what "
	  "each of them counts. PROTO may be core.",
	  0, 1, counts | watchable, run_stats },
	{ "save", "", "the running state as a configuration file",
	  "Prints a file that apply and sync take: each protocol's state, its ports, and the "
	  "settings and pins that are not the defaults.",
	  0, 0, 0, run_save },
	{ "check", "FILE", "look for errors in a configuration file",
	  "Reads a file as apply does, says which line and column is wrong, and changes nothing. "
	  "The settings of a protocol whose module is not loaded are read, but not known. FILE may "
	  "be - for standard input.",
	  1, 1, 0, run_check },
	{ "apply", "FILE", "make the protocols what a file says",
	  "Each protocol that the file names becomes what its section says: state, ports, "
	  "settings, pins; keys that are left out have their defaults, other pins go. Protocols "
	  "that the file does not name are left alone. If anything is refused, nothing is "
	  "changed. FILE may be - for standard input.",
	  1, 1, 0, run_apply },
	{ "sync", "FILE", "the same, touching only what differs",
	  "Like apply, but only what differs from the running state is sent, and nothing if "
	  "nothing does. Sessions of a protocol that stays enabled live on.",
	  1, 1, 0, run_sync },
	{ "doctor", "[--probe SERVER PROTO] [--timeout TIME]", "whether passthrough works here, and what to do",
	  "Looks at modules, protocols, connection tracking, the firewall's rules and what else can "
	  "stand in the way, and prints a line for each: ok, warning or problem, with the "
	  "command that mends it. --probe asks a server, from the router itself, whether its "
	  "protocol gets through, for 5 seconds or --timeout TIME. Ends with 4 if there is a "
	  "problem.",
	  0, any, external, run_program },
	{ "decode", "[--port PROTO PORT]... FILE [FILTER...]",
	  "the messages of a packet capture",
	  "Prints the PPTP, IPsec and L2TP messages of a capture (pcap or pcapng, - for standard "
	  "input), a line each, as the parsers of the modules read them, and says what is "
	  "malformed or missing. FILTER is an expression of pcap-filter(7). --port names other "
	  "control ports of a protocol, like 1723,1724. With -j each line is an object.",
	  0, any, external, run_program },
	{ "version", "", "version of tool and module",
	  "Shows both versions and remarks if they differ.", 0, 0, 0, run_version },
	{ "help", "[COMMAND]", "this text, or more about one command",
	  "Shows what can be typed.", 0, 1, 0, run_help },
};

// The options, until they are applied.
struct Options {
	bool json = false;
	bool pretty = false;
	bool help = false;
	bool version = false;
	bool explain = false;
	bool all = false;
	// Seconds, 0: no.
	std::uint32_t watch = 0;
	std::string_view netns;
};

Error unknown_option(std::string_view word)
{
	static constexpr std::string_view names[] = {
		"--json", "--pretty", "--netns", "--help", "--version", "--explain", "--all",
		"--watch",
	};
	std::string_view near = word.starts_with("--") ? closest(word, names) : "";
	Error error{ Exit::usage, "there is no option " + std::string(word),
		     "`passthroughctl help` shows the options" };

	if (!near.empty())
		error.hint = "did you mean " + std::string(near) + "?";
	error.subject = Subject::key;
	return error;
}

// Reads one "-xyz" or "--word" at argv[i]; a value may lie in the next word.
Status parse_option(Options &options, std::span<char *> argv, std::size_t &i)
{
	static constexpr struct {
		std::string_view name;
		char letter;
		bool Options::*flag;
	} flags[] = {
		{ "--json", 'j', &Options::json },	 { "--pretty", 'p', &Options::pretty },
		{ "--help", 'h', &Options::help },	 { "--version", 'V', &Options::version },
		{ "--explain", '\0', &Options::explain }, { "--all", '\0', &Options::all },
	};
	std::string_view word = argv[i];
	Error no_netns{ Exit::usage, "-n needs the name of a network namespace",
			"`ip netns list` shows the names" };

	if (word.starts_with("--netns")) {
		std::string_view rest = word.substr(strlen("--netns"));
		if (rest.starts_with('='))
			options.netns = rest.substr(1);
		else if (!rest.empty())
			return unknown_option(word);
		else if (i + 1 < argv.size())
			options.netns = argv[++i];
		return options.netns.empty() ? Status(no_netns) : Done{};
	}
	if (word == "--watch" || word.starts_with("--watch=")) {
		auto number = word == "--watch" ? Number{ default_watch, false } :
						  parse_number(word.substr(strlen("--watch=")));
		if (!number || !number->value || number->value > 86400)
			return Error{ Exit::usage, std::string(word) + ": not a time of 1 second to 1 day",
				      "write it like --watch=5 or --watch=1m" };
		options.watch = number->value;
		return Done{};
	}
	if (word.starts_with("--")) {
		for (const auto &f : flags)
			if (word == f.name) {
				options.*f.flag = true;
				return Done{};
			}
		return unknown_option(word);
	}
	for (std::size_t at = 1; at < word.size(); at++) {
		bool known = false;
		if (word[at] == 'w') {
			options.watch = default_watch;
			continue;
		}
		if (word[at] == 'n') {
			if (at + 1 < word.size())
				options.netns = word.substr(at + 1);
			else if (i + 1 < argv.size())
				options.netns = argv[++i];
			return options.netns.empty() ? Status(no_netns) : Done{};
		}
		for (const auto &f : flags)
			if (f.letter && word[at] == f.letter)
				known = options.*f.flag = true;
		if (!known)
			return unknown_option(word);
	}
	return Done{};
}

// Whether a command is a program of its own.
bool is_external(std::string_view name)
{
	for (const Command &c : subcommands)
		if (c.name == name)
			return c.traits & external;
	return false;
}

// Splits options from words.  Goes on after an error, to learn whether JSON
// is wanted for telling it.  A program of its own gets the options that are not
// known here as words.
Status parse(Options &options, std::span<char *> argv, std::vector<std::string_view> &words)
{
	Status status = Done{};
	bool only_words = false;

	for (std::size_t i = 1; i < argv.size(); i++) {
		std::string_view word = argv[i];
		if (only_words || word.size() < 2 || word[0] != '-') {
			words.push_back(word);
		} else if (word == "--") {
			only_words = true;
			if (!words.empty() && is_external(words.front()))
				words.push_back(word);
		} else {
			bool left = !words.empty() && is_external(words.front());
			Status parsed = parse_option(options, argv, i);
			if (!parsed && left && parsed.error().subject == Subject::key)
				words.push_back(word);
			else if (status && !parsed)
				status = parsed;
		}
	}
	return status;
}

// Finds the command and runs it.  Whether the object of JSON was opened goes
// to opened.
Status run(Context &context, const Options &options, bool &opened)
{
	const Command *found = nullptr;
	bool help = options.help;

	if (context.command.empty()) {
		if (help)
			context.command = "help";
		else if (options.version)
			context.command = "version";
		else
			return Error{ Exit::usage, "no command given",
				      "`passthroughctl help` shows the commands" };
		help = false;
	}
	for (const Command &c : subcommands)
		if (c.name == context.command)
			found = &c;
	if (!found)
		return unknown_command(context.command);
	if (help) {
		context.args = { found->name };
		for (const Command &c : subcommands)
			if (c.run == run_help)
				found = &c;
	}

	std::string name(found->name);
	Error usage{ Exit::usage, name + ": ",
		     "usage: passthroughctl " + name + (*found->args ? " " : "") + found->args };
	if (context.args.size() < found->min_args) {
		usage.text += "an argument is missing";
		return usage;
	}
	if (context.args.size() > found->max_args) {
		usage.text += "too many arguments, from \"" +
			      std::string(context.args[found->max_args]) + "\" on";
		return usage;
	}
	if (!help && (context.explain || context.all) && !(found->traits & counts)) {
		usage.text += context.explain ? "--explain is for stats" : "--all is for stats";
		return usage;
	}
	if (!help && options.watch && !(found->traits & watchable)) {
		usage.text += "--watch is for list, sessions and stats";
		return usage;
	}
	if (!help && options.watch && context.as_json)
		return Error{ Exit::usage, name + ": --watch is for people",
			      "`passthroughctl -j monitor` tells programs what happens" };
	if (context.as_json && !(found->traits & (prints_objects | external))) {
		context.json.open('{');
		opened = true;
	}
	use_colour(!context.as_json && wants_colour(stdout));
	return options.watch && !help ? watch(context, *found, options.watch) : found->run(context);
}

} // namespace

std::span<const Command> command_table()
{
	return subcommands;
}

int main(int argc, char **argv)
{
	std::vector<std::string_view> words;
	Options options;
	Status status = parse(options, { argv, static_cast<std::size_t>(argc) }, words);

	Context context{ .command = {},
			 .args = {},
			 .netns = options.netns,
			 .as_json = options.json || options.pretty,
			 .explain = options.explain,
			 .all = options.all,
			 .json = Json(stdout, options.pretty) };
	bool opened = false;
	if (!words.empty()) {
		context.command = words.front();
		context.args.assign(words.begin() + 1, words.end());
	}
	if (status)
		status = run(context, options, opened);
	if (!status && context.as_json) {
		if (!opened)
			context.json.open('{');
		opened = true;
		context.json.put("error", status.error().text);
		context.json.put("hint", status.error().hint);
		if (status.error().line) {
			context.json.put("line", status.error().line);
			context.json.put("column", status.error().column);
		}
	}
	if (opened)
		context.json.close('}');

	bool written = fflush(stdout) == 0 && !ferror(stdout);
	if (!status && !context.as_json) {
		fprintf(stderr, "passthroughctl: %s\n", status.error().text.c_str());
		if (!status.error().hint.empty())
			fprintf(stderr, "hint: %s\n", status.error().hint.c_str());
	}
	if (!written) {
		perror("passthroughctl: writing the output");
		return static_cast<int>(Exit::refused);
	}
	return static_cast<int>(status ? Exit::done : status.error().code);
}
