// SPDX-License-Identifier: GPL-2.0
// Synthetic L2TP hosts and servers: answer each line of standard input with
// one line.
#include "world.hpp"

int main(int argc, char **)
{
	return serve<World>(argc, "l2tp_peer");
}
