// SPDX-License-Identifier: MIT
/*
 * What a record is: entities, fields, types, labels, rules.  Data, not code.
 *
 * A schema file (default.yaml) is turned into one packed document by
 * document_parse(); schema_compile() checks it whole and builds the tables
 * below.  The packed document is what the database keeps and what
 * schema.apply takes, so there is one reader.  Code knows types and checks,
 * never field names; numbers (`id`) are stable for ever because stored rows,
 * indexes and sealed values are bound to them.
 *
 * A schema is immutable; each thread compiles its own and frees it whole.
 * Every pointer below lives as long as the schema.
 */
#ifndef SERVER_SCHEMA_SCHEMA_H
#define SERVER_SCHEMA_SCHEMA_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/cond.h"
#include "common/decimal.h"
#include "common/findings.h"

#define SCHEMA_ENTITIES 64  /* most, and ids are below */
#define SCHEMA_FIELDS   128 /* most of an entity, and ids are below */
#define SCHEMA_CLASSES  64
#define SCHEMA_FIGURES  32  /* most of an entity, and ids are below */
#define SCHEMA_SLOTS    256 /* of the table from key to field */

enum field_type {
	TYPE_TEXT, /* one line, NFC */
	TYPE_NOTE, /* many lines */
	TYPE_ENUM, /* a key of `values` */
	TYPE_INT,
	TYPE_DECIMAL, /* exact, as typed */
	TYPE_MONEY,   /* exact, two places */
	TYPE_DATE,
	TYPE_INSTANT, /* set by the server */
	TYPE_BOOL,
	TYPE_REF,  /* of entity `ref`; "user" for an account */
	TYPE_LIST, /* of one-line texts, each checked by `check` */
	TYPE_COUNT
};

/* How a field can be searched; several may hold.  A list has a key an item. */
enum index_kind {
	INDEX_PLAIN = 1,   /* order-preserving key: =, in, ranges, sort */
	INDEX_BLIND = 2,   /* keyed digest: = only */
	INDEX_TOKENS = 4,  /* keyed grams: prefix, contains */
	INDEX_TAIL = 8,    /* keyed digest of the last four digits */
	INDEX_UNIQUE = 16, /* one record a value, company-wide */
	INDEX_WITHIN = 32, /* one record a value among a parent's children */
	INDEX_TIMED = 64   /* a parent's children in the order of their time */
};

enum mask_kind {     /* what a masked reader gets; schema/mask.c */
	MASK_HIDDEN, /* "****" */
	MASK_NAME,
	MASK_COMPANY,
	MASK_PHONE,
	MASK_EMAIL,
	MASK_WECHAT,
	MASK_PERSON_ID,
	MASK_ACCOUNT,
	MASK_ADDRESS,
	MASK_BUCKET, /* an amount's range */
	MASK_BIRTHDAY,
	MASK_SHOWN, /* has no masked form: who may see it masked reads it */
	MASK_COUNT
};

enum derive_kind {
	DERIVE_NONE,
	DERIVE_PRODUCT,  /* of fields of the same record; may be (1 - field) */
	DERIVE_SUM,      /* over child records, kept in the ledger row */
	DERIVE_LATEST,   /* newest date over child records, likewise */
	DERIVE_MONTHS,   /* sums by month over child records: a figure */
	DERIVE_INITIALS, /* pinyin initials of a field */
	DERIVE_CREATED_AT,
	DERIVE_CREATED_BY,
	DERIVE_UPDATED_AT,
	DERIVE_UPDATED_BY,
	DERIVE_NUMBER, /* from the series */
	DERIVE_ALIAS   /* the record that this one was merged into */
};

struct label {
	const char *zh;
	const char *en;
};

struct choice { /* of an enum */
	const char *key;
	struct label label;
	const uint8_t *moves; /* what may follow it, by place; machine.h */
	uint8_t move_count;
};

struct field;
struct entity;

/* One addend of a sum: a child's field while `when` holds of the child. */
struct derive_part {
	const struct entity *child;
	const struct field *field; /* NULL: each child counts one */
	const struct field *by;    /* its date: the month it belongs to */
	const struct field *due; /* until when it is to be paid; may be NULL */
	int sign;                /* 1 or -1 */
	struct cond *when;       /* NULL: always */
};

struct derive {
	enum derive_kind kind;
	const struct field *from[4]; /* PRODUCT, INITIALS */
	bool complement[4];          /* PRODUCT: (1 - from) */
	unsigned from_count;
	struct derive_part parts[4]; /* SUM, LATEST */
	unsigned part_count;
};

struct check; /* schema/check.h: a named validator */

/* First what each read of a record looks at, in one line of the cache. */
struct field {
	const struct entity *entity;
	const char *key;
	struct bytes packed_key; /* as it stands in an answer */
	uint16_t slot;           /* place in entity->fields */
	uint8_t id;     /* stable, 1..SCHEMA_FIELDS-1, unique in its entity */
	bool sealed;    /* on its own, under the subject's key */
	bool watched;   /* a read in clear is an entry first */
	uint32_t bound; /* entity id << 8 | id: what keys and AAD name */
	enum field_type type;
	struct derive derive;
	struct label label;
	struct label hint;   /* for `?` at a prompt; "" if none */
	const char *example; /* an accepted one; "" if none */
	uint16_t max;        /* code points of a text, items of a list */
	uint8_t places;      /* decimals kept, shown at least */
	bool has_least, has_most;
	struct decimal least, most;
	const struct check *check;
	const struct field *companion; /* what the check also looks at */
	const struct field *flags;     /* BOOL: whose value it says to be bad */
	const struct field *day_of;    /* DATE: since when its value stands */
	const struct choice *choices;  /* ENUM */
	unsigned choice_count;
	bool open_choices;        /* an ENUM that takes keys not listed */
	bool has_moves;           /* an ENUM whose values follow each other */
	const char *ref_name;     /* REF: entity's key, or "user" */
	const struct entity *ref; /* NULL for "user" */
	uint16_t since;           /* version of the schema that brought it, or
				     its class: only roles applied since then
				     reach it; 0: any */
	uint8_t class_of;         /* index into schema->classes */
	uint8_t class_variant;    /* its class when the record is a variant */
	bool once;                /* settable at creation only */
	bool single;              /* one of a parent's children has it set */
	bool counted;             /* an INT that goes on from its siblings' */
	bool is_change;           /* an INT that is a change's log position */
	bool of_request;          /* defaults to the request's `source` */
	bool required;
	bool recommended;   /* counts as completeness, warns */
	bool reason_needed; /* a change must say why */
	uint8_t likeness;   /* what two records tell by an equal value, in
			     * percent; 0: nothing */
	bool weighed;       /* sealed, and the credit rule decides by it */
	bool decides;       /* sealed, and rules of business may weigh it */
	unsigned index;     /* of enum index_kind */
	enum mask_kind mask;
	struct bytes fallback;        /* packed default as typed, or none */
	struct bytes import_fallback; /* likewise, when imported */
	bool is_auto;                 /* set by the server alone */
};

/* How far an entity's records (customers) may buy on credit: which of their
 * fields say what.  The rule is server/book/credit.h's; all but `exposure` may
 * be NULL. */
struct credit {
	const struct field *exposure; /* a sum: promised, and not yet paid */
	const struct field *limit;    /* that it may rise to; empty: no bound */
	const struct field *days;     /* after its date when an addend is due */
	const struct field *hold;     /* stands: no further promise */
	const struct field *grade;
	const struct field *until; /* a release: the last day that it holds */
	const struct field *up_to; /* and how far the exposure may rise */
	struct cond *frozen;       /* no new addend at all */
	uint8_t overdue; /* days past due that stop promises; 0: none */
	uint8_t tries;   /* refusals a day that say something */
	/* Of each part of the exposure: */
	const struct field *pays[4]; /* its reference to a promise; NULL */
	const struct field *kept[4]; /* the figure that has it by month */
	/* Each is found by its day, kept by month, and never negative: so an
	 * account is known from any day on without walking all of it. */
	bool is_kept;
};

/* An entity whose records say that their parent was looked over, on the day
 * of their `time`: what of the parent keeps that. */
struct review {
	const struct field *last; /* the day of the newest */
	const struct field *next; /* emptied: rules say when it is due again */
	struct cond *when;        /* only these count; NULL: all */
};

enum rule_action {
	RULE_REQUIRE, /* `field` must have a value */
	RULE_REFUSE,  /* the record is refused */
	RULE_WARN,
	RULE_RECOMMEND, /* `field` should have one: warns, counts in
			 * completeness */
	RULE_COMPLETE   /* a whole record has one: counts, and is silent */
};

struct pattern; /* schema/pattern.h */

/* A rule over one record: when `when` holds, act.  One with a pattern or
 * bounds judges its field's value, and that when it is set. */
struct rule {
	const char *key;
	struct cond *when; /* NULL: always */
	enum rule_action action;
	const struct field *field; /* the one it is about */
	const struct pattern *pattern;
	struct bytes least, most; /* packed, in the field's form; or none */
	bool may_override;
	struct label message;
};

enum numbering {
	NUMBER_NONE,
	NUMBER_SERIES, /* "KH{branch}{yyyy}" and a counter a branch */
	NUMBER_CHILD,  /* parent's number, "/", running count */
	NUMBER_CODE    /* a field the caller gives: `number_field` */
};

struct entity {
	const char *key;
	uint8_t id; /* stable, 1..SCHEMA_ENTITIES-1 */
	struct label label;
	const struct field *fields;
	unsigned field_count;
	const struct field *by_id[SCHEMA_FIELDS];
	uint8_t by_key[SCHEMA_SLOTS]; /* slot + 1 by hash; entity_field() */
	bool scoped;                  /* its header carries branch and owner */
	const struct entity *parent;  /* whose number and life it shares */
	const struct field *parent_field;
	const struct entity *subject; /* whose keys seal it; NULL: subject 0 */
	bool retained;                /* sealed under the ledger key */
	enum numbering numbering;
	const char *series; /* pattern of NUMBER_SERIES */
	unsigned series_digits;
	const struct field *number_field; /* shown as the number; may be NULL */
	const struct field
	    *title_field; /* what a person calls it; may be NULL */
	const struct field *branch_field, *owner_field, *status_field;
	const struct field *area_field; /* its telephone area; may be NULL */
	const struct field *approval_field; /* whether it waits; may be NULL */
	const struct field *external_field; /* the former system's code */
	const struct field *alias_field;    /* into which other it was merged;
					     * NULL: these are not merged */
	const struct field *time_field;     /* when it happened; a timeline's */
	const char *section;  /* its name in its parent's dossier; NULL */
	struct cond *variant; /* e.g. a person; NULL: none */
	const struct rule *rules;
	unsigned rule_count;
	/* Sums by month of its children, for reports and rules: no fields of
	 * a record, but of its ledger row.  Ids count by themselves. */
	const struct field *figures;
	unsigned figure_count;
	const struct credit *credit;       /* NULL: nothing bounds it */
	const struct review *review;       /* NULL: it is none */
	const struct field *const *sealed; /* its sealed fields, by slot */
	unsigned sealed_count;
};

struct book_rules;

struct schema {
	uint32_t version; /* counts applications of a new document */
	int32_t zone_ms;  /* in which the company's days begin; common/date.h */
	const struct entity *entities;
	unsigned entity_count;
	const struct entity *by_id[SCHEMA_ENTITIES];
	const char *classes[SCHEMA_CLASSES];
	unsigned class_count;
	const struct book_rules *rules; /* book_rules.h; NULL: none */
	struct bytes document; /* packed; the roles section is in it too */
	struct arena arena;    /* owns all of it */
};

/* The file's text to one packed document (maps, arrays, texts, ints, bools).
 * ERR_INVALID with a message that names line and column. */
enum err document_parse(struct bytes yaml, struct buf *document, char *message,
    size_t message_size) MUST_USE;

/* The default file, embedded in the program. */
struct bytes document_default(void);

/* Refuses what is incomplete or contradictory, naming entity and field in
 * `message`: a field without class, an unknown type, check or mask, an id
 * used twice, a sealed field with a plain index, a derive loop.  Copies
 * `document`. */
enum err schema_compile(struct bytes document, uint32_t version,
    struct schema **out, char *message, size_t message_size) MUST_USE;
void schema_free(struct schema *s); /* NULL is fine */

/* Where a field's key begins its probe in entity.by_key. */
unsigned schema_slot(struct bytes key);
const struct entity *schema_entity(const struct schema *s, struct bytes key);
/* What a request may give as its `source`: the choices of the field that takes
 * it over, else those of a book that has none; `import` goes always. */
const struct choice *schema_sources(const struct schema *s, unsigned *count);
bool schema_has_source(const struct schema *s, struct bytes key);
/* The branches: what scoped entities and accounts belong to; NULL without. */
const struct entity *schema_branch(const struct schema *s);
const struct field *entity_field(const struct entity *e, struct bytes key);
const struct field *entity_figure(const struct entity *e, struct bytes key);
/* The class of that name, or -1. */
bool field_has_choice(const struct field *f, struct bytes key);
int schema_class(const struct schema *s, struct bytes name);

const char *field_type_word(enum field_type t); /* "text", "money", ... */

#endif
