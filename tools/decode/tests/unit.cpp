// SPDX-License-Identifier: GPL-2.0
//
// Packets of every link type, messages whole and damaged, segments in every
// order, and captures with bytes that are wrong.
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include <passthrough/wire/esp.h>
#include <passthrough/wire/ike.h>
#include <passthrough/wire/l2tp.h>

#include "decoder.hpp"
#include "ipsec.hpp"
#include "l2tp.hpp"
#include "message_view.hpp"
#include "packets.hpp"

namespace {

struct Told {
	Origin origin;
	Message message;
};

// What is told of frames, in order.
std::vector<Told> told(int dlt, const std::vector<Bytes> &frames, std::uint32_t cut = UINT32_MAX)
{
	Decoder decoder(dlt, Ports());
	std::vector<Told> all;
	auto sink = [&](const Origin &origin, const Message &message) {
		all.push_back({ origin, message });
	};
	Frame frame;

	for (const Bytes &f : frames) {
		// A copy of its own, so that the sanitizer sees its ends.
		Bytes exact(f.begin(), f.begin() + std::min<std::ptrdiff_t>(
							    cut, static_cast<std::ptrdiff_t>(f.size())));
		frame.number++;
		frame.bytes = exact;
		frame.length = static_cast<std::uint32_t>(f.size());
		decoder.frame(frame, sink);
	}
	decoder.finish(sink);
	return all;
}

std::vector<Told> told_ip(const std::vector<Bytes> &packets)
{
	return told(DLT_RAW, packets);
}

Message only(const Bytes &packet)
{
	auto all = told_ip({ packet });

	EXPECT_EQ(all.size(), 1u);
	return all.empty() ? Message{} : all[0].message;
}

// A field as text; "-" if it is not there.
std::string field(const Message &message, std::string_view key)
{
	for (const Field &f : message.fields)
		if (f.key == key)
			return f.kind == Field::Kind::hidden ? "hidden" :
			       f.kind == Field::Kind::text   ? f.text :
							       std::to_string(f.number);
	return "-";
}

std::string names(const std::vector<Told> &all)
{
	std::string text;

	for (const Told &t : all)
		text += (text.empty() ? "" : " ") +
			(!t.message.name.empty()  ? t.message.name :
			 !t.message.fault.empty() ? "malformed" :
						    "remark");
	return text;
}

const std::string conversation_names =
	"Start-Control-Connection-Request Start-Control-Connection-Reply "
	"Outgoing-Call-Request Outgoing-Call-Reply Set-Link-Info Echo-Request data data "
	"Call-Clear-Request Call-Disconnect-Notify IKE_SA_INIT IKE_SA_INIT IKE_AUTH ESP keepalive "
	"Quick Mode ESP ESP SCCRQ ICRQ ZLB data SCCRQ ICRP data";

TEST(Link, EveryTypeHasTheSameMessages)
{
	for (Link link : links) {
		std::vector<Bytes> frames;
		for (const Bytes &ip : conversation())
			frames.push_back(frame_of(link, ip));
		EXPECT_EQ(names(told(dlt_of(link), frames)), conversation_names) << int(link);
		EXPECT_TRUE(knows_link(dlt_of(link)));
	}
	EXPECT_FALSE(knows_link(DLT_IEEE802_11_RADIO));
}

TEST(Packet, Ends)
{
	auto all = told_ip({ ipv4(17, udp(40000, 500, ike(2, 34, 8, 0, 0))), ipv6(50, esp(300, 1)),
			     ipv6(17, udp(500, 500, ike(2, 34, 8, 0, 0))) });
	ASSERT_EQ(all.size(), 3u);
	EXPECT_EQ(format_endpoint(all[0].origin.source), "10.0.0.11:40000");
	EXPECT_EQ(format_endpoint(all[0].origin.destination), "192.0.2.2:500");
	EXPECT_EQ(format_endpoint(all[1].origin.source), "2001:db8::b");
	EXPECT_EQ(format_endpoint(all[2].origin.destination), "[2001:db8::2]:500");
	EXPECT_EQ(all[2].origin.number, 3u);
}

TEST(Packet, ExtensionHeadersAndFragments)
{
	const Bytes options{ 50, 0, 1, 4, 0, 0, 0, 0 };
	const Bytes first{ 50, 0, 0, 1, 0, 0, 0, 1 }, later{ 50, 0, 0, 8, 0, 0, 0, 1 };
	Bytes both{ 44, 0, 1, 4, 0, 0, 0, 0 };

	EXPECT_EQ(only(ipv6(0, esp(300, 1), options)).name, "ESP");
	EXPECT_EQ(only(ipv6(0, esp(300, 1), both + first)).name, "ESP");
	EXPECT_TRUE(told_ip({ ipv6(44, esp(300, 1), later) }).empty());
	EXPECT_TRUE(told_ip({ ipv4(50, esp(300, 1), false, 3) }).empty());
	// The first fragment of a long IKE message has the header.
	Bytes whole = udp(500, 500, ike(2, 35, 8, 1, 1, 2000));
	whole.resize(1000);
	EXPECT_EQ(only(ipv4(17, whole, false, 0x2000)).name, "IKE_AUTH");
	EXPECT_EQ(only(ipv4(17, whole)).fault, "length 2000 in 992 bytes");
}

TEST(Packet, WhatIsNoneOfOurs)
{
	EXPECT_TRUE(told_ip({ ipv4(6, tcp(40000, 80, 1, 1, 0x18, pptp(5, 16))),
			      ipv4(17, udp(53, 53, Bytes(40))), ipv4(1, Bytes(8)), Bytes(40),
			      ipv4(47, { 0x20, 0, 8, 0, 0, 0, 0, 1 }) })
			    .empty());
}

TEST(Pptp, Ids)
{
	auto all = told_ip(conversation());
	ASSERT_GT(all.size(), 10u);
	EXPECT_EQ(field(all[2].message, "pns-call-id"), "4711");
	EXPECT_EQ(field(all[2].message, "pac-call-id"), "-");
	EXPECT_EQ(field(all[3].message, "pac-call-id"), "128");
	EXPECT_EQ(field(all[3].message, "pns-call-id"), "4711");
	EXPECT_EQ(field(all[3].message, "result"), "1");
	EXPECT_EQ(field(all[6].message, "receiver-call-id"), "128");
	EXPECT_EQ(field(all[6].message, "acknowledgment"), "4294967295");
	EXPECT_EQ(field(all[9].message, "call-id"), "128");
}

TEST(Pptp, Malformed)
{
	auto say = [](const Bytes &message) {
		auto all = told_ip({ ipv4(6, tcp(1, 1723, 0, 0, 0x02)),
				     ipv4(6, tcp(1, 1723, 1, 0, 0x18, message)) });
		return all.size() == 1 ? all[0].message.fault : "?";
	};
	Bytes management = pptp(5, 16), cookie = management;
	management.at(3) = 2;
	cookie.at(5) = 0;

	EXPECT_EQ(say(pptp(16, 16)), "control message type 16");
	EXPECT_EQ(say(pptp(7, 32)), "Outgoing-Call-Request of 32 bytes instead of 168");
	EXPECT_EQ(say(management), "message type 2, which is no control message");
	EXPECT_EQ(say(cookie), "a wrong magic cookie: what follows cannot be told apart");
	EXPECT_EQ(say(pptp(5, 8)), "length 8, not 12 to 4096: what follows cannot be told apart");
	EXPECT_EQ(only(ipv4(47, { 0x30, 0x01, 0x88, 0x0a, 0, 0, 0, 0 })).fault,
		  "GRE of version 1 whose header RFC 2637 does not allow");
}

// Segments cut anywhere, in any order, some twice: the same messages.
TEST(Pptp, SegmentsInAnyOrder)
{
	Bytes stream = pptp(1, 156) + pptp(7, 168, { 1 }) + pptp(7, 168, { 2 }) + pptp(5, 16);
	std::mt19937 random(1);

	for (int run = 0; run < 300; run++) {
		std::vector<Bytes> segments;
		std::uint32_t isn = static_cast<std::uint32_t>(random());
		for (std::size_t at = 0; at < stream.size();) {
			std::size_t size = std::min<std::size_t>(1 + random() % 200, stream.size() - at);
			segments.push_back(ipv4(6, tcp(1, 1723, isn + 1 + static_cast<std::uint32_t>(at), 0,
						       0x18, { stream.begin() + std::ptrdiff_t(at),
							       stream.begin() + std::ptrdiff_t(at + size) })));
			at += size;
		}
		segments.push_back(segments[random() % segments.size()]);
		std::shuffle(segments.begin(), segments.end(), random);
		segments.insert(segments.begin(), ipv4(6, tcp(1, 1723, isn, 0, 0x02)));
		ASSERT_EQ(names(told_ip(segments)),
			  "Start-Control-Connection-Request Outgoing-Call-Request "
			  "Outgoing-Call-Request Echo-Request")
			<< run;
	}
}

TEST(Pptp, MissingSegments)
{
	const Bytes syn = ipv4(6, tcp(1, 1723, 99, 0, 0x02));
	auto at = [](std::uint32_t seq, const Bytes &data) {
		return ipv4(6, tcp(1, 1723, seq, 0, 0x18, data));
	};
	auto ack = [](std::uint32_t n) {
		return ipv4(6, tcp(1723, 1, 1, n, 0x10), true);
	};
	// 100: an echo, 116: missing, 132: a call.
	const Bytes echo = pptp(5, 16), call = pptp(7, 168, { 9 });

	// The other end acknowledges what was not seen.
	auto all = told_ip({ syn, at(100, echo), at(132, call), ack(300) });
	EXPECT_EQ(names(all), "Echo-Request remark Outgoing-Call-Request");
	ASSERT_EQ(all.size(), 3u);
	EXPECT_EQ(all[1].message.remark, "184 bytes of the control connection are not in the capture");
	EXPECT_EQ(names(told_ip({ syn, at(100, echo), ack(132), at(132, call) })),
		  "Echo-Request remark Outgoing-Call-Request");
	// Nobody does, and the capture ends.
	all = told_ip({ syn, at(100, echo), at(132, call) });
	EXPECT_EQ(names(all), "Echo-Request remark Outgoing-Call-Request");
	ASSERT_EQ(all.size(), 3u);
	EXPECT_EQ(all[1].message.remark, "16 bytes of the control connection are not in the capture");
	// The capture begins late, between messages or in one.
	EXPECT_EQ(names(told_ip({ at(116, echo), at(132, call) })), "Echo-Request Outgoing-Call-Request");
	EXPECT_EQ(names(told_ip({ at(120, Bytes(12, 1)), at(132, call) })),
		  "remark Outgoing-Call-Request");
	// After what cannot be told apart.
	EXPECT_EQ(names(told_ip({ syn, at(100, Bytes(16, 1)), at(116, echo) })),
		  "malformed Echo-Request");
	// What was lost comes again, late.
	EXPECT_EQ(names(told_ip({ syn, at(116, echo), at(132, call), at(100, echo) })),
		  "Echo-Request Echo-Request Outgoing-Call-Request");
	// A new connection of the same ports.
	EXPECT_EQ(names(told_ip({ syn, at(100, echo), ipv4(6, tcp(1, 1723, 7, 0, 0x02)), at(8, echo) })),
		  "Echo-Request Echo-Request");
	EXPECT_EQ(names(told_ip({ syn, at(116, echo), ipv4(6, tcp(1, 1723, 0, 0, 0x04)) })),
		  "remark Echo-Request");
}

TEST(Ipsec, Ids)
{
	Message init = only(ipv4(17, udp(500, 500, ike(2, 34, 0x20, 0x8899aabb, 0x01020304))));
	EXPECT_EQ(init.title, "IKEv2");
	EXPECT_EQ(init.name, "IKE_SA_INIT");
	EXPECT_EQ(field(init, "initiator-spi"), "0011223344556677");
	EXPECT_EQ(field(init, "responder-spi"), "8899aabb8899aabb");
	EXPECT_EQ(field(init, "message-id"), "16909060");
	EXPECT_EQ(field(init, "response"), "1");
	Message quick = only(ipv4(17, udp(500, 500, ike(1, 32, 0, 1, 1))));
	EXPECT_EQ(quick.name, "Quick Mode");
	EXPECT_EQ(field(quick, "response"), "-");
	EXPECT_EQ(only(ipv4(17, udp(500, 500, ike(2, 43, 0, 1, 1)))).name, "exchange 43");
	Message natt = only(ipv4(17, udp(40000, 4500, esp(0xc0ffee00, 7))));
	EXPECT_EQ(field(natt, "spi"), "0xc0ffee00");
	EXPECT_EQ(field(natt, "sequence"), "7");
}

TEST(Ipsec, Malformed)
{
	Bytes spi = ike(2, 34, 8, 0, 0);
	std::fill_n(spi.begin(), 8, 0);
	EXPECT_EQ(only(ipv4(17, udp(500, 500, spi))).fault, "the initiator's SPI is 0");
	EXPECT_EQ(only(ipv4(17, udp(500, 500, ike(3, 34, 8, 0, 0)))).fault, "IKE version 3");
	EXPECT_EQ(only(ipv4(17, udp(500, 500, Bytes(20)))).fault, "20 bytes, an IKE header has 28");
	EXPECT_EQ(only(ipv4(17, udp(500, 500, ike(2, 34, 8, 0, 0, 27)))).fault, "length 27 in 28 bytes");
	EXPECT_EQ(only(ipv4(50, esp(255, 1))).fault, "SPI 0x000000ff is reserved");
	EXPECT_EQ(only(ipv4(50, Bytes(7))).fault, "7 bytes, SPI and sequence number have 8");
	EXPECT_EQ(only(ipv4(17, udp(4500, 4500, Bytes(3)))).fault,
		  "3 bytes, neither IKE nor ESP nor a keepalive");
	EXPECT_EQ(only(ipv4(17, udp(4500, 4500, esp(1, 1)))).fault, "SPI 0x00000001 is reserved");
}

TEST(L2tp, Ids)
{
	auto all = told_ip(conversation());
	ASSERT_GE(all.size(), 7u);
	const Message &sccrq = all[all.size() - 7].message, &hidden = all[all.size() - 6].message,
		      &data = all[all.size() - 4].message, &icrp = all[all.size() - 2].message;
	EXPECT_EQ(sccrq.title, "L2TPv2/UDP");
	EXPECT_EQ(field(sccrq, "assigned-tunnel"), "513");
	EXPECT_EQ(field(sccrq, "host-name"), "lac");
	EXPECT_EQ(field(hidden, "tunnel"), "513");
	EXPECT_EQ(field(hidden, "assigned-session"), "hidden");
	EXPECT_EQ(field(data, "session"), "77");
	EXPECT_EQ(icrp.title, "L2TPv3/IP");
	EXPECT_EQ(field(icrp, "tunnel"), "16909060");
	EXPECT_EQ(field(icrp, "session"), "-");
	EXPECT_EQ(field(icrp, "local-session"), "70000");
	EXPECT_EQ(field(icrp, "remote-session"), "80000");
}

TEST(L2tp, Malformed)
{
	auto say = [](const Bytes &message) {
		return only(ipv4(17, udp(1701, 1701, message))).fault;
	};
	Bytes no_numbers = l2tp(2, 1, 0, {}), long_one = no_numbers, offset = no_numbers;
	no_numbers.at(0) = 0xc0;
	long_one.at(3) = 200;
	offset.at(0) |= 0x02;

	EXPECT_EQ(say({ 0x00, 0x01, 0, 0, 0, 0, 0, 0 }), "version 1");
	EXPECT_EQ(say({ 0xc8 }), "1 bytes, there is no header");
	EXPECT_EQ(say({ 0xc8, 2, 0, 12 }), "4 bytes, the header has 12");
	EXPECT_EQ(say(no_numbers), "a control message without length, or without Ns and Nr");
	EXPECT_EQ(say(long_one), "length 200 in 12 bytes");
	EXPECT_EQ(say(offset), "a control message with an offset");
	EXPECT_EQ(say({ 0, 3, 0, 0, 0, 0, 0, 0 }), "Session ID 0");
	EXPECT_EQ(say({ 0x40, 2, 0, 99, 0, 1, 0, 1 }), "length or offset beyond the end of the packet");
	EXPECT_NE(say(l2tp(2, 1, 0, avp(9, id16(1)))), "");
	EXPECT_EQ(only(ipv4(115, Bytes(4) + l2tp(2, 1, 0, {}))).fault, "version 2 over IP");
	EXPECT_EQ(only(ipv4(115, Bytes(16))).fault, "Session ID 0, and no control message");
}

// What a parser refuses has a reason, and what it takes has none, whatever the
// bytes are and however few of them the capture has.
TEST(Reasons, ForAllThatIsRefused)
{
	std::mt19937 random(7);
	const std::vector<Bytes> seeds = { ike(2, 34, 8, 0, 0), esp(300, 1), l2tp(2, 1, 0, {}),
					   l2tp_data(1, 1),	 l2tp(3, 1, 0, avp(0, id16(6))),
					   Bytes(4) + l2tp(3, 1, 0, {}), { 0xff } };

	for (int run = 0; run < 200000; run++) {
		Bytes bytes = seeds[random() % seeds.size()];
		for (unsigned n = random() % 4; n; n--)
			bytes[random() % bytes.size()] = static_cast<std::uint8_t>(
				random() % 3 ? random() : random() % 16);
		bytes.resize(random() % 2 ? bytes.size() : random() % (bytes.size() + 1));
		std::size_t there = random() % 2 ? bytes.size() : random() % (bytes.size() + 1);
		Bytes exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(there));
		Packet packet;
		packet.payload = exact;
		packet.length = static_cast<std::uint32_t>(bytes.size());

		for (auto decode : { decode_ike, decode_natt, decode_esp, decode_l2tp_udp,
				     decode_l2tp_ip }) {
			Message message = decode(packet);
			int said = !message.name.empty() + !message.fault.empty() +
				   !message.remark.empty();
			ASSERT_EQ(said, 1) << run << " " << message.name << message.fault
					   << message.remark;
			if (there == bytes.size()) {
				ASSERT_EQ(message.remark, "");
			}
		}
		nfpt_ike ike;
		auto size = static_cast<std::uint32_t>(there);
		EXPECT_EQ(nfpt_ike_parse(exact.data(), size, packet.length, &ike),
			  !decode_ike(packet).name.empty());
		nfpt_l2tp head;
		EXPECT_TRUE(nfpt_l2tp_parse_udp(exact.data(), size, packet.length, &head) ||
			    decode_l2tp_udp(packet).name.empty());
		EXPECT_TRUE(nfpt_l2tp_parse_ip(exact.data(), size, packet.length, &head) ||
			    decode_l2tp_ip(packet).name.empty());
	}
}

TEST(Mangled, FramesOfEveryLinkType)
{
	std::mt19937 random(42);

	for (int run = 0; run < 3000; run++) {
		Link link = links[random() % std::size(links)];
		std::vector<Bytes> frames;
		for (const Bytes &ip : conversation()) {
			Bytes f = frame_of(link, ip);
			for (unsigned n = random() % 3; n; n--)
				f[random() % std::min<std::size_t>(f.size(), 120)] =
					static_cast<std::uint8_t>(random());
			frames.push_back(std::move(f));
		}
		if (random() % 2)
			std::shuffle(frames.begin(), frames.end(), random);
		std::uint32_t cut = random() % 3 ? UINT32_MAX : 1 + random() % 100;
		FILE *null = fopen("/dev/null", "w");
		ASSERT_TRUE(null);
		Json json(null, false);
		Lines out(null);
		for (const Told &t : told(dlt_of(link), frames, cut)) {
			write_json(json, t.origin, t.message);
			out.print({}, t.origin, t.message);
		}
		fclose(null);
	}
}

// The file itself: libpcap, and what it makes of it.
TEST(Mangled, Files)
{
	std::mt19937 random(43);
	std::vector<Bytes> frames;
	for (const Bytes &ip : conversation())
		frames.push_back(frame_of(Link::ethernet, ip));

	int read = 0, failed = 0;
	for (int run = 0; run < 2000; run++) {
		char *text = nullptr;
		std::size_t size = 0;
		FILE *memory = open_memstream(&text, &size);
		if (run % 2)
			write_pcap(memory, DLT_EN10MB, frames, random() % 2 ? 65535 : 60);
		else
			write_pcapng(memory, DLT_EN10MB, frames);
		fclose(memory);
		for (unsigned n = 1 + random() % 20; n; n--)
			text[random() % size] = static_cast<char>(random());
		FILE *file = fmemopen(text, random() % 4 ? size : 1 + random() % size, "r");
		if (auto capture = Capture::read(file, "x")) {
			Decoder decoder(capture->link(), Ports());
			auto sink = [](const Origin &o, const Message &) {
				EXPECT_EQ(format_utc(o.time).size(), 27u);
				format_since({ -5, 7 }, o.time);
			};
			Frame frame;
			Result<bool> more = true;
			while ((more = capture->next(frame)) && *more)
				decoder.frame(frame, sink);
			decoder.finish(sink);
			read++;
			failed += !more;
		}
		free(text);
	}
	EXPECT_GT(read, 500);
	EXPECT_GT(failed, 10);
}

TEST(Capture, HostileConnections)
{
	std::vector<Bytes> frames;

	for (std::uint32_t i = 0; i < 40000; i++) {
		Bytes f = ipv4(6, tcp(i & 0xffff, 1723, i, 0, 0x18, Bytes(60, 1)));
		f.at(12) = static_cast<std::uint8_t>(i >> 16);
		frames.push_back(std::move(f));
	}
	EXPECT_EQ(told_ip(frames).size(), 40000u);
	// One that never gets its first byte.
	frames = { ipv4(6, tcp(1, 1723, 0, 0, 0x02)) };
	for (std::uint32_t i = 0; i < 5000; i++)
		frames.push_back(ipv4(6, tcp(1, 1723, 10 + i * 16, 0, 0x18, pptp(5, 16))));
	EXPECT_EQ(told_ip(frames).size(), 5001u);
}

TEST(View, Times)
{
	EXPECT_EQ(format_utc({ 1700000000, 12345 }), "2023-11-14T22:13:20.012345Z");
	EXPECT_EQ(format_utc({ INT64_MAX, 1 }), "1970-01-01T00:00:00.000001Z");
	EXPECT_EQ(format_since({ 10, 900000 }, { 12, 100 }), "1.100100");
	EXPECT_EQ(format_since({ 10, 900000 }, { 10, 400000 }), "-0.500000");
	EXPECT_NE(format_since({ INT64_MIN, 0 }, { INT64_MAX, 999999 }), "");
}

} // namespace
