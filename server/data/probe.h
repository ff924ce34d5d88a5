// SPDX-License-Identifier: MIT
/*
 * Probing: is this imported row stored, is this unique value taken?
 *
 * Each question is a look-up of the caller's, taken from his quota before
 * anything is looked at.  What an item that holds brings is claimed, so that
 * later items of the same work meet it.
 */
#ifndef SERVER_DATA_PROBE_H
#define SERVER_DATA_PROBE_H

#include "server/data/work.h"

/* The record that this row was imported as, if it is the caller's to know of;
 * of another's he is told that it is there. */
enum err probe_import(struct work *w, struct item *it, bool *found) MUST_USE;
enum err probe_claim_import(struct work *w, struct item *it) MUST_USE;

/* Adds a finding for each value that another record has. */
enum err probe_unique(struct work *w, struct item *it, struct record *r,
    unsigned *duplicates) MUST_USE;
enum err probe_claim_unique(struct work *w, struct record *r) MUST_USE;

#endif
