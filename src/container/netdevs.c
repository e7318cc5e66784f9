/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices in the record; see netdevs.h. */
#include "container/netdevs.h"

#include "base/auto.h"
#include "os/nspin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PIN "netns" /* in the state directory */

static char *to_hex(const uint8_t *bytes, size_t n)
{
	char *text = malloc(2 * n + 1);

	if (!text)
		return NULL;
	text[0] = 0;
	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* The number of bytes, or -EINVAL. */
static int from_hex(const char *text, uint8_t *bytes, size_t size)
{
	size_t n = strlen(text) / 2;

	if (n > size || strspn(text, "0123456789abcdef") != strlen(text) || strlen(text) % 2)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1], 0 };

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return (int)n;
}

static struct record_netdev *make_one(const struct netdev *d)
{
	struct record_netdev *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->has_index = r->has_inside = r->has_up = r->has_gen_mode = true;
	r->index = (uint32_t)d->outside.index;
	r->inside = (uint32_t)d->index;
	r->up = d->outside.up;
	r->gen_mode = d->outside.gen_mode;
	r->name = strdup(d->outside.name);
	r->mac = to_hex(d->outside.mac, d->outside.mac_len);
	r->addresses = calloc(d->n_addrs + 1, sizeof(*r->addresses));
	if (r->addresses)
		for (; r->n_addresses < d->n_addrs; r->n_addresses++) {
			const struct rtaddr *a = &d->addrs[r->n_addresses];

			r->addresses[r->n_addresses] = to_hex(a->bytes, a->len);
		}
	return r;
}

static bool is_complete(const struct record_netdev *r)
{
	bool all = r && r->name && r->mac && r->addresses;

	for (size_t i = 0; all && i < r->n_addresses; i++)
		all = r->addresses[i];
	return all;
}

int netdevs_record_make(const struct netdevs *s, struct record *rec)
{
	struct stat st;

	if (fstat(s->outside_ns, &st) < 0)
		return -errno;
	rec->has_netns = true;
	rec->netns = st.st_ino;
	rec->netdevs = calloc(s->n + 1, sizeof(*rec->netdevs));
	if (!rec->netdevs)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++) {
		rec->netdevs[rec->n_netdevs++] = make_one(&s->all[i]);
		if (!is_complete(rec->netdevs[i]))
			return -ENOMEM;
	}
	return 0;
}

static void free_one(struct record_netdev *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_addresses; i++)
		free(r->addresses[i]);
	free(r->addresses);
	free(r->name);
	free(r->mac);
	free(r);
}

void netdevs_record_done(struct record *rec)
{
	for (size_t i = 0; i < rec->n_netdevs; i++)
		free_one(rec->netdevs[i]);
	free(rec->netdevs);
	rec->netdevs = NULL;
	rec->n_netdevs = 0;
}

int netdevs_pin(int state_fd, const struct netdevs *s, struct rl_err *e)
{
	int r = nspin_make(state_fd, PIN, s->inside_ns);

	return r < 0 ? rl_fail(e, r, "keep the network namespace for the way back") : 0;
}

int netdevs_unpin(int state_fd, struct rl_err *e)
{
	int r = nspin_remove(state_fd, PIN);

	return r < 0 ? rl_fail(e, r, "let go of the network namespace") : 0;
}

static int read_address(const char *text, struct rtaddr *ret)
{
	int n = from_hex(text, ret->bytes, sizeof(ret->bytes));

	if (n < 0)
		return n;
	ret->len = (uint32_t)n;
	return rtaddr_is_valid(ret) ? 0 : -EINVAL;
}

static int read_one(const struct record_netdev *r, struct netdev *d)
{
	int n = from_hex(r->mac, d->outside.mac, sizeof(d->outside.mac));

	if (n < 0 || strlen(r->name) >= sizeof(d->outside.name))
		return -EINVAL;
	d->outside.mac_len = (uint8_t)n;
	snprintf(d->outside.name, sizeof(d->outside.name), "%s", r->name);
	d->outside.index = (int)r->index;
	d->outside.up = r->up;
	d->outside.gen_mode = (uint8_t)r->gen_mode;
	d->index = (int)r->inside;
	d->moved = true;
	d->addrs = calloc(r->n_addresses + 1, sizeof(*d->addrs));
	if (!d->addrs)
		return -ENOMEM;
	for (n = 0; n >= 0 && d->n_addrs < r->n_addresses; d->n_addrs++)
		n = read_address(r->addresses[d->n_addrs], &d->addrs[d->n_addrs]);
	return n < 0 ? n : 0;
}

static int read_all(const struct record *rec, struct netdevs *s)
{
	int r = 0;

	s->all = calloc(rec->n_netdevs, sizeof(*s->all));
	if (!s->all)
		return -ENOMEM;
	for (size_t i = 0; i < rec->n_netdevs && r == 0; i++)
		r = read_one(rec->netdevs[i], &s->all[s->n++]);
	return r;
}

/* They go to where they came from, and to no other namespace in which delete may run. */
static int check_outside(const struct netdevs *s, const struct record *rec, struct rl_err *e)
{
	struct stat st;

	if (fstat(s->outside_ns, &st) < 0)
		return rl_fail(e, -errno, "look at our own network namespace");
	if (st.st_ino == rec->netns)
		return 0;
	rl_hint(e,
		"run delete in that namespace; or give the devices up: umount %s in the state "
		"directory of the container",
		PIN);
	return rl_whole(
		e, -EXDEV,
		"network devices of the container came from the network namespace net:[%" PRIu64
		"], which is not that of this command",
		rec->netns);
}

static int bring_back(int ns_fd, const struct record *rec, struct rl_err *e)
{
	rl_auto(netdev_done) struct netdevs s = NETDEVS_INIT;
	int r = netdev_open(&s, ns_fd, e);

	if (r == 0)
		r = check_outside(&s, rec, e);
	if (r < 0)
		return r;
	r = read_all(rec, &s);
	return r < 0 ? rl_fail(e, r, "read the network devices in the record") : netdev_back(&s, e);
}

int netdevs_recover(int state_fd, const struct record *rec, struct rl_err *e)
{
	int ns_fd, r;

	if (!rec->n_netdevs)
		return 0;
	/* None is kept where none had been moved yet. */
	ns_fd = record_is_creating(rec) ? nspin_open(state_fd, PIN) : -ENOENT;
	if (ns_fd < 0 && ns_fd != -ENOENT)
		return rl_fail(e, ns_fd, "open the network namespace that is kept");
	r = ns_fd < 0 ? 0 : bring_back(ns_fd, rec, e);
	return r < 0 ? r : netdevs_unpin(state_fd, e);
}
