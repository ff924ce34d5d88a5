// SPDX-License-Identifier: MIT
/*
 * Order and prefixes of borrowed bytes.
 *
 * memcmp must not see NULL, which an empty run may carry; hence the tests on
 * the length.
 */
#include "common/bytes.h"

int bytes_compare(struct bytes a, struct bytes b)
{
	size_t shared = a.len < b.len ? a.len : b.len;
	int order = shared ? memcmp(a.data, b.data, shared) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool bytes_starts(struct bytes whole, struct bytes start)
{
	return start.len <= whole.len &&
	       bytes_equal(bytes_of(whole.data, start.len), start);
}
