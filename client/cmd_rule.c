// SPDX-License-Identifier: MIT
/*
 * Rules of business: looked at, edited as a file, tried, applied, explained.
 *
 *   kehu rule get > rules.yaml
 *   kehu rule simulate rules.yaml
 *   kehu rule apply rules.yaml --reason ...
 *
 * The file has the form of the section `rules` of the schema file.
 */
#include "client/commands.h"

#include <stdlib.h>

#include "client/call.h"
#include "client/fetch.h"
#include "client/look.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/yaml.h"
#include "common/pack.h"

#define FILE_MOST ((size_t)1 << 20)
#define SECTION   "rules"

static enum err usage(struct app *app)
{
	return tell(app, ERR_USAGE, "kehu %s %s %s", app->noun,
	    app->command->verb, app->command->usage);
}

/* --- rows for people -----------------------------------------------------*/

struct heading {
	const char *title; /* as people read it */
	const char *key;   /* of the row */
};

static const struct heading list_columns[] = { { "Rule", "rule" },
	{ "Meaning", "" }, { "Field", "field" }, { "Value", "value" },
	{ "Switched on", "on" }, { "By the run alone", "by_run" },
	{ NULL, NULL } };
static const struct heading explain_columns[] = { { "Field", "field" },
	{ "Value", "value" }, { "Rule", "rule" }, { "Meaning", "" },
	{ "The rules say", "says" }, { "By hand", "overruled" },
	{ NULL, NULL } };
static const struct heading number_columns[] = { { "Figure", "name" },
	{ "Meaning", "" }, { "Value", "value" }, { NULL, NULL } };
static const struct heading move_columns[] = { { "Field", "field" },
	{ "Before", "old" }, { "After", "new" }, { "Rule", "rule" },
	{ "Customers", "count" }, { NULL, NULL } };
static const struct heading row_columns[] = { { "No.", "number" },
	{ "Name", "name" }, { "Field", "field" }, { "Before", "old" },
	{ "After", "new" }, { "Rule", "rule" }, { NULL, NULL } };
static const struct heading policy_columns[] = { { "Policy", "" },
	{ "Value", "value" }, { "Because of", "policy_" }, { NULL, NULL } };

/* The field of customers by that name; NULL for a figure of the rules. */
static const struct field *customer_field(struct app *app, struct bytes key)
{
	const struct entity *e =
	    fetch_schema(app) == ERR_OK
		? schema_find_entity(app->schema, bytes_text("customer"))
		: NULL;

	return e ? entity_find_field(e, key) : NULL;
}

static struct bytes field_title(struct app *app, struct bytes key)
{
	const struct field *f = customer_field(app, key);

	return f ? field_label(app, f) : key;
}

/* Values as they are read in the record of which the row speaks. */
static struct bytes cell_text(
    struct app *app, struct bytes row, const char *key)
{
	struct bytes field = look_text(row, "field");

	if (!strcmp(key, "field"))
		return field_title(app, field);
	if (!field.len)
		field = look_text(row, "name");
	return show_value(
	    app, customer_field(app, field), look_value(row, key));
}

/* "" is the row's label, "x_" the one of x, in the reader's language. */
static void put_cell(
    struct app *app, struct bytes row, const char *key, struct buf *out)
{
	size_t len = strlen(key);

	if (len && key[len - 1] != '_') {
		pack_text(out, cell_text(app, row, key));
		return;
	}
	pack_text(
	    out, words_label(&app->words,
		     look_text(row, keep_format(&app->arena, "%szh", key)),
		     look_text(row, keep_format(&app->arena, "%sen", key))));
}

static void show_columns(
    struct app *app, struct bytes list, const struct heading *columns)
{
	uint32_t count, wide = 0;
	struct reader r = value_items(list, &count);
	struct buf out;

	if (!count)
		return;
	while (columns[wide].title)
		wide++;
	buf_init(&out, KEEP_CAP);
	pack_array(&out, count);
	for (; count; count--) {
		struct bytes row = read_raw(&r);

		pack_map(&out, wide);
		for (uint32_t i = 0; i < wide; i++) {
			pack_cstr(&out, tr(app, columns[i].title));
			put_cell(app, row, columns[i].key, &out);
		}
	}
	show_answer(app, keep_buf(&app->arena, &out));
}

static void show_version(struct app *app, struct bytes result)
{
	screen_say(&app->screen, ROLE_LABEL, tr(app, "Rules, version %lld"),
	    (long long)look_int(result, "version", 0));
}

/* --- files ---------------------------------------------------------------*/

/* The file's section, packed; a file that is the section alone will do. */
static enum err read_section(struct app *app, struct bytes *section)
{
	struct bytes text, whole;
	struct buf packed;
	char why[160];
	enum err e;

	if (file_read(&app->arena, app->rest[0], FILE_MOST, &text) != ERR_OK)
		return tell(app, ERR_USAGE, tr(app, "%s cannot be read."),
		    app->rest[0]);
	buf_init(&packed, FILE_MOST);
	e = yaml_read(text, &packed, why, sizeof why);
	whole = keep_buf(&app->arena, &packed);
	if (e != ERR_OK)
		return tell(app, ERR_USAGE, "%s: %s", app->rest[0], why);
	*section = look_value(whole, SECTION);
	if (!section->len)
		*section = whole;
	return ERR_OK;
}

enum err cmd_rule_get(struct app *app)
{
	struct request r;
	struct bytes result, section;
	struct buf out;

	if (app->rest_count > 1)
		return usage(app);
	request_begin(&r, "rule.list", CALL_READ);
	if (app->rest_count)
		request_int(&r, "version", strtoll(app->rest[0], NULL, 10));
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK || show_to_machine(app, result))
		return e;
	section = look_value(result, "document");
	if (!section.len)
		return tell(app, ERR_DENIED,
		    tr(app, "The whole of the rules is for who may change "
			    "them: kehu rule list"));
	buf_init(&out, FILE_MOST);
	pack_map(&out, 1);
	pack_cstr(&out, SECTION);
	pack_raw(&out, section);
	show_yaml(app, keep_buf(&app->arena, &out));
	return ERR_OK;
}

/* --- commands ------------------------------------------------------------*/

enum err cmd_rule_list(struct app *app)
{
	struct request r;
	struct bytes result;

	if (app->rest_count)
		return usage(app);
	request_begin(&r, "rule.list", CALL_READ);
	enum err e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK || show_to_machine(app, result))
		return e;
	show_version(app, result);
	show_columns(app, look_value(result, "rows"), list_columns);
	return ERR_OK;
}

enum err cmd_rule_apply(struct app *app)
{
	bool dry_run = app_flag(app, FLAG_DRY_RUN);
	struct bytes section, result;
	struct request r;
	enum err e =
	    app->rest_count == 1 ? read_section(app, &section) : usage(app);

	if (e != ERR_OK)
		return e;
	request_begin(&r, "rule.apply", dry_run ? CALL_READ : CALL_ONCE);
	request_key(&r, "document");
	pack_raw(&r.params, section);
	request_flag(app, &r, "reason", FLAG_REASON);
	if (dry_run)
		request_bool(&r, "dry_run", true);
	if (app_flag(app, FLAG_DECLASSIFY))
		request_bool(&r, "declassify", true);
	e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	show_answer(app, result);
	if (!show_is_machine(app) && !dry_run)
		tell_next(app, "kehu rule simulate");
	return ERR_OK;
}

enum err cmd_rule_simulate(struct app *app)
{
	struct bytes section = BYTES_NONE, result;
	struct request r;
	enum err e = app->rest_count > 1    ? usage(app)
		     : app->rest_count == 1 ? read_section(app, &section)
					    : ERR_OK;

	if (e != ERR_OK)
		return e;
	request_begin(&r, "rule.simulate", CALL_READ);
	if (section.len) {
		request_key(&r, "document");
		pack_raw(&r.params, section);
	}
	request_flag(app, &r, "scope", FLAG_SCOPE);
	request_flag_int(app, &r, "limit", FLAG_LIMIT);
	e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK || show_to_machine(app, result))
		return e;
	screen_say(&app->screen, ROLE_LABEL,
	    tr(app, "%lld of %lld customers would move."),
	    (long long)look_int(result, "moved", 0),
	    (long long)look_int(result, "customers", 0));
	show_columns(app, look_value(result, "moves"), move_columns);
	show_columns(app, look_value(result, "rows"), row_columns);
	if (look_int(result, "more", 0))
		screen_say(&app->screen, ROLE_LABEL, tr(app, "%lld more"),
		    (long long)look_int(result, "more", 0));
	return ERR_OK;
}

static enum err ask_about(
    struct app *app, const char *method, struct bytes *result)
{
	struct request r;

	if (app->rest_count != 1)
		return usage(app);
	request_begin(&r, method, CALL_READ);
	request_cstr(&r, "id", app->rest[0]);
	return call(app, &r, &app->arena, result);
}

enum err cmd_rule_explain(struct app *app)
{
	struct bytes result;
	uint32_t count;
	enum err e = ask_about(app, "rule.explain", &result);
	struct reader rows;

	if (e != ERR_OK || show_to_machine(app, result))
		return e;
	show_version(app, result);
	show_columns(app, look_value(result, "rows"), explain_columns);
	rows = look_array(result, "rows", &count);
	for (; count; count--) {
		struct bytes row = read_raw(&rows);
		struct bytes numbers = look_value(row, "numbers");
		struct bytes field = field_title(app, look_text(row, "field"));

		if (!value_count(numbers))
			continue;
		screen_line(&app->screen, ROLE_TITLE, "\n%.*s", (int)field.len,
		    (const char *)field.data);
		show_columns(app, numbers, number_columns);
	}
	return ERR_OK;
}

enum err cmd_customer_policy(struct app *app)
{
	struct bytes result;
	enum err e = ask_about(app, "customer.policy", &result);

	if (e != ERR_OK || show_to_machine(app, result))
		return e;
	show_columns(app, look_value(result, "rows"), policy_columns);
	return ERR_OK;
}
