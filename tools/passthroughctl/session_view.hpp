// SPDX-License-Identifier: GPL-2.0
//
// A session as a person and as a program want to see it.
#pragma once

#include <cstdio>
#include <span>

#include "model.hpp"
#include "render.hpp"

// An object, all keys always there.
void write_json(Json &json, const Session &session);
// A table, no wider than width (0: as wide as it gets); what a session has
// below it (IKE and other SAs, calls) on lines of their own.
void print_sessions(FILE *out, std::span<const Session> sessions, std::size_t width);
