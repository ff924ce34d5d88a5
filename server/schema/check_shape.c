// SPDX-License-Identifier: MIT
/*
 * Shapes that several validators ask for: digits, check sums, the marks that
 * a spreadsheet leaves.
 */
#include "common/text.h"
#include "server/schema/check.h"

#include <ctype.h>

bool check_is_ascii(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] >= 0x80)
			return false;
	return true;
}

enum err check_squeeze(struct arena *a, struct bytes text, const char *drop,
    bool upper, struct bytes *out)
{
	struct bytes wide = text;
	uint8_t *at;
	size_t len = 0;

	*out = BYTES_NONE;
	if (!check_is_ascii(text)) {
		enum err e = text_nfkc(a, text, &wide);
		if (e != ERR_OK)
			return e;
	}
	at = arena_alloc(a, wide.len + 1);
	if (!at)
		return a->err;
	for (size_t i = 0; i < wide.len; i++) {
		uint8_t c = wide.data[i];
		if (c && c < 0x80 && strchr(drop, c))
			continue;
		at[len++] = upper && c >= 'a' && c <= 'z'
				? (uint8_t)(c - 'a' + 'A')
				: c;
	}
	*out = bytes_of(at, len);
	return ERR_OK;
}

enum err check_narrow(struct arena *a, struct bytes text,
    int32_t (*narrow)(int32_t code_point), struct bytes *out)
{
	struct buf half;

	*out = text;
	if (check_is_ascii(text))
		return ERR_OK;
	buf_init(&half, 3 * text.len + 1); /* what is broken becomes U+FFFD */
	while (text.len)
		text_put(&half, narrow(text_next(&text)));
	*out = buf_move(&half, a);
	return out->data ? ERR_OK : ERR_TOO_LARGE;
}

bool check_digits(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
	return s.len > 0;
}

bool check_is_mobile(struct bytes s)
{
	return s.len == 11 && check_digits(s) && s.data[0] == '1' &&
	       s.data[1] >= '3';
}

bool check_is_luhn(struct bytes digits)
{
	unsigned sum = 0;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned d = digits.data[digits.len - 1 - i] - '0';
		if (i % 2)
			d = d < 5 ? d * 2 : d * 2 - 9;
		sum += d;
	}
	return sum % 10 == 0;
}

bool check_is_china(struct bytes country)
{
	static const char *const names[] = { "CN", "cn", "China", "china",
		"CHINA", "中国", "CHN", "中华人民共和国" };
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bytes_is(country, names[i]))
			return true;
	return country.len == 0;
}

/* GB/T 2260: what provinces, regions and municipalities begin with. */
bool check_is_province(struct bytes region)
{
	static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 "
					"35 36 37 41 42 43 44 45 46 50 51 52 "
					"53 54 61 62 63 64 65 71 81 82 83";
	for (size_t i = 0; i + 1 < sizeof provinces; i += 3)
		if (region.len >= 2 && !memcmp(region.data, provinces + i, 2))
			return true;
	return false;
}

bool check_is_spoilt(const struct checking *c, struct bytes text)
{
	size_t i = 0;
	bool has_point = false, has_exponent;

	while (i < text.len && (isdigit(text.data[i]) || text.data[i] == '.'))
		has_point |= text.data[i++] == '.';
	has_exponent = i && i + 1 < text.len &&
		       (text.data[i] == 'E' || text.data[i] == 'e') &&
		       (text.data[i + 1] == '+' || has_point);
	if (!has_exponent)
		return false;
	findings_add(c->found, FINDING_ERROR, c->field, "numeric_cell",
	    "the column was numeric in the spreadsheet; make it text and "
	    "give all digits");
	return true;
}

enum err blind_code(struct arena *a, struct bytes text, struct bytes *form)
{
	return check_squeeze(a, text, " -", true, form);
}
