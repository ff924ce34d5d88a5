// SPDX-License-Identifier: MIT
/*
 * Validators of words and days: names, codes, notes, dates.
 */
#include "common/date.h"
#include "common/text.h"
#include "server/schema/check.h"

#include <ctype.h>

/* Letters, digits and spaces of full width in a name are how somebody's
 * keyboard stood; brackets of full width are how companies are registered. */
static int32_t narrow(int32_t c)
{
	int32_t half = text_narrow(c);

	return half == ' ' || (half < 0x80 && isalnum(half)) ? half : c;
}

enum err check_name(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	enum err e = check_narrow(c->arena, text, narrow, normal);

	if (e == ERR_OK && text_count(text) < 2)
		findings_add(c->found, FINDING_ERROR, c->field, "name_short",
		    "a name has at least two characters");
	return e;
}

/* Often no more than a surname is known of a person. */
enum err check_person_name(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	enum err e = check_narrow(c->arena, text, narrow, normal);

	if (e == ERR_OK && text_count(text) < 2)
		findings_add(c->found, FINDING_WARNING, c->field, "name_short",
		    "a full name has at least two characters");
	return e;
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
	if (!holds || !check_is_ascii(*normal))
		findings_add(c->found, FINDING_ERROR, c->field, "code_format",
		    "a code is letters A-Z, digits, and - or _ inside");
	return ERR_OK;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* What a number in a note may be, and the rule that says so. */
struct private
{
	const char *rule, *what;
};

static const struct private private_id = { "note_id", "an id number" };
static const struct private private_mobile = { "note_mobile",
	"a mobile number" };
static const struct private private_card = { "note_card", "a card number" };

static const struct private *private_number(struct bytes run, int32_t today)
{
	struct bytes digits = run;

	if (check_is_resident_id(run, today))
		return &private_id;
	while (digits.len && !is_digit(digits.data[digits.len - 1]))
		digits.len--;
	if (check_is_mobile(digits))
		return &private_mobile;
	if (digits.len >= 15 && digits.len <= 19 && check_is_luhn(digits))
		return &private_card;
	return NULL;
}

/* Numbers that belong into a field with a key, a mask and an erasure; which
 * one, the client says out of the schema that its user may see. */
enum err check_plain_words(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	size_t at = 0;

	*normal = text;
	while (at < text.len) {
		size_t end = at;
		while (end < text.len && is_digit(text.data[end]))
			end++;
		if (end < text.len && end - at == 17 &&
		    (text.data[end] == 'X' || text.data[end] == 'x'))
			end++;
		if (end == at) {
			at++;
			continue;
		}
		const struct private *p = private_number(
		    bytes_of(text.data + at, end - at), c->today);
		if (p)
			findings_add(c->found, FINDING_WARNING, c->field,
			    p->rule,
			    "this looks like %s; put it into its own field",
			    p->what);
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
