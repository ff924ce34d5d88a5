// SPDX-License-Identifier: MIT
/*
 * The lines of an account day by day, from one on, either way.
 *
 * By the children's keys in the order of time (server/data/index.h), one scan
 * for each kind of child and each customer that was merged into this one: only
 * what is taken is opened.
 */
#ifndef SERVER_BOOK_DUES_DAYS_H
#define SERVER_BOOK_DUES_DAYS_H

#include "server/book/dues.h"

struct day_scan {
	struct scan *scan; /* NULL: at its end */
	unsigned part;
	int32_t day;
	uint64_t id;
};

struct dues_days {
	struct dues *dues;
	enum direction direction;
	struct day_scan *scans; /* in the dues' arena */
	size_t count;
	struct arena scratch; /* of one child */
	enum err err;
};

/* From `day` on; `only_orders`: the others stay away.  Of dues that are not
 * whole.  Close also after an error. */
enum err dues_days_open(struct dues_days *w, struct dues *d, int32_t day,
    enum direction direction, bool only_orders) MUST_USE;
/* The next day that has any; false at the end or after an error: w->err. */
bool dues_days_peek(const struct dues_days *w, int32_t *day);
/* Appends that day's lines, in order. */
void dues_days_take(struct dues_days *w, int32_t day);
void dues_days_close(struct dues_days *w);

#endif
