// SPDX-License-Identifier: MIT
/*
 * Choosing a method, its parameters, and how to spoil them.
 */
#include "server/selftest/corpus.h"

#include "common/pack.h"
#include "common/unpack.h"

#define PARAMS   (512 * 1024)
#define OFTEN    70 /* percent of the requests about records */
#define SEARCHES 45 /* percent of these */
#define OTHERS   25 /* percent of the parameters that may be left out */
#define SEQUELS  70 /* percent of what an answer invites to */
#define RARE     6  /* of those that seldom fit */
#define SPOILT   6

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
	if (c->is_own_affair)
		return SEAT_SPARE;
	return dice_percent(&c->dice, 4) ? SEAT_SPARE : SEAT_READER;
}

/* Logging in and out, passwords, second factors, a role for a while. */
static bool is_own_affair(const struct method *m)
{
	return is_of(m, "access.") ||
	       (!(m->need & NEED_FULL) && strcmp(m->name, "session.whoami"));
}

static void begin(struct corpus *c, const struct method *m)
{
	c->method = m;
	c->is_own_affair = is_own_affair(m);
}

static void make_new(struct corpus *c)
{
	size_t at = choose(c);

	begin(c, method_at(at));
	c->entity = NULL;
	makers[at](c);
	if (dice_percent(&c->dice, SPOILT))
		add_nonsense(c);
}

static void make_sequel(struct corpus *c)
{
	begin(c, c->sequel.method);
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
