// SPDX-License-Identifier: MIT
/*
 * Certificates bound to accounts and branches: who is let in by which key.
 */
#include "whole_book.h"

#define PASSWORD "a new long password"

static const uint8_t office[32] = { 1 }, laptop[32] = { 2 };

static const char *hex(struct whole *w, const uint8_t key[static 32])
{
	char *text = arena_alloc(&w->book->arena, 65);
	hex_format(bytes_of(key, 32), text);
	return text;
}

static void connect_with(struct whole *w, const char *name, const uint8_t *key)
{
	w->people[w->people_count].login = name;
	w->people[w->people_count++].session =
	    session_new(w->station, w, "10.0.0.7:1", key);
}

static int set_up(void **state)
{
	if (whole_setup(state))
		return 1;
	struct whole *w = *state;
	must(w, "admin", "user.update",
	    "{'user':'sh-sales','password':'" PASSWORD "'}");
	must(w, "admin", "user.update",
	    "{'user':'hz-sales','password':'" PASSWORD "'}");
	connect_with(w, "bare", NULL);
	connect_with(w, "office", office);
	connect_with(w, "laptop", laptop);
	return 0;
}

static bool opens(struct whole *w, const char *connection, const char *login)
{
	ask(w, connection, "session.login",
	    "{'user':'%s','password':'" PASSWORD "'}", login);
	return w->ok;
}

static void bind_user(struct whole *w, const char *login, const uint8_t *key)
{
	must(w, "admin", "certificate.add",
	    "{'user':'%s','certificate':'%s','reason':'own machine'}", login,
	    hex(w, key));
}

static void bind_branch(struct whole *w, const char *code, const uint8_t *key)
{
	must(w, "admin", "certificate.add",
	    "{'branch':'%s','certificate':'%s'}", code, hex(w, key));
}

static void test_bound_account_comes_by_its_own_key_alone(void **state)
{
	struct whole *w = *state;
	bind_user(w, "sh-sales", laptop);
	assert_true(opens(w, "laptop", "sh-sales"));
	must(w, "laptop", "session.whoami", "{}");
	assert_string_equal(at(w, "certificate"),
	    "{\"key\":\"0200000000000000\",\"bound\":true}");
	assert_string_equal(at(w, "session"), "password");
	assert_false(opens(w, "office", "sh-sales"));
	assert_false(opens(w, "bare", "sh-sales"));
	assert_true(opens(w, "bare", "hz-sales"));
	assert_true(opens(w, "laptop", "hz-sales"));
}

static void test_account_of_a_bound_branch_comes_by_one_of_its_keys(
    void **state)
{
	struct whole *w = *state;
	bind_branch(w, "SH", office);
	assert_true(opens(w, "office", "sh-sales"));
	assert_false(opens(w, "laptop", "sh-sales"));
	assert_false(opens(w, "bare", "sh-sales"));
	assert_true(opens(w, "bare", "hz-sales"));
	bind_branch(w, "SH", laptop);
	assert_true(opens(w, "laptop", "sh-sales"));
	/* an own key comes before the branch's */
	bind_user(w, "sh-sales", laptop);
	assert_false(opens(w, "office", "sh-sales"));
	assert_true(opens(w, "laptop", "sh-sales"));
}

static void test_wrong_machine_is_answered_as_a_wrong_password(void **state)
{
	struct whole *w = *state;
	bind_user(w, "sh-sales", laptop);
	refused(w, "unauthenticated", "bare", "session.login",
	    "{'user':'sh-sales','password':'no such password'}");
	const char *wrong = arena_text(&w->book->arena, bytes_text(w->text));
	assert_false(opens(w, "bare", "sh-sales"));
	assert_string_equal(w->text, wrong);
	w->book->now_ms += 1000;
	station_tick(w->station);
	must(w, "auditor", "audit.find",
	    "{'user':'sh-sales','method':'session.login'}");
	assert_string_equal(at(w, "rows.0.why"), "certificate");
}

static void test_binding_ends_sessions_from_elsewhere(void **state)
{
	struct whole *w = *state;
	assert_true(opens(w, "bare", "hz-sales"));
	assert_true(opens(w, "office", "sh-sales"));
	bind_branch(w, "HZ", office);
	refused(w, "unauthenticated", "bare", "session.whoami", "{}");
	bind_branch(w, "SH", office);
	must(w, "office", "session.whoami", "{}");
	must(w, "admin", "certificate.remove",
	    "{'branch':'SH','certificate':'%s'}", hex(w, office));
	bind_branch(w, "SH", laptop);
	refused(w, "unauthenticated", "office", "session.whoami", "{}");
}

static void test_tokens_too_come_by_the_bound_key(void **state)
{
	struct whole *w = *state;
	assert_true(opens(w, "laptop", "sh-sales"));
	must(w, "laptop", "token.create",
	    "{'name':'ERP','expires':'2028-01-01','reason':'x',"
	    "'roles':['sales']}");
	const char *token = at(w, "token");
	bind_user(w, "sh-sales", laptop);
	refused(w, "unauthenticated", "bare", "session.login", "{'token':'%s'}",
	    token);
	must(w, "laptop", "session.login", "{'token':'%s'}", token);
}

static void test_nobody_binds_himself_out(void **state)
{
	struct whole *w = *state;
	refused(w, "invalid", "admin", "certificate.add",
	    "{'user':'admin','certificate':'%s'}", hex(w, office));
	assert_true(says(w, "self"));
	must(w, "admin", "certificate.list", "{}");
	assert_string_equal(at(w, "rows"), "[]");
}

static void test_bindings_are_listed_and_removed(void **state)
{
	struct whole *w = *state;
	bind_user(w, "sh-sales", laptop);
	bind_user(w, "sh-sales", laptop); /* once */
	bind_branch(w, "HZ", office);
	must(w, "admin", "certificate.list", "{}");
	assert_string_equal(at(w, "rows.0.user"), "sh-sales");
	assert_string_equal(at(w, "rows.0.certificate"), hex(w, laptop));
	assert_string_equal(at(w, "rows.1.branch"), "HZ");
	assert_string_equal(at(w, "rows.2"), "");
	must(w, "admin", "certificate.remove",
	    "{'user':'sh-sales','certificate':'%s'}", hex(w, laptop));
	assert_true(opens(w, "bare", "sh-sales"));
	refused(w, "not_found", "admin", "certificate.remove",
	    "{'user':'sh-sales','certificate':'%s'}", hex(w, laptop));
	refused(w, "not_found", "admin", "certificate.remove",
	    "{'branch':'SH','certificate':'%s'}", hex(w, office));
}

static void test_what_is_no_key_is_refused(void **state)
{
	struct whole *w = *state;
	refused(w, "invalid", "admin", "certificate.add",
	    "{'user':'sh-sales','certificate':'CN=sh-sales'}");
	refused(w, "invalid", "admin", "certificate.add",
	    "{'certificate':'%s'}", hex(w, office));
	refused(w, "invalid", "admin", "certificate.add",
	    "{'user':'sh-sales','branch':'SH','certificate':'%s'}",
	    hex(w, office));
	refused(w, "invalid", "admin", "certificate.add",
	    "{'branch':'none','certificate':'%s'}", hex(w, office));
	refused(w, "denied", "sh-manager", "certificate.add",
	    "{'user':'sh-sales','certificate':'%s'}", hex(w, office));
	for (uint8_t i = 0; i < ACCOUNT_CERTIFICATES; i++)
		bind_user(w, "sh-sales", (uint8_t[32]){ 9, i });
	refused(w, "invalid", "admin", "certificate.add",
	    "{'user':'sh-sales','certificate':'%s'}", hex(w, office));
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, whole_teardown)
	const struct CMUnitTest tests[] = {
		WITH(test_bound_account_comes_by_its_own_key_alone),
		WITH(test_account_of_a_bound_branch_comes_by_one_of_its_keys),
		WITH(test_wrong_machine_is_answered_as_a_wrong_password),
		WITH(test_binding_ends_sessions_from_elsewhere),
		WITH(test_tokens_too_come_by_the_bound_key),
		WITH(test_nobody_binds_himself_out),
		WITH(test_bindings_are_listed_and_removed),
		WITH(test_what_is_no_key_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
