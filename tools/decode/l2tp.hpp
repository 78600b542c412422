// SPDX-License-Identifier: GPL-2.0
//
// L2TP, versions 2 and 3.
#pragma once

#include "message.hpp"
#include "packet.hpp"

// A datagram of port 1701.
Message decode_l2tp_udp(const Packet &packet);
// A packet of IP protocol 115.
Message decode_l2tp_ip(const Packet &packet);
