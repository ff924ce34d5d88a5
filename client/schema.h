// SPDX-License-Identifier: MIT
/*
 * The client's picture of what the server's schema.get answered: entities,
 * fields, labels, as this user may see them.
 *
 * It words prompts, tables, suggestions and completion; it decides nothing.
 * A request for something that the picture lacks is sent all the same, since
 * a refused attempt has to reach the audit log.  The packed answer is cached
 * for completion, which never talks to the server.
 */
#ifndef CLIENT_SCHEMA_H
#define CLIENT_SCHEMA_H

#include "client/app.h"

enum field_type {
	TYPE_TEXT,
	TYPE_NOTE,
	TYPE_ENUM,
	TYPE_INT,
	TYPE_DECIMAL,
	TYPE_MONEY,
	TYPE_DATE,
	TYPE_INSTANT,
	TYPE_BOOL,
	TYPE_REF,
	TYPE_LIST,
	TYPE_COUNT
};

enum level { /* of what a user may do with a field */
	LEVEL_NONE,
	LEVEL_MASKED,
	LEVEL_ENTER,
	LEVEL_READ,
	LEVEL_CREATE,
	LEVEL_WRITE,
	LEVEL_COUNT
};

enum search { /* ways in which a field can be searched */
	SEARCH_EXACT = 1,
	SEARCH_PREFIX = 2,
	SEARCH_CONTAINS = 4,
	SEARCH_RANGE = 8,
	SEARCH_TAIL = 16,
};

struct choice {
	struct bytes key, zh, en, initials;
	struct bytes moves; /* packed list of the keys that may follow it */
};

struct field {
	struct bytes key, zh, en;
	struct bytes initials; /* of zh in pinyin, each reading: "hy xy" */
	struct bytes hint_zh, hint_en, example;
	struct bytes ref;   /* TYPE_REF: the entity's key, or "user" */
	struct bytes check; /* the name of its validator; or empty */
	enum field_type type;
	enum level level;    /* the strongest */
	struct bytes levels; /* packed map by relation */
	bool required, recommended, is_auto, sealed, watched, reason, open;
	bool unique;
	unsigned search;
	unsigned places;
	struct bytes fallback; /* packed default */
	struct bytes packed;   /* as it came */
	const struct choice *choices;
	unsigned choice_count;
};

struct entity {
	struct bytes key, zh, en, initials;
	struct bytes numbering; /* series, child, code, none */
	struct bytes number_field, title, parent;
	struct bytes section, time; /* in a dossier, on a timeline */
	struct bytes approval;      /* the field that says whether it waits */
	bool may_create, may_import, may_export;
	bool waits; /* what this user enters waits for approval */
	const struct field *fields;
	unsigned field_count;
	const struct choice *figures; /* sums that it keeps of its children */
	unsigned figure_count;
};

struct reporting { /* a report that this user may have */
	struct bytes key, zh, en;
	struct bytes params; /* packed list */
	struct bytes words;  /* packed map: what a parameter takes, if words */
};

struct schema {
	const struct entity *entities;
	unsigned entity_count;
	const struct choice *sources;
	unsigned source_count;
	const struct reporting *reports;
	unsigned report_count;
};

/* The cached one (see fetch.h), without the network; ERR_NOT_FOUND. */
enum err schema_recall(struct app *app) MUST_USE;
/* Borrows `packed`. */
struct schema *schema_parse(struct arena *a, struct bytes packed);

/* By key or by label in either language; NULL if none. */
const struct entity *schema_find_entity(
    const struct schema *s, struct bytes name);
const struct field *entity_find_field(
    const struct entity *e, struct bytes name);
/* By key, by label, or by number from 1; NULL if none. */
const struct choice *field_find_choice(
    const struct field *f, struct bytes name);

enum level level_parse(struct bytes word);
const char *field_type_word(enum field_type t);
/* Whether this user may put a value when creating, or change one. */
bool field_may_enter(const struct field *f);
/* The level that `relation` alone gives; the strongest if none is told. */
enum level field_level_in(const struct field *f, const char *relation);

struct bytes entity_label(const struct app *app, const struct entity *e);
struct bytes field_label(const struct app *app, const struct field *f);
struct bytes figure_label(
    const struct app *app, const struct entity *e, struct bytes key);
struct bytes choice_label(const struct app *app, const struct choice *c);
/* The same by its key; the key itself if it is none of them. */
struct bytes choice_named(
    const struct app *app, const struct field *f, struct bytes key);

#endif
