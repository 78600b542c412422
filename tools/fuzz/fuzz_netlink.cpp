// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of the kernel: any bytes, as each kind of answer and as an event, are
 * read within their bounds and can be shown.
 *
 * Input: messages one behind the other, as a socket gives them.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "event_view.hpp"
#include "netlink_read.hpp"
#include "protocol_view.hpp"
#include "render.hpp"
#include "session_view.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* as it is aligned in the buffer of a socket, and as long as it is */
	std::vector<std::uint32_t> aligned((size + 3) / 4 + 1);
	std::vector<Session> sessions;
	std::vector<Protocol> protocols;
	static FILE *const out = fopen("/dev/null", "we");
	int left = static_cast<int>(size);

	std::copy(data, data + size, reinterpret_cast<std::uint8_t *>(aligned.data()));
	/* libmnl takes lengths from 2^31 on for negative ones; the kernel has none. */
	const auto ok = [&](const nlmsghdr *m) {
		return mnl_nlmsg_ok(m, left) && m->nlmsg_len <= static_cast<std::uint32_t>(left);
	};
	for (auto *message = reinterpret_cast<const nlmsghdr *>(aligned.data()); ok(message);
	     message = mnl_nlmsg_next(message, &left)) {
		const Reply reply(message);

		sessions.push_back(read_session(reply));
		protocols.push_back(read_protocol(reply));
		if (const auto event = read_event(reply)) {
			Json json(out, true);

			write_json(json, timespec{}, *event, protocols.front());
			if (event->kind == Event::Kind::session)
				fputs(format_session_event(*event).c_str(), out);
		}
	}
	join_parts(sessions);
	for (std::size_t width : { 0, 40, 132 })
		print_sessions(out, sessions, width);
	for (const Session &session : sessions) {
		Json json(out, false);

		write_json(json, session);
	}
	for (const Protocol &p : protocols) {
		Json json(out, false);

		write_json(json, p);
		for (const Difference &d : differences(protocols.front(), p))
			fputs(format_difference(d, protocols.front(), p).c_str(), out);
	}
	return 0;
}
