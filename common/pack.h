// SPDX-License-Identifier: MIT
/*
 * Writing MessagePack into a buffer.
 *
 * Straight lines of pack_* calls; the buffer's sticky error tells at the end
 * whether all of it fitted.  msgpack-c does the encoding and is seen in this
 * module alone.  Maps and arrays whose size is known late are opened and
 * closed: the open call reserves a 16-bit header that the close call fills.
 */
#ifndef COMMON_PACK_H
#define COMMON_PACK_H

#include "common/buf.h"

void pack_nil(struct buf *b);
void pack_bool(struct buf *b, bool v);
void pack_int(struct buf *b, int64_t v);
void pack_uint(struct buf *b, uint64_t v);
void pack_text(struct buf *b, struct bytes utf8);
void pack_text_or_nil(struct buf *b, struct bytes utf8); /* nil: none */
void pack_cstr(struct buf *b, const char *text);
void pack_bin(struct buf *b, struct bytes s);
void pack_array(struct buf *b, uint32_t count);
void pack_map(struct buf *b, uint32_t count); /* then key, value, ... */
/* Already packed bytes, exactly one value. */
void pack_raw(struct buf *b, struct bytes packed);
void pack_raw_or_nil(struct buf *b, struct bytes packed); /* likewise */

/* Returns the mark for the close call; `count` is of pairs in a map. */
size_t pack_array_open(struct buf *b);
void pack_array_close(struct buf *b, size_t mark, uint32_t count);
size_t pack_map_open(struct buf *b);
void pack_map_close(struct buf *b, size_t mark, uint32_t count);

/* Short forms for map entries. */
void pack_key_text(struct buf *b, const char *key, struct bytes utf8);
void pack_key_cstr(struct buf *b, const char *key, const char *text);
void pack_key_int(struct buf *b, const char *key, int64_t v);
void pack_key_bool(struct buf *b, const char *key, bool v);

/* A moment as the wire has it: text, as instant_format() writes it. */
void pack_instant(struct buf *b, int64_t ms);
void pack_key_instant(struct buf *b, const char *key, int64_t ms);

#endif
