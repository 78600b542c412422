// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failure, with the kernel's failslab.  A task's fail_nth counts its
 * allocations down and fails the last; behind that, failslab's own attributes
 * fail all of a task that has make_it_fail, and of no other.
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/umh.h>

#include "fault.h"

#define NFPT_FAULT_DIR	"/sys/kernel/debug/failslab/"

/**
 * struct nfpt_fault - the round
 * @task: whose allocations fail, NULL without a round
 * @kind: what fails
 * @left: allocations until the first fails, 0 when it has
 */
static struct nfpt_fault {
	struct task_struct	*task;
	enum nfpt_fault_kind	kind;
	unsigned int		left;
} nfpt_fault;

static int nfpt_fault_shell(char *command)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", sh[] = "/bin/sh", flags[] = "-ec";
	char *argv[4] = { sh, flags, command }, *envp[2] = { path };

	return call_usermodehelper(sh, argv, envp, UMH_WAIT_PROC);
}

/**
 * nfpt_fault_suite_init() - kunit_suite.suite_init: failslab is to spare nothing
 * @suite: the suite
 *
 * Return: 0 or a negative error, if failslab is not there.
 */
int nfpt_fault_suite_init(struct kunit_suite *suite)
{
	/* What the debug kernel allocates to watch the others is no concern. */
	char command[] = "cd /sys/kernel/slab; for c in *; do case $c in\n"
			 "debug_objects_cache | kmemleak_*) ;; *) echo 1 >$c/failslab ;; esac; done; "
			 "cd " NFPT_FAULT_DIR "; echo 0 >verbose; echo N >ignore-gfp-wait;"
			 "echo Y >cache-filter; echo Y >task-filter; echo 1 >interval;"
			 "echo -1 >times; echo 0 >space; echo 100 >probability";
	void *p;

	if (nfpt_fault_shell(command))
		return -ENODEV;
	nfpt_fault_begin(NFPT_FAULT_ONE, 1);
	nfpt_fault_arm();
	p = kmalloc(8, GFP_KERNEL);
	nfpt_fault_disarm();
	kfree(p);
	return nfpt_fault_end() && !p ? 0 : -ENODEV;
}
EXPORT_SYMBOL_GPL(nfpt_fault_suite_init);

/**
 * nfpt_fault_suite_exit() - kunit_suite.suite_exit, whatever suite_init said
 * @suite: the suite
 */
void nfpt_fault_suite_exit(struct kunit_suite *suite)
{
	char command[] = "cd " NFPT_FAULT_DIR "; echo 0 >probability; echo 1 >times;"
			 "echo N >task-filter; echo N >cache-filter; echo Y >ignore-gfp-wait;"
			 "echo 2 >verbose";

	nfpt_fault_end();
	nfpt_fault_shell(command);
}
EXPORT_SYMBOL_GPL(nfpt_fault_suite_exit);

/**
 * nfpt_fault_begin() - begin a round
 * @kind: what is to fail
 * @n: the first allocation that is to fail, from 1 on
 */
void nfpt_fault_begin(enum nfpt_fault_kind kind, unsigned int n)
{
	nfpt_fault = (struct nfpt_fault){ .task = current, .kind = kind, .left = n };
}
EXPORT_SYMBOL_GPL(nfpt_fault_begin);

/**
 * nfpt_fault_end() - end a round, if there is one
 *
 * Return: whether an allocation has failed.
 */
bool nfpt_fault_end(void)
{
	bool failed = nfpt_fault.task && !nfpt_fault.left;

	nfpt_fault = (struct nfpt_fault){};
	return failed;
}
EXPORT_SYMBOL_GPL(nfpt_fault_end);

/**
 * nfpt_fault_arm() - what follows is under test
 */
void nfpt_fault_arm(void)
{
	if (nfpt_fault.task != current)
		return;
	WRITE_ONCE(current->fail_nth, nfpt_fault.left);
	current->make_it_fail = nfpt_fault.kind == NFPT_FAULT_REST;
}
EXPORT_SYMBOL_GPL(nfpt_fault_arm);

/**
 * nfpt_fault_disarm() - what follows is the test itself
 */
void nfpt_fault_disarm(void)
{
	if (nfpt_fault.task != current)
		return;
	current->make_it_fail = 0;
	nfpt_fault.left = READ_ONCE(current->fail_nth);
	WRITE_ONCE(current->fail_nth, 0);
}
EXPORT_SYMBOL_GPL(nfpt_fault_disarm);
