// SPDX-License-Identifier: GPL-2.0
/*
 * Captures: any bytes as a pcap or pcapng file, or as frames of any link layer;
 * every frame is decoded, and shown to people and programs.
 *
 * Input: a zero and a file; or another byte that chooses the link layer, and
 * frames, each behind two bytes with its length.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <pcap/pcap.h>

#include "decoder.hpp"
#include "message_view.hpp"

namespace {

constexpr int layers[] = { DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP };

/* Shows what it is told. */
class Viewer {
public:
	explicit Viewer(const timeval &first) : first_(first) {}

	void tell(const Origin &origin, const Message &message)
	{
		Json json(out_, false);

		lines_.print(first_, origin, message);
		write_json(json, origin, message);
		if (message.protocol.empty() || message.transport.empty())
			abort();
	}

private:
	FILE *out_ = null();
	Lines lines_{ out_ };
	const timeval &first_;

	static FILE *null()
	{
		static FILE *const out = fopen("/dev/null", "we");

		return out;
	}
};

void decode_file(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen(const_cast<uint8_t *>(data), size, "r") : nullptr;

	if (!file)
		return;

	auto capture = Capture::read(file, "capture");

	if (!capture)
		return;

	Decoder decoder(capture->link(), Ports());
	Viewer viewer(capture->first());
	const auto tell = [&](const Origin &o, const Message &m) { viewer.tell(o, m); };
	Frame frame;
	Result<bool> more = true;

	while ((more = capture->next(frame)) && *more)
		decoder.frame(frame, tell);
	decoder.finish(tell);
}

void decode_frames(int layer, const uint8_t *data, size_t size)
{
	const timeval first{};
	Decoder decoder(layer, Ports());
	Viewer viewer(first);
	const auto tell = [&](const Origin &o, const Message &m) { viewer.tell(o, m); };
	Frame frame;

	while (size >= 2) {
		const size_t length = data[0] * 256u + data[1];
		const size_t there = length < size - 2 ? length : size - 2;
		/* of its own, so that the sanitizer sees its ends */
		const std::vector<uint8_t> bytes(data + 2, data + 2 + there);

		frame.number++;
		frame.bytes = bytes;
		frame.length = static_cast<uint32_t>(length);
		decoder.frame(frame, tell);
		data += 2 + there;
		size -= 2 + there;
	}
	decoder.finish(tell);
}

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (!data[0])
		decode_file(data + 1, size - 1);
	else
		decode_frames(layers[data[0] % std::size(layers)], data + 1, size - 1);
	return 0;
}
