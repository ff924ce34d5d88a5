// SPDX-License-Identifier: MIT
/*
 * Reports that count rows: feedback, pipeline, conversion, quality.
 */
#include "whole_ask.h"

static const char *mine, *mates;

static void test_fill(void **state)
{
	struct whole *w = *state;

	mine = new_customer(w, "loader", "甲方公司",
	    ",'owner':'sh-sales','review_due_at':'2020-01-01'");
	must(w, "loader", "record.create",
	    "{'entity':'customer','fields':{'name':'乙方公司','type':'other',"
	    "'category':'regular','source':'exhibition','owner':'sh-sales2'}}");
	mates = at(w, "number");
}

static void say(struct whole *w, const char *customer, const char *fields)
{
	must(w, "loader", "record.create",
	    "{'entity':'feedback','fields':{'customer':'%s','desc':'x',%s}}",
	    customer, fields);
}

static void test_feedback_by_kind(void **state)
{
	struct whole *w = *state;

	say(w, mine, "'kind':'complaint','due_at':'2020-01-01'");
	say(w, mine, "'kind':'process'");
	say(w, mates, "'kind':'complaint'");
	must(w, "loader", "record.update",
	    "{'entity':'feedback','id':'%s','set':{'status':'resolved'}}",
	    at(w, "number"));
	report(w, "gm", "feedback", "");
	assert_at(w, "rows.0.kind", "complaint");
	assert_at(w, "rows.0.feedbacks", "2");
	assert_at(w, "rows.0.open", "1");
	assert_at(w, "rows.0.overdue", "1");
	assert_at(w, "rows.0.solved", "1");
	assert_at(w, "rows.1.kind", "process");
	assert_at(w, "total.feedbacks", "3");
	report(w, "sh-support", "feedback", "'group':'status'");
	assert_at(w, "total.feedbacks", "3");
	report(w, "sh-sales2", "feedback", "'group':'customer'");
	assert_at(w, "rows.0.name", "乙方公司");
	assert_at(w, "total.feedbacks", "1");
	report(w, "gm", "feedback", "'to':'2020-01'");
	assert_at(w, "total.feedbacks", "0");
	/* Finance reads none of it. */
	refused(w, "unknown", "finance", "report.run", "{'name':'feedback'}");
}

static void hope(struct whole *w, const char *customer, const char *fields)
{
	must(w, "loader", "record.create",
	    "{'entity':'opportunity','fields':{'customer':'%s','name':'x',%s}}",
	    customer, fields);
}

static void test_pipeline_by_stage(void **state)
{
	struct whole *w = *state;

	hope(w, mine,
	    "'stage':'proposal','amount':'100.00','prob':40,"
	    "'expected_at':'2020-01-01'");
	hope(w, mates,
	    "'stage':'proposal','amount':'0.05','prob':50,"
	    "'expected_at':'2099-01-01'");
	hope(w, mates,
	    "'stage':'won','amount':'7.00','prob':100,"
	    "'expected_at':'2020-01-01'");
	report(w, "gm", "pipeline", "");
	assert_at(w, "rows.0.stage", "proposal");
	assert_at(w, "rows.0.opportunities", "2");
	assert_at(w, "rows.0.amount", "100.05");
	/* 40 + 0.025, once, away from zero. */
	assert_at(w, "rows.0.weighted", "40.03");
	assert_at(w, "rows.0.overdue", "1");
	assert_at(w, "rows.1.stage", "won");
	assert_at(w, "rows.1.overdue", "0");
	assert_at(w, "total.amount", "107.05");
	report(w, "gm", "pipeline", "'group':'month,stage'");
	assert_at(w, "rows.0.month", "2020-01");
	assert_at(w, "rows.2.month", "2099-01");
	report(w, "sh-sales", "pipeline", "");
	assert_at(w, "total.amount", "100.00");
	report(w, "hz-manager", "pipeline", "");
	assert_at(w, "total.opportunities", "0");
	refused(w, "unknown", "finance", "report.run", "{'name':'pipeline'}");
}

static void test_conversion_by_source(void **state)
{
	struct whole *w = *state;

	must(w, "loader", "record.create",
	    "{'entity':'order','fields':{'customer':'%s','date':'2026-01-05',"
	    "'status':'confirmed'}}",
	    mine);
	report(w, "gm", "conversion", "");
	assert_at(w, "rows.0.source", "phone");
	assert_at(w, "rows.0.customers", "1");
	assert_at(w, "rows.0.buyers", "1");
	assert_at(w, "rows.0.conversion", "1.0000");
	assert_at(w, "rows.1.source", "exhibition");
	assert_at(w, "rows.1.conversion", "0.0000");
	assert_at(w, "total.conversion", "0.5000");
	report(w, "sh-sales2", "conversion", "");
	assert_at(w, "total.customers", "1");
}

/* What no longer passes its check was imported before there was one. */
static void test_quality_by_branch_and_clerk(void **state)
{
	struct whole *w = *state;

	report(w, "gm", "quality", "");
	assert_at(w, "rows.0.branch", "SH");
	assert_at(w, "rows.0.customers", "2");
	assert_at(w, "rows.0.overdue", "1");
	assert_at(w, "rows.0.invalid", "0");
	assert_at(w, "rows.0.stale", "0");
	assert_at(w, "rows.0.completeness", "100.0");
	report(w, "gm", "quality", "'group':'created_by'");
	assert_at(w, "rows.0.created_by", "loader");
	report(w, "sh-sales2", "quality", "");
	assert_at(w, "total.customers", "1");
	assert_at(w, "total.overdue", "0");
	/* A person without mobile, consent: four of six are there. */
	must(w, "loader", "record.create",
	    "{'entity':'customer','fields':{'name':'王小明','type':'person',"
	    "'category':'regular','source':'phone'}}");
	report(w, "gm", "quality", "'group':'type'");
	assert_at(w, "rows.0.type", "person");
	assert_at(w, "rows.0.completeness", "66.0");
	assert_at(w, "rows.0.complete", "0.0000");
	must(w, "loader", "record.archive", "{'entity':'customer','id':'%s'}",
	    mates);
	report(w, "gm", "quality", "");
	assert_at(w, "total.customers", "2");
}

#define BATCH   400
#define BATCHES 12

static void make_many(struct whole *w, unsigned batch)
{
	struct buf items;
	char *text;

	buf_init(&items, 1024 * 1024);
	for (unsigned i = 0; i < BATCH; i++) {
		char item[200];

		snprintf(item, sizeof item,
		    "%s{'op':'create','entity':'customer','fields':{'name':"
		    "'多%u公司','type':'other','category':'regular','source':"
		    "'phone'}}",
		    i ? "," : "", batch * BATCH + i);
		buf_append_text(&items, item);
	}
	buf_append_byte(&items, 0);
	text = strdup((const char *)buf_bytes(&items).data);
	must(w, "loader", "record.batch", "{'atomic':true,'items':[%s]}", text);
	free(text);
	buf_release(&items);
}

/* More records are opened for it than one request's memory holds. */
static void test_a_long_answer_fits(void **state)
{
	struct whole *w = *state;
	char last[40];

	for (unsigned i = 0; i < BATCHES; i++)
		make_many(w, i);
	report(w, "gm", "quality", "'group':'customer','limit':10000");
	assert_at(w, "more", "0");
	snprintf(last, sizeof last, "rows.%u.customers", BATCH * BATCHES);
	assert_at(w, last, "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_feedback_by_kind),
		cmocka_unit_test(test_pipeline_by_stage),
		cmocka_unit_test(test_conversion_by_source),
		cmocka_unit_test(test_quality_by_branch_and_clerk),
		cmocka_unit_test(test_a_long_answer_fits),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
