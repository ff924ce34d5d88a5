// SPDX-License-Identifier: MIT
/*
 * From what a person types to a record: numbers, codes, former numbers, ids.
 *
 * A record that the caller may not know of is not found, in the same words as
 * one that does not exist; nor is one whose former number he typed and may
 * not read.
 */
#ifndef SERVER_DATA_REFS_H
#define SERVER_DATA_REFS_H

#include "server/data/record.h"

/* The record id behind a unique, unsealed field's text: ERR_NOT_FOUND. */
enum err unique_find(struct desk *d, const struct field *f, struct bytes text,
    struct arena *a, uint64_t *id) MUST_USE;

/* By number, external number or internal id; loaded, not opened.  Only what
 * the caller may know of.  Of a merged record, what stands for it. */
enum err record_find_by_text(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct bytes text, struct arena *a,
    struct record **out) MUST_USE;

/* The same, but a merged record itself, in the scope of what stands for it. */
enum err record_find_alias(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct bytes text, struct arena *a,
    struct record **out) MUST_USE;

/* What is left of an erased record: its number and that it was erased.  To
 * all other doors it is not there. */
enum err record_find_erased(struct desk *d, const struct caller *who,
    const struct view_entity *ve, struct bytes text, struct arena *a,
    struct record **out) MUST_USE;

#endif
