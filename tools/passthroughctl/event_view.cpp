// SPDX-License-Identifier: GPL-2.0
//
// An event as a line for people and an object for programs.
#include "event_view.hpp"

#include <algorithm>

#include "protocol_view.hpp"
#include "session_view.hpp"

namespace {

std::string stamp(const tm &parts, const timespec &time, const char *format, const char *end)
{
	char text[32], result[48];

	strftime(text, sizeof(text), format, &parts);
	snprintf(result, sizeof(result), "%s.%03d%s", text,
		 static_cast<int>(time.tv_nsec / 1000000 % 1000), end);
	return result;
}

bool is_end(const Event &event)
{
	return name_of(event.what, event_names) == "end";
}

} // namespace

std::string format_time(const timespec &time)
{
	tm parts{};

	localtime_r(&time.tv_sec, &parts);
	return stamp(parts, time, "%Y-%m-%d %H:%M:%S", "");
}

std::string format_utc(const timespec &time)
{
	tm parts{};

	gmtime_r(&time.tv_sec, &parts);
	return stamp(parts, time, "%Y-%m-%dT%H:%M:%S", "Z");
}

std::string format_session_event(const Event &event)
{
	// "L2TPv2/UDP", "clash".
	constexpr std::size_t protocol_width = 10, event_width = 5;
	auto pad = [](std::string &text, std::size_t width, std::size_t to) {
		text.append(to - std::min(to, width), ' ');
	};
	const Session &s = event.session;
	std::string what(name_of(event.what, event_names));
	std::string text = format_protocol(s);
	Colour colour = what == "up" ? Colour::good : what == "clash" ? Colour::bad : Colour::plain;

	pad(text, text.size(), protocol_width);
	text += "  " + paint(what, colour);
	pad(text, what.size(), event_width);
	text += "  " + format_translated(s.initiator, s.initiator_seen) + " -> " +
		format_translated(s.responder, s.responder_seen);
	if (!s.idents.empty())
		text += "  " + format_idents(s.idents);
	if (what == "clash")
		text += "  another host has this id, and it cannot be rewritten";
	if (is_end(event))
		text += "  " + std::string(name_of(event.reason, end_reason_names)) + ", after " +
			human_time(s.age);
	return text;
}

void write_json(Json &json, const timespec &time, const Event &event, const Protocol &before)
{
	json.open('{');
	json.put("time", format_utc(time));
	switch (event.kind) {
	case Event::Kind::lost:
		json.put("event", "lost");
		break;
	case Event::Kind::session:
		json.put("event", name_of(event.what, event_names));
		json.key("reason");
		if (is_end(event))
			json.value(name_of(event.reason, end_reason_names));
		else
			json.null();
		json.key("session");
		write_json(json, event.session);
		break;
	case Event::Kind::protocol:
		json.put("event", "protocol");
		json.open("changes", '[');
		for (const Difference &d : differences(before, event.protocol))
			write_json(json, d, before, event.protocol);
		json.close(']');
		json.key("protocol");
		write_json(json, event.protocol);
		break;
	}
	json.close('}');
}
