// SPDX-License-Identifier: MIT
/*
 * Who may know what a rule of business knows.
 *
 * A field tells of everything that the rules for it look at. rules_find_wider()
 * compares, role by role, who reads the field and who reads its inputs;
 * rules_shows() asks for one caller and one record.
 */
#ifndef SERVER_BOOK_RULE_RIGHTS_H
#define SERVER_BOOK_RULE_RIGHTS_H

#include "server/data/record.h"
#include "server/schema/book_rules.h"

struct wider { /* some reader of the field does not read the input */
	const struct field *target, *input;
	uint8_t class_of; /* of the input */
};

/* Of all rules of the directory's schema that are on: one row a field and
 * class, those that are declassified left out. */
enum err rules_find_wider(struct directory *d, struct arena *a,
    struct wider **list, size_t *count) MUST_USE;

/* Would they tell the caller by a field that he reads of a sealed one that he
 * does not?  Then he is not the one to make them. */
bool rules_tell_maker(const struct view *v, const struct book_rules *b);

/* The record's relations were asked.  Of what is sealed only what rules weigh,
 * and in clear. */
bool rules_shows_field(
    const struct caller *who, const struct record *r, const struct field *f);
/* Every input of the condition; NULL: there is none. */
bool rules_shows(const struct caller *who, const struct record *r,
    const struct book_rules *b, const struct cond *when);

/* May he know that there is such a rule: its field and all that it looks at? */
bool rules_knows(const struct view *v, const struct book_rules *b,
    const struct field *target, const struct cond *when);

#endif
