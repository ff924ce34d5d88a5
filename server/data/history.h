// SPDX-License-Identifier: MIT
/*
 * What a record was: one row a version, chained through log positions.
 *
 * The row of version n lies under (log position of its plan, entity, record)
 * and holds who, when, whence, why and, for each field that n changed, the
 * value it replaced.  A record's row carries the position of its newest
 * version (the store keeps it), a history row that of the version before: so
 * a change appends and dirties no page of its own.  Layout:
 *
 *   u8 format, u8 entity, u8 count of old sealed fields, u8 0
 *   u32 version, u64 position of the version before (HISTORY_NONE), u64 subject
 *   u32 length, sealed: [ms, account, login, peer, source, reason, request,
 *                        [fields set],
 *                        [[field, version, old value,
 *                          what it overruled, if anything] ...],
 *                        [[field, rule, its version] ...],
 *                        flags of the header before]
 *   old sealed fields, as they stood in the row (row.h)
 *
 * Old sealed values are copied unopened and keep their AAD.
 */
#ifndef SERVER_DATA_HISTORY_H
#define SERVER_DATA_HISTORY_H

#include "server/data/work.h"

#define HISTORY_NONE UINT64_MAX

/* Puts the row of the version that `r` is about to become. */
enum err history_plan(struct work *w, struct record *r, uint32_t version,
    struct plan *p) MUST_USE;

/* Of the versions that the caller may see, which: those after number `after`
 * that concern `field` (NULL: any), at most `limit`. */
struct history_ask {
	const struct field *field;
	uint64_t after;
	unsigned limit;
};
#define HISTORY_LIMIT 1000

/* Appends the array of versions, oldest first, each as the caller may see it,
 * and `next` (protocol: record.history).  `shown`: which watched values went
 * out.  A long history is a worker's: ERR_ELSEWHERE. */
enum err history_show(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct record *r,
    const struct history_ask *ask, struct buf *out,
    struct shown *shown) MUST_USE;

/*
 * Walks newest to oldest.  `value` of a field in a step is what that version
 * set; valid until the next step.  For verification and as-of views.
 */
struct history_change {
	const struct field *field;
	uint32_t version;    /* that set the value */
	struct bytes value;  /* packed; none if emptied or sealed */
	struct bytes sealed; /* as stored; none unless sealed */
	struct bytes old, old_sealed;
	struct bytes old_overruled; /* by the old value: what a rule said */
	uint32_t old_version;       /* 0: there was none */
	struct bytes rule;          /* that set it; none: somebody did */
	uint32_t rule_version;
};
struct history_step {
	uint64_t position;
	uint32_t version;
	int64_t at_ms;
	uint64_t user;
	struct bytes login, peer, source, reason, request;
	uint8_t flags, flags_before; /* enum row_flag of the header */
	struct history_change *changes;
	unsigned change_count;
};
/* Memory of walks that may be long: of the step at hand, which is then valid
 * until the next, and of the values that steps to come have set. */
struct history_rooms {
	struct arena of[2];
	unsigned at;
};
struct history_walk {
	struct desk *desk;
	struct record *record;
	struct history_rooms *rooms; /* NULL: all in the record's arena */
	uint64_t next;               /* position; HISTORY_NONE at the end */
	struct bytes *values;        /* by slot: as of the version at `next` */
	struct bytes *sealed, *overruled;
	uint32_t *versions;
	struct history_step step;
};
/* The record must be open. */
enum err history_begin(
    struct history_walk *h, struct desk *d, struct record *r) MUST_USE;
void history_rooms_init(struct history_rooms *rooms);
void history_rooms_release(struct history_rooms *rooms);
/* The same for a walk over however many versions, by whoever opened it. */
enum err history_begin_long(struct history_walk *h, struct desk *d,
    struct record *r, struct history_rooms *rooms) MUST_USE;
/* ERR_NOT_FOUND after the oldest; ERR_CORRUPT if a link is broken, or if the
 * versions do not add up to the record as it is stored. */
enum err history_next(struct history_walk *h) MUST_USE;
/* Of an erased record, when history_next() has come to its end: the version
 * before by its plain part alone, which nobody can open; ERR_NOT_FOUND. */
enum err history_skip(struct history_walk *h) MUST_USE;

/* The position of the version before the one that the plan at `position` made
 * of a record; HISTORY_NONE: it was the first.  ERR_NOT_FOUND. */
enum err history_before(struct desk *d, uint8_t entity, uint64_t id,
    uint64_t position, uint64_t *before) MUST_USE;

/* Did the change set what was there before?  So it was confirmed.  False for
 * whoever does not see it in clear at that level: he may have typed it. */
enum err history_same(struct desk *d, const struct record *r,
    const struct history_change *c, unsigned level, bool *same) MUST_USE;

/* Opens a sealed value met on the way. */
enum err history_unseal(struct desk *d, const struct record *r,
    const struct field *f, uint32_t version, struct bytes sealed,
    struct bytes *out) MUST_USE;

#endif
