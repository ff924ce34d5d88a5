// SPDX-License-Identifier: MIT
/*
 * Subjects: whose keys seal a record.  Subject 0 is the company itself.
 */
#ifndef SERVER_DATA_SUBJECT_H
#define SERVER_DATA_SUBJECT_H

#include "server/data/desk.h"

#define SUBJECT_KEY 9 /* subject, kind */

void subject_row_key(
    uint64_t subject, enum key_kind kind, uint8_t out[static SUBJECT_KEY]);

/* Its opened keys: from the sealer's cache, else out of TABLE_SUBJECT. */
enum err subject_key(struct desk *d, uint64_t subject, enum key_kind kind,
    struct dek **out) MUST_USE;

static inline enum key_kind entity_key_kind(const struct entity *e)
{
	return e->retained ? KEY_LEDGER : KEY_PERSONAL;
}

#endif
