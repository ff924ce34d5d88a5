// SPDX-License-Identifier: MIT
/*
 * A record of the past is what an answer of then told, and is told to no one
 * who may not know it today.
 */
#include "whole_book.h"

#include "common/date.h"
#include "server/data/past.h"

#define STEPS 80

static const char *const looked_at[] = { "name", "short_name", "pinyin",
	"mobile", "city", "remark", "tags.0", "tags.1", "email", "status",
	"type", "grade", "address", "updated_at", "updated_by", "created_at",
	"created_by" };

#define LOOKED_AT (sizeof looked_at / sizeof *looked_at)

struct answer {
	char instant[INSTANT_TEXT];
	char *of[LOOKED_AT];
};

static void take_answer(struct whole *w, struct answer *out)
{
	char path[40];

	for (size_t i = 0; i < LOOKED_AT; i++) {
		snprintf(path, sizeof path, "fields.%s", looked_at[i]);
		out->of[i] = strdup(at(w, path));
	}
	instant_format(w->book->now_ms, out->instant);
}

static void free_answer(struct answer *a)
{
	for (size_t i = 0; i < LOOKED_AT; i++)
		free(a->of[i]);
}

static void change(struct whole *w, const char *id)
{
	static const char *const sets[] = { "'mobile':'1380013800%u'",
		"'city':'城%u'", "'remark':'记%u'", "'tags':['甲%u','乙']",
		"'name':'往事公司%u号'", "'email':'a%u@example.com'",
		"'address':'某路%u号'", "'short_name':'往%u'" };
	static const char *const users[] = { "sh-manager", "sh-clerk",
		"loader" };
	uint64_t dice = book_chance(w->book);
	char set[100];

	if (dice % 7 == 0) {
		ask(w, "loader",
		    dice / 7 % 2 ? "record.archive" : "record.unarchive",
		    "{'entity':'customer','id':'%s'}", id);
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(set, sizeof set, sets[dice / 7 % 8], (unsigned)(dice % 10));
#pragma GCC diagnostic pop
	/* Refused while it is archived, or of another's class: no matter. */
	ask(w, users[dice / 56 % 3], "record.update",
	    "{'entity':'customer','id':'%s','set':{%s}}", id, set);
}

static void assert_as_it_was(struct whole *w, const char *login, const char *id,
    const struct answer *was)
{
	struct answer now;

	must(w, login, "record.get",
	    "{'entity':'customer','id':'%s','at':'%s'}", id, was->instant);
	take_answer(w, &now);
	for (size_t i = 0; i < LOOKED_AT; i++)
		if (strcmp(now.of[i], was->of[i]))
			fail_msg("%s at %s: %s is %s, was %s", login,
			    was->instant, looked_at[i], now.of[i], was->of[i]);
	free_answer(&now);
}

static void test_past_is_what_was_answered_then(void **state)
{
	static const char *const readers[] = { "loader", "finance", "gm",
		"sh-support" };
	struct whole *w = *state;
	struct answer(*was)[4] = calloc(STEPS, sizeof *was);
	const char *id;

	new_customer(w, "loader", "往事公司", "");
	id = at(w, "id");
	for (unsigned i = 0; i < STEPS; i++) {
		change(w, id);
		for (unsigned k = 0; k < 4; k++) {
			must(w, readers[k], "record.get",
			    "{'entity':'customer','id':'%s'}", id);
			take_answer(w, &was[i][k]);
		}
	}
	for (unsigned i = 0; i < STEPS; i++)
		for (unsigned k = 0; k < 4; k++) {
			assert_as_it_was(w, readers[k], id, &was[i][k]);
			free_answer(&was[i][k]);
		}
	free(was);
}

static void test_before_it_was_made_it_is_not_found(void **state)
{
	struct whole *w = *state;
	char before[INSTANT_TEXT];
	const char *id;

	instant_format(w->book->now_ms, before);
	new_customer(w, "sh-sales", "未生公司", "");
	id = at(w, "id");
	refused(w, "not_found", "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','at':'%s'}", id, before);
	refused(w, "not_found", "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','at':'1999-12-31'}", id);
	refused(w, "invalid", "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','at':'yesterday'}", id);
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','at':'2099-12-31'}", id);
	refused(w, "not_found", "hz-manager", "record.get",
	    "{'entity':'customer','id':'%s','at':'2099-12-31'}", id);
}

static void test_past_is_shown_with_todays_rights(void **state)
{
	struct whole *w = *state;
	char then[INSTANT_TEXT];
	const char *id;

	new_customer(w, "sh-sales", "移交公司", ",'mobile':'13812345678'");
	id = at(w, "id");
	instant_format(w->book->now_ms, then);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'机密','set':{"
	    "'credit_limit':'424242'}}",
	    id);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales2'}}", id);
	/* It was his then; today it is another's. */
	refused(w, "not_found", "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','at':'%s'}", id, then);
	must(w, "sh-sales2", "record.get",
	    "{'entity':'customer','id':'%s','at':'%s'}", id, then);
	assert_string_equal(at(w, "fields.mobile"), "13812345678");
	must(w, "gm", "record.get", "{'entity':'customer','id':'%s','at':'%s'}",
	    id, then);
	assert_string_equal(at(w, "fields.mobile"), "138****5678");
	assert_string_equal(at(w, "fields.owner"), "sh-sales");
	refused(w, "unknown", "sh-sales2", "record.get",
	    "{'entity':'customer','id':'%s','at':'%s','fields':["
	    "'credit_limit']}",
	    id, then);
	must(w, "sh-sales2", "record.get",
	    "{'entity':'customer','id':'%s','at':'2099-12-31','meta':true}",
	    id);
	assert_false(says(w, "424242"));
	assert_false(says(w, "credit_limit"));
	must(w, "sh-clerk", "record.get",
	    "{'entity':'customer','id':'%s','at':'2099-12-31'}", id);
	assert_false(says(w, "receivable"));
	must(w, "finance", "record.get",
	    "{'entity':'customer','id':'%s','at':'2099-12-31'}", id);
	assert_true(says(w, "receivable")); /* by name, as omitted */
}

static void test_watched_value_of_the_past_is_on_record(void **state)
{
	struct whole *w = *state;
	char then[INSTANT_TEXT];
	uint64_t head;
	const char *id;

	new_customer(w, "sh-sales", "额度公司", "");
	id = at(w, "id");
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'授信','set':{"
	    "'credit_limit':'111'}}",
	    id);
	instant_format(w->book->now_ms, then);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'收回','unset':["
	    "'credit_limit']}",
	    id);
	head = store_head(w->book->store);
	must(w, "finance", "record.get",
	    "{'entity':'customer','id':'%s','at':'%s'}", id, then);
	assert_string_equal(at(w, "fields.credit_limit"), "111.00");
	must(w, "auditor", "audit.find",
	    "{'from':%llu,'method':'record.get','user':'finance'}",
	    (unsigned long long)head);
	assert_true(says(w, "credit_limit"));
}

/* What is a person's now was nobody else's then, and the other way round. */
static void test_a_persons_address_stays_a_persons(void **state)
{
	struct whole *w = *state;
	char then[INSTANT_TEXT];
	const char *id;

	must(w, "sh-manager", "record.create",
	    "{'entity':'customer','fields':{'name':'住户甲','type':'person',"
	    "'category':'regular','source':'phone','address':'静安区密巷7号'}"
	    "}");
	id = at(w, "id");
	instant_format(w->book->now_ms, then);
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'type':'other',"
	    "'address':'公司大道1号'}}",
	    id);
	must(w, "gm", "record.get", "{'entity':'customer','id':'%s'}", id);
	assert_string_equal(at(w, "fields.address"), "公司大道1号");
	must(w, "gm", "record.get", "{'entity':'customer','id':'%s','at':'%s'}",
	    id, then);
	assert_false(says(w, "密巷"));
	must(w, "sh-manager", "record.get",
	    "{'entity':'customer','id':'%s','at':'%s'}", id, then);
	assert_true(says(w, "密巷"));
}

static void test_one_fields_history_says_nothing_of_others(void **state)
{
	struct whole *w = *state;
	const char *id;

	new_customer(w, "sh-sales", "单字段公司", ",'mobile':'13812345678'");
	id = at(w, "id");
	for (unsigned i = 0; i < 5; i++) {
		must(w, "sh-sales", "record.update",
		    "{'entity':'customer','id':'%s','set':{'city':'城%u'}}", id,
		    i);
		must(w, "sh-sales", "record.update",
		    "{'entity':'customer','id':'%s','source':'visit','set':{"
		    "'mobile':'1390000000%u'}}",
		    id, i);
	}
	must(w, "sh-sales", "record.history",
	    "{'entity':'customer','id':'%s','field':'mobile'}", id);
	assert_false(says(w, "city"));
	assert_string_equal(at(w, "versions.0.version"), "1");
	assert_string_equal(at(w, "versions.5.version"), "11");
	assert_string_equal(at(w, "versions.5.changes.0.new"), "13900000004");
	assert_string_equal(at(w, "versions.6.version"), "");
	must(w, "sh-sales", "record.history",
	    "{'entity':'customer','id':'%s','field':'mobile','limit':2,"
	    "'after':3}",
	    id);
	assert_string_equal(at(w, "versions.0.version"), "5");
	assert_string_equal(at(w, "versions.1.version"), "7");
	assert_string_equal(at(w, "versions.2.version"), "");
	assert_string_equal(at(w, "next"), "7");
	refused(w, "unknown", "sh-sales", "record.history",
	    "{'entity':'customer','id':'%s','field':'credit_limit'}", id);
	refused(w, "unknown", "sh-sales", "record.history",
	    "{'entity':'customer','id':'%s','field':'no_such'}", id);
}

static void test_meta_tells_where_a_value_comes_from(void **state)
{
	struct whole *w = *state;
	char then[INSTANT_TEXT];
	const char *id;

	new_customer(w, "sh-sales", "来历公司", ",'mobile':'13812345678'");
	id = at(w, "id");
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','source':'visit','set':{"
	    "'mobile':'13912345678'}}",
	    id);
	instant_format(w->book->now_ms, then);
	must(w, "sh-sales", "record.get",
	    "{'entity':'customer','id':'%s','meta':true,'fields':['mobile',"
	    "'name']}",
	    id);
	assert_string_equal(at(w, "meta.mobile.set_at"), then);
	assert_string_equal(at(w, "meta.mobile.set_by"), "sh-manager");
	assert_string_equal(at(w, "meta.mobile.source"), "visit");
	assert_string_equal(at(w, "meta.mobile.confirmed_at"), then);
	assert_string_equal(at(w, "meta.name.set_by"), "sh-sales");
	assert_string_equal(at(w, "meta.city.set_by"), "");
}

static void test_confirming_takes_both_rights_and_shows_nothing(void **state)
{
	struct whole *w = *state;
	char set_at[INSTANT_TEXT];
	const char *id;

	new_customer(w, "loader", "确认公司",
	    ",'mobile':'13812345678','id_type':'passport','person_id':"
	    "'E12345678'");
	id = at(w, "id");
	instant_format(w->book->now_ms, set_at);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'授信','set':{"
	    "'credit_limit':'424242'}}",
	    id);
	/* A limit that the general manager may see and set is not told. */
	must(w, "gm", "record.confirm",
	    "{'entity':'customer','id':'%s','fields':['credit_limit']}", id);
	assert_false(says(w, "424242"));
	must(w, "gm", "record.get",
	    "{'entity':'customer','id':'%s','meta':true,'fields':["
	    "'credit_limit']}",
	    id);
	assert_string_equal(at(w, "fields.credit_limit"), "424242.00");
	assert_string_equal(at(w, "meta.credit_limit.set_by"), "finance");
	assert_string_equal(at(w, "meta.credit_limit.confirmed_by"), "gm");
	/* A clerk types ids in and cannot see them: he confirms none. */
	refused(w, "denied", "sh-clerk", "record.confirm",
	    "{'entity':'customer','id':'%s','fields':['person_id']}", id);
	refused(w, "denied", "finance", "record.confirm",
	    "{'entity':'customer','id':'%s','fields':['mobile']}", id);
	refused(w, "unknown", "sh-clerk", "record.confirm",
	    "{'entity':'customer','id':'%s','fields':['credit_limit']}", id);
	refused(w, "invalid", "sh-clerk", "record.confirm",
	    "{'entity':'customer','id':'%s','fields':['city']}", id);
	must(w, "sh-clerk", "record.confirm", "{'entity':'customer','id':'%s'}",
	    id);
	must(w, "loader", "record.get",
	    "{'entity':'customer','id':'%s','meta':true}", id);
	assert_string_equal(at(w, "meta.mobile.confirmed_by"), "sh-clerk");
	assert_string_equal(at(w, "meta.mobile.set_at"), set_at);
	assert_string_equal(at(w, "meta.person_id.confirmed_by"), "loader");
	assert_string_equal(at(w, "fields.mobile"), "13812345678");
	must(w, "sh-manager", "record.find",
	    "{'entity':'customer','where':['=','mobile','13812345678']}");
	assert_true(says(w, id));
}

static void test_what_was_erased_has_no_past(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-manager", "遗忘公司", "");
	char before[INSTANT_TEXT], after[INSTANT_TEXT];

	instant_format(w->book->now_ms, before);
	must(w, "privacy", "customer.erase", "{'id':'%s','reason':'要求'}", id);
	instant_format(w->book->now_ms, after);
	refused(w, "not_found", "sh-manager", "record.get",
	    "{'entity':'customer','id':'%s','at':'%s'}", id, before);
	must(w, "sh-manager", "record.get",
	    "{'entity':'customer','id':'%s','at':'%s'}", id, after);
	assert_string_equal(at(w, "erased"), "true");
	assert_false(says(w, "遗忘公司"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_past_is_what_was_answered_then),
		cmocka_unit_test(test_before_it_was_made_it_is_not_found),
		cmocka_unit_test(test_past_is_shown_with_todays_rights),
		cmocka_unit_test(test_watched_value_of_the_past_is_on_record),
		cmocka_unit_test(test_a_persons_address_stays_a_persons),
		cmocka_unit_test(
		    test_one_fields_history_says_nothing_of_others),
		cmocka_unit_test(test_meta_tells_where_a_value_comes_from),
		cmocka_unit_test(
		    test_confirming_takes_both_rights_and_shows_nothing),
		cmocka_unit_test(test_what_was_erased_has_no_past),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
