// SPDX-License-Identifier: MIT
/*
 * `kehu ENTITY edit NUMBER`: the record as "key: value" lines in an editor.
 *
 * Only fields that this user may change and that are not sealed are in the
 * file, which lies 0600 beside the token and is removed afterwards.  What was
 * changed is sent with the version that was read; on a refusal the errors
 * come to the terminal first, then the editor again with the same text.
 */
#include "client/commands.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/fields.h"
#include "client/look.h"
#include "client/record.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/text.h"

#define FORM_MOST ((size_t)1 << 20)

static bool is_editable(struct app *app, const struct field *f, struct bytes v)
{
	struct bytes text = show_plain(app, v);

	return !f->is_auto && f->level == LEVEL_WRITE && !f->sealed &&
	       !(text.len && memchr(text.data, '\n', text.len));
}

static struct bytes form_of(struct app *app, struct bytes record)
{
	struct buf out;
	struct bytes fields = look_value(record, "fields");

	buf_init(&out, KEEP_CAP);
	for (unsigned i = 0; i < app->entity->field_count; i++) {
		const struct field *f = &app->entity->fields[i];
		struct bytes v =
		    look_value(fields, keep_text(&app->arena, f->key));
		if (!is_editable(app, f, v))
			continue;
		buf_append_text(&out, "# ");
		buf_append_bytes(&out, field_label(app, f));
		buf_append_byte(&out, '\n');
		buf_append_bytes(&out, f->key);
		buf_append_text(&out, ": ");
		buf_append_bytes(&out, show_plain(app, v));
		buf_append_byte(&out, '\n');
	}
	return keep_buf(&app->arena, &out);
}

static bool run_editor(const char *path)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		execlp("sh", "sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"",
		    "sh", path, (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static struct bytes take_line(struct bytes *rest)
{
	const uint8_t *end =
	    rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
	size_t len = end ? (size_t)(end - rest->data) : rest->len;
	size_t used = end ? len + 1 : len;
	struct bytes line = bytes_of(rest->data, len);

	*rest = bytes_of(rest->data + used, rest->len - used);
	return line;
}

/* The lines of `form` whose value is another than the record's. */
static struct assignments changes_of(
    struct app *app, struct bytes record, struct bytes form)
{
	struct assignments out = { keep_array(&app->arena,
				       app->entity->field_count,
				       sizeof(*out.of)),
		0 };
	struct bytes fields = look_value(record, "fields");

	while (form.len) {
		struct bytes line = take_line(&form);
		const uint8_t *colon =
		    line.len ? memchr(line.data, ':', line.len) : NULL;
		if (!colon || line.data[0] == '#')
			continue;
		size_t at = (size_t)(colon - line.data);
		struct bytes key = text_trim(bytes_of(line.data, at));
		struct bytes value =
		    text_trim(bytes_of(colon + 1, line.len - at - 1));
		const struct field *f = entity_find_field(app->entity, key);
		struct bytes was =
		    f ? show_plain(app,
			    look_value(fields, keep_text(&app->arena, f->key)))
		      : BYTES_NONE;
		if (f && !bytes_equal(was, value) &&
		    out.count < app->entity->field_count)
			out.of[out.count++] =
			    (struct assignment){ f->key, f, value };
	}
	return out;
}

static enum err send_changes(
    struct app *app, struct bytes record, const struct assignments *changes)
{
	struct request r;
	struct bytes result;
	struct bytes unset = fields_pack_unset(app, changes);

	request_begin(&r, "record.update", CALL_WRITE);
	request_cstr(&r, "entity", app->noun);
	request_text(&r, "id", look_text(record, "id"));
	request_text(&r, "version", look_text(record, "version"));
	request_raw(&r, "set", fields_pack(app, changes));
	if (unset.len)
		request_raw(&r, "unset", unset);
	request_write_flags(app, &r);
	enum err e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		record_say_stored(app, result);
	return e;
}

static enum err edit_until_good(
    struct app *app, struct bytes record, const char *path)
{
	struct bytes form;

	for (;;) {
		enum err e = ERR_OK;
		if (!run_editor(path) ||
		    file_read(&app->arena, path, FORM_MOST, &form) != ERR_OK)
			return tell(app, ERR_USAGE, "%s",
			    tr(app, "Given up. Nothing was changed."));
		struct assignments changes = changes_of(app, record, form);
		if (!changes.count)
			return tell(app, ERR_INVALID, "%s",
			    tr(app, "Nothing was changed."));
		e = send_changes(app, record, &changes);
		if (e != ERR_INVALID && e != ERR_DUPLICATE)
			return e;
		const char *answer = ask_line(
		    app, tr(app, "e edit again   [q give up] > "), NULL);
		if (!answer || *answer != 'e')
			return e;
	}
}

enum err cmd_edit(struct app *app)
{
	struct request r;
	struct bytes record;

	if (app->rest_count != 1)
		return tell(app, ERR_USAGE,
		    tr(app, "Which one? kehu %s %s NUMBER"), app->noun,
		    app->command->verb);
	if (!ask_may(app, "kehu ... set"))
		return ERR_USAGE;
	request_begin(&r, "record.get", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", app->rest[0]);
	enum err e = call(app, &r, &app->arena, &record);
	if (e != ERR_OK)
		return e;
	const char *path = keep_format(&app->arena, "%s.%s.form",
	    profile_path(&app->profile, &app->arena, KEEPING_TOKEN),
	    request_id_new(&app->arena));
	if (file_write(&app->arena, path, form_of(app, record)) != ERR_OK)
		return tell(app, ERR_UNAVAILABLE,
		    tr(app, "%s cannot be written."), path);
	e = edit_until_good(app, record, path);
	(void)unlink(path);
	return e;
}
