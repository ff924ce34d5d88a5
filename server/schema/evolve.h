// SPDX-License-Identifier: MIT
/*
 * From one schema document to the next, under rules that keep what is stored
 * readable and hidden.
 *
 * Entities and fields are the same when their ids are; keys and labels may
 * change.  What rows, keys, indexes and seals were made by may not, and
 * nothing that was may go.  What is new, or in another class or under another
 * mask, carries `since`, the version it came with: no role applied before
 * reaches it (access/role.c), so that nobody is given anything by a schema.
 */
#ifndef SERVER_SCHEMA_EVOLVE_H
#define SERVER_SCHEMA_EVOLVE_H

#include "server/schema/schema.h"

/* Appends `next` with `since` set, and to `changes` a list of { entity,
 * field?, change }: "new", "class", "mask".  `version` is the one that next
 * gets.  ERR_INVALID with a message that names entity and field.  Both are
 * packed and well formed; what they say otherwise is schema_compile()'s. */
enum err schema_evolve(struct bytes present, struct bytes next,
    uint32_t version, struct buf *out, struct buf *changes, char *message,
    size_t message_size) MUST_USE;

/* Do two packed values say the same, in whatever width? */
bool schema_is_same(struct bytes was, struct bytes is);

#endif
