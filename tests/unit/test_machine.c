// SPDX-License-Identifier: MIT
/*
 * State machines of the schema: a state goes where its list says and nowhere
 * else, whichever way the change comes.
 */
#include "whole_book.h"

static const char *new_opportunity(struct whole *w, const char *stage)
{
	const char *customer = new_customer(w, "sh-manager", "商机公司", "");

	must(w, "sh-manager", "record.create",
	    "{'entity':'opportunity','fields':{'customer':'%s','name':'采购',"
	    "'stage':'%s'}}",
	    customer, stage);
	return at(w, "id");
}

#define SET_STAGE "{'entity':'opportunity','id':'%s','set':{'stage':'%s'}%s}"

static void test_a_state_goes_where_its_list_says(void **state)
{
	struct whole *w = *state;
	const char *id = new_opportunity(w, "lead");

	must(w, "sh-manager", "record.update", SET_STAGE, id, "qualified", "");
	must(w, "sh-manager", "record.update", SET_STAGE, id, "proposal", "");
	must(w, "sh-manager", "record.update", SET_STAGE, id, "won", "");
	assert_string_equal(at(w, "fields.stage"), "won");
}

static void test_another_move_is_refused_and_told_what_is_right(void **state)
{
	struct whole *w = *state;
	const char *id = new_opportunity(w, "lead");

	refused(w, "invalid", "sh-manager", "record.update", SET_STAGE, id,
	    "won", "");
	assert_string_equal(at(w, "errors.0.field"), "stage");
	assert_string_equal(at(w, "errors.0.rule"), "move");
	assert_string_equal(at(w, "errors.0.message"),
	    "it can become: qualified, proposal, lost");
	must(w, "sh-manager", "record.get",
	    "{'entity':'opportunity','id':'%s'}", id);
	assert_string_equal(at(w, "fields.stage"), "lead");
}

/* The history will show one step, not two. */
static void test_a_batch_moves_no_further_than_one_change(void **state)
{
	struct whole *w = *state;
	const char *id = new_opportunity(w, "lead");

	refused(w, "invalid", "sh-manager", "record.batch",
	    "{'atomic':true,'items':["
	    "{'op':'update','entity':'opportunity','id':'%s','set':{"
	    "'stage':'proposal'}},"
	    "{'op':'update','entity':'opportunity','id':'%s','set':{"
	    "'stage':'won'}}]}",
	    id, id);
	assert_true(says(w, "\"rule\":\"move\""));
}

static void test_an_import_keeps_to_it_too(void **state)
{
	struct whole *w = *state;
	const char *id = new_opportunity(w, "lead");

	refused(w, "invalid", "sh-manager", "record.update", SET_STAGE, id,
	    "won", ",'source':'import'");
	assert_string_equal(at(w, "errors.0.rule"), "move");
}

static void test_emptying_a_state_is_a_move_as_well(void **state)
{
	struct whole *w = *state;
	const char *id = new_opportunity(w, "lead");

	refused(w, "invalid", "sh-manager", "record.update",
	    "{'entity':'opportunity','id':'%s','unset':['stage']}", id);
	assert_string_equal(at(w, "errors.0.rule"), "move");
}

static void test_a_new_record_begins_anywhere(void **state)
{
	struct whole *w = *state;
	const char *id = new_opportunity(w, "negotiation");

	must(w, "sh-manager", "record.get",
	    "{'entity':'opportunity','id':'%s'}", id);
	assert_string_equal(at(w, "fields.stage"), "negotiation");
}

static void test_other_changes_leave_the_state_alone(void **state)
{
	struct whole *w = *state;
	const char *id = new_opportunity(w, "won");

	must(w, "sh-manager", "record.update",
	    "{'entity':'opportunity','id':'%s','set':{'prob':100,"
	    "'stage':'won'}}",
	    id);
}

static void test_override_needs_right_and_reason(void **state)
{
	struct whole *w = *state;
	const char *id = new_opportunity(w, "lead");

	refused(w, "invalid", "sh-manager", "record.update", SET_STAGE, id,
	    "won", ",'override':['move']");
	assert_true(says(w, "\"rule\":\"reason_required\""));
	must(w, "sh-manager", "record.update", SET_STAGE, id, "won",
	    ",'override':['move'],'reason':'补录'");
	assert_string_equal(at(w, "warnings.0.rule"), "move");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_state_goes_where_its_list_says),
		cmocka_unit_test(
		    test_another_move_is_refused_and_told_what_is_right),
		cmocka_unit_test(test_a_batch_moves_no_further_than_one_change),
		cmocka_unit_test(test_an_import_keeps_to_it_too),
		cmocka_unit_test(test_emptying_a_state_is_a_move_as_well),
		cmocka_unit_test(test_a_new_record_begins_anywhere),
		cmocka_unit_test(test_other_changes_leave_the_state_alone),
		cmocka_unit_test(test_override_needs_right_and_reason),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
