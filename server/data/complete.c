// SPDX-License-Identifier: MIT
/*
 * See complete.h.
 */
#include "server/data/complete.h"

#include "common/pack.h"
#include "server/schema/value.h"

static const uint8_t packed_true[] = { 0xc3 };

struct seen { /* without what the reader may not know is there */
	const struct record *record;
	const uint8_t *levels; /* by slot */
};

static struct bytes seen_value(void *ctx, const struct field *f)
{
	const struct seen *s = ctx;
	const struct cell *c = &s->record->cells[f->slot];

	if (!s->levels[f->slot])
		return BYTES_NONE;
	return !c->opened && c->sealed.len
		   ? bytes_of(packed_true, sizeof packed_true)
		   : c->value;
}

void complete_pack(
    const struct view_entity *ve, struct record *r, struct buf *out)
{
	const struct entity *e = r->entity;
	struct seen seen = { r,
		view_levels(ve, r->relations, record_is_variant(r)) };
	struct value_source values = { seen_value, &seen };
	bool missing[SCHEMA_FIELDS] = { false };
	unsigned percent = entity_completeness(e, &values, NULL, missing);
	uint32_t count = 0;
	size_t mark;

	pack_key_int(out, "completeness", percent);
	pack_cstr(out, "missing");
	mark = pack_array_open(out);
	for (unsigned i = 0; i < e->field_count; i++) {
		if (!missing[i] || !seen.levels[i])
			continue;
		pack_cstr(out, e->fields[i].key);
		count++;
	}
	pack_array_close(out, mark, count);
}
