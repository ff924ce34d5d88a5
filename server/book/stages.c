// SPDX-License-Identifier: MIT
/*
 * Stages.  See stages.h.
 */
#include "server/book/stages.h"

#include "common/pack.h"
#include "server/data/history.h"

#define STAGES_MOST 10000

struct stage {
	struct bytes value; /* packed; none: it was empty */
	struct bytes login, reason;
	int64_t since_ms;
};

struct stages { /* newest first, as the history is walked */
	const struct field *field;
	struct stage *list;
	size_t count, room;
};

static enum err keep(struct stages *s, const struct history_step *step)
{
	for (unsigned i = 0; i < step->change_count; i++) {
		const struct history_change *c = &step->changes[i];

		if (c->field != s->field)
			continue;
		/* Confirmed, the newer one only went on: it began here. */
		if (s->count &&
		    bytes_equal(s->list[s->count - 1].value, c->value))
			s->count--;
		if (s->count == s->room)
			return ERR_TOO_LARGE;
		s->list[s->count++] = (struct stage){ .value = c->value,
			.login = step->login,
			.reason = step->reason,
			.since_ms = step->at_ms };
	}
	return ERR_OK;
}

static enum err collect(struct desk *d, struct record *r, struct stages *s)
{
	struct history_walk walk;
	enum err err = history_begin(&walk, d, r);

	s->room =
	    r->header.version < STAGES_MOST ? r->header.version : STAGES_MOST;
	s->list = arena_array(r->arena, s->room, sizeof *s->list);
	if (!s->list)
		return ERR_TOO_LARGE;
	while (!err) {
		err = history_next(&walk);
		if (!err)
			err = keep(s, &walk.step);
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* `until`: the next stage's beginning; of the present one now, and unsaid. */
static void pack_stage(
    const struct stage *s, int64_t until_ms, bool is_present, struct buf *out)
{
	pack_map(out, 6);
	pack_cstr(out, "stage");
	pack_raw_or_nil(out, s->value);
	pack_key_instant(out, "since", s->since_ms);
	pack_cstr(out, "until");
	if (is_present)
		pack_nil(out);
	else
		pack_instant(out, until_ms);
	pack_key_int(out, "seconds", (until_ms - s->since_ms) / 1000);
	pack_key_text(out, "user", s->login);
	pack_cstr(out, "reason");
	pack_text_or_nil(out, s->reason);
}

static void pack_stages(const struct stages *s, int64_t now_ms, struct buf *out)
{
	pack_map(out, 2);
	pack_key_cstr(out, "field", s->field->key);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)s->count);
	for (size_t i = s->count; i--;)
		pack_stage(
		    &s->list[i], i ? s->list[i - 1].since_ms : now_ms, !i, out);
}

enum err stages_show(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct record *r, struct buf *out)
{
	struct stages s = { .field = r->entity->status_field };
	struct grant grant;
	unsigned relations;
	enum err err = record_relations(d, who, r, &relations);

	if (err)
		return err;
	if (!s.field || !view_field(ve, bytes_text(s.field->key)))
		return ERR_UNKNOWN;
	if (!view_grant(ve, relations, record_is_variant(r), s.field,
		USE_PROJECT, &grant) ||
	    !(grant.bits & MAY_SEE))
		return ERR_DENIED;
	err = record_open(d, r);
	if (!err)
		err = collect(d, r, &s);
	if (err)
		return err;
	pack_stages(&s, clock_now_ms(d->clock), out);
	return out->err;
}
