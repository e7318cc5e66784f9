/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the planner of the file tree: root, devices, masks, report. Needs no root. */
#include "base/report.h"
#include "tests/unit/rootfs-config.h"

#include <sys/stat.h>

static char *paths[8];

static void test_propagation(void)
{
	const struct rootfs_mount *m;

	reset();
	add("/x", "bind", "/src", "rslave shared");
	is_int(make(), 0, "words of propagation");
	m = mount_at(0);
	ok(m->propagation[0] == (MS_SLAVE | MS_REC) && m->propagation[1] == MS_SHARED &&
		   !m->propagation[2],
	   "in the order of the list");
	ok(plan.has_shared, "something is shared");
	is_int(plan.propagation, MS_SLAVE | MS_REC, "the root is rslave without a word");
	reset();
	add("/x", "bind", "/src", "private slave shared private slave");
	refused("mounts[0].options", "more than 4 words of propagation");
	reset();
	lnx.rootfs_propagation = arena_str(&arena, "private");
	is_int(make(), 0, "rootfsPropagation");
	is_int(plan.propagation, MS_PRIVATE, "private");
	ok(!plan.has_shared, "nothing is shared");
	lnx.rootfs_propagation = arena_str(&arena, "noexec");
	refused("linux.rootfsPropagation", "none of private, shared, slave and unbindable");
}

static const struct rootfs_device *device_at(const char *path)
{
	FLAT_EACH(f.data, plan.devices, const struct rootfs_device, d) {
		if (!strcmp(str(d->path), path))
			return d;
	}
	return NULL;
}

static void test_devices(void)
{
	const struct rootfs_device *d;
	struct oci_device *c;

	reset();
	c = add_device("/dev/fuse", "u", 10, 229);
	c->has_file_mode = c->has_uid = true;
	c->file_mode = S_IFCHR | 0640;
	c->uid = 5;
	c = add_device("/dev/null", "c", 1, 3);
	c->has_file_mode = true;
	c->file_mode = 0600;
	add_device("/dev/p", "p", -1, -1)->has_major = false;
	add_device("/dev/sda", "b", 8, 0);
	is_int(make(), 0, "devices");
	is_int(plan.devices.n, 9, "four of the configuration and five default ones");
	is_int(plan.links.n, 6, "and six links");
	d = device_at("/dev/fuse");
	ok(d && d->mode == (S_IFCHR | 0640) && d->major == 10 && d->minor == 229 && d->uid == 5 &&
		   !d->gid && d->fd == -1,
	   "an unbuffered character device, the type bits not said twice");
	d = device_at("/dev/null");
	ok(d && d->mode == (S_IFCHR | 0600) && d->where, "a default device is overridden");
	d = device_at("/dev/p");
	ok(d && d->mode == (S_IFIFO | 0666), "a fifo needs no numbers; mode 0666 by default");
	d = device_at("/dev/zero");
	ok(d && d->major == 1 && d->minor == 5 && !d->where && !d->must_exist, "a default one");
	add("/dev", "bind", "/dev", "rbind");
	is_int(make(), 0, "with a bound /dev");
	is_int(plan.devices.n, 4, "no default devices");
	is_int(plan.links.n, 0, "and no links");
	ok(device_at("/dev/fuse")->must_exist, "the others must be there");
	add("/dev", "tmpfs", "tmpfs", NULL);
	is_int(make(), 0, "with a tmpfs over it");
	is_int(plan.devices.n, 9, "they are made again");
}

static void refuse_device(const char *path, const char *type, int64_t ma, int64_t mi,
			  const char *where, const char *text)
{
	reset();
	add_device(path, type, ma, mi);
	refused(where, text);
}

static void test_device_refusals(void)
{
	refuse_device("dev/x", "c", 1, 1, "linux.devices[0]", "is not absolute");
	refuse_device("/..", "c", 1, 1, "linux.devices[0]", "cannot be a device");
	refuse_device("/dev/x", "x", 1, 1, "linux.devices[0]", "none of c, u, b and p");
	refuse_device("/dev/x", "cc", 1, 1, "linux.devices[0]", "none of c, u, b and p");
	refuse_device("/dev/x", "c", 4096, 1, "linux.devices[0].major", "is not between");
	refuse_device("/dev/x", "c", -1, 1, "linux.devices[0].major", "is not between");
	refuse_device("/dev/x", "c", 1, 1048576, "linux.devices[0].minor", "is not between");
	reset();
	add_device("/dev/x", "b", 1, 1)->has_minor = false;
	refused("linux.devices[0].minor", "is missing");
}

static void test_masks(void)
{
	static char a[] = "/proc/kcore", b[] = "/proc//kcore", c[] = "/sys/../sys/firmware",
		    d[] = "proc/x", e[] = "/";
	const struct rootfs_path *m;

	reset();
	lnx.masked_paths = paths;
	lnx.n_masked_paths = 3;
	paths[0] = a;
	paths[1] = b;
	paths[2] = c;
	is_int(make(), 0, "masked paths");
	is_int(plan.masked.n, 2, "one said twice is masked once");
	m = flat_get(f.data, plan.masked.off);
	is_str(str(m[1].path), "/sys/firmware", "cleaned");
	is_str(str(m[1].where), "linux.maskedPaths[2]", "where it comes from");
	paths[1] = d;
	refused("linux.maskedPaths[1]", "is not an absolute path");
	paths[1] = e;
	refused("linux.maskedPaths[1]", "the root itself");
	lnx.n_masked_paths = 0;
	lnx.readonly_paths = paths;
	lnx.n_readonly_paths = 2;
	refused("linux.readonlyPaths[1]", "the root itself");
	lnx.n_readonly_paths = 1;
	is_int(make(), 0, "read-only paths");
	is_int(plan.readonly_paths.n, 1, "one");
}

/* Mounts with something to hide below them are found again by their descriptors. */
static void test_held(void)
{
	static char version[] = "/proc/version", firmware[] = "/sys/firmware";
	const struct rootfs_mount *m;

	reset();
	add("/proc", "proc", "proc", NULL);
	add("/process", "tmpfs", "t", NULL);
	add("/sys", NULL, "/sys", "rbind");
	add("/sys", NULL, NULL, "remount bind ro");
	add("/sys/firmware", "tmpfs", "t", NULL);
	lnx.masked_paths = paths;
	lnx.n_masked_paths = 1;
	paths[0] = version;
	lnx.readonly_paths = paths + 1;
	lnx.n_readonly_paths = 1;
	paths[1] = firmware;
	is_int(make(), 0, "mounts with masks below them");
	m = flat_get(f.data, plan.mounts.off);
	is_int(m[0].held, 1, "a new file system");
	is_int(m[1].held, 0, "not one whose name only begins alike");
	is_int(m[2].held, 1, "a tree of the host");
	is_int(m[3].held, 0, "not a remount");
	is_int(m[4].held, 0, "not what is hidden itself");
	for (int i = 0; i < 62; i++)
		add("/proc", "proc", "proc", NULL);
	is_int(make(), 0, "64 of them");
	add("/proc", "proc", "proc", NULL);
	refused("mounts", "more than 64 entries with masked or read-only paths");
}

static void test_limits(void)
{
	struct oci_mount *m;

	reset();
	config.n_mounts = 16385;
	refused("mounts", "more than 16384");
	reset();
	lnx.n_devices = 16385;
	refused("linux.devices", "more than 16384");
	reset();
	lnx.masked_paths = paths;
	lnx.n_masked_paths = 4097;
	refused("linux.maskedPaths", "more than 4096");
	reset();
	m = add("/x", "tmpfs", "t", NULL);
	for (m->n_options = 0; m->n_options < 129; m->n_options++)
		m->options[m->n_options] = arena_str(&arena, "a=b");
	refused("mounts[0].options", "more than 128 parameters");
	m->n_options = 1025;
	refused("mounts[0].options", "more than 1024 words");
}

static void test_root(void)
{
	reset();
	is_int(make(), 0, "a root");
	is_str(str(plan.path), "/b/rootfs", "from the bundle");
	ok(!plan.readonly && plan.own_namespace && !plan.joined && plan.root_fd == -1, "writable");
	root.path = arena_str(&arena, "/abs/root");
	root.has_readonly = root.readonly = true;
	facts.no_pivot = facts.user_namespace = true;
	facts.mount_namespace = false;
	mount_ns.path = arena_str(&arena, "/proc/1/ns/mnt");
	is_int(make(), 0, "another");
	is_str(str(plan.path), "/abs/root", "absolute");
	ok(plan.readonly && plan.no_pivot && plan.in_userns && plan.own_namespace && plan.joined,
	   "read-only, in namespaces that are joined");
}

static void test_root_refusals(void)
{
	reset();
	root.path = NULL;
	refused("root.path", "is empty");
	config.root = NULL;
	refused("root", "is missing");
	reset();
	lnx.n_namespaces = 0;
	facts.mount_namespace = false;
	refused("linux.namespaces", "has no \"mount\"");
	config.linux_ = NULL;
	refused("linux.namespaces", "has no \"mount\"");
}

static void test_report(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct report r;

	reset();
	add("/a", "tmpfs", "t", "nosuid ro rprivate noatime size=1m");
	add("/b", "bind", "/s", "rbind rro rw relatime");
	add_device("/dev/fuse", "c", 10, 229);
	is_int(make(), 0, "a plan to print");
	report_begin(&r, out, REPORT_TEXT);
	rootfs_report(&r, f.data, &plan);
	report_end(&r);
	fclose(out);
	ok(strstr(text, "path: /b/rootfs") && strstr(text, "propagation: rslave"), "the root");
	ok(strstr(text, "noatime,nosuid,ro,rprivate,size=1m"), "options as words");
	ok(strstr(text, "relatime,rro,rw"), "those of a tree");
	ok(strstr(text, "type: rbind") && strstr(text, "/dev/fuse c 10:229 0666 0:0") &&
		   strstr(text, "/dev/ptmx -> pts/ptmx"),
	   "kinds, devices, links");
	if (tap_failed)
		printf("%s", text);
	free(text);
}

int main(void)
{
	test_propagation();
	test_devices();
	test_device_refusals();
	test_masks();
	test_held();
	test_limits();
	test_root();
	test_root_refusals();
	test_report();
	arena_done(&arena);
	flat_done(&f);
	return tap_done();
}
