// SPDX-License-Identifier: MIT
/*
 * A search as asked, resolved against the caller's view.
 *
 * query_resolve() is the gate: every name that the request uses, in whatever
 * way, passes the view here or the request ends.  A hidden field is unknown;
 * a field that he may know of but not use so is denied; sorting or ranging on
 * a sealed field is invalid.  Nothing has touched a record before it.
 */
#ifndef SERVER_DATA_QUERY_H
#define SERVER_DATA_QUERY_H

#include "common/cond.h"
#include "common/findings.h"
#include "server/data/record.h"

#define QUERY_LEAVES  64
#define QUERY_LOOKUPS 20 /* sealed values asked for at a time */
#define QUERY_ORDER   4
#define QUERY_LIMIT   1000

struct query_ask { /* packed, as it came; empty parts were not given */
	const struct view_entity *entity;
	struct bytes where, order, fields, scope, after;
	unsigned limit;
	bool count;
	bool archived; /* also what was archived */
	bool waiting;  /* what waits for approval, and nothing else */
};

struct leaf {
	struct cond *cond;
	const struct field *field;
	bool must;     /* holds of every match: on a path of ANDs */
	bool is_exact; /* an exact look-up of a sealed value */
};

struct query {
	const struct view_entity *ve;
	const struct entity *entity;
	unsigned range;     /* relations whose grants it needs */
	unsigned only;      /* a relation that rows must have; 0: any */
	struct cond *where; /* NULL: all */
	struct leaf leaves[QUERY_LEAVES];
	unsigned leaf_count;
	const struct field *order[QUERY_ORDER];
	bool down[QUERY_ORDER];
	unsigned order_count;
	bool *wanted;         /* by slot; NULL: all */
	struct grant *grants; /* by slot: to open what conditions look at */
	unsigned limit;
	bool count, archived, waiting;
	bool any_approval;      /* the condition says how it stands */
	unsigned looks_up;      /* values asked for by the right `lookup` */
	struct digest identity; /* of what was asked: cursors are bound to it */
	struct bytes bad_field; /* with ERR_UNKNOWN, ERR_DENIED */
};

/* ERR_UNKNOWN, ERR_DENIED, ERR_INVALID (findings say why), ERR_TOO_LARGE. */
enum err query_resolve(struct desk *d, const struct caller *who,
    const struct query_ask *ask, struct arena *a, struct findings *found,
    struct query *out) MUST_USE;

#endif
