// SPDX-License-Identifier: MIT
/*
 * Exact decimals: quantities, prices, amounts.  Never a float.
 *
 * A value is digits * 10^-scale.  Input is at most 15 digits before and 6
 * after the point; products and sums stay exact up to a scale of
 * 18 and 38 digits, past that ERR_TOO_LARGE.  Rounding happens once, half
 * away from zero, where a value is shown or stored as currency.
 */
#ifndef COMMON_DECIMAL_H
#define COMMON_DECIMAL_H

#include "common/bytes.h"
#include "common/err.h"

__extension__ typedef __int128 decimal_digits;

struct decimal {
	decimal_digits digits;
	uint8_t scale; /* 0..18 */
};

#define DECIMAL_SCALE 18
#define DECIMAL_TEXT  60 /* longest text, with sign, point and NUL */

/* "-1234.50": optional minus, digits, optional point and digits.  ERR_INVALID
 * for anything else (exponents, signs alone, spaces), ERR_TOO_LARGE past 15
 * digits before the point or 6 after it. */
enum err decimal_parse(struct bytes text, struct decimal *out) MUST_USE;
/* As above but up to scale 18 and 20 digits before: for stored values. */
enum err decimal_parse_stored(struct bytes text, struct decimal *out) MUST_USE;
/* Is it one of those? */
bool decimal_is_storable(const struct decimal *v);
struct decimal decimal_int(int64_t v);
/* Is it a value that these functions take?  For digits and a scale that were
 * read as bytes. */
bool decimal_is_sound(const struct decimal *v);

/* Text with at least `places` (0..18) digits after the point, and as many more
 * as the value needs: zeros past `places` are left out.  Gives the length. */
size_t decimal_format(
    const struct decimal *v, unsigned places, char out[static DECIMAL_TEXT]);

enum err decimal_add(const struct decimal *a, const struct decimal *b,
    struct decimal *out) MUST_USE;
enum err decimal_sub(const struct decimal *a, const struct decimal *b,
    struct decimal *out) MUST_USE;
enum err decimal_mul(const struct decimal *a, const struct decimal *b,
    struct decimal *out) MUST_USE;
int decimal_compare(const struct decimal *a, const struct decimal *b);
/* To at most `places` digits after the point, half away from zero. */
struct decimal decimal_round(const struct decimal *v, unsigned places);

/* 17 bytes whose order as bytes is the order as numbers; equal values have
 * equal keys whatever their scale.  ERR_TOO_LARGE for a value that needs more
 * than 6 digits after the point. */
#define DECIMAL_KEY 17
enum err decimal_key(
    const struct decimal *v, uint8_t out[static DECIMAL_KEY]) MUST_USE;

#endif
