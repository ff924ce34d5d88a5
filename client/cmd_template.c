// SPDX-License-Identifier: MIT
/*
 * `kehu ENTITY template`: an empty form of an entity, as a spreadsheet or as
 * YAML, with the fields that this user may fill in and what each takes.
 *
 * It is made of the schema as he may see it, so it tells nothing more.  The
 * spreadsheet's first row are labels, the second (marked, so that import passes
 * over it) what each column takes; the YAML says it in comments.  Filled in,
 * the one goes to `import`, the other to `add --file`, unchanged.
 */
#include "client/commands.h"

#include "client/output.h"
#include "client/schema.h"
#include "client/tell.h"
#include "client/workbook.h"

struct column {
	const struct entity *of; /* the entity itself, or one of --with */
	const struct field *field;
};

struct form {
	struct app *app;
	struct column *columns; /* what must be there first */
	unsigned count, room;
};

/* 0 required, 1 recommended, 2 all others. */
static unsigned rank_of(const struct field *f)
{
	return f->required ? 0 : f->recommended ? 1 : 2;
}

/* A child of the row is told its parent by the row. */
static void gather(struct form *x, const struct entity *e)
{
	bool is_child = e != x->app->entity;

	for (unsigned rank = 0; rank < 3; rank++)
		for (unsigned i = 0; i < e->field_count; i++) {
			const struct field *f = &e->fields[i];
			if (x->count < x->room && rank_of(f) == rank &&
			    field_may_enter(f) &&
			    !(is_child && bytes_equal(f->key, e->parent)))
				x->columns[x->count++] =
				    (struct column){ e, f };
		}
}

static enum err gather_children(struct form *x)
{
	struct app *app = x->app;
	const char *with = app_flag(app, FLAG_WITH);

	for (const char **one = args_list(&app->arena, with ? with : ""); *one;
	     one++) {
		const struct entity *e =
		    schema_find_entity(app->schema, bytes_text(*one));
		const struct field *parent =
		    e && e->parent.len ? entity_find_field(e, e->parent) : NULL;

		if (!parent || !bytes_equal(parent->ref, app->entity->key))
			return tell(app, ERR_USAGE,
			    tr(app, "--with: no %s hangs on this."), *one);
		gather(x, e);
	}
	return ERR_OK;
}

/* As many as there are fields: nobody wants one twice. */
static unsigned columns_most(const struct schema *s)
{
	unsigned most = 0;

	for (unsigned i = 0; i < s->entity_count; i++)
		most += s->entities[i].field_count;
	return most;
}

/* A label that another field has too would be found as that one. */
static struct bytes heading(struct app *app, const struct column *c)
{
	struct bytes name = field_label(app, c->field);
	struct bytes of = entity_label(app, c->of);

	if (entity_find_field(c->of, name) != c->field)
		name = c->field->key;
	if (c->of == app->entity)
		return name;
	return bytes_text(keep_format(&app->arena, "%.*s.%.*s", (int)of.len,
	    (const char *)of.data, (int)name.len, (const char *)name.data));
}

static const char *join(struct app *app, const char *said, const char *more)
{
	return *more ? keep_format(
			   &app->arena, "%s%s%s", said, *said ? "; " : "", more)
		     : said;
}

static const char *choices_of(struct app *app, const struct field *f)
{
	const char *list = "";

	for (unsigned i = 0; i < f->choice_count; i++) {
		struct bytes label = choice_label(app, &f->choices[i]);
		list = keep_format(&app->arena, "%s%s%.*s", list,
		    i ? " / " : "", (int)label.len, (const char *)label.data);
	}
	return list;
}

/* The form of a type that has no hint, or "". */
static const char *form_of(struct app *app, const struct field *f)
{
	static const char *const forms[TYPE_COUNT] = {
		[TYPE_DATE] = "a day as 2026-11-22",
		[TYPE_INT] = "a whole number",
		[TYPE_DECIMAL] = "a number",
		[TYPE_MONEY] = "an amount as 1234.50",
		[TYPE_BOOL] = "yes or no",
		[TYPE_LIST] = "several, with commas between",
	};

	return forms[f->type] ? tr(app, forms[f->type]) : "";
}

/* "required; hint; choices or form; for example ..." */
static const char *note_of(struct app *app, const struct field *f)
{
	struct bytes hint = app->words.chinese ? f->hint_zh : f->hint_en;
	const char *said = f->required      ? tr(app, "required")
			   : f->recommended ? tr(app, "recommended")
					    : "";

	said = join(app, said, keep_text(&app->arena, hint));
	said = join(
	    app, said, f->choice_count ? choices_of(app, f) : form_of(app, f));
	if (f->example.len && !f->choice_count)
		said = join(app, said,
		    keep_format(&app->arena, "%s %.*s", tr(app, "for example"),
			(int)f->example.len, (const char *)f->example.data));
	return said;
}

static void put_sheet(struct form *x, struct buf *out)
{
	struct app *app = x->app;

	for (unsigned i = 0; i < x->count; i++)
		sheet_append(out, heading(app, &x->columns[i]), !i);
	sheet_end_row(out);
	for (unsigned i = 0; i < x->count; i++)
		sheet_append(out,
		    bytes_text(
			keep_format(&app->arena, "%s%s", i ? "" : SHEET_NOTE,
			    note_of(app, x->columns[i].field))),
		    !i);
	sheet_end_row(out);
}

static void put_yaml(struct form *x, struct buf *out)
{
	struct app *app = x->app;

	buf_append_text(out,
	    keep_format(&app->arena, "# kehu %s add --file ...\n", app->noun));
	for (unsigned i = 0; i < x->count; i++) {
		const struct field *f = x->columns[i].field;
		struct bytes label = field_label(app, f);
		const char *note = note_of(app, f);

		buf_append_text(
		    out, keep_format(&app->arena, "\n# %.*s%s%s\n%.*s: \"\"\n",
			     (int)label.len, (const char *)label.data,
			     *note ? ": " : "", note, (int)f->key.len,
			     (const char *)f->key.data));
	}
}

static enum err write_sheet(
    struct app *app, const char *path, struct bytes text)
{
	const char *wish = app_flag(app, FLAG_ENCODING);
	enum encoding to = wish ? encoding_parse(wish) : ENCODING_UTF8_BOM;

	if (to == ENCODING_COUNT)
		return tell(app, ERR_USAGE, tr(app, "--%s takes %s."),
		    flag_rows[FLAG_ENCODING].name,
		    flag_rows[FLAG_ENCODING].takes);
	return output_write_sheet(app, path, to, text);
}

static enum err write_out(struct app *app, bool is_yaml, struct bytes text)
{
	const char *path = app_flag(app, FLAG_OUT);
	enum err e;

	if (!path) {
		screen_put(&app->screen, ROLE_VALUE, text);
		return ERR_OK;
	}
	e = is_yaml ? output_write(app, path, text)
		    : write_sheet(app, path, text);
	if (e != ERR_OK)
		return e;
	screen_say(&app->screen, ROLE_GOOD, "%s  %s", tr(app, "ok"), path);
	if (workbook_is_named(path))
		tell_next(app,
		    tr(app, "fill it in, save it as \"CSV UTF-8\", then "
			    "kehu %s import FILE.csv"),
		    app->noun);
	else
		tell_next(app,
		    is_yaml ? "kehu %s add --file %s" : "kehu %s import %s",
		    app->noun, path);
	return ERR_OK;
}

static bool is_yaml_name(const char *path)
{
	size_t len = path ? strlen(path) : 0;

	return (len > 5 && !strcmp(path + len - 5, ".yaml")) ||
	       (len > 4 && !strcmp(path + len - 4, ".yml"));
}

enum err cmd_template(struct app *app)
{
	bool is_yaml = is_yaml_name(app_flag(app, FLAG_OUT));
	struct form x = { .app = app, .room = columns_most(app->schema) };
	enum err e = ERR_OK;
	struct buf out;

	x.columns = keep_array(&app->arena, x.room, sizeof(*x.columns));
	gather(&x, app->entity);
	if (!x.count)
		return tell(app, ERR_DENIED, "%s",
		    tr(app, "There is no field here that you may fill in."));
	if (is_yaml && app_flag(app, FLAG_WITH))
		e = tell(app, ERR_USAGE, "%s",
		    tr(app, "--with makes columns of a table: give --out a "
			    "name that ends in .csv."));
	else
		e = gather_children(&x);
	if (e != ERR_OK)
		return e;
	buf_init(&out, KEEP_CAP);
	if (is_yaml)
		put_yaml(&x, &out);
	else
		put_sheet(&x, &out);
	return write_out(app, is_yaml, keep_buf(&app->arena, &out));
}
