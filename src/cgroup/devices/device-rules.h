/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which devices a container may use: an ordered list of rules, and its two forms in the kernel, the
 * list of exceptions of cgroup v1 and the filter program of v2. Inside src/cgroup only. Pure, but
 * for device-filter-host.c, which is at the end.
 *
 * Meaning of the list: each of read, write and mknod is decided by the last rule that matches the
 * device and names it; what no rule names is denied.
 */
#ifndef RL_CGROUP_DEVICE_RULES_H
#define RL_CGROUP_DEVICE_RULES_H

#include "base/err.h"
#include "base/flat.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

struct oci_config;
struct oci_resources;

#define DEVICE_ANY (-1) /* as major or minor */

/* The bits of access are the kernel's, of v2. */
#define DEVICE_MKNOD ((unsigned int)BPF_DEVCG_ACC_MKNOD)
#define DEVICE_READ  ((unsigned int)BPF_DEVCG_ACC_READ)
#define DEVICE_WRITE ((unsigned int)BPF_DEVCG_ACC_WRITE)
#define DEVICE_ALL   (DEVICE_MKNOD | DEVICE_READ | DEVICE_WRITE)

#define DEVICE_TEXT_MAX 64

struct device_rule {
	bool allow;
	char type;           /* 'a': both, 'c', 'b' */
	int major, minor;    /* or DEVICE_ANY */
	unsigned int access; /* DEVICE_... */
	const char *key;     /* list in config.json that asked for it; NULL: a default */
	size_t index;        /* in that list */
};

struct device_rules {
	struct device_rule *rules; /* owned */
	size_t n, cap;
	bool asked; /* the configuration has rules of its own */
};

/*
 * The rules of a container: defaults, the nodes of linux.devices, and the list in `resources`
 * (NULL: none). device_rules_done() in any case.
 */
int device_rules_make(const struct oci_config *c, const struct oci_resources *resources,
		      struct device_rules *ret, struct rl_err *e);
void device_rules_done(struct device_rules *l);

/* The same as a list of struct cgroup_rule, first to last; for v1 as device_list_make() has it: a
 * rule for everything, and exceptions from that. *ret is in f. */
int device_rules_list(const struct oci_config *c, const struct oci_resources *resources, bool v2,
		      struct flat *f, struct flat_list *ret, struct rl_err *e);

/* Add a rule at the end; of *r a copy is kept. 0 or -ENOMEM. */
int device_rules_add(struct device_rules *l, const struct device_rule *r);

/* Whether the access (at least one bit) is allowed, straight from the meaning above. */
bool device_rules_verdict(const struct device_rules *l, char type, int major, int minor,
			  unsigned int access);

/* "c 1:3 rwm", as v1 wants it. buf has DEVICE_TEXT_MAX bytes. */
void device_rules_text(const struct device_rule *r, char *buf);

/* "linux.resources.devices[3]", or NULL for a default. */
const char *device_rules_where(const struct device_rule *r, char *buf, size_t size);

/*
 * The form of v1: "all" is allowed or denied, and then exceptions. *ret holds the exceptions
 * (allow: what is allowed though all is denied), each of type b or c.
 * There are lists that v1 cannot express: one device out of a range that was allowed. They are
 * refused.
 */
int device_list_make(const struct device_rules *l, bool *ret_allow_all, struct device_rules *ret,
		     struct rl_err *e);

/* The form of v2: a program of type BPF_PROG_TYPE_CGROUP_DEVICE. *ret is allocated. 0 or -ENOMEM.
 */
int device_filter_make(const struct device_rules *l, struct bpf_insn **ret, size_t *ret_n);

/*
 * device-filter-host.c: load such a program and attach it to a cgroup of v2 that has none of ours.
 * Returns 0 or a negative errno; -EPERM: in the initial user namespace we have neither
 * CAP_SYS_ADMIN nor CAP_BPF and CAP_NET_ADMIN.
 */
int device_filter_attach(const struct bpf_insn *insns, size_t n, int cgroup_fd);

/*
 * The same for a cgroup that exists: put the program in the place of ours, so that each access is
 * judged by the one or by the other and never by none or both. Programs of others stay. Where there
 * is none of ours it is attached. *ret_old is a descriptor of the replaced program, or -EBADF.
 */
int device_filter_replace(const struct bpf_insn *insns, size_t n, int cgroup_fd, int *ret_old);

/* Take device_filter_replace() back: the old program again, or none if old_fd < 0. */
int device_filter_restore(int old_fd, int cgroup_fd);

#endif
