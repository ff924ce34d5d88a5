// SPDX-License-Identifier: MIT
/*
 * What the tests of a whole book fill it with and ask of it, again and again.
 *
 * new_* make one record and give its id; they and open_customer() are as good
 * as the book's arena.
 */
#ifndef TESTS_UNIT_WHOLE_ASK_H
#define TESTS_UNIT_WHOLE_ASK_H

#include "whole_book.h"

#include "server/data/verify.h"

/* --- filling -------------------------------------------------------------*/

static inline const char *new_product(struct whole *w, const char *name)
{
	must(w, "loader", "record.create",
	    "{'entity':'product','fields':{'name':'%s'}}", name);
	return at(w, "id");
}

static inline const char *new_order(
    struct whole *w, const char *customer, const char *date, const char *status)
{
	must(w, "loader", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':'%s',"
	    "'status':'%s'}}",
	    customer, date, status);
	return at(w, "id");
}

static inline void new_line(struct whole *w, const char *order,
    const char *product, unsigned quantity, const char *price)
{
	must(w, "loader", "record.create",
	    "{'entity':'order_line','fields':{'order':'%s','product':'%s',"
	    "'quantity':'%u','unit_price':'%s'}}",
	    order, product, quantity, price);
}

/* --- asking --------------------------------------------------------------*/

static inline void report(
    struct whole *w, const char *login, const char *name, const char *params)
{
	must(w, login, "report.run", "{'name':'%s','params':{%s}}", name,
	    params);
}

static inline void assert_at(
    struct whole *w, const char *path, const char *value)
{
	if (strcmp(at(w, path), value))
		fail_msg(
		    "%s is %s, not %s: %s", path, at(w, path), value, w->text);
}

/* One field of a customer, as that person sees it. */
static inline const char *value(
    struct whole *w, const char *login, const char *id, const char *field)
{
	char path[80];

	must(w, login, "record.get", "{'entity':'customer','id':'%s'}", id);
	snprintf(path, sizeof path, "fields.%s", field);
	return at(w, path);
}

/* --- looking -------------------------------------------------------------*/

/* The log position of what was written last. */
static inline unsigned long long last(struct whole *w)
{
	return store_head(w->book->store) - 1;
}

/* Values that do not agree with the log. */
static inline uint64_t count_bad(struct whole *w)
{
	struct verify_result v;

	whole_refresh(w);
	assert_int_equal(verify_values(&w->desk, 0, UINT64_MAX, &v), ERR_OK);
	return v.bad;
}

static inline struct record *open_customer(struct whole *w, const char *id)
{
	struct record *r;
	uint64_t number;

	whole_refresh(w);
	assert_true(id_parse(bytes_text(id), &number));
	assert_int_equal(record_load(&w->desk, &w->book->arena,
			     whole_entity(w, "customer"), number, &r),
	    ERR_OK);
	assert_int_equal(record_open(&w->desk, r), ERR_OK);
	return r;
}

#endif
