// SPDX-License-Identifier: MIT
/*
 * Subjects: whose keys seal a record.  Subject 0 is the company itself.
 *
 * A subject's wrapped keys lie behind its own record in TABLE_ROW, so that
 * who reads both touches one page.
 */
#ifndef SERVER_DATA_SUBJECT_H
#define SERVER_DATA_SUBJECT_H

#include "server/data/desk.h"
#include "server/data/row.h"

#define SUBJECT_KEY (ROW_KEY + 1) /* entity, subject, kind */

/* Of what `e` is sealed under; NULL: the company's. */
void subject_row_key(const struct entity *e, uint64_t subject,
    enum key_kind kind, uint8_t out[static SUBJECT_KEY]);

/* Its opened keys: from the sealer's cache, else out of the store. */
enum err subject_key(struct desk *d, const struct entity *e, uint64_t subject,
    enum key_kind kind, struct dek **out) MUST_USE;

/* What an erased record has left lies under the key that stays. */
static inline enum key_kind header_key_kind(
    const struct entity *e, const struct header *h)
{
	return e->retained || h->flags & ROW_ERASED ? KEY_LEDGER : KEY_PERSONAL;
}

#endif
