// SPDX-License-Identifier: MIT
/*
 * A unit of work: what one request changes, item by item, as one plan.
 *
 * Items (create, update) are applied to records held in memory; later items
 * see earlier ones ("#0" names the record of item 0).  Nothing is sealed
 * until work_save(), which turns every changed record and ledger row into one
 * plan.  The order of an item is fixed: names are resolved against the view,
 * rights are decided, and only then are values judged, so that a forbidden
 * field never answers with a validator's words.
 *
 *   accept.c   values in: names, rights, normal forms
 *   cell.c     one value in another's place
 *   work.c     the records at hand
 *   apply.c    items: checks, numbers, one after the other
 *   probe.c    what is stored or taken already
 *   totals.c   derived values
 *   united.c   figures of merged records together
 *   save.c     seals, index keys, history, commitments, the plan
 */
#ifndef SERVER_DATA_WORK_H
#define SERVER_DATA_WORK_H

#include "common/unpack.h"
#include "server/audit/entry.h"
#include "server/data/ledger.h"
#include "server/data/lookup.h"
#include "server/schema/value.h"

#define BY_RULE "rule" /* the source of what nobody typed */

struct work_options { /* of the whole request */
	struct origin origin;
	const char *request_id; /* NULL: none */
	bool dry_run;
};

enum approval { /* how a record stands, and what is asked for */
	APPROVAL_NONE,
	APPROVAL_PENDING,
	APPROVAL_APPROVED,
	APPROVAL_REJECTED
};

enum merging { /* beside setting values */
	MERGE_NOT,
	MERGE_INTO, /* item->heir */
	MERGE_PART  /* from it again */
};

struct restore;

struct item { /* of a batch, or the request itself */
	bool is_create;
	const struct view_entity *entity;
	struct bytes id;        /* update: number, code, id or "#n" */
	struct bytes version;   /* update: as the caller saw it; may be none */
	struct bytes set;       /* packed map of values */
	struct bytes unset;     /* packed array of names; may be none */
	struct bytes override_; /* packed array of rules; may be none */
	bool confirms;          /* that values hold: */
	struct bytes confirm;   /* packed array of names; none: all */
	const struct restore *restore; /* to put back instead, in `record`,
					  which this work holds; NULL */
	struct bytes import_row; /* digest of the file's row; may be none */
	int archive;             /* 1, -1, or 0: leave as it is */
	enum approval approval;  /* APPROVED, REJECTED; NONE: as it is */
	enum merging merging;
	struct record *heir;  /* in this work */
	struct origin origin; /* its own, else the request's */
	/* results */
	enum err err;           /* of this item */
	struct bytes bad_field; /* with ERR_UNKNOWN and ERR_DENIED */
	const char *rule;       /* which said no; may be NULL */
	struct record *record;
	const char *why;         /* what the log says of a refusal; NULL */
	bool skipped;            /* this import row is stored already */
	struct bytes import_key; /* under which it is; none without a row */
	bool import_again;       /* it was, as a record that was taken back: */
	uint64_t import_at;      /* its key's version */
	unsigned found_free; /* look-ups that told a sealed value to be free */
};

struct work {
	struct desk *desk;
	const struct caller *who;
	struct arena *arena;
	struct findings *found;
	struct work_options options;
	int64_t now_ms;
	int32_t today;      /* the company's day */
	uint32_t drawn[32]; /* for new ids: a system call each costs more */
	unsigned drawn_left;
	struct record **records; /* every record this work looked at */
	size_t record_count, record_room;
	struct lookup at_hand; /* entity, id -> place in records + 1 */
	struct lookup named;   /* entity, a new record's name -> likewise */
	struct item *items;
	size_t item_count;
	struct lookup claimed;      /* unique keys of new values -> record id */
	struct lookup imported;     /* import row's key -> record id */
	struct given_number *given; /* by series, the newest first */
	unsigned overridden;        /* findings that the caller overrode */
	uint64_t took_back; /* whose promise a guard saw shrink, and counted */
	struct let_through *let_through; /* whom a guard let promise more */
	uint64_t in_time;                /* who a guard found to pay in time */
};

struct given_number {
	struct given_number *next;
	const struct entity *entity;
	struct bytes scope; /* of its series */
	uint64_t number;
};

struct let_through {
	struct let_through *next;
	uint64_t about;
	bool is_free;    /* once it is stored: he was refused nothing */
	bool is_refused; /* something of it was, and counts as this */
};

/* `items` is borrowed and gets the results. */
void work_init(struct work *w, struct desk *d, const struct caller *who,
    struct arena *a, struct findings *found, const struct work_options *options,
    struct item *items, size_t count);

/* Applies item `at`; its result stands in the item.  Returns what ends the
 * whole request (ERR_ELSEWHERE, ERR_TOO_LARGE, ERR_CORRUPT ...), else OK. */
enum err work_apply(struct work *w, size_t at) MUST_USE;

/* Of a work that came to nothing: its numbers are given to the next. */
void work_return_numbers(struct work *w);

/* A rule sets a field: nobody's rights are asked, and the record's history
 * names the rule.  `value` is in normal form and outlives the work; the field
 * is one that rules may set (schema/book_rules.c). */
void work_move(struct record *r, const struct field *f, struct bytes value,
    const char *rule, uint32_t version);

/* All changes into the plan.  The records written, for the audit draft, are
 * appended to `touched` (arena).  The new customer's first subject is in
 * *subject for commitments. */
struct touched {
	struct entry_record *list;
	size_t count;
	uint64_t subject; /* the customer concerned, 0 if none or several */
	uint64_t branch;
	bool has_reason;
	struct digest reason;
	/* Whose records are written, each once or more: the customers, and of
	 * the company's own the records themselves; not those being made. */
	uint64_t *owners;
	size_t owner_count;
};
enum err work_save(
    struct work *w, struct plan *p, struct touched *touched) MUST_USE;
/* What its entry says of it; the draft's branch stays if the records have
 * none. */
void touched_note(const struct touched *t, struct draft *d);

/* --- between the modules of this room ------------------------------------*/

/* The record in this work, or loaded and opened into it. */
enum err work_record(struct work *w, const struct entity *e, uint64_t id,
    struct record **out) MUST_USE;
/* One that was found and not opened: opened into this work, or as it stands
 * in it already. */
enum err work_take(
    struct work *w, struct record *found, struct record **out) MUST_USE;
enum err work_add(struct work *w, struct record *r) MUST_USE;
/* A new one that holds now: later items find it by its number, and by its
 * number in the former system. */
enum err work_name(struct work *w, const struct record *r) MUST_USE;
/* One of this work that the caller may call so: later items find it at hand. */
enum err work_called(
    struct work *w, const struct record *r, struct bytes text) MUST_USE;
struct record *work_named(
    const struct work *w, const struct entity *e, struct bytes text);
/* What stands for a record when this work is done: itself, unless merged. */
enum err work_heir(
    struct work *w, struct record *r, struct record **out) MUST_USE;
/* Its figures as they will be, with those of all that are merged into it:
 * for rules and limits, to read alone. */
enum err work_united(
    struct work *w, struct record *r, const struct ledger **out) MUST_USE;
bool work_holds(const struct work *w, const struct entity *e, uint64_t id);
bool work_makes(const struct work *w, const struct entity *e, uint64_t id);

/* "#3": item 3 of this work, NULL if there is none; false for other text. */
bool work_names_item(struct work *w, struct bytes text, struct item **out);

/* Takes `set` and `unset` into the record's cells. */
enum err accept_values(
    struct work *w, struct item *it, struct record *r) MUST_USE;
/* Gives a field its value, if it is another.  Without memory it stays as it
 * is: the request has failed. */
void cell_set(struct record *r, const struct field *f, struct bytes value);
/* Also the value that it has: a change like any other. */
void cell_replace(struct record *r, const struct field *f, struct bytes value);
/* Gives a field the value that it has, as confirmed. */
void cell_confirm(struct record *r, const struct field *f, struct bytes value);
/* The value that a field got in this work is one that it had before: nobody
 * gave it now, and it overrules what it overruled then. */
void cell_resume(
    struct record *r, const struct field *f, struct bytes overruled);
/* A reference's target; `shown` is what people see. */
enum err accept_reference(struct work *w, const struct field *f,
    struct bytes text, struct bytes *packed) MUST_USE;

/* The subject's opened keys, also of a subject that this work makes. */
enum err work_key(struct work *w, const struct record *r, enum key_kind kind,
    struct dek **out) MUST_USE;

/* Values of the record as it stands, for rules. */
struct value_source record_source(struct work *w, struct record *r);
/* The same with all that its checks look at. */
struct value_context work_context(struct work *w, struct record *r);

/* The record's parent (for numbers and uniqueness within) and the branch of
 * the row that decides its scope. */
uint64_t record_parent(const struct record *r);

#endif
