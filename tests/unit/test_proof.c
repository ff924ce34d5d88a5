// SPDX-License-Identifier: MIT
/*
 * Proving who one is: one-time codes, passwords that grow old, second factors,
 * and that every refusal costs the same.
 */
#include "whole_book.h"

#include <time.h>

#include "server/access/factor.h"

#define HOUR_MS  (INT64_C(3600) * 1000)
#define PASSWORD "correct horse 客户"
#define STRANGER "hz-clerk" /* whose connection is nobody's */

static int set_up(void **state)
{
	struct whole *w = whole_new();

	whole_session(w, STRANGER)->identity = (struct identity){ 0 };
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	whole_free(*state);
	return 0;
}

/* Makes an account; its one-time code, or "" if it has the password. */
static const char *make(struct whole *w, const char *login, bool by_code)
{
	must(w, "admin", "user.create",
	    "{'user':'%s','roles':['sales'],'branch':'SH'%s}", login,
	    by_code ? "" : ",'password':'" PASSWORD "'");
	return at(w, "code");
}

static void log_in(struct whole *w, const char *login, const char *password)
{
	must(w, STRANGER, "session.login", "{'user':'%s','password':'%s'}",
	    login, password);
}

static void log_out(struct whole *w)
{
	must(w, STRANGER, "session.logout", "{}");
}

static void turned_away(
    struct whole *w, const char *login, const char *password)
{
	refused(w, "unauthenticated", STRANGER, "session.login",
	    "{'user':'%s','password':'%s'}", login, password);
	assert_string_equal(at(w, "rule"), "");
}

/* --- one-time codes ------------------------------------------------------*/

static void test_code_opens_nothing_but_a_new_password(void **state)
{
	struct whole *w = *state;
	const char *code = make(w, "new1", true);

	log_in(w, "new1", code);
	assert_string_equal(at(w, "must_change"), "true");
	refused(w, "denied", STRANGER, "record.find", "{'entity':'customer'}");
	must(w, STRANGER, "session.passwd", "{'old':'%s','new':'" PASSWORD "'}",
	    code);
	log_in(w, "new1", PASSWORD);
	assert_string_equal(at(w, "must_change"), "");
	must(w, STRANGER, "record.find", "{'entity':'customer'}");
	log_out(w);
}

static void test_code_is_void_once_a_password_is_set(void **state)
{
	struct whole *w = *state;
	const char *code = make(w, "new2", true);

	log_in(w, "new2", code);
	must(w, STRANGER, "session.passwd", "{'old':'%s','new':'" PASSWORD "'}",
	    code);
	turned_away(w, "new2", code);
	code = make(w, "new3", true);
	must(w, "admin", "user.update",
	    "{'user':'new3','password':'" PASSWORD "'}");
	turned_away(w, "new3", code);
}

/* Two people have it: the first who sets a password has the account. */
static void test_of_two_with_one_code_one_wins(void **state)
{
	struct whole *w = *state;
	struct session *other = whole_session(w, "hz-sales");
	struct identity kept = other->identity;
	const char *code = make(w, "new4", true);

	log_in(w, "new4", code);
	must(w, "hz-sales", "session.login", "{'user':'new4','password':'%s'}",
	    code);
	must(w, "hz-sales", "session.passwd",
	    "{'old':'%s','new':'another horse 客户'}", code);
	refused(w, "unauthenticated", STRANGER, "session.passwd",
	    "{'old':'%s','new':'" PASSWORD "'}", code);
	turned_away(w, "new4", PASSWORD);
	log_in(w, "new4", "another horse 客户");
	log_out(w);
	other->identity = kept;
}

static void test_code_is_void_after_a_day(void **state)
{
	struct whole *w = *state;
	const char *code = make(w, "new5", true);
	const char *late = make(w, "new6", true);

	w->book->now_ms += 23 * HOUR_MS;
	log_in(w, "new5", code);
	w->book->now_ms += HOUR_MS;
	turned_away(w, "new6", late);
	/* Nor does a session that it opened set a password. */
	refused(w, "denied", STRANGER, "session.passwd",
	    "{'old':'%s','new':'" PASSWORD "'}", code);
	log_out(w);
}

static void test_administrator_gives_a_new_code(void **state)
{
	struct whole *w = *state;
	const char *code;

	make(w, "lost", false);
	refused(w, "invalid", "admin", "user.update",
	    "{'user':'lost','new_code':true,'password':'" PASSWORD "'}");
	must(w, "admin", "user.update", "{'user':'lost','new_code':true}");
	code = at(w, "code");
	turned_away(w, "lost", PASSWORD);
	log_in(w, "lost", code);
	assert_string_equal(at(w, "must_change"), "true");
	log_out(w);
}

/* --- age -----------------------------------------------------------------*/

static void test_old_password_must_be_changed(void **state)
{
	struct whole *w = *state;

	make(w, "old", false);
	w->book->now_ms += 100 * 24 * HOUR_MS;
	log_in(w, "old", PASSWORD);
	assert_string_equal(at(w, "must_change"), "");
	w->rpc->options.password_policy.days = 90;
	log_in(w, "old", PASSWORD);
	assert_string_equal(at(w, "must_change"), "true");
	must(w, STRANGER, "session.passwd",
	    "{'old':'" PASSWORD "','new':'another horse 客户'}");
	log_in(w, "old", "another horse 客户");
	assert_string_equal(at(w, "must_change"), "");
	w->rpc->options.password_policy.days = 0;
	log_out(w);
}

/* --- cost ----------------------------------------------------------------*/

/* Enough for what differs to show, and for a busy machine's noise to end. */
#define ROUNDS_LEAST 15
#define ROUNDS_MOST  400

static const struct {
	const char *user, *password, *otp;
} ways[] = {
	{ "paid", "certainly not this one", "" },
	{ "nobody-of-this-name", PASSWORD, "" },
	{ "shut", PASSWORD, "" },
	{ "codeless", PASSWORD, "" },
	{ "twice", PASSWORD, ",'otp':'000000'" },
	{ "twice", "certainly not this one", ",'otp':'000000'" },
	{ "twice", PASSWORD, ",'otp':'0000-0000-0000'" },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void enrol(struct whole *w, const char *login)
{
	struct factor f;
	char secret[TOTP_SECRET];
	struct account who = { .id = 0 };

	make(w, login, false);
	log_in(w, login, PASSWORD);
	must(w, STRANGER, "totp.enroll", "{'password':'" PASSWORD "'}");
	whole_refresh(w);
	who = *directory_account(w->desk.directory, bytes_text(login));
	assert_int_equal(factor_load(w->desk.snapshot, w->desk.sealer, who.id,
			     &w->book->arena, &f),
	    ERR_OK);
	totp_secret(f.seed, secret);
	assert_string_equal(at(w, "secret"), secret);
	must(w, STRANGER, "totp.confirm", "{'otp':'%06u'}",
	    (unsigned)totp_code(f.seed, totp_step(w->book->now_ms + 1000)));
}

/* Processor time, so that other work on the machine does not count; the ways
 * take turns, so that what changes in between changes all. */
/* A way whose least cost is a tenth off a wrong password's; 0 if none is. */
static size_t odd_one(const double *least)
{
	for (size_t k = 0; k < WAYS; k++)
		if (least[k] < 0.9 * least[0] || least[k] > 1.1 * least[0])
			return k;
	return 0;
}

static void test_every_refusal_says_and_costs_the_same(void **state)
{
	struct whole *w = *state;
	double least[WAYS] = { 0 };
	const char *said = NULL;

	w->rpc->options.password_cost = (struct password_cost){ 8192, 2 };
	make(w, "paid", false);
	make(w, "shut", false);
	must(w, "admin", "user.disable", "{'user':'shut'}");
	make(w, "codeless", true);
	enrol(w, "twice");
	for (unsigned i = 0;
	     i < ROUNDS_LEAST || (odd_one(least) && i < ROUNDS_MOST); i++) {
		for (size_t k = 0; k < WAYS; k++) {
			/* No delay is left. */
			w->book->now_ms += 2 * HOUR_MS;
			double us = -cpu_us();
			refused(w, "unauthenticated", STRANGER, "session.login",
			    "{'user':'%s','password':'%s'%s}", ways[k].user,
			    ways[k].password, ways[k].otp);
			us += cpu_us();
			if (!least[k] || us < least[k])
				least[k] = us;
			if (!said)
				said = arena_text(
				    &w->book->arena, bytes_text(w->text));
			assert_string_equal(w->text, said);
		}
	}
	size_t k = odd_one(least);
	if (k)
		fail_msg("%s costs %.2f of a wrong password", ways[k].user,
		    least[k] / least[0]);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(test_code_opens_nothing_but_a_new_password),
		WITH(test_code_is_void_once_a_password_is_set),
		WITH(test_of_two_with_one_code_one_wins),
		WITH(test_code_is_void_after_a_day),
		WITH(test_administrator_gives_a_new_code),
		WITH(test_old_password_must_be_changed),
		WITH(test_every_refusal_says_and_costs_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
