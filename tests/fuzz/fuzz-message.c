/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the container's process tells HOST while it is started: packets, each a byte with its length
 * in words of 4 bytes and a byte that is added to that, and its bytes.
 */
#include "tests/fuzz/fuzz.h"

#include "container/message.h"
#include "container/plan.h"
#include "container/start.h"

#include <sys/socket.h>
#include <unistd.h>

void fuzz_message(const uint8_t *data, size_t size)
{
	struct trace_time times[STEPS] = { 0 };
	struct rl_err e = RL_ERR_INIT;
	int pair[2], sent = 0;

	fuzz_require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0,
		     "there are sockets");
	while (size > 2 && sent++ < 64) {
		size_t n = (size_t)data[0] * 4 + data[1];

		data += 2;
		size -= 2;
		if (n > size)
			n = size;
		/* An empty packet is the end. */
		if (!n || send(pair[0], data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		data += n;
		size -= n;
	}
	close(pair[0]);
	fuzz_result(start_follow(pair[1], times, &e), &e);
	close(pair[1]);
}
