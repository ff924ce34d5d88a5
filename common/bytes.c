// SPDX-License-Identifier: MIT
/*
 * Order, prefixes and lines of borrowed bytes.
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

struct bytes bytes_take_line(struct bytes *rest)
{
	const uint8_t *end = bytes_find(*rest, '\n');
	size_t len = end ? (size_t)(end - rest->data) : rest->len;
	size_t used = len + (end != NULL);
	struct bytes line = bytes_of(rest->data, len);

	if (used)
		*rest = bytes_of(rest->data + used, rest->len - used);
	return line;
}
