/* SPDX-License-Identifier: Apache-2.0 */
/* Plans who gets the listener of a filter, and with which text; see listener.h. Pure. */
#include "container/listener.h"

#include "base/auto.h"
#include "base/escape.h"
#include "container/state-text.h"
#include "libocispec/ocispec.h"
#include "spec/annotations.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATH_KEY     "linux.seccomp.listenerPath"
#define METADATA_KEY "linux.seccomp.listenerMetadata"

/* An empty string says nothing, as everywhere in a configuration. */
static const char *said(const char *text)
{
	return text && text[0] ? text : NULL;
}

static const char *find_metadata(const struct oci_config *c)
{
	const struct oci_seccomp *s = c->linux_ ? c->linux_->seccomp : NULL;

	return s ? said(s->listener_metadata) : NULL;
}

/* Which socket it is; *ret_path stays NULL if none is named. */
static int find_socket(const struct oci_config *c, const char **ret_path, const char **ret_key,
		       struct rl_err *e)
{
	const struct oci_seccomp *s = c->linux_ ? c->linux_->seccomp : NULL;
	const char *own = s ? said(s->listener_path) : NULL,
		   *annotation = annotations_get(c, annotation_seccomp_receiver);
	const char *path = own ? own : annotation,
		   *key = own ? PATH_KEY : annotation_seccomp_receiver_where;

	if (find_metadata(c) && !path)
		return rl_refuse(e, METADATA_KEY, "there is no %s that would get it", PATH_KEY);
	if (own && annotation && strcmp(own, annotation) != 0)
		return rl_refuse(e, annotation_seccomp_receiver_where,
				 "\"%s\" is not the socket that %s names: only one can get "
				 "the listener",
				 annotation, PATH_KEY);
	if (path && path[0] != '/')
		return rl_refuse(e, key, "\"%s\" is not an absolute path", path);
	*ret_path = path;
	*ret_key = key;
	return 0;
}

/* The process state, but for its pids. */
static int add_text(const struct oci_config *c, const char *bundle, const char *id, struct flat *f,
		    struct listener_plan *ret)
{
	const char *metadata = find_metadata(c);
	rl_autofree char *text = NULL;
	size_t len = 0, middle, tail;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return -errno;
	fputs("{\"ociVersion\":", out);
	escape_json(out, c->oci_version);
	fputs(",\"fds\":[\"seccompFd\"],\"pid\":", out);
	fputc(0, out);
	fflush(out);
	middle = len;
	if (metadata) {
		fputs(",\"metadata\":", out);
		escape_json(out, metadata);
	}
	fputs(",\"state\":", out);
	state_text_head(out, c, id);
	fprintf(out, "%s\",\"pid\":", ret->first ? "running" : "created");
	fputc(0, out);
	fflush(out);
	tail = len;
	state_text_tail(out, c, bundle);
	fputc('}', out);
	if (fclose(out))
		return -ENOMEM;
	ret->head = flat_add_str(f, text);
	ret->middle = flat_add_str(f, text + middle);
	ret->tail = flat_add_str(f, text + tail);
	return 0;
}

int listener_plan(const struct oci_config *c, const char *bundle, const char *id, pid_t first,
		  struct flat *f, struct plan *p, struct rl_err *e)
{
	const char *path = NULL, *key = NULL;
	int r = find_socket(c, &path, &key, e);

	/* Without such an action the socket "is ignored". */
	if (r < 0 || !p->security.filter.listens)
		return r;
	if (!path)
		return rl_refuse(e, PATH_KEY,
				 "is missing: nobody would answer the system calls of "
				 "which the filter notifies (SCMP_ACT_NOTIFY)");
	p->listener.where = flat_add_str(f, key);
	p->listener.path = flat_add_str(f, path);
	p->listener.first = (uint32_t)first;
	r = add_text(c, bundle, id, f, &p->listener);
	return r < 0 ? rl_fail_at(e, r, key, "write the text for the one that listens") : 0;
}
