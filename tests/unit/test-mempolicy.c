/* SPDX-License-Identifier: Apache-2.0 */
/* process/mempolicy-plan.c and mempolicy-guest.c: planned, refused, and asked of the kernel. */
#include "guest-child.h"
#include "process/mempolicy.h"

#include <sys/syscall.h>

struct planned {
	struct flat flat;
	struct mempolicy_plan plan;
	struct rl_err err;
	int r;
};

static struct planned plan(const char *members)
{
	struct planned p = { .err = RL_ERR_INIT };
	struct oci_doc doc;
	struct oci_config *c = config_load(
		&doc, "{\"ociVersion\":\"1.3.0\",\"linux\":{\"memoryPolicy\":{%s}}}", members);

	flat_init(&p.flat, 8);
	p.r = mempolicy_plan(c->linux_->memory_policy, &p.flat, &p.plan, &p.err);
	oci_done(&doc);
	return p;
}

static void planned(const char *members, uint32_t number, uint64_t nodes)
{
	struct planned p = plan(members);
	const uint64_t *bits = flat_get(p.flat.data, p.plan.bits.off);

	is_int(p.r, 0, "%s: %s", members, p.err.what);
	is_int(p.plan.number, number, "mode and flags");
	is_int(p.plan.bits.n, nodes ? 16 : 0, "room for nodes, if it has some");
	ok(!nodes || bits[0] == nodes, "the nodes");
	flat_done(&p.flat);
}

static void refused(const char *members, const char *where, const char *what)
{
	struct planned p = plan(members);

	is_int(p.r, -EINVAL, "refused: %s", members);
	is_str(p.err.where, where, "with its key");
	ok(strstr(p.err.what, what), "and its reason: %s", p.err.what);
	flat_done(&p.flat);
}

#define M(mode) "\"mode\":\"" mode "\""
#define N(list) ",\"nodes\":\"" list "\""
#define F(list) ",\"flags\":[" list "]"

static void test_plan(void)
{
	struct planned p = plan("");

	is_int(p.r, 0, "nothing is asked");
	is_int(p.plan.mode, 0, "and nothing planned");
	flat_done(&p.flat);
	planned(M("MPOL_DEFAULT"), 0, 0);
	planned(M("MPOL_PREFERRED") N(""), 1, 0);
	planned(M("MPOL_PREFERRED") N("0-1"), 1, 3);
	planned(M("MPOL_BIND") N("0-3,7"), 2, 0x8f);
	planned(M("MPOL_INTERLEAVE") N("0") F("\"MPOL_F_RELATIVE_NODES\""), 0x4003, 1);
	planned(M("MPOL_LOCAL"), 4, 0);
	planned(M("MPOL_PREFERRED_MANY") N("0") F("\"MPOL_F_STATIC_NODES\""), 0x8005, 1);
	planned(M("MPOL_WEIGHTED_INTERLEAVE") N("0"), 6, 1);
	planned(M("MPOL_BIND") N("0") F("\"MPOL_F_NUMA_BALANCING\",\"MPOL_F_STATIC_NODES\""),
		0xa002, 1);
}

static void test_refused(void)
{
	refused("\"nodes\":\"0\"", "linux.memoryPolicy.mode", "missing");
	refused("\"flags\":[\"MPOL_F_STATIC_NODES\"]", "linux.memoryPolicy.mode", "missing");
	refused(M("MPOL_BIND"), "linux.memoryPolicy.nodes", "MPOL_BIND needs a list");
	refused(M("MPOL_PREFERRED") F("\"MPOL_F_STATIC_NODES\""), "linux.memoryPolicy.nodes",
		"MPOL_F_STATIC_NODES needs a list");
	refused(M("MPOL_DEFAULT") N("0"), "linux.memoryPolicy.nodes", "MPOL_DEFAULT has no nodes");
	refused(M("MPOL_LOCAL") F("\"MPOL_F_STATIC_NODES\""), "linux.memoryPolicy.flags",
		"MPOL_LOCAL has no flags");
	refused(M("MPOL_BIND") N("0") F("\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\""),
		"linux.memoryPolicy.flags", "both");
	refused(M("MPOL_BIND") N("1024"), "linux.memoryPolicy.nodes", "below 1024");
	refused(M("MPOL_BIND") N("a"), "linux.memoryPolicy.nodes", "not a list");
}

/* What the kernel says of us afterwards: mode with flags, and the first nodes. */
static int do_set(struct guest *g, const void *arg, char *text, size_t size)
{
	unsigned long nodes[16] = { 0 };
	int mode = -1, r = mempolicy_set(g, arg);

	if (r == 0 && syscall(__NR_get_mempolicy, &mode, nodes, 1024UL, 0, 0) < 0)
		return -errno;
	snprintf(text, size, "%d %lu", mode, nodes[0]);
	return r;
}

static const struct child *set(const char *members)
{
	struct planned p = plan(members);
	const struct child *c = child_run(do_set, p.flat.data, &p.plan);

	flat_done(&p.flat);
	return c;
}

static void test_set(void)
{
	const struct child *c = set(M("MPOL_BIND") N("0") F("\"MPOL_F_STATIC_NODES\""));

	if (c->ret == -ENOSYS) {
		skip("this kernel has no memory policies");
		return;
	}
	is_int(c->ret, 0, "set: %s", c->err.what);
	is_str(c->text, "32770 1", "MPOL_BIND and its flag, node 0");
	c = set(M("MPOL_LOCAL"));
	is_int(c->ret, 0, "one without nodes: %s", c->err.what);
	is_str(c->text, "4 0", "MPOL_LOCAL");
	c = set(M("MPOL_BIND") N("1023"));
	is_int(c->ret, -EINVAL, "a node that is not there");
	is_str(c->err.where, "linux.memoryPolicy", "its key");
	is_str(c->err.what, "take memory by the policy \"MPOL_BIND\"", "words");
	ok(strstr(c->err.hint, "cpuset"), "and a hint: %s", c->err.hint);
}

int main(void)
{
	test_plan();
	test_refused();
	test_set();
	return tap_done();
}
