/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves network devices into the container's network namespace, and back. This process works in
 * both through a socket in each, and enters neither: what netlink can do from outside, by the id of
 * a namespace, does not include adding addresses, and leaves the id behind.
 */
#include "process/netdev.h"

#include "base/auto.h"
#include "os/nsfile.h"

#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#define INDEX_TRIES 1024 /* numbers that devices inside may have before one is free */

int netdev_open(struct netdevs *s, int inside_ns, struct rl_err *e)
{
	int r;

	s->inside_ns = inside_ns;
	/* Of this thread: it is in it that the socket is. */
	s->outside_ns = nsfile_open("/proc/thread-self/ns/net");
	if (s->outside_ns < 0)
		return rl_fail(e, s->outside_ns, "open our own network namespace");
	r = netlink_open(&s->outside);
	if (r < 0)
		return rl_fail(e, r, "open a socket for network devices");
	r = netlink_open_in(inside_ns, &s->inside);
	return r < 0 ? rl_fail(e, r,
			       "open a socket for network devices in the container's network "
			       "namespace") :
		       0;
}

void netdev_done(struct netdevs *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i].addrs);
	free(s->all);
	netlink_close(&s->outside);
	netlink_close(&s->inside);
	auto_close(&s->outside_ns);
	auto_close(&s->inside_ns);
	*s = (struct netdevs)NETDEVS_INIT;
}

/* An error of the kernel, with what it says of it. */
static int fail(const struct netlink *n, const struct netdev *d, int r, const char *what,
		struct rl_err *e)
{
	if (d->where)
		rl_fail_at(e, r, d->where, "%s", what);
	else
		rl_fail(e, r, "network device \"%s\": %s", d->outside.name, what);
	if (n->why[0])
		rl_hint(e, "the kernel says: %s", n->why);
	return r;
}

/* Whether an earlier device is the same, by another of its names. */
static const struct netdev *find_same(const struct netdevs *s, const struct netdev *d)
{
	for (const struct netdev *o = s->all; o < d; o++)
		if (o->outside.index == d->outside.index)
			return o;
	return NULL;
}

static int check_device(struct netdevs *s, const struct netdev *d, const char *name,
			struct rl_err *e)
{
	const struct netdev *same = find_same(s, d);

	if (d->outside.loopback)
		return rl_refuse(e, d->where,
				 "\"%s\" is the loopback device: it cannot leave its network "
				 "namespace",
				 name);
	if (same)
		return rl_refuse(e, d->where, "is the device of %s too", same->where);
	if (d->outside.master) {
		rl_hint(e, "ip link set %s nomaster", name);
		return rl_refuse(e, d->where,
				 "\"%s\" is a port of another device (a bridge or bond), which it "
				 "would leave by the move",
				 name);
	}
	return 0;
}

/* No other device inside has its name. */
static int check_name(struct netdevs *s, struct netdev *d, struct rl_err *e)
{
	struct rtlink other;
	int r;

	/* Of a template the kernel makes a name that is free. */
	if (strchr(d->name, '%'))
		return 0;
	r = rtlink_by_name(&s->inside, d->name, &other);
	if (r == -ENODEV)
		return 0;
	if (r < 0)
		return fail(&s->inside, d, r, "look for its name inside", e);
	rl_hint(e, "give it another name, or a template: {\"name\": \"eth%%d\"}");
	return rl_refuse(e, d->where,
			 "the container's network namespace has a device \"%s\" already", d->name);
}

static bool is_chosen(const struct netdevs *s, const struct netdev *d, int index)
{
	for (const struct netdev *o = s->all; o < d; o++)
		if (o->index == index)
			return true;
	return false;
}

/* Choose its number inside: that which it has, or the next that is free. */
static int choose_index(struct netdevs *s, struct netdev *d, struct rl_err *e)
{
	for (int i = 0; i < INDEX_TRIES; i++) {
		struct rtlink other;
		int r;

		d->index = d->outside.index + i;
		if (is_chosen(s, d, d->index))
			continue;
		r = rtlink_by_index(&s->inside, d->index, &other);
		if (r == -ENODEV)
			return 0;
		if (r < 0)
			return fail(&s->inside, d, r, "look for a free index inside", e);
	}
	return fail(&s->inside, d, -EBUSY, "find a free index inside", e);
}

static int find_one(struct netdevs *s, struct netdev *d, const char *device, const char *name,
		    struct rl_err *e)
{
	int r = rtlink_by_name(&s->outside, device, &d->outside);

	if (r == -ENODEV)
		return rl_refuse(e, d->where, "there is no network device \"%s\"", device);
	if (r < 0)
		return fail(&s->outside, d, r, "look for the device", e);
	snprintf(d->name, sizeof(d->name), "%s", name ? name : d->outside.name);
	r = check_device(s, d, device, e);
	if (r == 0)
		r = check_name(s, d, e);
	if (r == 0)
		r = choose_index(s, d, e);
	if (r < 0)
		return r;
	r = rtaddr_list(&s->outside, d->outside.index, &d->addrs, &d->n_addrs);
	return r < 0 ? fail(&s->outside, d, r, "list its addresses", e) : 0;
}

int netdev_find(struct netdevs *s, const void *base, const struct namespaces_plan *p, pid_t pid,
		struct rl_err *e)
{
	char path[64];
	int fd, r;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = nsfile_open(path);
	if (fd < 0)
		return rl_fail(e, fd, "open the container's network namespace");
	r = netdev_open(s, fd, e);
	if (r < 0)
		return r;
	s->all = calloc(p->netdevs.n, sizeof(*s->all));
	if (!s->all)
		return rl_fail(e, -ENOMEM, "look at the network devices");
	FLAT_EACH(base, p->netdevs, const struct netdev_entry, n) {
		struct netdev *d = &s->all[s->n++];

		d->where = flat_get_str(base, n->where);
		r = find_one(s, d, flat_get_str(base, n->device), flat_get_str(base, n->name), e);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The way in which it makes its link-local address. One needs a secret that the device lost with
 * its old namespace: there the default of the new namespace is right.
 */
static int give_gen_mode(struct netlink *n, const struct netdev *d, const struct rtlink *now,
			 struct rl_err *e)
{
	uint8_t mode = d->outside.gen_mode;
	int r;

	if (mode == now->gen_mode || mode == IN6_ADDR_GEN_MODE_STABLE_PRIVACY ||
	    mode == RTLINK_GEN_UNKNOWN || now->gen_mode == RTLINK_GEN_UNKNOWN)
		return 0;
	r = rtlink_set_gen_mode(n, now->index, mode);
	return r < 0 ? fail(n, d, r, "set how it makes its link-local address", e) : 0;
}

/* Give addresses again to the device where it is now: those that last, or all. */
static int give_addresses(struct netlink *n, const struct netdev *d, const struct rtlink *now,
			  bool all, struct rl_err *e)
{
	char text[RTADDR_TEXT], what[RTADDR_TEXT + 32];

	for (const struct rtaddr *a = d->addrs; a < d->addrs + d->n_addrs; a++) {
		int r;

		if (all ? rtaddr_is_temporary(a) : !rtaddr_is_lasting(a))
			continue;
		r = rtaddr_add(n, a, now->index, d->outside.name, now->name);
		if (r < 0) {
			snprintf(what, sizeof(what), "add its address %s again",
				 rtaddr_text(a, text));
			return fail(n, d, r, what, e);
		}
	}
	return 0;
}

static int move_in(struct netdevs *s, struct netdev *d, struct rl_err *e)
{
	const struct rtlink_move move = { d->outside.index, s->inside_ns, d->name, d->index };
	struct rtlink now;
	int r;

	d->moved = true;
	r = rtlink_move(&s->outside, &move);
	if (r < 0)
		return fail(&s->outside, d, r, "move it into the container", e);
	r = rtlink_by_index(&s->inside, d->index, &now);
	if (r < 0)
		return fail(&s->inside, d, r, "find it in the container", e);
	r = give_gen_mode(&s->inside, d, &now, e);
	if (r == 0)
		r = give_addresses(&s->inside, d, &now, false, e);
	if (r < 0)
		return r;
	r = rtlink_set_up(&s->inside, now.index);
	return r < 0 ? fail(&s->inside, d, r, "bring it up", e) : 0;
}

int netdev_move(struct netdevs *s, struct rl_err *e)
{
	int r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++)
		r = move_in(s, &s->all[i], e);
	return r;
}

static bool is_it(const struct netdev *d, const struct rtlink *l)
{
	return l->mac_len == d->outside.mac_len && !memcmp(l->mac, d->outside.mac, l->mac_len);
}

/* Move it back, if it is inside. 1: it was. */
static int move_out(struct netdevs *s, const struct netdev *d, struct rl_err *e)
{
	struct rtlink_move move = { d->index, s->outside_ns, d->outside.name, d->outside.index };
	struct rtlink l;
	int r = rtlink_by_index(&s->inside, d->index, &l);

	if (r == -ENODEV || (r == 0 && !is_it(d, &l)))
		return 0;
	if (r < 0)
		return fail(&s->inside, d, r, "look for it in the container", e);
	/* The kernel would move it first, and then not rename it. */
	r = rtlink_by_name(&s->outside, d->outside.name, &l);
	if (r == 0) {
		rl_hint(e, "another device has its name: ip link set %s name NEW", d->outside.name);
		return fail(&s->outside, d, -EEXIST, "move it back", e);
	}
	r = rtlink_move(&s->inside, &move);
	if (r == -EBUSY) {
		move.new_index = 0;
		r = rtlink_move(&s->inside, &move);
	}
	return r < 0 ? fail(&s->inside, d, r, "move it back", e) : 1;
}

static int bring_back(struct netdevs *s, const struct netdev *d, struct rl_err *e)
{
	int r = move_out(s, d, e);
	bool moved = r > 0;
	struct rtlink now;

	if (r < 0)
		return r;
	r = rtlink_by_name(&s->outside, d->outside.name, &now);
	if (r == -ENODEV || (r == 0 && !is_it(d, &now)))
		return fail(&s->outside, d, -ENODEV, "find it", e);
	/* One that did not leave is as it was; but an earlier try may have been stopped here. */
	if (r == 0 && !moved && (now.up || !d->outside.up))
		return 0;
	if (r == 0)
		r = give_gen_mode(&s->outside, d, &now, e);
	if (r == 0)
		r = give_addresses(&s->outside, d, &now, true, e);
	if (r < 0 || !d->outside.up)
		return r;
	r = rtlink_set_up(&s->outside, now.index);
	return r < 0 ? fail(&s->outside, d, r, "bring it up again", e) : 0;
}

int netdev_back(struct netdevs *s, struct rl_err *e)
{
	int first = 0;

	for (size_t i = s->n; i-- > 0;) {
		int r = s->all[i].moved ? bring_back(s, &s->all[i], e) : 0;

		if (r < 0 && first == 0)
			first = r;
	}
	return first;
}
