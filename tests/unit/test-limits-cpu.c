/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of CPU time, CPUs and memory nodes: what is written on either version of cgroups. */
#include "tests/unit/limits-plan.h"

#define NOT_IN_V2 "has no equivalent in the cpu controller of cgroup v2, which this host uses"

static void test_bandwidth(void)
{
	limit("\"cpu\":{\"quota\":50000,\"period\":100000}",
	      "cpu.cfs_period_us=100000 cpu.cfs_quota_us=50000", "cpu.max=50000 100000");
	limit("\"cpu\":{\"quota\":50000}", "cpu.cfs_quota_us=50000", "cpu.max=50000");
	limit("\"cpu\":{\"period\":50000}", "cpu.cfs_period_us=50000", "cpu.max=max 50000");
	limit("\"cpu\":{\"quota\":-1,\"period\":50000}",
	      "cpu.cfs_period_us=50000 cpu.cfs_quota_us=-1", "cpu.max=max 50000");
	limit("\"cpu\":{\"quota\":9223372036854775807,\"period\":18446744073709551615}",
	      "cpu.cfs_period_us=18446744073709551615 cpu.cfs_quota_us=9223372036854775807",
	      "cpu.max=9223372036854775807 18446744073709551615");
	limit_both("\"cpu\":{\"quota\":-5}",
		   KEY "cpu.quota: -5 is no limit: only -1 stands for \"no limit\"");
	limit_both("\"cpu\":{\"quota\":0,\"period\":0,\"shares\":0,\"burst\":0,\"idle\":0,"
		   "\"realtimeRuntime\":0,\"realtimePeriod\":0,\"cpus\":\"\",\"mems\":\"\"}",
		   "");
}

/* M116, M117: it may not be above a quota that there is. */
static void test_burst(void)
{
	limit("\"cpu\":{\"quota\":50000,\"burst\":20000,\"period\":100000}",
	      "cpu.cfs_burst_us=0? cpu.cfs_period_us=100000 cpu.cfs_quota_us=50000 "
	      "cpu.cfs_burst_us=20000",
	      "cpu.max.burst=0? cpu.max=50000 100000 cpu.max.burst=20000");
	limit("\"cpu\":{\"quota\":50000,\"burst\":50000}",
	      "cpu.cfs_burst_us=0? cpu.cfs_quota_us=50000 cpu.cfs_burst_us=50000",
	      "cpu.max.burst=0? cpu.max=50000 cpu.max.burst=50000");
	limit_both("\"cpu\":{\"quota\":50000,\"burst\":50001}",
		   KEY "cpu.burst: a burst of 50001 is more than the quota of 50000");
	limit_both("\"cpu\":{\"quota\":50000,\"burst\":18446744073709551615}", KEY
		   "cpu.burst: a burst of 18446744073709551615 is more than the quota of 50000");
	limit("\"cpu\":{\"quota\":-1,\"burst\":50001}",
	      "cpu.cfs_burst_us=0? cpu.cfs_quota_us=-1 cpu.cfs_burst_us=50001",
	      "cpu.max.burst=0? cpu.max=max cpu.max.burst=50001");
	limit("\"cpu\":{\"burst\":1}", "cpu.cfs_burst_us=0? cpu.cfs_burst_us=1",
	      "cpu.max.burst=0? cpu.max.burst=1");
}

static void test_idle(void)
{
	limit_both("\"cpu\":{\"idle\":1}", "cpu.idle=1");
	limit_both("\"cpu\":{\"idle\":1,\"shares\":512}", "cpu.idle=1");
	limit("\"cpu\":{\"idle\":0,\"shares\":512}", "cpu.shares=512", "cpu.weight=59");
	limit_both("\"cpu\":{\"idle\":2}",
		   "linux.resources.cpu.idle: 2 is not in the range 0 to 1");
	limit_both("\"cpu\":{\"idle\":-1}",
		   "linux.resources.cpu.idle: -1 is not in the range 0 to 1");
}

static void test_realtime(void)
{
	limit("\"cpu\":{\"realtimeRuntime\":950000,\"realtimePeriod\":1000000}",
	      "cpu.rt_period_us=1000000 cpu.rt_runtime_us=950000",
	      KEY "cpu.realtimePeriod: " NOT_IN_V2);
	limit("\"cpu\":{\"realtimeRuntime\":-1}", "cpu.rt_runtime_us=-1",
	      KEY "cpu.realtimeRuntime: " NOT_IN_V2);
	limit_both("\"cpu\":{\"realtimeRuntime\":-2}",
		   KEY "cpu.realtimeRuntime: -2 is no limit: only -1 stands for \"no limit\"");
}

/* The curve must pass its three points exactly, never fall, and stay in its bounds. */
static void test_shares(void)
{
	static const struct {
		const char *shares, *weight;
	} rows[] = {
		{ "1", "1" },
		{ "2", "1" },
		{ "3", "2" },
		{ "10", "4" },
		{ "100", "17" },
		{ "512", "59" },
		{ "1023", "100" },
		{ "1024", "100" },
		{ "1025", "101" },
		{ "2048", "174" },
		{ "262143", "10000" },
		{ "262144", "10000" },
		{ "18446744073709551615", "10000" },
	};
	char json[128], want_v1[64], want_v2[64];

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		snprintf(json, sizeof(json), "\"cpu\":{\"shares\":%s}", rows[i].shares);
		snprintf(want_v1, sizeof(want_v1), "cpu.shares=%s", rows[i].shares);
		snprintf(want_v2, sizeof(want_v2), "cpu.weight=%s", rows[i].weight);
		limit(json, want_v1, want_v2);
	}
}

static void test_sets(void)
{
	char list[5000], json[5100], want[5100];

	limit_both("\"cpu\":{\"cpus\":\"0-3,7\",\"mems\":\"0\"}",
		   "cpuset.cpus=0-3,7 cpuset.mems=0");
	limit_both("\"cpu\":{\"cpus\":\"0\\n1\"}",
		   KEY "cpu.cpus: \"0\n1\" is not a list of numbers such as 0-3,7");
	limit_both("\"cpu\":{\"mems\":\"../x\"}",
		   KEY "cpu.mems: \"../x\" is not a list of numbers such as 0-3,7");
	memset(list, '1', sizeof(list));
	list[4095] = 0;
	snprintf(json, sizeof(json), "\"cpu\":{\"cpus\":\"%s\"}", list);
	snprintf(want, sizeof(want), "cpuset.cpus=%s", list);
	limit_both(json, want);
	list[4095] = '1';
	list[4096] = 0;
	snprintf(json, sizeof(json), "\"cpu\":{\"cpus\":\"%s\"}", list);
	limit_both(json, KEY "cpu.cpus: the list is longer than 4095 bytes");
}

/* 50000 of 100000, a burst of 20000. */
static void test_update(void)
{
	const struct cgroup_now now = { .cpu_quota = 50000,
					.cpu_period = 100000,
					.cpu_burst = 20000 };

	update(&now, "\"cpu\":{\"period\":200000}", "cpu.cfs_period_us=200000",
	       "cpu.max=50000 200000");
	update(&now, "\"cpu\":{\"quota\":60000}", "cpu.cfs_quota_us=60000", "cpu.max=60000");
	update(&now, "\"cpu\":{\"quota\":20000}", "cpu.cfs_quota_us=20000", "cpu.max=20000");
	update(&now, "\"cpu\":{\"quota\":-1}", "cpu.cfs_quota_us=-1", "cpu.max=max");
	update(&now, "\"cpu\":{\"quota\":60000,\"period\":200000}",
	       "cpu.cfs_quota_us=-1 cpu.cfs_period_us=200000 cpu.cfs_quota_us=60000",
	       "cpu.max=60000 200000");
	update(&now, "\"cpu\":{\"quota\":19999}",
	       KEY "cpu.quota: a quota of 19999 is less than the burst of 20000 that is in force",
	       KEY "cpu.quota: a quota of 19999 is less than the burst of 20000 that is in force");
	ok(strstr(plan_limits(&v2, &now, "\"cpu\":{\"quota\":19999}")->e.hint, "cpu.burst"),
	   "with a hint");
	update(&now, "\"cpu\":{\"quota\":19999,\"burst\":0}",
	       "cpu.cfs_burst_us=0? cpu.cfs_quota_us=19999", "cpu.max.burst=0? cpu.max=19999");
	update(&now, "\"cpu\":{\"quota\":10000,\"burst\":10000}",
	       "cpu.cfs_burst_us=0? cpu.cfs_quota_us=10000 cpu.cfs_burst_us=10000",
	       "cpu.max.burst=0? cpu.max=10000 cpu.max.burst=10000");
	update(&now, "\"cpu\":{\"burst\":50000}", "cpu.cfs_burst_us=0? cpu.cfs_burst_us=50000",
	       "cpu.max.burst=0? cpu.max.burst=50000");
	update(&now, "\"cpu\":{\"burst\":50001}",
	       KEY "cpu.burst: a burst of 50001 is more than the quota of 50000",
	       KEY "cpu.burst: a burst of 50001 is more than the quota of 50000");
	update(&now, "\"cpu\":{\"burst\":0}", "cpu.cfs_burst_us=0?", "cpu.max.burst=0?");
	update(&now, "\"cpu\":{\"quota\":0,\"period\":0,\"shares\":0}", "", "");
}

static void test_update_idle(void)
{
	const struct cgroup_now idle = { .cpu_quota = -1, .cpu_idle = true },
				awake = { .cpu_quota = -1 };

	update(&idle, "\"cpu\":{\"idle\":0}", "cpu.idle=0?", "cpu.idle=0?");
	update(&idle, "\"cpu\":{\"idle\":0,\"shares\":1024}", "cpu.idle=0? cpu.shares=1024",
	       "cpu.idle=0? cpu.weight=100");
	update(&idle, "\"cpu\":{\"shares\":1024}",
	       KEY "cpu.shares: the cgroup is idle, and so has no shares",
	       KEY "cpu.shares: the cgroup is idle, and so has no shares");
	ok(plan_limits(&v2, &idle, "\"cpu\":{\"shares\":5}")->e.hint[0], "with a hint");
	update(&awake, "\"cpu\":{\"idle\":1,\"shares\":1024}", "cpu.idle=1", "cpu.idle=1");
	update(&awake, "\"cpu\":{\"shares\":1024}", "cpu.shares=1024", "cpu.weight=100");
	update(&awake, "\"cpu\":{\"period\":5000}", "cpu.cfs_period_us=5000", "cpu.max=max 5000");
}

int main(void)
{
	init_facts();
	test_bandwidth();
	test_burst();
	test_idle();
	test_realtime();
	test_shares();
	test_sets();
	test_update();
	test_update_idle();
	return tap_done();
}
