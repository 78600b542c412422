// SPDX-License-Identifier: GPL-2.0
//
// What main and the commands share: the table's entry, the context of a run,
// and words that several commands take.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"
#include "netlink.hpp"
#include "render.hpp"

// What a command runs with.
struct Context {
	std::string_view command;
	std::vector<std::string_view> args;
	std::string_view netns;
	// Print JSON.  main opens one object before the command runs, unless it
	// prints its own, and closes it after, with the error in it if there was
	// one.
	bool as_json = false;
	bool explain = false;
	bool all = false;
	Json json;
	// Where output for people goes.
	FILE *out = stdout;
};

// What else a command understands.
enum : unsigned {
	// --explain, --all
	counts = 1,
	// --watch
	watchable = 2,
	// Prints JSON objects of its own, one after the other.
	prints_objects = 4,
	// Is a program of its own: what main does not know is left to it.
	external = 8,
};

struct Command {
	std::string_view name;
	const char *args;
	const char *summary;
	const char *details;
	std::size_t min_args;
	std::size_t max_args;
	unsigned traits;
	Status (*run)(Context &context);
};

std::span<const Command> command_table();

Status run_list(Context &context);
Status run_enable(Context &context);
Status run_disable(Context &context);
Status run_bypass(Context &context);
Status run_set(Context &context);
Status run_sessions(Context &context);
Status run_save(Context &context);
Status run_check(Context &context);
Status run_apply(Context &context);
Status run_sync(Context &context);
Status run_monitor(Context &context);
Status run_flush(Context &context);
Status run_stats(Context &context);
Status run_version(Context &context);
Status run_help(Context &context);
// Becomes the program of the command, `NAME [-j | -p] [-n NETNS] WORD...`;
// returns only if it cannot.
Status run_program(Context &context);

// The usage of all commands, to out.
void print_help(FILE *out);
// The error for a word that no command has.
Error unknown_command(std::string_view word);
// Runs a command again and again, every so many seconds, until it fails.
Status watch(Context &context, const Command &command, std::uint32_t seconds);
// A remark for people, on stderr; nothing with JSON, which has it as data.
void note(const Context &context, std::string_view text);
// Refuses a name that neither the tool nor the kernel knows.  kernel may be
// nullptr where there is none to ask.
Status check_protocol(std::string_view name, Kernel *kernel);
// The same before the kernel was spoken to, for a good answer to a typo even
// if the module is not there.
Status check_protocols(Context &context, std::span<const std::string_view> names);
// "proto P host ADDR ..." of sessions and flush.
Result<SessionFilter> parse_filter(Context &context);
// An address that somebody typed; what says whose, for the error.
Result<Address> read_address(std::string_view what, std::string_view word);
