/* SPDX-License-Identifier: Apache-2.0 */
/* Shares and limits of block I/O: what is written for them on either version of cgroups. */
#include "tests/unit/limits-plan.h"

#define NOT_IN_V2 "has no equivalent in the io controller of cgroup v2, which this host uses"
#define IO        KEY "blockIO."

static void test_weight(void)
{
	limit("\"blockIO\":{\"weight\":10}", "blkio.bfq.weight=10| blkio.weight=10",
	      "io.bfq.weight=10| io.weight=1");
	limit("\"blockIO\":{\"weight\":11}", "blkio.bfq.weight=11| blkio.weight=11",
	      "io.bfq.weight=11| io.weight=11");
	limit("\"blockIO\":{\"weight\":500}", "blkio.bfq.weight=500| blkio.weight=500",
	      "io.bfq.weight=500| io.weight=4950");
	limit("\"blockIO\":{\"weight\":1000}", "blkio.bfq.weight=1000| blkio.weight=1000",
	      "io.bfq.weight=1000| io.weight=10000");
	limit_both("\"blockIO\":{\"weight\":9}", IO "weight: 9 is not in the range 10 to 1000");
	limit_both("\"blockIO\":{\"weight\":1001}",
		   IO "weight: 1001 is not in the range 10 to 1000");
	limit_both("\"blockIO\":{\"weight\":65536}",
		   "linux.resources.blockIO.weight: 65536 is not in the range 0 to 65535");
	limit_both("\"blockIO\":{\"weight\":0,\"leafWeight\":0,\"weightDevice\":[],"
		   "\"throttleReadBpsDevice\":[]}",
		   "");
	limit("\"blockIO\":{\"leafWeight\":300}", "blkio.leaf_weight=300",
	      IO "leafWeight: " NOT_IN_V2);
	limit_both("\"blockIO\":{\"leafWeight\":1001}",
		   IO "leafWeight: 1001 is not in the range 10 to 1000");
}

static void test_devices(void)
{
	limit("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":500},"
	      "{\"major\":259,\"minor\":1048575,\"weight\":10}]}",
	      "blkio.bfq.weight_device=8:0 500| blkio.weight_device=8:0 500 "
	      "blkio.bfq.weight_device=259:1048575 10| blkio.weight_device=259:1048575 10",
	      "io.bfq.weight=8:0 500| io.weight=8:0 4950 "
	      "io.bfq.weight=259:1048575 10| io.weight=259:1048575 1");
	limit("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":500,"
	      "\"leafWeight\":300}]}",
	      "blkio.bfq.weight_device=8:0 500| blkio.weight_device=8:0 500 "
	      "blkio.leaf_weight_device=8:0 300",
	      IO "weightDevice[0]: " NOT_IN_V2);
	limit("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"leafWeight\":10}]}",
	      "blkio.leaf_weight_device=8:0 10", IO "weightDevice[0]: " NOT_IN_V2);
	limit_both("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":0}]}", "");
	/* M118 */
	limit_both("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":50},"
		   "{\"major\":8,\"minor\":0}]}",
		   IO "weightDevice[1]: has neither weight nor leafWeight");
	limit_both("\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":5}]}",
		   IO "weightDevice[0]: 5 is not in the range 10 to 1000");
	limit_both("\"blockIO\":{\"weightDevice\":[{\"major\":-1,\"minor\":0,\"weight\":50}]}",
		   "linux.resources.blockIO.weightDevice[0].major: -1 is not in the range 0 to "
		   "2147483647");
	/* The same device twice: the later one wins, as in the kernel. */
	limit("\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":5},"
	      "{\"major\":8,\"minor\":0,\"rate\":6}]}",
	      "blkio.throttle.read_bps_device=8:0 5 blkio.throttle.read_bps_device=8:0 6",
	      "io.max=8:0 rbps=5 io.max=8:0 rbps=6");
}

static void test_rates(void)
{
	static const struct {
		const char *member, *v1, *v2;
	} rows[] = {
		{ "throttleReadBpsDevice", "read_bps", "rbps" },
		{ "throttleWriteBpsDevice", "write_bps", "wbps" },
		{ "throttleReadIOPSDevice", "read_iops", "riops" },
		{ "throttleWriteIOPSDevice", "write_iops", "wiops" },
	};
	char json[256], want_v1[256], want_v2[256];

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		snprintf(json, sizeof(json),
			 "\"blockIO\":{\"%s\":[{\"major\":8,\"minor\":16,\"rate\":1048576},"
			 "{\"major\":7,\"minor\":0,\"rate\":0},"
			 "{\"major\":7,\"minor\":1,\"rate\":18446744073709551615}]}",
			 rows[i].member);
		snprintf(want_v1, sizeof(want_v1),
			 "blkio.throttle.%s_device=8:16 1048576 blkio.throttle.%s_device=7:0 0 "
			 "blkio.throttle.%s_device=7:1 18446744073709551615",
			 rows[i].v1, rows[i].v1, rows[i].v1);
		snprintf(want_v2, sizeof(want_v2),
			 "io.max=8:16 %s=1048576 io.max=7:0 %s=max "
			 "io.max=7:1 %s=18446744073709551615",
			 rows[i].v2, rows[i].v2, rows[i].v2);
		limit(json, want_v1, want_v2);
	}
}

static void test_places(void)
{
	static struct cgroupfs no_io;

	is_str(plan_limits(&v2, NULL, "\"blockIO\":{\"weight\":10}")->enable, "+io",
	       "v2: the controller has another name");
	is_str(plan_limits(&v2, NULL, "\"blockIO\":{\"weight\":0}")->enable, "",
	       "and is not enabled for nothing");
	limit_on(&hybrid,
		 "\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":16,\"rate\":1}]}",
		 "blkio.throttle.read_bps_device=8:16 1");
	no_io = v2;
	strcpy(no_io.h[0].controllers, "memory");
	limit_on(&no_io, "\"blockIO\":{\"weight\":10}",
		 IO "weight: the io controller of cgroups is not available on this host");
	limit_on(&no_io, "\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":50}]}",
		 IO "weightDevice[0]: the io controller of cgroups is not available on this host");
}

int main(void)
{
	init_facts();
	test_weight();
	test_devices();
	test_rates();
	test_places();
	return tap_done();
}
