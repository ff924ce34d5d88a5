// SPDX-License-Identifier: MIT
/*
 * See abc.h.
 */
#include "server/book/abc.h"

#include <stdlib.h>

struct abc_scheme abc_usual(void)
{
	return (struct abc_scheme){ .limits = { { 80, 0 }, { 95, 0 } },
		.limit_count = 2,
		.border = ABC_INCL };
}

bool abc_parse(struct bytes text, struct abc_scheme *s)
{
	struct decimal last = { 0, 0 };
	const struct decimal all = { 100, 0 };

	s->limit_count = 0;
	while (text.len) {
		const uint8_t *comma = bytes_find(text, ',');
		size_t len = comma ? (size_t)(comma - text.data) : text.len;
		struct decimal *limit = &s->limits[s->limit_count];

		if (s->limit_count++ == ABC_LIMITS ||
		    decimal_parse(bytes_of(text.data, len), limit) ||
		    decimal_compare(limit, &last) <= 0 ||
		    decimal_compare(limit, &all) > 0)
			return false;
		last = *limit;
		len += comma != NULL;
		text = bytes_of(text.data + len, text.len - len);
	}
	return s->limit_count > 0;
}

char abc_letter(unsigned class_of)
{
	return (char)('A' + class_of);
}

static int most_first(const void *a, const void *b)
{
	const struct abc_line *x = a, *y = b;
	int order = decimal_compare(&y->value, &x->value);

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

static enum err sum_above_zero(
    const struct abc_line *lines, size_t count, struct decimal *whole)
{
	enum err err = ERR_OK;

	*whole = decimal_int(0);
	for (size_t i = 0; !err && i < count; i++)
		if (lines[i].value.digits > 0)
			err = decimal_add(whole, &lines[i].value, whole);
	return err;
}

/* The whole's share that ends a class, exact: times a hundred. */
static enum err share_of(const struct decimal *whole,
    const struct decimal *limit, struct decimal *out)
{
	return decimal_mul(whole, limit, out);
}

static enum err class_of(const struct abc_line *line,
    const struct decimal *before, const struct abc_scheme *s,
    const struct decimal *whole, unsigned *out)
{
	const struct decimal hundred = { 100, 0 };
	struct decimal reached, ends;
	enum err err = decimal_mul(
	    s->border == ABC_INCL ? before : &line->upto, &hundred, &reached);

	for (*out = 0; !err && *out < s->limit_count; ++*out) {
		int order;

		err = share_of(whole, &s->limits[*out], &ends);
		if (err)
			break;
		order = decimal_compare(&reached, &ends);
		if (s->border == ABC_INCL ? order < 0 : order <= 0)
			break;
	}
	return err;
}

enum err abc_classify(struct abc_line *lines, size_t count,
    const struct abc_scheme *s, struct decimal *whole)
{
	struct decimal sum = { 0, 0 };
	enum err err = sum_above_zero(lines, count, whole);

	if (!err && count > 1)
		qsort(lines, count, sizeof *lines, most_first);
	for (size_t i = 0; !err && i < count; i++) {
		struct abc_line *line = &lines[i];
		const struct decimal before = sum;

		err = decimal_add(&sum, &line->value, &sum);
		line->upto = sum;
		if (line->value.digits <= 0)
			line->class_of = s->limit_count;
		else if (i && !decimal_compare(&line[-1].value, &line->value))
			line->class_of = line[-1].class_of;
		else if (!err)
			err =
			    class_of(line, &before, s, whole, &line->class_of);
	}
	return err;
}
