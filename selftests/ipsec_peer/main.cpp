// SPDX-License-Identifier: GPL-2.0
// Synthetic IPsec hosts and gateways: answer each line of standard input with
// one line.
#include "world.hpp"

int main(int argc, char **)
{
	return serve<World>(argc, "ipsec_peer");
}
