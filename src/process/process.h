/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process of a container and its namespaces: its part of the plan, and the functions that make
 * it. The first part is freestanding: used by both sides.
 */
#ifndef RL_PROCESS_PROCESS_H
#define RL_PROCESS_PROCESS_H

#include "base/flat.h"
#include "os/guest.h"
#include "process/mempolicy.h"
#include "process/scheduling.h"

/* A namespace that is joined by path. */
FLAT_NO_PADDING
struct namespace_join {
	flat_str where; /* "linux.namespaces[2].path" */
	flat_str path;  /* absolute, in the caller's mount namespace */
	uint32_t flag;  /* CLONE_NEW... */
	int32_t fd;     /* filled by namespaces_open() */
};
FLAT_NO_PADDING_END

FLAT_NO_PADDING
struct sysctl_entry {
	uint32_t flag;  /* CLONE_NEW... of the namespace it belongs to */
	flat_str where; /* "linux.sysctl[\"net.ipv4.ip_forward\"]" */
	flat_str path;  /* below /proc/sys: "net/ipv4/ip_forward" */
	flat_str value;
};
FLAT_NO_PADDING_END

/* A network device that is moved into the container. */
FLAT_NO_PADDING
struct netdev_entry {
	flat_str where;  /* "linux.netDevices[\"eth0\"]" */
	flat_str device; /* in the caller's network namespace */
	flat_str name;   /* in the container's; may be a template like eth%d; 0: as it is */
};
FLAT_NO_PADDING_END

struct namespaces_plan {
	uint32_t make;   /* CLONE_NEW... flags of new namespaces, all eight kinds */
	uint32_t bridge; /* the first process hands over before the set-up (bridge-guest.c) */
	struct flat_list joins; /* struct namespace_join, in the order of namespaces.def */
	flat_str uid_map;       /* text for /proc/PID/uid_map; 0: none */
	flat_str gid_map;
	flat_str uid_tool;      /* path of newuidmap(1), which writes uid_map; 0: rundlet does */
	flat_str gid_tool;      /* the same for newgidmap(1) */
	uint8_t without_rights; /* the caller's rights begin in the new user namespace */
	uint8_t deny_groups;    /* setgroups(2) is given up, to write gid_map without privilege */
	uint8_t keep_groups;    /* the caller's supplementary groups stay */
	uint32_t root_uid, root_gid; /* ids in the user namespace for the set-up: 0 where mapped */
	flat_str time_offsets;       /* text for /proc/PID/timens_offsets; 0: none */
	flat_str hostname;
	flat_str domainname;
	struct flat_list sysctls; /* struct sysctl_entry */
	struct flat_list netdevs; /* struct netdev_entry */
};

FLAT_NO_PADDING
struct rlimit_entry {
	flat_str where; /* "process.rlimits[0]" */
	flat_str name;  /* RLIMIT_NOFILE */
	uint32_t resource;
	uint32_t unused;
	uint64_t soft, hard;
};
FLAT_NO_PADDING_END

struct process_plan {
	uint32_t uid, gid;
	uint32_t umask;
	struct flat_list groups; /* uint32_t */
	uint8_t set_groups;      /* setgroups(2) is to be called */
	uint8_t has_oom_score_adj;
	int32_t oom_score_adj;
	uint64_t default_signals; /* which the caller is known not to ignore: bit number - 1 */
	uint8_t check_as_user; /* whether the user may execute the program is known before start */
	flat_str cwd;
	struct flat_list args;    /* flat_str, at least one */
	struct flat_list env;     /* flat_str "NAME=value" */
	flat_str path_value;      /* the value of PATH in env, or a default */
	struct flat_list rlimits; /* struct rlimit_entry */
	uint32_t preserve_fds;    /* descriptors 3 .. 3+N-1 stay open */
	uint8_t say_listen_pid;   /* sockets are announced, and to the process with its pid */
	uint8_t find_home;        /* HOME is not in env: see home_find() */
	flat_str domain;          /* LINUX32; 0: the caller's execution domain stays */
	uint32_t personality;     /* for personality(2) */
	struct mempolicy_plan memory;
	struct scheduling_plan scheduling;
};

/* Steps of the container side, in the order of steps.def. */

/*
 * Join the namespaces whose flag is in `which`. With the user namespace among them the others are
 * joined before it where our privileges allow it, else after it. Several calls may share the work:
 * each joins its own kinds and leaves the others as they are.
 */
int namespaces_join(struct guest *g, const struct namespaces_plan *p, uint32_t which);
/* For a process that HOST has no rights over; through g->proc_fd. */
int oom_set(struct guest *g, const struct process_plan *p);
int loopback_up(struct guest *g, const struct namespaces_plan *p);
int uts_set(struct guest *g, const struct namespaces_plan *p);
int sysctl_write(struct guest *g, const struct namespaces_plan *p); /* through g->proc_fd */
/* Enter the working directory, which is made if it is missing. May leave it to cwd_again(). */
int cwd_enter(struct guest *g, const struct process_plan *p);
/*
 * PATH look-up of args[0], from the working directory. Keeps the result for exec_run(). Where
 * cwd_enter() left the directory to cwd_again(), what is relative to it is not found.
 */
int exec_find(struct guest *g, const struct process_plan *p);
/* Find HOME, if the environment has none, in /etc/passwd of the root that we have. */
void home_find(const struct process_plan *p);
/* "HOME=..." for the environment, after that. */
char *home_entry(void);
/* In a user namespace, as long as there is a g->proc_fd: whether it lets groups be changed. */
void user_look(const struct guest *g);
/* Lower the limits to what is planned; rlimits_raise() has run. */
int rlimits_set(struct guest *g, const struct process_plan *p);
int personality_set(struct guest *g, const struct process_plan *p);
/* umask, owner of the standard pipes, groups, gid, uid; then cwd_again(). */
int user_set(struct guest *g, const struct process_plan *p);
/* Enter the working directory as the user, if only the user may. Called by user_set(). */
int cwd_again(struct guest *g, const struct process_plan *p);
/*
 * Do all that execve(2) does not: descriptors, argument lists. A step of its own, because
 * after filter_load() execve(2) has to be the only system call.
 */
int exec_prepare(struct guest *g, const struct process_plan *p);
/* All signals at their default, none blocked: once, it stays so for hooks and the program. */
long exec_signals_reset(const struct process_plan *p);
int exec_run(struct guest *g, const struct process_plan *p); /* returns only on failure */

#if __STDC_HOSTED__
#include "base/report.h"
#include "process/subid.h"

#include <stdbool.h>
#include <sys/types.h>

struct oci_config;
struct oci_linux;
struct oci_map;
struct oci_personality;
struct oci_process;

struct process_facts {
	uint32_t preserve_fds;    /* all, with the next */
	uint32_t listen_fds;      /* sockets for sd_listen_fds(3) */
	const char *listen_names; /* LISTEN_FDNAMES; NULL: none */
	uint64_t default_signals; /* see struct process_plan */
	bool joins;               /* it is to join a container that exists: exec */
	bool keep_groups;         /* see struct namespaces_plan */
	bool deny_groups;
};

/* Who the caller is to a new user namespace. */
struct idmap_facts {
	bool unprivileged;  /* no CAP_SETUID and CAP_SETGID over the caller's */
	bool needed;        /* one: the caller has no rights to make other namespaces without */
	uint32_t uid, gid;  /* the effective ones */
	char newuidmap[64]; /* paths of the programs; "": not installed */
	char newgidmap[64];
	struct subid uids, gids; /* what he may map beside these; looked for when needed */
};

/* Plan the namespaces, their maps, names and sysctls. Pure. */
int namespaces_plan(const struct oci_config *c, struct flat *f, struct namespaces_plan *ret,
		    struct rl_err *e);
/* Plan a process. Pure. */
int process_plan(const struct oci_config *c, const struct oci_process *proc,
		 const struct process_facts *facts, struct flat *f, struct process_plan *ret,
		 struct rl_err *e);

/* The kinds of namespaces, as they stand in namespaces.def; behind the last one word is NULL. */
struct namespace_kind {
	const char *word; /* in config.json */
	uint32_t flag;    /* CLONE_NEW... */
	const char *file; /* in /proc/PID/ns */
};
extern const struct namespace_kind namespaces_kinds[];

/* The word in config.json for one CLONE_NEW... flag. */
const char *namespaces_word(uint32_t flag);

/*
 * Plan who writes the id maps that namespaces_plan() has planned. Refuses what nobody can write.
 * Pure.
 */
int idmap_writers_plan(const struct oci_config *c, const struct idmap_facts *facts, struct flat *f,
		       struct namespaces_plan *p, struct rl_err *e);

/* Parts of namespaces_plan(). Pure. */

/* The sysctls; `own` has the CLONE_NEW... flags of the namespaces that are not the host's. */
int sysctl_plan(const struct oci_map *sysctl, uint32_t own, struct flat *f, struct flat_list *ret,
		struct rl_err *e);
/* The network devices; `own` as above. */
int netdev_plan(const struct oci_linux *linux_, uint32_t own, struct flat *f, struct flat_list *ret,
		struct rl_err *e);

/*
 * Part of process_plan(): the environment, in which of several entries for one name the last is
 * kept; the sockets that are passed on; the value of PATH in it, and whether it lacks HOME. Pure.
 */
int env_plan(char *const *env, size_t n, const struct process_facts *facts, struct flat *f,
	     struct process_plan *p, struct rl_err *e);
/* Refuse more strings than `max`, or one that execve(2) does not take. `where` is the list. */
int env_check(char *const *strings, size_t n, size_t max, const char *where, struct rl_err *e);
/* Part of process_plan(): the limits. Pure. */
int rlimits_plan(const struct oci_process *proc, struct flat *f, struct flat_list *ret,
		 struct rl_err *e);
/* Part of process_plan(): the execution domain. Pure. */
int personality_plan(const struct oci_personality *o, struct flat *f, struct process_plan *p,
		     struct rl_err *e);
/* One limit for people, RLIMIT_INFINITY as "unlimited". Returns buf. */
const char *rlimits_text(uint64_t value, char *buf, size_t size);

/* Print their members into the open object. */
void namespaces_report(struct report *r, const void *base, const struct namespaces_plan *p);
void process_report(struct report *r, const void *base, const struct process_plan *p);

/*
 * Open and check the namespaces that are joined; fills fd (close-on-exec). Refuses those of rundlet
 * itself and of process 1 where the container would change them, and with them the host: by a
 * hostname, a sysctl, a network device, or the mounts of its root.
 */
int namespaces_open(void *base, struct namespaces_plan *p, struct rl_err *e);
void namespaces_close(void *base, struct namespaces_plan *p);

/* Find newuidmap(1) and newgidmap(1): never by PATH, which is the caller's. */
void idmap_find_tools(struct idmap_facts *ret);

/* Have the id maps of a child in a new user namespace written. */
int idmap_write(const void *base, const struct namespaces_plan *p, pid_t pid, struct rl_err *e);

/* The user id of the caller's user namespace for an id in that of a process. */
int idmap_outside(pid_t pid, uint32_t id, uint32_t *ret, struct rl_err *e);

/*
 * Raise the hard limits of a child that are too low, from the host's side, where we may have the
 * privilege; rlimits_set() does the rest when no hook is to come.
 */
int rlimits_raise(const void *base, const struct process_plan *p, pid_t pid, struct rl_err *e);
int oom_apply(const void *base, const struct process_plan *p, pid_t pid, struct rl_err *e);
#endif
#endif
