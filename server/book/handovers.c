// SPDX-License-Identifier: MIT
/*
 * Who had the record before whom: its new owners on the timeline.  See
 * dossier.h.
 *
 * They are read off its own history, which is what tells them to whoever may
 * see the owner.  Most records have the owner that they were made with; of the
 * others no more is read than back to the first hand-over, or a page of them.
 */
#include "common/pack.h"
#include "server/book/dossier.h"
#include "server/data/history.h"

#define STEPS_ON_LOOP 200

/* In clear, or what has no masked form. */
static bool sees_owner(const struct dossier *d, const struct field *owner)
{
	struct grant g;

	return view_grant(d->ve, d->record->relations,
		   record_is_variant(d->record), owner, USE_PROJECT, &g) &&
	       (g.bits & MAY_SEE || owner->mask == MASK_SHOWN);
}

static struct bytes login_of(
    struct dossier *d, const struct field *owner, struct bytes value)
{
	return arena_copy(d->arena, value_text(owner, value));
}

static enum err take(struct dossier *d, const struct history_step *step,
    const struct history_change *c)
{
	struct handover *h = arena_alloc(d->arena, sizeof *h);
	struct event e = { .ve = d->ve,
		.id = step->position + 1,
		.at_ms = step->at_ms,
		.is_dated = true,
		.handover = h };

	if (!h)
		return ERR_TOO_LARGE;
	*h = (struct handover){ .from = login_of(d, c->field, c->old),
		.to = login_of(d, c->field, c->value),
		.user = arena_copy(d->arena, step->login),
		.reason = arena_copy(d->arena, step->reason),
		.rule = arena_copy(d->arena, c->rule),
		.rule_version = c->rule_version };
	return dossier_keep(d, &d->handovers, &e);
}

/* Of the versions after the first; whoever is confirmed was not handed over. */
static enum err look(struct dossier *d, const struct history_step *step,
    const struct field *owner, bool *enough)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < step->change_count; i++) {
		const struct history_change *c = &step->changes[i];

		if (c->field != owner)
			continue;
		*enough = c->old_version <= 1;
		if (c->version > 1 && value_ref(c->old) != value_ref(c->value))
			err = take(d, step, c);
	}
	*enough |= d->handovers.count > d->limit;
	return err;
}

enum err handovers_gather(struct dossier *d)
{
	struct record *r = d->record;
	const struct field *owner = r->entity->owner_field;
	struct history_rooms rooms;
	struct history_walk walk;
	bool enough = false;
	enum err err;

	if (!owner || !sees_owner(d, owner))
		return ERR_OK;
	err = record_open(d->desk, r);
	if (err || r->cells[owner->slot].version <= 1)
		return err;
	if (r->header.version > STEPS_ON_LOOP && !d->desk->may_wait)
		return ERR_ELSEWHERE;
	history_rooms_init(&rooms);
	err = history_begin_long(&walk, d->desk, r, &rooms);
	while (!err && !enough) {
		err = history_next(&walk);
		if (!err)
			err = look(d, &walk.step, owner, &enough);
	}
	history_rooms_release(&rooms);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void pack_login(struct buf *out, const char *key, struct bytes login)
{
	pack_cstr(out, key);
	pack_text_or_nil(out, login);
}

void handover_row(
    const struct dossier *d, const struct event *e, struct buf *out)
{
	const struct handover *h = e->handover;
	const struct entity *entity = d->record->entity;
	char id[ID_TEXT];

	id_format(d->record->id, id);
	pack_map(out, 9 + (h->rule.len ? 2u : 0u));
	pack_key_cstr(out, "id", id);
	pack_key_text(out, "number", record_number(d->record));
	pack_cstr(out, "fields");
	pack_map(out, 1);
	pack_login(out, entity->owner_field->key, h->to);
	pack_cstr(out, "masked");
	pack_array(out, 0);
	pack_key_cstr(out, "entity", entity->key);
	pack_key_instant(out, "time", e->at_ms);
	pack_login(out, "from", h->from);
	pack_login(out, "user", h->user);
	pack_login(out, "reason", h->reason);
	if (!h->rule.len)
		return;
	pack_key_text(out, "rule", h->rule);
	pack_key_int(out, "rule_version", h->rule_version);
}
