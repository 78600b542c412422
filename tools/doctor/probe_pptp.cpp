// SPDX-License-Identifier: GPL-2.0
//
// The PPTP probe, RFC 2637: what a client does until the first packet of PPP.
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

#include <passthrough/wire/gre.h>
#include <passthrough/wire/pptp.h>

#include "probe.hpp"

namespace {

constexpr std::uint16_t ppp_lcp = 0xc021;

Message control(enum nfpt_pptp_type type)
{
	Message m;

	m.u16(0).u16(NFPT_PPTP_CONTROL).u32(NFPT_PPTP_MAGIC).u16(type).u16(0);
	return m;
}

Message start_request()
{
	Message m = control(NFPT_PPTP_SCCRQ);

	// Version 1.0; asynchronous framing; analog and digital access.
	m.u16(0x0100).u16(0).u32(1).u32(3).u16(0).u16(0);
	m.text("passthroughctl", 64).text("nf_passthrough", 64);
	return m.length16(0);
}

Message call_request(std::uint16_t id)
{
	Message m = control(NFPT_PPTP_OCRQ);

	// Call serial number, 300 bit/s to 100 Mbit/s, any bearer, either framing,
	// a window of 64 packets, no delay.
	m.u16(id).u16(1).u32(300).u32(100000000).u32(3).u32(3).u16(64).u16(0);
	m.u16(0).u16(0).zeros(64).zeros(64);
	return m.length16(0);
}

Message clear_request(std::uint16_t id)
{
	Message m = control(NFPT_PPTP_CLEAR);

	m.u16(id).u16(0);
	return m.length16(0);
}

Message stop_request()
{
	Message m = control(NFPT_PPTP_STOPRQ);

	// Reason: none in particular.
	m.u8(1).u8(0).u16(0);
	return m.length16(0);
}

// PPP's LCP Configure-Request with a magic number, in GRE to the call.
Message data(std::uint16_t call, std::uint32_t sequence)
{
	Message m;

	m.u16(0x2001 | NFPT_GRE_SEQ).u16(NFPT_GRE_PROTO_PPP).u16(14).u16(call).u32(sequence);
	m.u16(0xff03).u16(ppp_lcp).u8(1).u8(static_cast<std::uint8_t>(sequence + 1)).u16(10);
	m.u8(5).u8(6).u32(random_number());
	return m;
}

// The server's control messages, one by one, whatever TCP makes of them.
class Control {
public:
	Control(Socket &socket, const Deadline &deadline) : socket_(socket), deadline_(deadline) {}

	// Waits for a message of a type; empty if it does not come, with an errno.
	Bytes wait(std::uint16_t type, int &error)
	{
		for (error = 0;;) {
			if (buffer_.size() >= NFPT_PPTP_HEADER) {
				std::size_t length = nfpt_get_be16(buffer_.data());
				if (nfpt_get_be32(buffer_.data() + 4) != NFPT_PPTP_MAGIC ||
				    length < NFPT_PPTP_HEADER) {
					error = EPROTO;
					return {};
				}
				if (buffer_.size() >= length) {
					auto end = buffer_.begin() +
						   static_cast<std::ptrdiff_t>(length);
					Bytes message(buffer_.begin(), end);
					buffer_.erase(buffer_.begin(), end);
					std::uint16_t got = nfpt_get_be16(message.data() + 8);
					const auto *layout = nfpt_pptp_layout(got);
					if (got == type && layout && layout->length == length)
						return message;
					continue;
				}
			}
			Bytes more = socket_.receive(deadline_, error);
			if (error)
				return {};
			buffer_.insert(buffer_.end(), more.begin(), more.end());
		}
	}

private:
	Socket &socket_;
	const Deadline &deadline_;
	Bytes buffer_;
};

Answer silent(std::string_view what, int error)
{
	if (error == EPROTO)
		return { Verdict::rejected,
			 "what serves TCP port 1723 there does not speak PPTP" };
	if (error == ECONNRESET)
		return { Verdict::rejected,
			 "the server closed the connection instead of answering " +
				 std::string(what) };
	return { Verdict::no_answer,
		 "TCP port 1723 is open, and " + std::string(what) + " was not answered" };
}

// Whether GRE of our call comes back.
Result<bool> call_answers(Socket &gre, Address server, std::uint16_t ours, std::uint16_t theirs,
			  const Deadline &deadline)
{
	int error = gre.connect(server, 0, deadline);
	if (error)
		return probe_error("GRE", error);
	for (std::uint32_t sequence = 0; !deadline.over(); sequence++) {
		error = gre.send(data(theirs, sequence).bytes());
		if (error == EPERM)
			return probe_error("sending GRE", error);
		Deadline again(std::min(again_ms, deadline.left()));
		for (;;) {
			Bytes packet = gre.receive(again, error);
			// An ICMP error, such as protocol unreachable, is no answer, and
			// not the last word.
			if (error == ETIMEDOUT || (error && again.over()))
				break;
			if (error)
				continue;
			std::size_t header = packet.empty() ? 0 : (packet[0] & 0xfu) * 4;
			std::uint16_t call = 0;
			if (packet.size() > header &&
			    nfpt_gre_parse(packet.data() + header,
					   static_cast<std::uint32_t>(packet.size() - header),
					   &call) == NFPT_GRE_PPTP &&
			    call == ours)
				return true;
		}
	}
	return false;
}

} // namespace

Result<Answer> probe_pptp(Address server, unsigned seconds)
{
	Deadline deadline(std::int64_t(seconds) * 1000);
	// Open before the call is, so that nothing is missed.
	Socket gre(SOCK_RAW, IPPROTO_GRE);
	if (!gre)
		return probe_error("a socket for GRE", errno);
	Socket tcp(SOCK_STREAM, 0);
	if (!tcp)
		return probe_error("a TCP socket", errno);

	int error = tcp.connect(server, NFPT_PPTP_PORT, deadline);
	if (error == ECONNREFUSED)
		return Answer{ Verdict::refused,
			       "TCP port 1723 is closed: no PPTP server there, or a firewall "
			       "refuses it" };
	if (error == ETIMEDOUT)
		return Answer{ Verdict::no_answer,
			       "TCP port 1723 does not answer: the server is down, or a firewall "
			       "between drops it" };
	if (error)
		return probe_error("connecting to TCP port 1723", error);

	Control answers(tcp, deadline);
	tcp.send(start_request().bytes());
	Bytes message = answers.wait(NFPT_PPTP_SCCRP, error);
	if (error)
		return silent("Start-Control-Connection-Request", error);
	// Behind the protocol version.
	if (message[14] != NFPT_PPTP_RESULT_OK)
		return Answer{ Verdict::rejected,
			       "the server does not want a control connection, result " +
				       std::to_string(message[14]) };

	auto ours = static_cast<std::uint16_t>(random_number() % 65535 + 1);
	tcp.send(call_request(ours).bytes());
	do {
		message = answers.wait(NFPT_PPTP_OCRP, error);
		if (error)
			return silent("Outgoing-Call-Request", error);
	} while (nfpt_get_be16(message.data() + NFPT_PPTP_IDS + 2) != ours);
	if (message[NFPT_PPTP_IDS + 4] != NFPT_PPTP_RESULT_OK)
		return Answer{ Verdict::rejected,
			       "the server does not want a call, result " +
				       std::to_string(message[NFPT_PPTP_IDS + 4]) };

	std::uint16_t theirs = nfpt_get_be16(message.data() + NFPT_PPTP_IDS);
	auto answered = call_answers(gre, server, ours, theirs, deadline);
	tcp.send(clear_request(ours).bytes());
	tcp.send(stop_request().bytes());
	if (!answered)
		return answered.error();
	if (!*answered)
		return Answer{ Verdict::no_data,
			       "the call was agreed by TCP, and no GRE came back: something between, "
			       "or this router's input chain, drops IP protocol 47" };
	return Answer{ Verdict::works, "control connection, call and GRE both ways" };
}
