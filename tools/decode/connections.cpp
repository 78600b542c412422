// SPDX-License-Identifier: GPL-2.0
//
// PPTP control connections.  A stream whose messages cannot be told apart, for
// a damaged header or for a segment that the capture does not have, is taken
// up again at a segment that begins with a message.
#include "connections.hpp"

#include <algorithm>

#include "pptp.hpp"

namespace {

// Directions that are followed at a time, and what may wait in one of them.
constexpr std::size_t max_directions = 16384;
constexpr std::size_t max_waiting = 64, max_waiting_bytes = 256 * 1024;

// Sequence numbers wrap.
std::int32_t distance(std::uint32_t from, std::uint32_t to)
{
	return static_cast<std::int32_t>(to - from);
}

bool begins_message(std::span<const std::uint8_t> bytes)
{
	constexpr std::size_t magic_at = 4, magic_end = 8;

	return bytes.size() >= magic_end && nfpt_get_be32(&bytes[magic_at]) == NFPT_PPTP_MAGIC;
}

Message remark(std::string text)
{
	return { .protocol = "pptp", .title = "PPTP", .transport = "tcp",
		 .remark = std::move(text) };
}

// What the parser calls while a segment passes.
struct Reader {
	const Origin &origin;
	const nfpt_pptp_stream &stream;
	Sink sink;

	// Nothing is rewritten.
	static __u16 map_id(void *, __u8, nfpt_pptp_owner, __u16 id) { return id; }
	static bool map_hi(void *, __u8, nfpt_pptp_owner, __u8 hi, __u8 *out)
	{
		*out = hi;
		return true;
	}
	static void message(void *ctx, const nfpt_pptp_msg *msg)
	{
		auto &reader = *static_cast<Reader *>(ctx);

		reader.sink(reader.origin, decode_control(reader.stream, *msg));
	}
};

constexpr nfpt_pptp_ops reader_ops = { Reader::map_id, Reader::map_hi, Reader::message };

} // namespace

// Hostile captures open connections without end: the older half is forgotten.
void Connections::make_room()
{
	std::vector<std::uint64_t> last;

	for (const auto &[key, d] : directions_)
		last.push_back(d.last_packet);
	auto median = last.begin() + static_cast<std::ptrdiff_t>(last.size() / 2);
	std::nth_element(last.begin(), median, last.end());
	std::erase_if(directions_, [&](const auto &item) {
		return item.second.last_packet <= *median;
	});
}

Connections::Direction &Connections::begin(const Key &key, std::uint32_t seq)
{
	if (directions_.size() >= max_directions)
		make_room();
	Direction &d = directions_[key];
	d.waiting.clear();
	d.waiting_bytes = 0;
	d.unknown = false;
	nfpt_pptp_stream_init(&d.stream, seq, d.log, std::size(d.log));
	return d;
}

// Bytes whose turn it is.
void Connections::feed(Direction &d, const Origin &origin, std::uint32_t seq,
		       std::span<const std::uint8_t> bytes, Sink sink)
{
	Reader reader{ origin, d.stream, sink };
	// The parser rewrites in place.
	std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
	nfpt_pptp_out out;

	nfpt_pptp_stream_feed(&d.stream, seq, copy.data(), static_cast<__u32>(copy.size()),
			      &reader_ops, &reader, &out);
	if (out.lost)
		sink(origin, decode_lost(d.stream));
}

void Connections::wait(Direction &d, const Origin &origin, std::uint32_t seq,
		       std::span<const std::uint8_t> bytes)
{
	std::uint32_t next = d.stream.next;
	auto at = std::find_if(d.waiting.begin(), d.waiting.end(), [&](const Waiting &w) {
		return distance(next, w.seq) >= distance(next, seq);
	});

	// It comes again.
	if (at != d.waiting.end() && at->seq == seq && at->data.size() >= bytes.size())
		return;
	d.waiting.insert(at, { origin, seq, { bytes.begin(), bytes.end() } });
	d.waiting_bytes += bytes.size();
}

// What waited and need not any more.
void Connections::drain(Direction &d, Sink sink)
{
	while (!d.waiting.empty()) {
		Waiting &first = d.waiting.front();
		if (!d.stream.lost && distance(d.stream.next, first.seq) > 0)
			return;
		Waiting taken = std::move(first);
		d.waiting.erase(d.waiting.begin());
		d.waiting_bytes -= taken.data.size();
		data(d, taken.origin, taken.seq, taken.data, sink);
	}
}

// Goes on without what is missing up to a sequence number.
void Connections::skip(Direction &d, const Origin &origin, std::uint32_t to, Sink sink)
{
	sink(origin, remark(std::to_string(to - d.stream.next) +
			    " bytes of the control connection are not in the capture"));
	d.stream.lost = true;
	drain(d, sink);
}

// What is missing will not come any more.
void Connections::give_up(Direction &d, Sink sink)
{
	while (!d.waiting.empty()) {
		Origin origin = d.waiting.front().origin;
		skip(d, origin, d.waiting.front().seq, sink);
	}
}

// Bytes in any order.
void Connections::data(Direction &d, const Origin &origin, std::uint32_t seq,
		       std::span<const std::uint8_t> bytes, Sink sink)
{
	if (d.stream.lost) {
		bool passed = !d.unknown && distance(d.stream.next, seq) < 0;
		if (passed || !begins_message(bytes))
			return;
		nfpt_pptp_stream_init(&d.stream, seq, d.log, std::size(d.log));
		d.unknown = false;
	}
	if (distance(d.stream.next, seq) > 0) {
		wait(d, origin, seq, bytes);
		return;
	}
	feed(d, origin, seq, bytes, sink);
}

void Connections::segment(const Packet &packet, Sink sink)
{
	Key key{ packet.source, packet.destination };
	bool syn = packet.flags & tcp_syn;
	std::uint32_t seq = packet.seq + syn;

	if (syn)
		begin(key, seq);
	auto found = directions_.find(key);
	if (found == directions_.end() && !packet.payload.empty()) {
		Direction &fresh = begin(key, seq);
		fresh.unknown = fresh.stream.lost = true;
		if (!begins_message(packet.payload))
			sink(packet, remark("the capture begins in the middle of a message; a "
					    "segment that begins with one is waited for"));
		found = directions_.find(key);
	}
	if (found != directions_.end() && !packet.payload.empty()) {
		Direction &d = found->second;
		data(d, packet, seq, packet.payload, sink);
		drain(d, sink);
		if (d.waiting.size() > max_waiting || d.waiting_bytes > max_waiting_bytes)
			give_up(d, sink);
	}
	if (found != directions_.end())
		found->second.last_packet = packet.number;

	// What the other end has, and was not seen, will not be sent again.
	auto other = directions_.find({ packet.destination, packet.source });
	if (packet.flags & tcp_ack && other != directions_.end() &&
	    nfpt_pptp_stream_acked(&other->second.stream, packet.ack))
		skip(other->second, packet, packet.ack, sink);
	if (packet.flags & tcp_rst) {
		for (const Key &k : { key, Key{ packet.destination, packet.source } })
			if (auto it = directions_.find(k); it != directions_.end()) {
				give_up(it->second, sink);
				directions_.erase(it);
			}
	}
}

void Connections::finish(Sink sink)
{
	for (auto &[key, d] : directions_)
		give_up(d, sink);
}
