/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files by directory descriptor: open, read whole, write whole, replace. All return a result >= 0
 * or a negative errno; all descriptors are close-on-exec. dirfd may be AT_FDCWD.
 */
#ifndef RL_OS_FDIO_H
#define RL_OS_FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* openat(2). Returns a descriptor. */
int fdio_open_at(int dirfd, const char *path, int flags, unsigned int mode);

/* mkdirat(2). */
int fdio_mkdir_at(int dirfd, const char *path, unsigned int mode);

/* unlinkat(2); flags: 0 or AT_REMOVEDIR. */
int fdio_unlink_at(int dirfd, const char *path, int flags);

/* Read at most size - 1 bytes of a small file into buf, and a NUL behind. Returns the length. */
int fdio_read_at(int dirfd, const char *path, char *buf, size_t size);

/* Read a whole file of at most max bytes: *ret is allocated and ends in a NUL. -EFBIG if longer. */
int fdio_read_all(int dirfd, const char *path, size_t max, char **ret, size_t *ret_len);

/* The same for what is open already, from where it stands to its end. */
int fdio_read_fd(int fd, size_t max, char **ret, size_t *ret_len);

/* Write text to an existing file in one write(2), as kernel files want it. */
int fdio_write_at(int dirfd, const char *path, const char *text);

/* Write all of it, in as many write(2) calls as it takes. */
int fdio_write_full(int fd, const void *data, size_t len);

/* Replace dirfd/name by a file with this content and mode: written beside it, then renamed. */
int fdio_replace_at(int dirfd, const char *name, const void *data, size_t len, unsigned int mode);

/*
 * A memfd with this content, sealed against every change; name is shown in /proc. executable: which
 * a policy may refuse (vm.memfd_noexec). Returns a fd, or a negative errno.
 */
int fdio_sealed(const char *name, const void *data, size_t len, bool executable);

#endif
