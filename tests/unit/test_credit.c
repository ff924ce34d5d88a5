// SPDX-License-Identifier: MIT
/*
 * Credit: what an order must pass, on every path that leads to one.
 *
 * The paths are those that walked around the rule elsewhere: an order that
 * is confirmed later, opened again, copied, imported or part of a batch, a
 * line added to it, its price raised.
 */
#include "credit_book.h"

/* --- the limit -----------------------------------------------------------*/

static void test_what_fits_passes_and_what_does_not_is_refused(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	must_order(w, id, "confirmed", "600");
	must_order(w, id, "confirmed", "400");
	order(w, "sh-sales", id, "confirmed", "0.01");
	is_held(w);
	assert_string_equal(receivable(w, id), "1000.00");
	pay(w, id, "0.01");
	must_order(w, id, "confirmed", "0.01");
}

static void test_without_a_limit_nothing_is_bounded(void **state)
{
	struct whole *w = *state;

	must_order(w, customer(w, NULL), "confirmed", "999999999");
}

static void test_a_draft_is_welcome_and_confirming_it_is_not(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");
	const char *draft = must_order(w, id, "draft", "1000.01");

	assert_string_equal(receivable(w, id), "");
	update(w, "sh-sales", "order", draft, "'status':'confirmed'");
	is_held(w);
	must(w, "sh-sales", "record.get",
	    "{'entity':'order','id':'%s','fields':['status']}", draft);
	assert_string_equal(at(w, "fields.status"), "draft");
	pay(w, id, "0.01");
	update(w, "sh-sales", "order", draft, "'status':'confirmed'");
	assert_true(w->ok);
}

static const char *first_line(struct whole *w, const char *number)
{
	must(w, "sh-sales", "record.find",
	    "{'entity':'order_line','where':['=','order','%s']}", number);
	return at(w, "rows.0.number");
}

static void test_a_counting_order_cannot_grow_past_it(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");
	const char *number = must_order(w, id, "shipped", "1000");
	const char *line = first_line(w, number);

	ask(w, "sh-sales", "record.create",
	    "{'entity':'order_line','fields':{'order':'%s','product':'%s',"
	    "'quantity':'1','unit_price':'1'}}",
	    number, product);
	is_held(w);
	update(w, "sh-sales", "order_line", line, "'unit_price':'1001'");
	is_held(w);
	update(w, "sh-sales", "order_line", line, "'quantity':'2'");
	is_held(w);
	update(w, "sh-sales", "order_line", line, "'unit_price':'999'");
	assert_true(w->ok);
	assert_string_equal(receivable(w, id), "999.00");
}

/* A cancelled or closed order that is opened again. */
static void test_an_order_opened_again_is_weighed_again(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");
	const char *first = must_order(w, id, "confirmed", "800");

	update(w, "sh-sales", "order", first, "'status':'cancelled'");
	must_order(w, id, "confirmed", "700");
	update(w, "sh-sales", "order", first, "'status':'confirmed'");
	is_held(w);
	update(w, "sh-sales", "order", first, "'status':'closed'");
	is_held(w);
	update(w, "sh-sales", "order", first, "'status':'draft'");
	assert_true(w->ok);
	update(w, "sh-sales", "order", first, "'status':'shipped'");
	is_held(w);
}

/* Where the newest change of an order by sh-sales stands in the log. */
static const char *newest_change(struct whole *w)
{
	must(w, "auditor", "audit.find",
	    "{'method':'record.update','user':'sh-sales','entity':'order',"
	    "'limit':1}");
	return at(w, "rows.0.position");
}

/* Taking back that it was taken back. */
static void test_an_undo_is_weighed_like_what_it_brings_back(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");
	const char *first = must_order(w, id, "confirmed", "800"), *position;

	update(w, "sh-sales", "order", first, "'status':'cancelled'");
	assert_true(w->ok);
	position = newest_change(w);
	must_order(w, id, "confirmed", "700");
	ask(w, "sh-sales", "change.undo", "{'position':%s,'reason':'录错'}",
	    position);
	is_held(w);
	assert_string_equal(receivable(w, id), "700.00");
	pay(w, id, "500");
	must(w, "sh-sales", "change.undo", "{'position':%s,'reason':'录错'}",
	    position);
	assert_string_equal(receivable(w, id), "1000.00");
}

static void test_a_copy_is_an_order_like_any_other(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	for (unsigned i = 0; i < 2; i++)
		order(w, "loader", id, "confirmed", "800");
	is_held(w);
}

static void test_import_knows_no_other_rule(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	ask(w, "loader", "record.batch",
	    "{'source':'import','items':["
	    "{'op':'create','entity':'order','fields':{'customer':'%s',"
	    "'date':'2026-01-01','status':'closed'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'#0',"
	    "'product':'%s','quantity':'1','unit_price':'900'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'#0',"
	    "'product':'%s','quantity':'1','unit_price':'101'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'#0',"
	    "'product':'%s','quantity':'1','unit_price':'100'}}]}",
	    id, product, product, product);
	assert_true(w->ok);
	assert_string_equal(at(w, "failed"), "1");
	assert_string_equal(at(w, "items.2.error.rule"), RULE);
	assert_string_equal(receivable(w, id), "1000.00");
}

/* The refused line leaves no trace in what follows it. */
static void test_a_batch_goes_on_as_if_the_refused_were_not_there(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "100");
	const char *number = must_order(w, id, "confirmed", "50");

	ask(w, "loader", "record.batch",
	    "{'items':[{'op':'create','entity':'order_line','fields':{"
	    "'order':'%s','line':7,'product':'%s','quantity':'1',"
	    "'unit_price':'51'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'%s',"
	    "'line':7,'product':'%s','quantity':'1','unit_price':'50'}}]}",
	    number, product, number, product);
	assert_string_equal(at(w, "items.0.error.rule"), RULE);
	assert_string_equal(at(w, "items.1.fields.line"), "7");
	assert_string_equal(receivable(w, id), "100.00");
	must(w, "sh-sales", "record.get",
	    "{'entity':'order','id':'%s','fields':['amount']}", number);
	assert_string_equal(at(w, "fields.amount"), "100.00");
}

static void test_a_preview_says_the_same_to_who_reads_the_limit(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "100");
	const char *number = must_order(w, id, "confirmed", "50");

	ask(w, "finance", "record.create",
	    "{'entity':'order_line','dry_run':true,'fields':{'order':'%s',"
	    "'product':'%s','quantity':'1','unit_price':'51'}}",
	    number, product);
	is_held(w);
	must(w, "finance", "record.create",
	    "{'entity':'order_line','dry_run':true,'fields':{'order':'%s',"
	    "'product':'%s','quantity':'1','unit_price':'50'}}",
	    number, product);
	assert_string_equal(receivable(w, id), "50.00");
}

/* What is paid, returned or decided is a fact: it is stored, and the next
 * order meets it. */
static void test_facts_are_stored_and_the_next_order_meets_them(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");
	const char *payment;

	pay(w, id, "500");
	payment = at(w, "number");
	must_order(w, id, "confirmed", "1500");
	must(w, "finance", "record.update",
	    "{'entity':'payment','id':'%s','set':{'amount':'5'}}", payment);
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
	pay(w, id, "1000");
	must_order(w, id, "confirmed", "1");
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'降','set':{"
	    "'credit_limit':'100'}}",
	    id);
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

/* --- merged customers ----------------------------------------------------*/

static void merge(struct whole *w, const char *survivor, const char *loser)
{
	must(w, "loader", "customer.merge",
	    "{'survivor':'%s','loser':'%s','reason':'重复'}", survivor, loser);
}

/* An order that names the merged one is the survivor's. */
static void test_merged_customers_owe_together(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000"), *other = customer(w, NULL);
	const char *draft = must_order(w, other, "draft", "500");

	must_order(w, id, "confirmed", "600");
	must_order(w, other, "confirmed", "300");
	merge(w, id, other);
	update(w, "sh-sales", "order", draft, "'status':'confirmed'");
	is_held(w);
	order(w, "sh-sales", other, "confirmed", "100.01");
	is_held(w);
	must_order(w, other, "confirmed", "100");
	order(w, "sh-sales", id, "confirmed", "0.01");
	is_held(w);
	must(w, "finance", "customer.credit", "{'id':'%s'}", id);
	assert_string_equal(at(w, "available"), "0.00");
	must(w, "finance", "customer.statement", "{'id':'%s'}", other);
	assert_string_equal(at(w, "closing"), "1000.00");
}

/* As a request does, up to the plan. */
static struct plan *confirming(struct whole *w, const char *draft)
{
	struct work *work = arena_alloc(&w->book->arena, sizeof *work);
	struct caller *who = arena_alloc(&w->book->arena, sizeof *who);
	struct findings *found = arena_alloc(&w->book->arena, sizeof *found);
	struct work_options options = { .dry_run = false };
	struct item it = { .id = bytes_text(draft) };
	struct plan *p = book_plan(w->book);
	struct touched touched;
	const char *set = "{'status':'confirmed'}";
	struct buf packed;

	*who = whole_caller(w, "sh-sales");
	buf_init(&packed, 1024);
	json_pack(&set, &packed);
	it.set = arena_copy(&w->book->arena, buf_bytes(&packed));
	buf_release(&packed);
	it.entity = view_entity(who->view, bytes_text("order"));
	findings_init(found, &w->book->arena);
	work_init(
	    work, &w->desk, who, &w->book->arena, found, &options, &it, 1);
	assert_int_equal(work_apply(work, 0), ERR_OK);
	assert_int_equal(it.err, ERR_OK);
	assert_int_equal(work_save(work, p, &touched), ERR_OK);
	return p;
}

/* The plans touch other rows, and only one of them fits the limit. */
static void test_what_was_weighed_must_still_stand(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000"), *other = customer(w, NULL);
	const char *draft = must_order(w, other, "draft", "500");
	struct plan *p;

	merge(w, id, other);
	p = confirming(w, draft);
	must_order(w, id, "confirmed", "600");
	assert_int_equal(book_commit(w->book, p), ERR_CONFLICT);
	pay(w, id, "600");
	p = confirming(w, draft);
	must(w, "gm", "record.update",
	    "{'entity':'customer','id':'%s','reason':'降','set':{"
	    "'credit_limit':'1'}}",
	    id);
	assert_int_equal(book_commit(w->book, p), ERR_CONFLICT);
}

static void test_a_hold_comes_along_into_a_merger(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, NULL), *held = customer(w, NULL);

	set_hold(w, "finance", held, "true");
	merge(w, id, held);
	assert_string_equal(hold_of(w, id), "true");
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
	set_hold(w, "finance", id, "false");
	assert_true(w->ok);
	must_order(w, id, "confirmed", "1");
	assert_string_equal(hold_of(w, id), "false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_what_fits_passes_and_what_does_not_is_refused),
		cmocka_unit_test(test_without_a_limit_nothing_is_bounded),
		cmocka_unit_test(
		    test_a_draft_is_welcome_and_confirming_it_is_not),
		cmocka_unit_test(test_a_counting_order_cannot_grow_past_it),
		cmocka_unit_test(test_an_order_opened_again_is_weighed_again),
		cmocka_unit_test(
		    test_an_undo_is_weighed_like_what_it_brings_back),
		cmocka_unit_test(test_a_copy_is_an_order_like_any_other),
		cmocka_unit_test(test_import_knows_no_other_rule),
		cmocka_unit_test(
		    test_a_batch_goes_on_as_if_the_refused_were_not_there),
		cmocka_unit_test(
		    test_a_preview_says_the_same_to_who_reads_the_limit),
		cmocka_unit_test(
		    test_facts_are_stored_and_the_next_order_meets_them),
		cmocka_unit_test(test_merged_customers_owe_together),
		cmocka_unit_test(test_what_was_weighed_must_still_stand),
		cmocka_unit_test(test_a_hold_comes_along_into_a_merger),
	};

	return cmocka_run_group_tests(tests, set_up, whole_teardown);
}
