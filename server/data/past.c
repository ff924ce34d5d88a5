// SPDX-License-Identifier: MIT
/*
 * Walking a record back.  See past.h.
 */
#include "server/data/past.h"

#include "common/pack.h"

#define STEPS_ON_LOOP 500

/* However long the way back is, it takes no memory but the rooms. */
static enum err begin(struct history_walk *h, struct desk *d, struct record *r,
    struct history_rooms *rooms)
{
	history_rooms_init(rooms);
	if (r->header.version > STEPS_ON_LOOP && !d->may_wait)
		return ERR_ELSEWHERE;
	return history_begin_long(h, d, r, rooms);
}

static enum err next(struct history_walk *h)
{
	enum err err = desk_may_go_on(h->desk);

	return err ? err : history_next(h);
}

/* --- back to an instant --------------------------------------------------*/

static struct bytes keep(struct record *r, struct bytes value)
{
	return value.len ? arena_copy(r->arena, value) : value;
}

/* The cells as of the step that the walk stands at.  The class of a field can
 * hang on the variant: what is or was a person's is shown as a person's. */
static void take_state(struct record *r, const struct history_walk *h)
{
	const struct history_step *s = &h->step;

	for (unsigned i = 0; i < r->entity->field_count; i++)
		r->cells[i] = (struct cell){ .value = keep(r, h->values[i]),
			.sealed = h->sealed[i],
			.overruled = keep(r, h->overruled[i]),
			.version = h->versions[i],
			.opened = !h->sealed[i].len };
	r->header.version = s->version;
	r->header.flags =
	    (uint8_t)(((r->header.flags | s->flags) & ROW_VARIANT) |
		      (s->flags & ROW_MARKS));
	r->position = s->position;
	r->is_past = true;
}

/* How many versions the cells bear, but for the first, which each body
 * names. */
static unsigned count_borne(const struct record *r)
{
	unsigned count = 0;

	for (unsigned i = 0; i < r->entity->field_count; i++) {
		unsigned k = 0;

		while (r->cells[k].version != r->cells[i].version)
			k++;
		count += k == i && r->cells[i].version > 1;
	}
	return count;
}

static bool is_borne(const struct record *r, uint32_t version)
{
	for (unsigned i = 0; i < r->entity->field_count; i++)
		if (r->cells[i].version == version)
			return true;
	return false;
}

/* Who made the versions that were borne then: back to the oldest of them. */
static enum err take_stamps(struct record *r, struct history_walk *h)
{
	unsigned left = count_borne(r), count = 0;
	struct stamp *list = arena_array(r->arena, left + 1u, sizeof *list);
	enum err err = ERR_OK;

	if (!list)
		return ERR_TOO_LARGE;
	for (unsigned i = 0; i < r->stamp_count; i++)
		if (r->stamps[i].version == 1)
			list[count++] = r->stamps[i];
	while (!err && left) {
		const struct history_step *s = &h->step;

		if (s->version > 1 && is_borne(r, s->version)) {
			list[count++] = (struct stamp){ .version = s->version,
				.at_ms = s->at_ms,
				.user = s->user,
				.source = keep(r, s->source) };
			left--;
		}
		if (left)
			err = next(h);
	}
	r->stamps = list;
	r->stamp_count = count;
	return err;
}

static enum err rebuild(
    struct record *r, struct history_walk *walk, int64_t at_ms)
{
	enum err err;

	do
		err = next(walk);
	while (!err && walk->step.at_ms > at_ms);
	if (err)
		return err;
	if (record_is_erased(r)) { /* it has no past but its end */
		r->is_past = true;
		return ERR_OK;
	}
	take_state(r, walk);
	err = take_stamps(r, walk);
	return err ? err : r->arena->err;
}

enum err past_rebuild(struct desk *d, struct record *r, int64_t at_ms)
{
	struct history_rooms rooms;
	struct history_walk walk;
	enum err err = begin(&walk, d, r, &rooms);

	if (!err)
		err = rebuild(r, &walk, at_ms);
	history_rooms_release(&rooms);
	return err;
}

void past_show_omitted(const struct view_entity *ve, const struct record *r,
    const bool *wanted, struct buf *out)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct grant g;

		if ((f->derive.kind != DERIVE_SUM &&
			f->derive.kind != DERIVE_LATEST) ||
		    (wanted && !wanted[i]) ||
		    !view_grant(ve, r->relations, record_is_variant(r), f,
			USE_PROJECT, &g))
			continue;
		pack_raw(out, f->packed_key);
		count++;
	}
	pack_array_close(out, mark, count);
}

/* --- where values come from ----------------------------------------------*/

struct origins {
	struct record *record;
	bool *asked;           /* by slot: may be told, and not all is known */
	uint8_t *level;        /* by slot: of the caller */
	struct stamp *set;     /* by slot; version 0: not met yet */
	struct stamp *confirm; /* likewise */
	struct bytes *set_by, *confirm_by;
	unsigned left;
};

static bool origins_init(struct origins *o, struct record *r)
{
	unsigned n = r->entity->field_count;

	*o = (struct origins){ .record = r,
		.asked = arena_array(r->arena, n, sizeof *o->asked),
		.level = arena_array(r->arena, n, sizeof *o->level),
		.set = arena_array(r->arena, n, sizeof *o->set),
		.confirm = arena_array(r->arena, n, sizeof *o->confirm),
		.set_by = arena_array(r->arena, n, sizeof *o->set_by),
		.confirm_by = arena_array(r->arena, n, sizeof *o->confirm_by) };
	return o->asked && o->level && o->set && o->confirm && o->set_by &&
	       o->confirm_by;
}

static void ask_for(
    struct origins *o, const struct view_entity *ve, const bool *wanted)
{
	const struct record *r = o->record;

	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct cell *c = &r->cells[i];
		struct grant g;

		if ((!c->value.len && !c->sealed.len) || (wanted && !wanted[i]))
			continue;
		o->asked[i] = view_grant(ve, r->relations, record_is_variant(r),
		    &r->entity->fields[i], USE_PROJECT, &g);
		o->level[i] = o->asked[i] ? g.bits : 0;
		o->left += o->asked[i];
	}
}

/* Newest first: a step that set what was there says that it holds, the first
 * that set something else is where it comes from. */
static enum err meet_change(
    struct origins *o, struct history_walk *h, const struct history_change *c)
{
	unsigned slot = c->field->slot;
	struct stamp s = { .version = h->step.version,
		.at_ms = h->step.at_ms,
		.user = h->step.user };
	bool same;
	enum err err;

	if (!o->asked[slot] || o->set[slot].version)
		return ERR_OK;
	if (!o->confirm[slot].version) {
		o->confirm[slot] = s;
		o->confirm_by[slot] = keep(o->record, h->step.login);
	}
	err = history_same(h->desk, o->record, c, o->level[slot], &same);
	if (err || same)
		return err;
	s.source = keep(o->record, h->step.source);
	o->set[slot] = s;
	o->set_by[slot] = keep(o->record, h->step.login);
	o->left--;
	return ERR_OK;
}

static enum err find_origins(struct origins *o, struct desk *d)
{
	struct history_rooms rooms;
	struct history_walk walk;
	enum err err = begin(&walk, d, o->record, &rooms);

	while (!err && o->left) {
		err = next(&walk);
		for (unsigned i = 0; !err && i < walk.step.change_count; i++)
			err = meet_change(o, &walk, &walk.step.changes[i]);
	}
	history_rooms_release(&rooms);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void show_origin(const struct origins *o, unsigned slot, struct buf *out)
{
	pack_raw(out, o->record->entity->fields[slot].packed_key);
	pack_map(out, 5);
	pack_key_instant(out, "set_at", o->set[slot].at_ms);
	pack_key_text(out, "set_by", o->set_by[slot]);
	pack_key_text(out, "source", o->set[slot].source);
	pack_key_instant(out, "confirmed_at", o->confirm[slot].at_ms);
	pack_key_text(out, "confirmed_by", o->confirm_by[slot]);
}

enum err past_show_origins(struct desk *d, const struct view_entity *ve,
    struct record *r, const bool *wanted, struct buf *out)
{
	struct origins o;
	uint32_t count = 0;
	size_t mark;
	enum err err;

	if (!origins_init(&o, r))
		return ERR_TOO_LARGE;
	ask_for(&o, ve, wanted);
	err = find_origins(&o, d);
	mark = pack_map_open(out);
	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		if (!o.asked[i] || !o.set[i].version)
			continue;
		show_origin(&o, i, out);
		count++;
	}
	pack_map_close(out, mark, count);
	return err;
}
