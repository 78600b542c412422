// SPDX-License-Identifier: GPL-2.0
//
// An event as a line for people and an object for programs.
#pragma once

#include <ctime>
#include <string>

#include "model.hpp"
#include "render.hpp"

// "2026-11-23 06:40:12.123", as the clock on the wall has it.
std::string format_time(const timespec &time);
// "2026-11-23T05:40:12.123Z".
std::string format_utc(const timespec &time);

// "L2TPv2/UDP  end    10.0.0.11 (192.0.2.1) -> 192.0.2.2  tunnel 42/17  idle, after 3m12s".
std::string format_session_event(const Event &event);
// before is what the protocol was when it was last told of.
void write_json(Json &json, const timespec &time, const Event &event, const Protocol &before);
