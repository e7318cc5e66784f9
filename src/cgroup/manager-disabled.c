/* SPDX-License-Identifier: Apache-2.0 */
/* No cgroup is made; see manager.h. */
#include "cgroup/manager.h"

const struct manager manager_disabled = { .name = "disabled" };
