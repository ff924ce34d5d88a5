// SPDX-License-Identifier: MIT
/*
 * The timeline: the dated of all sections, and its owners, in one order.  See
 * dossier.h.
 *
 * A page goes on behind a place, never from a number: what is added meanwhile
 * shifts nothing.  The place is (time, record), sealed as any cursor is.
 */
#include <stdlib.h>

#include "common/digest.h"
#include "common/pack.h"
#include "server/book/dossier.h"
#include "server/data/place.h"

/* Cursors are bound to a question: whose timeline. */
static void identify(const struct dossier *d, struct query *q)
{
	uint8_t record[9] = { d->record->entity->id };
	struct bytes parts[] = { bytes_text("timeline"),
		bytes_of(record, sizeof record) };

	put_be64(record + 1, d->record->id);
	*q = (struct query){ .entity = d->record->entity };
	digest_parts(parts, 2, &q->identity);
}

static void add(const struct section *s, struct event *events, size_t *count)
{
	for (size_t k = 0; k < s->count; k++)
		if (s->events[k].is_dated)
			events[(*count)++] = s->events[k];
}

static enum err merge(struct dossier *d, struct event **events, size_t *count)
{
	size_t room = d->handovers.count;

	for (unsigned i = 0; i < d->section_count; i++)
		room += d->sections[i].count;
	*count = 0;
	*events = arena_array(d->arena, room + 1, sizeof **events);
	if (!*events)
		return ERR_TOO_LARGE;
	for (unsigned i = 0; i < d->section_count; i++)
		add(&d->sections[i], *events, count);
	add(&d->handovers, *events, count);
	if (*count > 1)
		qsort(*events, *count, sizeof **events, event_compare);
	return ERR_OK;
}

static enum err pack_next(struct dossier *d, const struct query *q,
    const struct event *last, struct buf *out)
{
	uint8_t key[8];

	put_be64(key, (uint64_t)last->at_ms);
	return place_pack(d->desk, d->who, q,
	    &(struct place){ bytes_of(key, sizeof key), last->id }, out);
}

enum err timeline_begin(struct dossier *d, struct bytes after)
{
	struct place from;
	struct query q;
	enum err err;

	identify(d, &q);
	err = place_open(d->desk, d->who, &q, after, d->arena, &from);
	d->is_timeline = true;
	if (!err && from.id && from.key.len == 8)
		d->behind = (struct event){ .id = from.id,
			.is_dated = true,
			.at_ms = (int64_t)get_be64(from.key.data) };
	return err;
}

enum err timeline_show(struct dossier *d, struct buf *out)
{
	struct event *events;
	struct query q;
	size_t count, shown;
	enum err err = merge(d, &events, &count);

	if (err)
		return err;
	identify(d, &q);
	shown = count < d->limit ? count : d->limit;
	pack_map(out, 2);
	pack_cstr(out, "rows");
	pack_array(out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++)
		err = dossier_row(d, &events[i], true, out);
	pack_cstr(out, "next");
	if (!err && shown < count)
		err = pack_next(d, &q, &events[shown - 1], out);
	else
		pack_nil(out);
	return err ? err : out->err;
}
