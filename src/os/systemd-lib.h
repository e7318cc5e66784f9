/* SPDX-License-Identifier: Apache-2.0 */
/* libsystemd, as far as systemd-bus.c and systemd-properties.c need it: opened when it is needed.
 * For them only. */
#ifndef RL_OS_SYSTEMD_LIB_H
#define RL_OS_SYSTEMD_LIB_H

#include "base/err.h"

#include <systemd/sd-bus.h>

/* Names without the "sd_" before them. */
#define SYSTEMD_LIB_FUNCTIONS(F)       \
	F(bus_call)                    \
	F(bus_error_free)              \
	F(bus_flush_close_unref)       \
	F(bus_get_property_string)     \
	F(bus_match_signal)            \
	F(bus_message_append_array)    \
	F(bus_message_append_basic)    \
	F(bus_message_close_container) \
	F(bus_message_new_method_call) \
	F(bus_message_open_container)  \
	F(bus_message_read)            \
	F(bus_message_unref)           \
	F(bus_new)                     \
	F(bus_path_encode)             \
	F(bus_process)                 \
	F(bus_set_address)             \
	F(bus_set_bus_client)          \
	F(bus_slot_unref)              \
	F(bus_start)                   \
	F(bus_wait)

/* sd_bus_call() is systemd_lib.bus_call(). */
extern struct systemd_lib {
#define SYSTEMD_LIB_MEMBER(name) __typeof__(&sd_##name) name;
	SYSTEMD_LIB_FUNCTIONS(SYSTEMD_LIB_MEMBER)
#undef SYSTEMD_LIB_MEMBER
} systemd_lib;

/* Open the library, and fill the functions. Returns 0 or a negative errno with *e filled. */
int systemd_lib_open(struct rl_err *e);

#endif
