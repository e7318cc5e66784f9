/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault points: places where a test build (configure --enable-faults) can make a call fail, so
 * that every error path is run. In an ordinary build RL_FAULT() is nothing.
 *
 * RUNDLET_FAULT in the environment chooses what fails:
 *   host:N        the Nth call of a wrapper in src/os, counted in this process      (EIO)
 *   helper:N      the Nth of them in a child of os/helper.h                         (EIO)
 *   guest:N       the Nth system call of the container side                         (EIO)
 *   step:NAME     the step of that name in steps.def                                (EIO)
 *   deny:NAME     every call of that wrapper, as on a kernel that lacks it          (ENOSYS);
 *                 on the container side, SYS_DENIED() names them
 *   deny:barrier_time  the time that a service manager has for a barrier of NOTIFY_SOCKET
 *   deny:handover  the word by which a stub hands over to its child: it ends without it
 *   weak:NAME     the defence of that name in weak.def is left out; on the container side,
 *                 SYS_WEAK() names them
 *
 * Several are separated by commas.
 *
 * RUNDLET_TEST_RESCTRL names a directory that stands for the file system resctrl, which needs
 * hardware that few hosts have (os/resctrl-fake.h).
 */
#ifndef RL_BASE_FAULT_H
#define RL_BASE_FAULT_H

/* What deny:NAME knows on the container side: bits. */
enum fault_deny {
	FAULT_DENY_CLOSERANGE = 1,
	FAULT_DENY_LSM_ATTR = 2,
	FAULT_DENY_HANDOVER = 4,
};

/* weak:NAME: numbers of bits. */
enum fault_weak {
#define WEAK(name, what) FAULT_WEAK_##name,
#include "base/weak.def"
#undef WEAK
	FAULT_WEAK_END
};
_Static_assert(FAULT_WEAK_END <= 32, "fault_guest_weak() has a bit for each");

#ifdef RL_FAULTS
/* 0, or the negative errno with which the wrapper `name` must fail now. */
int fault_hit(const char *name);
/* From here on calls are those of a helper. */
void fault_in_helper(void);
/* Whether the step of this name must fail. */
int fault_is_step(const char *name);
/* N of guest:N, or 0. */
unsigned int fault_guest(void);
/* Whether the call of this name, for which there is a fallback, is to be taken as lacking. */
int fault_is_denied(const char *name);
/* FAULT_DENY_... for the container side. */
unsigned int fault_guest_denied(void);
/* Whether the defence of this name is to be left out. */
int fault_is_weak(const char *name);
/* A bit for each row of weak.def. */
unsigned int fault_guest_weak(void);
/* The directory that stands for resctrl, or NULL. */
const char *fault_resctrl(void);
#define RL_FAULT(name)                    \
	do {                              \
		int f_ = fault_hit(name); \
		if (f_)                   \
			return f_;        \
	} while (0)
#else
#define RL_FAULT(name) \
	do {           \
	} while (0)
#define fault_in_helper() \
	do {              \
	} while (0)
#define fault_is_denied(name) 0
#define fault_is_step(name)   0
#define fault_guest()         0u
#define fault_guest_denied()  0u
#define fault_is_weak(name)   0
#define fault_guest_weak()    0u
#define fault_resctrl()       ((const char *)NULL)
#endif

#endif
