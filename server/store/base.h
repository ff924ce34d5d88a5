// SPDX-License-Identifier: MIT
/*
 * The base: the newest state of data.mdb that is whole on the disk, and where
 * the journal goes on from it.
 *
 * The file journal.base has two slots, which take turns, so that one is whole
 * at any time.  It exists only while the book is in use or was not closed.
 *
 *	slot  "kehubas1", book 16, be64 number, be64 sequence of the first
 *	      frame after it, u8 segment, chain 32, two meta pages of 152,
 *	      SHA-256 of all that; zeros up to a block
 */
#ifndef SERVER_STORE_BASE_H
#define SERVER_STORE_BASE_H

#include "server/store/journal.h"
#include "server/store/meta.h"

#define BASE_FILE "journal.base"

struct base {
	uint8_t book[STAMP_BOOK];
	uint64_t number;
	struct place after; /* where the first frame behind it begins */
	struct metas metas;
};

/* The number of the first base after a recovery from `number`: none that was
 * given before, and in the other slot. */
uint64_t base_resumed(uint64_t number);

/* Makes or opens it, with room for both slots. */
enum err base_open(const char *dir, int *fd) MUST_USE;
/* The newest slot that is whole.  ERR_NOT_FOUND if none was ever written,
 * ERR_CORRUPT if none is whole. */
enum err base_read(int fd, struct base *out) MUST_USE;
/* Into the slot that is its turn; durable on return. */
enum err base_write(int fd, const struct base *b) MUST_USE;

#endif
