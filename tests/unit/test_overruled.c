// SPDX-License-Identifier: MIT
/*
 * What a value given by hand overrules lies in the record with it: it comes
 * and goes with the value, whoever moves that, and nothing else has a row for
 * it.
 */
#include "whole_ask.h"

#include "common/date.h"
#include "server/data/past.h"

/* --- looking -------------------------------------------------------------*/

static void assert_cell(
    const struct record *r, const char *grade, const char *overruled)
{
	const struct field *f = entity_field(r->entity, bytes_text("grade"));
	const struct cell *c = &r->cells[f->slot];

	assert_true(bytes_is(value_text(f, c->value), grade));
	assert_true(bytes_is(value_text(f, c->overruled), overruled));
}

static void assert_grade(
    struct whole *w, const char *id, const char *grade, const char *overruled)
{
	assert_cell(open_customer(w, id), grade, overruled);
}

static void assert_sound(struct whole *w)
{
	struct verify_result v;

	whole_refresh(w);
	assert_int_equal(verify_values(&w->desk, 0, UINT64_MAX, &v), ERR_OK);
	assert_int_equal(v.bad, 0);
}

/* --- doing ---------------------------------------------------------------*/

static const char *customer(struct whole *w, const char *name, const char *more)
{
	new_customer(w, "loader", name, more);
	return at(w, "id");
}

static void set_grade(struct whole *w, const char *id, const char *grade)
{
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'grade':'%s'}}", id, grade);
}

/* Changes something else, so that the rules look at him again. */
static void touch(struct whole *w, const char *id, const char *city)
{
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'%s'}}", id, city);
}

/* From then on the rules say B. */
static void buy(struct whole *w, const char *id)
{
	char today[DATE_TEXT];

	date_format((int32_t)(w->book->now_ms / 86400000), today);
	new_order(w, id, today, "confirmed");
}

static void undo(struct whole *w, unsigned long long position)
{
	must(w, "loader", "change.undo", "{'position':%llu,'reason':'错'}",
	    position);
}

/* --- claims --------------------------------------------------------------*/

static void test_whoever_bought_nothing_has_no_ledger_row(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "手工评级公司", ",'grade':'D'");
	struct record *r = open_customer(w, id);
	uint8_t key[ROW_KEY];
	struct row row;

	assert_cell(r, "D", "C");
	row_key(r->entity->id, r->id, key);
	assert_int_equal(snapshot_get(w->desk.snapshot, TABLE_LEDGER,
			     bytes_of(key, sizeof key), &row),
	    ERR_NOT_FOUND);
	touch(w, id, "无锡");
	assert_grade(w, id, "D", "C");
	set_grade(w, id, "C");
	assert_grade(w, id, "C", "");
}

static void test_the_past_knows_what_was_overruled_then(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "往昔公司", ",'grade':'D'");
	int64_t then = w->book->now_ms;
	struct record *r;

	buy(w, id);
	assert_grade(w, id, "B", "");
	set_grade(w, id, "A");
	assert_grade(w, id, "A", "B");
	r = open_customer(w, id);
	assert_int_equal(past_rebuild(&w->desk, r, then), ERR_OK);
	assert_cell(r, "D", "C");
	assert_sound(w);
}

/* What rules set is taken back with what caused it, and the value that comes
 * back is his again. */
static void test_undo_gives_a_hand_its_value_back(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "撤单公司", ",'grade':'D'");

	buy(w, id);
	assert_grade(w, id, "B", "");
	undo(w, last(w));
	assert_grade(w, id, "D", "C");
	touch(w, id, "常州");
	assert_grade(w, id, "D", "C");
	assert_sound(w);
}

static void test_undo_makes_no_hand(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "撤改公司", "");

	assert_grade(w, id, "C", "");
	set_grade(w, id, "D");
	assert_grade(w, id, "D", "C");
	undo(w, last(w));
	assert_grade(w, id, "C", "");
	set_grade(w, id, "D");
	set_grade(w, id, "A");
	undo(w, last(w));
	assert_grade(w, id, "D", "C");
}

static void test_parting_gives_a_hand_its_value_back(void **state)
{
	struct whole *w = *state;
	const char *id = customer(w, "存续公司", ",'grade':'D'");
	const char *other = customer(w, "并入公司", "");

	buy(w, other);
	must(w, "loader", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'重复'}", other, id);
	assert_grade(w, id, "B", "");
	must(w, "loader", "customer.unmerge", "{'loser':'%s','reason':'误'}",
	    other);
	assert_grade(w, id, "D", "C");
	touch(w, id, "镇江");
	assert_grade(w, id, "D", "C");
	assert_sound(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whoever_bought_nothing_has_no_ledger_row),
		cmocka_unit_test(test_the_past_knows_what_was_overruled_then),
		cmocka_unit_test(test_undo_gives_a_hand_its_value_back),
		cmocka_unit_test(test_undo_makes_no_hand),
		cmocka_unit_test(test_parting_gives_a_hand_its_value_back),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
