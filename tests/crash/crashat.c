/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command of rundlet under ptrace(2) and ends one of its processes, or makes a call fail, at
 * the Nth system call:
 *
 *	crashat OUT host|guest N [ERRNO] COMMAND...
 *
 * host is the command itself; guest are the stubs that it starts, counted together, until their
 * program runs. What other programs it starts are let go. Without ERRNO (a number) the process is
 * killed as it enters the call, with it the call gives that error and does nothing (but close(2)).
 *
 * OUT is a file that gets "hit CALL" with the number of the call, or "count CALLS" when there were
 * fewer. The exit status is that of the command, or 128 and the signal that ended it.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC)
#define STUB "/memfd:rundlet-init"

struct crash {
	pid_t host;
	bool guest; /* whose calls are counted */
	bool begun; /* the host executes the command */
	long at;    /* the call that it happens at */
	long count;
	int error;       /* 0: the process is killed */
	long hit;        /* the number of the call, or -1 */
	pid_t failing;   /* is in the call that gives the error; 0: none */
	int host_status; /* of wait(2), when host_ended */
	bool host_ended;
};

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static long request(long op, pid_t pid, void *addr, void *data)
{
	return ptrace((int)op, pid, addr, data);
}

/* Make the call that the process is entering none at all. */
static void skip_call(pid_t pid)
{
#if defined(__x86_64__)
	if (request(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, regs.orig_rax),
		    (void *)-1L) < 0)
		die("skip a call");
#elif defined(__aarch64__)
	int none = -1;
	struct iovec v = { &none, sizeof(none) };

	if (request(PTRACE_SETREGSET, pid, (void *)0x404L /* NT_ARM_SYSTEM_CALL */, &v) < 0)
		die("skip a call");
#else
#error "how a call is skipped is not known for this architecture"
#endif
}

/* The result of the call that the process is leaving. */
static void set_result(pid_t pid, long result)
{
#if defined(__x86_64__)
	if (request(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, regs.rax), (void *)result) <
	    0)
		die("change a result");
#else
	struct user_regs_struct regs;
	struct iovec v = { &regs, sizeof(regs) };

	if (request(PTRACE_GETREGSET, pid, (void *)1L /* NT_PRSTATUS */, &v) < 0)
		die("read the registers");
	regs.regs[0] = (unsigned long)result;
	if (request(PTRACE_SETREGSET, pid, (void *)1L, &v) < 0)
		die("change a result");
#endif
}

static void on_entry(struct crash *c, pid_t pid, long call)
{
	if (c->guest == (pid == c->host) || !c->begun || c->hit >= 0 || ++c->count < c->at)
		return;
	c->hit = call;
	if (!c->error) {
		kill(pid, SIGKILL);
		return;
	}
	/* Linux gives a descriptor back whatever close(2) answers. */
	if (call != __NR_close)
		skip_call(pid);
	c->failing = pid;
}

static void on_call(struct crash *c, pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (request(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) < 0)
		return; /* it was killed meanwhile */
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		on_entry(c, pid, (long)info.entry.nr);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && pid == c->failing) {
		c->failing = 0;
		set_result(pid, -c->error);
	}
}

/* Whether the process is one of the two kinds that we follow, now that it has executed a program.
 */
static bool is_followed(struct crash *c, pid_t pid)
{
	char link[32], exe[PATH_MAX];
	ssize_t n;

	if (pid == c->host)
		return c->begun = true;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, exe, sizeof(exe));
	return n >= (ssize_t)strlen(STUB) && !strncmp(exe, STUB, strlen(STUB));
}

static void go_on(long op, pid_t pid, int signal)
{
	request(op, pid, NULL, (void *)(long)signal); /* ESRCH: it was killed meanwhile */
}

static void on_stop(struct crash *c, pid_t pid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (signal == (SIGTRAP | 0x80)) {
		on_call(c, pid);
		go_on(PTRACE_SYSCALL, pid, 0);
	} else if (event == PTRACE_EVENT_EXEC && !is_followed(c, pid)) {
		go_on(PTRACE_DETACH, pid, 0);
	} else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		go_on(PTRACE_LISTEN, pid, 0);
	} else {
		go_on(PTRACE_SYSCALL, pid, event ? 0 : signal);
	}
}

static void follow(struct crash *c)
{
	while (!c->host_ended) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			die("wait for the command");
		if (WIFSTOPPED(status)) {
			on_stop(c, pid, status);
		} else if (pid == c->host) {
			c->host_ended = true;
			c->host_status = status;
		}
	}
}

static void start(struct crash *c, char **argv)
{
	c->host = fork();
	if (c->host < 0)
		die("fork");
	if (c->host == 0) {
		raise(SIGSTOP);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(c->host, NULL, WUNTRACED) < 0 ||
	    request(PTRACE_SEIZE, c->host, NULL, (void *)(long)OPTIONS) < 0)
		die("trace the command");
	kill(c->host, SIGCONT);
}

static void tell(const struct crash *c, const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out || fprintf(out, c->hit < 0 ? "count %ld\n" : "hit %ld\n",
			    c->hit < 0 ? c->count : c->hit) < 0)
		die(path);
	if (fclose(out) < 0)
		die(path);
}

int main(int argc, char **argv)
{
	struct crash c = { .hit = -1 };
	int words = 4;

	if (argc > 4 && argv[4][0] >= '0' && argv[4][0] <= '9')
		words = 5;
	if (argc <= words) {
		fprintf(stderr, "crashat OUT host|guest N [ERRNO] COMMAND...\n");
		return 125;
	}
	c.guest = !strcmp(argv[2], "guest");
	c.at = atol(argv[3]);
	c.error = words == 5 ? atoi(argv[4]) : 0;
	start(&c, argv + words);
	follow(&c);
	tell(&c, argv[1]);
	return WIFEXITED(c.host_status) ? WEXITSTATUS(c.host_status) :
					  128 + WTERMSIG(c.host_status);
}
