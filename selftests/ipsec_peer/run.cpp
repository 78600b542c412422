// SPDX-License-Identifier: GPL-2.0
#include "run.hpp"

#include <algorithm>
#include <stdexcept>

namespace {

constexpr Milliseconds next_after(10);		// an answer, until the next packet
constexpr Milliseconds answer_after(2);
constexpr Milliseconds again_most(1600);
constexpr Milliseconds step_wait(20);		// for a packet of the script to arrive
constexpr Milliseconds nap(20);			// while nobody has to send

Milliseconds since(Clock::time_point start, Clock::time_point end)
{
	return std::chrono::duration_cast<Milliseconds>(end - start);
}

} // namespace

Pattern pattern_from(const std::string &text)
{
	for (auto [name, pattern] : {std::pair{"closed", Pattern::closed}, {"ping", Pattern::ping},
				     {"stream", Pattern::stream}, {"oneway", Pattern::oneway}})
		if (text == name)
			return pattern;
	throw std::invalid_argument("no such pattern: " + text);
}

Run::Run(Reactor &reactor, std::vector<Tunnel *> tunnels, const Settings &settings,
	 const std::vector<std::string> &script)
	: reactor_(reactor), settings_(settings)
{
	for (Tunnel *tunnel : tunnels) {
		flows_.push_back({tunnel, {}, settings.again});
		for (Stream &stream : tunnel->sas.back().streams)
			stream.rearm();
	}
	for (const std::string &text : script) {
		script_.push_back(step_from(text));

		End &end = flows_[script_.back().flow].ends[index(script_.back().side)];

		end.scripted = end.waits = true;
	}
}

Run::Step Run::step_from(const std::string &text) const
{
	const bool lost = text.ends_with('!');
	const std::size_t length = text.size() - lost;
	const std::string name = text.substr(0, length - 1);
	const auto flow = std::find_if(flows_.begin(), flows_.end(),
				       [&](const Flow &f) { return f.tunnel->name() == name; });

	if (flow == flows_.end() || (text[length - 1] != '>' && text[length - 1] != '<'))
		throw std::invalid_argument("not a step: " + text);
	return {static_cast<std::size_t>(flow - flows_.begin()),
		text[length - 1] == '>' ? Side::host : Side::gateway, lost};
}

Stream &Run::stream(const Flow &flow, Side from) const
{
	return flow.tunnel->sas.back().streams[index(from)];
}

bool Run::sends(Side side) const
{
	return settings_.pattern != Pattern::oneway || side == settings_.from;
}

bool Run::proven(const Flow &flow) const
{
	return std::all_of(sides.begin(), sides.end(), [&](Side side) {
		return !sends(side) || stream(flow, side).streak >= settings_.streak;
	});
}

void Run::send(Flow &flow, Side side)
{
	End &end = flow.ends[index(side)];

	end.due.reset();
	flow.tunnel->send_esp(flow.tunnel->sas.size() - 1, side, 0);
	if (settings_.pattern == Pattern::closed && side == settings_.from) {
		end.due = Clock::now() + flow.again;
		flow.again = std::min(flow.again * 2, again_most);
	} else if (settings_.pattern == Pattern::stream || side == settings_.from) {
		end.due = Clock::now() + settings_.every;
	}
}

void Run::arrived(const Tunnel &tunnel, const EspPacket &packet)
{
	const Side side = other(packet.from);
	const auto flow = std::find_if(flows_.begin(), flows_.end(),
				       [&](const Flow &f) { return f.tunnel == &tunnel; });

	if (flow == flows_.end() || packet.sa + 1 != tunnel.sas.size())
		return;

	End &end = flow->ends[index(side)];

	if (end.waits || end.lost == packet.number)
		return;
	if (side == settings_.from && settings_.pattern == Pattern::closed) {
		flow->again = settings_.again;
		end.due = Clock::now() + next_after;
	} else if (side != settings_.from &&
		   (settings_.pattern == Pattern::closed || settings_.pattern == Pattern::ping)) {
		end.due = Clock::now() + answer_after;
	}
}

void Run::step(const Step &step)
{
	Flow &flow = flows_[step.flow];
	const Stream &sent = stream(flow, step.side);

	flow.ends[index(step.side)].waits = false;
	if (step.lost)
		flow.ends[index(other(step.side))].lost = sent.sent();
	send(flow, step.side);
	reactor_.wait([&] { return sent.arrived.back(); }, step_wait);
}

void Run::serve()
{
	auto wake = Clock::now() + nap;

	for (Flow &flow : flows_) {
		for (Side side : sides) {
			const End &end = flow.ends[index(side)];

			if (end.due && *end.due <= Clock::now())
				send(flow, side);
			if (end.due)
				wake = std::min(wake, *end.due);
		}
	}
	reactor_.pump(std::max(since(Clock::now(), wake), Milliseconds(0)));
}

Run::Outcome Run::go()
{
	const auto end = Clock::now() + settings_.limit;

	for (; !script_.empty(); script_.pop_front()) {
		step(script_.front());
		serve();
	}
	for (Flow &flow : flows_)
		for (Side side : sides)
			if (!flow.ends[index(side)].scripted &&
			    (side == settings_.from || settings_.pattern == Pattern::stream))
				flow.ends[index(side)].due = Clock::now();
	while (Clock::now() < end &&
	       !std::all_of(flows_.begin(), flows_.end(), [&](const Flow &f) { return proven(f); }))
		serve();
	return outcome();
}

Run::Outcome Run::outcome() const
{
	Outcome sum;

	for (const Flow &flow : flows_) {
		sum.right += proven(flow);
		if (!proven(flow))
			sum.stuck += (sum.stuck.empty() ? "" : ",") + flow.tunnel->name();
		for (Side side : sides) {
			const Stream &s = stream(flow, side);

			sum.wrong += s.wrong;
			sum.repeated += s.repeated;
			sum.missing += s.missing();
			if (s.streak)
				sum.right_ms = std::max(sum.right_ms, since(s.first_sent, s.right_since));
			sum.wrong_ms = std::max(sum.wrong_ms,
						std::chrono::duration_cast<Milliseconds>(s.wrong_for));
		}
	}
	return sum;
}
