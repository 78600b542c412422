// SPDX-License-Identifier: GPL-2.0
/*
 * The core without memory: each request is done with each of its allocations
 * failing.  It is done or refused, and nothing in between.
 */
#include <linux/netfilter.h>
#include <linux/slab.h>

#include "fake.h"
#include "fault.h"
#include "genl.h"

#define BYPASSED	NF_PASSTHROUGH_STATE_BYPASSED
#define ENABLED		NF_PASSTHROUGH_STATE_ENABLED
#define DISABLED	NF_PASSTHROUGH_STATE_DISABLED

#define HOST		htonl(0x0a00000b)
#define SERVER		htonl(0xc0000202)

/**
 * struct nfpt_fault_look - what there is of a protocol
 * @state: enum nf_passthrough_state
 * @hooks: how many the kernel has
 * @sessions: how many are held
 * @config: ports and settings, without their generation
 */
struct nfpt_fault_look {
	u8			state;
	unsigned int		hooks;
	unsigned int		sessions;
	struct nfpt_config	config;
};

/**
 * struct nfpt_fault_rig - two protocols, one who asks, one who listens
 * @fake: the first, "kunit"; its namespace is that of all
 * @other: the second, "other"
 * @asker: sends the requests
 * @listener: hears the events
 * @before: both protocols before a request
 * @after: both when it was done
 * @now: both
 */
struct nfpt_fault_rig {
	struct nfpt_fake	*fake;
	struct nfpt_fake	*other;
	struct nfpt_genl	*asker;
	struct nfpt_genl	*listener;
	struct nfpt_fault_look	before[2];
	struct nfpt_fault_look	after[2];
	struct nfpt_fault_look	now[2];
};

/**
 * struct nfpt_fault_answer - what came of a request
 * @messages: messages that were no answer of netlink itself
 * @done: the answer was complete
 * @err: what it said, or what sending or receiving did
 * @named: an extack came along
 */
struct nfpt_fault_answer {
	unsigned int	messages;
	bool		done;
	int		err;
	bool		named;
};

/**
 * struct nfpt_fault_ask - a request
 * @name: of the case
 * @cmd: command
 * @flags: netlink flags
 * @put: adds its attributes
 * @state: of both protocols before
 * @fresh: nobody has asked for them yet
 * @sessions: how many the first has
 * @nameless: refusals that generic netlink has no words for: it has no memory
 *	for what the request is parsed into
 */
struct nfpt_fault_ask {
	const char	*name;
	u8		cmd;
	u16		flags;
	int		(*put)(struct sk_buff *skb);
	u8		state;
	bool		fresh;
	unsigned int	sessions;
	unsigned int	nameless;
};

/* ---- requests ---------------------------------------------------------- */

static int nfpt_fault_put_setting(struct sk_buff *skb, u32 width)
{
	struct nlattr *nest = nla_nest_start(skb, NF_PASSTHROUGH_A_PROTOCOL_SETTING);
	int err;

	err = nla_put_string(skb, NF_PASSTHROUGH_A_SETTING_NAME, "width");
	err |= nla_put_u32(skb, NF_PASSTHROUGH_A_SETTING_VALUE, width);
	nla_nest_end(skb, nest);
	return err;
}

static int nfpt_fault_put_pin(struct sk_buff *skb, u16 attr, __be32 host)
{
	struct nlattr *nest = nla_nest_start(skb, attr);
	int err;

	err = nla_put_u32(skb, NF_PASSTHROUGH_A_PIN_KIND, NF_PASSTHROUGH_PIN_KIND_DATA);
	err |= nla_put_in_addr(skb, NF_PASSTHROUGH_A_PIN_HOST, host);
	err |= nla_put_in_addr(skb, NF_PASSTHROUGH_A_PIN_SERVER, SERVER);
	nla_nest_end(skb, nest);
	return err;
}

static int nfpt_fault_put_state(struct sk_buff *skb, const char *name, u32 state)
{
	return nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_NAME, name) |
	       nla_put_u32(skb, NF_PASSTHROUGH_A_PROTOCOL_STATE, state);
}

static int nfpt_fault_put_ports(struct sk_buff *skb)
{
	return nla_put_u16(skb, NF_PASSTHROUGH_A_PROTOCOL_PORT, 5) |
	       nla_put_u16(skb, NF_PASSTHROUGH_A_PROTOCOL_PORT, 6);
}

static int nfpt_fault_put_interfaces(struct sk_buff *skb)
{
	return nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_INTERFACE, "lan") |
	       nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_INTERFACE, "ppp*");
}

static int nfpt_fault_put_name(struct sk_buff *skb)
{
	return nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_NAME, "kunit");
}

static int nfpt_fault_put_enable(struct sk_buff *skb)
{
	return nfpt_fault_put_state(skb, "kunit", ENABLED);
}

static int nfpt_fault_put_disable(struct sk_buff *skb)
{
	return nfpt_fault_put_state(skb, "kunit", DISABLED);
}

static int nfpt_fault_put_bypass(struct sk_buff *skb)
{
	return nfpt_fault_put_state(skb, "kunit", BYPASSED);
}

static int nfpt_fault_put_all(struct sk_buff *skb)
{
	return nfpt_fault_put_disable(skb) | nfpt_fault_put_ports(skb) |
	       nfpt_fault_put_setting(skb, 15) | nfpt_fault_put_interfaces(skb) |
	       nfpt_fault_put_pin(skb, NF_PASSTHROUGH_A_PROTOCOL_PIN, HOST);
}

static int nfpt_fault_put_scope(struct sk_buff *skb)
{
	return nfpt_fault_put_name(skb) | nfpt_fault_put_interfaces(skb);
}

static int nfpt_fault_put_pins(struct sk_buff *skb)
{
	return nfpt_fault_put_name(skb) |
	       nfpt_fault_put_pin(skb, NF_PASSTHROUGH_A_PROTOCOL_PIN, HOST) |
	       nfpt_fault_put_pin(skb, NF_PASSTHROUGH_A_PROTOCOL_PIN, HOST + htonl(1)) |
	       nfpt_fault_put_pin(skb, NF_PASSTHROUGH_A_PROTOCOL_UNPIN, HOST);
}

static int nfpt_fault_put_both(struct sk_buff *skb)
{
	struct nlattr *nest;
	int err;

	nest = nla_nest_start(skb, NF_PASSTHROUGH_A_CONFIG_PROTOCOL);
	err = nfpt_fault_put_state(skb, "kunit", DISABLED) | nfpt_fault_put_ports(skb) |
	      nla_put_flag(skb, NF_PASSTHROUGH_A_PROTOCOL_REPLACE) |
	      nfpt_fault_put_setting(skb, 15);
	nla_nest_end(skb, nest);
	nest = nla_nest_start(skb, NF_PASSTHROUGH_A_CONFIG_PROTOCOL);
	err |= nfpt_fault_put_state(skb, "other", ENABLED) | nfpt_fault_put_interfaces(skb) |
	       nfpt_fault_put_pin(skb, NF_PASSTHROUGH_A_PROTOCOL_PIN, HOST);
	nla_nest_end(skb, nest);
	return err;
}

static int nfpt_fault_put_filter(struct sk_buff *skb)
{
	return nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_PROTOCOL, "kunit");
}

static int nfpt_fault_put_counter(struct sk_buff *skb)
{
	return nla_put_string(skb, NF_PASSTHROUGH_A_COUNTER_PROTOCOL, "kunit");
}

static int nfpt_fault_put_nothing(struct sk_buff *skb)
{
	return 0;
}

#define SET		NF_PASSTHROUGH_CMD_PROTOCOL_SET
#define CONFIG_SET	NF_PASSTHROUGH_CMD_CONFIG_SET

static const struct nfpt_fault_ask nfpt_fault_asks[] = {
	{ "enable", SET, NLM_F_ACK, nfpt_fault_put_enable, .nameless = 1 },
	{ "enable, first asked for", SET, NLM_F_ACK, nfpt_fault_put_enable,
	  .fresh = true, .nameless = 1 },
	{ "enable, disabled", SET, NLM_F_ACK, nfpt_fault_put_enable, DISABLED, .nameless = 1 },
	{ "disable", SET, NLM_F_ACK, nfpt_fault_put_disable, .nameless = 1 },
	{ "disable, enabled", SET, NLM_F_ACK, nfpt_fault_put_disable, ENABLED, .sessions = 3,
	  .nameless = 1 },
	{ "bypass, disabled", SET, NLM_F_ACK, nfpt_fault_put_bypass, DISABLED, .sessions = 3,
	  .nameless = 1 },
	{ "state, ports, setting, interfaces, pin", SET, NLM_F_ACK, nfpt_fault_put_all,
	  .nameless = 1 },
	{ "the same, first asked for", SET, NLM_F_ACK, nfpt_fault_put_all,
	  .fresh = true, .nameless = 1 },
	{ "interfaces, enabled", SET, NLM_F_ACK, nfpt_fault_put_scope, ENABLED, .sessions = 3,
	  .nameless = 1 },
	{ "pins, enabled", SET, NLM_F_ACK, nfpt_fault_put_pins, ENABLED, .nameless = 1 },
	{ "two protocols", CONFIG_SET, NLM_F_ACK, nfpt_fault_put_both,
	  .nameless = 1 },
	{ "two protocols, first asked for", CONFIG_SET, NLM_F_ACK,
	  nfpt_fault_put_both, .fresh = true, .nameless = 1 },
	{ "two protocols, enabled", CONFIG_SET, NLM_F_ACK,
	  nfpt_fault_put_both, ENABLED, .sessions = 3, .nameless = 1 },
	{ "show a protocol", NF_PASSTHROUGH_CMD_PROTOCOL_GET, 0, nfpt_fault_put_name, ENABLED,
	  .nameless = 1 },
	{ "list protocols", NF_PASSTHROUGH_CMD_PROTOCOL_GET, NLM_F_DUMP,
	  nfpt_fault_put_nothing, ENABLED, .nameless = 2 },
	{ "list counters", NF_PASSTHROUGH_CMD_COUNTER_GET, NLM_F_DUMP, nfpt_fault_put_counter,
	  ENABLED, .nameless = 2 },
	{ "list sessions", NF_PASSTHROUGH_CMD_SESSION_GET, NLM_F_DUMP, nfpt_fault_put_filter,
	  ENABLED, .sessions = 100, .nameless = 2 },
	{ "end sessions", NF_PASSTHROUGH_CMD_SESSION_DEL, 0, nfpt_fault_put_filter, ENABLED,
	  .sessions = 3, .nameless = 1 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_fault_ask, nfpt_fault_asks, name);

/* ---- what there is ----------------------------------------------------- */

static unsigned int nfpt_fault_hooks_in(struct nf_hook_entries __rcu *const *lists,
					const void *priv)
{
	const struct nf_hook_entries *entries;
	unsigned int hook, i, n = 0;

	rcu_read_lock();
	for (hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
		entries = rcu_dereference(lists[hook]);
		for (i = 0; entries && i < entries->num_hook_entries; i++)
			n += nf_hook_entries_get_hook_ops(entries)[i]->priv == priv;
	}
	rcu_read_unlock();
	return n;
}

static const struct nfpt_fake *nfpt_fault_fake(const struct nfpt_fault_rig *rig, unsigned int i)
{
	return i ? rig->other : rig->fake;
}

/* One that nobody has asked for is as the defaults are. */
static void nfpt_fault_look(struct kunit *test, struct nfpt_fault_look look[2])
{
	const struct nfpt_fault_rig *rig = test->priv;
	const struct nfpt_proto_net *pn;
	const struct nfpt_proto *proto;
	struct nfpt_config *config;
	unsigned int i;

	memset(look, 0, 2 * sizeof(*look));
	mutex_lock(&nfpt_registry_mutex);
	for (i = 0; i < 2; i++) {
		proto = &nfpt_fault_fake(rig, i)->proto;
		pn = nfpt_proto_net_find(nfpt_pernet(rig->fake->net), proto);
		config = nfpt_config_alloc(proto);
		if (config)
			look[i].config = *config;
		kfree(config);
		if (pn) {
			look[i].state = pn->state;
			look[i].hooks = nfpt_fault_hooks_in(rig->fake->net->nf.hooks_ipv4, pn) +
					nfpt_fault_hooks_in(rig->fake->net->nf.hooks_ipv6, pn);
			look[i].sessions = atomic_read(&pn->sessions);
			look[i].config = *rcu_dereference_protected(pn->config, true);
		}
		memset(&look[i].config.rcu, 0, sizeof(look[i].config.rcu));
		look[i].config.generation = 0;
		KUNIT_EXPECT_EQ(test, pn ? pn->helped : 0, look[i].state != BYPASSED);
		KUNIT_EXPECT_EQ(test, pn ? !!pn->block_ops : 0, look[i].state == DISABLED);
		KUNIT_EXPECT_EQ(test, nfpt_fault_fake(rig, i)->starts,
				nfpt_fault_fake(rig, i)->stops + (look[i].state != BYPASSED));
	}
	mutex_unlock(&nfpt_registry_mutex);
}

static bool nfpt_fault_is(const struct nfpt_fault_rig *rig, const struct nfpt_fault_look look[2])
{
	return !memcmp(rig->now, look, sizeof(rig->now));
}

/* ---- rounds ------------------------------------------------------------ */

static void nfpt_fault_forget(struct kunit *test, struct nfpt_fake *fake)
{
	nfpt_proto_unregister(&fake->proto);
	fake->registered = !nfpt_proto_register(&fake->proto);
	KUNIT_ASSERT_TRUE(test, fake->registered);
}

static unsigned int nfpt_fault_heard(struct nfpt_genl *listener, bool *overrun)
{
	unsigned int n = 0;
	int len;

	*overrun = false;
	while ((len = nfpt_genl_recv(listener)) != -EAGAIN) {
		n += len > 0;
		*overrun |= len < 0;
	}
	return n;
}

/* All is as it was before the request. */
static void nfpt_fault_reset(struct kunit *test, const struct nfpt_fault_ask *c)
{
	struct nfpt_fault_rig *rig = test->priv;
	struct nfpt_proto_net *pn;
	unsigned int i;
	bool overrun;

	nfpt_fault_forget(test, rig->fake);
	nfpt_fault_forget(test, rig->other);
	for (i = 0; !c->fresh && i < 2; i++)
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, nfpt_kunit_state(rig->fake->net,
								    &nfpt_fault_fake(rig, i)->proto,
								    c->state));
	for (i = 0; i < c->sessions; i++) {
		pn = nfpt_kunit_state(rig->fake->net, &rig->fake->proto, c->state);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pn);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, nfpt_fake_session(pn, 2 * i, 100, false));
	}
	/* A socket with half a dump would refuse the next. */
	nfpt_genl_close(rig->asker);
	rig->asker = nfpt_genl_open(rig->fake->net);
	KUNIT_ASSERT_NOT_NULL(test, rig->asker);
	nfpt_fault_heard(rig->listener, &overrun);
	nfpt_fault_look(test, rig->before);
}

/* All that the kernel answers. */
static void nfpt_fault_take(struct nfpt_genl *g, bool multi, struct nfpt_fault_answer *answer)
{
	const struct nlmsghdr *nlh;
	int rem;

	while (!answer->done) {
		rem = nfpt_genl_recv(g);
		if (rem < 0) {
			answer->err = rem;
			return;
		}
		for (nlh = (struct nlmsghdr *)g->buffer; nlmsg_ok(nlh, rem);
		     nlh = nlmsg_next(nlh, &rem)) {
			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
				answer->done = true;
				answer->err = *(int *)nlmsg_data(nlh);
				answer->named = nlh->nlmsg_flags & NLM_F_ACK_TLVS;
			} else {
				answer->messages++;
				answer->done = !multi;
			}
		}
	}
}

static void nfpt_fault_ask(struct kunit *test, const struct nfpt_fault_ask *c,
			   struct nfpt_fault_answer *answer)
{
	struct nfpt_fault_rig *rig = test->priv;
	struct sk_buff *skb;

	*answer = (struct nfpt_fault_answer){};
	skb = nfpt_genl_request(rig->asker, c->cmd, c->flags);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, c->put(skb), 0);
	answer->err = nfpt_genl_send(rig->asker);
	if (!answer->err)
		nfpt_fault_take(rig->asker, c->flags & NLM_F_DUMP, answer);
	nfpt_fault_look(test, rig->now);
}

/**
 * struct nfpt_fault_tally - what came of the rounds of a request
 * @rounds: how many
 * @refused: of these were refused
 * @nameless: of these nobody said why
 */
struct nfpt_fault_tally {
	unsigned int	rounds;
	unsigned int	refused;
	unsigned int	nameless;
};

static void nfpt_fault_judge(struct kunit *test, const struct nfpt_fault_answer *answer,
			     const struct nfpt_fault_answer *good, unsigned int heard,
			     struct nfpt_fault_tally *tally)
{
	struct nfpt_fault_rig *rig = test->priv;
	bool overrun, whole;
	unsigned int n;

	n = nfpt_fault_heard(rig->listener, &overrun);
	if (!answer->err) {
		KUNIT_EXPECT_TRUE(test, answer->done);
		KUNIT_EXPECT_EQ(test, answer->messages, good->messages);
		KUNIT_EXPECT_TRUE(test, nfpt_fault_is(rig, rig->after));
	} else {
		/* Something was said, not just nothing. */
		KUNIT_EXPECT_NE(test, answer->err, -EAGAIN);
		tally->refused++;
		tally->nameless += answer->done && !answer->named;
		/* Without an answer, it may have been done all the same. */
		whole = nfpt_fault_is(rig, rig->before) ||
			(!answer->done && nfpt_fault_is(rig, rig->after));
		KUNIT_EXPECT_TRUE(test, whole);
	}
	/* Who listens is told, or told that something was missed. */
	if (nfpt_fault_is(rig, rig->after) && (!answer->err || !answer->done))
		KUNIT_EXPECT_TRUE(test, n == heard || overrun);
	else
		KUNIT_EXPECT_EQ(test, n, 0);
}

static void nfpt_fault_test_ask(struct kunit *test)
{
	const struct nfpt_fault_ask *c = test->param_value;
	struct nfpt_fault_answer good, answer;
	struct nfpt_fault_rig *rig = test->priv;
	struct nfpt_fault_tally tally;
	enum nfpt_fault_kind kind;
	unsigned int heard, n;
	bool overrun, failed;

	nfpt_fault_reset(test, c);
	nfpt_fault_ask(test, c, &good);
	KUNIT_ASSERT_EQ(test, good.err, 0);
	heard = nfpt_fault_heard(rig->listener, &overrun);
	KUNIT_EXPECT_FALSE(test, overrun);
	memcpy(rig->after, rig->now, sizeof(rig->after));

	for (kind = 0; kind < NFPT_FAULT_KINDS; kind++) {
		tally = (struct nfpt_fault_tally){};
		for (n = 1, failed = true; failed; n++) {
			nfpt_fault_reset(test, c);
			nfpt_fault_begin(kind, n);
			nfpt_fault_ask(test, c, &answer);
			failed = nfpt_fault_end();
			nfpt_fault_judge(test, &answer, &good, heard, &tally);
			tally.rounds += failed;
		}
		/* The last round had memory enough. */
		KUNIT_EXPECT_EQ(test, answer.err, 0);
		KUNIT_EXPECT_GE(test, tally.rounds, 3);
		if (kind == NFPT_FAULT_ONE)
			KUNIT_EXPECT_LE(test, tally.nameless, c->nameless);
		kunit_info(test, "%s: %s%u allocations failed, %u refusals, %u without words",
			   c->name, kind == NFPT_FAULT_REST ? "and all behind, " : "",
			   tally.rounds, tally.refused, tally.nameless);
	}
}

/* ---- others ------------------------------------------------------------ */

/* A namespace comes, or it does not. */
static void nfpt_fault_test_net(struct kunit *test)
{
	struct nfpt_net *nn = kunit_kzalloc(test, sizeof(*nn), GFP_KERNEL);
	unsigned int n, rounds = 0;
	bool failed = true;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, nn);
	for (n = 1; failed; n++) {
		nfpt_fault_begin(NFPT_FAULT_ONE, n);
		nfpt_fault_arm();
		err = nfpt_flow_map_init(nn);
		nfpt_fault_disarm();
		failed = nfpt_fault_end();
		rounds += failed;
		KUNIT_EXPECT_TRUE(test, !err || (failed && err == -ENOMEM));
		if (!err)
			nfpt_flow_map_clean(nn);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_GE(test, rounds, 1);
	kunit_info(test, "%u allocations failed", rounds);
}

/* A protocol that comes needs no memory at all, nor does one that goes. */
static void nfpt_fault_test_register(struct kunit *test)
{
	struct nfpt_fault_rig *rig = test->priv;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, nfpt_kunit_state(rig->fake->net, &rig->fake->proto,
							    DISABLED));
	nfpt_fault_begin(NFPT_FAULT_REST, 1);
	nfpt_fault_arm();
	nfpt_proto_unregister(&rig->fake->proto);
	rig->fake->registered = !nfpt_proto_register(&rig->fake->proto);
	nfpt_fault_disarm();
	nfpt_fault_end();
	KUNIT_EXPECT_TRUE(test, rig->fake->registered);
	nfpt_fault_look(test, rig->now);
	KUNIT_EXPECT_EQ(test, rig->now[0].state, BYPASSED);
	KUNIT_EXPECT_EQ(test, rig->now[0].hooks, 0);
	KUNIT_EXPECT_EQ(test, rig->fake->starts, rig->fake->stops);
}

/* A session is listed or not; its events come, or who listens knows of it. */
static void nfpt_fault_test_session(struct kunit *test)
{
	struct nfpt_fault_rig *rig = test->priv;
	enum nfpt_fault_kind kind;
	struct nfpt_proto_net *pn;
	struct nfpt_session *s;
	unsigned int n, heard;
	bool failed, overrun;
	unsigned long id;

	pn = nfpt_kunit_state(rig->fake->net, &rig->fake->proto, ENABLED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pn);
	nfpt_fault_heard(rig->listener, &overrun);
	for (kind = 0; kind < NFPT_FAULT_KINDS; kind++) {
		for (n = 1, failed = true; failed; n++) {
			nfpt_fault_begin(kind, n);
			nfpt_fault_arm();
			s = nfpt_fake_session(pn, 2, 100, false);
			if (!IS_ERR(s))
				nfpt_session_up(s);
			nfpt_kunit_flush(pn);
			nfpt_fault_disarm();
			failed = nfpt_fault_end();
			KUNIT_EXPECT_TRUE(test, !IS_ERR(s) || PTR_ERR(s) == -ENOMEM);
			KUNIT_EXPECT_EQ(test, atomic_read(&pn->sessions), 0);
			id = 0;
			KUNIT_EXPECT_NULL(test, xa_find(&pn->nn->sessions, &id, ULONG_MAX,
							XA_PRESENT));
			heard = nfpt_fault_heard(rig->listener, &overrun);
			KUNIT_EXPECT_TRUE(test, overrun || heard == (IS_ERR(s) ? 0 : 3));
		}
		KUNIT_EXPECT_GE(test, n, 5);
		KUNIT_EXPECT_FALSE(test, IS_ERR(s));
		kunit_info(test, "%u allocations failed", n - 2);
	}
}

/* ---- suite ------------------------------------------------------------- */

static int nfpt_fault_test_init(struct kunit *test)
{
	struct nfpt_fault_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	err = nfpt_fake_init(test);
	rig->fake = test->priv;
	test->priv = rig;
	if (err)
		return err;
	rig->fake->proto.pin_kinds = BIT(NF_PASSTHROUGH_PIN_KIND_DATA);
	rig->other = nfpt_fake_other(test, rig->fake);
	rig->listener = nfpt_genl_open(rig->fake->net);
	KUNIT_ASSERT_NOT_NULL(test, rig->listener);
	KUNIT_ASSERT_EQ(test, nfpt_genl_join(rig->listener), 0);
	return 0;
}

static void nfpt_fault_test_exit(struct kunit *test)
{
	struct nfpt_fault_rig *rig = test->priv;

	nfpt_fault_end();
	if (!rig)
		return;
	nfpt_genl_close(rig->asker);
	nfpt_genl_close(rig->listener);
	test->priv = rig->fake;
	nfpt_fake_exit(test);
}

static struct kunit_case nfpt_fault_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_fault_test_ask, nfpt_fault_ask_gen_params),
	KUNIT_CASE(nfpt_fault_test_net),
	KUNIT_CASE(nfpt_fault_test_register),
	KUNIT_CASE(nfpt_fault_test_session),
	{}
};

static struct kunit_suite nfpt_fault_test_suite = {
	.name		= "nfpt_fault",
	.suite_init	= nfpt_fault_suite_init,
	.suite_exit	= nfpt_fault_suite_exit,
	.init		= nfpt_fault_test_init,
	.exit		= nfpt_fault_test_exit,
	.test_cases	= nfpt_fault_test_cases,
};

kunit_test_suite(nfpt_fault_test_suite);
