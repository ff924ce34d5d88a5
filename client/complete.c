// SPDX-License-Identifier: MIT
/*
 * `kehu __complete WORD ...`: what may stand for the last word.
 *
 * Answers come from the command table and the cached schema, never from the
 * server: completion must be instant, and a record that was only completed
 * must not be a record that was read.  What a word is, the command's usage
 * says; who calls are the scripts in completion/.
 */
#include <dirent.h>

#include "client/candidates.h"
#include "client/command.h"
#include "client/commands.h"
#include "client/help.h"
#include "client/look.h"
#include "client/recent.h"
#include "client/schema.h"

struct typing {
	struct app *app;
	struct candidates words;
	const char *noun;              /* "": none yet */
	const struct command *command; /* NULL: none yet, or none such */
	const struct entity *entity;   /* what the command is about; NULL */
	const char **rest;             /* behind noun and verb */
	unsigned rest_count;
};

/* --- what the schema knows -----------------------------------------------*/

static void offer_entities(struct typing *t)
{
	const struct schema *s = t->app->schema;

	for (unsigned i = 0; s && i < s->entity_count; i++) {
		const struct entity *e = &s->entities[i];

		candidates_add(
		    &t->words, (struct candidate){ e->key, e->zh, e->initials,
				   entity_label(t->app, e), NULL });
	}
}

static void offer_choices(
    struct typing *t, const struct choice *all, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		candidates_add(&t->words,
		    (struct candidate){ all[i].key, all[i].zh, all[i].initials,
			choice_label(t->app, &all[i]), NULL });
}

static void offer_sources(struct typing *t)
{
	const struct schema *s = t->app->schema;

	if (s)
		offer_choices(t, s->sources, s->source_count);
}

static void offer_names(
    struct typing *t, bool (*fits)(const struct field *f), const char *suffix)
{
	for (unsigned i = 0; t->entity && i < t->entity->field_count; i++) {
		const struct field *f = &t->entity->fields[i];

		if (!fits || fits(f))
			candidates_add(&t->words,
			    (struct candidate){ f->key, f->zh, f->initials,
				field_label(t->app, f), suffix });
	}
}

static void offer_field_names(struct typing *t)
{
	offer_names(t, NULL, NULL);
}

/* "category=" offers its values, anything else the fields' names. */
static void offer_values(struct typing *t, bool (*fits)(const struct field *f))
{
	const char *word = t->words.typed;
	const char *equals = strchr(word, '=');

	if (!equals) {
		offer_names(t, fits, "=");
		return;
	}
	const struct field *f = entity_find_field(
	    t->entity, bytes_of(word, (size_t)(equals - word)));
	candidates_behind(&t->words, "=");
	if (f)
		offer_choices(t, f->choices, f->choice_count);
}

static void offer_assignments(struct typing *t)
{
	offer_values(t, field_may_enter);
}

static void offer_conditions(struct typing *t)
{
	offer_values(t, NULL);
}

static void offer_numbers(struct typing *t)
{
	recent_offer(t->app,
	    t->entity ? t->entity->key : bytes_text("customer"), &t->words);
}

/* --- reports -------------------------------------------------------------*/

static void offer_reports(struct typing *t)
{
	const struct schema *s = t->app->schema;

	for (unsigned i = 0; s && i < s->report_count; i++) {
		const struct reporting *one = &s->reports[i];

		candidates_add(&t->words,
		    (struct candidate){ .word = one->key,
			.label = one->zh,
			.about =
			    words_label(&t->app->words, one->zh, one->en) });
	}
}

static void offer_list(struct typing *t, struct bytes list, const char *suffix)
{
	uint32_t count;
	struct reader r = value_items(list, &count);

	for (; count; count--)
		candidates_add(
		    &t->words, (struct candidate){
				   .word = read_text(&r), .suffix = suffix });
}

static const struct reporting *report_of(const struct typing *t)
{
	const struct schema *s = t->app->schema;

	for (unsigned i = 0; s && t->rest_count && i < s->report_count; i++)
		if (bytes_is(s->reports[i].key, t->rest[0]))
			return &s->reports[i];
	return NULL;
}

static void offer_parameters(struct typing *t)
{
	const struct reporting *one = report_of(t);
	const char *word = t->words.typed;
	size_t name = strcspn(word, "=");

	if (!one)
		return;
	if (!word[name]) {
		offer_list(t, one->params, "=");
		return;
	}
	candidates_behind(&t->words, "=");
	offer_list(t,
	    look_value(one->words,
		keep_format(&t->app->arena, "%.*s", (int)name, word)),
	    NULL);
}

/* --by: what a report groups by; else fields. */
static void offer_groups(struct typing *t)
{
	const struct reporting *one = report_of(t);

	if (one)
		offer_list(t, look_value(one->words, "group"), NULL);
	else
		offer_field_names(t);
}

/* --- the command table ---------------------------------------------------*/

static void offer_files(struct typing *t)
{
	t->words.files = true;
}

static void offer_nouns(struct typing *t)
{
	const char *last = "";

	for (const struct command *c = t->app->commands; c->noun; c++) {
		const char *about = *c->verb ? "" : tr(t->app, c->about);

		if (*c->noun && *c->noun != '_' && strcmp(c->noun, last) != 0)
			candidates_word(&t->words, bytes_text(c->noun), about);
		last = c->noun;
	}
	candidates_word(&t->words, bytes_text("help"), "");
	offer_entities(t);
}

/* Who may not make records is not offered to. */
static bool is_open(const struct entity *e, const struct command *c)
{
	if (!strcmp(c->verb, "add") || !strcmp(c->verb, "template"))
		return e->may_create;
	if (!strcmp(c->verb, "import"))
		return e->may_import;
	return strcmp(c->verb, "export") != 0 || e->may_export;
}

static void offer_verbs(struct typing *t)
{
	const struct entity *e = t->entity;
	const char *key = e ? keep_text(&t->app->arena, e->key) : "";

	for (const struct command *c = t->app->commands; c->noun; c++)
		if (!strcmp(c->noun, t->noun) ||
		    (!*c->noun && e && command_fits(c, key) && is_open(e, c)))
			candidates_word(&t->words, bytes_text(c->verb),
			    tr(t->app, c->about));
}

static void offer_help(struct typing *t)
{
	for (size_t i = 0; help_topic_name(i); i++)
		candidates_word(&t->words, bytes_text(help_topic_name(i)), "");
	offer_nouns(t);
}

/* The alternatives of "auto|always|never". */
static void offer_words(struct typing *t, const char *words)
{
	for (; *words; words += *words == '|') {
		size_t len = strcspn(words, "|");

		candidates_word(&t->words, bytes_of(words, len), "");
		words += len;
	}
}

static void offer_flags(struct typing *t)
{
	const struct command *c = t->command;

	for (unsigned f = 0; f < FLAGS; f++)
		if ((flag_is_common(f) || (c && flag_is_in(c->flags, f))) &&
		    !app_flag(t->app, (enum flag)f))
			candidates_word(&t->words,
			    bytes_text(keep_format(
				&t->app->arena, "--%s", flag_rows[f].name)),
			    tr(t->app, flag_rows[f].help));
}

/* --- what a word is ------------------------------------------------------*/

static void offer_profiles(struct typing *t)
{
	const char *path =
	    profile_path(&t->app->profile, &t->app->arena, KEEPING_PROFILE);
	DIR *dir = opendir(keep_format(
	    &t->app->arena, "%.*s", (int)(strrchr(path, '/') - path), path));
	struct dirent *one;

	while (dir && (one = readdir(dir))) {
		const char *end = strrchr(one->d_name, '.');

		if (end && !strcmp(end, ".conf"))
			candidates_word(&t->words,
			    keep_bytes(&t->app->arena,
				bytes_of(
				    one->d_name, (size_t)(end - one->d_name))),
			    "");
	}
	if (dir)
		(void)closedir(dir);
}

/* By what a usage or a flag calls it. */
static const struct {
	const char *called;
	void (*offer)(struct typing *t);
} kinds[] = {
	{ "NUMBER", offer_numbers },
	{ "SURVIVOR", offer_numbers },
	{ "LOSER", offer_numbers },
	{ "CUSTOMER", offer_numbers },
	{ "field=value", offer_assignments },
	{ "field=loser", offer_field_names },
	{ "WORD", offer_conditions },
	{ "CONDITION", offer_conditions },
	{ "FIELD", offer_field_names },
	{ "KEY", offer_field_names },
	{ "ENTITY", offer_entities },
	{ "REPORT", offer_reports },
	{ "PARAMETER=VALUE", offer_parameters },
	{ "FILE", offer_files },
};

/* "FILE.csv", "FIELD,...", "KEY,-KEY" are called by their beginning. */
static void offer_kind(struct typing *t, struct bytes called)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t len = strlen(kinds[i].called);
		struct bytes rest = bytes_of(
		    called.data + len, called.len > len ? called.len - len : 0);

		if (!bytes_starts(called, bytes_text(kinds[i].called)) ||
		    (rest.len && !strchr(".,|", *rest.data)))
			continue;
		if (rest.len && *rest.data == ',')
			candidates_behind(&t->words, ",-");
		kinds[i].offer(t);
		return;
	}
}

static void offer_value(struct typing *t, enum flag flag)
{
	const char *takes = flag_rows[flag].takes;

	if (flag == FLAG_SOURCE)
		offer_sources(t);
	else if (flag == FLAG_PROFILE)
		offer_profiles(t);
	else if (flag == FLAG_BY)
		offer_groups(t);
	else if (strchr(takes, '|'))
		offer_words(t, takes);
	else
		offer_kind(t, bytes_text(takes));
}

static enum flag flag_called(const char *name, size_t len)
{
	for (unsigned f = 0; f < FLAGS; f++)
		if ((strlen(flag_rows[f].name) == len &&
			!strncmp(name, flag_rows[f].name, len)) ||
		    (len == 1 && *name == flag_rows[f].letter))
			return (enum flag)f;
	return FLAGS;
}

/* Behind "--scope" and behind "--scope=" stands what the flag takes. */
static bool offer_behind_flag(struct typing *t)
{
	const struct args *args = &t->app->args;
	const char *word = args->lacks_value ? args->bad : t->words.typed;
	const char *name = word + strspn(word, "-");
	size_t len = strcspn(name, "=");
	enum flag flag = flag_called(name, len);

	if (!args->lacks_value && (name == word || !name[len]))
		return false;
	if (!args->lacks_value)
		candidates_behind(&t->words, "=");
	if (flag != FLAGS && flag_rows[flag].takes)
		offer_value(t, flag);
	return true;
}

/* Noun, verb and what they are about, of the words before the cursor. */
static void find_command(struct typing *t)
{
	struct app *app = t->app;
	const char **words = app->args.words;
	unsigned count = app->args.count;
	unsigned taken = count > 1 ? 2 : count;

	t->noun = count ? words[0] : "";
	t->entity = schema_find_entity(app->schema, bytes_text(t->noun));
	if (count > 1)
		t->command = command_find(app->commands, t->noun, words[1]);
	if (t->command && !*t->command->noun && !t->entity)
		t->command = NULL;
	if (!t->command && count) {
		const struct command *c =
		    command_find(app->commands, t->noun, "");
		t->command = c && *c->noun ? c : NULL;
		taken = 1;
	}
	t->rest = words + taken;
	t->rest_count = count - taken;
	/* "dictionary set customer category", "user effective li customer" */
	for (unsigned i = 0; !t->entity && i < t->rest_count; i++)
		t->entity =
		    schema_find_entity(app->schema, bytes_text(t->rest[i]));
}

static void offer_word(struct typing *t)
{
	unsigned count = t->app->args.count;

	if (!count)
		offer_nouns(t);
	else if (!strcmp(t->noun, "help"))
		count == 1 ? offer_help(t) : offer_verbs(t);
	else if (t->command)
		offer_kind(t, command_word(t->command, t->rest_count));
	if (count == 1 && strcmp(t->noun, "help") != 0)
		offer_verbs(t);
}

/* The words before the cursor, as app_run() would take them; flags before
 * __complete itself hold where they say nothing else. */
static bool read_words(struct app *app)
{
	unsigned count = app->rest_count ? app->rest_count - 1 : 0;
	char **words = keep_array(&app->arena, count + 1, sizeof(*words));
	const struct args own = app->args;

	for (unsigned i = 0; i < count; i++)
		words[i] = keep_text(&app->arena, bytes_text(app->rest[i]));
	enum err e = args_parse(&app->args, &app->arena, (int)count, words);
	if (e != ERR_OK && !app->args.lacks_value)
		return false;
	for (unsigned f = FLAG_SERVER; f <= FLAG_PROFILE; f++)
		if (!app->args.values[f])
			app->args.values[f] = own.values[f];
	if (app_flag(app, FLAG_LANG))
		words_init(&app->words, app_flag(app, FLAG_LANG));
	return profile_load(&app->profile, &app->arena,
		   app_flag(app, FLAG_PROFILE), app_flag(app, FLAG_SERVER),
		   app_flag(app, FLAG_USER)) == ERR_OK;
}

enum err cmd_complete(struct app *app)
{
	struct typing t = { .app = app };
	unsigned count = app->rest_count;

	candidates_begin(
	    &t.words, &app->arena, count ? app->rest[count - 1] : "");
	if (!read_words(app))
		return ERR_OK;
	if (schema_recall(app) != ERR_OK)
		app->schema = NULL;
	find_command(&t);
	if (offer_behind_flag(&t))
		;
	else if (*t.words.typed == '-')
		offer_flags(&t);
	else
		offer_word(&t);
	candidates_print(&t.words);
	return ERR_OK;
}
