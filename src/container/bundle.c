/* SPDX-License-Identifier: Apache-2.0 */
/* Reads bundles; see bundle.h. */
#include "container/bundle.h"

#include "base/auto.h"
#include "os/fdio.h"
#include "spec/spec-later.h"
#include "spec/spec-load.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CONFIG_MAX (16u << 20) /* bytes; the limit of libocispec too */

static int find_dir(struct bundle *b, const char *dir, struct rl_err *e)
{
	b->path = realpath(dir, NULL);
	if (!b->path)
		return rl_fail(e, -errno, "open bundle \"%s\"", dir);
	return 0;
}

static int read_config(struct bundle *b, const char *config, struct rl_err *e)
{
	int r;

	if (config[0] == '/')
		b->config_path = strdup(config);
	else if (asprintf(&b->config_path, "%s/%s", b->path, config) < 0)
		b->config_path = NULL;
	if (!b->config_path)
		return rl_fail(e, -ENOMEM, "read the configuration");
	r = fdio_read_all(AT_FDCWD, b->config_path, CONFIG_MAX, &b->text, &b->len);
	if (r == -EFBIG)
		return rl_whole(e, r, "%s: larger than the limit of %u MiB", b->config_path,
				CONFIG_MAX >> 20);
	if (r < 0)
		return rl_fail(e, r, "read configuration \"%s\"", b->config_path);
	return 0;
}

int bundle_load(struct bundle *b, const char *dir, const char *config, struct rl_err *e)
{
	int r;

	*b = (struct bundle){ 0 };
	r = find_dir(b, dir ? dir : ".", e);
	if (r == 0)
		r = read_config(b, config ? config : "config.json", e);
	if (r == 0)
		r = spec_load(b->text, b->len, b->config_path, &b->doc, e);
	if (r < 0)
		return r;
	b->config = b->doc.root;
	r = spec_later(b->config, e);
	if (r < 0)
		bundle_locate(b, e);
	return r;
}

int bundle_load_stored(int state_fd, struct oci_doc *ret, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	size_t len;
	int r;

	*ret = (struct oci_doc){ 0 };
	r = fdio_read_all(state_fd, "config.json", CONFIG_MAX, &text, &len);
	if (r < 0)
		return rl_fail(e, r, "read the configuration as it was at create");
	return spec_load(text, len, "config.json", ret, e);
}

void bundle_done(struct bundle *b)
{
	oci_done(&b->doc);
	free(b->path);
	free(b->config_path);
	free(b->text);
	*b = (struct bundle){ 0 };
}

void bundle_locate(const struct bundle *b, struct rl_err *e)
{
	int line, column;

	if (!b->config || !e->where[0] || e->line)
		return;
	if (oci_where(&b->doc, e->where, &line, &column)) {
		e->line = line;
		e->column = column;
	}
}
