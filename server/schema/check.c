// SPDX-License-Identifier: MIT
/*
 * The table of validators, what several share, and the plain ones: names,
 * codes, notes, dates.
 */
#include "server/schema/check.h"
#include "common/date.h"
#include "common/text.h"

#include <ctype.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct check checks[] = {
	{ "name",         check_name,         text_compare_key, CHECK_TEXT },
	{ "person_name",  check_person_name,  text_compare_key, CHECK_TEXT },
	{ "uscc",         check_uscc,         blind_code,       CHECK_TEXT },
	{ "resident_id",  check_resident_id,  blind_code,       CHECK_TEXT },
	{ "bank_account", check_bank_account, blind_code,       CHECK_TEXT },
	{ "cnaps",        check_cnaps,        blind_code,       CHECK_TEXT },
	{ "tax_no",       check_tax_no,       blind_code,       CHECK_TEXT },
	{ "region",       check_region,       NULL,             CHECK_TEXT },
	{ "code",         check_code,         NULL,             CHECK_TEXT },
	{ "plain_words",  check_plain_words,  NULL,             CHECK_TEXT },
	{ "mobile",       check_mobile,       blind_phone,      CHECK_TEXT },
	{ "phone",        check_phone,        blind_phone,      CHECK_TEXT },
	{ "any_phone",    check_any_phone,    blind_phone,      CHECK_TEXT },
	{ "email",        check_email,        NULL,             CHECK_TEXT },
	{ "wechat",       check_wechat,       NULL,             CHECK_TEXT },
	{ "url",          check_url,          NULL,             CHECK_TEXT },
	{ "postcode",     check_postcode,     NULL,             CHECK_TEXT },
	{ "birthday",     check_birthday,     NULL,             CHECK_DAY },
	{ "not_future",   check_not_future,   NULL,             CHECK_DAY },
};
/* clang-format on */

const struct check *check_find(struct bytes name)
{
	for (unsigned i = 0; i < COUNT(checks); i++)
		if (bytes_is(name, checks[i].name))
			return &checks[i];
	return NULL;
}

unsigned check_count(void)
{
	return COUNT(checks);
}

const struct check *check_at(unsigned i)
{
	return i < COUNT(checks) ? &checks[i] : NULL;
}

/* --- shared --------------------------------------------------------------*/

static bool is_ascii(struct bytes s)
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
	if (!is_ascii(text)) {
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
	for (unsigned i = 0; i < COUNT(names); i++)
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

/* --- names and words -----------------------------------------------------*/

enum err check_name(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	*normal = text;
	if (text_count(text) < 2)
		findings_add(c->found, FINDING_ERROR, c->field, "name_short",
		    "a name has at least two characters");
	return ERR_OK;
}

/* Often no more than a surname is known of a person. */
enum err check_person_name(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	*normal = text;
	if (text_count(text) < 2)
		findings_add(c->found, FINDING_WARNING, c->field, "name_short",
		    "a full name has at least two characters");
	return ERR_OK;
}

enum err check_code(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	bool holds = true;
	enum err e = check_squeeze(c->arena, text, "", false, normal);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < normal->len; i++) {
		uint8_t ch = normal->data[i];
		holds &= isalnum(ch) || (i && (ch == '-' || ch == '_'));
	}
	if (!holds || !is_ascii(*normal))
		findings_add(c->found, FINDING_ERROR, c->field, "code_format",
		    "a code is letters A-Z, digits, and - or _ inside");
	return ERR_OK;
}

static const char *private_number(struct bytes run, int32_t today)
{
	struct bytes digits = run;

	if (check_is_resident_id(run, today))
		return "an id number";
	while (digits.len && !isdigit(digits.data[digits.len - 1]))
		digits.len--;
	if (check_is_mobile(digits))
		return "a mobile number";
	if (digits.len >= 15 && digits.len <= 19 && check_is_luhn(digits))
		return "a card number";
	return NULL;
}

/* Numbers that belong into a field with a key, a mask and an erasure. */
enum err check_plain_words(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	size_t at = 0;

	*normal = text;
	while (at < text.len) {
		size_t end = at;
		while (end < text.len && isdigit(text.data[end]))
			end++;
		if (end < text.len && end - at == 17 &&
		    (text.data[end] == 'X' || text.data[end] == 'x'))
			end++;
		if (end == at) {
			at++;
			continue;
		}
		const char *what = private_number(
		    bytes_of(text.data + at, end - at), c->today);
		if (what)
			findings_add(c->found, FINDING_WARNING, c->field,
			    "personal_data",
			    "this looks like %s; put it into its own field",
			    what);
		at = end;
	}
	return ERR_OK;
}

/* --- dates: given in their normal form -----------------------------------*/

enum err check_not_future(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	int32_t day;
	struct bytes date = bytes_of(text.data, text.len < 10 ? text.len : 10);

	*normal = text;
	if (date_parse(date, &day) == ERR_OK && day > c->today + 1)
		findings_add(c->found, FINDING_ERROR, c->field, "future",
		    "the date lies in the future");
	return ERR_OK;
}

enum err check_birthday(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	int32_t day;
	int year = 0, month, mday;

	*normal = text;
	if (date_parse(text, &day) != ERR_OK)
		return ERR_OK;
	date_split(day, &year, &month, &mday);
	if (day > c->today)
		findings_add(c->found, FINDING_ERROR, c->field, "future",
		    "a birthday lies in the past");
	else if (year < 1900)
		findings_add(c->found, FINDING_WARNING, c->field, "birthday",
		    "a birthday before 1900 is unlikely");
	return ERR_OK;
}
