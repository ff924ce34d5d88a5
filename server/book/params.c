// SPDX-License-Identifier: MIT
/*
 * See params.h.
 */
#include "server/book/params.h"

#include "common/date.h"
#include "common/log.h"

#define LIMIT_USUAL 1000
#define LIMIT_MOST  10000

enum err params_refuse(
    struct report_run *r, const char *param, const char *rule, const char *why)
{
	findings_add(r->found, FINDING_ERROR, param, rule, "%s", why);
	return ERR_INVALID;
}

/* Stands at the value; false if there is none. */
static bool find(struct report_run *r, const char *key, struct reader *in)
{
	struct bytes raw = pairs_get(&r->params, key);

	*in = reader_of(raw);
	return raw.len && reader_peek(in) != UNPACK_NIL;
}

enum err params_text(struct report_run *r, const char *key, struct bytes *out)
{
	struct reader in;

	*out = BYTES_NONE;
	if (!find(r, key, &in))
		return ERR_OK;
	*out = read_text(&in);
	return in.err
		   ? params_refuse(r, key, "type", "this parameter is a text")
		   : ERR_OK;
}

enum err params_int(struct report_run *r, const char *key, int64_t least,
    int64_t most, int64_t *out)
{
	struct reader in;
	int64_t v;

	if (!find(r, key, &in))
		return ERR_OK;
	v = read_int(&in);
	if (in.err)
		return params_refuse(r, key, "type", "a whole number");
	if (v < least || v > most)
		return params_refuse(r, key, "range", "out of its bounds");
	*out = v;
	return ERR_OK;
}

void params_offer(
    struct report_run *r, const char *key, const char *const *words)
{
	struct report_offers *o = r->offers;

	if (!o)
		return;
	ASSERT(o->count < REPORT_OFFERS);
	o->of[o->count].param = key;
	o->of[o->count++].words = words;
}

enum err params_word(struct report_run *r, const char *key,
    const char *const *words, unsigned *out)
{
	struct bytes word;
	const char *list = "";
	enum err err = params_text(r, key, &word);

	params_offer(r, key, words);
	if (err || !word.len)
		return err;
	for (unsigned i = 0; words[i]; i++) {
		if (bytes_is(word, words[i])) {
			*out = i;
			return ERR_OK;
		}
		list = arena_format(r->arena, "%s%s%s", list ? list : "",
		    i ? ", " : "", words[i]);
	}
	findings_add(r->found, FINDING_ERROR, key, "choice", "one of: %s",
	    list ? list : "");
	return ERR_INVALID;
}

/* --- days ----------------------------------------------------------------*/

int32_t span_month_end(int32_t day)
{
	int year, month, mday;
	int32_t next = DAY_LAST + 1;

	date_split(day, &year, &month, &mday);
	if (month == 12 && year == 9999)
		return DAY_LAST;
	if (date_join(year + month / 12, month % 12 + 1, 1, &next))
		return DAY_LAST;
	return next - 1;
}

bool span_is_months(const struct span *s)
{
	int year, month, mday;

	date_split(s->from, &year, &month, &mday);
	return mday == 1 && span_month_end(s->to) == s->to;
}

enum err params_day(
    struct report_run *r, const char *key, bool is_last, int32_t *day)
{
	struct bytes text;
	char *whole;
	enum err err = params_text(r, key, &text);

	if (err || !text.len)
		return err;
	whole = arena_format(
	    r->arena, "%.*s-01", (int)text.len, (const char *)text.data);
	if (!whole)
		return ERR_TOO_LARGE;
	if (!date_parse(text, day))
		return ERR_OK;
	if (date_parse(bytes_text(whole), day))
		return params_refuse(
		    r, key, "date", "a day, 2026-03-31, or a month, 2026-03");
	if (is_last)
		*day = span_month_end(*day);
	return ERR_OK;
}

enum err params_span(struct report_run *r, struct span *out)
{
	enum err err;

	*out = (struct span){ DAY_FIRST, DAY_LAST };
	err = params_day(r, "from", false, &out->from);
	if (!err)
		err = params_day(r, "to", true, &out->to);
	if (!err && out->from > out->to)
		err = params_refuse(r, "from", "range", "from lies behind to");
	return err;
}

enum err params_limit(struct report_run *r)
{
	int64_t limit = LIMIT_USUAL;
	enum err err = params_int(r, "limit", 1, INT64_MAX, &limit);

	r->limit = limit < LIMIT_MOST ? (unsigned)limit : LIMIT_MOST;
	return err;
}
