// SPDX-License-Identifier: MIT
/*
 * Taking back what one request changed, whole, by a new change.
 *
 * The history rows of a plan lie together under its log position, so what it
 * changed needs no memory of its own.  Each of its records becomes an item
 * (data/restore.h); what rules set is put back in nobody's name, and rules
 * then look at the result like at any other.  All or nothing: what somebody
 * changed since is named, and nothing is done.
 */
#ifndef SERVER_BOOK_UNDO_H
#define SERVER_BOOK_UNDO_H

#include "server/data/restore.h"

#define UNDO_MOST 4000 /* records of one request, those of rules included */

struct undo {
	struct work *work;        /* without items of its own */
	struct restore *restores; /* of each item */
	struct record **records;
	struct restore *by_rules; /* of records that rules alone changed */
	struct record **ruled;
	size_t count, ruled_count;
	bool is_anothers; /* request: needs the right to override, each time */
};

/* The records that the plan of `position` wrote, made into the work's items.
 * ERR_NOT_FOUND: it wrote none.  ERR_CONFLICT: some were changed since, and
 * those that the caller may know of stand in the work's findings. */
enum err undo_read(
    struct undo *u, struct bytes override_, uint64_t position) MUST_USE;

/* All items applied, and what rules had set put back; book_settle() comes
 * after it.  The first item that is refused refuses the whole: *refused is
 * that item. */
enum err undo_apply(struct undo *u, struct item **refused) MUST_USE;

#endif
