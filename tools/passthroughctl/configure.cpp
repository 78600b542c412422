// SPDX-License-Identifier: GPL-2.0
//
// `save`, `check`, `apply`, `sync`: the running state as a file, and a file as
// the running state.
#include <cerrno>
#include <cstring>
#include <memory>

#include "command.hpp"
#include "config.hpp"
#include "protocol_view.hpp"

namespace {

// Far more than anybody writes.
constexpr std::size_t max_file = 1 << 20;

struct FileCloser {
	void operator()(FILE *f) const
	{
		if (f != stdin)
			fclose(f);
	}
};

Result<std::string> read_file(const std::string &name)
{
	auto failed = [&](int err) {
		return Error{ Exit::usage, name + ": " + strerror(err),
			      "name a file that can be read, or - for standard input", err };
	};
	std::unique_ptr<FILE, FileCloser> file(name == "-" ? stdin : fopen(name.c_str(), "re"));
	std::string text;
	char piece[4096];

	if (!file)
		return failed(errno);
	while (std::size_t size = fread(piece, 1, sizeof(piece), file.get())) {
		text.append(piece, size);
		if (text.size() > max_file)
			return failed(EFBIG);
	}
	if (ferror(file.get()))
		return failed(errno);
	return text;
}

Result<Config> read_config(Context &context, Kernel *kernel)
{
	std::string name(context.args[0]);
	std::vector<std::string_view> names;
	std::vector<Protocol> loaded;

	auto text = read_file(name);
	if (!text)
		return text.error();
	for (const KnownProtocol &p : known_protocols)
		names.push_back(p.name);
	if (kernel)
		if (auto all = kernel->protocols(); all)
			loaded = std::move(*all);
	for (const Protocol &p : loaded)
		if (!find_known(p.name))
			names.push_back(p.name);
	return parse_config(name == "-" ? "standard input" : name, *text, names);
}

// A protocol as it is; one without its module is bypassed.
Result<Protocol> read_protocol(Kernel &kernel, std::string_view name)
{
	auto p = kernel.protocol(name);

	if (!p && p.error().code == Exit::no_module)
		return unloaded(name);
	return p;
}

// One section, on its way.
struct Step {
	const Section *section;
	Protocol before;
	// With the module loaded: has the settings and their ranges; in the end,
	// as it became.
	Protocol now;
};

bool asks_nothing(const Section &s)
{
	return s.state == State::bypassed && s.ports.empty() && !s.interfaces &&
	       s.values.empty() && s.pins.empty();
}

// Reads what there is, loads what is missing, and holds the file against it.
Result<std::vector<Step>> prepare(Kernel &kernel, const Config &config)
{
	std::vector<Step> steps;

	for (const Section &section : config.sections) {
		auto before = read_protocol(kernel, section.protocol);
		if (!before)
			return before.error();
		auto now = before;
		if (!before->loaded && asks_nothing(section))
			continue;
		if (!before->loaded) {
			// A change of nothing loads the module.
			Change nothing;
			nothing.protocol = section.protocol;
			if (Status there = kernel.change(nothing); !there)
				return locate(config, there.error());
			now = kernel.protocol(section.protocol);
			if (!now)
				return now.error();
		}
		if (Status fits = check_section(config, section, *now); !fits)
			return fits.error();
		steps.push_back({ &section, std::move(*before), std::move(*now) });
	}
	return steps;
}

// Carries out a file, all of it or nothing: one request for all protocols.
Status configure(Context &context, bool differences_only)
{
	// A good answer to a typo does not need the kernel.
	auto kernel = Kernel::open(context.netns);
	auto config = read_config(context, kernel ? &*kernel : nullptr);
	if (!config)
		return config.error();
	if (!kernel)
		return kernel.error();
	auto steps = prepare(*kernel, *config);
	if (!steps)
		return steps.error();

	std::vector<Change> changes;
	for (const Step &step : *steps) {
		Change change = differences_only ? change_between(step.now, *step.section) :
						   change_to(*step.section);
		if (!is_empty(change))
			changes.push_back(std::move(change));
	}
	if (!changes.empty())
		if (Status changed = kernel->change(changes); !changed) {
			Error error = locate(*config, changed.error());
			error.hint += error.hint.empty() ? "nothing was changed" :
							   "; nothing was changed";
			return error;
		}

	for (Step &step : *steps) {
		auto after = kernel->protocol(step.now.name);
		if (!after)
			return after.error();
		step.now = std::move(*after);
	}
	bool any = false;
	if (context.as_json)
		context.json.open("changes", '[');
	for (const Step &step : *steps)
		for (const Difference &d : differences(step.before, step.now)) {
			any = true;
			if (context.as_json)
				write_json(context.json, d, step.before, step.now);
			else
				fprintf(context.out, "%s: %s\n", step.now.name.c_str(),
					format_difference(d, step.before, step.now).c_str());
		}
	if (context.as_json)
		context.json.close(']');
	else if (config->sections.empty())
		note(context, "the file has no section: nothing was changed");
	else if (!any)
		note(context, "all was like that already");
	return Done{};
}

} // namespace

Status run_save(Context &context)
{
	auto kernel = Kernel::open(context.netns);
	if (!kernel)
		return kernel.error();
	auto all = kernel->protocols();
	if (!all)
		return all.error();
	add_unloaded(*all);
	std::string text = config_text(*all);

	if (context.as_json)
		context.json.put("config", text);
	else
		fputs(text.c_str(), context.out);
	return Done{};
}

Status run_check(Context &context)
{
	auto kernel = Kernel::open(context.netns);
	if (!kernel && kernel.error().code != Exit::no_module)
		return kernel.error();
	auto config = read_config(context, kernel ? &*kernel : nullptr);
	if (!config)
		return config.error();

	// Only a loaded module knows its keys; checking loads none.
	std::vector<std::string> unchecked;
	for (const Section &section : config->sections) {
		auto protocol = kernel ? read_protocol(*kernel, section.protocol) :
					 unloaded(section.protocol);
		if (!protocol)
			return protocol.error();
		if (!protocol->loaded) {
			if (!section.values.empty())
				unchecked.push_back(section.protocol);
		} else if (Status fits = check_section(*config, section, *protocol); !fits) {
			return fits;
		}
	}
	if (context.as_json) {
		context.json.put("file", config->file);
		context.json.open("protocols", '[');
		for (const Section &section : config->sections)
			context.json.value(section.protocol);
		context.json.close(']');
		context.json.open("unchecked", '[');
		for (const std::string &name : unchecked)
			context.json.value(name);
		context.json.close(']');
		return Done{};
	}
	fprintf(context.out, "%s: ok\n", config->file.c_str());
	for (const std::string &name : unchecked)
		note(context, "the settings of [" + name +
				      "] were read, but not held against its module, which is not loaded");
	return Done{};
}

Status run_apply(Context &context)
{
	return configure(context, false);
}

Status run_sync(Context &context)
{
	return configure(context, true);
}
