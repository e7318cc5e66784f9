/* SPDX-License-Identifier: Apache-2.0 */
/* State directories, their lock, the record in them, and the start socket. */
#include "base/auto.h"
#include "container/init.h"
#include "container/record.h"
#include "container/start.h"
#include "container/state-dir.h"
#include "os/fdio.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/rundlet-test-state-XXXXXX";

static void test_directories(void)
{
	struct rl_err e = RL_ERR_INIT;
	char sub[64];
	int root_fd, fd, other;

	snprintf(sub, sizeof(sub), "%s/a/b", root);
	is_int(state_dir_root(sub, false, &e), -ENOENT, "a root that is not there");
	root_fd = state_dir_root(sub, true, &e);
	ok(root_fd >= 0, "is made with what is missing above it");
	is_int(state_dir_open(sub, "web", &e), -ENOENT, "an unknown id");
	is_str(e.what, "container \"web\" does not exist", "in the words that engines match");
	fd = state_dir_create(root_fd, "web", &e);
	ok(fd >= 0, "a new directory is made");
	e = (struct rl_err)RL_ERR_INIT;
	is_int(state_dir_create(root_fd, "web", &e), -EEXIST, "an id is given once");
	ok(strstr(e.what, "already exists"), "and says so: %s", e.what);
	e = (struct rl_err)RL_ERR_INIT;
	other = state_dir_open(sub, "web", &e);
	ok(other >= 0 && state_dir_is_locked(other), "others see the lock");
	close(fd);
	ok(!state_dir_is_locked(other), "which ends with its holder");
	is_int(fdio_replace_at(other, "state.json", "{}", 2, 0600), 0, "a file in it");
	is_int(state_dir_remove(root_fd, "web", other, &e), 0, "it is removed with its files");
	is_int(state_dir_remove(root_fd, "web", other, &e), 0, "and removing it again is fine");
	fd = state_dir_create(root_fd, "web", &e);
	is_int(state_dir_remove(root_fd, "web", other, &e), 0, "a new one of that name");
	ok(faccessat(root_fd, "web", F_OK, 0) == 0, "stays");
	is_int(state_dir_remove(root_fd, "web", fd, &e), 0, "it goes by its own descriptor");
	ok(faccessat(root_fd, "web", F_OK, 0) < 0, "and is gone then");
	close(fd);
	close(other);
	close(root_fd);
	is_int(state_dir_open(sub, "../b", &e), -EINVAL, "an id is no path");
	rmdir(sub);
	snprintf(sub, sizeof(sub), "%s/a", root);
	rmdir(sub);
}

static struct record sample(void)
{
	static struct record_cgroup cgroup = { (char *)(uintptr_t) "/cg/x",
					       (char *)(uintptr_t) "/cg",
					       (char *)(uintptr_t) "v1" };
	static struct record_cgroup *cgroups[] = { &cgroup };
	static struct record_rdt rdt = { (char *)(uintptr_t) "/fs/gold", true, true,
					 (char *)(uintptr_t) "/fs/gold/mon_groups/web" };

	return (struct record){
		.has_format = true,
		.format = RECORD_FORMAT,
		.id = (char *)(uintptr_t) "web",
		.oci_version = (char *)(uintptr_t) "1.3.0",
		.status = (char *)(uintptr_t) "created",
		.has_pid = true,
		.pid = 42,
		.has_pid_inode = true,
		.pid_inode = UINT64_C(18446744073709551615),
		.bundle = (char *)(uintptr_t) "/b",
		.rootfs = (char *)(uintptr_t) "/b/\"r\"\n",
		.created = (char *)(uintptr_t) "2026-01-01T00:00:00.000000000Z",
		.has_owner = true,
		.owner = 4294967295u,
		.cgroups = cgroups,
		.n_cgroups = 1,
		.rdt = &rdt,
		.has_hooks = true,
		.has_own_pids = true,
		.has_creator = true,
		.has_creator_start = true,
	};
}

static void test_record(int dir)
{
	struct rl_err e = RL_ERR_INIT;
	struct record r = sample();
	struct record_doc d;

	is_int(record_load(dir, &d, &e), -ENOENT, "no record yet");
	record_done(&d);
	is_int(record_save(dir, &r, &e), 0, "a record is saved");
	is_int(record_load(dir, &d, &e), 0, "and loaded: %s", e.what);
	if (!e.code) {
		ok(d.record->pid_inode == r.pid_inode, "inode in full range");
		ok(!d.record->has_start_time, "and no start time");
		is_str(d.record->rootfs, r.rootfs, "text with quotes and newlines");
		is_int(d.record->owner, r.owner, "owner");
		is_int((long long)d.cgroups.n, 1, "cgroups");
		is_str(d.cgroups.dirs[0].stop, "/cg", "where their removal stops");
		is_int(d.cgroups.dirs[0].freezer, CGROUP_FREEZER_V1, "and how it is frozen");
		is_str(d.rdt.group, "/fs/gold", "group of resctrl");
		is_str(d.rdt.monitor, "/fs/gold/mon_groups/web", "its monitoring group");
		ok(d.rdt.own, "whose it is");
	}
	record_done(&d);
	r.format = RECORD_FORMAT + 1;
	is_int(record_save(dir, &r, &e), 0, "a record of a later rundlet");
	is_int(record_load(dir, &d, &e), -EPROTO, "is refused");
	record_done(&d);
	e = (struct rl_err)RL_ERR_INIT;
	is_int(fdio_replace_at(dir, "state.json", "{\"id\":", 6, 0600), 0, "a damaged record");
	ok(record_load(dir, &d, &e) < 0 && e.what[0], "is refused with a reason: %s", e.what);
	record_done(&d);
	unlinkat(dir, "state.json", 0);
}

/* The child waits as the stub does, and ends with 7 when START came. */
static pid_t waiting_child(int listen_fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct plan p = { .start_fd = listen_fd };
		struct init i = { .p = &p, .report_fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };
		struct message m = { .type = MESSAGE_EXEC };

		i.g = (struct guest){ .base = &p, .err = &i.msg.err };
		if (start_wait(&i) < 0 || !i.trace)
			_exit(1);
		_exit(write(i.report_fd, &m, message_size(m.type)) > 0 ? 7 : 2);
	}
	close(listen_fd);
	return pid;
}

static bool is_waiting(int dir)
{
	int fd = start_connect(dir);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int start(int dir, struct trace_time *times, struct rl_err *e)
{
	int fd = start_connect(dir), r = start_send(fd, times, e);

	if (r == 0)
		r = start_follow(fd, times, e);
	if (fd >= 0)
		close(fd);
	return r;
}

static void test_start(int dir)
{
	struct trace_time times[STEPS] = { 0 };
	struct rl_err e = RL_ERR_INIT;
	int listen_fd, status = 0;
	pid_t pid;

	ok(!is_waiting(dir), "nobody waits without a socket");
	is_int(start(dir, NULL, &e), -ECONNREFUSED, "and nobody can be started");
	listen_fd = start_listen(dir);
	ok(listen_fd >= 0, "the socket is made");
	pid = waiting_child(listen_fd);
	ok(is_waiting(dir), "a process waits");
	ok(is_waiting(dir), "and waits on when it was only asked");
	is_int(start(dir, times, &e), 0, "it hears of start: %s", e.what);
	ok(times[STEP_exec].t1 > 0, "the end of the connection is the execve");
	ok(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7, "with START and its flag");
	ok(!is_waiting(dir), "nobody waits any more");
	is_int(start(dir, NULL, &e), -ECONNREFUSED, "a dead process does not block start");
	unlinkat(dir, "start", 0);
}

static void test_killed_before_exec(int dir)
{
	struct rl_err e = RL_ERR_INIT;
	int listen_fd = start_listen(dir), status;
	pid_t pid = fork();

	if (pid == 0) {
		int fd = accept(listen_fd, NULL, NULL);
		struct message m;

		_exit(read(fd, &m, sizeof(m)) > 0 ? 0 : 1);
	}
	close(listen_fd);
	is_int(start(dir, NULL, &e), -ECHILD, "a process that ends before execve: %s", e.what);
	waitpid(pid, &status, 0);
	unlinkat(dir, "start", 0);
}

int main(void)
{
	int dir;

	if (!mkdtemp(root))
		return 99;
	test_directories();
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_record(dir);
	test_start(dir);
	test_killed_before_exec(dir);
	close(dir);
	ok(rmdir(root) == 0, "nothing is left");
	return tap_done();
}
