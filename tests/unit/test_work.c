// SPDX-License-Identifier: MIT
/*
 * One unit of work: what is refused, in which order, with which words, and
 * that an item that fails leaves no trace.
 */
#include "whole_ask.h"

#define CUSTOMER                                                               \
	"'name':'%s','type':'other','category':'regular','source':'phone'"

static void test_answer_carries_its_own_stamps(void **state)
{
	struct whole *w = *state;

	must(w, "sh-sales", "record.create",
	    "{'entity':'customer','fields':{" CUSTOMER "}}", "印记公司");
	assert_string_equal(at(w, "fields.created_by"), "sh-sales");
	assert_string_equal(at(w, "fields.updated_by"), "sh-sales");
	assert_string_not_equal(at(w, "fields.created_at"), "");
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'上海'}}",
	    at(w, "id"));
	assert_string_equal(at(w, "fields.created_by"), "sh-sales");
	assert_string_equal(at(w, "fields.updated_by"), "sh-manager");
}

static void test_all_errors_come_at_once(void **state)
{
	struct whole *w = *state;

	refused(w, "invalid", "sh-sales", "record.create",
	    "{'entity':'customer','fields':{'type':'alien','uscc':'1',"
	    "'mobile':'12'}}");
	assert_true(says(w, "\"field\":\"name\",\"rule\":\"required\""));
	assert_true(says(w, "\"field\":\"category\",\"rule\":\"required\""));
	assert_true(says(w, "\"field\":\"uscc\""));
	assert_true(says(w, "\"field\":\"mobile\""));
}

static void test_bad_value_is_not_also_missing(void **state)
{
	struct whole *w = *state;

	refused(w, "invalid", "sh-sales", "record.create",
	    "{'entity':'customer','fields':{'name':'坏值公司','type':'alien',"
	    "'category':'regular','source':'phone'}}");
	assert_string_equal(at(w, "errors.0.field"), "type");
	assert_string_equal(at(w, "errors.1"), "");
}

/* A forbidden field never answers with a validator's words. */
static void test_refusal_of_a_right_hides_what_validators_say(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "先权公司", "");

	refused(w, "denied", "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'grade':'Z'}}", id);
	assert_string_equal(at(w, "field"), "grade");
	assert_string_equal(at(w, "errors"), "");
	refused(w, "unknown", "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'credit_limit':'x',"
	    "'mobile':'1'}}",
	    id);
	assert_string_equal(at(w, "errors"), "");
}

static void test_hidden_field_is_refused_as_a_misspelt_one(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "同词公司", "");
	const char *hidden;

	refused(w, "unknown", "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'person_id':'1'}}", id);
	hidden = strdup(w->text);
	refused(w, "unknown", "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'person_ie':'1'}}", id);
	assert_int_equal(strlen(hidden), strlen(w->text));
	free((char *)(uintptr_t)hidden);
}

static void test_failed_item_leaves_no_claim_on_a_number(void **state)
{
	struct whole *w = *state;

	must(w, "loader", "record.batch",
	    "{'items':[{'op':'create','entity':'customer','fields':{"
	    "'name':'丙','type':'none','external_no':'X-9'}},"
	    "{'op':'create','entity':'customer','fields':{" CUSTOMER
	    ",'external_no':'X-9'}}]}",
	    "留号公司");
	assert_string_equal(at(w, "failed"), "1");
	assert_string_equal(at(w, "items.1.fields.external_no"), "X-9");
}

static void test_failed_item_leaves_no_relation_behind(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-manager", "留属公司", "");

	/* The move fails for its bad mobile; the next item is still the
	 * manager's own branch's. */
	must(w, "sh-manager", "record.batch",
	    "{'items':[{'op':'update','entity':'customer','id':'%s','set':{"
	    "'owner':'sh-sales','mobile':'1'}},{'op':'update','entity':"
	    "'customer','id':'%s','set':{'city':'杭州'}}]}",
	    id, id);
	assert_string_equal(at(w, "items.0.error.code"), "invalid");
	assert_string_equal(at(w, "items.1.fields.city"), "杭州");
	assert_string_equal(at(w, "items.1.fields.owner"), "sh-manager");
}

static void test_atomic_batch_is_all_or_nothing(void **state)
{
	struct whole *w = *state;

	refused(w, "invalid", "sh-sales", "record.batch",
	    "{'atomic':true,'items':[{'op':'create','entity':'customer',"
	    "'fields':{" CUSTOMER "}},{'op':'create','entity':'customer',"
	    "'fields':{}}]}",
	    "全无公司");
	assert_string_equal(at(w, "errors.0.item"), "1");
	must(w, "sh-sales", "record.find",
	    "{'entity':'customer','where':['=','name','全无公司']}");
	assert_string_equal(at(w, "rows"), "[]");
}

static void same_again(void *ctx, void *out, size_t len)
{
	(void)ctx;
	memset(out, 0x5a, len);
}

/* Items of a batch share the millisecond, so their ids lie close together. */
static void test_records_of_one_batch_never_share_an_id(void **state)
{
	struct whole *w = *state;
	struct random before = w->book->random;
	char first[ID_TEXT], second[ID_TEXT];

	w->book->random.fill = same_again;
	must(w, "sh-sales", "record.batch",
	    "{'items':[{'op':'create','entity':'customer','fields':{" CUSTOMER
	    "}},{'op':'create','entity':'customer','fields':{" CUSTOMER "}}]}",
	    "同号甲", "同号乙");
	w->book->random = before;
	strcpy(first, at(w, "items.0.id"));
	strcpy(second, at(w, "items.1.id"));
	assert_string_not_equal(first, second);
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    first);
	assert_string_equal(at(w, "fields.name"), "同号甲");
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    second);
	assert_string_equal(at(w, "fields.name"), "同号乙");
}

static void test_later_items_see_earlier_ones(void **state)
{
	struct whole *w = *state;

	must(w, "loader", "record.batch",
	    "{'items':[{'op':'create','entity':'customer','fields':{" CUSTOMER
	    "}},{'op':'create','entity':'order','fields':{'customer':'#0',"
	    "'date':'2026-11-01'}},{'op':'update','entity':'order','id':'#1',"
	    "'set':{'status':'confirmed'}},{'op':'update','entity':'customer',"
	    "'id':'#0','set':{'city':'苏州'}}]}",
	    "先后公司");
	assert_string_equal(at(w, "failed"), "0");
	assert_string_equal(
	    at(w, "items.1.fields.customer"), at(w, "items.0.number"));
	assert_string_equal(at(w, "items.2.number"), at(w, "items.1.number"));
	must(w, "loader", "record.get", "{'entity':'customer','id':'%s'}",
	    at(w, "items.0.number"));
	assert_string_equal(at(w, "fields.city"), "苏州");
	assert_string_equal(at(w, "fields.last_order_at"), "2026-11-01");
}

/* By its number in the former system as it is now, not as it was. */
static void test_an_earlier_item_is_found_by_its_name_of_now(void **state)
{
	struct whole *w = *state;

	must(w, "loader", "record.batch",
	    "{'items':[{'op':'create','entity':'customer','fields':{" CUSTOMER
	    ",'external_no':'OLD-A'}},{'op':'create','entity':'order',"
	    "'fields':{'customer':'OLD-A','date':'2026-11-01'}},"
	    "{'op':'update','entity':'customer','id':'#0','set':{"
	    "'external_no':'OLD-B'}},{'op':'create','entity':'order','fields':"
	    "{'customer':'OLD-B','date':'2026-11-02'}},{'op':'create',"
	    "'entity':'order','fields':{'customer':'OLD-A','date':"
	    "'2026-11-03'}}]}",
	    "改号公司");
	assert_string_equal(at(w, "failed"), "1");
	assert_string_equal(
	    at(w, "items.1.fields.customer"), at(w, "items.0.number"));
	assert_string_equal(
	    at(w, "items.3.fields.customer"), at(w, "items.0.number"));
	assert_string_equal(at(w, "items.4.error.rule"), "reference");
}

static void test_batch_overrides_for_its_items(void **state)
{
	struct whole *w = *state;
	static const char *const make =
	    "{'items':[{'op':'create','entity':'customer','fields':{'name':"
	    "'%s','type':'company','category':'regular','source':'phone'}}]%s}";

	must(w, "sh-manager", "record.batch", make, "无码公司", "");
	assert_string_equal(at(w, "items.0.error.rule"), "uscc_missing");
	must(w, "sh-manager", "record.batch", make, "无码公司",
	    ",'override':['uscc_missing'],'reason':'新办'");
	assert_string_equal(at(w, "failed"), "0");
	must(w, "sh-sales", "record.batch", make, "无码二公司",
	    ",'override':['uscc_missing'],'reason':'新办'");
	assert_string_equal(at(w, "items.0.error.code"), "denied");
}

/* Past the bound findings are counted, not kept; they refuse all the same. */
static void test_refusals_hold_past_the_bound_of_findings(void **state)
{
	struct whole *w = *state;
	struct buf text;

	buf_init(&text, 4 << 20);
	for (unsigned i = 0; i < 999; i++)
		buf_append_text(&text,
		    "{'op':'create','entity':'customer','fields':{'type':"
		    "'alien','category':'x','mobile':'1','uscc':'2',"
		    "'email':'3','postcode':'4'}},");
	buf_append_text(&text,
	    "{'op':'create','entity':'customer','fields':{'name':'漏网',"
	    "'type':'company','category':'regular','source':'phone'}}");
	buf_append_byte(&text, 0);
	must(w, "sh-sales", "record.batch", "{'items':[%s]}",
	    (const char *)buf_bytes(&text).data);
	assert_string_equal(at(w, "failed"), "1000");
	buf_release(&text);
}

static void test_item_takes_no_unknown_parameter(void **state)
{
	struct whole *w = *state;

	must(w, "sh-sales", "record.batch",
	    "{'items':[{'op':'create','entity':'customer','dry_run':true,"
	    "'fields':{" CUSTOMER "}}]}",
	    "误写公司");
	assert_string_equal(at(w, "items.0.error.code"), "invalid");
	assert_string_equal(at(w, "items.0.error.rule"), "parameter");
}

static void test_version_of_another_type_is_refused(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "版本公司", "");

	refused(w, "invalid", "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','version':1,'set':{'city':'甲'}}",
	    id);
	assert_string_equal(at(w, "field"), "version");
}

static void test_old_version_conflicts_and_the_new_one_does_not(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "先后二公司", ""),
		   *version;

	must(
	    w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", id);
	version = at(w, "version");
	must(w, "sh-manager", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'甲'}}", id);
	refused(w, "conflict", "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','version':'%s','set':{'city':'乙'}"
	    "}",
	    id, version);
}

/* What changed out of sight changed nothing. */
static void test_hidden_change_neither_moves_version_nor_stamps(void **state)
{
	struct whole *w = *state;
	const char *id = new_customer(w, "sh-sales", "无觉公司", ""), *before;

	must(
	    w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", id);
	before = arena_text(&w->book->arena, bytes_text(w->text));
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'1000','credit_grade':'AA'}}",
	    id);
	must(
	    w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}", id);
	assert_string_equal(w->text, before);
	must(w, "sh-sales", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	assert_string_equal(at(w, "versions.1"), "");
	must(w, "finance", "record.get", "{'entity':'customer','id':'%s'}", id);
	assert_string_equal(at(w, "fields.updated_by"), "finance");
}

/* The rule on id_type hangs on whether there is an id number. */
static void test_warnings_and_completeness_hide_the_hidden(void **state)
{
	struct whole *w = *state;
	static const char *const look =
	    "{'entity':'customer','id':'%s','dry_run':true,"
	    "'set':{'city':'上海'}}";
	const char *id = new_customer(w, "loader", "有证人", ""), *warnings,
		   *completeness;

	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'sh-sales'}}", id);
	must(w, "sh-sales", "record.update", look, id);
	warnings = at(w, "warnings");
	completeness = at(w, "completeness");
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'person_id':"
	    "'11010519491231002X'}}",
	    id);
	assert_true(says(w, "id_type_recommended"));
	must(w, "sh-sales", "record.update", look, id);
	assert_string_equal(at(w, "warnings"), warnings);
	assert_string_equal(at(w, "completeness"), completeness);
}

static const char import_row[] =
    "{'op':'create','entity':'customer','fields':{" CUSTOMER "},'row':"
    "'%064d'}";

static void test_import_row_twice_in_a_batch_is_made_once(void **state)
{
	struct whole *w = *state;
	char item[400];

	snprintf(item, sizeof item, import_row, "两行公司", 7);
	must(w, "loader", "record.batch", "{'items':[%s,%s]}", item, item);
	assert_string_equal(at(w, "items.1.skipped"), "true");
	assert_string_equal(at(w, "items.1.id"), at(w, "items.0.id"));
	must(w, "loader", "record.batch", "{'items':[%s]}", item);
	assert_string_equal(at(w, "items.0.skipped"), "true");
}

static void test_anothers_import_row_shows_nothing(void **state)
{
	struct whole *w = *state;
	char item[400];
	const char *number;

	snprintf(item, sizeof item, import_row, "他人行公司", 8);
	must(w, "hz-loader", "record.batch", "{'items':[%s]}", item);
	number = at(w, "items.0.number");
	must(w, "sh-sales", "record.batch", "{'items':[%s]}", item);
	assert_string_equal(at(w, "items.0.error.code"), "duplicate");
	assert_false(says(w, number));
}

/* --- marks ---------------------------------------------------------------*/

static const char *mark_of(
    struct whole *w, const char *login, const char *name, const char *mobile)
{
	must(w, login, "record.batch",
	    "{'brief':true,'dry_run':true,'marks':true,'items':[{'op':"
	    "'create','entity':'customer','fields':{'name':'%s','type':"
	    "'other','category':'regular','source':'phone','mobile':'%s'}}]}",
	    name, mobile);
	return arena_text(&w->book->arena, bytes_text(at(w, "items.0.marks")));
}

/* Of what is stored they tell nothing, and they are nobody else's. */
static void test_marks_are_of_what_the_caller_gives(void **state)
{
	struct whole *w = *state;
	const char *first =
	    mark_of(w, "sh-sales", "记号贸易有限公司", "13900139000");

	assert_non_null(strstr(first, "[\"name\",\""));
	assert_non_null(strstr(first, "[\"mobile\",\""));
	assert_string_equal(
	    mark_of(w, "sh-sales", "记号贸易（有限公司）", "+8613900139000"),
	    first);
	assert_string_not_equal(
	    mark_of(w, "sh-sales", "记号贸易有限公司", "13900139001"), first);
	assert_string_not_equal(
	    mark_of(w, "sh-manager", "记号贸易有限公司", "13900139000"), first);
	new_customer(
	    w, "sh-sales", "记号贸易有限公司", ",'mobile':'13900139000'");
	assert_string_equal(
	    mark_of(w, "sh-sales", "记号贸易有限公司", "13900139000"), first);
}

static void test_refused_item_has_marks_and_an_update_has_none(void **state)
{
	struct whole *w = *state;
	static const char items[] =
	    "{'brief':true,'dry_run':true,'marks':true,'items':[{'op':'update',"
	    "'entity':'customer','id':'%s','set':{'external_no':'M-1'}},{'op':"
	    "'create','entity':'customer','fields':{'external_no':'M-2','name':"
	    "'记','type':'other','category':'regular','source':'phone'}}]}";

	must(w, "sh-sales", "record.batch", items,
	    new_customer(w, "sh-sales", "记号二公司", ""));
	assert_string_equal(at(w, "items.0"), "{}");
	assert_string_equal(at(w, "items.1.error.rule"), "name_short");
	assert_string_equal(at(w, "items.1.marks.0.0"), "external_no");
	assert_string_equal(at(w, "items.1.marks.0.3"), "true");
}

/* As a line of the order is told whose it would be. */
static const char *owner_of(
    struct whole *w, const char *login, const char *order, const char *product)
{
	must(w, login, "record.batch",
	    "{'brief':true,'dry_run':true,'marks':true,'items':[{'op':"
	    "'create','entity':'order_line','fields':{'order':'%s','product':"
	    "'%s','quantity':'1','unit_price':'2'}}]}",
	    order, product);
	return arena_text(&w->book->arena, bytes_text(at(w, "items.0.owner")));
}

static void test_rows_of_one_customer_are_told_as_such(void **state)
{
	struct whole *w = *state;
	const char *product = new_product(w, "同主货");
	const char *one = new_customer(w, "loader", "同主一公司", "");
	const char *two = new_customer(w, "loader", "同主二公司", "");
	const char *order = new_order(w, one, "2026-01-02", "closed");
	const char *again = new_order(w, one, "2026-01-03", "closed");
	const char *other = new_order(w, two, "2026-01-02", "closed");
	const char *owner = owner_of(w, "loader", order, product);

	assert_int_equal(strlen(owner), 16);
	assert_string_equal(owner_of(w, "loader", again, product), owner);
	assert_string_not_equal(owner_of(w, "loader", other, product), owner);
	assert_string_not_equal(
	    owner_of(w, "sh-manager", order, product), owner);
}

/* Whose an order is may be hidden. */
static void test_whose_rows_are_is_not_told_past_the_view(void **state)
{
	struct whole *w = *state;
	const char *product = new_product(w, "同主货二");
	const char *order =
	    new_order(w, new_customer(w, "loader", "同主三公司", ""),
		"2026-01-02", "closed");

	must(w, "admin", "role.apply",
	    "{'role':'clerk','label':['录入','Clerk'],'rights':['import'],"
	    "'grants':[{'on':'all','levels':{'identity':'read','order':"
	    "'write','product':'read'},'fields':{'order.customer':'none'}}]}");
	assert_string_equal(owner_of(w, "sh-clerk", order, product), "null");
}

static void test_masked_text_sent_back_is_refused(void **state)
{
	struct whole *w = *state;
	const char *id =
	    new_customer(w, "loader", "掩码公司", ",'mobile':'13800138000'");

	must(w, "loader", "record.create",
	    "{'entity':'bank','fields':{'customer':'%s','account_name':'掩码'"
	    ",'account_no':'6222021001116245702'}}",
	    id);
	id = at(w, "id");
	must(w, "sh-clerk", "record.get", "{'entity':'bank','id':'%s'}", id);
	refused(w, "invalid", "sh-clerk", "record.update",
	    "{'entity':'bank','id':'%s','set':{'account_no':'%s'}}", id,
	    at(w, "fields.account_no"));
	assert_true(says(w, "\"rule\":\"masked\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_carries_its_own_stamps),
		cmocka_unit_test(test_all_errors_come_at_once),
		cmocka_unit_test(test_bad_value_is_not_also_missing),
		cmocka_unit_test(
		    test_refusal_of_a_right_hides_what_validators_say),
		cmocka_unit_test(
		    test_hidden_field_is_refused_as_a_misspelt_one),
		cmocka_unit_test(test_failed_item_leaves_no_claim_on_a_number),
		cmocka_unit_test(test_failed_item_leaves_no_relation_behind),
		cmocka_unit_test(test_atomic_batch_is_all_or_nothing),
		cmocka_unit_test(test_records_of_one_batch_never_share_an_id),
		cmocka_unit_test(test_later_items_see_earlier_ones),
		cmocka_unit_test(
		    test_an_earlier_item_is_found_by_its_name_of_now),
		cmocka_unit_test(test_batch_overrides_for_its_items),
		cmocka_unit_test(test_refusals_hold_past_the_bound_of_findings),
		cmocka_unit_test(test_item_takes_no_unknown_parameter),
		cmocka_unit_test(test_version_of_another_type_is_refused),
		cmocka_unit_test(
		    test_old_version_conflicts_and_the_new_one_does_not),
		cmocka_unit_test(
		    test_hidden_change_neither_moves_version_nor_stamps),
		cmocka_unit_test(
		    test_warnings_and_completeness_hide_the_hidden),
		cmocka_unit_test(test_import_row_twice_in_a_batch_is_made_once),
		cmocka_unit_test(test_anothers_import_row_shows_nothing),
		cmocka_unit_test(test_marks_are_of_what_the_caller_gives),
		cmocka_unit_test(
		    test_refused_item_has_marks_and_an_update_has_none),
		cmocka_unit_test(test_rows_of_one_customer_are_told_as_such),
		cmocka_unit_test(test_masked_text_sent_back_is_refused),
		/* Changes what the clerk sees. */
		cmocka_unit_test(test_whose_rows_are_is_not_told_past_the_view),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
