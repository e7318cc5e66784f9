/* SPDX-License-Identifier: Apache-2.0 */
/* What a process may ask its security module for, for itself. Freestanding. */
#ifndef RL_OS_LSMATTR_H
#define RL_OS_LSMATTR_H

/* What lsm_set_self_attr(2) takes at most, with its head, on every architecture. */
#define LSMATTR_SIZE 4096
#define LSMATTR_HEAD 32
/* The longest text that can be given. */
#define LSMATTR_TEXT (LSMATTR_SIZE - LSMATTR_HEAD - 1)

enum lsmattr {
	LSMATTR_APPARMOR_EXEC,     /* "exec PROFILE" or "stack PROFILE": from the next execve on */
	LSMATTR_SELINUX_EXEC,      /* a label: from the next execve on */
	LSMATTR_SELINUX_KEYCREATE, /* a label: of keys and keyrings that are made; "": as before */
};

/*
 * Ask for it. proc_fd: a trusted procfs, for kernels without the call; nothing that the container
 * can have mounted over /proc is in its way (CVE-2019-16884, CVE-2025-52881). Returns 0 or a
 * negative errno.
 */
long lsmattr_set(int proc_fd, enum lsmattr attr, const char *text);

#endif
