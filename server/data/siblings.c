// SPDX-License-Identifier: MIT
/*
 * One of many, and the next of many.  See siblings.h.
 *
 * Siblings are found by the plain index of the reference to their parent, and
 * among the records that this work is making.
 */
#include "server/data/siblings.h"

#include "server/data/alias.h"
#include "server/data/children.h"
#include "server/data/index.h"

struct family {
	struct work *work;
	struct record *record;
	const struct field *field;
	struct bytes on, off; /* packed true and false */
	unsigned siblings;
};

static bool is_set(const struct record *r, const struct field *f)
{
	struct reader in = reader_of(r->cells[f->slot].value);

	return r->cells[f->slot].value.len && read_bool(&in) && !in.err;
}

static void meet(struct family *m, struct record *sibling)
{
	if (sibling->header.flags & ROW_WITHDRAWN)
		return;
	m->siblings++;
	if (!is_set(m->record, m->field) || !is_set(sibling, m->field))
		return;
	cell_set(sibling, m->field, m->off);
	sibling->origin = m->record->origin;
}

static enum err meet_children(struct family *m, uint64_t parent)
{
	const struct field *up = m->record->entity->parent_field;
	struct bytes ref = value_pack_ref(m->work->arena, parent, BYTES_NONE);
	uint8_t prefix[STORE_KEY];
	size_t len = index_prefix(up, 'p', false, 0, prefix);
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err err;

	len += index_plain(up, ref, prefix + len);
	err = scan_open(m->work->desk->snapshot, TABLE_INDEX,
	    bytes_of(prefix, len), BYTES_NONE, SCAN_UP, &scan);
	if (err)
		return err;
	while (!err && scan_next(scan, &key, &row)) {
		struct record *sibling;

		if (index_record(key) == m->record->id)
			continue;
		err = work_record(
		    m->work, m->record->entity, index_record(key), &sibling);
		if (!err)
			meet(m, sibling);
	}
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

/* Of its parent, and of those merged into it. */
static enum err meet_stored(struct family *m)
{
	struct alias_set set;
	struct record *parent;
	enum err err = work_record(m->work, m->record->entity->parent,
	    record_parent(m->record), &parent);

	if (!err)
		err = work_heir(m->work, parent, &parent);
	if (err || parent->is_new)
		return err;
	err = alias_set(
	    m->work->desk, parent->entity, parent->id, m->work->arena, &set);
	for (size_t i = 0; !err && i < set.count; i++)
		err = meet_children(m, set.ids[i]);
	return err;
}

static void meet_new(struct family *m)
{
	for (size_t i = 0; i < m->work->record_count; i++) {
		struct record *r = m->work->records[i];

		if (r->is_new && r != m->record &&
		    r->entity == m->record->entity &&
		    record_parent(r) == record_parent(m->record))
			meet(m, r);
	}
}

static enum err settle_field(
    struct work *w, struct record *r, const struct field *f)
{
	static const uint8_t on[] = { 0xc3 }, off[] = { 0xc2 };
	struct family m = { .work = w,
		.record = r,
		.field = f,
		.on = bytes_of(on, 1),
		.off = bytes_of(off, 1) };
	enum err err = meet_stored(&m);

	if (err)
		return err;
	meet_new(&m);
	if (r->is_new && !m.siblings)
		cell_set(r, f, m.on);
	return ERR_OK;
}

enum err siblings_settle(struct work *w, struct record *r)
{
	enum err err = ERR_OK;

	if (!r->entity->parent_field)
		return ERR_OK;
	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];

		if (f->single && (r->is_new || r->cells[i].was))
			err = settle_field(w, r, f);
	}
	return err;
}

/* --- counting on ---------------------------------------------------------*/

struct count {
	const struct field *field;
	uint64_t highest;
};

static uint64_t number_in(const struct record *r, const struct field *f)
{
	struct bytes value = r->cells[f->slot].value;
	struct reader in = reader_of(value);
	int64_t n = value.len ? read_int(&in) : 0;

	return in.err || n < 0 ? 0 : (uint64_t)n;
}

static enum err count_one(void *ctx, struct record *sibling)
{
	struct count *c = ctx;
	uint64_t n = number_in(sibling, c->field);

	if (n > c->highest)
		c->highest = n;
	return ERR_OK;
}

/* The parent's ledger row says it, unless they are older than the count. */
static enum err find_counter(struct work *w, struct record *r,
    const struct field *f, struct record **parent, struct counter *out)
{
	struct count count = { f, 0 };
	struct children c = { .desk = w->desk,
		.work = w,
		.up = r->entity->parent_field,
		.owner = record_parent(r),
		.call = count_one,
		.ctx = &count };
	enum err err =
	    work_record(w, r->entity->parent, record_parent(r), parent);

	if (!err)
		err = ledger_counter(w->desk, *parent, r->entity, out);
	if (err || out->highest || !out->count)
		return err;
	err = children_each(&c);
	out->highest = count.highest;
	return err;
}

enum err siblings_next(
    struct work *w, struct record *r, const struct field *f, struct bytes *next)
{
	struct counter counter;
	struct record *parent;
	const char *text;
	enum err err;

	*next = BYTES_NONE;
	if (!record_parent(r))
		return ERR_OK;
	err = find_counter(w, r, f, &parent, &counter);
	if (err)
		return err;
	text = arena_format(
	    w->arena, "%llu", (unsigned long long)counter.highest + 1);
	if (text)
		*next = value_pack_text(w->arena, bytes_text(text));
	return w->arena->err;
}

static enum err count_field(
    struct work *w, struct record *r, const struct field *f)
{
	uint64_t n = number_in(r, f);
	struct counter counter;
	struct record *parent;
	enum err err = find_counter(w, r, f, &parent, &counter);

	if (err || n <= counter.highest)
		return err;
	counter.highest = n;
	return ledger_set_counter(parent, r->entity, counter);
}

enum err siblings_count(struct work *w, struct record *r)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];

		if (f->counted && (r->is_new || r->cells[i].was))
			err = count_field(w, r, f);
	}
	return err;
}
