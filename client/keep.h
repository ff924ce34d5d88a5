// SPDX-License-Identifier: MIT
/*
 * Memory of the client: an arena whose allocations cannot fail.
 *
 * The client is a short-lived program of one person; when even the generous
 * cap of its arena is hit there is nothing to do but to say so and end.  So
 * callers never look at NULL.  What a peer announces never sizes anything
 * here: only bytes that have arrived are copied.
 */
#ifndef CLIENT_KEEP_H
#define CLIENT_KEEP_H

#include <stdarg.h>

#include "common/arena.h"
#include "common/buf.h"

#define KEEP_CAP ((size_t)1 << 30)

void *keep_alloc(struct arena *a, size_t len) MUST_USE;
void *keep_array(struct arena *a, size_t count, size_t size) MUST_USE;
struct bytes keep_bytes(struct arena *a, struct bytes s) MUST_USE;
char *keep_text(struct arena *a, struct bytes s) MUST_USE;
char *keep_format(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3))) MUST_USE;
char *keep_vformat(struct arena *a, const char *format, va_list list)
    __attribute__((format(printf, 2, 0))) MUST_USE;

/* An array that doubles; `*array` of `*count` items of `size` bytes gets room
 * for one more, which is returned zeroed and counted. */
void *keep_more(struct arena *a, void **array, size_t *count, size_t *room,
    size_t size) MUST_USE;

/* The content of a buffer, kept; the buffer is released. */
struct bytes keep_buf(struct arena *a, struct buf *b) MUST_USE;

#endif
