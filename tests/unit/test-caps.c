/* SPDX-License-Identifier: Apache-2.0 */
/* security/caps-*: names to masks, and the masks in the kernel. The second part needs root. */
#include "base/log.h"
#include "guest-child.h"
#include "security/security.h"

#include <grp.h>
#include <inttypes.h>
#include <sched.h>
#include <sys/prctl.h>

#define CHOWN     (UINT64_C(1) << 0)
#define KILL      (UINT64_C(1) << 5)
#define NET_RAW   (UINT64_C(1) << 13)
#define SYS_ADMIN (UINT64_C(1) << 21)
#define LAST      40
#define ALL       (UINT64_MAX >> (63 - LAST))

static char log_path[64];

static void log_start(void)
{
	struct log_options o = { log_path, LOG_FORMAT_TEXT, LOG_LEVEL_WARNING };
	struct rl_err e = RL_ERR_INIT;

	snprintf(log_path, sizeof(log_path), "/tmp/test-caps.%d", (int)getpid());
	unlink(log_path);
	log_open(&o, &e);
}

/* How many warnings were written since log_start(), and whether one has the text. */
static int log_end(const char *text)
{
	char all[8192] = "";
	int n = 0;

	log_close();
	child_read(log_path, all, sizeof(all));
	unlink(log_path);
	for (const char *s = all; (s = strstr(s, "level=warning")); s++)
		n++;
	ok(!text || strstr(all, text), "the warning says: %s", text ? text : "nothing");
	return n;
}

static struct caps_plan plan_within(const char *json, uint64_t grantable, uint64_t withheld)
{
	struct oci_doc doc;
	struct oci_config *c = config_load(&doc,
					   "{\"ociVersion\":\"1.3.0\",\"process\":{\"cwd\":\"/\","
					   "\"capabilities\":%s}}",
					   json);
	struct caps_plan p;

	caps_plan(c->process->capabilities, grantable, withheld, &p);
	oci_done(&doc);
	return p;
}

static struct caps_plan plan(const char *json, uint64_t grantable)
{
	return plan_within(json, grantable, 0);
}

static void test_names(void)
{
	struct caps_plan p = { 1, 1, 1, 1, 1 };

	caps_plan(NULL, ALL, 0, &p);
	ok(!p.bounding && !p.effective && !p.permitted && !p.inheritable && !p.ambient,
	   "without capabilities all five sets are empty");
	log_start();
	p = plan(
		"{\"bounding\":[\"CAP_CHOWN\",\"CAP_NET_RAW\"],\"permitted\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
		"\"effective\":[\"CAP_KILL\"],\"inheritable\":[\"CAP_CHOWN\"],\"ambient\":[\"CAP_CHOWN\"]}",
		ALL);
	ok(p.bounding == (CHOWN | NET_RAW), "bounding");
	ok(p.permitted == (CHOWN | KILL), "permitted");
	ok(p.effective == KILL, "effective");
	ok(p.inheritable == CHOWN, "inheritable is exactly as configured");
	ok(p.ambient == CHOWN, "ambient is exactly as configured");
	p = plan("{\"bounding\":[\"CAP_CHECKPOINT_RESTORE\"]}", ALL);
	ok(p.bounding == UINT64_C(1) << 40, "the last capability is known");
	is_int(log_end(NULL), 0, "and nothing is warned of");
}

static void test_left_out(void)
{
	struct caps_plan p;

	log_start();
	p = plan("{\"bounding\":[\"CAP_CHOWN\",\"CAP_NO_SUCH\",\"0\",\"CHOWN\",\"\"]}", ALL);
	ok(p.bounding == CHOWN, "what is no name of a capability is left out");
	is_int(log_end("process.capabilities.bounding: CAP_NO_SUCH is not known here, ignoring"), 4,
	       "with a warning each");
	log_start();
	p = plan("{\"bounding\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"]}", ALL & ~SYS_ADMIN);
	ok(p.bounding == CHOWN, "what we do not have is left out");
	is_int(log_end("CAP_SYS_ADMIN cannot be granted"), 1, "with a warning");
	log_start();
	p = plan_within("{\"bounding\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"],"
			"\"permitted\":[\"CAP_SYS_ADMIN\"],\"effective\":[\"CAP_SYS_ADMIN\"]}",
			ALL, SYS_ADMIN);
	ok(p.bounding == CHOWN && !p.permitted && !p.effective, "what leads out is left out");
	is_int(log_end("it leads out of the root"), 1, "with one warning");
	log_start();
	p = plan("{\"permitted\":[\"CAP_CHOWN\"],\"effective\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
		 "\"inheritable\":[\"CAP_KILL\"],\"ambient\":[\"CAP_CHOWN\",\"CAP_KILL\"]}",
		 ALL);
	ok(p.effective == CHOWN, "effective is part of permitted");
	ok(p.ambient == 0, "ambient is part of permitted and of inheritable");
	is_int(log_end("ambient: CAP_KILL is not in permitted and inheritable, ignoring"), 3,
	       "with a warning each");
}

/* ---- in the kernel --------------------------------------------------------------------------- */

struct apply {
	struct security_plan plan;
	unsigned int uid;
	bool userns; /* in a new user namespace, without maps */
	bool exec;   /* look after execve(2) */
};

static int apply(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct apply *a = arg;
	int r;

	if (a->userns && unshare(CLONE_NEWUSER) < 0)
		return -errno;
	r = caps_bound(g, &a->plan);
	if (r < 0)
		return r;
	if (a->uid && (setgroups(0, NULL) < 0 || setresuid(a->uid, a->uid, a->uid) < 0))
		return -errno;
	r = caps_set(g, &a->plan);
	if (r < 0)
		return r;
	child_read("/proc/self/status", text, size);
	if (a->exec) {
		int out[2];

		memset(text, 0, size);
		if (pipe(out) < 0)
			return -errno;
		if (fork() == 0) {
			dup2(out[1], 1);
			execl("/bin/cat", "cat", "/proc/self/status", (char *)NULL);
			_exit(1);
		}
		close(out[1]);
		for (ssize_t n, at = 0; (n = read(out[0], text + at, size - 1 - (size_t)at)) > 0;)
			at += n;
	}
	return 0;
}

static uint64_t status_set(const struct child *c, const char *name)
{
	const char *s = strstr(c->text, name);

	/* Of a newer kernel than ours the capabilities that we know of. */
	return s ? strtoull(s + strlen(name) + 1, NULL, 16) & ALL : UINT64_MAX;
}

static void check_sets(const struct child *c, const struct caps_plan *want, const char *what)
{
	is_int(c->ret, 0, "%s: applied", what);
	ok(status_set(c, "CapBnd") == want->bounding, "%s: CapBnd %" PRIx64, what,
	   status_set(c, "CapBnd"));
	ok(status_set(c, "CapPrm") == want->permitted, "%s: CapPrm %" PRIx64, what,
	   status_set(c, "CapPrm"));
	ok(status_set(c, "CapEff") == want->effective, "%s: CapEff %" PRIx64, what,
	   status_set(c, "CapEff"));
	ok(status_set(c, "CapInh") == want->inheritable, "%s: CapInh %" PRIx64, what,
	   status_set(c, "CapInh"));
	ok(status_set(c, "CapAmb") == want->ambient, "%s: CapAmb %" PRIx64, what,
	   status_set(c, "CapAmb"));
}

static void test_kernel(void)
{
	static const struct caps_plan sets[] = {
		{ 0 },
		{ .bounding = CHOWN | KILL, .permitted = CHOWN | KILL, .effective = CHOWN },
		{ CHOWN | KILL, CHOWN, CHOWN | KILL, CHOWN, CHOWN },
		/* A set that the kernel refuses once the bounding set is smaller. */
		{ .bounding = CHOWN, .inheritable = NET_RAW | KILL },
	};
	static const unsigned int uids[] = { 0, 1000 };

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		for (size_t u = 0; u < 2; u++) {
			struct apply a = { .plan = { .caps = sets[i], .last_cap = LAST },
					   .uid = uids[u] };
			char what[64];

			snprintf(what, sizeof(what), "sets %zu as user %u", i, uids[u]);
			check_sets(child_run(apply, &a, &a), &sets[i], what);
		}
	}
}

static void test_userns(void)
{
	struct apply a = {
		.plan = { .caps = { ALL, ALL, ALL, 0, 0 }, .last_cap = LAST },
		.userns = true,
	};

	check_sets(child_run(apply, &a, &a), &a.plan.caps, "everything in a user namespace");
}

static void test_filter_follows(void)
{
	struct apply a = {
		.plan = {
			.caps = { CHOWN, CHOWN, CHOWN, CHOWN, CHOWN },
			.last_cap = LAST,
			.filter = { .program = { 8, 8 } },
		},
		.uid = 1000,
	};
	struct caps_plan want = a.plan.caps;

	want.effective |= SYS_ADMIN;
	want.permitted |= SYS_ADMIN;
	check_sets(child_run(apply, &a, &a), &want, "a filter without no_new_privs");
	a.exec = true;
	check_sets(child_run(apply, &a, &a), &a.plan.caps, "and after execve");
	a.exec = false;
	a.plan.no_new_privs = 1;
	check_sets(child_run(apply, &a, &a), &a.plan.caps, "a filter with no_new_privs");
}

static int lack(struct guest *g, const void *arg, char *text, size_t size)
{
	struct security_plan none = { .last_cap = LAST };
	int r = caps_bound(g, &none);

	(void)text;
	(void)size;
	if (r == 0)
		r = caps_set(g, &none);
	/* Now we have nothing: what is not there can be dropped again, what is to be given cannot.
	 */
	if (r == 0)
		r = caps_bound(g, &none);
	return r < 0 ? r : caps_set(g, arg);
}

static void test_failure(void)
{
	struct security_plan p = { .caps = { .permitted = CHOWN }, .last_cap = LAST };
	const struct child *c = child_run(lack, &p, &p);

	is_int(c->ret, -EPERM, "capabilities that we do not have cannot be set");
	is_str(c->err.where, "process.capabilities", "and the error has its key");
	is_str(c->err.what, "set the capabilities", "and says what failed");
	p = (struct security_plan){ .filter = { .program = { 8, 8 } }, .last_cap = LAST };
	c = child_run(lack, &p, &p);
	is_int(c->ret, -EPERM, "a filter without no_new_privs needs CAP_SYS_ADMIN");
	ok(strstr(c->err.hint, "noNewPrivileges"), "and the hint says so: %s", c->err.hint);
}

int main(void)
{
	test_names();
	test_left_out();
	if (geteuid() == 0 && prctl(PR_CAPBSET_READ, 21, 0, 0, 0) == 1) {
		test_kernel();
		test_userns();
		test_filter_follows();
		test_failure();
	} else {
		skip("changing capabilities needs root");
	}
	return tap_done();
}
