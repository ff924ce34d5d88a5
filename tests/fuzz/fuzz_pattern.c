// SPDX-License-Identifier: MIT
/*
 * Any bytes as a pattern and, behind the first zero, as a text.
 *
 * What is taken has a bounded program: matching ends, whatever the text, and
 * gives the same twice.
 */
#include <stdlib.h>

#include "server/schema/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t len = zero ? (size_t)(zero - data) : size;
	struct bytes text = bytes_of(data + len, size - len);
	const struct pattern *p;
	const char *why;
	struct arena a;

	arena_init(&a, 65536, 1 << 20);
	p = pattern_compile(&a, bytes_of(data, len), &why);
	if (!p && !why)
		abort();
	if (p && pattern_matches(p, text) != pattern_matches(p, text))
		abort();
	arena_release(&a);
	return 0;
}
