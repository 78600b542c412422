// SPDX-License-Identifier: GPL-2.0
// File descriptors, and one loop that waits for all of them.
#pragma once

#include <chrono>
#include <functional>
#include <unordered_map>
#include <utility>

// Owns one file descriptor.
class Fd {
public:
	Fd() = default;
	explicit Fd(int fd) : fd_(fd) {}
	Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	Fd &operator=(Fd &&other) noexcept
	{
		std::swap(fd_, other.fd_);
		return *this;
	}
	~Fd();

	int get() const { return fd_; }
	explicit operator bool() const { return fd_ >= 0; }

private:
	int fd_ = -1;
};

// Returns @value, or throws std::system_error naming @what when it is -1.
int checked(int value, const char *what);

// Calls a handler for each descriptor that became readable.
class Reactor {
public:
	using Clock = std::chrono::steady_clock;
	using Milliseconds = std::chrono::milliseconds;

	Reactor();
	void add(int fd, std::function<void()> readable);
	void remove(int fd);

	// Serves what is readable now, or within @patience if nothing is.
	void pump(Milliseconds patience = Milliseconds(0));

	// Pumps until @done() holds; false when @limit passed first.
	template <typename Done> bool wait(Done done, Milliseconds limit)
	{
		const auto end = Clock::now() + limit;

		while (!done()) {
			if (Clock::now() >= end)
				return false;
			pump(Milliseconds(1));
		}
		return true;
	}

private:
	Fd epoll_;
	std::unordered_map<int, std::function<void()>> readable_;
};
