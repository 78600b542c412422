// SPDX-License-Identifier: GPL-2.0
//
// Writes a capture for check.sh to standard output:
//   make_capture pcap|pcapng|other LINK
// with LINK a number of links[]; other has a link type that nobody knows.
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "packets.hpp"

int main(int argc, char **argv)
{
	constexpr int bluetooth = 187;
	std::string_view format = argc > 1 ? argv[1] : "pcap";
	auto n = argc > 2 ? static_cast<std::size_t>(atoi(argv[2])) : 0;
	Link link = links[n % std::size(links)];
	std::vector<Bytes> frames;

	for (const Bytes &ip : conversation())
		frames.push_back(frame_of(link, ip));
	if (format == "pcapng")
		write_pcapng(stdout, dlt_of(link), frames);
	else
		write_pcap(stdout, format == "other" ? bluetooth : dlt_of(link), frames);
	return 0;
}
