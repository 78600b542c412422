// SPDX-License-Identifier: GPL-2.0
//
// A capture file, pcap or pcapng, read with libpcap.
#include "capture.hpp"

#include <cerrno>
#include <cstring>

#include "packet.hpp"

namespace {

// What libpcap has to say, on what.
Error capture_error(Exit code, const std::string &name, const char *text, std::string hint)
{
	return Error{ code, name + ": " + text, std::move(hint) };
}

} // namespace

Result<Capture> Capture::open(const std::string &name)
{
	if (name == "-")
		return read(stdin, "standard input");
	FILE *file = fopen(name.c_str(), "rbe");
	if (!file)
		return capture_error(Exit::usage, name, strerror(errno),
				     "name a capture that can be read, or - for standard input");
	return read(file, name);
}

Result<Capture> Capture::read(FILE *file, const std::string &name)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *handle = pcap_fopen_offline(file, why);

	if (!handle) {
		if (file != stdin)
			fclose(file);
		return capture_error(Exit::usage, name, why,
				     "it must be a pcap or pcapng file, as tcpdump -w writes");
	}
	Capture capture(handle, name);
	int link = capture.link();
	if (knows_link(link))
		return capture;

	const char *known = pcap_datalink_val_to_name(link);
	std::string text = "link type " + (known ? std::string(known) : std::to_string(link)) +
			   " is not known here";
	return capture_error(Exit::usage, name, text.c_str(),
			     "known are Ethernet, raw IP, Linux cooked (tcpdump -i any) and loopback");
}

Status Capture::filter(const std::string &expression)
{
	std::unique_ptr<bpf_program> program(new bpf_program{});

	if (pcap_compile(handle_.get(), program.get(), expression.c_str(), 1,
			 PCAP_NETMASK_UNKNOWN) < 0)
		return capture_error(Exit::usage, "filter \"" + expression + "\"",
				     pcap_geterr(handle_.get()),
				     "pcap-filter(7) has the words, such as `host 192.0.2.2 and not esp`");
	filter_.reset(program.release());
	return Done{};
}

Result<bool> Capture::next(Frame &frame)
{
	for (;;) {
		pcap_pkthdr *header = nullptr;
		const u_char *bytes = nullptr;
		int got = pcap_next_ex(handle_.get(), &header, &bytes);

		if (got == PCAP_ERROR_BREAK)
			return false;
		if (got != 1)
			return capture_error(Exit::refused, name_ + ", behind packet " +
							    std::to_string(number_),
					     pcap_geterr(handle_.get()),
					     "the capture ends in the middle of a packet, or is "
					     "damaged there");
		if (!number_++)
			first_ = header->ts;
		if (filter_ && !pcap_offline_filter(filter_.get(), header, bytes))
			continue;
		frame.number = number_;
		frame.time = header->ts;
		frame.bytes = { bytes, header->caplen };
		frame.length = header->len;
		return true;
	}
}
