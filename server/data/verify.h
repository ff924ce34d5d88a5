// SPDX-License-Identifier: MIT
/*
 * Do the stored values agree with the log?
 *
 * Walks every record from its row back through its history, opens every value
 * that any version ever set, recomputes its commitment, and compares the
 * digest with what the log's entry of that version says.  A value changed, a
 * version dropped or a history row swapped shows, by whoever it was done.
 */
#ifndef SERVER_DATA_VERIFY_H
#define SERVER_DATA_VERIFY_H

#include "server/data/desk.h"

struct verify_result {
	uint64_t rows;   /* versions of records compared */
	uint64_t values; /* values opened and compared */
	uint64_t bad;    /* versions that do not agree */
	uint64_t erased; /* versions whose keys were destroyed */
};

/* Versions written at log positions from..to (to excluded).  For a worker. */
enum err verify_values(struct desk *d, uint64_t from, uint64_t to,
    struct verify_result *out) MUST_USE;

#endif
