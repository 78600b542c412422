// SPDX-License-Identifier: GPL-2.0
//
// --watch: a command's output again and again, in place on a terminal.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>

#include "command.hpp"

namespace {

struct Free {
	void operator()(char *text) const { free(text); }
};

// What a command prints.
Result<std::string> printed(Context &context, const Command &command)
{
	char *text = nullptr;
	std::size_t size = 0;

	context.out = open_memstream(&text, &size);
	if (!context.out) {
		context.out = stdout;
		return Error{ Exit::refused, std::string("--watch: ") + strerror(errno),
			      "free some memory" };
	}
	Status status = command.run(context);
	fclose(context.out);
	context.out = stdout;
	std::unique_ptr<char, Free> owner(text);
	if (!status)
		return status.error();
	return std::string(text, size);
}

// As many lines as fit below the first, and how many more there are.
std::string cut(std::string_view text, std::size_t height)
{
	std::size_t lines = 0, shown = 0, end = 0;

	for (std::size_t at = 0; at < text.size(); at++) {
		if (text[at] != '\n')
			continue;
		lines++;
		// The last line tells of the rest, the cursor takes none.
		if (lines + 2 <= height) {
			shown = lines;
			end = at + 1;
		}
	}
	if (!height || lines + 1 < height)
		return std::string(text);
	return std::string(text.substr(0, end)) + "(" + std::to_string(lines - shown) +
	       " more lines: choose with filters)";
}

} // namespace

Status watch(Context &context, const Command &command, std::uint32_t seconds)
{
	static constexpr const char *home_and_clear = "\x1b[H\x1b[J";
	bool screen = terminal_height(stdout) > 0;

	for (;;) {
		auto text = printed(context, command);
		if (!text)
			return text.error();

		char clock[16];
		time_t now = time(nullptr);
		tm parts{};
		strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &parts));
		std::string head = "every " + human_time(seconds) + ", " + clock;
		if (screen)
			printf("%s%s\n%s", home_and_clear, paint(head, Colour::faint).c_str(),
			       cut(*text, terminal_height(stdout)).c_str());
		else
			printf("%s\n%s\n", head.c_str(), text->c_str());
		// main says why.
		if (fflush(stdout) != 0)
			return Done{};

		timespec left{ static_cast<time_t>(seconds), 0 };
		while (nanosleep(&left, &left) < 0 && errno == EINTR)
			;
	}
}
