// SPDX-License-Identifier: MIT
/*
 * Memory of one request: capped, handed out in a row, wiped and reset at once.
 *
 * Handlers allocate here and never free.  A request that would need more than
 * the cap gets NULL and the arena remembers ERR_TOO_LARGE; callers may check
 * each result or arena->err.  Reset overwrites every byte that was handed
 * out (it may have held names or secrets) and keeps the first block for the
 * next request.  Not shared between threads.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include "common/bytes.h"
#include "common/err.h"

struct arena_block;

struct arena {
	struct arena_block *first;   /* kept over resets */
	struct arena_block *current; /* filled next */
	size_t used;                 /* bytes handed out since the reset */
	size_t cap;                  /* most bytes handed out */
	enum err err;                /* ERR_TOO_LARGE once the cap was hit */
};

/* How far an arena is filled: what arena_rewind() goes back to. */
struct arena_mark {
	struct arena_block *block;
	size_t filled, used;
};

/* `block` is the size of the block that is kept (bytes). */
void arena_init(struct arena *a, size_t block, size_t cap);
void arena_release(struct arena *a);
void arena_reset(struct arena *a);

/* Wipes and takes back what was handed out since the mark, which is of this
 * arena and later than its last reset. */
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark to);

/* Zeroed, aligned for any type; NULL past the cap. */
void *arena_alloc(struct arena *a, size_t len) MUST_USE;
/* count * size, the product checked; NULL past the cap. */
void *arena_array(struct arena *a, size_t count, size_t size) MUST_USE;

/* A list of `count` elements with room for one more: itself, or a copy in
 * twice the room; NULL past the cap.  Begins with NULL and no room. */
void *arena_more(struct arena *a, void *list, size_t count, size_t *room,
    size_t size) MUST_USE;

/* A copy in the arena; .data is NULL (and len 0) past the cap. */
struct bytes arena_copy(struct arena *a, struct bytes s) MUST_USE;
/* A NUL-terminated copy; NULL past the cap. */
char *arena_text(struct arena *a, struct bytes s) MUST_USE;
/* printf into the arena; NULL past the cap. */
char *arena_format(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3))) MUST_USE;

#endif
