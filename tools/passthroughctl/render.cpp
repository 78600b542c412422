// SPDX-License-Identifier: GPL-2.0
//
// Output for people (tables, units) and for programs (JSON).
#include "render.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cinttypes>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

// With commas between; none is what stands for an empty list.
std::string join(std::span<const std::string> words, const char *none)
{
	std::string text;

	for (const std::string &word : words) {
		if (!text.empty())
			text += ',';
		text += word;
	}
	return text.empty() ? none : text;
}

bool colour_on = false;

constexpr std::string_view gap = "  ";
// Before the second line of a row.
constexpr std::size_t fold_indent = 4;

void write(FILE *out, std::string_view text)
{
	fwrite(text.data(), 1, text.size(), out);
}

void write_spaces(FILE *out, std::size_t count)
{
	for (; count; count--)
		fputc(' ', out);
}

// Length of the UTF-8 sequence at the start of text, 0 if it is not one.
std::size_t utf8_length(std::string_view text)
{
	auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
	unsigned first = byte(0);
	std::size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 :
			     first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

	if (length > text.size())
		return 0;
	for (std::size_t i = 1; i < length; i++)
		if ((byte(i) & 0xc0) != 0x80)
			return 0;
	// Overlong forms, surrogates, and beyond U+10FFFF.
	if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
	    (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
		return 0;
	return length;
}

winsize terminal_size(FILE *out)
{
	winsize size{};
	int fd = fileno(out);

	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0)
		return {};
	return size;
}

// An identifier's name, in few columns.
std::string_view short_name(std::string_view name)
{
	static constexpr std::string_view call = " Call ID";

	if (name == "Tunnel ID")
		return "tunnel";
	if (name == "Control Connection ID")
		return "connection";
	if (name.ends_with(call))
		name.remove_suffix(call.size());
	return name;
}

} // namespace

void use_colour(bool on)
{
	colour_on = on;
}

bool wants_colour(FILE *out)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return (!no_colour || !*no_colour) && term && *term && std::string_view(term) != "dumb" &&
	       isatty(fileno(out));
}

std::string paint(std::string_view text, Colour colour)
{
	static constexpr std::string_view codes[] = { "", "1", "32", "33", "31", "2" };
	std::string painted(text);

	if (colour_on && colour != Colour::plain) {
		painted.insert(0, "\x1b[" + std::string(codes[std::size_t(colour)]) + "m");
		painted += "\x1b[0m";
	}
	return painted;
}

std::string paint_state(std::uint32_t state)
{
	static constexpr Colour colours[] = { Colour::faint, Colour::good, Colour::bad };

	return paint(name_of(state, state_names),
		     state < std::size(colours) ? colours[state] : Colour::plain);
}

std::string paint_session_state(std::uint32_t state)
{
	static constexpr Colour colours[] = { Colour::warning, Colour::good, Colour::faint };

	return paint(name_of(state, session_state_names),
		     state < std::size(colours) ? colours[state] : Colour::plain);
}

std::string human_time(std::uint32_t seconds)
{
	static constexpr struct {
		std::uint32_t seconds;
		char name;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	std::string text;
	int parts = 0;

	for (const auto &unit : units) {
		std::uint32_t count = seconds / unit.seconds;
		if (count) {
			text += std::to_string(count) + unit.name;
			seconds %= unit.seconds;
		}
		// The second unit is the one right below the first.
		if (count || parts)
			parts++;
		if (parts == 2)
			break;
	}
	return text.empty() ? "0s" : text;
}

std::string human_bytes(std::uint64_t bytes)
{
	static constexpr const char *units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	std::size_t unit = 0;
	std::uint64_t tenths = 0;

	for (; bytes >= 1000 && unit < std::size(units) - 1; unit++) {
		tenths = bytes % 1000 / 100;
		bytes /= 1000;
	}
	std::string text = std::to_string(bytes);
	if (unit && bytes < 100)
		text += "." + std::to_string(tenths);
	return text + " " + units[unit];
}

std::string human_value(std::uint32_t value, std::string_view unit)
{
	if (unit == "s")
		return human_time(value);
	std::string text = std::to_string(value);
	if (!unit.empty()) {
		text += ' ';
		text += unit;
	}
	return text;
}

std::string format_address(Address address)
{
	char text[INET_ADDRSTRLEN];

	return inet_ntop(AF_INET, &address.be, text, sizeof(text)) ? text : "?";
}

std::string format_translated(Address real, Address seen)
{
	std::string text = format_address(real);

	if (seen.be && seen != real)
		text += " (" + format_address(seen) + ")";
	return text;
}

std::string format_idents(std::span<const Ident> idents)
{
	std::string_view last;
	std::string text;

	for (const Ident &ident : idents) {
		std::string_view name = ident.name;
		if (name == last) {
			text += '/';
		} else {
			if (!text.empty())
				text += ' ';
			text += short_name(name);
			text += ' ';
		}
		last = name;
		// Of a pair the second may not be known yet.
		if (!ident.value && text.ends_with('/')) {
			text += '-';
			continue;
		}
		text += std::to_string(ident.value);
		if (ident.mapped != ident.value)
			text += "→" + std::to_string(ident.mapped);
	}
	return text.empty() ? "-" : text;
}

std::string format_ports(std::span<const std::uint16_t> ports)
{
	std::vector<std::string> numbers;

	for (std::uint16_t port : ports)
		numbers.push_back(std::to_string(port));
	return join(numbers, "-");
}

std::string format_interfaces(std::span<const std::string> names)
{
	return join(names, "any");
}

std::string format_spi(std::uint32_t spi)
{
	char text[11];

	snprintf(text, sizeof(text), "0x%08" PRIx32, spi);
	return text;
}

std::string format_ike_spi(std::uint64_t spi)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, spi);
	return text;
}

std::string format_transport(std::uint32_t transport)
{
	// <netinet/in.h> of older systems does not name it.
	constexpr std::uint32_t l2tp = 115;

	switch (transport) {
	case IPPROTO_UDP:
		return "udp";
	case l2tp:
		return "ip";
	default:
		return std::to_string(transport);
	}
}

std::string format_protocol(const Session &session)
{
	const KnownProtocol *known = find_known(session.protocol);
	std::string text = session.protocol;

	if (!session.version && !session.transport)
		return text;
	if (known)
		text = known->title;
	if (session.version)
		text += "v" + std::to_string(session.version);
	if (session.transport) {
		text += '/';
		for (char c : format_transport(session.transport))
			text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
	}
	return text;
}

std::string harmless(std::string_view text, std::size_t max)
{
	bool cut = text.size() > max;
	std::string result;

	for (char c : text.substr(0, cut ? max - 1 : max))
		result += c >= ' ' && c <= '~' ? c : '?';
	if (cut)
		result += "…";
	return result;
}

std::size_t display_width(std::string_view text)
{
	std::size_t width = 0;
	bool escape = false;

	for (char c : text) {
		if (c == '\x1b')
			escape = true;
		else if (!escape && (static_cast<unsigned char>(c) & 0xc0) != 0x80)
			width++;
		else if (c == 'm')
			escape = false;
	}
	return width;
}

Table::Table(FILE *out, std::span<const Column> columns, std::size_t indent)
	: out_(out), columns_(columns), indent_(indent), widths_(columns.size())
{
	for (const Column &column : columns)
		heads_.emplace_back(column.head);
	measure(heads_);
}

void Table::measure(std::span<const std::string> cells)
{
	for (std::size_t i = 0; i < widths_.size(); i++)
		widths_[i] = std::max(widths_[i], display_width(cells[i]));
}

void Table::fold(std::size_t width)
{
	std::size_t total = indent_;
	bool foldable = false;

	for (std::size_t i = 0; i < widths_.size(); i++) {
		total += widths_[i] + (i ? gap.size() : 0);
		foldable = foldable || columns_[i].second;
	}
	fold_ = foldable && width && total > width;
}

void Table::print(std::span<const std::string> cells) const
{
	print_line(cells, false);
	if (fold_)
		print_line(cells, true);
}

void Table::print_heads() const
{
	std::vector<std::string> heads;

	for (const std::string &head : heads_)
		heads.push_back(paint(head, Colour::head));
	print(heads);
}

// Prints those cells of a row that go to one of its lines.
void Table::print_line(std::span<const std::string> cells, bool second) const
{
	std::string line(indent_ + (second ? fold_indent : 0), ' ');
	std::size_t padding = 0;
	bool first = true;

	for (std::size_t i = 0; i < columns_.size(); i++) {
		if (fold_ && columns_[i].second != second)
			continue;
		line.append(padding, ' ');
		if (!first)
			line += gap;
		first = false;
		padding = widths_[i] - std::min(widths_[i], display_width(cells[i]));
		if (columns_[i].right) {
			line.append(padding, ' ');
			padding = 0;
		}
		line += cells[i];
	}
	line += '\n';
	write(out_, line);
}

void print_table(FILE *out, std::span<const Column> columns, std::size_t rows,
		 FunctionRef<void(std::size_t row, std::vector<std::string> &cells)> fill,
		 std::size_t width)
{
	std::vector<std::string> cells(columns.size());
	Table table(out, columns);

	for (std::size_t row = 0; row < rows; row++) {
		fill(row, cells);
		table.measure(cells);
	}
	table.fold(width);
	table.print_heads();
	for (std::size_t row = 0; row < rows; row++) {
		fill(row, cells);
		table.print(cells);
	}
}

void print_wrapped(FILE *out, std::string_view text, std::size_t indent, std::size_t width,
		   std::size_t column)
{
	while (!text.empty()) {
		std::size_t end = std::min(text.find(' '), text.size());
		std::string_view word = text.substr(0, end);
		text.remove_prefix(std::min(end + 1, text.size()));
		if (word.empty())
			continue;
		if (column && width && column + 1 + display_width(word) > width) {
			fputc('\n', out);
			column = 0;
		}
		if (column) {
			fputc(' ', out);
			column++;
		} else {
			write_spaces(out, indent);
			column = indent;
		}
		write(out, word);
		column += display_width(word);
	}
	fputc('\n', out);
}

std::size_t terminal_width(FILE *out)
{
	return terminal_size(out).ws_col;
}

std::size_t terminal_height(FILE *out)
{
	return terminal_size(out).ws_row;
}

// Starts a value: the comma behind the one before, and a line of its own.
void Json::separate()
{
	if (after_key_) {
		after_key_ = false;
		return;
	}
	if (!first_)
		fputc(',', out_);
	if (pretty_ && depth_) {
		fputc('\n', out_);
		write_spaces(out_, depth_ * 2);
	}
	first_ = false;
}

void Json::open(char bracket)
{
	separate();
	fputc(bracket, out_);
	depth_++;
	first_ = true;
}

void Json::close(char bracket)
{
	depth_--;
	if (pretty_ && !first_) {
		fputc('\n', out_);
		write_spaces(out_, depth_ * 2);
	}
	fputc(bracket, out_);
	// The next object stands on its own.
	first_ = !depth_;
	if (!depth_)
		fputc('\n', out_);
}

void Json::key(std::string_view name)
{
	separate();
	string(name);
	write(out_, pretty_ ? ": " : ":");
	after_key_ = true;
}

void Json::value(std::string_view text)
{
	separate();
	string(text);
}

void Json::value(std::uint64_t number)
{
	separate();
	fprintf(out_, "%" PRIu64, number);
}

void Json::value(bool truth)
{
	separate();
	write(out_, truth ? "true" : "false");
}

void Json::null()
{
	separate();
	write(out_, "null");
}

void Json::string(std::string_view text)
{
	fputc('"', out_);
	while (!text.empty()) {
		char c = text[0];
		std::size_t length = utf8_length(text);
		if (!length) {
			write(out_, "\\ufffd");
			length = 1;
		} else if (c == '"' || c == '\\') {
			fputc('\\', out_);
			fputc(c, out_);
		} else if (c == '\n') {
			write(out_, "\\n");
		} else if (c == '\t') {
			write(out_, "\\t");
		} else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
			fprintf(out_, "\\u%04x", static_cast<unsigned>(c));
		} else {
			write(out_, text.substr(0, length));
		}
		text.remove_prefix(length);
	}
	fputc('"', out_);
}
