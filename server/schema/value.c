// SPDX-License-Identifier: MIT
/*
 * Accepting a given value: one function a type, chosen by a table.
 *
 * This is the hot path of an import, so the common case copies once: text
 * that is printable ASCII or plain Han is known to be in NFC and is not
 * normalised again.
 */
#include "server/schema/value.h"
#include "common/date.h"
#include "common/text.h"
#include "common/unpack.h"
#include "server/schema/check.h"
#include "server/schema/day.h"

#include <strings.h>

#define ITEM_MAX   200 /* code points of one item of a list */
#define REF_MAX    120
#define MARKS_MOST 60 /* that a check may take off */

struct accepting {
	const struct field *f;
	const struct value_context *c;
	struct arena *a;
	struct findings *found;
};

typedef enum err (*accept_fn)(
    const struct accepting *x, struct bytes given, struct bytes *out);

static enum err refuse(
    const struct accepting *x, const char *rule, const char *message)
{
	findings_add(x->found, FINDING_ERROR, x->f->key, rule, "%s", message);
	return ERR_OK;
}

static enum err refuse_length(const struct accepting *x)
{
	findings_add(x->found, FINDING_ERROR, x->f->key, "max",
	    "at most %u characters", (unsigned)x->f->max);
	return ERR_OK;
}

/* --- clean text ----------------------------------------------------------*/

/* Code points that no normalisation touches and nothing composes with. */
static bool is_stable(int32_t c)
{
	return (c >= 0x20 && c < 0x7F) || (c >= 0x3400 && c <= 0x9FFF) ||
	       (c >= 0xFF01 && c <= 0xFF5E) || (c >= 0x3001 && c <= 0x3029);
}

struct look {
	size_t count; /* code points */
	bool is_stable, has_control, has_invisible, is_broken;
};

static struct look look_at(struct bytes s, bool lines)
{
	struct look l = { .is_stable = true };
	const uint8_t *end;
	int32_t c;

	for (end = s.data + s.len; s.data < end; l.count++) {
		if (*s.data >= 0x20 && *s.data < 0x7F) {
			s = bytes_of(s.data + 1, s.len - 1);
			continue;
		}
		c = text_next(&s);
		if (is_stable(c))
			continue;
		l.is_stable = false;
		l.is_broken |= c == 0xFFFD;
		l.has_invisible |= text_is_invisible(c);
		if (text_is_control(c) && !(lines && (c == '\n' || c == '\t')))
			l.has_control = true;
	}
	return l;
}

/* Line ends become one newline. */
static struct bytes plain_lines(struct arena *a, struct bytes s)
{
	uint8_t *at;
	size_t len = 0;

	if (!bytes_find(s, '\r'))
		return s;
	at = arena_alloc(a, s.len);
	for (size_t i = 0; at && i < s.len; i++)
		if (s.data[i] != '\r')
			at[len++] = s.data[i];
		else if (i + 1 == s.len || s.data[i + 1] != '\n')
			at[len++] = '\n';
	return bytes_of(at, len);
}

/* *out has no data after a refusal, and may still borrow `text`. */
static enum err clean(const struct accepting *x, struct bytes text, size_t max,
    bool lines, struct bytes *out)
{
	struct look l;
	enum err e;

	*out = BYTES_NONE;
	if (lines)
		text = plain_lines(x->a, text);
	if (x->a->err != ERR_OK)
		return x->a->err;
	text = text_trim(text);
	l = look_at(text, lines);
	if (l.is_broken)
		return refuse(x, "encoding",
		    "the text is not UTF-8 or was damaged in a conversion");
	if (l.has_control)
		return refuse(x, "control",
		    "the text holds control characters; type it afresh");
	e = l.has_invisible ? text_visible(x->a, text, &text) : ERR_OK;
	if (e == ERR_OK && !l.is_stable) {
		e = text_nfc(x->a, text, &text);
		l.count = text_count(text);
	}
	if (e != ERR_OK)
		return e;
	if (l.count > max)
		return refuse_length(x);
	*out = text;
	return ERR_OK;
}

static bool given_text(struct bytes given, struct bytes *text)
{
	struct reader r = reader_of(given);
	*text = read_text(&r);
	return r.err == ERR_OK;
}

/* --- texts ---------------------------------------------------------------*/

static enum err run_check(
    const struct accepting *x, struct bytes text, struct bytes *normal)
{
	const struct field *companion = x->f->companion;
	struct checking c = { .field = x->f->key,
		.today = x->c->today,
		.is_import = x->c->is_import,
		.area = x->c->area,
		.ctx = x->c->record.ctx,
		.arena = x->a,
		.found = x->found };

	*normal = text;
	if (!x->f->check)
		return ERR_OK;
	if (companion && x->c->record.get)
		c.companion = value_text(
		    companion, x->c->record.get(x->c->record.ctx, companion));
	return x->f->check->run(&c, text, normal);
}

static enum err pack_into(
    const struct accepting *x, struct bytes text, struct bytes *out)
{
	if (text.len == 0)
		return ERR_OK;
	*out = value_pack_text(x->a, text);
	return out->data ? ERR_OK : x->a->err;
}

/* What a check takes off, spaces and hyphens, need not fit. */
static enum err accept_text(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	const size_t max =
	    x->f->check ? x->f->max + (size_t)MARKS_MOST : x->f->max;
	unsigned errors = x->found->errors;
	struct bytes text, normal = BYTES_NONE;
	enum err e;

	if (!given_text(given, &text))
		return refuse(x, "type", "a text is expected");
	e = clean(x, text, max, x->f->type == TYPE_NOTE, &text);
	if (e == ERR_OK && text.len)
		e = run_check(x, text, &normal);
	if (e != ERR_OK)
		return e;
	if (x->found->errors == errors && text_count(normal) > x->f->max)
		return refuse_length(x);
	return pack_into(x, normal, out);
}

static const struct choice *choice_of(const struct field *f, struct bytes text)
{
	for (unsigned i = 0; i < f->choice_count; i++)
		if (bytes_is(text, f->choices[i].key))
			return &f->choices[i];
	for (unsigned i = 0; i < f->choice_count; i++) {
		const struct choice *c = &f->choices[i];
		if (bytes_is(text, c->label.zh) ||
		    (strlen(c->label.en) == text.len &&
			!strncasecmp(
			    c->label.en, (const char *)text.data, text.len)) ||
		    (strlen(c->key) == text.len &&
			!strncasecmp(
			    c->key, (const char *)text.data, text.len)))
			return c;
	}
	return NULL;
}

static enum err refuse_choice(const struct accepting *x)
{
	char words[160];
	size_t at = 0;

	for (unsigned i = 0; i < x->f->choice_count; i++) {
		const char *key = x->f->choices[i].key;
		size_t len = strlen(key);
		if (at + len + 8 > sizeof words)
			break;
		memcpy(words + at, i ? ", " : "", i ? 2 : 0);
		at += i ? 2 : 0;
		memcpy(words + at, key, len);
		at += len;
	}
	words[at] = 0;
	findings_add(
	    x->found, FINDING_ERROR, x->f->key, "value", "one of %s", words);
	return ERR_OK;
}

static enum err accept_enum(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	const struct field *f = x->f;
	const struct choice *choice;
	struct bytes text, half;
	enum err e;

	if (!given_text(given, &text))
		return refuse(x, "type", "a text is expected");
	choice = choice_of(f, text);
	if (choice)
		return pack_into(x, bytes_text(choice->key), out);
	e = clean(x, text, f->max ? f->max : REF_MAX, false, &text);
	if (e == ERR_OK)
		e = check_narrow(x->a, text, text_narrow, &half);
	if (e != ERR_OK || text.len == 0)
		return e;
	choice = choice_of(f, half);
	if (choice)
		return pack_into(x, bytes_text(choice->key), out);
	return f->open_choices ? pack_into(x, text, out) : refuse_choice(x);
}

static enum err accept_ref(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	struct reader r = reader_of(given);
	struct bytes text;
	enum err e;

	if (reader_peek(&r) == UNPACK_INT) {
		char *number =
		    arena_format(x->a, "%lld", (long long)read_int(&r));
		return number ? pack_into(x, bytes_text(number), out)
			      : x->a->err;
	}
	if (!given_text(given, &text))
		return refuse(x, "type", "a text is expected");
	e = clean(x, text, REF_MAX, false, &text);
	return e == ERR_OK ? pack_into(x, text, out) : e;
}

/* --- numbers -------------------------------------------------------------*/

static bool is_in_range(const struct accepting *x, const struct decimal *v)
{
	const struct field *f = x->f;
	char least[DECIMAL_TEXT] = "", most[DECIMAL_TEXT] = "";
	bool holds = !(f->has_least && decimal_compare(v, &f->least) < 0) &&
		     !(f->has_most && decimal_compare(v, &f->most) > 0);

	if (holds)
		return true;
	if (f->has_least)
		decimal_format(&f->least, 0, least);
	if (f->has_most)
		decimal_format(&f->most, 0, most);
	findings_add(x->found, FINDING_ERROR, f->key, "range",
	    "a number%s%s%s%s is expected", f->has_least ? " from " : "", least,
	    f->has_most ? " up to " : "", most);
	return false;
}

/* True with the number; otherwise refused, or empty (*is_empty). */
static bool given_number(const struct accepting *x, struct bytes given,
    struct decimal *v, bool *is_empty)
{
	struct reader r = reader_of(given);
	enum unpack_type type = reader_peek(&r);
	struct bytes text;
	enum err e;

	*is_empty = false;
	if (type == UNPACK_INT) {
		*v = decimal_int(read_int(&r));
		return true;
	}
	if (type != UNPACK_TEXT) {
		(void)refuse(x, type == UNPACK_FLOAT ? "float" : "type",
		    "give numbers as text, as \"1234.50\", or whole ones as "
		    "integers");
		return false;
	}
	e = check_narrow(x->a, read_text(&r), text_narrow, &text);
	text = text_trim(text);
	*is_empty = text.len == 0;
	if (*is_empty)
		return false;
	if (e == ERR_OK)
		e = decimal_parse(text, v);
	if (e == ERR_TOO_LARGE)
		(void)refuse(x, "digits",
		    "at most 15 digits before the point and 6 after it");
	else if (e != ERR_OK && bytes_find(text, ','))
		(void)refuse(x, "number",
		    "leave the commas out; write the number as 1234.50");
	else if (e != ERR_OK)
		(void)refuse(x, "number", "write the number as 1234.50");
	return e == ERR_OK;
}

static enum err accept_decimal(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	struct decimal v, cut;
	bool is_empty;

	if (!given_number(x, given, &v, &is_empty) || !is_in_range(x, &v))
		return ERR_OK;
	if (x->f->type == TYPE_MONEY) {
		cut = decimal_round(&v, 2);
		if (decimal_compare(&cut, &v) != 0)
			return refuse(x, "places",
			    "an amount has at most two digits after the "
			    "point");
	}
	/* An integer of the wire may be longer than a text may be. */
	if (v.scale == 0 &&
	    (v.digits > 999999999999999LL || v.digits < -999999999999999LL))
		return refuse(x, "digits",
		    "at most 15 digits before the point and 6 after it");
	*out = value_pack_decimal(x->a, &v, x->f->places);
	return out->data ? ERR_OK : x->a->err;
}

static struct bytes pack_whole(struct arena *a, int64_t v)
{
	uint8_t *at = arena_alloc(a, 9);

	if (!at)
		return BYTES_NONE;
	if (v >= 0 && v < 128) {
		at[0] = (uint8_t)v;
		return bytes_of(at, 1);
	}
	at[0] = 0xD3;
	put_be64(at + 1, (uint64_t)v);
	return bytes_of(at, 9);
}

static enum err accept_int(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	struct decimal v, cut;
	bool is_empty;

	if (!given_number(x, given, &v, &is_empty) || !is_in_range(x, &v))
		return ERR_OK;
	cut = decimal_round(&v, 0);
	if (decimal_compare(&cut, &v) != 0)
		return refuse(x, "whole", "a whole number is expected");
	*out = pack_whole(x->a, (int64_t)cut.digits);
	return out->data ? ERR_OK : x->a->err;
}

static enum err accept_bool(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = { { "true", true }, { "yes", true }, { "是", true },
		{ "1", true }, { "false", false }, { "no", false },
		{ "否", false }, { "0", false } };
	struct reader r = reader_of(given);
	struct bytes text;
	uint8_t *at = arena_alloc(x->a, 1);
	int v = -1;

	if (!at)
		return x->a->err;
	if (reader_peek(&r) == UNPACK_BOOL)
		v = read_bool(&r);
	else if (given_text(given, &text)) {
		text = text_trim(text);
		if (text.len == 0)
			return ERR_OK;
		for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
			if (bytes_is(text, words[i].word))
				v = words[i].value;
	}
	if (v < 0)
		return refuse(x, "type", "true or false is expected");
	*at = v ? 0xC3 : 0xC2;
	*out = bytes_of(at, 1);
	return ERR_OK;
}

/* --- dates ---------------------------------------------------------------*/

static bool given_day(const struct accepting *x, struct bytes s, int32_t *day)
{
	struct bytes half;

	if (bytes_is(s, "today")) {
		*day = x->c->today;
		return true;
	}
	return date_parse(s, day) == ERR_OK ||
	       (check_narrow(x->a, s, text_narrow, &half) == ERR_OK &&
		   day_typed(half, day));
}

static enum err finish_date(
    const struct accepting *x, const char *text, struct bytes *out)
{
	struct bytes normal = bytes_text(text);
	enum err e = run_check(x, normal, &normal);
	return e == ERR_OK ? pack_into(x, normal, out) : e;
}

static enum err accept_date(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	char text[DATE_TEXT];
	struct bytes s;
	int32_t day;

	if (!given_text(given, &s))
		return refuse(x, "type", "a date is expected, as 2026-11-22");
	s = text_trim(s);
	if (s.len == 0)
		return ERR_OK;
	if (!given_day(x, s, &day))
		return refuse(
		    x, "date", "an existing day is expected, as 2026-11-22");
	date_format(day, text);
	return finish_date(x, text, out);
}

static enum err accept_instant(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	char text[INSTANT_TEXT];
	struct bytes s;
	int64_t ms;
	int32_t day;

	if (!given_text(given, &s))
		return refuse(x, "type", "a date or an instant is expected");
	s = text_trim(s);
	if (s.len == 0)
		return ERR_OK;
	if (given_day(x, s, &day))
		ms = day_begins(day, 0); /* on that day in every zone */
	else if (instant_parse(s, &ms) != ERR_OK)
		return refuse(x, "date",
		    "a date is expected, as 2026-11-22, or an instant, as "
		    "2026-11-22T08:00:00Z");
	instant_format(ms, text);
	return finish_date(x, text, out);
}

/* --- lists ---------------------------------------------------------------*/

struct items {
	struct bytes *item;
	size_t count;
	size_t bytes;
};

static enum err add_item(
    const struct accepting *x, struct items *l, struct bytes text)
{
	struct bytes normal = BYTES_NONE;
	enum err e = clean(x, text, ITEM_MAX, false, &text);

	if (e != ERR_OK || text.len == 0)
		return e;
	e = run_check(x, text, &normal);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < l->count; i++)
		if (bytes_equal(l->item[i], normal))
			return ERR_OK;
	if (l->count == x->f->max) {
		findings_add(x->found, FINDING_ERROR, x->f->key, "max",
		    "at most %u items", (unsigned)x->f->max);
		return ERR_OK;
	}
	l->item[l->count++] = normal;
	l->bytes += normal.len + 5;
	return ERR_OK;
}

/* One text names several items between semicolons. */
static enum err split_items(
    const struct accepting *x, struct items *l, struct bytes text)
{
	enum err e = ERR_OK;
	size_t at = 0;

	while (e == ERR_OK && at <= text.len) {
		struct bytes rest = bytes_of(text.data + at, text.len - at);
		size_t len = 0, mark = 1;
		while (len < rest.len && rest.data[len] != ';') {
			struct bytes wide =
			    bytes_of(rest.data + len, rest.len - len);
			if (bytes_starts(wide, bytes_text("；"))) {
				mark = strlen("；");
				break;
			}
			len++;
		}
		e = add_item(x, l, bytes_of(rest.data, len));
		at += len + mark;
	}
	return e;
}

static size_t pack_text_at(uint8_t *at, struct bytes text)
{
	size_t head;

	if (text.len < 32) {
		at[0] = (uint8_t)(0xA0 | text.len);
		head = 1;
	} else if (text.len < 256) {
		at[0] = 0xD9;
		at[1] = (uint8_t)text.len;
		head = 2;
	} else if (text.len < 65536) {
		at[0] = 0xDA;
		put_be16(at + 1, (uint16_t)text.len);
		head = 3;
	} else {
		at[0] = 0xDB;
		put_be32(at + 1, (uint32_t)text.len);
		head = 5;
	}
	if (text.len)
		memcpy(at + head, text.data, text.len);
	return head + text.len;
}

static size_t pack_count_at(uint8_t *at, size_t count)
{
	if (count < 16) {
		at[0] = (uint8_t)(0x90 | count);
		return 1;
	}
	at[0] = 0xDC;
	put_be16(at + 1, (uint16_t)count);
	return 3;
}

static enum err pack_items(
    const struct accepting *x, const struct items *l, struct bytes *out)
{
	uint8_t *at;
	size_t len;

	if (l->count == 0)
		return ERR_OK;
	at = arena_alloc(x->a, l->bytes + 3);
	if (!at)
		return x->a->err;
	len = pack_count_at(at, l->count);
	for (size_t i = 0; i < l->count; i++)
		len += pack_text_at(at + len, l->item[i]);
	*out = bytes_of(at, len);
	return ERR_OK;
}

static enum err accept_list(
    const struct accepting *x, struct bytes given, struct bytes *out)
{
	struct reader r = reader_of(given);
	struct items l = { .item =
			       arena_array(x->a, x->f->max, sizeof *l.item) };
	enum err e = ERR_OK;

	if (!l.item)
		return x->a->err;
	if (reader_peek(&r) == UNPACK_TEXT) {
		e = split_items(x, &l, read_text(&r));
		return e == ERR_OK ? pack_items(x, &l, out) : e;
	}
	uint32_t count = read_array(&r);
	while (e == ERR_OK && r.err == ERR_OK && count--) {
		struct bytes text = read_text(&r);
		if (r.err == ERR_OK)
			e = add_item(x, &l, text);
	}
	if (r.err != ERR_OK)
		return refuse(x, "type", "a list of texts is expected");
	return e == ERR_OK ? pack_items(x, &l, out) : e;
}

/* --- all -----------------------------------------------------------------*/

static const accept_fn accepts[TYPE_COUNT] = {
	[TYPE_TEXT] = accept_text,
	[TYPE_NOTE] = accept_text,
	[TYPE_ENUM] = accept_enum,
	[TYPE_INT] = accept_int,
	[TYPE_DECIMAL] = accept_decimal,
	[TYPE_MONEY] = accept_decimal,
	[TYPE_DATE] = accept_date,
	[TYPE_INSTANT] = accept_instant,
	[TYPE_BOOL] = accept_bool,
	[TYPE_REF] = accept_ref,
	[TYPE_LIST] = accept_list,
};

enum err value_accept(const struct field *f, const struct value_context *c,
    struct bytes given, struct arena *a, struct findings *found,
    struct bytes *out)
{
	struct accepting x = { f, c, a, found };
	struct reader r = reader_of(given);

	*out = BYTES_NONE;
	if (given.len == 0 || reader_peek(&r) == UNPACK_NIL)
		return ERR_OK;
	return accepts[f->type](&x, given, out);
}

struct bytes value_pack_text(struct arena *a, struct bytes text)
{
	uint8_t *at = arena_alloc(a, text.len + 5);
	return at ? bytes_of(at, pack_text_at(at, text)) : BYTES_NONE;
}

struct bytes value_pack_decimal(
    struct arena *a, const struct decimal *v, unsigned places)
{
	char text[DECIMAL_TEXT];
	size_t len;

	if (!decimal_is_storable(v))
		return BYTES_NONE;
	len = decimal_format(v, places, text);
	return value_pack_text(a, bytes_of(text, len));
}

struct bytes value_pack_ref(struct arena *a, uint64_t id, struct bytes shown)
{
	uint8_t *at = arena_alloc(a, 1 + 9 + shown.len + 5);

	if (!at)
		return BYTES_NONE;
	at[0] = 0x92;
	at[1] = 0xCF;
	put_be64(at + 2, id);
	return bytes_of(at, 10 + pack_text_at(at + 10, shown));
}
