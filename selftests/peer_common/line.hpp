// SPDX-License-Identifier: GPL-2.0
// What the synthetic peers are told and what they answer: one line each.
#pragma once

#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "bytes.hpp"

// Decimal, or hexadecimal behind 0x; throws for anything else.
std::size_t number_in(const std::string &text);
Bytes from_hex(const std::string &hex);

// "a,b,c" as its parts.
std::vector<std::string> list_in(const std::string &text);

// A command line: words, then key=value options and bare flags.
class Line {
public:
	explicit Line(const std::string &text);

	bool empty() const { return words_.empty(); }
	std::size_t words() const { return words_.size(); }
	const std::string &word(std::size_t n, const char *what) const;
	bool flag(const std::string &name) const;
	bool has(const std::string &option) const { return options_.contains(option); }
	std::string option(const std::string &name, const std::string &fallback = "") const;
	std::size_t number(const std::string &name, std::size_t fallback) const;

private:
	std::vector<std::string> words_;
	std::map<std::string, std::string> options_;
};

// The verdict on a command and what is told about it.
class Reply {
public:
	explicit Reply(bool ok = true) : ok_(ok) {}
	template <typename Value> Reply &with(const std::string &key, const Value &value)
	{
		if constexpr (std::is_arithmetic_v<Value>)
			text_ += " " + key + "=" + std::to_string(value);
		else
			text_ += " " + key + "=" + std::string(value);
		return *this;
	}

	bool ok() const { return ok_; }
	std::string text() const { return (ok_ ? "ok" : "fail") + text_; }

private:
	bool ok_;
	std::string text_;
};

// A command of a World: how it is called, and what does it.
template <typename World> struct Command {
	const char *name, *usage, *help;
	Reply (World::*run)(const Line &);
};

template <typename Commands> std::string help_for(const Commands &commands)
{
	std::string text;

	for (const auto &c : commands)
		text += std::string(c.name) + " " + c.usage + "\n\t" + c.help + "\n";
	return text;
}

// Has @world begin() and run the command.
template <typename World, typename Commands>
Reply run_line(World &world, const Commands &commands, const Line &line)
try {
	const auto start = std::chrono::steady_clock::now();
	const auto found = std::find_if(std::begin(commands), std::end(commands), [&](const auto &c) {
		return line.word(0, "a command") == c.name;
	});

	if (found == std::end(commands))
		throw std::invalid_argument("no such command");
	world.begin(line);

	Reply reply = (world.*found->run)(line);
	const auto took = std::chrono::steady_clock::now() - start;

	return reply.with("ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
} catch (const std::exception &e) {
	// One line, and no space, so that key=value stays easy to cut.
	std::string what = e.what();

	std::replace(what.begin(), what.end(), ' ', '-');
	return Reply(false).with("error", what);
}

// A program's main(): answers each line of standard input.  Exit code 0 when
// all were ok, 1 when one failed, 2 for wrong usage.
template <typename World> int serve(int argc, const char *name)
try {
	World world;
	bool ok = true;

	if (argc > 1) {
		std::cerr << "usage: " << name << " < commands\n\n" << World::help();
		return 2;
	}
	for (std::string text; std::getline(std::cin, text);) {
		const Line line(text);

		if (line.empty())
			continue;

		const Reply reply = world.run(line);

		std::cout << reply.text() << std::endl;
		ok = ok && reply.ok();
	}
	return ok ? 0 : 1;
} catch (const std::exception &e) {
	std::cerr << name << ": " << e.what() << '\n';
	return 2;
}
