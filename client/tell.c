// SPDX-License-Identifier: MIT
/*
 * The words for what went wrong; see tell.h.
 */
#include "client/tell.h"

#include <stdarg.h>
#include <stdio.h>

#include "client/command.h"
#include "client/finding.h"
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
	char *text = keep_vformat(&app->arena, format, list);
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
	char *text = keep_vformat(&app->arena, format, list);
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
	[LINK_OWN_CERTIFICATE] =
	    ("%s wants a certificate of this client that it knows (%s): "
	     "--cert FILE --key FILE. Nothing was done."),
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

/* Rules with a sentence of their own: what must be done first, or by whom. */
static const struct {
	const char *rule, *say, *next;
} duties[] = {
	{ "password_change", "The password must be changed first.",
	    "kehu passwd" },
	{ "own_entry", "Whoever entered or changed it cannot approve it.",
	    NULL },
	{ "parameter", "There is no such parameter.", NULL },
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
	said = finding_say(app, refusal);
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

/* An entity or one of its fields that a command of another noun was given;
 * what this user may know of lies at hand. */
static void suggest_typed(struct app *app, struct bytes field)
{
	const char *word = finding_typed(app, field);
	const struct entity *e = NULL;

	if (!word || schema_recall(app) != ERR_OK)
		return;
	for (unsigned i = 0; !e && i < app->rest_count; i++)
		e = schema_find_entity(app->schema, bytes_text(app->rest[i]));
	if (e)
		suggest_field(app, e, bytes_text(word));
	else
		suggest_entity(app, bytes_text(word));
}

/* What the unknown could have been. */
static void say_near(struct app *app, struct bytes refusal, enum err e)
{
	struct bytes field = look_text(refusal, "field");

	if (e == ERR_UNKNOWN && !app->entity)
		suggest_typed(app, field);
	else if (e == ERR_UNKNOWN && !app->entity->field_count)
		suggest_entity(app, app->entity->key);
	else if (e == ERR_UNKNOWN && field.len)
		suggest_field(app, app->entity, field);
	if (e == ERR_NOT_FOUND && app->entity)
		tell_next(app, "kehu %s find", app->noun);
}

/* A finding that is near one has listed them. */
static void say_names(struct app *app, struct bytes refusal,
    const char *const *names, const char *word)
{
	bool is_near = suggest_among(app, names, bytes_text(word));

	if (!is_near || !look_value(refusal, "errors").len)
		suggest_all(app, names);
}

static void say_advice(struct app *app, struct bytes refusal, enum err e)
{
	int64_t wait = look_int(refusal, "retry_after_ms", -1);

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

enum err tell_refusal_among(struct app *app, struct bytes refusal,
    const char *const *names, const char *word)
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
		finding_put(app, read_raw(&errors));
	if (!count && e == ERR_UNKNOWN && field.len)
		screen_say(&app->screen, ROLE_BAD, "x %s",
		    finding_unknown(app, field));
	else if (!count)
		screen_say(&app->screen, ROLE_BAD, "x %s%s%s",
		    field.len ? finding_field(app, field) : "",
		    field.len ? ": " : "", sentence(app, refusal, e));
	if (names)
		say_names(app, refusal, names, word);
	else
		say_near(app, refusal, e);
	if (e == ERR_UNKNOWN || e == ERR_NOT_FOUND)
		say_list(app);
	say_advice(app, refusal, e);
	screen_say(&app->screen, ROLE_LABEL, "  [%.*s]", (int)code.len,
	    (const char *)code.data);
	return e;
}

enum err tell_refusal(struct app *app, struct bytes refusal)
{
	return tell_refusal_among(app, refusal, NULL, NULL);
}
