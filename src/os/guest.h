/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each function of the container side gets: where the plan is mapped, the descriptors that
 * the steps share, and the one error. Freestanding.
 *
 * A step function of a room has the shape
 *     int mounts_attach(struct guest *g, const struct rootfs_plan *p);
 * and returns 0, or a negative errno with *g->err filled by guest_fail().
 */
#ifndef RL_OS_GUEST_H
#define RL_OS_GUEST_H

#include "base/err.h"
#include "base/flat.h"
#include "os/sys.h"

#include <linux/prctl.h>

struct guest {
	const void *base; /* the plan, mapped read-only */
	struct rl_err *err;
	int root_fd; /* O_PATH, the container's root; -EBADF before root_attach */
	/* A private mount of procfs, for its pid namespace; who enters a container has the host's.
	 */
	int proc_fd;
	/* How fsopen("proc") is done when the pid namespace is not ours yet; NULL: as always. */
	int (*open_proc)(struct guest *g);
};

/*
 * Fill the error: "<verb> \"<object>\"" and the key of config.json that asked (0: none).
 * r is a negative errno and is returned. verb and object may be NULL. The first error is kept.
 */
static inline int guest_fail(const struct guest *g, long r, flat_str where, const char *verb,
			     const char *object)
{
	struct rl_err *e = g->err;

	if (e->code)
		return (int)r;
	e->code = (int32_t)-r;
	if (where)
		sys_append(e->where, sizeof(e->where), flat_get_str(g->base, where));
	if (verb)
		sys_append(e->what, sizeof(e->what), verb);
	if (object) {
		sys_append(e->what, sizeof(e->what), " \"");
		sys_append(e->what, sizeof(e->what), object);
		sys_append(e->what, sizeof(e->what), "\"");
	}
	return (int)r;
}

/* As guest_fail(); `text` is the whole message, to which nothing is added. */
static inline int guest_whole(const struct guest *g, long r, flat_str where, const char *text)
{
	if (!g->err->code)
		g->err->flags |= RL_ERR_WHOLE;
	return guest_fail(g, r, where, text, NULL);
}

/* Nobody may look into this process by ptrace(2) or /proc, until execve. */
static inline long guest_hide(void)
{
	return SYS_5(__NR_prctl, PR_SET_DUMPABLE, SYS_WEAK(dumpable), 0, 0, 0);
}

#define GUEST_STRV_ROOM 2 /* pointers that the caller may add, a NULL still behind them */

/*
 * The strings of a list as execve(2) wants them: pointers and a NULL, in memory that stays until
 * execve. NULL when there is none.
 */
static inline char **guest_strv(const struct guest *g, struct flat_list list)
{
	const flat_str *s = flat_get(g->base, list.off);
	long p = SYS_6(__NR_mmap, 0, (list.n + GUEST_STRV_ROOM + 1) * sizeof(char *),
		       SYS_PROT_READ | SYS_PROT_WRITE, SYS_MAP_PRIVATE | SYS_MAP_ANON, -1, 0);
	const char **v = (const char **)p;

	if (p < 0 && p > -4096)
		return NULL;
	for (uint32_t i = 0; i < list.n; i++)
		v[i] = flat_get_str(g->base, s[i]);
	return (char **)p;
}

#endif
