// SPDX-License-Identifier: GPL-2.0
//
// The kernel's nf_passthrough family as a few functions.  netlink_*.cpp are the
// only files that know how they travel.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "function_ref.hpp"
#include "model.hpp"

struct mnl_socket;

class Request;
class Reply;

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
	// Carries out changes of different protocols, all of them or nothing;
	// loads their modules.
	Status change(std::span<const Change> changes);
	Status change(const Change &change) { return this->change(std::span(&change, 1)); }

	Result<Dump<Session>> sessions(const SessionFilter &filter);
	// Ends sessions, returns how many.
	Result<std::uint32_t> flush(const SessionFilter &filter);

	// The counters of one protocol, or of all and the core.
	Result<Dump<Counter>> counters(std::string_view protocol);

	// From now on the kernel tells this connection what happens; it is good
	// for wait() only.
	Status listen();
	// Waits until something happened; one call may tell several events.
	Status wait(FunctionRef<void(const Event &)> on_event);

	// Version of the core module, empty if it does not tell.
	Result<std::string> version();

private:
	struct Closer {
		void operator()(mnl_socket *socket) const;
	};
	using Socket = std::unique_ptr<mnl_socket, Closer>;

	Kernel(Socket socket);
	Status resolve();
	// Sends a request and visits every message of its answer.  Returns
	// whether the list that it asked for changed meanwhile.
	Result<bool> talk(Request &request, FunctionRef<void(const Reply &)> on_reply);
	// Asks for a list, again if it changes meanwhile, a few times.
	template <class T>
	Result<Dump<T>> dump(Request &request, T (*read)(const Reply &))
	{
		for (int attempts = 5;; attempts--) {
			Dump<T> list;
			auto result = talk(request, [&](const Reply &r) {
				list.items.push_back(read(r));
			});

			if (!result)
				return result.error();
			list.interrupted = *result;
			if (!list.interrupted || attempts == 1)
				return list;
		}
	}
	Result<std::size_t> receive();

	Socket socket_;
	std::vector<char> buffer_;
	std::uint16_t family_ = 0;
	std::uint32_t events_ = 0;
	std::uint32_t sequence_ = 0;
};
