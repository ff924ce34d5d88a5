// SPDX-License-Identifier: MIT
/*
 * kehu due: what waits for me, or for somebody else, on one list.
 *
 * Each kind is a search over a field that an index holds, through the asker's
 * own view; what he may not see is not asked for.  Whoever may give records
 * to somebody else answers for them too: he also gets what is nobody's, and
 * what others have let lie for some days.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/call.h"
#include "client/fetch.h"
#include "client/look.h"
#include "client/query.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/date.h"
#include "common/pack.h"

#define DAYS_USUAL  7 /* late, until it is the manager's too */
#define LIMIT_USUAL 100
#define LIMIT_NAMED 200 /* customers whose names are asked for */

struct kind {
	const char *key, *title;
	const char *entity, *day;  /* NULL: no search, the server reckons it */
	const char *first, *else_; /* whose it is: this, if empty that */
	const char *open;          /* what still waits; NULL: all */
};

static const struct kind kinds[] = {
	{ "review", "Review", "customer", "review_due_at", "steward", "owner",
	    NULL },
	{ "follow_up", "Follow-up", "customer", "next_follow_at", "owner", NULL,
	    NULL },
	{ "feedback", "Open feedback", "feedback", "due_at", "assignee", NULL,
	    "status in (open, in_progress)" },
	{ "pool", "Back to the pool", "customer", NULL, "owner", NULL, NULL },
};

#define KINDS (sizeof kinds / sizeof *kinds)

struct due_row {
	const struct kind *kind;
	struct bytes day, number, customer, title, whose;
	int64_t late;
	bool escalated;
};

struct due {
	struct app *app;
	const char *who;
	int32_t today;
	long days;
	void *rows;
	size_t count, room;
	bool more;
};

static struct due_row *new_row(struct due *d, const struct kind *k)
{
	struct due_row *row = keep_more(
	    &d->app->arena, &d->rows, &d->count, &d->room, sizeof(*row));

	row->kind = k;
	return row;
}

/* --- one kind ------------------------------------------------------------*/

static bool is_known(const struct entity *e, const char *key)
{
	return !key || entity_find_field(e, bytes_text(key));
}

static bool is_shown(const struct entity *e, const struct kind *k)
{
	return e && is_known(e, k->day) && is_known(e, k->first) &&
	       is_known(e, k->else_);
}

/* May he give what is whose to somebody else? */
static bool may_give(const struct entity *e, const struct kind *k)
{
	const struct field *f =
	    entity_find_field(e, bytes_text(k->else_ ? k->else_ : k->first));

	return f && f->level == LEVEL_WRITE;
}

static const char *is_his(struct due *d, const struct kind *k)
{
	if (!k->else_)
		return keep_format(
		    &d->app->arena, "%s = \"%s\"", k->first, d->who);
	return keep_format(&d->app->arena,
	    "(%s = \"%s\" or (%s is empty and %s = \"%s\"))", k->first, d->who,
	    k->first, k->else_, d->who);
}

static const char *is_nobodys(struct due *d, const struct kind *k)
{
	if (!k->else_)
		return keep_format(&d->app->arena, "%s is empty", k->first);
	return keep_format(
	    &d->app->arena, "%s is empty and %s is empty", k->first, k->else_);
}

static const char *condition(struct due *d, const struct kind *k, bool others)
{
	const char *whose = is_his(d, k);

	if (others)
		return keep_format(&d->app->arena,
		    "%s <= today and (%s < today-%ldd or (%s)) and "
		    "not (%s)%s%s",
		    k->day, k->day, d->days, is_nobodys(d, k), whose,
		    k->open ? " and " : "", k->open ? k->open : "");
	return keep_format(&d->app->arena, "%s <= today and %s%s%s", k->day,
	    whose, k->open ? " and " : "", k->open ? k->open : "");
}

static enum err search(struct due *d, const struct kind *k,
    const struct entity *e, const char *text, struct bytes *result)
{
	struct app *app = d->app;
	const char *limit = app_flag(app, FLAG_LIMIT);
	struct query_failure failure;
	struct request r;
	struct buf where;

	buf_init(&where, KEEP_CAP);
	if (query_parse(
		&app->arena, e, bytes_text(text), d->today, &where, &failure)) {
		buf_release(&where);
		return tell(app, ERR_USAGE, "kehu due %s", app->command->usage);
	}
	request_begin(&r, "record.find", CALL_READ);
	request_cstr(&r, "entity", k->entity);
	request_raw(&r, "where", keep_buf(&app->arena, &where));
	request_list(app, &r, "order", k->day);
	request_int(
	    &r, "limit", limit ? strtoll(limit, NULL, 10) : LIMIT_USUAL);
	return call(app, &r, &app->arena, result);
}

static int64_t days_late(const struct due *d, struct bytes day)
{
	int32_t at;

	return date_parse(day, &at) ? 0 : d->today - at;
}

static void add_row(struct due *d, const struct kind *k, const struct entity *e,
    struct bytes found, bool others)
{
	struct bytes fields = look_value(found, "fields");
	const char *title = keep_text(&d->app->arena, e->title);
	struct due_row *row = new_row(d, k);

	row->day = look_text(fields, k->day);
	row->late = days_late(d, row->day);
	row->number = look_text(found, "number");
	row->customer = look_text(fields, "customer");
	row->title = *title ? look_text(fields, title) : row->customer;
	row->whose = look_text(fields, k->first);
	if (!row->whose.len && k->else_)
		row->whose = look_text(fields, k->else_);
	row->escalated = others && row->late > d->days;
}

static enum err gather(
    struct due *d, const struct kind *k, const struct entity *e, bool others)
{
	struct bytes result;
	uint32_t count;
	enum err err = search(d, k, e, condition(d, k, others), &result);

	if (err)
		return err;
	struct reader r = look_array(result, "rows", &count);
	for (uint32_t i = 0; i < count; i++)
		add_row(d, k, e, read_raw(&r), others);
	d->more = d->more || look_value(result, "next").len;
	return ERR_OK;
}

/* --- the pool ------------------------------------------------------------*/

/* Whom the rules will take from his owner, unless something happens. */
static void add_leaving(struct due *d, const struct kind *k, struct bytes found)
{
	struct due_row *row = new_row(d, k);

	row->day = look_text(found, "day");
	row->number = look_text(found, "number");
	row->title = look_text(found, "name");
	row->whose = bytes_text(d->who);
}

static enum err gather_pool(struct due *d, const struct kind *k)
{
	struct bytes result;
	struct request r;
	uint32_t count;
	enum err err;

	request_begin(&r, "pool.due", CALL_READ);
	request_cstr(&r, "user", d->who);
	err = call(d->app, &r, &d->app->arena, &result);
	if (err)
		return err;
	struct reader rows = look_array(result, "rows", &count);
	for (uint32_t i = 0; i < count; i++)
		add_leaving(d, k, read_raw(&rows));
	d->more = d->more || look_bool(result, "more");
	return ERR_OK;
}

/* --- customers' names ----------------------------------------------------*/

static void pack_wanted(struct due *d, struct buf *out)
{
	const struct due_row *rows = d->rows;
	uint32_t count = 0;

	pack_array(out, 3);
	pack_cstr(out, "in");
	pack_cstr(out, "number");
	size_t mark = pack_array_open(out);
	for (size_t i = 0; i < d->count && count < LIMIT_NAMED; i++)
		if (rows[i].customer.len) {
			pack_text(out, rows[i].customer);
			count++;
		}
	pack_array_close(out, mark, count);
}

static void give_name(struct due *d, struct bytes number, struct bytes name)
{
	struct due_row *rows = d->rows;

	for (size_t i = 0; i < d->count && name.len; i++)
		if (bytes_equal(rows[i].customer, number) &&
		    bytes_equal(rows[i].title, number))
			rows[i].title = name;
}

/* What has no name of its own goes by its customer's, where his may be read;
 * a refusal leaves the numbers. */
static enum err name_customers(struct due *d)
{
	struct app *app = d->app;
	const struct entity *e =
	    schema_find_entity(app->schema, bytes_text("customer"));
	const char *title = e ? keep_text(&app->arena, e->title) : "";
	const struct due_row *rows = d->rows;
	struct bytes result, refusal;
	struct request r;
	struct buf where;
	bool is_wanted = false;
	uint32_t count;

	for (size_t i = 0; i < d->count; i++)
		is_wanted |= rows[i].customer.len;
	if (!is_wanted || !entity_find_field(e, bytes_text(title)))
		return ERR_OK;
	buf_init(&where, KEEP_CAP);
	pack_wanted(d, &where);
	request_begin(&r, "record.find", CALL_READ);
	request_cstr(&r, "entity", "customer");
	request_raw(&r, "where", keep_buf(&app->arena, &where));
	request_list(app, &r, "fields", title);
	request_int(&r, "limit", LIMIT_NAMED);
	enum err err = call_quietly(app, &r, &app->arena, &result, &refusal);
	struct reader found = look_array(result, "rows", &count);
	for (; count; count--) {
		struct bytes row = read_raw(&found);

		give_name(d, look_text(row, "number"),
		    look_text(look_value(row, "fields"), title));
	}
	return refusal.len ? ERR_OK : err;
}

/* --- all of them ---------------------------------------------------------*/

static enum err gather_all(struct due *d)
{
	bool is_other = d->app->rest_count;
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < KINDS; i++) {
		const struct kind *k = &kinds[i];
		const struct entity *e =
		    schema_find_entity(d->app->schema, bytes_text(k->entity));

		if (!is_shown(e, k))
			continue;
		err = k->day ? gather(d, k, e, false) : gather_pool(d, k);
		if (!err && k->day && !is_other && may_give(e, k))
			err = gather(d, k, e, true);
	}
	return err;
}

static enum err read_who(struct due *d)
{
	struct bytes me;
	struct request r;
	enum err err;

	if (d->app->rest_count) {
		d->who = d->app->rest[0];
		return ERR_OK;
	}
	request_begin(&r, "session.whoami", CALL_READ);
	err = call(d->app, &r, &d->app->arena, &me);
	if (!err)
		d->who = keep_text(&d->app->arena, look_text(me, "user"));
	return err;
}

static struct bytes pack_rows(struct due *d)
{
	const struct due_row *rows = d->rows;
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pack_map(&out, 2);
	pack_cstr(&out, "rows");
	pack_array(&out, (uint32_t)d->count);
	for (const struct due_row *row = rows; row < rows + d->count; row++) {
		pack_map(&out, 9);
		pack_key_cstr(&out, "what", row->kind->key);
		pack_key_text(&out, "due", row->day);
		pack_key_int(&out, "late", row->late);
		pack_key_cstr(&out, "entity", row->kind->entity);
		pack_key_text(&out, "number", row->number);
		pack_key_text(&out, "customer", row->customer);
		pack_key_text(&out, "title", row->title);
		pack_key_text(&out, "whose", row->whose);
		pack_key_bool(&out, "escalated", row->escalated);
	}
	pack_key_bool(&out, "more", d->more);
	return keep_buf(&d->app->arena, &out);
}

static const char *const due_titles[] = { "What", "Due", "Days late", "Number",
	"Name", "Whose" };

static struct bytes title_of(struct app *app, struct bytes key)
{
	size_t i = 0;

	while (i + 1 < KINDS && !bytes_is(key, kinds[i].key))
		i++;
	return bytes_text(words_say(&app->words, kinds[i].title));
}

static void show_due(struct app *app, struct bytes result)
{
	static const char *const keys[] = { "due", "late", "number", "title" };
	uint32_t count;
	struct reader r = look_array(result, "rows", &count);
	struct table t;

	table_init(&t, &app->arena);
	for (unsigned i = 0; i < sizeof due_titles / sizeof *due_titles; i++)
		table_column(
		    &t, bytes_text(tr(app, due_titles[i])), 0, i == 2, i != 4);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);
		struct bytes whose =
		    show_value(app, NULL, look_value(row, "whose"));
		table_cell(&t, title_of(app, look_text(row, "what")));
		for (unsigned k = 0; k < sizeof keys / sizeof *keys; k++)
			table_cell(&t,
			    show_value(app, NULL, look_value(row, keys[k])));
		if (look_bool(row, "escalated"))
			whose = bytes_text(keep_format(&app->arena, "%.*s (%s)",
			    (int)whose.len, (const char *)whose.data,
			    tr(app, "overdue")));
		table_cell(&t, whose);
	}
	if (count)
		show_table(app, &t);
	screen_say(&app->screen, ROLE_LABEL, tr(app, "%u%s due"), count,
	    look_bool(result, "more") ? "+" : "");
}

enum err cmd_due(struct app *app)
{
	const char *days = app_flag(app, FLAG_DAYS);
	struct due d = { .app = app,
		.today = query_today(),
		.days = days ? strtol(days, NULL, 10) : DAYS_USUAL };
	enum err err;

	if (app->rest_count > 1 || d.days < 0)
		return tell(app, ERR_USAGE, "kehu due %s", app->command->usage);
	err = fetch_schema(app);
	if (!err)
		err = read_who(&d);
	if (!err)
		err = gather_all(&d);
	if (!err)
		err = name_customers(&d);
	struct bytes result = pack_rows(&d);
	if (!err && !show_to_machine(app, result))
		show_due(app, result);
	return err;
}
