// SPDX-License-Identifier: GPL-2.0
#include "tape.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "frame.hpp"

namespace {

// pcap with nanoseconds, in the byte order of who writes it.
struct FileHeader {
	std::uint32_t magic = 0xa1b23c4d;
	std::uint16_t major = 2, minor = 4;
	std::uint32_t zone = 0, figures = 0, longest = 65535, link = 1;	// Ethernet
};

struct FrameHeader {
	std::uint32_t seconds, nanoseconds, length, whole;
};

constexpr std::int64_t second = 1000000000;

template <typename Header> bool take(std::istream &in, Header &header)
{
	return static_cast<bool>(in.read(reinterpret_cast<char *>(&header), sizeof(header)));
}

template <typename Header> void put(std::ostream &out, const Header &header)
{
	out.write(reinterpret_cast<const char *>(&header), sizeof(header));
}

} // namespace

void Tape::add(std::int64_t stamp, View frame)
{
	if (is_ip(frame))
		frames_.push_back({stamp, Bytes(frame.begin(), frame.end())});
}

void Tape::read(const std::string &file)
{
	std::ifstream in(file, std::ios::binary);
	FileHeader header;
	FrameHeader next;

	if (!take(in, header) || header.magic != FileHeader().magic || header.link != FileHeader().link)
		throw std::invalid_argument("not a tape: " + file);
	while (take(in, next)) {
		Bytes frame(std::min(next.length, header.longest));

		if (!in.read(reinterpret_cast<char *>(frame.data()), static_cast<std::streamsize>(frame.size())))
			throw std::invalid_argument("cut short: " + file);
		add(next.seconds * second + next.nanoseconds, frame);
	}
}

void Tape::write(const std::string &file)
{
	std::ofstream out(file, std::ios::binary);

	std::stable_sort(frames_.begin(), frames_.end(),
			 [](const Recorded &a, const Recorded &b) { return a.stamp < b.stamp; });
	put(out, FileHeader());
	for (const auto &[stamp, frame] : frames_) {
		const auto length = static_cast<std::uint32_t>(frame.size());

		put(out, FrameHeader{static_cast<std::uint32_t>(stamp / second),
				     static_cast<std::uint32_t>(stamp % second), length, length});
		out.write(reinterpret_cast<const char *>(frame.data()), static_cast<std::streamsize>(length));
	}
	if (!out.flush())
		throw std::runtime_error("cannot write " + file);
}
