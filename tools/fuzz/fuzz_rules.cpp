// SPDX-License-Identifier: GPL-2.0
/*
 * Firewall rules: any text as what nft or iptables-save prints; and what the
 * chains in it do to a packet is found in the end: some are accepted or dropped.
 *
 * Input: one byte, odd for nft, and the text.
 */
#include <cstdint>
#include <cstdlib>
#include <string>

#include "rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;

	const std::string text(reinterpret_cast<const char *>(data + 1), size - 1);
	std::optional<Ruleset> rules;

	if (data[0] & 1)
		rules = read_nft(text);
	else
		read_iptables(rules.emplace(), text, "iptables-legacy");
	if (!rules)
		return 0;

	Packet packet;

	packet.in = "lan";
	for (std::uint8_t protocol : { 6, 17, 47, 50, 115 }) {
		packet.protocol = protocol;
		packet.dport = protocol == 6 ? 1723 : 0;
		for (const Chain &chain : rules->chains) {
			const Fate f = fate(*rules, chain, packet);

			if (!(f.accepted || f.dropped) || f.dropped != bool(f.chain))
				abort();
			(void)accept_command(chain, packet);
			(void)chain.title();
			for (const Rule &rule : chain.rules)
				(void)names(rule, packet);
		}
	}
	return 0;
}
