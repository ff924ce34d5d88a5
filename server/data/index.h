// SPDX-License-Identifier: MIT
/*
 * The index keys of a field's value.
 *
 *   TABLE_INDEX   entity, field, kind | [branch] | value | record -> nothing
 *   TABLE_UNIQUE  entity, field | [parent] | value            -> record
 *
 *   TABLE_INDEX   entity, parent's field, 'd' or 'e' | parent | time | record
 *
 * kind 'p': the value's order-preserving key, behind the branch in scoped
 * entities; 'b': 16 bytes of its blind digest, of which in a field with a
 * tail 8 stand behind 8 for its last four digits, so that one key serves both
 * searches and a change moves no other; 't': 8 bytes for each 2-gram of its
 * comparison key; 'd': those that are listed among the parent's children, by
 * when they happened; 'e': those that are not, but withdrawn ones.  Only
 * enumerations, dates, numbers, codes and references have plain keys: the
 * schema compiler sees to that.
 */
#ifndef SERVER_DATA_INDEX_H
#define SERVER_DATA_INDEX_H

#include "server/data/record.h"
#include "server/schema/value.h"

#define INDEX_HEAD    3 /* entity, field, kind */
#define INDEX_BLINDED 16
#define TAIL_DIGITS   4

struct index_key {
	enum table table;
	uint8_t len;
	uint8_t key[STORE_KEY];
};

/* Keys are collected here; the arena owns them. */
struct index_keys {
	struct arena *arena;
	struct index_key *list;
	size_t count, room;
	enum err err;
};

void index_keys_init(struct index_keys *k, struct arena *a);

/* Adds all keys of one packed value (in clear) of a record. */
void index_add(struct desk *d, const struct record *r, const struct field *f,
    uint64_t branch, uint64_t parent, struct bytes value,
    struct index_keys *out);

/* The owner of those who have none, as a packed reference. */
struct bytes index_nobody(void);

/* A sealed field's keys in the compact form that the body keeps, and back. */
struct bytes index_compact(
    const struct index_keys *k, size_t from, struct arena *a);
void index_expand(const struct record *r, const struct field *f,
    uint64_t branch, uint64_t parent, struct bytes compact,
    struct index_keys *out);

/* Adds the place of a child among its parent's, those that are listed or the
 * others; `time` may be empty. */
void index_add_timed(const struct record *r, uint64_t parent, struct bytes time,
    bool is_listed, struct index_keys *out);

/* Puts what is new and deletes what is gone. */
void index_plan(struct index_keys *before, struct index_keys *after,
    uint64_t id, struct plan *p);

/* --- for searching -------------------------------------------------------*/

/* entity, field, kind [, branch]: the prefix of a field's keys. */
size_t index_prefix(const struct field *f, char kind, bool with_branch,
    uint64_t branch, uint8_t out[static STORE_KEY]);
/* Appends a plain value as it stands in keys (texts end in NUL). */
size_t index_plain(const struct field *f, struct bytes value, uint8_t *out);
void index_blind(struct desk *d, const struct field *f, struct bytes form,
    uint8_t out[static INDEX_BLINDED]);
/* What the digests of all values with these last four digits begin with;
 * false if the text has fewer. */
bool index_tail(struct desk *d, const struct field *f, struct bytes text,
    uint8_t out[static TOKEN_SIZE]);
size_t index_unique(struct desk *d, const struct field *f, uint64_t parent,
    struct bytes value, struct arena *a, uint8_t out[static STORE_KEY]);
/* The text whose grams are indexed. */
enum err index_token_text(const struct field *f, struct arena *a,
    struct bytes value, struct bytes *out) MUST_USE;
/* entity, field, 'd' or 'e', parent: the prefix of one parent's children. */
size_t index_timed(const struct field *up, uint64_t parent, bool is_listed,
    uint8_t out[static STORE_KEY]);
/* Milliseconds of a packed date or instant; false: none. */
bool index_time(const struct field *f, struct bytes value, int64_t *ms);
/* The same behind the prefix of such a key, and back. */
size_t index_put_time(uint8_t *out, bool is_dated, int64_t ms);
bool index_time_of(struct bytes key, int64_t *ms);
/* The record id at the end of a TABLE_INDEX key. */
uint64_t index_record(struct bytes key);

#endif
