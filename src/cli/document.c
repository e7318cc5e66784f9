/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a document that a command is given; see document.h. */
#include "cli/document.h"

#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int read_file(const char *path, char **ret, size_t *ret_len)
{
	/* It may be a pipe: that is waited for. */
	rl_autoclose int fd = fdio_open_at(AT_FDCWD, path, O_RDONLY | O_NOCTTY, 0);

	return fd < 0 ? fd : fdio_read_fd(fd, OCI_TEXT_MAX, ret, ret_len);
}

const char *document_name(const char *path)
{
	return strcmp(path, "-") != 0 ? path : "standard input";
}

int document_read(const char *path, const char *what, char **ret, size_t *ret_len, struct rl_err *e)
{
	int r = !strcmp(path, "-") ? fdio_read_fd(STDIN_FILENO, OCI_TEXT_MAX, ret, ret_len) :
				     read_file(path, ret, ret_len);

	if (r == -EFBIG)
		return rl_whole(e, r, "%s: larger than the limit of %zu MiB", document_name(path),
				OCI_TEXT_MAX >> 20);
	return r < 0 ? rl_fail(e, r, "read the %s from %s", what, document_name(path)) : 0;
}
