// SPDX-License-Identifier: MIT
/*
 * kehu customer transfer: what is one person's becomes another's.
 *
 * Duties are customers of whom he is owner, service manager or steward, and
 * feedback that he still has to answer; who did what stays as it was.  A page
 * of at most a thousand records is one request: all of it or nothing, one entry
 * of the log, every right asked as with any change, and refused when somebody
 * else changed one of them meanwhile.
 */
#include "client/commands.h"

#include "client/ask.h"
#include "client/call.h"
#include "client/fetch.h"
#include "client/find.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

#define PAGE 1000 /* the server takes no more at once */

struct belonging { /* found by the field's index, however many there are */
	const char *entity, *field;
	const char *while_[2]; /* its status is one of them; NULL: always */
};

static const struct belonging belongings[] = {
	{ "customer", "owner", { NULL } },
	{ "customer", "service_owner", { NULL } },
	{ "customer", "steward", { NULL } },
	{ "feedback", "assignee", { "open", "in_progress" } },
};

#define BELONGINGS (sizeof belongings / sizeof *belongings)

struct transfer {
	struct app *app;
	const char *from, *to;
	struct bytes which;         /* of the customers; none: all */
	const struct belonging *of; /* at hand */
	int64_t count, moved;
};

/* --- looking -------------------------------------------------------------*/

/* With a condition: of those customers alone, and not what else he has to do.
 * What the caller may not know of is not asked for. */
static bool take_up(struct transfer *t, const struct belonging *b)
{
	const struct entity *e =
	    schema_find_entity(t->app->schema, bytes_text(b->entity));

	t->of = b;
	return e && entity_find_field(e, bytes_text(b->field)) &&
	       (!t->which.len || e == t->app->entity);
}

static void pack_is(struct buf *out, const char *field, const char *value)
{
	pack_array(out, 3);
	pack_cstr(out, "=");
	pack_cstr(out, field);
	pack_cstr(out, value);
}

static struct bytes where(struct transfer *t)
{
	const struct belonging *b = t->of;
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pack_array(&out, 2u + (t->which.len > 0) + (b->while_[0] != NULL));
	pack_cstr(&out, "and");
	pack_is(&out, b->field, t->from);
	if (b->while_[0]) {
		pack_array(&out, 3);
		pack_cstr(&out, "or");
		pack_is(&out, "status", b->while_[0]);
		pack_is(&out, "status", b->while_[1]);
	}
	if (t->which.len)
		pack_raw(&out, t->which);
	return keep_buf(&t->app->arena, &out);
}

static enum err find(struct transfer *t, unsigned limit, struct bytes after,
    struct bytes *result)
{
	struct request r;

	request_begin(&r, "record.find", CALL_READ);
	request_cstr(&r, "entity", t->of->entity);
	request_raw(&r, "where", where(t));
	request_int(&r, "limit", limit);
	if (after.len)
		request_text(&r, "after", after);
	else
		request_bool(&r, "count", true);
	request_key(&r, "fields");
	pack_array(&r.params, 1);
	pack_cstr(&r.params, t->of->field);
	return call(t->app, &r, &t->app->arena, result);
}

/* --- handing over --------------------------------------------------------*/

static void pack_item(struct transfer *t, struct bytes row, struct buf *out)
{
	pack_map(out, 5);
	pack_key_cstr(out, "op", "update");
	pack_key_cstr(out, "entity", t->of->entity);
	pack_key_text(out, "id", look_text(row, "id"));
	pack_key_text(out, "version", look_text(row, "version"));
	pack_cstr(out, "set");
	pack_map(out, 1);
	pack_key_cstr(out, t->of->field, t->to);
}

static enum err move_page(struct transfer *t, struct bytes page)
{
	struct app *app = t->app;
	struct request r;
	uint32_t count;
	struct reader rows = look_array(page, "rows", &count);
	struct bytes result;
	enum err err;

	request_begin(&r, "record.batch", CALL_WRITE);
	request_bool(&r, "atomic", true);
	request_bool(&r, "brief", true);
	request_key(&r, "items");
	pack_array(&r.params, count);
	for (uint32_t i = 0; i < count; i++)
		pack_item(t, read_raw(&rows), &r.params);
	request_write_flags(app, &r);
	err = call(app, &r, &app->arena, &result);
	if (!err)
		t->moved += count;
	return err;
}

/* The cursor is a place: what has left the search meanwhile moves it not. */
static enum err move_all(struct transfer *t)
{
	struct bytes page, after = BYTES_NONE;
	enum err err;

	do {
		err = find(t, PAGE, after, &page);
		if (!err && value_count(look_value(page, "rows")))
			err = move_page(t, page);
		if (!err)
			after = look_text(page, "next");
	} while (!err && after.len);
	return err;
}

/* --- all of it -----------------------------------------------------------*/

static enum err count_all(struct transfer *t)
{
	struct bytes result;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < BELONGINGS; i++) {
		if (!take_up(t, &belongings[i]))
			continue;
		err = find(t, 1, BYTES_NONE, &result);
		if (!err)
			t->count += look_int(result, "count", 0);
	}
	return err;
}

static void say_moved(struct transfer *t)
{
	struct app *app = t->app;
	struct buf out;

	if (!show_is_machine(app)) {
		screen_say(&app->screen, ROLE_GOOD,
		    tr(app, "ok  %lld of %lld duties handed over to %s."),
		    (long long)t->moved, (long long)t->count, t->to);
		return;
	}
	buf_init(&out, KEEP_CAP);
	pack_map(&out, 2);
	pack_key_int(&out, "found", t->count);
	pack_key_int(&out, "moved", t->moved);
	show_json(keep_buf(&app->arena, &out));
}

static enum err read_words(struct transfer *t)
{
	struct app *app = t->app;

	if (app->rest_count < 2)
		return tell(app, ERR_USAGE, "kehu customer transfer %s",
		    app->command->usage);
	if (!app_flag(app, FLAG_REASON))
		return tell(app, ERR_USAGE, "%s",
		    tr(app, "A hand-over needs --reason TEXT."));
	t->from = app->rest[0];
	t->to = app->rest[1];
	app->rest += 2;
	app->rest_count -= 2;
	return find_condition(app, &t->which);
}

enum err cmd_transfer(struct app *app)
{
	struct transfer t = { .app = app };
	enum err err = read_words(&t);

	if (!err)
		err = fetch_schema(app);
	if (!err)
		err = count_all(&t);
	if (!err && t.count && !app_flag(app, FLAG_DRY_RUN))
		err = ask_confirm(app,
		    keep_format(&app->arena,
			tr(app, "Hand %lld duties over from %s to %s?"),
			(long long)t.count, t.from, t.to),
		    false);
	for (unsigned i = 0;
	     !err && !app_flag(app, FLAG_DRY_RUN) && i < BELONGINGS; i++)
		if (take_up(&t, &belongings[i]))
			err = move_all(&t);
	if (!err || t.moved)
		say_moved(&t);
	return err;
}
