// SPDX-License-Identifier: MIT
/*
 * Reports: which there are, and one of them as a table.
 *
 * What a report reckons and who may ask is the server's; parameters go along
 * as they were typed.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

static const struct {
	enum flag flag;
	const char *param;
	bool is_number;
} flag_params[] = {
	{ FLAG_BY, "group", false },
	{ FLAG_FROM, "from", false },
	{ FLAG_TO, "to", false },
	{ FLAG_SCOPE, "scope", false },
	{ FLAG_LIMIT, "limit", true },
};

#define FLAG_PARAMS (sizeof flag_params / sizeof *flag_params)

static bool is_number(const char *key)
{
	for (size_t i = 0; i < FLAG_PARAMS; i++)
		if (!strcmp(flag_params[i].param, key))
			return flag_params[i].is_number;
	return false;
}

static void put_param(struct buf *out, const char *key, const char *value)
{
	if (is_number(key))
		pack_key_int(out, key, strtoll(value, NULL, 10));
	else
		pack_key_cstr(out, key, value);
}

/* `group=month`, one of the words behind the report's name. */
static enum err put_word(struct app *app, const char *word, struct buf *out)
{
	const char *sign = strchr(word, '=');
	char *key;

	if (!sign || sign == word)
		return tell(
		    app, ERR_USAGE, "kehu report %s", app->command->usage);
	key = arena_format(&app->arena, "%.*s", (int)(sign - word), word);
	put_param(out, key ? key : "", sign + 1);
	return ERR_OK;
}

static enum err put_params(struct app *app, struct buf *out)
{
	size_t mark = pack_map_open(out);
	uint32_t count = 0;
	enum err e = ERR_OK;

	for (unsigned i = 1; e == ERR_OK && i < app->rest_count; i++, count++)
		e = put_word(app, app->rest[i], out);
	for (size_t i = 0; i < FLAG_PARAMS; i++) {
		const char *value = app_flag(app, flag_params[i].flag);

		if (!value)
			continue;
		put_param(out, flag_params[i].param, value);
		count++;
	}
	pack_map_close(out, mark, count);
	return e;
}

/* For people the total stands below the rows, in their columns. */
static struct bytes with_total(struct app *app, struct bytes result)
{
	struct bytes total = look_value(result, "total");
	struct reader columns;
	struct buf out;
	uint32_t count, rows;
	struct reader r = look_array(result, "rows", &rows);

	if (show_is_machine(app) || !total.len)
		return result;
	columns = look_array(result, "columns", &count);
	buf_init(&out, KEEP_CAP);
	pack_map(&out, 1);
	pack_cstr(&out, "rows");
	pack_array(&out, rows + 1);
	for (uint32_t i = 0; i < rows; i++)
		pack_raw(&out, read_raw(&r));
	pack_map(&out, 1 + value_count(total));
	pack_text(&out, read_text(&columns));
	pack_cstr(&out, tr(app, "Total"));
	for (r = value_items(total, &count); count; count--) {
		pack_raw(&out, read_raw(&r));
		pack_raw(&out, read_raw(&r));
	}
	return keep_buf(&app->arena, &out);
}

static enum err run(struct app *app, const char *name)
{
	struct bytes result;
	struct request r;
	int64_t more;
	enum err e;

	request_begin(&r, "report.run", CALL_READ);
	request_cstr(&r, "name", name);
	request_key(&r, "params");
	e = put_params(app, &r.params);
	if (e == ERR_OK)
		e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (app_flag(app, FLAG_JSON)) {
		show_json(result);
		return ERR_OK;
	}
	show_answer(app, with_total(app, result));
	more = look_int(result, "more", 0);
	if (more > 0)
		tell_next(app, tr(app, "%lld more groups: --limit N"),
		    (long long)more);
	return ERR_OK;
}

static enum err list(struct app *app)
{
	struct bytes result;
	struct request r;
	enum err e;

	request_begin(&r, "report.list", CALL_READ);
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK && app_flag(app, FLAG_JSON))
		show_json(result);
	else if (e == ERR_OK)
		show_answer(app, result);
	return e;
}

enum err cmd_report(struct app *app)
{
	if (!app->rest_count || !strcmp(app->rest[0], "list"))
		return list(app);
	return run(app, app->rest[0]);
}
