// SPDX-License-Identifier: MIT
/*
 * A record's history as its reader may see it, with today's rights.
 *
 * A version of which he may see nothing is left out, and the others are
 * numbered as if it were not there.  See history.h.
 */
#include "server/data/history.h"

#include <stdio.h>

#include "common/pack.h"

#define STEPS_MOST    10000
#define STEPS_ON_LOOP 500

struct show {
	struct desk *desk;
	const struct caller *who;
	const struct view_entity *entity;
	struct record *record;
	const struct history_ask *ask;
	struct buf *out;
	struct shown *shown;
};

/* One side of a change: clear, masked, or nil when there was none. */
static enum err show_value(struct show *s, const struct grant *g,
    uint32_t version, struct bytes value, struct bytes sealed)
{
	const struct field *f = g->field;
	bool counts = sealed.len && g->bits & MAY_SEE;
	enum err err = meter_take(s->who->meter, QUOTA_SEALED, counts);

	if (!err && sealed.len)
		err = history_unseal(
		    s->desk, s->record, f, version, sealed, &value);
	if (err)
		return err;
	if (!value.len) {
		pack_nil(s->out);
		return ERR_OK;
	}
	if (!(g->bits & MAY_SEE)) {
		value = mask_value(f, value, s->record->arena);
		pack_raw(s->out, value);
		return value.data ? ERR_OK : ERR_TOO_LARGE;
	}
	if (f->watched) {
		s->shown->watched = true;
		s->shown->fields[f->id] = 1 + TOUCH_READ;
	}
	if (f->type == TYPE_REF)
		pack_text(s->out, value_text(f, value));
	else
		pack_raw(s->out, value);
	return ERR_OK;
}

static enum err show_change(
    struct show *s, const struct history_change *c, const struct grant *g)
{
	bool masked = !(g->bits & MAY_SEE), same;
	enum err err = history_same(s->desk, s->record, c, g->bits, &same);

	if (err)
		return err;
	pack_map(s->out, 3u + masked + same + (c->rule.len ? 2u : 0u));
	pack_key_cstr(s->out, "field", c->field->key);
	pack_cstr(s->out, "old");
	err = show_value(s, g, c->old_version, c->old, c->old_sealed);
	pack_cstr(s->out, "new");
	if (!err)
		err = show_value(s, g, c->version, c->value, c->sealed);
	if (masked)
		pack_key_bool(s->out, "masked", true);
	if (c->rule.len) {
		pack_key_text(s->out, "rule", c->rule);
		pack_key_int(s->out, "rule_version", c->rule_version);
	}
	if (same)
		pack_key_bool(s->out, "confirmed", true);
	return err;
}

static bool is_granted(
    struct show *s, const struct history_change *c, struct grant *g)
{
	return view_grant(s->entity, s->record->relations,
	    record_is_variant(s->record), c->field, USE_PROJECT, g);
}

/* What became of the record as a whole; NULL: nothing. */
static const char *mark_of(const struct history_step *s)
{
	uint8_t moved = s->flags ^ s->flags_before;

	if (moved & ROW_ERASED)
		return "erased";
	if (moved & ROW_WITHDRAWN)
		return s->flags & ROW_WITHDRAWN ? "withdrawn" : "restored";
	if (moved & ROW_ARCHIVED)
		return s->flags & ROW_ARCHIVED ? "archived" : "unarchived";
	return NULL;
}

static bool is_visible(struct show *s, const struct history_step *step)
{
	struct grant g;

	for (unsigned i = 0; i < step->change_count; i++)
		if (is_granted(s, &step->changes[i], &g))
			return true;
	/* Whoever may know of a record is told its mark. */
	return mark_of(step);
}

static bool is_wanted(struct show *s, const struct history_change *c)
{
	return !s->ask->field || c->field == s->ask->field;
}

static bool concerns(struct show *s, const struct history_step *step)
{
	struct grant g;

	for (unsigned i = 0; s->ask->field && i < step->change_count; i++)
		if (is_wanted(s, &step->changes[i]) &&
		    is_granted(s, &step->changes[i], &g))
			return true;
	return !s->ask->field;
}

/* Why: as was said; of what rules alone made these, as far as he may see what
 * they set. */
static void show_reason(struct show *s, const struct history_step *step)
{
	const bool by_rules =
	    !step->reason.len && bytes_is(step->source, BY_RULE);
	struct buf why;
	struct grant g;

	buf_init(&why, STORE_VALUE);
	buf_append_bytes(&why, step->reason);
	for (unsigned i = 0; by_rules && i < step->change_count; i++) {
		const struct history_change *c = &step->changes[i];
		char version[32];

		if (!c->rule.len || !is_wanted(s, c) || !is_granted(s, c, &g))
			continue;
		snprintf(version, sizeof version, ", version %u",
		    (unsigned)c->rule_version);
		buf_append_text(
		    &why, buf_bytes(&why).len ? "; rule " : "rule ");
		buf_append_bytes(&why, c->rule);
		buf_append_text(&why, version);
	}
	pack_text_or_nil(s->out, buf_bytes(&why));
	buf_release(&why);
}

static enum err show_step(
    struct show *s, const struct history_step *step, unsigned number)
{
	const char *word = mark_of(step);
	struct grant g;
	size_t mark;
	uint32_t count = 0;
	enum err err = ERR_OK;

	pack_map(s->out, word ? 9 : 8);
	pack_key_int(s->out, "version", number);
	pack_key_instant(s->out, "at", step->at_ms);
	pack_key_text(s->out, "user", step->login);
	pack_key_text(s->out, "from", step->peer);
	pack_key_text(s->out, "source", step->source);
	pack_cstr(s->out, "reason");
	show_reason(s, step);
	pack_key_int(s->out, "position", (int64_t)step->position);
	if (word)
		pack_key_cstr(s->out, "mark", word);
	pack_cstr(s->out, "changes");
	mark = pack_array_open(s->out);
	for (unsigned i = 0; !err && i < step->change_count; i++) {
		if (!is_wanted(s, &step->changes[i]) ||
		    !is_granted(s, &step->changes[i], &g))
			continue;
		err = show_change(s, &step->changes[i], &g);
		count++;
	}
	pack_array_close(s->out, mark, count);
	return err;
}

/* The chain runs backwards; an answer runs forwards. */
static enum err collect(
    struct show *s, struct history_step **steps, unsigned *count)
{
	struct history_walk walk;
	size_t room = s->record->header.version;
	enum err err = history_begin(&walk, s->desk, s->record);

	*count = 0;
	if (room > STEPS_ON_LOOP && !s->desk->may_wait)
		return ERR_ELSEWHERE;
	if (room > STEPS_MOST)
		room = STEPS_MOST;
	*steps = arena_array(s->record->arena, room, sizeof **steps);
	if (!*steps)
		return ERR_TOO_LARGE;
	while (!err && *count < room) {
		struct history_step *step = &(*steps)[*count];
		size_t size;

		err = history_next(&walk);
		if (err)
			break;
		*step = walk.step;
		size = step->change_count * sizeof *step->changes;
		step->changes = arena_alloc(s->record->arena, size + 1);
		if (!step->changes)
			return ERR_TOO_LARGE;
		memcpy(step->changes, walk.step.changes, size);
		*count += is_visible(s, step);
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err show_steps(
    struct show *s, const struct history_step *steps, unsigned count)
{
	size_t mark = pack_array_open(s->out);
	unsigned number = 0, shown = 0;
	enum err err = ERR_OK;

	for (; !err && number < count && shown < s->ask->limit; number++) {
		const struct history_step *step = &steps[count - 1 - number];

		if (number < s->ask->after || !concerns(s, step))
			continue;
		err = show_step(s, step, number + 1);
		shown++;
	}
	pack_array_close(s->out, mark, shown);
	pack_cstr(s->out, "next");
	if (number < count)
		pack_uint(s->out, number);
	else
		pack_nil(s->out);
	return err;
}

enum err history_show(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct record *r,
    const struct history_ask *ask, struct buf *out, struct shown *shown)
{
	struct show s = { d, who, ve, r, ask, out, shown };
	struct history_step *steps;
	unsigned relations, count;
	enum err err = record_relations(d, who, r, &relations);

	if (!err)
		err = record_open(d, r);
	if (!err)
		err = collect(&s, &steps, &count);
	return err ? err : show_steps(&s, steps, count);
}
