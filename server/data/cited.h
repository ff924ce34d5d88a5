// SPDX-License-Identifier: MIT
/*
 * Fields that name a change: the log position of one that solved something.
 *
 * Such a position must be an entry that changed a record of the same
 * customer, in a field that the caller may know of; any other one is refused
 * alike, so that trying positions tells him no more than histories do.
 */
#ifndef SERVER_DATA_CITED_H
#define SERVER_DATA_CITED_H

#include "server/data/work.h"

/* Adds a finding for each new position that names no such change. */
void cited_check(struct work *w, const struct record *r);

#endif
