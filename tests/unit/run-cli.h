/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the whole command line, from argv to the calls of container.h, which are made up in
 * fake-container.h. A test includes it once.
 */
#ifndef RL_TEST_RUN_CLI_H
#define RL_TEST_RUN_CLI_H

#define main rundlet_main
int main(int argc, char **argv);
#include "cli/main.c"
#undef main

#include "fake-container.h"
#include "tap.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TEXT_MAX  65536
#define WORDS_MAX 32

static struct {
	int status;
	char out[TEXT_MAX], err[TEXT_MAX], calls[TEXT_MAX];
} result;

static void read_back(int fd, char *buf)
{
	ssize_t n = pread(fd, buf, TEXT_MAX - 1, 0);

	buf[n > 0 ? n : 0] = 0;
	close(fd);
}

/* In a child: out_path may be a file for standard output, or "closed". */
static void child(int argc, char **argv, int out, int err, int noted, const char *out_path)
{
	if (out_path && strcmp(out_path, "closed") != 0)
		out = open(out_path, O_WRONLY | O_CLOEXEC);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (out_path && !strcmp(out_path, "closed"))
		close(STDOUT_FILENO);
	calls = fdopen(noted, "w");
	setvbuf(calls, NULL, _IONBF, 0);
	argc = rundlet_main(argc, argv);
	fclose(calls);
	exit(argc);
}

/* Run the words of the line; "''" is an empty one. */
static void call_to(const char *line, const char *out_path)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	int noted = memfd_create("calls", MFD_CLOEXEC);
	char *argv[WORDS_MAX] = { (char *)"rundlet" };
	char words[2048];
	int argc = 1;
	pid_t pid;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		argv[argc++] = strcmp(w, "''") ? w : (char *)"";
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child(argc, argv, out, err, noted, out_path);
	waitpid(pid, &result.status, 0);
	result.status = WIFEXITED(result.status) ? WEXITSTATUS(result.status) : -1;
	read_back(out, result.out);
	read_back(err, result.err);
	read_back(noted, result.calls);
}

static void call(const char *line)
{
	call_to(line, NULL);
}

/* It fails with this line, prints nothing, and calls nothing. */
static void fails(const char *line, const char *want)
{
	call(line);
	is_int(result.status, 1, "%s", line);
	is_str(result.err, want, "  the error");
	is_str(result.out, "", "  prints nothing");
	is_str(result.calls, "", "  calls nothing");
}

#endif
