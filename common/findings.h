// SPDX-License-Identifier: MIT
/*
 * What is wrong, or worth a look, about a record: all of it, not the first.
 *
 * A finding names the item of a batch (or none), the field, the rule and one
 * sentence that says what would be right; never a stored value, and of the
 * caller's own input only what helps.  The wire form is in docs/protocol.md.
 * Findings live in an arena; their number is bounded, the rest is counted.
 */
#ifndef COMMON_FINDINGS_H
#define COMMON_FINDINGS_H

#include "common/arena.h"

#define FINDINGS_MOST 1000

enum severity {
	FINDING_ERROR,    /* refuses */
	FINDING_OVERRIDE, /* refuses unless overridden, with right and reason */
	FINDING_WARNING,  /* stored all the same */
};

struct finding {
	struct finding *next;
	int item; /* of a batch, from 0; -1 for none */
	enum severity severity;
	const char *field;   /* key; "" for the record */
	const char *rule;    /* stable word: "required", "uscc_check", ... */
	const char *message; /* one English sentence */
	const char *zh;      /* the same in Chinese, if the rule brings it */
	const char *record;  /* its number, where items have no place; NULL */
};

struct findings {
	struct arena *arena;
	struct finding *first, *last;
	unsigned count;  /* kept */
	unsigned errors; /* of severity error */
	unsigned overridable;
	unsigned warnings;
	int item;           /* stamped on what is added */
	const char *record; /* likewise */
};

void findings_init(struct findings *f, struct arena *a);

/* All texts are copied: findings are worded when the schema that named the
 * field may have been read anew. */
void findings_add(struct findings *f, enum severity s, const char *field,
    const char *rule, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* A rule that brings its words in both languages. */
void findings_add_worded(struct findings *f, enum severity s, const char *field,
    const char *rule, const char *en, const char *zh);

/* Of all findings of the rule the first is left, and it names no item. */
void findings_fold(struct findings *f, const char *rule);

#endif
