/* SPDX-License-Identifier: Apache-2.0 */
/* A systemd manager over D-Bus; see systemd-bus.h. */
#include "os/systemd-bus.h"

#include "config.h"

#include <errno.h>

#ifdef HAVE_SYSTEMD
#include "base/auto.h"
#include "base/fault.h"
#include "os/clock.h"
#include "os/systemd-lib.h"
#include "os/systemd-properties.h"

#include <stdio.h>
#include <string.h>

#define CALL_USEC (UINT64_C(25) * 1000000) /* for an answer; D-Bus's own default */
#define JOB_USEC  (INT64_C(30) * 1000000)  /* for a job to come to its end */

#define SERVICE "org.freedesktop.systemd1"
#define OBJECT  "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"

struct systemd_bus {
	sd_bus *bus;
	bool direct; /* to the manager itself, without a daemon between */
	bool subscribed;
};

/* How a job ended. */
struct job {
	const char *path; /* NULL: not known yet */
	char result[32];  /* empty: it has not */
};

static void message_done(sd_bus_message **m)
{
	if (*m)
		systemd_lib.bus_message_unref(*m);
}

static void slot_done(sd_bus_slot **s)
{
	if (*s)
		systemd_lib.bus_slot_unref(*s);
}

static void error_done(sd_bus_error *e)
{
	systemd_lib.bus_error_free(e);
}

bool systemd_bus_is_available(void)
{
	struct rl_err ignored = RL_ERR_INIT;

	return systemd_lib_open(&ignored) == 0;
}

void systemd_bus_close(struct systemd_bus **bus)
{
	if (!*bus)
		return;
	systemd_lib.bus_flush_close_unref((*bus)->bus);
	free(*bus);
	*bus = NULL;
}

static bool is_direct(const char *address)
{
	static const char end[] = "/systemd/private";
	size_t len = strlen(address);

	return len >= strlen(end) && !strcmp(address + len - strlen(end), end);
}

static int connect_to(struct systemd_bus *b, const char *address)
{
	int r;

	RL_FAULT("systemd_bus_open");
	r = systemd_lib.bus_new(&b->bus);
	if (r >= 0)
		r = systemd_lib.bus_set_address(b->bus, address);
	if (r >= 0)
		r = systemd_lib.bus_set_bus_client(b->bus, !b->direct);
	return r < 0 ? r : systemd_lib.bus_start(b->bus);
}

/* An address may be a list. Other kinds of it run programs (unixexec:) or leave the host (tcp:). */
static bool is_socket(const char *address)
{
	static const char kind[] = "unix:";

	while (!strncmp(address, kind, strlen(kind))) {
		address += strcspn(address, ";");
		if (!*address)
			return true;
		address++;
	}
	return false;
}

int systemd_bus_open(const char *address, struct systemd_bus **ret, struct rl_err *e)
{
	rl_auto(systemd_bus_close) struct systemd_bus *b = NULL;
	int r;

	if (!is_socket(address))
		return rl_whole(e, -EINVAL,
				"connect to systemd: \"%.100s\" is not the address of a socket "
				"(unix:)",
				address);
	r = systemd_lib_open(e);

	if (r < 0)
		return r;
	b = calloc(1, sizeof(*b));
	if (!b)
		return rl_fail(e, -ENOMEM, "connect to systemd");
	b->direct = is_direct(address);
	r = connect_to(b, address);
	if (r < 0)
		return rl_fail(e, r, "connect to systemd at %s", address);
	*ret = RL_TAKE_PTR(b);
	return 0;
}

/* The error of a call: a number for those that callers tell apart, and systemd's words. */
static int fail(const sd_bus_error *error, int r, const char *verb, const char *object,
		struct rl_err *e)
{
	static const struct {
		const char *name;
		int code;
	} known[] = {
		{ "org.freedesktop.systemd1.UnitExists", -EEXIST },
		{ "org.freedesktop.systemd1.NoSuchUnit", -ENOENT },
		{ "org.freedesktop.DBus.Error.UnknownObject", -ENOENT },
	};

	for (size_t i = 0; error->name && i < RL_COUNT(known); i++)
		if (!strcmp(error->name, known[i].name))
			r = known[i].code;
	if (!error->message)
		return rl_fail(e, r, "%s %s", verb, object);
	return rl_whole(e, r, "%s %s: systemd says: %s", verb, object, error->message);
}

/* A call of the manager; the first argument of most is the name of a unit, or NULL. */
static int new_call(const struct systemd_bus *b, const char *method, const char *unit,
		    sd_bus_message **ret)
{
	int r;

	RL_FAULT("systemd_bus_call");
	r = systemd_lib.bus_message_new_method_call(b->bus, ret, SERVICE, OBJECT, MANAGER, method);
	return r < 0 || !unit ? r : systemd_lib.bus_message_append_basic(*ret, 's', unit);
}

int systemd_bus_get(struct systemd_bus *b, const char *property, char **ret, struct rl_err *e)
{
	rl_auto(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = systemd_lib.bus_get_property_string(b->bus, SERVICE, OBJECT, MANAGER, property,
						    &error, ret);

	return r < 0 ? fail(&error, r, "ask systemd for its property", property, e) : 0;
}

int systemd_bus_unit_get(struct systemd_bus *b, const char *unit, const char *interface,
			 const char *property, char **ret, struct rl_err *e)
{
	rl_auto(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	rl_autofree char *path = NULL;
	char name[64];
	int r = systemd_lib.bus_path_encode(OBJECT "/unit", unit, &path);

	snprintf(name, sizeof(name), SERVICE ".%s", interface);
	if (r >= 0)
		r = systemd_lib.bus_get_property_string(b->bus, SERVICE, path, name, property,
							&error, ret);
	return r < 0 ? fail(&error, r, "ask systemd for the unit", unit, e) : 0;
}

static int on_job_removed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	const char *path, *unit, *result;
	struct job *job = arg;
	uint32_t id;

	(void)error;
	if (systemd_lib.bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0 && job->path &&
	    !strcmp(path, job->path))
		snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

static int wait_for(struct systemd_bus *b, const struct job *job)
{
	int64_t deadline = clock_ns() / 1000 + JOB_USEC;

	while (!job->result[0]) {
		int64_t now = clock_ns() / 1000;
		int r = systemd_lib.bus_process(b->bus, NULL);

		if (r == 0 && now >= deadline)
			return -ETIMEDOUT;
		if (r == 0)
			r = systemd_lib.bus_wait(b->bus, (uint64_t)(deadline - now));
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

/* Signals are sent only to those who asked for them; on a direct connection to all. */
static int listen_for_jobs(struct systemd_bus *b, struct job *job, sd_bus_slot **ret)
{
	rl_auto(message_done) sd_bus_message *m = NULL;
	int r = systemd_lib.bus_match_signal(b->bus, ret, b->direct ? NULL : SERVICE, OBJECT,
					     MANAGER, "JobRemoved", on_job_removed, job);

	if (r < 0 || b->subscribed)
		return r;
	r = new_call(b, "Subscribe", NULL, &m);
	if (r >= 0)
		r = systemd_lib.bus_call(b->bus, m, CALL_USEC, NULL, NULL);
	b->subscribed = r >= 0;
	return r;
}

/* Make a call without an answer that would matter. made: how the message came about. */
static int call_plain(struct systemd_bus *b, sd_bus_message *m, int made, const char *verb,
		      const char *unit, struct rl_err *e)
{
	rl_auto(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = made < 0 ? made : systemd_lib.bus_call(b->bus, m, CALL_USEC, &error, NULL);

	return r < 0 ? fail(&error, r, verb, unit, e) : 0;
}

/* Make a call that gives a job, and wait for the end of it. */
static int call_job(struct systemd_bus *b, sd_bus_message *m, int made, const char *verb,
		    const char *unit, struct rl_err *e)
{
	rl_auto(error_done) sd_bus_error error = SD_BUS_ERROR_NULL;
	rl_auto(message_done) sd_bus_message *reply = NULL;
	rl_auto(slot_done) sd_bus_slot *slot = NULL;
	struct job job = { 0 };
	int r = made < 0 ? made : listen_for_jobs(b, &job, &slot);

	if (r >= 0)
		r = systemd_lib.bus_call(b->bus, m, CALL_USEC, &error, &reply);
	if (r >= 0)
		r = systemd_lib.bus_message_read(reply, "o", &job.path);
	if (r >= 0)
		r = wait_for(b, &job);
	if (r < 0)
		return fail(&error, r, verb, unit, e);
	if (strcmp(job.result, "done") != 0)
		return rl_whole(e, -EIO, "%s %s: the result of systemd's job is \"%s\"", verb, unit,
				job.result);
	return 0;
}

int systemd_bus_start(struct systemd_bus *b, const char *unit, const struct systemd_property *list,
		      size_t n, struct rl_err *e)
{
	rl_auto(message_done) sd_bus_message *m = NULL;
	int r = new_call(b, "StartTransientUnit", unit, &m);

	if (r >= 0)
		r = systemd_lib.bus_message_append_basic(m, 's', "fail");
	if (r >= 0)
		r = systemd_properties_append(m, list, n);
	/* No units beside it. */
	if (r >= 0)
		r = systemd_lib.bus_message_open_container(m, 'a', "(sa(sv))");
	if (r >= 0)
		r = systemd_lib.bus_message_close_container(m);
	return call_job(b, m, r, "start the unit", unit, e);
}

int systemd_bus_stop(struct systemd_bus *b, const char *unit, struct rl_err *e)
{
	rl_auto(message_done) sd_bus_message *m = NULL;
	int r = new_call(b, "StopUnit", unit, &m);

	if (r >= 0)
		r = systemd_lib.bus_message_append_basic(m, 's', "replace");
	return call_job(b, m, r, "stop the unit", unit, e);
}

int systemd_bus_forget(struct systemd_bus *b, const char *unit, struct rl_err *e)
{
	rl_auto(message_done) sd_bus_message *m = NULL;
	int r = new_call(b, "ResetFailedUnit", unit, &m);

	return call_plain(b, m, r, "reset the unit", unit, e);
}

int systemd_bus_set(struct systemd_bus *b, const char *unit, const struct systemd_property *list,
		    size_t n, struct rl_err *e)
{
	rl_auto(message_done) sd_bus_message *m = NULL;
	int r = new_call(b, "SetUnitProperties", unit, &m), runtime = 1;

	if (r >= 0)
		r = systemd_lib.bus_message_append_basic(m, 'b', &runtime);
	if (r >= 0)
		r = systemd_properties_append(m, list, n);
	return call_plain(b, m, r, "change the unit", unit, e);
}

#else

static int fail(struct rl_err *e)
{
	rl_whole(e, -EOPNOTSUPP, "this rundlet was built without the systemd cgroup manager");
	rl_hint(e, "build it with libsystemd's headers (libsystemd-dev), or use "
		   "--cgroup-manager=cgroupfs");
	return -EOPNOTSUPP;
}

bool systemd_bus_is_available(void)
{
	return false;
}

int systemd_bus_open(const char *address, struct systemd_bus **ret, struct rl_err *e)
{
	(void)address;
	(void)ret;
	return fail(e);
}

/* Without a connection none of these is ever called. */
void systemd_bus_close(struct systemd_bus **b)
{
	(void)b;
}

int systemd_bus_get(struct systemd_bus *b, const char *property, char **ret, struct rl_err *e)
{
	(void)b;
	(void)property;
	(void)ret;
	return fail(e);
}

int systemd_bus_unit_get(struct systemd_bus *b, const char *unit, const char *interface,
			 const char *property, char **ret, struct rl_err *e)
{
	(void)unit;
	(void)interface;
	return systemd_bus_get(b, property, ret, e);
}

int systemd_bus_start(struct systemd_bus *b, const char *unit, const struct systemd_property *list,
		      size_t n, struct rl_err *e)
{
	(void)list;
	(void)n;
	return systemd_bus_stop(b, unit, e);
}

int systemd_bus_stop(struct systemd_bus *b, const char *unit, struct rl_err *e)
{
	return systemd_bus_forget(b, unit, e);
}

int systemd_bus_forget(struct systemd_bus *b, const char *unit, struct rl_err *e)
{
	(void)b;
	(void)unit;
	return fail(e);
}

int systemd_bus_set(struct systemd_bus *b, const char *unit, const struct systemd_property *list,
		    size_t n, struct rl_err *e)
{
	return systemd_bus_start(b, unit, list, n, e);
}
#endif
