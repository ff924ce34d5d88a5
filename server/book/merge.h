// SPDX-License-Identifier: MIT
/*
 * Two records become one, and two again.
 *
 * The survivor gets the values that were chosen of the other by an ordinary
 * update: whoever chooses one must be allowed to read it there and to set it
 * here, and every rule of a change holds.  All else stays as it is: what he
 * does not see stays with the record that had it.  Parting takes back what the
 * merger set, as far as nobody has set it anew since.
 */
#ifndef SERVER_BOOK_MERGE_H
#define SERVER_BOOK_MERGE_H

#include "server/data/work.h"

#define MERGE_ITEMS 2 /* the merged record's, then the survivor's */

/* The work's two items name their records and are applied; `choose` is a
 * packed map of field and `loser` or `survivor`, or none. */
enum err book_merge(struct work *w, struct bytes choose) MUST_USE;

/* The first item names the merged record; the second one becomes its
 * survivor's. */
enum err book_part(struct work *w) MUST_USE;

#endif
