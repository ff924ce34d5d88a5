// SPDX-License-Identifier: MIT
/*
 * Events: when they happened, their order, and which are kept.  See dossier.h.
 */
#include "server/book/dossier.h"

#define EVENTS_MOST 100000 /* of a kind */

enum err dossier_time(struct dossier *d, const struct view_entity *ve,
    struct record *r, struct bytes *value)
{
	const struct field *f = r->entity->time_field;
	struct grant grant;

	*value = BYTES_NONE;
	if (!f || !view_grant(ve, r->relations, record_is_variant(r), f,
		      USE_SORT, &grant))
		return ERR_OK;
	return record_value(d->desk, r, &grant, value);
}

static enum err keep(
    struct dossier *d, struct section *s, const struct event *e)
{
	struct event *list;

	if (s->count == EVENTS_MOST)
		return ERR_TOO_LARGE;
	list =
	    arena_more(d->arena, s->events, s->count, &s->room, sizeof *list);
	if (!list)
		return ERR_TOO_LARGE;
	s->events = list;
	s->events[s->count++] = *e;
	return ERR_OK;
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

static bool is_behind(const struct dossier *d, const struct event *e)
{
	return !d->behind.id || event_compare(e, &d->behind) > 0;
}

enum err dossier_keep(
    struct dossier *d, struct section *s, const struct event *e)
{
	return is_behind(d, e) ? keep(d, s, e) : ERR_OK;
}
