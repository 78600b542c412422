// SPDX-License-Identifier: GPL-2.0
//
// Other programs, whose output is read.
#pragma once

#include <span>
#include <string>

#include "model.hpp"

// What a program prints on standard output: no shell, no input, so many seconds
// at most.  argv ends with nullptr.  Exit::no_module means that there is no such
// program.
Result<std::string> output_of(std::span<const char *const> argv, unsigned seconds);
