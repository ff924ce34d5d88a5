// SPDX-License-Identifier: MIT
/*
 * Looking into packed answers without building objects.
 *
 * An answer of the server stays the bytes that came; these functions find an
 * entry of a map by its key and give its value in one form, or a harmless
 * nothing when it is absent or of another type.  What they return borrows
 * the answer.
 */
#ifndef CLIENT_LOOK_H
#define CLIENT_LOOK_H

#include "common/buf.h"
#include "common/unpack.h"

struct bytes look_text(struct bytes map, const char *key);
int64_t look_int(struct bytes map, const char *key, int64_t otherwise);
bool look_bool(struct bytes map, const char *key);
struct bytes look_bin(struct bytes map, const char *key);
/* The packed value; BYTES_NONE when absent or nil. */
struct bytes look_value(struct bytes map, const char *key);
/* A reader standing at the first item of the array under `key`. */
struct reader look_array(struct bytes map, const char *key, uint32_t *count);

enum unpack_type value_type(struct bytes packed);
/* The value as text if it is text, else empty. */
struct bytes value_text(struct bytes packed);
/* A reader standing at the first item of an array, or the first key of a map;
 * count 0 when it is neither. */
struct reader value_items(struct bytes packed, uint32_t *count);
uint32_t value_count(struct bytes packed);
/* The next pair of a map from value_items(); false at its end, and where what
 * a server sent is no pair with a text for its key. */
bool look_pair(
    struct reader *r, uint32_t *left, struct bytes *key, struct bytes *value);

/* Appends {rows: [...]}: each row of the answer as `put` appends it. */
void look_rewrite(struct bytes answer,
    void (*put)(void *ctx, struct bytes row, struct buf *out), void *ctx,
    struct buf *out);

/* Appends the map without some of its pairs. */
void look_copy(struct bytes map,
    bool (*is_left_out)(struct bytes key, struct bytes value), struct buf *out);

#endif
