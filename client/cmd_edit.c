// SPDX-License-Identifier: MIT
/*
 * `kehu ENTITY edit NUMBER`: the record as "key: value" lines in an editor.
 *
 * Only fields that this user may change and that are not sealed are in the
 * file, which lies 0600 beside the token and is removed afterwards.  What was
 * changed is sent with the version that was read; on a refusal the errors
 * come to the terminal first, then the editor again with the same text.  If
 * somebody else changed the record meanwhile, the three states are shown side
 * by side, and nobody's work is overwritten unasked.
 */
#include "client/commands.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/fields.h"
#include "client/look.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/record.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/text.h"

#define FORM_MOST ((size_t)1 << 20)

static bool is_editable(struct app *app, const struct field *f, struct bytes v)
{
	struct bytes text = show_plain(app, v);

	return !f->is_auto && f->level == LEVEL_WRITE && !f->sealed &&
	       !bytes_find(text, '\n');
}

struct edit {
	struct app *app;
	struct bytes record; /* as read */
	const char *path;    /* of the form */
	struct assignments changes;
};

static struct bytes value_in(
    struct app *app, struct bytes record, const struct field *f)
{
	return look_value(
	    look_value(record, "fields"), keep_text(&app->arena, f->key));
}

/* What this edit wants in the field, or NULL if it leaves it alone. */
static const struct assignment *wish_for(
    const struct edit *edit, const struct field *f)
{
	for (unsigned i = 0; i < edit->changes.count; i++)
		if (edit->changes.of[i].field == f)
			return &edit->changes.of[i];
	return NULL;
}

/* The record with this edit's wishes in it. */
static struct bytes form_of(const struct edit *edit)
{
	struct app *app = edit->app;
	struct bytes record = edit->record;
	struct buf out;

	buf_init(&out, KEEP_CAP);
	buf_append_text(&out, "# ");
	buf_append_bytes(&out, look_text(record, "number"));
	buf_append_text(&out, ": ");
	buf_append_text(&out, tr(app, "change the values, save, quit; an empty "
				      "value empties the field"));
	buf_append_text(&out, "\n\n");
	for (unsigned i = 0; i < app->entity->field_count; i++) {
		const struct field *f = &app->entity->fields[i];
		struct bytes v = value_in(app, record, f);
		const struct assignment *wish = wish_for(edit, f);
		if (!is_editable(app, f, v))
			continue;
		buf_append_text(&out, "# ");
		buf_append_bytes(&out, field_label(app, f));
		buf_append_byte(&out, '\n');
		buf_append_bytes(&out, f->key);
		buf_append_text(&out, ": ");
		buf_append_bytes(&out, wish ? wish->value : show_plain(app, v));
		buf_append_byte(&out, '\n');
	}
	return keep_buf(&app->arena, &out);
}

static enum err run_editor(struct app *app, const char *path)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		progress_free_signal();
		execlp("sh", "sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"",
		    "sh", path, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return ERR_INTERNAL;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return tell(app, ERR_USAGE, "%s",
		    tr(app, "There is no editor: set EDITOR."));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return tell(app, ERR_INVALID, "%s",
		    tr(app, "Given up. Nothing was changed."));
	return ERR_OK;
}

static enum err tell_bad_line(
    struct app *app, unsigned number, struct bytes line)
{
	const char *text = keep_text(&app->arena, line);

	return tell(app, ERR_INVALID,
	    tr(app, "Line %u is no \"field: value\" of yours: %s"), number,
	    text);
}

/* One line of the form; a value other than the record's is a change. */
static enum err take_change(
    struct edit *edit, unsigned number, struct bytes line)
{
	struct app *app = edit->app;
	const uint8_t *colon = bytes_find(line, ':');

	if (!text_trim(line).len || line.data[0] == '#')
		return ERR_OK;
	size_t at = colon ? (size_t)(colon - line.data) : 0;
	struct bytes key = text_trim(bytes_of(line.data, at));
	const struct field *f = entity_find_field(app->entity, key);
	if (!f)
		return tell_bad_line(app, number, line);
	struct bytes value = text_trim(bytes_of(colon + 1, line.len - at - 1));
	struct bytes was = show_plain(app, value_in(app, edit->record, f));
	if (!bytes_equal(was, value) &&
	    edit->changes.count < app->entity->field_count)
		edit->changes.of[edit->changes.count++] =
		    (struct assignment){ f->key, f, value };
	return ERR_OK;
}

static enum err read_changes(struct edit *edit)
{
	struct app *app = edit->app;
	struct bytes form;
	enum err e = file_read(&app->arena, edit->path, FORM_MOST, &form);

	edit->changes = (struct assignments){ keep_array(&app->arena,
						  app->entity->field_count,
						  sizeof(*edit->changes.of)),
		0 };
	if (e != ERR_OK)
		return tell(
		    app, ERR_USAGE, tr(app, "%s cannot be read."), edit->path);
	for (unsigned number = 1; form.len; number++) {
		enum err bad =
		    take_change(edit, number, bytes_take_line(&form));
		e = bad == ERR_OK ? e : bad;
	}
	return e;
}

/* Some fields change with a reason only: asked for when no flag gave one. */
static void ask_reason(struct edit *edit)
{
	struct app *app = edit->app;
	bool is_needed = false;

	for (unsigned i = 0; i < edit->changes.count; i++)
		is_needed |= edit->changes.of[i].field->reason;
	if (is_needed && app->screen.can_ask && !app_flag(app, FLAG_REASON))
		app->args.values[FLAG_REASON] =
		    ask_line(app, tr(app, "     reason > "), NULL);
}

static enum err send_changes(struct edit *edit)
{
	struct app *app = edit->app;
	struct request r;
	struct bytes result;
	struct bytes unset = fields_pack_unset(app, &edit->changes);

	ask_reason(edit);
	request_begin(&r, "record.update", CALL_WRITE);
	request_cstr(&r, "entity", app->noun);
	request_text(&r, "id", look_text(edit->record, "id"));
	request_text(&r, "version", look_text(edit->record, "version"));
	request_raw(&r, "set", fields_pack(app, &edit->changes));
	if (unset.len)
		request_raw(&r, "unset", unset);
	request_write_flags(app, &r);
	enum err e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		record_say_stored(app, result);
	return e;
}

static enum err read_record(struct app *app, struct bytes *record)
{
	struct request r;

	request_begin(&r, "record.get", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	return call(app, &r, &app->arena, record);
}

static const char *const conflict_titles[] = { "Field", "You read", "You want",
	"Now there" };

static void show_conflict(struct edit *edit, struct bytes now)
{
	struct app *app = edit->app;
	struct table t;

	table_init(&t, &app->arena);
	for (size_t c = 0; c < 4; c++)
		table_column(
		    &t, bytes_text(tr(app, conflict_titles[c])), 0, false, !c);
	for (unsigned i = 0; i < edit->changes.count; i++) {
		const struct assignment *a = &edit->changes.of[i];
		table_cell(&t, screen_clean(&app->arena,
				   field_label(app, a->field), false));
		table_cell(&t, show_value(app, a->field,
				   value_in(app, edit->record, a->field)));
		table_cell(&t, screen_clean(&app->arena, a->value, false));
		table_cell(&t,
		    show_value(app, a->field, value_in(app, now, a->field)));
	}
	show_table(app, &t);
	fflush(stdout);
}

/* Somebody was faster: what he wrote is the ground now, the wishes stay. */
static enum err rebase(struct edit *edit)
{
	struct bytes now;
	enum err e = read_record(edit->app, &now);

	if (e != ERR_OK)
		return e;
	show_conflict(edit, now);
	edit->record = now;
	return file_keep(&edit->app->arena, edit->path, form_of(edit));
}

static enum err keep_form(struct edit *edit)
{
	struct app *app = edit->app;
	const char *name = keep_format(
	    &app->arena, "kehu-%s.form", request_id_new(&app->arena));
	struct bytes form;
	enum err e = file_read(&app->arena, edit->path, FORM_MOST, &form);

	if (e == ERR_OK)
		e = output_write(app, name, form);
	if (e != ERR_OK)
		return e;
	screen_say(&app->screen, ROLE_LABEL, "  %s %s",
	    tr(app, "What you wrote is kept in"), name);
	return ERR_OK;
}

/* What becomes of a form that was refused: true to edit on. */
static bool edit_on(struct edit *edit, bool *send)
{
	struct app *app = edit->app;
	if (!app->screen.can_ask)
		return false;
	const char *answer = ask_choice(app,
	    *send
		? tr(app, "e edit / s save mine over it / k keep what I "
			  "wrote / [q drop] > ")
		: tr(app, "e edit again / k keep what I wrote / [q drop] > "));

	*send = *send && answer && *answer == 's';
	if (answer && *answer == 'k')
		(void)keep_form(edit);
	return answer && (*answer == 'e' || *send);
}

static enum err edit_until_good(struct edit *edit)
{
	struct app *app = edit->app;
	bool send = false; /* the form as it is, without the editor */

	for (;;) {
		enum err e = send ? ERR_OK : run_editor(app, edit->path);
		if (e != ERR_OK)
			return e;
		e = read_changes(edit);
		if (e == ERR_OK && !edit->changes.count)
			return tell(app, ERR_INVALID, "%s",
			    tr(app, "Nothing was changed."));
		if (e == ERR_OK)
			e = send_changes(edit);
		send = e == ERR_CONFLICT;
		if (send && rebase(edit) != ERR_OK)
			return e;
		if (e == ERR_OK || e == ERR_USAGE || !edit_on(edit, &send))
			return e;
	}
}

enum err cmd_edit(struct app *app)
{
	struct edit edit = { .app = app };

	if (app->rest_count != 1)
		return tell_which(app);
	if (!app->screen.can_ask && !app_flag(app, FLAG_YES))
		return tell(app, ERR_USAGE,
		    tr(app, "There is no terminal to edit at: kehu %s set, or "
			    "--yes"),
		    app->noun);
	enum err e = read_record(app, &edit.record);
	if (e != ERR_OK)
		return e;
	edit.path = keep_format(&app->arena, "%s.%s.form",
	    profile_path(&app->profile, &app->arena, KEEPING_TOKEN),
	    request_id_new(&app->arena));
	if (file_keep(&app->arena, edit.path, form_of(&edit)) != ERR_OK)
		return tell(app, ERR_UNAVAILABLE,
		    tr(app, "%s cannot be written."), edit.path);
	e = edit_until_good(&edit);
	(void)unlink(edit.path);
	return e;
}
