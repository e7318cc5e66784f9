/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/filter-data.c: filters that come compiled. The kernel is the oracle: what is taken must
 * load, and what is refused must not.
 */
#include "security/filter-data.h"
#include "tap.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS 1500
#define LONGEST  9

#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static char *encode(const void *data, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = data;
	char *text = malloc(n / 3 * 4 + 8), *out = text;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t bits = (uint32_t)in[i] << 16 | (uint32_t)(i + 1 < n ? in[i + 1] : 0) << 8 |
				(i + 2 < n ? in[i + 2] : 0);

		*out++ = digits[bits >> 18];
		*out++ = digits[bits >> 12 & 63];
		*out++ = i + 1 < n ? digits[bits >> 6 & 63] : '=';
		*out++ = i + 2 < n ? digits[bits & 63] : '=';
	}
	*out = 0;
	return text;
}

static struct rl_err said;

/* What rundlet says of a text; a program that is taken must come out as it went in. */
static int read_text(const char *text, const void *program, size_t size)
{
	struct flat_blob blob = { 0 };
	struct flat flat;
	int r;

	said = (struct rl_err)RL_ERR_INIT;
	flat_init(&flat, 8);
	r = filter_data_read(text, "a.key", &flat, &blob, &said);
	if (r == 0 &&
	    (blob.len != size || memcmp((char *)flat.data + blob.off, program, size) != 0))
		r = -EBADMSG;
	flat_done(&flat);
	return r;
}

static int read_program(const struct sock_filter *code, size_t n)
{
	char *text = encode(code, n * sizeof(*code));
	int r = read_text(text, code, n * sizeof(*code));

	free(text);
	return r;
}

/* What the kernel says. The child may be able to do nothing any more. */
static int load(struct sock_filter *code, size_t n)
{
	struct sock_fprog prog = { (unsigned short)n, code };
	int *ret =
		mmap(NULL, sizeof(*ret), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r, status;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0 ? -errno : 1;
		*ret = r;
		syscall(SYS_exit_group, 0);
		__builtin_trap();
	}
	waitpid(pid, &status, 0);
	r = *ret;
	munmap(ret, sizeof(*ret));
	return r == 1 ? 0 : r;
}

static void both(const char *what, struct sock_filter *code, size_t n, int want, const char *why)
{
	is_int(load(code, n), want, "%s: for the kernel", what);
	is_int(read_program(code, n), want, "  and for us");
	if (want) {
		is_str(said.where, "a.key", "  with its key");
		ok(strstr(said.what, why), "  and why: %s", said.what);
	}
}

#define BOTH(what, want, why, ...)                                              \
	do {                                                                    \
		struct sock_filter code_[] = { __VA_ARGS__ };                   \
		both(what, code_, sizeof(code_) / sizeof(code_[0]), want, why); \
	} while (0)

static void test_programs(void)
{
	BOTH("one that allows", 0, "", ALLOW);
	BOTH("one of a call", 0, "", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), ALLOW, ALLOW);
	BOTH("no return at the end", -EINVAL, "does not return", ALLOW,
	     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
	BOTH("a load of bytes", -EINVAL, "none that filters may have",
	     BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), ALLOW);
	BOTH("a remainder", -EINVAL, "none that filters may have",
	     BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 2), ALLOW);
	BOTH("a load behind the call", -EINVAL, "outside of a system call",
	     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW);
	BOTH("a load between words", -EINVAL, "outside of a system call",
	     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW);
	BOTH("a jump behind the end", -EINVAL, "jumps behind the end",
	     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), ALLOW);
	BOTH("a far jump behind the end", -EINVAL, "jumps behind the end",
	     BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), ALLOW);
	BOTH("a division by 0", -EINVAL, "divides by 0", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
	     ALLOW);
	BOTH("a shift by 32", -EINVAL, "shifts too far", BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32),
	     ALLOW);
	BOTH("a cell that is not there", -EINVAL, "no such cell", BPF_STMT(BPF_ST, 16), ALLOW);
	BOTH("a cell", 0, "", BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_MEM, 15), ALLOW);
	BOTH("a cell that was not written", -EINVAL, "was not written",
	     BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW);
	BOTH("a cell that was written on one way", -EINVAL, "was not written",
	     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), BPF_STMT(BPF_ST, 3),
	     BPF_STMT(BPF_LDX | BPF_MEM, 3), ALLOW);
}

static uint32_t next(uint32_t below)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

static struct sock_filter any(size_t after)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM,
		BPF_ST,
		BPF_STX,
		BPF_JMP | BPF_JA,
		BPF_JMP | BPF_JEQ | BPF_K,
		BPF_JMP | BPF_JSET | BPF_X,
		BPF_ALU | BPF_DIV | BPF_K,
		BPF_ALU | BPF_RSH | BPF_K,
		BPF_ALU | BPF_NEG,
		BPF_MISC | BPF_TAX,
		BPF_RET | BPF_A,
		BPF_RET | BPF_K,
		BPF_LD | BPF_W | BPF_LEN,
	};
	static const uint32_t some[] = { 0, 1, 2, 4, 15, 16, 31, 32, 60, 64 };
	struct sock_filter in = {
		.code = next(12) ? codes[next(sizeof(codes) / sizeof(codes[0]))] :
				   (uint16_t)next(256),
		.jt = (uint8_t)next((uint32_t)after + 1),
		.jf = (uint8_t)next((uint32_t)after + 1),
		.k = some[next(sizeof(some) / sizeof(some[0]))],
	};

	if (in.code == (BPF_JMP | BPF_JA))
		in.k = next((uint32_t)after + 1);
	return in;
}

/* Programs with a bit of everything: the kernel and we agree on each. */
static void test_many(void)
{
	unsigned int taken = 0, differ = 0;

	for (unsigned int i = 0; i < PROGRAMS; i++) {
		struct sock_filter code[LONGEST];
		size_t n = 1 + next(LONGEST);
		int ours;

		for (size_t k = 0; k < n; k++)
			code[k] = any(n - k - 1);
		if (next(8))
			code[n - 1] = (struct sock_filter)ALLOW;
		ours = read_program(code, n);
		taken += ours == 0;
		if (ours == load(code, n))
			continue;
		differ++;
		printf("# program %u of %zu instructions: we say %d: %s\n", i, n, ours, said.what);
	}
	is_int(differ, 0, "%d programs: the kernel says what we say", PROGRAMS);
	ok(taken > PROGRAMS / 10 && taken < PROGRAMS * 9 / 10, "%u were taken", taken);
}

static void refused(const char *text, const char *why)
{
	is_int(read_text(text, NULL, 0), -EINVAL, "refused: \"%.20s\"", text);
	ok(strstr(said.what, why), "  and why: %s", said.what);
}

static void test_text(void)
{
	static struct sock_filter code[BPF_MAXINSNS + 1];
	char *text;

	refused("", "has 0 bytes");
	refused("BgAAAAAA/3", "not base64");
	refused("BgAAAAAA/3==", "has 7 bytes");
	is_int(read_text("BgAAAAAA/38=", &(struct sock_filter)ALLOW, 8), 0, "one instruction");
	refused("BgAAAAAA/38=\n", "not base64");
	refused("Bg=AAAAA/38=", "not base64");
	refused("BgAAAAAA_38=", "not base64");
	refused("====", "not base64");
	refused("BgAAAAAA/3=8", "not base64");

	for (size_t i = 0; i <= BPF_MAXINSNS; i++)
		code[i] = (struct sock_filter)ALLOW;
	is_int(read_program(code, BPF_MAXINSNS), 0, "as many as the kernel takes");
	is_int(load(code, BPF_MAXINSNS), 0, "  which it does");
	text = encode(code, sizeof(code));
	refused(text, "4096 instructions");
	free(text);
}

int main(void)
{
	test_programs();
	test_many();
	test_text();
	return tap_done();
}
