// SPDX-License-Identifier: GPL-2.0
//
// PPTP: its control messages and its data.
#pragma once

#include <optional>

#include <passthrough/wire/pptp_stream.h>

#include "message.hpp"
#include "packet.hpp"

// A message that the stream's parser has reported.
Message decode_control(const nfpt_pptp_stream &stream, const nfpt_pptp_msg &msg);
// What the header says where the stream's parser lost the messages.
Message decode_lost(const nfpt_pptp_stream &stream);
// A packet of IP protocol 47; nothing if it is GRE of another version.
std::optional<Message> decode_gre(const Packet &packet);
