// SPDX-License-Identifier: MIT
/*
 * Finding: conditions as people type them, or one word looked for where it
 * can be: exact in numbers and codes, then at the beginning of names, in
 * their initials, inside names, at the tail of phones.  Which ways exist is
 * read from the schema; the first that hits answers, and is named.
 */
#include "client/commands.h"

#include "client/call.h"
#include "client/fields.h"
#include "client/find.h"
#include "client/look.h"
#include "client/progress.h"
#include "client/query.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/cond.h"
#include "common/pack.h"
#include "common/text.h"

struct search_for {
	struct bytes where; /* packed; empty: all */
	const char *scope;  /* or NULL */
	const char *after;
	const char *method; /* NULL: record.find */
};

/* kehu customer pool: the same search, over those without an owner. */
static bool is_of_pool(const struct app *app)
{
	return !strcmp(app->command->verb, "pool");
}

static enum err run_find(struct app *app, const struct search_for *s,
    struct arena *into, struct bytes *result)
{
	struct request r;
	const char *order = app_flag(app, FLAG_ORDER);
	const char *fields = app_flag(app, FLAG_FIELDS);
	const char *scope = app_flag(app, FLAG_SCOPE);

	if (!scope)
		scope = s->scope;
	if (is_of_pool(app))
		scope = "pool";
	request_begin(&r, s->method ? s->method : "record.find", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	if (s->where.len)
		request_raw(&r, "where", s->where);
	if (order)
		request_list(
		    app, &r, "order", fields_keys(app, app->entity, order));
	request_flag_int(app, &r, "limit", FLAG_LIMIT);
	if (fields)
		request_list(
		    app, &r, "fields", fields_keys(app, app->entity, fields));
	if (scope && strcmp(scope, "all") != 0)
		request_cstr(&r, "scope", scope);
	if (s->after)
		request_cstr(&r, "after", s->after);
	if (app_flag(app, FLAG_ARCHIVED))
		request_bool(&r, "archived", true);
	if (app_flag(app, FLAG_PENDING) ||
	    !strcmp(app->command->verb, "pending"))
		request_bool(&r, "pending", true);
	if (app_flag(app, FLAG_CLEAR))
		request_bool(&r, "clear", true);
	request_flag(app, &r, "reason", FLAG_REASON);
	request_flag(app, &r, "request", FLAG_REQUEST);
	if (app_flag(app, FLAG_COUNT))
		request_bool(&r, "count", true);
	return call(app, &r, into, result);
}

/* --- one word ---------------------------------------------------------------
 */

enum way {
	WAY_EXACT,
	WAY_PREFIX,
	WAY_CONTAINS,
	WAY_TAIL,
};

static const struct {
	unsigned search;
	enum cond_op op;
} ways[] = {
	[WAY_EXACT] = { SEARCH_EXACT, COND_EQ },
	[WAY_PREFIX] = { SEARCH_PREFIX, COND_PREFIX },
	[WAY_CONTAINS] = { SEARCH_CONTAINS, COND_CONTAINS },
	[WAY_TAIL] = { SEARCH_TAIL, COND_CONTAINS },
};

struct shape { /* of the word looked for */
	bool is_ascii, has_digit, is_digits, is_letters;
	size_t count;
};

static struct shape shape_of(struct bytes word)
{
	struct shape s = { true, false, true, true, text_count(word) };

	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.data[i];
		bool digit = c >= '0' && c <= '9';
		bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
		s.is_ascii = s.is_ascii && c < 0x80;
		s.has_digit = s.has_digit || digit;
		s.is_digits = s.is_digits && digit;
		s.is_letters = s.is_letters && letter;
	}
	return s;
}

/* Whether it makes sense to look for this word in that field that way. */
static bool is_candidate(const struct app *app, const struct field *f,
    enum way way, const struct shape *s)
{
	bool is_title = bytes_equal(f->key, app->entity->title);

	if (!(f->search & ways[way].search) || f->type != TYPE_TEXT)
		return false;
	switch (way) {
	case WAY_EXACT:
		return s->is_ascii && s->has_digit && s->count >= 4 &&
		       !is_title;
	case WAY_PREFIX:
		return is_title || (f->is_auto && s->is_letters);
	case WAY_CONTAINS: /* another reading, or behind the place's */
		return is_title || bytes_is(f->key, "short_name") ||
		       (f->is_auto && s->is_letters);
	case WAY_TAIL:
		return s->is_digits && s->count == 4;
	}
	return false;
}

/* The scope in which this user may look a word up in `f`: NULL for all that
 * he has; false if in none. */
static bool lookup_scope(const struct field *f, const char **scope)
{
	static const char *const others[] = { "pool", "branch", "all" };

	*scope = NULL;
	if (value_type(f->levels) != UNPACK_MAP)
		return f->level != LEVEL_NONE && f->level != LEVEL_MASKED;
	for (unsigned i = 0; i < 3; i++) {
		bool listed = look_text(f->levels, others[i]).len > 0;
		enum level l = field_level_in(f, others[i]);
		if (listed && l != LEVEL_READ && l < LEVEL_CREATE)
			*scope = "own";
	}
	enum level own = field_level_in(f, "own");
	return !*scope || own == LEVEL_READ || own >= LEVEL_CREATE;
}

static struct bytes leaf(
    struct app *app, const struct field *f, enum way way, struct bytes word)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pack_array(&out, 3);
	pack_cstr(&out, cond_word(ways[way].op));
	pack_text(&out, f->key);
	pack_text(&out, word);
	return keep_buf(&app->arena, &out);
}

/* One way, field by field; *found tells whether any row came. */
static enum err look_up(struct app *app, enum way way, struct bytes word,
    struct bytes *result, const struct field **by)
{
	struct shape shape = shape_of(word);

	*by = NULL;
	for (unsigned i = 0; i < app->entity->field_count; i++) {
		const struct field *f = &app->entity->fields[i];
		struct search_for s = { 0 };
		if (!is_candidate(app, f, way, &shape) ||
		    !lookup_scope(f, &s.scope))
			continue;
		s.where = leaf(app, f, way, word);
		enum err e = run_find(app, &s, &app->arena, result);
		if (e != ERR_OK)
			return e;
		if (value_count(look_value(*result, "rows"))) {
			*by = f;
			return ERR_OK;
		}
	}
	return ERR_OK;
}

#define NEAR_LEAST 4 /* characters of a name that are still telling */
#define NEAR_CUT   3

/* What was typed may be wrong at its end: a name that begins as most of it. */
static enum err look_near(struct app *app, struct bytes word,
    struct bytes *result, const struct field **by)
{
	size_t count = text_count(word);
	enum err e = ERR_OK;

	if (shape_of(word).is_ascii)
		return ERR_OK;
	for (unsigned cut = 0;
	     e == ERR_OK && !*by && cut < NEAR_CUT && count-- > NEAR_LEAST;
	     cut++) {
		do
			word.len--;
		while ((word.data[word.len] & 0xC0) == 0x80);
		e = look_up(app, WAY_PREFIX, word, result, by);
	}
	return e;
}

static void say_found(
    struct app *app, struct bytes result, const struct field *by);

/* One document, as if all rows had come on one page. */
static void show_document(struct bytes rows)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	pack_map(&out, 2);
	pack_cstr(&out, "rows");
	buf_append_bytes(&out, rows);
	pack_cstr(&out, "next");
	pack_nil(&out);
	show_json(buf_bytes(&out));
	buf_release(&out);
}

static enum err find_word(
    struct app *app, struct bytes word, struct bytes *result)
{
	const struct search_for all = { 0 };
	const struct field *by = NULL;
	enum err e = ERR_OK;

	/* Without a field to look in: the server judges, and records. */
	*result = BYTES_NONE;
	if (!app->entity->field_count)
		return run_find(app, &all, &app->arena, result);
	for (unsigned way = WAY_EXACT; way <= WAY_TAIL && !by; way++) {
		e = look_up(app, (enum way)way, word, result, &by);
		if (e != ERR_OK)
			return e;
	}
	bool is_near = !by && !show_is_machine(app);
	if (is_near)
		e = look_near(app, word, result, &by);
	if (e != ERR_OK)
		return e;
	if (is_near && by)
		screen_say(&app->screen, ROLE_NOTICE, "! %s",
		    tr(app, "There is none of that name; these come near:"));
	if (app_flag(app, FLAG_JSON) && result->len)
		show_json(*result);
	else if (app_flag(app, FLAG_JSON))
		show_document((struct bytes){ (const uint8_t *)"\x90", 1 });
	else
		say_found(app, *result, by);
	return ERR_OK;
}

/* --- conditions
 * ---------------------------------------------------------------- */

static const char *joined_words(struct app *app)
{
	const char *where = app_flag(app, FLAG_WHERE);
	const char *text = where ? where : "";

	for (unsigned i = 0; i < app->rest_count; i++)
		text = keep_format(&app->arena, "%s%s%s", text,
		    *text ? " " : "", app->rest[i]);
	return text;
}

static enum err parse_where(
    struct app *app, const char *text, struct bytes *where)
{
	struct buf out;
	struct query_failure failure;

	*where = BYTES_NONE;
	if (!*text)
		return ERR_OK;
	buf_init(&out, KEEP_CAP);
	enum err e = query_parse(&app->arena, app->entity, bytes_text(text),
	    query_today(), &out, &failure);
	if (e == ERR_OK) {
		*where = keep_buf(&app->arena, &out);
		return e;
	}
	buf_release(&out);
	const char *at = failure.at.len ? keep_text(&app->arena, failure.at)
					: tr(app, "(the end)");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)tell(
	    app, ERR_USAGE, tr(app, query_problem_text(failure.problem)), at);
#pragma GCC diagnostic pop
	tell_next(app, "kehu help find");
	return ERR_USAGE;
}

static void say_found(
    struct app *app, struct bytes result, const struct field *by)
{
	struct bytes rows = look_value(result, "rows");
	const char *fields = app_flag(app, FLAG_FIELDS);
	uint32_t count = value_count(rows);
	int64_t total = look_int(result, "count", -1);

	show_rows(app, app->entity, rows,
	    fields ? args_list(&app->arena, fields) : NULL);
	if (show_is_machine(app))
		return;
	const char *more = look_value(result, "next").len ? "+" : "";
	if (total >= 0)
		more = keep_format(&app->arena, " / %lld", (long long)total);
	struct bytes label = by ? field_label(app, by) : BYTES_NONE;
	screen_say(&app->screen, ROLE_LABEL, tr(app, "%u%s found%s%s%.*s"),
	    count, more, by ? "   " : "", by ? tr(app, "by: ") : "",
	    (int)label.len, (const char *)label.data);
	if (!count && app->rest_count)
		tell_next(app, "kehu help find");
	if (count && is_of_pool(app))
		tell_next(app, "kehu %s claim NUMBER", app->noun);
	if (look_value(result, "next").len)
		screen_say(&app->screen, ROLE_LABEL, "%s",
		    tr(app, "More: --all, --limit N, or a narrower condition"));
}

static enum err each_page(struct app *app, struct search_for *s,
    void (*take)(void *ctx, struct bytes result), void *ctx)
{
	struct progress bar;
	struct arena page;
	struct bytes result;
	uint64_t rows = 0;
	enum err e;

	arena_init(&page, 1 << 20, KEEP_CAP);
	progress_begin(&bar, app, tr(app, "reading"), 0);
	if (!app_flag(app, FLAG_LIMIT))
		app->args.values[FLAG_LIMIT] = "1000";
	do {
		arena_reset(&page);
		e = run_find(app, s, &page, &result);
		if (e != ERR_OK)
			break;
		take(ctx, result);
		rows += value_count(look_value(result, "rows"));
		progress_show(&bar, rows);
		struct bytes next = look_text(result, "next");
		s->after = next.len ? keep_text(&app->arena, next) : NULL;
	} while (s->after);
	progress_end(&bar);
	arena_release(&page);
	return e;
}

enum err find_condition(struct app *app, struct bytes *where)
{
	return parse_where(app, joined_words(app), where);
}

enum err find_each_page(struct app *app, const char *method,
    void (*take)(void *ctx, struct bytes result), void *ctx)
{
	struct search_for s = { .method = method };
	enum err e = find_condition(app, &s.where);

	return e == ERR_OK ? each_page(app, &s, take, ctx) : e;
}

struct listing {
	struct app *app;
	uint32_t count;
	struct buf rows; /* all of them: one document, or one table */
};

static void list_page(void *ctx, struct bytes result)
{
	struct listing *l = ctx;
	uint32_t count;
	struct reader r = look_array(result, "rows", &count);

	l->count += count;
	if (app_flag(l->app, FLAG_JSONL))
		show_rows(
		    l->app, l->app->entity, look_value(result, "rows"), NULL);
	else
		for (uint32_t i = 0; i < count; i++)
			buf_append_bytes(&l->rows, read_raw(&r));
}

static void show_listing(struct listing *l)
{
	struct app *app = l->app;
	const char *fields = app_flag(app, FLAG_FIELDS);
	struct buf all;

	if (app_flag(app, FLAG_JSONL))
		return;
	buf_init(&all, KEEP_CAP);
	pack_array(&all, l->count);
	buf_append_bytes(&all, buf_bytes(&l->rows));
	if (app_flag(app, FLAG_JSON))
		show_document(buf_bytes(&all));
	else
		show_rows(app, app->entity, buf_bytes(&all),
		    fields ? args_list(&app->arena, fields) : NULL);
	buf_release(&all);
	if (!show_is_machine(app))
		screen_say(&app->screen, ROLE_LABEL, tr(app, "%llu found"),
		    (unsigned long long)l->count);
}

static enum err find_all(struct app *app, struct search_for *s)
{
	struct listing l = { .app = app };

	buf_init(&l.rows, KEEP_CAP);
	enum err e = each_page(app, s, list_page, &l);
	if (e == ERR_OK)
		e = l.rows.err;
	if (e == ERR_OK)
		show_listing(&l);
	buf_release(&l.rows);
	return e;
}

enum err cmd_find(struct app *app)
{
	struct search_for s = { .after = app_flag(app, FLAG_AFTER) };
	struct bytes result;
	const char *text = joined_words(app);

	if (*text && !app_flag(app, FLAG_WHERE) &&
	    !query_is_condition(bytes_text(text)))
		return find_word(app, bytes_text(text), &result);
	enum err e = parse_where(app, text, &s.where);
	if (e != ERR_OK)
		return e;
	if (app_flag(app, FLAG_ALL))
		return find_all(app, &s);
	e = run_find(app, &s, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	if (app_flag(app, FLAG_JSON))
		show_json(result);
	else
		say_found(app, result, NULL);
	return ERR_OK;
}
