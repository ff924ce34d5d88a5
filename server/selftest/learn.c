// SPDX-License-Identifier: MIT
/*
 * What answers told: kept, and used again.  See corpus.h.
 */
#include <stdio.h>

#include "common/unpack.h"
#include "server/selftest/params.h"

#define LEARN_DEEP 8
#define LEARN_LONG 8192 /* of longer answers the sequel alone */

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
	if (a.body.len < LEARN_LONG)
		learn(c, a.body, LEARN_DEEP);
	note_sequel(c, a.body, "next", "after");
	note_sequel(c, a.body, "confirm", "confirm");
}

/* --- using it again ------------------------------------------------------*/

const char *corpus_kept(struct corpus *c, enum kept kind)
{
	unsigned count = c->kept_count[kind];

	if (!count)
		return NULL;
	return c->kept[kind][dice_below(
	    &c->dice, count < KEPT_MOST ? count : KEPT_MOST)];
}

void corpus_put_kept(
    struct corpus *c, enum kept kind, const char *instead, struct buf *out)
{
	const char *text = corpus_kept(c, kind);
	char *altered;

	if (!text || chance(c, 10)) {
		pack_cstr(out, instead);
		return;
	}
	altered = arena_text(c->arena, bytes_text(text));
	if (altered && altered[0] && chance(c, 15))
		altered[dice_below(&c->dice, (unsigned)strlen(altered))] ^= 1;
	pack_cstr(out, altered ? altered : text);
}
