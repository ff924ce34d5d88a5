// SPDX-License-Identifier: MIT
/*
 * LMDB's two meta pages, and our stamp on them.
 *
 * A meta page names the roots of one transaction; the one with the greater
 * number holds.  LMDB never changes another page in place, so whoever keeps a
 * reader at a transaction may put that transaction's meta pages back later
 * and has its state again.  This file and its .c are all that knows how such
 * a page looks: data format 1 as in LMDB 0.9.x, libraries/liblmdb/mdb.c,
 * struct MDB_page, MDB_db and MDB_meta, on a 64-bit little-endian machine.
 * Anything else is refused (metas_read), so that a newer format is not
 * mistaken for this one.
 *
 * LMDB writes the first META_SIZE bytes of the page alone.  The stamp lies in
 * the middle of the rest, on both pages: whose data file this is, and which
 * base (base.h) it goes with.  A copy made by LMDB's tools has none.
 */
#ifndef SERVER_STORE_META_H
#define SERVER_STORE_META_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define META_SIZE  152
#define STAMP_BOOK 16

struct metas {
	uint8_t of[2][META_SIZE];
};

struct stamp {
	uint8_t book[STAMP_BOOK]; /* random, made when its journal begins */
	uint64_t number;          /* of the base that is being made, or was */
	bool is_whole;            /* the file needs no journal */
};

/* `fd` is the data file's.  ERR_CORRUPT unless both are meta pages of the
 * format that is known here. */
enum err metas_read(int fd, struct metas *out) MUST_USE;
/* Puts them back, stamp and all else of the pages as it is; not synced. */
enum err metas_write(int fd, const struct metas *m) MUST_USE;
bool metas_are_known(const struct metas *m);
bool metas_are_same(const struct metas *a, const struct metas *b);
/* Length of a file that holds every page of the newer. */
uint64_t metas_file_size(const struct metas *m);

/* The newer of the two if they differ; ERR_NOT_FOUND if there is none. */
enum err stamp_read(int fd, struct stamp *out) MUST_USE;
/* On both pages; not synced. */
enum err stamp_write(int fd, const struct stamp *s) MUST_USE;

#endif
