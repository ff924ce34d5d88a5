// SPDX-License-Identifier: MIT
/*
 * Patterns by check, by mask, by type; the schema's own reader judges.
 *
 * Where a check character is asked for, the candidates are tried in turn
 * until value_accept() finds no fault: no arithmetic of the standards is
 * repeated here.
 */
#include "server/selftest/made.h"

#include "common/findings.h"
#include "common/pack.h"
#include "server/schema/check.h"
#include "server/schema/value.h"

#define VALUE_MOST  4096
#define TODAY       20833 /* 2027-01-15 */
#define ALIKE_TRIES 60
#define ALIKE_STEP  97

static const char digits[] = "0123456789X";
static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/* `format` takes the number, and what is over if there is a bound; of `tail`
 * one character is appended. */
static const struct pattern {
	const char *check;
	const char *format;
	unsigned below; /* what the number is taken modulo; 0: as it is */
	const char *tail;
} patterns[] = {
	{ "name", "示例%u贸易有限公司", 0, NULL },
	{ "person_name", "王小%u", 0, NULL },
	{ "uscc", "91310000%08u0", 100000000, letters },
	{ "tax_no", "91310000%08u0", 100000000, letters },
	{ "resident_id", "110%03u19800101%03u", 1000, digits },
	{ "bank_account", "62220200%07u570", 10000000, digits },
	{ "cnaps", "1042900%04u", 10000, digits },
	{ "region", "3101%02u", 100, NULL },
	{ "code", "B%u", 0, NULL },
	{ "plain_words", "说明第 %u 条", 0, NULL },
	{ "mobile", "138%04u5678", 10000, NULL },
	{ "any_phone", "138%04u5678", 10000, NULL },
	{ "phone", "021-5%03u5678-1%03u", 1000, NULL },
	{ "email", "z%u@example.com", 0, NULL },
	{ "wechat", "zh_%06u", 1000000, NULL },
	{ "url", "https://www%u.example.com", 0, NULL },
	{ "postcode", "20%04u", 10000, NULL },
};

static const struct pattern plain = { "", "词%u", 0, NULL };
static const struct pattern narrow = { "", "%04u", 10000, NULL };
static const struct pattern street = { "", "上海市浦东新区%u号", 0, NULL };
static const struct pattern tailed = { "", "中国银行%07u5702", 10000000, NULL };

static const struct pattern *pattern_of(const struct field *f)
{
	for (size_t i = 0; f->check && i < sizeof patterns / sizeof *patterns;
	     i++)
		if (!strcmp(patterns[i].check, f->check->name))
			return &patterns[i];
	if (f->max && f->max < 12)
		return &narrow;
	return f->mask == MASK_ADDRESS   ? &street
	       : f->mask == MASK_ACCOUNT ? &tailed
					 : &plain;
}

/* --- judging -------------------------------------------------------------*/

static struct bytes no_companion(void *ctx, const struct field *f)
{
	(void)ctx;
	(void)f;
	return BYTES_NONE;
}

/* The normal form, or none if anything but a warning is found. */
static struct bytes accepted(
    const struct field *f, struct bytes packed, struct arena *a)
{
	const struct value_context c = { .record = { no_companion, NULL },
		.today = TODAY };
	struct findings found;
	struct bytes out;

	findings_init(&found, a);
	if (value_accept(f, &c, packed, a, &found, &out))
		return BYTES_NONE;
	for (const struct finding *at = found.first; at; at = at->next)
		if (at->severity != FINDING_WARNING)
			return BYTES_NONE;
	return out;
}

static struct bytes accept_text(
    const struct field *f, const char *text, struct arena *a)
{
	struct bytes packed = BYTES_NONE;
	struct buf b;

	buf_init(&b, VALUE_MOST);
	if (f->type == TYPE_LIST)
		pack_array(&b, 1);
	pack_cstr(&b, text);
	if (!b.err)
		packed = accepted(f, buf_bytes(&b), a);
	buf_release(&b);
	return packed;
}

/* --- by type -------------------------------------------------------------*/

/* The format is one of the table's. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static char *stem_of(const struct pattern *p, unsigned number, struct arena *a)
{
	if (!p->below)
		return arena_format(a, p->format, number);
	return arena_format(
	    a, p->format, number % p->below, number / p->below % p->below);
}
#pragma GCC diagnostic pop

static struct bytes made_text(
    const struct field *f, unsigned number, struct arena *a)
{
	const struct pattern *p = pattern_of(f);
	const char *stem = stem_of(p, number, a);
	struct bytes out = BYTES_NONE;

	if (!stem || !p->tail)
		return stem ? accept_text(f, stem, a) : out;
	for (const char *c = p->tail; *c && !out.len; c++) {
		const char *text = arena_format(a, "%s%c", stem, *c);

		out = text ? accept_text(f, text, a) : BYTES_NONE;
	}
	return out;
}

static struct bytes made_date(
    const struct field *f, unsigned number, struct arena *a)
{
	const char *text = arena_format(a, "%s-%02u-%02u",
	    f->mask == MASK_BIRTHDAY ? "1980" : "2026", 1 + number % 12,
	    1 + number / 12 % 28);

	return text ? accept_text(f, text, a) : BYTES_NONE;
}

/* What a rule weighs lies beyond all that is ordered: that an order says yes
 * or no of it is admitted, and is no finding. */
static struct bytes made_amount(
    const struct field *f, unsigned number, struct arena *a)
{
	const char *text =
	    f->weighed ? arena_format(a, "%u000000000", 20001 + number % 29000)
	    : f->has_most ? arena_format(a, "0.%02u", number % 100)
			  : arena_format(a, "%u.%02u", 20001 + number % 29000,
				f->places == 0 ? 0 : number % 100);

	return text ? accept_text(f, text, a) : BYTES_NONE;
}

static struct bytes made_bool(
    const struct field *f, unsigned number, struct arena *a)
{
	static const uint8_t packed[] = { 0xc2, 0xc3 };

	(void)f;
	(void)a;
	return bytes_of(packed + number % 2, 1);
}

static struct bytes made_choice(
    const struct field *f, unsigned number, struct arena *a)
{
	return accept_text(f, f->choices[number % f->choice_count].key, a);
}

static struct bytes made_count(
    const struct field *f, unsigned number, struct arena *a)
{
	const char *text = arena_format(a, "%u", 1 + number % 28);

	return text ? accept_text(f, text, a) : BYTES_NONE;
}

static struct bytes (*const makers[TYPE_COUNT])(
    const struct field *f, unsigned number, struct arena *a) = {
	[TYPE_TEXT] = made_text,
	[TYPE_NOTE] = made_text,
	[TYPE_ENUM] = made_choice,
	[TYPE_INT] = made_count,
	[TYPE_DECIMAL] = made_amount,
	[TYPE_MONEY] = made_amount,
	[TYPE_DATE] = made_date,
	[TYPE_INSTANT] = made_date,
	[TYPE_BOOL] = made_bool,
	[TYPE_LIST] = made_text,
};

struct bytes made_value(const struct field *f, unsigned number, struct arena *a)
{
	return makers[f->type] ? makers[f->type](f, number, a) : BYTES_NONE;
}

struct bytes made_alike(
    const struct field *f, struct bytes first, unsigned number, struct arena *a)
{
	struct bytes mask = mask_value(f, first, a);

	for (unsigned i = 0; i < ALIKE_TRIES; i++) {
		struct bytes other = made_value(f, number + i * ALIKE_STEP, a);

		if (other.len && !bytes_equal(other, first) &&
		    bytes_equal(mask_value(f, other, a), mask))
			return other;
	}
	return first;
}
