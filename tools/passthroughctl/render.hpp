// SPDX-License-Identifier: GPL-2.0
//
// Output for people (tables, units) and for programs (JSON).
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "function_ref.hpp"
#include "model.hpp"

// What colour tells; what it is depends on the terminal.
enum class Colour {
	plain,
	head,
	good,
	warning,
	bad,
	faint,
};

// Whether paint() colours; off at first.
void use_colour(bool on);
// Whether somebody looks at out who wants colour: a terminal that can, and no
// NO_COLOR (https://no-color.org).
bool wants_colour(FILE *out);
std::string paint(std::string_view text, Colour colour);
// The name of a protocol's or a session's state, coloured.
std::string paint_state(std::uint32_t state);
std::string paint_session_state(std::uint32_t state);

// "45s", "3m12s", "5h", "1d4h": two units at most.
std::string human_time(std::uint32_t seconds);
// "512 B", "1.2 MB": powers of 1000.
std::string human_bytes(std::uint64_t bytes);
// A setting's value with its unit: "5h" or "65536".
std::string human_value(std::uint32_t value, std::string_view unit);
std::string format_address(Address address);
// "10.0.0.11", or "10.0.0.11 (192.0.2.1)" where the other end sees the latter.
std::string format_translated(Address real, Address seen);
// "PNS 0→4711 PAC 128"; two of the same name are a pair, "tunnel 7→9/12".
std::string format_idents(std::span<const Ident> idents);
std::string format_ports(std::span<const std::uint16_t> ports);
// "lan,wan", or "any".
std::string format_interfaces(std::span<const std::string> names);
// "0x00001234".
std::string format_spi(std::uint32_t spi);
// "0011223344556677".
std::string format_ike_spi(std::uint64_t spi);
// "l2tp", or "L2TPv2/UDP" where the protocol has versions and transports.
std::string format_protocol(const Session &session);
// "udp", "ip": what carries a session.
std::string format_transport(std::uint32_t transport);
// What a stranger wrote, harmless to a terminal and not longer than max.
std::string harmless(std::string_view text, std::size_t max);
// Columns a string takes on a UTF-8 terminal; colour takes none.
std::size_t display_width(std::string_view text);

struct Column {
	const char *head;
	bool right = false;
	// Goes to a second line where the table is wider than the terminal.
	bool second = false;
};

// A table that is printed row by row, its columns as wide as what was measured.
class Table {
public:
	Table(FILE *out, std::span<const Column> columns, std::size_t indent = 0);

	void measure(std::span<const std::string> cells);
	// From now on rows take two lines if they are wider than this; 0 means
	// no limit.
	void fold(std::size_t width);
	void print(std::span<const std::string> cells) const;
	void print_heads() const;

private:
	void print_line(std::span<const std::string> cells, bool second) const;

	FILE *out_;
	std::span<const Column> columns_;
	std::size_t indent_;
	std::vector<std::string> heads_;
	std::vector<std::size_t> widths_;
	bool fold_ = false;
};

// Prints a table.  fill() is asked for the cells of each row, twice: rows are
// never held all at once.  width 0 means no limit.
void print_table(FILE *out, std::span<const Column> columns, std::size_t rows,
		 FunctionRef<void(std::size_t row, std::vector<std::string> &cells)> fill,
		 std::size_t width = 0);
// Prints a paragraph, indented and broken at width (0: not broken), behind what
// was printed up to a column.
void print_wrapped(FILE *out, std::string_view text, std::size_t indent, std::size_t width,
		   std::size_t column = 0);
// Columns and lines of the terminal behind out, 0 if it is none.
std::size_t terminal_width(FILE *out);
std::size_t terminal_height(FILE *out);

// Writes JSON as it goes.  Bytes that are not UTF-8 become U+FFFD.
class Json {
public:
	Json(FILE *out, bool pretty) : out_(out), pretty_(pretty) {}

	bool pretty() const { return pretty_; }
	void open(char bracket);
	void close(char bracket);
	// Names the next value, inside an object.
	void key(std::string_view name);

	void value(std::string_view text);
	void value(const char *text) { value(std::string_view(text)); }
	void value(const std::string &text) { value(std::string_view(text)); }
	void value(std::uint64_t number);
	void value(std::uint32_t number) { value(std::uint64_t(number)); }
	void value(bool truth);
	void null();

	// A named value, and named brackets.
	template <class T>
	void put(std::string_view name, const T &v)
	{
		key(name);
		value(v);
	}
	void open(std::string_view name, char bracket)
	{
		key(name);
		open(bracket);
	}

private:
	void separate();
	void string(std::string_view text);

	FILE *out_;
	bool pretty_;
	bool first_ = true;
	bool after_key_ = false;
	unsigned depth_ = 0;
};
