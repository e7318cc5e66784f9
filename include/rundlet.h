/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librundlet: the operations of the rundlet command, for programs. Link with `pkg-config --libs
 * rundlet`.
 *
 * Every function returns 0, or a negative errno with *e filled (e may be NULL). A create that fails
 * leaves no container, process, cgroup, mount or state behind; mount points and device nodes that
 * it made in a writable root file system stay. Errors are not printed; a warning, such as that of a
 * capability that is not known, is a line on standard error, as of the command.
 * Strings that are given are borrowed for the time of the call. `root` is the absolute path of the
 * state root: /run/rundlet for the command when root runs it.
 *
 * Not for programs with several threads: create, run, exec and mounts clone the calling process.
 */
#ifndef RUNDLET_H
#define RUNDLET_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rundlet_error {
	int code;          /* errno value, positive; 0: no error */
	int line, column;  /* in the configuration or resources, from 1; 0: not there */
	char step[32];     /* name of the step that failed, or empty */
	char message[640]; /* one line, complete; control characters are escaped */
	char hint[240];    /* what can be done, or empty */
};

enum rundlet_flags {
	RUNDLET_NO_PIVOT = 1 << 0,       /* create, run, plan: no pivot_root(2) */
	RUNDLET_KEEP = 1 << 1,           /* run: do not delete at the end */
	RUNDLET_DETACH = 1 << 2,         /* run, exec: return when the program runs */
	RUNDLET_NO_CGROUP = 1 << 3,      /* create, run, plan: make no cgroup */
	RUNDLET_FORCE = 1 << 4,          /* delete: in any state, and unknown ids are fine */
	RUNDLET_ALL = 1 << 5,            /* kill: every process of the container */
	RUNDLET_JSON = 1 << 6,           /* plan: as JSON */
	RUNDLET_NO_NEW_KEYRING = 1 << 7, /* create, run, plan: keep the session keyring */
	RUNDLET_IGNORE_PAUSED = 1 << 8,  /* exec: also in a paused container */
};

/*
 * Zero what is not needed. Later versions add members at the end, and `size` says which the caller
 * knows: those that it does not know count as zero; those that the library does not know must be
 * zero, or the call is refused. So is a flag that the library does not know.
 */
struct rundlet_options {
	size_t size; /* sizeof(struct rundlet_options) */
	const char *root;
	const char *id;
	const char *bundle;   /* directory; NULL: "." */
	const char *config;   /* NULL: config.json in the bundle */
	const char *pid_file; /* NULL: none */
	unsigned int preserve_fds;
	unsigned int flags; /* enum rundlet_flags */
};

/* What exec is given; about `size`, see struct rundlet_options. */
struct rundlet_exec_options {
	size_t size; /* sizeof(struct rundlet_exec_options) */
	const char *root;
	const char *id;
	/* JSON, of the form of process in a configuration; NULL: as process of the container, but
	 * with these arguments, behind the last of which is NULL. */
	const char *process;
	char *const *args;
	const char *pid_file; /* NULL: none */
	unsigned int preserve_fds;
	unsigned int flags; /* enum rundlet_flags */
};

struct rundlet_state {
	char *id;
	char *bundle;
	char *rootfs;
	char *created;      /* RFC 3339, UTC */
	const char *status; /* creating, created, running, paused, stopped */
	pid_t pid;          /* 0: stopped */
};

/* Make a container; its program waits for rundlet_start(). */
int rundlet_create(const struct rundlet_options *o, struct rundlet_error *e);

/* Make and start one. Without RUNDLET_DETACH: wait, delete, and give the exit status, 128+N for a
 * signal. */
int rundlet_run(const struct rundlet_options *o, int *ret_status, struct rundlet_error *e);

/*
 * Run another process in a container that is created or running. Without RUNDLET_DETACH: wait, and
 * give the exit status, 128+N for a signal. A line and column of the error are of o->process.
 */
int rundlet_exec(const struct rundlet_exec_options *o, int *ret_status, struct rundlet_error *e);

/* Write what create would do. Changes nothing. */
int rundlet_plan(const struct rundlet_options *o, FILE *out, struct rundlet_error *e);

int rundlet_start(const char *root, const char *id, struct rundlet_error *e);
int rundlet_kill(const char *root, const char *id, int signal, unsigned int flags,
		 struct rundlet_error *e);

/*
 * Change limits of a container that is created, running or paused: all that the text asks for, or
 * nothing. It is JSON, of the form of linux.resources in a configuration; what is absent stays. A
 * line and column of the error are of this text.
 */
int rundlet_update(const char *root, const char *id, const char *resources,
		   struct rundlet_error *e);

/*
 * Mount in a container that is created, running or paused, all or nothing; or unmount what is at
 * the destinations. The text is JSON: an array, of the form of mounts in a configuration. A line
 * and column of the error are of this text.
 */
int rundlet_mounts_add(const char *root, const char *id, const char *mounts,
		       struct rundlet_error *e);
int rundlet_mounts_remove(const char *root, const char *id, const char *mounts,
			  struct rundlet_error *e);

int rundlet_delete(const char *root, const char *id, unsigned int flags, struct rundlet_error *e);

/* Freeze all processes of a container, and let them go on. While rundlet_pause() waits, SIGHUP,
 * SIGINT, SIGQUIT and SIGTERM are put off: when one comes, it takes back what it did, and returns.
 */
int rundlet_pause(const char *root, const char *id, struct rundlet_error *e);
int rundlet_resume(const char *root, const char *id, struct rundlet_error *e);

/* The pids of a container's processes, sorted: *ret is freed by free(). None: it has stopped. */
int rundlet_pids(const char *root, const char *id, pid_t **ret, size_t *ret_n,
		 struct rundlet_error *e);

/* *ret is freed by rundlet_state_done(). */
int rundlet_state_get(const char *root, const char *id, struct rundlet_state *ret,
		      struct rundlet_error *e);
void rundlet_state_done(struct rundlet_state *s);

/*
 * Write what a container uses, as one line of JSON: the form of `runc events --stats`. It is an
 * error if the container does not run or has no cgroup.
 */
int rundlet_stats(const char *root, const char *id, FILE *out, struct rundlet_error *e);

/* Of the build: "0.1.0-dev". */
const char *rundlet_version(void);

#ifdef __cplusplus
}
#endif
#endif
