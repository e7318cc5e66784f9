/* SPDX-License-Identifier: Apache-2.0 */
/* What AddressSanitizer has to be told, where it is built in; nothing elsewhere (and some compilers
 * have no such header). */
#ifndef RL_BASE_SANITIZER_H
#define RL_BASE_SANITIZER_H

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#endif

#endif
