// SPDX-License-Identifier: GPL-2.0
//
// Messages of the kernel as plain data.
#pragma once

#include <optional>
#include <vector>

#include "model.hpp"
#include "netlink_message.hpp"

Protocol read_protocol(const Reply &reply);
Session read_session(const Reply &reply);
// Puts together what came in several messages in a row: a session with more
// SAs or calls than one holds.
void join_parts(std::vector<Session> &parts);
// Nothing, if it is a message of which this tool knows nothing.
std::optional<Event> read_event(const Reply &reply);
