// SPDX-License-Identifier: MIT
/*
 * Walking over rows, a view after the other.  See rows.h.
 */
#include "server/data/rows.h"

#include "common/clock.h"

#define LOOKS_A_LEAVE 64
#define VIEW_NS       UINT64_C(1000000000)

static void look_on(struct rows *w)
{
	uint8_t from[ROW_KEY];

	row_key(w->entity, w->next, from);
	w->until_ns = clock_monotonic_ns() + VIEW_NS;
	w->err =
	    scan_open(w->desk->snapshot, TABLE_ROW, bytes_of(&w->entity, 1),
		bytes_of(from, sizeof from), SCAN_UP, &w->scan);
}

static void look_anew(struct rows *w)
{
	scan_close(w->scan);
	w->scan = NULL;
	w->err = desk_look(w->desk);
	if (!w->err)
		look_on(w);
}

static void rest(struct rows *w)
{
	w->err = desk_may_go_on(w->desk);
	if (!w->err && clock_monotonic_ns() > w->until_ns)
		look_anew(w);
}

void keys_open(struct rows *w, struct desk *d, uint8_t entity)
{
	*w = (struct rows){ .desk = d, .entity = entity };
	look_on(w);
}

void rows_open(
    struct rows *w, struct desk *d, const struct entity *e, uint64_t from)
{
	*w = (struct rows){ .desk = d, .entity = e->id, .next = from };
	look_on(w);
}

static bool next(
    struct rows *w, bool records, struct bytes *key, struct row *row)
{
	if (!w->err && ++w->looked_at % LOOKS_A_LEAVE == 0)
		rest(w);
	do {
		if (w->err || !scan_next(w->scan, key, row))
			return false;
	} while (row_is_record(*key) != records);
	return true;
}

bool rows_next(struct rows *w, uint64_t *id, struct row *row)
{
	struct bytes key;

	if (!next(w, true, &key, row))
		return false;
	*id = get_be64(key.data + 1);
	w->next = *id + 1;
	return true;
}

bool keys_next(struct rows *w, struct bytes *key, struct bytes *value)
{
	struct row row;

	if (!next(w, false, key, &row))
		return false;
	w->next = get_be64(key->data + 1);
	*value = row.value;
	return true;
}

enum err rows_close(struct rows *w)
{
	enum err err = w->err;

	if (!err)
		err = scan_error(w->scan);
	scan_close(w->scan);
	w->scan = NULL;
	return err;
}
