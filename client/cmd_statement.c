// SPDX-License-Identifier: MIT
/*
 * kehu customer statement: page after page of it, shown as one.
 *
 * Each page says what the whole adds up to.  If that is no longer what the
 * first one said, somebody wrote meanwhile, and it is read again: a balance
 * that does not follow from the lines above it is not shown.
 */
#include "client/commands.h"

#include "client/call.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

#define PAGE  1000
#define TRIES 5

struct statement {
	struct app *app;
	struct bytes first; /* its first page */
	struct buf rows;    /* packed, one after the other */
	uint32_t count;
	bool is_one; /* no page said anything else than the first */
};

static enum err ask_page(
    struct app *app, struct bytes after, struct bytes *result)
{
	struct request r;

	request_begin(&r, app->command->method, CALL_READ);
	request_cstr(&r, "id", app->rest[0]);
	request_flag(app, &r, "from", FLAG_FROM);
	request_flag(app, &r, "to", FLAG_TO);
	request_int(&r, "limit", PAGE);
	if (after.len)
		request_text(&r, "after", after);
	return call(app, &r, &app->arena, result);
}

static bool is_same_whole(struct bytes a, struct bytes b)
{
	static const char *const keys[] = { "opening", "debit", "credit" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!bytes_equal(
			look_value(a, keys[i]), look_value(b, keys[i])))
			return false;
	return true;
}

static void keep_page(struct statement *s, struct bytes page)
{
	uint32_t count;
	struct reader rows = look_array(page, "rows", &count);

	s->count += count;
	for (; count; count--)
		pack_raw(&s->rows, read_raw(&rows));
	if (!s->first.len)
		s->first = page;
	s->is_one &= is_same_whole(s->first, page);
}

static enum err read_pages(struct statement *s)
{
	struct bytes page, next = BYTES_NONE;
	enum err e;

	buf_reset(&s->rows);
	s->first = BYTES_NONE;
	s->count = 0;
	s->is_one = true;
	do {
		e = ask_page(s->app, next, &page);
		if (e != ERR_OK)
			return e;
		keep_page(s, page);
		next = look_text(page, "next");
	} while (next.len && s->is_one);
	return s->rows.err;
}

/* As the first page stands there, with all rows and without a next one. */
static void pack_whole(struct statement *s, struct buf *out)
{
	size_t mark = pack_map_open(out);
	struct bytes key, value;
	uint32_t left, count = 0;
	struct reader pairs = value_items(s->first, &left);

	while (look_pair(&pairs, &left, &key, &value)) {
		if (bytes_is(key, "next"))
			continue;
		count++;
		pack_text(out, key);
		if (!bytes_is(key, "rows")) {
			pack_raw(out, value);
			continue;
		}
		pack_array(out, s->count);
		buf_append_bytes(out, buf_bytes(&s->rows));
	}
	pack_map_close(out, mark, count);
}

static enum err show(struct statement *s)
{
	struct buf out;
	enum err e;

	buf_init(&out, KEEP_CAP);
	pack_whole(s, &out);
	e = out.err;
	if (e == ERR_OK)
		show_answer(s->app, buf_bytes(&out));
	buf_release(&out);
	return e;
}

enum err cmd_statement(struct app *app)
{
	struct statement s = { .app = app };
	unsigned tries = 0;
	enum err e;

	if (app->rest_count != 1)
		return tell_which(app);
	buf_init(&s.rows, KEEP_CAP);
	do
		e = read_pages(&s);
	while (e == ERR_OK && !s.is_one && ++tries < TRIES);
	if (e == ERR_OK && !s.is_one)
		e = tell(app, ERR_BUSY,
		    tr(app, "%s is being written to; try again."),
		    app->rest[0]);
	else if (e == ERR_OK)
		e = show(&s);
	buf_release(&s.rows);
	return e;
}
