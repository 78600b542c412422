// SPDX-License-Identifier: GPL-2.0
//
// Probes: whether a server answers this router, asked as a client would ask.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deadline.hpp"
#include "model.hpp"

// What came of a probe.
enum class Verdict : std::uint32_t {
	works,
	// The control connection is good, no data came.
	no_data,
	no_answer,
	// Nobody serves the port, or a firewall says so.
	refused,
	// The server answered, and does not want.
	rejected,
};

inline constexpr std::string_view verdict_names[] = {
	"works", "no-data", "no-answer", "refused", "rejected",
};

struct Answer {
	Verdict verdict = Verdict::no_answer;
	// What happened and what it means.
	std::string text;
};

using Bytes = std::vector<std::uint8_t>;

// How long to wait before what may be lost is sent again.
inline constexpr int again_ms = 1000;

// A socket.
class Socket {
public:
	Socket(int type, int protocol);
	~Socket();
	Socket(const Socket &) = delete;
	Socket &operator=(const Socket &) = delete;

	explicit operator bool() const { return fd_ >= 0; }
	// Fails with 0 or, if it takes longer, with ETIMEDOUT or whatever errno
	// says.
	int connect(Address server, std::uint16_t port, const Deadline &deadline);
	int send(std::span<const std::uint8_t> bytes);
	// What is there next; empty with an errno in error, ETIMEDOUT at the end
	// of time and ECONNRESET at the end of a stream.
	Bytes receive(const Deadline &deadline, int &error);

private:
	int fd_;
};

// A message, field by field, in network byte order.
class Message {
public:
	Message &u8(std::uint8_t value);
	Message &u16(std::uint16_t value);
	Message &u32(std::uint32_t value);
	Message &raw(std::span<const std::uint8_t> bytes);
	// Text in a field of so many bytes.
	Message &text(std::string_view text, std::size_t size);
	Message &zeros(std::size_t n);
	Message &random(std::size_t n);
	// Writes the length of all that is there, which is at offset at.
	Message &length16(std::size_t at);
	Message &length32(std::size_t at);
	std::size_t size() const { return bytes_.size(); }
	const Bytes &bytes() const { return bytes_; }

private:
	Bytes bytes_;
};

// A number that nobody can guess, not 0.
std::uint32_t random_number();
// "connecting: Connection refused", for an errno.
Error probe_error(std::string_view what, int error);

// PPTP: a control connection, a call, and PPP's first packet in its GRE.
Result<Answer> probe_pptp(Address server, unsigned seconds);
// IKE: IKE_SA_INIT, on ports 500 and 4500.
Result<Answer> probe_ipsec(Address server, unsigned seconds);
// L2TP: SCCRQ, on port 1701.
Result<Answer> probe_l2tp(Address server, unsigned seconds);
