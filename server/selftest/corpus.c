// SPDX-License-Identifier: MIT
/*
 * Choosing a method, its parameters, and how to spoil them.
 */
#include "server/selftest/corpus.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/pack.h"
#include "common/unpack.h"

#define PARAMS     (512 * 1024)
#define OFTEN      70 /* percent of the requests about records */
#define SEARCHES   45 /* percent of these */
#define OTHERS     25 /* percent of the parameters that may be left out */
#define SEQUELS    70 /* percent of what an answer invites to */
#define RARE       6  /* of those that seldom fit */
#define SPOILT     6
#define LEARN_DEEP 8

/* --- the makers, in the table's order ------------------------------------*/

#define METHOD(noun, verb, ...) void ask_##noun##_##verb(struct corpus *c);
#include "server/rpc/method.def"
#undef METHOD

#define METHOD(noun, verb, ...) ask_##noun##_##verb,
static void (*const makers[])(struct corpus *c) = {
#include "server/rpc/method.def"
};
#undef METHOD

/* --- life ----------------------------------------------------------------*/

void corpus_init(struct corpus *c, const struct stock *s, uint64_t seed)
{
	*c = (struct corpus){ .stock = s,
		.dice = { seed },
		.arena = &s->pair->arena,
		.fresh = FRESH_FROM };
	buf_init(&c->params, PARAMS);
	buf_init(&c->sequel.params, PARAMS);
}

void corpus_release(struct corpus *c)
{
	buf_release(&c->params);
	buf_release(&c->sequel.params);
}

/* --- parameters ----------------------------------------------------------*/

void give(struct corpus *c, const char *param)
{
	pack_cstr(&c->params, param);
	param_put(c, param, &c->params);
	c->count++;
}

void give_text(struct corpus *c, const char *param, const char *text)
{
	pack_key_cstr(&c->params, param, text);
	c->count++;
}

/* Most that is said there makes the request another's, or an old one. */
static const char rare[] =
    "version confirm override row request_id source after otp token ";

static bool is_wanted(struct corpus *c, const char *always, struct bytes param)
{
	if (param_is_known(always, param))
		return true;
	return dice_percent(
	    &c->dice, param_is_known(rare, param) ? RARE : OTHERS);
}

void ask_some(struct corpus *c, const char *always)
{
	const char *at = c->method->params;

	while (*at) {
		size_t len = strcspn(at, " ");
		char *param = arena_text(c->arena, bytes_of(at, len));

		at += len + 1;
		if (param && is_wanted(c, always, bytes_text(param)))
			give(c, param);
	}
}

/* --- spoiling ------------------------------------------------------------*/

/* Unknown, misspelt and repeated names; too deep; too long. */
static void add_nonsense(struct corpus *c)
{
	static const char *const names[] = { "n_o_n_e", "Entity", "entity ",
		"where", "fields", "__proto__", "ｅｎｔｉｔｙ", "" };

	if (dice_percent(&c->dice, 20)) {
		pack_cstr(&c->params, "reason");
		for (unsigned i = 0; i < 20; i++)
			pack_array(&c->params, 1);
		pack_nil(&c->params);
	} else if (dice_percent(&c->dice, 10)) {
		char *text = arena_alloc(c->arena, 70000);

		memset(text, 'x', 69999);
		pack_key_cstr(&c->params, "reason", text);
	} else {
		pack_key_bool(&c->params, dice_any(&c->dice, names), true);
	}
	c->count++;
}

/* A byte becomes another, or some are missing or left over. */
static void damage(struct corpus *c, struct buf *message)
{
	struct bytes whole = buf_bytes(message);
	unsigned at = dice_below(&c->dice, (unsigned)whole.len);

	if (dice_percent(&c->dice, 70))
		message->data[message->start + at] =
		    (uint8_t)dice_below(&c->dice, 256);
	else if (dice_percent(&c->dice, 50))
		buf_truncate(message, at);
	else
		buf_append_byte(message, (uint8_t)at);
}

/* --- one request ---------------------------------------------------------*/

static bool is_of(const struct method *m, const char *noun)
{
	return !strncmp(m->name, noun, strlen(noun));
}

/* Logging in and out, passwords, second factors, a role for a while. */
bool method_is_own_affair(const struct method *m)
{
	if (is_of(m, "access."))
		return true;
	return !(m->need & NEED_FULL) && strcmp(m->name, "session.whoami");
}

static bool is_passed_over(struct corpus *c, const struct method *m)
{
	/* Most roles may not. */
	return m->right && dice_percent(&c->dice, 60);
}

/* Most about records, and of these searches more than their share: nothing
 * else asks in so many ways. */
static size_t choose(struct corpus *c)
{
	bool about_records = dice_percent(&c->dice, OFTEN);
	bool searches = about_records && dice_percent(&c->dice, SEARCHES);
	const struct method *m;
	size_t at;

	do {
		at = dice_below(&c->dice, (unsigned)method_count());
		m = method_at(at);
	} while (
	    (about_records && !is_of(m, "record.")) ||
	    (searches && !param_is_known(m->params, bytes_text("where"))) ||
	    is_passed_over(c, m));
	return at;
}

/* Whoever comes and goes is not the one whose rights are looked at. */
static enum seat seat_of(struct corpus *c)
{
	if (method_is_own_affair(c->method))
		return SEAT_SPARE;
	return dice_percent(&c->dice, 4) ? SEAT_SPARE : SEAT_READER;
}

static void make_new(struct corpus *c)
{
	size_t at = choose(c);

	c->method = method_at(at);
	c->entity = NULL;
	makers[at](c);
	if (dice_percent(&c->dice, SPOILT))
		add_nonsense(c);
}

static void make_sequel(struct corpus *c)
{
	c->method = c->sequel.method;
	buf_append_bytes(&c->params, buf_bytes(&c->sequel.params));
	c->count = c->sequel.count;
	give_text(c, c->sequel.key, c->sequel.value);
	c->sequel.method = NULL;
}

enum seat corpus_next(struct corpus *c, struct buf *message)
{
	struct buf map;

	c->count = 0;
	buf_reset(&c->params);
	if (c->sequel.method && dice_percent(&c->dice, SEQUELS))
		make_sequel(c);
	else
		make_new(c);
	buf_init(&map, PARAMS + 8);
	pack_map(&map, c->count);
	buf_append_bytes(&map, buf_bytes(&c->params));
	buf_reset(message);
	message_pack(message, c->method->name, buf_bytes(&map));
	buf_release(&map);
	if (dice_percent(&c->dice, SPOILT))
		damage(c, message);
	return seat_of(c);
}

/* --- learning ------------------------------------------------------------*/

static const struct {
	const char *key;
	enum kept kind;
} lessons[] = { { "id", KEPT_ID }, { "number", KEPT_NUMBER },
	{ "version", KEPT_VERSION }, { "next", KEPT_CURSOR },
	{ "confirm", KEPT_CONFIRM }, { "token", KEPT_TOKEN },
	{ "pending", KEPT_REQUEST }, { "request", KEPT_REQUEST },
	{ "code", KEPT_TOKEN } };

static void keep(struct corpus *c, enum kept kind, struct bytes text)
{
	char *to = c->kept[kind][c->kept_count[kind]++ % KEPT_MOST];

	if (text.len >= KEPT_TEXT)
		text.len = KEPT_TEXT - 1;
	memcpy(to, text.data, text.len);
	to[text.len] = 0;
}

static void learn_pair(struct corpus *c, struct bytes key, struct bytes value)
{
	struct reader in = reader_of(value);
	char digits[24];

	if (reader_peek(&in) == UNPACK_INT && bytes_is(key, "position")) {
		snprintf(
		    digits, sizeof digits, "%lld", (long long)read_int(&in));
		keep(c, KEPT_POSITION, bytes_text(digits));
		return;
	}
	if (reader_peek(&in) != UNPACK_TEXT)
		return;
	for (unsigned i = 0; i < sizeof lessons / sizeof *lessons; i++)
		if (bytes_is(key, lessons[i].key))
			keep(c, lessons[i].kind, read_text(&in));
}

static void learn(struct corpus *c, struct bytes packed, unsigned depth)
{
	struct reader in = reader_of(packed);
	bool map = reader_peek(&in) == UNPACK_MAP;
	uint32_t left;

	if (!depth || (!map && reader_peek(&in) != UNPACK_ARRAY))
		return;
	left = map ? read_map(&in) : read_array(&in);
	for (; left && !in.err; left--) {
		struct bytes key = map ? read_text(&in) : BYTES_NONE;
		struct bytes value = read_raw(&in);

		if (map)
			learn_pair(c, key, value);
		learn(c, value, depth - 1);
	}
}

/* The same again, but for what the sequel says itself. */
static void note_sequel(
    struct corpus *c, struct bytes result, const char *from, const char *key)
{
	static const char said[] = "after confirm dry_run ";
	struct reader value = reader_of(unpack_lookup(result, from));
	struct reader in = reader_of(buf_bytes(&c->params));
	struct sequel *s = &c->sequel;
	struct bytes text = read_text(&value);

	if (value.err || !text.len || text.len >= KEPT_TEXT ||
	    !param_is_known(c->method->params, bytes_text(key)))
		return;
	*s = (struct sequel){ c->method, s->params, 0, key, "" };
	memcpy(s->value, text.data, text.len);
	buf_reset(&s->params);
	for (uint32_t i = 0; i < c->count; i++) {
		struct bytes name = read_raw(&in), given = read_raw(&in);
		struct reader word = reader_of(name);

		if (param_is_known(said, read_text(&word)))
			continue;
		pack_raw(&s->params, name);
		pack_raw(&s->params, given);
		s->count++;
	}
}

void corpus_learn(struct corpus *c, struct bytes told)
{
	struct answer a = answer_read(told);

	if (!a.is_result)
		return;
	/* Of long answers the first will do. */
	if (a.body.len < 8192)
		learn(c, a.body, LEARN_DEEP);
	note_sequel(c, a.body, "next", "after");
	note_sequel(c, a.body, "confirm", "confirm");
}
