// SPDX-License-Identifier: GPL-2.0
//
// The kernel's nf_passthrough family as a few functions.  netlink.cpp is the
// only file that knows how they travel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model.hpp"

struct mnl_socket;

class Request;
class Reply;
template <class Signature>
class FunctionRef;

class Kernel {
public:
	// Connects to the family in a network namespace: a name under
	// /run/netns, an absolute path, or empty for the present one.  Asking
	// for the family makes the kernel load its module; when that fails the
	// error is Exit::no_module.
	static Result<Kernel> open(std::string_view netns);

	// Every protocol whose module is loaded.
	Result<std::vector<Protocol>> protocols();
	// One protocol; Exit::no_module if its module is not loaded.
	Result<Protocol> protocol(std::string_view name);
	// Carries out a change, all or nothing; loads the protocol's module.
	Status change(const Change &change);

	Result<Dump<Session>> sessions(const SessionFilter &filter);
	// Ends sessions, returns how many.
	Result<std::uint32_t> flush(const SessionFilter &filter);

	// The counters of one protocol, or of all and the core.
	Result<Dump<Counter>> counters(std::string_view protocol);

	// Version of the core module, empty if it does not tell.
	Result<std::string> version();

private:
	struct Closer {
		void operator()(mnl_socket *socket) const;
	};
	using Socket = std::unique_ptr<mnl_socket, Closer>;

	Kernel(Socket socket);
	Status resolve();
	Result<bool> talk(Request &request, FunctionRef<void(const Reply &)> on_reply);
	Result<std::size_t> receive();

	Socket socket_;
	std::vector<char> buffer_;
	std::uint16_t family_ = 0;
	std::uint32_t sequence_ = 0;
};
