// SPDX-License-Identifier: GPL-2.0
//
// Commands that are programs of their own, for what only some routers carry:
// this one stays small.
#include <cerrno>
#include <cstring>
#include <memory>
#include <unistd.h>

#include "command.hpp"

#ifndef LIBEXECDIR
#error "the build passes where programs are installed as LIBEXECDIR"
#endif

namespace {

// The directory that this program runs from; empty if it is not known.
std::string own_directory()
{
	char path[4096];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[size > 0 ? size : 0] = '\0';
	if (char *slash = strrchr(path, '/'))
		*slash = '\0';
	return path;
}

} // namespace

Status run_program(Context &context)
{
	// main's words are the rest of its arguments: strings.
	const char *name = context.command.data();
	auto argv = std::make_unique<const char *[]>(context.args.size() + 5);
	std::size_t n = 0;

	argv[n++] = name;
	if (context.as_json)
		argv[n++] = context.json.pretty() ? "-p" : "-j";
	if (!context.netns.empty()) {
		argv[n++] = "-n";
		argv[n++] = context.netns.data();
	}
	for (std::string_view word : context.args)
		argv[n++] = word.data();

	// In the build tree or below the prefix that this program is installed
	// with, else where the build was told.
	std::string path = own_directory();
	if (path.ends_with("/passthroughctl"))
		path = path + "/../" + name + "/" + name;
	else
		path = path + "/../libexec/passthrough/" + name;
	for (bool last = false;; last = true) {
		execv(path.c_str(), const_cast<char **>(argv.get()));
		if (errno != ENOENT && errno != ENOTDIR)
			return Error{ Exit::refused, path + ": " + strerror(errno),
				      "install it again", errno };
		if (last)
			break;
		path = std::string(LIBEXECDIR "/") + name;
	}
	return Error{ Exit::no_module,
		      std::string(name) + " is not installed: there is no " + path,
		      "it is a program of its own: install the package that has it; "
		      "`make install` does unless told not to" };
}
