/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The privileges of the payload: its part of the plan, and the functions that take them away.
 * The first part is freestanding: used by both sides.
 */
#ifndef RL_SECURITY_SECURITY_H
#define RL_SECURITY_SECURITY_H

#include "base/flat.h"
#include "os/guest.h"

/* The five capability sets as bit masks: bit N is the capability with number N. */
struct caps_plan {
	uint64_t bounding;
	uint64_t effective;
	uint64_t permitted;
	uint64_t inheritable;
	uint64_t ambient;
};

struct filter_plan {
	struct flat_blob program; /* struct sock_filter[]; len 0: no filter */
	uint32_t flags;           /* SECCOMP_FILTER_FLAG_... */
	uint32_t listens;         /* it notifies: loading it makes a listener */
};

/* What the security modules of the host are told; 0: nothing. */
struct label_plan {
	flat_str apparmor; /* "exec PROFILE", or "stack PROFILE": besides the caller's */
	flat_str selinux;  /* of the process and of its keyring */
};

#define LANDLOCK_NO_WORD UINT32_MAX

/* What is allowed at a place, of what is handled. */
FLAT_NO_PADDING
struct landlock_rule {
	flat_str path; /* 0: a port */
	uint32_t port;
	uint32_t word; /* row of landlock.def; LANDLOCK_NO_WORD: nobody asked for it */
	uint32_t rights;
};
FLAT_NO_PADDING_END

struct landlock_plan {
	uint32_t paths, ports;  /* rights that are handled; both 0: no sandbox */
	struct flat_list rules; /* struct landlock_rule */
};

struct security_plan {
	struct caps_plan caps;
	uint8_t no_new_privs;
	uint8_t last_cap; /* of this kernel */
	struct filter_plan filter;
	struct label_plan label;
	struct landlock_plan landlock;
};

/*
 * Steps of the container side, in this order with the steps of the process's user between the
 * first two (security.md, R22).
 */

/*
 * Clear the ambient set, set the inheritable one, drop what is not in the bounding set, and keep
 * the permitted set over the change of the user. The inheritable set comes first because the
 * kernel lets nothing be added to it that the bounding set lacks.
 */
int caps_bound(struct guest *g, const struct security_plan *p);

/*
 * After it: keep those capabilities alone that the process is to have, or that the steps to come
 * need. Whoever may trace us in a pid namespace that we enter takes what we have then.
 */
int caps_lower(struct guest *g, const struct security_plan *p);

/* Set the other sets. CAP_SYS_ADMIN stays effective when a filter or a sandbox without no_new_privs
 * follows; execve(2) computes the payload's sets without it. */
int caps_set(struct guest *g, const struct security_plan *p);
/* Give up the caller's session keyring for a new one, with the label of the process. */
int keyring_join(struct guest *g, const struct security_plan *p);
/* Ask for the profile or the label of the process: it has them from execve(2) on. */
int label_set(struct guest *g, const struct security_plan *p);
int nnp_set(struct guest *g, const struct security_plan *p);
/* Enter the sandbox of Landlock. */
int landlock_enter(struct guest *g, const struct security_plan *p);
/* From here on every system call, the ones of the stub too, is judged by the payload's filter. A
 * listener's descriptor, close-on-exec, if it has one; else 0. */
int filter_load(struct guest *g, const struct security_plan *p);
/* The same for another program than the payload, which ends with us: no agent hears of it, and what
 * one would answer fails with ENOSYS. base: of the plan. 0 or a negative errno. */
long filter_load_unheard(const void *base, const struct security_plan *p);

#if __STDC_HOSTED__
#include "base/report.h"

#include <stdbool.h>

struct oci_capabilities;
struct oci_config;
struct oci_process;
struct oci_seccomp;

struct security_facts {
	int last_cap;      /* /proc/sys/kernel/cap_last_cap */
	uint64_t bounding; /* of the calling process: what can be given at all */
	bool selinux;      /* the host has it */
	bool apparmor;     /* the same */
	bool confined;     /* by a profile of AppArmor is who calls us */
	int landlock_abi;  /* 0: the host has it not */
	uint32_t no_flags; /* SECCOMP_FILTER_FLAG_... that the kernel lacks; asked for a filter */
};

/* Plan the privileges of a process. Pure (a filter is compiled in memory). */
int security_plan(const struct oci_config *c, const struct oci_process *proc,
		  const struct security_facts *facts, struct flat *f, struct security_plan *ret,
		  struct rl_err *e);

/*
 * Plan the capability sets. c: NULL gives five empty sets. A capability that is unknown or not in
 * `grantable`, or in `withheld`, is left out with a warning, as the specification wants: it is no
 * error. withheld: what would lead out of the root in a mount namespace that is joined.
 */
void caps_plan(const struct oci_capabilities *c, uint64_t grantable, uint64_t withheld,
	       struct caps_plan *ret);

/* The number of a capability by its name in config.json, or -1. */
int caps_number(const char *name);

/* The name of a capability, "CAP_CHOWN", or NULL behind the last one. */
const char *caps_name(int cap);

/* Compile a filter into the plan. s is not NULL. strict: names of system calls that are not known
 * here are refused. */
int filter_plan(const struct oci_seccomp *s, bool strict, struct flat *f, struct filter_plan *ret,
		struct rl_err *e);

/* The same for a program that is compiled already: base64 in the member `where`. s gives its flags;
 * NULL: those of a filter that says nothing of them. */
int filter_plan_data(const char *data, const char *where, const struct oci_seccomp *s,
		     struct flat *f, struct filter_plan *ret, struct rl_err *e);

/* Plan the profile and the label of a process. */
int label_plan(const struct oci_process *proc, const struct security_facts *facts, struct flat *f,
	       struct label_plan *ret, struct rl_err *e);

/* Plan the sandbox that an annotation asks for; and whether one does. */
int landlock_plan(const struct oci_config *c, const struct security_facts *facts, struct flat *f,
		  struct landlock_plan *ret, struct rl_err *e);
bool landlock_is_wanted(const struct oci_config *c);
/* The word of a rule. */
const char *landlock_word(uint32_t word);

/* Print the members "capabilities", "noNewPrivileges", "seccomp" and those of labels into the open
 * object. */
void security_report(struct report *r, const void *base, const struct security_plan *p);
#endif
#endif
