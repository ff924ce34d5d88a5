// SPDX-License-Identifier: MIT
/*
 * Walking over rows, a view after the other.  See rows.h.
 */
#include "server/data/rows.h"

#include "common/clock.h"
#include "common/date.h"
#include "server/data/index.h"

#define LOOKS_A_LEAVE 64
#define VIEW_NS       UINT64_C(1000000000)

static void look_on(struct rows *w)
{
	uint8_t from[ROW_KEY];

	row_key(w->entity, w->next, from);
	w->until_ns = clock_monotonic_ns() + VIEW_NS;
	if (w->by)
		w->err = scan_open(w->desk->snapshot, TABLE_INDEX,
		    bytes_of(w->at, INDEX_HEAD), bytes_of(w->at, w->at_len),
		    SCAN_UP, &w->scan);
	else
		w->err = scan_open(w->desk->snapshot, TABLE_ROW,
		    bytes_of(&w->entity, 1), bytes_of(from, sizeof from),
		    SCAN_UP, &w->scan);
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

static size_t day_key(
    const struct field *by, int32_t day, uint8_t out[static STORE_KEY])
{
	size_t len = index_prefix(by, 'p', false, 0, out);
	uint8_t packed[1 + DATE_TEXT];

	/* A text of ten. */
	packed[0] = 0xa0 | (DATE_TEXT - 1);
	date_format(day, (char *)packed + 1);
	return len + index_plain(by, bytes_of(packed, DATE_TEXT), out + len);
}

void rows_open_days(struct rows *w, struct desk *d, const struct field *by,
    int32_t from, int32_t to)
{
	*w = (struct rows){ .desk = d, .entity = by->entity->id, .by = by };
	w->at_len = day_key(by, from, w->at);
	w->last_len = day_key(by, to, w->last);
	look_on(w);
}

/* The next key of the index, and its row. */
static bool next_by_day(struct rows *w, uint64_t *id, struct row *row)
{
	struct header header;
	struct bytes key;

	if (!w->err && ++w->looked_at % LOOKS_A_LEAVE == 0)
		rest(w);
	if (w->err || !scan_next(w->scan, &key, row) ||
	    bytes_compare(bytes_of(key.data, w->last_len),
		bytes_of(w->last, w->last_len)) > 0)
		return false;
	memcpy(w->at, key.data, key.len);
	w->at[key.len] = 0; /* the first behind it */
	w->at_len = key.len + 1;
	*id = index_record(key);
	w->err = row_get(w->desk->snapshot, w->entity, *id, row, &header);
	return !w->err;
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

	if (w->by)
		return next_by_day(w, id, row);
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
