// SPDX-License-Identifier: MIT
/*
 * The words for one finding; see finding.h.
 */
#include "client/finding.h"

#include "client/look.h"
#include "client/schema.h"
#include "client/suggest.h"
#include "common/text.h"

/* Sentences of the server that hold a part of their own. */
static const char *const templates[] = {
	"at most %s characters",
	"at most %s items",
	"use at least %s characters",
	"use at most %s bytes",
	"a number from %s up to %s is expected",
	"a number from %s is expected",
	"a number up to %s is expected",
	"there is no such %s that you may use",
	"this looks like %s; put it into its own field",
	"this parameter is %s",
};

#define PARTS 2

/* What stands for each %s of the template; false if it is another. */
static bool match(struct app *app, const char *template, const char *message,
    const char *parts[static PARTS])
{
	for (unsigned n = 0;; n++) {
		const char *hole = strstr(template, "%s");
		size_t len =
		    hole ? (size_t)(hole - template) : strlen(template);
		if (strncmp(message, template, len) != 0)
			return false;
		message += len;
		if (!hole || n == PARTS)
			return !*message;
		template = hole + 2;
		hole = strstr(template, "%s");
		len = hole ? (size_t)(hole - template) : strlen(template);
		const char *end = message + strlen(message);
		if (len)
			end = memmem(
			    message, (size_t)(end - message), template, len);
		if (!end)
			return false;
		parts[n] = keep_text(
		    &app->arena, bytes_of(message, (size_t)(end - message)));
		message = end;
	}
}

static const char *say_part(struct app *app, const char *part)
{
	const struct entity *e =
	    schema_find_entity(app->schema, bytes_text(part));

	return e ? keep_text(&app->arena, entity_label(app, e)) : tr(app, part);
}

static const char *fill(
    struct app *app, const char *said, const char *parts[static PARTS])
{
	const char *out = "";

	for (unsigned n = 0; n <= PARTS; n++) {
		const char *hole = strstr(said, "%s");
		if (!hole || n == PARTS)
			break;
		out = keep_format(&app->arena, "%s%.*s%s", out,
		    (int)(hole - said), said, say_part(app, parts[n]));
		said = hole + 2;
	}
	return keep_format(&app->arena, "%s%s", out, said);
}

/* The template's words in the reader's language, or NULL. */
static const char *say_template(struct app *app, const char *message)
{
	const char *parts[PARTS] = { "", "" };

	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++)
		if (match(app, templates[i], message, parts))
			return fill(app, tr(app, templates[i]), parts);
	return NULL;
}

/* The labels that may be chosen, for a refused choice. */
static const char *say_choices(struct app *app, struct bytes finding)
{
	const struct field *f =
	    entity_find_field(app->entity, look_text(finding, "field"));
	const char *list = "";

	if (!f || (!bytes_is(look_text(finding, "rule"), "value") &&
		      !bytes_is(look_text(finding, "rule"), "choice")))
		return NULL;
	for (unsigned i = 0; i < f->choice_count; i++) {
		struct bytes label = choice_label(app, &f->choices[i]);
		list = keep_format(&app->arena, "%s%s%.*s", list, i ? ", " : "",
		    (int)label.len, (const char *)label.data);
	}
	return *list ? keep_format(&app->arena, tr(app, "one of: %s"), list)
		     : NULL;
}

/* What a refused state may become, by its labels in place of the keys that
 * the message ends in. */
static const char *say_moves(struct app *app, struct bytes finding)
{
	const struct field *f =
	    entity_find_field(app->entity, look_text(finding, "field"));
	const char *text =
	    keep_text(&app->arena, look_text(finding, "message"));
	const char *keys = strchr(text, ':');
	const char *list = "";

	if (!f || !keys || !bytes_is(look_text(finding, "rule"), "move"))
		return NULL;
	for (const char **one = args_list(&app->arena, keys + 1); *one; one++) {
		struct bytes label = choice_named(app, f, bytes_text(*one));

		list = keep_format(&app->arena, "%s%s%.*s", list,
		    *list ? ", " : "", (int)label.len,
		    (const char *)label.data);
	}
	return keep_format(&app->arena, tr(app, "it can become: %s"), list);
}

/* The word that a parameter was typed as, by the order of the row's, or that
 * is refused itself; NULL if it was not typed. */
static const char *typed_as(const struct app *app, struct bytes param)
{
	const char *at = app->command ? app->command->params : NULL;

	for (unsigned i = 0; at && i < app->rest_count; i++) {
		at += strspn(at, "? !");
		size_t len = strcspn(at, " !");

		if (bytes_equal(param, bytes_of(at, len)) ||
		    bytes_is(param, app->rest[i]))
			return app->rest[i];
		at += len;
	}
	return NULL;
}

/* The same, also where it was typed as `param=value`; of an entity's commands
 * those are fields. */
const char *finding_typed(const struct app *app, struct bytes param)
{
	unsigned count = app->entity ? 0 : app->rest_count;

	for (unsigned i = 0; param.len && i < count; i++) {
		const char *word = app->rest[i];

		if (bytes_starts(bytes_text(word), param) &&
		    word[param.len] == '=')
			return word + param.len + 1;
	}
	return typed_as(app, param);
}

/* What was given for a field: `field=value`, by key or label, or the flag; a
 * condition of this form too. */
static struct bytes typed_for(const struct app *app, const struct field *f)
{
	const char *flag = app_flag(app, FLAG_SOURCE);

	for (unsigned i = 0; i < app->rest_count; i++) {
		const char *sign = strchr(app->rest[i], '=');
		struct bytes name = bytes_of(
		    app->rest[i], sign ? (size_t)(sign - app->rest[i]) : 0);

		if (sign &&
		    entity_find_field(app->entity, text_trim(name)) == f)
			return text_trim(bytes_text(sign + 1));
	}
	return flag && bytes_is(f->key, flag_rows[FLAG_SOURCE].name)
		   ? bytes_text(flag)
		   : BYTES_NONE;
}

/* The same words for what is not there and for what one may not know of. */
const char *finding_unknown(struct app *app, struct bytes field)
{
	bool hidden = app->entity && !app->entity->field_count;

	if (hidden)
		return keep_format(
		    &app->arena, tr(app, "There is no %s."), app->noun);
	if (finding_typed(app, field))
		return keep_format(&app->arena, tr(app, "There is no %s."),
		    finding_typed(app, field));
	return keep_format(&app->arena,
	    tr(app, "There is no field %s that you may use."),
	    keep_text(&app->arena, field));
}

/* Notes that hold a number, and the check of the fields that are for it. */
static const struct {
	const char *rule, *check;
} homes[] = { { "note_id", "resident_id" }, { "note_mobile", "mobile" },
	{ "note_card", "bank_account" } };

static const struct field *with_check(const struct entity *e, const char *check)
{
	for (unsigned i = 0; i < e->field_count; i++)
		if (bytes_is(e->fields[i].check, check) &&
		    field_may_enter(&e->fields[i]))
			return &e->fields[i];
	return NULL;
}

static bool is_child_of(const struct entity *child, const struct entity *e)
{
	const struct field *f = entity_find_field(child, child->parent);

	return f && bytes_equal(f->ref, e->key);
}

static const struct field *home_of(const struct app *app, const char *check)
{
	const struct entity *e = app->entity;
	const struct field *f = with_check(e, check);

	for (unsigned i = 0; !f && i < app->schema->entity_count; i++) {
		const struct entity *other = &app->schema->entities[i];

		if (is_child_of(other, e) || is_child_of(e, other))
			f = with_check(other, check);
	}
	return f;
}

/* Where a number in a note belongs, as far as this user may enter it: into
 * the record, or into one that hangs together with it. */
static const char *say_home(struct app *app, struct bytes rule)
{
	const struct field *f = NULL;
	struct bytes label;

	if (!app->entity || !app->schema)
		return "";
	for (size_t i = 0; i < sizeof(homes) / sizeof(*homes); i++)
		if (bytes_is(rule, homes[i].rule))
			f = home_of(app, homes[i].check);
	if (!f)
		return "";
	label = field_label(app, f);
	return keep_format(&app->arena, ": %.*s (%.*s)", (int)label.len,
	    (const char *)label.data, (int)f->key.len,
	    (const char *)f->key.data);
}

/* What is wrong in a file of rules stands in the server's words alone. */
static const char *say_rule(
    struct app *app, struct bytes rule, const char *text)
{
	const char *key = keep_format(
	    &app->arena, "rule.%.*s", (int)rule.len, (const char *)rule.data);
	const char *said = tr(app, key);

	if (said == key)
		return text;
	return bytes_is(rule, "rules")
		   ? keep_format(&app->arena, "%s: %s", said, text)
		   : said;
}

/* The sentence itself if the catalogue has it, else "rule.NAME", else as the
 * server said it. */
static const char *say_words(struct app *app, struct bytes finding)
{
	struct bytes rule = look_text(finding, "rule");
	struct bytes message = look_text(finding, "message");
	const char *text = keep_text(&app->arena, message);
	struct bytes field = look_text(finding, "field");
	const char *said = say_choices(app, finding);

	if (!said)
		said = say_moves(app, finding);
	if (!said && field.len &&
	    bytes_is(look_text(finding, "code"), err_word(ERR_UNKNOWN)))
		said = finding_unknown(app, field);
	if (said)
		return said;
	/* A company's own rule brings its words. */
	message = look_text(finding, "message_zh");
	if (app->words.chinese && message.len)
		return keep_text(&app->arena, message);
	said = tr(app, text);
	if (said != text || !app->words.chinese)
		return said;
	said = say_template(app, text);
	return said ? said : say_rule(app, rule, text);
}

const char *finding_say(struct app *app, struct bytes finding)
{
	const char *said = say_words(app, finding);
	const char *home = say_home(app, look_text(finding, "rule"));

	return *home ? keep_format(&app->arena, "%s%s", said, home) : said;
}

/* The flag that a parameter was typed as, or NULL. */
static const char *flag_of(struct app *app, struct bytes param)
{
	if (bytes_is(param, "group")) /* what --by asks for */
		param = bytes_text(flag_rows[FLAG_BY].name);
	for (unsigned f = 0; f < FLAGS; f++)
		if (app_flag(app, f) && bytes_is(param, flag_rows[f].name))
			return keep_format(
			    &app->arena, "--%s", flag_rows[f].name);
	return NULL;
}

const char *finding_field(struct app *app, struct bytes key)
{
	const struct field *f = entity_find_field(app->entity, key);
	struct bytes label = f ? field_label(app, f) : key;

	if (!f && typed_as(app, key))
		return typed_as(app, key);
	if (!f && flag_of(app, key))
		return flag_of(app, key);
	if (!f || bytes_equal(label, key))
		return keep_text(&app->arena, key);
	return keep_format(&app->arena, "%.*s (%.*s)", (int)label.len,
	    (const char *)label.data, (int)key.len, (const char *)key.data);
}

/* Whether an example of the right form would help. */
static bool is_about_form(struct bytes finding)
{
	static const char *const others[] = { "archived", "unique", "once",
		"automatic", "reason_required" };
	struct bytes rule = look_text(finding, "rule");

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (bytes_is(rule, others[i]))
			return false;
	return true;
}

void finding_put(struct app *app, struct bytes finding)
{
	struct bytes field = look_text(finding, "field");
	struct bytes record = look_text(finding, "record");
	int64_t item = look_int(finding, "item", -1);
	const struct field *f = entity_find_field(app->entity, field);
	const char *where = field.len ? keep_format(&app->arena,
					    "%s: ", finding_field(app, field))
				      : "";

	if (item >= 0)
		where = keep_format(
		    &app->arena, "#%lld %s", (long long)item, where);
	if (record.len)
		where = keep_format(&app->arena, "%.*s %s", (int)record.len,
		    (const char *)record.data, where);
	screen_say(
	    &app->screen, ROLE_BAD, "x %s%s", where, finding_say(app, finding));
	if (say_choices(app, finding))
		suggest_choice(app, f, typed_for(app, f));
	else if (f && f->example.len && !f->sealed && is_about_form(finding))
		screen_say(&app->screen, ROLE_LABEL, "    %s %.*s",
		    tr(app, "for example"), (int)f->example.len,
		    (const char *)f->example.data);
}
