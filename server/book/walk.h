// SPDX-License-Identifier: MIT
/*
 * Walking the rows of an entity that a report ranges over.
 *
 * Rows out of the range are passed over by their plain header, or their
 * customer's; nothing of them is opened.  A merged customer is passed over,
 * and what is his is his survivor's (data/alias.h).  No view of the store is
 * held for longer than a second, so a long report is of several moments: each
 * row is of one.  It ends when whoever asked has no session any more.
 */
#ifndef SERVER_BOOK_WALK_H
#define SERVER_BOOK_WALK_H

#include "server/book/report.h"
#include "server/data/record.h"

#define WALK_BLOCK (64 * 1024) /* of what is opened for a row */
#define WALK_CAP   (4 * 1024 * 1024)

struct walk_row {
	struct record record; /* peeked at: its header, no cells yet */
	struct header scope;  /* branch and owner: its customer's */
	uint64_t customer;    /* whose it is, aliases followed; 0: nobody's */
	struct arena *arena;  /* of this row */
};

typedef enum err (*walk_fn)(void *ctx, struct walk_row *row);

enum err walk_rows(struct report_run *run, const struct entity *e, walk_fn call,
    void *ctx) MUST_USE;

/* Those with a date between two days; all are walked where it has no index. */
enum err walk_days(struct report_run *run, const struct field *by, int32_t from,
    int32_t to, walk_fn call, void *ctx) MUST_USE;

/* The row's record, opened. */
enum err walk_open(
    struct report_run *run, struct walk_row *row, struct record **out) MUST_USE;
/* Another one that the row leads to. */
enum err walk_load(struct report_run *run, struct walk_row *row,
    const struct entity *e, uint64_t id, struct record **out) MUST_USE;

#endif
