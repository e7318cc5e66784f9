/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights of landlock(7), by the bits that the kernel gives them. Own names: the headers that we
 * build with are older than some of them. Freestanding.
 *
 * Ioctls of devices are left alone: kernels before 6.10 cannot restrict them.
 */
#ifndef RL_SECURITY_LANDLOCK_H
#define RL_SECURITY_LANDLOCK_H

#define LANDLOCK_EXECUTE (1u << 0)
#define LANDLOCK_READ    (1u << 2 | 1u << 3) /* of files; of directories */
/* Writing; removing and making of every kind; moving to other directories; truncating. */
#define LANDLOCK_WRITE (1u << 1 | 0x3ffu << 4 | 1u << 14)
#define LANDLOCK_REFER (1u << 13)
/* What a file, and not a directory, can have. */
#define LANDLOCK_FILE (1u << 0 | 1u << 1 | 1u << 2 | 1u << 14)

#define LANDLOCK_BIND    (1u << 0)
#define LANDLOCK_CONNECT (1u << 1)

/* The versions of the interface that know these. */
#define LANDLOCK_ABI_PATHS 3 /* truncating: Linux 6.2 */
#define LANDLOCK_ABI_PORTS 4 /* Linux 6.7 */

#endif
