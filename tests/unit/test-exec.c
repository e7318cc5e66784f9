/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process/exec-guest.c in a root of its own: what is found, what is refused, and every message word
 * by word, because engines read them. Needs root.
 */
#include "process-root.h"

/* ---- look-up --------------------------------------------------------------------------------- */

struct look {
	const char *name;
	const char *path; /* of PATH */
	unsigned int uid;
	unsigned int group; /* 0: none */
	const char *want;   /* whole message, or NULL: it is found */
};

static int do_look(struct guest *g, const void *arg, char *text, size_t size)
{
	int r = enter_root();

	(void)text;
	(void)size;
	if (r < 0)
		return r;
	if (setgroups(2, (const gid_t[]){ 0, 77 }) < 0)
		return -errno;
	r = cwd_enter(g, arg);
	if (r == 0)
		r = exec_find(g, arg);
	/* We are who we were: root's power is back, and its groups. */
	if (access("/vault/tool", R_OK) < 0 || getgroups(0, NULL) != 2 || geteuid() != 0)
		return -12345;
	return r;
}

static void check_look(const struct look *l)
{
	char *args[] = { (char *)(uintptr_t)l->name };
	struct planned p =
		plan("/place", args, 1, l->path ? l->path : "/bin:/sbin", l->uid, l->group);
	const struct child *c = child_run(do_look, p.flat.data, &p.plan);

	is_str(c->err.code ? c->err.what : NULL, l->want, "\"%.40s\" in %s as user %u", l->name,
	       l->path ? l->path : "/bin:/sbin", l->uid);
	ok(l->want ? c->ret < 0 && (c->err.flags & RL_ERR_WHOLE) : c->ret == 0,
	   "and the result %d fits", c->ret);
	if (l->want)
		is_str(c->err.where, "process.args[0]", "and the key");
	flat_done(&p.flat);
}

#define MISSING(x) "exec: \"" x "\": executable file not found in $PATH"
#define NO_FILE(x) "exec: \"" x "\": stat " x ": no such file or directory"
#define DENIED(x)  "exec: \"" x "\": permission denied"
#define NO_DIR(x)  "exec: \"" x "\": stat " x ": not a directory: no such file or directory"
#define IS_DIR(x)  "exec: \"" x "\": is a directory: permission denied"
#define LINKED(x) \
	"exec: \"" x "\": leads through a link of /proc or a loop of links: permission denied"

static void test_look(void)
{
	static const struct look rows[] = {
		/* Names without a slash: PATH. */
		{ "busybox", NULL, 0, 0, NULL },
		{ "link", NULL, 0, 0, NULL },
		{ "abs", NULL, 0, 0, NULL },
		{ "later", NULL, 0, 0, NULL },
		{ "plain", NULL, 0, 0, NULL }, /* the first is not executable, the second is */
		{ "plain", "/bin", 0, 0, DENIED("plain") },
		{ "no-such", NULL, 0, 0, MISSING("no-such") },
		{ "busybox", "/nowhere:/etc/passwd", 0, 0, MISSING("busybox") },
		{ "busybox", "", 0, 0, MISSING("busybox") },
		{ "busybox", "/sbin::/bin", 0, 0, NULL },
		{ "run", "/bin::/sbin", 0, 0,
		  NULL }, /* nothing between the colons: the working directory */
		{ "run", "/bin:/sbin", 0, 0, MISSING("run") },
		{ "busybox", "../bin", 0, 0, NULL },
		{ "etc", "/", 0, 0, MISSING("etc") }, /* a directory is not a program */
		{ "loop", NULL, 0, 0, MISSING("loop") },
		{ "fifo", NULL, 0, 0, DENIED("fifo") },
		{ "", NULL, 0, 0, MISSING("") },
		{ ".", NULL, 0, 0, MISSING(".") },
		{ "tool", "/noexec", 0, 0, DENIED("tool") },
		{ "busybox", "/proc/self/fd/50/../bin", 0, 0, MISSING("busybox") },
		/* Names with one: the path. */
		{ "/bin/busybox", "", 0, 0, NULL },
		{ "/bin/../bin/link", NULL, 0, 0, NULL },
		{ "./run", NULL, 0, 0, NULL },
		{ "../bin/busybox", NULL, 0, 0, NULL },
		{ "/no-such", NULL, 0, 0, NO_FILE("/no-such") },
		{ "./no-such", NULL, 0, 0, NO_FILE("./no-such") },
		{ "/place/dangling", NULL, 0, 0, NO_FILE("/place/dangling") },
		{ "/etc", NULL, 0, 0, IS_DIR("/etc") },
		{ "/bin/", NULL, 0, 0, IS_DIR("/bin/") },
		{ "/", NULL, 0, 0, IS_DIR("/") },
		{ "/bin/plain", NULL, 0, 0, DENIED("/bin/plain") },
		{ "/bin/fifo", NULL, 0, 0, DENIED("/bin/fifo") },
		{ "/noexec/tool", NULL, 0, 0, DENIED("/noexec/tool") },
		{ "/bin/busybox/x", NULL, 0, 0, NO_DIR("/bin/busybox/x") },
		{ "/bin/loop", NULL, 0, 0, LINKED("/bin/loop") },
		/* /proc, and the descriptors of ours that it shows. */
		{ "/proc/self/exe", NULL, 0, 0, LINKED("/proc/self/exe") },
		{ "/proc/self/fd/50/passwd", NULL, 0, 0, LINKED("/proc/self/fd/50/passwd") },
		{ "/proc/self/root/bin/busybox", NULL, 0, 0,
		  LINKED("/proc/self/root/bin/busybox") },
		{ "/proc/self/status", NULL, 0, 0, DENIED("/proc/self/status") },
		/* What the user may do. */
		{ "busybox", NULL, 1000, 0, NULL },
		{ "mine", NULL, 1000, 0, NULL },
		{ "mine", NULL, 0, 0, NULL },
		{ "mine", NULL, 1001, 0, DENIED("mine") },
		{ "group", NULL, 1001, 0, DENIED("group") },
		{ "group", NULL, 1001, 1234, NULL },
		{ "/vault/tool", NULL, 0, 0, NULL },
		{ "/vault/tool", NULL, 1001, 0, DENIED("/vault/tool") },
		{ "tool", "/vault", 1001, 0, DENIED("tool") },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_look(&rows[i]);
}

/* A name that is longer than a message keeps the words that engines look for. */
static void test_long(void)
{
	char name[5000];
	char *args[] = { name };
	struct planned p;
	const struct child *c;

	memset(name, 'x', sizeof(name));
	for (int i = 0; i < 3; i++) {
		name[i == 0 ? 255 : i == 1 ? 1000 : 4999] = 0;
		name[0] = i == 2 ? '/' : 'x';
		p = plan("/", args, 1, "/bin", 0, 0);
		c = child_run(do_look, p.flat.data, &p.plan);
		if (i < 2)
			ok(strstr(c->err.what, "...\": executable file not found in $PATH"),
			   "long name: %s", c->err.what);
		else
			ok(c->ret == -ENAMETOOLONG, "a path that the kernel does not take: %s",
			   c->err.what);
		flat_done(&p.flat);
		memset(name, 'x', sizeof(name));
	}
}

/* ---- execution ------------------------------------------------------------------------------- */

struct run {
	struct planned planned;
	int ignore; /* this signal, or all (-1), are ignored and blocked before they are reset */
	int fail;   /* what happens to the program after it was found */
};

static void capture_to(int fd)
{
	dup2(fd, 1);
	dup2(fd, 2);
}

/* signal(2) refuses those that are the C library's own, and posix_spawn(3) leaves these ignored. */
static void set_action(int s, void (*handler)(int))
{
	const uint64_t action[4] = { (uint64_t)(uintptr_t)handler };

	syscall(SYS_rt_sigaction, s, action, NULL, sizeof(uint64_t));
}

static int run_payload(struct guest *g, const struct run *run)
{
	const struct process_plan *p = &run->planned.plan;
	int r;

	if (run->ignore) {
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		for (int s = 1; s < 65; s++)
			set_action(s, run->ignore < 0 || s == run->ignore ? SIG_IGN : SIG_DFL);
		exec_signals_reset(p);
	}
	r = cwd_enter(g, p);
	if (r == 0)
		r = exec_find(g, p);
	if (r == 0)
		r = user_set(g, p);
	if (r == 0)
		r = exec_prepare(g, p);
	if (run->fail == 1)
		rename("/bin/busybox", "/bin/gone");
	if (run->fail == 2)
		chmod("/bin/busybox", 0);
	return r == 0 ? exec_run(g, p) : r;
}

/* In the child a grandchild becomes the program; its output is the text. */
static int do_run(struct guest *g, const void *arg, char *text, size_t size)
{
	int out[2], r = enter_root();
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	if (r < 0 || pipe(out) < 0)
		return r < 0 ? r : -errno;
	pid = fork();
	if (pid == 0) {
		capture_to(out[1]);
		dup2(out[1], 3), dup2(out[1], 4), dup2(out[1], 5), dup2(out[1], 60);
		r = run_payload(g, arg);
		sys_raw(__NR_exit_group, r < 0 ? 77 : 78, 0, 0, 0, 0, 0);
	}
	close(out[1]);
	while (at + 1 < size && (n = read(out[0], text + at, size - at - 1)) > 0)
		at += (size_t)n;
	waitpid(pid, &r, 0);
	return WIFEXITED(r) ? WEXITSTATUS(r) : -WTERMSIG(r);
}

static const struct child *run_it(struct run *run)
{
	const struct child *c = child_run(do_run, run->planned.flat.data, run);

	flat_done(&run->planned.flat);
	return c;
}

static void test_run(void)
{
	char *env[] = { S("B=2"), S("A=one two"), S("B=3"), S("EMPTY=") };
	struct run run = { .planned = plan("/", ARGS(S("busybox"), S("env")), "/bin", 0, 0) };
	const struct child *c;

	run.planned.plan.env = flat_add_strs(&run.planned.flat, env, 4);
	c = run_it(&run);
	is_int(c->ret, 0, "the program runs: %s", c->err.what);
	is_str(c->text, "B=2\nA=one two\nB=3\nEMPTY=\n",
	       "its environment is the plan's, and nothing else");
	run = (struct run){
		.planned = plan(
			"/place",
			ARGS(S("busybox"), S("sh"), S("-c"),
			     S("echo \"$0|$1|$2|$#\"; pwd; busybox id -u; busybox id -G; umask; exit 3"),
			     S("a  b"), S(""), S("c")),
			"/bin", 1000, 1234)
	};
	run.planned.plan.umask = 027;
	c = run_it(&run);
	is_int(c->ret, 3, "its status is its own: %s", c->err.what);
	is_str(c->text, "a  b||c|2\n/place\n1000\n1000 1234\n0027\n",
	       "arguments, directory, user, groups, umask");
}

static void test_run_state(void)
{
	struct run run = { .planned = plan("/", ARGS(S("busybox"), S("ls"), S("/proc/self/fd")),
					   "/bin", 0, 0) };
	const struct child *c;

	run.planned.plan.preserve_fds = 2;
	c = run_it(&run);
	is_str(c->text, "0\n1\n2\n3\n4\n5\n",
	       "0 to 2 and two more are open; 5 is the directory itself");
	run = (struct run){ .planned = plan("/", ARGS(S("busybox"), S("ls"), S("/proc/self/fd")),
					    "/bin", 0, 0) };
	is_str(run_it(&run)->text, "0\n1\n2\n3\n", "none is preserved unasked");
}

static void test_signals(void)
{
	char *const args[] = { S("busybox"), S("grep"), S("-E"), S("^Sig(Blk|Ign|Cgt)"),
			       S("/proc/self/status") };
	static const char none[] =
		"SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n";
	struct run run = { .planned = plan("/", args, 5, "/bin", 0, 0), .ignore = -1 };

	is_str(run_it(&run)->text, none, "no signal is blocked, ignored or caught");
	run = (struct run){ .planned = plan("/", args, 5, "/bin", 0, 0), .ignore = SIGHUP };
	run.planned.plan.default_signals = ~(UINT64_C(1) << (SIGHUP - 1));
	is_str(run_it(&run)->text, none, "where one alone may be ignored, it is reset");
}

#define NO_INTERPRETER(x)                                                                        \
	"exec: \"" x "\": the interpreter it names (or its dynamic loader) is missing: no such " \
	"file or directory"

static void run_fails(const char *name, int fail, unsigned int uid, const char *want)
{
	struct run run = { .planned = plan("/", ARGS(S(name)), "/bin", uid, 0), .fail = fail };
	const struct child *c = child_run(do_run, run.planned.flat.data, &run);

	is_int(c->ret, 77, "%s cannot be executed", name);
	is_str(c->err.what, want, "and the message says so");
	is_str(c->err.where, "process.args[0]", "and the key");
	flat_done(&run.planned.flat);
}

static void test_run_failures(void)
{
	run_fails("garbage", 0, 0, "exec /bin/garbage: exec format error");
	run_fails("lost", 0, 0, NO_INTERPRETER("lost"));
	run_fails("/bin/lost", 0, 1000, NO_INTERPRETER("/bin/lost"));
	run_fails("/bin/busybox", 1, 0, NO_FILE("/bin/busybox"));
	run_fails("busybox", 1, 0, NO_FILE("busybox"));
	run_fails("busybox", 2, 0, DENIED("busybox"));
}

int main(void)
{
	if (geteuid() != 0 || access(BUSYBOX, X_OK) < 0) {
		skip("needs root, and a static busybox at " BUSYBOX);
		return tap_done();
	}
	if (!mkdtemp(scratch))
		return 1;
	test_look();
	test_long();
	test_run();
	test_signals();
	test_run_state();
	test_run_failures();
	rmdir(scratch);
	return tap_done();
}
