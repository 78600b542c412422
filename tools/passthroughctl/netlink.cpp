// SPDX-License-Identifier: GPL-2.0
//
// The only file that knows netlink: builds requests, walks replies, and turns
// the kernel's refusals into sentences.
#include "netlink.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nf_passthrough.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "function_ref.hpp"
#include "netns.hpp"

static_assert(std::uint32_t(State::disabled) == NF_PASSTHROUGH_STATE_DISABLED);
static_assert(std::uint32_t(SessionState::closing) == NF_PASSTHROUGH_SESSION_STATE_CLOSING);

namespace {

constexpr std::size_t request_size = 8192;
constexpr std::size_t receive_size = 65536;
constexpr int dump_attempts = 5;

// What an attribute of a request means to the user, for errors that name it.
struct Mark {
	std::size_t offset;
	Subject subject;
	std::string_view key;
	std::string_view typed;
};

} // namespace

// A generic netlink request under construction.  Attributes that do not fit
// are remembered and make the whole request fail, never cut.
class Request {
public:
	Request(std::uint16_t family, std::uint8_t command, std::uint16_t flags,
		std::string action)
		: action_(std::move(action))
	{
		header_ = mnl_nlmsg_put_header(buffer_);
		header_->nlmsg_type = family;
		header_->nlmsg_flags = NLM_F_REQUEST | flags;
		auto *genl = static_cast<genlmsghdr *>(
			mnl_nlmsg_put_extra_header(header_, sizeof(genlmsghdr)));
		genl->cmd = command;
		genl->version = NF_PASSTHROUGH_FAMILY_VERSION;
	}

	// The next attributes, until the next mark, stand for this.
	void mark(Subject subject, std::string_view key, std::string_view typed = {})
	{
		marks_.push_back({ header_->nlmsg_len, subject, key, typed });
	}
	void put(std::uint16_t type, std::string_view text)
	{
		std::string terminated(text);
		fits_ = fits_ && mnl_attr_put_strz_check(header_, sizeof(buffer_), type,
							 terminated.c_str());
	}
	void put_u16(std::uint16_t type, std::uint16_t value)
	{
		fits_ = fits_ && mnl_attr_put_u16_check(header_, sizeof(buffer_), type, value);
	}
	void put_u32(std::uint16_t type, std::uint32_t value)
	{
		fits_ = fits_ && mnl_attr_put_u32_check(header_, sizeof(buffer_), type, value);
	}
	nlattr *nest(std::uint16_t type)
	{
		nlattr *start = fits_ ? mnl_attr_nest_start_check(header_, sizeof(buffer_), type) :
					nullptr;
		fits_ = start;
		return start;
	}
	void nest_end(nlattr *start)
	{
		if (start)
			mnl_attr_nest_end(header_, start);
	}

	// The mark of the attribute at an offset from the header, or nullptr.
	const Mark *find_mark(std::size_t offset) const
	{
		const Mark *found = nullptr;

		for (const Mark &m : marks_)
			if (m.offset <= offset)
				found = &m;
		return found;
	}

	nlmsghdr *header() { return header_; }
	bool dump() const { return (header_->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP; }
	bool fits() const { return fits_; }
	const std::string &action() const { return action_; }

private:
	alignas(nlmsghdr) char buffer_[request_size];
	nlmsghdr *header_;
	std::string action_;
	std::vector<Mark> marks_;
	bool fits_ = true;
};

class Attribute;
using AttributeVisitor = FunctionRef<void(const Attribute &)>;

// One attribute of a reply, read with care for its length.
class Attribute {
public:
	explicit Attribute(const nlattr *attr) : attr_(attr) {}

	std::uint16_t type() const { return mnl_attr_get_type(attr_); }
	std::uint64_t number() const
	{
		switch (mnl_attr_get_payload_len(attr_)) {
		case 1:
			return mnl_attr_get_u8(attr_);
		case 2:
			return mnl_attr_get_u16(attr_);
		case 4:
			return mnl_attr_get_u32(attr_);
		case 8:
			return mnl_attr_get_u64(attr_);
		default:
			return 0;
		}
	}
	std::uint32_t u32() const { return static_cast<std::uint32_t>(number()); }
	Address address() const { return { u32() }; }
	std::string text() const
	{
		auto *bytes = static_cast<const char *>(mnl_attr_get_payload(attr_));
		return std::string(bytes, strnlen(bytes, mnl_attr_get_payload_len(attr_)));
	}
	void each(AttributeVisitor visit) const;

private:
	const nlattr *attr_;
};

namespace {

// Visits the attributes in a stretch of memory.
void each_attribute(const void *start, std::size_t length, AttributeVisitor visit)
{
	auto *attr = static_cast<const nlattr *>(start);
	auto left = [&] {
		return static_cast<int>(length) -
		       static_cast<int>(reinterpret_cast<const char *>(attr) -
					static_cast<const char *>(start));
	};

	for (; mnl_attr_ok(attr, left()); attr = mnl_attr_next(attr))
		visit(Attribute(attr));
}

// Visits the attributes of a message behind its first bytes of payload.
void each_attribute(const nlmsghdr *header, std::size_t skip, AttributeVisitor visit)
{
	std::size_t length = mnl_nlmsg_get_payload_len(header);

	if (length >= skip)
		each_attribute(mnl_nlmsg_get_payload_offset(header, skip), length - skip, visit);
}

} // namespace

void Attribute::each(AttributeVisitor visit) const
{
	each_attribute(mnl_attr_get_payload(attr_), mnl_attr_get_payload_len(attr_), visit);
}

// A message of the kernel's answer.
class Reply {
public:
	explicit Reply(const nlmsghdr *header) : header_(header) {}

	void each(AttributeVisitor visit) const
	{
		each_attribute(header_, sizeof(genlmsghdr), visit);
	}

private:
	const nlmsghdr *header_;
};

namespace {

// What the kernel adds to an error number.
struct Extack {
	std::string message;
	std::optional<std::size_t> offset;
};

Extack read_extack(const nlmsghdr *header, std::size_t skip)
{
	Extack ack;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return ack;
	each_attribute(header, skip, [&](const Attribute &a) {
		if (a.type() == NLMSGERR_ATTR_MSG)
			ack.message = a.text();
		else if (a.type() == NLMSGERR_ATTR_OFFS)
			ack.offset = a.u32();
	});
	return ack;
}

// Where the attributes of an NLMSG_ERROR begin: behind the echoed request,
// unless the kernel left that out.
std::size_t extack_start(const nlmsghdr *header, const nlmsgerr *err)
{
	std::size_t start = sizeof(*err);

	if (!(header->nlmsg_flags & NLM_F_CAPPED) && err->error)
		start += err->msg.nlmsg_len - mnl_nlmsg_size(0);
	return MNL_ALIGN(start);
}

Error refused(const Request &request, int err, const Extack &ack)
{
	Error e{ Exit::refused, request.action(), {}, err };
	const Mark *mark = ack.offset ? request.find_mark(*ack.offset) : nullptr;

	if (mark) {
		e.subject = mark->subject;
		e.key = mark->key;
		if (mark->subject != Subject::protocol) {
			e.text += ": ";
			e.text += mark->key;
			if (!mark->typed.empty()) {
				e.text += ' ';
				e.text += mark->typed;
			}
		}
	}
	e.text += ": ";
	e.text += ack.message.empty() ? strerror(err) : ack.message.c_str();

	if (err == EPERM || err == EACCES)
		e.hint = "this needs CAP_NET_ADMIN in the network namespace: run it as root";
	else if (err == EBUSY)
		e.hint = "something else holds it: see the notes of `passthroughctl list` and the kernel log";
	else if (err == ENOMEM)
		e.hint = "the kernel is out of memory: free some and try again";
	return e;
}

Error no_family()
{
	utsname system{};
	std::string kernel = uname(&system) == 0 ? system.release : "this kernel";

	return Error{ Exit::no_module,
		      "module nf_passthrough is not loaded and could not be loaded automatically",
		      "try `modprobe nf_passthrough` as root; if it is not found, install the modules for kernel " +
			      kernel + " (`make install`, then `depmod`); see passthroughctl(8)",
		      ENOENT };
}

Setting read_setting(const Attribute &nest)
{
	Setting s;

	nest.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_SETTING_NAME:
			s.name = a.text();
			break;
		case NF_PASSTHROUGH_A_SETTING_VALUE:
			s.value = a.u32();
			break;
		case NF_PASSTHROUGH_A_SETTING_DEFAULT:
			s.initial = a.u32();
			break;
		case NF_PASSTHROUGH_A_SETTING_MINIMUM:
			s.min = a.u32();
			break;
		case NF_PASSTHROUGH_A_SETTING_MAXIMUM:
			s.max = a.u32();
			break;
		case NF_PASSTHROUGH_A_SETTING_UNIT:
			s.unit = a.text();
			break;
		case NF_PASSTHROUGH_A_SETTING_HELP:
			s.help = a.text();
			break;
		}
	});
	return s;
}

Protocol read_protocol(const Reply &reply)
{
	Protocol p;

	reply.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_PROTOCOL_NAME:
			p.name = a.text();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_TITLE:
			p.title = a.text();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_STATE:
			p.state = a.u32();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_PORT:
			p.ports.push_back(static_cast<std::uint16_t>(a.number()));
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_SETTING:
			p.settings.push_back(read_setting(a));
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_SESSIONS:
			p.sessions = a.u32();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_HOOKS:
			p.hooks = a.u32();
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_NOTE:
			p.notes.push_back(a.text());
			break;
		case NF_PASSTHROUGH_A_PROTOCOL_VERSION:
			p.version = a.text();
			break;
		}
	});
	return p;
}

Ident read_ident(const Attribute &nest)
{
	Ident i;

	nest.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_IDENT_NAME:
			i.name = a.text();
			break;
		case NF_PASSTHROUGH_A_IDENT_VALUE:
			i.value = a.u32();
			break;
		case NF_PASSTHROUGH_A_IDENT_MAPPED:
			i.mapped = a.u32();
			break;
		}
	});
	return i;
}

Session read_session(const Reply &reply)
{
	Session s;

	reply.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_SESSION_ID:
			s.id = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_PROTOCOL:
			s.protocol = a.text();
			break;
		case NF_PASSTHROUGH_A_SESSION_STATE:
			s.state = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR:
			s.initiator = a.address();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER:
			s.responder = a.address();
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR_SEEN:
			s.initiator_seen = a.address();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER_SEEN:
			s.responder_seen = a.address();
			break;
		case NF_PASSTHROUGH_A_SESSION_ROLE:
			s.role = a.text();
			break;
		case NF_PASSTHROUGH_A_SESSION_IDENT:
			s.idents.push_back(read_ident(a));
			break;
		case NF_PASSTHROUGH_A_SESSION_AGE:
			s.age = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_IDLE:
			s.idle = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_LIFETIME:
			s.lifetime = a.u32();
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR_PACKETS:
			s.initiator_packets = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_INITIATOR_BYTES:
			s.initiator_bytes = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER_PACKETS:
			s.responder_packets = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_RESPONDER_BYTES:
			s.responder_bytes = a.number();
			break;
		case NF_PASSTHROUGH_A_SESSION_LOCAL:
			s.local = true;
			break;
		}
	});
	return s;
}

Counter read_counter(const Reply &reply)
{
	Counter c;

	reply.each([&](const Attribute &a) {
		switch (a.type()) {
		case NF_PASSTHROUGH_A_COUNTER_PROTOCOL:
			c.protocol = a.text();
			break;
		case NF_PASSTHROUGH_A_COUNTER_NAME:
			c.name = a.text();
			break;
		case NF_PASSTHROUGH_A_COUNTER_HELP:
			c.help = a.text();
			break;
		case NF_PASSTHROUGH_A_COUNTER_VALUE:
			c.value = a.number();
			break;
		}
	});
	return c;
}

void put_filter(Request &request, const SessionFilter &filter)
{
	if (filter.id) {
		request.mark(Subject::value, "id");
		request.put_u32(NF_PASSTHROUGH_A_SESSION_ID, *filter.id);
	}
	if (filter.protocol) {
		request.mark(Subject::protocol, "proto", *filter.protocol);
		request.put(NF_PASSTHROUGH_A_SESSION_PROTOCOL, *filter.protocol);
	}
	if (filter.state) {
		request.mark(Subject::value, "state",
			     session_state_names[std::size_t(*filter.state)]);
		request.put_u32(NF_PASSTHROUGH_A_SESSION_STATE, std::uint32_t(*filter.state));
	}
	if (filter.host) {
		request.mark(Subject::value, "host");
		request.put_u32(NF_PASSTHROUGH_A_SESSION_INITIATOR, filter.host->be);
	}
	if (filter.server) {
		request.mark(Subject::value, "server");
		request.put_u32(NF_PASSTHROUGH_A_SESSION_RESPONDER, filter.server->be);
	}
}

} // namespace

void Kernel::Closer::operator()(mnl_socket *socket) const
{
	mnl_socket_close(socket);
}

Kernel::Kernel(Socket socket) : socket_(std::move(socket)), buffer_(receive_size) {}

Result<Kernel> Kernel::open(std::string_view netns)
{
	if (!netns.empty())
		if (Status entered = enter_netns(netns); !entered)
			return entered.error();

	Socket socket(mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC));
	if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
		return Error{ Exit::refused,
			      std::string("generic netlink socket: ") + strerror(errno),
			      "the kernel must have networking, and a sandbox must allow AF_NETLINK",
			      errno };

	// Old kernels know neither option: less to tell, nothing to lose.
	int on = 1;
	mnl_socket_setsockopt(socket.get(), NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket.get(), NETLINK_GET_STRICT_CHK, &on, sizeof(on));

	Kernel kernel(std::move(socket));
	if (Status resolved = kernel.resolve(); !resolved)
		return resolved.error();
	return kernel;
}

// Asks for the family's number; the kernel loads the module for that.
Status Kernel::resolve()
{
	Request request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK, "finding nf_passthrough");

	request.put(CTRL_ATTR_FAMILY_NAME, NF_PASSTHROUGH_FAMILY_NAME);
	auto result = talk(request, [this](const Reply &reply) {
		reply.each([this](const Attribute &a) {
			if (a.type() == CTRL_ATTR_FAMILY_ID)
				family_ = static_cast<std::uint16_t>(a.number());
		});
	});
	if (!result)
		return result.error().sys == ENOENT ? no_family() : result.error();
	if (!family_)
		return no_family();
	return Done{};
}

// Reads one datagram whole; a dump's messages may be larger than expected.
Result<std::size_t> Kernel::receive()
{
	int fd = mnl_socket_get_fd(socket_.get());

	for (;;) {
		ssize_t size = recv(fd, nullptr, 0, MSG_PEEK | MSG_TRUNC);
		if (size >= 0) {
			if (static_cast<std::size_t>(size) > buffer_.size())
				buffer_.resize(static_cast<std::size_t>(size));
			size = mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
		}
		if (size >= 0)
			return static_cast<std::size_t>(size);
		if (errno != EINTR)
			return Error{ Exit::refused,
				      std::string("receiving the kernel's answer: ") +
					      strerror(errno),
				      "try again", errno };
	}
}

// Sends a request and visits every message of its answer up to the final
// acknowledgement.  Returns whether a dump was interrupted.
Result<bool> Kernel::talk(Request &request, FunctionRef<void(const Reply &)> on_reply)
{
	nlmsghdr *header = request.header();
	bool interrupted = false;

	if (!request.fits())
		return Error{ Exit::usage, request.action() + ": too many values for one request",
			      "give fewer of them", EMSGSIZE };
	header->nlmsg_seq = ++sequence_;
	if (mnl_socket_sendto(socket_.get(), header, header->nlmsg_len) < 0)
		return Error{ Exit::refused, request.action() + ": sending: " + strerror(errno),
			      "try again", errno };

	for (;;) {
		auto size = receive();
		if (!size)
			return size.error();

		int left = static_cast<int>(*size);
		auto *message = reinterpret_cast<const nlmsghdr *>(buffer_.data());
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
			if (!mnl_nlmsg_portid_ok(message, mnl_socket_get_portid(socket_.get())) ||
			    !mnl_nlmsg_seq_ok(message, sequence_))
				continue;
			if (message->nlmsg_flags & NLM_F_DUMP_INTR)
				interrupted = true;

			std::size_t payload = mnl_nlmsg_get_payload_len(message);
			if (message->nlmsg_type == NLMSG_ERROR) {
				auto *err = static_cast<const nlmsgerr *>(
					mnl_nlmsg_get_payload(message));
				if (payload < sizeof(*err))
					return refused(request, EBADMSG, {});
				if (err->error)
					return refused(request, -err->error,
						       read_extack(message,
								   extack_start(message, err)));
				return interrupted;
			}
			if (message->nlmsg_type == NLMSG_DONE) {
				int err = 0;
				if (payload >= sizeof(err))
					memcpy(&err, mnl_nlmsg_get_payload(message), sizeof(err));
				if (err < 0)
					return refused(request, -err,
						       read_extack(message, MNL_ALIGN(sizeof(err))));
				return interrupted;
			}
			if (message->nlmsg_type >= NLMSG_MIN_TYPE)
				on_reply(Reply(message));
		}
	}
}

Result<std::vector<Protocol>> Kernel::protocols()
{
	for (int attempt = 1;; attempt++) {
		std::vector<Protocol> all;
		Request request(family_, NF_PASSTHROUGH_CMD_PROTOCOL_GET, NLM_F_DUMP,
				"listing protocols");
		auto result = talk(request,
				   [&](const Reply &r) { all.push_back(read_protocol(r)); });

		if (!result)
			return result.error();
		// Protocols come and go with modules only: nothing to tell a
		// person if even that goes on during every attempt.
		if (!*result || attempt == dump_attempts)
			return all;
	}
}

Result<Protocol> Kernel::protocol(std::string_view name)
{
	Protocol protocol;
	Request request(family_, NF_PASSTHROUGH_CMD_PROTOCOL_GET, NLM_F_ACK,
			"reading " + std::string(name));

	request.mark(Subject::protocol, name);
	request.put(NF_PASSTHROUGH_A_PROTOCOL_NAME, name);
	auto result = talk(request, [&](const Reply &r) { protocol = read_protocol(r); });
	if (result)
		return protocol;
	if (result.error().sys == ENOENT)
		result.error().code = Exit::no_module;
	return result.error();
}

Status Kernel::change(const Change &change)
{
	std::string action(change.state ? "switching " : "setting ");
	action += change.protocol;
	if (change.state) {
		action += " to ";
		action += state_names[std::size_t(*change.state)];
	}
	Request request(family_, NF_PASSTHROUGH_CMD_PROTOCOL_SET, NLM_F_ACK, std::move(action));

	request.mark(Subject::protocol, change.protocol);
	request.put(NF_PASSTHROUGH_A_PROTOCOL_NAME, change.protocol);
	if (change.state) {
		request.mark(Subject::value, "state", state_names[std::size_t(*change.state)]);
		request.put_u32(NF_PASSTHROUGH_A_PROTOCOL_STATE, std::uint32_t(*change.state));
	}

	// Marks hold views: the numbers must outlive the exchange.
	std::vector<std::string> typed;
	typed.reserve(change.ports.size());
	for (std::uint16_t port : change.ports) {
		typed.push_back(std::to_string(port));
		request.mark(Subject::value, "port", typed.back());
		request.put_u16(NF_PASSTHROUGH_A_PROTOCOL_PORT, port);
	}
	for (const Change::Value &v : change.values) {
		request.mark(Subject::key, v.key);
		nlattr *nest = request.nest(NF_PASSTHROUGH_A_PROTOCOL_SETTING);
		request.put(NF_PASSTHROUGH_A_SETTING_NAME, v.key);
		request.mark(Subject::value, v.key, v.typed);
		request.put_u32(NF_PASSTHROUGH_A_SETTING_VALUE, v.value);
		request.nest_end(nest);
	}

	auto result = talk(request, [](const Reply &) {});
	if (result)
		return Done{};
	Error &e = result.error();
	if (e.sys == ENOENT && e.subject == Subject::protocol) {
		const KnownProtocol *known = find_known(change.protocol);
		e.code = Exit::no_module;
		if (known)
			e.hint = "try `modprobe " + std::string(known->module) +
				 "` as root; if it is not found, this build does not have it";
	}
	return e;
}

Result<Dump<Session>> Kernel::sessions(const SessionFilter &filter)
{
	for (int attempt = 1;; attempt++) {
		Dump<Session> dump;
		Request request(family_, NF_PASSTHROUGH_CMD_SESSION_GET, NLM_F_DUMP,
				"listing sessions");
		put_filter(request, filter);
		auto result = talk(request, [&](const Reply &r) {
			dump.items.push_back(read_session(r));
		});

		if (!result)
			return result.error();
		dump.interrupted = *result;
		if (!dump.interrupted || attempt == dump_attempts)
			return dump;
	}
}

Result<std::uint32_t> Kernel::flush(const SessionFilter &filter)
{
	std::uint32_t count = 0;
	Request request(family_, NF_PASSTHROUGH_CMD_SESSION_DEL, NLM_F_ACK, "ending sessions");

	put_filter(request, filter);
	auto result = talk(request, [&](const Reply &r) {
		r.each([&](const Attribute &a) {
			if (a.type() == NF_PASSTHROUGH_A_SESSION_COUNT)
				count = a.u32();
		});
	});
	if (!result)
		return result.error();
	return count;
}

Result<Dump<Counter>> Kernel::counters(std::string_view protocol)
{
	for (int attempt = 1;; attempt++) {
		Dump<Counter> dump;
		Request request(family_, NF_PASSTHROUGH_CMD_COUNTER_GET, NLM_F_DUMP,
				"reading counters");
		if (!protocol.empty()) {
			request.mark(Subject::protocol, protocol);
			request.put(NF_PASSTHROUGH_A_COUNTER_PROTOCOL, protocol);
		}
		auto result = talk(request, [&](const Reply &r) {
			dump.items.push_back(read_counter(r));
		});

		if (!result)
			return result.error();
		dump.interrupted = *result;
		if (!dump.interrupted || attempt == dump_attempts)
			return dump;
	}
}

Result<std::string> Kernel::version()
{
	auto all = protocols();

	if (!all)
		return all.error();
	if (!all->empty())
		return all->front().version;

	// Every protocol tells the core's version; without one, sysfs does.
	struct FileCloser {
		void operator()(FILE *f) const { fclose(f); }
	};
	char line[64] = "";
	std::unique_ptr<FILE, FileCloser> file(fopen("/sys/module/nf_passthrough/version", "re"));
	if (file && fgets(line, sizeof(line), file.get()))
		line[strcspn(line, "\n")] = '\0';
	return std::string(line);
}
