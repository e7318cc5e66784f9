/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of rtnetlink; see netlink.h. */
#include "os/netlink.h"

#include "base/auto.h"
#include "base/fault.h"
#include "os/pidfd.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define ANSWER_ROOM (32u << 10) /* bytes; the kernel's messages are at most 16 KiB, or a page */
#define ANSWERS_MAX 65536       /* messages of one answer */

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/*
 * The texts of errors, without our request in them; and requests to list are taken by what they
 * say, so that the kernel lists one device and not all.
 */
static int set_up(int fd, struct netlink *ret)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };
	const int on = 1;

	*ret = (struct netlink){ .fd = fd };
	for (size_t i = 0; i < RL_COUNT(options); i++)
		if (setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof(on)) < 0) {
			int r = -errno;

			netlink_close(ret);
			return r;
		}
	return 0;
}

int netlink_open(struct netlink *ret)
{
	int fd;

	RL_FAULT("netlink_open");
	fd = open_socket();
	return fd < 0 ? fd : set_up(fd, ret);
}

/* Put a socket of the namespace in the place of `slot`, which we share with our parent. */
static int fill_slot(int netns_fd, int slot)
{
	int fd, r;

	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return errno;
	fd = open_socket();
	if (fd < 0)
		return -fd;
	r = dup3(fd, slot, O_CLOEXEC) < 0 ? errno : 0;
	close(fd);
	return r;
}

/* The end of the child: 0 or a negative errno. */
static int reap(int pidfd)
{
	int status, r = pidfd_reap(pidfd, &status);

	if (r < 0)
		return r;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int netlink_open_in(int netns_fd, struct netlink *ret)
{
	rl_autoclose int slot = -EBADF, pidfd = -EBADF;
	struct clone_args args = {
		.flags = CLONE_FILES | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;
	int r;

	RL_FAULT("netlink_open_in");
	slot = fcntl(netns_fd, F_DUPFD_CLOEXEC, 0);
	if (slot < 0)
		return -errno;
	pidfd_children_wait();
	pid = syscall(__NR_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(fill_slot(netns_fd, slot));
	r = reap(pidfd);
	return r < 0 ? r : set_up(RL_TAKE_FD(slot), ret);
}

void netlink_close(struct netlink *n)
{
	auto_close(&n->fd);
}

/* The end of an answer; the text, where there is one, stands in an attribute behind. */
static int take_end(struct netlink *n, const struct nlmsghdr *h)
{
	size_t size = h->nlmsg_type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int);
	int code;

	if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(code))
		return -EPROTO;
	memcpy(&code, NLMSG_DATA(h), sizeof(code));
	if (code < 0 && (h->nlmsg_flags & NLM_F_ACK_TLVS))
		nlmsg_find_str(nlmsg_attrs_of(h, size), NLMSGERR_ATTR_MSG, n->why, sizeof(n->why));
	return code < 0 ? code : 0;
}

struct answer {
	int (*each)(const struct nlmsghdr *h, void *arg);
	void *arg;
	int seen;
	bool over;
	bool changed; /* while it was listed */
};

static int take_message(struct netlink *n, const struct nlmsghdr *h, struct answer *a)
{
	/* Of a question that was given up. */
	if (h->nlmsg_seq != n->seq)
		return 0;
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		a->changed = true;
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
		a->over = true;
		return take_end(n, h);
	}
	if (++a->seen > ANSWERS_MAX)
		return -E2BIG;
	return a->each ? a->each(h, a->arg) : 0;
}

static int take_some(struct netlink *n, struct answer *a)
{
	_Alignas(struct nlmsghdr) char buf[ANSWER_ROOM];
	struct sockaddr_nl from;
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr h = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t got;
	int r = 0;

	do {
		got = recvmsg(n->fd, &h, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if (h.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	/* Others may send to our port, and are not the kernel. */
	if (from.nl_pid != 0)
		return 0;
	for (const struct nlmsghdr *m = (const struct nlmsghdr *)buf; r == 0 && NLMSG_OK(m, got);
	     m = NLMSG_NEXT(m, got))
		r = take_message(n, m, a);
	return r;
}

int netlink_call(struct netlink *n, struct nlmsg *m,
		 int (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	struct answer a = { .each = each, .arg = arg };
	int r = 0;

	n->why[0] = 0;
	RL_FAULT("netlink_call");
	if (m->full)
		return -E2BIG;
	m->head.nlmsg_seq = ++n->seq;
	if ((m->head.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		m->head.nlmsg_flags |= NLM_F_ACK;
	if (send(n->fd, &m->head, m->head.nlmsg_len, MSG_NOSIGNAL) < 0)
		return -errno;
	while (r == 0 && !a.over)
		r = take_some(n, &a);
	return r == 0 && a.changed ? -EAGAIN : r;
}
