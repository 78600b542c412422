// SPDX-License-Identifier: GPL-2.0
//
// `help`: what can be typed.
#include <cstring>

#include "args.hpp"
#include "command.hpp"

namespace {

constexpr std::size_t readable = 80;

const Command *find_command(std::string_view name)
{
	for (const Command &c : command_table())
		if (c.name == name)
			return &c;
	return nullptr;
}

std::string usage_of(const Command &c)
{
	std::string usage = "passthroughctl [OPTIONS] ";

	usage += c.name;
	if (*c.args) {
		usage += ' ';
		usage += c.args;
	}
	return usage;
}

void write_json(Json &json, const Command &c)
{
	json.open('{');
	json.put("name", c.name);
	json.put("usage", usage_of(c));
	json.put("summary", c.summary);
	json.close('}');
}

} // namespace

Error unknown_command(std::string_view word)
{
	std::vector<std::string_view> names;

	for (const Command &c : command_table())
		names.push_back(c.name);
	return Error{ Exit::usage, "no command is called \"" + std::string(word) + "\"",
		      suggest(word, names) };
}

void print_help(FILE *out)
{
	fputs("usage: passthroughctl [-j | -p] [-n NETNS] COMMAND [ARGUMENTS]\n\n"
	      "Switches VPN passthrough of this router and shows what it does.\n\n",
	      out);
	for (const Command &c : command_table())
		fprintf(out, "  %-9s %s\n", c.name.data(), c.summary);
	fputs("\n"
	      "  -j          print JSON, errors too\n"
	      "  -p          the same, indented\n"
	      "  -n NETNS    work in a network namespace (ip-netns(8))\n"
	      "  -w          list, sessions, stats: again every 2 s, or --watch=TIME\n"
	      "  -h          help, also for one command\n"
	      "\n"
	      "Exit: 0 done, 1 wrong usage, 2 the kernel refused, 3 module not there,\n"
	      "4 doctor found a problem.\n"
	      "`passthroughctl help COMMAND` tells more; so does passthroughctl(8).\n",
	      out);
}

Status run_help(Context &context)
{
	const Command *one = nullptr;

	if (!context.args.empty()) {
		one = find_command(context.args[0]);
		if (!one)
			return unknown_command(context.args[0]);
	}
	if (context.as_json) {
		context.json.open("commands", '[');
		for (const Command &c : command_table())
			if (!one || one == &c)
				write_json(context.json, c);
		context.json.close(']');
	} else if (one) {
		printf("usage: %s\n\n", usage_of(*one).c_str());
		print_wrapped(stdout, one->details, 0, readable);
	} else {
		print_help(stdout);
	}
	return Done{};
}
