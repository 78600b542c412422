// SPDX-License-Identifier: GPL-2.0
/*
 * A network namespace for a test.  A module cannot make one; ip(8) can, and
 * is told to forget it at once, so that the test holds the only reference.
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/inetdevice.h>
#include <linux/magic.h>
#include <linux/netdevice.h>
#include <linux/proc_ns.h>
#include <linux/rtnetlink.h>
#include <linux/umh.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "../nf_passthrough/core.h"
#include "testnet.h"

#define NFPT_KUNIT_NETNS	"nfpt-kunit"

static int nfpt_kunit_ip(char *verb)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *envp[] = { path, NULL };
	char ip[] = "/sbin/ip", netns[] = "netns", name[] = NFPT_KUNIT_NETNS;
	char *argv[5] = { ip, netns, verb, name };

	return call_usermodehelper(ip, argv, envp, UMH_WAIT_PROC);
}

/**
 * nfpt_kunit_net_add() - make a network namespace
 *
 * Return: the namespace, the caller's until nfpt_kunit_net_del(), or NULL.
 */
struct net *nfpt_kunit_net_add(void)
{
	struct net *net = NULL;
	struct file *file;

	if (nfpt_kunit_ip("add"))
		return NULL;
	file = filp_open("/run/netns/" NFPT_KUNIT_NETNS, O_RDONLY, 0);
	if (!IS_ERR(file)) {
		if (file_inode(file)->i_sb->s_magic == NSFS_MAGIC)
			net = get_net(container_of(get_proc_ns(file_inode(file)),
						   struct net, ns));
		__fput_sync(file);
	}
	nfpt_kunit_ip("del");
	return net;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_net_add);

static bool nfpt_kunit_net_listed(const struct net *which)
{
	struct net *net;
	bool found = false;

	down_read(&net_rwsem);
	for_each_net(net)
		if (net == which)
			found = true;
	up_read(&net_rwsem);
	return found;
}

/**
 * nfpt_kunit_net_del() - give a namespace back and wait until it is gone
 * @net: from nfpt_kunit_net_add(), or NULL
 *
 * Return: false if something still holds it after half a minute.
 */
bool nfpt_kunit_net_del(struct net *net)
{
	unsigned int i;

	if (!net)
		return true;
	put_net(net);
	for (i = 0; i < 1500; i++) {
		if (!nfpt_kunit_net_listed(net)) {
			/* Off the list first, its subsystems follow. */
			net_ns_barrier();
			return true;
		}
		msleep(20);
	}
	return false;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_net_del);

/**
 * nfpt_kunit_net_loopback() - give a namespace a local address, 127.0.0.1
 * @net: the namespace
 *
 * Return: 0 or a negative error.
 */
int nfpt_kunit_net_loopback(struct net *net)
{
	int err;

	rtnl_lock();
	err = dev_open(net->loopback_dev, NULL);
	rtnl_unlock();
	return err;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_net_loopback);

/* Ask rtnetlink for an address of the loopback device. */
static struct sk_buff *nfpt_kunit_address_request(__be32 addr)
{
	struct sk_buff *skb = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh;

	if (!skb)
		return NULL;
	nlh = nlmsg_put(skb, 0, 1, RTM_NEWADDR, sizeof(*ifa),
			NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE);
	ifa = nlmsg_data(nlh);
	*ifa = (struct ifaddrmsg){
		.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = LOOPBACK_IFINDEX,
	};
	nla_put_in_addr(skb, IFA_LOCAL, addr);
	nlmsg_end(skb, nlh);
	return skb;
}

/**
 * nfpt_kunit_net_address() - give a namespace one more local address
 * @net: the namespace
 * @addr: the address
 *
 * Return: 0 or a negative error.
 */
int nfpt_kunit_net_address(struct net *net, __be32 addr)
{
	struct sk_buff *skb = nfpt_kunit_address_request(addr);
	struct {
		struct nlmsghdr	nlh;
		struct nlmsgerr	e;
	} ack = {};
	struct kvec vec = { .iov_base = &ack, .iov_len = sizeof(ack) };
	struct msghdr msg = {};
	struct socket *sock;
	struct file *file;
	int err;

	if (!skb)
		return -ENOMEM;
	err = __sock_create(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock, 0);
	if (err)
		goto free;
	/* Who opened the file is what permission is asked of. */
	file = sock_alloc_file(sock, 0, NULL);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto free;
	}
	err = kernel_sendmsg(sock, &msg, &(struct kvec){ skb->data, skb->len }, 1, skb->len);
	if (err >= 0)
		err = kernel_recvmsg(sock, &msg, &vec, 1, sizeof(ack), MSG_DONTWAIT);
	if (err >= 0)
		err = ack.e.error;
	__fput_sync(file);
free:
	kfree_skb(skb);
	return err;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_net_address);

/**
 * nfpt_kunit_state() - enter a state
 * @net: the namespace
 * @proto: the protocol
 * @state: the state
 *
 * Return: the protocol in the namespace, or an error pointer.
 */
struct nfpt_proto_net *nfpt_kunit_state(struct net *net, const struct nfpt_proto *proto,
					enum nf_passthrough_state state)
{
	struct nfpt_change change = { .state = state };
	int err = -ENOMEM;

	mutex_lock(&nfpt_registry_mutex);
	change.pn = nfpt_proto_net_get(nfpt_pernet(net), proto);
	if (change.pn)
		err = nfpt_proto_net_change(&change, 1, NULL);
	mutex_unlock(&nfpt_registry_mutex);
	return err ? ERR_PTR(err) : change.pn;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_state);

/* The settings in force, for a change; NULL without memory. */
static struct nfpt_config *nfpt_kunit_config(const struct nfpt_proto_net *pn)
{
	return kmemdup(rcu_dereference_protected(pn->config, true), sizeof(struct nfpt_config),
		       GFP_KERNEL);
}

/**
 * nfpt_kunit_setting() - change a setting
 * @pn: the protocol in the namespace
 * @index: index into nfpt_proto.settings
 * @value: new value
 *
 * Return: 0 or a negative error.
 */
int nfpt_kunit_setting(struct nfpt_proto_net *pn, unsigned int index, u32 value)
{
	struct nfpt_change change = { .pn = pn, .state = -1 };
	int err = -ENOMEM;

	mutex_lock(&nfpt_registry_mutex);
	change.config = nfpt_kunit_config(pn);
	if (change.config) {
		change.config->values[index] = value;
		err = nfpt_proto_net_change(&change, 1, NULL);
	}
	mutex_unlock(&nfpt_registry_mutex);
	kfree(change.config);
	return err;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_setting);

/**
 * nfpt_kunit_pin() - add a pin
 * @pn: the protocol in the namespace
 * @kind: enum nf_passthrough_pin_kind
 * @host: a host behind the router
 * @server: a server, 0 if the kind has none
 *
 * Return: 0 or a negative error.
 */
int nfpt_kunit_pin(struct nfpt_proto_net *pn, u32 kind, __be32 host, __be32 server)
{
	const struct nfpt_pin pin = { .kind = kind, .host = host, .server = server };
	struct nfpt_change change = { .pn = pn, .state = -1 };
	int err = -ENOMEM;

	mutex_lock(&nfpt_registry_mutex);
	change.config = nfpt_kunit_config(pn);
	if (change.config) {
		change.config->pins[change.config->n_pins++] = pin;
		change.config->generation++;
		err = nfpt_proto_net_change(&change, 1, NULL);
	}
	mutex_unlock(&nfpt_registry_mutex);
	kfree(change.config);
	return err;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_pin);

/**
 * nfpt_kunit_counter() - read a counter
 * @pn: the protocol in the namespace
 * @counter: index into nfpt_proto.counters
 */
u64 nfpt_kunit_counter(const struct nfpt_proto_net *pn, unsigned int counter)
{
	return nfpt_counter_read(pn, counter);
}
EXPORT_SYMBOL_GPL(nfpt_kunit_counter);

/**
 * nfpt_kunit_flush() - end all sessions of a protocol
 * @pn: the protocol in the namespace
 *
 * Return: how many.
 */
unsigned int nfpt_kunit_flush(const struct nfpt_proto_net *pn)
{
	const struct nfpt_session_filter f = { .proto_id = pn->proto->id, .state = -1 };
	unsigned int n;

	mutex_lock(&nfpt_registry_mutex);
	n = nfpt_session_flush(pn->nn, &f, NF_PASSTHROUGH_END_REASON_FLUSHED);
	mutex_unlock(&nfpt_registry_mutex);
	return n;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_flush);

/**
 * nfpt_kunit_tuple() - fill in an IPv4 tuple
 * @tuple: set, original direction
 * @protonum: IP protocol
 * @saddr: source
 * @sport: its port or key, host byte order
 * @daddr: destination
 * @dport: its port or key, host byte order
 */
void nfpt_kunit_tuple(struct nf_conntrack_tuple *tuple, u8 protonum,
		      __be32 saddr, u16 sport, __be32 daddr, u16 dport)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->src.l3num = NFPROTO_IPV4;
	tuple->src.u3.ip = saddr;
	tuple->src.u.all = htons(sport);
	tuple->dst.protonum = protonum;
	tuple->dst.u3.ip = daddr;
	tuple->dst.u.all = htons(dport);
}
EXPORT_SYMBOL_GPL(nfpt_kunit_tuple);

/**
 * nfpt_kunit_ct_add() - put an entry into conntrack
 * @net: the namespace
 * @orig: its original tuple
 * @repl: its reply tuple
 * @helper: its helper, or NULL
 *
 * Return: the entry with a reference, or NULL.
 */
struct nf_conn *nfpt_kunit_ct_add(struct net *net, const struct nf_conntrack_tuple *orig,
				  const struct nf_conntrack_tuple *repl,
				  struct nf_conntrack_helper *helper)
{
	struct nf_conn_help *help;
	struct nf_conn *ct;

	ct = nf_conntrack_alloc(net, &nf_ct_zone_dflt, orig, repl, GFP_KERNEL);
	if (IS_ERR(ct))
		return NULL;
	if (helper) {
		help = nf_ct_helper_ext_add(ct, GFP_KERNEL);
		if (!help)
			goto free;
		rcu_assign_pointer(help->helper, helper);
	}
	ct->timeout = nfct_time_stamp + 600 * HZ;
	__set_bit(IPS_CONFIRMED_BIT, &ct->status);
	if (nf_conntrack_hash_check_insert(ct))
		goto free;
	return ct;

free:
	nf_conntrack_free(ct);
	return NULL;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_ct_add);

/**
 * nfpt_kunit_ct_has() - whether conntrack has an entry
 * @net: the namespace
 * @tuple: one of its tuples
 */
bool nfpt_kunit_ct_has(struct net *net, const struct nf_conntrack_tuple *tuple)
{
	struct nf_conntrack_tuple_hash *h;

	h = nf_conntrack_find_get(net, &nf_ct_zone_dflt, tuple);
	if (h)
		nf_ct_put(nf_ct_tuplehash_to_ctrack(h));
	return h;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_ct_has);

/**
 * nfpt_kunit_packet() - make an IPv4 packet
 * @saddr: source
 * @daddr: destination
 * @protocol: IP protocol
 * @data: what follows the IP header
 * @len: length of @data, a page at most
 * @linear: bytes of @data in the linear area, the rest is in a page
 * @room: bytes free behind them, exactly
 *
 * Return: the packet, as a netfilter hook gets it, or NULL.
 */
struct sk_buff *nfpt_kunit_packet(__be32 saddr, __be32 daddr, u8 protocol,
				  const void *data, unsigned int len,
				  unsigned int linear, unsigned int room)
{
	unsigned int need = sizeof(struct iphdr) + linear + room;
	unsigned int rest = len - linear;
	struct sk_buff *skb;
	struct iphdr *iph;
	struct page *page;

	skb = alloc_skb(MAX_HEADER + need, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, skb_tailroom(skb) - need);
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);

	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->ttl = 64;
	iph->protocol = protocol;
	iph->saddr = saddr;
	iph->daddr = daddr;
	iph->tot_len = htons(sizeof(*iph) + len);
	ip_send_check(iph);
	skb_set_transport_header(skb, sizeof(*iph));

	skb_put_data(skb, data, linear);
	if (!rest)
		return skb;
	page = alloc_page(GFP_KERNEL);
	if (!page) {
		kfree_skb(skb);
		return NULL;
	}
	memcpy(page_address(page), data + linear, rest);
	skb_add_rx_frag(skb, 0, page, 0, rest, PAGE_SIZE);
	return skb;
}
EXPORT_SYMBOL_GPL(nfpt_kunit_packet);
