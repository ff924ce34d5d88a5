// SPDX-License-Identifier: MIT
/*
 * A service that takes no changes says so last: every other check is made
 * first, in the same order, and what is no change goes on.
 */
#include "whole_book.h"

static const struct {
	enum service service;
	const char *rule;
} states[] = { { SERVICE_READ_ONLY, "read_only" },
	{ SERVICE_DRAINING, "draining" } };

static void enter(struct whole *w, enum service s)
{
	rpc_set_service(w->rpc, s);
}

static void test_change_is_refused_and_named(void **state)
{
	struct whole *w = *state;
	const char *number = new_customer(w, "loader", "只读公司", "");

	for (unsigned i = 0; i < 2; i++) {
		enter(w, states[i].service);
		refused(w, "unavailable", "loader", "record.update",
		    "{'entity':'customer','id':'%s','set':{'city':'x'}}",
		    number);
		assert_string_equal(at(w, "rule"), states[i].rule);
		refused(w, "unavailable", "loader", "record.archive",
		    "{'entity':'customer','id':'%s'}", number);
		refused(
		    w, "unavailable", "admin", "user.disable", "{'user':'gm'}");
		enter(w, SERVICE_OPEN);
	}
	must(w, "loader", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	assert_string_equal(at(w, "fields.city"), "");
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'x'}}", number);
}

static void test_reading_previews_and_the_log_go_on(void **state)
{
	struct whole *w = *state;
	const char *number = new_customer(w, "loader", "照读公司", "");

	for (unsigned i = 0; i < 2; i++) {
		uint64_t head;

		enter(w, states[i].service);
		must(w, "finance", "record.find", "{'entity':'customer'}");
		must(w, "loader", "record.update",
		    "{'entity':'customer','id':'%s','dry_run':true,"
		    "'set':{'city':'y'}}",
		    number);
		whole_refresh(w);
		head = snapshot_head(w->desk.snapshot);
		must(w, "auditor", "audit.find", "{'limit':1}");
		whole_refresh(w);
		assert_true(snapshot_head(w->desk.snapshot) > head);
		enter(w, SERVICE_OPEN);
	}
}

static void test_every_other_check_comes_first(void **state)
{
	struct whole *w = *state;
	const char *theirs = new_customer(w, "hz-sales", "远方只读公司", "");
	const char *ours =
	    new_customer(w, "loader", "近处只读公司", ",'owner':'sh-sales'");

	for (unsigned i = 0; i < 2; i++) {
		enter(w, states[i].service);
		refused(w, "unknown", "sh-sales", "record.update",
		    "{'entity':'customer','id':'%s','set':{'credit_limit':"
		    "'1.00'}}",
		    ours);
		refused(w, "not_found", "sh-sales", "record.update",
		    "{'entity':'customer','id':'%s','set':{'city':'x'}}",
		    theirs);
		refused(
		    w, "denied", "sh-sales", "user.disable", "{'user':'gm'}");
		refused(w, "invalid", "sh-sales", "record.update",
		    "{'entity':'customer','id':'%s','set':{'city':'x'},"
		    "'n_o_n_e':1}",
		    ours);
		enter(w, SERVICE_OPEN);
	}
}

static void test_full_disk_refuses_changes_until_there_is_space(void **state)
{
	struct whole *w = *state;
	const char *number = new_customer(w, "loader", "满盘公司", "");

	store_refuse(w->book->store, true);
	refused(w, "unavailable", "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'x'}}", number);
	must(w, "sh-manager", "record.find",
	    "{'entity':'customer','where':['=','number','%s']}", number);
	refused(w, "unknown", "sh-sales", "record.find",
	    "{'entity':'customer','where':['empty','credit_limit']}");
	store_refuse(w->book->store, false);
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'x'}}", number);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change_is_refused_and_named),
		cmocka_unit_test(test_reading_previews_and_the_log_go_on),
		cmocka_unit_test(test_every_other_check_comes_first),
		cmocka_unit_test(
		    test_full_disk_refuses_changes_until_there_is_space),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
