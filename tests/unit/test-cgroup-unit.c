/* SPDX-License-Identifier: Apache-2.0 */
/* The scope unit of a container: names, slices, properties. Needs neither systemd nor privilege. */
#include "cgroup/cgroup.h"
#include "cgroup/systemd/scope.h"
#include "cgroup/systemd/unit.h"
#include "tests/unit/unit-plan.h"

#include <errno.h>

static void test_slices(void)
{
	static const struct {
		const char *slice, *path;
	} good[] = {
		{ "system.slice", "/system.slice" },
		{ "a-b.slice", "/a.slice/a-b.slice" },
		{ "machine-libpod_pod-1.2.slice",
		  "/machine.slice/machine-libpod_pod.slice/machine-libpod_pod-1.2.slice" },
		{ "-.slice", "" },
		{ "memory-a.slice", "/_memory.slice/memory-a.slice" },
	};
	static const char *const bad[] = { "",          ".slice",   "a",          "a.scope",
					   "-a.slice",  "a-.slice", "a--b.slice", "a/b.slice",
					   "a b.slice", "--.slice", "a@b.slice",  "..slice" };
	char path[256];

	for (size_t i = 0; i < RL_COUNT(good); i++) {
		int r = unit_slice_path(good[i].slice, path, sizeof(path));

		is_str(r >= 0 ? path : "refused", good[i].path, "slice %s", good[i].slice);
	}
	for (size_t i = 0; i < RL_COUNT(bad); i++)
		is_int(unit_slice_path(bad[i], path, sizeof(path)), -EINVAL, "no slice: \"%s\"",
		       bad[i]);
	is_int(unit_slice_path("a-b-c-d.slice", path, 20), -ENAMETOOLONG, "no room");
}

static void test_cgroup_names(void)
{
	static const char *const names[][2] = {
		{ "web.scope", "web.scope" },
		{ "memory.scope", "_memory.scope" },
		{ "memory-a.scope", "memory-a.scope" },
		{ "cgroup.scope", "_cgroup.scope" },
		{ "_web.scope", "__web.scope" },
		{ "cpuset.scope", "_cpuset.scope" },
		{ "freezer.scope", "freezer.scope" },
		{ "bpf-devices.scope", "_bpf-devices.scope" },
	};
	char name[UNIT_NAME_LIMIT + 2];

	for (size_t i = 0; i < RL_COUNT(names); i++) {
		unit_cgroup_name(names[i][0], name);
		is_str(name, names[i][1], "the cgroup of %s", names[i][0]);
	}
}

/* "unit slice path", or the error. */
static const char *place_of(const struct cgroup_systemd *systemd, const char *cgroups_path)
{
	static char text[1024];
	char json[1024];
	struct planned *t;

	snprintf(json, sizeof(json), "\"linux\":{\"cgroupsPath\":\"%s\"}", cgroups_path);
	t = plan(&v2, systemd, "web", json);
	if (t->r < 0)
		return t->line;
	snprintf(text, sizeof(text), "%s %s %s", str(t, t->p.unit.name), str(t, t->p.unit.slice),
		 str(t, t->p.path));
	return text;
}

#define KEY "config.json: linux.cgroupsPath: "

static void test_places(void)
{
	char long_name[400] = "a.slice:p:", *end = long_name + strlen(long_name);

	is_str(place_of(&system_manager, "machine.slice:libpod:1a"),
	       "libpod-1a.scope machine.slice /machine.slice/libpod-1a.scope", "as podman has it");
	is_str(place_of(&system_manager, "a-b.slice::1a"),
	       "1a.scope a-b.slice /a.slice/a-b.slice/1a.scope", "without a prefix");
	is_str(place_of(&system_manager, "::io"), "io.scope system.slice /system.slice/_io.scope",
	       "without a slice");
	is_str(place_of(&system_manager, "-.slice::x"), "x.scope -.slice /x.scope",
	       "in the root slice");
	is_str(place_of(&user_manager, ":p:x"),
	       "p-x.scope user.slice /user.slice/user-7.slice/user@7.service/user.slice/p-x.scope",
	       "a user's");
	is_str(place_of(&system_manager, ""),
	       "rundlet-web.scope system.slice /system.slice/rundlet-web.scope", "by default");
	is_str(place_of(&system_manager, "/machine/web"),
	       KEY "\"/machine/web\" is not of the form slice:prefix:name", "a path");
	ok(strstr(plan(&v2, &system_manager, "x", "\"linux\":{\"cgroupsPath\":\"/a\"}")->e.hint,
		  "--cgroup-manager=cgroupfs"),
	   "and a hint");
	is_str(place_of(&system_manager, "a:b"), KEY "\"a:b\" is not of the form slice:prefix:name",
	       "one colon");
	is_str(place_of(&system_manager, "a.slice:b:c:d"),
	       KEY "\"a.slice:b:c:d\" is not of the form slice:prefix:name", "three colons");
	is_str(place_of(&system_manager, "a.slice:b:"),
	       KEY "\"a.slice:b:\" names no unit behind the second colon", "no name");
	is_str(place_of(&system_manager, "a.slice:b:c.slice"),
	       KEY "\"a.slice:b:c.slice\" names a slice, and a container is a scope", "a slice");
	is_str(place_of(&system_manager, "a:b:c"),
	       KEY "\"a:b:c\" does not begin with the name of a slice, such as a-b.slice",
	       "no slice");
	is_str(place_of(&system_manager, "a.slice:b:c d"),
	       KEY "\"b-c d.scope\" cannot be the name of a unit of systemd", "a blank");
	memset(end, 'x', 255);
	ok(strstr(place_of(&system_manager, long_name), "cannot be the name of a unit"),
	   "too long");
	end[255 - strlen("p-.scope")] = 0;
	ok(!strncmp(place_of(&system_manager, long_name), "p-xxx", 5), "just not too long");
	memset(end, 'x', 256);
	ok(strstr(place_of(&system_manager, long_name), "longer than the name of a unit"),
	   "a part that is too long");
}

static void test_ids(void)
{
	char id[256] = { 0 };
	struct planned *t = plan(&v2, &system_manager, "a+b", "\"linux\":{}");

	is_str(str(t, t->p.unit.name), "rundlet-a\\x2bb.scope", "an id with '+'");
	memset(id, '+', 255);
	is_int(plan(&v2, &system_manager, id, "\"linux\":{}")->r, -EINVAL,
	       "one that gets too long");
}

/* An annotation, and the property of it, or the error. */
static void test_annotation(const char *name, const char *value, const char *want)
{
	struct planned *t;
	char json[1024];

	snprintf(json, sizeof(json),
		 "\"annotations\":{\"org.systemd.property.%s\":\"%s\",\"other\":\"x\"},"
		 "\"linux\":{\"resources\":{\"pids\":{\"limit\":1}}}",
		 name, value);
	t = plan(&v2, &system_manager, "web", json);
	is_str(t->r < 0              ? t->line :
	       strstr(t->text, want) ? want :
				       t->text,
	       want, "annotation %s %s", name, value);
}

#define REFUSED(name) "config.json: annotations[\"org.systemd.property." name "\"]: "

#define LETTERS_17 "Abcdefghijklmnopq"
/* Its "Sec" is the last that is read of it. */
#define TOO_LONG LETTERS_17 LETTERS_17 LETTERS_17 LETTERS_17 "SecAnd"

static void test_annotations(void)
{
	test_annotation("KillSignal", "15", "KillSignal=i15");
	test_annotation("TimeoutStopUSec", "uint64 7", "TimeoutStopUSec=t7");
	test_annotation("TimeoutStopSec", "10", "TimeoutStopUSec=t10000000");
	test_annotation("TimeoutStopSec", "uint32 1.5", "TimeoutStopUSec=t1500000");
	test_annotation("TimeoutStopSec", "0.0000019", "TimeoutStopUSec=t1");
	test_annotation(TOO_LONG, "1",
			REFUSED(TOO_LONG) "the name of a property is made of 1 to 64 letters and "
					  "digits");
	test_annotation("TimeoutStopSec", "-1",
			REFUSED("TimeoutStopSec") "\"-1\" is no number of seconds");
	test_annotation("TimeoutStopSec", "99999999999999",
			REFUSED("TimeoutStopSec") "\"99999999999999\" is too much");
	test_annotation("After", "['a.service']", "After=Sa.service");
	test_annotation("DefaultDependencies", "true", "DefaultDependencies=b1");
	test_annotation(
		"ExecStartPre", "'x'",
		REFUSED("ExecStartPre") "the property ExecStartPre would run programs on the "
					"host");
	test_annotation(
		"OnFailure", "['x.service']",
		REFUSED("OnFailure") "the property OnFailure would run programs on the host");
	test_annotation("FailureAction", "'reboot-force'",
			REFUSED("FailureAction") "the property FailureAction would stop the host");
	test_annotation("Conflicts", "['sshd.service']",
			REFUSED("Conflicts") "the property Conflicts would stop units of the host");
	test_annotation("Wants", "['poweroff.target']",
			REFUSED("Wants") "the property Wants would start units of the host");
	test_annotation("BindsTo", "['poweroff.target']",
			REFUSED("BindsTo") "the property BindsTo would start units of the host");
	test_annotation("WantedBy", "['sshd.service']",
			REFUSED("WantedBy") "the property WantedBy would tie units of the host to "
					    "the container");
	test_annotation("IPIngressFilterPath", "['/sys/fs/bpf/x']",
			REFUSED("IPIngressFilterPath") "the property IPIngressFilterPath would run "
						       "a program in the host's kernel");
	test_annotation("User", "'nobody'",
			REFUSED("User") "the property User says whose the cgroup is: process.user "
					"says that");
	test_annotation("PIDs", "5",
			REFUSED("PIDs") "the property PIDs names the processes of the unit, which "
					"the runtime does");
	test_annotation("Slice", "'a.slice'",
			REFUSED("Slice") "the property Slice is where the cgroup is: "
					 "linux.cgroupsPath says that");
	test_annotation("DeviceAllow", "true",
			REFUSED("DeviceAllow") "the property DeviceAllow is about devices: "
					       "linux.resources.devices says that");
	test_annotation(
		"TasksMax", "uint64 9",
		REFUSED("TasksMax") "the property TasksMax is set by linux.resources.pids.limit "
				    "already");
	test_annotation("", "1",
			REFUSED("") "the name of a property is made of 1 to 64 letters and "
				    "digits");
	test_annotation("A.b", "1",
			REFUSED("A.b") "the name of a property is made of 1 to 64 letters "
				       "and digits");
}

/* What is recorded before anything is made: the unit and its directory, but not the slice. */
static void test_record(void)
{
	rl_auto(cgroup_record_done) struct cgroup_record r = { 0 };
	struct planned *t = plan(&v2, &system_manager, "web", "\"linux\":{}");

	is_int(cgroup_record_make(t->f.data, &t->p, &r), 0, "a record is made");
	is_str(r.unit, "rundlet-web.scope", "with the unit");
	is_str(r.bus, "unix:path=/bus", "and where its manager is");
	is_str(r.dirs[0].path, "/sys/fs/cgroup/system.slice/rundlet-web.scope", "its directory");
	is_str(r.dirs[0].stop, "/sys/fs/cgroup/system.slice", "below a slice that is systemd's");
}

/* With the other managers there is nobody to tell. */
static void test_update(void)
{
	const struct cgroup_record r = { 0 };
	struct rl_err e = RL_ERR_INIT;
	struct planned *t = plan(&v2, &system_manager, "web", "\"linux\":{}");

	is_int(scope_update(t->f.data, &t->p, NULL, &r, &e), 0, "an update without a unit");
}

int main(void)
{
	init_facts();
	test_slices();
	test_cgroup_names();
	test_places();
	test_ids();
	test_update();
	test_annotations();
	test_record();
	return tap_done();
}
