// SPDX-License-Identifier: MIT
/*
 * The statement, a page at a time.  See account.h.
 *
 * A page goes on behind a line's place in the order of lines, never from a
 * number: a line that comes or goes meanwhile moves no other to another page,
 * and each page begins with the balance that its lines then run from.
 */
#include "common/digest.h"
#include "common/pack.h"
#include "server/book/account.h"
#include "server/book/sheet.h"
#include "server/data/place.h"

#define LINES_USUAL 100
#define LINES_MOST  1000
#define PLACE_HEAD  5 /* day and side; behind it the line's number */

struct statement {
	struct report_run *run;
	struct dues *dues;
	struct span span;
	struct query question; /* that its cursors are bound to */
	struct due place;      /* the last line of the page before */
	bool has_place;
	size_t limit, first, count;    /* of the list */
	struct sides opening, closing; /* of the span */
	struct decimal balance;
	struct buf *out;
};

static enum err balance_of(const struct sides *s, struct decimal *out)
{
	return decimal_sub(&s->debit, &s->credit, out);
}

/* --- its place -----------------------------------------------------------*/

static void identify(struct statement *s)
{
	const struct record *r = s->dues->customer;
	uint8_t of[17] = { r->entity->id };
	struct bytes parts[] = { bytes_text("statement"),
		bytes_of(of, sizeof of) };

	put_be64(of + 1, r->id);
	put_be32(of + 9, (uint32_t)s->span.from);
	put_be32(of + 13, (uint32_t)s->span.to);
	s->question = (struct query){ .entity = r->entity };
	digest_parts(parts, 2, &s->question.identity);
}

/* A line's place needs of its part the side alone. */
static const struct derive_part *side_part(const struct dues *d, bool is_order)
{
	const struct derive *parts = &d->credit->exposure->derive;

	for (unsigned i = 0; i < parts->part_count; i++)
		if ((parts->parts[i].sign > 0) == is_order)
			return &parts->parts[i];
	return NULL;
}

static enum err read_place(struct statement *s)
{
	struct bytes after;
	struct place at;
	enum err err = params_text(s->run, "after", &after);

	if (!err)
		err = place_open(s->run->desk, s->run->who, &s->question, after,
		    s->run->arena, &at);
	s->has_place = !err && at.id;
	if (!s->has_place)
		return err;
	if (at.key.len < PLACE_HEAD)
		return ERR_INVALID;
	s->place = (struct due){ .id = at.id,
		.date = (int32_t)get_be32(at.key.data),
		.part = side_part(s->dues, at.key.data[4]),
		.number = bytes_of(
		    at.key.data + PLACE_HEAD, at.key.len - PLACE_HEAD) };
	return s->place.part ? ERR_OK : ERR_INVALID;
}

static enum err pack_next(struct statement *s)
{
	const struct due *last = &s->dues->list[s->first + s->count - 1];
	struct buf key;
	uint8_t head[PLACE_HEAD] = { [4] = due_is_order(last) };
	enum err err;

	put_be32(head, (uint32_t)last->date);
	buf_init(&key, PLACE_HEAD + last->number.len);
	buf_append(&key, head, sizeof head);
	buf_append_bytes(&key, last->number);
	err = place_pack(s->run->desk, s->run->who, &s->question,
	    &(struct place){ buf_bytes(&key), last->id }, s->out);
	buf_release(&key);
	return err;
}

/* --- its cells -----------------------------------------------------------*/

static void pack_day_or_nil(
    struct buf *out, const char *key, int32_t day, int32_t open_end)
{
	if (day != open_end) {
		account_pack_day(out, key, day);
		return;
	}
	pack_cstr(out, key);
	pack_nil(out);
}

static void pack_side(
    struct buf *out, const char *key, const struct decimal *v, int sign)
{
	struct decimal amount = *v;

	amount.digits *= sign;
	sheet_amount(out, key, &amount);
}

/* --- its lines -----------------------------------------------------------*/

static enum err pack_line(struct statement *s, const struct due *l)
{
	bool is_order = due_is_order(l);
	struct decimal none = decimal_int(0);
	enum err err = decimal_add(&s->balance, &l->amount, &s->balance);

	pack_map(s->out, 7);
	account_pack_day(s->out, "date", l->date);
	pack_key_cstr(s->out, "kind", l->part->child->key);
	pack_key_text(s->out, "line", l->number);
	pack_cstr(s->out, "order");
	pack_text_or_nil(s->out, l->names_number);
	pack_side(s->out, "debit", is_order ? &l->amount : &none, 1);
	pack_side(s->out, "credit", is_order ? &none : &l->amount, -1);
	sheet_amount(s->out, "balance", &s->balance);
	return err;
}

static bool is_before_page(const struct statement *s, const struct due *l)
{
	return l->date < s->span.from ||
	       (s->has_place && dues_compare(l, &s->place) <= 0);
}

/* The page begins with the balance of all that is before it. */
static enum err find_page(struct statement *s)
{
	struct dues *d = s->dues;
	int32_t day = s->has_place ? s->place.date : s->span.from;
	struct sides before = s->opening;
	enum err err = s->has_place ? dues_before(d, day, &before) : ERR_OK;

	if (!err)
		err = balance_of(&before, &s->balance);
	if (!err)
		err = dues_fill(
		    d, day, s->has_place ? &s->place : NULL, s->limit);
	for (; !err && s->first < d->count &&
	       is_before_page(s, &d->list[s->first]);
	     s->first++)
		if (d->list[s->first].date >= day)
			err = decimal_add(&s->balance,
			    &d->list[s->first].amount, &s->balance);
	while (s->first + s->count < d->count && s->count <= s->limit &&
	       d->list[s->first + s->count].date <= s->span.to)
		s->count++;
	return err;
}

static enum err find_sides(struct statement *s)
{
	enum err err = dues_before(s->dues, s->span.from, &s->opening);

	return err ? err : dues_before(s->dues, s->span.to + 1, &s->closing);
}

static enum err pack_rows(struct statement *s)
{
	size_t shown = s->count < s->limit ? s->count : s->limit;
	bool is_more = s->count > shown;
	enum err err = ERR_OK;

	s->count = shown;
	pack_cstr(s->out, "rows");
	pack_array(s->out, (uint32_t)shown);
	for (size_t i = 0; !err && i < shown; i++)
		err = pack_line(s, &s->dues->list[s->first + i]);
	pack_cstr(s->out, "next");
	if (!err && is_more)
		return pack_next(s);
	pack_nil(s->out);
	return err;
}

static enum err pack_statement(struct statement *s)
{
	struct decimal opening, closing, debit, credit;
	struct buf *out = s->out;
	enum err err = balance_of(&s->opening, &opening);

	if (!err)
		err = balance_of(&s->closing, &closing);
	if (!err)
		err = decimal_sub(&s->closing.debit, &s->opening.debit, &debit);
	if (!err)
		err = decimal_sub(
		    &s->closing.credit, &s->opening.credit, &credit);
	if (err)
		return err;
	pack_map(out, 10);
	account_pack_head(out, s->dues->customer);
	pack_day_or_nil(out, "from", s->span.from, DAY_FIRST);
	pack_day_or_nil(out, "to", s->span.to, DAY_LAST);
	sheet_amount(out, "opening", &opening);
	err = pack_rows(s);
	sheet_amount(out, "debit", &debit);
	sheet_amount(out, "credit", &credit);
	sheet_amount(out, "closing", &closing);
	return err ? err : out->err;
}

enum err account_statement(struct report_run *r, struct record *customer)
{
	struct dues d = { .customer = customer };
	struct statement s = { .run = r, .dues = &d, .out = r->out };
	int64_t limit = LINES_USUAL;
	enum err err = params_span(r, &s.span);

	if (!err)
		err = params_int(r, "limit", 1, INT64_MAX, &limit);
	s.limit = limit < LINES_MOST ? (size_t)limit : LINES_MOST;
	if (!err)
		err = dues_begin(&d, r->desk, customer);
	identify(&s);
	if (!err)
		err = read_place(&s);
	if (!err)
		err = find_sides(&s);
	if (!err)
		err = find_page(&s);
	if (!err)
		err = pack_statement(&s);
	dues_release(&d);
	return err;
}
