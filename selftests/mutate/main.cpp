// SPDX-License-Identifier: GPL-2.0
// Mutated packets: records what hosts send, then sends it mutated.
#include <chrono>
#include <csignal>
#include <deque>
#include <iostream>

#include "frame.hpp"
#include "line.hpp"
#include "replay.hpp"

namespace {

constexpr char usage[] =
	"usage: mutate record TAPE NETNS:INTERFACE...\n"
	"\twrites what these send to TAPE, a pcap file, until it gets SIGTERM;\n"
	"\tsays \"recording\" when it has begun\n"
	"       mutate replay TAPE NETNS:INTERFACE... outside=ADDR server=ADDR [via=ADDR,...]\n"
	"\t\t[count=N] [seed=N] [lanes=N]\n"
	"\tsends COUNT packets like those on TAPE; the server's address and the LANES - 1\n"
	"\tthat follow it are its servers'; via is whom errors may come from, too\n";

volatile std::sig_atomic_t over;

std::deque<Port> ports_of(const Line &line)
{
	std::deque<Port> ports;

	line.word(2, "NETNS:INTERFACE");
	for (std::size_t n = 2; n < line.words(); n++)
		ports.emplace_back(line.word(n, ""));
	return ports;
}

Reply record(const Line &line)
{
	std::deque<Port> ports = ports_of(line);
	Reactor reactor;
	Tape tape;

	std::signal(SIGTERM, [](int) { over = 1; });
	for (Port &port : ports)
		port.record(reactor, [&](std::int64_t stamp, View frame) { tape.add(stamp, frame); });
	std::cout << "recording" << std::endl;
	while (!over)
		reactor.pump(Reactor::Milliseconds(100));
	reactor.pump();
	tape.write(line.word(1, "TAPE"));
	return Reply().with("frames", tape.frames().size());
}

Reply replay(const Line &line)
{
	std::deque<Port> ports = ports_of(line);
	Tape tape;
	std::vector<Address> others;

	tape.read(line.word(1, "TAPE"));
	for (const auto &address : list_in(line.option("via")))
		others.push_back(parse_address(address));

	const Replay::Options options{
		line.number("count", 1000000), line.number("lanes", 16), line.number("seed", 1),
		parse_address(line.option("outside")), parse_address(line.option("server")), others};
	const auto start = std::chrono::steady_clock::now();
	Replay replay(tape, ports, options);

	replay.run();

	const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

	return Reply()
		.with("sent", replay.sent())
		.with("mutated", replay.sums().mutated)
		.with("errors", replay.sums().errors)
		.with("fragmented", replay.sums().fragmented)
		.with("merged", replay.sums().merged)
		.with("unfinished", replay.sums().unfinished)
		.with("refused", replay.refused())
		.with("rounds", replay.rounds())
		.with("per-second", static_cast<std::size_t>(static_cast<double>(replay.sent()) / took.count()))
		.with("seed", options.seed);
}

} // namespace

int main(int argc, char **argv)
try {
	std::string text;

	for (int i = 1; i < argc; i++)
		text += std::string(argv[i]) + " ";

	const Line line(text);
	const std::string what = line.words() ? line.word(0, "") : "";

	if (what != "record" && what != "replay") {
		std::cerr << usage;
		return 2;
	}
	std::cout << (what == "record" ? record(line) : replay(line)).text() << std::endl;
	return 0;
} catch (const std::exception &e) {
	std::cerr << "mutate: " << e.what() << '\n';
	return 1;
}
