/* SPDX-License-Identifier: Apache-2.0 */
/* Checks UTF-8; see utf8.h. yajl's own check lets overlong forms and surrogates pass. */
#include "libocispec/utf8.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the sequence at p, 0 if it is not valid. `left` is at least 1. */
static size_t sequence(const unsigned char *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c;

	if (n <= 1)
		return n;
	if (n > left || p[0] > 0xf4)
		return 0;
	c = p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

size_t utf8_valid(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint64_t word;
		size_t n;

		while (len - i >= sizeof(word)) {
			memcpy(&word, s + i, sizeof(word));
			if (word & UINT64_C(0x8080808080808080))
				break;
			i += sizeof(word);
		}
		if (i == len)
			break;
		n = sequence((const unsigned char *)s + i, len - i);
		if (!n)
			break;
		i += n;
	}
	return i;
}
