// SPDX-License-Identifier: GPL-2.0
//
// IPsec: IKE, ESP, and both on one UDP port.
#pragma once

#include "message.hpp"
#include "packet.hpp"

// A datagram of port 500.
Message decode_ike(const Packet &packet);
// A datagram of port 4500, RFC 3948.
Message decode_natt(const Packet &packet);
// A packet of IP protocol 50.
Message decode_esp(const Packet &packet);
