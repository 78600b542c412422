// SPDX-License-Identifier: GPL-2.0
#include "world.hpp"

#include <algorithm>

#include "forged.hpp"
#include "udp.hpp"

namespace {

constexpr std::size_t ip_header = 20;
constexpr Milliseconds patience(150);	// then the last message is sent again

Transport transport_from(const std::string &text)
{
	if (text != "udp" && text != "ip")
		throw std::invalid_argument("neither udp nor ip: " + text);
	return text == "udp" ? Transport::udp : Transport::ip;
}

std::uint16_t port_from(const Line &line, const std::string &option, std::uint16_t fallback)
{
	return static_cast<std::uint16_t>(line.number(option, fallback));
}

Style style_from(const Line &line)
{
	const std::string hidden = line.option("hidden", "none");
	Style style;

	style.over = transport_from(line.option("over", "udp"));
	style.version = static_cast<unsigned>(line.number("version", style.over == Transport::ip ? 3 : 2));
	style.hidden_tunnel = hidden == "tunnel" || hidden == "all";
	style.hidden_session = hidden == "all";
	style.digest = line.flag("digest");
	style.challenge = line.flag("challenge");
	style.name = line.option("name", line.option("host"));
	if (style.version != 3 && (style.over == Transport::ip || style.digest))
		throw std::invalid_argument("only version 3 has this");
	return style;
}

// The sessions that "session=3", "session=all" or, by default, the newest, mean.
std::vector<std::size_t> sessions_from(const Line &line, const Tunnel &tunnel)
{
	const std::string which = line.option("session", "newest");
	std::vector<std::size_t> chosen;

	if (tunnel.sessions.empty())
		throw std::invalid_argument("no session yet");
	if (which == "newest")
		return {tunnel.sessions.size() - 1};
	if (which != "all")
		return {number_in(which)};
	for (std::size_t n = 0; n < tunnel.sessions.size(); n++)
		chosen.push_back(n);
	return chosen;
}

std::vector<Side> sides_from(const Line &line)
{
	const std::string from = line.option("from", "both");

	return from == "both" ? std::vector<Side>(sides.begin(), sides.end())
			      : std::vector<Side>{side_from(from)};
}

bool has_session(const Exchange &exchange)
{
	switch (exchange.parts.front().type) {
	case Type::icrq: case Type::ocrq: case Type::cdn: case Type::wen: case Type::sli:
		return true;
	default:
		return false;
	}
}

std::string joined(const std::vector<std::string> &names)
{
	std::string text;

	for (const std::string &name : names)
		text += (text.empty() ? "" : ",") + name;
	return text.empty() ? "none" : text;
}

} // namespace

const Command<World> World::commands[] = {
	{"host", "NAME [ns=NETNS] [silent]",
	 "a host or server in a network namespace (default: its name; - is here); silent: beside one that hears",
	 &World::host},
	{"tunnel", "NAME host=HOST server=HOST at=ADDR [version=2|3] [over=udp|ip] [id=N] [server-id=N] [port=N] "
		   "[answer-port=N] [data-to=PORT] [strict] [hidden=tunnel|all] [digest] [challenge] [unsummed] "
		   "[name=TEXT] [seen=ADDR]",
	 "HOST and the server at ADDR; port= is the host's (default 1701); the server answers from answer-port=, "
	 "sends data to data-to=, and hears only port 1701 if strict", &World::tunnel},
	{"control", "TUNNEL,... connect|icrq|ocrq|hello|cdn|stop|wen|sli [from=host|server] [first=PART] [parts=N] "
		    "[lose=PART] [before] [session=N] [id=N] [server-id=N] [expect=none]",
	 "one exchange of each, or N parts of it; the first copy of PART is lost on its last hop, or before the first; "
	 "icrq and ocrq begin a session", &World::control},
	{"session", "TUNNEL [id=N] [server-id=N] [cookie=BYTES]", "a session that nobody negotiates", &World::session},
	{"data", "TUNNEL,... [session=N|all] [from=host|server|both] [count=N] [size=N] [expect=right|none|any] "
		 "[quiet-ms=N]", "send packets and count them in", &World::data},
	{"forge", "HOST source=ADDR to=ADDR [over=udp|ip] [version=2|3] [sport=N] [port=N] [type=TYPE] [tunnel=N] "
		  "[session=N] [assigned=N] [step=N] [count=N] [quiet-ms=N]",
	 "L2TP of nobody's, as an attacker sends it: data, or messages of a type", &World::forge},
	{"inject", "HOST source=ADDR to=ADDR over=udp|ip [sport=N] [port=N] hex=BYTES | random=N [seed=N] "
		   "[expect=HOST,...] [quiet-ms=N]",
	 "send a payload and look where it comes out as it is", &World::inject},
	{"icmp", "TUNNEL from=host|server [session=N | control] [via=ADDR] [type=3] [code=4] [mtu=N] [quote=N] "
		 "[expect=none]", "answer the last packet that the end got with an ICMP error", &World::icmp},
	{"show", "HOST|TUNNEL [session=N]", "what came to a host; or what is known of a tunnel", &World::show},
	{"listen", "NETNS", "count what the router in NETNS tells of its sessions from now on", &World::listen},
	{"heard", "[new=N] [up=N] [end=N] [clash=N] [quiet-ms=N]", "what it told; wait for so many at least",
	 &World::heard},
};

std::string World::help()
{
	return help_for(commands);
}

Reply World::run(const Line &line)
{
	return run_line(*this, commands, line);
}

void World::begin(const Line &line)
{
	limit_ = Milliseconds(line.number("timeout", 8) * 1000);
}

Reply World::host(const Line &line)
{
	const std::string &name = line.word(1, "host");

	hosts_[name] = std::make_unique<Host>(
		reactor_, name, line.option("ns", name),
		Host::Receivers{[this](Host &at, const IpPacket &ip) { got_udp(at, ip); },
				[this](Host &at, const IpPacket &ip) { got_ip(at, ip); },
				[this](Host &at, const IpPacket &ip) { got_icmp(at, ip); }});
	if (!line.flag("silent"))
		hosts_[name]->open(l2tp_port);
	return Reply().with("host", name);
}

std::uint32_t World::id_from(const Line &line, const std::string &option, unsigned version)
{
	if (line.has(option))
		return static_cast<std::uint32_t>(line.number(option, 0));
	for (;;) {
		const auto id = static_cast<std::uint32_t>(random_()) & (version == 3 ? 0xffffffffu : 0xffffu);

		if (id && ids_.insert(id).second)
			return id;
	}
}

Reply World::tunnel(const Line &line)
{
	const std::string &name = line.word(1, "tunnel");
	const Address at = parse_address(line.option("at"));
	Host &inside = host_named(line.option("host")), &server = host_named(line.option("server"));
	const Tunnel::Manners manners{port_from(line, "answer-port", l2tp_port), port_from(line, "data-to", 0),
				      line.flag("strict")};
	auto fresh = std::make_unique<Tunnel>(
		static_cast<std::uint32_t>(tunnels_.size()), name,
		Tunnel::Path{&inside, &server, inside.source_to(at), at, port_from(line, "port", l2tp_port)},
		style_from(line), manners);

	for (Side side : sides)
		fresh->ids[index(side)][index(side)] =
			id_from(line, side == Side::host ? "id" : "server-id", fresh->style.version);
	fresh->summed = !line.flag("unsummed");
	if (line.has("seen"))
		fresh->seen = {parse_address(line.option("seen")), fresh->path().port};
	inside.open(fresh->path().port);
	server.open(manners.answer_port);
	tunnel_names_[name] = fresh.get();
	tunnels_.push_back(std::move(fresh));
	return Reply().with("tunnel", name);
}

std::size_t World::add_session(const Line &line, Tunnel &tunnel)
{
	Session session;

	for (Side side : sides)
		session.ids[index(side)][index(side)] =
			id_from(line, side == Side::host ? "id" : "server-id", tunnel.style.version);
	session.cookie = from_hex(line.option("cookie"));
	tunnel.sessions.push_back(std::move(session));
	return tunnel.sessions.size() - 1;
}

Reply World::session(const Line &line)
{
	Tunnel &tunnel = tunnel_named(line.word(1, "tunnel"));
	const std::size_t number = add_session(line, tunnel);
	Session &session = tunnel.sessions[number];

	for (Side side : sides)
		session.ids[index(side)][index(other(side))] = session.ids[index(other(side))][index(other(side))];
	return Reply().with("session", number);
}

void World::begin_talk(const Line &line, Tunnel &tunnel)
{
	const Exchange &which = exchange(line.word(2, "exchange"));
	const bool anew = !line.number("first", 0);

	talk_ = {&tunnel, &which, side_from(line.option("from", "host")), {}, talks_++, 0, {}, {}, 0, {}};
	if (line.has("lose"))
		talk_.lose = line.number("lose", 0);
	if (which.parts.front().type == Type::sccrq && anew)
		tunnel.forget();
	if (which.parts.size() > 2 && has_session(which) && anew)
		add_session(line, tunnel);
	if (has_session(which))
		talk_.session = sessions_from(line, tunnel).front();
}

// Made when it is first sent, of what its sender knows then; later the same.
Message &World::part_of_talk(std::size_t part)
{
	const auto found = talk_.messages.find(part);

	if (found != talk_.messages.end())
		return found->second;

	Tunnel &tunnel = *talk_.tunnel;
	const Exchange::Part &what = talk_.exchange->parts[part];
	const Side from = what.answer ? other(talk_.from) : talk_.from;
	// RFC 3931 section 4.2: a digest cannot be in a message of zero length.
	const Type type = what.type == Type::zlb && tunnel.style.digest ? Type::ack : what.type;
	std::uint16_t &ns = tunnel.next[index(from)];
	Message message{type, from,
			tunnel.known(from, talk_.session ? &tunnel.sessions.at(*talk_.session) : nullptr),
			ns, tunnel.next[index(other(from))],
			{tunnel.number(), talk_.number, static_cast<std::uint32_t>(part)}};

	if (type != Type::zlb && type != Type::ack)
		ns++;
	return talk_.messages.emplace(part, message).first->second;
}

void World::send_part(std::size_t part)
{
	const Message &message = part_of_talk(part);

	talk_.tunnel->send_control(message.from, build(message, talk_.tunnel->style));
}

Reply World::control(const Line &line)
{
	Reply reply(false);

	for (Tunnel *tunnel : tunnels_named(line.word(1, "tunnels")))
		if (reply = talk(line, *tunnel); !reply.ok())
			break;
	return reply;
}

Reply World::talk(const Line &line, Tunnel &tunnel)
{
	begin_talk(line, tunnel);

	const bool none = line.option("expect") == "none";
	const auto end = Clock::now() + (none ? patience : limit_);
	const std::size_t first = line.number("first", 0), all = talk_.exchange->parts.size(),
			  last = std::min(first + line.number("parts", all), all);
	std::size_t sent = 0;

	// Who waits in vain for a message sends again the one before it.
	for (std::size_t part = first; part < last && Clock::now() < end;) {
		talk_.wanted = part;
		if (talk_.lose == part && line.flag("before")) {
			part_of_talk(part);
			talk_.lose.reset();
		} else {
			send_part(part);
			sent++;
		}
		if (reactor_.wait([&] { return talk_.wanted > part; }, patience))
			part++;
		else if (part > first)
			part--;
	}

	const bool complete = talk_.wanted == last;
	Reply reply(complete != none && !talk_.wrong && talk_.bad.empty());

	reply.with("tunnel", tunnel.name()).with("complete", complete).with("sent", sent).with("wrong", talk_.wrong)
		.with("bad", joined({talk_.bad.begin(), talk_.bad.end()})).with("port-seen", tunnel.seen.port)
		.with("id", tunnel.ids[0][0]).with("id-seen", tunnel.ids[1][0]);
	talk_ = {};
	return reply;
}

Reply World::data(const Line &line)
{
	const std::string expect = line.option("expect", "right");
	const auto count = line.number("count", 1), size = line.number("size", 0);
	const Milliseconds quiet(line.number("quiet-ms", expect == "right" ? 2000 : 300));
	const auto tunnels = tunnels_named(line.word(1, "tunnel"));
	std::size_t since_pump = 0;
	std::vector<Stream *> used;

	const auto each = [&](auto what) {
		for (Tunnel *tunnel : tunnels)
			for (std::size_t session : sessions_from(line, *tunnel))
				for (Side from : sides_from(line))
					what(*tunnel, session, from);
	};

	each([&](Tunnel &tunnel, std::size_t session, Side from) {
		used.push_back(&tunnel.sessions.at(session).streams[index(from)]);
		used.back()->rearm();
	});
	for (std::size_t round = 0; round < count; round++)
		each([&](Tunnel &tunnel, std::size_t session, Side from) {
			// The server's answers need to know where the host is.
			if (from == Side::server && !tunnel.seen.address)
				reactor_.wait([&] { return tunnel.seen.address != 0; }, quiet);
			tunnel.send_data(session, from, size);
			if (++since_pump % 16 == 0)
				reactor_.pump();
		});

	const auto total = [&](auto member) {
		std::size_t n = 0;

		for (const Stream *stream : used)
			n += stream->*member;
		return n;
	};
	const std::size_t sent = used.size() * count;

	// Given up when nothing more has come for a while.
	for (std::size_t before = sent + 1, now = total(&Stream::right); before != now && now < sent;) {
		before = total(&Stream::right);
		reactor_.wait([&] { return total(&Stream::right) != before; }, quiet);
		now = total(&Stream::right);
	}
	reactor_.pump();

	const auto right = total(&Stream::right), wrong = total(&Stream::wrong), bad = total(&Stream::bad),
		   repeated = total(&Stream::repeated);
	const bool ok = expect == "any" ||
			(!wrong && !bad && !repeated && right == (expect == "none" ? 0 : sent));
	Reply reply(ok);

	reply.with("sent", sent).with("right", right).with("wrong", wrong).with("bad", bad)
		.with("repeated", repeated).with("missing", sent - right);
	if (bad)
		for (const Tunnel *tunnel : tunnels)
			if (!tunnel->last_fault.empty())
				reply.with(tunnel->name(), tunnel->last_fault);
	return reply;
}

Reply World::forge(const Line &line)
{
	Host &from = host_named(line.word(1, "host"));
	const Address source = parse_address(line.option("source")), to = parse_address(line.option("to"));
	const Style style = style_from(line);
	const auto count = line.number("count", 1), step = line.number("step", 1);
	const auto tunnel = line.number("tunnel", 0), session = line.number("session", 0),
		   assigned = line.number("assigned", 0);

	return forge_packets(reactor_, hosts_, count, Milliseconds(line.number("quiet-ms", 100)),
			     [](Host &host) -> auto & { return host.counts.forged; }, [&](std::size_t n) {
		const auto id = [&](std::size_t first) {
			return static_cast<std::uint32_t>(first ? first + n * step : 0) &
			       (style.version == 3 ? 0xffffffffu : 0xffffu);
		};
		const Bytes l2tp = line.has("type")
			? build_forged(type_from(line.option("type")), style, id(tunnel),
				       {static_cast<std::uint32_t>(assigned), id(session)})
			: build_data({false, style.version, id(tunnel), id(session)}, style.over, 0, {},
				     forged_content());

		if (style.over == Transport::ip)
			from.ip().send(source, to, l2tp);
		else
			from.udp().send(source, to, build_udp(source, to, port_from(line, "sport", l2tp_port),
							      port_from(line, "port", l2tp_port), true, l2tp));
	});
}

Reply World::inject(const Line &line)
{
	Host &from = host_named(line.word(1, "host"));
	const Address source = parse_address(line.option("source")), to = parse_address(line.option("to"));
	auto expected = list_in(line.option("expect"));
	std::mt19937 random(static_cast<std::mt19937::result_type>(line.number("seed", 1)));

	injected_ = {from_hex(line.option("hex")), {}};
	for (auto n = line.number("random", 0); n; n--)
		injected_.bytes.push_back(static_cast<std::uint8_t>(random()));
	if (transport_from(line.option("over", "udp")) == Transport::ip)
		from.ip().send(source, to, injected_.bytes);
	else
		from.udp().send(source, to, build_udp(source, to, port_from(line, "sport", l2tp_port),
						      port_from(line, "port", l2tp_port), true, injected_.bytes));
	reactor_.wait([&] { return !expected.empty() && injected_.at.size() >= expected.size(); },
		      Milliseconds(line.number("quiet-ms", expected.empty() ? 100 : 1000)));

	const auto at = std::exchange(injected_, {}).at;

	return Reply(!line.has("expect") || at == expected).with("at", joined(at));
}

Reply World::icmp(const Line &line)
{
	Tunnel &tunnel = tunnel_named(line.word(1, "tunnel"));
	const Side from = side_from(line.option("from")), to = other(from);
	const Last &last = line.flag("control")
		? tunnel.control[index(to)]
		: tunnel.sessions.at(sessions_from(line, tunnel).front()).streams[index(to)].last;
	const std::string via = line.option("via");
	const bool none = line.option("expect") == "none";
	const auto type = static_cast<std::uint8_t>(line.number("type", 3));
	const auto code = static_cast<std::uint8_t>(line.number("code", 4));
	const auto mtu = static_cast<std::uint16_t>(line.number("mtu", 1400));

	if (last.came.empty())
		throw std::runtime_error("no packet to answer");

	Bytes quote = last.came;

	quote.resize(std::min(line.number("quote", ip_header + 8), quote.size()));

	const Bytes error = build_icmp_error(type, code, mtu, quote);

	icmp_.clear();
	if (!tunnel.end(from).icmp().send(via.empty() ? tunnel.source(from) : parse_address(via),
					  tunnel.target(from), error))
		checked(-1, "send");
	reactor_.wait([&] { return !icmp_.empty(); }, Milliseconds(line.number("quiet-ms", none ? 200 : 2000)));
	reactor_.pump();
	if (icmp_.empty())
		return Reply(none).with("received", 0);

	const Icmp &got = icmp_.front();
	const bool right_host = got.at == &tunnel.end(to);
	const bool addresses = got.error.source == tunnel.source(to) &&
			       got.error.destination == tunnel.target(to);
	// As its sender sent it.  Where a router has changed id or port, the host
	// quotes what it has got, and all that a server finds again is its own port.
	const bool changed = to == Side::server &&
			     (tunnel.manners.data_to || tunnel.ids[0][0] != tunnel.ids[1][0]);
	const std::size_t compared = std::min<std::size_t>(changed ? 2 : got.quote.size(), got.quote.size());
	const bool same = compared <= last.sent.size() &&
			  std::equal(last.sent.begin(), last.sent.begin() + static_cast<std::ptrdiff_t>(compared),
				     got.quote.begin());
	const bool rest = got.error.type == type && got.error.code == code && got.error.mtu == mtu &&
			  got.error.intact;

	return Reply(!none && right_host && addresses && same && rest && icmp_.size() == 1)
		.with("received", icmp_.size()).with("at", got.at->name()).with("right-host", right_host)
		.with("right-addresses", addresses).with("right-quote", same).with("right-rest", rest);
}

Reply World::show(const Line &line)
{
	const std::string &name = line.word(1, "host or tunnel");

	if (const auto found = hosts_.find(name); found != hosts_.end()) {
		const Host::Counts &counts = found->second->counts;

		return Reply().with("right", counts.right).with("wrong", counts.wrong).with("bad", counts.bad)
			.with("repeated", counts.repeated).with("refused", counts.refused)
			.with("forged", counts.forged).with("icmp", counts.icmp);
	}

	const Tunnel &tunnel = tunnel_named(name);
	Reply reply;

	reply.with("address-seen", text(tunnel.seen.address)).with("port-seen", tunnel.seen.port)
		.with("id", tunnel.ids[0][0]).with("id-seen", tunnel.ids[1][0])
		.with("server-id", tunnel.ids[1][1]).with("sessions", tunnel.sessions.size());
	if (!tunnel.sessions.empty()) {
		const Session &session = tunnel.sessions.at(sessions_from(line, tunnel).front());

		reply.with("session-id", session.ids[0][0]).with("session-id-seen", session.ids[1][0])
			.with("server-session-id", session.ids[1][1]);
	}
	return reply;
}

Reply World::listen(const Line &line)
{
	events_ = std::make_unique<Events>(reactor_, Namespace(line.word(1, "namespace")));
	return Reply();
}

Reply World::heard(const Line &line)
{
	if (!events_)
		throw std::runtime_error("nobody listens");

	const auto all = [&] {
		for (std::size_t n = 0; n < events_->counts.size(); n++)
			if (events_->counts[n] < line.number(Events::names[n], 0))
				return false;
		return true;
	};
	Reply reply(reactor_.wait(all, Milliseconds(line.number("quiet-ms", 2000))));

	reactor_.pump();
	for (std::size_t n = 0; n < events_->counts.size(); n++)
		reply.with(Events::names[n], events_->counts[n]);
	return reply;
}

Host &World::host_named(const std::string &name)
{
	const auto found = hosts_.find(name);

	if (found == hosts_.end())
		throw std::invalid_argument("no host is called " + name);
	return *found->second;
}

Tunnel &World::tunnel_named(const std::string &name)
{
	const auto found = tunnel_names_.find(name);

	if (found == tunnel_names_.end())
		throw std::invalid_argument("no tunnel is called " + name);
	return *found->second;
}

std::vector<Tunnel *> World::tunnels_named(const std::string &names)
{
	std::vector<Tunnel *> chosen;

	for (const std::string &name : list_in(names))
		chosen.push_back(&tunnel_named(name));
	return chosen;
}

void World::got_udp(Host &at, const IpPacket &ip)
{
	if (const auto udp = parse_udp(ip))
		got_l2tp(at, {Transport::udp, ip.source, ip.destination, udp->source_port, udp->port,
			      udp->summed, !udp->summed || udp->intact, udp->payload, ip.whole});
}

void World::got_ip(Host &at, const IpPacket &ip)
{
	got_l2tp(at, {Transport::ip, ip.source, ip.destination, 0, 0, false, true, ip.payload, ip.whole});
}

void World::got_l2tp(Host &at, const Arrival &arrival)
{
	if (got_injected(at, arrival.l2tp))
		return;

	const auto l2tp = parse_l2tp(arrival.l2tp, arrival.over);

	if (!l2tp)
		return;
	if (l2tp->header.control ? is_forged(l2tp->body) : is_forged_content(l2tp->body)) {
		at.counts.forged++;
	} else if (!l2tp->header.control) {
		if (const auto content = content_in(l2tp->body); content && content->tunnel < tunnels_.size()) {
			Tunnel &tunnel = *tunnels_[content->tunnel];

			if (content->from == Side::host && tunnel.manners.strict &&
			    arrival.source_port != l2tp_port)
				at.counts.refused++;
			else
				tunnel.receive_data(at, arrival, l2tp->header, *content);
		}
	} else if (l2tp->body.empty()) {
		got_zlb(at, arrival, l2tp->header);
	} else if (const auto tag = tag_in(l2tp->body)) {
		got_message(at, arrival, *l2tp, *tag);
	}
}

void World::got_zlb(Host &at, const Arrival &arrival, const Header &header)
{
	const auto sent = talk_.messages.find(talk_.wanted);

	// It has nothing but its numbers to tell whose it is.
	if (sent != talk_.messages.end() && sent->second.type == Type::zlb && sent->second.ns == header.ns &&
	    sent->second.nr == header.nr)
		got_wanted(at, arrival, {});
}

void World::got_message(Host &at, const Arrival &arrival, const L2tp &l2tp, const Tag &tag)
{
	if (!talk_.tunnel || tag.talk != talk_.number)
		return;
	if (talk_.wanted == tag.part && talk_.messages.contains(tag.part))
		got_wanted(at, arrival, l2tp.body);
}

void World::got_wanted(Host &at, const Arrival &arrival, View avps)
{
	Tunnel &tunnel = *talk_.tunnel;
	const Message &message = talk_.messages.at(talk_.wanted);
	const Side to = other(message.from);
	const bool begins = message.type == Type::sccrq;

	if (&at != &tunnel.end(to)) {
		talk_.wrong++;
		return;
	}
	if (to == Side::server && tunnel.manners.strict && arrival.source_port != l2tp_port) {
		at.counts.refused++;
		return;
	}
	if (talk_.lose == talk_.wanted) {
		talk_.lose.reset();
		return;
	}
	if (begins)
		tunnel.seen = {arrival.source, arrival.source_port};

	std::string why = tunnel.fault(to, arrival, begins);

	learn(message, avps);

	// What must have come: the same message in the words of who got it.
	Message expected = message;
	const Session *session = talk_.session ? &tunnel.sessions.at(*talk_.session) : nullptr;
	const Ids known = tunnel.known(to, session);

	for (Side side : sides) {
		const std::size_t s = index(side);

		if (message.ids.tunnel[s])
			expected.ids.tunnel[s] = known.tunnel[s];
		if (message.ids.session[s])
			expected.ids.session[s] = known.session[s];
	}
	if (why.empty()) {
		const Bytes bytes = build(expected, tunnel.style);

		if (!std::equal(bytes.begin(), bytes.end(), arrival.l2tp.begin(), arrival.l2tp.end()))
			why = "bytes";
	}
	if (!why.empty())
		talk_.bad.insert(std::to_string(talk_.wanted) + ":" + why);
	tunnel.control[index(message.from)].came.assign(arrival.whole.begin(), arrival.whole.end());
	talk_.wanted++;
}

// The receiver takes the ids as it reads them, or knows the secret.
void World::learn(const Message &message, View avps)
{
	Tunnel &tunnel = *talk_.tunnel;
	const std::size_t to = index(other(message.from)), from = index(message.from);
	const Assigned assigned = assigned_in(avps);

	switch (message.type) {
	case Type::sccrq:
	case Type::sccrp:
		tunnel.ids[to][from] = tunnel.style.hidden_tunnel ? message.ids.tunnel[from] : assigned.tunnel;
		break;
	case Type::icrq:
	case Type::icrp:
	case Type::ocrq:
	case Type::ocrp:
		tunnel.sessions.at(*talk_.session).ids[to][from] =
			tunnel.style.hidden_session ? message.ids.session[from] : assigned.session;
		break;
	default:
		break;
	}
}

bool World::got_injected(const Host &at, View bytes)
{
	if (injected_.bytes.empty() || !std::equal(bytes.begin(), bytes.end(),
						   injected_.bytes.begin(), injected_.bytes.end()))
		return false;
	injected_.at.push_back(at.name());
	return true;
}

void World::got_icmp(Host &at, const IpPacket &ip)
{
	IcmpError error;

	if (!parse_icmp_error(ip.payload, error) ||
	    (error.protocol != IPPROTO_UDP && error.protocol != l2tp_protocol))
		return;
	at.counts.icmp++;
	icmp_.push_back({&at, error, Bytes(error.quote.begin(), error.quote.end())});
	icmp_.back().error.quote = {};
}
