// SPDX-License-Identifier: MIT
/*
 * Who has it and who had it.  See merge_single.h.
 *
 * What was taken is found in the children's own history, under the merger's
 * position: nothing else is kept of it.
 */
#include "server/book/merge_single.h"

#include "common/unpack.h"
#include "server/data/children.h"
#include "server/data/history.h"

#define RULE "merger"

static const uint8_t on[] = { 0xc3 }, off[] = { 0xc2 };

struct family { /* of one record and all that is merged into it */
	struct work *work;
	const struct field *field; /* that one child has set */
	uint64_t at;               /* of the merger that is taken back */
	uint64_t found;            /* the child; 0: none */
};

typedef enum err (*each_fn)(void *ctx, struct record *child);

static enum err walk(struct family *f, const struct record *of, each_fn call)
{
	struct children c = { .desk = f->work->desk,
		.up = f->field->entity->parent_field,
		.owner = of->id,
		.with_merged = true,
		.call = call,
		.ctx = f };

	f->found = 0;
	return children_each(&c);
}

static enum err find_set(void *ctx, struct record *child)
{
	struct family *f = ctx;
	struct bytes value = record_plain(child, f->field);
	struct reader in = reader_of(value);

	if (value.len && read_bool(&in) && !in.err)
		f->found = child->id;
	return ERR_OK;
}

/* Was the newest change of it the merger's? */
static enum err find_taken(void *ctx, struct record *child)
{
	struct family *f = ctx;
	struct history_rooms rooms;
	struct history_walk walk;
	bool is_known = false;
	enum err err;

	history_rooms_init(&rooms);
	err = history_begin_long(&walk, f->work->desk, child, &rooms);
	while (!err && !is_known) {
		err = history_next(&walk);
		for (unsigned i = 0; !err && i < walk.step.change_count; i++) {
			const struct history_change *c = &walk.step.changes[i];

			if (c->field != f->field)
				continue;
			is_known = true;
			if (bytes_is(c->rule, RULE) &&
			    walk.step.position == f->at)
				f->found = child->id;
		}
	}
	history_rooms_release(&rooms);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err move(struct family *f, struct bytes value)
{
	struct record *child;
	enum err err = work_record(f->work, f->field->entity, f->found, &child);

	if (!err)
		work_move(child, f->field, value, RULE,
		    directory_schema(f->work->desk->directory)->version);
	return err ? err : f->work->arena->err;
}

static enum err unite(
    struct family *f, struct record *merged, struct record *heir)
{
	enum err err = walk(f, heir, find_set);

	if (err || !f->found)
		return err;
	err = walk(f, merged, find_set);
	return err || !f->found ? err : move(f, bytes_of(off, 1));
}

static enum err part(struct family *f, struct record *merged)
{
	enum err err = walk(f, merged, find_set);

	if (err || f->found)
		return err;
	err = walk(f, merged, find_taken);
	return err || !f->found ? err : move(f, bytes_of(on, 1));
}

/* Each field of which one child has it; without an heir parting. */
static enum err each_field(
    struct work *w, struct record *merged, struct record *heir, uint64_t at)
{
	const struct schema *s = directory_schema(w->desk->directory);
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < s->entity_count; i++) {
		const struct entity *e = &s->entities[i];

		for (unsigned k = 0; !err && k < e->field_count; k++) {
			struct family f = {
				.work = w, .field = &e->fields[k], .at = at
			};

			if (e->parent != merged->entity || !f.field->single)
				continue;
			err = heir ? unite(&f, merged, heir) : part(&f, merged);
		}
	}
	return err;
}

enum err merge_single(
    struct work *w, struct record *merged, struct record *heir)
{
	return each_field(w, merged, heir, 0);
}

enum err part_single(struct work *w, struct record *merged, uint64_t position)
{
	return each_field(w, merged, NULL, position);
}
