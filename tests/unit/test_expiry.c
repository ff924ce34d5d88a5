// SPDX-License-Identifier: MIT
/*
 * What ends by itself: requests after a day, a break-glass at its time.
 */
#include "whole_book.h"

#include "server/rpc/expiry.h"
#include "server/rpc/pending.h"

#define HOUR_MS INT64_C(3600000)
#define GLASS                                                                  \
	"{'role':'manager','minutes':60,'reason':'ZQ-reason of the glass'}"

static void pass(struct whole *w, int64_t ms)
{
	w->book->now_ms += ms;
}

/* As the sweep does, on a desk of its own. */
static void turn(struct whole *w)
{
	assert_int_equal(expiry_turn(&w->desk, &w->book->arena), ERR_OK);
}

/* Whoever was logged in long ago is logged in. */
static void stay(struct whole *w, const char *login)
{
	struct identity *id = &whole_session(w, login)->identity;

	id->until_ms = w->book->now_ms + 24 * HOUR_MS;
	id->used_ms = w->book->now_ms;
}

static const char *ask_glass(struct whole *w)
{
	must(w, "sh-clerk", "access.break_glass", GLASS);
	return at(w, "pending");
}

static void test_a_request_waits_for_a_day(void **state)
{
	struct whole *w = *state;
	const char *id = ask_glass(w);

	pass(w, 23 * HOUR_MS);
	stay(w, "gm");
	must(w, "gm", "request.list", "{}");
	assert_string_equal(at(w, "rows.0.request"), id);
	pass(w, HOUR_MS);
	must(w, "gm", "request.list", "{}");
	assert_string_equal(at(w, "rows.0"), "");
	refused(w, "invalid", "gm", "request.approve", "{'request':'%s'}", id);
	assert_string_equal(at(w, "rule"), "decided");
	must(w, "gm", "request.get", "{'request':'%s'}", id);
	assert_string_equal(at(w, "state"), "expired");
}

static void test_its_expiry_is_an_entry_with_the_requesters_name(void **state)
{
	struct whole *w = *state;
	const char *id = ask_glass(w);

	pass(w, 25 * HOUR_MS);
	stay(w, "auditor");
	turn(w);
	turn(w);
	must(w, "auditor", "audit.find", "{'method':'request.expire'}");
	assert_string_equal(at(w, "rows.0.behalf"), "sh-clerk");
	assert_string_equal(at(w, "rows.0.act"), "access.break_glass");
	assert_string_equal(at(w, "rows.0.note"), id);
	assert_string_equal(at(w, "rows.1"), "");
}

static void test_a_request_is_forgotten_after_a_month(void **state)
{
	struct whole *w = *state;
	const char *id = ask_glass(w);

	must(w, "gm", "request.reject", "{'request':'%s'}", id);
	pass(w, 29 * 24 * HOUR_MS);
	turn(w);
	stay(w, "gm");
	must(w, "gm", "request.get", "{'request':'%s'}", id);
	pass(w, 2 * 24 * HOUR_MS);
	turn(w);
	stay(w, "gm");
	refused(w, "not_found", "gm", "request.get", "{'request':'%s'}", id);
}

static void test_a_glass_ends_at_its_moment(void **state)
{
	struct whole *w = *state;
	const char *id = ask_glass(w);

	must(w, "gm", "request.approve", "{'request':'%s'}", id);
	pass(w, HOUR_MS - 60000);
	stay(w, "sh-clerk");
	stay(w, "sh-sales");
	must(w, "sh-clerk", "session.whoami", "{}");
	assert_true(says(w, "manager"));
	must(w, "sh-sales", "session.whoami", "{}");
	assert_string_equal(at(w, "notices.0.user"), "sh-clerk");
	pass(w, 60000);
	must(w, "sh-clerk", "session.whoami", "{}");
	assert_false(says(w, "manager"));
	must(w, "sh-sales", "session.whoami", "{}");
	assert_string_equal(at(w, "notices.0"), "");
}

static void test_its_end_is_an_entry_once(void **state)
{
	struct whole *w = *state;

	must(w, "gm", "request.approve", "{'request':'%s'}", ask_glass(w));
	turn(w);
	must(w, "auditor", "audit.find", "{'method':'access.end'}");
	assert_string_equal(at(w, "rows.0"), "");
	pass(w, 2 * HOUR_MS);
	turn(w);
	turn(w);
	stay(w, "auditor");
	must(w, "auditor", "audit.find", "{'method':'access.end'}");
	assert_string_equal(at(w, "rows.0.behalf"), "sh-clerk");
	assert_string_equal(at(w, "rows.1"), "");
}

/* Or whoever may ask could fill the disk. */
static void test_a_person_asks_so_often_and_no_more(void **state)
{
	struct whole *w = *state;
	unsigned made = 0;

	while (made < PENDING_OPEN) {
		ask_glass(w);
		made++;
	}
	refused(w, "invalid", "sh-clerk", "access.break_glass", GLASS);
	assert_string_equal(at(w, "rule"), "waiting");
	must(w, "sh-clerk", "request.list", "{}");
	must(w, "sh-clerk", "request.reject", "{'request':'%s'}",
	    at(w, "rows.0.request"));
	while (made < PENDING_A_DAY) {
		must(w, "sh-clerk", "request.reject", "{'request':'%s'}",
		    ask_glass(w));
		made++;
	}
	refused(w, "invalid", "sh-clerk", "access.break_glass", GLASS);
	must(w, "sh-sales", "access.break_glass", GLASS);
}

static bool has_words(const struct whole *w, const char *words)
{
	char *path;
	char *data;
	size_t len;
	FILE *file;
	bool found;

	assert_true(asprintf(&path, "%s/data.mdb", w->book->dir) >= 0);
	file = fopen(path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	len = (size_t)ftell(file);
	rewind(file);
	data = malloc(len);
	assert_int_equal(fread(data, 1, len, file), len);
	found = memmem(data, len, words, strlen(words)) != NULL;
	fclose(file);
	free(data);
	free(path);
	return found;
}

/* The log has the reasons of administration in clear; an export's not. */
static void test_a_waiting_call_lies_sealed(void **state)
{
	struct whole *w = *state;

	must(w, "admin", "policy.apply", "{'two_person':['export_clear']}");
	must(w, "finance", "record.export",
	    "{'entity':'customer','clear':true,'reason':'ZQ-secret reason',"
	    "'where':['=','name','ZQ-secret name']}");
	assert_true(says(w, "pending"));
	assert_true(has_words(w, "request.create"));
	assert_false(has_words(w, "ZQ-secret"));
}

int main(void)
{
#define WITH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, whole_setup, whole_teardown)
	const struct CMUnitTest tests[] = {
		WITH(test_a_request_waits_for_a_day),
		WITH(test_its_expiry_is_an_entry_with_the_requesters_name),
		WITH(test_a_request_is_forgotten_after_a_month),
		WITH(test_a_glass_ends_at_its_moment),
		WITH(test_its_end_is_an_entry_once),
		WITH(test_a_person_asks_so_often_and_no_more),
		WITH(test_a_waiting_call_lies_sealed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
