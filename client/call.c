// SPDX-License-Identifier: MIT
/*
 * Requests, their repetition and their failures; see call.h.
 */
#include "client/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/link.h"
#include "client/look.h"
#include "client/progress.h"
#include "client/tell.h"
#include "common/clock.h"
#include "common/pack.h"

#define ATTEMPTS       3
#define BUSY_WAITS     5
#define WAIT_MOST_MS   10000
#define ANSWER_MS      30000
#define LONG_ANSWER_MS 600000
#define PARAMS_MOST    ((size_t)64 << 20)

static const struct unpack_limits reply_limits = { 16, 8000000 };

void request_begin(struct request *r, const char *method, enum repeat repeat)
{
	*r = (struct request){ .method = method, .repeat = repeat };
	buf_init(&r->params, PARAMS_MOST);
	r->mark = pack_map_open(&r->params);
}

void request_key(struct request *r, const char *key)
{
	pack_cstr(&r->params, key);
	r->count++;
}

void request_text(struct request *r, const char *key, struct bytes value)
{
	request_key(r, key);
	pack_text(&r->params, value);
}

void request_cstr(struct request *r, const char *key, const char *value)
{
	request_text(r, key, bytes_text(value));
}

void request_int(struct request *r, const char *key, int64_t value)
{
	request_key(r, key);
	pack_int(&r->params, value);
}

void request_bool(struct request *r, const char *key, bool value)
{
	request_key(r, key);
	pack_bool(&r->params, value);
}

void request_raw(struct request *r, const char *key, struct bytes packed)
{
	request_key(r, key);
	pack_raw(&r->params, packed);
}

void request_list(
    struct app *app, struct request *r, const char *key, const char *pieces)
{
	const char **list = args_list(&app->arena, pieces);
	uint32_t count = 0;

	while (list[count])
		count++;
	request_key(r, key);
	pack_array(&r->params, count);
	for (uint32_t i = 0; i < count; i++)
		pack_cstr(&r->params, list[i]);
}

void request_flag(
    struct app *app, struct request *r, const char *key, enum flag flag)
{
	if (app_flag(app, flag))
		request_cstr(r, key, app_flag(app, flag));
}

void request_flag_int(
    struct app *app, struct request *r, const char *key, enum flag flag)
{
	if (app_flag(app, flag))
		request_int(r, key, strtoll(app_flag(app, flag), NULL, 10));
}

enum err request_flag_entry(
    struct app *app, struct request *r, const char *key, enum flag flag)
{
	const char *value = app_flag(app, flag);

	if (value && (!*value || value[strspn(value, "0123456789")]))
		return tell(app, ERR_USAGE, tr(app, "--%s takes %s."),
		    flag_rows[flag].name, tr(app, "an entry's number"));
	request_flag_int(app, r, key, flag);
	return ERR_OK;
}

const char *request_id_new(struct arena *a)
{
	uint8_t random[16];
	char hex[33];

	random_fill(&random_system, random, sizeof(random));
	hex_format(bytes_of(random, sizeof(random)), hex);
	return keep_format(
	    a, "%.8s-%.8s-%.8s-%.8s", hex, hex + 8, hex + 16, hex + 24);
}

void request_write_flags(struct app *app, struct request *r)
{
	const char *override = app_flag(app, FLAG_OVERRIDE);

	request_flag(app, r, "source", FLAG_SOURCE);
	request_flag(app, r, "reason", FLAG_REASON);
	if (override)
		request_list(app, r, "override", override);
	request_flag(app, r, "confirm", FLAG_CONFIRM);
	if (app_flag(app, FLAG_DRY_RUN)) {
		request_bool(r, "dry_run", true);
		r->repeat = CALL_READ;
		return;
	}
	r->id = app_flag(app, FLAG_REQUEST_ID);
	if (!r->id)
		r->id = request_id_new(&app->arena);
	request_cstr(r, "request_id", r->id);
	if (app_flag(app, FLAG_VERBOSE))
		screen_say(&app->screen, ROLE_LABEL, "request-id %s", r->id);
}

static void sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&t, &t) != 0)
		;
}

void call_disconnect(struct app *app)
{
	link_close(app->link);
	app->link = NULL;
	app->logging_in = false;
	for (struct request *q = app->under_way; q; q = q->next)
		q->sent_as = 0;
}

enum err call_connect(struct app *app)
{
	if (app->link)
		return ERR_OK;
	return app->connect(app);
}

/* The answer [1, id, error, result] taken apart. */
static bool parse_reply(struct bytes message, int64_t *id, struct bytes *error,
    struct bytes *result)
{
	struct reader r = reader_of(message);

	if (unpack_check(message, &reply_limits) != ERR_OK ||
	    reader_peek(&r) != UNPACK_ARRAY || read_array(&r) != 4 ||
	    read_int(&r) != 1)
		return false;
	*id = read_int(&r);
	*error = read_raw(&r);
	*result = read_raw(&r);
	return r.err == ERR_OK;
}

/* How long a person is kept; some calls look at each customer there is. */
static unsigned answer_ms(const struct app *app, const char *method)
{
	static const char *const long_ones[] = { "report.run", "rule.run",
		"rule.simulate", "user.statistics", "record.export",
		"record.group" };
	const char *wish = app_flag(app, FLAG_TIMEOUT);
	unsigned long seconds = wish ? strtoul(wish, NULL, 10) : 0;

	if (seconds > 0 && seconds < 86400)
		return (unsigned)seconds * 1000;
	for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++)
		if (!strcmp(method, long_ones[i]))
			return LONG_ANSWER_MS;
	return ANSWER_MS;
}

static enum err send_request(
    struct app *app, struct request *q, struct link_failure *failure)
{
	struct buf message;
	uint32_t id = link_next_id(app->link);

	buf_init(&message, LINK_REPLY_MOST);
	pack_array(&message, 4);
	pack_int(&message, 0);
	pack_uint(&message, id);
	pack_cstr(&message, q->method);
	pack_array(&message, 1);
	pack_raw(&message, buf_bytes(&q->params));
	enum err e = message.err;
	if (e == ERR_OK)
		e = link_send(app->link, buf_bytes(&message),
		    answer_ms(app, q->method), failure);
	buf_release(&message);
	q->sent_as = e == ERR_OK ? id : 0;
	return e;
}

/* An answer that came before it was asked for is kept with its request. */
static void keep_early(struct app *app, int64_t id, struct buf *message)
{
	for (struct request *q = app->under_way; q; q = q->next)
		if (q->sent_as == id && !buf_bytes(&q->reply).len) {
			struct buf empty = q->reply;

			q->reply = *message;
			*message = empty;
			return;
		}
}

static enum err take_reply(const struct request *q, struct bytes message,
    struct arena *into, struct bytes *result, struct bytes *refusal)
{
	struct bytes error;
	int64_t id;

	if (!parse_reply(message, &id, &error, result) || id != q->sent_as)
		return ERR_BUSY;
	if (value_type(error) == UNPACK_NIL) {
		*result = keep_bytes(into, *result);
		return ERR_OK;
	}
	*refusal = keep_bytes(into, error);
	*result = BYTES_NONE;
	return tell_kind(*refusal);
}

/* The answer to what was sent, in `into`. */
static enum err await_reply(struct app *app, struct request *q,
    struct arena *into, struct bytes *result, struct bytes *refusal,
    struct link_failure *failure)
{
	struct buf message;
	bool is_mine = false;
	enum err e = ERR_OK;

	*result = *refusal = BYTES_NONE;
	buf_init(&message, LINK_REPLY_MOST);
	while (e == ERR_OK && !is_mine) {
		struct bytes error, other;
		int64_t id = 0;

		e = link_receive(app->link, &message, failure);
		progress_waited(app);
		if (e != ERR_OK ||
		    !parse_reply(buf_bytes(&message), &id, &error, &other))
			continue;
		is_mine = id == q->sent_as;
		if (!is_mine)
			keep_early(app, id, &message);
	}
	if (is_mine)
		e = take_reply(q, buf_bytes(&message), into, result, refusal);
	q->sent_as = 0;
	buf_release(&message);
	return e;
}

/* One request out, its answer in; both end in `into`. */
static enum err exchange(struct app *app, struct request *q, struct arena *into,
    struct bytes *result, struct bytes *refusal, struct link_failure *failure)
{
	enum err e = send_request(app, q, failure);

	*result = *refusal = BYTES_NONE;
	return e == ERR_OK ? await_reply(app, q, into, result, refusal, failure)
			   : e;
}

static void say_waiting(struct app *app, unsigned ms)
{
	if (app->screen.can_ask)
		screen_say(&app->screen, ROLE_LABEL,
		    tr(app, "The server is busy; waiting %.1f s ..."),
		    (double)ms / 1000);
}

/* Waits out `busy`; false when it is not that or was long enough. */
static bool wait_busy(struct app *app, struct bytes refusal, unsigned waits)
{
	int64_t ms = look_int(refusal, "retry_after_ms", 200 << waits);

	if (!bytes_is(look_text(refusal, "code"), "busy") ||
	    waits >= BUSY_WAITS || ms < 0 || ms > WAIT_MOST_MS)
		return false;
	if (ms >= 1000)
		say_waiting(app, (unsigned)ms);
	sleep_ms(ms ? (unsigned)ms : 1);
	return true;
}

static enum err tell_unknown(struct app *app, const struct request *q)
{
	if (q->id)
		return tell(app, ERR_UNREACHABLE,
		    tr(app, "The connection was lost. It is not known whether "
			    "this was stored. Repeat the same command with "
			    "--request-id %s : it is stored once only."),
		    q->id);
	return tell(app, ERR_UNREACHABLE,
	    tr(app, "The connection was lost. It is not known whether this was "
		    "done; look before you repeat it."));
}

/* Whether another attempt is safe and left. */
static bool may_repeat(
    const struct request *q, const struct link_failure *f, unsigned attempt)
{
	if (attempt + 1 >= ATTEMPTS)
		return false;
	return q->repeat == CALL_READ || q->repeat == CALL_WRITE || !f->sent;
}

static bool leaves_doubt(const struct request *q)
{
	return q->repeat == CALL_WRITE || q->repeat == CALL_ONCE;
}

static enum err attempt_call(struct app *app, struct request *q,
    struct arena *into, struct bytes *result, struct bytes *refusal)
{
	struct link_failure failure = { 0 };
	unsigned waits = 0;
	bool was_sent = false;

	for (unsigned attempt = 0;;) {
		enum err e = call_connect(app);
		if (e != ERR_OK) {
			return was_sent && leaves_doubt(q)
				   ? tell_unknown(app, q)
				   : e;
		}
		e = exchange(app, q, into, result, refusal, &failure);
		if (refusal->len) {
			if (!wait_busy(app, *refusal, waits++))
				return e;
			continue;
		}
		if (e != ERR_UNREACHABLE && e != ERR_UNTRUSTED)
			return e;
		call_disconnect(app);
		if (e == ERR_UNTRUSTED)
			return tell_failure(app, e, &failure);
		was_sent = was_sent || failure.sent;
		if (!may_repeat(q, &failure, attempt)) {
			return was_sent && leaves_doubt(q)
				   ? tell_unknown(app, q)
				   : tell_failure(app, e, &failure);
		}
		sleep_ms(200u << (2 * attempt++));
	}
}

enum err call_quietly(struct app *app, struct request *r, struct arena *into,
    struct bytes *result, struct bytes *refusal)
{
	*result = *refusal = BYTES_NONE;
	pack_map_close(&r->params, r->mark, r->count);
	enum err e = r->params.err;
	if (e == ERR_OK)
		e = attempt_call(app, r, into, result, refusal);
	else
		e = tell(app, e, "%s", tr(app, "The request is too large."));
	buf_release(&r->params);
	return e;
}

/* --- several at once -----------------------------------------------------*/

void call_start(struct app *app, struct request *r)
{
	struct link_failure failure = { 0 };

	pack_map_close(&r->params, r->mark, r->count);
	buf_init(&r->reply, LINK_REPLY_MOST);
	r->next = app->under_way;
	app->under_way = r;
	if (r->params.err == ERR_OK && call_connect(app) == ERR_OK &&
	    send_request(app, r, &failure) != ERR_OK)
		call_disconnect(app);
}

static void take_off(struct app *app, const struct request *r)
{
	struct request **at = &app->under_way;

	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
}

void call_drop(struct app *app, struct request *r)
{
	take_off(app, r);
	buf_release(&r->reply);
	buf_release(&r->params);
}

/* The answer if it is here or on its way; ERR_UNREACHABLE if it is not. */
static enum err first_answer(struct app *app, struct request *r,
    struct arena *into, struct bytes *result, struct bytes *refusal)
{
	struct link_failure failure = { 0 };
	enum err e;

	if (buf_bytes(&r->reply).len)
		return take_reply(
		    r, buf_bytes(&r->reply), into, result, refusal);
	if (!r->sent_as)
		return ERR_UNREACHABLE;
	e = await_reply(app, r, into, result, refusal, &failure);
	if (e == ERR_UNREACHABLE)
		call_disconnect(app);
	return e;
}

enum err call_finish(struct app *app, struct request *r, struct arena *into,
    struct bytes *result, struct bytes *refusal)
{
	enum err e = r->params.err;

	*result = *refusal = BYTES_NONE;
	if (e != ERR_OK)
		e = tell(app, e, "%s", tr(app, "The request is too large."));
	else
		e = first_answer(app, r, into, result, refusal);
	if (e == ERR_UNREACHABLE ||
	    bytes_is(look_text(*refusal, "code"), "busy"))
		e = attempt_call(app, r, into, result, refusal);
	call_drop(app, r);
	return e;
}

enum err call(struct app *app, struct request *r, struct arena *into,
    struct bytes *result)
{
	struct bytes refusal;
	enum err e = call_quietly(app, r, into, result, &refusal);

	return refusal.len ? tell_refusal(app, refusal) : e;
}
