/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of tasks, huge pages, network traffic and RDMA devices on either version of cgroups.
 */
#include "tests/unit/limits-plan.h"

static void test_pids(void)
{
	limit_both("\"pids\":{\"limit\":2048}", "pids.max=2048");
	limit_both("\"pids\":{\"limit\":0}", "pids.max=0");
	limit_both("\"pids\":{\"limit\":-1}", "pids.max=max");
	limit_both("\"pids\":{\"limit\":-2}",
		   KEY "pids.limit: -2 is no limit: only -1 stands for \"no limit\"");
	limit_on(&hybrid, "\"pids\":{\"limit\":3}", "pids.max=3");
}

static void test_hugetlb(void)
{
	static const char *const sizes[] = { "",       "MB",     "2",      "2mb",  "2MiB", "02MB",
					     "../x",   "2MB/x",  "2MB\\n", "x2MB", "2MB ", " 2MB",
					     "2MB/..", "../2MB", "2.MB",   "-2MB", "2TB" };

	limit("\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304},"
	      "{\"pageSize\":\"1GB\",\"limit\":0}]",
	      "hugetlb.2MB.limit_in_bytes=4194304 hugetlb.2MB.rsvd.limit_in_bytes=4194304? "
	      "hugetlb.1GB.limit_in_bytes=0 hugetlb.1GB.rsvd.limit_in_bytes=0?",
	      "hugetlb.2MB.max=4194304 hugetlb.2MB.rsvd.max=4194304? "
	      "hugetlb.1GB.max=0 hugetlb.1GB.rsvd.max=0?");
	limit_on(&hybrid,
		 "\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":18446744073709551615}]",
		 "hugetlb.64KB.max=18446744073709551615 "
		 "hugetlb.64KB.rsvd.max=18446744073709551615?");
	limit_both("\"hugepageLimits\":[]", "");
	/* S26: the size becomes a part of a path. */
	for (size_t i = 0; i < RL_COUNT(sizes); i++) {
		char json[128];
		struct limited *t;

		snprintf(json, sizeof(json),
			 "\"hugepageLimits\":[{\"pageSize\":\"%s\",\"limit\":0}]", sizes[i]);
		t = plan_limits(&v2, NULL, json);
		ok(t->r < 0 && strstr(t->text, "hugepageLimits[0].pageSize"), "refused: \"%s\"",
		   sizes[i]);
	}
}

static void test_network(void)
{
	static const char *const names[] = { "",      "a b",  "a\\nb",           "a/b",
					     "/eth0", "a\\t", "1234567890123456" };
	const char *no =
		"has no equivalent in cgroup v2, which this host uses: the %s controller is "
		"one of cgroup v1";
	char want[256];

	snprintf(want, sizeof(want),
		 KEY "network.classID: has no equivalent in cgroup v2, which this "
		     "host uses: the net_cls controller is one of cgroup v1");
	limit("\"network\":{\"classID\":1048577}", "net_cls.classid=1048577", want);
	limit("\"network\":{\"classID\":4294967295}", "net_cls.classid=4294967295", want);
	limit_both("\"network\":{\"classID\":0,\"priorities\":[]}", "");
	snprintf(want, sizeof(want), KEY "network.priorities[0].name: ");
	snprintf(want + strlen(want), sizeof(want) - strlen(want), no, "net_prio");
	limit("\"network\":{\"priorities\":[{\"name\":\"eth0\",\"priority\":500},"
	      "{\"name\":\"123456789012345\",\"priority\":0}]}",
	      "net_prio.ifpriomap=eth0 500 net_prio.ifpriomap=123456789012345 0", want);
	limit_on(
		&hybrid, "\"network\":{\"classID\":1}",
		KEY
		"network.classID: the net_cls controller of cgroups is not available on this host");
	for (size_t i = 0; i < RL_COUNT(names); i++) {
		char json[128];
		struct limited *t;

		snprintf(json, sizeof(json),
			 "\"network\":{\"priorities\":[{\"name\":\"%s\",\"priority\":1}]}",
			 names[i]);
		t = plan_limits(&v1, NULL, json);
		ok(t->r < 0 && strstr(t->text, "is no name of an interface"), "refused: \"%s\": %s",
		   names[i], t->text);
	}
}

static void test_rdma(void)
{
	static const char *const names[] = { "", "a b", "a\\nhca", "a/b", "../x" };
	char name[80], json[160], want[160];

	limit_both("\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000},"
		   "\"mlx4_0\":{\"hcaObjects\":1000},\"rxe3\":{\"hcaHandles\":0}}",
		   "rdma.max=mlx5_1 hca_handle=3 hca_object=10000 rdma.max=mlx4_0 hca_object=1000 "
		   "rdma.max=rxe3 hca_handle=0");
	limit_both("\"rdma\":{\"x\":{\"hcaHandles\":4294967295,\"hcaObjects\":4294967295}}",
		   "rdma.max=x hca_handle=4294967295 hca_object=4294967295");
	limit_both("\"rdma\":{}", "");
	/* M119 */
	limit_both("\"rdma\":{\"x\":{}}", KEY "rdma[\"x\"]: has neither hcaHandles nor hcaObjects");
	limit_on(&hybrid, "\"rdma\":{\"x\":{\"hcaHandles\":1}}",
		 KEY "rdma[\"x\"]: the rdma controller of cgroups is not available on this host");
	for (size_t i = 0; i < RL_COUNT(names); i++) {
		struct limited *t;

		snprintf(json, sizeof(json), "\"rdma\":{\"%s\":{\"hcaHandles\":1}}", names[i]);
		t = plan_limits(&v2, NULL, json);
		ok(t->r < 0 && strstr(t->text, "is no name of an RDMA device"), "refused: \"%s\"",
		   names[i]);
	}
	memset(name, 'x', sizeof(name));
	name[63] = 0;
	snprintf(json, sizeof(json), "\"rdma\":{\"%s\":{\"hcaHandles\":1}}", name);
	snprintf(want, sizeof(want), "rdma.max=%s hca_handle=1", name);
	limit_both(json, want);
	name[63] = 'x';
	name[64] = 0;
	snprintf(json, sizeof(json), "\"rdma\":{\"%s\":{\"hcaHandles\":1}}", name);
	is_int(plan_limits(&v2, NULL, json)->r, -EINVAL, "a name of 64 bytes");
}

int main(void)
{
	init_facts();
	test_pids();
	test_hugetlb();
	test_network();
	test_rdma();
	return tap_done();
}
