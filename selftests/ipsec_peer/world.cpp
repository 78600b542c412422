// SPDX-License-Identifier: GPL-2.0
#include "world.hpp"

#include <algorithm>

#include "forged.hpp"

namespace {

constexpr std::uint32_t spi_least = 256;	// RFC 4303 section 2.1
constexpr std::size_t ip_header = 20, esp_header = 8;
constexpr Milliseconds ike_patience(150);	// then the last message is sent again

bool has_marker(std::uint16_t port)
{
	return port == natt_port;
}

// The SAs that "sa=3", "sa=all" or, by default, the newest, mean.
std::vector<std::size_t> sas_from(const Line &line, const Tunnel &tunnel)
{
	const std::string which = line.option("sa", "newest");
	std::vector<std::size_t> chosen;

	if (tunnel.sas.empty())
		throw std::invalid_argument("no SA yet");
	if (which == "newest")
		return {tunnel.sas.size() - 1};
	if (which != "all")
		return {number_in(which)};
	for (std::size_t n = 0; n < tunnel.sas.size(); n++)
		chosen.push_back(n);
	return chosen;
}

std::vector<Side> sides_from(const Line &line)
{
	const std::string from = line.option("from", "both");

	return from == "both" ? std::vector<Side>(sides.begin(), sides.end())
			      : std::vector<Side>{side_from(from)};
}

} // namespace

const Command<World> World::commands[] = {
	{"host", "NAME [ns=NETNS] [silent]",
	 "a host or gateway in a network namespace (default: its name; - is here); silent: beside one that hears",
	 &World::host},
	{"tunnel", "NAME host=HOST gw=HOST at=ADDR [seen=ADDR] [udp]",
	 "HOST and the gateway at ADDR, which knows its peer's address from IKE, its first ESP, or seen=",
	 &World::tunnel},
	{"ike", "TUNNEL init|auth|child|info|main|aggressive|quick|info1 [from=host|gw] [port=500|4500] [sport=N] "
		"[reply-port=N] [lose=PART] [before] [new-spis] [expect=none]",
	 "one exchange; the first copy of message PART is lost on its last hop, or before the first one; "
	 "new-spis: it makes another IKE SA", &World::ike},
	{"keepalive", "TUNNEL", "one byte 0xff on port 4500", &World::keepalive},
	{"sa", "TUNNEL [count=N] [out=SPI] [in=SPI]", "a pair of ESP SAs: what the host sends, and what it gets",
	 &World::sa},
	{"esp", "TUNNEL,... [sa=N|all] [from=host|gw|both] [count=N] [size=N] [seq=N] [expect=right|none|any] [quiet-ms=N]",
	 "send packets and count them in", &World::esp},
	{"run", "TUNNEL,... [pattern=closed|ping|stream|oneway] [from=host|gw] [script=STEP,...] [limit-ms=N] "
		"[again-ms=N] [every-ms=N] [streak=N]",
	 "traffic on the newest SAs until all is right; STEP: TUNNEL> or TUNNEL<, with ! for a lost packet",
	 &World::traffic},
	{"forge", "HOST source=ADDR to=ADDR [proto=esp|ike|natt] [exchange=NAME] [sport=N] [port=N] [spi=N] [step=N] "
		  "[count=N] [seq=N] [quiet-ms=N]",
	 "ESP of nobody's, as an attacker sends it, or a message of an IKE exchange", &World::forge},
	{"inject", "HOST source=ADDR to=ADDR proto=esp|ah|ike|natt hex=BYTES | random=N [seed=N] [expect=HOST,...] [quiet-ms=N]",
	 "send a payload and look where it comes out as it is", &World::inject},
	{"icmp", "TUNNEL from=host|gw [sa=N] [via=ADDR] [type=3] [code=4] [mtu=N] [quote=N] [spi=N] [expect=none]",
	 "answer the last ESP packet that the end got with an ICMP error", &World::icmp},
	{"show", "HOST|TUNNEL [sa=N]", "what came to a host; or an SA", &World::show},
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
		Host::Receivers{[this](Host &at, const IpPacket &ip) { got_ip(at, ip); },
				[this](Host &at, const IpPacket &ip) { got_icmp(at, ip); },
				[this](Host &at, const Datagram &d) { got_udp(at, d); }});
	if (!line.flag("silent"))
		hosts_[name]->listen();
	return Reply().with("host", name);
}

Reply World::tunnel(const Line &line)
{
	const std::string &name = line.word(1, "tunnel");
	const Address at = parse_address(line.option("at"));
	Host &inside = host_named(line.option("host"));
	auto fresh = std::make_unique<Tunnel>(
		static_cast<std::uint32_t>(tunnels_.size()), name,
		Tunnel::Path{&inside, &host_named(line.option("gw")), inside.source_to(at), at});

	if (line.has("seen"))
		fresh->seen = {parse_address(line.option("seen")), ike_port};
	fresh->in_udp = line.flag("udp");
	tunnel_names_[name] = fresh.get();
	tunnels_.push_back(std::move(fresh));
	return Reply().with("tunnel", name);
}

void World::begin_talk(const Line &line)
{
	Tunnel &tunnel = tunnel_named(line.word(1, "tunnel"));
	const Side from = side_from(line.option("from", "host"));
	Tunnel::Ike &ike = tunnel.ike;

	talk_ = {&tunnel, &exchange(line.word(2, "exchange")), from, talks_++, 0, {}, 0, {}};
	if (line.has("lose"))
		talk_.lose = static_cast<std::uint32_t>(line.number("lose", 0));
	if (talk_.exchange->first)
		ike = {fresh_ike_spi(), 0, from, {}};
	// Every exchange gets an id; those of IKEv1's first phase are 0.
	if (talk_.exchange->version == 2)
		ike.next_id[index(from)]++;
	else
		ike.next_id[index(from)] = talk_.exchange->first ? 0 : static_cast<std::uint32_t>(random_() | 1);
}

void World::send_part(const Line &line, std::uint32_t part)
{
	Tunnel &tunnel = *talk_.tunnel;
	const Exchange &exchange = *talk_.exchange;
	const Side sender = part % 2 ? other(talk_.from) : talk_.from;
	const auto port = static_cast<std::uint16_t>(line.number("port", ike_port));
	const std::uint32_t id = tunnel.ike.next_id[index(talk_.from)] - (exchange.version == 2);
	std::uint8_t flags = 0;

	if (exchange.version == 2)
		flags = static_cast<std::uint8_t>((sender == tunnel.ike.initiator ? ike_from_initiator : 0) |
						  (part % 2 ? ike_response : 0));
	else if (!exchange.first)
		flags = ike1_encrypted;

	const Bytes message = build(IkeMessage{tunnel.ike.initiator_spi, tunnel.ike.responder_spi, &exchange,
					       flags, id, tunnel.number(), talk_.number, part},
				    has_marker(port));

	if (talk_.lose == part && line.flag("before")) {
		talk_.lose.reset();
		return;
	}
	if (sender == Side::host)
		tunnel.host(sender).udp(static_cast<std::uint16_t>(line.number("sport", port)))
			.send(tunnel.source(sender), tunnel.target(sender), port, message);
	else
		tunnel.host(sender).udp(port).send(
			tunnel.source(sender), tunnel.target(sender),
			static_cast<std::uint16_t>(line.number("reply-port", tunnel.seen.port)), message);
}

Reply World::ike(const Line &line)
{
	begin_talk(line);

	Tunnel &tunnel = *talk_.tunnel;
	const bool none = line.option("expect") == "none";
	const auto end = Clock::now() + (none ? ike_patience : limit_);
	std::size_t sent = 0;

	// Who waits in vain for a message sends again the one before it.
	for (std::uint32_t part = 0; part < talk_.exchange->parts && Clock::now() < end;) {
		send_part(line, talk_.wanted = part);
		sent++;
		if (reactor_.wait([&] { return talk_.wanted > part; }, ike_patience)) {
			if (!tunnel.ike.responder_spi)
				tunnel.ike.responder_spi = fresh_ike_spi();
			part++;
		} else if (part) {
			part--;
		}
	}

	const bool complete = talk_.wanted == talk_.exchange->parts;

	if (complete && line.flag("new-spis"))
		tunnel.ike = {fresh_ike_spi(), fresh_ike_spi(), talk_.from, {}};
	if (complete && has_marker(static_cast<std::uint16_t>(line.number("port", 0))))
		tunnel.in_udp = true;
	return Reply(complete != none && !talk_.wrong)
		.with("complete", complete).with("sent", sent).with("wrong", talk_.wrong)
		.with("port-seen", tunnel.seen.port).with("address-seen", text(tunnel.seen.address));
}

Reply World::keepalive(const Line &line)
{
	Tunnel &tunnel = tunnel_named(line.word(1, "tunnel"));
	const Bytes byte{0xff};

	tunnel.host(Side::host).udp(natt_port).send(tunnel.source(Side::host), tunnel.target(Side::host),
						    natt_port, byte);
	return Reply();
}

Reply World::sa(const Line &line)
{
	Tunnel &tunnel = tunnel_named(line.word(1, "tunnel"));
	const std::size_t first = tunnel.sas.size(), count = line.number("count", 1);

	for (std::size_t n = 0; n < count; n++) {
		Sa pair;

		pair.streams[0].spi = line.has("out") ? static_cast<std::uint32_t>(line.number("out", 0) + n)
						      : fresh_spi();
		pair.streams[1].spi = line.has("in") ? static_cast<std::uint32_t>(line.number("in", 0) + n)
						     : fresh_spi();
		tunnel.sas.push_back(std::move(pair));
	}
	return Reply().with("sa", first).with("out", tunnel.sas[first].streams[0].spi)
		.with("in", tunnel.sas[first].streams[1].spi);
}

Reply World::esp(const Line &line)
{
	const std::string expect = line.option("expect", "right");
	const auto count = line.number("count", 1), size = line.number("size", 0);
	const Milliseconds quiet(line.number("quiet-ms", expect == "right" ? 2000 : 300));
	std::size_t since_pump = 0;
	std::vector<Stream *> used;

	for (Tunnel *tunnel : tunnels_named(line.word(1, "tunnel")))
		for (std::size_t sa : sas_from(line, *tunnel))
			for (Side from : sides_from(line))
				used.push_back(&tunnel->sas.at(sa).streams[index(from)]);
	for (Stream *stream : used) {
		stream->rearm();
		if (line.has("seq"))
			stream->next_sequence = static_cast<std::uint32_t>(line.number("seq", 1));
	}
	for (std::size_t round = 0; round < count; round++)
		for (Tunnel *tunnel : tunnels_named(line.word(1, "tunnel")))
			for (std::size_t sa : sas_from(line, *tunnel))
				for (Side from : sides_from(line)) {
					tunnel->send_esp(sa, from, size);
					if (++since_pump % 16 == 0)
						reactor_.pump();
				}

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

	const auto right = total(&Stream::right), wrong = total(&Stream::wrong),
		   repeated = total(&Stream::repeated);
	const bool ok = expect == "any" ||
			(!wrong && !repeated && right == (expect == "none" ? 0 : sent));

	return Reply(ok).with("sent", sent).with("right", right).with("wrong", wrong)
		.with("repeated", repeated).with("missing", sent - right);
}

Reply World::traffic(const Line &line)
{
	const auto tunnels = tunnels_named(line.word(1, "tunnels"));
	Run run(reactor_, tunnels,
		{pattern_from(line.option("pattern", "closed")), side_from(line.option("from", "host")),
		 Milliseconds(line.number("limit-ms", 6000)), Milliseconds(line.number("again-ms", 200)),
		 Milliseconds(line.number("every-ms", 40)), line.number("streak", 5)},
		list_in(line.option("script")));

	run_ = &run;

	const Run::Outcome outcome = run.go();

	run_ = nullptr;

	Reply reply(outcome.right == tunnels.size());

	reply.with("right", outcome.right).with("of", tunnels.size()).with("wrong", outcome.wrong)
		.with("repeated", outcome.repeated).with("missing", outcome.missing)
		.with("right-ms", outcome.right_ms.count()).with("wrong-ms", outcome.wrong_ms.count());
	if (!outcome.stuck.empty())
		reply.with("stuck", outcome.stuck);
	return reply;
}

Reply World::forge(const Line &line)
{
	Host &from = host_named(line.word(1, "host"));
	const Address source = parse_address(line.option("source")), to = parse_address(line.option("to"));
	const auto count = line.number("count", 1), step = line.number("step", 1);
	const auto spi = line.has("spi") ? line.number("spi", 0) : fresh_spi();
	const auto sequence = line.number("seq", 1);
	const std::string proto = line.option("proto", "esp");
	const bool marker = proto == "natt";
	const auto port = static_cast<std::uint16_t>(line.number("port", marker ? natt_port : ike_port));
	const Exchange &forged = exchange(line.option("exchange", "auth"));

	if (proto != "esp" && proto != "ike" && !marker)
		throw std::invalid_argument("no such protocol: " + proto);

	return forge_packets(reactor_, hosts_, count, Milliseconds(line.number("quiet-ms", 100)),
			     [](Host &host) -> auto & { return host.counts.forged; }, [&](std::size_t n) {
		if (proto == "esp")
			from.esp().send(source, to,
					build_forged(static_cast<std::uint32_t>(spi + n * step),
						     static_cast<std::uint32_t>(sequence + (step ? 0 : n)), 0));
		else
			from.udp(static_cast<std::uint16_t>(line.number("sport", port)))
				.send(source, to, port,
				      build_forged(forged, spi + n * step, marker));
	});
}

Reply World::inject(const Line &line)
{
	Host &from = host_named(line.word(1, "host"));
	const Address source = parse_address(line.option("source")), to = parse_address(line.option("to"));
	const std::string proto = line.option("proto");
	auto expected = list_in(line.option("expect"));
	std::mt19937 random(static_cast<std::mt19937::result_type>(line.number("seed", 1)));

	injected_ = {from_hex(line.option("hex")), {}};
	for (auto n = line.number("random", 0); n; n--)
		injected_.bytes.push_back(static_cast<std::uint8_t>(random()));
	if (proto == "esp")
		from.esp().send(source, to, injected_.bytes);
	else if (proto == "ah")
		from.ah().send(source, to, injected_.bytes);
	else if (proto == "ike" || proto == "natt") {
		const std::uint16_t port = proto == "ike" ? ike_port : natt_port;

		from.udp(port).send(source, to,
				    static_cast<std::uint16_t>(line.number("port", port)), injected_.bytes);
	} else
		throw std::invalid_argument("no such protocol: " + proto);
	reactor_.wait([&] { return !expected.empty() && injected_.at.size() >= expected.size(); },
		      Milliseconds(line.number("quiet-ms", expected.empty() ? 100 : 1000)));

	const auto at = std::exchange(injected_, {}).at;
	std::string names;

	for (const std::string &name : at)
		names += (names.empty() ? "" : ",") + name;
	return Reply(!line.has("expect") || at == expected)
		.with("at", names.empty() ? "none" : names);
}

Reply World::icmp(const Line &line)
{
	Tunnel &tunnel = tunnel_named(line.word(1, "tunnel"));
	const Side from = side_from(line.option("from")), to = other(from);
	const Stream &stream = tunnel.sas.at(sas_from(line, tunnel).front()).streams[index(to)];
	const std::string via = line.option("via");
	const bool none = line.option("expect") == "none";
	const auto type = static_cast<std::uint8_t>(line.number("type", 3));
	const auto code = static_cast<std::uint8_t>(line.number("code", 4));
	const auto mtu = static_cast<std::uint16_t>(line.number("mtu", 1400));

	if (stream.last.empty())
		throw std::runtime_error("no ESP packet to answer");

	Bytes quote = stream.last;

	quote.resize(std::min(line.number("quote", ip_header + esp_header), quote.size()));
	if (line.has("spi"))
		put32(quote, ip_header, static_cast<std::uint32_t>(line.number("spi", 0)));

	const Bytes error = build_icmp_error(type, code, mtu, quote);

	icmp_.clear();
	if (!tunnel.host(from).icmp().send(via.empty() ? tunnel.source(from) : parse_address(via),
					   tunnel.target(from), error))
		checked(-1, "send");
	reactor_.wait([&] { return !icmp_.empty(); }, Milliseconds(line.number("quiet-ms", none ? 200 : 2000)));
	reactor_.pump();
	if (icmp_.empty())
		return Reply(none).with("received", 0);

	const Icmp &got = icmp_.front();
	const bool right_host = got.at == &tunnel.host(to);
	const bool addresses = got.error.source == tunnel.source(to) &&
			       got.error.destination == tunnel.target(to);
	const bool spi = got.quote.size() >= 8 && get32(got.quote, 0) == stream.spi;
	const bool rest = got.error.type == type && got.error.code == code && got.error.mtu == mtu &&
			  got.error.intact;

	return Reply(!none && right_host && addresses && spi && rest && icmp_.size() == 1)
		.with("received", icmp_.size()).with("at", got.at->name()).with("right-host", right_host)
		.with("right-addresses", addresses).with("right-spi", spi).with("right-rest", rest);
}

Reply World::show(const Line &line)
{
	const std::string &name = line.word(1, "host or tunnel");

	if (const auto found = hosts_.find(name); found != hosts_.end()) {
		const Host &host = *found->second;
		Reply reply;

		reply.with("right", host.counts.right).with("wrong", host.counts.wrong)
			.with("repeated", host.counts.repeated)
			.with("forged", host.counts.forged).with("icmp", host.counts.icmp);
		if (host.counts.wrong)
			reply.with("last-wrong-ms-ago", std::chrono::duration_cast<Milliseconds>(
								Clock::now() - host.last_wrong).count());
		return reply;
	}

	const Tunnel &tunnel = tunnel_named(name);
	Reply reply;

	reply.with("address-seen", text(tunnel.seen.address)).with("port-seen", tunnel.seen.port);
	if (!tunnel.sas.empty()) {
		const Sa &sa = tunnel.sas.at(sas_from(line, tunnel).front());

		reply.with("sas", tunnel.sas.size())
			.with("out", sa.streams[0].spi).with("in", sa.streams[1].spi);
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

std::uint32_t World::fresh_spi()
{
	for (;;) {
		const auto spi = static_cast<std::uint32_t>(random_());

		if (spi >= spi_least && spis_.insert(spi).second)
			return spi;
	}
}

std::uint64_t World::fresh_ike_spi()
{
	return random_() | 1;
}

void World::got_ip(Host &at, const IpPacket &ip)
{
	if (!got_injected(at, ip.payload))
		got_esp(at, ip.source, ip.payload, ip.whole);
}

void World::got_udp(Host &at, const Datagram &datagram)
{
	if (got_injected(at, datagram.payload))
		return;
	if (is_forged_ike(datagram.payload, has_marker(datagram.port)))
		at.counts.forged++;
	else if (const auto arrival = parse_ike(datagram.payload, has_marker(datagram.port)))
		got_ike(at, datagram, *arrival);
	else if (datagram.port == natt_port)
		got_esp(at, datagram.source, datagram.payload, {});
}

void World::got_ike(Host &at, const Datagram &datagram, const IkeArrival &arrival)
{
	if (arrival.tunnel >= tunnels_.size())
		return;

	Tunnel &tunnel = *tunnels_[arrival.tunnel];

	if (&tunnel != talk_.tunnel || arrival.talk != talk_.number)
		return;

	const Side sender = arrival.part % 2 ? other(talk_.from) : talk_.from;

	if (&at != &tunnel.host(other(sender))) {
		talk_.wrong++;
		return;
	}
	if (sender == Side::host)
		tunnel.seen = {datagram.source, datagram.source_port};
	if (arrival.part != talk_.wanted)
		return;
	if (talk_.lose == arrival.part)
		talk_.lose.reset();
	else
		talk_.wanted = arrival.part + 1;
}

void World::got_esp(Host &at, Address source, View esp, View whole)
{
	if (is_forged(esp)) {
		at.counts.forged++;
		return;
	}

	const auto packet = parse_esp(esp);

	if (!packet || packet->tunnel >= tunnels_.size())
		return;

	Tunnel &tunnel = *tunnels_[packet->tunnel];

	if (tunnel.receive_esp(at, source, *packet, whole) && run_)
		run_->arrived(tunnel, *packet);
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

	if (!parse_icmp_error(ip.payload, error) || error.protocol != IPPROTO_ESP)
		return;
	at.counts.icmp++;
	icmp_.push_back({&at, error, Bytes(error.quote.begin(), error.quote.end())});
	icmp_.back().error.quote = {};
}
