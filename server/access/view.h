// SPDX-License-Identifier: MIT
/*
 * The view: the schema as one caller may know it.  The one door.
 *
 * Compiled once per (set of roles, schema version) into a table entity x
 * variant x set of relations x field -> level bits, so that a decision about
 * a row is one lookup.  Names are resolved against the view: a hidden field
 * and a misspelt one are the same ERR_UNKNOWN.  What a view does not grant
 * cannot be opened: server/data's unsealer takes a `struct grant`, and only
 * this module makes one.  A forbidden use is refused, never dropped.
 *
 * Levels of the roles are united; an explicit deny of any role wins, also of
 * one that the account has and its token was not given.  A field whose class
 * no grant names is at none.  Immutable; lives as long as the
 * directory that compiled it.
 */
#ifndef SERVER_ACCESS_VIEW_H
#define SERVER_ACCESS_VIEW_H

#include "common/arena.h"
#include "server/access/right.h"
#include "server/schema/schema.h"

enum use {
	USE_PROJECT,
	USE_FILTER,
	USE_SORT,
	USE_GROUP,
	USE_AGGREGATE,
	USE_SEARCH, /* exact look-up of a sealed value: the right `lookup` */
	USE_JOIN,   /* through a reference */
	USE_UNIQUE,
	USE_SET,
	USE_SET_NEW,
	USE_COPY,
	USE_TEMPLATE,
	USE_COUNT,
	USE_WEIGH = USE_COUNT /* by a rule, whoever the caller is */
};

struct view;

/* The permission to use one field of one row (or of every row of a range) in
 * one way.  Made by view_grant() alone; by value, meaningless when !field. */
struct grant {
	const struct field *field;
	uint8_t bits; /* level bits that hold */
	uint8_t use;
};

/* An entity as the caller may know it; NULL if he may know nothing of it. */
struct view_entity;

const struct view_entity *view_entity(const struct view *v, struct bytes key);
const struct view_entity *view_entity_of(
    const struct view *v, const struct entity *e);
const struct entity *view_entity_schema(const struct view_entity *ve);

/* Must what he enters be approved?  Only if each role that lets him enter it
 * says so. */
bool view_waits(const struct view_entity *ve);

/* Relations over which the caller may range in this entity at all. */
unsigned view_range(const struct view_entity *ve);

/* Level bits of a field for a row in which `relations` hold (those outside
 * view_range count nothing); `variant` is the row's header flag. */
unsigned view_level(const struct view_entity *ve, unsigned relations,
    bool variant, const struct field *f);
/* All fields at once: one byte a slot; valid as long as the view. */
const uint8_t *view_levels(
    const struct view_entity *ve, unsigned relations, bool variant);

/* The field of that name if any relation of the caller's range lets him see,
 * mask or set it, else NULL: exactly as for a name that does not exist. */
const struct field *view_field(const struct view_entity *ve, struct bytes key);

/* One row.  False if the use is not granted. */
bool view_grant(const struct view_entity *ve, unsigned relations, bool variant,
    const struct field *f, enum use u, struct grant *out);
/* For a rule of the book to decide by, and for nothing else: a sealed field
 * that the schema declares to be weighed. */
bool view_grant_weighed(const struct field *f, struct grant *out);
/* Every row that a query over `range` may meet: granted only where each of
 * its relations grants it, in both variants. */
bool view_grant_range(const struct view_entity *ve, unsigned range,
    const struct field *f, enum use u, struct grant *out);

/* Rights that hold in every relation of `relations` (0: of the roles alone).
 * A right out of a grant that lists entities counts for those alone: ask
 * view_entity_rights(), which knows all of them. */
unsigned view_rights(const struct view *v, unsigned relations);
unsigned view_entity_rights(const struct view_entity *ve, unsigned relations);
/* Of one row, in which these relations hold: the rights of all its grants. */
unsigned view_row_rights(const struct view_entity *ve, unsigned relations);

/* The bound of a day: as with levels, the widest of the roles'. */
uint64_t view_quota(const struct view *v, enum quota_kind kind);

/* Digest of what is visible, for opaque versions: same view, same number. */
uint64_t view_fingerprint(const struct view *v);

#endif
