// SPDX-License-Identifier: GPL-2.0
/* Corpus: writes the seeds of the fuzzers; run by "make corpus" alone. */
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "../../tests/unit/l2tp_model.hpp"
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

/* A message of one IKE SA, behind the end it comes from. */
Bytes ike(unsigned from, unsigned version, unsigned exchange, unsigned flags, unsigned id)
{
	const auto b = [](unsigned v) { return static_cast<uint8_t>(v); };

	return {b(from), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 33,
		b(version << 4), b(exchange), b(flags), 0, 0, 0, b(id), 0, 0, 0, 28};
}

void write_ike(const std::filesystem::path &dir)
{
	Bytes v2, v1;

	std::filesystem::create_directories(dir);
	for (unsigned id = 0; id < 4; id++)
		for (unsigned response : {0u, 0x20u})
			v2 += ike(!!response, 2, 34 + (id < 3 ? id : 2), response, id);
	for (unsigned id : {7u, 8u})
		for (unsigned from : {0u, 1u, 0u, 1u})
			v1 += ike(from, 1, 32, 1, id);
	write(dir / "v2", v2);
	write(dir / "v1", v1);
	write(dir / "header", Bytes(v2.begin() + 1, v2.begin() + 29));
}

/* Events as fuzz_assoc.cpp numbers them. */
void write_assoc(const std::filesystem::path &dir)
{
	const Bytes two = {0xff, 0xff, 0xff, 0xf0, 2, 0, 0, 2, 1, 0, 5, 0, 1, 5, 1, 1};
	Bytes waiting = two, copied = two, pause = two;

	std::filesystem::create_directories(dir);
	waiting += {6, 0, 1, 0, 0, 5, 13, 0, 1, 6, 0, 0, 0, 0, 5, 13, 0, 1, 6, 0, 0, 13, 0, 1};
	copied += {13, 0, 1, 0, 0, 2, 6, 1, 1, 0, 0, 20, 13, 0, 1, 13, 1, 1};
	for (unsigned n = 0; n < 10; n++)
		pause += {13, 0, 1};
	pause += {1, 0, 6, 13, 0, 1, 6, 0, 1, 1, 0, 90, 13, 0, 1, 11, 0, 0, 10, 0, 0, 3, 0, 0};
	write(dir / "waiting", waiting);
	write(dir / "copied", copied);
	write(dir / "pause", pause);
}

/* Flags as fuzz_l2tp.cpp has them: over IP, with its length set right. */
void write_l2tp(const std::filesystem::path &dir)
{
	namespace l2tp = l2tp_model;
	const auto vector = l2tp::avp(36, Bytes(16, 0xa5));
	const auto digest = l2tp::avp(59, Bytes(17, 0));
	const auto name = l2tp::avp(7, l2tp::text("lac"));
	const auto id = [](unsigned type) {
		return l2tp::avp(type, type < 58 ? l2tp::be16(type) : l2tp::be32(type));
	};
	const auto hidden = [](unsigned type) {
		return l2tp::avp(type, Bytes(8, 0x5a), l2tp::mandatory | l2tp::hidden);
	};
	const auto seed = [&](const std::string &file, uint8_t flags, const Bytes &p) {
		Bytes all = {flags, 0};

		all += p;
		write(dir / file, all);
	};

	std::filesystem::create_directories(dir);
	for (auto kind : l2tp::kinds) {
		const bool v2 = kind == l2tp::Kind::v2_udp;
		const bool ip = kind == l2tp::Kind::v3_ip;
		const std::string prefix = v2 ? "v2-" : ip ? "ip-" : "v3-";
		const uint8_t flags = ip ? 3 : 2;
		const unsigned tunnel = v2 ? 9 : 61, session = v2 ? 14 : 63;

		seed(prefix + "sccrq", flags, l2tp::message(kind, 1, {name, id(tunnel)}));
		seed(prefix + "stopccn", flags,
		     l2tp::message(kind, 4, {digest, id(tunnel), l2tp::avp(1, l2tp::be16(1))}));
		seed(prefix + "icrp", flags, l2tp::message(kind, 11, {id(session), id(64)}));
		seed(prefix + "cdn-hidden", flags,
		     l2tp::message(kind, 14, {vector, hidden(session), hidden(64)}));
		seed(prefix + "ack", 0 | ip, l2tp::control(kind, 1, 2, 3, {}));
	}
	seed("v2-or-v3", 2, l2tp::message(l2tp::Kind::v2_udp, 1,
					  {name, id(9), id(61), l2tp::avp(0, {}, 0, 9)}));
	seed("data-v2", 0, l2tp::data_v2(0, 1, 2, 0, {0xff, 3}));
	seed("data-v2-all", 0, l2tp::data_v2(0x4b00, 1, 2, 3, {0xff, 3}));
	seed("data-v3", 0, {0, 3, 0, 0, 0, 0, 0, 1});
	seed("data-ip", 1, {0, 0, 0, 1});
}

} /* namespace */

int main(int argc, char **argv)
try {
	const std::filesystem::path root = argc > 1 ? argv[1] : "corpus";
	const auto gre = root / "fuzz_gre", stream = root / "fuzz_pptp_stream";

	std::filesystem::create_directories(gre);
	std::filesystem::create_directories(stream);
	write_ike(root / "fuzz_ike");
	write_assoc(root / "fuzz_assoc");
	write_l2tp(root / "fuzz_l2tp");

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
