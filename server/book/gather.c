// SPDX-License-Identifier: MIT
/*
 * Finding the children.  See dossier.h.
 *
 * Where the schema keeps them in the order of their time (`timed`), the keys
 * alone tell the newest and how many there are: nothing is opened but what is
 * shown, so that a customer's ten-thousandth order makes his page no longer.
 * Of a book made before there were such keys, and for who may not sort by that
 * time, each child is opened once to learn when it happened.
 */
#include "server/book/dossier.h"

#include <stdlib.h>

#include "server/data/alias.h"
#include "server/data/children.h"
#include "server/data/index.h"

#define SCRATCH_BLOCK (24 * 1024)
#define SCRATCH_CAP   (4 * 1024 * 1024)
#define KEYS_ON_LOOP  5000
#define LOOKS_A_LEAVE 1024

struct gathering {
	struct dossier *dossier;
	struct section *section;
	const struct entity *entity;
	unsigned looked_at; /* keys */
};

/* As if he searched for those that refer to the record. */
static bool is_listed(const struct view_entity *ve, const struct entity *e,
    unsigned relations, bool is_variant)
{
	struct grant grant;

	return relations & view_range(ve) &&
	       view_grant(ve, relations, is_variant, e->parent_field,
		   USE_FILTER, &grant);
}

/* --- by opening each -----------------------------------------------------*/

static enum err take_child(void *ctx, struct record *r)
{
	struct gathering *g = ctx;
	struct dossier *d = g->dossier;
	struct event e = { .ve = g->section->ve, .id = r->id };
	struct bytes time;
	unsigned relations;
	enum err err = record_relations(d->desk, d->who, r, &relations);

	if (err || r->header.flags & ROW_UNLISTED ||
	    !is_listed(e.ve, r->entity, relations, record_is_variant(r)))
		return err;
	record_meet(r, e.ve);
	err = dossier_time(d, e.ve, r, &time);
	if (err)
		return err;
	if (time.len)
		e.is_dated = index_time(r->entity->time_field, time, &e.at_ms);
	g->section->total++;
	return dossier_keep(d, g->section, &e);
}

static enum err open_each(struct gathering *g)
{
	struct section *s = g->section;
	struct children c = { .desk = g->dossier->desk,
		.up = g->entity->parent_field,
		.owner = g->dossier->record->id,
		.with_merged = true,
		.call = take_child,
		.ctx = g };
	enum err err = children_each(&c);

	if (!err && g->entity->time_field && s->count > 1)
		qsort(s->events, s->count, sizeof *s->events, event_compare);
	return err;
}

/* --- by their keys -------------------------------------------------------*/

/* Do the keys say all that opening them would? */
static bool is_ordered(const struct gathering *g)
{
	const struct entity *e = g->entity;
	const struct record *r = g->dossier->record;
	struct grant grant;

	return e->parent_field->index & INDEX_TIMED && !e->variant &&
	       e->subject == r->entity &&
	       view_grant(g->section->ve, r->relations, false, e->time_field,
		   USE_SORT, &grant) &&
	       grant.bits & MAY_SEE;
}

/* Newest first; a page and one more are kept, and the others counted. */
static enum err take_key(
    struct gathering *g, struct bytes key, size_t *kept, bool *enough)
{
	struct dossier *d = g->dossier;
	struct section *s = g->section;
	struct event e = { .ve = s->ve, .id = index_record(key) };
	size_t before = s->count;
	enum err err = ERR_OK;

	s->total++;
	e.is_dated = index_time_of(key, &e.at_ms);
	if (*kept <= d->limit)
		err = dossier_keep(d, s, &e);
	*kept += s->count - before;
	*enough = d->is_timeline && *kept > d->limit;
	if (++g->looked_at > KEYS_ON_LOOP && !d->desk->may_wait)
		return ERR_ELSEWHERE;
	if (!err && g->looked_at % LOOKS_A_LEAVE == 0)
		err = desk_may_go_on(d->desk);
	return err;
}

static enum err take_keys(struct gathering *g, uint64_t owner)
{
	const struct dossier *d = g->dossier;
	uint8_t from[STORE_KEY];
	size_t len = index_timed(g->entity->parent_field, owner, true, from);
	struct bytes prefix = bytes_of(from, len), start = BYTES_NONE, key;
	struct scan *scan;
	struct row row;
	size_t kept = 0;
	bool enough = false;
	enum err err;

	if (d->behind.id && d->is_timeline) {
		len += index_put_time(
		    from + len, d->behind.is_dated, d->behind.at_ms);
		put_be64(from + len, d->behind.id);
		start = bytes_of(from, len + 8);
	}
	err = scan_open(
	    d->desk->snapshot, TABLE_INDEX, prefix, start, SCAN_DOWN, &scan);
	if (err)
		return err;
	while (!err && !enough && scan_next(scan, &key, &row))
		err = take_key(g, key, &kept, &enough);
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

static enum err take_all_keys(struct gathering *g)
{
	struct dossier *d = g->dossier;
	struct section *s = g->section;
	struct alias_set set;
	enum err err;

	arena_reset(&d->scratch);
	err = alias_set(
	    d->desk, d->record->entity, d->record->id, &d->scratch, &set);
	for (size_t i = 0; !err && i < set.count; i++)
		err = take_keys(g, set.ids[i]);
	if (!err && set.count > 1 && s->count > 1)
		qsort(s->events, s->count, sizeof *s->events, event_compare);
	return err;
}

/* --- all sections --------------------------------------------------------*/

static enum err gather_section(
    struct dossier *d, const struct entity *e, const struct view_entity *ve)
{
	struct section *s = &d->sections[d->section_count++];
	struct gathering g = { .dossier = d, .section = s, .entity = e };

	*s = (struct section){ .ve = ve };
	if (!is_ordered(&g))
		return open_each(&g);
	return is_listed(ve, e, d->record->relations, false) ? take_all_keys(&g)
							     : ERR_OK;
}

enum err dossier_gather(struct dossier *d)
{
	const struct schema *s = directory_schema(d->desk->directory);
	unsigned relations;
	enum err err;

	d->section_count = 0;
	arena_init(&d->scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	err = record_relations(d->desk, d->who, d->record, &relations);
	for (unsigned i = 0; !err && i < s->entity_count; i++) {
		const struct entity *e = &s->entities[i];
		const struct view_entity *ve = view_entity_of(d->who->view, e);

		if (ve && e->section && e->parent == d->record->entity &&
		    (e->time_field || !d->is_timeline))
			err = gather_section(d, e, ve);
	}
	d->handovers = (struct section){ .ve = d->ve };
	return err ? err : handovers_gather(d);
}

void dossier_release(struct dossier *d)
{
	arena_release(&d->scratch);
}
