// SPDX-License-Identifier: MIT
/*
 * One of many, when two families become one and two again.
 *
 * Of the children of merged records one is the primary contact: the heir's, if
 * he has one.  Parting gives it back to the one who had it before, unless
 * another of his own has got it since.
 */
#ifndef SERVER_BOOK_MERGE_SINGLE_H
#define SERVER_BOOK_MERGE_SINGLE_H

#include "server/data/work.h"

enum err merge_single(
    struct work *w, struct record *merged, struct record *heir) MUST_USE;

/* `position`: of the merger in the log. */
enum err part_single(
    struct work *w, struct record *merged, uint64_t position) MUST_USE;

#endif
