/* SPDX-License-Identifier: Apache-2.0 */
/* Sets host name and domain name; see sethostname(2). */
#include "process/process.h"

#include "os/guestkey.h"

int uts_set(struct guest *g, const struct namespaces_plan *p)
{
	const char *host = flat_get_str(g->base, p->hostname);
	const char *domain = flat_get_str(g->base, p->domainname);
	long r = 0;

	if (host)
		r = SYS_2(__NR_sethostname, host, sys_strlen(host));
	if (r < 0)
		return guestkey_fail(g, r, "hostname", "set the host name", host);
	if (domain)
		r = SYS_2(__NR_setdomainname, domain, sys_strlen(domain));
	if (r < 0)
		return guestkey_fail(g, r, "domainname", "set the domain name", domain);
	return 0;
}
