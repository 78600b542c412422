// SPDX-License-Identifier: GPL-2.0
//
// What the tool knows of the kernel's side, as plain data, and how its
// functions report failure.  Nothing here knows netlink or a terminal.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How the process ends; part of the interface, see passthroughctl(8).
enum class Exit : int {
	done = 0,
	usage = 1,
	refused = 2,
	no_module = 3,
	// doctor has found one.
	problem = 4,
};

// Which part of a request the kernel objected to.
enum class Subject {
	unknown,
	protocol,
	key,
	value,
};

// A failure: what failed and on what (text), what to do (hint).
struct Error {
	// Their own, out of line, as those of what else holds many strings: with
	// copies of them everywhere the tool were half as large again.
	Error();
	Error(Exit code, std::string text, std::string hint = {}, int sys = 0);
	Error(const Error &);
	Error(Error &&) noexcept;
	Error &operator=(const Error &);
	Error &operator=(Error &&) noexcept;
	~Error();

	Exit code = Exit::refused;
	std::string text;
	std::string hint = {};
	int sys = 0;
	Subject subject = Subject::unknown;
	// The change, of several, that it is in.
	std::string protocol = {};
	std::string key = {};
	// What stood behind the key.
	std::string typed = {};
	// Where it is, in a file.
	std::uint32_t line = 0;
	std::uint32_t column = 0;
};

// A value, or why there is none.
template <class T>
class [[nodiscard]] Result {
public:
	Result(T value) : value_(std::move(value)) {}
	Result(Error error) : error_(std::move(error)) {}
	explicit operator bool() const { return value_.has_value(); }
	T &operator*() { return *value_; }
	T *operator->() { return &*value_; }
	Error &error() { return error_; }

private:
	std::optional<T> value_;
	Error error_;
};

struct Done {};
using Status = Result<Done>;

enum class State : std::uint32_t {
	bypassed,
	enabled,
	disabled,
};

enum class SessionState : std::uint32_t {
	pending,
	established,
	closing,
};

inline constexpr std::string_view state_names[] = {
	"bypassed", "enabled", "disabled",
};

inline constexpr std::string_view session_state_names[] = {
	"pending", "established", "closing",
};

inline constexpr std::string_view sa_state_names[] = {
	"ambiguous", "tentative", "confirmed",
};

// What a number from the kernel means; a newer one's may be new.
inline std::string_view name_of(std::uint32_t value, std::span<const std::string_view> names)
{
	return value < names.size() ? names[value] : "unknown";
}

// An IPv4 address in network byte order.
struct Address {
	std::uint32_t be = 0;
	bool operator==(const Address &) const = default;
};

struct Setting {
	Setting();
	Setting(const Setting &);
	Setting(Setting &&) noexcept;
	Setting &operator=(const Setting &);
	Setting &operator=(Setting &&) noexcept;
	~Setting();

	std::string name;
	std::uint32_t value = 0;
	std::uint32_t initial = 0;
	std::uint32_t min = 0;
	std::uint32_t max = 0;
	std::string unit;
	std::string help;
};

// What the administrator has laid down for a host.
struct Pin {
	std::uint32_t kind = 0;
	Address host;
	// All zeros where the kind has none.
	Address server;
	bool operator==(const Pin &) const = default;
};

// A kind of pin: its name, and the keys of `set` that add and remove one.
struct PinKind {
	std::string_view name;
	std::string_view add;
	std::string_view remove;
	bool server;
};

inline constexpr PinKind pin_kinds[] = {
	{ "data", "pin", "unpin", true },
	{ "source-port", "keep-port", "unkeep-port", false },
};

// The kind of a pin; one from a newer kernel cannot be typed.
inline const PinKind &kind_of(const Pin &pin)
{
	static constexpr PinKind unknown{ "unknown", "unknown", "unknown", false };

	return pin.kind < std::size(pin_kinds) ? pin_kinds[pin.kind] : unknown;
}

struct Protocol {
	Protocol();
	Protocol(const Protocol &);
	Protocol(Protocol &&) noexcept;
	Protocol &operator=(const Protocol &);
	Protocol &operator=(Protocol &&) noexcept;
	~Protocol();

	std::string name;
	std::string title;
	std::uint32_t state = 0;
	std::vector<std::uint16_t> ports;
	// Between which it is helped or blocked; all if there are none.
	std::vector<std::string> interfaces;
	std::vector<Setting> settings;
	std::vector<Pin> pins;
	std::uint32_t sessions = 0;
	std::uint32_t hooks = 0;
	std::vector<std::string> notes;
	std::string version;
	bool loaded = true;
};

// What is asked of a protocol.
struct Change {
	Change();
	Change(const Change &);
	Change(Change &&) noexcept;
	Change &operator=(const Change &);
	Change &operator=(Change &&) noexcept;
	~Change();

	struct Value {
		std::string_view key;
		std::uint32_t value = 0;
		std::string_view typed;
	};
	struct PinValue {
		std::string_view key;
		Pin pin;
		bool remove = false;
		std::string typed;
	};
	std::string_view protocol;
	// What is not named here has its default, other pins go.
	bool replace = false;
	std::optional<State> state;
	std::vector<std::uint16_t> ports;
	// A list without names: all.
	std::optional<std::vector<std::string>> interfaces;
	std::vector<Value> values;
	std::vector<PinValue> pins;
};

struct Ident {
	std::string name;
	std::uint32_t value = 0;
	std::uint32_t mapped = 0;
};

// The two names of an IKE SA; the responder's is 0 until it has answered.
struct IkeSpis {
	std::uint64_t initiator = 0;
	std::uint64_t responder = 0;
};

// A security association.
struct Sa {
	std::uint32_t spi = 0;
	bool inbound = false;
	bool udp = false;
	std::uint32_t state = 0;
	std::uint32_t age = 0;
	std::uint32_t idle = 0;
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0;
};

// A call of a tunnel; an id is 0 until it is known.
struct Call {
	std::uint32_t initiator_id = 0;
	std::uint32_t responder_id = 0;
	std::uint32_t state = 0;
	std::uint32_t age = 0;
};

struct Session {
	Session();
	Session(const Session &);
	Session(Session &&) noexcept;
	Session &operator=(const Session &);
	Session &operator=(Session &&) noexcept;
	~Session();

	std::uint32_t id = 0;
	std::string protocol;
	std::uint32_t state = 0;
	std::string role;
	Address initiator;
	Address responder;
	Address initiator_seen;
	Address responder_seen;
	std::vector<Ident> idents;
	std::uint32_t age = 0;
	std::uint32_t idle = 0;
	std::uint32_t lifetime = 0;
	std::uint64_t initiator_packets = 0;
	std::uint64_t initiator_bytes = 0;
	std::uint64_t responder_packets = 0;
	std::uint64_t responder_bytes = 0;
	bool local = false;
	std::vector<IkeSpis> ike;
	std::vector<Sa> sas;
	std::vector<Call> calls;
	// What the ends call themselves; empty if they did not say so in clear.
	std::string initiator_name;
	std::string responder_name;
	// Of the protocol, and the IP protocol below it; 0 where there is one only.
	std::uint32_t version = 0;
	std::uint32_t transport = 0;
};

// What the kernel tells those who listen.
struct Event {
	enum class Kind {
		session,
		protocol,
		// The kernel had no room to keep what it told.
		lost,
	};
	Kind kind = Kind::lost;
	Session session;
	// Of a session: what happened, and why it ended.
	std::uint32_t what = 0;
	std::uint32_t reason = 0;
	// As it is now.
	Protocol protocol;
};

inline constexpr std::string_view event_names[] = { "new", "up", "end", "clash" };

inline constexpr std::string_view end_reason_names[] = {
	"none",	      "cleared",    "refused", "control-closed", "idle",
	"unanswered", "superseded", "flushed", "stopped",	 "failed",
};

// Sessions to list or to end; what is not set matches all.
struct SessionFilter {
	std::optional<std::uint32_t> id;
	std::optional<std::string_view> protocol;
	std::optional<SessionState> state;
	std::optional<Address> host;
	std::optional<Address> server;
};

// Whether a session is chosen, by the kernel's rules.
inline bool matches(const SessionFilter &f, const Session &s)
{
	auto has = [&](const std::optional<Address> &a) {
		return !a || *a == s.initiator || *a == s.responder || *a == s.initiator_seen ||
		       *a == s.responder_seen;
	};

	return (!f.id || *f.id == s.id) && (!f.protocol || *f.protocol == s.protocol) &&
	       (!f.state || std::uint32_t(*f.state) == s.state) && has(f.host) && has(f.server);
}

struct Counter {
	std::string protocol;
	std::string name;
	std::string help;
	std::uint64_t value = 0;
};

// A dump; interrupted when the kernel's list changed under every attempt.
template <class T>
struct Dump {
	std::vector<T> items;
	bool interrupted = false;
};

// A protocol that the tool can name while its module is not there.
struct KnownProtocol {
	std::string_view name;
	std::string_view title;
	std::string_view module;
	// Its control ports unless others are set, zeros behind them.
	std::uint16_t ports[2];
};

inline constexpr KnownProtocol known_protocols[] = {
	{ "pptp", "PPTP", "nf_pptp_gre_helper", { 1723, 0 } },
	{ "ipsec", "IPsec", "nf_ipsec_natt_helper", { 500, 4500 } },
	{ "l2tp", "L2TP", "nf_l2tp_helper", { 1701, 0 } },
};

// The entry of a protocol in known_protocols, or nullptr.
inline const KnownProtocol *find_known(std::string_view name)
{
	for (const KnownProtocol &p : known_protocols)
		if (p.name == name)
			return &p;
	return nullptr;
}
