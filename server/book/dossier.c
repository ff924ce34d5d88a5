// SPDX-License-Identifier: MIT
/*
 * The dossier.  See dossier.h.
 *
 * Each child is opened once to learn when it happened; those that are shown
 * are opened again, so that a customer of thousands of orders needs memory
 * for their times alone.
 */
#include "server/book/dossier.h"

#include <stdlib.h>

#include "common/date.h"
#include "common/pack.h"
#include "server/book/need.h"
#include "server/book/rule_explain.h"
#include "server/book/sheet.h"
#include "server/data/children.h"
#include "server/data/figures.h"
#include "server/schema/value.h"

#define SCRATCH_BLOCK (24 * 1024)
#define SCRATCH_CAP   (4 * 1024 * 1024)
#define ROOM_FIRST    64
#define EVENTS_MOST   100000 /* of a kind */

/* --- gathering -----------------------------------------------------------*/

/* What the caller may sort by, in clear; none if he may not. */
static enum err sortable(struct dossier *d, const struct view_entity *ve,
    struct record *r, const struct field *f, struct bytes *value)
{
	struct grant grant;

	*value = BYTES_NONE;
	if (!f || !view_grant(ve, r->relations, record_is_variant(r), f,
		      USE_SORT, &grant))
		return ERR_OK;
	return record_value(d->desk, r, &grant, value);
}

static bool read_time(const struct field *f, struct bytes value, int64_t *ms)
{
	struct bytes text = value_text(f, value);
	int32_t day;

	if (!text.len)
		return false;
	if (f->type == TYPE_INSTANT)
		return !instant_parse(text, ms);
	if (date_parse(text, &day))
		return false;
	*ms = (int64_t)day * 86400000;
	return true;
}

struct gathering {
	struct dossier *dossier;
	struct section *section;
};

static enum err keep(struct gathering *g, const struct event *e)
{
	struct section *s = g->section;

	if (s->count == EVENTS_MOST)
		return ERR_TOO_LARGE;
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : ROOM_FIRST;
		struct event *list =
		    arena_array(g->dossier->arena, room, sizeof *list);

		if (!list)
			return ERR_TOO_LARGE;
		if (s->count)
			memcpy(list, s->events, s->count * sizeof *list);
		s->events = list;
		s->room = room;
	}
	s->events[s->count++] = *e;
	return ERR_OK;
}

/* As if he searched for those that refer to the record. */
static bool is_listed(const struct view_entity *ve, const struct record *r)
{
	struct grant grant;

	return r->relations & view_range(ve) &&
	       !(r->header.flags & (ROW_ARCHIVED | ROW_WITHHELD)) &&
	       view_grant(ve, r->relations, record_is_variant(r),
		   r->entity->parent_field, USE_FILTER, &grant);
}

static enum err take_child(void *ctx, struct record *r)
{
	struct gathering *g = ctx;
	struct event e = { .ve = g->section->ve, .id = r->id };
	struct bytes time;
	unsigned relations;
	enum err err =
	    record_relations(g->dossier->desk, g->dossier->who, r, &relations);

	if (err || !is_listed(e.ve, r))
		return err;
	record_meet(r, e.ve);
	err = sortable(g->dossier, e.ve, r, r->entity->time_field, &time);
	if (err)
		return err;
	if (time.len)
		e.is_dated = read_time(r->entity->time_field, time, &e.at_ms);
	return keep(g, &e);
}

int event_compare(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->is_dated != y->is_dated)
		return x->is_dated ? -1 : 1;
	if (x->at_ms != y->at_ms)
		return x->at_ms > y->at_ms ? -1 : 1;
	return (x->id < y->id) - (x->id > y->id);
}

static enum err gather_section(
    struct dossier *d, const struct entity *e, const struct view_entity *ve)
{
	struct section *s = &d->sections[d->section_count++];
	struct gathering g = { d, s };
	struct children c = { .desk = d->desk,
		.up = e->parent_field,
		.owner = d->record->id,
		.with_merged = true,
		.call = take_child,
		.ctx = &g };
	enum err err;

	*s = (struct section){ .ve = ve };
	err = children_each(&c);
	if (!err && e->time_field && s->count > 1)
		qsort(s->events, s->count, sizeof *s->events, event_compare);
	return err;
}

enum err dossier_gather(struct dossier *d)
{
	const struct schema *s = directory_schema(d->desk->directory);
	enum err err = ERR_OK;

	d->section_count = 0;
	arena_init(&d->scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	for (unsigned i = 0; !err && i < s->entity_count; i++) {
		const struct entity *e = &s->entities[i];
		const struct view_entity *ve = view_entity_of(d->who->view, e);

		if (ve && e->section && e->parent == d->record->entity)
			err = gather_section(d, e, ve);
	}
	return err;
}

void dossier_release(struct dossier *d)
{
	arena_release(&d->scratch);
}

/* --- showing -------------------------------------------------------------*/

static void pack_time(struct record *r, struct bytes time, struct buf *out)
{
	pack_key_cstr(out, "entity", r->entity->key);
	pack_cstr(out, "time");
	pack_raw(out, time);
}

static enum err show(struct dossier *d, const struct view_entity *ve,
    struct record *r, unsigned more, struct buf *out)
{
	const struct show_options options = {
		.mask_watched = true, .mask_unset = true, .more = more
	};
	struct shown shown;

	return record_show(d->desk, d->who, ve, r, &options, out, &shown);
}

enum err dossier_row(
    struct dossier *d, const struct event *e, bool on_timeline, struct buf *out)
{
	const struct entity *entity = view_entity_schema(e->ve);
	struct bytes time;
	struct record *r;
	enum err err;

	arena_reset(&d->scratch);
	err = record_load(d->desk, &d->scratch, entity, e->id, &r);
	if (!err)
		err = show(d, e->ve, r, on_timeline ? 2 : 0, out);
	if (!err && on_timeline)
		err = sortable(d, e->ve, r, entity->time_field, &time);
	if (!err && on_timeline)
		pack_time(r, time, out);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static enum err show_section(
    struct dossier *d, const struct section *s, struct buf *out)
{
	size_t shown = s->count < d->limit ? s->count : d->limit;
	enum err err = ERR_OK;

	pack_cstr(out, view_entity_schema(s->ve)->section);
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++)
		err = dossier_row(d, &s->events[i], false, out);
	return err;
}

static void show_counts(const struct dossier *d, struct buf *out)
{
	pack_cstr(out, "counts");
	pack_map(out, d->section_count);
	for (unsigned i = 0; i < d->section_count; i++) {
		const struct section *s = &d->sections[i];

		pack_key_int(
		    out, view_entity_schema(s->ve)->section, (int64_t)s->count);
	}
}

/* --- totals --------------------------------------------------------------*/

/* Whoever may use every field that a figure adds up, in this record's
 * relations, may have its sum. */
static bool may_total(const struct dossier *d, const struct field *figure)
{
	struct report_run run = { .who = d->who,
		.range = d->record->relations & view_range(d->ve) };
	const struct derive *sum = &figure->derive;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < sum->part_count; i++)
		err = need_rows(&run, sum->parts[i].child);
	for (unsigned i = 0; !err && i < sum->part_count; i++)
		err = need_part(&run, &sum->parts[i]);
	return !err;
}

static enum err pack_total(
    const struct ledger *l, const struct field *figure, struct buf *out)
{
	struct decimal sum;
	enum err err = figure_sum(l, figure, MONTH_FIRST, MONTH_LAST, &sum);

	if (err)
		return err;
	if (figure->derive.parts[0].field)
		sheet_amount(out, figure->key, &sum);
	else
		sheet_count(out, figure->key, &sum);
	return ERR_OK;
}

static enum err show_totals(struct dossier *d, struct buf *out)
{
	const struct entity *e = d->record->entity;
	const struct ledger *ledger;
	size_t mark;
	uint32_t count = 0;
	enum err err = record_united(d->desk, d->record, &ledger);

	pack_cstr(out, "totals");
	mark = pack_map_open(out);
	for (unsigned i = 0; !err && i < e->figure_count; i++) {
		if (!may_total(d, &e->figures[i]))
			continue;
		err = pack_total(ledger, &e->figures[i], out);
		count++;
	}
	pack_map_close(out, mark, count);
	return err;
}

/* --- what its class gets it ----------------------------------------------*/

static enum err show_policy(struct dossier *d, struct buf *out)
{
	struct explaining e = { .desk = d->desk,
		.who = d->who,
		.record = d->record,
		.arena = d->arena,
		.out = out };

	pack_cstr(out, "policy");
	return policy_rows(&e);
}

/* --- all of it -----------------------------------------------------------*/

enum err dossier_show(struct dossier *d, struct buf *out)
{
	enum err err;

	pack_map(out, d->section_count + 5);
	pack_cstr(out, d->record->entity->key);
	err = show(d, d->ve, d->record, 0, out);
	for (unsigned i = 0; !err && i < d->section_count; i++)
		err = show_section(d, &d->sections[i], out);
	if (!err)
		err = show_totals(d, out);
	if (!err)
		err = show_policy(d, out);
	if (err)
		return err;
	show_counts(d, out);
	pack_cstr(out, "timeline");
	err = timeline_show(d, BYTES_NONE, out);
	return err ? err : out->err;
}
