// SPDX-License-Identifier: MIT
/*
 * The words for what went wrong; see tell.h.
 */
#include "client/tell.h"

#include <stdarg.h>
#include <stdio.h>

#include "client/command.h"
#include "client/json.h"
#include "client/look.h"
#include "client/schema.h"
#include "client/suggest.h"
#include "common/pack.h"

static void put_json(struct bytes packed)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	json_append(&out, packed);
	buf_append_byte(&out, '\n');
	fflush(stdout);
	fwrite(buf_bytes(&out).data, 1, buf_bytes(&out).len, stderr);
	buf_release(&out);
}

enum err tell(struct app *app, enum err e, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	int len = vsnprintf(NULL, 0, format, list);
	va_end(list);
	char *text = keep_alloc(&app->arena, (size_t)(len < 0 ? 0 : len) + 1);
	va_start(list, format);
	vsnprintf(text, (size_t)(len < 0 ? 0 : len) + 1, format, list);
	va_end(list);
	if (!app_flag(app, FLAG_JSON)) {
		screen_say(&app->screen, ROLE_BAD, "x %s", text);
		return e;
	}
	struct buf map;
	buf_init(&map, KEEP_CAP);
	pack_map(&map, 2);
	pack_key_cstr(&map, "code", e == ERR_USAGE ? "usage" : err_word(e));
	pack_key_cstr(&map, "message", text);
	put_json(keep_buf(&app->arena, &map));
	return e;
}

enum err tell_which(struct app *app)
{
	if (app->rest_count > 1)
		return tell(app, ERR_USAGE, tr(app, "%s is one word too many."),
		    app->rest[1]);
	return tell(app, ERR_USAGE, tr(app, "Which one? kehu %s %s NUMBER"),
	    app->noun, app->command->verb);
}

void tell_next(struct app *app, const char *format, ...)
{
	va_list list;

	if (app_flag(app, FLAG_JSON) || app_flag(app, FLAG_JSONL) ||
	    app_flag(app, FLAG_CSV))
		return;
	va_start(list, format);
	int len = vsnprintf(NULL, 0, format, list);
	va_end(list);
	char *text = keep_alloc(&app->arena, (size_t)(len < 0 ? 0 : len) + 1);
	va_start(list, format);
	vsnprintf(text, (size_t)(len < 0 ? 0 : len) + 1, format, list);
	va_end(list);
	screen_say(&app->screen, ROLE_LABEL, "%s  %s", tr(app, "Next"), text);
}

enum err tell_kind(struct bytes refusal)
{
	struct bytes code = look_text(refusal, "code");
	char word[32];

	if (code.len >= sizeof(word))
		return ERR_INTERNAL;
	memcpy(word, code.data ? code.data : (const uint8_t *)"", code.len);
	word[code.len] = 0;
	enum err e = err_parse(word);
	return e == ERR_OK ? ERR_INTERNAL : e;
}

static const char *const steps[] = {
	[LINK_NAME] = "The name %s is not known (%s).",
	[LINK_CONNECT] = "No connection to %s (%s).",
	[LINK_TLS] = "No secure connection to %s (%s).",
	[LINK_TRUST] = ("%s cannot be trusted (%s). Someone may stand between "
			"you and the server; nothing was sent."),
	[LINK_SEND] = "The connection to %s was lost (%s).",
	[LINK_REPLY] = "The connection to %s was lost (%s).",
};

enum err tell_failure(struct app *app, enum err e, const struct link_failure *f)
{
	const char *server = keep_format(
	    &app->arena, "%s:%s", app->profile.host, app->profile.port);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return tell(app, e, tr(app, steps[f->step]), server, f->why);
#pragma GCC diagnostic pop
}

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

	if (!f || !bytes_is(look_text(finding, "rule"), "value"))
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

/* The same words for what is not there and for what one may not know of. */
static const char *say_unknown(struct app *app, struct bytes field)
{
	bool hidden = app->entity && !app->entity->field_count;

	if (hidden)
		return keep_format(
		    &app->arena, tr(app, "There is no %s."), app->noun);
	if (typed_as(app, field))
		return keep_format(&app->arena, tr(app, "There is no %s."),
		    typed_as(app, field));
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

/* The sentence itself if the catalogue has it, else "rule.NAME", else as the
 * server said it. */
static const char *say_words(struct app *app, struct bytes finding)
{
	struct bytes rule = look_text(finding, "rule");
	struct bytes message = look_text(finding, "message");
	const char *key = keep_format(
	    &app->arena, "rule.%.*s", (int)rule.len, (const char *)rule.data);
	const char *text = keep_text(&app->arena, message);
	struct bytes field = look_text(finding, "field");
	const char *said = say_choices(app, finding);

	if (!said)
		said = say_moves(app, finding);
	if (!said && field.len &&
	    bytes_is(look_text(finding, "code"), err_word(ERR_UNKNOWN)))
		said = say_unknown(app, field);
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
	if (said)
		return said;
	said = tr(app, key);
	return said != key ? said : text;
}

const char *tell_finding(struct app *app, struct bytes finding)
{
	const char *said = say_words(app, finding);
	const char *home = say_home(app, look_text(finding, "rule"));

	return *home ? keep_format(&app->arena, "%s%s", said, home) : said;
}

static const char *field_name(struct app *app, struct bytes key)
{
	const struct field *f = entity_find_field(app->entity, key);
	struct bytes label = f ? field_label(app, f) : key;

	if (!f && typed_as(app, key))
		return typed_as(app, key);
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

static void say_finding(struct app *app, struct bytes finding)
{
	struct bytes field = look_text(finding, "field");
	struct bytes record = look_text(finding, "record");
	int64_t item = look_int(finding, "item", -1);
	const struct field *f = entity_find_field(app->entity, field);
	const char *where =
	    field.len ? keep_format(&app->arena, "%s: ", field_name(app, field))
		      : "";

	if (item >= 0)
		where = keep_format(
		    &app->arena, "#%lld %s", (long long)item, where);
	if (record.len)
		where = keep_format(&app->arena, "%.*s %s", (int)record.len,
		    (const char *)record.data, where);
	screen_say(&app->screen, ROLE_BAD, "x %s%s", where,
	    tell_finding(app, finding));
	if (f && f->example.len && !f->sealed && is_about_form(finding))
		screen_say(&app->screen, ROLE_LABEL, "    %s %.*s",
		    tr(app, "for example"), (int)f->example.len,
		    (const char *)f->example.data);
}

/* Words of our own for codes that come without details. */
static const struct {
	enum err kind;
	const char *say;
} plain_words[] = {
	{ ERR_UNAUTHENTICATED,
	    "You are not logged in, or the login is wrong." },
	{ ERR_LOCKED, "Too many failed logins; try later." },
	{ ERR_NOT_FOUND, "No such record, or none that you may see." },
	{ ERR_CONFLICT, "Somebody changed this record meanwhile; look again, "
			"then repeat." },
	{ ERR_DENIED, "You may not do this." },
	{ ERR_BUSY, "The server is busy; try again in a moment." },
	{ ERR_UNAVAILABLE, "The server cannot write now; nothing was stored." },
	{ ERR_INTERNAL, "Something failed inside the server." },
	{ ERR_TOO_LARGE, "That is larger than allowed." },
};

#define HOUR_MS (60 * 60 * 1000)

/* Rules that name what must be done first, or by whom. */
static const struct {
	const char *rule, *say, *next;
} duties[] = {
	{ "password_change", "The password must be changed first.",
	    "kehu passwd" },
	{ "own_entry", "Whoever entered or changed it cannot approve it.",
	    NULL },
	{ "totp_enroll", "A second factor must be switched on first.",
	    "kehu totp enroll" },
};

/* Its row, or -1. */
static int duty_of(struct bytes refusal)
{
	for (size_t i = 0; i < sizeof(duties) / sizeof(*duties); i++)
		if (bytes_is(look_text(refusal, "rule"), duties[i].rule))
			return (int)i;
	return -1;
}

static const char *sentence(struct app *app, struct bytes refusal, enum err e)
{
	struct bytes message = look_text(refusal, "message");
	const char *text = keep_text(&app->arena, message);
	const char *said = tr(app, text);

	if (duty_of(refusal) >= 0)
		return tr(app, duties[duty_of(refusal)].say);
	bool is_plain = bytes_is(message, err_text(e));
	if (message.len && !is_plain && (said != text || !app->words.chinese))
		return said;
	said = tell_finding(app, refusal);
	if (look_text(refusal, "rule").len && said != text &&
	    strcmp(said, text) != 0)
		return said;
	for (size_t i = 0; i < sizeof(plain_words) / sizeof(*plain_words); i++)
		if (plain_words[i].kind == e)
			return tr(app, plain_words[i].say);
	return text;
}

/* Where what the command names can be looked up, if it is no entity's. */
static void say_list(struct app *app)
{
	const struct command *c = app->command;
	const struct command *list;

	if (app->entity || !c || !*c->noun || !app->rest_count)
		return;
	list = command_find(app->commands, c->noun, "list");
	if (list && list != c)
		tell_next(app, "kehu %s list", c->noun);
	else if (!*c->verb)
		tell_next(app, "kehu %s", c->noun);
}

static void say_advice(struct app *app, struct bytes refusal, enum err e)
{
	struct bytes field = look_text(refusal, "field");
	int64_t wait = look_int(refusal, "retry_after_ms", -1);

	bool hidden = app->entity && !app->entity->field_count;
	if (e == ERR_UNKNOWN && hidden)
		suggest_entity(app, app->entity->key);
	else if (e == ERR_UNKNOWN && app->entity && field.len)
		suggest_field(app, app->entity, field);
	if (e == ERR_NOT_FOUND && app->entity)
		tell_next(app, "kehu %s find", app->noun);
	if (e == ERR_UNKNOWN || e == ERR_NOT_FOUND)
		say_list(app);
	if (e == ERR_UNAUTHENTICATED)
		tell_next(app, "kehu login");
	int duty = duty_of(refusal);
	if (duty >= 0 && duties[duty].next)
		tell_next(app, "%s", duties[duty].next);
	else if (e == ERR_DENIED && app->help.len)
		screen_say(&app->screen, ROLE_LABEL, "  %s %.*s",
		    tr(app, "Ask:"), (int)app->help.len,
		    (const char *)app->help.data);
	if (bytes_is(look_text(refusal, "rule"), "quota"))
		screen_say(&app->screen, ROLE_LABEL, "  %s",
		    tr(app, "Fields that are not sealed can still be read: "
			    "--fields KEY,..."));
	if (wait > HOUR_MS)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "  Try again in %lld hours."),
		    (long long)(wait + HOUR_MS - 1) / HOUR_MS);
	else if (wait > 0)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "  Try again in %lld seconds."),
		    (long long)(wait + 999) / 1000);
}

enum err tell_refusal(struct app *app, struct bytes refusal)
{
	enum err e = tell_kind(refusal);
	struct bytes field = look_text(refusal, "field");
	struct bytes code = look_text(refusal, "code");
	uint32_t count;
	struct reader errors = look_array(refusal, "errors", &count);

	if (app_flag(app, FLAG_JSON)) {
		put_json(refusal);
		return e;
	}
	for (uint32_t i = 0; i < count; i++)
		say_finding(app, read_raw(&errors));
	if (!count && e == ERR_UNKNOWN && field.len)
		screen_say(
		    &app->screen, ROLE_BAD, "x %s", say_unknown(app, field));
	else if (!count)
		screen_say(&app->screen, ROLE_BAD, "x %s%s%s",
		    field.len ? field_name(app, field) : "",
		    field.len ? ": " : "", sentence(app, refusal, e));
	say_advice(app, refusal, e);
	screen_say(&app->screen, ROLE_LABEL, "  [%.*s]", (int)code.len,
	    (const char *)code.data);
	return e;
}
