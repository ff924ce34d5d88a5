// SPDX-License-Identifier: MIT
/*
 * That a value is of no use is said of that value alone.
 *
 * A number that nobody answers, an address that bounces is flagged; the flag
 * goes with what it was said of, and when somebody confirms that it holds.
 * Whoever says both in one request means the new value.
 */
#include "server/book/settle.h"

#define RULE "changed"

static void settle_record(struct work *w, struct record *r)
{
	uint32_t version = directory_schema(w->desk->directory)->version;

	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];

		if (f->flags && r->cells[f->flags->slot].was &&
		    !r->cells[f->slot].given)
			work_move(r, f, BYTES_NONE, RULE, version);
	}
}

enum err settle_flags(struct work *w)
{
	for (size_t i = 0; i < w->record_count; i++)
		if (w->records[i]->is_changed)
			settle_record(w, w->records[i]);
	return ERR_OK;
}
