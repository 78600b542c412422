// SPDX-License-Identifier: GPL-2.0
//
// Protocols: their state, ports, settings and pins.
#include "netlink.hpp"

#include <cstdio>
#include <cstring>

#include <linux/netlink.h>
#include <linux/nf_passthrough.h>

#include "netlink_message.hpp"
#include "netlink_read.hpp"

static_assert(std::uint32_t(State::disabled) == NF_PASSTHROUGH_STATE_DISABLED);
static_assert(pin_kinds[NF_PASSTHROUGH_PIN_KIND_DATA].server);
static_assert(!pin_kinds[NF_PASSTHROUGH_PIN_KIND_SOURCE_PORT].server);

namespace {

Setting read_setting(const Attribute &nest)
{
	Setting s;

	nest.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_SETTING_NAME:
			s.name = a.text();
			break;
		case NF_PASSTHROUGH_A_SETTING_VALUE:
			s.value = a.u32();
			break;
		case NF_PASSTHROUGH_A_SETTING_DEFAULT:
			s.initial = a.u32();
			break;
		case NF_PASSTHROUGH_A_SETTING_MINIMUM:
			s.min = a.u32();
			break;
		case NF_PASSTHROUGH_A_SETTING_MAXIMUM:
			s.max = a.u32();
			break;
		case NF_PASSTHROUGH_A_SETTING_UNIT:
			s.unit = a.text();
			break;
		case NF_PASSTHROUGH_A_SETTING_HELP:
			s.help = a.text();
			break;
		}
	});
	return s;
}

Pin read_pin(const Attribute &nest)
{
	Pin p;

	nest.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_PIN_KIND:
			p.kind = a.u32();
			break;
		case NF_PASSTHROUGH_A_PIN_HOST:
			p.host = a.address();
			break;
		case NF_PASSTHROUGH_A_PIN_SERVER:
			p.server = a.address();
			break;
		}
	});
	return p;
}

std::string action_of(const Change &change)
{
	std::string action(change.state ? "switching " : "setting ");

	action += change.protocol;
	if (change.state) {
		action += " to ";
		action += state_names[std::size_t(*change.state)];
	}
	return action;
}

void put_change(Request &request, const Change &change, std::vector<std::string> &typed)
{
	request.mark(Subject::protocol, change.protocol);
	nlattr *protocol = request.nest(NF_PASSTHROUGH_A_CONFIG_PROTOCOL);
	request.put(NF_PASSTHROUGH_A_PROTOCOL_NAME, change.protocol);
	if (change.replace)
		request.put_flag(NF_PASSTHROUGH_A_PROTOCOL_REPLACE);
	if (change.state) {
		request.mark(Subject::value, "state", state_names[std::size_t(*change.state)]);
		request.put_u32(NF_PASSTHROUGH_A_PROTOCOL_STATE, std::uint32_t(*change.state));
	}

	for (std::uint16_t port : change.ports) {
		typed.push_back(std::to_string(port));
		request.mark(Subject::value, "port", typed.back());
		request.put_u16(NF_PASSTHROUGH_A_PROTOCOL_PORT, port);
	}
	if (change.interfaces && change.interfaces->empty()) {
		request.mark(Subject::value, "interface", "any");
		request.put(NF_PASSTHROUGH_A_PROTOCOL_INTERFACE, "");
	}
	for (std::size_t i = 0; change.interfaces && i < change.interfaces->size(); i++) {
		request.mark(Subject::value, "interface", (*change.interfaces)[i]);
		request.put(NF_PASSTHROUGH_A_PROTOCOL_INTERFACE, (*change.interfaces)[i]);
	}
	for (const Change::Value &v : change.values) {
		request.mark(Subject::key, v.key);
		nlattr *nest = request.nest(NF_PASSTHROUGH_A_PROTOCOL_SETTING);
		request.put(NF_PASSTHROUGH_A_SETTING_NAME, v.key);
		request.mark(Subject::value, v.key, v.typed);
		request.put_u32(NF_PASSTHROUGH_A_SETTING_VALUE, v.value);
		request.nest_end(nest);
	}

	for (const Change::PinValue &v : change.pins) {
		request.mark(Subject::value, v.key, v.typed);
		nlattr *nest = request.nest(v.remove ? NF_PASSTHROUGH_A_PROTOCOL_UNPIN :
						       NF_PASSTHROUGH_A_PROTOCOL_PIN);
		request.put_u32(NF_PASSTHROUGH_A_PIN_KIND, v.pin.kind);
		request.put_u32(NF_PASSTHROUGH_A_PIN_HOST, v.pin.host.be);
		if (kind_of(v.pin).server)
			request.put_u32(NF_PASSTHROUGH_A_PIN_SERVER, v.pin.server.be);
		request.nest_end(nest);
	}
	request.nest_end(protocol);
}

} // namespace

Protocol read_protocol(const Reply &reply)
{
	Protocol p;

	reply.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_PROTOCOL_NAME:
			p.name = a.text();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_TITLE:
			p.title = a.text();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_STATE:
			p.state = a.u32();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_PORT:
			p.ports.push_back(static_cast<std::uint16_t>(a.number()));
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_INTERFACE:
			p.interfaces.push_back(a.text());
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_SETTING:
			p.settings.push_back(read_setting(a));
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_PIN:
			p.pins.push_back(read_pin(a));
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_SESSIONS:
			p.sessions = a.u32();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_HOOKS:
			p.hooks = a.u32();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_NOTE:
			p.notes.push_back(a.text());
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_VERSION:
			p.version = a.text();
			break;
		}
	});
	return p;
}

Result<std::vector<Protocol>> Kernel::protocols()
{
	Request request(family_, NF_PASSTHROUGH_CMD_PROTOCOL_GET, NLM_F_DUMP, "listing protocols");
	auto all = dump(request, read_protocol);

	if (!all)
		return all.error();
	// Protocols come and go with modules only: nothing to tell a person if
	// even that goes on during every attempt.
	return std::move(all->items);
}

Result<Protocol> Kernel::protocol(std::string_view name)
{
	Protocol protocol;
	Request request(family_, NF_PASSTHROUGH_CMD_PROTOCOL_GET, NLM_F_ACK,
			"reading " + std::string(name));

	request.mark(Subject::protocol, name);
	request.put(NF_PASSTHROUGH_A_PROTOCOL_NAME, name);
	auto result = talk(request, [&](const Reply &r) { protocol = read_protocol(r); });
	if (result)
		return protocol;
	if (result.error().sys == ENOENT)
		result.error().code = Exit::no_module;
	return result.error();
}

Status Kernel::change(std::span<const Change> changes)
{
	Request request(family_, NF_PASSTHROUGH_CMD_CONFIG_SET, NLM_F_ACK,
			changes.size() == 1 ? action_of(changes[0]) : "changing protocols");

	// Marks hold views: the numbers must outlive the exchange.
	std::size_t ports = 0;
	for (const Change &change : changes)
		ports += change.ports.size();
	std::vector<std::string> typed;
	typed.reserve(ports);
	for (const Change &change : changes) {
		request.part(change.protocol, action_of(change));
		put_change(request, change, typed);
	}

	auto result = talk(request, [](const Reply &) {});
	if (result)
		return Done{};
	Error &e = result.error();
	if (e.sys == ENOENT && e.subject == Subject::protocol) {
		const KnownProtocol *known = find_known(e.protocol);
		e.code = Exit::no_module;
		if (known)
			e.hint = "try `modprobe " + std::string(known->module) +
				 "` as root; if it is not found, this build does not have it";
	}
	return e;
}

Result<std::string> Kernel::version()
{
	auto all = protocols();

	if (!all)
		return all.error();
	if (!all->empty())
		return all->front().version;

	// Every protocol tells the core's version; without one, sysfs does.
	struct FileCloser {
		void operator()(FILE *f) const { fclose(f); }
	};
	char line[64] = "";
	std::unique_ptr<FILE, FileCloser> file(fopen("/sys/module/nf_passthrough/version", "re"));
	if (file && fgets(line, sizeof(line), file.get()))
		line[strcspn(line, "\n")] = '\0';
	return std::string(line);
}
