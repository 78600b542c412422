// SPDX-License-Identifier: GPL-2.0
//
// Network namespaces by name, as ip-netns(8) keeps them.
#pragma once

#include <string_view>

#include "model.hpp"

// Moves the process into a namespace: a name under /run/netns or a path.
Status enter_netns(std::string_view name);
