// SPDX-License-Identifier: MIT
/*
 * An account that is known from what is kept is the account: what is open,
 * and every page of a statement, come out as they do with all lines at hand.
 *
 * Of random books: orders that count and that do not, put away, withdrawn,
 * by several merged customers; payments and returns before and after what they
 * pay, too much, too little, for an order, for none, for somebody else's.
 */
#include "whole_book.h"

#include "common/date.h"
#include "server/book/dues.h"
#include "server/book/params.h"

#define ROUNDS  6
#define EVENTS  60
#define SPREAD  120
#define ENTRIES 200

struct random_book {
	struct whole *w;
	uint64_t seed;
	const char *heir;
	const char *owners[4], *orders[ENTRIES]; /* numbers */
	unsigned owner_count, order_count;
	int32_t first; /* of its days */
	const char *product;
};

static unsigned draw(struct random_book *b, unsigned below)
{
	b->seed = b->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(b->seed >> 33) % below;
}

static bool is_drawn(struct random_book *b, unsigned percent)
{
	return draw(b, 100) < percent;
}

static const char *day_text(struct whole *w, int32_t day)
{
	char text[DATE_TEXT];

	date_format(day, text);
	return arena_text(&w->book->arena, bytes_text(text));
}

static int32_t some_day(struct random_book *b)
{
	return b->first + (int32_t)draw(b, SPREAD);
}

/* --- making it -----------------------------------------------------------*/

/* True if it is there no longer. */
static bool put_away(
    struct random_book *b, const char *entity, const char *number)
{
	struct whole *w = b->w;

	if (is_drawn(b, 8))
		must(w, "loader", "record.archive", "{'entity':'%s','id':'%s'}",
		    entity, number);
	if (!is_drawn(b, 8))
		return false;
	must(w, "loader", "change.list", "{'limit':1}");
	must(w, "loader", "change.undo", "{'position':%s,'reason':'误录'}",
	    at(w, "rows.0.position"));
	return true;
}

/* That has been paid, perhaps. */
static void cancel_order(struct random_book *b)
{
	if (b->order_count)
		ask(b->w, "loader", "record.update",
		    "{'entity':'order','id':'%s','set':{'status':'cancelled'}}",
		    b->orders[draw(b, b->order_count)]);
}

static void add_order(struct random_book *b)
{
	static const char *const states[] = { "confirmed", "shipped", "closed",
		"closed", "closed", "draft", "cancelled" };
	struct whole *w = b->w;
	int32_t day = some_day(b);
	const char *number;

	must(w, "loader", "record.batch",
	    "{'atomic':true,'source':'import','items':[{'op':'create','entity':"
	    "'order','fields':{'customer':'%s','date':'%s','due_date':'%s',"
	    "'status':'%s'}},{'op':'create','entity':'order_line','fields':{"
	    "'order':'#0','product':'%s','quantity':'%u','unit_price':'%u.%03u'"
	    "}}]}",
	    b->owners[draw(b, b->owner_count)], day_text(w, day),
	    is_drawn(b, 50) ? day_text(w, day + (int32_t)draw(b, 60)) : "",
	    states[draw(b, 7)], b->product, draw(b, 4), draw(b, 90),
	    draw(b, 1000));
	number = at(w, "items.0.number");
	b->orders[b->order_count++] = number;
	b->order_count -= put_away(b, "order", number);
}

static void add_money(struct random_book *b)
{
	struct whole *w = b->w;
	const char *entity = is_drawn(b, 15) ? "return" : "payment";
	const char *order = b->order_count && is_drawn(b, 60)
				? b->orders[draw(b, b->order_count)]
				: "";
	const char *number;

	must(w, "loader", "record.create",
	    "{'entity':'%s','fields':{'customer':'%s','date':'%s','amount':"
	    "'%u.%02u','order':'%s'}}",
	    entity, b->owners[draw(b, b->owner_count)],
	    day_text(w, some_day(b)), draw(b, 150), draw(b, 100), order);
	number = at(w, "number");
	put_away(b, entity, number);
}

/* Most of them: the others have paid for orders of his all the same. */
static void merge_most(struct random_book *b)
{
	for (unsigned i = 1; i < b->owner_count; i++)
		if (is_drawn(b, 60))
			must(b->w, "loader", "customer.merge",
			    "{'loser':'%s','survivor':'%s','reason':'同一家'}",
			    b->owners[i], b->heir);
}

/* Of all that happens in `percent` of a hundred something is sold. */
static struct random_book make(struct whole *w, unsigned round)
{
	struct random_book b = { .w = w,
		.seed = (round + 1) * UINT64_C(0x9E3779B97F4A7C15) };
	unsigned sold = 30 + draw(&b, 50), count = 20 + draw(&b, EVENTS);

	assert_int_equal(date_join(2025, 11, 17, &b.first), ERR_OK);
	must(w, "loader", "record.create",
	    "{'entity':'product','fields':{'name':'纸箱','unit':'只',"
	    "'category':'box','unit_price':'1'}}");
	b.product = at(w, "number");
	b.owner_count = 1 + draw(&b, 4);
	for (unsigned i = 0; i < b.owner_count; i++)
		b.owners[i] =
		    new_customer(w, "loader", "往来公司", ",'credit_days':14");
	b.heir = b.owners[0];
	for (unsigned i = 0; i < count; i++)
		if (is_drawn(&b, 5))
			cancel_order(&b);
		else if (is_drawn(&b, sold))
			add_order(&b);
		else
			add_money(&b);
	merge_most(&b);
	return b;
}

/* --- both ways -----------------------------------------------------------*/

static struct record *load(struct whole *w, const char *number)
{
	struct record *r;
	uint64_t id;

	must(w, "loader", "record.get",
	    "{'entity':'customer','id':'%s','fields':['number']}", number);
	assert_true(id_parse(bytes_text(at(w, "id")), &id));
	whole_refresh(w);
	w->desk.may_wait = true;
	assert_int_equal(record_load(&w->desk, &w->book->arena,
			     whole_entity(w, "customer"), id, &r),
	    ERR_OK);
	assert_int_equal(record_open(&w->desk, r), ERR_OK);
	return r;
}

static void gather(struct whole *w, struct record *r, struct dues *out)
{
	assert_int_equal(dues_begin(out, &w->desk, r), ERR_OK);
	assert_int_equal(dues_gather(out), ERR_OK);
}

static void is_open_alike(struct whole *w, struct record *r, int32_t day)
{
	struct dues kept, whole;

	gather(w, r, &whole);
	assert_int_equal(dues_begin(&kept, &w->desk, r), ERR_OK);
	assert_false(kept.is_whole);
	assert_int_equal(dues_open(&whole, day), ERR_OK);
	assert_int_equal(dues_open(&kept, day), ERR_OK);
	assert_false(kept.is_whole);
	assert_int_equal(kept.count, whole.count);
	for (size_t i = 0; i < kept.count; i++) {
		assert_int_equal(kept.list[i].id, whole.list[i].id);
		assert_int_equal(
		    decimal_compare(&kept.list[i].open, &whole.list[i].open),
		    0);
	}
	assert_int_equal(
	    decimal_compare(&kept.unallocated, &whole.unallocated), 0);
	dues_release(&kept);
	dues_release(&whole);
}

static void test_what_is_open_is_known_from_the_newest(void **state)
{
	struct whole *w = *state;
	unsigned open = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct random_book b = make(w, round);
		struct record *r = load(w, b.heir);

		for (int32_t day = -1; day <= SPREAD; day += 3)
			is_open_alike(w, r, b.first + day);
		is_open_alike(w, r, DAY_LAST);
		must(w, "loader", "customer.ageing", "{'id':'%s'}", b.heir);
		open += *at(w, "rows.0") != 0;
	}
	assert_true(open > 2);
}

/* --- statements ----------------------------------------------------------*/

static void is_amount(
    struct whole *w, const char *path, const struct decimal *v)
{
	struct decimal rounded = decimal_round(v, 2);
	char text[DECIMAL_TEXT];
	size_t len = decimal_format(&rounded, 2, text);
	const char *is = at(w, path);

	if (!bytes_is(bytes_of(text, len), is))
		fail_msg("%s is %s, not %.*s", path, is, (int)len, text);
}

static const char *row_path(struct whole *w, unsigned row, const char *key)
{
	return arena_format(&w->book->arena, "rows.%u.%s", row, key);
}

/* The lines of the list in that span, page by page; how many pages. */
static unsigned walk_pages(struct random_book *b, const struct dues *all,
    const struct span *span, unsigned limit)
{
	struct whole *w = b->w;
	struct decimal balance = decimal_int(0);
	const char *next = "";
	unsigned row = 0, pages = 0;
	size_t i = 0;

	for (; i < all->count && all->list[i].date < span->from; i++)
		assert_int_equal(
		    decimal_add(&balance, &all->list[i].amount, &balance),
		    ERR_OK);
	do {
		must(w, "loader", "customer.statement",
		    "{'id':'%s','from':'%s','to':'%s','limit':%u,'after':'%s'}",
		    b->heir, day_text(w, span->from), day_text(w, span->to),
		    limit, next);
		if (!pages++)
			is_amount(w, "opening", &balance);
		for (row = 0; *at(w, row_path(w, row, "line")); row++, i++) {
			assert_true(
			    i < all->count && all->list[i].date <= span->to);
			assert_true(bytes_is(all->list[i].number,
			    at(w, row_path(w, row, "line"))));
			assert_int_equal(decimal_add(&balance,
					     &all->list[i].amount, &balance),
			    ERR_OK);
			is_amount(w, row_path(w, row, "balance"), &balance);
		}
		assert_true(row <= limit);
		next = at(w, "next");
		assert_true(row == limit || !strcmp(next, "null"));
	} while (strcmp(next, "null"));
	assert_true(i == all->count || all->list[i].date > span->to);
	is_amount(w, "closing", &balance);
	return pages;
}

/* What each page says of the whole. */
static void is_summed_up(
    struct whole *w, const struct dues *all, const struct span *span)
{
	struct decimal debit = decimal_int(0), credit = decimal_int(0);

	for (size_t i = 0; i < all->count; i++) {
		const struct due *l = &all->list[i];
		struct decimal *side = due_is_order(l) ? &debit : &credit;

		if (l->date >= span->from && l->date <= span->to)
			assert_int_equal(
			    due_is_order(l)
				? decimal_add(side, &l->amount, side)
				: decimal_sub(side, &l->amount, side),
			    ERR_OK);
	}
	is_amount(w, "debit", &debit);
	is_amount(w, "credit", &credit);
}

static void test_pages_of_a_statement_are_the_whole(void **state)
{
	struct whole *w = *state;
	unsigned pages = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct random_book b = make(w, round + ROUNDS);
		struct dues all;

		gather(w, load(w, b.heir), &all);
		for (unsigned i = 0; i < 6; i++) {
			struct span span = { some_day(&b), 0 };

			span.to = span.from + (int32_t)draw(&b, SPREAD);
			pages += walk_pages(&b, &all, &span, 1 + draw(&b, 9));
			is_summed_up(w, &all, &span);
		}
		dues_release(&all);
	}
	assert_true(pages > 6 * ROUNDS);
}

/* Nor another period's, nor another reader's. */
static void test_a_cursor_is_of_one_statement(void **state)
{
	struct whole *w = *state;
	struct random_book b = make(w, 5);
	const char *next;

	must(
	    w, "loader", "customer.statement", "{'id':'%s','limit':1}", b.heir);
	next = at(w, "next");
	assert_string_not_equal(next, "null");
	must(w, "loader", "customer.statement", "{'id':'%s','after':'%s'}",
	    b.heir, next);
	refused(w, "invalid", "loader", "customer.statement",
	    "{'id':'%s','after':'%s','from':'2025-12'}", b.heir, next);
	refused(w, "invalid", "auditor", "customer.statement",
	    "{'id':'%s','after':'%s'}", b.heir, next);
	refused(w, "invalid", "loader", "customer.statement",
	    "{'id':'%s','after':'%s'}", new_customer(w, "loader", "别家", ""),
	    next);
	refused(w, "invalid", "loader", "customer.statement",
	    "{'id':'%s','limit':0}", b.heir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_what_is_open_is_known_from_the_newest, whole_setup,
		    whole_teardown),
		cmocka_unit_test_setup_teardown(
		    test_pages_of_a_statement_are_the_whole, whole_setup,
		    whole_teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_cursor_is_of_one_statement, whole_setup,
		    whole_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
