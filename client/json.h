// SPDX-License-Identifier: MIT
/*
 * JSON as the exact mirror of the wire, and back.
 *
 * Writing walks the packed bytes: no object is built, no float can slip in,
 * keys keep their order.  Blobs become base64 text.  Reading (for `kehu call`
 * and files of rules) uses jansson, seen in this module alone; a number with
 * a fraction is refused, since amounts travel as text.
 */
#ifndef CLIENT_JSON_H
#define CLIENT_JSON_H

#include "common/buf.h"
#include "common/unpack.h"

/* Appends one packed value as JSON, on one line. */
void json_append(struct buf *out, struct bytes packed);

/* Packs one JSON document.  ERR_INVALID with a sentence in `message`. */
enum err json_read(struct bytes text, struct buf *packed, char *message,
    size_t message_size) MUST_USE;

#endif
