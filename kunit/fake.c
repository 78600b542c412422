// SPDX-License-Identifier: GPL-2.0
/*
 * The protocol that does nothing: one per test, in a namespace of the test's.
 */
#include <linux/netfilter_ipv4.h>
#include <net/netlink.h>

#include "fake.h"

struct nfpt_fake_session {
	struct nfpt_session	session;
	struct rcu_head		rcu;
};

static struct nfpt_fake *nfpt_fake_of(const struct nfpt_proto_net *pn)
{
	return (struct nfpt_fake *)container_of_const(pn->proto, struct nfpt_fake, proto);
}

static unsigned int nfpt_fake_hook_help(void *priv, struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	nfpt_fake_of(priv)->helped++;
	return NF_ACCEPT;
}

static unsigned int nfpt_fake_hook_block(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	nfpt_fake_of(priv)->blocked++;
	return NF_DROP;
}

static const struct nfpt_hook nfpt_fake_help_hooks[] = {
	{
		.hook		= nfpt_fake_hook_help,
		.hooknum	= NF_INET_PRE_ROUTING,
		.l4protos	= { IPPROTO_GRE, IPPROTO_UDP },
	}, {
		.hook		= nfpt_fake_hook_help,
		.hooknum	= NF_INET_LOCAL_IN,
		.l4protos	= { IPPROTO_ESP },
	},
};

static const struct nf_hook_ops nfpt_fake_block_ops[] = {
	{
		.hook		= nfpt_fake_hook_block,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FILTER - 1,
	},
};

static int nfpt_fake_start(struct nfpt_proto_net *pn)
{
	struct nfpt_fake *fake = nfpt_fake_of(pn);

	if (fake->start_err)
		return fake->start_err;
	fake->starts++;
	return 0;
}

static void nfpt_fake_stop(struct nfpt_proto_net *pn)
{
	const struct nfpt_session_filter f = { .proto_id = pn->proto->id, .state = -1 };

	nfpt_fake_of(pn)->stops++;
	nfpt_session_flush(pn->nn, &f, NF_PASSTHROUGH_END_REASON_STOPPED);
}

static bool nfpt_fake_owns(const struct nfpt_proto_net *pn, const struct nf_conn *ct)
{
	return nf_ct_protonum(ct) == IPPROTO_UDP &&
	       ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u.udp.port == htons(NFPT_FAKE_PORT);
}

static void nfpt_fake_end(struct nfpt_session *s, enum nf_passthrough_end_reason reason)
{
	struct nfpt_fake_session *fs = container_of(s, struct nfpt_fake_session, session);

	nfpt_fake_of(s->pn)->ends[reason]++;
	nfpt_session_del(s, reason);
	kfree_rcu(fs, rcu);
}

static int nfpt_fake_fill(struct sk_buff *skb, const struct nfpt_session *s, bool traffic)
{
	return nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_ROLE, "FAKE");
}

static enum nf_passthrough_end_reason nfpt_fake_expired(const struct nfpt_session *s)
{
	return ntohl(s->initiator) & 1 ? nfpt_fake_of(s->pn)->expire :
					 NF_PASSTHROUGH_END_REASON_NONE;
}

static u32 nfpt_fake_lifetime(const struct nfpt_session *s)
{
	return 77;
}

static const u16 nfpt_fake_ports[] = { NFPT_FAKE_PORT, 9 };

static const struct nfpt_setting nfpt_fake_settings[NFPT_FAKE_SETTINGS] = {
	[NFPT_SETTING_MAX_SESSIONS] = { "max-sessions", "", "as it says", 1000, 1, 100000 },
	[NFPT_FAKE_WIDTH] = { "width", "s", "as it says", 10, 5, 20 },
};

static const struct nfpt_counter nfpt_fake_counters[] = {
	{ "one", "the first" }, { "two", "the second" },
};

static const struct nfpt_proto nfpt_fake_proto = {
	.name		= "kunit",
	.title		= "KUnit's protocol",
	.ports		= nfpt_fake_ports,
	.n_ports	= ARRAY_SIZE(nfpt_fake_ports),
	.settings	= nfpt_fake_settings,
	.n_settings	= ARRAY_SIZE(nfpt_fake_settings),
	.counters	= nfpt_fake_counters,
	.n_counters	= ARRAY_SIZE(nfpt_fake_counters),
	.help_hooks	= nfpt_fake_help_hooks,
	.n_help_hooks	= ARRAY_SIZE(nfpt_fake_help_hooks),
	.block_ops	= nfpt_fake_block_ops,
	.n_block_ops	= ARRAY_SIZE(nfpt_fake_block_ops),
	.start		= nfpt_fake_start,
	.stop		= nfpt_fake_stop,
	.owns		= nfpt_fake_owns,
	.end		= nfpt_fake_end,
	.fill		= nfpt_fake_fill,
	.expired	= nfpt_fake_expired,
	.lifetime	= nfpt_fake_lifetime,
};

/**
 * nfpt_fake_init() - kunit_suite.init: register the protocol, make a namespace
 * @test: its priv becomes the struct nfpt_fake
 *
 * Return: 0 or a negative error.
 */
int nfpt_fake_init(struct kunit *test)
{
	struct nfpt_fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	test->priv = fake;
	fake->proto = nfpt_fake_proto;
	err = nfpt_proto_register(&fake->proto);
	KUNIT_ASSERT_EQ(test, err, 0);
	fake->registered = true;
	fake->net = nfpt_kunit_net_add();
	KUNIT_ASSERT_NOT_NULL_MSG(test, fake->net, "ip netns add failed");
	return 0;
}

/**
 * nfpt_fake_exit() - kunit_suite.exit: give all back
 * @test: the test
 */
void nfpt_fake_exit(struct kunit *test)
{
	struct nfpt_fake *fake = test->priv;

	if (!fake)
		return;
	if (fake->other && fake->other->registered)
		nfpt_proto_unregister(&fake->other->proto);
	if (fake->registered)
		nfpt_proto_unregister(&fake->proto);
	KUNIT_EXPECT_TRUE_MSG(test, nfpt_kunit_net_del(fake->net),
			      "something still holds the namespace");
}

/**
 * nfpt_fake_other() - register another protocol beside it, "other"
 * @test: the test
 * @fake: the first, as the other is to be; nfpt_fake_exit() gives both back
 *
 * Return: the other; the test is over if that failed.
 */
struct nfpt_fake *nfpt_fake_other(struct kunit *test, struct nfpt_fake *fake)
{
	struct nfpt_fake *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, other);
	other->proto = fake->proto;
	other->proto.name = "other";
	fake->other = other;
	err = nfpt_proto_register(&other->proto);
	KUNIT_ASSERT_EQ(test, err, 0);
	other->registered = true;
	return other;
}

/**
 * nfpt_fake_state() - enter a state in the test's namespace
 * @test: the test
 * @state: the state
 *
 * Return: the protocol there; the test is over if that failed.
 */
struct nfpt_proto_net *nfpt_fake_state(struct kunit *test, enum nf_passthrough_state state)
{
	struct nfpt_fake *fake = test->priv;
	struct nfpt_proto_net *pn = nfpt_kunit_state(fake->net, &fake->proto, state);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pn);
	return pn;
}

/**
 * nfpt_fake_session() - add a session
 * @pn: the protocol in the namespace
 * @initiator: address, host byte order; the responder sees it plus 1000
 * @responder: address, host byte order; the initiator sees it plus 1000
 * @local: an end of it is this router
 *
 * Return: the session, valid until it is ended, or an error pointer.
 */
struct nfpt_session *nfpt_fake_session(struct nfpt_proto_net *pn, u32 initiator,
				       u32 responder, bool local)
{
	struct nfpt_fake_session *fs = kzalloc(sizeof(*fs), GFP_KERNEL);
	int err;

	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->session.pn = pn;
	fs->session.initiator = htonl(initiator);
	fs->session.responder = htonl(responder);
	fs->session.initiator_seen = htonl(initiator + 1000);
	fs->session.responder_seen = htonl(responder + 1000);
	fs->session.local = local;
	err = nfpt_session_add(&fs->session);
	if (!err)
		return &fs->session;
	kfree(fs);
	return ERR_PTR(err);
}
