/* SPDX-License-Identifier: Apache-2.0 */
/* process/namespaces-plan.c, spec/idmap.c and namespaces-report.c: pure. */
#include "namespaces-plan.h"

#include <linux/sched.h>

static void refused(const char *names, const char *namespaces, const char *more, const char *where,
		    const char *what)
{
	struct planned p = plan(names, namespaces, more);

	is_int(p.r, -EINVAL, "refused: %s: %s", where, what);
	is_str(p.err.where, where, "with its key");
	ok(strstr(p.err.what, what), "and its reason: %s", p.err.what);
	flat_done(&p.flat);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static void test_make(void)
{
	struct planned p =
		plan("",
		     NEW("mount") "," NEW("pid") "," NEW("network") "," NEW("uts") "," NEW(
			     "ipc") "," NEW("user") "," NEW("cgroup") "," NEW("time"),
		     MAPS(MAP(0, 1000, 1), MAP(0, 1000, 1)));

	is_int(p.r, 0, "all eight are made");
	ok(p.plan.make == (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |
			   CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWTIME),
	   "by their flags");
	is_int(p.plan.joins.n, 0, "none is joined");
	is_int(p.plan.bridge, 0, "one process can do it");
	flat_done(&p.flat);
	p = plan("", "", "");
	is_int(p.r, 0, "no namespaces");
	is_int(p.plan.make, 0, "none is made: a kind that is not listed is inherited");
	flat_done(&p.flat);
}

static void test_join(void)
{
	static const uint32_t order[] = { CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWNS };
	struct planned p = plan("",
				JOIN("mount", "/m") "," JOIN("pid", "/p") "," JOIN(
					"network", "/n") "," JOIN("user", "/u") "," NEW("ipc"),
				"");
	uint32_t i = 0;

	is_int(p.r, 0, "joins");
	is_int(p.plan.joins.n, 4, "four");
	FLAT_EACH(p.flat.data, p.plan.joins, const struct namespace_join, j) {
		ok(j->flag == order[i], "number %u is the %s namespace", i,
		   namespaces_word(j->flag));
		is_int(j->fd, -EBADF, "and is not open");
		i++;
	}
	is_int(p.plan.make, CLONE_NEWIPC, "the one without a path is made");
	is_str(str(&p,
		   ((const struct namespace_join *)flat_get(p.flat.data, p.plan.joins.off))->where),
	       "linux.namespaces[3].path", "the key is that of the configuration");
	flat_done(&p.flat);
}

static void test_bridge(void)
{
	static const struct {
		const char *namespaces, *more;
		unsigned int bridge;
	} rows[] = {
		{ JOIN("network", "/n"), "", 0 },
		{ JOIN("mount", "/n"), "", 0 },
		{ JOIN("pid", "/n"), "", 0 },
		{ NEW("user") "," JOIN("pid", "/n"), MAPS(MAP(0, 0, 1), MAP(0, 0, 1)), 1 },
		{ JOIN("user", "/n"), "", 1 },
		{ JOIN("time", "/n"), "", 1 },
		{ NEW("time"), "", 0 },
		{ NEW("time"), ",\"timeOffsets\":{}", 0 },
		{ NEW("time"), ",\"timeOffsets\":{\"boottime\":{\"secs\":1}}", 1 },
		/* The network namespace belongs to the caller's user namespace. */
		{ NEW("user") "," JOIN("network", "/n"), MAPS(MAP(0, 0, 1), MAP(0, 0, 1)), 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct planned p = plan("", rows[i].namespaces, rows[i].more);

		is_int(p.r, 0, "planned: %s%s", rows[i].namespaces, rows[i].more);
		is_int(p.plan.bridge, rows[i].bridge, "whether a second process is needed");
		flat_done(&p.flat);
	}
}

static void test_refusals(void)
{
	refused("", NEW("pid") "," NEW("uts") "," NEW("pid"), "", "linux.namespaces[2].type",
		"in linux.namespaces[0] already");
	refused("", JOIN("pid", "proc/1"), "", "linux.namespaces[0].path", "not an absolute path");
	refused("\"hostname\":\"web\",", "", "", "hostname", "needs a uts namespace");
	refused("\"domainname\":\"web\",", "", "", "domainname", "needs a uts namespace");
	refused("\"hostname\":\"0123456789012345678901234567890123456789012345678901234567890123x\",",
		NEW("uts"), "", "hostname", "longer than 64");
	refused("", NEW("pid"), ",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}",
		"linux.timeOffsets", "needs a new time");
	refused("", JOIN("time", "/t"), ",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}",
		"linux.timeOffsets", "needs a new time");
}

static void test_names(void)
{
	struct planned p = plan(
		"\"hostname\":\"0123456789012345678901234567890123456789012345678901234567890123\","
		"\"domainname\":\"example.org\",",
		NEW("uts") "," NEW("time"),
		",\"timeOffsets\":{\"boottime\":{\"secs\":-5,\"nanosecs\":7},\"monotonic\":{\"secs\":86400}}");

	is_int(p.r, 0, "names and clocks");
	is_int(strlen(str(&p, p.plan.hostname)), 64, "64 bytes are not too long");
	is_str(str(&p, p.plan.domainname), "example.org", "domain name");
	is_str(str(&p, p.plan.time_offsets), "monotonic 86400 0\nboottime -5 7\n", "clocks");
	flat_done(&p.flat);
	p = plan("\"hostname\":\"\",", "", "");
	is_int(p.r, 0, "an empty host name is none");
	flat_done(&p.flat);
}

/* ---- id maps --------------------------------------------------------------------------------- */

static void test_maps(void)
{
	struct planned p =
		plan("", NEW("user"),
		     MAPS(MAP(0, 100000, 65536) "," MAP(65536, 1000, 1), MAP(5, 7, 4294967288)));

	is_int(p.r, 0, "maps");
	is_str(str(&p, p.plan.uid_map), "0 100000 65536\n65536 1000 1\n", "of users");
	is_str(str(&p, p.plan.gid_map), "5 7 4294967288\n", "of groups, up to the highest id");
	is_int(p.plan.root_uid, 0, "root is 0 where 0 is mapped");
	is_int(p.plan.root_gid, 5, "else the first id");
	flat_done(&p.flat);
	p = plan("", JOIN("user", "/u"), MAPS(MAP(0, 0, 1), MAP(0, 0, 1)));
	is_int(p.r, 0, "maps beside a namespace that is joined are fine: podman sends them");
	is_int(p.plan.uid_map, 0, "and are not written");
	flat_done(&p.flat);
}

static void test_map_refusals(void)
{
	refused("", NEW("pid"), MAPS(MAP(0, 0, 1), MAP(0, 0, 1)), "linux.uidMappings",
		"needs a user namespace");
	refused("", NEW("user"), "", "linux.uidMappings", "at least one mapping");
	refused("", NEW("user"), ",\"uidMappings\":[" MAP(0, 0, 1) "]", "linux.gidMappings",
		"at least one mapping");
	refused("", NEW("user"), MAPS(MAP(0, 0, 0), MAP(0, 0, 1)), "linux.uidMappings[0]",
		"size is 0");
	refused("", NEW("user"), MAPS(MAP(1, 0, 4294967295), MAP(0, 0, 1)), "linux.uidMappings[0]",
		"beyond");
	refused("", NEW("user"), MAPS(MAP(0, 4294967295, 1), MAP(0, 0, 1)), "linux.uidMappings[0]",
		"beyond");
	refused("", NEW("user"), MAPS(MAP(4294967295, 0, 1), MAP(0, 0, 1)), "linux.uidMappings[0]",
		"beyond");
	refused("", NEW("user"), MAPS(MAP(0, 0, 1), MAP(0, 0, 10) "," MAP(9, 100, 1)),
		"linux.gidMappings[1]", "overlaps");
	refused("", NEW("user"), MAPS(MAP(0, 0, 1), MAP(0, 5, 10) "," MAP(100, 0, 6)),
		"linux.gidMappings[1]", "overlaps");
}

/* n lines of one id each; the numbers are wide or not. */
static void check_lines(int n, unsigned int base, const char *what)
{
	char *more = malloc(65536);
	size_t at = (size_t)sprintf(more, ",\"gidMappings\":[" MAP(0, 0, 1) "],\"uidMappings\":[");
	struct planned p;

	for (int i = 0; i < n; i++)
		at += (size_t)sprintf(more + at, "%s{\"containerID\":%u,\"hostID\":%u,\"size\":1}",
				      i ? "," : "", base + 2u * (unsigned int)i,
				      base + 2u * (unsigned int)i);
	strcpy(more + at, "]");
	p = plan("", NEW("user"), more);
	is_int(p.r, what ? -EINVAL : 0, "%d mappings from %u on", n, base);
	ok(!what || strstr(p.err.what, what), "%s", p.err.what);
	flat_done(&p.flat);
	free(more);
}

static void test_report(void)
{
	struct planned p = plan("\"hostname\":\"web\",",
				NEW("uts") "," NEW("user") "," JOIN("network", "/run/n"),
				MAPS(MAP(0, 5, 6) "," MAP(10, 20, 1), MAP(0, 7, 8)));
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct report r;

	report_begin(&r, out, REPORT_TEXT);
	namespaces_report(&r, p.flat.data, &p.plan);
	report_end(&r);
	fclose(out);
	ok(strstr(text, "uts: new\n") && strstr(text, "network: join /run/n\n") &&
		   strstr(text, "pid: the caller's\n"),
	   "kinds: %s", text);
	ok(strstr(text, "- 0 5 6\n") && strstr(text, "- 10 20 1\n") &&
		   strstr(text, "hostname: web\n"),
	   "maps and names");
	free(text);
	flat_done(&p.flat);
}

int main(void)
{
	test_make();
	test_join();
	test_bridge();
	test_refusals();
	test_names();
	test_maps();
	test_map_refusals();
	check_lines(340, 0, NULL);
	check_lines(341, 0, "the kernel takes 340");
	check_lines(340, 1000000000, "bytes of text");
	test_report();
	return tap_done();
}
