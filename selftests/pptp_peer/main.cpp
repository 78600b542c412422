// SPDX-License-Identifier: GPL-2.0
// Synthetic PPTP peers: answer each line of standard input with one line.
#include <sys/resource.h>

#include "command.hpp"

int main(int argc, char **)
{
	const rlimit many{65536, 65536};

	// Two sockets a link; what is not allowed shows when it is needed.
	setrlimit(RLIMIT_NOFILE, &many);
	return serve<World>(argc, "pptp_peer");
}
