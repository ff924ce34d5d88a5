// SPDX-License-Identifier: MIT
/*
 * Feedback, pipeline and conversion: what was said, what is hoped for, and
 * who became a customer.
 */
#include "server/book/tally.h"

#include "server/schema/value.h"

static enum err run_plan(struct report_run *r, const struct tally_plan *plan)
{
	struct tally t;
	enum err err = tally_resolve(r, plan, &t);

	return err || r->only_asks ? err : tally_run(&t);
}

/* --- feedback ------------------------------------------------------------*/

enum { FEEDBACK_STATUS, FEEDBACK_DUE, FEEDBACK_AT };
enum {
	FEEDBACKS,
	FEEDBACK_OPEN,
	FEEDBACK_OVERDUE,
	FEEDBACK_SOLVED,
	FEEDBACK_DAYS
};

static enum err add_feedback(struct tally *t, struct record *r,
    struct decimal of[static GROUP_SUMS_MOST])
{
	int32_t due, at, solved;
	enum err err = tally_count(&of[FEEDBACKS], 1);

	if (err)
		return err;
	if (tally_is(t, r, FEEDBACK_STATUS, "open in_progress ")) {
		err = tally_count(&of[FEEDBACK_OPEN], 1);
		if (!err && tally_day(t, r, FEEDBACK_DUE, &due) &&
		    due < t->run->today)
			err = tally_count(&of[FEEDBACK_OVERDUE], 1);
		return err;
	}
	err = tally_count(&of[FEEDBACK_SOLVED], 1);
	if (!err && tally_day(t, r, FEEDBACK_AT, &at) &&
	    tally_set_day(t, r, FEEDBACK_STATUS, &solved) && solved > at)
		err = tally_count(&of[FEEDBACK_DAYS], solved - at);
	return err;
}

enum err report_feedback(struct report_run *r)
{
	static const struct tally_column columns[] = {
		{ "feedbacks", TALLY_COUNT, FEEDBACKS, 0 },
		{ "open", TALLY_COUNT, FEEDBACK_OPEN, 0 },
		{ "overdue", TALLY_COUNT, FEEDBACK_OVERDUE, 0 },
		{ "solved", TALLY_COUNT, FEEDBACK_SOLVED, 0 },
		{ "days", TALLY_AVERAGE, FEEDBACK_DAYS, FEEDBACK_SOLVED },
		{ 0 },
	};
	static const struct tally_plan plan = { "feedback", "kind",
		{ "status", "due_at", "at" }, FEEDBACK_AT, columns,
		TALLY_IN_ORDER, add_feedback };

	return run_plan(r, &plan);
}

/* --- pipeline ------------------------------------------------------------*/

enum { PIPE_STAGE, PIPE_AMOUNT, PIPE_PROB, PIPE_EXPECTED };
enum { PIPE_COUNT, PIPE_SUM, PIPE_WEIGHTED, PIPE_OVERDUE, PIPE_DAYS };

static enum err add_amounts(struct tally *t, struct record *r,
    struct decimal of[static GROUP_SUMS_MOST])
{
	const struct decimal hundredth = { 1, 2 };
	struct decimal amount, prob;
	struct bytes value;
	enum err err = tally_value(t, r, PIPE_AMOUNT, &value);

	if (err || !value_decimal(value, &amount))
		return err;
	err = decimal_add(&of[PIPE_SUM], &amount, &of[PIPE_SUM]);
	if (!err)
		err = tally_value(t, r, PIPE_PROB, &value);
	if (err || !value_decimal(value, &prob))
		return err;
	err = decimal_mul(&amount, &prob, &amount);
	if (!err)
		err = decimal_mul(&amount, &hundredth, &amount);
	return err ? err
		   : decimal_add(
			 &of[PIPE_WEIGHTED], &amount, &of[PIPE_WEIGHTED]);
}

static enum err add_opportunity(struct tally *t, struct record *r,
    struct decimal of[static GROUP_SUMS_MOST])
{
	int32_t day;
	enum err err = tally_count(&of[PIPE_COUNT], 1);

	if (!err)
		err = add_amounts(t, r, of);
	if (!err && tally_set_day(t, r, PIPE_STAGE, &day))
		err = tally_count(&of[PIPE_DAYS], t->run->today - day);
	if (!err && !tally_is(t, r, PIPE_STAGE, "won lost ") &&
	    tally_day(t, r, PIPE_EXPECTED, &day) && day < t->run->today)
		err = tally_count(&of[PIPE_OVERDUE], 1);
	return err;
}

enum err report_pipeline(struct report_run *r)
{
	static const struct tally_column columns[] = {
		{ "opportunities", TALLY_COUNT, PIPE_COUNT, 0 },
		{ "amount", TALLY_AMOUNT, PIPE_SUM, 0 },
		{ "weighted", TALLY_AMOUNT, PIPE_WEIGHTED, 0 },
		{ "overdue", TALLY_COUNT, PIPE_OVERDUE, 0 },
		{ "days", TALLY_AVERAGE, PIPE_DAYS, PIPE_COUNT },
		{ 0 },
	};
	static const struct tally_plan plan = { "opportunity", "stage",
		{ "stage", "amount", "prob", "expected_at" }, PIPE_EXPECTED,
		columns, TALLY_IN_ORDER, add_opportunity };

	return run_plan(r, &plan);
}

/* --- conversion ----------------------------------------------------------*/

enum { CONVERT_LAST, CONVERT_MADE };
enum { CUSTOMERS, BUYERS };

static enum err add_customer(struct tally *t, struct record *r,
    struct decimal of[static GROUP_SUMS_MOST])
{
	int32_t day;
	enum err err = tally_count(&of[CUSTOMERS], 1);

	return !err && tally_day(t, r, CONVERT_LAST, &day)
		   ? tally_count(&of[BUYERS], 1)
		   : err;
}

enum err report_conversion(struct report_run *r)
{
	static const struct tally_column columns[] = {
		{ "customers", TALLY_COUNT, CUSTOMERS, 0 },
		{ "buyers", TALLY_COUNT, BUYERS, 0 },
		{ "conversion", TALLY_SHARE, BUYERS, CUSTOMERS },
		{ 0 },
	};
	static const struct tally_plan plan = { "customer", "source",
		{ "last_order_at", "created_at" }, CONVERT_MADE, columns,
		TALLY_IN_ORDER, add_customer };

	return run_plan(r, &plan);
}
