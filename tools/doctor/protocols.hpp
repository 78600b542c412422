// SPDX-License-Identifier: GPL-2.0
//
// What the modules say of themselves and their protocols, and what it means.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "finding.hpp"
#include "model.hpp"

// The kernel's side: what was asked of it, as data.
struct Modules {
	// Why nobody answered; empty if somebody did.
	std::string absent;
	std::string version;
	std::vector<Protocol> protocols;
	std::vector<Counter> counters;
};

// Asks the kernel, in the present network namespace.
Result<Modules> ask_modules();
// tool is the version of this program.
Findings check_modules(const Modules &modules, std::string_view tool);
// The protocols whose packets are to pass: those that are enabled, or all that
// are known if there is no module to say.
std::vector<Protocol> wanted_protocols(const Modules &modules);
