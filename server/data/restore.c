// SPDX-License-Identifier: MIT
/*
 * What a version replaced.  See restore.h.
 */
#include "server/data/restore.h"

#define STEPS_MOST 10000

struct reading {
	struct work *work;
	struct record *record;
	const uint8_t *levels; /* of the caller, by slot */
	struct restore *out;
	bool *touched; /* by slot: somebody set it since */
	bool *changed;
};

static enum err open_side(struct reading *rd, const struct history_change *c,
    bool old, struct bytes *out)
{
	struct bytes sealed = old ? c->old_sealed : c->sealed;

	*out = old ? c->old : c->value;
	if (!sealed.len)
		return ERR_OK;
	return history_unseal(rd->work->desk, rd->record, c->field,
	    old ? c->old_version : c->version, sealed, out);
}

/* Has the field, as it is stored, what the version gave it?  Whoever does not
 * see it in clear would learn by that whether he had typed in what is there. */
static enum err still_holds(struct reading *rd, const struct history_change *c,
    unsigned level, bool *same)
{
	struct desk *d = rd->work->desk;
	struct cell *cell = &rd->record->cells[c->field->slot];
	struct bytes then, now = cell->value;
	enum err err;

	*same = cell->version == c->version;
	if (*same || !(level & MAY_SEE))
		return ERR_OK;
	err = open_side(rd, c, false, &then);
	if (!err && cell->sealed.len)
		err = history_unseal(
		    d, rd->record, c->field, cell->version, cell->sealed, &now);
	*same = !err && bytes_equal(then, now);
	return err;
}

static void add(struct restored *list, unsigned *count,
    const struct history_change *c, struct bytes value)
{
	list[(*count)++] = (struct restored){ .field = c->field,
		.value = value,
		.overruled = c->old_overruled,
		.rule_version = c->rule_version };
}

/* A field that he may not see would tell by the refusal that it changed; to
 * put it back is refused to him anyway. */
static enum err take_value(struct reading *rd, const struct history_change *c)
{
	struct restore *out = rd->out;
	unsigned slot = c->field->slot;
	struct bytes value;
	bool same;
	enum err err = still_holds(rd, c, rd->levels[slot], &same);

	if (!err)
		err = open_side(rd, c, true, &value);
	if (err)
		return err;
	rd->changed[slot] |= !same && rd->levels[slot];
	add(out->values, &out->count, c, value);
	return ERR_OK;
}

static enum err take_moved(struct reading *rd, const struct history_change *c)
{
	struct restore *out = rd->out;
	bool same;
	enum err err = still_holds(rd, c, MAY_SEE, &same);

	if (err || !same)
		return err;
	add(out->moved, &out->moved_count, c, c->old);
	out->moved[out->moved_count - 1].rule =
	    arena_text(rd->work->arena, c->rule);
	return ERR_OK;
}

/* What was only confirmed is as it was. */
static enum err take_change(struct reading *rd, const struct history_change *c)
{
	unsigned level = c->rule.len ? MAY_SEE : rd->levels[c->field->slot];
	bool same;
	enum err err;

	if (c->field->is_auto || c->field->derive.kind)
		return ERR_OK;
	err = history_same(rd->work->desk, rd->record, c, level, &same);
	if (err || same)
		return err;
	return c->rule.len ? take_moved(rd, c) : take_value(rd, c);
}

/* Nobody's work may go with a record that is to be withdrawn: it must be as
 * it was at the step where the walk stands. */
static enum err look_since(struct reading *rd, const struct history_walk *h)
{
	const struct entity *e = rd->record->entity;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < e->field_count; i++) {
		const struct history_change then = { .field = &e->fields[i],
			.version = h->versions[i],
			.value = h->values[i],
			.sealed = h->sealed[i] };
		bool same;

		if (!rd->touched[i] || !rd->levels[i])
			continue;
		err = still_holds(rd, &then, rd->levels[i], &same);
		rd->changed[i] |= !same;
	}
	return err;
}

static enum err take_step(struct reading *rd, const struct history_walk *h)
{
	const struct history_step *s = &h->step;
	struct restore *out = rd->out;
	uint8_t now = rd->record->header.flags;
	uint8_t moved = (s->flags ^ s->flags_before) & ROW_MARKS;
	enum err err = ERR_OK;

	out->makes = s->version == 1;
	out->marks = now & ROW_MARKS;
	if (out->makes || moved) {
		out->marks =
		    out->makes ? ROW_MARKS : s->flags_before & ROW_MARKS;
		out->is_marked_since = (now ^ s->flags) & ROW_MARKS;
	}
	if (out->marks & ~now & ROW_WITHDRAWN)
		err = look_since(rd, h);
	if (out->makes)
		return err;
	for (unsigned i = 0; !err && i < s->change_count; i++)
		err = take_change(rd, &s->changes[i]);
	return err;
}

static void note_touched(struct reading *rd, const struct history_step *s)
{
	for (unsigned i = 0; i < s->change_count; i++)
		if (!s->changes[i].rule.len)
			rd->touched[s->changes[i].field->slot] = true;
}

static bool reading_init(struct reading *rd, const struct view_entity *ve)
{
	struct record *r = rd->record;
	unsigned n = r->entity->field_count;

	*rd->out = (struct restore){ .values = arena_array(
					 r->arena, n, sizeof(struct restored)),
		.moved = arena_array(r->arena, n, sizeof(struct restored)) };
	rd->touched = arena_array(r->arena, n, sizeof *rd->touched);
	rd->levels = ve ? view_levels(ve, r->relations, record_is_variant(r))
			: arena_array(r->arena, n, 1);
	return rd->out->values && rd->out->moved && rd->touched && rd->levels;
}

static enum err read_back(
    struct reading *rd, const struct view_entity *ve, uint64_t position)
{
	struct history_walk walk;
	enum err err = reading_init(rd, ve) ? ERR_OK : ERR_TOO_LARGE;

	if (!err)
		err = history_begin(&walk, rd->work->desk, rd->record);
	for (unsigned steps = 0; !err && steps < STEPS_MOST; steps++) {
		err = history_next(&walk);
		if (err || walk.step.position <= position)
			break;
		note_touched(rd, &walk.step);
	}
	if (err || walk.step.position != position)
		return err ? err : ERR_NOT_FOUND;
	return take_step(rd, &walk);
}

/* Out of the scratch memory, for as long as the work lasts. */
static enum err keep(struct arena *a, struct restored **list, unsigned count)
{
	struct restored *kept = arena_array(a, count + 1u, sizeof *kept);

	for (unsigned i = 0; kept && i < count; i++) {
		kept[i] = (*list)[i];
		kept[i].value = arena_copy(a, kept[i].value);
		kept[i].overruled = arena_copy(a, kept[i].overruled);
	}
	*list = kept;
	return kept ? a->err : ERR_TOO_LARGE;
}

enum err restore_read(struct work *w, const struct view_entity *ve,
    struct record *r, uint64_t position, struct arena *scratch,
    struct restore *out, bool *changed)
{
	struct reading rd = {
		.work = w, .record = r, .out = out, .changed = changed
	};
	struct arena *home = r->arena;
	enum err err;

	r->arena = scratch;
	err = read_back(&rd, ve, position);
	r->arena = home;
	if (!err)
		err = keep(w->arena, &out->values, out->count);
	return err ? err : keep(w->arena, &out->moved, out->moved_count);
}

void restore_end(struct record *r, const struct restore *s)
{
	for (unsigned i = 0; i < s->count; i++)
		cell_resume(r, s->values[i].field, s->values[i].overruled);
	for (unsigned i = 0; i < s->moved_count; i++) {
		const struct restored *m = &s->moved[i];

		if (!m->rule)
			continue;
		work_move(r, m->field, m->value, m->rule, m->rule_version);
		cell_resume(r, m->field, m->overruled);
	}
}
