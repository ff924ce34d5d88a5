// SPDX-License-Identifier: MIT
/*
 * Likely duplicates: of one record, or of all that I may know of.
 *
 * The whole book comes page by page, so that a bar can tell how far it is;
 * the likeliest pairs are shown first.  What makes two alike, and how much,
 * is the server's to say.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/call.h"
#include "client/look.h"
#include "client/progress.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

#define PAIRS_MOST 100000

struct likely { /* as they came, packed */
	void *list;
	size_t count, room;
};

static struct bytes pair_at(const struct likely *p, size_t at)
{
	return ((const struct bytes *)p->list)[at];
}

static enum err keep_pair(struct app *app, struct likely *p, struct bytes pair)
{
	struct bytes *at;

	if (p->count == PAIRS_MOST)
		return tell(app, ERR_TOO_LARGE, "%s",
		    tr(app, "There are too many; ask with a higher --least."));
	at = keep_more(&app->arena, &p->list, &p->count, &p->room, sizeof *at);
	*at = keep_bytes(&app->arena, pair);
	return ERR_OK;
}

static enum err keep_page(
    struct app *app, struct likely *p, struct bytes result)
{
	uint32_t count;
	struct reader r = look_array(result, "rows", &count);
	enum err e = ERR_OK;

	for (; count && e == ERR_OK; count--)
		e = keep_pair(app, p, read_raw(&r));
	return e;
}

static enum err ask_page(struct app *app, const char *after, struct arena *page,
    struct bytes *result)
{
	struct request r;

	request_begin(&r, "customer.duplicates", CALL_READ);
	if (app->rest_count)
		request_cstr(&r, "id", app->rest[0]);
	request_flag_int(app, &r, "least", FLAG_LEAST);
	if (after)
		request_cstr(&r, "after", after);
	return call(app, &r, page, result);
}

/* The first page tells how many records there are. */
static enum err fetch_all(struct app *app, struct likely *p)
{
	struct progress bar = { 0 };
	struct arena page;
	const char *after = NULL;
	uint64_t done = 0;
	enum err e;

	arena_init(&page, 1 << 16, KEEP_CAP);
	do {
		struct bytes result, next;

		arena_reset(&page);
		e = ask_page(app, after, &page, &result);
		if (e == ERR_OK && !after)
			progress_begin(&bar, app, tr(app, "comparing"),
			    (uint64_t)look_int(result, "total", 0));
		if (e == ERR_OK)
			e = keep_page(app, p, result);
		if (e != ERR_OK)
			break;
		done += (uint64_t)look_int(result, "looked_at", 0);
		progress_show(&bar, done);
		next = look_text(result, "next");
		after = next.len ? keep_text(&app->arena, next) : NULL;
	} while (after);
	progress_end(&bar);
	arena_release(&page);
	return e;
}

static int likeliest_first(const void *a, const void *b)
{
	int64_t x = look_int(*(const struct bytes *)a, "score", 0);
	int64_t y = look_int(*(const struct bytes *)b, "score", 0);

	return (x < y) - (x > y);
}

/* --- as a table ----------------------------------------------------------*/

static void put_title(struct app *app, struct bytes record, struct buf *out)
{
	const char *title =
	    app->entity ? keep_text(&app->arena, app->entity->title) : "name";
	struct bytes value = look_value(look_value(record, "fields"), title);

	pack_raw_or_nil(out, value);
}

static void put_names(struct app *app, struct bytes pair, struct buf *out)
{
	struct bytes record = look_value(pair, "record");
	struct bytes other = look_value(pair, "other");

	pack_key_text(out, "number", look_text(record, "number"));
	pack_cstr(out, "name");
	put_title(app, record, out);
	pack_key_text(out, "other", look_text(other, "number"));
	pack_cstr(out, "other_name");
	put_title(app, other, out);
}

static void put_reasons(struct app *app, struct bytes pair, struct buf *out)
{
	uint32_t count;
	struct reader r = look_array(pair, "reasons", &count);

	pack_cstr(out, "reasons");
	pack_array(out, count);
	for (; count; count--) {
		struct bytes key = read_text(&r);
		const struct field *f =
		    app->entity ? entity_find_field(app->entity, key) : NULL;

		pack_text(out, f ? field_label(app, f) : key);
	}
}

static struct bytes as_table(struct app *app, const struct likely *p)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pack_map(&out, 1);
	pack_cstr(&out, "rows");
	pack_array(&out, (uint32_t)p->count);
	for (size_t i = 0; i < p->count; i++) {
		struct bytes pair = pair_at(p, i);

		pack_map(&out, 6);
		pack_key_int(&out, "score", look_int(pair, "score", 0));
		put_names(app, pair, &out);
		put_reasons(app, pair, &out);
	}
	return keep_buf(&app->arena, &out);
}

static struct bytes as_it_came(struct app *app, const struct likely *p)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pack_map(&out, 1);
	pack_cstr(&out, "rows");
	pack_array(&out, (uint32_t)p->count);
	for (size_t i = 0; i < p->count; i++)
		pack_raw(&out, pair_at(p, i));
	return keep_buf(&app->arena, &out);
}

enum err cmd_duplicates(struct app *app)
{
	struct likely pairs = { 0 };
	enum err e = fetch_all(app, &pairs);

	if (e != ERR_OK)
		return e;
	if (pairs.count > 1)
		qsort(pairs.list, pairs.count, sizeof(struct bytes),
		    likeliest_first);
	if (app_flag(app, FLAG_JSON))
		show_json(as_it_came(app, &pairs));
	else if (!pairs.count && !show_is_machine(app))
		screen_say(&app->screen, ROLE_NOTICE, "%s",
		    tr(app, "No two records look like one."));
	else
		show_answer(app, as_table(app, &pairs));
	return ERR_OK;
}
