// SPDX-License-Identifier: GPL-2.0
//
// Other programs, whose output is read.
#include "process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadline.hpp"

namespace {

// No ruleset is longer.
constexpr std::size_t max_output = 64 << 20;

class Pipe {
public:
	Pipe()
	{
		if (pipe2(ends_, O_CLOEXEC) < 0)
			ends_[0] = ends_[1] = -1;
	}
	~Pipe()
	{
		close_end(0);
		close_end(1);
	}
	Pipe(const Pipe &) = delete;
	Pipe &operator=(const Pipe &) = delete;

	explicit operator bool() const { return ends_[0] >= 0; }
	int end(int which) const { return ends_[which]; }
	void close_end(int which)
	{
		if (ends_[which] >= 0)
			close(ends_[which]);
		ends_[which] = -1;
	}

private:
	int ends_[2];
};

class FileActions {
public:
	FileActions() { posix_spawn_file_actions_init(&actions_); }
	~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
	FileActions(const FileActions &) = delete;
	FileActions &operator=(const FileActions &) = delete;
	posix_spawn_file_actions_t *get() { return &actions_; }

private:
	posix_spawn_file_actions_t actions_;
};

// Reads both pipes until they are closed; false if the time is over, or it is
// too much.
bool drain(Pipe (&pipes)[2], std::string (&texts)[2], const Deadline &deadline)
{
	pollfd polled[2] = { { pipes[0].end(0), POLLIN, 0 }, { pipes[1].end(0), POLLIN, 0 } };

	while (polled[0].fd >= 0 || polled[1].fd >= 0) {
		if (deadline.over() || texts[0].size() + texts[1].size() > max_output)
			return false;
		if (poll(polled, 2, deadline.left()) < 0 && errno != EINTR)
			return false;
		for (int i = 0; i < 2; i++) {
			char buffer[65536];
			if (polled[i].fd < 0 || !polled[i].revents)
				continue;
			ssize_t size = read(polled[i].fd, buffer, sizeof(buffer));
			if (size > 0)
				texts[i].append(buffer, static_cast<std::size_t>(size));
			else if (size == 0 || errno != EINTR)
				polled[i].fd = -1;
		}
	}
	return true;
}

} // namespace

Result<std::string> output_of(std::span<const char *const> argv, unsigned seconds)
{
	std::string what(argv[0]);
	Pipe pipes[2];
	if (!pipes[0] || !pipes[1])
		return Error{ Exit::refused, what + ": " + strerror(errno), "try again", errno };

	FileActions actions;
	posix_spawn_file_actions_addopen(actions.get(), 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(actions.get(), pipes[0].end(1), 1);
	posix_spawn_file_actions_adddup2(actions.get(), pipes[1].end(1), 2);
	pid_t child = 0;
	int err = posix_spawnp(&child, argv[0], actions.get(), nullptr,
			       const_cast<char *const *>(argv.data()), environ);
	if (err)
		return Error{ err == ENOENT ? Exit::no_module : Exit::refused,
			      what + ": " + strerror(err), "is it installed?", err };
	pipes[0].close_end(1);
	pipes[1].close_end(1);

	std::string texts[2];
	bool complete = drain(pipes, texts, Deadline(std::int64_t(seconds) * 1000));
	if (!complete)
		kill(child, SIGKILL);
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!complete)
		return Error{ Exit::refused,
			      what + " was not ready within " + std::to_string(seconds) + " s",
			      "try again when the router has less to do", ETIMEDOUT };
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		std::string_view why = texts[1];
		why = why.substr(0, why.find('\n'));
		return Error{ Exit::refused,
			      what + ": " + (why.empty() ? "failed" : std::string(why)),
			      "run it as root" };
	}
	return std::move(texts[0]);
}
