// SPDX-License-Identifier: MIT
/*
 * What the tests of credit share: customers with a limit, orders, payments.
 */
#ifndef TESTS_UNIT_CREDIT_BOOK_H
#define TESTS_UNIT_CREDIT_BOOK_H

#include "whole_book.h"

#define RULE "credit_hold"

/* --- orders --------------------------------------------------------------*/

static const char *product; /* made once; its number */

static inline int set_up(void **state)
{
	int failed = whole_setup(state);

	must(*state, "sh-manager", "record.create",
	    "{'entity':'product','fields':{'name':'纸箱','unit':'只',"
	    "'category':'box','unit_price':'1'}}");
	product = at(*state, "number");
	return failed;
}

/* Of sh-sales; no limit unless given. */
static inline const char *customer(struct whole *w, const char *limit)
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
static inline const char *order(struct whole *w, const char *who,
    const char *id, const char *status, const char *amount)
{
	return ask(w, who, "record.batch",
	    "{'atomic':true,'items':[{'op':'create','entity':'order','fields':"
	    "{'customer':'%s','date':'2026-01-01','status':'%s'}},"
	    "{'op':'create','entity':'order_line','fields':{'order':'#0',"
	    "'product':'%s','quantity':'1','unit_price':'%s'}}]}",
	    id, status, product, amount);
}

static inline const char *must_order(
    struct whole *w, const char *id, const char *status, const char *amount)
{
	order(w, "sh-sales", id, status, amount);
	if (!w->ok)
		fail_msg("%s", w->text);
	return at(w, "items.0.number");
}

static inline void is_held(struct whole *w)
{
	assert_false(w->ok);
	assert_string_equal(at(w, "code"), "invalid");
	assert_string_equal(at(w, "rule"), RULE);
}

static inline void update(struct whole *w, const char *who, const char *entity,
    const char *id, const char *set)
{
	ask(w, who, "record.update", "{'entity':'%s','id':'%s','set':{%s}}",
	    entity, id, set);
}

static inline const char *receivable(struct whole *w, const char *id)
{
	must(w, "finance", "record.get",
	    "{'entity':'customer','id':'%s','fields':['receivable']}", id);
	return at(w, "fields.receivable");
}

static inline void pay(struct whole *w, const char *id, const char *amount)
{
	must(w, "finance", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s','date':"
	    "'2026-01-02','amount':'%s'}}",
	    id, amount);
}

static inline void set_hold(
    struct whole *w, const char *who, const char *id, const char *value)
{
	ask(w, who, "record.update",
	    "{'entity':'customer','id':'%s','reason':'查','set':{"
	    "'credit_hold':%s}}",
	    id, value);
}

static inline const char *hold_of(struct whole *w, const char *id)
{
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','fields':['credit_hold']}", id);
	return at(w, "fields.credit_hold");
}

#endif
