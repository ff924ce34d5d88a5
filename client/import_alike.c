// SPDX-License-Identifier: MIT
/*
 * The rows of one file held against each other; see import.h.
 *
 * The server tells of each row by which marks it could be taken for another
 * (record.batch, `marks`), and how much each of them says.  Here equal marks
 * are found: of a value that no two records may have, the later row is bad;
 * others add up.  A bad row takes no value from a later one.
 */
#include "client/import.h"

#include "client/look.h"
#include "client/seen.h"
#include "client/tell.h"
#include "common/likeness.h"

struct mark {
	struct bytes field;
	uint64_t of;
	unsigned percent;
	bool is_unique; /* no two records may have it */
};

/* False at the end. */
static bool next_mark(struct reader *list, uint32_t *left, struct mark *out)
{
	for (; *left; --*left) {
		uint32_t count;
		struct reader r = value_items(read_raw(list), &count);
		struct bytes field = read_text(&r), text = read_text(&r);
		int64_t percent = read_int(&r);
		bool is_unique = read_bool(&r);

		uint64_t of;

		if (count != 4 || r.err || percent < 0 || percent > 100 ||
		    !seen_parse(text, &of))
			continue;
		*out = (struct mark){ field, of, (unsigned)percent, is_unique };
		--*left;
		return true;
	}
	return false;
}

static size_t count_marks(const struct import *im)
{
	size_t marks = 0;

	for (unsigned i = 0; i < im->count; i++)
		marks += value_count(im->rows[i].marks);
	return marks;
}

/* The other one's mark for the same field. */
static bool find_mark(
    const struct import_row *row, struct bytes field, struct mark *out)
{
	uint32_t left;
	struct reader list = value_items(row->marks, &left);

	while (next_mark(&list, &left, out))
		if (bytes_equal(out->field, field))
			return true;
	return false;
}

static unsigned score_of(
    const struct import_row *row, const struct import_row *other)
{
	uint32_t left;
	struct reader list = value_items(row->marks, &left);
	struct likeness l;
	struct mark own, its;

	likeness_begin(&l);
	while (next_mark(&list, &left, &own)) {
		if (!find_mark(other, own.field, &its))
			continue;
		if (own.of == its.of)
			likeness_add(&l, "", own.percent, 100);
		else
			l.differs |= own.is_unique && own.percent;
	}
	return likeness_score(&l);
}

/* In place of what the server says of it, which sees a part of the file. */
static void refuse(struct import *im, struct import_row *row,
    const struct mark *m, unsigned line)
{
	const char *message = keep_format(
	    &im->app->arena, tr(im->app, "the same value as in line %u"), line);

	for (struct row_error *e = row->errors; e; e = e->next) {
		if (bytes_equal(e->field, m->field) &&
		    bytes_is(e->rule, "unique")) {
			e->message = message;
			return;
		}
	}
	row_add_error(im, row, mapping_column(&im->mapping, 0, m->field),
	    m->field, bytes_text("unique"), message);
}

static void compare(struct import *im, struct import_row *row,
    const struct mark *m, const struct import_row *other)
{
	unsigned score;

	if (m->is_unique) {
		refuse(im, row, m, other->cells->line);
		return;
	}
	score = score_of(row, other);
	if (score >= LIKENESS_LEAST && score > row->twin_score) {
		row->twin = other;
		row->twin_score = score;
	}
}

/* `met`: the first row with each mark, from 1. */
static void compare_row(struct import *im, const struct seen *met, unsigned at)
{
	struct import_row *row = &im->rows[at];
	uint32_t left;
	struct reader list = value_items(row->marks, &left);
	struct mark m;

	while (next_mark(&list, &left, &m)) {
		const struct seen_slot *s = seen_find(met, m.of);
		if (s->at)
			compare(im, row, &m, &im->rows[s->at - 1]);
	}
	if (row->fate != ROW_GOOD || row->is_update)
		return;
	list = value_items(row->marks, &left);
	while (next_mark(&list, &left, &m)) {
		struct seen_slot *s = seen_find(met, m.of);
		if (!s->at)
			*s = (struct seen_slot){ m.of, at + 1 };
	}
}

void import_compare(struct import *im)
{
	struct seen met;

	seen_init(&met, &im->app->arena, count_marks(im));
	for (unsigned i = 0; i < im->count; i++)
		compare_row(im, &met, i);
}
