// SPDX-License-Identifier: MIT
/*
 * Help pages; see help.h.
 */
#include "client/help.h"

#include "client/command.h"
#include "client/schema.h"
#include "client/suggest.h"
#include "client/tell.h"
#include "common/text.h"

static const struct {
	const char *name;
	const char *text;
} topics[] = {
	{ "find",
	    "kehu customer find tshmy\n"
	    "kehu customer find 'grade = A and last_order_at < today-90d'\n\n"
	    "One word is looked for as number, code, phone, beginning of the "
	    "name, initials, part of the name, phone tail; the first that hits "
	    "answers.\n"
	    "Operators: = != < <= > >= in (a, b), not in, ~ or contains, "
	    "prefix, has (a tag), is empty; and, or, not, brackets.\n"
	    "Dates: 2026-11-22, today, today-90d, today+2w, -3m, -1y.\n"
	    "--order last_order_at,-name  --limit N  --all  --fields a,b  "
	    "--scope own" },
	{ "import",
	    "kehu customer import FILE.csv --map Name=name,Code=external_no\n"
	    "kehu customer import FILE.csv --map-file MAP --errors BAD.csv\n\n"
	    "The first row names the columns. UTF-8 (with or without BOM) and "
	    "GB 18030 are detected. A target contact.name makes the contact in "
	    "the same step. --dry-run checks only; --partial imports the good "
	    "rows; --update changes records of known external numbers. The "
	    "same file twice stores nothing twice." },
	{ "output",
	    "kehu customer find city=上海 --json\n"
	    "kehu customer find city=上海 --csv > file.csv\n\n"
	    "Data goes to standard output, all else to standard error. --json "
	    "is exactly the wire's answer, --jsonl one row a line, --csv a "
	    "table. A pipe changes colours and cutting, never the content." },
	{ "environment",
	    "KEHU_SERVER, KEHU_USER, KEHU_PROFILE, KEHU_PASSWORD_FILE, "
	    "KEHU_TOKEN_FILE, KEHU_CA stand for the flags of the same name; "
	    "flags win. KEHU_OTP_FILE "
	    "holds a code of the second factor.\n"
	    "KEHU_LANG, LC_ALL, LC_MESSAGES, LANG choose the language (zh, "
	    "en). NO_COLOR switches colours off. KEHU_PAGER, PAGER choose the "
	    "pager.\n"
	    "Files: $XDG_CONFIG_HOME/kehu, $XDG_STATE_HOME/kehu, "
	    "$XDG_RUNTIME_DIR/kehu." },
	{ "exit-codes",
	    "0  done\n"
	    "1  the server refused it, or a confirmation was declined: mend "
	    "the input\n"
	    "2  wrong use of the command line\n"
	    "3  not allowed, or not logged in\n"
	    "4  the server cannot be reached or trusted: try again\n"
	    "5  a verification failed: tell the auditor\n"
	    "130  Ctrl-C" },
	{ "privacy",
	    "What you may not see is not shown, not searched and not "
	    "suggested. Masked values look like 136****5678. Reading some "
	    "fields is recorded, with your name and the time. Nothing you "
	    "typed is kept on this machine but server, user and token." },
};

const char *help_topic_name(size_t i)
{
	return i < sizeof(topics) / sizeof(*topics) ? topics[i].name : NULL;
}

/* Breaks long lines at spaces, where the screen ends. */
static void put_text(struct app *app, const char *text)
{
	unsigned width = app->screen.width;

	while (*text) {
		size_t len = strcspn(text, "\n");
		size_t take = len;
		size_t fits = 0;
		for (size_t at = 0; width && at < len; at++) {
			if (text[at] != ' ')
				continue;
			if (text_width(bytes_of(text, at)) < width)
				fits = at;
		}
		if (width && fits && text_width(bytes_of(text, len)) >= width)
			take = fits;
		screen_line(&app->screen, ROLE_VALUE, "%.*s", (int)take, text);
		text += take + (text[take] != 0);
	}
}

static void put_usage(
    struct app *app, const struct command *c, const char *noun)
{
	screen_line(&app->screen, ROLE_TITLE, "kehu %s%s%s %s",
	    *c->noun ? c->noun : noun, *c->verb ? " " : "", c->verb, c->usage);
}

void help_command(struct app *app, const struct command *c, const char *noun)
{
	put_usage(app, c, noun);
	screen_line(&app->screen, ROLE_VALUE, "  %s", tr(app, c->about));
	screen_line(&app->screen, ROLE_TITLE, "\n%s", tr(app, "Flags"));
	for (unsigned f = 0; f < FLAGS; f++) {
		const struct flag_row *row = &flag_rows[f];
		const char *name =
		    keep_format(&app->arena, "--%s%s%s", row->name,
			row->takes ? " " : "", row->takes ? row->takes : "");
		if (flag_is_in(c->flags, f))
			screen_line(&app->screen, ROLE_VALUE, "  %-28s %s",
			    name, tr(app, row->help));
	}
	screen_line(&app->screen, ROLE_LABEL, "  %s",
	    tr(app, "and the common ones: kehu help"));
	screen_line(&app->screen, ROLE_TITLE, "\n%s", tr(app, "Example"));
	screen_line(&app->screen, ROLE_VALUE, "  kehu %s", c->example);
}

void help_noun(struct app *app, const char *noun)
{
	bool known = command_has_noun(app->commands, noun);

	for (const struct command *c = app->commands; c->noun; c++) {
		bool is_own = !strcmp(c->noun, noun);
		if (is_own || (!*c->noun && !known && command_fits(c, noun)))
			screen_line(&app->screen, ROLE_VALUE,
			    "  kehu %s %-14s %s", noun, c->verb,
			    tr(app, c->about));
	}
	screen_line(&app->screen, ROLE_LABEL, "%s",
	    tr(app, "Each with --help for more."));
}

static void put_all(struct app *app)
{
	const char *last = "-";

	screen_line(&app->screen, ROLE_TITLE,
	    "kehu [--server HOST[:PORT]] [--user NAME] [--json] NOUN VERB ...");
	for (const struct command *c = app->commands; c->noun; c++) {
		const char *noun = command_noun(&app->arena, c);
		if (*c->noun == '_')
			continue;
		if (strcmp(noun, last) != 0 && !strcmp(noun, "ENTITY"))
			screen_line(&app->screen, ROLE_LABEL, "%s",
			    tr(app,
				"ENTITY is customer, contact, order, ... or "
				"its Chinese label"));
		last = noun;
		screen_line(&app->screen, ROLE_VALUE, "  %-11s %-14s %s", noun,
		    c->verb, tr(app, c->about));
	}
	screen_line(&app->screen, ROLE_TITLE, "%s", tr(app, "Common flags"));
	for (unsigned f = 0; f < FLAG_SOURCE; f++) {
		const struct flag_row *row = &flag_rows[f];
		const char *name =
		    keep_format(&app->arena, "--%s%s%s", row->name,
			row->takes ? " " : "", row->takes ? row->takes : "");
		screen_line(&app->screen, ROLE_VALUE, "  %-28s %s", name,
		    tr(app, row->help));
	}
	screen_line(&app->screen, ROLE_TITLE, "%s", tr(app, "Topics"));
	for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++)
		screen_line(
		    &app->screen, ROLE_VALUE, "  kehu help %s", topics[i].name);
}

enum err help_topic(struct app *app, const char *topic, const char *verb)
{
	struct suggestions s;

	if (!topic) {
		put_all(app);
		return ERR_OK;
	}
	suggest_begin(&s, bytes_text(topic));
	for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++) {
		suggest_offer(
		    &s, bytes_text(topics[i].name), bytes_text(topics[i].name));
		if (!strcmp(topics[i].name, topic)) {
			put_text(app, tr(app, topics[i].text));
			return ERR_OK;
		}
	}
	const struct command *c =
	    command_find(app->commands, topic, verb ? verb : "");
	bool known = command_has_noun(app->commands, topic);
	/* Before the first login any other word may be an entity. */
	bool entity =
	    schema_recall(app) != ERR_OK
		? !s.count
		: schema_find_entity(app->schema, bytes_text(topic)) != NULL;
	if (c && (*c->noun || entity)) {
		help_command(app, c, topic);
	} else if (known || entity) {
		help_noun(app, topic);
	} else {
		(void)tell(app, ERR_USAGE,
		    tr(app, "There is no help about %s."), topic);
		suggest_print(app, &s);
		tell_next(app, "kehu help");
		return ERR_USAGE;
	}
	return ERR_OK;
}

/* What a role does most is seen from what it may know of. */
static const struct entity *customers(const struct app *app)
{
	return schema_find_entity(app->schema, bytes_text("customer"));
}

static bool may_add(const struct app *app)
{
	return customers(app) && customers(app)->may_create;
}

static bool may_import(const struct app *app)
{
	return customers(app) && customers(app)->may_import;
}

static bool may_look(const struct app *app)
{
	return customers(app) != NULL;
}

static bool has_reports(const struct app *app)
{
	return app->schema->report_count > 0;
}

static bool is_elsewhere(const struct app *app)
{
	return !customers(app);
}

/* In the order of how often they are wanted. */
static const struct {
	const char *command, *about;
	bool (*fits)(const struct app *app);
} first[] = {
	{ "kehu customer add", "register a customer", may_add },
	{ "kehu customer find", "look for customers", may_look },
	{ "kehu customer dossier NO", "show one, on one page", may_look },
	{ "kehu due", "what waits for me", may_add },
	{ "kehu report", "figures, and which there are", has_reports },
	{ "kehu customer import", "take over a table", may_import },
	{ "kehu customer describe", "the fields and their rules", may_look },
	{ "kehu user create NAME", "make an account", is_elsewhere },
	{ "kehu user list", "the accounts", is_elsewhere },
	{ "kehu role list", "the roles", is_elsewhere },
	{ "kehu server status", "how the server is", is_elsewhere },
	{ "kehu whoami", "who I am, with which rights", is_elsewhere },
};

#define GREETED 5

static void put_first(struct app *app)
{
	bool known = schema_recall(app) == ERR_OK;
	unsigned left = GREETED;

	for (size_t i = 0; left && i < sizeof(first) / sizeof(*first); i++) {
		if (known && !first[i].fits(app))
			continue;
		screen_line(&app->screen, ROLE_VALUE, "  %-24s  %s",
		    first[i].command, tr(app, first[i].about));
		left--;
	}
}

void help_greet(struct app *app)
{
	const struct profile *p = &app->profile;

	if (p->server)
		screen_line(&app->screen, ROLE_TITLE, "%s @ %s:%s",
		    p->user ? p->user : "?", p->host, p->port);
	else
		screen_line(&app->screen, ROLE_TITLE, "%s",
		    tr(app, "Not logged in: kehu login --server HOST"));
	put_first(app);
	screen_line(&app->screen, ROLE_LABEL, "%s  kehu help, kehu help find",
	    tr(app, "Help:"));
}
