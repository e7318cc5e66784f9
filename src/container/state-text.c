/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a container as JSON; see state-text.h. */
#include "container/state-text.h"

#include "base/escape.h"
#include "libocispec/ocispec.h"

void state_text_head(FILE *out, const struct oci_config *c, const char *id)
{
	fputs("{\"ociVersion\":", out);
	escape_json(out, c->oci_version);
	fputs(",\"id\":", out);
	escape_json(out, id);
	fputs(",\"status\":\"", out);
}

void state_text_tail(FILE *out, const struct oci_config *c, const char *bundle)
{
	fputs(",\"bundle\":", out);
	escape_json(out, bundle);
	for (size_t i = 0; c->annotations && i < c->annotations->n; i++) {
		fputs(i ? "," : ",\"annotations\":{", out);
		escape_json(out, c->annotations->keys[i]);
		fputc(':', out);
		escape_json(out, c->annotations->values[i]);
	}
	fputs(c->annotations && c->annotations->n ? "}}" : "}", out);
}
