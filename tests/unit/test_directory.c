// SPDX-License-Identifier: MIT
/*
 * The directory: what is loaded, when, and what refuses to load.
 */
#include "default_book.h"

#include "common/pack.h"

#include "server/access/effective.h"

static int set_up(void **state)
{
	*state = office_new();
	return 0;
}

static int tear_down(void **state)
{
	office_free(*state);
	return 0;
}

static void test_accounts_load_as_they_were_written(void **state)
{
	struct office *o = *state;
	office_add(o, "wang", "sales", bytes_text("stored form"));
	office_add(o, "chen", "manager", BYTES_NONE);
	const struct account *wang = office_find(o, "wang");
	assert_non_null(wang);
	assert_string_equal(wang->login, "wang");
	assert_string_equal(wang->branch_code, "SH");
	assert_string_equal(wang->roles[0]->key, "sales");
	assert_true(bytes_is(wang->password, "stored form"));
	assert_int_equal(wang->stamp, 1);
	assert_int_equal(office_find(o, "chen")->password.len, 0);
	assert_int_equal(directory_account_count(o->directory), 2);
	assert_string_equal(
	    directory_account_at(o->directory, 0)->login, "chen");
	assert_ptr_equal(directory_account_by_id(o->directory, wang->id), wang);
	assert_null(directory_account_by_id(o->directory, 99));
	assert_null(office_find(o, "li"));
}

static void test_nothing_moved_loads_nothing(void **state)
{
	struct office *o = *state;
	office_add(o, "wang", "sales", BYTES_NONE);
	const struct account *before = office_find(o, "wang");
	assert_int_equal(office_refresh(o), ERR_OK);
	assert_ptr_equal(before, office_find(o, "wang"));
}

static void test_views_follow_the_roles(void **state)
{
	struct office *o = *state;
	office_add(o, "root", "admin", BYTES_NONE);
	office_add(o, "wang", "sales", BYTES_NONE);
	office_add(o, "song", "sales", BYTES_NONE);
	const struct view *admin = office_find(o, "root")->view;
	const struct view *sales = office_find(o, "wang")->view;
	assert_null(view_entity(admin, bytes_text("customer")));
	assert_true(view_rights(admin, 0) & RIGHT_USERS);
	assert_non_null(view_entity(sales, bytes_text("customer")));
	assert_false(view_rights(sales, 0) & RIGHT_USERS);
	assert_ptr_equal(office_find(o, "song")->view, sales);
	const struct view_entity *ve =
	    view_entity(sales, bytes_text("customer"));
	assert_int_equal(view_range(ve), RELATION_OWN | RELATION_POOL);
	assert_null(view_field(ve, bytes_text("credit_limit")));
}

static void test_a_view_is_made_for_any_set_of_roles(void **state)
{
	struct office *o = *state;
	office_add(o, "wang", "sales", BYTES_NONE);
	const struct account *wang = office_find(o, "wang");
	uint64_t sales = directory_role_bit(o->directory, bytes_text("sales"));
	uint64_t admin = directory_role_bit(o->directory, bytes_text("admin"));
	const struct view *same, *wider, *again, *none;
	assert_int_equal(wang->role_set, sales);
	assert_true(admin && admin != sales);
	assert_int_equal(
	    directory_role_bit(o->directory, bytes_text("nobody")), 0);
	assert_int_equal(directory_view(o->directory, sales, &same), ERR_OK);
	assert_ptr_equal(same, wang->view);
	assert_int_equal(
	    directory_view(o->directory, sales | admin, &wider), ERR_OK);
	assert_true(view_rights(wider, 0) & RIGHT_USERS);
	assert_non_null(view_entity(wider, bytes_text("customer")));
	assert_int_equal(
	    directory_view(o->directory, sales | admin, &again), ERR_OK);
	assert_ptr_equal(wider, again);
	assert_int_equal(directory_view(o->directory, 0, &none), ERR_OK);
	assert_null(view_entity(none, bytes_text("customer")));
	assert_int_equal(view_rights(none, 0), 0);
}

static void test_a_narrowing_only_lessens(void **state)
{
	struct office *o = *state;
	office_add(o, "wang", "sales", BYTES_NONE);
	const struct account *wang = office_find(o, "wang");
	uint64_t admin = directory_role_bit(o->directory, bytes_text("admin"));
	struct effective now;
	assert_int_equal(
	    effective_decide(o->directory, wang, ROLES_ALL, &now), ERR_OK);
	assert_ptr_equal(now.view, wang->view);
	assert_string_equal(
	    effective_words(o->directory, now.roles, &o->book->arena), "sales");
	assert_int_equal(
	    effective_decide(o->directory, wang, admin, &now), ERR_OK);
	assert_int_equal(now.roles, 0);
	assert_int_equal(view_rights(now.view, 0), 0);
	assert_string_equal(
	    effective_words(o->directory, now.roles, &o->book->arena), "");
}

static void test_revoked_role_is_gone_with_the_next_refresh(void **state)
{
	struct office *o = *state;
	office_add(o, "wang", "sales", BYTES_NONE);
	const struct account *before = office_find(o, "wang");
	struct account after = *before;
	after.role_count = 0;
	assert_int_equal(office_put(o, before, &after), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
	assert_null(
	    view_entity(office_find(o, "wang")->view, bytes_text("customer")));
	assert_int_equal(office_find(o, "wang")->stamp, 2);
}

static void test_stamp_moves_only_with_what_matters(void **state)
{
	struct office *o = *state;
	office_add(o, "wang", "sales", BYTES_NONE);
	for (int i = 0; i < 5; i++) {
		const struct account *before = office_find(o, "wang");
		struct account after = *before;
		uint64_t stamp = before->stamp;
		if (i == 0)
			after.name = "王";
		if (i == 1)
			after.must_change = true;
		if (i == 2)
			after.password = bytes_text("new");
		if (i == 3)
			after.branch = 4;
		if (i == 4)
			after.disabled = true;
		assert_int_equal(office_put(o, before, &after), ERR_OK);
		assert_int_equal(office_refresh(o), ERR_OK);
		assert_int_equal(
		    office_find(o, "wang")->stamp, stamp + (i > 1));
	}
}

static enum err recheck(struct office *o, const char *login)
{
	assert_int_equal(snapshot_renew(o->book->snapshot), ERR_OK);
	return directory_recheck(o->directory, o->book->snapshot,
	    o->book->sealer, office_find(o, login), &o->book->arena);
}

static void test_who_works_for_long_hears_what_ended_him(void **state)
{
	struct office *o = *state;
	office_add(o, "wang", "sales", BYTES_NONE);
	office_add(o, "li", "sales", BYTES_NONE);
	assert_int_equal(recheck(o, "wang"), ERR_OK);
	const struct account *before = office_find(o, "wang");
	struct account after = *before;
	after.name = "王";
	assert_int_equal(office_put(o, before, &after), ERR_OK);
	assert_int_equal(recheck(o, "wang"), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
	before = office_find(o, "wang");
	after = *before;
	after.disabled = true;
	assert_int_equal(office_put(o, before, &after), ERR_OK);
	assert_int_equal(recheck(o, "wang"), ERR_UNAUTHENTICATED);
	assert_int_equal(recheck(o, "li"), ERR_OK);
	struct plan *p = book_plan(o->book);
	assert_int_equal(directory_plan_schema(p, o->directory, o->book->sealer,
			     buf_bytes(&o->document), 2),
	    ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(recheck(o, "li"), ERR_BUSY);
}

static void test_second_of_two_changes_conflicts(void **state)
{
	struct office *o = *state;
	office_add(o, "wang", "sales", BYTES_NONE);
	const struct account *before = office_find(o, "wang");
	struct account after = *before;
	after.must_change = true;
	assert_int_equal(office_put(o, before, &after), ERR_OK);
	assert_int_equal(office_put(o, before, &after), ERR_CONFLICT);
	struct account one = { .id = directory_new_id(o->directory),
		.login = "one" };
	/* Without a refresh this would give an id out twice. */
	assert_int_equal(office_put(o, NULL, &one), ERR_CONFLICT);
	assert_int_equal(office_refresh(o), ERR_OK);
	assert_int_equal(office_put(o, NULL, &one), ERR_OK);
	struct account two = one;
	two.login = "two";
	assert_int_equal(office_put(o, NULL, &two), ERR_CONFLICT);
}

static void overwrite(
    struct office *o, enum table t, const char *key, struct bytes value)
{
	struct plan *p = book_plan(o->book);
	plan_put(p, t, bytes_text(key), value);
	directory_touch(p);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
}

static struct bytes stored(struct office *o, enum table t, const char *key)
{
	struct row row;
	assert_int_equal(snapshot_renew(o->book->snapshot), ERR_OK);
	assert_int_equal(
	    snapshot_get(o->book->snapshot, t, bytes_text(key), &row), ERR_OK);
	return arena_copy(&o->book->arena, row.value);
}

static void test_touched_schema_is_not_used(void **state)
{
	struct office *o = *state;
	struct bytes value = stored(o, TABLE_META, "schema");
	uint8_t *copy = malloc(value.len);
	for (size_t at = 0; at < value.len; at += 1 + value.len / 40) {
		memcpy(copy, value.data, value.len);
		copy[at] ^= 4;
		overwrite(o, TABLE_META, "schema", bytes_of(copy, value.len));
		assert_int_equal(office_refresh(o), ERR_UNVERIFIED);
		assert_null(directory_schema(o->directory));
	}
	free(copy);
	overwrite(o, TABLE_META, "schema", bytes_text("short"));
	assert_int_equal(office_refresh(o), ERR_CORRUPT);
	overwrite(o, TABLE_META, "schema", value);
	assert_int_equal(office_refresh(o), ERR_OK);
}

static void test_account_under_another_name_is_corrupt(void **state)
{
	struct office *o = *state;
	office_add(o, "root", "admin", BYTES_NONE);
	office_add(o, "wang", "sales", BYTES_NONE);
	overwrite(o, TABLE_USER, "wang", stored(o, TABLE_USER, "root"));
	assert_int_equal(office_refresh(o), ERR_CORRUPT);
	assert_null(office_find(o, "root"));
}

/* What earlier versions wrote: without certificates, maker, password's age. */
static void test_older_accounts_are_read(void **state)
{
	struct office *o = *state;
	for (unsigned elements = 12; elements <= 15; elements++) {
		struct buf plain, sealed;
		buf_init(&plain, 4096);
		buf_init(&sealed, 4096);
		pack_array(&plain, elements);
		pack_uint(&plain, 7);
		pack_cstr(&plain, "wang");
		pack_cstr(&plain, "王");
		pack_array(&plain, 1);
		pack_cstr(&plain, "sales");
		pack_uint(&plain, 3);
		pack_cstr(&plain, "SH");
		pack_bin(&plain, bytes_text("stored form"));
		pack_bin(&plain, BYTES_NONE);
		pack_int(&plain, 0);
		pack_bool(&plain, false);
		pack_bool(&plain, false);
		pack_uint(&plain, 5);
		if (elements > 12)
			pack_array(&plain, 0);
		if (elements > 13)
			pack_uint(&plain, 4);
		if (elements > 14)
			pack_int(&plain, 1000);
		assert_int_equal(
		    seal_system(o->book->sealer, "account", bytes_text("wang"),
			buf_bytes(&plain), &sealed),
		    ERR_OK);
		overwrite(o, TABLE_USER, "wang", buf_bytes(&sealed));
		assert_int_equal(office_refresh(o), ERR_OK);
		const struct account *wang = office_find(o, "wang");
		assert_non_null(wang);
		assert_int_equal(wang->stamp, 5);
		assert_int_equal(wang->certificate_count, 0);
		assert_int_equal(wang->maker, elements > 13 ? 4 : 0);
		buf_release(&plain);
		buf_release(&sealed);
	}
}

static void test_empty_store_has_no_directory(void **state)
{
	struct book *b = book_new();
	struct directory *d = directory_new();
	(void)state;
	assert_int_equal(snapshot_renew(b->snapshot), ERR_OK);
	assert_int_equal(
	    directory_refresh(d, b->snapshot, b->sealer), ERR_NOT_FOUND);
	assert_int_equal(directory_new_id(d), 1);
	directory_free(d);
	book_free(b);
}

static void test_next_schema_expects_the_one_before(void **state)
{
	struct office *o = *state;
	for (int i = 0; i < 2; i++) {
		struct plan *p = book_plan(o->book);
		assert_int_equal(
		    directory_plan_schema(p, o->directory, o->book->sealer,
			buf_bytes(&o->document), 2),
		    ERR_OK);
		assert_int_equal(
		    book_commit(o->book, p), i ? ERR_CONFLICT : ERR_OK);
	}
	assert_int_equal(office_refresh(o), ERR_OK);
	assert_int_equal(directory_schema(o->directory)->version, 2);
}

static void test_explanation_names_role_relation_and_level(void **state)
{
	struct office *o = *state;
	struct buf out;
	office_add(o, "wang", "sales", BYTES_NONE);
	const struct entity *e = schema_entity(
	    directory_schema(o->directory), bytes_text("customer"));
	const struct field *f = entity_field(e, bytes_text("grade"));
	buf_init(&out, 1 << 16);
	const struct account *wang = office_find(o, "wang");
	directory_explain(o->directory, wang->role_set, wang->view, f, &out);
	static const char expected[] =
	    "\x84\xa5"
	    "class\xa5"
	    "class\xa6levels\xde\x00\x02\xa3own\xa4read\xa4pool\xa4read"
	    "\xa6grants\xdc\x00\x02\x95\xa5sales\xa3own\xa4read\xa5"
	    "field\x01\x95\xa5sales\xa4pool\xa4read\xa5"
	    "class\x02\xa6"
	    "denies\xdc\x00\x00";
	assert_true(bytes_equal(
	    buf_bytes(&out), bytes_of(expected, sizeof(expected) - 1)));
	buf_release(&out);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(test_accounts_load_as_they_were_written),
		WITH(test_nothing_moved_loads_nothing),
		WITH(test_views_follow_the_roles),
		WITH(test_a_view_is_made_for_any_set_of_roles),
		WITH(test_a_narrowing_only_lessens),
		WITH(test_revoked_role_is_gone_with_the_next_refresh),
		WITH(test_stamp_moves_only_with_what_matters),
		WITH(test_who_works_for_long_hears_what_ended_him),
		WITH(test_second_of_two_changes_conflicts),
		WITH(test_touched_schema_is_not_used),
		WITH(test_account_under_another_name_is_corrupt),
		WITH(test_older_accounts_are_read),
		cmocka_unit_test(test_empty_store_has_no_directory),
		WITH(test_next_schema_expects_the_one_before),
		WITH(test_explanation_names_role_relation_and_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
