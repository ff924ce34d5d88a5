// SPDX-License-Identifier: MIT
/*
 * The method table, in order of name (method.def): found by bisection.
 */
#include "server/rpc/method.h"

#define METHOD(noun, verb, ...)                                                \
	{ #noun "." #verb, on_##noun##_##verb, __VA_ARGS__ },
static const struct method table[] = {
#include "server/rpc/method.def"
};
#undef METHOD

size_t method_count(void)
{
	return sizeof table / sizeof *table;
}

const struct method *method_at(size_t at)
{
	return &table[at];
}

const struct method *method_find(struct bytes name)
{
	size_t low = 0, high = method_count();

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = bytes_compare(name, bytes_text(table[middle].name));

		if (!order)
			return &table[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
