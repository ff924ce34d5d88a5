// SPDX-License-Identifier: MIT
/*
 * Numbers that a register gave: USCC, resident id, bank account, tax number,
 * region, CNAPS.
 *
 * The arithmetic is the standards' (GB 32100-2015, GB 11714-1997, GB
 * 11643-1999, Luhn).  What registers have published against their own
 * standard is overridable, not refused: staff who cannot enter a real number
 * enter a false one.
 */
#include "common/date.h"
#include "server/schema/check.h"

#include <ctype.h>

static enum err add(const struct checking *c, enum severity s, const char *rule,
    const char *message)
{
	findings_add(c->found, s, c->field, rule, "%s", message);
	return ERR_OK;
}

/* --- resident id ---------------------------------------------------------*/

static uint8_t id_check_character(const uint8_t *digits)
{
	static const uint8_t weights[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9,
		10, 5, 8, 4, 2 };
	unsigned sum = 0;
	for (unsigned i = 0; i < sizeof weights; i++)
		sum += (digits[i] - '0') * (unsigned)weights[i];
	return (uint8_t) "10X98765432"[sum % 11];
}

static int number(const uint8_t *digits, unsigned len)
{
	int v = 0;
	for (unsigned i = 0; i < len; i++)
		v = v * 10 + (digits[i] - '0');
	return v;
}

static bool has_id_shape(struct bytes s)
{
	return s.len == 18 && check_digits(bytes_of(s.data, 17)) &&
	       (isdigit(s.data[17]) || s.data[17] == 'X' || s.data[17] == 'x');
}

static bool id_birth(struct bytes s, int32_t *day)
{
	int year = number(s.data + 6, 4);
	return year > 0 && date_join(year, number(s.data + 10, 2),
			       number(s.data + 12, 2), day) == ERR_OK;
}

bool check_is_resident_id(struct bytes s, int32_t today)
{
	int32_t day;
	return has_id_shape(s) && id_birth(s, &day) && day <= today &&
	       number(s.data + 6, 4) >= 1850 &&
	       toupper(s.data[17]) == id_check_character(s.data);
}

/* Before 1999: without the century and the check character. */
static struct bytes lengthen(struct arena *a, struct bytes s)
{
	uint8_t *at = arena_alloc(a, 18);
	if (!at)
		return BYTES_NONE;
	memcpy(at, s.data, 6);
	memcpy(at + 6, "19", 2);
	memcpy(at + 8, s.data + 6, 9);
	at[17] = id_check_character(at);
	return bytes_of(at, 18);
}

static enum err judge_resident(const struct checking *c, struct bytes s)
{
	int32_t day;

	if (!has_id_shape(s))
		return add(c, FINDING_ERROR, "id_format",
		    "an id number is 17 digits and a digit or X; name another "
		    "document's type first");
	if (!id_birth(s, &day) || day > c->today)
		return add(c, FINDING_ERROR, "id_date",
		    "characters 7 to 14 must be a date of birth");
	if (s.data[17] != id_check_character(s.data)) {
		if (c->is_import && !memcmp(s.data + 15, "000", 3))
			return add(c, FINDING_ERROR, "numeric_cell",
			    "the column was numeric in the spreadsheet; make "
			    "it text and give all digits");
		return add(c, FINDING_ERROR, "id_check",
		    "the last character does not fit the others; compare with "
		    "the document");
	}
	if (!check_is_province(s))
		return add(c, FINDING_OVERRIDE, "id_region",
		    "the first two digits name no province");
	if (number(s.data + 6, 4) < 1900)
		return add(c, FINDING_WARNING, "id_year",
		    "a birth before 1900 is unlikely");
	return ERR_OK;
}

static enum err judge_document(const struct checking *c, struct bytes s)
{
	bool holds = s.len >= 5 && s.len <= 20;
	for (size_t i = 0; i < s.len; i++)
		holds &= isalnum(s.data[i]) != 0;
	if (!holds)
		add(c, FINDING_ERROR, "id_format",
		    "a document's number is 5 to 20 letters and digits");
	return ERR_OK;
}

enum err check_resident_id(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	enum err e = check_squeeze(c->arena, text, " -", true, normal);
	if (e != ERR_OK || check_is_spoilt(c, *normal))
		return e;
	if (c->companion.len && !bytes_is(c->companion, "resident"))
		return judge_document(c, *normal);
	if (normal->len == 15 && check_digits(*normal)) {
		*normal = lengthen(c->arena, *normal);
		if (!normal->data)
			return c->arena->err;
		add(c, FINDING_WARNING, "id_old",
		    "a number of 15 digits was made into one of 18; compare "
		    "with the document");
	}
	return judge_resident(c, *normal);
}

/* --- unified social credit code ------------------------------------------*/

static const char uscc_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static int uscc_value(uint8_t c)
{
	const char *at = c ? strchr(uscc_alphabet, c) : NULL;
	return at ? (int)(at - uscc_alphabet) : -1;
}

static bool uscc_outer_holds(const uint8_t *s)
{
	unsigned sum = 0, weight = 1;
	for (unsigned i = 0; i < 17; i++) {
		sum += (unsigned)uscc_value(s[i]) * weight;
		weight = weight * 3 % 31;
	}
	/* A sum of 0 asks for the character 0, not for one past the end. */
	return (unsigned)uscc_value(s[17]) == (31 - sum % 31) % 31;
}

/* GB 11714-1997 over characters 9 to 16, its check is the 17th. */
static bool uscc_inner_holds(const uint8_t *s)
{
	static const uint8_t weights[] = { 3, 7, 9, 10, 5, 8, 4, 2 };
	unsigned sum = 0;
	for (unsigned i = 0; i < sizeof weights; i++) {
		uint8_t c = s[8 + i];
		unsigned v = isdigit(c) ? c - 48U : c - 55U;
		sum += v * weights[i];
	}
	return s[16] == (uint8_t) "0X987654321"[sum % 11];
}

static bool has_uscc_shape(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (uscc_value(s.data[i]) < 0)
			return false;
	return s.len == 18 && check_digits(bytes_of(s.data + 2, 6));
}

static enum err judge_uscc(const struct checking *c, struct bytes s)
{
	if (s.len != 18)
		return add(c, FINDING_ERROR, "uscc_length",
		    "the code has 18 characters");
	if (check_is_resident_id(s, c->today))
		return add(c, FINDING_OVERRIDE, "uscc_is_id",
		    "this may be a person's id number; the code stands on the "
		    "business licence");
	if (!has_uscc_shape(s))
		return add(c, FINDING_ERROR, "uscc_format",
		    "the code is digits and capital letters without I, O, S, V "
		    "and Z; characters 3 to 8 are digits");
	if (!uscc_outer_holds(s.data)) {
		if (check_digits(s) && !memcmp(s.data + 15, "000", 3))
			return add(c, FINDING_ERROR, "numeric_cell",
			    "the column was numeric in the spreadsheet; make "
			    "it text and give all 18 characters");
		return add(c, FINDING_OVERRIDE, "uscc_check",
		    "the last character does not fit the others; compare with "
		    "the business licence");
	}
	if (!uscc_inner_holds(s.data))
		add(c, FINDING_WARNING, "uscc_inner",
		    "character 17 does not fit characters 9 to 16; compare "
		    "with the business licence");
	if (!check_is_province(bytes_of(s.data + 2, 6)) &&
	    memcmp(s.data + 2, "100000", 6))
		add(c, FINDING_WARNING, "uscc_region",
		    "characters 3 and 4 name no province");
	return ERR_OK;
}

enum err check_uscc(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	enum err e = check_squeeze(c->arena, text, " -", true, normal);
	if (e != ERR_OK || check_is_spoilt(c, *normal))
		return e;
	return judge_uscc(c, *normal);
}

enum err check_tax_no(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	bool holds = true;
	enum err e = check_squeeze(c->arena, text, " -", true, normal);
	struct bytes s = *normal;

	if (e != ERR_OK || check_is_spoilt(c, s))
		return e;
	/* A person's tax number is his id number. */
	if (s.len == 18)
		return check_is_resident_id(s, c->today) ? ERR_OK
							 : judge_uscc(c, s);
	for (size_t i = 0; i < s.len; i++)
		holds &= isalnum(s.data[i]) != 0;
	if (!holds || (s.len != 15 && s.len != 17 && s.len != 20))
		add(c, FINDING_ERROR, "tax_no_format",
		    "a tax number has 18 characters, or 15, 17 or 20 of the "
		    "former kind");
	return ERR_OK;
}

/* --- bank ----------------------------------------------------------------*/

static bool has_account_shape(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum(s.data[i]) && s.data[i] != '-')
			return false;
	return s.len >= 5 && s.len <= 34;
}

enum err check_bank_account(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	bool personal = bytes_is(c->companion, "personal");
	enum err e =
	    check_squeeze(c->arena, text, personal ? " -" : " ", true, normal);
	struct bytes s = *normal;

	if (e != ERR_OK || check_is_spoilt(c, s))
		return e;
	if (!has_account_shape(s))
		return add(c, FINDING_ERROR, "account_format",
		    "an account has 5 to 34 digits (some banks: letters, "
		    "hyphens)");
	if (c->is_import && s.len == 18 && check_digits(s) &&
	    !memcmp(s.data + 15, "000", 3))
		return add(c, FINDING_OVERRIDE, "numeric_cell",
		    "the column may have been numeric in the spreadsheet; "
		    "make it text and give all digits");
	if (!personal)
		return ERR_OK;
	if (!check_digits(s) || s.len < 13 || s.len > 19)
		return add(c, FINDING_OVERRIDE, "card_format",
		    "a person's card has 13 to 19 digits");
	if (!check_is_luhn(s))
		add(c, FINDING_WARNING, "account_luhn",
		    "the last digit does not fit the others; compare with the "
		    "card");
	return ERR_OK;
}

enum err check_cnaps(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	enum err e = check_squeeze(c->arena, text, " -", true, normal);
	if (e != ERR_OK || check_is_spoilt(c, *normal))
		return e;
	if (normal->len != 12 || !check_digits(*normal))
		add(c, FINDING_ERROR, "cnaps_format",
		    "a CNAPS code has 12 digits");
	return ERR_OK;
}

enum err check_region(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	enum err e = check_squeeze(c->arena, text, " ", true, normal);
	if (e != ERR_OK)
		return e;
	if (normal->len != 6 || !check_digits(*normal))
		add(c, FINDING_ERROR, "region_format",
		    "a region code has six digits");
	else if (!check_is_province(*normal))
		add(c, FINDING_ERROR, "region_province",
		    "the first two digits name no province");
	return ERR_OK;
}
