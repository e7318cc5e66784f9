/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peak FILE COMMAND...: writes the peak resident memory of the command, in KiB, as text. A parent
 * as big as Python cannot ask: its own size at the fork is counted as the child's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage = { 0 };
	int status = 0;
	pid_t pid;
	int fd;

	if (argc < 3)
		return 125;
	pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
		return 125;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || dprintf(fd, "%ld\n", usage.ru_maxrss) < 0)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
