// SPDX-License-Identifier: MIT
/*
 * `kehu shell`: the same commands without the word kehu, over one connection.
 *
 * What is typed is kept nowhere.  From a pipe the first failure ends it, as a
 * script expects; at a terminal the next line may mend it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/ask.h"
#include "client/commands.h"
#include "client/tell.h"
#include "common/text.h"

static const char *next_line(struct app *app)
{
	char *line = NULL;
	size_t room = 0;

	if (app->screen.can_ask)
		return ask_line(app,
		    keep_format(&app->arena, "%s %s > ", app->profile.name,
			app->profile.user ? app->profile.user : "?"),
		    NULL);
	ssize_t len = getline(&line, &room, stdin);
	const char *out = len < 0 ? NULL
				  : keep_text(&app->arena,
					text_trim(bytes_of(line, (size_t)len)));
	free(line);
	return out;
}

static const enum flag inherited[] = { FLAG_SERVER, FLAG_USER, FLAG_PROFILE,
	FLAG_PASSWORD_FILE, FLAG_CA, FLAG_CA_FINGERPRINT, FLAG_CERT, FLAG_KEY,
	FLAG_LANG, FLAG_COLOR, FLAG_WIDTH, FLAG_PROGRESS, FLAG_TIMEOUT };

#define INHERITED (sizeof(inherited) / sizeof(*inherited))

/* The shell's own flags come first, so that a line's own win. */
static int inherit(const struct app *app, struct arena *a, char **all)
{
	int count = 0;

	for (size_t i = 0; i < INHERITED; i++)
		if (app_flag(app, inherited[i]))
			all[count++] = keep_format(a, "--%s=%s",
			    flag_rows[inherited[i]].name,
			    app_flag(app, inherited[i]));
	return count;
}

/* A line is a run of its own, but for the connection and the schema. */
static enum err run_line(struct app *app, const char *line)
{
	struct app one = { .commands = app->commands,
		.connect = app->connect,
		.link = app->link,
		.schema = app->schema,
		.help = app->help,
		.arena = app->arena,
		.in_shell = true };
	char **argv;
	int argc;

	if (args_split(&one.arena, line, &argc, &argv) != ERR_OK)
		return tell(
		    app, ERR_USAGE, "%s", tr(app, "A quote is not closed."));
	char **all =
	    keep_array(&one.arena, (size_t)argc + INHERITED, sizeof(*all));
	int count = inherit(app, &one.arena, all);
	for (int i = 0; i < argc; i++)
		all[count++] = argv[i];
	enum err e = argc ? app_run(&one, count, all) : ERR_OK;
	fflush(stdout);
	app->arena = one.arena;
	app->link = one.link;
	app->schema = one.schema;
	app->help = one.help;
	return e;
}

enum err cmd_shell(struct app *app)
{
	if (app->in_shell)
		return tell(app, ERR_USAGE, "%s",
		    tr(app, "This is the shell already."));
	for (;;) {
		const char *line = next_line(app);
		bool is_dropped = app->is_stopped;
		app->is_stopped = false;
		if (is_dropped)
			continue;
		if (!line || !strcmp(line, "exit") || !strcmp(line, "quit"))
			return ERR_OK;
		enum err e = *line == '#' ? ERR_OK : run_line(app, line);
		if (e != ERR_OK && !app->screen.can_ask)
			return e;
	}
}
