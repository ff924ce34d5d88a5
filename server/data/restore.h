// SPDX-License-Identifier: MIT
/*
 * Taking one version of a record back: what an undo asks of it.
 *
 * A version that changed values is taken back by putting the old ones in
 * their place; one that made the record, by withdrawing it; marks are put to
 * what they were.  restore_read() looks into the history and finds out what
 * that is, and whether somebody changed the same since.  The item that bears
 * it is then applied like any other: rights, rules and sums as always.
 *
 * A field that has again the value that the version gave it was not changed
 * since, whatever happened between: so what was undone can be gone behind,
 * and done again.
 */
#ifndef SERVER_DATA_RESTORE_H
#define SERVER_DATA_RESTORE_H

#include "server/data/history.h"

struct restored {
	const struct field *field;
	struct bytes value;     /* packed, in clear; none empties it */
	struct bytes overruled; /* what a rule had said when it was given */
	const char *rule;       /* that had set what goes; NULL: somebody had */
	uint32_t rule_version;
};

struct restore {
	struct restored *values; /* for the caller to put back */
	unsigned count;
	uint8_t marks; /* of the header, to put back */
	bool makes;    /* the version made the record */
	bool is_marked_since;
	/* What rules set, for the server to put back. */
	struct restored *moved;
	unsigned moved_count;
};

/* What taking back the version of that log position means for the record,
 * which is open and as it is stored.  What was changed since is added to
 * `changed`, by slot; only what the caller may see counts.  The history is
 * opened into `scratch`; what is put back lives as long as the work.
 * ERR_NOT_FOUND: it has no such version. */
enum err restore_read(struct work *w, const struct view_entity *ve,
    struct record *r, uint64_t position, struct arena *scratch,
    struct restore *out, bool *changed) MUST_USE;

/* Puts back what rules set, in nobody's name; and what is put back overrules
 * what it overruled, whoever puts it back. */
void restore_end(struct record *r, const struct restore *s);

#endif
