/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what is known of a container as JSON; see describe.h. */
#include "cli/describe.h"

static const char *text(const char *s)
{
	return s ? s : "";
}

void describe_container(struct report *r, const struct container_info *i, const char *owner)
{
	report_str(r, "ociVersion", text(i->oci_version));
	report_str(r, "id", text(i->id));
	report_i64(r, "pid", i->pid);
	report_str(r, "status", text(i->status));
	report_str(r, "bundle", text(i->bundle));
	report_str(r, "rootfs", text(i->rootfs));
	report_str(r, "created", text(i->created));
	if (i->n_annotations) {
		report_object(r, "annotations");
		for (size_t n = 0; n < i->n_annotations; n++)
			report_str(r, i->annotation_keys[n], i->annotation_values[n]);
		report_close(r);
	}
	report_str(r, "owner", owner);
}
