// SPDX-License-Identifier: MIT
/*
 * Cited changes.  See cited.h.
 */
#include "server/data/cited.h"

#include "server/audit/auditlog.h"
#include "server/data/known.h"

#define SCRATCH_BLOCK (16 * 1024)
#define SCRATCH_CAP   (1024 * 1024)

/* Whose it is, merged customers taken together; of a new record's customer
 * its reference names the one that stands. */
static uint64_t whose(const struct record *r)
{
	return r->customer ? r->customer : r->header.subject;
}

static bool is_change_of(
    struct work *w, uint64_t customer, const struct entry_record *e)
{
	struct record r;

	return e->field_count && known_change(w->desk, w->who, e, &r) &&
	       whose(&r) == customer;
}

static bool is_cited(
    struct work *w, struct arena *scratch, uint64_t customer, uint64_t position)
{
	struct entry e;

	if (auditlog_entry(w->desk->snapshot, position, scratch, &e) ||
	    !entry_is_done(&e))
		return false;
	for (size_t i = 0; i < e.draft.record_count; i++)
		if (is_change_of(w, customer, &e.draft.records[i]))
			return true;
	return false;
}

void cited_check(struct work *w, const struct record *r)
{
	struct arena scratch;

	arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		const struct cell *c = &r->cells[i];
		struct reader in = reader_of(c->value);

		if (!f->is_change || !c->was || !c->value.len ||
		    is_cited(w, &scratch, whose(r), read_uint(&in)))
			continue;
		findings_add(w->found, FINDING_ERROR, f->key, "change",
		    "no change of this customer that you may know of stands "
		    "there in the log");
	}
	arena_release(&scratch);
}
