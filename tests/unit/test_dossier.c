// SPDX-License-Identifier: MIT
/*
 * The dossier and the timeline: of each child what reading it shows, of what
 * is hidden nothing, each event once and in the order of its time.
 */
#include "whole_book.h"

struct told { /* of one customer with one of everything */
	const char *customer;
	const char *contact, *order, *payment, *activity, *feedback;
};

static const char *child(
    struct whole *w, const char *login, const char *entity, const char *fields)
{
	must(w, login, "record.create", "{'entity':'%s','fields':{%s}}", entity,
	    fields);
	return at(w, "id");
}

static const char *of(struct whole *w, const char *customer, const char *rest)
{
	return arena_format(
	    &w->book->arena, "'customer':'%s',%s", customer, rest);
}

static struct told make(struct whole *w)
{
	struct told t;

	t.customer = new_customer(
	    w, "loader", "档案公司", ",'owner':'sh-sales','remark':'老客户'");
	t.contact = child(w, "loader", "contact",
	    of(w, t.customer,
		"'name':'王小明','mobile':'13800138000',"
		"'birthday':'1990-05-17'"));
	t.order = child(
	    w, "loader", "order", of(w, t.customer, "'date':'2026-03-15'"));
	t.payment = child(w, "finance", "payment",
	    of(w, t.customer, "'date':'2026-03-20','amount':'5.00'"));
	t.activity = child(w, "sh-manager", "activity",
	    of(w, t.customer,
		"'kind':'phone','at':'2026-03-18','content':'谈'"));
	t.feedback = child(w, "sh-support", "feedback",
	    of(w, t.customer, "'kind':'question','at':'2026-03-17'"));
	return t;
}

#define DOSSIER "{'id':'%s'}"

static void test_sections_show_what_reading_each_shows(void **state)
{
	static const char *const people[] = { "sh-sales", "sh-manager",
		"sh-clerk", "finance", "sh-support", "gm", "auditor" };
	static const char *const sections[][2] = { { "contacts", "contact" },
		{ "orders", "order" }, { "payments", "payment" },
		{ "communications", "activity" }, { "feedback", "feedback" } };
	struct whole *w = *state;
	struct told t = make(w);

	for (size_t i = 0; i < sizeof people / sizeof *people; i++)
		for (size_t s = 0; s < sizeof sections / sizeof *sections;
		     s++) {
			char path[60];
			const char *id, *fields, *masked;

			must(w, people[i], "customer.dossier", DOSSIER,
			    t.customer);
			snprintf(path, sizeof path, "%s.0.id", sections[s][0]);
			id = at(w, path);
			if (!*id)
				continue;
			snprintf(
			    path, sizeof path, "%s.0.fields", sections[s][0]);
			fields = at(w, path);
			snprintf(
			    path, sizeof path, "%s.0.masked", sections[s][0]);
			masked = at(w, path);
			must(w, people[i], "record.get",
			    "{'entity':'%s','id':'%s'}", sections[s][1], id);
			assert_string_equal(at(w, "fields"), fields);
			assert_string_equal(at(w, "masked"), masked);
		}
}

static void test_hidden_children_are_not_there_and_not_counted(void **state)
{
	struct whole *w = *state;
	struct told t = make(w);

	must(w, "sh-clerk", "customer.dossier", DOSSIER, t.customer);
	assert_false(says(w, "payment"));
	assert_true(says(w, "\"orders\":1"));
	must(w, "sh-support", "customer.dossier", DOSSIER, t.customer);
	assert_false(says(w, "payment"));
	must(w, "finance", "customer.dossier", DOSSIER, t.customer);
	assert_true(says(w, "\"payments\":1"));
	assert_false(says(w, "communications"));
	assert_false(says(w, "feedback"));
}

static void test_a_customer_out_of_scope_is_one_that_is_not_there(void **state)
{
	static const char *const methods[] = { "customer.dossier",
		"customer.timeline" };
	struct whole *w = *state;
	struct told t = make(w);

	for (unsigned m = 0; m < 2; m++) {
		const char *missing;

		refused(w, "not_found", "hz-manager", methods[m],
		    "{'id':'KHSH209900001'}");
		missing = w->text
			      ? arena_text(&w->book->arena, bytes_text(w->text))
			      : "";
		refused(w, "not_found", "hz-manager", methods[m], DOSSIER,
		    t.customer);
		assert_string_equal(w->text, missing);
		refused(w, "not_found", "sh-sales2", methods[m], DOSSIER,
		    t.customer);
		refused(w, "unknown", "admin", methods[m], DOSSIER, t.customer);
	}
}

/* Who may read it reads it by name; leafing through is no reading. */
static void test_watched_values_are_masked_whoever_asks(void **state)
{
	struct whole *w = *state;
	struct told t = make(w);

	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_limit':'60000'},"
	    "'reason':'评估'}",
	    t.customer);
	must(w, "finance", "customer.dossier", DOSSIER, t.customer);
	assert_true(says(w, "credit_limit"));
	assert_false(says(w, "60000"));
	must(w, "privacy", "customer.dossier", DOSSIER, t.customer);
	assert_true(says(w, "birthday"));
	assert_false(says(w, "1990-05-17"));
}

static void test_the_timeline_is_newest_first(void **state)
{
	struct whole *w = *state;
	struct told t = make(w);

	must(w, "sh-manager", "customer.timeline", DOSSIER, t.customer);
	assert_string_equal(at(w, "rows.0.id"), t.payment);
	assert_string_equal(at(w, "rows.0.entity"), "payment");
	assert_string_equal(at(w, "rows.0.time"), "2026-03-20");
	assert_string_equal(at(w, "rows.1.id"), t.activity);
	assert_string_equal(at(w, "rows.1.time"), "2026-03-18T00:00:00.000Z");
	assert_string_equal(at(w, "rows.2.id"), t.feedback);
	assert_string_equal(at(w, "rows.3.id"), t.order);
	assert_string_equal(at(w, "rows.4"), "");
	assert_string_equal(at(w, "next"), "null");
	must(w, "sh-clerk", "customer.timeline", DOSSIER, t.customer);
	assert_string_equal(at(w, "rows.0.id"), t.activity);
}

#define DAYS 25

static void test_pages_hold_each_event_once(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-manager", "分页公司", "");
	const char *after = "";
	unsigned seen = 0;
	char rest[80];

	/* Two a day, so that a page ends between equals. */
	for (unsigned i = 0; i < 2 * DAYS; i++) {
		snprintf(rest, sizeof rest,
		    "'kind':'phone','at':'2026-03-%02u','content':'x'",
		    1 + i / 2);
		child(w, "sh-manager", "activity", of(w, customer, rest));
	}
	for (unsigned page = 0; page < 20 && after; page++) {
		unsigned row = 0;

		must(w, "sh-manager", "customer.timeline",
		    "{'id':'%s','limit':7%s%s%s}", customer,
		    *after ? ",'after':'" : "", after, *after ? "'" : "");
		for (; row < 7; row++) {
			char path[40];

			snprintf(path, sizeof path, "rows.%u.time", row);
			if (!*at(w, path))
				break;
			snprintf(rest, sizeof rest,
			    "2026-03-%02uT00:00:00.000Z", DAYS - seen / 2);
			assert_string_equal(at(w, path), rest);
			seen++;
		}
		after = strcmp(at(w, "next"), "null") ? at(w, "next") : NULL;
	}
	assert_int_equal(seen, 2 * DAYS);
}

static void test_a_cursor_is_its_users_and_its_customers(void **state)
{
	struct whole *w = *state;
	struct told t = make(w), other = make(w);
	const char *next;

	must(w, "sh-manager", "customer.timeline", "{'id':'%s','limit':1}",
	    t.customer);
	next = at(w, "next");
	refused(w, "invalid", "sh-manager", "customer.timeline",
	    "{'id':'%s','after':'%s'}", other.customer, next);
	refused(w, "invalid", "finance", "customer.timeline",
	    "{'id':'%s','after':'%s'}", t.customer, next);
	must(w, "sh-manager", "customer.timeline", "{'id':'%s','after':'%s'}",
	    t.customer, next);
	assert_string_equal(at(w, "rows.0.id"), t.activity);
}

static void test_archived_children_are_passed_over(void **state)
{
	struct whole *w = *state;
	struct told t = make(w);

	must(w, "sh-manager", "record.archive",
	    "{'entity':'activity','id':'%s'}", t.activity);
	must(w, "sh-manager", "customer.dossier", DOSSIER, t.customer);
	assert_true(says(w, "\"communications\":0"));
	assert_string_equal(at(w, "timeline.rows.1.id"), t.feedback);
}

static void test_policy_is_what_customer_policy_tells(void **state)
{
	static const char *const people[] = { "sh-sales", "sh-manager",
		"finance", "sh-support", "auditor" };
	struct whole *w = *state;
	struct told t = make(w);

	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		const char *policy;

		must(w, people[i], "customer.dossier", DOSSIER, t.customer);
		policy = at(w, "policy");
		must(w, people[i], "customer.policy", DOSSIER, t.customer);
		assert_string_equal(at(w, "rows"), policy);
	}
	must(w, "sh-manager", "customer.dossier", DOSSIER, t.customer);
	assert_string_equal(at(w, "policy.0.attribute"), "discount");
}

#define MANY 320

/* Thousands that have no time go to a worker, and come back the same. */
static void test_many_children_are_a_workers_affair(void **state)
{
	struct whole *w = *state;
	const char *customer = new_customer(w, "sh-manager", "大户", "");

	for (unsigned i = 0; i < MANY; i++)
		child(w, "sh-manager", "contact",
		    of(w, customer, "'name':'王小明'"));
	must(w, "sh-manager", "customer.dossier", "{'id':'%s','limit':3}",
	    customer);
	assert_true(says(w, "\"contacts\":320"));
	assert_string_not_equal(at(w, "contacts.2.id"), "");
	assert_string_equal(at(w, "contacts.3"), "");
}

/* A history that was taken over: the last one entered is the oldest. */
static const char *with_history(struct whole *w)
{
	const char *customer = new_customer(w, "sh-manager", "史多", "");

	for (unsigned i = 0; i < MANY; i++)
		child(w, "sh-manager", "activity",
		    of(w, customer,
			arena_format(&w->book->arena,
			    "'kind':'phone','content':'%u','at':'%u-%02u-03'",
			    i, 2025 - i / 12, 12 - i % 12)));
	return customer;
}

static void test_the_newest_of_many_are_those_that_happened_last(void **state)
{
	struct whole *w = *state;
	const char *customer = with_history(w);
	unsigned met = 0;

	must(w, "sh-manager", "customer.dossier", "{'id':'%s','limit':3}",
	    customer);
	assert_true(says(w, "\"communications\":320"));
	assert_string_equal(at(w, "communications.2.fields.content"), "2");
	assert_string_equal(at(w, "communications.3"), "");
	assert_string_equal(at(w, "timeline.rows.2.fields.content"), "2");
	must(w, "sh-manager", "customer.timeline", "{'id':'%s','limit':100}",
	    customer);
	while (met < MANY) {
		char path[40];

		snprintf(
		    path, sizeof path, "rows.%u.fields.content", met % 100);
		assert_int_equal(atoi(at(w, path)), met);
		if (++met % 100 == 0)
			must(w, "sh-manager", "customer.timeline",
			    "{'id':'%s','limit':100,'after':'%s'}", customer,
			    at(w, "next"));
	}
	assert_string_equal(at(w, "rows.20"), "");
	assert_string_equal(at(w, "next"), "null");
}

static const char *newest(struct whole *w, const char *customer)
{
	must(w, "sh-manager", "customer.timeline", DOSSIER, customer);
	return at(w, "rows.0.id");
}

static void test_a_child_moves_with_its_time_and_state(void **state)
{
	struct whole *w = *state;
	struct told t = make(w);

	must(w, "sh-manager", "record.update",
	    "{'entity':'activity','id':'%s','set':{'at':'2026-03-21'}}",
	    t.activity);
	assert_string_equal(newest(w, t.customer), t.activity);
	must(w, "sh-manager", "record.update",
	    "{'entity':'activity','id':'%s','set':{'at':'2026-03-01'}}",
	    t.activity);
	assert_string_equal(newest(w, t.customer), t.payment);
	must(w, "sh-manager", "record.update",
	    "{'entity':'activity','id':'%s','set':{'at':'2026-03-22'}}",
	    t.activity);
	must(w, "sh-manager", "record.archive",
	    "{'entity':'activity','id':'%s'}", t.activity);
	assert_string_equal(newest(w, t.customer), t.payment);
	must(w, "sh-manager", "record.unarchive",
	    "{'entity':'activity','id':'%s'}", t.activity);
	assert_string_equal(newest(w, t.customer), t.activity);
	assert_false(says(w, "2026-03-01"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections_show_what_reading_each_shows),
		cmocka_unit_test(
		    test_hidden_children_are_not_there_and_not_counted),
		cmocka_unit_test(
		    test_a_customer_out_of_scope_is_one_that_is_not_there),
		cmocka_unit_test(test_watched_values_are_masked_whoever_asks),
		cmocka_unit_test(test_the_timeline_is_newest_first),
		cmocka_unit_test(test_pages_hold_each_event_once),
		cmocka_unit_test(test_a_cursor_is_its_users_and_its_customers),
		cmocka_unit_test(test_archived_children_are_passed_over),
		cmocka_unit_test(test_policy_is_what_customer_policy_tells),
		cmocka_unit_test(test_many_children_are_a_workers_affair),
		cmocka_unit_test(
		    test_the_newest_of_many_are_those_that_happened_last),
		cmocka_unit_test(test_a_child_moves_with_its_time_and_state),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
