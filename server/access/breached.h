// SPDX-License-Identifier: MIT
/*
 * A list of breached passwords that is looked up where it lies.
 *
 * The form in which such lists are published: a line each with the SHA-1 of a
 * password in capital hex, perhaps `:` and a count, in order.  A look-up
 * reads some forty blocks, however long the list is; nothing is loaded.
 */
#ifndef SERVER_ACCESS_BREACHED_H
#define SERVER_ACCESS_BREACHED_H

#include "common/bytes.h"
#include "common/err.h"

struct breached;

/* ERR_UNAVAILABLE if it cannot be read, ERR_INVALID if it is no such list (a
 * sample of its lines is looked at). */
enum err breached_open(const char *path, struct breached **out) MUST_USE;
void breached_close(struct breached *b); /* NULL is fine */

/* Any thread.  ERR_UNAVAILABLE. */
enum err breached_has(
    const struct breached *b, struct bytes password, bool *has) MUST_USE;

#endif
