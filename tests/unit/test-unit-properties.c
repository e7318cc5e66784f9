/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd is told of limits and device rules. Needs neither systemd nor privilege. */
#include "cgroup/limits/cgroup-now.h"
#include "cgroup/systemd/unit.h"
#include "tests/unit/unit-plan.h"

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

int main(void)
{
	init_facts();
	test_limits();
	test_writes();
	test_bandwidths();
	test_devices();
	test_devices_v1();
	test_device_user();
	return tap_done();
}
