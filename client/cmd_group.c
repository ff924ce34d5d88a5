// SPDX-License-Identifier: MIT
/*
 * Grouping: how many records of each kind there are, and what they add up to.
 *
 * The answer's rows are flattened into columns; what counts and who may is
 * the server's to say.
 */
#include "client/commands.h"

#include "client/call.h"
#include "client/fields.h"
#include "client/find.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

/* How many. */
static uint32_t put_pairs(struct bytes map, struct buf *out)
{
	struct bytes key, value;
	uint32_t left, put = 0;
	struct reader r = value_items(map, &left);

	for (; look_pair(&r, &left, &key, &value); put++) {
		pack_text(out, key);
		pack_raw(out, value);
	}
	return put;
}

static void put_row(void *ctx, struct bytes row, struct buf *out)
{
	struct bytes count = look_value(row, "count");
	size_t mark = pack_map_open(out);
	uint32_t put = put_pairs(look_value(row, "by"), out);

	(void)ctx;
	if (count.len) {
		pack_cstr(out, "count");
		pack_raw(out, count);
		put++;
	}
	put += put_pairs(look_value(row, "sum"), out);
	pack_map_close(out, mark, put);
}

static struct bytes flatten(struct app *app, struct bytes result)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	look_rewrite(result, put_row, NULL, &out);
	return keep_buf(&app->arena, &out);
}

static void request_fields(
    struct app *app, struct request *r, const char *key, enum flag flag)
{
	const char *list = app_flag(app, flag);

	if (list)
		request_list(app, r, key, fields_keys(app, app->entity, list));
}

enum err cmd_group(struct app *app)
{
	const char *scope = app_flag(app, FLAG_SCOPE);
	struct bytes where, result;
	struct request r;

	if (!app_flag(app, FLAG_BY))
		return tell(
		    app, ERR_USAGE, "kehu %s group --by FIELD,...", app->noun);
	enum err e = find_condition(app, &where);
	if (e != ERR_OK)
		return e;
	request_begin(&r, "record.group", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	request_fields(app, &r, "by", FLAG_BY);
	request_fields(app, &r, "sum", FLAG_SUM);
	if (where.len)
		request_raw(&r, "where", where);
	if (scope && strcmp(scope, "all") != 0)
		request_cstr(&r, "scope", scope);
	if (app_flag(app, FLAG_ARCHIVED))
		request_bool(&r, "archived", true);
	if (app_flag(app, FLAG_PENDING))
		request_bool(&r, "pending", true);
	e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (app_flag(app, FLAG_JSON))
		show_json(result);
	else
		show_answer(app, flatten(app, result));
	return ERR_OK;
}
