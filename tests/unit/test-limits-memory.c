/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of memory: what is written for them on either version of cgroups. */
#include "tests/unit/limits-plan.h"

#define NOT_IN_V2 "has no equivalent in the memory controller of cgroup v2, which this host uses"

static void test_limit(void)
{
	limit("\"memory\":{\"limit\":268435456}", "memory.limit_in_bytes=268435456",
	      "memory.max=268435456");
	limit("\"memory\":{\"limit\":1}", "memory.limit_in_bytes=1", "memory.max=1");
	limit("\"memory\":{\"limit\":-1}",
	      "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=-1", "memory.max=max");
	limit("\"memory\":{\"limit\":9223372036854775807}",
	      "memory.limit_in_bytes=9223372036854775807", "memory.max=9223372036854775807");
	limit_both(
		"\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0,\"kernel\":0,\"kernelTCP\":0,"
		"\"disableOOMKiller\":false,\"checkBeforeUpdate\":false}",
		"");
	limit_both("\"memory\":{}", "");
	limit_both("\"memory\":{\"limit\":-2}",
		   KEY "memory.limit: -2 is no limit: only -1 stands for \"no limit\"");
	limit("\"memory\":{\"reservation\":100}", "memory.soft_limit_in_bytes=100",
	      "memory.low=100");
	limit("\"memory\":{\"reservation\":-1}", "memory.soft_limit_in_bytes=-1", "memory.low=0");
	limit_both("\"memory\":{\"reservation\":-3}",
		   KEY "memory.reservation: -3 is no limit: only -1 stands for \"no limit\"");
}

static void test_swap(void)
{
	limit("\"memory\":{\"limit\":100,\"swap\":300}",
	      "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=100 "
	      "memory.memsw.limit_in_bytes=300",
	      "memory.max=100 memory.swap.max=200");
	limit("\"memory\":{\"limit\":100,\"swap\":100}",
	      "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=100 "
	      "memory.memsw.limit_in_bytes=100",
	      "memory.max=100 memory.swap.max=0");
	limit("\"memory\":{\"limit\":100,\"swap\":-1}",
	      "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=100",
	      "memory.max=100 memory.swap.max=max");
	limit("\"memory\":{\"limit\":-1,\"swap\":-1}",
	      "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=-1",
	      "memory.max=max memory.swap.max=max");
	limit("\"memory\":{\"swap\":-1}", "memory.memsw.limit_in_bytes=-1?", "memory.swap.max=max");
	limit_both("\"memory\":{\"limit\":100,\"swap\":99}",
		   KEY "memory.swap: 99 bytes for memory and swap together are less than the 100 "
		       "of memory alone");
	limit_both("\"memory\":{\"swap\":99}",
		   KEY "memory.swap: the limit of memory and swap together needs a limit of memory "
		       "beside it");
	limit_both("\"memory\":{\"limit\":-1,\"swap\":99}",
		   KEY "memory.swap: the limit of memory and swap together needs a limit of memory "
		       "beside it");
	limit_both("\"memory\":{\"limit\":0,\"swap\":99}",
		   KEY "memory.swap: the limit of memory and swap together needs a limit of memory "
		       "beside it");
	limit_both("\"memory\":{\"swap\":-2}",
		   KEY "memory.swap: -2 is no limit: only -1 stands for \"no limit\"");
}

/* What v2 does not have is refused if it is asked for, and only then. */
static void test_only_v1(void)
{
	limit("\"memory\":{\"kernel\":1000}", "memory.kmem.limit_in_bytes=1000!",
	      KEY "memory.kernel: " NOT_IN_V2);
	limit("\"memory\":{\"kernelTCP\":1}", "memory.kmem.tcp.limit_in_bytes=1",
	      KEY "memory.kernelTCP: " NOT_IN_V2);
	limit_both("\"memory\":{\"kernel\":-1,\"kernelTCP\":-1}", "");
	limit_both("\"memory\":{\"kernel\":-2}",
		   KEY "memory.kernel: -2 is no limit: only -1 stands for \"no limit\"");
	limit("\"memory\":{\"swappiness\":0}", "memory.swappiness=0",
	      KEY "memory.swappiness: " NOT_IN_V2);
	limit("\"memory\":{\"swappiness\":100}", "memory.swappiness=100",
	      KEY "memory.swappiness: " NOT_IN_V2);
	limit_both("\"memory\":{\"swappiness\":101}",
		   "linux.resources.memory.swappiness: 101 is not in the range 0 to 100");
	limit("\"memory\":{\"disableOOMKiller\":true}", "memory.oom_control=1",
	      KEY "memory.disableOOMKiller: " NOT_IN_V2);
	limit_on(&hybrid, "\"memory\":{\"swappiness\":5,\"kernel\":7}",
		 "memory.kmem.limit_in_bytes=7! memory.swappiness=5");
}

static void test_check(void)
{
	limit("\"memory\":{\"limit\":5,\"checkBeforeUpdate\":true}", "memory.limit_in_bytes=5<",
	      "memory.max=5<");
	limit("\"memory\":{\"limit\":5,\"swap\":9,\"checkBeforeUpdate\":true}",
	      "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=5< "
	      "memory.memsw.limit_in_bytes=9<",
	      "memory.max=5< memory.swap.max=4<");
	limit("\"memory\":{\"limit\":-1,\"checkBeforeUpdate\":true}",
	      "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=-1", "memory.max=max");
	limit_both("\"memory\":{\"limit\":0,\"checkBeforeUpdate\":true}", "");
}

#define MIB INT64_C(1048576)

/* 64 MiB of memory, 96 MiB with swap. */
static void test_update(void)
{
	const struct cgroup_now now = { .memory = 64 * MIB,
					.memory_swap = 96 * MIB,
					.cpu_quota = -1 };

	update(&now, "\"memory\":{\"limit\":33554432}", "memory.limit_in_bytes=33554432",
	       "memory.max=33554432 memory.swap.max=67108864");
	update(&now, "\"memory\":{\"limit\":100663296}", "memory.limit_in_bytes=100663296",
	       "memory.max=100663296 memory.swap.max=0");
	update(&now, "\"memory\":{\"limit\":100728832}",
	       KEY
	       "memory.limit: 100728832 bytes of memory are more than the 100663296 of memory and "
	       "swap together that are in force",
	       KEY
	       "memory.limit: 100728832 bytes of memory are more than the 100663296 of memory and "
	       "swap together that are in force");
	ok(strstr(plan_limits(&v2, &now, "\"memory\":{\"limit\":1000000000}")->e.hint, "swap"),
	   "with a hint");
	update(&now, "\"memory\":{\"limit\":-1}",
	       "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=-1",
	       "memory.max=max memory.swap.max=max");
	update(&now, "\"memory\":{\"swap\":134217728}",
	       "memory.memsw.limit_in_bytes=-1? memory.memsw.limit_in_bytes=134217728",
	       "memory.swap.max=67108864");
	update(&now, "\"memory\":{\"swap\":67108864}",
	       "memory.memsw.limit_in_bytes=-1? memory.memsw.limit_in_bytes=67108864",
	       "memory.swap.max=0");
	update(&now, "\"memory\":{\"swap\":67108863}",
	       KEY "memory.swap: 67108863 bytes for memory and swap together are less than the "
		   "67108864 of memory alone",
	       KEY "memory.swap: 67108863 bytes for memory and swap together are less than the "
		   "67108864 of memory alone");
	update(&now, "\"memory\":{\"swap\":-1}", "memory.memsw.limit_in_bytes=-1?",
	       "memory.swap.max=max");
	/* Both, raised and lowered. */
	update(&now, "\"memory\":{\"limit\":134217728,\"swap\":134217728}",
	       "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=134217728 "
	       "memory.memsw.limit_in_bytes=134217728",
	       "memory.max=134217728 memory.swap.max=0");
	update(&now, "\"memory\":{\"limit\":1048576,\"swap\":2097152}",
	       "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=1048576 "
	       "memory.memsw.limit_in_bytes=2097152",
	       "memory.max=1048576 memory.swap.max=1048576");
	update(&now, "\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":4096}",
	       "memory.soft_limit_in_bytes=4096", "memory.low=4096");
	update(&now, "\"memory\":{\"kernel\":-1,\"kernelTCP\":-1}",
	       "memory.kmem.limit_in_bytes=-1! memory.kmem.tcp.limit_in_bytes=-1", "");
	update(&now, "\"memory\":{\"disableOOMKiller\":false}", "memory.oom_control=0", "");
}

/* 100000000 bytes were given for both; the kernel keeps whole pages. */
static void test_update_rounded(void)
{
	const struct cgroup_now now = { .memory = 99999744, .memory_swap = 99999744 };

	update(&now, "\"memory\":{\"limit\":100000000}", "memory.limit_in_bytes=100000000",
	       "memory.max=100000000 memory.swap.max=0");
	update(&now, "\"memory\":{\"swap\":100000000}",
	       "memory.memsw.limit_in_bytes=-1? memory.memsw.limit_in_bytes=100000000",
	       "memory.swap.max=256");
}

static void test_update_unlimited(void)
{
	const struct cgroup_now now = { .memory = -1, .memory_swap = -1 };
	const struct cgroup_now no_total = { .memory = 5, .memory_swap = -1 };

	update(&now, "\"memory\":{\"limit\":100}", "memory.limit_in_bytes=100", "memory.max=100");
	update(&now, "\"memory\":{\"swap\":100}",
	       KEY "memory.swap: the limit of memory and swap together needs a limit of memory "
		   "beside it",
	       KEY "memory.swap: the limit of memory and swap together needs a limit of memory "
		   "beside it");
	update(&no_total, "\"memory\":{\"limit\":100}", "memory.limit_in_bytes=100",
	       "memory.max=100");
}

int main(void)
{
	init_facts();
	test_limit();
	test_swap();
	test_only_v1();
	test_check();
	test_update();
	test_update_rounded();
	test_update_unlimited();
	return tap_done();
}
