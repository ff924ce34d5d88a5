// SPDX-License-Identifier: MIT
/*
 * Logins: one answer for every refusal, and codes.
 */
#include "default_book.h"

#define PASSWORD "correct horse 客户"

static const struct password_cost cheap = { 64, 1 };

static int set_up(void **state)
{
	struct office *o = office_new();
	struct buf stored;
	buf_init(&stored, 1024);
	assert_int_equal(password_hash(o->book->sealer, &cheap,
			     bytes_text(PASSWORD), &o->book->random, &stored),
	    ERR_OK);
	office_add(o, "wang", "sales", buf_bytes(&stored));
	office_add(o, "gone", "sales", buf_bytes(&stored));
	office_add(o, "new", "sales", BYTES_NONE);
	const struct account *gone = office_find(o, "gone");
	struct account after = *gone;
	after.disabled = true;
	assert_int_equal(office_put(o, gone, &after), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
	buf_release(&stored);
	*state = o;
	return 0;
}

static int tear_down(void **state)
{
	office_free(*state);
	return 0;
}

static enum err log_in(struct office *o, const char *login,
    const char *password, const struct account **who)
{
	return login_password(o->directory, o->book->sealer, &cheap,
	    bytes_text(login), bytes_text(password), &o->book->arena, who);
}

/* --- names ---------------------------------------------------------------*/

static void test_spellings_of_a_name_are_one(void **state)
{
	static const char *const spellings[] = { "wang", "Wang", "WANG",
		" wang ", "\tWang\n", "ｗａｎｇ", "ＷＡＮＧ", "　wang　" };
	struct office *o = *state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		struct bytes out;
		assert_int_equal(login_canonical(&o->book->arena,
				     bytes_text(spellings[i]), &out),
		    ERR_OK);
		assert_true(bytes_is(out, "wang"));
	}
}

static void test_unfit_names_are_refused(void **state)
{
	static const char *const names[] = { "", "  ", "wa ng", "wang/..",
		"wang\xe2\x80\x8b!", "a:b", "\xff", "wang\x01", "$(id)" };
	struct office *o = *state;
	char large[100];
	struct bytes out;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(login_canonical(&o->book->arena,
				     bytes_text(names[i]), &out),
		    ERR_INVALID);
	memset(large, 'a', sizeof(large));
	assert_int_equal(
	    login_canonical(&o->book->arena, bytes_of(large, LOGIN_MOST), &out),
	    ERR_OK);
	assert_int_equal(login_canonical(&o->book->arena,
			     bytes_of(large, LOGIN_MOST + 1), &out),
	    ERR_INVALID);
}

static void test_invisible_characters_make_no_second_name(void **state)
{
	static const char *const spellings[] = { "wa\xe2\x80\x8bng",
		"wang\xe2\x80\x8d", "\xef\xbb\xbfwang", "wa\xc2\xadng" };
	struct office *o = *state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		struct bytes out;
		enum err e = login_canonical(
		    &o->book->arena, bytes_text(spellings[i]), &out);
		assert_true(e == ERR_INVALID || bytes_is(out, "wang"));
	}
}

/* --- passwords -----------------------------------------------------------*/

static void test_right_password_gives_the_account(void **state)
{
	struct office *o = *state;
	const struct account *who;
	assert_int_equal(log_in(o, " WANG", PASSWORD, &who), ERR_OK);
	assert_ptr_equal(who, office_find(o, "wang"));
}

static void test_every_refusal_is_the_same_answer(void **state)
{
	static const struct {
		const char *login, *password;
	} cases[] = {
		{ "wang", "wrong" },
		{ "wang", "" },
		{ "nobody", PASSWORD },
		{ "", PASSWORD },
		{ "not a name", PASSWORD },
		{ "gone", PASSWORD },
		{ "gone", "wrong" },
		{ "new", PASSWORD },
		{ "new", "" },
	};
	struct office *o = *state;
	char large[5000];
	const struct account *who;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		who = office_find(o, "wang");
		assert_int_equal(
		    log_in(o, cases[i].login, cases[i].password, &who),
		    ERR_UNAUTHENTICATED);
		assert_null(who);
	}
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(log_in(o, "wang", large, &who), ERR_UNAUTHENTICATED);
	assert_int_equal(log_in(o, large, PASSWORD, &who), ERR_UNAUTHENTICATED);
}

/* --- enrolment -----------------------------------------------------------*/

static enum err enrol(struct office *o, const char *login, const char *code,
    int64_t now_ms, const struct account **who)
{
	return login_enrolment(o->directory, o->book->sealer, bytes_text(login),
	    bytes_text(code), now_ms, &o->book->arena, who);
}

static void test_enrolment_code_works_until_its_time(void **state)
{
	struct office *o = *state;
	const struct account *who, *before = office_find(o, "new");
	struct account after = *before;
	struct digest kept;
	char code[ENROLMENT_TEXT], typed[ENROLMENT_TEXT];
	enrolment_new(&o->book->random, code, &kept);
	assert_int_equal(strlen(code), ENROLMENT_TEXT - 1);
	after.enrolment = bytes_of(kept.of, sizeof(kept));
	after.enrolment_until_ms = 1000;
	assert_int_equal(enrol(o, "new", code, 10, &who), ERR_UNAUTHENTICATED);
	assert_int_equal(office_put(o, before, &after), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
	assert_int_equal(enrol(o, "new", code, 999, &who), ERR_OK);
	assert_string_equal(who->login, "new");
	for (size_t i = 0; i < sizeof(code); i++)
		typed[i] = code[i] == '-' ? ' '
			   : code[i] >= 'A' && code[i] <= 'Z'
			       ? (char)(code[i] + 32)
			       : code[i];
	assert_int_equal(enrol(o, "NEW", typed, 999, &who), ERR_OK);
	assert_int_equal(
	    enrol(o, "new", code, 1000, &who), ERR_UNAUTHENTICATED);
	assert_int_equal(
	    enrol(o, "wang", code, 999, &who), ERR_UNAUTHENTICATED);
	code[0] = code[0] == 'A' ? 'B' : 'A';
	assert_int_equal(enrol(o, "new", code, 999, &who), ERR_UNAUTHENTICATED);
	assert_int_equal(enrol(o, "new", "", 999, &who), ERR_UNAUTHENTICATED);
	assert_null(who);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(test_spellings_of_a_name_are_one),
		WITH(test_unfit_names_are_refused),
		WITH(test_invisible_characters_make_no_second_name),
		WITH(test_right_password_gives_the_account),
		WITH(test_every_refusal_is_the_same_answer),
		WITH(test_enrolment_code_works_until_its_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
