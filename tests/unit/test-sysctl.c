/* SPDX-License-Identifier: Apache-2.0 */
/* process/sysctl-plan.c and sysctl-guest.c: which keys pass, and the values. Writing needs root. */
#include "guest-child.h"
#include "process/process.h"

#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>

#define ALL (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWUSER)

struct planned {
	struct flat flat;
	struct namespaces_plan plan;
	struct rl_err err;
	int r;
};

static struct planned plan_one(const char *key, const char *value, uint32_t own)
{
	char *keys[] = { (char *)key }, *values[] = { (char *)value };
	const struct oci_map map = { 1, keys, values };
	struct planned p = { .err = RL_ERR_INIT };

	flat_init(&p.flat, 8);
	p.r = sysctl_plan(&map, own, &p.flat, &p.plan.sysctls, &p.err);
	return p;
}

static const struct sysctl_entry *first(const struct planned *p)
{
	return flat_get(p->flat.data, p->plan.sysctls.off);
}

static void test_paths(void)
{
	static const struct {
		const char *key, *path;
		uint32_t flag;
	} rows[] = {
		{ "net.ipv4.ip_forward", "net/ipv4/ip_forward", CLONE_NEWNET },
		{ "net/ipv4/ip_forward", "net/ipv4/ip_forward", CLONE_NEWNET },
		/* The first separator counts, as sysctl(8) does: interfaces have dots in their
		   names. */
		{ "net.ipv4.conf.eth0/100.mtu", "net/ipv4/conf/eth0.100/mtu", CLONE_NEWNET },
		{ "net/ipv4/conf/eth0.100/mtu", "net/ipv4/conf/eth0.100/mtu", CLONE_NEWNET },
		{ "kernel.shmmax", "kernel/shmmax", CLONE_NEWIPC },
		{ "fs.mqueue.msg_max", "fs/mqueue/msg_max", CLONE_NEWIPC },
		{ "kernel.domainname", "kernel/domainname", CLONE_NEWUTS },
		{ "user.max_net_namespaces", "user/max_net_namespaces", CLONE_NEWUSER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct planned p = plan_one(rows[i].key, "1", ALL);
		char key[64];

		snprintf(key, sizeof(key), "linux.sysctl[\"%s\"]", rows[i].key);
		is_str(p.r < 0 ? p.err.what : flat_get_str(p.flat.data, first(&p)->path),
		       rows[i].path, "%s", rows[i].key);
		if (p.r == 0) {
			is_str(flat_get_str(p.flat.data, first(&p)->where), key, "and its key");
			is_int(first(&p)->flag, rows[i].flag, "and its namespace");
		}
		flat_done(&p.flat);
	}
}

static void refused(const char *key, uint32_t own, const char *what)
{
	struct planned p = plan_one(key, "1", own);

	is_int(p.r, -EINVAL, "refused: %.60s", key);
	ok(!strncmp(p.err.where, "linux.sysctl", 12), "with its key: %.60s", p.err.where);
	ok(strstr(p.err.what, what), "and its reason: %s", p.err.what);
	flat_done(&p.flat);
}

static void test_refusals(void)
{
	static const char *const names[] = { "",          ".",
					     "..",        "net",
					     "net.",      ".net.x",
					     "net..x",    "net/../kernel/x",
					     "net/./x",   "net//x",
					     "/net/x",    "net/x/",
					     "../net/x",  "net.ipv4.//.x",
					     "net.a b",   "net.a\nb",
					     "net.a\x7f", "net/ipv4/.." };
	char name[5000];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		refused(names[i], ALL,
			strcmp(names[i], "net") ? "not the name" : "would change the host");
	memset(name, 'x', sizeof(name));
	memcpy(name, "net.", 4);
	name[4 + 256] = 0;
	refused(name, ALL, "not the name");
	name[4 + 256] = 'x';
	name[4096] = 0;
	refused(name, ALL, "longer than 511 bytes");
	refused("kernel.core_pattern", ALL, "does not belong to a namespace");
	refused("vm.swappiness", ALL, "does not belong to a namespace");
	refused("network.x", ALL, "does not belong to a namespace");
	refused("kernel.shmmaxx", ALL, "does not belong to a namespace");
	refused("kernel.sem.x", ALL, "does not belong to a namespace");
	refused("net.ipv4.ip_forward", ALL & ~CLONE_NEWNET, "no network namespace of its own");
	refused("kernel.sem", ALL & ~CLONE_NEWIPC, "no ipc namespace of its own");
	refused("fs.mqueue.msg_max", ALL & ~CLONE_NEWIPC, "no ipc namespace of its own");
	refused("kernel.hostname", ALL & ~CLONE_NEWUTS, "no uts namespace of its own");
	refused("user.max_net_namespaces", ALL & ~CLONE_NEWUSER, "no user namespace of its own");
}

static void test_values(void)
{
	struct planned p = plan_one("net.ipv4.ip_local_reserved_ports", "", ALL);
	char *value = malloc(5000);

	is_int(p.r, 0, "an empty value");
	is_str(flat_get_str(p.flat.data, first(&p)->value), "\n",
	       "is a line, which a write of nothing is not");
	flat_done(&p.flat);
	memset(value, '1', 5000);
	value[4096] = 0;
	p = plan_one("net.ipv4.ip_forward", value, ALL);
	ok(p.r < 0 && strstr(p.err.what, "longer than 4095"), "a page is too long");
	flat_done(&p.flat);
	value[4095] = 0;
	p = plan_one("net.ipv4.ip_forward", value, ALL);
	is_int(p.r, 0, "less is not");
	flat_done(&p.flat);
	free(value);
}

/* ---- in the kernel --------------------------------------------------------------------------- */

static long private_proc(void)
{
	long fs = syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC), r;

	if (fs < 0)
		return -errno;
	r = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r == 0)
		r = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	close((int)fs);
	return r < 0 ? -errno : r;
}

static int do_write(struct guest *g, const void *arg, char *text, size_t size)
{
	int r;

	if (unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS) < 0)
		return -errno;
	g->proc_fd = (int)private_proc();
	if (g->proc_fd < 0)
		return g->proc_fd;
	r = sysctl_write(g, arg);
	child_read("/proc/sys/net/ipv4/ip_local_port_range", text, size);
	child_read("/proc/sys/kernel/msgmax", text, size);
	return r;
}

static void test_kernel(void)
{
	static char *keys[] = { (char *)"net.ipv4.ip_local_port_range", (char *)"kernel/msgmax" };
	static char *values[] = { (char *)"20000 30001", (char *)"4321" };
	const struct oci_map map = { 2, keys, values };
	struct planned p = { .err = RL_ERR_INIT };
	const struct child *c;

	flat_init(&p.flat, 8);
	is_int(sysctl_plan(&map, ALL, &p.flat, &p.plan.sysctls, &p.err), 0, "planned");
	c = child_run(do_write, p.flat.data, &p.plan);
	is_int(c->ret, 0, "written: %s", c->err.what);
	is_str(c->text, "20000\t30001\n4321\n", "both values are there");
	flat_done(&p.flat);

	p = plan_one("net.ipv4.no_such", "1", ALL);
	c = child_run(do_write, p.flat.data, &p.plan);
	is_int(c->ret, -ENOENT, "a parameter that does not exist");
	is_str(c->err.where, "linux.sysctl[\"net.ipv4.no_such\"]", "with its key");
	is_str(c->err.what, "write \"1\" to /proc/sys \"net/ipv4/no_such\"", "and words");
	flat_done(&p.flat);

	p = plan_one("net.ipv4.ip_local_port_range", "many", ALL);
	c = child_run(do_write, p.flat.data, &p.plan);
	is_int(c->ret, -EINVAL, "a value that the kernel refuses");
	flat_done(&p.flat);
}

/* A plan that the planner would not make: the walk itself must hold. */
static void test_beneath(void)
{
	static const char *const paths[] = { "../self/oom_score_adj", "../../etc/passwd",
					     "/proc/self/oom_score_adj" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct planned p = plan_one("net.ipv4.ip_forward", "1", ALL);
		struct sysctl_entry entry = *first(&p);
		const struct child *c;

		entry.path = flat_add_str(&p.flat, paths[i]);
		*(struct sysctl_entry *)flat_ptr(&p.flat, p.plan.sysctls.off) = entry;
		c = child_run(do_write, p.flat.data, &p.plan);
		is_int(c->ret, -EXDEV, "%s is outside", paths[i]);
		flat_done(&p.flat);
	}
}

int main(void)
{
	test_paths();
	test_refusals();
	test_values();
	if (geteuid() == 0) {
		test_kernel();
		test_beneath();
	} else {
		skip("writing parameters of new namespaces needs root");
	}
	return tap_done();
}
