// SPDX-License-Identifier: MIT
/*
 * From a command line to its command: flags, language, profile, noun, verb,
 * entity.  app_run() (app.h) is the way in, for main and for the shell.
 */
#include <stdlib.h>

#include "client/app.h"
#include "client/call.h"
#include "client/command.h"
#include "client/fetch.h"
#include "client/help.h"
#include "client/output.h"
#include "client/pager.h"
#include "client/recent.h"
#include "client/schema.h"
#include "client/suggest.h"
#include "client/tell.h"
#include "common/text.h"

/* The command that the words before a bad flag name, or NULL. */
static const struct command *command_so_far(const struct app *app)
{
	const char *const *words = app->args.words;
	const struct command *c = NULL;

	if (app->args.count > 1)
		c = command_find(app->commands, words[0], words[1]);
	return c || !app->args.count
		   ? c
		   : command_find(app->commands, words[0], "");
}

static enum err tell_bad_flag(struct app *app)
{
	struct suggestions s;
	const struct command *c = command_so_far(app);
	const char *bad = app->args.bad;

	if (app->args.lacks_value)
		return tell(app, ERR_USAGE, tr(app, "%s needs a value."), bad);
	(void)tell(app, ERR_USAGE, tr(app, "%s is no flag here."), bad);
	while (*bad == '-')
		bad++;
	suggest_begin(&s, bytes_of(bad, strcspn(bad, "=")));
	for (unsigned f = 0; f < FLAGS; f++)
		if (!c || flag_is_common(f) || flag_is_in(c->flags, f))
			suggest_offer(&s, bytes_text(flag_rows[f].name),
			    bytes_text(keep_format(
				&app->arena, "--%s", flag_rows[f].name)));
	suggest_print(app, &s);
	if (c)
		tell_next(app, "kehu %s%s%s --help", app->args.words[0],
		    *c->verb ? " " : "", c->verb);
	return ERR_USAGE;
}

static enum err prepare(struct app *app, int argc, char *const *argv)
{
	enum err parsed = args_parse(&app->args, &app->arena, argc, argv);
	struct screen_wish wish = { app_flag(app, FLAG_COLOR),
		app_flag(app, FLAG_WIDTH) };

	/* A machine form is the same in every language. */
	words_init(&app->words,
	    app_flag(app, FLAG_JSON) ? "en" : app_flag(app, FLAG_LANG));
	screen_init(&app->screen, &app->arena, &wish);
	for (int i = 0; i < argc; i++)
		if (!text_is_utf8(bytes_text(argv[i])))
			return tell(app, ERR_USAGE,
			    tr(app, "Word %d of the command is not UTF-8."),
			    i + 1);
	if (parsed != ERR_OK)
		return tell_bad_flag(app);
	enum flag wrong = args_wrong_value(&app->args);
	if (wrong != FLAGS) {
		const char *takes = flag_rows[wrong].takes;

		return tell(app, ERR_USAGE, tr(app, "--%s takes %s."),
		    flag_rows[wrong].name,
		    strchr(takes, '|') ? takes : tr(app, "a whole number"));
	}
	enum err e = profile_load(&app->profile, &app->arena,
	    app_flag(app, FLAG_PROFILE), app_flag(app, FLAG_SERVER),
	    app_flag(app, FLAG_USER));
	if (e != ERR_OK)
		return tell(app, e, "%s",
		    tr(app, "--server or --profile is not well formed."));
	return ERR_OK;
}

static enum err tell_no_command(
    struct app *app, const char *noun, const char *verb)
{
	struct suggestions s;
	bool known = command_has_noun(app->commands, noun);
	bool by_noun =
	    !verb || (!known && command_has_verb(app->commands, verb));

	if (verb)
		(void)tell(app, ERR_USAGE,
		    tr(app, "There is no command %s %s."), noun, verb);
	else
		(void)tell(
		    app, ERR_USAGE, tr(app, "There is no command %s."), noun);
	suggest_begin(&s, bytes_text(by_noun ? noun : verb));
	for (const struct command *c = app->commands; c->noun; c++) {
		bool is_entity = !*c->noun;
		const char *show = keep_format(&app->arena, "kehu %s%s%s",
		    is_entity ? noun : c->noun, *c->verb ? " " : "", c->verb);
		bool is_own = !strcmp(c->noun, noun) || (is_entity && !known);
		if (!by_noun && is_own)
			suggest_offer(
			    &s, bytes_text(c->verb), bytes_text(show));
		else if (by_noun && !is_entity &&
			 (!verb || !strcmp(c->verb, verb)))
			suggest_offer(
			    &s, bytes_text(c->noun), bytes_text(show));
	}
	suggest_print(app, &s);
	tell_next(app, "kehu help");
	return ERR_USAGE;
}

static bool looks_like_key(const char *noun)
{
	if (!*noun)
		return false;
	for (; *noun; noun++)
		if ((*noun < 'a' || *noun > 'z') && *noun != '_' &&
		    (*noun < '0' || *noun > '9'))
			return false;
	return true;
}

static enum err tell_no_entity(struct app *app, const char *noun)
{
	(void)tell(app, ERR_USAGE, tr(app, "There is no %s."), noun);
	suggest_entity(app, bytes_text(noun));
	return ERR_USAGE;
}

/* An entity that the schema does not show is sent by the name typed. */
static enum err resolve_entity(struct app *app, const char *noun)
{
	enum err e = fetch_schema(app);

	if (e != ERR_OK)
		return e;
	app->entity = schema_find_entity(app->schema, bytes_text(noun));
	if (app->entity) {
		app->noun = keep_text(&app->arena, app->entity->key);
		return ERR_OK;
	}
	if (!looks_like_key(noun))
		return tell_no_entity(app, noun);
	struct entity *hidden = keep_alloc(&app->arena, sizeof(*hidden));
	hidden->key = bytes_text(noun);
	app->entity = hidden;
	app->noun = noun;
	return ERR_OK;
}

/* The login may ask for a password, so it comes before output is held. */
static enum err run_paged(struct app *app, const struct command *c)
{
	struct pager pager;
	enum err e = call_connect(app);

	if (e != ERR_OK)
		return e;
	pager_begin(&pager, app);
	return pager_end(&pager, c->run(app));
}

static enum err help_paged(struct app *app, const char *topic, const char *verb)
{
	struct pager pager;

	pager_begin(&pager, app);
	return pager_end(&pager, help_topic(app, topic, verb));
}

/* A person's, not a script's. */
static void note_numbers(struct app *app)
{
	for (unsigned i = 0; app->entity && i < app->rest_count; i++) {
		struct bytes called = command_word(app->command, i);

		if (bytes_is(called, "NUMBER") || bytes_is(called, "SURVIVOR"))
			recent_note(
			    app, app->entity->key, bytes_text(app->rest[i]));
	}
}

/* Another command of the same noun may take this flag. */
static enum err tell_foreign(struct app *app, enum flag flag, const char *noun)
{
	const struct command *c = app->command;
	const char *name = flag_rows[flag].name;
	const char *list = "";
	unsigned named = 0;

	(void)tell(app, ERR_USAGE, tr(app, "%s is no flag here."),
	    keep_format(&app->arena, "--%s", name));
	for (const struct command *other = app->commands; other->noun; other++)
		if (!strcmp(other->noun, c->noun) &&
		    command_fits(other, noun) &&
		    flag_is_in(other->flags, flag) && named++ < SUGGEST_MOST)
			list = keep_format(&app->arena, "%s%skehu %s %s --%s",
			    list, *list ? ", " : "", noun, other->verb, name);
	if (*list && !app_flag(app, FLAG_JSON))
		screen_say(&app->screen, ROLE_LABEL, "  %s  %s",
		    tr(app, "Did you mean:"), list);
	tell_next(
	    app, "kehu %s%s%s --help", noun, *c->verb ? " " : "", c->verb);
	return ERR_USAGE;
}

static enum err start(
    struct app *app, const struct command *c, const char *noun, unsigned words)
{
	app->command = c;
	app->noun = noun;
	app->rest = app->args.words + words;
	app->rest_count = app->args.count - words;
	if (app_flag(app, FLAG_HELP)) {
		help_command(app, c, noun);
		return ERR_OK;
	}
	bool takes_words = *c->usage && strncmp(c->usage, "[--", 3) != 0;
	if (app->rest_count && !takes_words)
		return tell(app, ERR_USAGE, tr(app, "%s is one word too many."),
		    app->rest[0]);
	enum flag foreign = args_foreign(&app->args, c->flags);
	if (foreign != FLAGS)
		return tell_foreign(app, foreign, noun);
	if (output_check(app) != ERR_OK)
		return ERR_USAGE;
	if (!*c->noun) {
		enum err e = resolve_entity(app, noun);
		if (e == ERR_OK && !command_fits(c, app->noun))
			e = tell_no_command(app, noun, c->verb);
		if (e != ERR_OK)
			return e;
	}
	enum err e = c->pages ? run_paged(app, c) : c->run(app);
	if (e == ERR_OK && app->screen.can_ask)
		note_numbers(app);
	return e;
}

/* A noun that stands alone in the table may be followed by words. */
static enum err dispatch(struct app *app)
{
	const char *noun = app->args.words[0];
	const char *verb = app->args.count > 1 ? app->args.words[1] : NULL;
	const struct command *c = NULL;

	if (!strcmp(noun, "help"))
		return help_paged(
		    app, verb, app->args.count > 2 ? app->args.words[2] : NULL);
	if (verb)
		c = command_find(app->commands, noun, verb);
	if (c && (*c->noun || !command_has_noun(app->commands, noun)))
		return start(app, c, noun, 2);
	c = command_find(app->commands, noun, "");
	if (c)
		return start(app, c, noun, 1);
	if (!verb || app_flag(app, FLAG_HELP)) {
		bool known = command_has_noun(app->commands, noun);
		if (!known && !app_flag(app, FLAG_HELP) &&
		    schema_recall(app) == ERR_OK &&
		    !schema_find_entity(app->schema, bytes_text(noun)))
			return tell_no_command(app, noun, NULL);
		help_noun(app, noun);
		return app_flag(app, FLAG_HELP) ? ERR_OK : ERR_USAGE;
	}
	return tell_no_command(app, noun, verb);
}

enum err app_run(struct app *app, int argc, char *const *argv)
{
	char word[] = "version";
	char *version[] = { word, NULL };
	bool asks = argc == 1 && !strcmp(argv[0], "--version");
	enum err e = prepare(app, argc, asks ? version : argv);

	if (e != ERR_OK)
		return e;
	if (app->args.count)
		return dispatch(app);
	if (app_flag(app, FLAG_HELP))
		return help_paged(app, NULL, NULL);
	help_greet(app);
	return ERR_OK;
}
