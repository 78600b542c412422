// SPDX-License-Identifier: GPL-2.0
//
// Sessions, and the filters that choose among them.
#include "netlink.hpp"

#include <linux/netlink.h>
#include <linux/nf_passthrough.h>

#include "netlink_message.hpp"
#include "netlink_read.hpp"

static_assert(std::uint32_t(SessionState::closing) == NF_PASSTHROUGH_SESSION_STATE_CLOSING);
static_assert(sa_state_names[NF_PASSTHROUGH_SA_STATE_CONFIRMED] == "confirmed");

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

Sa read_sa(const Attribute &nest)
{
	Sa s;

	nest.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_SA_SPI:
			s.spi = a.u32();
			break;
		case NF_PASSTHROUGH_A_SA_INBOUND:
			s.inbound = true;
			break;
		case NF_PASSTHROUGH_A_SA_UDP:
			s.udp = true;
			break;
		case NF_PASSTHROUGH_A_SA_STATE:
			s.state = a.u32();
			break;
		case NF_PASSTHROUGH_A_SA_AGE:
			s.age = a.u32();
			break;
		case NF_PASSTHROUGH_A_SA_IDLE:
			s.idle = a.u32();
			break;
		case NF_PASSTHROUGH_A_SA_PACKETS:
			s.packets = a.number();
			break;
		case NF_PASSTHROUGH_A_SA_BYTES:
			s.bytes = a.number();
			break;
		}
	});
	return s;
}

Call read_call(const Attribute &nest)
{
	Call c;

	nest.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_CALL_INITIATOR_ID:
			c.initiator_id = a.u32();
			break;
		case NF_PASSTHROUGH_A_CALL_RESPONDER_ID:
			c.responder_id = a.u32();
			break;
		case NF_PASSTHROUGH_A_CALL_STATE:
			c.state = a.u32();
			break;
		case NF_PASSTHROUGH_A_CALL_AGE:
			c.age = a.u32();
			break;
		}
	});
	return c;
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
		case NF_PASSTHROUGH_A_SESSION_IKE_INITIATOR_SPI:
			s.ike.push_back({ a.number(), 0 });
			break;
		case NF_PASSTHROUGH_A_SESSION_IKE_RESPONDER_SPI:
			if (!s.ike.empty())
				s.ike.back().responder = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_SA:
			s.sas.push_back(read_sa(a));
			break;
		case NF_PASSTHROUGH_A_SESSION_CALL:
			s.calls.push_back(read_call(a));
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR_NAME:
			s.initiator_name = a.text();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER_NAME:
			s.responder_name = a.text();
			break;
		case NF_PASSTHROUGH_A_SESSION_VERSION:
			s.version = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_TRANSPORT:
			s.transport = a.u32();
			break;
		}
	});
	return s;
}

void join_parts(std::vector<Session> &parts)
{
	std::vector<Session> whole;

	for (Session &part : parts) {
		if (whole.empty() || whole.back().id != part.id) {
			whole.push_back(std::move(part));
			continue;
		}
		Session &last = whole.back();
		last.sas.insert(last.sas.end(), part.sas.begin(), part.sas.end());
		last.calls.insert(last.calls.end(), part.calls.begin(), part.calls.end());
	}
	parts = std::move(whole);
}

Result<Dump<Session>> Kernel::sessions(const SessionFilter &filter)
{
	Request request(family_, NF_PASSTHROUGH_CMD_SESSION_GET, NLM_F_DUMP, "listing sessions");

	put_filter(request, filter);
	auto result = dump(request, read_session);
	if (result)
		join_parts(result->items);
	return result;
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
