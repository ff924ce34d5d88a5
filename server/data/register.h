// SPDX-License-Identifier: MIT
/*
 * The register of erased customers: a file beside the book that outlives it.
 *
 * A book that is put back from an older copy, with the keys of that day, has
 * everybody who was erased since.  The register says who; whatever it has and
 * the book does not know of is erased again.  So the file is kept apart from
 * copies of the data, and no older one is ever put in its place.
 *
 * A line a record whose keys were destroyed, and nothing of whom it was:
 *
 *   ENTITY ID TIME MAC
 *
 * MAC, under the book's system key, is over the line before it too: no line
 * is altered, taken out of the middle or made up.  The book knows how long its
 * register is, so that none is cut off its end either.
 *
 *   META "erased/" entity, id    be64 ms: it goes into the file
 *   META "register"              be64 length, MAC of the last line, as far as
 *                                this book knows the file
 *
 * Both are written in the plan of the erasure, or with what it led to: a kill
 * between file and book leaves a line twice at most.
 */
#ifndef SERVER_DATA_REGISTER_H
#define SERVER_DATA_REGISTER_H

#include "server/data/work.h"

/* Of a work that erases, with its plan. */
void register_want(const struct work *w, struct plan *p);

/* The file's new lines into the book, then the book's into the file; on a
 * worker.  ERR_UNVERIFIED: it is not the file that this book has written. */
enum err register_turn(struct desk *d, const char *path) MUST_USE;

#endif
