// SPDX-License-Identifier: MIT
/*
 * The register of erased customers: whom the book erases it has, and whom it
 * has the book erases.
 */
#include "whole_book.h"

#include <stdio.h>
#include <unistd.h>

#include "common/file.h"
#include "server/data/register.h"

static const char *path(struct whole *w)
{
	return arena_format(&w->book->arena, "%s/erasures", w->book->dir);
}

static enum err turn(struct whole *w)
{
	return register_turn(&w->desk, path(w));
}

static const char *file(struct whole *w)
{
	struct buf text;
	const char *copy;

	buf_init(&text, 1 << 20);
	if (file_append(path(w), &text))
		return "";
	copy = arena_text(&w->book->arena, buf_bytes(&text));
	buf_release(&text);
	return copy;
}

static void put_file(struct whole *w, const char *text, size_t len)
{
	FILE *out = fopen(path(w), "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

/* In the book's hand, whatever became of him. */
static void register_by_hand(struct whole *w, const char *id)
{
	struct plan *p = book_plan(w->book);
	uint8_t key[16] = "erased/", at[8] = { 0 };

	key[7] = whole_entity(w, "customer")->id;
	assert_true(hex_parse(bytes_text(id), key + 8, 8) == ERR_OK);
	plan_put(
	    p, TABLE_META, bytes_of(key, sizeof key), bytes_of(at, sizeof at));
	assert_int_equal(book_commit(w->book, p), ERR_OK);
}

/* As a book that was put back from an older copy: it knows less of the file. */
static void forget(struct whole *w)
{
	struct plan *p = book_plan(w->book);

	plan_del(p, TABLE_META, bytes_text("register"));
	assert_int_equal(book_commit(w->book, p), ERR_OK);
}

static const char *erased(struct whole *w, const char *name)
{
	const char *id, *number = new_customer(w, "sh-sales", name, "");

	id = at(w, "id");
	must(w, "privacy", "customer.erase", "{'id':'%s','reason':'本人要求'}",
	    number);
	return id;
}

static void test_who_is_erased_is_in_it_and_nothing_of_whom(void **state)
{
	struct whole *w = *state;
	const char *first = erased(w, "登记一号"), *text;

	assert_int_equal(turn(w), ERR_OK);
	text = file(w);
	assert_non_null(strstr(text, first));
	assert_null(strstr(text, "登记"));
	assert_null(strstr(text, "KH"));
	assert_int_equal(turn(w), ERR_OK);
	assert_string_equal(file(w), text);
	erased(w, "登记二号");
	assert_int_equal(turn(w), ERR_OK);
	assert_memory_equal(file(w), text, strlen(text));
	assert_int_equal(strlen(file(w)), 2 * strlen(text));
}

static void test_an_older_book_erases_whom_it_has(void **state)
{
	struct whole *w = *state;
	const char *number =
	    new_customer(w, "sh-sales", "复活公司", ",'mobile':'13800138000'");
	const char *other = new_customer(w, "sh-sales", "旁观公司", "");

	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	register_by_hand(w, at(w, "id"));
	assert_int_equal(turn(w), ERR_OK);
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	forget(w);
	assert_int_equal(turn(w), ERR_OK);
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	assert_string_equal(at(w, "erased"), "true");
	assert_false(says(w, "复活"));
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    other);
	must(w, "auditor", "audit.find", "{'method':'customer.erase'}");
	assert_true(says(w, "it is in the register"));
	must(w, "auditor", "audit.verify", "{}");
	assert_string_equal(at(w, "bad"), "0");
}

/* No station has ticked yet, and no session has begun. */
static void test_it_does_so_before_it_answers_anybody(void **state)
{
	struct whole *w = *state;
	struct rpc_options o = w->rpc->options;
	const char *number = new_customer(w, "sh-sales", "重来公司", "");
	struct rpc *again;

	register_by_hand(w, at(w, "id"));
	assert_int_equal(turn(w), ERR_OK);
	forget(w);
	o.register_path = path(w);
	assert_int_equal(rpc_open(&o, &again), ERR_OK);
	must(w, "sh-sales", "record.get", "{'entity':'customer','id':'%s'}",
	    number);
	assert_string_equal(at(w, "erased"), "true");
	rpc_stop(again);
	rpc_free(again);
}

static void test_a_file_that_is_another_is_an_alarm(void **state)
{
	struct whole *w = *state;
	const char *whole;
	size_t len;
	char *text;

	erased(w, "登记三号");
	erased(w, "登记四号");
	assert_int_equal(turn(w), ERR_OK);
	whole = file(w);
	len = strlen(whole);
	text = strdup(whole);
	for (size_t at = 0; at < len; at += 7) {
		text[at] ^= 1;
		put_file(w, text, len);
		forget(w);
		assert_int_equal(turn(w), ERR_UNVERIFIED);
		text[at] ^= 1;
	}
	put_file(w, whole, len);
	assert_int_equal(turn(w), ERR_OK);
	/* Cut off its end, or gone. */
	put_file(w, whole, len / 2);
	assert_int_equal(turn(w), ERR_UNVERIFIED);
	assert_int_equal(unlink(path(w)), 0);
	assert_int_equal(turn(w), ERR_UNVERIFIED);
	put_file(w, whole, len);
	assert_int_equal(turn(w), ERR_OK);
	free(text);
}

static void test_a_line_broken_off_is_written_anew(void **state)
{
	struct whole *w = *state;
	const char *whole = file(w);
	char *torn = strdup(arena_format(&w->book->arena, "%s2 0cafe", whole));

	put_file(w, torn, strlen(torn));
	assert_int_equal(turn(w), ERR_OK);
	assert_string_equal(file(w), whole);
	put_file(w, torn, strlen(torn));
	erased(w, "登记五号");
	assert_int_equal(turn(w), ERR_OK);
	assert_memory_equal(file(w), whole, strlen(whole));
	assert_null(strstr(file(w), "cafe"));
	free(torn);
}

static int tear_down(void **state)
{
	unlink(path(*state));
	return whole_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_who_is_erased_is_in_it_and_nothing_of_whom),
		cmocka_unit_test(test_an_older_book_erases_whom_it_has),
		cmocka_unit_test(test_it_does_so_before_it_answers_anybody),
		cmocka_unit_test(test_a_file_that_is_another_is_an_alarm),
		cmocka_unit_test(test_a_line_broken_off_is_written_anew),
	};

	return cmocka_run_group_tests(tests, whole_setup, tear_down);
}
