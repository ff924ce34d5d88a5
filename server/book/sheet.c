// SPDX-License-Identifier: MIT
/*
 * See sheet.h.
 */
#include "server/book/sheet.h"

#include "common/pack.h"

#define SHARE_PLACES 4
#define RATIO_PLACES 6 /* of what is divided: so it fits */

static void pack_rounded(
    struct buf *out, const char *key, const struct decimal *v, unsigned places)
{
	struct decimal shown = decimal_round(v, places);
	char text[DECIMAL_TEXT];

	decimal_format(&shown, places, text);
	pack_key_cstr(out, key, text);
}

void sheet_amount(struct buf *out, const char *key, const struct decimal *v)
{
	pack_rounded(out, key, v, SHEET_PLACES);
}

void sheet_count(struct buf *out, const char *key, const struct decimal *v)
{
	pack_key_int(out, key, (int64_t)v->digits);
}

void sheet_ratio(struct buf *out, const char *key, const struct decimal *part,
    const struct decimal *whole, unsigned places)
{
	struct decimal a = decimal_round(part, RATIO_PLACES);
	struct decimal b = decimal_round(whole, RATIO_PLACES);
	struct decimal ratio = { 0, (uint8_t)places };
	decimal_digits half;

	/* One scale for both: a fraction of whole numbers. */
	for (unsigned i = a.scale; i < b.scale; i++)
		a.digits *= 10;
	for (unsigned i = b.scale; i < a.scale; i++)
		b.digits *= 10;
	for (unsigned i = 0; i < places; i++)
		a.digits *= 10;
	if (b.digits > 0) {
		half = a.digits < 0 ? -b.digits / 2 : b.digits / 2;
		ratio.digits = (a.digits + half) / b.digits;
	}
	pack_rounded(out, key, &ratio, places);
}

void sheet_share(struct buf *out, const char *key, const struct decimal *part,
    const struct decimal *whole)
{
	sheet_ratio(out, key, part, whole, SHARE_PLACES);
}
