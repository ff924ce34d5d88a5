// SPDX-License-Identifier: MIT
/*
 * See report_ask.h.
 */
#include "client/report_ask.h"

#include <stdlib.h>

#include "client/call.h"
#include "client/look.h"
#include "client/tell.h"
#include "common/pack.h"

static const struct {
	enum flag flag;
	const char *param;
} flag_params[] = {
	{ FLAG_BY, "group" },
	{ FLAG_FROM, "from" },
	{ FLAG_TO, "to" },
	{ FLAG_SCOPE, "scope" },
	{ FLAG_LIMIT, "limit" },
};

#define FLAG_PARAMS (sizeof flag_params / sizeof *flag_params)

/* --- parameters ----------------------------------------------------------*/

static bool is_number(const char *key)
{
	return !strcmp(key, "limit") || !strcmp(key, "bins");
}

const char *report_ask_value(const struct report_ask *ask, const char *key)
{
	for (unsigned i = 0; i < ask->count; i++)
		if (!strcmp(ask->list[i].key, key))
			return ask->list[i].value;
	return NULL;
}

void report_ask_put(struct report_ask *ask, const char *key, const char *value)
{
	unsigned i = 0;

	while (i < ask->count && strcmp(ask->list[i].key, key) != 0)
		i++;
	if (i == REPORT_PARAMS)
		return;
	ask->list[i] = (struct report_param){ key, value };
	ask->count += i == ask->count;
}

/* `group=month`, one of the words behind the report's name. */
static enum err read_word(
    struct app *app, const char *word, struct report_ask *ask)
{
	const char *sign = strchr(word, '=');

	if (!sign || sign == word)
		return tell(
		    app, ERR_USAGE, "kehu report %s", app->command->usage);
	report_ask_put(ask,
	    keep_format(&app->arena, "%.*s", (int)(sign - word), word),
	    sign + 1);
	return ERR_OK;
}

enum err report_ask_read(struct app *app, struct report_ask *ask)
{
	enum err e = ERR_OK;

	for (unsigned i = 1; e == ERR_OK && i < app->rest_count; i++)
		e = read_word(app, app->rest[i], ask);
	for (size_t i = 0; i < FLAG_PARAMS; i++) {
		const char *value = app_flag(app, flag_params[i].flag);

		if (value)
			report_ask_put(ask, flag_params[i].param, value);
	}
	return e;
}

/* Fields to group by are called as their columns are. */
static const char *value_words(struct app *app, const struct report_param *p)
{
	const char *out = "";

	if (strcmp(p->key, "group") != 0)
		return p->value;
	for (const char **one = args_list(&app->arena, p->value); *one; one++)
		out = keep_format(&app->arena, "%s%s%s", out, *out ? ", " : "",
		    keep_text(
			&app->arena, report_title(app, bytes_text(*one))));
	return out;
}

static const struct {
	const char *key, *say;
} words[] = {
	{ "at", "At" },
	{ "bins", "Bins" },
	{ "border", "Border" },
	{ "from", "First day" },
	{ "group", "Grouped by" },
	{ "limit", "Rows at most" },
	{ "limits", "Limits" },
	{ "period", "Periods" },
	{ "scope", "Scope" },
	{ "ties", "Ties" },
	{ "to", "Last day" },
};

const char *report_ask_words(struct app *app, const struct report_ask *ask)
{
	const char *out = "";

	for (unsigned i = 0; i < ask->count; i++) {
		const char *word = ask->list[i].key;

		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			if (!strcmp(word, words[k].key))
				word = tr(app, words[k].say);
		out = keep_format(&app->arena, "%s%s%s: %s", out, i ? "; " : "",
		    word, value_words(app, &ask->list[i]));
	}
	return out;
}

/* --- what there is -------------------------------------------------------*/

enum err report_list(struct app *app, struct bytes *result)
{
	struct request r;

	request_begin(&r, "report.list", CALL_READ);
	return call(app, &r, &app->arena, result);
}

/* The row of a report; the names of all if it is none of them. */
static struct bytes find_report(
    struct app *app, struct bytes list, const char *name, const char ***names)
{
	uint32_t count;
	struct reader in = look_array(list, "rows", &count);

	*names = keep_array(&app->arena, count + 1, sizeof **names);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&in);

		(*names)[i] = keep_text(&app->arena, look_text(row, "name"));
		if (!strcmp((*names)[i], name))
			return row;
	}
	return BYTES_NONE;
}

static const char **texts_of(struct app *app, struct bytes row, const char *key)
{
	uint32_t count;
	struct reader in = look_array(row, key, &count);
	const char **out = keep_array(&app->arena, count + 1, sizeof *out);

	for (uint32_t i = 0; i < count; i++)
		out[i] = keep_text(&app->arena, read_text(&in));
	return count ? out : NULL;
}

/* With what the refused word should have been: a report, one of its
 * parameters, or what one of them takes. */
static enum err tell_refused(struct app *app, const char *name,
    const struct report_ask *ask, struct bytes refusal)
{
	const char *field = keep_text(&app->arena, look_text(refusal, "field"));
	bool is_parameter = bytes_is(look_text(refusal, "rule"), "parameter");
	const char *key = tell_kind(refusal) == ERR_UNKNOWN ? "group" : field;
	const char *word = field, **names;
	struct bytes list, row;

	if (app_flag(app, FLAG_JSON) || report_list(app, &list) != ERR_OK)
		return tell_refusal(app, refusal);
	row = find_report(app, list, name, &names);
	if (!row.len)
		return tell_refusal_among(app, refusal, names, name);
	names = is_parameter ? texts_of(app, row, "params")
			     : texts_of(app, look_value(row, "words"), key);
	if (!is_parameter && !strcmp(key, field) && report_ask_value(ask, key))
		word = report_ask_value(ask, key);
	return tell_refusal_among(app, refusal, names, word);
}

enum err report_ask_run(struct app *app, const char *name,
    const struct report_ask *ask, const char *id, struct bytes *result)
{
	struct bytes refusal;
	struct request r;
	enum err e;

	request_begin(&r, "report.run", CALL_READ);
	request_cstr(&r, "name", name);
	if (id)
		request_cstr(&r, "request_id", id);
	request_key(&r, "params");
	pack_map(&r.params, ask->count);
	for (unsigned i = 0; i < ask->count; i++) {
		const struct report_param *p = &ask->list[i];

		if (is_number(p->key))
			pack_key_int(
			    &r.params, p->key, strtoll(p->value, NULL, 10));
		else
			pack_key_cstr(&r.params, p->key, p->value);
	}
	e = call_quietly(app, &r, &app->arena, result, &refusal);
	return refusal.len ? tell_refused(app, name, ask, refusal) : e;
}
