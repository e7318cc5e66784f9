/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a cgroup: path, directories, what is asked of the host, as text from text. (The
 * limits of each controller: test-limits-*.c.) Needs no privilege.
 */
#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "libocispec/ocispec.h"
#include "tests/unit/tap.h"

#include <errno.h>

static struct cgroupfs v1, v2, hybrid, none;

static void init_facts(void)
{
	cgroupfs_parse(
		"31 1 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		"32 1 0:2 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		"33 1 0:3 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
		"34 1 0:4 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		"35 1 0:5 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"
		"36 1 0:6 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
		"6:memory:/\n5:cpu,cpuacct:/\n4:cpuset:/\n3:pids:/\n2:freezer:/\n1:name=systemd:/\n",
		&v1);
	cgroupfs_parse("31 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/\n", &v2);
	strcpy(v2.h[0].controllers, "cpuset,cpu,memory,pids");
	cgroupfs_parse("31 1 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		       "32 1 0:2 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
		       "2:memory:/\n0::/\n", &hybrid);
	strcpy(hybrid.h[1].controllers, "pids");
}

struct planned {
	struct flat f;
	struct cgroup_plan p;
	struct rl_err e;
	int r;
	char line[512];    /* the error */
	char writes[8192]; /* "memory.max=1 pids.max=2", without device rules */
};

static void print_writes(struct planned *t)
{
	size_t at = 0;

	t->writes[0] = 0;
	FLAT_EACH(t->f.data, t->p.writes, const struct cgroup_write, w) {
		const char *file = flat_get_str(t->f.data, w->file);

		if (strncmp(file, "devices.", 8))
			at += (size_t)snprintf(t->writes + at, sizeof(t->writes) - at, "%s%s=%s",
					       at ? " " : "", file,
					       flat_get_str(t->f.data, w->value));
	}
}

/* Plan with this content of "linux". */
static struct planned *plan_with(const struct cgroupfs *fs, enum cgroup_manager manager,
				 const char *linux_json)
{
	static struct planned t;
	struct cgroup_facts facts = { .id = "web", .cgroupfs = fs, .manager = manager };
	rl_autofree char *text = NULL;
	struct oci_doc doc;
	struct oci_error oe;

	flat_done(&t.f);
	t = (struct planned){ .e = RL_ERR_INIT };
	flat_init(&t.f, 64);
	if (asprintf(&text, "{\"ociVersion\":\"1.2.0\",\"linux\":%s}", linux_json) < 0)
		return &t;
	if (oci_load(&oci_config_table, text, strlen(text), &doc, &oe) < 0) {
		ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
		return &t;
	}
	t.r = cgroup_plan(doc.root, &facts, &t.f, &t.p, &t.e);
	oci_done(&doc);
	print_writes(&t);
	rl_err_line(&t.e, t.line, sizeof(t.line));
	return &t;
}

static struct planned *plan(const struct cgroupfs *fs, const char *linux_json)
{
	return plan_with(fs, CGROUP_MANAGER_CGROUPFS, linux_json);
}

static const char *path_of(const char *cgroups_path)
{
	char json[8192];
	struct planned *t;

	snprintf(json, sizeof(json), "{\"cgroupsPath\":\"%s\"}", cgroups_path);
	t = plan(&v2, json);
	return t->r == 0 ? flat_get_str(t->f.data, t->p.path) : t->line;
}

static void test_path(void)
{
	struct planned *t = plan(&v2, "{}");
	char deep[4096] = "", long_name[300];

	is_str(flat_get_str(t->f.data, t->p.path), "/rundlet-web", "default");
	is_str(path_of(""), "/rundlet-web", "empty: default");
	is_str(path_of("/machine/web"), "/machine/web", "absolute");
	is_str(path_of("machine/web"), "/machine/web", "relative: from the mount point too");
	is_str(path_of("//a/./b//c/."), "/a/b/c", "cleaned");
	is_str(path_of("/a..b/.c"), "/a..b/.c", "dots in names");
	is_str(path_of("a:b"), "/a:b", "one colon");
	is_str(path_of("/a:b:c"), "/a:b:c", "two colons, but a slash");
	is_str(path_of("/a/../b"),
	       "config.json: linux.cgroupsPath: the path must not contain \"..\"", "..");
	is_str(path_of(".."), "config.json: linux.cgroupsPath: the path must not contain \"..\"",
	       "only ..");
	is_str(path_of("/a\\nb"),
	       "config.json: linux.cgroupsPath: the path must not contain a newline", "newline");
	is_str(path_of("/"),
	       "config.json: linux.cgroupsPath: the root of the cgroups is not a container's: "
	       "name a cgroup below it",
	       "root");
	is_str(path_of("system.slice:libpod:abc"),
	       "config.json: linux.cgroupsPath: \"system.slice:libpod:abc\" is not a path, but a name for the "
	       "systemd manager",
	       "systemd's form");
	ok(strstr(plan(&v2, "{\"cgroupsPath\":\"a:b:c\"}")->e.hint, "--systemd-cgroup"),
	   "and a hint");

	memset(long_name, 'x', sizeof(long_name));
	long_name[256] = 0;
	ok(strstr(path_of(long_name), "too long"), "a name of 256 bytes");
	long_name[255] = 0;
	is_int(strlen(path_of(long_name)), 256, "a name of 255 bytes");
	for (int i = 0; i < 1023; i++)
		strcat(deep, "/x");
	is_int(strlen(path_of(deep)), 2046, "2046 bytes");
	strcat(deep, "/x");
	ok(strstr(path_of(deep), "too long"), "2048 bytes");
}

static void test_dirs(void)
{
	struct planned *t = plan(&v1, "{}");
	const struct cgroup_dir *d = flat_get(t->f.data, t->p.dirs.off);

	is_int(t->p.dirs.n, 6, "v1: a directory in each hierarchy");
	is_str(flat_get_str(t->f.data, d[1].mount), "/sys/fs/cgroup/cpu,cpuacct",
	       "one for co-mounted ones");
	is_str(flat_get_str(t->f.data, d[5].mount), "/sys/fs/cgroup/systemd",
	       "one in the named one");
	ok(d[2].cpuset && !d[1].cpuset && d[4].freezer && !d[0].freezer,
	   "cpuset and freezer are marked");
	ok(!d[0].v2 && d[0].join && d[0].made == -1 && d[0].dir_fd == -1 && d[0].enter_fd == -1,
	   "nothing is made yet");

	t = plan(&hybrid, "{\"resources\":{\"pids\":{\"limit\":5},\"memory\":{\"limit\":1}}}");
	d = flat_get(t->f.data, t->p.dirs.off);
	is_int(t->p.dirs.n, 2, "hybrid: both kinds");
	ok(d[1].v2 && !d[0].v2, "each as it is");
	is_str(flat_get_str(t->f.data, d[0].enable), NULL, "v1: nothing to enable");
	is_str(flat_get_str(t->f.data, d[1].enable), "+pids", "v2: only what v2 limits");
	is_str(t->writes, "memory.limit_in_bytes=1 pids.max=5",
	       "each limit where its controller is");

	t = plan(&v2, "{\"resources\":{\"pids\":{\"limit\":5},\"memory\":{\"limit\":9,\"swap\":9},"
		      "\"cpu\":{\"shares\":3,\"cpus\":\"0\"}}}");
	d = flat_get(t->f.data, t->p.dirs.off);
	is_str(flat_get_str(t->f.data, d[0].enable), "+memory +cpu +cpuset +pids",
	       "each controller once");
	t = plan(&v2, "{\"resources\":{\"cpu\":{\"cpus\":\"0\",\"quota\":1000}}}");
	d = flat_get(t->f.data, t->p.dirs.off);
	is_str(flat_get_str(t->f.data, d[0].enable), "+cpu +cpuset", "one name in another");
}

#define KEY "config.json: linux.resources."

/* A limit that cannot be kept is refused by name (M122). */
static void test_missing(void)
{
	struct planned *t = plan(&hybrid, "{\"resources\":{\"cpu\":{\"shares\":5}}}");

	is_int(t->r, -EINVAL, "a controller that the host lacks");
	is_str(t->line,
	       KEY "cpu.shares: the cpu controller of cgroups is not available on this host",
	       "is named with the member");
	ok(t->e.hint[0], "with a hint");
	is_int(plan(&hybrid, "{\"resources\":{\"cpu\":{\"shares\":0}}}")->r, 0,
	       "if it is asked for at all");
	t = plan(&none, "{}");
	is_int(t->r, -ENODEV, "no cgroups at all");
	is_str(t->line, "no cgroup file system is mounted", "is said");
	ok(strstr(t->e.hint, "--cgroup-manager=disabled"), "with what can be done");
}

static void test_where(void)
{
	struct planned *t =
		plan(&v2, "{\"cgroupsPath\":\"a\",\"resources\":{\"pids\":{\"limit\":1}}}");
	const struct cgroup_write *w = flat_get(t->f.data, t->p.writes.off);

	is_str(flat_get_str(t->f.data, w[0].where), "linux.resources.pids.limit",
	       "a write knows its member");
	is_str(flat_get_str(t->f.data, t->p.where), "linux.cgroupsPath", "the path too");
	t = plan(&v2, "{}");
	is_str(flat_get_str(t->f.data, t->p.where), NULL, "a default has none");
}

static void test_disabled(void)
{
	struct planned *t = plan_with(&none, CGROUP_MANAGER_DISABLED,
				      "{\"cgroupsPath\":\"/a/../b\",\"resources\":{}}");

	is_int(t->r, 0, "no cgroup: nothing is needed, not even a valid path");
	ok(!t->p.path && !t->p.dirs.n && !t->p.writes.n && !t->p.filter.len, "nothing is made");
	t = plan_with(&v2, CGROUP_MANAGER_DISABLED, "{\"resources\":{\"memory\":{\"limit\":5}}}");
	is_str(t->line, KEY "memory.limit: a limit needs a cgroup, and none is to be made",
	       "a limit");
	t = plan_with(&v2, CGROUP_MANAGER_DISABLED, "{\"resources\":{\"cpu\":{\"cpus\":\"0\"}}}");
	is_str(t->line, KEY "cpu.cpus: a limit needs a cgroup, and none is to be made", "another");
	t = plan_with(&v2, CGROUP_MANAGER_DISABLED,
		      "{\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwm\"}]}}");
	is_int(t->r, 0, "device rules are taken");
}

/* What is special about a write. */
static void test_report_flags(void)
{
	struct planned *t = plan(&v1, "{\"resources\":{\"memory\":{\"kernel\":5,\"limit\":-1}}}");
	rl_autofree char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct report r;

	report_begin(&r, out, REPORT_JSON_LINE);
	cgroup_report(&r, t->f.data, &t->p);
	report_end(&r);
	fclose(out);
	ok(strstr(text, "\"value\":\"-1\",\"flags\":[\"if there\"]"), "a flag is told");
	ok(strstr(text, "\"value\":\"5\",\"flags\":[\"read back\"]"), "another");
	if (!strstr(text, "flags"))
		printf("# %s\n", text);
}

/* The same content as text and as JSON. */
static void test_report(void)
{
	struct planned *t =
		plan(&v2, "{\"cgroupsPath\":\"a\",\"resources\":{\"pids\":{\"limit\":1}}}");
	rl_autofree char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct report r;

	report_begin(&r, out, REPORT_TEXT);
	cgroup_report(&r, t->f.data, &t->p);
	report_end(&r);
	fclose(out);
	ok(strstr(text, "path: /a\n"), "the report has the path");
	ok(strstr(text, "/sys/fs/cgroup/a/pids.max"), "the files");
	ok(strstr(text, "linux.resources.pids.limit"), "who asked");
	ok(strstr(text, "allow c 1:3 rwm"), "and the device rules");
	ok(!strstr(text, "flags"), "a plain write has no flags");
	if (!strstr(text, "pids.max"))
		printf("# %s\n", text);
	test_report_flags();
	flat_done(&t->f);
}

int main(void)
{
	init_facts();
	test_path();
	test_dirs();
	test_missing();
	test_where();
	test_disabled();
	test_report();
	return tap_done();
}
