// SPDX-License-Identifier: MIT
/*
 * Fetching a subject's keys.
 */
#include "server/data/subject.h"

void subject_row_key(const struct entity *e, uint64_t subject,
    enum key_kind kind, uint8_t out[static SUBJECT_KEY])
{
	row_key(e && e->subject ? e->subject->id : 0, subject, out);
	out[ROW_KEY] = (uint8_t)kind;
}

enum err subject_key(struct desk *d, const struct entity *e, uint64_t subject,
    enum key_kind kind, struct dek **out)
{
	uint8_t key[SUBJECT_KEY];
	struct row row;
	enum err err;

	*out = dek_cached(d->sealer, subject, kind);
	if (*out)
		return ERR_OK;
	subject_row_key(e, subject, kind, key);
	err = snapshot_get(
	    d->snapshot, TABLE_ROW, bytes_of(key, sizeof key), &row);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	err = dek_open(d->sealer, subject, kind, row.value, out);
	if (err != ERR_NOT_FOUND)
		return err;
	/* Keys were turned since this thread last looked. */
	sealer_follow(d->sealer);
	err = dek_open(d->sealer, subject, kind, row.value, out);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}
