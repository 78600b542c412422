// SPDX-License-Identifier: GPL-2.0
// To be preloaded: what a program sends meets a kernel without memory.  Of all
// allocations that the kernel makes in sendto(), the one whose number is in
// NFPT_FAIL_NTH fails.  The file NFPT_FAILED is made when it has.
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

// Allocations until the one that fails; 0: none is to, or it has.
unsigned left()
{
	const char *nth = getenv("NFPT_FAIL_NTH");

	return nth ? static_cast<unsigned>(strtoul(nth, nullptr, 10)) : 0;
}

void set(int fd, unsigned nth)
{
	char text[16];
	const int size = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fd, text, static_cast<std::size_t>(size), 0) != size)
		abort();
}

unsigned get(int fd)
{
	char text[16] = {};

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		abort();
	return static_cast<unsigned>(strtoul(text, nullptr, 10));
}

void say_failed()
{
	const char *name = getenv("NFPT_FAILED");
	const int fd = name ? open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) : -1;

	if (fd >= 0)
		close(fd);
}

} // namespace

extern "C" ssize_t sendto(int socket, const void *data, std::size_t size, int flags,
			  const sockaddr *to, socklen_t to_size)
{
	static unsigned nth = left();
	const int fd = nth ? open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC) : -1;

	if (nth && fd < 0)
		abort();
	if (nth)
		set(fd, nth);
	const long sent = syscall(SYS_sendto, socket, data, size, flags, to, to_size);
	const int error = errno;
	if (nth) {
		nth = get(fd);
		set(fd, 0);
		close(fd);
		if (!nth)
			say_failed();
	}
	errno = error;
	return sent;
}
