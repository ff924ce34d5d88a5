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

#define DAY_MS     INT64_C(86400000)
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

static enum err read_day(
    struct request *r, const char *key, int64_t usual_ms, int64_t *ms)
{
	struct bytes text = param_text(r, key);
	int32_t day;

	*ms = usual_ms;
	if (param_error(r) || !text.len)
		return param_error(r);
	if (date_parse(text, &day))
		return request_refuse(r, key, "date", "a day, 2026-03-31");
	*ms = day * DAY_MS;
	return ERR_OK;
}

/* `from` and `to` are days and both included. */
static enum err read_days(struct request *r, struct deeds *d)
{
	int64_t now = clock_now_ms(r->desk->clock);
	int64_t today = now - now % DAY_MS;
	enum err err = read_day(r, "to", today, &d->to_ms);

	if (!err)
		err = read_day(r, "from", d->to_ms - (DAYS_USUAL - 1) * DAY_MS,
		    &d->from_ms);
	d->to_ms += DAY_MS;
	if (!err && d->from_ms >= d->to_ms)
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

static void pack_day(struct buf *out, const char *key, int64_t ms)
{
	char text[DATE_TEXT];

	date_format((int32_t)(ms / DAY_MS), text);
	pack_key_cstr(out, key, text);
}

static void pack_deeds(
    const struct deeds *d, struct bytes user, struct buf *out)
{
	size_t mark;
	uint32_t count = 0;

	pack_map(out, 3);
	pack_day(out, "from", d->from_ms);
	pack_day(out, "to", d->to_ms - DAY_MS);
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
	enum err err = read_scope(r, &d);

	if (!err)
		err = read_days(r, &d);
	if (!err && param_raw(r, "user").len)
		err = request_login(r, &user);
	if (!err)
		err = deeds_count(&d);
	if (err)
		return err;
	r->must_log = true;
	if (d.count > 1)
		qsort(d.doers, d.count, sizeof *d.doers, by_login);
	pack_deeds(&d, user, &r->out);
	return ERR_OK;
}
