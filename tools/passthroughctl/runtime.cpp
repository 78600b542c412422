// SPDX-License-Identifier: GPL-2.0
//
// What the C++ library calls when it cannot go on.  Its own versions throw,
// and linked statically they bring the whole exception machinery: 90 kB that
// a program without exceptions has no use for.
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

[[noreturn]] void die(const char *why)
{
	fprintf(stderr, "passthroughctl: %s\n", why);
	exit(2);
}

} // namespace

void *operator new(std::size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		die("out of memory");
	return memory;
}

void operator delete(void *memory) noexcept
{
	free(memory);
}

void operator delete(void *memory, std::size_t) noexcept
{
	free(memory);
}

// Names that libstdc++'s headers call; other libraries ignore them.  Weak: the
// library's own win, and cost space only, where it insists on them.
namespace std {

[[noreturn, gnu::weak]] void __throw_length_error(const char *why)
{
	die(why);
}

[[noreturn, gnu::weak]] void __throw_logic_error(const char *why)
{
	die(why);
}

[[noreturn, gnu::weak]] void __throw_out_of_range_fmt(const char *why, ...)
{
	die(why);
}

[[noreturn, gnu::weak]] void __throw_bad_alloc()
{
	die("out of memory");
}

[[noreturn, gnu::weak]] void __throw_bad_array_new_length()
{
	die("out of memory");
}

} // namespace std
