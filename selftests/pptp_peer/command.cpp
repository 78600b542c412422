// SPDX-License-Identifier: GPL-2.0
#include "command.hpp"

#include <fstream>
#include <random>
#include <set>
#include <tuple>

#include "forged.hpp"

namespace {

Role role(const std::string &text)
{
	for (Role r : {Role::pns, Role::pac})
		if (text == name(r))
			return r;
	throw std::invalid_argument("neither pns nor pac: " + text);
}

Bytes contents(const std::string &path)
{
	std::ifstream in(path, std::ios::binary);

	if (!in)
		throw std::runtime_error("cannot read " + path);
	return Bytes(std::istreambuf_iterator<char>(in), {});
}

Mode mode_from(const Line &line)
{
	if (line.flag("all"))
		return {Mode::How::all};
	for (auto [name, how] : {std::pair{"split", Mode::How::split}, {"chunk", Mode::How::chunk}})
		if (const auto at = line.number(name, 0))
			return {how, at};
	return {};
}

// The calls that "call=3", "call=3-9" or, by default, all that are up, mean.
std::vector<std::size_t> calls_from(const Line &line, Link &link)
{
	const std::string range = line.option("call");
	const std::size_t every = std::max<std::size_t>(line.number("every", 1), 1);
	std::size_t first = 0, last = link.calls().size();
	std::vector<std::size_t> chosen;

	if (!range.empty()) {
		const auto dash = range.find('-');

		first = number_in(range.substr(0, dash));
		last = std::min(last, 1 + (dash == range.npos ? first : number_in(range.substr(dash + 1))));
	}
	for (std::size_t n = first; n < last; n += every)
		if (!range.empty() || link.calls()[n].up)
			chosen.push_back(n);
	return chosen;
}

// Damages a well-formed message the way a broken or hostile peer would.
Bytes mutated(std::mt19937 &random)
{
	const auto pick = [&](std::size_t n) { return random() % n; };
	Bytes m = build(kinds()[pick(kinds().size())], static_cast<std::uint8_t>(random()));

	switch (pick(7)) {
	case 0: // a length that is not the type's, the bytes following it
		m.resize(12 + pick(300));
		put16(m, 0, static_cast<std::uint16_t>(m.size()));
		break;
	case 1: // a length that lies
		put16(m, 0, static_cast<std::uint16_t>(random()));
		break;
	case 2: // no magic
		put32(m, 4, static_cast<std::uint32_t>(random()));
		break;
	case 3: // a type that does not exist
		put16(m, 8, static_cast<std::uint16_t>(random()));
		break;
	case 4: // a management message
		put16(m, 2, static_cast<std::uint16_t>(random()));
		break;
	case 5: // cut off
		m.resize(1 + pick(m.size()));
		break;
	default: // a flipped byte anywhere
		m[pick(m.size())] ^= static_cast<std::uint8_t>(1 + pick(255));
		break;
	}
	return m;
}

} // namespace

const Command<World> World::commands[] = {
	{"host", "NAME [ns=NETNS]", "a host in a network namespace (default: its name; - is here)", &World::host},
	{"link", "LINK dial=HOST accept=HOST to=ADDR [pns=dial|accept] [port=1723] [listen=1723] [from=ADDR] [sport=N] [bare]",
	 "open a control connection; bare: without start-request and -reply", &World::link},
	{"mode", "LINK END|both whole|all|split=N|chunk=N", "how an end cuts its messages into segments", &World::mode},
	{"calls", "LINK count=N [pns=ID] [pac=ID] [incoming] [batch=N] [gre-first] [result=N] [steps=N]",
	 "set up calls, Call IDs counting up from the ones given", &World::calls},
	{"send", "LINK MESSAGE call=N [from=END] [result=N]", "send one control message", &World::send},
	{"clear", "LINK call=N [from=pns|pac]", "end a call", &World::clear},
	{"inject", "LINK from=END hex=BYTES | file=PATH | type=MESSAGE id=N [peer-id=N] | mutated=N [seed=N] | random=N [seed=N]",
	 "send bytes that are compared as they are", &World::inject},
	{"gre", "LINK|all [call=N[-N]] [every=N] [rounds=N] [from=END] [size=N] [expect=none]",
	 "send numbered data packets (both ways) and count them in", &World::gre},
	{"forge", "HOST source=ADDR to=ADDR [id=N] [step=N] [count=N] [seq=N] [quiet-ms=N]",
	 "GRE of nobody's, as an attacker sends it", &World::forge},
	{"icmp", "LINK call=N from=END [via=ADDR] [type=3] [code=4] [mtu=N]",
	 "answer the last data packet that END got with an ICMP error", &World::icmp},
	{"show", "LINK call=N", "the Call IDs of a call", &World::show},
	{"ids", "HOST", "are the Call IDs that HOST was told distinct, between any two addresses", &World::ids},
	{"close", "LINK [how=stop|plain|reset] [from=END]", "end a control connection", &World::close},
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
	limit_ = Milliseconds(line.number("timeout", 20) * 1000);
}

Reply World::host(const Line &line)
{
	const std::string &name = line.word(1, "host");

	hosts_[name] = std::make_unique<Host>(
		reactor_, name, line.option("ns", name),
		[this](Host &at, const IpPacket &ip) { got_gre(at, ip); },
		[this](Host &at, const IpPacket &ip) { got_icmp(at, ip); });
	return Reply().with("host", name);
}

Reply World::link(const Line &line)
{
	const std::string &name = line.word(1, "link");
	const std::string from = line.option("from");
	const Link::Path path{
		&host_named(line.option("dial")), &host_named(line.option("accept")),
		parse_address(line.option("to")), from.empty() ? 0 : parse_address(from),
		static_cast<std::uint16_t>(line.number("port", 1723)),
		static_cast<std::uint16_t>(line.number("listen", 1723)),
		static_cast<std::uint16_t>(line.number("sport", 0)),
		line.option("pns", "dial") == "dial" ? Role::pns : Role::pac,
	};

	if (link_numbers_.contains(name))
		throw std::invalid_argument("there is a link of that name");

	auto fresh = std::make_unique<Link>(reactor_, static_cast<std::uint32_t>(links_.size()), path, limit_);
	bool arrived = true;

	if (!line.flag("bare")) {
		fresh->queue(path.dial_role, kind("start-request"), 0);
		arrived = fresh->settle(limit_);
		fresh->queue(other(path.dial_role), kind("start-reply"), 0);
		arrived = arrived && fresh->settle(limit_);
	}

	Reply reply = verdict(*fresh, arrived, {});

	reply.with("pns-local", text(fresh->local(Role::pns))).with("pns-seen", text(fresh->peer(Role::pac)));
	reply.with("pac-local", text(fresh->local(Role::pac))).with("pac-seen", text(fresh->peer(Role::pns)));
	link_numbers_[name] = links_.size();
	links_.push_back(std::move(fresh));
	return reply;
}

Reply World::mode(const Line &line)
{
	const std::string &end = line.word(2, "end");

	for (Link *link : links_named(line.word(1, "link")))
		for (Role r : {Role::pns, Role::pac})
			if (end == "both" || r == role(end))
				link->set_mode(r, mode_from(line));
	return Reply();
}

Reply World::calls(const Line &line)
{
	Link &link = link_named(line.word(1, "link"));
	const Faults before = link.faults();
	const std::size_t first = link.calls().size(), count = line.number("count", 1);
	const std::size_t batch = std::max<std::size_t>(line.number("batch", count), 1);
	const std::size_t steps = line.number("steps", 3);
	const auto result = static_cast<std::uint8_t>(line.number("result", 1));
	const auto pns = line.number("pns", first), pac = line.number("pac", first + 10000);
	std::vector<const Kind *> talk{&kind("outgoing-call-request"), &kind("outgoing-call-reply")};
	bool arrived = true;

	if (line.flag("incoming"))
		talk = {&kind("incoming-call-request"), &kind("incoming-call-reply"),
			&kind("incoming-call-connected")};
	if (result != 1)
		talk.resize(2);

	const bool complete = steps >= talk.size() && result == 1;

	talk.resize(std::min(steps, talk.size()));
	link.traffic() = {};
	for (std::size_t n = 0; n < count; n++) {
		Call call;

		call.own = {static_cast<std::uint16_t>(pns + n), static_cast<std::uint16_t>(pac + n)};
		link.calls().push_back(call);
	}
	for (std::size_t start = first; start < first + count && arrived; start += batch) {
		const std::size_t end = std::min(start + batch, first + count);

		for (const Kind *message : talk) {
			for (std::size_t n = start; n < end; n++) {
				if (line.flag("gre-first") && message->type == 8)
					link.send_gre(n, Role::pac, 0);
				link.queue(*message->sender, *message, n, result);
			}
			arrived = arrived && link.settle(limit_);
		}
	}

	Reply reply = verdict(link, arrived, before);

	for (std::size_t n = first; n < first + count; n++)
		link.calls()[n].up = reply.ok() && complete;
	reply.with("calls", count);
	if (line.flag("gre-first"))
		reply.with("early-sent", link.traffic().sent).with("early-received", link.traffic().received);
	return reply;
}

Reply World::send(const Line &line)
{
	Link &link = link_named(line.word(1, "link"));
	const Kind &message = kind(line.word(2, "message"));
	const Faults before = link.faults();
	const Role from = message.sender ? *message.sender : role(line.option("from", "pns"));

	link.queue(from, message, line.number("call", 0), static_cast<std::uint8_t>(line.number("result", 1)));
	return verdict(link, link.settle(limit_), before);
}

Reply World::clear(const Line &line)
{
	Link &link = link_named(line.word(1, "link"));
	const Faults before = link.faults();
	bool arrived = true;

	for (std::size_t n : calls_from(line, link)) {
		if (role(line.option("from", "pns")) == Role::pns) {
			link.queue(Role::pns, kind("call-clear-request"), n);
			arrived = arrived && link.settle(limit_);
		}
		link.queue(Role::pac, kind("call-disconnect-notify"), n);
		arrived = arrived && link.settle(limit_);
		link.calls()[n].up = false;
	}
	return verdict(link, arrived, before);
}

Reply World::inject(const Line &line)
{
	Link &link = link_named(line.word(1, "link"));
	const Faults before = link.faults();
	const std::size_t rewritten = link.rewritten();
	const Role from = role(line.option("from"));
	std::mt19937 random(static_cast<std::mt19937::result_type>(line.number("seed", 1)));

	if (const auto hex = line.option("hex"); !hex.empty())
		link.queue(from, from_hex(hex));
	if (const auto path = line.option("file"); !path.empty())
		link.queue(from, contents(path));
	if (const auto type = line.option("type"); !type.empty()) {
		const Kind &message = kind(type);
		Bytes bytes = build(message, 0);

		if (message.ids[0])
			put16(bytes, message.ids[0]->offset, static_cast<std::uint16_t>(line.number("id", 0)));
		if (message.ids[1])
			put16(bytes, message.ids[1]->offset, static_cast<std::uint16_t>(line.number("peer-id", 0)));
		link.queue(from, std::move(bytes));
	}
	for (std::size_t n = line.number("mutated", 0); n; n--)
		link.queue(from, mutated(random));
	if (const auto size = line.number("random", 0)) {
		Bytes noise(size);

		std::generate(noise.begin(), noise.end(), [&] { return static_cast<std::uint8_t>(random()); });
		link.queue(from, std::move(noise));
	}

	const bool arrived = link.settle(limit_);

	return verdict(link, arrived, before).with("rewritten", link.rewritten() - rewritten);
}

Reply World::gre(const Line &line)
{
	const auto links = links_named(line.word(1, "link"));
	const bool none = line.option("expect") == "none";
	const std::string from = line.option("from", "both");
	const Milliseconds quiet(line.number("quiet-ms", none ? 500 : 1500));
	std::size_t since_pump = 0, used = 0, broken = 0;
	Traffic sum;

	for (Link *link : links) {
		link->traffic() = {};
		for (Call &call : link->calls())
			call.received = {};
	}
	for (std::size_t round = 0; round < line.number("rounds", 1); round++) {
		for (Link *link : links) {
			for (std::size_t n : calls_from(line, *link)) {
				for (Role r : {Role::pns, Role::pac})
					if (from == "both" || r == role(from))
						used += link->send_gre(n, r, line.number("size", 0));
				if (++since_pump % 16 == 0)
					reactor_.pump();
			}
		}
	}

	const auto total = [&](auto member) {
		std::size_t n = 0;

		for (Link *link : links)
			n += link->traffic().*member;
		return n;
	};

	// Given up when nothing more has come for a while.
	std::size_t before;

	do {
		before = total(&Traffic::received);
		reactor_.wait([&] { return total(&Traffic::received) != before; },
			      before < used ? quiet : Milliseconds(0));
	} while (total(&Traffic::received) != before);
	for (auto member : {&Traffic::sent, &Traffic::received, &Traffic::refused, &Traffic::wrong_id,
			    &Traffic::wrong_host, &Traffic::wrong_address, &Traffic::repeated})
		sum.*member = total(member);
	for (Link *link : links)
		for (std::size_t n : calls_from(line, *link))
			for (Role r : {Role::pns, Role::pac})
				if ((from == "both" || r == role(from)) &&
				    link->calls()[n].received[index(r)] < line.number("rounds", 1)) {
					broken++;
					break;
				}

	const bool clean = !sum.wrong_id && !sum.wrong_host && !sum.wrong_address && !sum.repeated;

	return Reply(clean && used && sum.received == (none ? 0 : sum.sent))
		.with("sent", sum.sent).with("received", sum.received)
		.with("missing", sum.sent - sum.received).with("wrong-id", sum.wrong_id)
		.with("wrong-host", sum.wrong_host).with("wrong-address", sum.wrong_address)
		.with("repeated", sum.repeated).with("refused", sum.refused)
		.with("broken-calls", broken);
}

Reply World::forge(const Line &line)
{
	Host &from = host_named(line.word(1, "host"));
	const Address source = parse_address(line.option("source")), to = parse_address(line.option("to"));
	const auto id = line.number("id", 0), step = line.number("step", 1), count = line.number("count", 1);
	const auto sequence = static_cast<std::uint32_t>(line.number("seq", 0));

	return forge_packets(reactor_, hosts_, count, Milliseconds(line.number("quiet-ms", 100)),
			     [](Host &host) -> auto & { return host.forged; }, [&](std::size_t n) {
		from.send_gre(source, to, build_forged(static_cast<std::uint16_t>(id + n * step), sequence));
	});
}

Reply World::icmp(const Line &line)
{
	Link &link = link_named(line.word(1, "link"));
	const Role from = role(line.option("from")), to = other(from);
	const Call &call = link.calls().at(line.number("call", 0));
	const auto &last = call.last[index(to)];
	const auto type = static_cast<std::uint8_t>(line.number("type", 3));
	const auto code = static_cast<std::uint8_t>(line.number("code", 4));
	const auto mtu = static_cast<std::uint16_t>(line.number("mtu", 1400));
	const std::string via = line.option("via");

	if (!last[0])
		throw std::runtime_error("no data packet to answer");
	icmp_.clear();
	if (!link.host(from).send_icmp(
		    via.empty() ? link.local(from) : parse_address(via), link.peer(from),
		    build_icmp_error(type, code, mtu, last)))
		checked(-1, "send");
	reactor_.wait([&] { return !icmp_.empty(); }, Milliseconds(line.number("quiet-ms", 2000)));
	if (icmp_.empty())
		return Reply(false).with("received", 0);

	const Icmp &got = icmp_.front();
	const bool right_host = got.at == &link.host(to);
	const bool addresses = got.source == link.local(to) && got.destination == link.peer(to);
	const bool id = got.quote.call_id == call.seen[index(from)];
	const bool rest = got.type == type && got.code == code && got.mtu == mtu && got.intact &&
			  got.quote.sequence + 1 == call.sent[index(to)];

	return Reply(right_host && addresses && id && rest && icmp_.size() == 1)
		.with("received", icmp_.size()).with("right-host", right_host)
		.with("right-addresses", addresses).with("right-id", id).with("right-rest", rest);
}

Reply World::show(const Line &line)
{
	Link &link = link_named(line.word(1, "link"));
	const Call &call = link.calls().at(line.number("call", 0));

	return Reply().with("pns", call.own[0]).with("pns-seen", call.seen[0])
		.with("pac", call.own[1]).with("pac-seen", call.seen[1])
		.with("up", call.up).with("closed", link.closed(Role::pns) || link.closed(Role::pac));
}

Reply World::ids(const Line &line)
{
	const Host &at = host_named(line.word(1, "host"));
	std::set<std::tuple<Address, Address, std::uint16_t>> distinct;
	std::size_t told = 0;

	for (const auto &link : links_)
		for (Role here : {Role::pns, Role::pac})
			if (&link->host(here) == &at)
				for (const Call &call : link->calls())
					if (call.up) {
						told++;
						distinct.insert({link->local(here), link->peer(here),
								 call.seen[index(other(here))]});
					}
	return Reply(told == distinct.size()).with("told", told).with("distinct", distinct.size());
}

Reply World::close(const Line &line)
{
	const std::string how = line.option("how", "stop");
	const Role from = role(line.option("from", "pns"));
	Reply reply;

	for (Link *link : links_named(line.word(1, "link"))) {
		const Faults before = link->faults();
		bool arrived = true;

		if (link->closed(from))
			continue;
		if (how == "stop") {
			link->queue(from, kind("stop-request"), 0);
			arrived = link->settle(limit_);
			link->queue(other(from), kind("stop-reply"), 0);
			arrived = arrived && link->settle(limit_);
		}
		arrived = link->close(from, how == "reset", limit_) && arrived;
		for (Call &call : link->calls())
			call.up = false;
		reply = verdict(*link, arrived, before);
		if (!reply.ok())
			break;
	}
	return reply;
}

Host &World::host_named(const std::string &name)
{
	const auto found = hosts_.find(name);

	if (found == hosts_.end())
		throw std::invalid_argument("no host is called " + name);
	return *found->second;
}

Link &World::link_named(const std::string &name)
{
	const auto found = link_numbers_.find(name);

	if (found == link_numbers_.end())
		throw std::invalid_argument("no link is called " + name);
	return *links_[found->second];
}

std::vector<Link *> World::links_named(const std::string &name)
{
	std::vector<Link *> all;

	if (name != "all")
		return {&link_named(name)};
	for (const auto &link : links_)
		all.push_back(link.get());
	return all;
}

Reply World::verdict(Link &link, bool arrived, const Faults &before)
{
	const std::size_t ids = link.faults().ids - before.ids, bytes = link.faults().bytes - before.bytes;
	Reply reply(arrived && !ids && !bytes);

	reply.with("arrived", arrived).with("wrong-ids", ids).with("changed-bytes", bytes);
	if (ids || bytes)
		reply.with("first", link.faults().first);
	return reply;
}

void World::got_gre(Host &at, const IpPacket &ip)
{
	if (is_forged(ip.payload))
		at.forged++;
	else if (const auto packet = parse_gre(ip.payload); packet && packet->link < links_.size())
		links_[packet->link]->receive_gre(at, ip, *packet);
}

void World::got_icmp(Host &at, const IpPacket &ip)
{
	IcmpError error;

	if (!parse_icmp_error(ip.payload, error) || error.protocol != IPPROTO_GRE)
		return;
	if (const auto quote = parse_quote(error.quote))
		icmp_.push_back({&at, error.type, error.code, error.mtu, error.source,
				 error.destination, *quote, error.intact});
}
