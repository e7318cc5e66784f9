/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations on containers: what the commands (src/cli) and librundlet call.
 *
 * Every function returns 0 or a negative errno with *e filled, prints nothing, and leaves the host
 * as it was when it fails. Strings are borrowed for the time of the call.
 */
#ifndef RL_CONTAINER_CONTAINER_H
#define RL_CONTAINER_CONTAINER_H

#include "base/err.h"
#include "base/report.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct cgroup_wish;
struct oci_doc;
struct oci_resources;

/* Which cgroup manager was asked for. */
enum container_cgroups {
	CONTAINER_CGROUPS_CGROUPFS,
	CONTAINER_CGROUPS_SYSTEMD,
	CONTAINER_CGROUPS_DISABLED,
};

/* What a caller without root's rights gets; the order of --rootless in src/cli. */
enum container_rootless {
	CONTAINER_ROOTLESS_AUTO, /* a user namespace and no cgroup, where he needs it so */
	CONTAINER_ROOTLESS_TRUE, /* and no cgroup for root, where he may make none */
	CONTAINER_ROOTLESS_FALSE,
};

/* What create, run and plan are given. */
struct container_options {
	const char *root; /* state root; absolute */
	const char *id;
	const char *bundle;         /* directory; NULL: "." */
	const char *config;         /* file, relative to the bundle; NULL: config.json */
	const char *pid_file;       /* NULL: none */
	const char *console_socket; /* NULL: none */
	const char *pidfd_socket;   /* gets a pidfd of the process; NULL: none */
	unsigned int listen_fds;    /* sockets 3 .. 3+N-1 go to the payload, by sd_listen_fds(3) */
	const char *listen_names;   /* LISTEN_FDNAMES; NULL: none */
	unsigned int preserve_fds;  /* so many descriptors behind these go to the payload */
	enum container_cgroups cgroups;
	enum container_rootless rootless;
	/* Where the user's systemd is: the environment's DBUS_SESSION_BUS_ADDRESS and
	 * XDG_RUNTIME_DIR; NULL: not said. */
	const char *session_bus, *runtime_dir;
	const char *notify_socket; /* NOTIFY_SOCKET, by sd_notify(3); NULL: nobody is told */
	bool no_pivot;
	bool no_new_keyring;
	bool keep;   /* run: do not delete at the end */
	FILE *trace; /* NULL: none; else the timed steps are written to it */
};

/* create: leaves a process that waits for start. */
int container_create(const struct container_options *o, struct rl_err *e);

/* run: create and start. detach: return then; else wait, delete, and give the exit status. */
int container_run(const struct container_options *o, bool detach, int *ret_status,
		  struct rl_err *e);

/* plan: print what create would do. Changes nothing; needs no privilege. */
int container_plan(const struct container_options *o, FILE *out, enum report_format format,
		   struct rl_err *e);

/*
 * start: notify_socket (NULL: none) as at create; then it returns when the container is ready. It
 * and delete wait a few seconds for another command on the container, and no longer: -EBUSY.
 */
int container_start(const char *root, const char *id, const char *notify_socket, struct rl_err *e);
int container_kill(const char *root, const char *id, int signal, bool all, struct rl_err *e);
int container_delete(const char *root, const char *id, bool force, struct rl_err *e);

/*
 * pause freezes every process of a container that runs or waits for start; resume lets them go on.
 * A pause that fails, or is ended by a signal, leaves nothing frozen. Both wait a few seconds for
 * another command on the container, and no longer: -EBUSY.
 */
int container_pause(const char *root, const char *id, struct rl_err *e);
int container_resume(const char *root, const char *id, struct rl_err *e);

/* ps: the pids of its processes, sorted; *ret is freed by the caller. None: it has stopped. */
int container_pids(const char *root, const char *id, pid_t **ret, size_t *ret_n, struct rl_err *e);

/* What exec is given. What is NULL, 0 or false is as `process` has it. */
struct container_exec {
	const char *root; /* state root; absolute */
	const char *id;
	/* What is run: the document's root is a struct oci_config that has process only; NULL: as
	 * process of the container's configuration. */
	const struct oci_doc *process;
	/* On top of that: */
	char *const *args;
	size_t n_args;
	char *const *env; /* added: the last one of a name counts */
	size_t n_env;
	char *const *caps; /* added to the bounding, effective and permitted set */
	size_t n_caps;
	const uint32_t *gids; /* added */
	size_t n_gids;
	bool has_uid, has_gid;
	uint32_t uid, gid;
	const char *cwd;
	const char *process_label;
	const char *apparmor;
	bool tty;
	bool no_new_privs;
	/* And around it: */
	const struct cgroup_wish *cgroups; /* see cgroup/cgroup.h */
	size_t n_cgroups;
	const char *console_socket;
	const char *pidfd_socket; /* gets a descriptor of the process */
	const char *pid_file;
	unsigned int preserve_fds;
	bool ignore_paused; /* also in a paused container: it runs after resume */
	FILE *trace;
};

/*
 * exec: run another process in a container that is created, running or paused. detach: return when
 * the program runs; else wait for it and give the exit status. A failure leaves no process and no
 * pid file.
 */
int container_exec(const struct container_exec *x, bool detach, int *ret_status, struct rl_err *e);

/* What update changes: all that is present. */
struct container_update {
	const struct oci_resources *resources;
	/* The document that the resources are from, to tell line and column of a mistake; or NULL.
	 */
	const struct oci_doc *doc;
	const char *l3_cache_schema; /* of the container's group in resctrl(5); NULL: stays */
	const char *mem_bw_schema;   /* the same */
};

/*
 * Change the limits of a container that is created, running or paused: all that is asked for, or
 * nothing. The configuration as it was at create is kept as it is. Errors name members of the
 * resources.
 */
int container_update(const char *root, const char *id, const struct container_update *u,
		     struct rl_err *e);

/*
 * Mount what the document lists (its root is a struct oci_config that has mounts only) in a
 * container that is created, running or paused: all or nothing. Or unmount what is mounted at the
 * destinations, newest first. The configuration as it was at create is kept as it is. Errors name
 * members of the list.
 */
int container_mounts_add(const char *root, const char *id, const struct oci_doc *mounts,
			 struct rl_err *e);
int container_mounts_remove(const char *root, const char *id, const struct oci_doc *mounts,
			    struct rl_err *e);

/* What state and list tell. Owned by the caller; free with container_info_done(). */
struct container_info {
	char *oci_version;
	char *id;
	pid_t pid;          /* 0: stopped */
	const char *status; /* creating, created, running, paused, stopped: the spec's words */
	char *bundle;
	char *rootfs;
	char *created; /* RFC 3339, UTC */
	uid_t owner;
	size_t n_annotations;
	char **annotation_keys;
	char **annotation_values;
};

int container_state(const char *root, const char *id, struct container_info *ret, struct rl_err *e);
void container_info_done(struct container_info *i);

/*
 * All containers below root, sorted by id: *ret is an array of *ret_n, freed by
 * container_list_done(). A root that does not exist has none. A container whose record cannot be
 * read is left out with a warning.
 */
int container_list(const char *root, struct container_info **ret, size_t *ret_n, struct rl_err *e);
void container_list_done(struct container_info *list, size_t n);

/* The ids alone, sorted, also of what has no readable record; freed by container_ids_done(). */
int container_ids(const char *root, char ***ret, size_t *ret_n, struct rl_err *e);
void container_ids_done(char **ids, size_t n);

/*
 * What a container uses, as one line of JSON in the form of runc's `events --stats`; see
 * cgroup/stats.h. A container that does not run (created and paused will do) or has no cgroup is an
 * error. -EPIPE: nobody reads.
 */
int container_stats(const char *root, const char *id, FILE *out, struct rl_err *e);

/*
 * Such a line after each interval, and a line of the type "oom" when the OOM killer has ended a
 * process of the container, each flushed, until the container stops. interval_ns: at least 1.
 */
int container_events(const char *root, const char *id, uint64_t interval_ns, FILE *out,
		     struct rl_err *e);

/* The name, position (from 1) and number of steps, for error messages. NULL: no such step. */
const char *container_step_name(int step, int *ret_index, int *ret_count);

#endif
