// SPDX-License-Identifier: MIT
/*
 * See han.h.  The table is made at build time, by han.py.
 */
#include "common/han.h"

#include <stdlib.h>

struct form {
	uint16_t traditional, simple;
};

/* clang-format off */
static const struct form forms[] = {
#include "common/han_table.inc"
};
/* clang-format on */

static int compare(const void *key, const void *element)
{
	int32_t point = *(const int32_t *)key;
	const struct form *form = element;

	return (point > form->traditional) - (point < form->traditional);
}

int32_t han_simple(int32_t c)
{
	const struct form *form = bsearch(&c, forms,
	    sizeof(forms) / sizeof(forms[0]), sizeof(forms[0]), compare);

	return form ? form->simple : c;
}
