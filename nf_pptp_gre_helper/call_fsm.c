// SPDX-License-Identifier: GPL-2.0
/*
 * Call: the state machine of one PPTP call, RFC 2637 section 3.2, as somebody
 * between its two ends sees it.
 *
 * NONE		Nothing was heard of it.
 * OUT_WAIT	The PNS asked for an outgoing call (7), the PAC did not answer.
 * IN_WAIT	The PAC announced an incoming call (9), the PNS did not answer.
 * IN_REPLIED	The PNS took the incoming call (10). Both ids are known and data
 *		may come at once, before the PAC says connected (11).
 * UP		Data flows.
 * CLEARING	The PNS asked to end the call (12); what is on its way still
 *		passes, until the PAC confirms (13) or the id is used again.
 * ENDED	It is over, for good: a new call is another one.
 *
 * The same message again, after it has done its work, changes nothing. What
 * does not fit the state is stray: counted, otherwise ignored.
 */
#include <passthrough/wire/pptp_call.h>

#define STATE_BITS	4
#define STATE_MASK	0x0f
#define STAY		STATE_MASK

#define DO(state, actions)	((state) | (actions) << STATE_BITS)

#define STR	DO(STAY, NFPT_PPTP_CALL_STRAY)
#define SAM	DO(STAY, 0)
#define OUT	DO(NFPT_PPTP_CALL_OUT_WAIT, 0)
#define OUN	DO(NFPT_PPTP_CALL_OUT_WAIT, NFPT_PPTP_CALL_END)
#define INW	DO(NFPT_PPTP_CALL_IN_WAIT, 0)
#define INN	DO(NFPT_PPTP_CALL_IN_WAIT, NFPT_PPTP_CALL_END)
#define INR	DO(NFPT_PPTP_CALL_IN_REPLIED, NFPT_PPTP_CALL_CONNECT)
#define CON	DO(NFPT_PPTP_CALL_UP, \
		   NFPT_PPTP_CALL_CONNECT | NFPT_PPTP_CALL_GOES_UP)
#define UPP	DO(NFPT_PPTP_CALL_UP, NFPT_PPTP_CALL_GOES_UP)
#define CLR	DO(NFPT_PPTP_CALL_CLEARING, 0)
#define END	DO(NFPT_PPTP_CALL_ENDED, NFPT_PPTP_CALL_END)

/*
 * SAM: stay, STR: stay, stray. OUN, INN: the end that asks uses the id of a
 * call that is being cleared again, so it knows that one to be over.
 *
 * A PAC that has not answered an outgoing call says no with its reply, not
 * with 13: that one is late, and about an earlier call.
 */
static const __u8 steps[NFPT_PPTP_EVENTS][NFPT_PPTP_CALL_STATES] = {
	/*           NONE OUTW INW  INR  UP   CLR  ENDED */
	/* OCRQ  */ { OUT, SAM, STR, STR, STR, OUN, STR },
	/* OCRP+ */ { STR, CON, STR, STR, SAM, SAM, STR },
	/* OCRP- */ { STR, END, STR, STR, STR, END, STR },
	/* ICRQ  */ { INW, STR, SAM, SAM, STR, INN, STR },
	/* ICRP+ */ { STR, STR, INR, SAM, SAM, SAM, STR },
	/* ICRP- */ { STR, STR, END, STR, STR, END, STR },
	/* ICCN  */ { STR, STR, STR, UPP, SAM, SAM, STR },
	/* CLEAR */ { STR, CLR, STR, CLR, CLR, SAM, STR },
	/* DISC  */ { STR, STR, END, END, END, END, STR },
};

/**
 * nfpt_pptp_call_event() - what a message says about its call
 * @type: control message type
 * @result: its result code, of replies (8, 10) only
 *
 * Return: the event, NFPT_PPTP_EV_NONE if it says nothing.
 */
enum nfpt_pptp_event nfpt_pptp_call_event(__u16 type, __u8 result)
{
	bool ok = result == NFPT_PPTP_RESULT_OK;

	switch (type) {
	case NFPT_PPTP_OCRQ:
		return NFPT_PPTP_EV_OCRQ;
	case NFPT_PPTP_OCRP:
		return ok ? NFPT_PPTP_EV_OCRP_OK : NFPT_PPTP_EV_OCRP_FAIL;
	case NFPT_PPTP_ICRQ:
		return NFPT_PPTP_EV_ICRQ;
	case NFPT_PPTP_ICRP:
		return ok ? NFPT_PPTP_EV_ICRP_OK : NFPT_PPTP_EV_ICRP_FAIL;
	case NFPT_PPTP_ICCN:
		return NFPT_PPTP_EV_ICCN;
	case NFPT_PPTP_CLEAR:
		return NFPT_PPTP_EV_CLEAR;
	case NFPT_PPTP_DISC:
		return NFPT_PPTP_EV_DISC;
	default:
		return NFPT_PPTP_EV_NONE;
	}
}

/**
 * nfpt_pptp_call_by_pns() - which end of a call may say this
 * @event: the event
 *
 * The end that sends a request gets its role in the call by it; from the other
 * role an event is stray and must not be stepped.
 *
 * Return: true if it is the PNS, false if it is the PAC.
 */
bool nfpt_pptp_call_by_pns(enum nfpt_pptp_event event)
{
	return event == NFPT_PPTP_EV_OCRQ || event == NFPT_PPTP_EV_ICRP_OK ||
	       event == NFPT_PPTP_EV_ICRP_FAIL || event == NFPT_PPTP_EV_CLEAR;
}

/**
 * nfpt_pptp_call_step() - step the state machine of a call
 * @state: state it is in
 * @event: what its control connection said, by the end that may say so
 *
 * Return: the next state and NFPT_PPTP_CALL_* actions to be taken.
 */
struct nfpt_pptp_step
nfpt_pptp_call_step(enum nfpt_pptp_call_state state,
		    enum nfpt_pptp_event event)
{
	struct nfpt_pptp_step step = {
		(__u8)state, NFPT_PPTP_CALL_STRAY
	};
	__u8 cell;

	if (state >= NFPT_PPTP_CALL_STATES || event >= NFPT_PPTP_EVENTS)
		return step;

	cell = steps[event][state];
	step.actions = cell >> STATE_BITS;
	if ((cell & STATE_MASK) != STAY)
		step.state = cell & STATE_MASK;
	return step;
}
