// SPDX-License-Identifier: MIT
/*
 * See report.h.
 */
#include "client/report.h"

#include "client/show.h"
#include "common/decimal.h"

#define PLACES_AMOUNT 2
#define PLACES_SHARE  4

/* --- columns -------------------------------------------------------------*/

/* What the book reckons; other columns are fields. */
/* clang-format off */
static const struct {
	const char *key;
	const char *title;
} titles[] = {
	{ "amount", "Amount" },
	{ "back", "Came back" },
	{ "branch", "Branch" },
	{ "buyers", "Have ordered" },
	{ "class", "Class" },
	{ "complete", "All complete" },
	{ "completeness", "Completeness %" },
	{ "conversion", "Conversion" },
	{ "customer", "Customer no." },
	{ "customers", "Customers" },
	{ "customers_share", "Of customers" },
	{ "days", "Days" },
	{ "feedbacks", "Feedback" },
	{ "gross", "Gross" },
	{ "invalid", "Invalid" },
	{ "kept", "Kept" },
	{ "kind", "Kind" },
	{ "last", "Last order" },
	{ "lost", "Lost" },
	{ "month", "Month" },
	{ "name", "Full name" },
	{ "net", "Net" },
	{ "new", "New ones" },
	{ "open", "Open" },
	{ "opportunities", "Opportunities" },
	{ "orders", "Orders" },
	{ "overdue", "Overdue" },
	{ "owed", "Owed" },
	{ "owner", "Owner" },
	{ "period", "Period" },
	{ "product", "Product" },
	{ "retention", "Retention" },
	{ "returns", "Returns" },
	{ "share", "Share" },
	{ "solved", "Solved" },
	{ "stale", "Stale" },
	{ "upto", "Up to here" },
	{ "usage", "Of the limit" },
	{ "weighted", "Weighted" },
};
/* clang-format on */

static const struct field *field_named(
    const struct schema *s, struct bytes key, struct bytes choice)
{
	for (unsigned i = 0; s && i < s->entity_count; i++) {
		const struct field *f = entity_find_field(&s->entities[i], key);

		if (f && (!choice.len || field_find_choice(f, choice)))
			return f;
	}
	return NULL;
}

struct bytes report_title(struct app *app, struct bytes key)
{
	const struct field *f = field_named(app->schema, key, BYTES_NONE);

	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (bytes_is(key, titles[i].key))
			return bytes_text(tr(app, titles[i].title));
	return f ? field_label(app, f) : key;
}

/* Digits behind the point of a plain number; -1: it is none. */
static int places_of(struct bytes text)
{
	const uint8_t *point = bytes_find(text, '.');
	struct decimal v;

	if (!point || decimal_parse_stored(text, &v) != ERR_OK)
		return -1;
	return (int)(text.data + text.len - point - 1);
}

static enum cell_kind kind_of(struct bytes value)
{
	int places;

	if (value_type(value) == UNPACK_INT)
		return CELL_COUNT;
	places = places_of(value_text(value));
	return places == PLACES_AMOUNT  ? CELL_AMOUNT
	       : places == PLACES_SHARE ? CELL_SHARE
	       : places >= 0            ? CELL_COUNT
					: CELL_TEXT;
}

/* By the first value that is there. */
static enum cell_kind column_kind(const struct report *r, const char *key)
{
	struct bytes value = look_value(look_value(r->result, "total"), key);
	uint32_t rows;
	struct reader in = look_array(r->result, "rows", &rows);

	for (; !value.len && rows; rows--)
		value = look_value(read_raw(&in), key);
	return kind_of(value);
}

void report_learn(struct report *r)
{
	uint32_t count;
	struct reader in = look_array(r->result, "columns", &count);

	for (r->column_count = 0; count && r->column_count < REPORT_COLUMNS;
	     count--) {
		struct report_column *c = &r->columns[r->column_count++];
		struct bytes key = read_text(&in);

		c->key = keep_text(&r->app->arena, key);
		c->title = screen_clean(
		    &r->app->arena, report_title(r->app, key), false);
		c->kind = column_kind(r, c->key);
	}
}

/* --- cells ---------------------------------------------------------------*/

static struct bytes percent(struct app *app, struct bytes text)
{
	const struct decimal hundred = { 100, 0 };
	char digits[DECIMAL_TEXT];
	struct decimal v;

	if (decimal_parse_stored(text, &v) != ERR_OK ||
	    decimal_mul(&v, &hundred, &v) != ERR_OK)
		return text;
	decimal_format(&v, 2, digits);
	return bytes_text(keep_format(&app->arena, "%s%%", digits));
}

static struct bytes labelled(
    const struct report *r, const char *key, struct bytes text)
{
	const struct field *f =
	    text.len ? field_named(r->app->schema, bytes_text(key), text)
		     : NULL;

	return f ? choice_named(r->app, f, text) : text;
}

struct bytes report_cell(
    const struct report *r, struct bytes row, unsigned column)
{
	const struct report_column *c = &r->columns[column];
	struct bytes packed = look_value(row, c->key);
	struct bytes text = show_plain(r->app, packed);

	if (value_type(packed) == UNPACK_BOOL)
		return show_value(r->app, NULL, packed);
	if (c->kind == CELL_AMOUNT)
		text = show_thousands(r->app, text);
	else if (c->kind == CELL_SHARE)
		text = percent(r->app, text);
	else if (c->kind == CELL_TEXT)
		text = labelled(r, c->key, text);
	return screen_clean(&r->app->arena, text, false);
}

/* --- what it is ----------------------------------------------------------*/

void report_describe(struct report *r, struct bytes list)
{
	uint32_t count;
	struct reader in = look_array(list, "rows", &count);

	r->title = bytes_text(r->name);
	for (; count; count--) {
		struct bytes row = read_raw(&in);

		if (!bytes_is(look_text(row, "name"), r->name))
			continue;
		r->title = words_label(
		    &r->app->words, look_text(row, "zh"), look_text(row, "en"));
		r->about = words_label(&r->app->words,
		    look_text(row, "about_zh"), look_text(row, "about_en"));
	}
}
