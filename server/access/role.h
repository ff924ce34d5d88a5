// SPDX-License-Identifier: MIT
/*
 * Roles as the schema document states them: parsed, checked, not yet united.
 *
 * Inside server/access only; everyone else sees views.  The reader is strict:
 * an unknown key, word, class or field, a key given twice or a value of
 * another shape refuses all roles, and the message names role and word.  A
 * right that is misspelt must not become a right that is not there, nor the
 * other way round.
 */
#ifndef SERVER_ACCESS_ROLE_H
#define SERVER_ACCESS_ROLE_H

#include "server/access/people.h"
#include "server/access/right.h"

#define ROLES_MOST  64 /* a set of roles is one word of bits */
#define GRANTS_MOST 64 /* of one role */

/* The level of one field in place of its class's. */
struct override {
	const struct field *field;
	uint8_t bits;
};

struct grant_rule {
	uint8_t relation;  /* one of enum relation */
	uint16_t since;    /* its role's: newer fields are not meant */
	bool everywhere;   /* no list of entities was given */
	uint64_t entities; /* a bit an id, unless everywhere */
	uint8_t of_class[SCHEMA_CLASSES];
	const struct override *fields;
	unsigned field_count;
	unsigned rights; /* where the relation holds */
};

struct policy {
	struct role role;
	const struct grant_rule *grants;
	unsigned grant_count;
	uint64_t deny; /* a bit a class */
	uint64_t
	    waits; /* a bit an entity id: what it enters is approved first */
	uint16_t since; /* version of the schema that it was applied to; 0 */
};

struct policies {
	const struct policy *of; /* in the document's order */
	unsigned count;
};

/* Everything in the arena, the schema borrowed.  ERR_INVALID with a message,
 * ERR_TOO_LARGE. */
enum err policies_parse(struct bytes document, const struct schema *schema,
    struct arena *a, struct policies *out, char *message,
    size_t message_size) MUST_USE;

/* NULL: there is no such role. */
const struct policy *policy_find(
    const struct policies *roles, struct bytes key);

bool grant_covers(const struct grant_rule *g, const struct entity *e);
/* What the rule gives on a field, before any deny; `given_by` (or NULL) is
 * told whether the field's own line or its class says so. */
unsigned grant_bits(const struct grant_rule *g, const struct field *f,
    bool variant, bool *by_field);
bool policy_denies(const struct policy *p, const struct field *f, bool variant);

/* Do the rows of `e` belong to someone (a customer, or what hangs on one)? */
bool entity_is_scoped(const struct entity *e);

/* The view of the roles whose bits are in `chosen`, less what those in
 * `denying` deny too; in the arena. */
enum err view_compile(const struct schema *schema, const struct policies *roles,
    uint64_t chosen, uint64_t denying, struct arena *a,
    const struct view **out) MUST_USE;

#endif
