// SPDX-License-Identifier: MIT
/*
 * What one view grants and another does not, for people who approve a change
 * of roles before it holds.
 */
#ifndef SERVER_ACCESS_COMPARE_H
#define SERVER_ACCESS_COMPARE_H

#include "server/access/view.h"

/* The two may be of different schemas; `schema` is that of `after`.  Appends
 * a list of { entity, field, on, before, after, variant? }: a level a
 * relation, only where they differ. */
void compare_levels(const struct schema *schema, const struct view *before,
    const struct view *after, struct buf *out);
/* Likewise a list of { right, on?, entity?, before, after } (true, false):
 * without `on` it holds by itself, without `entity` everywhere. */
void compare_rights(const struct schema *schema, const struct view *before,
    const struct view *after, struct buf *out);
/* Likewise a list of { kind, before, after }: so many a day, nil without a
 * bound. */
void compare_quotas(
    const struct view *before, const struct view *after, struct buf *out);
/* Likewise a list of { entity, before, after }: does what is entered wait for
 * approval? */
void compare_waits(const struct schema *schema, const struct view *before,
    const struct view *after, struct buf *out);

#endif
