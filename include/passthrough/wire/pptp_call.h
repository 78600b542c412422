/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Call: the life of one PPTP call as its control messages tell it.
 */
#ifndef NFPT_WIRE_PPTP_CALL_H
#define NFPT_WIRE_PPTP_CALL_H

#include <passthrough/wire/pptp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* call_fsm.c has a line of prose for each. */
enum nfpt_pptp_call_state {
	NFPT_PPTP_CALL_NONE,
	NFPT_PPTP_CALL_OUT_WAIT,
	NFPT_PPTP_CALL_IN_WAIT,
	NFPT_PPTP_CALL_IN_REPLIED,
	NFPT_PPTP_CALL_UP,
	NFPT_PPTP_CALL_CLEARING,
	NFPT_PPTP_CALL_ENDED,
	NFPT_PPTP_CALL_STATES,
};

enum nfpt_pptp_event {
	NFPT_PPTP_EV_OCRQ,
	NFPT_PPTP_EV_OCRP_OK,
	NFPT_PPTP_EV_OCRP_FAIL,
	NFPT_PPTP_EV_ICRQ,
	NFPT_PPTP_EV_ICRP_OK,
	NFPT_PPTP_EV_ICRP_FAIL,
	NFPT_PPTP_EV_ICCN,
	NFPT_PPTP_EV_CLEAR,
	NFPT_PPTP_EV_DISC,
	NFPT_PPTP_EVENTS,
	NFPT_PPTP_EV_NONE = NFPT_PPTP_EVENTS,	/* says nothing about a call */
};

/* What a step asks for. */
#define NFPT_PPTP_CALL_CONNECT	0x01	/* both ids are known: set up the flow */
#define NFPT_PPTP_CALL_GOES_UP	0x02	/* the call is up now */
#define NFPT_PPTP_CALL_END	0x04	/* end the flow, if there is one */
#define NFPT_PPTP_CALL_STRAY	0x08	/* out of place: count it, else ignored */

struct nfpt_pptp_step {
	__u8 state;		/* enum nfpt_pptp_call_state */
	__u8 actions;
};

enum nfpt_pptp_event nfpt_pptp_call_event(__u16 type, __u8 result);
bool nfpt_pptp_call_by_pns(enum nfpt_pptp_event event);
struct nfpt_pptp_step
nfpt_pptp_call_step(enum nfpt_pptp_call_state state,
		    enum nfpt_pptp_event event);

#ifdef __cplusplus
}
#endif

#endif /* NFPT_WIRE_PPTP_CALL_H */
