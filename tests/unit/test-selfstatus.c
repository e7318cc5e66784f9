/* SPDX-License-Identifier: Apache-2.0 */
/* os/selfstatus.c: capabilities and signals of the calling thread. */
#include "os/selfstatus.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

static void test_text(void)
{
	struct selfstatus s = { 0 };

	ok(selfstatus_parse("Name:\tCapBnd:\nSigIgn:\t0000000000001001\nSigCgt:\t2\nCapEff:\t1\n"
			    "CapBnd:\t000001ffffffffff\nCapAmb:\t3\n",
			    &s) == 0 &&
		   s.bounding == 0x1ffffffffff && s.ignored == 0x1001,
	   "both masks are found");
	ok(selfstatus_parse("Name:\tx\nCapBnd:\t1\n", &s) == -EPROTO, "no line of signals");
	ok(selfstatus_parse("Name:\tx\nSigIgn:\t1\n", &s) == -EPROTO, "no line of capabilities");
	ok(s.ignored == 0x1001, "a failure leaves what was there");
}

static void test_self(void)
{
	struct selfstatus s = { 0 };
	uint64_t bounding = 0;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_DFL);
	for (int cap = 0; cap < 64; cap++)
		bounding |= (uint64_t)(prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1) << cap;
	ok(selfstatus_read(&s) == 0, "it can be read");
	ok(s.bounding == bounding, "the bounding set is what prctl(2) tells");
	ok(s.ignored >> (SIGUSR1 - 1) & 1, "an ignored signal");
	ok(!(s.ignored >> (SIGUSR2 - 1) & 1), "one that is not");
}

int main(void)
{
	test_text();
	test_self();
	return tap_done();
}
