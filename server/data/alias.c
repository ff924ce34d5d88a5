// SPDX-License-Identifier: MIT
/*
 * Following aliases, forward by headers and back by keys.  See alias.h.
 */
#include "server/data/alias.h"

#define STEPS_MOST 64 /* of one alias to the next */

void alias_key(const struct entity *e, uint64_t heir, uint64_t id,
    uint8_t out[static ALIAS_KEY])
{
	out[0] = e->id;
	out[1] = e->alias_field->id;
	out[2] = 'a';
	put_be64(out + 3, heir);
	put_be64(out + 11, id);
}

static enum err read_header(
    struct desk *d, const struct entity *e, uint64_t id, struct header *out)
{
	struct row row;

	return row_get(d->snapshot, e->id, id, &row, out);
}

enum err alias_follow(
    struct desk *d, const struct entity *e, uint64_t *id, struct header *header)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && header->flags & ROW_ALIAS; i++) {
		if (i == STEPS_MOST)
			return ERR_CORRUPT;
		*id = header->owner;
		err = read_header(d, e, *id, header);
	}
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

/* --- back ----------------------------------------------------------------*/

/* Appends those that were merged into ids[at]. */
static enum err add_merged(
    struct desk *d, const struct entity *e, size_t at, struct alias_set *set)
{
	uint8_t prefix[ALIAS_KEY];
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err err;

	alias_key(e, set->ids[at], 0, prefix);
	err = scan_open(d->snapshot, TABLE_INDEX,
	    bytes_of(prefix, ALIAS_KEY - 8), BYTES_NONE, SCAN_UP, &scan);
	if (err)
		return err;
	while (!err && scan_next(scan, &key, &row)) {
		uint64_t id = get_be64(key.data + ALIAS_KEY - 8);
		struct header h;

		err = read_header(d, e, id, &h);
		if (err || !(h.flags & ROW_ALIAS) || h.owner != set->ids[at])
			err = err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
		else if (set->count == ALIAS_MOST)
			err = ERR_TOO_LARGE;
		else
			set->ids[set->count++] = id;
	}
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err;
}

enum err alias_set(struct desk *d, const struct entity *e, uint64_t id,
    struct arena *a, struct alias_set *out)
{
	struct header h;
	enum err err = read_header(d, e, id, &h);

	if (err)
		return err;
	*out = (struct alias_set){ .count = 1 };
	out->ids = arena_array(a,
	    e->alias_field && h.flags & ROW_JOINED ? ALIAS_MOST : 1,
	    sizeof *out->ids);
	if (!out->ids)
		return ERR_TOO_LARGE;
	out->ids[0] = id;
	if (!e->alias_field || !(h.flags & ROW_JOINED))
		return ERR_OK;
	for (size_t i = 0; !err && i < out->count; i++)
		err = add_merged(d, e, i, out);
	return err;
}
