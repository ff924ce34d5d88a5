// SPDX-License-Identifier: MIT
/*
 * Writing what the person wants in a file; see output.h.
 */
#include "client/output.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/tell.h"
#include "client/workbook.h"

static const char *folder_of(struct app *app, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/"
			     : keep_format(&app->arena, "%.*s",
				   (int)(slash - path), path);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The plain file that is to be replaced or made, links followed; NULL if
 * there is something else. */
static const char *plain_file(struct app *app, const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0 || S_ISREG(st.st_mode))
		return path;
	char *whole = S_ISLNK(st.st_mode) ? realpath(path, NULL) : NULL;
	bool is_plain = whole && lstat(whole, &st) == 0 && S_ISREG(st.st_mode);
	path = is_plain ? keep_text(&app->arena, bytes_text(whole)) : NULL;
	free(whole);
	return path;
}

static enum err check_one(struct app *app, enum flag flag)
{
	const char *path = app_flag(app, flag);

	if (!path || (flag == FLAG_HTML && is_folder(path)))
		return ERR_OK;
	const char *folder = folder_of(app, path);
	if (!is_folder(folder))
		return tell(app, ERR_USAGE,
		    tr(app, "%s cannot be written: there is no folder %s."),
		    path, folder);
	if (!*path || is_folder(path))
		return tell(app, ERR_USAGE,
		    tr(app, "%s cannot be written: it is a folder."), path);
	const char *file = plain_file(app, path);
	if (access(file ? folder_of(app, file) : path, W_OK) != 0)
		return tell(
		    app, ERR_USAGE, tr(app, "%s cannot be written."), path);
	return ERR_OK;
}

enum err output_check(struct app *app)
{
	static const enum flag flags[] = { FLAG_OUT, FLAG_HTML, FLAG_ERRORS };
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < sizeof flags / sizeof *flags; i++)
		e = check_one(app, flags[i]);
	return e;
}

static enum err tell_unwritten(struct app *app, enum err e, const char *path)
{
	if (e == ERR_FULL)
		return tell(app, e,
		    tr(app, "%s cannot be written: no space is left."), path);
	return e ? tell(app, e, tr(app, "%s cannot be written."), path) : e;
}

enum err output_write(struct app *app, const char *path, struct bytes content)
{
	const char *file = plain_file(app, path);
	enum err e = file ? file_write(&app->arena, file, content)
			  : file_pour(path, content);

	return tell_unwritten(app, e, path);
}

/* The library writes by name: a new file of ours, then a rename. */
static enum err write_workbook(
    struct app *app, const char *path, struct bytes text)
{
	const char *file = plain_file(app, path);
	struct sheet sheet;
	char *fresh;

	if (!file)
		return tell_unwritten(app, ERR_INVALID, path);
	enum err e = sheet_parse(&sheet, &app->arena, text, ENCODING_UTF8);
	if (e == ERR_OK)
		e = file_begin(&app->arena, file, &fresh);
	if (e != ERR_OK)
		return tell_unwritten(app, e, path);
	e = file_end(
	    fresh, file, workbook_fill(app, app->entity, &sheet, fresh));
	return tell_unwritten(app, e, path);
}

enum err output_write_sheet(
    struct app *app, const char *path, enum encoding to, struct bytes text)
{
	struct buf encoded;

	if (workbook_is_named(path))
		return write_workbook(app, path, text);
	buf_init(&encoded, KEEP_CAP);
	enum err e = encoding_from_utf8(to, text, &encoded);
	e = e ? tell_unwritten(app, e, path)
	      : output_write(app, path, buf_bytes(&encoded));
	buf_release(&encoded);
	return e;
}
