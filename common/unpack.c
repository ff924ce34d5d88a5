// SPDX-License-Identifier: MIT
/*
 * The strict walk over a message, and the reader.
 *
 * The walk keeps one level per open array or map and recurses nowhere.
 * Duplicate keys: a map of few pairs compares each key with those before it,
 * behind a 64-bit filter that nearly always says there is nothing to compare;
 * a larger one puts its keys into common/keyset, shared by all large maps of
 * the message, so the cost stays linear.  Readers check every bound again,
 * so that bytes that were never checked cannot lead them astray.
 */
#include "common/unpack.h"

#include "common/head.h"
#include "common/keyset.h"
#include "common/message.h"
#include "common/text.h"

#define FEW_PAIRS 32

struct level {
	uint32_t left; /* items or pairs to come */
	uint32_t map;  /* serial number of a map, from 1; 0 for an array */
	uint32_t keys; /* keys kept in `few` */
	bool large;
	uint64_t filter;
	struct bytes few[FEW_PAIRS];
};

struct walk {
	const uint8_t *at;
	const uint8_t *end;
	unsigned depth;
	unsigned deepest;
	uint32_t elements; /* still admitted */
	uint32_t maps;
	struct level levels[MESSAGE_DEPTH];
	struct keyset large;
};

static bool is_utf8(const uint8_t *at, size_t len)
{
	const uint64_t high = 0x8080808080808080u;
	uint64_t eight;

	for (; len >= 8; at += 8, len -= 8) {
		memcpy(&eight, at, 8);
		if (eight & high)
			return text_is_utf8(bytes_of(at, len));
	}
	for (; len; at++, len--)
		if (*at & 0x80)
			return text_is_utf8(bytes_of(at, len));
	return true;
}

/* Exponent all ones and a fraction: IEEE 754's way to say NaN. */
static bool is_nan(const uint8_t *at, size_t len)
{
	if (len == 4)
		return (get_be32(at) & 0x7fffffffu) > 0x7f800000u;
	return (get_be64(at) & 0x7fffffffffffffffu) > 0x7ff0000000000000u;
}

/* Reads a header at *at and moves past it; false if it is cut or bad. */
static inline bool next_head(const uint8_t **at, const uint8_t *end,
    struct head_form *form, uint32_t *length)
{
	if (*at == end)
		return false;
	*form = head_forms[**at];
	if (form->kind == HEAD_BAD || (size_t)(end - *at) - 1 < form->more)
		return false;
	*length = head_length(*at, *form);
	*at += 1u + form->more;
	return true;
}

/* The least bytes that the content of a value takes. */
static inline uint64_t least_content(struct head_form form, uint32_t length)
{
	return form.kind == HEAD_MAP ? 2 * (uint64_t)length : length;
}

static enum err open_level(struct walk *w, struct head_form form, uint32_t n)
{
	struct level *level;

	if (w->depth == w->deepest || n > w->elements)
		return ERR_TOO_LARGE;
	if (least_content(form, n) > (uint64_t)(w->end - w->at))
		return ERR_INVALID;
	w->elements -= n;
	level = &w->levels[w->depth++];
	level->left = n;
	level->map = form.kind == HEAD_MAP ? ++w->maps : 0;
	level->keys = 0;
	level->large = n > FEW_PAIRS;
	level->filter = 0;
	return ERR_OK;
}

static enum err take_value(struct walk *w)
{
	struct head_form form;
	uint32_t n;

	if (!next_head(&w->at, w->end, &form, &n))
		return ERR_INVALID;
	if (form.kind >= HEAD_ARRAY)
		return open_level(w, form, n);
	if (n > (size_t)(w->end - w->at))
		return ERR_INVALID;
	if (form.kind == HEAD_TEXT && !is_utf8(w->at, n))
		return ERR_INVALID;
	if (form.kind == HEAD_FLOAT && is_nan(w->at, n))
		return ERR_INVALID;
	w->at += n;
	return ERR_OK;
}

static uint64_t filter_bit(struct bytes key)
{
	size_t mix = key.len;

	if (key.len)
		mix += 5u * key.data[0] + 11u * key.data[key.len / 2] +
		       3u * key.data[key.len - 1];
	return (uint64_t)1 << (mix & 63);
}

static enum err keep_few(struct level *level, struct bytes key)
{
	uint64_t bit = filter_bit(key);

	if (level->filter & bit)
		for (uint32_t i = 0; i < level->keys; i++)
			if (bytes_equal(level->few[i], key))
				return ERR_INVALID;
	level->filter |= bit;
	level->few[level->keys++] = key;
	return ERR_OK;
}

static enum err take_key(struct walk *w, struct level *level)
{
	struct head_form form;
	struct bytes key;
	uint32_t n;

	if (!next_head(&w->at, w->end, &form, &n) || form.kind != HEAD_TEXT)
		return ERR_INVALID;
	if (n > (size_t)(w->end - w->at) || !is_utf8(w->at, n))
		return ERR_INVALID;
	key = bytes_of(w->at, n);
	w->at += n;
	if (level->large)
		return keyset_add(&w->large, level->map, key);
	return keep_few(level, key);
}

static enum err walk_levels(struct walk *w)
{
	while (w->depth) {
		struct level *level = &w->levels[w->depth - 1];
		enum err e;

		if (level->left == 0) {
			w->depth--;
			continue;
		}
		level->left--;
		e = level->map ? take_key(w, level) : ERR_OK;
		if (e == ERR_OK)
			e = take_value(w);
		if (e != ERR_OK)
			return e;
	}
	return w->at == w->end ? ERR_OK : ERR_INVALID;
}

enum err unpack_check(struct bytes message, const struct unpack_limits *limits)
{
	struct walk w; /* large, and most of it is never looked at */
	enum err e;

	w.at = message.data;
	w.end = message.len ? message.data + message.len : message.data;
	w.depth = 0;
	w.deepest =
	    limits->depth < MESSAGE_DEPTH ? limits->depth : MESSAGE_DEPTH;
	w.elements = limits->elements;
	w.maps = 0;
	keyset_init(&w.large);
	e = take_value(&w);
	if (e == ERR_OK)
		e = walk_levels(&w);
	keyset_release(&w.large);
	return e;
}

struct reader reader_of(struct bytes packed)
{
	return (struct reader){
		.at = packed.data,
		.end = packed.len ? packed.data + packed.len : packed.data,
		.err = ERR_OK,
	};
}

static size_t left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

/*
 * Takes the header of a value of one of two kinds, whose content (or what it
 * takes at least) is present.  Fails the reader otherwise.
 */
static inline bool take_head(struct reader *r, enum head_kind kind,
    enum head_kind other, struct head_form *form, uint32_t *n)
{
	if (r->err != ERR_OK)
		return false;
	if (next_head(&r->at, r->end, form, n) &&
	    (form->kind == kind || form->kind == other) &&
	    least_content(*form, *n) <= left(r))
		return true;
	r->err = ERR_INVALID;
	return false;
}

static enum unpack_type type_of_uint(const struct reader *r, uint32_t len)
{
	if (left(r) < 1 + (size_t)len)
		return UNPACK_END;
	return len == 8 && r->at[1] & 0x80 ? UNPACK_BIG : UNPACK_INT;
}

enum unpack_type reader_peek(const struct reader *r)
{
	static const enum unpack_type types[] = {
		[HEAD_BAD] = UNPACK_END,
		[HEAD_NIL] = UNPACK_NIL,
		[HEAD_BOOL] = UNPACK_BOOL,
		[HEAD_INT] = UNPACK_INT,
		[HEAD_FLOAT] = UNPACK_FLOAT,
		[HEAD_TEXT] = UNPACK_TEXT,
		[HEAD_BIN] = UNPACK_BIN,
		[HEAD_ARRAY] = UNPACK_ARRAY,
		[HEAD_MAP] = UNPACK_MAP,
	};
	struct head_form form;

	if (r->err != ERR_OK || r->at == r->end)
		return UNPACK_END;
	form = head_forms[*r->at];
	if (form.kind == HEAD_UINT)
		return type_of_uint(r, form.fixed);
	return types[form.kind];
}

void read_nil(struct reader *r)
{
	struct head_form form;
	uint32_t n;

	(void)take_head(r, HEAD_NIL, HEAD_NIL, &form, &n);
}

bool read_bool(struct reader *r)
{
	struct head_form form;
	uint32_t n;

	return take_head(r, HEAD_BOOL, HEAD_BOOL, &form, &n) &&
	       r->at[-1] == 0xc3;
}

/* The payload of an integer, sign-extended if it is a signed form. */
static uint64_t integer(const uint8_t *at, uint32_t len, bool is_signed)
{
	uint64_t v = is_signed && at[0] & 0x80 ? UINT64_MAX : 0;

	for (uint32_t i = 0; i < len; i++)
		v = v << 8 | at[i];
	return v;
}

/* Takes an integer; *negative tells how its 64 bits are to be understood. */
static uint64_t take_integer(struct reader *r, bool *negative)
{
	struct head_form form;
	uint64_t v;
	uint32_t n;
	bool is_signed;

	*negative = false;
	if (!take_head(r, HEAD_INT, HEAD_UINT, &form, &n))
		return 0;
	is_signed = form.kind == HEAD_INT;
	if (n == 0)
		v = integer(r->at - 1, 1, true);
	else
		v = integer(r->at, n, is_signed);
	r->at += n;
	*negative = is_signed && v >> 63;
	return v;
}

int64_t read_int(struct reader *r)
{
	bool negative;
	uint64_t v = take_integer(r, &negative);

	if (!negative && v > INT64_MAX) {
		r->err = ERR_INVALID;
		return 0;
	}
	return (int64_t)v;
}

uint64_t read_uint(struct reader *r)
{
	bool negative;
	uint64_t v = take_integer(r, &negative);

	if (negative) {
		r->err = ERR_INVALID;
		return 0;
	}
	return v;
}

static struct bytes read_run(struct reader *r, enum head_kind kind)
{
	struct head_form form;
	struct bytes run;
	uint32_t n;

	if (!take_head(r, kind, kind, &form, &n))
		return BYTES_NONE;
	run = bytes_of(r->at, n);
	r->at += n;
	return run;
}

struct bytes read_text(struct reader *r)
{
	return read_run(r, HEAD_TEXT);
}

struct bytes read_bin(struct reader *r)
{
	return read_run(r, HEAD_BIN);
}

static uint32_t read_count(struct reader *r, enum head_kind kind)
{
	struct head_form form;
	uint32_t n;

	return take_head(r, kind, kind, &form, &n) ? n : 0;
}

uint32_t read_array(struct reader *r)
{
	return read_count(r, HEAD_ARRAY);
}

uint32_t read_map(struct reader *r)
{
	return read_count(r, HEAD_MAP);
}

void read_skip(struct reader *r)
{
	struct head_form form;
	uint64_t values = 1;
	uint32_t n;

	if (r->err != ERR_OK)
		return;
	for (; values; values--) {
		if (!next_head(&r->at, r->end, &form, &n) ||
		    least_content(form, n) > left(r)) {
			r->err = ERR_INVALID;
			return;
		}
		if (form.kind >= HEAD_ARRAY)
			values += least_content(form, n);
		else
			r->at += n;
	}
}

struct bytes read_raw(struct reader *r)
{
	const uint8_t *start = r->at;

	read_skip(r);
	if (r->err != ERR_OK)
		return BYTES_NONE;
	return bytes_of(start, (size_t)(r->at - start));
}

struct bytes unpack_lookup(struct bytes map, const char *key)
{
	struct reader r = reader_of(map);
	struct bytes wanted = bytes_text(key);

	for (uint32_t pairs = read_map(&r); pairs && r.err == ERR_OK; pairs--) {
		if (bytes_equal(read_text(&r), wanted) && r.err == ERR_OK)
			return read_raw(&r);
		read_skip(&r);
	}
	return BYTES_NONE;
}

enum err unpack_pairs(struct bytes map, struct pairs *out)
{
	struct reader r = reader_of(map);
	uint32_t count = read_map(&r);

	out->count = 0;
	if (count > UNPACK_PAIRS)
		return ERR_INVALID;
	for (uint32_t i = 0; i < count; i++) {
		out->keys[i] = read_text(&r);
		out->values[i] = read_raw(&r);
	}
	if (r.err == ERR_OK)
		out->count = count;
	return r.err;
}

struct bytes pairs_get(const struct pairs *p, const char *key)
{
	size_t len = strlen(key);

	for (unsigned i = 0; i < p->count; i++)
		if (p->keys[i].len == len && !memcmp(p->keys[i].data, key, len))
			return p->values[i];
	return BYTES_NONE;
}
