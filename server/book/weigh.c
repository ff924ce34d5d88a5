// SPDX-License-Identifier: MIT
/*
 * See weigh.h.
 */
#include "server/book/weigh.h"

enum err weigh_value(struct desk *d, struct record *r, const struct field *f,
    struct bytes *value)
{
	struct cell *c = &r->cells[f->slot], kept = *c;
	struct grant g;
	enum err err;

	*value = c->value;
	if (!f->sealed)
		return ERR_OK;
	if (!view_grant_weighed(f, &g))
		return ERR_DENIED;
	err = record_value(d, r, &g, value);
	*c = kept;
	return err;
}
