// SPDX-License-Identifier: MIT
/*
 * Merging and parting records within a work.
 *
 * The merged record gets the reference to its heir that its entity's schema
 * has for it (`auto: alias`), in an ordinary version of its own; nothing else
 * of it changes and nothing moves.  The heir's values are set by an ordinary
 * item.  See alias.h for how both lie.
 */
#ifndef SERVER_DATA_MERGE_H
#define SERVER_DATA_MERGE_H

#include "server/data/work.h"

/* What item->merging asks for, if the caller may do so to both; else the item's
 * error or a finding. */
enum err merge_apply(struct work *w, struct item *it) MUST_USE;

/* After the values of an item are in: the header of an alias. */
void merge_settle(struct record *r);

/* When all items of a merger are applied: marks the heir, or takes the mark
 * away if it has nobody left. */
enum err merge_mark(
    struct work *w, struct record *heir, struct record *merged) MUST_USE;

/* A unique value that another one of the same set of aliases has keeps its
 * key there. */
enum err merge_shares(struct work *w, const struct record *r, uint64_t holder,
    bool *shares) MUST_USE;

/* The alias's key, if it changed. */
void merge_plan(const struct record *r, struct plan *p);

#endif
