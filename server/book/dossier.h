// SPDX-License-Identifier: MIT
/*
 * The dossier: one record with all that belongs to it, on one page; and its
 * timeline, all that has a time, newest first.
 *
 * The schema says what goes in: children with a `section`, by that name, and
 * children with a `time`, on the timeline.  The caller's own rights decide of
 * each child as they would if he searched for it: what he may not know of is
 * not there, not even as a number.  Watched values are masked whatever his
 * level, so that leafing through customers is no reading of ids and limits;
 * he who wants one asks for it by name.
 *
 *   event.c        when a child happened; which are kept
 *   handovers.c    its own owners, one after the other
 *   gather.c       finding them all
 *   dossier_row.c  showing one
 *   timeline.c     one order out of all sections, page by page
 *   dossier.c      sections, totals
 */
#ifndef SERVER_BOOK_DOSSIER_H
#define SERVER_BOOK_DOSSIER_H

#include "server/data/record.h"

#define DOSSIER_ROWS 20  /* of a section, of a page; unless told */
#define DOSSIER_MOST 200 /* as many are shown at the most */

struct handover { /* of the record itself to another owner, or to nobody */
	struct bytes from, to, user; /* logins */
	struct bytes reason, rule;   /* of the change; none: not given */
	uint32_t rule_version;
};

struct event { /* a child, by when it happened */
	const struct view_entity *ve;
	uint64_t id;
	int64_t at_ms;
	bool is_dated; /* it has a time, and he may sort by it */
	const struct handover *handover; /* no child, but this; NULL */
};

struct section {
	const struct view_entity *ve;
	struct event *events; /* newest first; without times as they came */
	size_t count, room;   /* at hand: all, or a page and one more */
	uint64_t total;       /* there are; not counted for a timeline */
};

struct dossier {
	struct desk *desk;
	const struct caller *who;
	struct arena *arena; /* of the request */
	const struct view_entity *ve;
	struct record *record; /* in the caller's scope */
	unsigned limit;        /* rows shown of a section, of a page */
	bool is_timeline;      /* alone, and from here on: */
	struct event behind;   /* id 0: from the newest on */
	struct section sections[SCHEMA_ENTITIES];
	unsigned section_count;
	struct section handovers; /* on the timeline alone */
	struct arena scratch;     /* of one record */
};

/* Finds the children.  Give it back with dossier_release(), also on error. */
enum err dossier_gather(struct dossier *d) MUST_USE;
void dossier_release(struct dossier *d);

/* Appends {KEY, SECTION ..., totals, policy, counts, timeline}. */
enum err dossier_show(struct dossier *d, struct buf *out) MUST_USE;

/* Before gathering: the timeline alone, behind what `next` had; empty: from
 * its newest on.  ERR_INVALID. */
enum err timeline_begin(struct dossier *d, struct bytes after) MUST_USE;
/* Appends {rows, next}. */
enum err timeline_show(struct dossier *d, struct buf *out) MUST_USE;

/* --- between them --------------------------------------------------------*/

/* What the caller may sort the child by, in clear; none if he may not. */
enum err dossier_time(struct dossier *d, const struct view_entity *ve,
    struct record *r, struct bytes *value) MUST_USE;

/* Keeps the event if it is behind the place where the page begins. */
enum err dossier_keep(
    struct dossier *d, struct section *s, const struct event *e) MUST_USE;
/* The record's owners after the first, if he may see them. */
enum err handovers_gather(struct dossier *d) MUST_USE;
void handover_row(
    const struct dossier *d, const struct event *e, struct buf *out);

/* Appends a record, watched values masked, and room for `more` pairs. */
enum err dossier_record(struct dossier *d, const struct view_entity *ve,
    struct record *r, unsigned more, struct buf *out) MUST_USE;
/* Appends one child's row; with its `entity` and `time` if `on_timeline`. */
enum err dossier_row(struct dossier *d, const struct event *e, bool on_timeline,
    struct buf *out) MUST_USE;
/* Newest first, the younger record before the older. */
int event_compare(const void *a, const void *b);

#endif
