// SPDX-License-Identifier: MIT
/*
 * How somebody is reached: mobile, landline, e-mail, WeChat, URL, postcode.
 *
 * A number in China is brought into one form; a foreign one is kept as typed
 * and compared by its digits (docs/validators.md).  Operators' prefixes are a
 * soft list only: they change faster than programs do.  libidn2 is seen here
 * alone.
 */
#include "common/text.h"
#include "server/schema/check.h"

#include <ctype.h>
#include <idn2.h>
#include <strings.h>

#define PHONE_DIGITS 40

static enum err add(const struct checking *c, enum severity s, const char *rule,
    const char *message)
{
	findings_add(c->found, s, c->field, rule, "%s", message);
	return ERR_OK;
}

static struct bytes skip(struct bytes s, size_t len)
{
	return bytes_of(s.data + len, s.len - len);
}

/* Without the prefix of China, if what is left is long enough. */
static struct bytes without_country(struct bytes s)
{
	if (bytes_starts(s, bytes_text("+86")))
		return skip(s, 3);
	if (bytes_starts(s, bytes_text("0086")))
		return skip(s, 4);
	if (s.len == 13 && bytes_starts(s, bytes_text("86")) &&
	    check_is_mobile(skip(s, 2)))
		return skip(s, 2);
	return s;
}

static bool is_international(struct bytes s)
{
	return s.len >= 8 && s.len <= 16 && s.data[0] == '+' &&
	       s.data[1] != '0' && check_digits(skip(s, 1));
}

/* --- foreign numbers -----------------------------------------------------*/

static enum err judge_foreign(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	bool holds = true;
	enum err e = check_squeeze(c->arena, text, "", false, normal);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < normal->len; i++) {
		uint8_t ch = normal->data[i];
		holds &=
		    isdigit(ch) || (ch && ch < 0x80 && strchr(" ()+-./", ch));
	}
	if (!holds || normal->len < 5 || normal->len > 25)
		add(c, FINDING_ERROR, "phone_foreign",
		    "a foreign number is 5 to 25 digits, spaces and ()+-./");
	return ERR_OK;
}

static enum err judge_international(const struct checking *c, struct bytes s)
{
	if (!is_international(s))
		add(c, FINDING_ERROR, "phone_international",
		    "after + come 7 to 15 digits, the first not 0");
	return ERR_OK;
}

/* --- mobile --------------------------------------------------------------*/

/* libphonenumber's list of 2026-07 for China. */
static bool is_known_prefix(struct bytes s)
{
	static const char fourth[] = "0123456789";
	static const struct {
		char second;
		const char *third;
	} known[] = { { '3', fourth }, { '8', fourth }, { '4', "57" },
		{ '5', "012356789" }, { '9', "012356789" }, { '6', "2567" },
		{ '7', "01235678" } };

	if (!memcmp(s.data, "1610", 4) ||
	    (!memcmp(s.data, "1740", 4) && s.data[4] <= '5'))
		return true;
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
		if (s.data[1] == (uint8_t)known[i].second)
			return strchr(known[i].third, s.data[2]) != NULL;
	return false;
}

static enum err judge_mobile(const struct checking *c, struct bytes s)
{
	if (s.len == 13 && check_digits(s) && s.data[0] == '1')
		return add(c, FINDING_ERROR, "mobile_machine",
		    "numbers of 13 digits belong to machines; give a person's "
		    "mobile of 11 digits");
	if (!check_is_mobile(s))
		return add(c, FINDING_ERROR, "mobile_format",
		    "a mobile has 11 digits and begins with 13 to 19; abroad: "
		    "set the country, or begin with +");
	if (!is_known_prefix(s))
		add(c, FINDING_WARNING, "mobile_prefix",
		    "no operator is known for this prefix");
	return ERR_OK;
}

enum err check_mobile(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	if (!check_is_china(c->companion))
		return judge_foreign(c, text, normal);
	enum err e = check_squeeze(c->arena, text, " -().", false, normal);
	if (e != ERR_OK || check_is_spoilt(c, text))
		return e;
	*normal = without_country(*normal);
	if (normal->len && normal->data[0] == '+')
		return judge_international(c, *normal);
	return judge_mobile(c, *normal);
}

/* --- landline ------------------------------------------------------------*/

struct landline {
	char digits[PHONE_DIGITS]; /* with the area's 0 */
	size_t len;
	struct bytes extension;
	struct bytes area; /* for a number that has none; or none */
};

static size_t area_length(const char *digits)
{
	return digits[1] == '1' || digits[1] == '2' ? 3 : 4;
}

static bool is_complete(const char *digits, size_t len)
{
	if (len < 10 || digits[0] != '0' || digits[1] == '0')
		return false;
	size_t rest = len - area_length(digits);
	return rest == 7 || rest == 8;
}

/* As somebody of the same place dials it: 0 and 1 lead elsewhere. */
static bool is_local(const char *digits, size_t len)
{
	return (len == 7 || len == 8) && *digits >= '2';
}

static bool is_service(const char *digits, size_t len)
{
	if (!memcmp(digits, "400", 3) || !memcmp(digits, "800", 3))
		return len == 10;
	if (!memcmp(digits, "95", 2))
		return len >= 5 && len <= 8;
	return !memcmp(digits, "96", 2) && (len == 5 || len == 6);
}

/* "转801", "ext801", "#801": cuts it off `s`. */
static struct bytes cut_extension(struct bytes *s)
{
	static const char *const marks[] = { "转", "轉", "分机", "ext.", "ext",
		"x", "#" };
	for (size_t i = 1; i < s->len; i++) {
		struct bytes rest = skip(*s, i);
		for (unsigned m = 0; m < sizeof marks / sizeof *marks; m++) {
			size_t len = strlen(marks[m]);
			if (rest.len <= len ||
			    strncasecmp((const char *)rest.data, marks[m], len))
				continue;
			s->len = i;
			return skip(rest, len);
		}
	}
	return BYTES_NONE;
}

static size_t collect(struct landline *l, struct bytes s)
{
	l->len = 0;
	for (size_t i = 0; i < s.len && l->len < PHONE_DIGITS; i++)
		if (isdigit(s.data[i]))
			l->digits[l->len++] = (char)s.data[i];
	return l->len;
}

static bool has_phone_characters(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isdigit(s.data[i]) && s.data[i] != '-')
			return false;
	return s.len > 0 && s.len < PHONE_DIGITS;
}

/* A last group after a hyphen is an extension when what stands before it is
 * a number already. */
static void split(struct landline *l, struct bytes s)
{
	size_t at = s.len;

	while (at && s.data[at - 1] != '-')
		at--;
	if (!l->extension.len && at > 1 && s.len - at >= 1 && s.len - at <= 6) {
		collect(l, bytes_of(s.data, at - 1));
		if (is_complete(l->digits, l->len) ||
		    is_service(l->digits, l->len) ||
		    (l->area.len && is_local(l->digits, l->len))) {
			l->extension = skip(s, at);
			return;
		}
	}
	collect(l, s);
}

static struct bytes format_landline(struct arena *a, const struct landline *l)
{
	size_t area =
	    is_service(l->digits, l->len) ? 0 : area_length(l->digits);
	char *text = arena_format(a, "%.*s%s%.*s%s%.*s", (int)area, l->digits,
	    area ? "-" : "", (int)(l->len - area), l->digits + area,
	    l->extension.len ? "-" : "", (int)l->extension.len,
	    l->extension.len ? (const char *)l->extension.data : "");
	return text ? bytes_text(text) : BYTES_NONE;
}

static struct bytes area_of(const struct checking *c)
{
	struct bytes area = c->area ? c->area(c->ctx) : BYTES_NONE;
	bool holds = check_digits(area) && area.data[0] == '0' &&
		     (area.len == 3 || area.len == 4);

	return holds ? area : BYTES_NONE;
}

/* The preview shows what became of it. */
static void put_area(const struct checking *c, struct landline *l)
{
	if (!l->area.len || !is_local(l->digits, l->len) ||
	    is_service(l->digits, l->len))
		return;
	memmove(l->digits + l->area.len, l->digits, l->len);
	memcpy(l->digits, l->area.data, l->area.len);
	l->len += l->area.len;
	add(c, FINDING_WARNING, "phone_area_added",
	    "the area code of the branch was put before it");
}

static enum err judge_landline(
    const struct checking *c, struct bytes s, struct bytes *normal)
{
	struct landline l = { .extension = cut_extension(&s),
		.area = area_of(c) };

	if (!has_phone_characters(s) ||
	    (l.extension.len &&
		(!check_digits(l.extension) || l.extension.len > 6)))
		return add(c, FINDING_ERROR, "phone_format",
		    "a landline is area code and number, as 021-52345678, "
		    "then an extension, as -801; abroad: set the country, or "
		    "begin with +");
	split(&l, s);
	put_area(c, &l);
	if (is_local(l.digits, l.len) && !is_service(l.digits, l.len))
		return add(c, FINDING_ERROR, "phone_area",
		    "begin with the area code, as 021-52345678");
	if (!is_complete(l.digits, l.len) && !is_service(l.digits, l.len))
		return add(c, FINDING_ERROR, "phone_format",
		    "a landline is 0, two or three digits of area, and seven "
		    "or eight digits");
	if (!is_service(l.digits, l.len) && area_length(l.digits) == 3 &&
	    l.len != 11)
		add(c, FINDING_WARNING, "phone_length",
		    "numbers of this area have eight digits");
	*normal = format_landline(c->arena, &l);
	return normal->data ? ERR_OK : c->arena->err;
}

/* "+86 21 5234 5678": the area's 0 is left out after the country. */
static struct bytes with_area_zero(struct arena *a, struct bytes s)
{
	struct bytes rest = without_country(s);
	if (rest.len == s.len || !rest.len || rest.data[0] == '0' ||
	    check_is_mobile(rest) || bytes_starts(rest, bytes_text("400")))
		return rest;
	char *text =
	    arena_format(a, "0%.*s", (int)rest.len, (const char *)rest.data);
	return text ? bytes_text(text) : BYTES_NONE;
}

static enum err judge_any(const struct checking *c, struct bytes text,
    bool warns_of_mobile, struct bytes *normal)
{
	struct bytes digits;

	if (!check_is_china(c->companion))
		return judge_foreign(c, text, normal);
	enum err e = check_squeeze(c->arena, text, " ().", false, normal);
	if (e != ERR_OK || check_is_spoilt(c, text))
		return e;
	*normal = with_area_zero(c->arena, *normal);
	if (!normal->data)
		return c->arena->err;
	if (normal->len && normal->data[0] == '+')
		return judge_international(c, *normal);
	e = check_squeeze(c->arena, *normal, "-", false, &digits);
	if (e != ERR_OK)
		return e;
	digits = without_country(digits);
	if (!check_is_mobile(digits))
		return judge_landline(c, *normal, normal);
	*normal = digits;
	if (warns_of_mobile)
		add(c, FINDING_WARNING, "phone_is_mobile",
		    "a mobile number is better kept in the field mobile");
	return ERR_OK;
}

enum err check_phone(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	return judge_any(c, text, true, normal);
}

enum err check_any_phone(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	return judge_any(c, text, false, normal);
}

/* Digits, with the country for a mobile in China; without the extension. */
enum err blind_phone(struct arena *a, struct bytes text, struct bytes *form)
{
	uint8_t *at;
	size_t len = 0;
	struct bytes s;
	enum err e = check_squeeze(a, text, " -().", false, &s);

	if (e != ERR_OK)
		return e;
	s = without_country(s);
	at = arena_alloc(a, s.len + 2);
	if (!at)
		return a->err;
	if (check_is_mobile(s)) {
		memcpy(at, "86", 2);
		len = 2;
	}
	for (size_t i = 0; i < s.len; i++)
		if (isdigit(s.data[i]))
			at[len++] = s.data[i];
	*form = bytes_of(at, len);
	return ERR_OK;
}

/* --- e-mail --------------------------------------------------------------*/

static bool is_atom(uint8_t ch)
{
	return isalnum(ch) || (ch && strchr("!#$%&'*+/=?^_`{|}~-.", ch));
}

static bool has_local_shape(struct bytes s)
{
	if (s.len == 0 || s.len > 64 || s.data[0] == '.' ||
	    s.data[s.len - 1] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_atom(s.data[i]) ||
		    (i && s.data[i] == '.' && s.data[i - 1] == '.'))
			return false;
	return true;
}

static bool has_domain_shape(struct bytes s)
{
	size_t label = 0, labels = 1;
	for (size_t i = 0; i <= s.len; i++) {
		bool end = i == s.len || s.data[i] == '.';
		if (end && (label == 0 || label > 63 || s.data[i - 1] == '-'))
			return false;
		if (!end && !isalnum(s.data[i]) && !(s.data[i] == '-' && label))
			return false;
		label = end ? 0 : label + 1;
		labels += end && i < s.len;
	}
	return labels >= 2;
}

static bool is_ascii(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] >= 0x80)
			return false;
	return true;
}

/* Lower case, and punycode where it is needed. */
static struct bytes plain_domain(struct arena *a, struct bytes s)
{
	char *text = arena_text(a, s), *coded = NULL;
	struct bytes out = BYTES_NONE;

	if (!text)
		return BYTES_NONE;
	if (is_ascii(s)) {
		for (size_t i = 0; i < s.len; i++)
			text[i] = (char)tolower((unsigned char)text[i]);
		return bytes_of(text, s.len);
	}
	if (idn2_to_ascii_8z(
		text, &coded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
		out = arena_copy(a, bytes_text(coded));
	idn2_free(coded);
	return out;
}

enum err check_email(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	struct bytes s, domain;
	size_t at = 0, ats = 0;
	enum err e = check_squeeze(c->arena, text, "", false, &s);

	*normal = text;
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] == '@') {
			at = i;
			ats++;
		}
	if (ats != 1)
		return add(c, FINDING_ERROR, "email_format",
		    "an address has one @, as name@example.com");
	if (!has_local_shape(bytes_of(s.data, at)))
		return add(c, FINDING_ERROR, "email_local",
		    "before the @: up to 64 letters, digits and single dots "
		    "inside");
	domain = plain_domain(c->arena, skip(s, at + 1));
	if (c->arena->err != ERR_OK)
		return c->arena->err;
	if (!domain.data || !has_domain_shape(domain) ||
	    at + 1 + domain.len > 254)
		return add(c, FINDING_ERROR, "email_domain",
		    "after the @: a domain of two parts or more, as "
		    "example.com");
	if (!is_ascii(text) && is_ascii(s))
		add(c, FINDING_WARNING, "email_width",
		    "full-width characters were made half-width");
	char *whole = arena_format(c->arena, "%.*s@%.*s", (int)at,
	    (const char *)s.data, (int)domain.len, (const char *)domain.data);
	if (!whole)
		return c->arena->err;
	*normal = bytes_text(whole);
	return ERR_OK;
}

/* --- others --------------------------------------------------------------*/

enum err check_wechat(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	bool holds = true;
	enum err e = check_squeeze(c->arena, text, " ", false, normal);
	struct bytes s = *normal;

	if (e != ERR_OK)
		return e;
	if (check_digits(s) && s.len >= 5 && s.len <= 11)
		return add(c, FINDING_WARNING, "wechat_is_number",
		    "this is a phone or QQ number, not a WeChat id");
	for (size_t i = 0; i < s.len; i++)
		holds &=
		    isalnum(s.data[i]) || s.data[i] == '_' || s.data[i] == '-';
	if (!holds || s.len < 6 || s.len > 20 || !isalpha(s.data[0]))
		add(c, FINDING_ERROR, "wechat_format",
		    "a WeChat id is a letter, then 5 to 19 letters, digits, _ "
		    "or -");
	return ERR_OK;
}

enum err check_url(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	size_t scheme = 0;

	*normal = text;
	if (text.len > 8 &&
	    !strncasecmp((const char *)text.data, "https://", 8))
		scheme = 8;
	else if (text.len > 7 &&
		 !strncasecmp((const char *)text.data, "http://", 7))
		scheme = 7;
	bool holds =
	    scheme && text.data[scheme] != '/' && text.data[scheme] != '.';
	for (size_t i = 0; i < text.len; i++)
		holds &=
		    text.data[i] > ' ' && !strchr("\"<>\\^`{|}", text.data[i]);
	if (!holds)
		add(c, FINDING_ERROR, "url_format",
		    "an address begins with http:// or https:// and has no "
		    "spaces");
	return ERR_OK;
}

enum err check_postcode(
    const struct checking *c, struct bytes text, struct bytes *normal)
{
	enum err e = check_squeeze(c->arena, text, "", true, normal);
	if (e != ERR_OK || !check_is_china(c->companion))
		return e;
	if (normal->len != 6 || !check_digits(*normal))
		add(c, FINDING_WARNING, "postcode_format",
		    "a postcode in China has six digits");
	return ERR_OK;
}
