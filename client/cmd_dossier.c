// SPDX-License-Identifier: MIT
/*
 * A customer on one page, and his timeline.
 *
 * The page holds what matters at a glance: his own fields in two columns,
 * what stands by itself (contacts, addresses) as tables, and of all that
 * happened the newest, a line each.  What there is more of is counted, with
 * the command that shows it.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/call.h"
#include "client/look.h"
#include "client/sheet.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/text.h"

#define PAGE_ROWS   "10" /* of a section, unless --limit says so */
#define PAGE_WIDTH  100  /* of a file or pipe */
#define TEXT_VALUES 4    /* told of one event */

/* --- words ---------------------------------------------------------------*/

static struct bytes clean(struct app *app, struct bytes text)
{
	return screen_clean(&app->arena, text, false);
}

/* The value, and that it is masked. */
static struct bytes value_of(struct app *app, const struct field *f,
    struct bytes record, struct bytes packed)
{
	struct bytes value = show_value(app, f, packed);

	if (!show_is_masked(record, f->key))
		return value;
	return bytes_text(keep_format(&app->arena, "%.*s %s", (int)value.len,
	    (const char *)value.data, tr(app, "(masked)")));
}

/* Of whom and by whom is told elsewhere. */
static bool is_told(const struct entity *e, const struct field *f)
{
	bool is_amount = f->type == TYPE_MONEY || f->type == TYPE_DECIMAL;

	return !bytes_equal(f->key, e->number_field) &&
	       !bytes_equal(f->key, e->title) &&
	       !(f->is_auto && f->type != TYPE_DATE && !is_amount) &&
	       !(e->parent.len && bytes_equal(f->ref, e->parent));
}

/* The schema's entity of a section; NULL if it shows none. */
static const struct entity *entity_of(struct app *app, struct bytes section)
{
	for (unsigned i = 0; i < app->schema->entity_count; i++)
		if (bytes_equal(app->schema->entities[i].section, section))
			return &app->schema->entities[i];
	return NULL;
}

/* --- his own fields, in two columns --------------------------------------*/

struct pairs_out {
	struct app *app;
	unsigned half; /* columns of one pair */
	unsigned used; /* of the line so far */
	struct buf line;
};

static struct pairs_out begin_pairs(struct app *app)
{
	unsigned width = app->screen.width ? app->screen.width : PAGE_WIDTH;
	struct pairs_out p = { .app = app, .half = width / 2 };

	buf_init(&p.line, KEEP_CAP);
	return p;
}

static void end_line(struct pairs_out *p)
{
	if (p->used)
		screen_line(&p->app->screen, ROLE_VALUE, "%.*s",
		    (int)buf_bytes(&p->line).len,
		    (const char *)buf_bytes(&p->line).data);
	buf_reset(&p->line);
	p->used = 0;
}

static void end_pairs(struct pairs_out *p)
{
	end_line(p);
	buf_release(&p->line);
}

/* A pair too wide for its half has a line of its own. */
static void put_pair(
    struct pairs_out *p, struct bytes label, struct bytes value)
{
	unsigned width = text_width(label) + 2 + text_width(value);
	bool is_wide = width + 2 > p->half;

	if (p->used && (is_wide || p->used > p->half))
		end_line(p);
	for (; p->used && p->used < p->half; p->used++)
		buf_append_byte(&p->line, ' ');
	buf_append_bytes(&p->line, label);
	buf_append_text(&p->line, ": ");
	buf_append_bytes(&p->line, value);
	p->used += width;
	if (is_wide || p->used > p->half)
		end_line(p);
}

static bool is_something(struct bytes packed)
{
	return value_type(packed) != UNPACK_NIL &&
	       !(value_type(packed) == UNPACK_ARRAY && !value_count(packed));
}

static void put_fields(
    struct app *app, const struct entity *e, struct bytes record)
{
	struct bytes fields = look_value(record, "fields");
	struct pairs_out p = begin_pairs(app);
	uint32_t count;
	struct reader r = value_items(fields, &count);

	for (uint32_t i = 0; i < count; i++) {
		const struct field *f = entity_find_field(e, read_text(&r));
		struct bytes packed = read_raw(&r);

		if (f && is_told(e, f) && is_something(packed))
			put_pair(&p, clean(app, field_label(app, f)),
			    value_of(app, f, record, packed));
	}
	end_pairs(&p);
}

/* What his class gets him. */
static void put_policy(struct app *app, struct bytes rows)
{
	struct pairs_out p = begin_pairs(app);
	uint32_t count;
	struct reader r = value_items(rows, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);
		struct bytes label = words_label(
		    &app->words, look_text(row, "zh"), look_text(row, "en"));

		put_pair(
		    &p, clean(app, label), clean(app, look_text(row, "value")));
	}
	end_pairs(&p);
}

static void put_totals(struct app *app, struct bytes totals)
{
	struct pairs_out p = begin_pairs(app);
	uint32_t count;
	struct reader r = value_items(totals, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = read_text(&r);
		struct bytes value = show_value(app, NULL, read_raw(&r));

		put_pair(
		    &p, clean(app, figure_label(app, app->entity, key)), value);
	}
	end_pairs(&p);
}

static void put_title(struct app *app, struct bytes record)
{
	struct bytes number = clean(app, look_text(record, "number"));
	const char *key = keep_text(&app->arena, app->entity->title);
	struct bytes title =
	    clean(app, look_text(look_value(record, "fields"), key));

	screen_line(&app->screen, ROLE_TITLE, "%.*s  %.*s%s", (int)number.len,
	    (const char *)number.data, (int)title.len, (const char *)title.data,
	    look_bool(record, "archived") ? tr(app, "  (archived)") : "");
}

/* --- what stands by itself -----------------------------------------------*/

static void put_heading(struct app *app, struct bytes label, int64_t count)
{
	screen_line(&app->screen, ROLE_TITLE, "\n%.*s (%lld)", (int)label.len,
	    (const char *)label.data, (long long)count);
}

static bool any_has(struct bytes rows, const char *key)
{
	uint32_t count;
	struct reader r = value_items(rows, &count);

	while (count--)
		if (look_value(look_value(read_raw(&r), "fields"), key).len)
			return true;
	return false;
}

/* The columns worth telling, NULL-ended. */
static const char **columns_of(
    struct app *app, const struct entity *e, struct bytes rows)
{
	const char **keys =
	    keep_array(&app->arena, e->field_count + 2, sizeof *keys);
	unsigned count = 0;

	if (e->title.len)
		keys[count++] = keep_text(&app->arena, e->title);
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		const char *key = keep_text(&app->arena, f->key);

		if (is_told(e, f) && any_has(rows, key))
			keys[count++] = key;
	}
	keys[count] = NULL;
	return keys;
}

static void put_section(struct app *app, const struct entity *e,
    struct bytes rows, int64_t count, struct bytes number)
{
	put_heading(app, clean(app, entity_label(app, e)), count);
	show_rows(app, e, rows, columns_of(app, e, rows));
	if (count > (int64_t)value_count(rows))
		tell_next(app, "kehu %s find '%s = %s'",
		    keep_text(&app->arena, e->key),
		    keep_text(&app->arena, e->parent),
		    keep_text(&app->arena, number));
}

/* Children without a time; the others are on the timeline. */
static void put_sections(struct app *app, struct bytes dossier)
{
	struct bytes number =
	    look_text(look_value(dossier, app->noun), "number");
	struct bytes counts = look_value(dossier, "counts");
	uint32_t count;
	struct reader r = value_items(counts, &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes section = read_text(&r);
		int64_t all = read_int(&r);
		const struct entity *e = entity_of(app, section);
		struct bytes rows =
		    look_value(dossier, keep_text(&app->arena, section));

		if (e && !e->time.len && all)
			put_section(app, e, rows, all, number);
	}
}

/* --- the timeline --------------------------------------------------------*/

/* What is told first of an event: its name, its kind and state, its amounts,
 * its words.  Past the last: nothing. */
enum telling { TELL_NAME, TELL_KIND, TELL_AMOUNT, TELL_WORDS, TELLINGS };

static enum telling telling_of(const struct entity *e, const struct field *f)
{
	if (bytes_equal(f->key, e->title))
		return TELL_NAME;
	if (!is_told(e, f) || bytes_equal(f->key, e->time))
		return TELLINGS;
	switch (f->type) {
	case TYPE_ENUM:
		return TELL_KIND;
	case TYPE_MONEY:
	case TYPE_DECIMAL:
		return TELL_AMOUNT;
	case TYPE_TEXT:
	case TYPE_NOTE:
	case TYPE_REF:
		return TELL_WORDS;
	default:
		return TELLINGS;
	}
}

static struct bytes event_text(
    struct app *app, const struct entity *e, struct bytes row)
{
	struct bytes fields = look_value(row, "fields");
	const char *text = "";
	unsigned told = 0;

	for (unsigned t = 0; t < TELLINGS; t++)
		for (unsigned i = 0; i < e->field_count; i++) {
			const struct field *f = &e->fields[i];
			struct bytes packed =
			    look_value(fields, keep_text(&app->arena, f->key));
			struct bytes value;

			if (telling_of(e, f) != (enum telling)t ||
			    !packed.len || told == TEXT_VALUES)
				continue;
			value = value_of(app, f, row, packed);
			text = keep_format(&app->arena, "%s%s%.*s", text,
			    told++ ? "; " : "", (int)value.len,
			    (const char *)value.data);
		}
	return bytes_text(text);
}

/* The record itself, with another owner: its one field. */
static const struct field *handed_over(struct app *app, struct bytes row)
{
	uint32_t count;
	struct reader r = value_items(look_value(row, "fields"), &count);

	return bytes_is(look_text(row, "entity"), app->noun) && count == 1
		   ? entity_find_field(app->entity, read_text(&r))
		   : NULL;
}

static struct bytes owner_text(struct app *app, struct bytes login)
{
	return login.len ? clean(app, login) : bytes_text(tr(app, "the pool"));
}

/* "wang.min -> the pool; 无意向" */
static struct bytes handover_text(
    struct app *app, const struct field *owner, struct bytes row)
{
	struct bytes from = owner_text(app, look_text(row, "from"));
	struct bytes to =
	    owner_text(app, look_text(look_value(row, "fields"),
				keep_text(&app->arena, owner->key)));
	struct bytes why = look_text(row, "reason");

	if (!why.len)
		why = look_text(row, "rule");
	why = clean(app, why);
	return bytes_text(
	    keep_format(&app->arena, "%.*s -> %.*s%s%.*s", (int)from.len,
		(const char *)from.data, (int)to.len, (const char *)to.data,
		why.len ? "; " : "", (int)why.len, (const char *)why.data));
}

static const struct entity *event_entity(struct app *app, struct bytes row)
{
	static const struct entity none = { .field_count = 0 };
	const struct entity *e =
	    schema_find_entity(app->schema, look_text(row, "entity"));

	return e ? e : &none;
}

/* A day, or to the minute. */
static struct bytes event_time(
    struct app *app, const struct entity *e, struct bytes row)
{
	const struct field *f = entity_find_field(e, e->time);
	struct bytes at = show_value(app, f, look_value(row, "time"));

	return bytes_of(at.data, at.len == 19 ? 16 : at.len);
}

static struct bytes told_of(struct app *app, const struct entity *e,
    const struct field *owner, struct bytes row)
{
	return owner ? handover_text(app, owner, row) : event_text(app, e, row);
}

static void put_events(struct app *app, struct bytes rows)
{
	struct table t;
	uint32_t count;
	struct reader r = value_items(rows, &count);

	table_init(&t, &app->arena);
	table_column(&t, bytes_text(tr(app, "Time")), 0, false, true);
	table_column(&t, bytes_text(tr(app, "Kind")), 0, false, true);
	table_column(&t, bytes_text(tr(app, "Number")), 0, false, true);
	table_column(&t, bytes_text(tr(app, "Content")), 0, false, false);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);
		const struct entity *e = event_entity(app, row);
		const struct field *owner = handed_over(app, row);

		table_cell(&t, event_time(app, e, row));
		table_cell(&t, clean(app, owner ? field_label(app, owner)
						: entity_label(app, e)));
		table_cell(&t, clean(app, look_text(row, "number")));
		table_cell(&t, told_of(app, e, owner, row));
	}
	if (count)
		show_table(app, &t);
}

static void put_events_as_csv(struct app *app, struct bytes rows)
{
	struct buf out;
	uint32_t count;
	struct reader r = value_items(rows, &count);

	buf_init(&out, KEEP_CAP);
	buf_append_text(&out, "time,entity,number,content\r\n");
	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);

		sheet_append(&out, look_text(row, "time"), true);
		sheet_append(&out, look_text(row, "entity"), false);
		sheet_append(&out, look_text(row, "number"), false);
		sheet_append(&out,
		    told_of(app, event_entity(app, row), handed_over(app, row),
			row),
		    false);
		sheet_end_row(&out);
	}
	screen_put(&app->screen, ROLE_VALUE, buf_bytes(&out));
	buf_release(&out);
}

/* "Order 40, Payment 12", of what the timeline is made of. */
static void put_counts(struct app *app, struct bytes counts)
{
	const char *list = "";
	uint32_t count;
	struct reader r = value_items(counts, &count);

	for (uint32_t i = 0; i < count; i++) {
		const struct entity *e = entity_of(app, read_text(&r));
		int64_t all = read_int(&r);

		if (!e || !e->time.len || !all)
			continue;
		struct bytes label = clean(app, entity_label(app, e));
		list = keep_format(&app->arena, "%s%s%.*s %lld", list,
		    *list ? ", " : "", (int)label.len, (const char *)label.data,
		    (long long)all);
	}
	screen_line(&app->screen, ROLE_TITLE, "\n%s%s%s", tr(app, "Timeline"),
	    *list ? "  " : "", list);
}

/* --- the commands --------------------------------------------------------*/

static enum err ask(struct app *app, struct bytes *result)
{
	const char *limit = app_flag(app, FLAG_LIMIT);
	struct request r;

	if (app->rest_count != 1)
		return tell_which(app);
	request_begin(&r, app->command->method, CALL_READ);
	request_cstr(&r, "id", app->rest[0]);
	request_int(&r, "limit", atoll(limit ? limit : PAGE_ROWS));
	request_flag(app, &r, "after", FLAG_AFTER);
	return call(app, &r, &app->arena, result);
}

static void say_more(struct app *app, struct bytes timeline, const char *number)
{
	if (look_text(timeline, "next").len)
		tell_next(
		    app, "kehu %s timeline %s --limit 100", app->noun, number);
}

enum err cmd_dossier(struct app *app)
{
	struct bytes result, record, timeline;
	enum err e = ask(app, &result);

	if (e != ERR_OK)
		return e;
	if (show_is_machine(app)) {
		show_json(result);
		return ERR_OK;
	}
	record = look_value(result, app->noun);
	timeline = look_value(result, "timeline");
	put_title(app, record);
	put_fields(app, app->entity, record);
	put_totals(app, look_value(result, "totals"));
	put_policy(app, look_value(result, "policy"));
	put_sections(app, result);
	put_counts(app, look_value(result, "counts"));
	put_events(app, look_value(timeline, "rows"));
	say_more(app, timeline, app->rest[0]);
	return ERR_OK;
}

enum err cmd_timeline(struct app *app)
{
	struct bytes result, rows;
	enum err e = ask(app, &result);

	if (e != ERR_OK)
		return e;
	rows = look_value(result, "rows");
	if (app_flag(app, FLAG_CSV)) {
		put_events_as_csv(app, rows);
	} else if (show_is_machine(app)) {
		show_answer(app, result);
	} else {
		put_events(app, rows);
		struct bytes next = look_text(result, "next");
		if (next.len)
			tell_next(app, "kehu %s timeline %s --after %.*s",
			    app->noun, app->rest[0], (int)next.len,
			    (const char *)next.data);
	}
	return ERR_OK;
}
