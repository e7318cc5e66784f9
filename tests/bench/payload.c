/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program in the benchmark's containers: one system call and no C library, so that its own
 * start does not count. With -DPAUSE it waits for ever instead of ending.
 */
#include "os/sys.h"

_Noreturn void _start(void);

_Noreturn void _start(void)
{
#ifdef PAUSE
	for (;;)
		sys_raw(__NR_ppoll, 0, 0, 0, 0, 0, 0);
#endif
	sys_exit(0);
}
