// SPDX-License-Identifier: GPL-2.0
/*
 * What packets cost: injects packets into devices of a router that others have
 * set up, and takes the time until each has left it.
 *
 * Commands, a line each, are written to /sys/kernel/debug/packet_bench:
 *
 *	packet SET DEVICE HEX	add a packet, from the IP header on, to a set; its
 *				header checksum is filled in, the device is one of
 *				the writer's network namespace
 *	count SET OFFSET	the 32 bits there, behind its IP header, are a number
 *				that is greater by one in each packet that is sent
 *	send SET		send all of them
 *	once SET		the same, as a round whose time is taken, for
 *				one packet
 *	run ROUNDS PACKETS SET...
 *				in each round, so many packets of each set in turn
 *	forget			forget the results
 *	clear			forget sets, too
 *
 * A packet that was sent by netif_receive_skb() has left the router, or was
 * dropped, when that returns, if the device that it leaves by has no queue.
 * Reading tells what each round took: "SET ROUND PACKETS NANOSECONDS".
 *
 * For benchmarks in a machine of their own: it trusts who writes to it.
 */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/hex.h>
#include <linux/ip.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>
#include <net/ip.h>
#include <net/net_namespace.h>

/* Packets that are made, then sent, then make room for the next. */
#define BENCH_BATCH	64
#define BENCH_LINE	4096

/* One of a set. */
struct bench_packet {
	struct list_head	node;
	struct net_device	*dev;
	netdevice_tracker	tracker;
	unsigned int		len;
	u8			data[] __counted_by(len);
};

/**
 * struct bench_set - packets that are sent one after the other, then again
 * @node: in bench_sets
 * @packets: the packets
 * @next: the one whose turn it is, NULL for the first
 * @number: what the last packet's number was
 * @offset: where that is, behind the IP header, 0 for nowhere
 * @name: its name
 */
struct bench_set {
	struct list_head	node;
	struct list_head	packets;
	struct bench_packet	*next;
	u32			number;
	unsigned int		offset;
	char			name[32];
};

/* What a round of a set took. */
struct bench_result {
	struct list_head	node;
	char			name[32];
	unsigned int		round;
	unsigned int		packets;
	u64			ns;
};

static DEFINE_MUTEX(bench_mutex);	/* for all that follows */
static LIST_HEAD(bench_sets);
static LIST_HEAD(bench_results);
static struct dentry *bench_file;

static struct bench_set *bench_find(const char *name)
{
	struct bench_set *set;

	list_for_each_entry(set, &bench_sets, node)
		if (!strcmp(set->name, name))
			return set;
	return NULL;
}

static struct bench_set *bench_find_or_add(const char *name)
{
	struct bench_set *set = bench_find(name);

	if (set)
		return set;
	set = kzalloc(sizeof(*set), GFP_KERNEL);
	if (!set)
		return NULL;
	INIT_LIST_HEAD(&set->packets);
	strscpy(set->name, name, sizeof(set->name));
	list_add_tail(&set->node, &bench_sets);
	return set;
}

static int bench_add(const char *name, const char *device, const char *hex)
{
	unsigned int len = strlen(hex) / 2;
	struct bench_packet *packet;
	struct bench_set *set;

	if (len < sizeof(struct iphdr) || strlen(hex) != len * 2)
		return -EINVAL;
	packet = kzalloc(struct_size(packet, data, len), GFP_KERNEL);
	if (!packet)
		return -ENOMEM;
	packet->len = len;
	set = bench_find_or_add(name);
	packet->dev = netdev_get_by_name(current->nsproxy->net_ns, device, &packet->tracker,
					 GFP_KERNEL);
	if (!set || !packet->dev || hex2bin(packet->data, hex, len)) {
		netdev_put(packet->dev, &packet->tracker);
		kfree(packet);
		return -EINVAL;
	}
	ip_send_check((struct iphdr *)packet->data);
	list_add_tail(&packet->node, &set->packets);
	return 0;
}

static int bench_count(const char *name, const char *offset)
{
	struct bench_set *set = bench_find(name);
	struct bench_packet *packet;
	unsigned int off;

	if (!set || kstrtouint(offset, 10, &off))
		return -EINVAL;
	off += sizeof(struct iphdr);
	list_for_each_entry(packet, &set->packets, node)
		if (off + sizeof(u32) > packet->len)
			return -EINVAL;
	set->offset = off;
	return 0;
}

static void bench_forget(void)
{
	struct bench_result *result, *next;

	list_for_each_entry_safe(result, next, &bench_results, node)
		kfree(result);
	INIT_LIST_HEAD(&bench_results);
}

static void bench_clear(void)
{
	struct bench_packet *packet, *next_packet;
	struct bench_set *set, *next_set;

	list_for_each_entry_safe(set, next_set, &bench_sets, node) {
		list_for_each_entry_safe(packet, next_packet, &set->packets, node) {
			netdev_put(packet->dev, &packet->tracker);
			kfree(packet);
		}
		kfree(set);
	}
	INIT_LIST_HEAD(&bench_sets);
	bench_forget();
}

/* As a driver hands it up, the checksum verified. */
static struct sk_buff *bench_skb(const struct bench_packet *packet)
{
	struct sk_buff *skb = netdev_alloc_skb(packet->dev, ETH_HLEN + packet->len);

	if (!skb)
		return NULL;
	skb_reserve(skb, ETH_HLEN);
	skb_put_data(skb, packet->data, packet->len);
	skb_set_mac_header(skb, -ETH_HLEN);
	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* Sends @n packets, at most a batch; what that took is added to @ns. */
static int bench_batch(struct bench_set *set, unsigned int n, u64 *ns)
{
	struct sk_buff *skbs[BENCH_BATCH];
	unsigned int i;
	u64 begun;

	for (i = 0; i < n; i++) {
		set->next = set->next && !list_is_last(&set->next->node, &set->packets) ?
			    list_next_entry(set->next, node) :
			    list_first_entry(&set->packets, struct bench_packet, node);
		if (set->offset)
			put_unaligned_be32(++set->number, set->next->data + set->offset);
		skbs[i] = bench_skb(set->next);
		if (!skbs[i]) {
			while (i)
				kfree_skb(skbs[--i]);
			return -ENOMEM;
		}
	}
	local_bh_disable();
	begun = ktime_get_ns();
	for (i = 0; i < n; i++)
		netif_receive_skb(skbs[i]);
	*ns += ktime_get_ns() - begun;
	local_bh_enable();
	cond_resched();
	return 0;
}

static int bench_send(struct bench_set *set, unsigned int packets, u64 *ns)
{
	unsigned int n;
	int err = 0;

	for (; packets && !err; packets -= n) {
		n = min(packets, BENCH_BATCH);
		err = bench_batch(set, n, ns);
	}
	return err;
}

static struct bench_result *bench_result_add(const char *name, unsigned int round,
					     unsigned int packets)
{
	struct bench_result *result = kzalloc(sizeof(*result), GFP_KERNEL);

	if (!result)
		return NULL;
	strscpy(result->name, name, sizeof(result->name));
	result->round = round;
	result->packets = packets;
	list_add_tail(&result->node, &bench_results);
	return result;
}

static int bench_send_all(const char *name, u64 *ns)
{
	struct bench_set *set = bench_find(name);

	if (!set)
		return -ENOENT;
	set->next = NULL;
	return bench_send(set, list_count_nodes(&set->packets), ns);
}

static int bench_once(const char *name)
{
	struct bench_result *result = bench_result_add(name, 0, 1);

	return result ? bench_send_all(name, &result->ns) : -ENOMEM;
}

static int bench_round(const char *name, unsigned int round, unsigned int packets)
{
	struct bench_set *set = bench_find(name);
	struct bench_result *result;
	u64 warm = 0;
	int err;

	if (!set)
		return -ENOENT;
	result = bench_result_add(name, round, packets);
	if (!result)
		return -ENOMEM;
	/* Caches should know what they know after a while. */
	err = bench_send(set, min_t(size_t, packets, 2 * list_count_nodes(&set->packets)),
			 &warm);
	return err ?: bench_send(set, packets, &result->ns);
}

static int bench_run(char *words)
{
	unsigned int round, rounds, packets;
	char *name, *names, *copy, *rest;
	int err = 0;

	name = strsep(&words, " ");
	if (!words || kstrtouint(name, 10, &rounds))
		return -EINVAL;
	name = strsep(&words, " ");
	if (!words || kstrtouint(name, 10, &packets))
		return -EINVAL;
	names = words;
	for (round = 0; round < rounds && !err; round++) {
		copy = kstrdup(names, GFP_KERNEL);
		if (!copy)
			return -ENOMEM;
		rest = copy;
		while (!err && (name = strsep(&rest, " ")))
			err = bench_round(name, round, packets);
		kfree(copy);
	}
	return err;
}

static int bench_command(char *line)
{
	char *command = strsep(&line, " "), *set, *device;
	u64 ns = 0;

	if (!strcmp(command, "clear")) {
		bench_clear();
		return 0;
	}
	if (!strcmp(command, "forget")) {
		bench_forget();
		return 0;
	}
	if (!line)
		return -EINVAL;
	if (!strcmp(command, "run"))
		return bench_run(line);
	if (!strcmp(command, "send"))
		return bench_send_all(line, &ns);
	if (!strcmp(command, "once"))
		return bench_once(line);
	set = strsep(&line, " ");
	if (!strcmp(command, "count"))
		return line ? bench_count(set, line) : -EINVAL;
	if (strcmp(command, "packet") || !line)
		return -EINVAL;
	device = strsep(&line, " ");
	return line ? bench_add(set, device, line) : -EINVAL;
}

/* Takes one line, or fails. */
static ssize_t bench_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char *line, *end;
	ssize_t err;

	line = memdup_user_nul(buf, min_t(size_t, len, BENCH_LINE));
	if (IS_ERR(line))
		return PTR_ERR(line);
	end = strchr(line, '\n');
	if (!end) {
		kfree(line);
		return -EINVAL;
	}
	*end = '\0';
	len = end + 1 - line;
	mutex_lock(&bench_mutex);
	err = bench_command(line);
	mutex_unlock(&bench_mutex);
	kfree(line);
	return err ?: len;
}

static int bench_show(struct seq_file *seq, void *unused)
{
	const struct bench_result *result;

	mutex_lock(&bench_mutex);
	list_for_each_entry(result, &bench_results, node)
		seq_printf(seq, "%s %u %u %llu\n", result->name, result->round,
			   result->packets, result->ns);
	mutex_unlock(&bench_mutex);
	return 0;
}

static int bench_open(struct inode *inode, struct file *file)
{
	return single_open(file, bench_show, NULL);
}

static const struct file_operations bench_ops = {
	.owner		= THIS_MODULE,
	.open		= bench_open,
	.read		= seq_read,
	.write		= bench_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int __init bench_init(void)
{
	bench_file = debugfs_create_file("packet_bench", 0600, NULL, NULL, &bench_ops);
	return PTR_ERR_OR_ZERO(bench_file);
}

static void __exit bench_exit(void)
{
	debugfs_remove(bench_file);
	bench_clear();
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What packets cost in a router");
