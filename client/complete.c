// SPDX-License-Identifier: MIT
/*
 * `kehu __complete WORD ...`: what may stand for the last word, one a line.
 *
 * Answers come from the command table and the cached schema, never from the
 * server: completion must be instant, and a record that was only completed
 * must not be a record that was read.
 */
#include <stdio.h>

#include "client/command.h"
#include "client/commands.h"
#include "client/help.h"
#include "client/look.h"
#include "client/schema.h"

static void offer(const char *start, const char *prefix, struct bytes word,
    const char *suffix)
{
	struct bytes s = bytes_text(start);

	if (word.len && bytes_starts(word, s))
		printf("%s%.*s%s\n", prefix, (int)word.len,
		    (const char *)word.data, suffix);
}

static void offer_nouns(struct app *app, const char *start)
{
	const char *last = "";

	for (const struct command *c = app->commands; c->noun; c++) {
		if (*c->noun && *c->noun != '_' && strcmp(c->noun, last) != 0)
			offer(start, "", bytes_text(c->noun), "");
		last = c->noun;
	}
	offer(start, "", bytes_text("help"), "");
	for (unsigned i = 0; app->schema && i < app->schema->entity_count;
	     i++) {
		offer(start, "", app->schema->entities[i].key, "");
		if (*start)
			offer(start, "", app->schema->entities[i].zh, "");
	}
}

static void offer_verbs(struct app *app, const char *noun, const char *start)
{
	const struct entity *e =
	    schema_find_entity(app->schema, bytes_text(noun));
	const char *key = e ? keep_text(&app->arena, e->key) : "";

	for (const struct command *c = app->commands; c->noun; c++)
		if (!strcmp(c->noun, noun) ||
		    (!*c->noun && e && command_fits(c, key)))
			offer(start, "", bytes_text(c->verb), "");
	for (unsigned i = 0; app->schema && !strcmp(noun, "report") &&
			     i < app->schema->report_count;
	     i++)
		offer(start, "", app->schema->reports[i].key, "");
}

static void offer_help(struct app *app, const char *start)
{
	for (size_t i = 0; help_topic_name(i); i++)
		offer(start, "", bytes_text(help_topic_name(i)), "");
	offer_nouns(app, start);
}

/* The words that a flag takes: "auto|always|never"; false if it is none. */
static bool offer_flag_words(const char *flag, const char *start)
{
	for (unsigned f = 0; f < FLAGS; f++) {
		const char *words = flag_rows[f].takes;
		if (strncmp(flag, "--", 2) != 0 ||
		    strcmp(flag + 2, flag_rows[f].name) != 0 || !words)
			continue;
		for (; strchr(words, '|'); words = strchr(words, '|') + 1)
			offer(start, "", bytes_of(words, strcspn(words, "|")),
			    "");
		if (words != flag_rows[f].takes)
			offer(start, "", bytes_text(words), "");
		return true;
	}
	return false;
}

static void offer_flags(const struct command *c, const char *start)
{
	for (unsigned f = 0; f < FLAGS; f++)
		if (flag_is_common(f) || flag_is_in(c ? c->flags : 0, f))
			offer(
			    start + 2, "--", bytes_text(flag_rows[f].name), "");
}

/* "category=" offers its keys, anything else the fields' names. */
static void offer_fields(
    struct app *app, const struct entity *e, const char *start)
{
	const char *equals = strchr(start, '=');

	if (!equals) {
		for (unsigned i = 0; i < e->field_count; i++) {
			if (!field_may_enter(&e->fields[i]))
				continue;
			offer(start, "", e->fields[i].key, "=");
			if (*start)
				offer(start, "", e->fields[i].zh, "=");
		}
		return;
	}
	const struct field *f =
	    entity_find_field(e, bytes_of(start, (size_t)(equals - start)));
	const char *prefix =
	    keep_format(&app->arena, "%.*s=", (int)(equals - start), start);
	for (unsigned i = 0; f && i < f->choice_count; i++) {
		offer(equals + 1, prefix, f->choices[i].key, "");
		if (equals[1])
			offer(equals + 1, prefix, f->choices[i].zh, "");
	}
}

static void offer_texts(struct bytes list, const char *start,
    const char *prefix, const char *suffix)
{
	uint32_t count;
	struct reader r = value_items(list, &count);

	for (; count; count--)
		offer(start, prefix, read_text(&r), suffix);
}

/* A report's parameters; behind "group=" or --by what it groups by. */
static void offer_asks(
    struct app *app, const char *name, const char *before, const char *start)
{
	const char *equals = strchr(start, '=');
	const struct reporting *one = NULL;

	for (unsigned i = 0; app->schema && i < app->schema->report_count; i++)
		if (bytes_is(app->schema->reports[i].key, name))
			one = &app->schema->reports[i];
	if (!one)
		return;
	if (!strcmp(before, "--by"))
		offer_texts(look_value(one->words, "group"), start, "", "");
	else if (!equals)
		offer_texts(one->params, start, "", "=");
	else
		offer_texts(look_value(one->words,
				keep_text(&app->arena,
				    bytes_of(start, (size_t)(equals - start)))),
		    equals + 1,
		    keep_format(
			&app->arena, "%.*s=", (int)(equals - start), start),
		    "");
}

enum err cmd_complete(struct app *app)
{
	unsigned count = app->rest_count;
	const char *last = count ? app->rest[count - 1] : "";

	if (schema_recall(app) != ERR_OK)
		app->schema = NULL;
	const struct command *c =
	    count > 2 ? command_find(app->commands, app->rest[0], app->rest[1])
		      : NULL;
	if (!strncmp(last, "--", 2)) {
		offer_flags(c, last);
	} else if (count > 2 && !strcmp(app->rest[0], "report")) {
		offer_asks(app, app->rest[1], app->rest[count - 2], last);
	} else if (count > 1 && offer_flag_words(app->rest[count - 2], last)) {
		return ERR_OK;
	} else if (count == 2 && !strcmp(app->rest[0], "help")) {
		offer_help(app, last);
	} else if (count <= 1) {
		offer_nouns(app, last);
	} else if (count == 2) {
		offer_verbs(app, app->rest[0], last);
	} else {
		const struct entity *e =
		    schema_find_entity(app->schema, bytes_text(app->rest[0]));
		if (e)
			offer_fields(app, e, last);
	}
	return ERR_OK;
}
