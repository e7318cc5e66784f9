/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a pidfd of the container's process away; see pidfd-socket.h. */
#include "container/pidfd-socket.h"

#include "libocispec/ocispec.h"
#include "os/fdsend.h"
#include "spec/annotations.h"

#include <string.h>

int pidfd_socket_plan(const struct oci_config *c, const char *option, struct flat *f,
		      struct flat_list *ret, struct rl_err *e)
{
	struct pidfd_socket sockets[2];
	const char *path;
	size_t n = 0;
	int r = annotations_path(c, annotation_pidfd_receiver, &path, e);

	if (option)
		sockets[n++] = (struct pidfd_socket){ 0, flat_add_str(f, option) };
	if (path)
		sockets[n++] =
			(struct pidfd_socket){ flat_add_str(f, annotation_pidfd_receiver_where),
					       flat_add_str(f, path) };
	*ret = flat_add_list(f, sockets, n, sizeof(sockets[0]));
	return r;
}

int pidfd_socket_send(const struct plan *p, int pidfd, struct rl_err *e)
{
	FLAT_EACH(p, p->pidfd_sockets, const struct pidfd_socket, s) {
		const char *path = flat_get_str(p, s->path), *where = flat_get_str(p, s->where);
		int r = fdsend_give(path, flat_get_str(p, p->id), pidfd);

		if (r < 0)
			return rl_fail_at(e, r, where ? where : "",
					  "send the process to the socket \"%s\"", path);
	}
	return 0;
}
