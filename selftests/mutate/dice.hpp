// SPDX-License-Identifier: GPL-2.0
// Pseudo-random numbers that are the same everywhere for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

class Dice {
public:
	explicit Dice(std::uint64_t seed) : state_(seed) {}

	// splitmix64.
	std::uint64_t any()
	{
		std::uint64_t z = state_ += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		return z ^ z >> 31;
	}

	// 0 .. @n - 1; 0 if there is nothing to choose from.
	std::size_t below(std::size_t n) { return n ? any() % n : 0; }
	std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }

	// In one of @n cases.
	bool one_in(std::size_t n) { return !below(n); }

	template <typename List> const auto &of(const List &list)
	{
		return *(std::begin(list) + below(std::size(list)));
	}

private:
	std::uint64_t state_;
};
