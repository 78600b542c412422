// SPDX-License-Identifier: GPL-2.0
//
// What can be tested without a kernel: units, tables, JSON, words.
#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/nf_passthrough.h>

#include "args.hpp"
#include "config.hpp"
#include "event_view.hpp"
#include "netlink_read.hpp"
#include "protocol_view.hpp"
#include "render.hpp"
#include "session_view.hpp"

namespace {

// Runs a function that prints, returns what it printed.
template <class F>
std::string printed(F print)
{
	char *text = nullptr;
	std::size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	print(out);
	fclose(out);
	std::string result(text, size);
	free(text);
	return result;
}

std::string json_string(std::string_view text)
{
	return printed([&](FILE *out) { Json(out, false).value(text); });
}

Address address(const char *text)
{
	return { inet_addr(text) };
}

TEST(Time, TwoUnitsAtMost)
{
	EXPECT_EQ(human_time(0), "0s");
	EXPECT_EQ(human_time(59), "59s");
	EXPECT_EQ(human_time(60), "1m");
	EXPECT_EQ(human_time(192), "3m12s");
	EXPECT_EQ(human_time(18000), "5h");
	EXPECT_EQ(human_time(3601), "1h");
	EXPECT_EQ(human_time(86400 + 4 * 3600 + 59), "1d4h");
	EXPECT_EQ(human_time(UINT32_MAX), "49710d6h");
}

TEST(Bytes, PowersOfThousand)
{
	EXPECT_EQ(human_bytes(0), "0 B");
	EXPECT_EQ(human_bytes(999), "999 B");
	EXPECT_EQ(human_bytes(1000), "1.0 kB");
	EXPECT_EQ(human_bytes(1234567), "1.2 MB");
	EXPECT_EQ(human_bytes(123456789), "123 MB");
	EXPECT_EQ(human_bytes(UINT64_MAX), "18.4 EB");
}

TEST(Value, HasItsUnit)
{
	EXPECT_EQ(human_value(18000, "s"), "5h");
	EXPECT_EQ(human_value(65536, ""), "65536");
	EXPECT_EQ(human_value(3, "hosts"), "3 hosts");
}

TEST(Format, Addresses)
{
	EXPECT_EQ(format_translated(address("10.0.0.11"), address("192.0.2.1")),
		  "10.0.0.11 (192.0.2.1)");
	EXPECT_EQ(format_translated(address("192.0.2.2"), address("192.0.2.2")), "192.0.2.2");
	EXPECT_EQ(format_translated(address("192.0.2.2"), {}), "192.0.2.2");
}

TEST(Format, Idents)
{
	std::vector<Ident> ids{ { "PNS Call ID", 0, 4711 }, { "PAC Call ID", 128, 128 } };

	EXPECT_EQ(format_idents(ids), "PNS 0→4711 PAC 128");
	EXPECT_EQ(format_idents({}), "-");
	EXPECT_EQ(display_width("0→4711"), 6u);
}

TEST(Format, TunnelIdents)
{
	std::vector<Ident> ids{ { "Tunnel ID", 42, 43 }, { "Tunnel ID", 17, 17 } };

	EXPECT_EQ(format_idents(ids), "tunnel 42→43/17");
	ids[1] = { "Tunnel ID", 0, 0 };
	EXPECT_EQ(format_idents(ids), "tunnel 42→43/-");
	ids = { { "Control Connection ID", UINT32_MAX, UINT32_MAX }, { "Control Connection ID", 1, 1 } };
	EXPECT_EQ(format_idents(ids), "connection 4294967295/1");
}

TEST(Format, Protocols)
{
	Session s;

	s.protocol = "pptp";
	EXPECT_EQ(format_protocol(s), "pptp");
	s.protocol = "l2tp";
	s.version = 2;
	s.transport = 17;
	EXPECT_EQ(format_protocol(s), "L2TPv2/UDP");
	s.version = 3;
	s.transport = 115;
	EXPECT_EQ(format_protocol(s), "L2TPv3/IP");
	s.protocol = "newer";
	s.transport = 6;
	EXPECT_EQ(format_protocol(s), "newerv3/6");
}

TEST(Format, NamesOfStrangers)
{
	EXPECT_EQ(harmless("lac.example", 24), "lac.example");
	EXPECT_EQ(harmless("a\x1b[31m\x9b\n\x7f", 24), "a?[31m???");
	EXPECT_EQ(harmless("12345", 5), "12345");
	EXPECT_EQ(harmless("123456", 5), "1234…");
	EXPECT_EQ(harmless("", 5), "");
}

TEST(Format, Spis)
{
	EXPECT_EQ(format_spi(0x1234), "0x00001234");
	EXPECT_EQ(format_spi(UINT32_MAX), "0xffffffff");
	EXPECT_EQ(format_ike_spi(0x11223344556677), "0011223344556677");
	EXPECT_EQ(format_ike_spi(UINT64_MAX), "ffffffffffffffff");
}

TEST(Table, AlignsAndLeavesNoTrailingSpace)
{
	static constexpr Column columns[] = { { "A" }, { "NUMBER", true }, { "B" } };
	auto fill = [](std::size_t row, std::vector<std::string> &cells) {
		cells[0] = row ? "longer" : "→";
		cells[1] = row ? "7" : "12345678";
		cells[2] = "x";
	};

	EXPECT_EQ(printed([&](FILE *out) { print_table(out, columns, 2, fill); }),
		  "A         NUMBER  B\n"
		  "→       12345678  x\n"
		  "longer         7  x\n");
}

TEST(Table, FoldsWhenTooWide)
{
	static constexpr Column columns[] = { { "A" }, { "B" }, { "C", true, true } };
	auto fill = [](std::size_t, std::vector<std::string> &cells) {
		cells = { "aaa", "bbb", "ccc" };
	};

	EXPECT_EQ(printed([&](FILE *out) { print_table(out, columns, 1, fill, 13); }),
		  "A    B      C\n"
		  "aaa  bbb  ccc\n");
	EXPECT_EQ(printed([&](FILE *out) { print_table(out, columns, 1, fill, 12); }),
		  "A    B\n"
		  "      C\n"
		  "aaa  bbb\n"
		  "    ccc\n");
}

TEST(Table, OneBelowTheRowsOfAnother)
{
	static constexpr Column upper_columns[] = { { "A" }, { "B", false, true } };
	static constexpr Column lower_columns[] = { { "C" }, { "D", true } };
	const std::string upper[] = { "aaa", "bbb" }, lower[] = { "cccc", "1" };
	auto print = [&](std::size_t width) {
		return printed([&](FILE *out) {
			Table above(out, upper_columns), below(out, lower_columns, 6);

			above.measure(upper);
			below.measure(lower);
			above.fold(width);
			above.print_heads();
			below.print_heads();
			above.print(upper);
			below.print(lower);
		});
	};

	EXPECT_EQ(print(0), "A    B\n"
			    "      C     D\n"
			    "aaa  bbb\n"
			    "      cccc  1\n");
	EXPECT_EQ(print(7), "A\n"
			    "    B\n"
			    "      C     D\n"
			    "aaa\n"
			    "    bbb\n"
			    "      cccc  1\n");
}

TEST(Pins, KindsOfNewerKernels)
{
	EXPECT_EQ(kind_of({ 0, address("10.0.0.11"), address("192.0.2.2") }).add, "pin");
	EXPECT_EQ(kind_of({ 1, address("10.0.0.11"), {} }).remove, "unkeep-port");
	EXPECT_EQ(kind_of({ 2, address("10.0.0.11"), {} }).name, "unknown");
}

// An L2TP tunnel as the kernel tells of it, in several messages if need be.
void put_tunnel(Request &r, std::initializer_list<Call> calls)
{
	r.put_u32(NF_PASSTHROUGH_A_SESSION_ID, 7);
	r.put(NF_PASSTHROUGH_A_SESSION_PROTOCOL, "l2tp");
	r.put_u32(NF_PASSTHROUGH_A_SESSION_STATE, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_INITIATOR, address("10.0.0.11").be);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_RESPONDER, address("192.0.2.2").be);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_INITIATOR_SEEN, address("192.0.2.1").be);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_RESPONDER_SEEN, address("192.0.2.2").be);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_AGE, 192);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_LIFETIME, 300);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_VERSION, 2);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_TRANSPORT, 17);
	r.put(NF_PASSTHROUGH_A_SESSION_INITIATOR_NAME, "lac\x1b");
	for (std::uint32_t id : { 42u, 17u }) {
		nlattr *nest = r.nest(NF_PASSTHROUGH_A_SESSION_IDENT);
		r.put(NF_PASSTHROUGH_A_IDENT_NAME, "Tunnel ID");
		r.put_u32(NF_PASSTHROUGH_A_IDENT_VALUE, id);
		r.put_u32(NF_PASSTHROUGH_A_IDENT_MAPPED, id == 42 ? 43 : id);
		r.nest_end(nest);
	}
	for (const Call &c : calls) {
		nlattr *nest = r.nest(NF_PASSTHROUGH_A_SESSION_CALL);
		r.put_u32(NF_PASSTHROUGH_A_CALL_INITIATOR_ID, c.initiator_id);
		r.put_u32(NF_PASSTHROUGH_A_CALL_RESPONDER_ID, c.responder_id);
		r.put_u32(NF_PASSTHROUGH_A_CALL_STATE, c.state);
		r.put_u32(NF_PASSTHROUGH_A_CALL_AGE, c.age);
		r.nest_end(nest);
	}
}

std::vector<Session> tunnels()
{
	Request first(0, 0, 0, ""), second(0, 0, 0, "");
	std::vector<Session> sessions;

	put_tunnel(first, { { 1001, 2002, 1, 60 } });
	put_tunnel(second, { { 1003, 0, 0, 1 } });
	sessions.push_back(read_session(Reply(first.header())));
	sessions.push_back(read_session(Reply(second.header())));
	join_parts(sessions);
	return sessions;
}

TEST(Tunnel, ComesInParts)
{
	std::vector<Session> s = tunnels();

	ASSERT_EQ(s.size(), 1u);
	EXPECT_EQ(s[0].idents.size(), 2u);
	ASSERT_EQ(s[0].calls.size(), 2u);
	EXPECT_EQ(s[0].calls[0].responder_id, 2002u);
	EXPECT_EQ(s[0].calls[1].initiator_id, 1003u);
}

TEST(Tunnel, ForAPerson)
{
	auto print = [](std::span<const Session> sessions, std::size_t width) {
		return printed([&](FILE *out) { print_sessions(out, sessions, width); });
	};
	std::vector<Session> s = tunnels();

	EXPECT_EQ(print(s, 0),
		  "PROTO       STATE        ROLE  INITIATOR              RESPONDER  IDS              "
		  "NAMES     AGE  IDLE  LIFETIME  PACKETS    BYTES\n"
		  "      CALL       STATE        AGE\n"
		  "L2TPv2/UDP  established  -     10.0.0.11 (192.0.2.1)  192.0.2.2  tunnel 42→43/17  "
		  "lac?/-  3m12s    0s        5m      0/0  0 B/0 B\n"
		  "      1001/2002  established   1m\n"
		  "      1003/-     pending       1s\n");
	EXPECT_EQ(print(s, 80),
		  "PROTO       STATE        ROLE  INITIATOR              RESPONDER\n"
		  "    IDS              NAMES     AGE  IDLE  LIFETIME  PACKETS    BYTES\n"
		  "      CALL       STATE        AGE\n"
		  "L2TPv2/UDP  established  -     10.0.0.11 (192.0.2.1)  192.0.2.2\n"
		  "    tunnel 42→43/17  lac?/-  3m12s    0s        5m      0/0  0 B/0 B\n"
		  "      1001/2002  established   1m\n"
		  "      1003/-     pending       1s\n");
	s[0].initiator_name.clear();
	s[0].calls.clear();
	EXPECT_EQ(print(s, 0).find("NAMES"), std::string::npos);
	EXPECT_EQ(print(s, 0).find("CALL"), std::string::npos);
}

TEST(Tunnel, ForAProgram)
{
	std::vector<Session> s = tunnels();
	auto json = [&] {
		return printed([&](FILE *out) {
			Json j(out, false);
			write_json(j, s[0]);
		});
	};

	EXPECT_EQ(json(),
		  "{\"id\":7,\"protocol\":\"l2tp\",\"state\":\"established\",\"role\":\"\","
		  "\"initiator\":\"10.0.0.11\",\"initiator_seen\":\"192.0.2.1\","
		  "\"responder\":\"192.0.2.2\",\"responder_seen\":\"192.0.2.2\","
		  "\"idents\":[{\"name\":\"Tunnel ID\",\"value\":42,\"mapped\":43},"
		  "{\"name\":\"Tunnel ID\",\"value\":17,\"mapped\":17}],"
		  "\"age\":192,\"idle\":0,\"lifetime\":300,\"initiator_packets\":0,"
		  "\"initiator_bytes\":0,\"responder_packets\":0,\"responder_bytes\":0,"
		  "\"local\":false,\"ike\":[],\"sas\":[],\"version\":2,\"transport\":\"udp\","
		  "\"initiator_name\":\"lac\\u001b\",\"responder_name\":null,"
		  "\"calls\":[{\"initiator-id\":1001,\"responder-id\":2002,\"state\":\"established\","
		  "\"age\":60},{\"initiator-id\":1003,\"responder-id\":0,\"state\":\"pending\","
		  "\"age\":1}]}\n");
	s[0] = {};
	EXPECT_NE(json().find("\"version\":null,\"transport\":null,\"initiator_name\":null"),
		  std::string::npos);
}

TEST(Colour, TakesNoColumns)
{
	EXPECT_EQ(paint("up", Colour::good), "up");
	use_colour(true);
	EXPECT_EQ(paint("up", Colour::good), "\x1b[32mup\x1b[0m");
	EXPECT_EQ(paint("up", Colour::plain), "up");
	EXPECT_EQ(display_width(paint("→mm", Colour::bad)), 3u);
	EXPECT_EQ(paint_state(1), "\x1b[32menabled\x1b[0m");
	EXPECT_EQ(paint_state(99), "unknown");
	EXPECT_EQ(paint_session_state(0), "\x1b[33mpending\x1b[0m");

	static constexpr Column columns[] = { { "A" }, { "B" } };
	auto fill = [](std::size_t row, std::vector<std::string> &cells) {
		cells[0] = row ? "long" : paint("x", Colour::good);
		cells[1] = "y";
	};
	EXPECT_EQ(printed([&](FILE *out) { print_table(out, columns, 2, fill); }),
		  "\x1b[1mA\x1b[0m     \x1b[1mB\x1b[0m\n"
		  "\x1b[32mx\x1b[0m     y\n"
		  "long  y\n");
	use_colour(false);
}

TEST(Colour, OnlyForTerminals)
{
	printed([](FILE *out) { EXPECT_FALSE(wants_colour(out)); });
}

Setting setting(const char *name, std::uint32_t value, std::uint32_t initial, std::uint32_t max,
		const char *unit)
{
	Setting s;

	s.name = name;
	s.value = value;
	s.initial = initial;
	s.min = 1;
	s.max = max;
	s.unit = unit;
	return s;
}

// IPsec with a setting and a pin of the administrator's.
Protocol ipsec()
{
	Protocol p;

	p.name = "ipsec";
	p.title = "IPsec";
	p.state = 1;
	p.ports = { 500, 4500 };
	p.settings = { setting("max-sessions", 65536, 65536, 1 << 20, ""),
		       setting("esp-replied", 90061, 600, 864000, "s") };
	p.pins = { { 0, address("10.0.0.12"), address("192.0.2.2") },
		   { 1, address("10.0.0.13"), {} } };
	return p;
}

constexpr std::string_view known[] = { "pptp", "ipsec" };

// The error that a text makes, or "".
std::string config_says(std::string_view text)
{
	auto config = parse_config("f", text, known);

	return config ? "" : config.error().text;
}

TEST(Config, IsReadAndWritten)
{
	Protocol p = ipsec();
	std::swap(p.pins[0], p.pins[1]);
	std::string text = config_text({ &p, 1 });

	EXPECT_EQ(text, "# Written by passthroughctl save; what is left out has its default.\n"
			"\n"
			"[ipsec]\n"
			"state = enabled\n"
			"port = 500,4500\n"
			"esp-replied = 1d1h1m1s\n"
			"pin = 10.0.0.12 192.0.2.2\n"
			"keep-port = 10.0.0.13\n");
	auto config = parse_config("f", text, known);
	ASSERT_TRUE(config);
	ASSERT_EQ(config->sections.size(), 1u);
	EXPECT_TRUE(check_section(*config, config->sections[0], p));
	EXPECT_TRUE(is_empty(change_between(p, config->sections[0])));
}

TEST(Config, TakesSpacesAndComments)
{
	auto config = parse_config("f", "\t # x\r\n  [ pptp ]# no\r\n", known);
	EXPECT_FALSE(config);
	config = parse_config("f",
			      "# first\r\n\r\n  [ pptp ] # section\r\n\tstate=enabled # on\r\n"
			      "port\t=  1723,1724",
			      known);
	ASSERT_TRUE(config) << config.error().text;
	EXPECT_EQ(config->sections[0].state, State::enabled);
	EXPECT_EQ(config->sections[0].ports, (std::vector<std::uint16_t>{ 1723, 1724 }));
	EXPECT_TRUE(parse_config("f", "", known)->sections.empty());
	EXPECT_TRUE(parse_config("f", "# nothing", known)->sections.empty());
}

TEST(Config, ErrorsHaveAPlace)
{
	EXPECT_EQ(config_says("x"), "f:1:1: \"x\" is neither [PROTO] nor KEY = VALUE");
	EXPECT_EQ(config_says("\n state = enabled"), "f:2:2: \"state\" is in no section");
	EXPECT_EQ(config_says("[pptp"), "f:1:1: there is no ] behind the [");
	EXPECT_EQ(config_says("[pptp] x"), "f:1:8: nothing may follow a ] on its line");
	EXPECT_EQ(config_says("[pttp]"), "f:1:2: no protocol is called \"pttp\"");
	EXPECT_EQ(config_says("[]"), "f:1:2: no protocol is called \"\"");
	EXPECT_EQ(config_says("[pptp]\n"), "f:1:1: [pptp] says no state");
	EXPECT_EQ(config_says("\n[pptp]\n[ipsec]\nstate = enabled"), "f:2:1: [pptp] says no state");
	EXPECT_EQ(config_says("[pptp]\nstate = enabled\n[pptp]\n"),
		  "f:3:2: there are two sections [pptp]");
	EXPECT_EQ(config_says("[pptp]\n  state =  on"), "f:2:12: there is no state \"on\"");
	EXPECT_EQ(config_says("[pptp]\nstate = enabled\nstate = enabled"),
		  "f:3:1: \"state\" is given twice");
	EXPECT_EQ(config_says("[pptp]\n= 5"), "f:2:1: there is no key before the =");
	EXPECT_EQ(config_says("[pptp]\nport ="), "f:2:7: \"port\" has no value");
	EXPECT_EQ(config_says("[pptp]\nport = 0"), "f:2:8: port \"0\": not a port list");
	EXPECT_EQ(config_says("[pptp]\nport = 1\nport = 2"), "f:3:1: \"port\" is given twice");
	EXPECT_EQ(config_says("[pptp]\ngre = soon"), "f:2:7: gre \"soon\": not a number");
	EXPECT_EQ(config_says("[pptp]\ngre = 1\ngre = 1"), "f:3:1: \"gre\" is given twice");
	EXPECT_EQ(config_says("[pptp]\nunpin = 1.2.3.4 5.6.7.8"), "f:2:1: \"unpin\" is for `set`");
	EXPECT_EQ(config_says("[pptp]\npin = 1.2.3.4"), "f:2:14: pin has one address too few");
	EXPECT_EQ(config_says("[pptp]\npin = 1.2.3.4 x"), "f:2:15: pin \"x\": not an IPv4 address");
	EXPECT_EQ(config_says("[pptp]\nkeep-port = 1.2.3.4 5.6.7.8"),
		  "f:2:21: \"5.6.7.8\" is too much for keep-port");
	EXPECT_EQ(config_says("[pptp]\nkeep-port = 1.2.3.4\nkeep-port = 1.2.3.4"),
		  "f:3:13: keep-port 1.2.3.4: it is named twice");
	EXPECT_EQ(config_says("[pptp]\n\x1b[31m"), "f:2:1: \"?[31m\" is neither [PROTO] nor KEY = VALUE");
	EXPECT_EQ(config_says(std::string_view("a\0b", 3)),
		  "f:1:1: \"a?b\" is neither [PROTO] nor KEY = VALUE");
}

TEST(Config, IsHeldAgainstTheProtocol)
{
	Protocol p = ipsec();
	auto says = [&](std::string line) {
		auto config = parse_config("f", "[ipsec]\nstate = enabled\n" + line, known);
		EXPECT_TRUE(config);
		Status checked = check_section(*config, config->sections[0], p);
		return checked ? "" : checked.error().text + " | " + checked.error().hint;
	};

	EXPECT_EQ(says("esp-replied = 1h"), "");
	EXPECT_EQ(says("esp-replyed = 1h"),
		  "f:3:1: ipsec has no setting \"esp-replyed\" | did you mean \"esp-replied\"?");
	EXPECT_EQ(says(" max-sessions = 5m"),
		  "f:3:17: max-sessions is a number, not a time | leave out the unit");
	EXPECT_EQ(says("esp-replied = 0"),
		  "f:3:15: esp-replied 0: out of range | esp-replied takes 1 to 864000 s");
	p.ports.clear();
	EXPECT_EQ(says("port = 1"), "f:3:8: ipsec has no ports | leave the line out");
}

TEST(Config, ChangesWhatDiffers)
{
	Protocol p = ipsec();
	auto config = parse_config("f",
				   "[ipsec]\nstate = disabled\nport = 500\nmax-sessions = 9\n"
				   "keep-port = 10.0.0.13\nkeep-port = 10.0.0.14\n",
				   known);
	ASSERT_TRUE(config);
	const Section &section = config->sections[0];

	Change c = change_between(p, section);
	EXPECT_EQ(c.state, State::disabled);
	EXPECT_EQ(c.ports, (std::vector<std::uint16_t>{ 500 }));
	ASSERT_EQ(c.values.size(), 2u);
	EXPECT_EQ(c.values[0].value, 9u);
	EXPECT_EQ(c.values[1].key, "esp-replied");
	EXPECT_EQ(c.values[1].value, 600u);
	ASSERT_EQ(c.pins.size(), 2u);
	EXPECT_TRUE(c.pins[0].remove);
	EXPECT_EQ(c.pins[0].pin, p.pins[0]);
	EXPECT_FALSE(c.pins[1].remove);
	EXPECT_EQ(c.pins[1].pin.host, address("10.0.0.14"));

	// The ports that the tool knows are the default.
	auto plain = parse_config("f", "[ipsec]\nstate = enabled\n", known);
	p.ports = { 7 };
	EXPECT_EQ(change_between(p, plain->sections[0]).ports,
		  (std::vector<std::uint16_t>{ 500, 4500 }));
	p.ports = { 500, 4500 };
	EXPECT_TRUE(change_between(p, plain->sections[0]).ports.empty());
}

TEST(Config, ReplacesAll)
{
	auto config = parse_config("f",
				   "[ipsec]\nstate = disabled\nmax-sessions = 9\n"
				   "keep-port = 10.0.0.13\n[pptp]\nstate = bypassed\n",
				   known);
	ASSERT_TRUE(config);

	Change c = change_to(config->sections[0]);
	EXPECT_EQ(c.protocol, "ipsec");
	EXPECT_TRUE(c.replace);
	EXPECT_EQ(c.state, State::disabled);
	EXPECT_TRUE(c.ports.empty());
	ASSERT_EQ(c.values.size(), 1u);
	EXPECT_EQ(c.values[0].value, 9u);
	ASSERT_EQ(c.pins.size(), 1u);
	EXPECT_EQ(c.pins[0].key, "keep-port");
	EXPECT_FALSE(c.pins[0].remove);
	EXPECT_FALSE(is_empty(change_to(config->sections[1])));
}

TEST(Config, KernelsRefusalsHaveAPlace)
{
	auto config = parse_config("f",
				   "[ipsec]\nstate = enabled\nport = 1,1\ngre = 5\n"
				   "pin = 10.0.0.12 192.0.2.2\n[pptp]\nstate = enabled\n",
				   known);
	ASSERT_TRUE(config);
	auto place = [&](const char *key, const char *typed, Subject subject,
			 const char *protocol = "ipsec") {
		Error error(Exit::refused, "no", {}, 5);
		error.protocol = protocol;
		error.key = key;
		error.typed = typed;
		error.subject = subject;
		error = locate(*config, error);
		EXPECT_EQ(error.code, Exit::refused);
		EXPECT_EQ(error.sys, 5);
		return error.text;
	};

	EXPECT_EQ(place("", "", Subject::unknown), "f:1:1: no");
	EXPECT_EQ(place("port", "1", Subject::value), "f:3:8: no");
	EXPECT_EQ(place("gre", "5", Subject::value), "f:4:7: no");
	EXPECT_EQ(place("gre", "", Subject::key), "f:4:1: no");
	EXPECT_EQ(place("pin", "10.0.0.12 192.0.2.2", Subject::value), "f:5:7: no");
	EXPECT_EQ(place("state", "enabled", Subject::value), "f:2:9: no");
	EXPECT_EQ(place("", "", Subject::unknown, "pptp"), "f:6:1: no");
	EXPECT_EQ(place("state", "enabled", Subject::value, "pptp"), "f:7:9: no");
	// What is no section's is nowhere in the file.
	EXPECT_EQ(place("", "", Subject::unknown, ""), "no");
}

TEST(Request, KnowsWhichPartAnAttributeIsIn)
{
	Request r(0, 0, 0, "all");

	std::size_t start = r.header()->nlmsg_len;
	r.part("pptp", "setting pptp");
	r.mark(Subject::protocol, "pptp");
	r.put_u32(1, 1);
	std::size_t second = r.header()->nlmsg_len;
	r.part("ipsec", "setting ipsec");
	r.mark(Subject::value, "port", "500");
	r.put_flag(2);
	EXPECT_EQ(r.find_part(start - 4), nullptr);
	EXPECT_EQ(r.find_part(start)->protocol, "pptp");
	EXPECT_EQ(r.find_part(second - 4)->action, "setting pptp");
	EXPECT_EQ(r.find_part(second)->protocol, "ipsec");
	EXPECT_EQ(r.find_mark(second)->key, "port");
	EXPECT_EQ(r.header()->nlmsg_len - second, sizeof(nlattr));
	EXPECT_TRUE(r.fits());
}

TEST(Differences, AreTold)
{
	Protocol before = ipsec(), after = ipsec();
	auto text = [&] {
		std::string all;
		for (const Difference &d : differences(before, after))
			all += format_difference(d, before, after) + "\n";
		return all;
	};

	EXPECT_EQ(text(), "");
	after.state = 2;
	after.ports = { 500 };
	after.settings[1].value = 5400;
	after.pins.pop_back();
	after.pins.push_back({ 0, address("10.0.0.14"), address("192.0.2.2") });
	EXPECT_EQ(text(), "enabled -> disabled\n"
			  "port 500,4500 -> 500\n"
			  "esp-replied 1d1h -> 1h30m\n"
			  "keep-port 10.0.0.13 removed\n"
			  "pin 10.0.0.14 192.0.2.2 added\n");
	EXPECT_EQ(printed([&](FILE *out) {
			  Json json(out, false);
			  for (const Difference &d : differences(before, after))
				  write_json(json, d, before, after);
		  }),
		  "{\"protocol\":\"ipsec\",\"key\":\"state\",\"from\":\"enabled\",\"to\":\"disabled\"}\n"
		  "{\"protocol\":\"ipsec\",\"key\":\"port\",\"from\":[500,4500],\"to\":[500]}\n"
		  "{\"protocol\":\"ipsec\",\"key\":\"esp-replied\",\"from\":90061,\"to\":5400,\"unit\":\"s\"}\n"
		  "{\"protocol\":\"ipsec\",\"key\":\"keep-port\",\"kind\":\"source-port\","
		  "\"host\":\"10.0.0.13\",\"from\":true,\"to\":false}\n"
		  "{\"protocol\":\"ipsec\",\"key\":\"pin\",\"kind\":\"data\",\"host\":\"10.0.0.14\","
		  "\"server\":\"192.0.2.2\",\"from\":false,\"to\":true}\n");
	// Nothing was known of a module that was not loaded.
	before = {};
	before.loaded = false;
	after = ipsec();
	after.settings[1].value = 600;
	after.pins.clear();
	EXPECT_EQ(text(), "bypassed -> enabled\n");
}

// An event of an L2TP tunnel as the kernel sends it.
std::optional<Event> tunnel_event(std::uint32_t what, std::uint32_t reason)
{
	Request r(0, NF_PASSTHROUGH_CMD_SESSION_NTF, 0, "");

	put_tunnel(r, {});
	r.put_u32(NF_PASSTHROUGH_A_SESSION_EVENT, what);
	r.put_u32(NF_PASSTHROUGH_A_SESSION_REASON, reason);
	return read_event(Reply(r.header()));
}

TEST(Events, ForAPerson)
{
	auto line = [](std::uint32_t what, std::uint32_t reason) {
		return format_session_event(*tunnel_event(what, reason));
	};
	std::string ends = "  10.0.0.11 (192.0.2.1) -> 192.0.2.2  tunnel 42→43/17";

	EXPECT_EQ(line(NF_PASSTHROUGH_EVENT_NEW, 0), "L2TPv2/UDP  new  " + ends);
	EXPECT_EQ(line(NF_PASSTHROUGH_EVENT_UP, 0), "L2TPv2/UDP  up   " + ends);
	EXPECT_EQ(line(NF_PASSTHROUGH_EVENT_END, NF_PASSTHROUGH_END_REASON_CONTROL_CLOSED),
		  "L2TPv2/UDP  end  " + ends + "  control-closed, after 3m12s");
	EXPECT_EQ(line(NF_PASSTHROUGH_EVENT_CLASH, 0),
		  "L2TPv2/UDP  clash" + ends + "  another host has this id, and it cannot be rewritten");
	EXPECT_EQ(line(77, 0), "L2TPv2/UDP  unknown" + ends);
}

TEST(Events, ForAProgram)
{
	timespec time{ 1795416012, 123999999 };
	auto json = [&](const Event &event) {
		return printed([&](FILE *out) {
			Json j(out, false);
			write_json(j, time, event, {});
		});
	};

	EXPECT_EQ(format_utc(time), "2026-11-23T06:40:12.123Z");
	EXPECT_EQ(json({}), "{\"time\":\"2026-11-23T06:40:12.123Z\",\"event\":\"lost\"}\n");
	std::string text = json(*tunnel_event(NF_PASSTHROUGH_EVENT_CLASH, 0));
	EXPECT_EQ(text.find("{\"time\":\"2026-11-23T06:40:12.123Z\",\"event\":\"clash\","
			    "\"reason\":null,\"session\":{\"id\":7,"),
		  0u)
		<< text;
	text = json(*tunnel_event(NF_PASSTHROUGH_EVENT_END, NF_PASSTHROUGH_END_REASON_IDLE));
	EXPECT_NE(text.find("\"event\":\"end\",\"reason\":\"idle\","), std::string::npos) << text;

	Request r(0, NF_PASSTHROUGH_CMD_PROTOCOL_NTF, 0, "");
	r.put(NF_PASSTHROUGH_A_PROTOCOL_NAME, "pptp");
	r.put_u32(NF_PASSTHROUGH_A_PROTOCOL_STATE, NF_PASSTHROUGH_STATE_ENABLED);
	text = json(*read_event(Reply(r.header())));
	EXPECT_NE(text.find("\"event\":\"protocol\",\"changes\":[{\"protocol\":\"pptp\","
			    "\"key\":\"state\",\"from\":\"bypassed\",\"to\":\"enabled\"}],"
			    "\"protocol\":{\"name\":\"pptp\","),
		  std::string::npos)
		<< text;
	EXPECT_FALSE(read_event(Reply(Request(0, 99, 0, "").header())));
}

TEST(Filter, MatchesAsTheKernelDoes)
{
	Session s = tunnels()[0];
	SessionFilter f;

	EXPECT_TRUE(matches(f, s));
	f.protocol = "l2tp";
	f.state = SessionState::established;
	f.id = 7;
	f.host = address("192.0.2.1");
	f.server = address("192.0.2.2");
	EXPECT_TRUE(matches(f, s));
	f.host = address("10.0.0.12");
	EXPECT_FALSE(matches(f, s));
	f.host.reset();
	f.state = SessionState::pending;
	EXPECT_FALSE(matches(f, s));
}

TEST(Wrap, BreaksAtSpaces)
{
	auto wrap = [](std::string_view text, std::size_t indent, std::size_t width) {
		return printed([&](FILE *out) { print_wrapped(out, text, indent, width); });
	};

	EXPECT_EQ(wrap("one two  three", 2, 9), "  one two\n  three\n");
	EXPECT_EQ(wrap("one two three", 0, 0), "one two three\n");
	EXPECT_EQ(wrap("unbreakable", 1, 4), " unbreakable\n");
	EXPECT_EQ(wrap("", 4, 10), "\n");
}

TEST(JsonString, Escapes)
{
	EXPECT_EQ(json_string("plain →"), "\"plain →\"");
	EXPECT_EQ(json_string("a\"b\\c\n\t\x01\x7f"), "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\"");
	EXPECT_EQ(json_string(std::string_view("a\0b", 3)), "\"a\\u0000b\"");
	EXPECT_EQ(json_string("😀"), "\"😀\"");
}

TEST(JsonString, ReplacesWhatIsNotUtf8)
{
	EXPECT_EQ(json_string("\xff"), "\"\\ufffd\"");
	EXPECT_EQ(json_string("a\xe2\x86"), "\"a\\ufffd\\ufffd\"");
	EXPECT_EQ(json_string("\xc0\xaf"), "\"\\ufffd\\ufffd\"");
	EXPECT_EQ(json_string("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
	EXPECT_EQ(json_string("\xf4\x90\x80\x80x"), "\"\\ufffd\\ufffd\\ufffd\\ufffdx\"");
}

void write_sample(Json &json)
{
	json.open('{');
	json.open("list", '[');
	json.value(1u);
	json.value("two");
	json.open('{');
	json.close('}');
	json.close(']');
	json.put("big", std::uint64_t(UINT64_MAX));
	json.put("yes", true);
	json.key("none");
	json.null();
	json.close('}');
}

TEST(JsonShape, Compact)
{
	EXPECT_EQ(printed([](FILE *out) {
			  Json json(out, false);
			  write_sample(json);
		  }),
		  "{\"list\":[1,\"two\",{}],\"big\":18446744073709551615,\"yes\":true,\"none\":null}\n");
}

TEST(JsonShape, Pretty)
{
	EXPECT_EQ(printed([](FILE *out) {
			  Json json(out, true);
			  write_sample(json);
		  }),
		  "{\n"
		  "  \"list\": [\n"
		  "    1,\n"
		  "    \"two\",\n"
		  "    {}\n"
		  "  ],\n"
		  "  \"big\": 18446744073709551615,\n"
		  "  \"yes\": true,\n"
		  "  \"none\": null\n"
		  "}\n");
}

TEST(Parse, Numbers)
{
	EXPECT_EQ(parse_decimal("0"), 0u);
	EXPECT_EQ(parse_decimal("4294967295"), UINT32_MAX);
	EXPECT_FALSE(parse_decimal("4294967296"));
	EXPECT_FALSE(parse_decimal("99999999999999999999999999"));
	for (const char *bad : { "", "-1", "+1", " 1", "1 ", "0x10", "1.5", "1e3" })
		EXPECT_FALSE(parse_decimal(bad)) << bad;
}

TEST(Parse, Times)
{
	EXPECT_EQ(parse_number("90")->value, 90u);
	EXPECT_FALSE(parse_number("90")->time);
	EXPECT_EQ(parse_number("90s")->value, 90u);
	EXPECT_TRUE(parse_number("90s")->time);
	EXPECT_EQ(parse_number("1d1h1m1s")->value, 90061u);
	EXPECT_EQ(parse_number("1h30m")->value, 5400u);
	for (const char *bad : { "", "s", "5x", "30m1h", "5m5m", "1h30", "49711d", "1h-1m", "h1" })
		EXPECT_FALSE(parse_number(bad)) << bad;
}

TEST(Parse, Ports)
{
	EXPECT_EQ(*parse_ports("1723"), (std::vector<std::uint16_t>{ 1723 }));
	EXPECT_EQ(*parse_ports("1,65535"), (std::vector<std::uint16_t>{ 1, 65535 }));
	for (const char *bad : { "", ",", "1,", ",1", "0", "65536", "1, 2", "a" })
		EXPECT_FALSE(parse_ports(bad)) << bad;
}

TEST(Parse, Addresses)
{
	EXPECT_EQ(parse_address("192.0.2.1"), address("192.0.2.1"));
	for (const char *bad : { "", "0.0.0.0", "192.0.2", "192.0.2.256", "::1", "host", "192.0.2.1/24" })
		EXPECT_FALSE(parse_address(bad)) << bad;
}

TEST(Suggest, NearWords)
{
	static constexpr std::string_view words[] = { "list", "enable", "disable", "sessions",
						      "gre-replied", "gre-unreplied", "pptp" };

	EXPECT_EQ(closest("lsit", words), "list");
	EXPECT_EQ(closest("enabel", words), "enable");
	EXPECT_EQ(closest("sess", words), "sessions");
	EXPECT_EQ(closest("gre-replyed", words), "gre-replied");
	EXPECT_EQ(closest("ppp", words), "pptp");
	EXPECT_EQ(closest("zzzzzz", words), "");
	EXPECT_EQ(closest("", words), "");
}

TEST(Suggest, Sentence)
{
	static constexpr std::string_view words[] = { "pptp", "ipsec" };

	EXPECT_EQ(suggest("pttp", words), "did you mean \"pptp\"?");
	EXPECT_EQ(suggest("wireguard", words), "there are: pptp, ipsec");
	EXPECT_EQ(suggest("x", {}), "");
}

} // namespace
