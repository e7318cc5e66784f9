/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks, on both sides with the same table: the state they read, verdicts, output, time limits. */
#include "base/auto.h"
#include "container/hooks.h"
#include "container/init.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SH "/bin/sh"

struct row {
	const char *what;
	const char *path;
	const char *script; /* for sh -c */
	int timeout;
	int r;
	const char *message; /* whole error line */
	const char *hint;
};

static const struct row rows[] = {
	{ "a hook that succeeds", SH, "exit 0", 0, 0, "", "" },
	{ "a hook that does not read the state", SH, "exec <&-; exit 0", 0, 0, "", "" },
	{ "a hook that fails", SH, "echo first; echo why >&2; exit 3", 0, -EINVAL,
	  "config.json: hooks.x[0]: hook \"/bin/sh\" ended with status 3",
	  "the hook said: first\nwhy" },
	{ "a hook that is killed", SH, "kill -9 $$", 0, -EINVAL,
	  "config.json: hooks.x[0]: hook \"/bin/sh\" was killed by signal 9", "" },
	{ "a hook that does not exist", "/nonexistent/hook", "", 0, -ENOENT,
	  "config.json: hooks.x[0]: execute hook \"/nonexistent/hook\": file or directory not found",
	  "" },
	{ "a hook that takes too long", SH, "sleep 1000", 1, -ETIMEDOUT,
	  "config.json: hooks.x[0]: wait for hook \"/bin/sh\": timed out", "" },
	{ "a hook within its time", SH, "exit 0", 1000, 0, "", "" },
	{ "a hook that has its own environment only", SH, "test \"$A$HOME\" = b", 0, 0, "", "" },
	{ "a hook without leaked descriptors", SH, "test ! -e /proc/self/fd/9", 0, 0, "", "" },
	{ "a hook with no signal blocked or ignored", SH,
	  "grep -q 'SigBlk:.0000000000000000' /proc/self/status", 0, 0, "", "" },
};

static struct flat plan_of(const struct row *row, enum hook_kind kind)
{
	char *args[] = { (char *)(uintptr_t) "hook", (char *)(uintptr_t) "-c",
			 (char *)(uintptr_t)row->script };
	char *env[] = { (char *)(uintptr_t) "A=b", (char *)(uintptr_t) "PATH=/usr/bin:/bin" };
	struct plan p = { .magic = PLAN_MAGIC };
	struct hook_plan h = { .timeout = row->timeout };
	struct flat f;

	flat_init(&f, sizeof(p));
	h.where = flat_add_str(&f, "hooks.x[0]");
	h.path = flat_add_str(&f, row->path);
	h.args = flat_add_strs(&f, args, 3);
	h.env = flat_add_strs(&f, env, 2);
	p.hooks[kind] = flat_add_list(&f, &h, 1, sizeof(h));
	p.hook_state_head = flat_add_str(&f, "{\"id\":\"x\",\"status\":\"");
	p.hook_state_tail = flat_add_str(&f, ",\"bundle\":\"/b\"}");
	p.hook_dir = flat_add_str(&f, "/nonexistent-bundle");
	p.size = (uint32_t)f.len;
	memcpy(f.data, &p, sizeof(p));
	return f;
}

static int run_host(const struct flat *f, struct rl_err *e)
{
	rl_autoclose int state_fd = open("/", O_PATH | O_CLOEXEC);

	return hooks_host_run((const struct plan *)f->data, HOOK_CREATE_RUNTIME, 42, -EBADF,
			      state_fd, e);
}

static int run_guest(const struct flat *f, struct rl_err *e)
{
	struct init i = { .p = (const struct plan *)f->data };
	int r;

	i.g = (struct guest){ .base = f->data, .err = &i.msg.err };
	r = hooks_run(&i, HOOK_CREATE_RUNTIME);
	*e = i.msg.err;
	return r;
}

static void check(const char *side, int (*run)(const struct flat *, struct rl_err *))
{
	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		struct flat f = plan_of(&rows[i], HOOK_CREATE_RUNTIME);
		struct rl_err e = RL_ERR_INIT;
		char line[1024] = "";

		is_int(run(&f, &e), rows[i].r, "%s: %s", side, rows[i].what);
		if (e.code)
			rl_err_line(&e, line, sizeof(line));
		is_str(line, rows[i].message, "%s: %s: message", side, rows[i].what);
		is_str(e.hint, rows[i].hint, "%s: %s: hint", side, rows[i].what);
		flat_done(&f);
	}
}

static void check_state(const char *side, int (*run)(const struct flat *, struct rl_err *),
			const char *want)
{
	static const char script[] = "cat > state.txt; cat state.txt";
	const struct row row = { .path = SH, .script = script };
	struct flat f = plan_of(&row, HOOK_CREATE_RUNTIME);
	struct rl_err e = RL_ERR_INIT;
	char text[256] = "";
	FILE *in;

	is_int(run(&f, &e), 0, "%s: a hook reads the state", side);
	in = fopen("state.txt", "re");
	ok(in && fgets(text, sizeof(text), in), "%s: the hook wrote what it read", side);
	if (in)
		fclose(in);
	is_str(text, want, "%s: the state", side);
	flat_done(&f);
}

int main(void)
{
	char dir[] = "/tmp/rundlet-test-hooks-XXXXXX", want[128];
	int leak = dup2(0, 9);

	if (!mkdtemp(dir) || chdir(dir) < 0)
		return 99;
	ok(leak == 9, "a descriptor leaks into the test");
	setenv("HOME", "/leaked", 1);
	check("host", run_host);
	check("guest", run_guest);
	check_state("host", run_host,
		    "{\"id\":\"x\",\"status\":\"creating\",\"pid\":42,\"bundle\":\"/b\"}");
	snprintf(want, sizeof(want),
		 "{\"id\":\"x\",\"status\":\"creating\",\"pid\":%d,\"bundle\":\"/b\"}",
		 (int)getpid());
	check_state("guest", run_guest, want);
	unlink("state.txt");
	ok(chdir("/") == 0 && rmdir(dir) == 0, "the hooks left nothing");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no child is left");
	return tap_done();
}
