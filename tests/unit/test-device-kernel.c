/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules in the kernel: what a process in the cgroup may really do, with lists of rules put
 * in the place of each other, and while that happens. Needs root.
 */
#include "tests/unit/device-box.h"

#define MAJORS 3 /* from MAJOR on */
#define MINORS 3

/* What one of the processes inside may do with each device: a bit for r, w, rw and m. */
struct verdicts {
	unsigned char may[2][MAJORS][MINORS];
};

static const unsigned int accesses[] = { DEVICE_READ, DEVICE_WRITE, DEVICE_READ | DEVICE_WRITE,
					 DEVICE_MKNOD };
static char nodes[] = "/tmp/rundlet-unit-XXXXXX";

/* --- the process inside --- */

static const char *node(char *buf, size_t size, int type, int major, int minor)
{
	snprintf(buf, size, "%s/%c-%d-%d", nodes, type ? 'b' : 'c', major, minor);
	return buf;
}

static int make_node(const char *path, int type, int major, int minor)
{
	return mknod(path, (type ? S_IFBLK : S_IFCHR) | 0600,
		     makedev((unsigned int)(MAJOR + major), (unsigned int)minor));
}

static unsigned char look(int type, int major, int minor)
{
	char path[128], new[136];
	unsigned char may;

	node(path, sizeof(path), type, major, minor);
	/* access(2) asks the cgroup as open(2) does, and wakes no device. */
	may = (unsigned char)((access(path, R_OK) == 0) | (access(path, W_OK) == 0) << 1 |
			      (access(path, R_OK | W_OK) == 0) << 2);
	snprintf(new, sizeof(new), "%s-new", path);
	may |= (unsigned char)((make_node(new, type, major, minor) == 0) << 3);
	unlink(new);
	return may;
}

/* For each signal, tell all verdicts. */
static void look_payload(int out)
{
	struct verdicts v;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		for (int i = 0; i < 2 * MAJORS * MINORS; i++)
			v.may[i % 2][i / 2 % MAJORS][i / 2 / MAJORS] =
				look(i % 2, i / 2 % MAJORS, i / 2 / MAJORS);
		if (write(out, &v, sizeof(v)) != sizeof(v))
			_exit(1);
		sigwaitinfo(&set, NULL);
	}
}

static bool make_nodes(void)
{
	char path[128];
	int r = 0;

	if (!own_mounts() || !mkdtemp(nodes) ||
	    mount("none", nodes, "tmpfs", 0, "size=1m,mode=700") < 0)
		return false;
	for (int i = 0; i < 2 * MAJORS * MINORS; i++)
		r |= make_node(node(path, sizeof(path), i % 2, i / 2 % MAJORS, i / 2 / MAJORS),
			       i % 2, i / 2 % MAJORS, i / 2 / MAJORS);
	return r == 0;
}

static void remove_nodes(void)
{
	umount2(nodes, MNT_DETACH);
	rmdir(nodes);
}

/* --- rules --- */

static unsigned int next_random(unsigned int *seed, unsigned int below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

static int random_number(unsigned int *seed, int base)
{
	int n = (int)next_random(seed, 4);

	return n == 3 ? DEVICE_ANY : base + n;
}

/* A few rules over a few devices, so that they meet often. */
static void random_rules(struct device_rules *l, unsigned int *seed)
{
	struct device_rule first = { .allow = next_random(seed, 2),
				     .type = 'a',
				     .major = DEVICE_ANY,
				     .minor = DEVICE_ANY,
				     .access = DEVICE_ALL };
	unsigned int n = 1 + next_random(seed, 8);

	device_rules_add(l, &first);
	while (n--) {
		struct device_rule r = { .allow = next_random(seed, 2) };

		r.type = "abc"[next_random(seed, 3)];
		r.major = random_number(seed, MAJOR);
		r.minor = random_number(seed, 0);
		r.access = 1 + next_random(seed, 7);
		device_rules_add(l, &r);
	}
}

static bool wants(const struct device_rules *l, int type, int major, int minor, size_t access)
{
	return device_rules_verdict(l, type ? 'b' : 'c', MAJOR + major, minor, accesses[access]);
}

static int count_differences(const struct device_rules *l, const struct verdicts *v)
{
	int differences = 0;

	for (int i = 0; i < 2 * MAJORS * MINORS; i++)
		for (size_t a = 0; a < RL_COUNT(accesses); a++)
			differences += wants(l, i % 2, i / 2 % MAJORS, i / 2 / MAJORS, a) !=
				       (v->may[i % 2][i / 2 % MAJORS][i / 2 / MAJORS] >> a & 1);
	return differences;
}

static struct verdicts ask(const struct inside *in)
{
	struct verdicts v = { 0 };

	if (read(in->from, &v, sizeof(v)) != sizeof(v))
		ok(false, "the process tells its verdicts");
	return v;
}

/* Random lists, each put in the place of the last one. */
static void test_random(const struct cgroupfs *fs, const char *name, unsigned int seed)
{
	int rounds = 150, expressed = 0, differences = 0, failed = 0;
	bool v2 = fs == &only_v2;
	rl_auto(box_done) struct box b = { 0 };
	struct inside in;

	if (!box_init_on(&b, fs, name, "") || !ok(create(&b) == 0, "create: %s", b.line))
		return;
	in = enter(&b, look_payload);
	ask(&in);
	for (int i = 0; i < rounds; i++) {
		rl_auto(device_rules_done) struct device_rules l = { 0 };
		rl_auto(device_update_done) struct device_update u;
		struct verdicts v;

		random_rules(&l, &seed);
		if (!update_of(&b, v2, &l, &u))
			continue;
		expressed++;
		failed += say(&b, device_update_apply(&u, &b.e)) < 0;
		kill(in.pid, SIGRTMIN);
		v = ask(&in);
		differences += count_differences(&l, &v);
	}
	is_int(failed, 0, "%s: every list is taken: %s", name, b.line);
	is_int(differences, 0, "%s: the kernel judges by each of %d lists", name, expressed);
	ok(expressed > rounds / 10, "%s: enough of them", name);
	kill_with(&b, SIGKILL);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* --- taking back --- */

/* From what `before` allows (NULL: nothing was ever attached) to nothing, and back. */
static void test_undo(const struct cgroupfs *fs, const char *name, const char *before)
{
	rl_auto(box_done) struct box b = { 0 };
	rl_auto(device_rules_done) struct device_rules nothing = { 0 };
	rl_auto(device_update_done) struct device_update u;
	struct verdicts v, w;
	struct inside in;

	load_rules(&nothing, 0);
	nothing.n = 1;
	if (!box_init_on(&b, fs, name, before ? before : "") ||
	    !ok(create(&b) == 0, "create: %s", b.line) ||
	    (before && !ok(limits(&b) == 0, "limits")))
		return;
	in = enter(&b, look_payload);
	v = ask(&in);
	ok(update_of(&b, fs == &only_v2, &nothing, &u), "%s: an update", name);
	u.had.allow_all = true;
	is_int(device_update_undo(&u, &b.e), 0, "undo of what was not done does nothing");
	is_int(say(&b, device_update_apply(&u, &b.e)), 0, "%s: apply: %s", name, b.line);
	kill(in.pid, SIGRTMIN);
	w = ask(&in);
	is_int(count_differences(&nothing, &w), 0, "%s: nothing is allowed", name);
	is_int(say(&b, device_update_undo(&u, &b.e)), 0, "%s: undo: %s", name, b.line);
	kill(in.pid, SIGRTMIN);
	w = ask(&in);
	ok(!memcmp(&v, &w, sizeof(v)), "%s: all is as it was", name);
	kill_with(&b, SIGKILL);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
}

/* The last exception cannot be written: those before it are gone again. */
static void test_apply_fails(void)
{
	rl_auto(box_done) struct box above = { 0 }, b = { 0 };
	rl_auto(device_rules_done) struct device_rules l = { 0 };
	rl_auto(device_update_done) struct device_update u;
	char list[256] = "", path[PATH_MAX];

	if (!box_init_on(&above, &only_v1, "narrow", "") ||
	    !box_init_on(&b, &only_v1, "narrow/below", ""))
		return;
	is_int(create(&above), 0, "create: %s", above.line);
	snprintf(path, sizeof(path), "%s/devices.deny", above.record.dirs[0].path);
	fdio_write_at(AT_FDCWD, path, "a");
	snprintf(path, sizeof(path), "%s/devices.allow", above.record.dirs[0].path);
	fdio_write_at(AT_FDCWD, path, "c 1:3 rwm");
	fdio_write_at(AT_FDCWD, path, "c 1:5 rwm");
	is_int(create(&b), 0, "create: %s", b.line);
	snprintf(path, sizeof(path), "%s/devices.deny", b.record.dirs[0].path);
	fdio_write_at(AT_FDCWD, path, "c 1:5 rwm");
	load_rules(&l, 1);
	ok(update_of(&b, false, &l, &u), "an update");
	is_int(say(&b, device_update_apply(&u, &b.e)), -EPERM, "what the parent does not allow");
	ok(strstr(b.line, "write \"c 241:7 rwm\" to ") && strstr(b.line, "devices.allow"),
	   "is named: %s", b.line);
	snprintf(path, sizeof(path), "%s/devices.list", b.record.dirs[0].path);
	fdio_read_at(AT_FDCWD, path, list, sizeof(list));
	is_str(list, "c 1:3 rwm\n", "the old rules are in force");
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	is_int(remove_all(&above), 0, "remove: %s", above.line);
}

/* --- planned from documents --- */

static bool load_json(struct oci_doc *doc, const char *json)
{
	struct oci_error oe;

	return oci_load(&oci_config_table, json, strlen(json), doc, &oe) == 0 ||
	       ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
}

/* The nodes of the stored configuration stay, its rules do not. */
static void test_planned(const struct cgroupfs *fs, const char *name)
{
	rl_auto(device_update_done) struct device_update u = DEVICE_UPDATE_INIT;
	rl_auto(box_done) struct box b = { 0 };
	const struct oci_config *c, *n;
	struct oci_doc stored, new;
	struct verdicts v;
	struct inside in;

	if (!load_json(
		    &stored,
		    "{\"ociVersion\":\"1.2.0\",\"linux\":{\"devices\":[{\"path\":\"/dev/x\","
		    "\"type\":\"c\",\"major\":240,\"minor\":1}],\"resources\":{\"devices\":[{\"allow\":"
		    "true,\"type\":\"b\",\"major\":241,\"access\":\"rw\"}]}}}") ||
	    !load_json(
		    &new,
		    "{\"ociVersion\":\"1.2.0\",\"linux\":{\"resources\":{\"devices\":[{\"allow\":"
		    "true,\"type\":\"c\",\"major\":241,\"minor\":2,\"access\":\"r\"}]}}}"))
		return;
	c = stored.root;
	n = new.root;
	if (!box_init_on(&b, fs, name, "") || !ok(create(&b) == 0, "create: %s", b.line))
		return;
	is_int(say(&b, device_update_plan(c, n->linux_->resources, b.record.dirs[0].path,
					  fs == &only_v2, &u, &b.e)),
	       0, "%s: plan: %s", name, b.line);
	is_int(say(&b, device_update_apply(&u, &b.e)), 0, "%s: apply: %s", name, b.line);
	in = enter(&b, look_payload);
	v = ask(&in);
	is_int(v.may[0][0][1], 1 << 3, "%s: a node of the configuration can be made", name);
	is_int(v.may[0][1][2], 1 << 0, "%s: what the new rules allow", name);
	is_int(v.may[1][1][0], 0, "%s: what the old ones allowed is denied", name);
	kill_with(&b, SIGKILL);
	leave(&in);
	is_int(remove_all(&b), 0, "remove: %s", b.line);
	oci_done(&stored);
	oci_done(&new);
}

static void test_all(void)
{
	if (!make_nodes()) {
		skip("device nodes cannot be made here");
		remove_nodes();
		return;
	}
	if (setup_v1()) {
		test_random(&only_v1, "random-v1", 11);
		test_undo(
			&only_v1, "undo-v1",
			"\"devices\":[{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":240}]");
		test_undo(&only_v1, "undo-v1-all", NULL);
		test_planned(&only_v1, "planned-v1");
		test_apply_fails();
	} else {
		skip("no devices controller of v1 here");
	}
	if (only_v2.n) {
		test_random(&only_v2, "random-v2", 7);
		test_undo(
			&only_v2, "undo-v2",
			"\"devices\":[{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":240}]");
		test_undo(&only_v2, "undo-v2-none", NULL);
		test_planned(&only_v2, "planned-v2");
	} else {
		skip("no v2 hierarchy here");
	}
	remove_nodes();
}

int main(void)
{
	return box_main(test_all);
}
