// SPDX-License-Identifier: MIT
/*
 * Roles inside a packed schema document: taking one out, putting one in; and
 * what else is no part of what schema.apply takes.
 *
 * Bytes in, bytes out; the values are copied as they stand, in their order.
 * Nothing here is judged: whoever stores the outcome compiles it first
 * (directory_try), and the strict reader of role.c sees every word.
 */
#ifndef SERVER_ACCESS_ROLE_DOCUMENT_H
#define SERVER_ACCESS_ROLE_DOCUMENT_H

#include "common/buf.h"

/* The role as the document states it; BYTES_NONE if there is none. */
struct bytes role_stated(struct bytes document, struct bytes key);

/* Appends `document` with `role` (a packed map) in the place of the role of
 * that key, or after all others; BYTES_NONE: without it. */
void role_replace(struct bytes document, struct bytes key, struct bytes role,
    struct buf *out);

/* Roles and the rules of business (schema/book_rules.h) stand in the document
 * and change by methods of their own.  Appends `document` without them. */
void sections_take_out(struct bytes document, struct buf *out);

/* Appends `document` with those of `from` in place of its own. */
void sections_carry(struct bytes document, struct bytes from, struct buf *out);

/* Appends `document` with that section, in its place or at the end. */
void section_replace(struct bytes document, const char *section,
    struct bytes value, struct buf *out);

#endif
