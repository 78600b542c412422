// SPDX-License-Identifier: GPL-2.0
// Synthetic PPTP peers: reads commands, one a line, from standard input and
// answers each with one line.  Exit code 0 when all were ok, 1 when one
// failed, 2 for wrong usage.
#include <iostream>

#include <sys/resource.h>

#include "command.hpp"

int main(int argc, char **)
try {
	const rlimit many{65536, 65536};
	World world;
	bool ok = true;

	// Two sockets a link; what is not allowed shows when it is needed.
	setrlimit(RLIMIT_NOFILE, &many);
	if (argc > 1) {
		std::cerr << "usage: pptp_peer < commands\n\n" << World::help();
		return 2;
	}
	for (std::string text; std::getline(std::cin, text);) {
		if (Line(text).empty())
			continue;

		const Reply reply = world.run(text);

		std::cout << reply.text() << std::endl;
		ok = ok && reply.ok();
	}
	return ok ? 0 : 1;
} catch (const std::exception &e) {
	std::cerr << "pptp_peer: " << e.what() << '\n';
	return 2;
}
