// SPDX-License-Identifier: MIT
/*
 * Normal values looked at: what is inside, their order, and their keys.
 *
 * A key of INDEX_PLAIN sorts as value_compare() does:
 *   text      its bytes; past VALUE_KEY the first 48 and a digest of all
 *   enum      place among the choices (255: not listed), then its text
 *   int       64 bits, sign flipped    instant   likewise, milliseconds
 *   date      32 bits, sign flipped    decimal   decimal_key()
 *   bool      one byte                 ref       the record's id
 * So choices of an enum may be added at the end only.
 */
#include "common/date.h"
#include "common/digest.h"
#include "common/text.h"
#include "common/unpack.h"
#include "server/schema/check.h"
#include "server/schema/value.h"

#define KEY_START (VALUE_KEY - DIGEST_SIZE)

bool value_is_empty(struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct bytes text;

	if (packed.len == 0)
		return true;
	switch (reader_peek(&r)) {
	case UNPACK_END:
	case UNPACK_NIL:
		return true;
	case UNPACK_TEXT:
		text = read_text(&r);
		return text.len == 0;
	case UNPACK_ARRAY:
		return read_array(&r) == 0;
	default:
		return false;
	}
}

struct bytes value_text(const struct field *f, struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct bytes text;

	if (packed.len == 0)
		return BYTES_NONE;
	if (f->type == TYPE_REF && reader_peek(&r) == UNPACK_ARRAY) {
		read_array(&r);
		read_skip(&r);
	}
	text = read_text(&r);
	return r.err == ERR_OK ? text : BYTES_NONE;
}

uint64_t value_ref(struct bytes packed)
{
	struct reader r = reader_of(packed);
	uint64_t id;

	if (packed.len == 0 || read_array(&r) != 2)
		return 0;
	id = read_uint(&r);
	return r.err == ERR_OK ? id : 0;
}

bool value_decimal(struct bytes packed, struct decimal *out)
{
	struct reader r = reader_of(packed);
	struct bytes text;

	*out = decimal_int(0);
	if (packed.len == 0)
		return false;
	if (reader_peek(&r) == UNPACK_INT) {
		*out = decimal_int(read_int(&r));
		return true;
	}
	text = read_text(&r);
	if (r.err == ERR_OK && decimal_parse_stored(text, out) == ERR_OK)
		return true;
	*out = decimal_int(0);
	return false;
}

/* --- order ---------------------------------------------------------------*/

static unsigned place(const struct field *f, struct bytes text)
{
	for (unsigned i = 0; i < f->choice_count && i < 255; i++)
		if (bytes_is(text, f->choices[i].key))
			return i;
	return 255;
}

static int64_t whole_of(const struct field *f, struct bytes packed)
{
	struct reader r = reader_of(packed);
	int32_t day = 0;
	int64_t v = 0;

	if (f->type == TYPE_INT)
		v = read_int(&r);
	else if (f->type == TYPE_BOOL)
		v = read_bool(&r);
	else if (f->type == TYPE_REF)
		v = (int64_t)value_ref(packed);
	else if (f->type == TYPE_DATE)
		v = date_parse(read_text(&r), &day) == ERR_OK ? day : 0;
	else if (instant_parse(read_text(&r), &v) != ERR_OK)
		v = 0;
	return r.err == ERR_OK ? v : 0;
}

static int compare_decimal(struct bytes a, struct bytes b)
{
	struct decimal x, y;
	value_decimal(a, &x);
	value_decimal(b, &y);
	return decimal_compare(&x, &y);
}

int value_compare(const struct field *f, struct bytes a, struct bytes b)
{
	bool none_a = value_is_empty(a), none_b = value_is_empty(b);
	struct bytes x, y;
	int64_t v, w;

	if (none_a || none_b)
		return none_b - none_a;
	switch (f->type) {
	case TYPE_DECIMAL:
	case TYPE_MONEY:
		return compare_decimal(a, b);
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_DATE:
	case TYPE_INSTANT:
	case TYPE_REF:
		v = whole_of(f, a);
		w = whole_of(f, b);
		return (v > w) - (v < w);
	case TYPE_LIST:
		return bytes_compare(a, b);
	default:
		break;
	}
	x = value_text(f, a);
	y = value_text(f, b);
	if (f->type == TYPE_ENUM && place(f, x) != place(f, y))
		return (int)place(f, x) - (int)place(f, y);
	return bytes_compare(x, y);
}

/* --- keys ----------------------------------------------------------------*/

static size_t text_key(
    struct bytes text, uint8_t *out, size_t start, size_t size)
{
	struct digest d;

	if (text.len <= size) {
		if (text.len)
			memcpy(out, text.data, text.len);
		return text.len;
	}
	memcpy(out, text.data, start);
	digest_bytes(text, &d);
	memcpy(out + start, d.of, DIGEST_SIZE);
	return start + DIGEST_SIZE;
}

size_t value_key(
    const struct field *f, struct bytes packed, uint8_t out[static VALUE_KEY])
{
	struct bytes text;
	struct decimal v;

	if (value_is_empty(packed))
		return 0;
	switch (f->type) {
	case TYPE_INT:
	case TYPE_INSTANT:
		put_be64(out, (uint64_t)whole_of(f, packed) ^ 1ULL << 63);
		return 8;
	case TYPE_DATE:
		put_be32(out, (uint32_t)whole_of(f, packed) ^ 1U << 31);
		return 4;
	case TYPE_BOOL:
		out[0] = (uint8_t)whole_of(f, packed);
		return 1;
	case TYPE_REF:
		put_be64(out, value_ref(packed));
		return 8;
	case TYPE_DECIMAL:
	case TYPE_MONEY:
		value_decimal(packed, &v);
		v = decimal_round(&v, 6);
		return decimal_key(&v, out) == ERR_OK ? DECIMAL_KEY : 0;
	case TYPE_ENUM:
		text = value_text(f, packed);
		out[0] = (uint8_t)place(f, text);
		return 1 +
		       text_key(text, out + 1, KEY_START - 1, VALUE_KEY - 1);
	default:
		return text_key(
		    value_text(f, packed), out, KEY_START, VALUE_KEY);
	}
}

enum err value_blind_form(const struct field *f, struct arena *a,
    struct bytes packed, struct bytes *out)
{
	struct reader r = reader_of(packed);
	struct bytes text = BYTES_NONE;

	*out = BYTES_NONE;
	if (reader_peek(&r) == UNPACK_TEXT)
		text = read_text(&r);
	else
		text = value_text(f, packed);
	if (text.len == 0)
		return ERR_OK;
	if (f->check && f->check->blind)
		return f->check->blind(a, text, out);
	if (f->index & INDEX_TOKENS)
		return text_compare_key(a, text, out);
	return text_fold(a, text, out);
}
