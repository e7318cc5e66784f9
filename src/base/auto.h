/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ownership: a resource is declared with an rl_auto... marker and an empty value, and leaves by
 * RL_TAKE_...(). Destructors accept empty values and keep errno.
 */
#ifndef RL_BASE_AUTO_H
#define RL_BASE_AUTO_H

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void auto_free_(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

/* Closes a descriptor, if it is one, and forgets it. */
static inline void auto_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
	*fd = -EBADF;
}

static inline void auto_closedir(DIR **dir)
{
	int saved = errno;

	if (*dir)
		closedir(*dir);
	errno = saved;
	*dir = NULL;
}

#define rl_auto(destructor) __attribute__((cleanup(destructor)))
#define rl_autofree         rl_auto(auto_free_)
#define rl_autoclose        rl_auto(auto_close)
#define rl_autoclosedir     rl_auto(auto_closedir)

#define RL_TAKE_PTR(p)                      \
	__extension__({                     \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

#define RL_TAKE_FD(fd)             \
	__extension__({            \
		int taken_ = (fd); \
		(fd) = -EBADF;     \
		taken_;            \
	})

#define RL_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
