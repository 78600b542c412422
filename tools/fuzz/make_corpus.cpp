// SPDX-License-Identifier: GPL-2.0
/* Corpus: writes the seeds of the fuzzers; run by "make corpus" alone. */
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nf_passthrough.h>

#include "../decode/tests/packets.hpp"
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

Bytes text(const std::string &words)
{
	return Bytes(words.begin(), words.end());
}

void write_esp(const std::filesystem::path &dir)
{
	std::filesystem::create_directories(dir);
	write(dir / "esp", ::esp(0x12345678, 1));
	write(dir / "reserved", ::esp(255, 1));
	write(dir / "ike", Bytes(4) + ::ike(2, 34, 8, 0, 0));
	write(dir / "keepalive", { 0xff });
}

/* Types and results as fuzz_pptp_call.cpp has them. */
void write_call(const std::filesystem::path &dir)
{
	std::filesystem::create_directories(dir);
	write(dir / "outgoing", { 7, 0, 8, 1, 8, 1, 15, 0, 12, 0, 13, 0, 7, 0 });
	write(dir / "incoming", { 9, 0, 10, 1, 11, 0, 11, 0, 13, 0 });
	write(dir / "refused", { 7, 0, 8, 2, 9, 0, 10, 3 });
	write(dir / "again", { 7, 0, 8, 1, 12, 0, 7, 0, 8, 1, 12, 0, 9, 0, 10, 1 });
}

void write_config(const std::filesystem::path &dir)
{
	std::filesystem::create_directories(dir);
	write(dir / "all", text("# all\n[pptp]\nstate = enabled\nport = 1723,1724\ninterface = lan, wan\n"
				"max-sessions = 100\ngre-replied = 1d5h\n\n[ipsec]\nstate = disabled\n"
				"credit = 20s\npin = 10.0.0.12 192.0.2.2\nkeep-port = 10.0.0.13\n"));
	write(dir / "short", text("[pptp]\nstate=bypassed"));
	write(dir / "twice", text("[pptp]\nstate=enabled\n[pptp]\nstate=enabled\n"));
	write(dir / "spaces", text("\t[ ipsec ] # x\r\n state\t= enabled#\r\n interface = any\n"));
}

/* ---- netlink, in the byte order of the machine that runs this -------------- */

template <typename Number> Bytes raw(Number value)
{
	const auto *p = reinterpret_cast<const uint8_t *>(&value);

	return Bytes(p, p + sizeof(value));
}

Bytes padded(Bytes b)
{
	b.resize((b.size() + 3) / 4 * 4);
	return b;
}

Bytes attribute(unsigned type, const Bytes &payload)
{
	return padded(raw(nlattr{ static_cast<uint16_t>(4 + payload.size()), static_cast<uint16_t>(type) }) +
		      payload);
}

Bytes attribute(unsigned type, const std::string &words)
{
	return attribute(type, text(words) + Bytes(1));
}

Bytes attribute(unsigned type, uint32_t number)
{
	return attribute(type, raw(number));
}

Bytes message_of(uint8_t command, const Bytes &attributes)
{
	const nlmsghdr header{ static_cast<uint32_t>(20 + attributes.size()), 32, 0, 1, 1 };

	return raw(header) + raw(genlmsghdr{ command, 1, 0 }) + attributes;
}

void write_netlink(const std::filesystem::path &dir)
{
	const Bytes ident = attribute(NF_PASSTHROUGH_A_IDENT_NAME, "PNS Call ID") +
			    attribute(NF_PASSTHROUGH_A_IDENT_VALUE, 1u) +
			    attribute(NF_PASSTHROUGH_A_IDENT_MAPPED, 2u);
	const Bytes sa = attribute(NF_PASSTHROUGH_A_SA_SPI, 0x12345678u) +
			 attribute(NF_PASSTHROUGH_A_SA_INBOUND, Bytes()) +
			 attribute(NF_PASSTHROUGH_A_SA_STATE, 2u) +
			 attribute(NF_PASSTHROUGH_A_SA_BYTES, raw(uint64_t(12345)));
	const Bytes call = attribute(NF_PASSTHROUGH_A_CALL_INITIATOR_ID, 5u) +
			   attribute(NF_PASSTHROUGH_A_CALL_STATE, 1u);
	const Bytes session = attribute(NF_PASSTHROUGH_A_SESSION_ID, 7u) +
			      attribute(NF_PASSTHROUGH_A_SESSION_PROTOCOL, "l2tp") +
			      attribute(NF_PASSTHROUGH_A_SESSION_STATE, 1u) +
			      attribute(NF_PASSTHROUGH_A_SESSION_ROLE, "initiator") +
			      attribute(NF_PASSTHROUGH_A_SESSION_INITIATOR, 0x0b00000au) +
			      attribute(NF_PASSTHROUGH_A_SESSION_IDENT, ident) +
			      attribute(NF_PASSTHROUGH_A_SESSION_IKE_INITIATOR_SPI, raw(uint64_t(1))) +
			      attribute(NF_PASSTHROUGH_A_SESSION_IKE_RESPONDER_SPI, raw(uint64_t(2))) +
			      attribute(NF_PASSTHROUGH_A_SESSION_SA, sa) +
			      attribute(NF_PASSTHROUGH_A_SESSION_CALL, call) +
			      attribute(NF_PASSTHROUGH_A_SESSION_INITIATOR_NAME, "lac\x1b[1m") +
			      attribute(NF_PASSTHROUGH_A_SESSION_VERSION, 3u) +
			      attribute(NF_PASSTHROUGH_A_SESSION_TRANSPORT, 115u) +
			      attribute(NF_PASSTHROUGH_A_SESSION_EVENT, 2u) +
			      attribute(NF_PASSTHROUGH_A_SESSION_REASON, 4u);
	const Bytes setting = attribute(NF_PASSTHROUGH_A_SETTING_NAME, "idle") +
			      attribute(NF_PASSTHROUGH_A_SETTING_VALUE, 300u);
	const Bytes pin = attribute(NF_PASSTHROUGH_A_PIN_KIND, 0u) +
			  attribute(NF_PASSTHROUGH_A_PIN_HOST, 0x0b00000au);
	const Bytes protocol = attribute(NF_PASSTHROUGH_A_PROTOCOL_NAME, "ipsec") +
			       attribute(NF_PASSTHROUGH_A_PROTOCOL_STATE, 1u) +
			       attribute(NF_PASSTHROUGH_A_PROTOCOL_PORT, raw(uint16_t(500))) +
			       attribute(NF_PASSTHROUGH_A_PROTOCOL_INTERFACE, "lan") +
			       attribute(NF_PASSTHROUGH_A_PROTOCOL_SETTING, setting) +
			       attribute(NF_PASSTHROUGH_A_PROTOCOL_PIN, pin) +
			       attribute(NF_PASSTHROUGH_A_PROTOCOL_NOTE, "a note");

	std::filesystem::create_directories(dir);
	write(dir / "session", message_of(NF_PASSTHROUGH_CMD_SESSION_NTF, session));
	write(dir / "protocol", message_of(NF_PASSTHROUGH_CMD_PROTOCOL_NTF, protocol));
	write(dir / "parts", message_of(NF_PASSTHROUGH_CMD_SESSION_GET, session) +
			     message_of(NF_PASSTHROUGH_CMD_SESSION_GET, session));
}

/* ---- captures and firewalls ------------------------------------------------ */

Bytes frames(std::initializer_list<Bytes> packets, uint8_t layer, Link link)
{
	Bytes all = { layer };

	for (const Bytes &packet : packets) {
		const Bytes frame = frame_of(link, packet);

		put16(all, static_cast<unsigned>(frame.size()));
		all += frame;
	}
	return all;
}

/* A first byte as fuzz_decode.cpp has it. */
void write_decode(const std::filesystem::path &dir)
{
	namespace l2tp = l2tp_model;
	const std::initializer_list<Bytes> packets = {
		ipv4(6, tcp(40000, 1723, 1, 0, 0x02)),
		ipv4(6, tcp(40000, 1723, 2, 0, 0x18, message(7, 1, 0))),
		ipv4(6, tcp(1723, 40000, 9, 2, 0x18, message(8, 2, 1)), true),
		ipv4(47, ::gre(2, 1, 0)),
		ipv4(17, udp(500, 500, ::ike(2, 34, 8, 0, 0))),
		ipv4(17, udp(4500, 4500, Bytes(4) + ::ike(1, 32, 1, 3, 4)), true),
		ipv4(50, ::esp(0x12345678, 1)),
		ipv4(17, udp(1701, 1701, l2tp::message(l2tp::Kind::v2_udp, 1, { l2tp::avp(9, l2tp::be16(5)) }))),
		ipv4(115, l2tp::message(l2tp::Kind::v3_ip, 1, { l2tp::avp(61, l2tp::be32(5)) })),
		ipv6(17, udp(1701, 1701, l2tp::data_v2(0, 1, 2, 0, { 0xff, 3 }))),
	};
	Bytes file = { 0 };

	std::filesystem::create_directories(dir);
	write(dir / "ethernet", frames(packets, 6, Link::ethernet));
	write(dir / "vlan", frames(packets, 6, Link::qinq));
	write(dir / "raw", frames(packets, 1, Link::raw));
	write(dir / "cooked", frames(packets, 2, Link::cooked));
	write(dir / "cooked2", frames(packets, 3, Link::cooked2));
	file += raw(uint32_t(0xa1b2c3d4)) + raw(uint16_t(2)) + raw(uint16_t(4)) + raw(uint64_t(0)) +
		raw(uint32_t(65535)) + raw(uint32_t(101));
	for (const Bytes &packet : packets) {
		const auto length = static_cast<uint32_t>(packet.size());

		file += raw(uint64_t(0)) + raw(length) + raw(length) + packet;
	}
	write(dir / "pcap", file);
}

void write_rules(const std::filesystem::path &dir)
{
	const std::string chain = R"({"nftables":[{"chain":{"family":"inet","table":"t","name":"forward",)"
				  R"("type":"filter","hook":"forward","prio":0,"policy":"drop"}},)"
				  R"({"chain":{"family":"inet","table":"t","name":"c"}},)";
	const std::string rule = R"({"rule":{"family":"inet","table":"t","chain":")";

	std::filesystem::create_directories(dir);
	write(dir / "nft", text("\1" + chain + rule + R"(forward","handle":1,"expr":[{"match":{"op":"in","left":)"
			R"({"ct":{"key":"state"}},"right":["established","related"]}},{"accept":null}]}},)" +
			rule + R"(forward","handle":2,"expr":[{"match":{"op":"!=","left":{"meta":{"key":)"
			R"("iifname"}},"right":"wan"}},{"jump":{"target":"c"}}]}},)" +
			rule + R"(c","handle":3,"expr":[{"match":{"op":"==","left":{"payload":{"protocol":)"
			R"("udp","field":"dport"}},"right":{"set":[500,{"range":[4500,4501]}]}}},{"drop":null}]}}]})"));
	write(dir / "iptables", text(std::string(1, 0) + "*filter\n:FORWARD DROP [0:0]\n:c - [0:0]\n"
			"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
			"-A FORWARD ! -i wan -p tcp -m tcp --dport 1723:1724 -j c\n"
			"-A c -p gre -m comment --comment \"a b\" -j REJECT\nCOMMIT\n"
			"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p esp -j CT --notrack\nCOMMIT\n"));
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
	write_esp(root / "fuzz_esp");
	write_call(root / "fuzz_pptp_call");
	write_config(root / "fuzz_config");
	write_netlink(root / "fuzz_netlink");
	write_decode(root / "fuzz_decode");
	write_rules(root / "fuzz_rules");

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
