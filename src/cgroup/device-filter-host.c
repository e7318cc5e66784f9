/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a device filter into the kernel and attaches it to a cgroup of v2. */
#include "base/auto.h"
#include "base/fault.h"
#include "cgroup/device-rules.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

static long bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long r;

	RL_FAULT("device_filter_attach");
	r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));
	return r < 0 ? -errno : r;
}

static int load(const struct bpf_insn *insns, size_t n)
{
	static const char name[BPF_OBJ_NAME_LEN] = "rundlet_devices";
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uintptr_t) "Apache-2.0";
	memcpy(attr.prog_name, name, sizeof(name));
	return (int)bpf(BPF_PROG_LOAD, &attr); /* close-on-exec from birth */
}

int device_filter_attach(const struct bpf_insn *insns, size_t n, int cgroup_fd)
{
	rl_autoclose int fd = load(insns, n);
	union bpf_attr attr;

	if (fd < 0)
		return fd;
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	/* Others may narrow it further, here (systemd) and below (a nested container); none can
	 * widen it. */
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return (int)bpf(BPF_PROG_ATTACH, &attr);
}
