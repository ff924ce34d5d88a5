// SPDX-License-Identifier: MIT
/*
 * What the rows of a report are grouped by: one or two of them.
 *
 * `customer`, `branch` and `owner` are the customer's; `month` is that of the
 * row's date; any other word is a field of the row's entity or the
 * customer's: an enumeration, or a reference.  A field that the caller may
 * not know of is as one that does not exist.  A group's key is two numbers;
 * words of an enumeration are numbered as they come.
 */
#ifndef SERVER_BOOK_DIMS_H
#define SERVER_BOOK_DIMS_H

#include "server/book/groups.h"
#include "server/book/walk.h"

enum dim_kind {
	DIM_NONE,
	DIM_CUSTOMER,
	DIM_BRANCH,
	DIM_OWNER,
	DIM_MONTH,
	DIM_FIELD
};

struct dim {
	enum dim_kind kind;
	const char *word;          /* the column's key */
	const struct field *field; /* FIELD: of the row's entity, or of */
	bool is_customers;         /* ... its customer's */
	const struct entity *ref;  /* whose ids its keys are; NULL: words, */
	bool is_user;              /* ... months or people */
};

struct dims {
	struct report_run *run;
	const struct entity *customer, *child; /* child: NULL for none */
	struct dim of[GROUP_KEYS];
	unsigned count;
	struct bytes *words;
	size_t word_count, word_room;
};

/* `d` has run, customer and child, whose rows are needed already.  Words come
 * from the parameter `group` ("branch,month"), else `usual`.  `also` (may be
 * NULL) is an entity whose key is a word as well: a DIM_FIELD without field,
 * whose keys the report finds. */
enum err dims_read(struct dims *d, const char *usual, bool has_month,
    const struct entity *also) MUST_USE;
/* The report has words of its own for `group`. */
enum err dims_take(struct dims *d, const char *list) MUST_USE;
bool dims_has(const struct dims *d, enum dim_kind kind);
/* The dim of the report's own word, or -1. */
int dims_also(const struct dims *d);

/* The group of a row; `child` (opened; NULL without), `month` as figures.h. */
enum err dims_key(struct dims *d, struct walk_row *row, struct record *child,
    uint16_t month, uint64_t key[static GROUP_KEYS]) MUST_USE;
/* One dim's, of a value at hand. */
enum err dims_value(struct dims *d, const struct dim *dim, struct bytes value,
    uint64_t *key) MUST_USE;

/* --- in the answer -------------------------------------------------------*/

/* Cells that dims_pack() appends, and their keys. */
unsigned dims_cells(const struct dims *d);
void dims_columns(const struct dims *d, struct buf *out);
enum err dims_pack(struct dims *d, const uint64_t key[static GROUP_KEYS],
    struct buf *out) MUST_USE;
/* In the order of what is shown: months by time, all else by number. */
int dims_compare(const struct dims *d, const uint64_t *a, const uint64_t *b);

#endif
