/* SPDX-License-Identifier: Apache-2.0 */
/* Makes configurations; see spec-maker.h. */
#include "tests/fuzz/spec-maker.h"

#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 8
#define MANY  4 /* elements of a list, at most */

struct maker {
	const uint8_t *at, *end;
	FILE *out;
};

/* What strings without a list of words may be: each is right somewhere. */
static const char *const strings[] = {
	"/",
	"/proc",
	"/dev",
	"/sys",
	"/tmp",
	"/dev/pts",
	"/sys/fs/cgroup",
	"/a/../b",
	"rootfs",
	"proc",
	"tmpfs",
	"sysfs",
	"devpts",
	"mqueue",
	"cgroup",
	"bind",
	"overlay",
	"none",
	"ro",
	"rw",
	"nosuid",
	"noexec",
	"rbind",
	"rslave",
	"rprivate",
	"size=64m",
	"mode=755",
	"tmpcopyup",
	"idmap",
	"ridmap",
	"remount",
	"rro",
	"CAP_SYS_ADMIN",
	"CAP_NET_RAW",
	"RLIMIT_NOFILE",
	"SCMP_ACT_ALLOW",
	"SCMP_ACT_ERRNO",
	"SCMP_ACT_NOTIFY",
	"SCMP_ARCH_X86_64",
	"read",
	"write",
	"mount",
	"clone3",
	"socket",
	"0-3,7",
	"0",
	"2MB",
	"1GB",
	"default",
	"eth0",
	"rdma0",
	"net.ipv4.ip_forward",
	"kernel.shm_rmid_forced",
	"PATH=/bin",
	"HOME=/",
	"sh",
	"-c",
	"c",
	"rwm",
	"system_u:object_r:container_t:s0",
	"unconfined",
	"MB:0=20",
	"L3:0=ff",
	"user.slice:rundlet:web",
	"/rundlet/web",
	"memory.high",
	"max",
	"100",
	"1.0.2",
	"",
	"\\u0001",
	"x",
	"/dev/null",
	"/dev/fuse",
	"/run/secrets",
	"SIGTERM",
};

static uint8_t next(struct maker *m)
{
	return m->at < m->end ? *m->at++ : 0;
}

static uint64_t next_number(struct maker *m)
{
	const uint8_t how = next(m);
	uint64_t n = 0;

	if (how < 128)
		return how & 15;
	for (int i = 0; i < (how & 7) + 1; i++)
		n = n << 8 | next(m);
	return n;
}

static void make_number(struct maker *m, const struct oci_member *mem)
{
	const uint64_t n = next_number(m);
	int64_t v = (int64_t)n;

	if (mem->bounded && (v < mem->min || v > mem->max))
		v = n & 1 ? mem->max : mem->min;
	if (mem->kind == OCI_U64 && !mem->bounded)
		fprintf(m->out, "%" PRIu64, n);
	else if ((mem->kind == OCI_U32 || mem->kind == OCI_U32S) && !mem->bounded)
		fprintf(m->out, "%" PRIu32, (uint32_t)n);
	else
		fprintf(m->out, "%" PRId64, v);
}

static size_t count(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static void make_any(struct maker *m)
{
	fprintf(m->out, "\"%s\"", strings[next(m) % (sizeof(strings) / sizeof(strings[0]))]);
}

static void make_string(struct maker *m, const struct oci_member *mem)
{
	const size_t n = sizeof(strings) / sizeof(strings[0]), from = next(m) % n;

	if (mem->words && mem->words[0]) {
		fprintf(m->out, "\"%s\"", mem->words[from % count(mem->words)]);
		return;
	}
	for (size_t i = 0; mem->shape && i < n; i++)
		if (mem->shape->is(strings[(from + i) % n])) {
			fprintf(m->out, "\"%s\"", strings[(from + i) % n]);
			return;
		}
	fprintf(m->out, "\"%s\"", strings[from]);
}

static void make_object(struct maker *m, const struct oci_table *t, int depth);

static void make_one(struct maker *m, const struct oci_member *mem, int depth)
{
	switch (mem->kind) {
	case OCI_OBJECT_:
	case OCI_OBJECTS:
	case OCI_OBJECT_MAP:
		make_object(m, mem->table, depth + 1);
		return;
	case OCI_STRING:
	case OCI_STRINGS:
		make_string(m, mem);
		return;
	case OCI_MAP:
		make_any(m);
		return;
	case OCI_BOOL:
		fputs(next(m) & 1 ? "true" : "false", m->out);
		return;
	case OCI_FOREIGN:
		fputs("{}", m->out);
		return;
	default:
		make_number(m, mem);
	}
}

static void make_list(struct maker *m, const struct oci_member *mem, int depth)
{
	const unsigned int n = (mem->required ? 1 : 0) + next(m) % MANY;

	fputc('[', m->out);
	for (unsigned int i = 0; i < n; i++) {
		fputs(i ? "," : "", m->out);
		make_one(m, mem, depth);
	}
	fputc(']', m->out);
}

/* Keys must not be there twice: each is another string. */
static void make_map(struct maker *m, const struct oci_member *mem, int depth)
{
	const size_t all = sizeof(strings) / sizeof(strings[0]), from = next(m);
	const unsigned int n = next(m) % MANY;

	fputc('{', m->out);
	for (unsigned int i = 0; i < n; i++) {
		fprintf(m->out, "%s\"%s\":", i ? "," : "", strings[(from + i) % all]);
		make_one(m, mem, depth);
	}
	fputc('}', m->out);
}

static void make_member(struct maker *m, const struct oci_member *mem, int depth)
{
	switch (mem->kind) {
	case OCI_OBJECTS:
	case OCI_STRINGS:
	case OCI_U32S:
		make_list(m, mem, depth);
		return;
	case OCI_MAP:
	case OCI_OBJECT_MAP:
		make_map(m, mem, depth);
		return;
	default:
		make_one(m, mem, depth);
	}
}

/* Whether the member may be there in this version, and for linux. */
static bool is_wanted(struct maker *m, const struct oci_member *mem, int depth)
{
	if (mem->required)
		return true;
	if (mem->use == OCI_NOT_LINUX || mem->use == OCI_LATER || depth > DEPTH)
		return false;
	return m->at < m->end && next(m) & 1;
}

static void make_object(struct maker *m, const struct oci_table *t, int depth)
{
	bool some = false;

	fputc('{', m->out);
	for (size_t i = 0; i < t->n; i++) {
		const struct oci_member *mem = &t->members[i];
		/* Of the root, these three make a container at all. */
		const bool base =
			!depth && (!strcmp(mem->name, "root") || !strcmp(mem->name, "process") ||
				   !strcmp(mem->name, "linux"));

		if (!base && !is_wanted(m, mem, depth))
			continue;
		fprintf(m->out, "%s\"%s\":", some ? "," : "", mem->name);
		some = true;
		if (!depth && !strcmp(mem->name, "ociVersion"))
			fputs("\"1.3.0\"", m->out);
		else
			make_member(m, mem, depth);
	}
	fputc('}', m->out);
}

char *spec_maker_text(const uint8_t *data, size_t size)
{
	struct maker m = { data, data + size, NULL };
	char *text = NULL;
	size_t len;

	m.out = open_memstream(&text, &len);
	fuzz_require(m.out, "there is memory");
	make_object(&m, &oci_config_table, 0);
	fclose(m.out);
	return text;
}
