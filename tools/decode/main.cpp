// SPDX-License-Identifier: GPL-2.0
//
// `passthroughctl decode`: the messages of a capture, read with the parsers of
// the modules.  A program of its own: passthroughctl needs no libpcap.
#include <string_view>
#include <vector>

#include "args.hpp"
#include "capture.hpp"
#include "decoder.hpp"
#include "message_view.hpp"
#include "render.hpp"

namespace {

constexpr const char *usage =
	"usage: passthroughctl [-j | -p] decode [--port PROTO PORT[,PORT...]]... FILE [FILTER...]";

struct Options {
	bool json = false;
	bool pretty = false;
	bool help = false;
	Ports ports;
	std::string file;
	std::string filter;
};

Error wrong(std::string text)
{
	return Error{ Exit::usage, "decode: " + std::move(text), usage };
}

// "--port PROTO PORT" at words[i].
Status parse_port(Options &options, std::span<char *const> words, std::size_t &i)
{
	if (i + 2 >= words.size())
		return wrong("--port needs a protocol and a port");
	std::string_view protocol = words[++i], port = words[++i];
	auto *place = options.ports.of(protocol);
	if (!place) {
		std::vector<std::string_view> names;
		for (const KnownProtocol &p : known_protocols)
			names.push_back(p.name);
		return Error{ Exit::usage, "no protocol is called \"" + std::string(protocol) + "\"",
			      suggest(protocol, names) };
	}
	auto ports = parse_ports(port);
	if (!ports)
		return Error{ Exit::usage, "port \"" + std::string(port) + "\": not a port list",
			      "write it like 1723 or 1723,1724" };
	*place = std::move(*ports);
	return Done{};
}

Status parse_option(Options &options, std::span<char *const> words, std::size_t &i)
{
	std::string_view word = words[i];

	if (word == "--port")
		return parse_port(options, words, i);
	if (word == "--json" || word == "-j")
		options.json = true;
	else if (word == "--pretty" || word == "-p" || word == "-jp" || word == "-pj")
		options.json = options.pretty = true;
	else if (word == "--help" || word == "-h")
		options.help = true;
	else if (word.starts_with("-n") || word.starts_with("--netns"))
		return wrong("a file is in no network namespace");
	else
		return wrong("there is no option " + std::string(word));
	return Done{};
}

// Goes on after an error, to learn whether JSON is wanted for telling it.
Status parse(Options &options, std::span<char *const> words)
{
	Status status = Done{};
	bool only_words = false;

	for (std::size_t i = 1; i < words.size(); i++) {
		std::string_view word = words[i];
		if (!only_words && word == "--") {
			only_words = true;
		} else if (!only_words && word.size() > 1 && word[0] == '-') {
			Status parsed = parse_option(options, words, i);
			if (status && !parsed)
				status = parsed;
		} else if (options.file.empty()) {
			options.file = word;
		} else {
			options.filter += (options.filter.empty() ? "" : " ") + std::string(word);
		}
	}
	if (status && !options.help && options.file.empty())
		return wrong("no capture is named");
	return status;
}

// What people see: the lines, and if there are none, why.
void remarks(std::uint64_t frames, std::uint64_t shown, std::uint64_t later_fragments)
{
	auto count = [](std::uint64_t n, const char *what) {
		return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
	};

	fflush(stdout);
	if (!shown)
		fprintf(stderr, "note: no PPTP, IPsec or L2TP in the %s that were read\n",
			count(frames, "packet").c_str());
	if (later_fragments)
		fprintf(stderr, "note: %s of packets left out: only the first tells what it is\n",
			count(later_fragments, "later fragment").c_str());
}

Status decode(const Options &options, Json &json)
{
	auto capture = Capture::open(options.file);
	if (!capture)
		return capture.error();
	if (!options.filter.empty())
		if (Status filtered = capture->filter(options.filter); !filtered)
			return filtered;

	// Who writes into a pipe may want to see it now.
	if (options.file == "-")
		setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
	use_colour(!options.json && wants_colour(stdout));
	Decoder decoder(capture->link(), options.ports);
	std::uint64_t frames = 0, shown = 0;
	Lines lines(stdout);
	auto tell = [&](const Origin &origin, const Message &message) {
		shown++;
		if (options.json)
			write_json(json, origin, message);
		else
			lines.print(capture->first(), origin, message);
	};

	Frame frame;
	Result<bool> more = true;
	while (!ferror(stdout) && (more = capture->next(frame)) && *more) {
		frames++;
		decoder.frame(frame, tell);
	}
	decoder.finish(tell);
	if (!more)
		return more.error();
	if (!options.json)
		remarks(frames, shown, decoder.later_fragments());
	return Done{};
}

void tell_error(const Options &options, Json &json, const Error &error)
{
	if (options.json) {
		json.open('{');
		json.put("error", error.text);
		json.put("hint", error.hint);
		json.close('}');
		return;
	}
	fflush(stdout);
	fprintf(stderr, "passthroughctl: %s\n", error.text.c_str());
	if (!error.hint.empty())
		fprintf(stderr, "hint: %s\n", error.hint.c_str());
}

} // namespace

int main(int argc, char **argv)
{
	Options options;
	Status status = parse(options, { argv, static_cast<std::size_t>(argc) });
	Json json(stdout, options.pretty);

	if (status && options.help)
		puts(usage);
	else if (status)
		status = decode(options, json);
	if (!status)
		tell_error(options, json, status.error());

	bool written = fflush(stdout) == 0 && !ferror(stdout);
	if (!written) {
		perror("passthroughctl: writing the output");
		return static_cast<int>(Exit::refused);
	}
	return static_cast<int>(status ? Exit::done : status.error().code);
}
