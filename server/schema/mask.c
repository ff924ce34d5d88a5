// SPDX-License-Identifier: MIT
/*
 * Masked forms: enough to recognise, too little to use.
 *
 * A mask never lets the length through where the length tells something, and
 * of an id number it leaves the first three and the last character only
 * (docs/security.md: first six and last four leave a few thousand people).
 * A value too short for its mask is hidden whole.
 */
#include "common/text.h"
#include "server/schema/value.h"

#include <ctype.h>

#define HIDDEN "****"

typedef struct bytes (*mask_fn)(struct arena *a, struct bytes text);

static struct bytes formatted(const char *text)
{
	return text ? bytes_text(text) : BYTES_NONE;
}

/* The first `count` code points. */
static struct bytes head(struct bytes s, unsigned count)
{
	struct bytes rest = s;
	while (count-- && text_next(&rest) >= 0)
		;
	return bytes_of(s.data, s.len - rest.len);
}

static struct bytes tail(struct bytes s, unsigned count)
{
	size_t all = text_count(s);
	size_t len = all > count ? head(s, (unsigned)(all - count)).len : 0;
	return bytes_of(s.data + len, s.len - len);
}

/* Without printf: a page of masked rows has hundreds of them. */
static struct bytes join(
    struct arena *a, struct bytes first, const char *stars, struct bytes last)
{
	const struct bytes parts[] = { first, bytes_text(stars), last };
	size_t len = first.len + parts[1].len + last.len;
	uint8_t *text = arena_alloc(a, len), *at = text;

	for (size_t i = 0; text && i < 3; i++) {
		if (parts[i].len)
			memcpy(at, parts[i].data, parts[i].len);
		at += parts[i].len;
	}
	return text ? bytes_of(text, len) : BYTES_NONE;
}

static struct bytes mask_hidden(struct arena *a, struct bytes text)
{
	(void)a;
	(void)text;
	return bytes_text(HIDDEN);
}

static struct bytes mask_name(struct arena *a, struct bytes text)
{
	return join(a, head(text, 1), "**", BYTES_NONE);
}

/* 甲**公司 */
static struct bytes mask_company(struct arena *a, struct bytes text)
{
	if (text_count(text) < 5)
		return mask_name(a, text);
	return join(a, head(text, 1), "**", tail(text, 2));
}

static size_t count_digits(struct bytes s)
{
	size_t count = 0;
	for (size_t i = 0; i < s.len; i++)
		count += isdigit(s.data[i]) != 0;
	return count;
}

/* 138****5678, 021-****5678: the first three and the last four digits. */
static struct bytes mask_phone(struct arena *a, struct bytes text)
{
	size_t digits = count_digits(text), from, to;

	if (digits < 7)
		return mask_hidden(a, text);
	from = text.data[0] == '0' || digits >= 11 ? 3 : 2;
	if (text.len > from && text.data[from] == '-')
		from++;
	to = text.len;
	/* An extension is no part of what is recognised. */
	for (size_t i = text.len; digits >= 13 && i-- > from;)
		if (text.data[i] == '-') {
			to = i;
			break;
		}
	if (to < from + 6)
		return mask_hidden(a, text);
	return join(a, bytes_of(text.data, from), HIDDEN,
	    bytes_of(text.data + to - 4, 4));
}

static struct bytes mask_email(struct arena *a, struct bytes text)
{
	const uint8_t *at = bytes_find(text, '@');

	if (!at || at == text.data)
		return mask_hidden(a, text);
	return join(a, head(text, 1), "***",
	    bytes_of(at, text.len - (size_t)(at - text.data)));
}

static struct bytes mask_wechat(struct arena *a, struct bytes text)
{
	if (text_count(text) < 5)
		return mask_hidden(a, text);
	return join(a, head(text, 2), HIDDEN, BYTES_NONE);
}

static struct bytes mask_person_id(struct arena *a, struct bytes text)
{
	if (text_count(text) < 8)
		return mask_hidden(a, text);
	return join(a, head(text, 3), "**************", tail(text, 1));
}

static struct bytes mask_account(struct arena *a, struct bytes text)
{
	if (text_count(text) < 8)
		return mask_hidden(a, text);
	return join(a, BYTES_NONE, "******", tail(text, 4));
}

/* Up to the district: 上海市浦东新区***.  Without one, up to the city. */
static struct bytes mask_address(struct arena *a, struct bytes text)
{
	static const char *const ends[] = { "区", "县", "旗", "市", "省" };

	for (unsigned e = 0; e < sizeof ends / sizeof *ends; e++) {
		struct bytes mark = bytes_text(ends[e]);
		/* The first six characters at least are needed before a
		 * district means one, and it stands early. */
		for (size_t i = 3; i + mark.len <= text.len && i < 60; i++)
			if (bytes_starts(
				bytes_of(text.data + i, text.len - i), mark))
				return join(a,
				    bytes_of(text.data, i + mark.len), "***",
				    BYTES_NONE);
	}
	return mask_hidden(a, text);
}

/* The range an amount lies in, as [from, to) of 1, 2 and 5 times a power. */
static struct bytes mask_bucket(struct arena *a, struct bytes text)
{
	static const long long limits[] = { 0, 10000, 20000, 50000, 100000,
		200000, 500000, 1000000, 2000000, 5000000, 10000000 };
	const size_t count = sizeof limits / sizeof *limits;
	struct decimal v;

	if (decimal_parse_stored(text, &v) != ERR_OK)
		return mask_hidden(a, text);
	for (size_t i = count; i-- > 0;) {
		struct decimal limit = decimal_int(limits[i]);
		if (decimal_compare(&v, &limit) < 0)
			continue;
		return formatted(
		    i + 1 < count
			? arena_format(a, "%lld-%lld", limits[i], limits[i + 1])
			: arena_format(a, ">%lld", limits[i]));
	}
	return mask_hidden(a, text);
}

/* The year alone: the day is what names a person. */
static struct bytes mask_birthday(struct arena *a, struct bytes text)
{
	if (text.len < 4)
		return mask_hidden(a, text);
	return join(a, head(text, 4), "-**-**", BYTES_NONE);
}

static const mask_fn masks[MASK_COUNT] = {
	[MASK_HIDDEN] = mask_hidden,
	[MASK_NAME] = mask_name,
	[MASK_COMPANY] = mask_company,
	[MASK_PHONE] = mask_phone,
	[MASK_EMAIL] = mask_email,
	[MASK_WECHAT] = mask_wechat,
	[MASK_PERSON_ID] = mask_person_id,
	[MASK_ACCOUNT] = mask_account,
	[MASK_ADDRESS] = mask_address,
	[MASK_BUCKET] = mask_bucket,
	[MASK_BIRTHDAY] = mask_birthday,
};

struct bytes mask_value(
    const struct field *f, struct bytes packed, struct arena *a)
{
	struct bytes text, masked;

	if (value_is_empty(packed))
		return BYTES_NONE;
	if (f->mask == MASK_SHOWN)
		return arena_copy(a, packed);
	text = value_text(f, packed);
	masked = text.len ? masks[f->mask](a, text) : bytes_text(HIDDEN);
	return masked.data ? value_pack_text(a, masked) : BYTES_NONE;
}
