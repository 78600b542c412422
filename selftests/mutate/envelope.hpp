// SPDX-License-Identifier: GPL-2.0
// How a packet travels: whole, in fragments, several merged into one as GRO
// does it, with a checksum that is still to be made, or quoted by an ICMP error.
#pragma once

#include <vector>

#include "dice.hpp"
#include "frame.hpp"
#include "port.hpp"
#include "tape.hpp"

// What is to be sent for @frame, in order; one of it in most cases.
std::vector<Parcel> envelop(Dice &dice, const Tape &tape, Bytes &&frame);

// An error about @quoted, a packet as it arrived where @header, an Ethernet and
// IP header with the right addresses, comes from.  Often it is wrong.
Bytes icmp_error(Dice &dice, View header, Bytes quoted);
