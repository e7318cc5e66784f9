/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup of a container: its part of the plan, and the functions that make, limit, enter,
 * update, freeze, kill and remove it. The first part is freestanding: used by both sides. What it
 * uses is in stats.h, its share of cache and memory bandwidth in rdt.h.
 */
#ifndef RL_CGROUP_CGROUP_H
#define RL_CGROUP_CGROUP_H

#include "base/flat.h"
#include "os/guest.h"

/* A directory of the container in one hierarchy. */
FLAT_NO_PADDING
struct cgroup_dir {
	flat_str mount; /* mount point of the hierarchy: /sys/fs/cgroup/memory */
	flat_str path;  /* from the mount point: /machine/web */
	flat_str below; /* exec: from there, the cgroup that is entered: "sub/x"; 0: it itself */
	uint8_t v2;
	uint8_t join;            /* the payload enters it */
	uint8_t by_write;        /* v2: through enter_fd, not by CLONE_INTO_CGROUP */
	uint8_t cpuset, freezer; /* v1: has that controller */
	uint8_t by_systemd;      /* systemd makes and removes the container's directory here */
	uint8_t unused[2];
	/* v2: for cgroup.subtree_control of the parents: */
	flat_str enable;     /* what limits need: "+memory +pids" */
	flat_str enable_too; /* the rest of what the host has, as far as it can be */
	/* Filled by the host side when the plan is run: */
	int32_t made;   /* how many of the path's directories we made, from its end; -1: not run */
	int32_t dir_fd; /* v2: O_PATH, for CLONE_INTO_CGROUP; else -1 */
	int32_t enter_fd; /* v1: `tasks`; v2, not born in it: `cgroup.procs`; open for writing "0";
			     or -1 */
};
FLAT_NO_PADDING_END

/* How a value is written, where a plain write is not all. */
enum cgroup_write_flag {
	CGROUP_WRITE_IF_THERE = 1, /* a file that does not exist is no error */
	/* The next write of the list is for the same limit in another file: it is done instead if
	 * this file does not exist, or is not for the device, and left out otherwise. */
	CGROUP_WRITE_OR_NEXT = 2,
	/* Refused, before anything is written, if more is in use already (checkBeforeUpdate). */
	CGROUP_WRITE_NOT_BELOW_USAGE = 4,
	/* Kernels take a limit here and forget it: refused, with -EOPNOTSUPP, if it does not hold.
	 */
	CGROUP_WRITE_READ_BACK = 8,
	/* Left to the end: while the container is made it could not go on with it; in an update the
	 * kernel may kill for it, and that cannot be taken back. */
	CGROUP_WRITE_LAST = 16,
};

/* One value to write, in order. */
FLAT_NO_PADDING
struct cgroup_write {
	uint32_t dir;   /* index in dirs */
	uint32_t flags; /* enum cgroup_write_flag */
	flat_str file;  /* memory.max */
	flat_str value;
	flat_str where; /* linux.resources.memory.limit */
};
FLAT_NO_PADDING_END

/* A rule of the device filter of v2, for people: "allow c 1:3 rwm". */
FLAT_NO_PADDING
struct cgroup_rule {
	flat_str text;
	flat_str where; /* linux.resources.devices[3]; 0: a default */
};
FLAT_NO_PADDING_END

/* A property of a unit of systemd: a struct systemd_property (os/systemd-bus.h). */
FLAT_NO_PADDING
struct cgroup_property {
	flat_str name;  /* MemoryMax */
	flat_str where; /* member of config.json that asked for it; 0: a default */
	uint32_t kind;  /* enum systemd_kind */
	uint32_t unused;
	uint64_t number;
	struct flat_blob data;
};
FLAT_NO_PADDING_END

/* The scope of the systemd manager. */
struct cgroup_unit {
	flat_str name;               /* libpod-web.scope; 0: another manager */
	flat_str slice;              /* machine.slice */
	flat_str bus;                /* D-Bus address of systemd's manager */
	struct flat_list properties; /* struct cgroup_property */
	/* Filled by the host side: the process that keeps the scope until the container's is in
	 * it, as a pidfd, or -1. */
	int32_t holder_fd;
};

struct cgroup_plan {
	uint32_t manager;        /* enum cgroup_manager */
	flat_str path;           /* from the mount points: /machine/web; 0: no cgroup */
	flat_str where;          /* linux.cgroupsPath; 0: the path is a default */
	struct flat_list dirs;   /* struct cgroup_dir, one for each hierarchy of the host */
	struct flat_list writes; /* struct cgroup_write */
	/* Where devices are ruled by v2: */
	uint32_t filter_dir;     /* index in dirs */
	struct flat_blob filter; /* struct bpf_insn[]; len 0: none */
	struct flat_list rules;  /* struct cgroup_rule: what the filter does, first to last */
	struct cgroup_unit unit;
	/* v2: the user in the container who gets the directory: */
	uint8_t has_owner;
	uint8_t owner_mapped; /* by the container's user namespace */
	uint32_t owner;
};

enum cgroup_manager {
	CGROUP_MANAGER_CGROUPFS,
	CGROUP_MANAGER_SYSTEMD,
	CGROUP_MANAGER_DISABLED,
	CGROUP_MANAGERS
};

/*
 * Container side: enter the cgroups by writing "0" to each enter_fd (never a pid from outside:
 * that costs a full RCU grace period). The v2 one is entered by CLONE_INTO_CGROUP, and its enter_fd
 * is -1 then; but not where its limit of processes lets none be born in it (by_write), or where it
 * is frozen.
 */
int cgroup_enter(struct guest *g, const struct cgroup_plan *p);

#if __STDC_HOSTED__
#include "base/report.h"
#include "os/cgroupfs.h"

#include <stdbool.h>
#include <sys/types.h>

struct oci_config;
struct oci_resources;
struct cgroup_now;
struct device_update;

/* The manager of systemd that is asked for a unit. */
struct cgroup_systemd {
	bool user;               /* a user's; else the system's */
	char bus[512];           /* its D-Bus address */
	char control_group[512]; /* the cgroup of its root slice: "",
				    "/user.slice/.../user@1000.service" */
};

/* Permissions of the directories that are made. */
#define CGROUP_MODE 0755

/*
 * Marks a container's directory in the first hierarchy until its process is in it: mkdir(2) sets it
 * in the same moment, so of two containers that are given one path at once only one goes on.
 */
#define CGROUP_MARK_UNFINISHED 01000 /* S_ISVTX */

struct cgroup_facts {
	const char *id;
	const struct cgroupfs *cgroupfs;
	enum cgroup_manager manager;
	const struct cgroup_systemd *systemd; /* with CGROUP_MANAGER_SYSTEMD */
	bool cgroup_namespace;                /* the container gets a new one */
	bool user_namespace;                  /* made or joined */
	bool unprivileged;                    /* not root of the initial user namespace */
	bool denied; /* CGROUP_MANAGER_DISABLED: the caller may make none */
};

/* "cgroupfs", "systemd", "disabled". */
const char *cgroup_manager_name(enum cgroup_manager manager);

/*
 * Find the manager of systemd and ask it for its cgroup: the system's for root of the initial user
 * namespace (`system`), else the user's. session_bus and runtime_dir are the values of
 * DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR, or NULL.
 */
int cgroup_systemd_probe(bool system, const char *session_bus, const char *runtime_dir,
			 struct cgroup_systemd *ret, struct rl_err *e);

/*
 * Plan the cgroup and its limits. Pure, but for a warning where device rules cannot be kept: no
 * cgroup is made, or on v2 we are in a user namespace. Returns 0 or a negative errno with *e
 * filled.
 *
 * The path is linux.cgroupsPath from the mount point of each hierarchy, with or without a leading
 * '/', or "/rundlet-<id>"; with systemd it is the cgroup of the unit that "slice:prefix:name"
 * names, or of rundlet-<id>.scope. For memory and cpu 0 means "not specified" (engines send it so);
 * for pids 0 is a limit. Devices: all are denied but those of every container (null zero full
 * random urandom tty console ptmx and pseudo terminals) and making the nodes of linux.devices; then
 * the rules in order. A rule that denies everything takes back what stands before it, not those
 * defaults.
 */
int cgroup_plan(const struct oci_config *c, const struct cgroup_facts *facts, struct flat *f,
		struct cgroup_plan *ret, struct rl_err *e);

/*
 * Make the directories, and the unit of systemd; fills made and the fds. A directory of the
 * container that exists already is taken if it has no processes, no directories below it, is not
 * frozen and not being made for another container; it is kept when the container is deleted. When
 * it fails, what it made is gone again.
 */
int cgroup_create(void *base, struct cgroup_plan *p, struct rl_err *e);
/* Write the limits and device rules. */
int limits_apply(void *base, const struct cgroup_plan *p, struct rl_err *e);
/*
 * The container's process is in: finish the directory that was made for it, and give it in v2 to a
 * user of the host; (uid_t)-1: to nobody.
 */
int cgroup_settle(const void *base, const struct cgroup_plan *p, uid_t owner, struct rl_err *e);
/* The container's process is in its cgroup: end what kept that until now. */
void cgroup_entered(struct cgroup_plan *p);
/* The same, and close the fds. */
void cgroup_close(void *base, struct cgroup_plan *p);

/* Where a container is frozen; UNKNOWN in the records of older versions. */
enum cgroup_freezer {
	CGROUP_FREEZER_UNKNOWN,
	CGROUP_FREEZER_NONE, /* a hierarchy of v1 without the controller */
	CGROUP_FREEZER_V1,
	CGROUP_FREEZER_V2
};

/*
 * What is kept in state.json to undo it. It is written to disk before cgroup_create() runs; the
 * undo of a failed run uses it too.
 */
struct cgroup_record {
	struct cgroup_record_dir {
		char *path; /* of the container's directory: /sys/fs/cgroup/memory/machine/web */
		char *stop; /* `path` or an ancestor: the innermost directory that is not ours */
		enum cgroup_freezer freezer;
	} * dirs;
	size_t n;
	char *unit; /* of systemd, to be stopped; NULL: none */
	char *bus;  /* D-Bus address of its manager */
};

/*
 * Tell what of the plan is ours to remove. Before cgroup_create() that is all that does not exist
 * yet; after it, what it made: another container may have made or removed a common parent in
 * between, so the last record of a create is made again. Returns 0 or -ENOMEM.
 */
int cgroup_record_make(const void *base, const struct cgroup_plan *p, struct cgroup_record *ret);
/*
 * Whether one of its directories is that of a create that did not come to its end: this one's, as
 * no other takes it then. (systemd's directories are never marked.)
 */
bool cgroup_is_unfinished(const struct cgroup_record *r);

void cgroup_record_done(struct cgroup_record *r);

/* A wish of exec: a cgroup below the container's. */
struct cgroup_wish {
	const char *controllers; /* "cpu,memory": in their hierarchies; NULL: in all */
	const char *path;        /* "sub/x"; a '/' before it is nothing */
};

/* Whether cgroup_join_plan() must know this host's hierarchies: for wishes, and where the record
 * does not say enough. */
bool cgroup_join_asks(const struct cgroup_record *r, size_t n);

/*
 * Plan that another process enters the cgroups of a container: pure. fs: see cgroup_join_asks(), or
 * NULL. Of two wishes for a hierarchy the last one counts. Returns 0 or a negative errno with *e
 * filled.
 */
int cgroup_join_plan(const struct cgroup_record *r, const struct cgroupfs *fs,
		     const struct cgroup_wish *wishes, size_t n, struct flat *f,
		     struct cgroup_plan *ret, struct rl_err *e);

/*
 * Open them; fills the fds. A cgroup of v2 that passes controllers on can have no process: then the
 * one in which the container's process `pid` is. The process is born in its cgroup of v2, or with
 * by_write, and where that is frozen, it enters when it runs.
 */
int cgroup_join_open(void *base, struct cgroup_plan *p, pid_t pid, bool by_write, struct rl_err *e);

/*
 * For all that follows: a record may be damaged. A directory that is no cgroup, is the root of a
 * hierarchy, or is not below its `stop`, is refused, and what is below one may be of any depth and
 * number. What is gone already is fine. An error in one place does not stop the rest: the first is
 * told in the end. The time is bounded.
 */

/*
 * Send a signal to every process in the cgroup and below it; if one directory of the record is
 * refused, to none. After SIGKILL it waits, for 5 seconds, until they are gone (-ETIMEDOUT: they
 * are not), and thaws them for it. To reach them all may take a minute and no more (-ETIME).
 * Returns 0, or a negative errno with *e filled.
 */
int cgroup_kill(const struct cgroup_record *r, int signal, struct rl_err *e);

/*
 * Remove all that is below the container's directories, then these and their ancestors up to
 * `stop`, ancestors only if nobody else uses them. Waits 2 seconds in all for dying processes. A
 * unit is stopped before; a manager of systemd that cannot be reached is only warned of.
 */
int cgroup_remove(const struct cgroup_record *r, struct rl_err *e);

/*
 * As cgroup_remove(), for a container that surely has no processes left: a directory with a process
 * in it or below it belongs to somebody else by now, and is left as it is, at once: -EBUSY, when
 * what is unused is removed.
 */
int cgroup_remove_if_unused(const struct cgroup_record *r, struct rl_err *e);

/* Other limits and device rules for a container that exists. */
struct cgroup_update {
	struct flat f;
	struct cgroup_plan p;          /* at offsets in f */
	struct device_update *devices; /* owned; NULL: the rules stay */
	struct cgroup_now *now;        /* owned: what was in force */
	const struct cgroup_record *record;
};

/*
 * Plan them. `res` says what is to be changed, all else stays; `stored` is the configuration that
 * the container was made with, whose device nodes stay allowed: needed if res has device rules.
 * The directories are the record's. What goes in pairs (memory and swap, quota and period) is
 * judged with what is in force, which is read from the cgroup. Refused: a record of no cgroup at
 * all, and what cgroup_plan() refuses. `rec` is borrowed; cgroup_update_done() in any case. Returns
 * 0 or a negative errno with *e filled.
 */
int cgroup_update_plan(const struct oci_config *stored, const struct oci_resources *res,
		       const struct cgroupfs *fs, const struct cgroup_record *rec,
		       struct cgroup_update *ret, struct rl_err *e);

/*
 * Carry it out. On v2, controllers that it needs and the cgroup does not have yet are enabled in
 * those above. When it fails, all is as it was; a value that cannot be given back is told as a
 * warning. What a lower limit of memory did (the kernel reclaims, or kills) is not taken back: on
 * v2 these limits are written last.
 */
int cgroup_update_apply(struct cgroup_update *u, struct rl_err *e);
void cgroup_update_done(struct cgroup_update *u);

/*
 * Freeze every process in the cgroup and below it: by the freezer of v1, or where there is none by
 * v2. Returns when all are frozen. What is not by `ms` milliseconds (-ETIMEDOUT), or when a signal
 * comes that would end this process (-EINTR), is thawed again before this returns, and before that
 * signal takes effect. Returns 0 or a negative errno with *e filled.
 */
int cgroup_freeze(const struct cgroup_record *r, int ms, struct rl_err *e);

/*
 * Thaw it, in v1 and v2; cgroups below that were frozen by themselves stay so. -EBUSY: a cgroup
 * above is frozen.
 */
int cgroup_thaw(const struct cgroup_record *r, struct rl_err *e);

/*
 * After SIGKILL: thaw it where the kernel lets frozen processes not die, which is in v1, with all
 * that is below. Errors as of cgroup_thaw().
 */
int cgroup_thaw_killed(const struct cgroup_record *r, struct rl_err *e);

/* Whether it is frozen or about to be, by itself or by a cgroup above. */
bool cgroup_is_frozen(const struct cgroup_record *r);

/* v2: whether this directory is frozen or about to be; of those above, only if all is frozen by
 * now. */
bool cgroup_freezes(int dir_fd);

/*
 * The processes in the cgroup and below it, as pids of our pid namespace; those that it does not
 * see are left out. *ret is sorted and has each once; the caller frees it; NULL if there are none.
 * Of threaded cgroups of v2, see cgroup-procs.h. Returns 0 or a negative errno with *e filled;
 * -ETIME: there are too many cgroups.
 */
int cgroup_pids(const struct cgroup_record *r, pid_t **ret, size_t *ret_n, struct rl_err *e);

/* Print this part of the plan, as the object "cgroup". */
void cgroup_report(struct report *r, const void *base, const struct cgroup_plan *p);

#endif
#endif
