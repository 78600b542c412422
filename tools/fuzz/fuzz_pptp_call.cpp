// SPDX-License-Identifier: GPL-2.0
/*
 * Call: any sequence of control messages about one call.  What it asks for fits
 * together, whoever lies: a flow is there when the call is up, none is made
 * twice, and what has ended stays so.
 *
 * Input: pairs of message type and result code; the highest bit of the type
 * says that an event is stepped as it is, from any end.
 */
#include <cstdint>
#include <cstdlib>

#include <passthrough/wire/pptp_call.h>

namespace {

void check(bool ok)
{
	if (!ok)
		abort();
}

class Call {
public:
	void message(nfpt_pptp_event event)
	{
		const auto before = state_;
		const auto step = nfpt_pptp_call_step(before, event);
		const bool stray = step.actions & NFPT_PPTP_CALL_STRAY;

		check(step.state < NFPT_PPTP_CALL_STATES);
		state_ = static_cast<nfpt_pptp_call_state>(step.state);
		check(!stray || (state_ == before && step.actions == NFPT_PPTP_CALL_STRAY));
		check(event < NFPT_PPTP_EVENTS || stray);
		check(before != NFPT_PPTP_CALL_ENDED || stray);
		check(before != NFPT_PPTP_CALL_NONE || stray || event == NFPT_PPTP_EV_OCRQ ||
		      event == NFPT_PPTP_EV_ICRQ);
		check(state_ != NFPT_PPTP_CALL_NONE || stray);

		if (step.actions & NFPT_PPTP_CALL_END)
			flow_ = up_ = false;
		if (step.actions & NFPT_PPTP_CALL_CONNECT) {
			check(!flow_);
			flow_ = true;
		}
		if (step.actions & NFPT_PPTP_CALL_GOES_UP) {
			check(flow_ && !up_ && state_ == NFPT_PPTP_CALL_UP);
			up_ = true;
		}
		check((state_ == NFPT_PPTP_CALL_UP) == (up_ && state_ != NFPT_PPTP_CALL_CLEARING));
		check(state_ != NFPT_PPTP_CALL_ENDED || (!flow_ && !up_));
		check(state_ != NFPT_PPTP_CALL_IN_REPLIED || flow_);

		/* The same again, when it has done its work, changes nothing. */
		const auto again = nfpt_pptp_call_step(state_, event);

		check(again.state == state_ && !(again.actions & ~NFPT_PPTP_CALL_STRAY));
	}

private:
	nfpt_pptp_call_state state_ = NFPT_PPTP_CALL_NONE;
	bool flow_ = false, up_ = false;
};

/* RFC 2637 section 2: which end sends what. */
void check_ends(uint16_t type, nfpt_pptp_event event)
{
	const bool pns = type == 7 || type == 10 || type == 12;
	const bool says = (type >= 7 && type <= 13);

	check(says == (event != NFPT_PPTP_EV_NONE));
	check(nfpt_pptp_call_by_pns(event) == pns);
}

} /* namespace */

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Call call;

	for (; size >= 2; data += 2, size -= 2) {
		const uint16_t type = data[0] & 127;
		const auto event = nfpt_pptp_call_event(type, data[1]);

		check_ends(type, event);
		call.message(data[0] & 128 ? static_cast<nfpt_pptp_event>(data[1] % 16) : event);
	}
	return 0;
}
