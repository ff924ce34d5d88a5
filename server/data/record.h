// SPDX-License-Identifier: MIT
/*
 * One record in memory: loaded, opened, shown through a view.
 *
 * record_peek() reads the row and its plain header, which is enough to decide
 * whether the caller may know of it.  record_open() opens the body.  A value
 * that is sealed on its own is opened by record_value() alone, which takes a
 * grant: what the view did not grant stays closed, also while the record is
 * changed and saved.  Everything lives in the arena given to record_keep and
 * dies with the request.
 *
 *   record.c       row, header, relations, number
 *   body.c         opening
 *   united.c       figures, with those of what was merged into it
 *   record_show.c  values through the view, and the answer
 */
#ifndef SERVER_DATA_RECORD_H
#define SERVER_DATA_RECORD_H

#include "server/access/view.h"
#include "server/audit/entry.h"
#include "server/data/desk.h"
#include "server/data/row.h"
#include "server/data/subject.h"

struct cell {
	struct bytes value;     /* packed; none if empty or still sealed */
	struct bytes sealed;    /* as stored; none unless sealed and set */
	struct bytes keys;      /* of a sealed field in the indexes */
	struct bytes overruled; /* what a rule had said when it was given */
	const struct cell *was; /* before this work; NULL: not changed */
	const char *rule;       /* that set it in this work; NULL: none did */
	uint32_t rule_version;
	uint32_t version; /* that set it; 0: never set */
	bool opened;      /* `value` is valid (always, if not sealed) */
	bool confirmed;   /* in this work: changed, and to what it was */
	bool given;       /* by the caller, in this work */
};

struct origin {              /* whence values come, and why they change */
	struct bytes source; /* key of the lead source */
	struct bytes reason; /* none: not given */
	bool is_named;       /* the caller named the source */
};

struct stamp { /* who set the fields of a version */
	uint32_t version;
	int64_t at_ms;
	uint64_t user;
	struct bytes source;
};

struct total { /* a derived value in the ledger row */
	uint8_t field;
	struct bytes value; /* packed */
};

struct ledger { /* totals and counters of one record's children */
	uint64_t subject;
	uint64_t position; /* of its row; meaningless when absent */
	uint32_t version;  /* counts its writes */
	bool absent, changed;
	struct total totals[24];
	unsigned total_count;
};

struct record {
	const struct entity *entity;
	uint64_t id;
	struct header header;
	uint8_t flags_before; /* of the header as it is stored */
	uint64_t position;    /* log position of the row's last write */
	struct cell *cells;   /* one a slot */
	struct stamp *stamps;
	unsigned stamp_count;
	struct ledger *ledger;   /* loaded on demand */
	struct ledger *united;   /* likewise; see record_united() */
	struct bytes wrapped[2]; /* keys of a new subject, by enum key_kind */
	struct bytes row;        /* borrowed from the snapshot */
	struct arena *arena;
	struct origin origin; /* of the change in this work */
	bool is_open, is_new, is_changed;
	bool weighed; /* the work stands or falls with it as it is now */
	bool is_past; /* as it was once (past.h): its sums are not known */
	unsigned relations; /* of the caller to it; 0 until asked */
	uint8_t withheld;   /* of ROW_WITHHELD, its own or its customer's;
			     * known with its relations */
	uint64_t customer;  /* whose it is, aliases followed; likewise */
	bool by_alias;      /* found by the name of one merged into it */
	uint32_t newest;    /* change that the caller may see; see show */
};

/* The row and its header, without memory: enough to ask for its relations.
 * ERR_NOT_FOUND, ERR_CORRUPT. */
enum err record_peek(struct desk *d, const struct entity *e, uint64_t id,
    struct record *out) MUST_USE;
/* One that was peeked at, with cells to open it into; NULL past the cap. */
struct record *record_keep(struct arena *a, const struct record *peeked);
/* Both at once. */
enum err record_load(struct desk *d, struct arena *a, const struct entity *e,
    uint64_t id, struct record **out) MUST_USE;
/* What stands for it now: itself, unless it was merged. */
enum err record_load_heir(struct desk *d, struct arena *a,
    const struct entity *e, uint64_t id, struct record **out) MUST_USE;
/* The record as new: no version, no values; NULL past the cap. */
struct record *record_new(struct arena *a, const struct entity *e, uint64_t id);
/* Opens the body into the cells (body.c). */
enum err record_open(struct desk *d, struct record *r) MUST_USE;
/* What a seal of that version is bound to; `field` 0 is the body. */
struct binding record_binding(const struct desk *d, const struct record *r,
    uint8_t field, uint32_t version);

/* How the caller stands to it: a child's scope is its customer's. */
enum err record_relations(struct desk *d, const struct caller *who,
    struct record *r, unsigned *relations) MUST_USE;
/* The branch whose record it is, 0 for none: a child's is its customer's. */
enum err record_branch(
    struct desk *d, const struct record *r, uint64_t *branch) MUST_USE;
static inline bool record_is_erased(const struct record *r)
{
	return r->header.flags & ROW_ERASED;
}
static inline bool record_is_variant(const struct record *r)
{
	return r->header.flags & ROW_VARIANT;
}

/* Of an open record whose relations were asked: finds the newest change that
 * the reader may see, for "updated" as he knows it.  record_show() does. */
void record_meet(struct record *r, const struct view_entity *ve);

/* The packed value, in clear or masked as the grant says; BYTES_NONE if
 * empty.  Opens what is sealed. */
enum err record_value(struct desk *d, struct record *r, const struct grant *g,
    struct bytes *out) MUST_USE;

/* For rules, derived values and index keys of our own, never for an answer:
 * what is open already, or plain. */
struct bytes record_plain(const struct record *r, const struct field *f);

/* What a row's answer needs to say. */
struct shown {
	uint8_t fields[SCHEMA_FIELDS]; /* enum touch + 1 by id; 0: not shown */
	unsigned masked;               /* values shown masked */
	bool watched;                  /* a watched value went out in clear */
	unsigned sealed_clear;         /* sealed values shown in clear */
};
struct show_options {
	const bool *wanted; /* by slot; NULL for all */
	bool mask_sealed;   /* show sealed values masked, whatever the level */
	bool mask_watched;  /* likewise watched ones that did not change */
	bool mask_unset;    /* likewise sealed ones of callers with a quota */
	bool preview;       /* no id, number, version: there are none yet */
	unsigned more;      /* pairs that the caller appends to the map */
};

/* One value as it may go out, packed as it is stored: counted if it is sealed
 * and clear, noted in `shown`; BYTES_NONE if empty. */
enum err record_show_value(struct desk *d, const struct caller *who,
    struct record *r, const struct grant *g, struct bytes *out,
    struct shown *shown) MUST_USE;

/* Appends {id, number, version, fields, masked}, and archived: true,
 * withdrawn: true, erased: true. */
enum err record_show(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct record *r,
    const struct show_options *options, struct buf *out,
    struct shown *shown) MUST_USE;

/* The record as the log names it: with the watched fields that went out. */
enum err record_touched(const struct record *r, const struct shown *shown,
    struct arena *a, struct entry_record *out) MUST_USE;

/* The opaque version of what this caller sees of it; it was met. */
#define VERSION_TEXT 19
void record_version_text(struct desk *d, const struct caller *who,
    const struct record *r, char out[static VERSION_TEXT]);

/* Its number, else its internal id, as text. */
struct bytes record_number(const struct record *r);
#define ID_TEXT 17
void id_format(uint64_t id, char out[static ID_TEXT]);
bool id_parse(struct bytes text, uint64_t *id);

/* Its own ledger row (empty if there is none yet): what is written. */
enum err record_ledger(
    struct desk *d, struct record *r, struct ledger **out) MUST_USE;
/* What is read: with the figures of all that were merged into it (united.c).
 * A change in progress asks work_united(). */
enum err record_united(
    struct desk *d, struct record *r, const struct ledger **out) MUST_USE;

#endif
