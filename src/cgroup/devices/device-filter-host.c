/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads device filters into the kernel, attaches them to a cgroup of v2, and puts another in the
 * place of one; see bpf(2).
 */
#include "base/auto.h"
#include "base/fault.h"
#include "cgroup/devices/device-rules.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PROGRAMS_MAX 64 /* on one cgroup: BPF_CGROUP_MAX_PROGS of the kernel */

/* By it ours are told from those of others (systemd attaches its own). */
static const char name[BPF_OBJ_NAME_LEN] = "rundlet_devices";

/* Descriptors that it returns are close-on-exec from birth. */
static long bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long r;

	RL_FAULT("device_filter_attach");
	r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));
	return r < 0 ? -errno : r;
}

static int try_load(const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uintptr_t) "Apache-2.0";
	memcpy(attr.prog_name, name, sizeof(name));
	return (int)bpf(BPF_PROG_LOAD, &attr);
}

/* As far as we may: beyond the hard limit needs CAP_SYS_RESOURCE. */
static void raise_memlock(const struct rlimit *now)
{
	static const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	const struct rlimit hard = { now->rlim_max, now->rlim_max };

	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0)
		setrlimit(RLIMIT_MEMLOCK, &hard);
}

/*
 * Kernels before 5.11 count programs as locked memory, of which the usual limit is 64 KiB, and say
 * EPERM. The limit is raised for that moment only: the container must not inherit it. That it
 * cannot be raised is no error of its own.
 */
static int load(const struct bpf_insn *insns, size_t n)
{
	int fd = try_load(insns, n);
	struct rlimit before;

	if (fd != -EPERM || getrlimit(RLIMIT_MEMLOCK, &before) < 0)
		return fd;
	raise_memlock(&before);
	fd = try_load(insns, n);
	setrlimit(RLIMIT_MEMLOCK, &before);
	return fd;
}

/* Attach the program; in the place of another, in one go, if replaced_fd >= 0. */
static int attach(int fd, int cgroup_fd, int replaced_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	/* Others may narrow it further, here (systemd) and below (a nested container); none can
	 * widen it. */
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replaced_fd >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replaced_fd;
	}
	return (int)bpf(BPF_PROG_ATTACH, &attr);
}

int device_filter_attach(const struct bpf_insn *insns, size_t n, int cgroup_fd)
{
	rl_autoclose int fd = load(insns, n);

	return fd < 0 ? fd : attach(fd, cgroup_fd, -EBADF);
}

/* The program of this id if it is one of ours; -ENOENT if not. */
static int open_ours(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	rl_autoclose int fd = -EBADF;
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	fd = (int)bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return fd;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	r = (int)bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	if (r < 0)
		return r;
	return strncmp(info.name, name, sizeof(name)) ? -ENOENT : RL_TAKE_FD(fd);
}

/* Ours among those attached to just this cgroup. -ENOENT: there is none. */
static int find_ours(int cgroup_fd)
{
	uint32_t ids[PROGRAMS_MAX] = { 0 };
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = PROGRAMS_MAX;
	r = (int)bpf(BPF_PROG_QUERY, &attr);
	if (r < 0)
		return r;
	r = -ENOENT;
	for (uint32_t i = 0; i < attr.query.prog_cnt && r == -ENOENT; i++)
		r = open_ours(ids[i]);
	return r;
}

int device_filter_replace(const struct bpf_insn *insns, size_t n, int cgroup_fd, int *ret_old)
{
	rl_autoclose int old = find_ours(cgroup_fd), fd = -EBADF;
	int r;

	if (old < 0 && old != -ENOENT)
		return old;
	fd = load(insns, n);
	if (fd < 0)
		return fd;
	r = attach(fd, cgroup_fd, old);
	if (r < 0)
		return r;
	*ret_old = old >= 0 ? RL_TAKE_FD(old) : -EBADF;
	return 0;
}

int device_filter_restore(int old_fd, int cgroup_fd)
{
	rl_autoclose int fd = find_ours(cgroup_fd);
	union bpf_attr attr;

	if (fd < 0)
		return fd;
	if (old_fd >= 0)
		return attach(old_fd, cgroup_fd, fd);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return (int)bpf(BPF_PROG_DETACH, &attr);
}
