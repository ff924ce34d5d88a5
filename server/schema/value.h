// SPDX-License-Identifier: MIT
/*
 * Values of fields: from the wire to their normal form, and compared.
 *
 * A value is kept packed (one MessagePack value), in exactly the form the
 * wire shows: text in NFC, decimals and dates as text, an enum's key, a list
 * as an array of texts; so a read copies bytes and decodes nothing.  A
 * reference is kept as [id, shown text].  No value is nil: an empty text, an
 * empty list and nil all mean that the field is empty.
 */
#ifndef SERVER_SCHEMA_VALUE_H
#define SERVER_SCHEMA_VALUE_H

#include "server/schema/schema.h"

/* The other values of the record at hand, for checks and rules; returns the
 * packed value or BYTES_NONE. */
struct value_source {
	struct bytes (*get)(void *ctx, const struct field *f);
	void *ctx;
};

struct value_context {
	struct value_source record; /* with the values given so far */
	struct value_source before; /* as it is stored; of a new one none */
	int32_t today;              /* days since 1970-01-01, for dates */
	/* The telephone area of its branch, as stored, or none; takes the
	 * record's ctx; NULL: nobody knows. */
	struct bytes (*area)(void *ctx);
	bool is_import; /* source `import`: softer defaults */
};

/*
 * Normalises and checks one given value (packed, anything).  *out is the
 * packed normal form in the arena, BYTES_NONE if it empties the field.
 * Breaches are added to `found` (errors, overridable ones, warnings); the
 * normal form is valid only if no error was added.  References are taken as
 * text here and resolved by server/data.
 */
enum err value_accept(const struct field *f, const struct value_context *c,
    struct bytes given, struct arena *a, struct findings *found,
    struct bytes *out) MUST_USE;

/* Rules of the whole record, required fields, recommended ones (as
 * warnings); after all values are in. */
void entity_check(const struct entity *e, const struct value_context *c,
    struct findings *found);

/* Is the record's value of a rule's field one that the rule would refuse?  Of
 * a rule that asks for a value or only warns: never. */
bool rule_refuses(const struct entity *e, const struct rule *r,
    const struct value_context *c, struct arena *scratch);

/* Share of required and recommended fields that have a value, 0..100; of those
 * that count (by slot; NULL: all do).  The others are marked in `missing`, if
 * it is given. */
unsigned entity_completeness(const struct entity *e,
    const struct value_source *record, const bool *counts, bool *missing);

/* Is the packed value empty? */
bool value_is_empty(struct bytes packed);
/* The text inside (text, enum, date, decimal; of a reference what is shown);
 * BYTES_NONE for other types. */
struct bytes value_text(const struct field *f, struct bytes packed);
/* A reference's record id, 0 if none. */
uint64_t value_ref(struct bytes packed);
/* Packs a resolved reference into the arena. */
struct bytes value_pack_ref(struct arena *a, uint64_t id, struct bytes shown);
struct bytes value_pack_text(struct arena *a, struct bytes text);
/* BYTES_NONE for what value_decimal() would not read again. */
struct bytes value_pack_decimal(
    struct arena *a, const struct decimal *v, unsigned places);
/* A decimal's value; zero (and false) if empty. */
bool value_decimal(struct bytes packed, struct decimal *out);

/* <0, 0, >0 in the type's own order (enum: order of its choices). */
int value_compare(const struct field *f, struct bytes a, struct bytes b);

/* The order-preserving key of INDEX_PLAIN, at most VALUE_KEY bytes. */
#define VALUE_KEY 80
size_t value_key(
    const struct field *f, struct bytes packed, uint8_t out[static VALUE_KEY]);
/* The normal form that blind indexes digest (mobile: E.164 digits, e-mail:
 * lower case, ...): the same for a stored value and a typed search. */
enum err value_blind_form(const struct field *f, struct arena *a,
    struct bytes packed, struct bytes *out) MUST_USE;

/* Does the condition (parsed, names resolved in `e`) hold of the record?
 * Values in the tree are given as typed; they are normalised by
 * condition_prepare() once before; a reference that the caller has resolved
 * ([id, shown]) stays as it is.  `contains` on a field with INDEX_TAIL means
 * "ends with". */
enum err condition_prepare(const struct entity *e, struct cond *c,
    struct arena *a, struct findings *found) MUST_USE;
bool condition_holds(const struct entity *e, const struct cond *c,
    const struct value_source *record, struct arena *scratch);

/* What a masked reader gets, packed. */
struct bytes mask_value(
    const struct field *f, struct bytes packed, struct arena *a);

#endif
