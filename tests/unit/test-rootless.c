/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container/rootless-plan.c, process/idmap-plan.c, process/groups-plan.c: what is planned for a
 * caller without privilege. Pure.
 */
#include "container/rootless.h"
#include "guest-child.h"

#include <sched.h>

#define CONFIG "{\"ociVersion\":\"1.3.0\"%s,\"linux\":{\"namespaces\":[{\"type\":\"mount\"}%s]%s}}"
#define USER   ",{\"type\":\"user\"}"
#define MAPS(uid, gid, n)                                                       \
	",\"uidMappings\":[{\"containerID\":0,\"hostID\":" #uid ",\"size\":" #n \
	"}],\"gidMappings\":[{\"containerID\":0,\"hostID\":" #gid ",\"size\":" #n "}]"

/* A user who has the tools and two ranges. */
static struct idmap_facts user(void)
{
	return (struct idmap_facts){
		.unprivileged = true,
		.needed = true,
		.uid = 1000,
		.gid = 1001,
		.newuidmap = "/bin/newuidmap",
		.newgidmap = "/bin/newgidmap",
		.uids = { 2, { { 100000, 10 }, { 200000, 20 } } },
		.gids = { 1, { { 300000, 30 } } },
	};
}

struct planned {
	struct oci_doc doc;
	struct rootless own;
	struct flat flat;
	struct namespaces_plan ns;
	struct rl_err err;
	int r;
};

static void plan(struct planned *p, const struct idmap_facts *f, const char *first, const char *ns,
		 const char *more)
{
	struct oci_config *c;

	memset(p, 0, sizeof(*p));
	p->err = (struct rl_err)RL_ERR_INIT;
	c = config_load(&p->doc, CONFIG, first, ns, more);
	flat_init(&p->flat, 8);
	p->r = rootless_plan(c, f, &p->own);
	if (p->r == 0)
		p->r = namespaces_plan(&p->own.config, &p->flat, &p->ns, &p->err);
	if (p->r == 0)
		p->r = idmap_writers_plan(&p->own.config, f, &p->flat, &p->ns, &p->err);
}

static const char *str(const struct planned *p, flat_str s)
{
	return flat_get_str(p->flat.data, s);
}

static void done(struct planned *p)
{
	flat_done(&p->flat);
	rootless_done(&p->own);
	oci_done(&p->doc);
}

static void test_added(void)
{
	struct idmap_facts f = user();
	struct planned p;

	plan(&p, &f, "", "", "");
	is_int(p.r, 0, "without a user namespace: %s", p.err.what);
	ok(p.ns.make & CLONE_NEWUSER, "one is made");
	is_str(str(&p, p.ns.uid_map), "0 1000 1\n1 100000 10\n11 200000 20\n", "the user ids");
	is_str(str(&p, p.ns.gid_map), "0 1001 1\n1 300000 30\n", "the group ids");
	is_str(str(&p, p.ns.uid_tool), "/bin/newuidmap", "written by newuidmap");
	is_str(str(&p, p.ns.gid_tool), "/bin/newgidmap", "and newgidmap");
	ok(!p.ns.deny_groups, "groups can be set");
	done(&p);
	f.needed = false;
	plan(&p, &f, "", "", "");
	ok(p.r == 0 && !(p.ns.make & CLONE_NEWUSER), "not for who needs none");
	done(&p);
}

static void is_single(const struct idmap_facts *f, const char *why)
{
	struct planned p;

	plan(&p, f, "", "", "");
	is_str(str(&p, p.ns.uid_map), "0 1000 1\n", "one user id: %s", why);
	is_str(str(&p, p.ns.gid_map), "0 1001 1\n", "one group id: %s", why);
	ok(!p.ns.uid_tool && !p.ns.gid_tool, "written by rundlet");
	ok(p.ns.deny_groups, "for which setgroups is given up");
	done(&p);
}

static void test_single(void)
{
	struct idmap_facts f = user();

	f.uids.n = 0;
	is_single(&f, "no user ids in the file");
	f = user();
	f.gids.n = 0;
	is_single(&f, "no group ids in the file");
	f = user();
	f.newuidmap[0] = 0;
	is_single(&f, "no newuidmap");
}

static void test_last_id(void)
{
	struct idmap_facts f = user();
	struct planned p;

	f.uids = (struct subid){ 2, { { 1001, UINT32_MAX - 1002 }, { 1, 900 } } };
	plan(&p, &f, "", "", "");
	is_int(p.r, 0, "no more ids than there are: %s", p.err.what);
	is_str(str(&p, p.ns.uid_map), "0 1000 1\n1 1001 4294966293\n4294966294 1 900\n",
	       "as many as fit");
	done(&p);
}

static void test_given(void)
{
	struct idmap_facts f = user();
	struct planned p;

	plan(&p, &f, "", USER, MAPS(1000, 1001, 1));
	ok(p.r == 0 && !p.ns.uid_tool && !p.ns.gid_tool && p.ns.deny_groups,
	   "the own id is mapped by rundlet");
	is_str(str(&p, p.ns.uid_map), "0 1000 1\n", "as it is given");
	done(&p);
	plan(&p, &f, "", USER, MAPS(1000, 5, 1));
	ok(p.r == 0 && !p.ns.uid_tool && p.ns.gid_tool && !p.ns.deny_groups, "each kind by itself");
	done(&p);
	f.newgidmap[0] = 0;
	plan(&p, &f, "", USER, MAPS(1000, 5, 1));
	is_int(p.r, -EINVAL, "without the tool it is refused");
	is_str(p.err.where, "linux.gidMappings", "with the key");
	ok(strstr(p.err.what, "newgidmap"), "and the program: %s", p.err.what);
	done(&p);
	f.unprivileged = false;
	plan(&p, &f, "", USER, MAPS(5, 5, 100));
	ok(p.r == 0 && !p.ns.uid_tool && !p.ns.deny_groups, "who may writes all maps");
	done(&p);
}

#define KEEP(value) ",\"annotations\":{\"run.oci.keep_original_groups\":\"" value "\"}"

static void test_groups(void)
{
	struct idmap_facts f = { 0 };
	struct planned p;

	plan(&p, &f, KEEP("1"), "", "");
	ok(p.r == 0 && p.ns.keep_groups, "the annotation keeps the caller's groups");
	done(&p);
	plan(&p, &f, KEEP("0"), "", "");
	ok(p.r == 0 && !p.ns.keep_groups, "or not");
	done(&p);
	plan(&p, &f, KEEP("yes"), "", "");
	is_int(p.r, -EINVAL, "anything else is refused");
	is_str(p.err.where, "annotations[\"run.oci.keep_original_groups\"]", "with its key");
	done(&p);
}

int main(void)
{
	test_added();
	test_single();
	test_last_id();
	test_given();
	test_groups();
	return tap_done();
}
