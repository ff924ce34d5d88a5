// SPDX-License-Identifier: MIT
/*
 * The dossier.  See dossier.h.
 */
#include "server/book/dossier.h"

#include "common/pack.h"
#include "server/book/need.h"
#include "server/book/rule_explain.h"
#include "server/book/sheet.h"
#include "server/data/figures.h"

/* --- sections ------------------------------------------------------------*/

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
		    out, view_entity_schema(s->ve)->section, (int64_t)s->total);
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
	err = dossier_record(d, d->ve, d->record, 0, out);
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
	err = timeline_show(d, out);
	return err ? err : out->err;
}
