// SPDX-License-Identifier: MIT
/*
 * Credit: what an order must pass, on every path that leads to one.
 *
 * The paths are those that walked around the rule elsewhere: an order that
 * is confirmed later, opened again, copied, imported or part of a batch, a
 * line added to it, its price raised.
 */
#include "whole_book.h"

#define RULE "credit_hold"

/* --- orders --------------------------------------------------------------*/

static const char *product; /* made once; its number */

static int set_up(void **state)
{
	int failed = whole_setup(state);

	must(*state, "sh-manager", "record.create",
	    "{'entity':'product','fields':{'name':'纸箱','unit':'只',"
	    "'category':'box','unit_price':'1'}}");
	product = at(*state, "number");
	return failed;
}

/* Of sh-sales; no limit unless given. */
static const char *customer(struct whole *w, const char *limit)
{
	const char *id = new_customer(w, "sh-sales", "限额公司", "");

	if (limit)
		must(w, "gm", "record.update",
		    "{'entity':'customer','id':'%s','reason':'定','set':{"
		    "'credit_limit':'%s'}}",
		    id, limit);
	return id;
}

/* An order with one line, as one request. */
static const char *order(struct whole *w, const char *who, const char *id,
    const char *status, const char *amount)
{
	return ask(w, who, "record.batch",
	    "{'atomic':true,'items':[{'op':'create','entity':'order','fields':"
	    "{'customer':'%s','date':'2026-01-01','status':'%s'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'#0',"
	    "'product':'%s','quantity':'1','unit_price':'%s'}}]}",
	    id, status, product, amount);
}

static const char *must_order(
    struct whole *w, const char *id, const char *status, const char *amount)
{
	order(w, "sh-sales", id, status, amount);
	if (!w->ok)
		fail_msg("%s", w->text);
	return at(w, "items.0.number");
}

static void is_held(struct whole *w)
{
	assert_false(w->ok);
	assert_string_equal(at(w, "code"), "invalid");
	assert_string_equal(at(w, "rule"), RULE);
}

static void update(struct whole *w, const char *who, const char *entity,
    const char *id, const char *set)
{
	ask(w, who, "record.update", "{'entity':'%s','id':'%s','set':{%s}}",
	    entity, id, set);
}

static const char *receivable(struct whole *w, const char *id)
{
	must(w, "finance", "record.get",
	    "{'entity':'customer','id':'%s','fields':['receivable']}", id);
	return at(w, "fields.receivable");
}

static void pay(struct whole *w, const char *id, const char *amount)
{
	must(w, "finance", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s','date':"
	    "'2026-01-02','amount':'%s'}}",
	    id, amount);
}

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

/* --- the hold ------------------------------------------------------------*/

static void set_hold(
    struct whole *w, const char *who, const char *id, const char *value)
{
	ask(w, who, "record.update",
	    "{'entity':'customer','id':'%s','reason':'查','set':{"
	    "'credit_hold':%s}}",
	    id, value);
}

static void test_a_hold_stops_orders_and_no_drafts(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, NULL), *draft;

	refused(w, "invalid", "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_hold':true}}", id);
	assert_string_equal(at(w, "rule"), "reason_required");
	set_hold(w, "finance", id, "true");
	assert_true(w->ok);
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
	ask(w, "sh-sales", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':'2026-01-01',"
	    "'status':'confirmed'}}",
	    id);
	is_held(w);
	draft = must_order(w, id, "draft", "1");
	update(w, "sh-sales", "order", draft, "'status':'confirmed'");
	is_held(w);
}

static void test_whoever_set_the_hold_does_not_lift_it(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, NULL);

	set_hold(w, "finance", id, "true");
	set_hold(w, "finance", id, "false");
	assert_string_equal(at(w, "rule"), "second_person");
	set_hold(w, "sh-sales", id, "false");
	assert_string_equal(at(w, "code"), "denied");
	set_hold(w, "loader", id, "false");
	assert_true(w->ok);
	must_order(w, id, "confirmed", "1");
}

static void test_a_refusal_is_the_same_whatever_the_cause(void **state)
{
	struct whole *w = *state;
	const char *held = customer(w, NULL), *bounded = customer(w, "1");
	const char *one = must_order(w, held, "draft", "5");
	const char *other = must_order(w, bounded, "draft", "5");
	char *first;

	set_hold(w, "finance", held, "true");
	update(w, "sh-sales", "order", one, "'status':'confirmed'");
	is_held(w);
	first = strdup(w->text);
	update(w, "sh-sales", "order", other, "'status':'confirmed'");
	assert_string_equal(w->text, first);
	assert_null(strstr(first, "limit"));
	free(first);
}

static void test_nobody_orders_who_is_suspended(void **state)
{
	struct whole *w = *state;
	static const char *const words[] = { "suspended", "blacklisted" };

	for (unsigned i = 0; i < 2; i++) {
		const char *id = customer(w, NULL), *draft;
		char set[60];

		draft = must_order(w, id, "draft", "5");
		snprintf(set, sizeof set, "'status':'%s'", words[i]);
		update(w, "sh-manager", "customer", id, set);
		assert_true(w->ok);
		order(w, "sh-sales", id, "draft", "5");
		assert_string_equal(at(w, "rule"), "customer_suspended");
		update(w, "sh-sales", "order", draft, "'status':'confirmed'");
		assert_string_equal(at(w, "rule"), "customer_suspended");
		pay(w, id, "1");
	}
}

/* --- a release -----------------------------------------------------------*/

/* finance asks, gm approves. */
static void release(struct whole *w, const char *id, const char *more)
{
	const char *request;

	must(w, "finance", "credit.release",
	    "{'id':'%s','reason':'款已在途'%s}", id, more);
	request = at(w, "pending");
	must(w, "gm", "request.approve", "{'request':'%s'}", request);
	assert_string_equal(at(w, "state"), "done");
}

static void test_a_release_takes_two_persons(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "100"), *request;

	refused(w, "denied", "sh-sales", "credit.release",
	    "{'id':'%s','reason':'急'}", id);
	refused(w, "denied", "sh-manager", "credit.release",
	    "{'id':'%s','reason':'急'}", id);
	refused(w, "invalid", "finance", "credit.release", "{'id':'%s'}", id);
	refused(w, "invalid", "finance", "credit.release",
	    "{'id':'%s','reason':'急','until':'2099-01-01'}", id);
	refused(w, "invalid", "finance", "credit.release",
	    "{'id':'%s','reason':'急','amount':'many'}", id);
	must(w, "finance", "credit.release", "{'id':'%s','reason':'急'}", id);
	request = at(w, "pending");
	order(w, "sh-sales", id, "confirmed", "500");
	is_held(w);
	/* Who may not know the customer learns of no request. */
	must(w, "hz-manager", "request.list", "{}");
	assert_string_equal(at(w, "rows"), "[]");
	refused(w, "not_found", "hz-manager", "request.get", "{'request':'%s'}",
	    request);
	refused(w, "not_found", "hz-manager", "request.approve",
	    "{'request':'%s'}", request);
	ask(w, "finance", "request.approve", "{'request':'%s'}", request);
	assert_false(w->ok);
	must(w, "gm", "request.approve", "{'request':'%s'}", request);
	must_order(w, id, "confirmed", "500");
	/* Nobody writes it by hand. */
	refused(w, "invalid", "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'release_until':"
	    "'2099-01-01'}}",
	    id);
	/* Why stands in his history, and not in the log. */
	must(w, "finance", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	assert_true(says(w, "release_until"));
	assert_true(says(w, "急"));
	must(w, "auditor", "audit.find", "{'limit':20}");
	assert_true(says(w, "credit.release"));
	assert_false(says(w, "急"));
}

static void test_a_release_reaches_as_far_as_it_says(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "100");

	set_hold(w, "finance", id, "true");
	release(w, id, ",'amount':'250'");
	must_order(w, id, "confirmed", "200");
	order(w, "sh-sales", id, "confirmed", "50.01");
	is_held(w);
	must_order(w, id, "confirmed", "50");
	pay(w, id, "250");
	w->book->now_ms += INT64_C(8) * 86400000;
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

static void test_a_hold_set_anew_ends_a_release(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "100");

	release(w, id, "");
	must_order(w, id, "confirmed", "500");
	set_hold(w, "loader", id, "true");
	assert_true(w->ok);
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

/* --- the hold that sets itself -------------------------------------------*/

static const char *hold_of(struct whole *w, const char *id)
{
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['credit_hold']}", id);
	return at(w, "fields.credit_hold");
}

static void test_facts_past_the_limit_set_the_hold_and_lift_it(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	must_order(w, id, "confirmed", "800");
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'降','set':{"
	    "'credit_limit':'500'}}",
	    id);
	assert_string_equal(hold_of(w, id), "true");
	pay(w, id, "299");
	assert_string_equal(hold_of(w, id), "true");
	pay(w, id, "1");
	assert_string_equal(hold_of(w, id), "false");
	must(w, "sh-sales", "record.history",
	    "{'entity':'customer','id':'%s','field':'credit_hold'}", id);
	assert_true(says(w, "\"rule\":\"credit"));
	assert_false(says(w, "limit"));
	assert_false(says(w, "500"));
}

static void test_a_persons_hold_is_not_lifted_by_the_rule(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	must_order(w, id, "confirmed", "100");
	set_hold(w, "finance", id, "true");
	pay(w, id, "100");
	assert_string_equal(hold_of(w, id), "true");
}

static void test_the_black_list_is_left_by_steps(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, NULL);

	update(w, "sh-sales", "customer", id, "'status':'blacklisted'");
	assert_true(w->ok);
	update(w, "sh-sales", "customer", id, "'status':'active'");
	assert_string_equal(at(w, "rule"), "move");
	update(w, "sh-sales", "customer", id, "'status':'erased'");
	assert_string_equal(at(w, "rule"), "move");
	update(w, "sh-sales", "customer", id, "'status':'suspended'");
	assert_true(w->ok);
	update(w, "sh-sales", "customer", id, "'status':'active'");
	assert_true(w->ok);
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
	assert_int_equal(work_init(work, &w->desk, who, &w->book->arena, found,
			     &options, &it, 1),
	    ERR_OK);
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

/* --- trying amounts ------------------------------------------------------*/

#define RANGE 1048576 /* that the limit is known to lie in */
#define STEPS 40

/* Half by half; each order that passes is cancelled.  Appends what he is
 * told: 1 for yes. */
static const char *search(struct whole *w, const char *who, const char *id)
{
	static char told[STEPS + 1];
	unsigned long low = 0, high = RANGE;

	memset(told, 0, sizeof told);
	for (unsigned i = 0; i < STEPS && high - low > 1; i++) {
		unsigned long middle = (low + high) / 2;
		char amount[24];

		snprintf(amount, sizeof amount, "%lu", middle);
		order(w, who, id, "confirmed", amount);
		told[i] = w->ok ? '1' : '0';
		if (!w->ok) {
			is_held(w);
			high = middle;
			continue;
		}
		low = middle;
		update(w, who, "order", at(w, "items.0.number"),
		    "'status':'cancelled'");
	}
	return told;
}

/* Six answers say something, then all are no: limits that lie in the same
 * sixty-fourth of the range are told apart by nothing. */
static void test_halving_amounts_does_not_give_the_limit(void **state)
{
	struct whole *w = *state;
	static const char *const limits[] = { "393217", "400000", "409599" };
	char *first = NULL;

	for (unsigned i = 0; i < 3; i++) {
		const char *id = customer(w, limits[i]);
		const char *told = search(w, "sh-sales", id);

		assert_null(strchr(told + 6, '1'));
		if (first)
			assert_string_equal(told, first);
		else
			first = strdup(told);
		order(w, "sh-sales", id, "confirmed", "0.01");
		is_held(w);
	}
	free(first);
	/* Whoever may read it finds it, and the test finds something. */
	assert_non_null(
	    strchr(search(w, "finance", customer(w, "400000")) + 6, '1'));
}

/* Whoever counted up in previews would be refused once a digit: they say
 * neither yes nor no, and are no trials. */
static void test_a_preview_tells_nothing_of_the_limit(void **state)
{
	struct whole *w = *state;
	static const char *const amounts[] = { "1", "999", "1000", "5000" };
	const char *id = customer(w, "1000");
	const char *number = must_order(w, id, "confirmed", "1");

	for (unsigned i = 0; i < 12; i++)
		must(w, "sh-sales", "record.create",
		    "{'entity':'order_line','dry_run':true,'fields':{"
		    "'order':'%s','product':'%s','quantity':'1',"
		    "'unit_price':'%s'}}",
		    number, product, amounts[i % 4]);
	must_order(w, id, "confirmed", "999");
	order(w, "sh-sales", id, "confirmed", "0.01");
	is_held(w);
}

/* Let through and not stored, for another item's or a token's sake, is a
 * trial as well; and no batch says which of its items was too much. */
static void test_what_is_not_stored_was_a_trial(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");
	const char *number = must_order(w, id, "confirmed", "1");

	for (unsigned i = 0; i < 6; i++) {
		ask(w, "sh-sales", "record.batch",
		    "{'atomic':true,'items':[{'op':'create','entity':"
		    "'order_line','fields':{'order':'%s','product':'%s',"
		    "'quantity':'1','unit_price':'1'}},{'op':'create',"
		    "'entity':'order_line','fields':{'order':'%s'}}]}",
		    number, product, number);
		assert_false(w->ok);
		assert_string_not_equal(at(w, "rule"), RULE);
	}
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
	id = customer(w, "1000");
	number = must_order(w, id, "confirmed", "1");
	for (unsigned i = 0; i < 6; i++)
		refused(w, "invalid", "sh-sales", "record.create",
		    "{'entity':'order_line','confirm':'00','fields':{'order':"
		    "'%s','product':'%s','quantity':'1','unit_price':'1'}}",
		    number, product);
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

static void test_what_is_stored_was_none_before_a_refusal(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	for (unsigned i = 0; i < 20; i++)
		must_order(w, id, "confirmed", "1");
	order(w, "sh-sales", id, "confirmed", "5000");
	is_held(w);
	for (unsigned i = 0; i < 5; i++)
		must_order(w, id, "confirmed", "1");
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
}

static void test_a_batch_says_not_which_item_was_too_much(void **state)
{
	struct whole *w = *state;
	static const char *const limits[] = { "150", "250" };
	char *first = NULL;

	for (unsigned i = 0; i < 2; i++) {
		const char *id = customer(w, limits[i]);
		const char *n = must_order(w, id, "confirmed", "1");

#define LINE                                                                   \
	"{'op':'create','entity':'order_line','fields':{'order':'%s',"         \
	"'product':'%s','quantity':'1','unit_price':'100'}}"
		ask(w, "sh-sales", "record.batch",
		    "{'atomic':true,'items':[" LINE "," LINE "," LINE "]}", n,
		    product, n, product, n, product);
#undef LINE
		is_held(w);
		if (first)
			assert_string_equal(w->text, first);
		else
			first = strdup(w->text);
	}
	free(first);
}

static void test_trials_end_with_the_day_and_are_ones_own(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	for (unsigned i = 0; i < 7; i++)
		order(w, "sh-sales", id, "confirmed", "5000");
	order(w, "sh-sales", id, "confirmed", "1");
	is_held(w);
	/* Neither another customer's nor another's. */
	must_order(w, customer(w, "1000"), "confirmed", "1");
	order(w, "sh-clerk", id, "confirmed", "1");
	assert_true(w->ok);
	w->book->now_ms += 86400000;
	must_order(w, id, "confirmed", "1");
}

static void test_who_reads_the_limit_is_not_counted(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000");

	for (unsigned i = 0; i < 9; i++)
		order(w, "finance", id, "confirmed", "5000");
	is_held(w);
	order(w, "finance", id, "confirmed", "1");
	assert_true(w->ok);
}

static void test_the_auditor_reads_who_was_refused_what(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "1000"), *internal;

	must(
	    w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", id);
	internal = at(w, "id");
	order(w, "sh-sales", id, "confirmed", "5000");
	station_tick(w->station);
	must(w, "auditor", "audit.find",
	    "{'method':'record.batch','user':'sh-sales','limit':1}");
	assert_string_equal(at(w, "rows.0.result"), "invalid");
	assert_string_equal(at(w, "rows.0.why"), RULE);
	assert_string_equal(at(w, "rows.0.customer"), internal);
	/* Also of a batch that goes on without it. */
	must(w, "sh-sales", "record.batch",
	    "{'items':[{'op':'create','entity':'order','fields':{'customer':"
	    "'%s','date':'2026-01-01','status':'confirmed'}},{'op':'create',"
	    "'entity':'order_line','fields':{'order':'#0','product':'%s',"
	    "'quantity':'1','unit_price':'5000'}}]}",
	    id, product);
	must(w, "auditor", "audit.find",
	    "{'method':'record.batch','user':'sh-sales','limit':1}");
	assert_string_equal(at(w, "rows.0.result"), "ok");
	assert_string_equal(at(w, "rows.0.why"), RULE);
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
		cmocka_unit_test(test_a_hold_stops_orders_and_no_drafts),
		cmocka_unit_test(test_whoever_set_the_hold_does_not_lift_it),
		cmocka_unit_test(test_a_refusal_is_the_same_whatever_the_cause),
		cmocka_unit_test(test_nobody_orders_who_is_suspended),
		cmocka_unit_test(test_a_release_takes_two_persons),
		cmocka_unit_test(test_a_release_reaches_as_far_as_it_says),
		cmocka_unit_test(test_a_hold_set_anew_ends_a_release),
		cmocka_unit_test(
		    test_facts_past_the_limit_set_the_hold_and_lift_it),
		cmocka_unit_test(test_a_persons_hold_is_not_lifted_by_the_rule),
		cmocka_unit_test(test_the_black_list_is_left_by_steps),
		cmocka_unit_test(test_merged_customers_owe_together),
		cmocka_unit_test(test_what_was_weighed_must_still_stand),
		cmocka_unit_test(test_a_hold_comes_along_into_a_merger),
		cmocka_unit_test(test_halving_amounts_does_not_give_the_limit),
		cmocka_unit_test(test_a_preview_tells_nothing_of_the_limit),
		cmocka_unit_test(test_what_is_not_stored_was_a_trial),
		cmocka_unit_test(test_what_is_stored_was_none_before_a_refusal),
		cmocka_unit_test(test_a_batch_says_not_which_item_was_too_much),
		cmocka_unit_test(test_trials_end_with_the_day_and_are_ones_own),
		cmocka_unit_test(test_who_reads_the_limit_is_not_counted),
		cmocka_unit_test(test_the_auditor_reads_who_was_refused_what),
	};

	return cmocka_run_group_tests(tests, set_up, whole_teardown);
}
