// SPDX-License-Identifier: MIT
/*
 * Merging two records, and taking it back.
 *
 * Both are shown side by side, as far as I may see them.  At a terminal each
 * field that differs is asked for; else words say which values come over
 * (city=loser).  What comes of it is the server's.
 */
#include "client/commands.h"

#include "client/ask.h"
#include "client/call.h"
#include "client/look.h"
#include "client/record.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

struct merger {
	struct app *app;
	struct bytes survivor, loser; /* as record.get answers */
	struct buf choose;            /* pairs of a map */
	uint32_t count;
};

static enum err get_record(
    struct app *app, const char *number, struct bytes *record)
{
	struct request r;

	request_begin(&r, "record.get", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", number);
	return call(app, &r, &app->arena, record);
}

static struct bytes value_of(
    struct merger *m, struct bytes record, const struct field *f)
{
	return look_value(
	    look_value(record, "fields"), keep_text(&m->app->arena, f->key));
}

static bool differs(struct merger *m, const struct field *f)
{
	return !bytes_equal(
	    value_of(m, m->survivor, f), value_of(m, m->loser, f));
}

/* --- side by side --------------------------------------------------------*/

static void show_both(struct merger *m)
{
	struct app *app = m->app;
	struct table t;

	table_init(&t, &app->arena);
	table_column(&t, bytes_text(""), 0, false, true);
	table_column(&t, look_text(m->survivor, "number"), 0, false, false);
	table_column(&t, look_text(m->loser, "number"), 0, false, false);
	for (unsigned i = 0; i < app->entity->field_count; i++) {
		const struct field *f = &app->entity->fields[i];

		if (!differs(m, f))
			continue;
		table_cell(&t, field_label(app, f));
		table_cell(&t, show_value(app, f, value_of(m, m->survivor, f)));
		table_cell(&t, show_value(app, f, value_of(m, m->loser, f)));
	}
	if (table_rows(&t))
		show_table(app, &t);
}

/* --- whose value ---------------------------------------------------------*/

static void choose(struct merger *m, struct bytes key, const char *whose)
{
	pack_text(&m->choose, key);
	pack_cstr(&m->choose, whose);
	m->count++;
}

/* `city=loser` */
static enum err take_word(struct merger *m, const char *word)
{
	const char *sign = strchr(word, '=');
	struct app *app = m->app;
	const struct field *f;
	struct bytes key;

	if (!sign || sign == word)
		return tell(app, ERR_USAGE, "kehu %s merge %s", app->noun,
		    app->command->usage);
	key = bytes_of((const uint8_t *)word, (size_t)(sign - word));
	f = entity_find_field(app->entity, key);
	choose(m, f ? f->key : key, sign + 1);
	return ERR_OK;
}

static bool may_come_over(struct merger *m, const struct field *f)
{
	return field_may_enter(f) && !f->is_auto && differs(m, f) &&
	       value_of(m, m->loser, f).len &&
	       !show_is_masked(m->loser, f->key);
}

/* Where the survivor has nothing, the other's is offered. */
static enum err ask_one(struct merger *m, const struct field *f)
{
	struct app *app = m->app;
	struct bytes here = show_value(app, f, value_of(m, m->survivor, f));
	struct bytes there = show_value(app, f, value_of(m, m->loser, f));
	struct bytes label = field_label(app, f);
	bool takes = !value_of(m, m->survivor, f).len;
	const char *answer = ask_choice(
	    app, keep_format(&app->arena, "%.*s:  1 %.*s   2 %.*s   [%d] ",
		     (int)label.len, (const char *)label.data, (int)here.len,
		     (const char *)here.data, (int)there.len,
		     (const char *)there.data, takes ? 2 : 1));

	if (!answer)
		return tell(app, ERR_INVALID, "%s",
		    tr(app, "Given up. Nothing was changed."));
	if (*answer ? *answer == '2' : takes)
		choose(m, f->key, "loser");
	return ERR_OK;
}

static enum err choose_all(struct merger *m)
{
	struct app *app = m->app;
	enum err e = ERR_OK;

	for (unsigned i = 2; i < app->rest_count && e == ERR_OK; i++)
		e = take_word(m, app->rest[i]);
	if (app->rest_count > 2 || !app->screen.can_ask ||
	    app_flag(app, FLAG_YES))
		return e;
	for (unsigned i = 0; i < app->entity->field_count && e == ERR_OK; i++)
		if (may_come_over(m, &app->entity->fields[i]))
			e = ask_one(m, &app->entity->fields[i]);
	return e;
}

static struct bytes chosen(struct merger *m)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pack_map(&out, m->count);
	buf_append_bytes(&out, buf_bytes(&m->choose));
	buf_release(&m->choose);
	return keep_buf(&m->app->arena, &out);
}

/* --- the commands --------------------------------------------------------*/

static enum err send(struct app *app, struct request *r, const char *reason)
{
	struct bytes result;
	enum err e;

	if (!app_flag(app, FLAG_REASON))
		request_cstr(r, "reason", reason);
	request_write_flags(app, r);
	e = call(app, r, &app->arena, &result);
	if (e == ERR_OK && show_is_machine(app))
		show_json(result);
	else if (e == ERR_OK)
		show_record(app, app->entity, result);
	return e;
}

static enum err look_at_both(struct merger *m)
{
	struct app *app = m->app;
	enum err e = get_record(app, app->rest[0], &m->survivor);

	if (e == ERR_OK)
		e = get_record(app, app->rest[1], &m->loser);
	if (e == ERR_OK && !show_is_machine(app))
		show_both(m);
	if (e == ERR_OK)
		e = choose_all(m);
	return e == ERR_OK && !app_flag(app, FLAG_DRY_RUN)
		   ? ask_confirm(app,
			 keep_format(&app->arena, tr(app, "Merge %s into %s?"),
			     app->rest[1], app->rest[0]),
			 false)
		   : e;
}

enum err cmd_merge(struct app *app)
{
	struct merger m = { .app = app };
	struct bytes choose;
	struct request r;
	const char *reason;
	enum err e;

	if (app->rest_count < 2)
		return tell(app, ERR_USAGE, "kehu %s merge %s", app->noun,
		    app->command->usage);
	buf_init(&m.choose, KEEP_CAP);
	e = look_at_both(&m);
	choose = chosen(&m);
	if (e == ERR_OK)
		e = ask_why(app, &reason);
	if (e != ERR_OK)
		return e;
	request_begin(&r, "customer.merge", CALL_WRITE);
	request_cstr(&r, "survivor", app->rest[0]);
	request_cstr(&r, "loser", app->rest[1]);
	request_raw(&r, "choose", choose);
	return send(app, &r, reason);
}

enum err cmd_unmerge(struct app *app)
{
	struct request r;
	const char *reason;
	enum err e;

	if (app->rest_count != 1)
		return tell(app, ERR_USAGE, "kehu %s unmerge %s", app->noun,
		    app->command->usage);
	e = app_flag(app, FLAG_DRY_RUN)
		? ERR_OK
		: ask_confirm(app,
		      keep_format(&app->arena,
			  tr(app, "Take the merging of %s back?"),
			  app->rest[0]),
		      false);
	if (e == ERR_OK)
		e = ask_why(app, &reason);
	if (e != ERR_OK)
		return e;
	request_begin(&r, "customer.unmerge", CALL_WRITE);
	request_cstr(&r, "loser", app->rest[0]);
	return send(app, &r, reason);
}
