/* SPDX-License-Identifier: Apache-2.0 */
/* librundlet as a program meets it: the names of rundlet.h are there, others are not, errors come
 * back. */
#include "include/rundlet.h"

#include "config.h"
#include "tests/unit/tap.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "./librundlet.so.0" /* the tests run in the build folder */

static const char *const names[] = {
	"rundlet_create",        "rundlet_run",    "rundlet_plan",    "rundlet_start",
	"rundlet_kill",          "rundlet_delete", "rundlet_version", "rundlet_state_get",
	"rundlet_state_done",    "rundlet_stats",  "rundlet_pause",   "rundlet_resume",
	"rundlet_exec",          "rundlet_pids",   "rundlet_update",  "rundlet_mounts_add",
	"rundlet_mounts_remove",
};

static void test_names(void *library)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(dlsym(library, names[i]) != NULL, "%s is exported", names[i]);
	ok(!dlsym(library, "container_create"), "names of rundlet's own are not");
}

static void test_error(void *library)
{
	int (*state_get)(const char *, const char *, struct rundlet_state *,
			 struct rundlet_error *);
	struct rundlet_state state = { 0 };
	struct rundlet_error e = { 0 };

	*(void **)&state_get = dlsym(library, "rundlet_state_get");
	ok(state_get("/nonexistent-root", "web", &state, &e) < 0,
	   "an unknown container is an error");
	ok(strstr(e.message, "does not exist") != NULL, "it says: %s", e.message);
	ok(state_get("/nonexistent-root", "a\nb", &state, &e) < 0, "a bad id is one");
	ok(strstr(e.message, "a\\nb") && !strchr(e.message, '\n'), "in one line: %s", e.message);
}

static void test_version(void *library)
{
	const char *(*version)(void);

	*(void **)&version = dlsym(library, "rundlet_version");
	is_str(version(), PACKAGE_VERSION, "the version is that of the build");
}

/* Options as a program has them that was compiled with a later rundlet.h. */
struct later {
	struct rundlet_options o;
	const char *more;
};

/* What rundlet_plan() of a bundle that is not there says: it looked at the options or it did not.
 */
static void test_sizes(void *library)
{
	static const size_t first = offsetof(struct rundlet_options, flags) + sizeof(unsigned int);
	static const struct {
		size_t size;
		const char *more;
		bool known;
		const char *what;
	} rows[] = {
		{ sizeof(struct rundlet_options), NULL, true, "our own size" },
		{ first, NULL, true, "the size of the first version" },
		{ first - 1, NULL, false, "a smaller one" },
		{ 0, NULL, false, "none" },
		{ sizeof(struct later), NULL, true, "a later one with members that are zero" },
		{ sizeof(struct later), "x", false, "a later one with a member that is used" },
		{ SIZE_MAX, NULL, false, "no size of a struct" },
	};
	int (*plan)(const struct rundlet_options *, FILE *, struct rundlet_error *);

	*(void **)&plan = dlsym(library, "rundlet_plan");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct later l = { { .size = rows[i].size,
				     .root = "/nonexistent-root",
				     .id = "web",
				     .bundle = "/nonexistent-bundle" },
				   rows[i].more };
		struct rundlet_error e = { 0 };
		int r = plan(&l.o, stdout, &e);

		is_int(e.code, -r, "%s: the error has the same code", rows[i].what);
		if (rows[i].known)
			ok(strstr(e.message, "/nonexistent-bundle") != NULL, "is taken: %s",
			   e.message);
		else
			ok(r == -EINVAL && strstr(e.message, "rundlet_options"), "is refused: %s",
			   e.message);
	}
}

/* A filter with a listener: the connection to its agent is one that planning does not make. */
static const char listening[] =
	"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"/\"},\"process\":{\"cwd\":\"/\","
	"\"args\":[\"/bin/true\"],\"user\":{\"uid\":0,\"gid\":0}},\"linux\":{\"namespaces\":"
	"[{\"type\":\"mount\"}],\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
	"\"listenerPath\":\"/agent\",\"syscalls\":[{\"names\":[\"mkdir\"],"
	"\"action\":\"SCMP_ACT_NOTIFY\"}]}}}";

static void test_descriptors(void *library)
{
	char bundle[] = "/tmp/rundlet-test-XXXXXX", config[sizeof(bundle) + 16];
	struct rundlet_options o = { .size = sizeof(o), .root = "/nonexistent-root", .id = "web" };
	int (*plan)(const struct rundlet_options *, FILE *, struct rundlet_error *);
	FILE *null = fopen("/dev/null", "we"), *f;
	struct rundlet_error e = { 0 };

	*(void **)&plan = dlsym(library, "rundlet_plan");
	o.bundle = mkdtemp(bundle);
	snprintf(config, sizeof(config), "%s/config.json", bundle);
	f = fopen(config, "we");
	ok(f && fputs(listening, f) >= 0 && fclose(f) == 0, "a bundle");
	is_int(plan(&o, null, &e), 0, "its plan: %s", e.message);
	ok(fcntl(0, F_GETFD) >= 0, "no descriptor of the program's is closed");
	fclose(null);
	unlink(config);
	rmdir(bundle);
}

static void test_flags(void *library)
{
	struct rundlet_options o = {
		.size = sizeof(o), .root = "/nonexistent-root", .id = "web", .flags = 1u << 31
	};
	struct rundlet_error e = { 0 };
	int (*create)(const struct rundlet_options *, struct rundlet_error *);

	*(void **)&create = dlsym(library, "rundlet_create");
	is_int(create(&o, &e), -EINVAL, "a flag that is not known is refused: %s", e.message);
}

static void test_update(void *library)
{
	int (*update)(const char *, const char *, const char *, struct rundlet_error *);
	struct rundlet_error e = { 0 };

	*(void **)&update = dlsym(library, "rundlet_update");
	is_int(update("/nonexistent-root", "web", "{\"pids\":{\"limit\":5}}", &e), -ENOENT,
	       "update of an unknown container");
	ok(strstr(e.message, "does not exist") != NULL, "it says: %s", e.message);
	is_int(update("/nonexistent-root", "web", "{\"pids\":\n{\"limit\":\"5\"}}", &e), -EINVAL,
	       "resources that are wrong");
	is_str(e.message, "resources: pids.limit: must be an integer, not a string", "the error");
	ok(e.line == 2 && e.column == 10, "with its place: line %d, column %d", e.line, e.column);
	ok(update("/nonexistent-root", "web", "", &e) < 0, "no JSON at all");
	ok(!strncmp(e.message, "resources: ", 11), "it says: %s", e.message);
}

static void test_exec(void *library)
{
	char *args[] = { (char *)(uintptr_t) "true", NULL };
	struct rundlet_exec_options o = {
		.size = sizeof(o), .root = "/nonexistent-root", .id = "web", .args = args
	};
	int (*exec)(const struct rundlet_exec_options *, int *, struct rundlet_error *);
	struct rundlet_error e = { 0 };
	int status = 0;

	*(void **)&exec = dlsym(library, "rundlet_exec");
	is_int(exec(&o, &status, &e), -ENOENT, "exec in an unknown container: %s", e.message);
	o.process = "{\"cwd\":\n5}";
	is_int(exec(&o, &status, &e), -EINVAL, "a process that is wrong");
	is_str(e.message, "process.cwd: must be a string, not a number", "the error");
	ok(e.line == 2 && e.column == 1, "with its place: line %d, column %d", e.line, e.column);
	o.flags = RUNDLET_JSON;
	is_int(exec(&o, &status, &e), -EINVAL, "a flag that is of another call: %s", e.message);
	o.size = 8;
	is_int(exec(&o, &status, &e), -EINVAL, "a size that is too small: %s", e.message);
}

static void test_mounts(void *library)
{
	int (*add)(const char *, const char *, const char *, struct rundlet_error *);
	struct rundlet_error e = { 0 };

	*(void **)&add = dlsym(library, "rundlet_mounts_add");
	is_int(add("/nonexistent-root", "web", "[{\"destination\": \"/x\"}]", &e), -ENOENT,
	       "mounts for an unknown container");
	ok(strstr(e.message, "does not exist") != NULL, "it says: %s", e.message);
	is_int(add("/nonexistent-root", "web", "[\n{\"destination\": 5}]", &e), -EINVAL,
	       "mounts that are wrong");
	is_str(e.message, "mounts[0].destination: must be a string, not a number", "the error");
	ok(e.line == 2 && e.column == 17, "with its place: line %d, column %d", e.line, e.column);
}

int main(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	ok(library != NULL, "it loads: %s", library ? LIBRARY : dlerror());
	if (library) {
		test_names(library);
		test_error(library);
		test_version(library);
		test_sizes(library);
		test_descriptors(library);
		test_flags(library);
		test_update(library);
		test_exec(library);
		test_mounts(library);
	}
	return tap_done();
}
