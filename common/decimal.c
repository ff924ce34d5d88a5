// SPDX-License-Identifier: MIT
/*
 * Exact decimals on 128-bit integers.
 *
 * No value ever has more than 38 digits.  Two of them can be more than the
 * integer takes, whether added, scaled or multiplied: these operations are
 * checked.  What does not fit as it stands is tried once more without the
 * trailing zeros of its operands.
 */
#include "common/decimal.h"

#include "common/log.h"

#define KEY_SCALE     6
#define STORED_BEFORE 20 /* digits before the point */

struct shape {
	size_t before; /* most digits before the point */
	size_t after;  /* and after it */
};

static decimal_digits power_of_ten(unsigned exponent)
{
	static const uint64_t powers[] = { 1, 10, 100, 1000, 10000, 100000,
		1000000, 10000000, 100000000, 1000000000, 10000000000,
		100000000000, 1000000000000, 10000000000000, 100000000000000,
		1000000000000000, 10000000000000000, 100000000000000000,
		1000000000000000000, 10000000000000000000u };

	ASSERT(exponent < 39);
	return exponent < 20
		   ? (decimal_digits)powers[exponent]
		   : (decimal_digits)powers[19] * powers[exponent - 19];
}

static bool fits(decimal_digits digits)
{
	decimal_digits most = power_of_ten(38);
	return digits < most && digits > -most;
}

static size_t count_digits(struct bytes text, size_t from)
{
	size_t at = from;
	while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
		at++;
	return at - from;
}

static decimal_digits add_digits(
    decimal_digits digits, struct bytes text, size_t from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		digits = digits * 10 + (text.data[from + i] - '0');
	return digits;
}

static enum err parse(
    struct bytes text, const struct shape *most, struct decimal *out)
{
	bool negative = text.len && text.data[0] == '-';
	size_t before = count_digits(text, negative);
	size_t point = negative + before;
	size_t after = 0;
	*out = (struct decimal){ 0 };
	if (before == 0)
		return ERR_INVALID;
	if (point < text.len) {
		after = count_digits(text, point + 1);
		if (text.data[point] != '.' || after == 0 ||
		    point + 1 + after != text.len)
			return ERR_INVALID;
	}
	if (before > most->before || after > most->after)
		return ERR_TOO_LARGE;
	decimal_digits digits = add_digits(0, text, negative, before);
	digits = add_digits(digits, text, point + 1, after);
	out->digits = negative ? -digits : digits;
	out->scale = (uint8_t)after;
	return ERR_OK;
}

enum err decimal_parse(struct bytes text, struct decimal *out)
{
	return parse(text, &(struct shape){ 15, 6 }, out);
}

enum err decimal_parse_stored(struct bytes text, struct decimal *out)
{
	return parse(
	    text, &(struct shape){ STORED_BEFORE, DECIMAL_SCALE }, out);
}

bool decimal_is_storable(const struct decimal *v)
{
	decimal_digits most = power_of_ten(STORED_BEFORE + v->scale);

	return v->digits < most && v->digits > -most;
}

struct decimal decimal_int(int64_t v)
{
	return (struct decimal){ .digits = v };
}

bool decimal_is_sound(const struct decimal *v)
{
	return fits(v->digits) && v->scale <= DECIMAL_SCALE;
}

/* The same value, without zeros at the end past `places`. */
static struct decimal strip(const struct decimal *v, unsigned places)
{
	struct decimal out = *v;
	while (out.scale > places && out.digits % 10 == 0) {
		out.digits /= 10;
		out.scale--;
	}
	return out;
}

static bool scale_up(
    const struct decimal *v, unsigned scale, struct decimal *out)
{
	decimal_digits digits;
	if (v->scale == scale) {
		*out = *v;
		return true;
	}
	if (__builtin_mul_overflow(
		v->digits, power_of_ten(scale - v->scale), &digits) ||
	    !fits(digits))
		return false;
	*out = (struct decimal){ digits, (uint8_t)scale };
	return true;
}

size_t decimal_format(
    const struct decimal *v, unsigned places, char out[static DECIMAL_TEXT])
{
	ASSERT(places <= DECIMAL_SCALE && v->scale <= DECIMAL_SCALE);
	struct decimal shown = strip(v, places);
	bool negative = shown.digits < 0;
	decimal_digits left = negative ? -shown.digits : shown.digits;
	unsigned after = shown.scale > places ? shown.scale : places;
	unsigned padding = after - shown.scale;
	char reversed[DECIMAL_TEXT];
	size_t len = 0;
	for (unsigned written = 0; written <= after || left; written++) {
		if (written == after && after)
			reversed[len++] = '.';
		if (written < padding) {
			reversed[len++] = '0';
			continue;
		}
		reversed[len++] = (char)('0' + (int)(left % 10));
		left /= 10;
	}
	if (negative)
		reversed[len++] = '-';
	for (size_t i = 0; i < len; i++)
		out[i] = reversed[len - 1 - i];
	out[len] = '\0';
	return len;
}

static bool add_exact(
    const struct decimal *a, const struct decimal *b, struct decimal *out)
{
	unsigned scale = a->scale > b->scale ? a->scale : b->scale;
	struct decimal left, right;
	decimal_digits digits;
	if (!scale_up(a, scale, &left) || !scale_up(b, scale, &right) ||
	    __builtin_add_overflow(left.digits, right.digits, &digits))
		return false;
	*out = (struct decimal){ digits, (uint8_t)scale };
	return fits(digits);
}

static bool mul_exact(
    const struct decimal *a, const struct decimal *b, struct decimal *out)
{
	unsigned scale = (unsigned)a->scale + b->scale;
	decimal_digits digits;
	if (__builtin_mul_overflow(a->digits, b->digits, &digits) ||
	    !fits(digits))
		return false;
	*out = (struct decimal){ digits, (uint8_t)scale };
	if (scale > DECIMAL_SCALE)
		*out = strip(out, DECIMAL_SCALE);
	return out->scale <= DECIMAL_SCALE;
}

typedef bool (*exact_fn)(
    const struct decimal *a, const struct decimal *b, struct decimal *out);

static enum err compute(exact_fn exact, const struct decimal *a,
    const struct decimal *b, struct decimal *out)
{
	struct decimal result;
	if (!exact(a, b, &result)) {
		struct decimal left = strip(a, 0);
		struct decimal right = strip(b, 0);
		if (!exact(&left, &right, &result)) {
			*out = (struct decimal){ 0 };
			return ERR_TOO_LARGE;
		}
	}
	*out = result;
	return ERR_OK;
}

enum err decimal_add(
    const struct decimal *a, const struct decimal *b, struct decimal *out)
{
	return compute(add_exact, a, b, out);
}

enum err decimal_sub(
    const struct decimal *a, const struct decimal *b, struct decimal *out)
{
	struct decimal negated = { -b->digits, b->scale };
	return compute(add_exact, a, &negated, out);
}

enum err decimal_mul(
    const struct decimal *a, const struct decimal *b, struct decimal *out)
{
	return compute(mul_exact, a, b, out);
}

static int order(decimal_digits a, decimal_digits b)
{
	return (a > b) - (a < b);
}

/* What cannot be brought to one scale in 38 digits is compared by its whole
 * part first. */
int decimal_compare(const struct decimal *a, const struct decimal *b)
{
	unsigned scale = a->scale > b->scale ? a->scale : b->scale;
	struct decimal left, right;
	if (scale_up(a, scale, &left) && scale_up(b, scale, &right))
		return order(left.digits, right.digits);
	decimal_digits one_a = power_of_ten(a->scale);
	decimal_digits one_b = power_of_ten(b->scale);
	int whole = order(a->digits / one_a, b->digits / one_b);
	if (whole)
		return whole;
	return order(a->digits % one_a * power_of_ten(DECIMAL_SCALE - a->scale),
	    b->digits % one_b * power_of_ten(DECIMAL_SCALE - b->scale));
}

struct decimal decimal_round(const struct decimal *v, unsigned places)
{
	if (v->scale <= places)
		return *v;
	decimal_digits unit = power_of_ten(v->scale - places);
	decimal_digits rest = v->digits % unit;
	struct decimal out = { v->digits / unit, (uint8_t)places };
	if (rest * 2 >= unit)
		out.digits++;
	else if (rest * 2 <= -unit)
		out.digits--;
	return out;
}

/* A byte for the sign, then two's complement: among values of one sign its
 * order as bytes is the order as numbers. */
enum err decimal_key(const struct decimal *v, uint8_t out[static DECIMAL_KEY])
{
	struct decimal key = strip(v, KEY_SCALE);
	if (key.scale > KEY_SCALE || !scale_up(&key, KEY_SCALE, &key))
		return ERR_TOO_LARGE;
	out[0] = key.digits >= 0;
	put_be64(out + 1, (uint64_t)(key.digits >> 64));
	put_be64(out + 9, (uint64_t)key.digits);
	return ERR_OK;
}
