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

#define STEPS_ON_LOOP 500

/* Of the versions that the caller may see, which are asked for.  They are
 * numbered from the oldest and walked from the newest: a first walk counts
 * them, a second keeps those of the page alone. */
struct kept {
	struct history_step step;
	size_t number;
};
struct page {
	uint8_t *concerns; /* newest first: is it of the field? */
	size_t count;      /* of all that he may see */
	size_t upto;       /* which number the page goes */
	struct kept *kept; /* newest first */
	size_t kept_count;
};

struct show {
	struct desk *desk;
	const struct caller *who;
	const struct view_entity *entity;
	struct record *record;
	const struct history_ask *ask;
	struct buf *out;
	struct shown *shown;
	struct page page;
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

static enum err show_step(struct show *s, const struct kept *kept)
{
	const struct history_step *step = &kept->step;
	const char *word = mark_of(step);
	struct grant g;
	size_t mark;
	uint32_t count = 0;
	enum err err = ERR_OK;

	pack_map(s->out, word ? 9 : 8);
	pack_key_int(s->out, "version", (int64_t)kept->number);
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

/* --- which ---------------------------------------------------------------*/

static size_t find_end(const struct page *p, const struct history_ask *ask)
{
	size_t number = ask->after < p->count ? (size_t)ask->after : p->count;
	unsigned found = 0;

	while (number < p->count && found < ask->limit)
		found += p->concerns[p->count - ++number];
	return number;
}

static enum err count_steps(struct show *s, struct history_walk *walk)
{
	struct page *p = &s->page;
	enum err err = ERR_OK;

	p->concerns =
	    arena_array(s->record->arena, s->record->header.version, 1);
	if (!p->concerns)
		return ERR_TOO_LARGE;
	while (!err) {
		err = desk_may_go_on(s->desk);
		if (!err)
			err = history_next(walk);
		if (!err && is_visible(s, &walk->step))
			p->concerns[p->count++] = concerns(s, &walk->step);
	}
	p->upto = find_end(p, s->ask);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void keep_bytes(struct arena *a, struct bytes *b)
{
	if (b->len)
		*b = arena_copy(a, *b);
}

/* The walk's memory is gone with the next step. */
static enum err keep_step(
    struct show *s, const struct history_step *from, size_t number)
{
	struct arena *a = s->record->arena;
	size_t size = from->change_count * sizeof *from->changes;
	struct kept *kept = &s->page.kept[s->page.kept_count++];
	struct history_step *to = &kept->step;
	struct history_change *changes = arena_alloc(a, size + 1);

	if (!changes)
		return ERR_TOO_LARGE;
	kept->number = number;
	*to = *from;
	if (size)
		memcpy(changes, from->changes, size);
	to->changes = changes;
	keep_bytes(a, &to->login);
	keep_bytes(a, &to->peer);
	keep_bytes(a, &to->source);
	keep_bytes(a, &to->reason);
	for (unsigned i = 0; i < to->change_count; i++) {
		keep_bytes(a, &changes[i].value);
		keep_bytes(a, &changes[i].old);
		keep_bytes(a, &changes[i].rule);
	}
	return a->err;
}

static enum err keep_steps(struct show *s, struct history_walk *walk)
{
	struct page *p = &s->page;
	size_t room = p->upto > s->ask->after ? p->upto - s->ask->after : 0;
	size_t number = p->count;
	enum err err = ERR_OK;

	p->kept = arena_array(s->record->arena,
	    1 + (room < s->ask->limit ? room : s->ask->limit), sizeof *p->kept);
	if (!p->kept)
		return ERR_TOO_LARGE;
	while (!err && number > s->ask->after) {
		err = history_next(walk);
		if (err || !is_visible(s, &walk->step))
			continue;
		if (number <= p->upto && p->concerns[p->count - number])
			err = keep_step(s, &walk->step, number);
		number--;
	}
	return err;
}

/* Both walks, in memory that does not grow with their length. */
static enum err collect(struct show *s)
{
	struct history_rooms rooms;
	struct history_walk walk;
	enum err err;

	if (s->record->header.version > STEPS_ON_LOOP && !s->desk->may_wait)
		return ERR_ELSEWHERE;
	history_rooms_init(&rooms);
	err = history_begin_long(&walk, s->desk, s->record, &rooms);
	if (!err)
		err = count_steps(s, &walk);
	if (!err)
		err = history_begin_long(&walk, s->desk, s->record, &rooms);
	if (!err)
		err = keep_steps(s, &walk);
	history_rooms_release(&rooms);
	return err;
}

/* --- all -----------------------------------------------------------------*/

/* The chain runs backwards; an answer runs forwards. */
static enum err show_steps(struct show *s)
{
	const struct page *p = &s->page;
	enum err err = ERR_OK;

	pack_array(s->out, (uint32_t)p->kept_count);
	for (size_t i = p->kept_count; !err && i; i--)
		err = show_step(s, &p->kept[i - 1]);
	pack_cstr(s->out, "next");
	if (p->upto < p->count)
		pack_uint(s->out, p->upto);
	else
		pack_nil(s->out);
	return err;
}

enum err history_show(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct record *r,
    const struct history_ask *ask, struct buf *out, struct shown *shown)
{
	struct show s = { d, who, ve, r, ask, out, shown, { 0 } };
	unsigned relations;
	enum err err = record_relations(d, who, r, &relations);

	if (!err)
		err = record_open(d, r);
	if (!err)
		err = collect(&s);
	return err ? err : show_steps(&s);
}
