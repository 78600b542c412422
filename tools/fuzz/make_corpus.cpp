// SPDX-License-Identifier: GPL-2.0
/* Corpus: writes the seeds of the fuzzers; run by "make corpus" alone. */
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "../../tests/unit/pptp_model.hpp"

namespace {

using model::Bytes;
using model::message;
using model::operator+=;

void write(const std::filesystem::path &file, const Bytes &bytes)
{
	std::ofstream out(file, std::ios::binary);

	out.exceptions(std::ios::failbit | std::ios::badbit);
	out.write(reinterpret_cast<const char *>(bytes.data()),
		  static_cast<std::streamsize>(bytes.size()));
}

/* Mode, seed, log size and start of a seed follow from its number. */
void write_stream(const std::filesystem::path &dir, const std::string &name,
		  const Bytes &stream, unsigned number, const Bytes &steps)
{
	Bytes all = {static_cast<uint8_t>(number), static_cast<uint8_t>(number),
		     static_cast<uint8_t>(number), 0xff, 0xff, 0xff, 0xf0,
		     static_cast<uint8_t>(steps.size())};

	all += steps;
	all += stream;
	write(dir / name, all);
}

} /* namespace */

int main(int argc, char **argv)
try {
	const std::filesystem::path root = argc > 1 ? argv[1] : "corpus";
	const auto gre = root / "fuzz_gre", stream = root / "fuzz_pptp_stream";
	std::mt19937 rng(1);

	std::filesystem::create_directories(gre);
	std::filesystem::create_directories(stream);

	write(gre / "ack", {0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 1});
	write(gre / "data", {0x30, 0x01, 0x88, 0x0b, 0, 1, 0x12, 0x34, 0, 0, 0,
			     1, 0xff});
	write(gre / "both", {0x30, 0x81, 0x88, 0x0b, 0, 0, 0xff, 0xff, 0, 0, 0,
			     1, 0, 0, 0, 1});
	write(gre / "version0", {0, 0, 8, 0, 0x45, 0, 0, 0});
	write(gre / "checksum", {0xb0, 0x01, 0x88, 0x0b, 0, 0, 0, 1});
	write(gre / "short", {0x30, 0x01, 0x88, 0x0b, 0, 0, 0});

	/* each type once, cut before, in and behind its ids */
	for (unsigned type = 1; type <= 15; type++)
		write_stream(stream, "type" + std::to_string(type),
			     message(type, 0x0102, 0x0304), type,
			     {11, 0, 0, 0, 0, 0x60, 0x41});

	const auto conversation = [](std::initializer_list<unsigned> types) {
		Bytes all;

		for (unsigned type : types)
			all += message(type, 0x0100 + type, 0x0200 + type);
		return all;
	};
	const Bytes all_steps = {0x20, 12, 0, 0x60, 0xc1, 0x45, 0xa0, 1, 2,
				 0x80, 0xe0, 0x3f, 0x40, 0x80, 0x2f};

	write_stream(stream, "outgoing", conversation({7, 15, 5, 12}), 0, all_steps);
	write_stream(stream, "outgoing-reply", conversation({8, 15, 14, 13}), 1,
		     all_steps);
	write_stream(stream, "incoming", conversation({9, 11, 6, 13}), 2, all_steps);
	write_stream(stream, "incoming-reply", conversation({10, 12, 15}), 3,
		     all_steps);
	write_stream(stream, "many", conversation({12, 12, 12, 12, 12, 12}), 6,
		     Bytes(40, 0x02));

	Bytes bad = conversation({12});
	bad += message(16);
	bad += message(7, 1, 1, 1, 30);
	bad += conversation({12});
	write_stream(stream, "malformed", bad, 1, all_steps);
	bad += Bytes(20, 0);
	bad += conversation({12});
	write_stream(stream, "lost", bad, 2, all_steps);
	return 0;
} catch (const std::exception &e) {
	fprintf(stderr, "make_corpus: %s\n", e.what());
	return 1;
}
