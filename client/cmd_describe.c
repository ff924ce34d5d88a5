// SPDX-License-Identifier: MIT
/*
 * `kehu ENTITY describe`: the fields, their labels, what they take and what
 * this user may do with each, out of the schema as he sees it.
 */
#include "client/commands.h"

#include "client/look.h"
#include "client/schema.h"
#include "client/show.h"
#include "client/suggest.h"
#include "client/tell.h"
#include "common/pack.h"

static const char *const titles[] = { "Field", "Label", "Type", "My level",
	"Takes", "Note" };

static struct bytes takes_of(struct app *app, const struct field *f)
{
	const char *list = "";

	if (f->type == TYPE_REF)
		return screen_clean(&app->arena, f->ref, false);
	for (unsigned i = 0; i < f->choice_count; i++) {
		struct bytes label = choice_label(app, &f->choices[i]);
		list = keep_format(&app->arena, "%s%s%.*s (%.*s)", list,
		    i ? ", " : "", (int)f->choices[i].key.len,
		    (const char *)f->choices[i].key.data, (int)label.len,
		    (const char *)label.data);
	}
	if (*list)
		return screen_clean(&app->arena, bytes_text(list), false);
	return screen_clean(&app->arena, f->example, false);
}

static struct bytes note_of(struct app *app, const struct field *f)
{
	const char *note = f->required      ? tr(app, "required")
			   : f->recommended ? tr(app, "recommended")
			   : f->is_auto     ? tr(app, "by the server")
					    : "";

	if (f->watched)
		note = keep_format(&app->arena, "%s%s%s", note,
		    *note ? ", " : "", tr(app, "each reading is recorded"));
	else if (f->sealed)
		note = keep_format(&app->arena, "%s%s%s", note,
		    *note ? ", " : "", tr(app, "sealed"));
	if (f->reason)
		note = keep_format(&app->arena, "%s%s%s", note,
		    *note ? ", " : "", tr(app, "a change needs --reason"));
	return bytes_text(note);
}

static const char *level_text(struct app *app, enum level l)
{
	static const char *const words[LEVEL_COUNT] = { "none", "masked",
		"enter, then masked", "read", "when new", "write" };

	return tr(app, words[l]);
}

static void put_line(struct app *app, const char *title, struct bytes text)
{
	struct bytes clean = screen_clean(&app->arena, text, false);

	if (clean.len)
		screen_line(&app->screen, ROLE_VALUE, "  %s  %.*s",
		    tr(app, title), (int)clean.len, (const char *)clean.data);
}

/* What it may become, by its labels; "" if it may become anything. */
static const char *moves_of(
    struct app *app, const struct field *f, const struct choice *from)
{
	const char *list = "";
	uint32_t count;
	struct reader r = value_items(from->moves, &count);

	while (count--) {
		struct bytes label = choice_named(app, f, read_text(&r));

		list = keep_format(&app->arena, "%s%s%.*s", list,
		    *list ? ", " : " > ", (int)label.len,
		    (const char *)label.data);
	}
	return list;
}

static void describe_field(struct app *app, const struct field *f)
{
	struct bytes label = field_label(app, f);

	screen_line(&app->screen, ROLE_TITLE, "%.*s (%.*s)", (int)label.len,
	    (const char *)label.data, (int)f->key.len,
	    (const char *)f->key.data);
	put_line(app, titles[2], bytes_text(field_type_word(f->type)));
	put_line(app, titles[3],
	    bytes_text(level_text(app, f->is_auto ? LEVEL_READ : f->level)));
	put_line(app, titles[5], note_of(app, f));
	put_line(
	    app, titles[5], words_label(&app->words, f->hint_zh, f->hint_en));
	put_line(app, "for example", f->example);
	for (unsigned i = 0; i < f->choice_count; i++) {
		struct bytes shown = choice_label(app, &f->choices[i]);
		screen_line(&app->screen, ROLE_VALUE, "    %-16.*s %.*s%s",
		    (int)f->choices[i].key.len,
		    (const char *)f->choices[i].key.data, (int)shown.len,
		    (const char *)shown.data, moves_of(app, f, &f->choices[i]));
	}
}

/* For programs: the fields as the server told them, named ones alone. */
static struct bytes pack_rows(struct app *app)
{
	const struct entity *e = app->entity;
	struct buf out;
	uint32_t count = 0;

	buf_init(&out, KEEP_CAP);
	pack_map(&out, 2);
	pack_key_text(&out, "entity", e->key);
	pack_cstr(&out, "rows");
	size_t mark = pack_array_open(&out);
	for (unsigned i = 0; i < e->field_count; i++) {
		bool is_named = !app->rest_count;

		for (unsigned w = 0; w < app->rest_count; w++)
			is_named |=
			    entity_find_field(e, bytes_text(app->rest[w])) ==
			    &e->fields[i];
		if (!is_named)
			continue;
		pack_raw(&out, e->fields[i].packed);
		count++;
	}
	pack_array_close(&out, mark, count);
	return keep_buf(&app->arena, &out);
}

/* The fields named after "describe", in full. */
static enum err describe_fields(struct app *app)
{
	for (unsigned i = 0; i < app->rest_count; i++) {
		struct bytes name = bytes_text(app->rest[i]);
		const struct field *f = entity_find_field(app->entity, name);
		if (f && show_is_machine(app))
			continue;
		if (f) {
			describe_field(app, f);
			continue;
		}
		(void)tell(app, ERR_UNKNOWN,
		    tr(app, "There is no field %s that you may use."),
		    app->rest[i]);
		suggest_field(app, app->entity, name);
		return ERR_UNKNOWN;
	}
	return ERR_OK;
}

enum err cmd_describe(struct app *app)
{
	struct table t;
	const struct entity *e = app->entity;
	struct bytes label = entity_label(app, e);

	if (!e->field_count)
		return tell(app, ERR_UNKNOWN,
		    tr(app, "There is no %s that you may know of."), app->noun);
	enum err wrong = describe_fields(app);
	if (wrong || show_to_machine(app, pack_rows(app)) || app->rest_count)
		return wrong;
	screen_line(&app->screen, ROLE_TITLE, "%.*s (%.*s)", (int)label.len,
	    (const char *)label.data, (int)e->key.len,
	    (const char *)e->key.data);
	table_init(&t, &app->arena);
	for (unsigned c = 0; c < sizeof(titles) / sizeof(*titles); c++)
		table_column(&t, bytes_text(tr(app, titles[c])), c == 2 ? 1 : 0,
		    false, c < 2);
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		table_cell(&t, screen_clean(&app->arena, f->key, false));
		table_cell(
		    &t, screen_clean(&app->arena, field_label(app, f), false));
		table_cell(&t, bytes_text(field_type_word(f->type)));
		table_cell(&t, bytes_text(level_text(
				   app, f->is_auto ? LEVEL_READ : f->level)));
		table_cell(&t, takes_of(app, f));
		table_cell(&t, note_of(app, f));
	}
	show_table(app, &t);
	if (e->may_create)
		tell_next(app, "kehu %s add   kehu %s describe FIELD",
		    app->noun, app->noun);
	return ERR_OK;
}
