/* SPDX-License-Identifier: Apache-2.0 */
/* The scope unit of a container: names, slices, properties. Needs neither systemd nor privilege. */
#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "cgroup/limits/cgroup-now.h"
#include "cgroup/systemd/scope.h"
#include "cgroup/systemd/unit.h"
#include "libocispec/ocispec.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <inttypes.h>

static struct cgroupfs v1, v2;

static const struct cgroup_systemd system_manager = { .bus = "unix:path=/bus" };
static const struct cgroup_systemd user_manager = {
	.user = true,
	.bus = "unix:path=/run/user/7/bus",
	.control_group = "/user.slice/user-7.slice/user@7.service",
};

static void init_facts(void)
{
	cgroupfs_parse("31 1 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		       "32 1 0:2 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
		       "33 1 0:3 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"
		       "34 1 0:4 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		       "35 1 0:5 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
		       "36 1 0:6 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
		       "7:blkio:/\n6:memory:/\n5:cpu:/\n4:devices:/\n3:pids:/\n1:name=systemd:/\n",
		       &v1);
	cgroupfs_parse("31 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/\n", &v2);
	strcpy(v2.h[0].controllers, "cpuset,cpu,io,memory,pids");
}

struct planned {
	struct flat f;
	struct cgroup_plan p;
	struct rl_err e;
	int r;
	char line[1024]; /* the error */
	char text[2048]; /* "MemoryMax=t1 ...", without the defaults */
};

static const char *text_of(const struct systemd_property *p, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "%s=%c", p->name, p->kind);

	if (p->kind == SYSTEMD_BYTES)
		for (uint64_t i = 0; i < p->number; i++)
			at += (size_t)snprintf(buf + at, size - at, "%02x", p->data[i] & 0xff);
	else if (p->size)
		for (size_t i = 0; i < p->size - 1; i++)
			at += (size_t)snprintf(buf + at, size - at, "%c",
					       p->data[i] ? p->data[i] : '|');
	else
		snprintf(buf + at, size - at, "%" PRId64, (int64_t)p->number);
	return buf;
}

/* Those that config.json asks for. */
static void print_properties(struct planned *t)
{
	size_t at = 0;
	char buf[1024];

	FLAT_EACH(t->f.data, t->p.unit.properties, const struct cgroup_property, p) {
		const struct systemd_property v = {
			.name = flat_get_str(t->f.data, p->name),
			.kind = (int)p->kind,
			.number = p->number,
			.data = flat_get(t->f.data, p->data.off),
			.size = p->data.len,
		};

		if (p->where)
			at += (size_t)snprintf(t->text + at, sizeof(t->text) - at, "%s%s",
					       at ? " " : "", text_of(&v, buf, sizeof(buf)));
	}
}

static struct planned *plan(const struct cgroupfs *fs, const struct cgroup_systemd *systemd,
			    const char *id, const char *members)
{
	struct cgroup_facts facts = {
		.id = id, .cgroupfs = fs, .manager = CGROUP_MANAGER_SYSTEMD, .systemd = systemd
	};
	static struct planned t;
	char text[8192];
	struct oci_doc doc;
	struct oci_error oe;

	flat_done(&t.f);
	t = (struct planned){ .e = RL_ERR_INIT };
	flat_init(&t.f, 64);
	snprintf(text, sizeof(text), "{\"ociVersion\":\"1.2.0\",%s}", members);
	if (oci_load(&oci_config_table, text, strlen(text), &doc, &oe) < 0) {
		ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
		return &t;
	}
	t.r = cgroup_plan(doc.root, &facts, &t.f, &t.p, &t.e);
	oci_done(&doc);
	if (t.r == 0)
		print_properties(&t);
	rl_err_line(&t.e, t.line, sizeof(t.line));
	return &t;
}

static const char *str(const struct planned *t, flat_str s)
{
	return flat_get_str(t->f.data, s);
}

static void test_slices(void)
{
	static const struct {
		const char *slice, *path;
	} good[] = {
		{ "system.slice", "/system.slice" },
		{ "a-b.slice", "/a.slice/a-b.slice" },
		{ "machine-libpod_pod-1.2.slice",
		  "/machine.slice/machine-libpod_pod.slice/machine-libpod_pod-1.2.slice" },
		{ "-.slice", "" },
		{ "memory-a.slice", "/_memory.slice/memory-a.slice" },
	};
	static const char *const bad[] = { "",          ".slice",   "a",          "a.scope",
					   "-a.slice",  "a-.slice", "a--b.slice", "a/b.slice",
					   "a b.slice", "--.slice", "a@b.slice",  "..slice" };
	char path[256];

	for (size_t i = 0; i < RL_COUNT(good); i++) {
		int r = unit_slice_path(good[i].slice, path, sizeof(path));

		is_str(r >= 0 ? path : "refused", good[i].path, "slice %s", good[i].slice);
	}
	for (size_t i = 0; i < RL_COUNT(bad); i++)
		is_int(unit_slice_path(bad[i], path, sizeof(path)), -EINVAL, "no slice: \"%s\"",
		       bad[i]);
	is_int(unit_slice_path("a-b-c-d.slice", path, 20), -ENAMETOOLONG, "no room");
}

static void test_cgroup_names(void)
{
	static const char *const names[][2] = {
		{ "web.scope", "web.scope" },
		{ "memory.scope", "_memory.scope" },
		{ "memory-a.scope", "memory-a.scope" },
		{ "cgroup.scope", "_cgroup.scope" },
		{ "_web.scope", "__web.scope" },
		{ "cpuset.scope", "_cpuset.scope" },
		{ "freezer.scope", "freezer.scope" },
		{ "bpf-devices.scope", "_bpf-devices.scope" },
	};
	char name[UNIT_NAME_LIMIT + 2];

	for (size_t i = 0; i < RL_COUNT(names); i++) {
		unit_cgroup_name(names[i][0], name);
		is_str(name, names[i][1], "the cgroup of %s", names[i][0]);
	}
}

/* "unit slice path", or the error. */
static const char *place_of(const struct cgroup_systemd *systemd, const char *cgroups_path)
{
	static char text[1024];
	char json[1024];
	struct planned *t;

	snprintf(json, sizeof(json), "\"linux\":{\"cgroupsPath\":\"%s\"}", cgroups_path);
	t = plan(&v2, systemd, "web", json);
	if (t->r < 0)
		return t->line;
	snprintf(text, sizeof(text), "%s %s %s", str(t, t->p.unit.name), str(t, t->p.unit.slice),
		 str(t, t->p.path));
	return text;
}

#define KEY "config.json: linux.cgroupsPath: "

static void test_places(void)
{
	char long_name[400] = "a.slice:p:", *end = long_name + strlen(long_name);

	is_str(place_of(&system_manager, "machine.slice:libpod:1a"),
	       "libpod-1a.scope machine.slice /machine.slice/libpod-1a.scope", "as podman has it");
	is_str(place_of(&system_manager, "a-b.slice::1a"),
	       "1a.scope a-b.slice /a.slice/a-b.slice/1a.scope", "without a prefix");
	is_str(place_of(&system_manager, "::io"), "io.scope system.slice /system.slice/_io.scope",
	       "without a slice");
	is_str(place_of(&system_manager, "-.slice::x"), "x.scope -.slice /x.scope",
	       "in the root slice");
	is_str(place_of(&user_manager, ":p:x"),
	       "p-x.scope user.slice /user.slice/user-7.slice/user@7.service/user.slice/p-x.scope",
	       "a user's");
	is_str(place_of(&system_manager, ""),
	       "rundlet-web.scope system.slice /system.slice/rundlet-web.scope", "by default");
	is_str(place_of(&system_manager, "/machine/web"),
	       KEY "\"/machine/web\" is not of the form slice:prefix:name", "a path");
	ok(strstr(plan(&v2, &system_manager, "x", "\"linux\":{\"cgroupsPath\":\"/a\"}")->e.hint,
		  "--cgroup-manager=cgroupfs"),
	   "and a hint");
	is_str(place_of(&system_manager, "a:b"), KEY "\"a:b\" is not of the form slice:prefix:name",
	       "one colon");
	is_str(place_of(&system_manager, "a.slice:b:c:d"),
	       KEY "\"a.slice:b:c:d\" is not of the form slice:prefix:name", "three colons");
	is_str(place_of(&system_manager, "a.slice:b:"),
	       KEY "\"a.slice:b:\" names no unit behind the second colon", "no name");
	is_str(place_of(&system_manager, "a.slice:b:c.slice"),
	       KEY "\"a.slice:b:c.slice\" names a slice, and a container is a scope", "a slice");
	is_str(place_of(&system_manager, "a:b:c"),
	       KEY "\"a:b:c\" does not begin with the name of a slice, such as a-b.slice",
	       "no slice");
	is_str(place_of(&system_manager, "a.slice:b:c d"),
	       KEY "\"b-c d.scope\" cannot be the name of a unit of systemd", "a blank");
	memset(end, 'x', 255);
	ok(strstr(place_of(&system_manager, long_name), "cannot be the name of a unit"),
	   "too long");
	end[255 - strlen("p-.scope")] = 0;
	ok(!strncmp(place_of(&system_manager, long_name), "p-xxx", 5), "just not too long");
	memset(end, 'x', 256);
	ok(strstr(place_of(&system_manager, long_name), "longer than the name of a unit"),
	   "a part that is too long");
}

static void test_ids(void)
{
	char id[256] = { 0 };
	struct planned *t = plan(&v2, &system_manager, "a+b", "\"linux\":{}");

	is_str(str(t, t->p.unit.name), "rundlet-a\\x2bb.scope", "an id with '+'");
	memset(id, '+', 255);
	is_int(plan(&v2, &system_manager, id, "\"linux\":{}")->r, -EINVAL,
	       "one that gets too long");
}

/* A content of linux.resources, and the properties that it makes. */
static void test_limit(const char *resources, const char *want_v1, const char *want_v2)
{
	char json[2048];

	snprintf(json, sizeof(json), "\"linux\":{\"resources\":{%s}}", resources);
	is_str(plan(&v1, &system_manager, "web", json)->text, want_v1, "v1: %s", resources);
	is_str(plan(&v2, &system_manager, "web", json)->text, want_v2, "v2: %s", resources);
}

static void test_limits(void)
{
	static const char *const same[][2] = {
		{ "\"cpu\":{\"quota\":50000,\"period\":20000}",
		  "CPUQuotaPerSecUSec=t2500000 CPUQuotaPeriodUSec=t20000" },
		{ "\"cpu\":{\"quota\":1001}",
		  "CPUQuotaPerSecUSec=t20000 CPUQuotaPeriodUSec=t100000" },
		{ "\"cpu\":{\"quota\":-1}", "CPUQuotaPerSecUSec=t-1 CPUQuotaPeriodUSec=t100000" },
		{ "\"cpu\":{\"period\":20000}",
		  "CPUQuotaPerSecUSec=t-1 CPUQuotaPeriodUSec=t20000" },
	};

	test_limit("\"memory\":{\"limit\":4096}", "MemoryMax=t4096", "MemoryMax=t4096");
	test_limit("\"memory\":{\"limit\":-1}", "MemoryMax=t-1", "MemoryMax=t-1");
	test_limit("\"pids\":{\"limit\":7}", "TasksMax=t7", "TasksMax=t7");
	test_limit("\"pids\":{\"limit\":-1}", "TasksMax=t-1", "TasksMax=t-1");
	test_limit("\"pids\":{\"limit\":0}", "TasksMax=t1", "TasksMax=t1");
	test_limit("\"cpu\":{\"shares\":1024}", "CPUShares=t1024", "CPUWeight=t100");
	test_limit("\"cpu\":{\"shares\":1}", "CPUShares=t2", "CPUWeight=t1");
	test_limit("\"blockIO\":{\"weight\":300}", "BlockIOWeight=t300", "IOWeight=t2930");
	for (size_t i = 0; i < RL_COUNT(same); i++)
		test_limit(same[i][0], same[i][1], same[i][1]);
}

/* What is written to a file of version 2, and the property. */
static void test_write(const char *file, const char *value, const char *want)
{
	rl_auto(unit_list_done) struct unit_list l = { 0 };
	struct cgroup_dir dir = { .v2 = 1 };
	struct cgroup_write w = { 0 };
	struct cgroup_plan p = { 0 };
	char text[512] = "";
	struct flat f;

	flat_init(&f, 64);
	w.file = flat_add_str(&f, file);
	w.value = flat_add_str(&f, value);
	p.dirs = flat_add_list(&f, &dir, 1, sizeof(dir));
	p.writes = flat_add_list(&f, &w, 1, sizeof(w));
	unit_limits_make(f.data, &p, NULL, &l);
	is_str(l.n ? text_of(&l.v[0], text, sizeof(text)) : "", want, "%s: %s", file, value);
	flat_done(&f);
}

static void test_writes(void)
{
	test_write("memory.high", "2M", "MemoryHigh=t2097152");
	test_write("memory.high", "2g", "MemoryHigh=t2147483648");
	test_write("memory.swap.max", "max", "MemorySwapMax=t-1");
	test_write("memory.low", "5", "MemoryLow=t5");
	test_write("memory.min", "5", "MemoryMin=t5");
	test_write("memory.max", "5x", "");
	test_write("memory.max", "99999999999T", "");
	test_write("memory.oom.group", "1", "");
	test_write("cpu.idle", "1", "CPUWeight=t0");
	test_write("cpu.idle", "0", "");
	test_write("io.weight", "200", "IOWeight=t200");
	test_write("io.weight", "default 200", "IOWeight=t200");
	test_write("io.weight", "8:0 200", "");
	test_write("cpuset.cpus", "0-3,7", "AllowedCPUs=Y8f");
	test_write("cpuset.cpus", "9,0", "AllowedCPUs=Y0102");
	test_write("cpuset.cpus", "3-1", "");
	test_write("cpuset.cpus", "0-7:1/2", "");
	test_write("cpuset.cpus", "8192", "");
	test_write("cpuset.mems", "1", "AllowedMemoryNodes=Y02");
}

/* An update of one of quota and period, where 5000 of 20000 are in force. */
static void test_bandwidth(bool v2_dir, const char *file, const char *value, const char *want)
{
	const struct cgroup_now now = { .cpu_quota = 5000, .cpu_period = 20000 };
	rl_auto(unit_list_done) struct unit_list l = { 0 };
	struct cgroup_dir dir = { .v2 = v2_dir };
	struct cgroup_write w = { 0 };
	struct cgroup_plan p = { 0 };
	char text[512] = "";
	struct flat f;

	flat_init(&f, 64);
	w.file = flat_add_str(&f, file);
	w.value = flat_add_str(&f, value);
	w.where = flat_add_str(&f, "here");
	p.dirs = flat_add_list(&f, &dir, 1, sizeof(dir));
	p.writes = flat_add_list(&f, &w, 1, sizeof(w));
	unit_limits_make(f.data, &p, &now, &l);
	for (size_t i = 0; i < l.n; i++)
		text_of(&l.v[i], text + strlen(text), sizeof(text) - strlen(text));
	is_str(text, want, "update %s: %s", file, value);
	flat_done(&f);
}

static void test_bandwidths(void)
{
	test_bandwidth(true, "cpu.max", "10000",
		       "CPUQuotaPerSecUSec=t500000CPUQuotaPeriodUSec=t20000");
	test_bandwidth(true, "cpu.max", "5000 10000",
		       "CPUQuotaPerSecUSec=t500000CPUQuotaPeriodUSec=t10000");
	test_bandwidth(true, "cpu.max", "max", "CPUQuotaPerSecUSec=t-1CPUQuotaPeriodUSec=t20000");
	test_bandwidth(false, "cpu.cfs_quota_us", "10000",
		       "CPUQuotaPerSecUSec=t500000CPUQuotaPeriodUSec=t20000");
	test_bandwidth(false, "cpu.cfs_quota_us", "-1",
		       "CPUQuotaPerSecUSec=t-1CPUQuotaPeriodUSec=t20000");
	test_bandwidth(false, "cpu.cfs_period_us", "10000",
		       "CPUQuotaPerSecUSec=t500000CPUQuotaPeriodUSec=t10000");
	test_bandwidth(false, "pids.current", "1", "");
}

/* The rules of a filter, one a line, and the properties. */
static void test_device(const char *const rules[], const char *policy, const char *allow)
{
	rl_auto(unit_list_done) struct unit_list l = { 0 };
	struct cgroup_rule list[4] = { 0 };
	const struct systemd_property *found;
	struct cgroup_plan p = { 0 };
	char text[512] = "";
	struct flat f;
	size_t n = 0;

	flat_init(&f, 64);
	for (; rules[n]; n++)
		list[n].text = flat_add_str(&f, rules[n]);
	p.rules = flat_add_list(&f, list, n, sizeof(list[0]));
	unit_devices_make(f.data, &p, &l, NULL);
	found = unit_list_find(&l, "DevicePolicy");
	is_str(found ? found->data : NULL, policy, "policy after %s", rules[n ? n - 1 : 0]);
	found = unit_list_find(&l, "DeviceAllow");
	is_str(found ? text_of(found, text, sizeof(text)) : NULL, allow, "and its list");
	flat_done(&f);
}

#define RULES(...)                                  \
	(const char *const[])                       \
	{                                           \
		"deny a *:* rwm", __VA_ARGS__, NULL \
	}

static void test_devices(void)
{
	test_device((const char *const[]){ NULL }, NULL, NULL);
	test_device((const char *const[]){ "allow a *:* rwm", NULL }, "auto", NULL);
	test_device(RULES("allow a *:* rwm", "deny c 1:3 r"), "auto", NULL);
	test_device(RULES("deny c 1:3 r"), "strict", "DeviceAllow=P0");
	test_device(RULES("allow c 1:3 rwm"), "strict", "DeviceAllow=P/dev/char/1:3|rwm");
	test_device(RULES("allow b 8:* r", "allow c *:* m"), "strict",
		    "DeviceAllow=Pblock-8|r|char-*|m");
	test_device(RULES("allow c *:5 w"), "strict", "DeviceAllow=Pchar-*|w");
	test_device(RULES("allow a 1:* rw"), "strict", "DeviceAllow=Pchar-1|rw|block-1|rw");
	test_device(RULES("allow c 1:3 m", "allow c 1:3 rm"), "strict",
		    "DeviceAllow=P/dev/char/1:3|rm");
}

/* linux.resources.devices, and the properties of the unit with cgroup v1, or the error. */
static void test_device_v1(const char *rules, const char *want)
{
	char json[1024], text[1024] = "", one[512];
	struct planned *t;

	snprintf(json, sizeof(json), "\"linux\":{\"resources\":{\"devices\":[%s]}}", rules);
	t = plan(&v1, &system_manager, "web", json);
	FLAT_EACH(t->f.data, t->p.unit.properties, const struct cgroup_property, p) {
		const struct systemd_property v = {
			.name = str(t, p->name),
			.kind = (int)p->kind,
			.number = p->number,
			.data = flat_get(t->f.data, p->data.off),
			.size = p->data.len,
		};

		if (!strncmp(v.name, "Device", 6))
			strcat(text, text_of(&v, one, sizeof(one)));
	}
	is_str(t->r < 0 ? t->line : strstr(text, want) ? want : text, want, "v1: %s", rules);
}

#define ALL(word)           "{\"allow\":" word ",\"access\":\"rwm\"}"
#define CHAR(word, numbers) ",{\"allow\":" word ",\"type\":\"c\"" numbers ",\"access\":\"rw\"}"
#define REFUSED_V1(at, rule)                                                                \
	"config.json: linux.resources.devices[" at "]: with cgroup v1 systemd cannot keep " \
	"the rule \"" rule "\""

static void test_devices_v1(void)
{
	test_device_v1("", "DevicePolicy=sstrictDeviceAllow=P/dev/char/1:3|rwm|");
	test_device_v1(ALL("true"), "DevicePolicy=sauto");
	test_device_v1(ALL("false") CHAR("true", ",\"major\":10,\"minor\":7"), "/dev/char/10:7|rw");
	test_device_v1(ALL("false") CHAR("true", ",\"major\":10"), "char-10|rw");
	test_device_v1(ALL("false") CHAR("true", ""), "char-*|rw");
	test_device_v1(ALL("false") CHAR("true", ",\"minor\":7"),
		       REFUSED_V1("1", "allow c *:7 rw"));
	test_device_v1(ALL("true") CHAR("false", ",\"major\":10"),
		       REFUSED_V1("1", "deny c 10:* rw"));
}

/* A user's manager has no say in devices. */
static void test_device_user(void)
{
	struct planned *t = plan(&v2, &user_manager, "web", "\"linux\":{}");
	int n = 0;

	FLAT_EACH(t->f.data, t->p.unit.properties, const struct cgroup_property, p)
		n += !strncmp(str(t, p->name), "Device", 6);
	is_int(n, 0, "no device rules for a user's manager");
}

/* An annotation, and the property of it, or the error. */
static void test_annotation(const char *name, const char *value, const char *want)
{
	struct planned *t;
	char json[1024];

	snprintf(json, sizeof(json),
		 "\"annotations\":{\"org.systemd.property.%s\":\"%s\",\"other\":\"x\"},"
		 "\"linux\":{\"resources\":{\"pids\":{\"limit\":1}}}",
		 name, value);
	t = plan(&v2, &system_manager, "web", json);
	is_str(t->r < 0              ? t->line :
	       strstr(t->text, want) ? want :
				       t->text,
	       want, "annotation %s %s", name, value);
}

#define REFUSED(name) "config.json: annotations[\"org.systemd.property." name "\"]: "

static void test_annotations(void)
{
	test_annotation("KillSignal", "15", "KillSignal=i15");
	test_annotation("TimeoutStopUSec", "uint64 7", "TimeoutStopUSec=t7");
	test_annotation("TimeoutStopSec", "10", "TimeoutStopUSec=t10000000");
	test_annotation("TimeoutStopSec", "uint32 1.5", "TimeoutStopUSec=t1500000");
	test_annotation("TimeoutStopSec", "0.0000019", "TimeoutStopUSec=t1");
	test_annotation("TimeoutStopSec", "-1",
			REFUSED("TimeoutStopSec") "\"-1\" is no number of seconds");
	test_annotation("TimeoutStopSec", "99999999999999",
			REFUSED("TimeoutStopSec") "\"99999999999999\" is too much");
	test_annotation("After", "['a.service']", "After=Sa.service");
	test_annotation("DefaultDependencies", "true", "DefaultDependencies=b1");
	test_annotation(
		"ExecStartPre", "'x'",
		REFUSED("ExecStartPre") "the property ExecStartPre would run programs on the "
					"host");
	test_annotation(
		"OnFailure", "['x.service']",
		REFUSED("OnFailure") "the property OnFailure would run programs on the host");
	test_annotation("FailureAction", "'reboot-force'",
			REFUSED("FailureAction") "the property FailureAction would stop the host");
	test_annotation("Conflicts", "['sshd.service']",
			REFUSED("Conflicts") "the property Conflicts would stop units of the host");
	test_annotation("User", "'nobody'",
			REFUSED("User") "the property User says whose the cgroup is: process.user "
					"says that");
	test_annotation("PIDs", "5",
			REFUSED("PIDs") "the property PIDs names the processes of the unit, which "
					"the runtime does");
	test_annotation("Slice", "'a.slice'",
			REFUSED("Slice") "the property Slice is where the cgroup is: "
					 "linux.cgroupsPath says that");
	test_annotation("DeviceAllow", "true",
			REFUSED("DeviceAllow") "the property DeviceAllow is about devices: "
					       "linux.resources.devices says that");
	test_annotation(
		"TasksMax", "uint64 9",
		REFUSED("TasksMax") "the property TasksMax is set by linux.resources.pids.limit "
				    "already");
	test_annotation("", "1",
			REFUSED("") "the name of a property is made of 1 to 64 letters and "
				    "digits");
	test_annotation("A.b", "1",
			REFUSED("A.b") "the name of a property is made of 1 to 64 letters "
				       "and digits");
}

/* What is recorded before anything is made: the unit and its directory, but not the slice. */
static void test_record(void)
{
	rl_auto(cgroup_record_done) struct cgroup_record r = { 0 };
	struct planned *t = plan(&v2, &system_manager, "web", "\"linux\":{}");

	is_int(cgroup_record_make(t->f.data, &t->p, &r), 0, "a record is made");
	is_str(r.unit, "rundlet-web.scope", "with the unit");
	is_str(r.bus, "unix:path=/bus", "and where its manager is");
	is_str(r.dirs[0].path, "/sys/fs/cgroup/system.slice/rundlet-web.scope", "its directory");
	is_str(r.dirs[0].stop, "/sys/fs/cgroup/system.slice", "below a slice that is systemd's");
}

/* With the other managers there is nobody to tell. */
static void test_update(void)
{
	const struct cgroup_record r = { 0 };
	struct rl_err e = RL_ERR_INIT;
	struct planned *t = plan(&v2, &system_manager, "web", "\"linux\":{}");

	is_int(scope_update(t->f.data, &t->p, NULL, &r, &e), 0, "an update without a unit");
}

int main(void)
{
	init_facts();
	test_slices();
	test_cgroup_names();
	test_places();
	test_ids();
	test_limits();
	test_writes();
	test_devices();
	test_bandwidths();
	test_devices_v1();
	test_device_user();
	test_update();
	test_annotations();
	test_record();
	return tap_done();
}
