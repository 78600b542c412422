// SPDX-License-Identifier: GPL-2.0
//
// A message as a line for people and an object for programs.
#include "message_view.hpp"

#include <algorithm>
#include <ctime>

namespace {

constexpr std::size_t readable = 24;
constexpr int time_width = 11;

// Appends a cell, in a column that grows.
void pad(std::string &line, const std::string &cell, std::size_t &width)
{
	std::size_t shown = display_width(cell);

	width = std::max(width, shown);
	line += cell;
	line.append(width - shown + 2, ' ');
}

std::string format_fields(const Message &message)
{
	std::string text;

	for (const Field &field : message.fields) {
		if (field.text.empty())
			continue;
		bool pair = field.label == "/";
		if (!text.empty() && !pair)
			text += ' ';
		text += field.label;
		if (!field.label.empty() && !pair)
			text += ' ';
		text += harmless(field.text, readable);
	}
	return text;
}

void put_or_null(Json &json, std::string_view key, const std::string &text)
{
	json.key(key);
	if (text.empty())
		json.null();
	else
		json.value(text);
}

void put_end(Json &json, std::string_view address, std::string_view port, const Endpoint &end)
{
	json.put(address, format_address(end));
	json.key(port);
	if (end.port)
		json.value(std::uint32_t(end.port));
	else
		json.null();
}

void put_field(Json &json, const Field &field)
{
	json.key(field.key);
	switch (field.kind) {
	case Field::Kind::number:
		json.value(field.number);
		break;
	case Field::Kind::text:
		json.value(field.text);
		break;
	case Field::Kind::truth:
		json.value(field.number != 0);
		break;
	case Field::Kind::hidden:
		json.null();
		break;
	}
}

} // namespace

std::string format_utc(const timeval &time)
{
	char text[64] = "";
	tm parts{};

	// A damaged capture may have years that no calendar has.
	constexpr int first_year = 0 - 1900, last_year = 9999 - 1900;
	constexpr time_t epoch = 0;
	if (!gmtime_r(&time.tv_sec, &parts) || parts.tm_year < first_year ||
	    parts.tm_year > last_year)
		gmtime_r(&epoch, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	std::string stamp = text;
	snprintf(text, sizeof(text), ".%06uZ", static_cast<unsigned>(time.tv_usec) % 1000000u);
	return stamp + text;
}

std::string format_since(const timeval &first, const timeval &time)
{
	constexpr std::int64_t million = 1000000, far = INT64_C(1) << 40;
	// In bounds: no overflow below.
	std::int64_t s = std::clamp<std::int64_t>(time.tv_sec, -far, far) -
			 std::clamp<std::int64_t>(first.tv_sec, -far, far);
	std::int64_t us = s * million + (time.tv_usec % million - first.tv_usec % million);
	char text[32];

	snprintf(text, sizeof(text), "%s%lld.%06lld", us < 0 ? "-" : "",
		 static_cast<long long>(std::abs(us) / million),
		 static_cast<long long>(std::abs(us) % million));
	return text;
}

void Lines::print(const timeval &first, const Origin &origin, const Message &message)
{
	std::string time = format_since(first, origin.time), line;

	line.append(time_width - std::min<std::size_t>(time_width, time.size()), ' ');
	line += time + "  ";
	pad(line, format_endpoint(origin.source), source_);
	line += "> ";
	pad(line, format_endpoint(origin.destination), destination_);
	pad(line, message.title, title_);
	std::string fields = format_fields(message);
	if (!message.name.empty())
		pad(line, message.name, name_);
	line += fields;
	for (bool fault : { true, false }) {
		const std::string &text = fault ? message.fault : message.remark;
		if (text.empty())
			continue;
		if (!fields.empty())
			line += "  ";
		line += fault ? paint("malformed", Colour::bad) + ": " + text :
				paint(text, Colour::warning);
	}
	line.erase(line.find_last_not_of(' ') + 1);
	line += '\n';
	fwrite(line.data(), 1, line.size(), out_);
}

void write_json(Json &json, const Origin &origin, const Message &message)
{
	json.open('{');
	json.put("packet", origin.number);
	json.put("time", format_utc(origin.time));
	put_end(json, "source", "source-port", origin.source);
	put_end(json, "destination", "destination-port", origin.destination);
	json.put("protocol", message.protocol);
	json.put("transport", message.transport);
	put_or_null(json, "message", message.name);
	put_or_null(json, "malformed", message.fault);
	put_or_null(json, "remark", message.remark);
	for (const Field &field : message.fields)
		put_field(json, field);
	json.close('}');
}
