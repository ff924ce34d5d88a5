// SPDX-License-Identifier: MIT
/*
 * One record, one event, as dossier and timeline show them.  See dossier.h.
 */
#include "server/book/dossier.h"

#include "common/pack.h"

static void pack_time(struct record *r, struct bytes time, struct buf *out)
{
	pack_key_cstr(out, "entity", r->entity->key);
	pack_cstr(out, "time");
	pack_raw(out, time);
}

enum err dossier_record(struct dossier *d, const struct view_entity *ve,
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

	if (e->handover) {
		handover_row(d, e, out);
		return out->err;
	}
	arena_reset(&d->scratch);
	err = record_load(d->desk, &d->scratch, entity, e->id, &r);
	if (!err)
		err = dossier_record(d, e->ve, r, on_timeline ? 2 : 0, out);
	if (!err && on_timeline)
		err = dossier_time(d, e->ve, r, &time);
	if (!err && on_timeline)
		pack_time(r, time, out);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}
