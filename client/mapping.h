// SPDX-License-Identifier: MIT
/*
 * Which column of a file goes into which field.
 *
 * From --map, a map file (YAML, column: field), or, when neither is given,
 * from column names that are keys or labels.  A target "contact.name" goes
 * into a child record made together with the row's own.  Two columns never go
 * into one field.  A column without a target is refused unless
 * --ignore-unmapped, but for one with neither a name nor a value, and for the
 * column of reasons that an earlier run's file of refused rows carries at its
 * end.
 */
#ifndef CLIENT_MAPPING_H
#define CLIENT_MAPPING_H

#include "client/schema.h"
#include "client/sheet.h"

#define MAPPING_PARTS 8 /* the entity and its children */

struct target {
	bool is_used;
	unsigned part; /* 0: the entity itself */
	struct bytes key;
	const struct field *field; /* NULL if the schema lacks it */
};

struct part {
	struct bytes key; /* entity's key */
	const struct entity *entity;
	struct bytes parent; /* child: its field that names the parent */
};

struct mapping {
	struct target *targets; /* one a column */
	unsigned count;
	struct part parts[MAPPING_PARTS];
	unsigned part_count;
	int external; /* the column of external_no of part 0, or -1 */
};

/* ERR_USAGE, told. */
enum err mapping_make(
    struct app *app, const struct sheet *sheet, struct mapping *out) MUST_USE;
/* The column that fills a field of that part, or -1. */
int mapping_column(const struct mapping *m, unsigned part, struct bytes field);

#endif
