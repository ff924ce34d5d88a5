// SPDX-License-Identifier: MIT
/*
 * ABC: who brings the most, in classes by cumulated share.
 *
 * Whoever stands in a list is ordered by his value, most first, equal ones by
 * id.  Limits are per cents of the whole, rising: 80 and 95 make three
 * classes.  The customer who crosses a limit belongs, with the border `incl`,
 * to the class that he completes (the share before him is below the limit);
 * with `below`, to the next one (his class never exceeds its limit).  Equal
 * values are in one class, that of the first of them.  The whole is the sum of
 * what is above zero; whoever brought nothing is in the last class.
 */
#ifndef SERVER_BOOK_ABC_H
#define SERVER_BOOK_ABC_H

#include "common/decimal.h"

#define ABC_LIMITS 9 /* most */

enum abc_border { ABC_INCL, ABC_BELOW };

struct abc_scheme {
	struct decimal limits[ABC_LIMITS]; /* per cent */
	unsigned limit_count;              /* classes are one more */
	enum abc_border border;
};

struct abc_line {
	uint64_t id;
	struct decimal value;
	struct decimal upto; /* the sum of all to him, himself included */
	unsigned class_of;   /* 0: A */
};

/* 80, 95, incl. */
struct abc_scheme abc_usual(void);
/* "80,95"; false if they do not rise between 0 and 100. */
bool abc_parse(struct bytes text, struct abc_scheme *s);
/* 'A', 'B', ... */
char abc_letter(unsigned class_of);

/* Sorts, cumulates and classes; `whole` is of what is above zero. */
enum err abc_classify(struct abc_line *lines, size_t count,
    const struct abc_scheme *s, struct decimal *whole) MUST_USE;

#endif
