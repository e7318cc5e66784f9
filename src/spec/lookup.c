/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for entries of lists; see lookup.h. */
#include "spec/lookup.h"

#include <string.h>

const struct oci_namespace *lookup_namespace(const struct oci_linux *l, const char *type)
{
	for (size_t i = 0; l && i < l->n_namespaces; i++)
		if (l->namespaces[i]->type && !strcmp(l->namespaces[i]->type, type))
			return l->namespaces[i];
	return NULL;
}

bool lookup_is_joined(const struct oci_namespace *ns)
{
	return ns->path && ns->path[0];
}
