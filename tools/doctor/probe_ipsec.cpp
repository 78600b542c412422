// SPDX-License-Identifier: GPL-2.0
//
// The IKE probe, RFC 7296: an IKE_SA_INIT, which any answer is good for.
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

#include <passthrough/wire/esp.h>
#include <passthrough/wire/ike.h>

#include "probe.hpp"

namespace {

enum : std::uint8_t {
	payload_sa = 33,
	payload_ke = 34,
	payload_nonce = 40,
	payload_notify = 41,
};

constexpr std::uint16_t group_14 = 14;
constexpr std::size_t group_14_bytes = 256;

// A transform; key is the length of the key in bits, 0: it has none.
void put_transform(Message &m, bool last, std::uint8_t type, std::uint16_t id, std::uint16_t key)
{
	m.u8(last ? 0 : 3).u8(0).u16(key ? 12 : 8).u8(type).u8(0).u16(id);
	if (key)
		m.u16(0x8000 | 14).u16(key);
}

// The message without a non-ESP marker, and the SPI that answers must have.
Message sa_init(std::span<const std::uint8_t> spi)
{
	Message m, proposal;

	// AES-CBC with 256 and 128 bits, HMAC-SHA2-256 and -SHA1, group 14.
	put_transform(proposal, false, 1, 12, 256);
	put_transform(proposal, false, 1, 12, 128);
	put_transform(proposal, false, 2, 5, 0);
	put_transform(proposal, false, 2, 2, 0);
	put_transform(proposal, false, 3, 12, 0);
	put_transform(proposal, false, 3, 2, 0);
	put_transform(proposal, true, 4, group_14, 0);

	m.raw(spi).zeros(8).u8(payload_sa).u8(0x20).u8(NFPT_IKE_SA_INIT).u8(NFPT_IKE_INITIATOR);
	m.u32(0).u32(0);
	auto size = static_cast<std::uint16_t>(proposal.size());
	m.u8(payload_ke).u8(0).u16(static_cast<std::uint16_t>(12 + size));
	m.u8(0).u8(0).u16(static_cast<std::uint16_t>(8 + size)).u8(1).u8(1).u8(0).u8(7);
	m.raw(proposal.bytes());
	// Nobody computes with this key; it is below the group's prime.
	m.u8(payload_nonce).u8(0).u16(8 + group_14_bytes).u16(group_14).u16(0);
	m.u8(1).random(group_14_bytes - 1);
	m.u8(0).u8(0).u16(4 + 32).random(32);
	return m.length32(24);
}

// The notify type of an answer that is nothing else, 0 if there is none.
std::uint16_t notify(std::span<const std::uint8_t> m)
{
	if (m.size() < NFPT_IKE_HEADER + 8 || m[16] != payload_notify)
		return 0;
	return nfpt_get_be16(m.data() + NFPT_IKE_HEADER + 6);
}

std::string describe(std::span<const std::uint8_t> m, std::uint16_t port)
{
	std::string text = "the gateway answers IKE on UDP port " + std::to_string(port);

	switch (notify(m)) {
	case 0:
		return text;
	case 14:
		return text + " (it wants other proposals: NO_PROPOSAL_CHOSEN)";
	case 17:
		return text + " (it wants another group: INVALID_KE_PAYLOAD)";
	case 16390:
		return text + " (it is busy: COOKIE)";
	default:
		return text + " (notify " + std::to_string(notify(m)) + ")";
	}
}

// One of the two ports that are asked.
struct Door {
	std::uint16_t port;
	std::size_t marker;
	bool refused;
};

} // namespace

Result<Answer> probe_ipsec(Address server, unsigned seconds)
{
	Deadline deadline(std::int64_t(seconds) * 1000);
	Door doors[] = { { NFPT_IKE_PORT, 0, false }, { NFPT_NATT_PORT, NFPT_NATT_MARKER, false } };
	std::uint8_t spi[8];
	nfpt_put_be32(spi, random_number());
	nfpt_put_be32(spi + 4, random_number());
	Message question = sa_init(spi);

	// In turns, as long as there is time.
	while (!deadline.over() && !(doors[0].refused && doors[1].refused)) {
		for (Door &door : doors) {
			Socket udp(SOCK_DGRAM, 0);
			if (!udp)
				return probe_error("a UDP socket", errno);
			int error = udp.connect(server, door.port, deadline);
			if (error)
				return probe_error("UDP port " + std::to_string(door.port), error);
			Message m;
			m.zeros(door.marker).raw(question.bytes());
			error = udp.send(m.bytes());
			if (error == EPERM)
				return probe_error("sending IKE", error);

			Deadline again(std::min(again_ms, deadline.left()));
			for (;;) {
				Bytes bytes = udp.receive(again, error);
				door.refused = error == ECONNREFUSED;
				if (error)
					break;
				if (bytes.size() <= door.marker)
					continue;
				std::span<const std::uint8_t> body(bytes);
				body = body.subspan(door.marker);
				auto size = static_cast<std::uint32_t>(body.size());
				struct nfpt_ike ike;
				if (nfpt_ike_parse(body.data(), size, size, &ike) &&
				    !memcmp(body.data(), spi, sizeof(spi)))
					return Answer{ Verdict::works, describe(body, door.port) };
			}
		}
	}
	if (doors[0].refused && doors[1].refused)
		return Answer{ Verdict::refused,
			       "UDP ports 500 and 4500 are closed: no IKE there, or a firewall "
			       "refuses it" };
	return Answer{ Verdict::no_answer,
		       "no answer to IKE_SA_INIT on UDP ports 500 and 4500: the gateway is down, does "
		       "not speak IKEv2 with strangers, or a firewall between drops it" };
}
