// SPDX-License-Identifier: MIT
/*
 * "name=value" words into packed fields.
 *
 * The schema gives the type in which a value travels: integers and truth
 * values as such, lists as arrays, everything else as text, for the server to
 * judge.  A value may be @FILE, @- (standard input) or ? (asked, not shown).
 * A field that the schema does not show is sent as text all the same.
 */
#ifndef CLIENT_FIELDS_H
#define CLIENT_FIELDS_H

#include "client/schema.h"

struct assignment {
	struct bytes key; /* the schema's, or as typed */
	const struct field *field;
	struct bytes value; /* text; empty: unset */
};

struct assignments {
	struct assignment *of;
	unsigned count;
};

/* Words of the form key=value; ERR_USAGE told. */
enum err fields_parse(struct app *app, const struct entity *e,
    const char **words, unsigned count, struct assignments *out) MUST_USE;

/* Adds what a YAML file (one map) has a value for and `of` does not name. */
enum err fields_read_file(struct app *app, const struct entity *e,
    const char *path, struct assignments *of) MUST_USE;

/* "名称,-city": the list with the keys of fields that were named by label; a
 * minus in front stays. */
const char *fields_keys(
    struct app *app, const struct entity *e, const char *list);

/* What --source says, for a field of that name which is not given. */
void fields_add_source(
    struct app *app, const struct entity *e, struct assignments *of);

/* Appends one value in the form its type travels in. */
void fields_pack_value(
    struct arena *a, const struct field *f, struct bytes text, struct buf *out);

/* A map of those with a value. */
struct bytes fields_pack(struct app *app, const struct assignments *of);
/* An array of the keys without a value; BYTES_NONE if there is none. */
struct bytes fields_pack_unset(struct app *app, const struct assignments *of);

#endif
