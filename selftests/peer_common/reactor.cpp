// SPDX-License-Identifier: GPL-2.0
#include "reactor.hpp"

#include <cerrno>
#include <system_error>

#include <sys/epoll.h>
#include <unistd.h>

Fd::~Fd()
{
	if (fd_ >= 0)
		::close(fd_);
}

int checked(int value, const char *what)
{
	if (value < 0)
		throw std::system_error(errno, std::generic_category(), what);
	return value;
}

Reactor::Reactor() : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

void Reactor::add(int fd, std::function<void()> readable)
{
	epoll_event event{};

	event.events = EPOLLIN;
	event.data.fd = fd;
	checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
	readable_[fd] = std::move(readable);
}

void Reactor::remove(int fd)
{
	if (readable_.erase(fd))
		epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Reactor::pump(Milliseconds patience)
{
	epoll_event events[64];
	int n = epoll_wait(epoll_.get(), events, 64, static_cast<int>(patience.count()));

	for (int i = 0; i < n; i++) {
		// A handler may have removed a later one of this batch.
		auto found = readable_.find(events[i].data.fd);

		if (found != readable_.end())
			std::function(found->second)();
	}
}
