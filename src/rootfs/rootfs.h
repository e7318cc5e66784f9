/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file tree of a container: its part of the plan, and the functions that make it.
 * Freestanding: used by both sides.
 */
#ifndef RL_ROOTFS_ROOTFS_H
#define RL_ROOTFS_ROOTFS_H

#include "base/flat.h"
#include "os/guest.h"

/* Mounts that one command adds to a container that exists. */
#define ROOTFS_LIVE_MAX 256

/* Mounts with late_readonly: their descriptors are kept until root_seal(). */
#define ROOTFS_LATE_MAX 64

/* Mounts with held: their descriptors are kept until masks_apply(). */
#define ROOTFS_HELD_MAX 64

enum rootfs_mount_kind {
	ROOTFS_MOUNT_NEW,     /* a new file system: fsopen(type) */
	ROOTFS_MOUNT_TREE,    /* a tree of the host, cloned by sources_open() (bind mounts) */
	ROOTFS_MOUNT_REMOUNT, /* other attributes for the mount that is at dest already */
};

/* A mapping of ids for mounts: the user namespace that has it. Equal ones are planned once. */
FLAT_NO_PADDING
struct rootfs_idmap {
	flat_str uids; /* the texts for uid_map and gid_map; or */
	flat_str gids;
	flat_str path;  /* the user namespace that the container joins */
	flat_str where; /* what asks for it, the first if there are several */
	/* filled by the host side when the plan is run */
	int32_t fd;
};
FLAT_NO_PADDING_END

/* One option for fsconfig(2): key=value, or a flag when value is absent. */
FLAT_NO_PADDING
struct rootfs_param {
	flat_str key;
	flat_str value;
};
FLAT_NO_PADDING_END

FLAT_NO_PADDING
struct rootfs_mount {
	uint32_t kind;           /* enum rootfs_mount_kind */
	flat_str where;          /* "mounts[7]" */
	flat_str dest;           /* path in the root, cleaned, starts with "/" */
	flat_str type;           /* NEW: "tmpfs" */
	flat_str source;         /* NEW: the source that is shown; TREE: absolute host path */
	struct flat_list params; /* NEW, REMOUNT: struct rootfs_param */
	uint32_t sb_flags;       /* NEW, legacy: MS_... of the file system */
	flat_str data;           /* NEW, legacy or in_late: params as one text for mount(2) */
	uint32_t unused;
	uint64_t attr_set; /* MOUNT_ATTR_... for the mount itself */
	uint64_t attr_clear;
	uint64_t rec_set; /* the same for the whole tree: rro, rnosuid, ... */
	uint64_t rec_clear;
	uint32_t propagation[4]; /* MS_SHARED, ... with MS_REC or not, in order; 0 ends */
	uint8_t recursive;       /* TREE: rbind */
	uint8_t exact;           /* dest must be an ordinary directory, no symlink on the way */
	uint8_t no_follow_source;
	uint8_t no_follow_dest;
	uint8_t late_readonly; /* becomes read-only when all that is below it is made */
	uint8_t held;          /* something is to be masked or made read-only below dest */
	uint8_t legacy;        /* NEW: only mount(2) can carry the options */
	uint8_t in_late;       /* NEW: dest is a name in the last mount with late_readonly */
	uint8_t on_proc;       /* dest is a place in /proc where a mount may be */
	uint8_t copy_up;       /* NEW tmpfs: starts with what dest has (tmpcopyup) */
	uint8_t inherit_mode;  /* NEW tmpfs: its root gets the mode of dest */
	uint8_t is_procfs;     /* TREE: the source must be the root of procfs */
	uint8_t optional;      /* TREE: left out when the source does not exist */
	uint8_t copy_symlink;  /* TREE: a source that is a symlink is made anew at dest */
	uint8_t bind_sysfs;    /* NEW sysfs: where it is refused, the host's is bound */
	uint8_t idmap_tree;    /* the mapping is for all mounts of the tree */
	uint32_t idmap;        /* the mapping of ids: its place in idmaps and 1; 0: none */
	flat_str label;        /* NEW: SELinux context that is set as an attribute of its root */
	/* filled by the host side when the plan is run */
	uint8_t is_file; /* TREE: the source is no directory */
	uint8_t is_link; /* TREE: fd is the symlink of the source, to be copied */
	uint8_t unused_flags[2];
	int32_t fd; /* the detached tree; NEW: one that the host side had to make; -1: none */
};
FLAT_NO_PADDING_END

/* The attributes that a new mount starts with: it becomes read-only when it is as it is to be. */
static inline uint64_t rootfs_first_attributes(const struct rootfs_mount *m)
{
	const uint64_t readonly = 1; /* MOUNT_ATTR_RDONLY */
	const int changes = m->copy_up || m->label || (m->idmap && m->inherit_mode);

	return m->attr_set & ~(changes ? readonly : 0);
}

FLAT_NO_PADDING
struct rootfs_device {
	flat_str where; /* "linux.devices[0]"; 0: a default device */
	flat_str path;  /* in the root: "/dev/null" */
	uint32_t mode;  /* type and permissions, for mknod(2) */
	uint32_t major, minor;
	uint32_t uid, gid;   /* ids in the container */
	uint32_t must_exist; /* /dev is a bind mount: look, but make nothing there */
	int32_t fd;          /* a clone of the host's node, where mknod is not allowed; or -1 */
};
FLAT_NO_PADDING_END

FLAT_NO_PADDING
struct rootfs_link {
	flat_str path;    /* "/dev/fd" */
	flat_str target;  /* "/proc/self/fd"; no link is made if an absolute one is missing */
	uint32_t replace; /* what is there, if not this link or the device, goes away */
};
FLAT_NO_PADDING_END

FLAT_NO_PADDING
struct rootfs_path {
	flat_str where; /* "linux.maskedPaths[0]" */
	flat_str path;
};
FLAT_NO_PADDING_END

struct rootfs_plan {
	flat_str path;         /* absolute path of the root on the host */
	uint32_t propagation;  /* MS_... of the root; MS_SLAVE | MS_REC unless asked for */
	uint8_t own_namespace; /* the container has a mount namespace of its own, made or joined */
	uint8_t joined;        /* that namespace is joined */
	uint8_t has_shared;    /* something is shared: words are said again after attaching */
	uint8_t readonly;
	uint8_t no_pivot;
	uint8_t in_userns;               /* a user namespace is made or joined: no mknod */
	uint8_t dev_bound;               /* /dev is a bind mount: nothing is made in it */
	uint32_t open_in;                /* CLONE_NEW... in which HOST opens sources; 0: its own */
	uint32_t idmap;                  /* of the root: as rootfs_mount.idmap */
	uint8_t idmap_tree;              /* and for all mounts below it */
	flat_str label;                  /* linux.mountLabel */
	uint8_t label_works;             /* the host has SELinux */
	struct flat_list idmaps;         /* struct rootfs_idmap */
	struct flat_list mounts;         /* struct rootfs_mount */
	struct flat_list devices;        /* struct rootfs_device */
	struct flat_list links;          /* struct rootfs_link */
	struct flat_list masked;         /* struct rootfs_path */
	struct flat_list readonly_paths; /* struct rootfs_path */
	struct flat_list unmounts; /* struct rootfs_path: what livemounts_remove() takes away */
	/* filled by the host side when the plan is run */
	int32_t root_fd; /* the detached clone of the root's tree */
	int32_t null_fd; /* a detached mount of the host's /dev/null, checked */
};

/* The terminal of a process, of a container that is made or that exists. */
struct console_plan {
	uint8_t wanted;
	uint8_t bind;           /* it is /dev/console, too */
	uint32_t uid;           /* its owner in the container */
	uint16_t rows, columns; /* both 0: nobody has said */
	/* filled by the host side when the plan is run */
	int32_t sock_fd; /* to who gets the other side */
};

/* Steps of the container side, in order; see steps.def. */
int root_private(struct guest *g, const struct rootfs_plan *p); /* propagation of "/" */
int root_attach(struct guest *g, const struct rootfs_plan *p);  /* sets g->root_fd */
int mounts_attach(struct guest *g, const struct rootfs_plan *p);
int devices_make(struct guest *g, const struct rootfs_plan *p); /* and the links */
int root_enter(int fd); /* a directory becomes the root and the working directory: chroot(2) */
int root_pivot(struct guest *g, const struct rootfs_plan *p);  /* or chroot: joined, no_pivot */
int masks_apply(struct guest *g, const struct rootfs_plan *p); /* and read-only paths */
int root_seal(struct guest *g, const struct rootfs_plan *p);   /* read-only root and late mounts */

/*
 * make: a pseudo-terminal in the devpts on /dev/pts of g->root_fd (none: of our root), which
 * becomes our standard streams; *ret_master is its other side, for the caller to send and close.
 * take: make it our controlling terminal. We must be the leader of a session that has none.
 */
int console_make(struct guest *g, const struct console_plan *p, int *ret_master);
int console_take(struct guest *g);

/*
 * For a container that exists, whose namespaces we are in: g->root_fd is its root, g->proc_fd a
 * procfs in which we are.
 *
 * add: attach the mounts of the plan, in the order of the list; when one fails, those before it are
 * taken off again, newest first. remove: take the mounts off, in the reverse order, when there is
 * one at every place of the list.
 */
int livemounts_add(struct guest *g, const struct rootfs_plan *p);
int livemounts_remove(struct guest *g, const struct rootfs_plan *p);

#if __STDC_HOSTED__
#include "os/cgroupfs.h"

#include <stdbool.h>

struct oci_config;
struct oci_process;

/* What the file tree's planner has to know beside the configuration. */
struct rootfs_facts {
	const char *bundle; /* absolute path */
	const struct cgroupfs *cgroupfs;
	const char *cgroup_path; /* the container's cgroup, from each hierarchy's mount; or NULL */
	bool cgroup_namespace;   /* the container has a cgroup namespace */
	bool user_namespace;
	bool mount_namespace;
	bool network_namespace; /* a new one */
	bool selinux;           /* the host has it */
	bool no_pivot;
	/* Who may not clone mounts of the mount namespace that he is in may do so in new
	 * namespaces: CLONE_NEW...; 0: he may. */
	uint32_t open_in;
};

/* Plan the file tree. Pure. Returns 0 or a negative errno with *e filled. */
int rootfs_plan(const struct oci_config *c, const struct rootfs_facts *facts, struct flat *f,
		struct rootfs_plan *ret, struct rl_err *e);

/*
 * Plan what is to be added to a container that exists, or removed. Pure. c: its configuration, with
 * the list in the place of its mounts. What would uncover or cover masked or read-only paths is
 * refused.
 */
int rootfs_plan_add(const struct oci_config *c, const struct rootfs_facts *facts, struct flat *f,
		    struct rootfs_plan *ret, struct rl_err *e);
int rootfs_plan_remove(const struct oci_config *c, const struct rootfs_facts *facts, struct flat *f,
		       struct rootfs_plan *ret, struct rl_err *e);

/*
 * Open what comes from the host: the root, the sources of bind mounts, device nodes when mknod is
 * not allowed, /dev/null; in the caller's namespaces, or where he has no rights over the mounts, in
 * copies of them (open_in). Fills the fd fields (close-on-exec) in place.
 * `base` is the plan. Returns 0 or a negative errno with *e filled; opened ones stay for
 * sources_close(), which is safe at any time after rootfs_plan().
 */
int sources_open(void *base, struct rootfs_plan *p, struct rl_err *e);
/* Only the sources of bind mounts. */
int sources_open_mounts(void *base, struct rootfs_plan *p, struct rl_err *e);
void sources_close(void *base, struct rootfs_plan *p);

/* Plan a terminal, if the process is to have one. bind: on /dev/console, too. Pure. */
int console_plan(const struct oci_process *proc, bool bind, struct console_plan *ret,
		 struct rl_err *e);

struct report;

/* Print the plan of a terminal as an object "terminal". */
void console_report(struct report *r, const struct console_plan *p);

/* Print the plan of the file tree as an object "rootfs". */
void rootfs_report(struct report *r, const void *base, const struct rootfs_plan *p);

#endif
#endif
