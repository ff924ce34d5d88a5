// SPDX-License-Identifier: MIT
/*
 * See dues_days.h.
 */
#include "server/book/dues_days.h"

#include "server/data/index.h"

#define SCRATCH_BLOCK (16 * 1024)
#define SCRATCH_CAP   (4 * 1024 * 1024)
#define MOST_ON_LOOP  300 /* opened before a worker takes over */
#define LOOKS_A_LEAVE 256
#define LISTED        2 /* those that are, and the others */

/* --- one scan ------------------------------------------------------------*/

static void end_scan(struct day_scan *s)
{
	scan_close(s->scan);
	s->scan = NULL;
}

/* Those without a day come before all others, and are no lines. */
static enum err step(struct day_scan *s)
{
	struct bytes key;
	struct row row;
	int64_t ms;
	enum err err;

	while (scan_next(s->scan, &key, &row))
		if (index_time_of(key, &ms)) {
			s->day = day_at(ms, 0);
			s->id = index_record(key);
			return ERR_OK;
		}
	err = scan_error(s->scan);
	end_scan(s);
	return err;
}

static enum err open_scan(struct dues_days *w, unsigned part, uint64_t owner,
    bool is_listed, int32_t day)
{
	const struct derive_part *p =
	    &w->dues->credit->exposure->derive.parts[part];
	struct day_scan *s = &w->scans[w->count];
	uint8_t from[STORE_KEY];
	size_t len =
	    index_timed(p->child->parent_field, owner, is_listed, from);
	struct bytes prefix = bytes_of(from, len);
	enum err err;

	/* The first key that the day could have, or the last. */
	len += index_put_time(from + len, true, day_begins(day, 0));
	memset(from + len, w->direction == SCAN_UP ? 0 : 0xFF, sizeof s->id);
	*s = (struct day_scan){ .part = part };
	err = scan_open(w->dues->desk->snapshot, TABLE_INDEX, prefix,
	    bytes_of(from, len + sizeof s->id), w->direction, &s->scan);
	w->count += !err;
	return err ? err : step(s);
}

/* --- all of them ---------------------------------------------------------*/

enum err dues_days_open(struct dues_days *w, struct dues *d, int32_t day,
    enum direction direction, bool only_orders)
{
	const struct derive *parts = &d->credit->exposure->derive;

	*w = (struct dues_days){ .dues = d, .direction = direction };
	arena_init(&w->scratch, SCRATCH_BLOCK, SCRATCH_CAP);
	w->scans = arena_array(&d->arena,
	    parts->part_count * d->owners.count * LISTED, sizeof *w->scans);
	if (!w->scans)
		return ERR_TOO_LARGE;
	for (unsigned i = 0; i < parts->part_count; i++)
		for (size_t k = 0; k < d->owners.count; k++)
			for (unsigned l = 0; !w->err && l < LISTED; l++)
				if (parts->parts[i].sign > 0 || !only_orders)
					w->err = open_scan(
					    w, i, d->owners.ids[k], l, day);
	return w->err;
}

bool dues_days_peek(const struct dues_days *w, int32_t *day)
{
	bool has = false;

	for (size_t i = 0; i < w->count; i++) {
		const struct day_scan *s = &w->scans[i];

		if (!s->scan)
			continue;
		if (!has ||
		    (w->direction == SCAN_UP ? s->day < *day : s->day > *day))
			*day = s->day;
		has = true;
	}
	return has && !w->err;
}

static enum err take_child(struct dues_days *w, const struct day_scan *s)
{
	struct dues *d = w->dues;
	struct record *child;
	enum err err;

	if (++d->looked_at > MOST_ON_LOOP && !d->desk->may_wait)
		return ERR_ELSEWHERE;
	arena_reset(&w->scratch);
	err = record_load(d->desk, &w->scratch,
	    d->credit->exposure->derive.parts[s->part].child, s->id, &child);
	if (!err)
		err = record_open(d->desk, child);
	if (!err)
		err = dues_take(d, s->part, child);
	if (!err && d->looked_at % LOOKS_A_LEAVE == 0)
		err = desk_may_go_on(d->desk);
	return err;
}

void dues_days_take(struct dues_days *w, int32_t day)
{
	size_t first = w->dues->count;

	for (size_t i = 0; i < w->count; i++)
		while (!w->err && w->scans[i].scan && w->scans[i].day == day) {
			w->err = take_child(w, &w->scans[i]);
			if (!w->err)
				w->err = step(&w->scans[i]);
		}
	dues_sort(w->dues, first);
}

void dues_days_close(struct dues_days *w)
{
	for (size_t i = 0; i < w->count; i++)
		end_scan(&w->scans[i]);
	arena_release(&w->scratch);
}
