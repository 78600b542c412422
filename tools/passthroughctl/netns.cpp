// SPDX-License-Identifier: GPL-2.0
//
// Network namespaces by name, as ip-netns(8) keeps them.
#include "netns.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace {

class Fd {
public:
	explicit Fd(int fd) : fd_(fd) {}
	~Fd()
	{
		if (fd_ >= 0)
			close(fd_);
	}
	Fd(const Fd &) = delete;
	Fd &operator=(const Fd &) = delete;
	int get() const { return fd_; }

private:
	int fd_;
};

} // namespace

Status enter_netns(std::string_view name)
{
	std::string what = "network namespace \"" + std::string(name) + "\": ";
	std::string path(name);

	if (name.empty() || name == "." || name == ".." ||
	    (name[0] != '/' && name.find('/') != std::string_view::npos))
		return Error{ Exit::usage, what + "not a name",
			      "`ip netns list` shows the names" };
	if (name[0] != '/')
		path = "/run/netns/" + path;

	Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
	if (fd.get() < 0 && (errno == ENOENT || errno == ENOTDIR))
		return Error{ Exit::usage, what + "there is none (" + path + ")",
			      "`ip netns list` shows the names" };
	if (fd.get() >= 0 && setns(fd.get(), CLONE_NEWNET) == 0)
		return Done{};

	int err = errno;
	if (fd.get() >= 0 && err == EINVAL)
		return Error{ Exit::usage, what + path + " is not a network namespace",
			      "`ip netns list` shows the names" };
	Error error{ Exit::refused, what + strerror(err), {}, err };
	if (err == EPERM || err == EACCES)
		error.hint = "entering a network namespace needs CAP_SYS_ADMIN: run it as root";
	return error;
}
