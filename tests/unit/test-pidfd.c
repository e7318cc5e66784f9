/* SPDX-License-Identifier: Apache-2.0 */
/* os/pidfd.c: children that one knows no pid of, and what tells processes from others. */
#include "os/pidfd.h"

#include "tap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static bool is_ours(pid_t pid)
{
	return waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void test_children(void)
{
	pid_t one, other;

	ok(!pidfd_has_children(), "a new process has no children");
	pidfd_reap_all();
	one = start();
	other = start();
	ok(pidfd_has_children(), "two children");
	pidfd_reap_all();
	ok(!is_ours(one) && !is_ours(other), "both were waited for");
	ok(!pidfd_has_children(), "and there are no others");
}

static void *sleep_long(void *arg)
{
	pause();
	return arg;
}

/* A process whose first thread is a zombie, but not the process. */
static pid_t start_without_leader(void)
{
	pthread_t thread;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_create(&thread, NULL, sleep_long, NULL);
		syscall(SYS_exit, 0);
	}
	return pid;
}

static void wait_for_zombie(pid_t pid)
{
	uint64_t time;
	char state;

	do {
		usleep(1000);
	} while (pidfd_start_time(pid, &time, &state) == 0 && state != 'Z');
}

static bool is_same(pid_t pid, const struct pidfd_id *id)
{
	int fd = pidfd_same(pid, id);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* lasting: by start time, else by inode where there are such. */
static void test_identity(bool lasting)
{
	pid_t pid = start_without_leader();
	int pidfd = pidfd_of(pid), status;
	struct pidfd_id id, other;

	is_int(pidfd_identify(pid, pidfd, lasting, &id), 0, "it is identified");
	ok(!id.inode != !id.start_time, "by one number");
	ok(!lasting || id.start_time, "by its start time, if that is to last");
	other = id;
	*(other.inode ? &other.inode : &other.start_time) += 1;
	wait_for_zombie(pid);
	ok(is_same(pid, &id), "it lives, though its first thread has ended");
	ok(!is_same(pid, &other), "it is no other");
	ok(!is_same(pid, &(struct pidfd_id){ 0 }), "no number is that of no process");
	ok(!is_same(1, &id), "another process is not it");
	pidfd_signal(pidfd, SIGKILL);
	pidfd_wait(pidfd, -1);
	is_int(pidfd_same(pid, &id), -ESRCH, "it has ended, and is not reaped");
	pidfd_reap(pidfd, &status);
	is_int(pidfd_same(pid, &id), -ESRCH, "it is gone");
	close(pidfd);
}

int main(void)
{
	test_identity(false);
	test_identity(true);
	test_children();
	return tap_done();
}
