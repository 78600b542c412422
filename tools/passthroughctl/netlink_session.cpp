// SPDX-License-Identifier: GPL-2.0
//
// Sessions, and the filters that choose among them.
#include "netlink.hpp"

#include <linux/netlink.h>
#include <linux/nf_passthrough.h>

#include "netlink_message.hpp"

static_assert(std::uint32_t(SessionState::closing) == NF_PASSTHROUGH_SESSION_STATE_CLOSING);

namespace {

Ident read_ident(const Attribute &nest)
{
	Ident i;

	nest.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_IDENT_NAME:
			i.name = a.text();
			break;
		case NF_PASSTHROUGH_A_IDENT_VALUE:
			i.value = a.u32();
			break;
		case NF_PASSTHROUGH_A_IDENT_MAPPED:
			i.mapped = a.u32();
			break;
		}
	});
	return i;
}

Session read_session(const Reply &reply)
{
	Session s;

	reply.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_SESSION_ID:
			s.id = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_PROTOCOL:
			s.protocol = a.text();
			break;
		case NF_PASSTHROUGH_A_SESSION_STATE:
			s.state = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR:
			s.initiator = a.address();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER:
			s.responder = a.address();
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR_SEEN:
			s.initiator_seen = a.address();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER_SEEN:
			s.responder_seen = a.address();
			break;
		case NF_PASSTHROUGH_A_SESSION_ROLE:
			s.role = a.text();
			break;
		case NF_PASSTHROUGH_A_SESSION_IDENT:
			s.idents.push_back(read_ident(a));
			break;
		case NF_PASSTHROUGH_A_SESSION_AGE:
			s.age = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_IDLE:
			s.idle = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_LIFETIME:
			s.lifetime = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR_PACKETS:
			s.initiator_packets = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR_BYTES:
			s.initiator_bytes = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER_PACKETS:
			s.responder_packets = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER_BYTES:
			s.responder_bytes = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_LOCAL:
			s.local = true;
			break;
		}
	});
	return s;
}

void put_filter(Request &request, const SessionFilter &filter)
{
	if (filter.id) {
		request.mark(Subject::value, "id");
		request.put_u32(NF_PASSTHROUGH_A_SESSION_ID, *filter.id);
	}
	if (filter.protocol) {
		request.mark(Subject::protocol, "proto", *filter.protocol);
		request.put(NF_PASSTHROUGH_A_SESSION_PROTOCOL, *filter.protocol);
	}
	if (filter.state) {
		request.mark(Subject::value, "state",
			     session_state_names[std::size_t(*filter.state)]);
		request.put_u32(NF_PASSTHROUGH_A_SESSION_STATE, std::uint32_t(*filter.state));
	}
	if (filter.host) {
		request.mark(Subject::value, "host");
		request.put_u32(NF_PASSTHROUGH_A_SESSION_INITIATOR, filter.host->be);
	}
	if (filter.server) {
		request.mark(Subject::value, "server");
		request.put_u32(NF_PASSTHROUGH_A_SESSION_RESPONDER, filter.server->be);
	}
}

} // namespace

Result<Dump<Session>> Kernel::sessions(const SessionFilter &filter)
{
	Request request(family_, NF_PASSTHROUGH_CMD_SESSION_GET, NLM_F_DUMP, "listing sessions");

	put_filter(request, filter);
	return dump(request, read_session);
}

Result<std::uint32_t> Kernel::flush(const SessionFilter &filter)
{
	std::uint32_t count = 0;
	Request request(family_, NF_PASSTHROUGH_CMD_SESSION_DEL, NLM_F_ACK, "ending sessions");

	put_filter(request, filter);
	auto result = talk(request, [&](const Reply &r) {
		r.each([&](const Attribute &a) {
			if (a.type() == NF_PASSTHROUGH_A_SESSION_COUNT)
				count = a.u32();
		});
	});
	if (!result)
		return result.error();
	return count;
}
