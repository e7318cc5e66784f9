/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives the listener of the filter to the agent. From the load on, every call of ours may be
 * denied, or wait for the answer of an agent that has no listener yet. So a thread gives it away:
 * no filter is on it, it has our descriptors, and with execve it ends without a trace for the
 * program. We tell each other by memory, without a call.
 */
#include "container/fdpass.h"
#include "container/init.h"
#include "os/guestkey.h"
#include "os/guestthread.h"

#define STACK_SIZE   16384
#define NAP          50000 /* ns between two looks of the thread */
#define SCHED_NORMAL 0

static char stack[STACK_SIZE] __attribute__((aligned(16)));
/* What we tell each other: that the thread waits; the listener + 1; that it is given away. */
static int listener_awaited, listener_got, listener_given;
static char *text;
static size_t text_len;

static void add(const char *part)
{
	size_t len = sys_strlen(part);

	__builtin_memcpy(text + text_len, part, len + 1);
	text_len += len;
}

/* The process state with its pids. */
static int make_text(struct init *i)
{
	const struct listener_plan *p = &i->p->listener;
	const char *head = flat_get_str(i->p, p->head), *middle = flat_get_str(i->p, p->middle),
		   *tail = flat_get_str(i->p, p->tail);
	char pid[21], first[21];
	size_t size = sys_strlen(head) + sys_strlen(middle) + sys_strlen(tail) + 2 * sizeof(pid);
	long r = SYS_6(__NR_mmap, 0, size, SYS_PROT_READ | SYS_PROT_WRITE,
		       SYS_MAP_PRIVATE | SYS_MAP_ANON, -1, 0);

	if (r < 0 && r > -4096)
		return guest_fail(&i->g, r, p->where, "make room for the text to the socket",
				  flat_get_str(i->p, p->path));
	text = (char *)r;
	text_len = 0;
	sys_decimal(pid, i->pid);
	sys_decimal(first, p->first ? p->first : i->pid);
	add(head);
	add(pid);
	add(middle);
	add(first);
	add(tail);
	return 0;
}

/* One message if it fits, as agents read; the descriptor comes with the first. */
static long send_listener(int sock, int fd)
{
	size_t sent = 0;
	long r;

	/* With a limit of time for it, a freezer's thaw interrupts it, too: signal(7). */
	do {
		r = sent ? SYS_6(__NR_sendto, sock, text + sent, text_len - sent, SYS_MSG_NOSIGNAL,
				 0, 0) :
			   fdpass_send(sock, text, text_len, fd);
		sent += r > 0 ? (size_t)r : 0;
	} while (r == -EINTR || (r >= 0 && sent < text_len));
	return r < 0 ? r : 0;
}

static void give(void *context)
{
	struct init *i = context;
	const struct listener_plan *p = &i->p->listener;
	const int64_t nap[2] = { 0, NAP };
	const int32_t priority = 0;
	int fd;
	long r;

	/* The one that waits for us must not keep us from its CPU: of SCHED_FIFO's processes with
	 * one priority, the second runs when the first lets go. */
	sys_raw(__NR_sched_setscheduler, 0, SCHED_NORMAL, SYS_P(&priority), 0, 0, 0);
	__atomic_store_n(&listener_awaited, 1, __ATOMIC_RELEASE);
	while (!(fd = __atomic_load_n(&listener_got, __ATOMIC_ACQUIRE)))
		sys_raw(__NR_nanosleep, SYS_P(nap), 0, 0, 0, 0, 0);
	r = send_listener(p->sock_fd, fd - 1);
	if (r < 0) {
		guest_fail(&i->g, r, p->where, "give the listener of the filter to the socket",
			   flat_get_str(i->p, p->path));
		init_die(i);
	}
	/*
	 * "The connection is closed after sending": the agent may wait for that before it answers.
	 * And if he goes, execve is to fail with ENOSYS, not to wait for us, who are in it.
	 */
	sys_close(p->sock_fd);
	sys_close(fd - 1);
	__atomic_store_n(&listener_given, 1, __ATOMIC_RELEASE);
	for (;;)
		sys_raw(__NR_exit, 0, 0, 0, 0, 0, 0);
}

int listener_ready(struct init *i)
{
	const int64_t nap[2] = { 0, NAP };
	long r;

	if (!i->p->listener.path)
		return 0;
	r = make_text(i);
	if (r < 0)
		return (int)r;
	listener_awaited = listener_got = listener_given = 0;
	r = guestthread_start(stack, sizeof(stack), give, i);
	if (r < 0) {
		guest_fail(&i->g, r, i->p->listener.where,
			   "start the thread that gives the filter's listener away", NULL);
		if (r == -EAGAIN)
			guestkey_hint(&i->g, "it counts for linux.resources.pids.limit and, unless "
					     "root starts it, for RLIMIT_NPROC");
		return (int)r;
	}
	/* It has our policy at first; later we wait without letting go of the CPU. */
	while (!__atomic_load_n(&listener_awaited, __ATOMIC_ACQUIRE))
		sys_raw(__NR_nanosleep, SYS_P(nap), 0, 0, 0, 0, 0);
	return 0;
}

void listener_give(const struct init *i, int fd)
{
	if (!i->p->listener.path)
		return;
	__atomic_store_n(&listener_got, fd + 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&listener_given, __ATOMIC_ACQUIRE))
		;
}
