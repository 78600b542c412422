// SPDX-License-Identifier: GPL-2.0
// A network interface that frames are recorded from and sent on.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "net.hpp"

// struct virtio_net_hdr: what the kernel is told of a frame.  That it is several
// in one, or that its checksum is still to be made.  Its header is not for C++.
struct Told {
	static constexpr std::uint8_t needs_csum = 1;
	static constexpr std::uint8_t gso_tcp4 = 1, gso_udp = 3, gso_udp_l4 = 5;

	std::uint8_t flags = 0, gso_type = 0;
	std::uint16_t hdr_len = 0, gso_size = 0, csum_start = 0, csum_offset = 0;
};

struct Parcel {
	Told told;
	Bytes frame;
};

class Port {
public:
	using Mac = std::array<std::uint8_t, 6>;
	using Heard = std::function<void(std::int64_t stamp, View frame)>;

	// @where is NETNS:INTERFACE.
	explicit Port(const std::string &where);

	const std::string &name() const { return name_; }
	const Mac &mac() const { return mac_; }

	// Tells @heard, from now on, of what the host sends.
	void record(Reactor &reactor, Heard heard);

	// Begins to queue and send; nothing is heard.
	void open();
	void queue(Parcel &&parcel) { queue_.push_back(std::move(parcel)); }
	void flush();

	std::size_t sent() const { return sent_; }
	std::size_t refused() const { return refused_; }	// by our own kernel

private:
	void bind(std::uint16_t protocol);

	std::string name_;
	Namespace ns_;
	Fd fd_;
	int index_;
	Mac mac_;
	Heard heard_;
	std::vector<Parcel> queue_;
	std::size_t sent_ = 0, refused_ = 0;
};
