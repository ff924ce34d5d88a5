// SPDX-License-Identifier: MIT
/*
 * What people type after `find`, turned into the wire's condition tree.
 *
 *   grade = A and city in (上海, 北京) and last_order_at < today-90d
 *
 * Operators: = != < <= > >= ~ (contains) in, not in, prefix, contains, has,
 * is empty; and, or, not and brackets; Chinese words and full-width signs are
 * the same.  Conditions side by side mean `and`.  A field is named by key or
 * label; one that the schema lacks goes out as typed, for the server to
 * refuse.  Values with spaces stand in quotes.  Dates know today, yesterday,
 * today-90d, today+2w, -3m, -1y.
 */
#ifndef CLIENT_QUERY_H
#define CLIENT_QUERY_H

#include "client/schema.h"

enum query_problem {
	QUERY_FINE,
	QUERY_NO_FIELD,    /* a field's name was expected */
	QUERY_NO_OPERATOR, /* after a field */
	QUERY_NO_VALUE,
	QUERY_OPEN_QUOTE,
	QUERY_OPEN_BRACKET,
	QUERY_TOO_DEEP,
	QUERY_REST, /* something stands after the end */
};

struct query_failure {
	enum query_problem problem;
	struct bytes at; /* what stood there */
};

/* Packs the tree of `text` into `out`; `today` is a day since 1970. */
enum err query_parse(struct arena *a, const struct entity *e, struct bytes text,
    int32_t today, struct buf *out, struct query_failure *failure) MUST_USE;

/* Whether the text is a condition at all, and not words to look for. */
bool query_is_condition(struct bytes text);

/* "today-90d" and its like to a day; false if it is none. */
bool query_parse_day(struct bytes text, int32_t today, int32_t *day);

/* The local day of now. */
int32_t query_today(void);

const char *query_problem_text(enum query_problem p);

#endif
