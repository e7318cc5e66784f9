/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fault counter of os/sys.h in hosted code: in the child of clone before it becomes the stub,
 * and in unit tests of the container side. The stub has its own (container/stub-entry.c).
 */
#include "os/sys.h"

#ifdef RL_FAULTS
unsigned int sys_fault_countdown;
unsigned int sys_fault_denied;
unsigned int sys_fault_weak;
#else
typedef int sys_unused; /* an empty file is not ISO C */
#endif
