// SPDX-License-Identifier: GPL-2.0
//
// Until when something may take.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>

class Deadline {
public:
	explicit Deadline(std::int64_t ms) : end_(now() + ms) {}

	// Milliseconds left, for poll(); 0 if it is over.
	int left() const
	{
		return static_cast<int>(std::clamp<std::int64_t>(end_ - now(), 0, INT32_MAX));
	}
	bool over() const { return !left(); }

private:
	static std::int64_t now()
	{
		timespec t{};

		clock_gettime(CLOCK_MONOTONIC, &t);
		return t.tv_sec * std::int64_t(1000) + t.tv_nsec / 1000000;
	}

	std::int64_t end_;
};
