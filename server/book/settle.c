// SPDX-License-Identifier: MIT
/*
 * The table of steps.  See settle.h.
 */
#include "server/book/settle.h"

typedef enum err (*step_fn)(struct work *w);

static const step_fn steps[] = { settle_flags, settle_review, settle_rules,
	settle_hold };

enum err book_settle(struct work *w)
{
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < sizeof steps / sizeof *steps; i++)
		err = steps[i](w);
	return err;
}
