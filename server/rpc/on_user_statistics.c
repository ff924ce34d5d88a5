// SPDX-License-Identifier: MIT
/*
 * user.statistics: what each person entered, and how well.
 *
 * For those who read the log: of all, or of their branch.  Like every look
 * into the log it is an entry.
 */
#include <stdlib.h>

#include "common/date.h"
#include "common/pack.h"
#include "server/data/deeds.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

#define DAYS_USUAL 30

/* All, or one's own branch. */
static enum err read_scope(struct request *r, struct deeds *d)
{
	const struct view *v = r->caller.view;

	if (view_rights(v, RELATION_ALL) & RIGHT_AUDIT)
		return ERR_OK;
	if (view_rights(v, RELATION_BRANCH) & RIGHT_AUDIT)
		d->branch = r->caller.branch;
	return d->branch ? ERR_OK : ERR_DENIED;
}

struct days { /* both included */
	int32_t from, to;
};

static enum err read_day(struct request *r, const char *key, int32_t *day)
{
	struct bytes text = param_text(r, key);

	if (param_error(r) || !text.len)
		return param_error(r);
	return date_parse(text, day)
		   ? request_refuse(r, key, "date", "a day, 2026-03-31")
		   : ERR_OK;
}

static enum err read_days(struct request *r, struct days *d)
{
	enum err err;

	d->to = desk_today(r->desk);
	err = read_day(r, "to", &d->to);
	d->from = d->to - (DAYS_USUAL - 1);
	if (!err)
		err = read_day(r, "from", &d->from);
	if (!err && d->from > d->to)
		err = request_refuse(r, "from", "range", "from lies behind to");
	return err;
}

static int by_login(const void *a, const void *b)
{
	const struct doer *x = a, *y = b;

	return strcmp(x->login, y->login);
}

static void pack_doer(const struct doer *who, struct buf *out)
{
	pack_map(out, 1 + DEEDS);
	pack_key_cstr(out, "user", who->login);
	for (unsigned i = 0; i < DEEDS; i++)
		pack_key_int(out, deed_word((enum deed)i), (int64_t)who->of[i]);
}

static void pack_day(struct buf *out, const char *key, int32_t day)
{
	char text[DATE_TEXT];

	date_format(day, text);
	pack_key_cstr(out, key, text);
}

static void pack_deeds(const struct deeds *d, const struct days *days,
    struct bytes user, struct buf *out)
{
	size_t mark;
	uint32_t count = 0;

	pack_map(out, 3);
	pack_day(out, "from", days->from);
	pack_day(out, "to", days->to);
	pack_cstr(out, "rows");
	mark = pack_array_open(out);
	for (size_t i = 0; i < d->count; i++) {
		if (user.len && !bytes_is(user, d->doers[i].login))
			continue;
		pack_doer(&d->doers[i], out);
		count++;
	}
	pack_array_close(out, mark, count);
}

enum err on_user_statistics(struct request *r)
{
	struct deeds d = {
		.desk = r->desk, .who = &r->caller, .arena = &r->arena
	};
	struct bytes user = BYTES_NONE;
	struct days days;
	enum err err = read_scope(r, &d);

	if (!err)
		err = read_days(r, &days);
	if (!err && param_raw(r, "user").len)
		err = request_login(r, &user);
	if (err)
		return err;
	d.from_ms = desk_day_begins(r->desk, days.from);
	d.to_ms = desk_day_begins(r->desk, days.to + 1);
	err = deeds_count(&d);
	if (err)
		return err;
	r->must_log = true;
	if (d.count > 1)
		qsort(d.doers, d.count, sizeof *d.doers, by_login);
	pack_deeds(&d, &days, user, &r->out);
	return ERR_OK;
}
