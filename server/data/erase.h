// SPDX-License-Identifier: MIT
/*
 * Erasing a subject: of all that its personal key seals nothing is left but
 * numbers.
 *
 * An erased record is a version like any other, in which every field but its
 * number is emptied, with the flag ROW_ERASED and sealed under the ledger
 * key, which stays.  Its index keys go; its history rows stay where they are,
 * and the personal key, without which nobody opens them, goes in the same
 * plan.  Orders and payments, which the law wants kept, and the subject's
 * sums are sealed under the ledger key and are not touched.
 *
 * Older copies of the book still have the wrapped key: that nobody opens it
 * there is for the round of keys (round.h).
 */
#ifndef SERVER_DATA_ERASE_H
#define SERVER_DATA_ERASE_H

#include "server/data/work.h"

/* The subject, all that was merged into it, and their personal children; on a
 * worker.  ERR_ELSEWHERE on a loop. */
enum err erase_subject(struct work *w, struct record *subject,
    const struct origin *origin) MUST_USE;

/* Digests of imported rows, which could be guessed, of what the work erases. */
enum err erase_imports(struct work *w, struct plan *p) MUST_USE;

#endif
