// SPDX-License-Identifier: MIT
/*
 * Stages: since when, how long, by whom, out of the history and under its
 * rights.
 */
#include "whole_book.h"

#define DAY_MS INT64_C(86400000)

static const char *moved(struct whole *w)
{
	static const struct {
		const char *login, *stage;
		int64_t days;
	} moves[] = { { "sh-manager", "qualified", 2 },
		{ "sh-sales", "proposal", 3 }, { "sh-sales", "qualified", 1 } };
	const char *customer =
	    new_customer(w, "sh-manager", "阶段公司", ",'owner':'sh-sales'");
	const char *id;

	must(w, "sh-manager", "record.create",
	    "{'entity':'opportunity','fields':{'customer':'%s','name':'采购'}}",
	    customer);
	id = at(w, "id");
	for (unsigned i = 0; i < sizeof moves / sizeof *moves; i++) {
		w->book->now_ms += moves[i].days * DAY_MS;
		/* A change of something else is no stage. */
		must(w, moves[i].login, "record.update",
		    "{'entity':'opportunity','id':'%s','set':{'prob':%u}}", id,
		    10 + i);
		must(w, moves[i].login, "record.update",
		    "{'entity':'opportunity','id':'%s','set':{'stage':'%s'},"
		    "'reason':'第%u步'}",
		    id, moves[i].stage, i);
	}
	return id;
}

#define STAGES "{'entity':'opportunity','id':'%s'}"

static int64_t number(struct whole *w, const char *path)
{
	return strtoll(at(w, path), NULL, 10);
}

static void test_stages_tell_since_when_how_long_and_by_whom(void **state)
{
	struct whole *w = *state;
	const char *id = moved(w);

	w->book->now_ms += 5 * DAY_MS;
	must(w, "sh-sales", "record.stages", STAGES, id);
	assert_string_equal(at(w, "field"), "stage");
	assert_string_equal(at(w, "rows.0.stage"), "lead");
	assert_string_equal(at(w, "rows.0.user"), "sh-manager");
	assert_in_range(number(w, "rows.0.seconds"), 2 * 86400, 2 * 86400 + 9);
	assert_string_equal(at(w, "rows.1.stage"), "qualified");
	assert_in_range(number(w, "rows.1.seconds"), 3 * 86400, 3 * 86400 + 9);
	assert_string_equal(at(w, "rows.1.since"), at(w, "rows.0.until"));
	assert_string_equal(at(w, "rows.2.user"), "sh-sales");
	assert_string_equal(at(w, "rows.2.reason"), "第1步");
	assert_string_equal(at(w, "rows.3.stage"), "qualified");
	assert_string_equal(at(w, "rows.3.until"), "null");
	assert_in_range(number(w, "rows.3.seconds"), 5 * 86400, 5 * 86400 + 9);
	assert_string_equal(at(w, "rows.4"), "");
}

static void test_stages_go_on_when_they_are_confirmed(void **state)
{
	struct whole *w = *state;
	const char *id = moved(w);

	w->book->now_ms += 2 * DAY_MS;
	must(w, "sh-manager", "record.confirm", STAGES, id);
	w->book->now_ms += 3 * DAY_MS;
	must(w, "sh-sales", "record.stages", STAGES, id);
	assert_string_equal(at(w, "rows.3.stage"), "qualified");
	assert_string_equal(at(w, "rows.3.user"), "sh-sales");
	assert_in_range(number(w, "rows.3.seconds"), 5 * 86400, 5 * 86400 + 9);
	assert_string_equal(at(w, "rows.4"), "");
}

static void test_stages_are_of_every_entity_that_has_a_state(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-manager", "状态公司", "");

	must(w, "sh-manager", "record.stages",
	    "{'entity':'customer','id':'%s'}", id);
	assert_string_equal(at(w, "field"), "status");
	assert_string_equal(at(w, "rows.0.stage"), "prospect");
	must(w, "sh-manager", "record.create",
	    "{'entity':'contact','fields':{'customer':'%s','name':'王小明'}}",
	    id);
	refused(w, "unknown", "sh-manager", "record.stages",
	    "{'entity':'contact','id':'%s'}", at(w, "id"));
}

static void test_stages_out_of_scope_are_not_there(void **state)
{
	struct whole *w = *state;
	const char *id = moved(w);

	refused(w, "not_found", "hz-manager", "record.stages", STAGES, id);
	refused(w, "not_found", "sh-sales2", "record.stages", STAGES, id);
	refused(w, "unknown", "finance", "record.stages", STAGES, id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_stages_tell_since_when_how_long_and_by_whom),
		cmocka_unit_test(test_stages_go_on_when_they_are_confirmed),
		cmocka_unit_test(
		    test_stages_are_of_every_entity_that_has_a_state),
		cmocka_unit_test(test_stages_out_of_scope_are_not_there),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
