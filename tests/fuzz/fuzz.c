/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of the fuzz targets. Built for libFuzzer (configure --enable-fuzzer CC=clang), the
 * variable RUNDLET_FUZZ names the target. Else it is a test program that runs all targets over
 * their corpora; or one over files: fuzz NAME FILE...
 */
#include "tests/fuzz/fuzz.h"

#include "os/fdio.h"
#include "os/rmtree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct target {
	const char *name;
	void (*run)(const uint8_t *data, size_t size);
	size_t max;
} targets[] = {
#define FUZZ(name, function, max, what) { name, function, max },
#include "tests/fuzz/targets.def"
#undef FUZZ
};

#define N_TARGETS (sizeof(targets) / sizeof(targets[0]))

static const struct target *target; /* that runs */
static char dir_path[] = "/dev/shm/rundlet-fuzz-XXXXXX";
static int dir_fd = -EBADF;

void fuzz_require(bool condition, const char *rule)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz %s: %s\n", target->name, rule);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	fuzz_require(text, "there is memory");
	return text;
}

size_t fuzz_words(char *text, char **ret, size_t max)
{
	size_t n = 0;
	char *save = NULL;

	for (char *w = strtok_r(text, "\n", &save); w && n < max; w = strtok_r(NULL, "\n", &save))
		ret[n++] = w;
	return n;
}

void fuzz_result(int r, const struct rl_err *e)
{
	char line[1024];

	fuzz_require(r >= 0 || (e->code > 0 && e->what[0]), "it is refused without a reason");
	fuzz_require(strlen(rl_err_line(e, line, sizeof(line))) < sizeof(line), "it has an end");
}

static void remove_dir(void)
{
	const char *name = strrchr(dir_path, '/') + 1;
	int parent = fdio_open_at(AT_FDCWD, "/dev/shm", O_RDONLY | O_DIRECTORY, 0);

	rmtree_at(parent, name);
	close(parent);
	close(dir_fd);
}

int fuzz_dir(const char *name, const uint8_t *data, size_t size)
{
	int fd;

	if (dir_fd < 0) {
		fuzz_require(mkdtemp(dir_path), "a directory is made");
		dir_fd = fdio_open_at(AT_FDCWD, dir_path, O_RDONLY | O_DIRECTORY, 0);
		atexit(remove_dir);
	}
	fd = fdio_open_at(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	fuzz_require(fd >= 0 && fdio_write_full(fd, data, size) >= 0, "a file is written");
	close(fd);
	return dir_fd;
}

static const struct target *find_target(const char *name)
{
	for (size_t i = 0; i < N_TARGETS; i++)
		if (name && !strcmp(targets[i].name, name))
			return &targets[i];
	fprintf(stderr, "fuzz: no target \"%s\"\n", name ? name : "");
	exit(2);
}

#ifdef RL_LIBFUZZER

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	target = find_target(getenv("RUNDLET_FUZZ"));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size <= target->max)
		target->run(data, size);
	return 0;
}

#else
#include "corpus.h"

int main(int argc, char **argv)
{
	if (argc > 1) {
		target = find_target(argv[1]);
		for (int i = 2; i < argc; i++)
			corpus_file(argv[i], target->max, target->run);
		return tap_done();
	}
	for (target = targets; target < targets + N_TARGETS; target++)
		corpus_of(target->name, target->max, target->run);
	return tap_done();
}
#endif
