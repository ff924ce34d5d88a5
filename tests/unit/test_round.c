// SPDX-License-Identifier: MIT
/*
 * The round of keys: it ends, whatever came between its steps.
 */
#include "whole_book.h"

#include "server/crypto/ring.h"
#include "server/data/round.h"
#include "server/data/subject.h"

static void erase(struct whole *w, const char *number)
{
	must(w, "privacy", "customer.erase", "{'id':'%s','reason':'本人要求'}",
	    number);
}

static enum err turn(struct whole *w)
{
	struct arena a;
	enum err err;

	arena_init(&a, 65536, 4 << 20);
	err = round_turn(&w->desk, w->book->keys, &a);
	arena_release(&a);
	return err;
}

static bool is_due(struct whole *w)
{
	struct row row;

	assert_int_equal(desk_refresh(&w->desk), ERR_OK);
	return snapshot_get(w->desk.snapshot, TABLE_META, bytes_text("round"),
		   &row) == ERR_OK;
}

static bool has_one_kek(struct whole *w)
{
	const struct ring *r = keyring_take(w->book->keys);
	bool is = r->count == 1;

	keyring_give(w->book->keys, r);
	return is;
}

static const char *kept;

static void assert_others_open(struct whole *w)
{
	must(w, "sh-manager", "record.get",
	    "{'entity':'customer','id':'%s','fields':['mobile']}", kept);
	assert_true(says(w, "13800138000"));
}

static void test_one_turn_takes_the_old_key(void **state)
{
	struct whole *w = *state;

	kept = new_customer(
	    w, "sh-sales", "留存五金厂", ",'mobile':'13800138000'");
	erase(w, new_customer(w, "sh-sales", "抹除一号", ""));
	assert_true(is_due(w));
	assert_int_equal(turn(w), ERR_OK);
	assert_false(is_due(w));
	assert_true(has_one_kek(w));
	assert_others_open(w);
}

static void test_a_full_ring_is_cleared_first(void **state)
{
	struct whole *w = *state;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < RING_EPOCHS; i++)
		err = keyring_rotate(w->book->keys, &w->book->random);
	assert_int_equal(err, ERR_FULL);
	erase(w, new_customer(w, "sh-sales", "抹除二号", ""));
	assert_int_equal(turn(w), ERR_OK);
	assert_true(has_one_kek(w));
	assert_true(is_due(w)); /* no KEK is younger than his key's end */
	assert_int_equal(turn(w), ERR_OK);
	assert_false(is_due(w));
	assert_true(has_one_kek(w));
	assert_others_open(w);
}

/* Erases when the round draws its new KEK. */
static void erase_between(void *ctx, void *out, size_t len)
{
	struct whole *w = ctx;

	w->desk.random = &w->book->random;
	erase(w, new_customer(w, "sh-sales", "抹除四号", ""));
	random_fill(w->desk.random, out, len);
}

static void test_an_erasure_between_leaves_no_kek_behind(void **state)
{
	struct whole *w = *state;
	const struct random busy = { erase_between, w };

	erase(w, new_customer(w, "sh-sales", "抹除三号", ""));
	w->desk.random = &busy;
	assert_int_equal(turn(w), ERR_OK);
	assert_true(has_one_kek(w));
	assert_true(is_due(w));
	assert_int_equal(turn(w), ERR_OK);
	assert_false(is_due(w));
	assert_others_open(w);
}

static unsigned asked;

/* A server that stops before the second plan; asked each time. */
static enum err stop_soon(void *ctx)
{
	struct whole *w = ctx;

	w->desk.leave.next_ns = 0;
	return asked++ ? ERR_UNAVAILABLE : ERR_OK;
}

/* Not to its end: hundreds of customers are some plans. */
static void test_a_round_is_left_between_two_plans_and_goes_on(void **state)
{
	struct whole *w = *state;
	char name[40];

	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "停机%u号店", i);
		new_customer(w, "sh-sales", name, "");
	}
	erase(w, new_customer(w, "sh-sales", "抹除五号", ""));
	w->desk.leave = (struct leave){ stop_soon, w, 0 };
	assert_int_equal(turn(w), ERR_UNAVAILABLE);
	w->desk.leave.ask = NULL;
	assert_true(is_due(w));
	assert_false(has_one_kek(w));
	assert_others_open(w);
	assert_int_equal(turn(w), ERR_OK);
	assert_false(is_due(w));
	assert_true(has_one_kek(w));
	assert_others_open(w);
}

static enum err open_kept(struct desk *d, uint64_t id)
{
	const struct entity *e = schema_entity(
	    directory_schema(d->directory), bytes_text("customer"));
	struct dek *dek;

	return subject_key(d, e, id, KEY_PERSONAL, &dek);
}

/* A view from before the round names a KEK that has gone since; a key from
 * behind it makes the thread follow. */
static void test_a_view_of_before_still_opens(void **state)
{
	struct whole *w = *state;
	struct desk older;
	uint64_t id;

	must(w, "sh-manager", "record.get", "{'entity':'customer','id':'%s'}",
	    kept);
	assert_true(id_parse(bytes_text(at(w, "id")), &id));
	assert_int_equal(
	    desk_open(&w->rpc->options, w->rpc->series, &older), ERR_OK);
	assert_int_equal(desk_refresh(&older), ERR_OK);
	erase(w, new_customer(w, "sh-sales", "抹除五号", ""));
	assert_int_equal(turn(w), ERR_OK);
	sealer_follow(older.sealer);
	assert_int_equal(open_kept(&older, id), ERR_OK);
	assert_int_equal(desk_refresh(&older), ERR_OK);
	assert_int_equal(open_kept(&older, id), ERR_OK);
	desk_close(&older);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_turn_takes_the_old_key),
		cmocka_unit_test(test_a_full_ring_is_cleared_first),
		cmocka_unit_test(test_an_erasure_between_leaves_no_kek_behind),
		cmocka_unit_test(
		    test_a_round_is_left_between_two_plans_and_goes_on),
		cmocka_unit_test(test_a_view_of_before_still_opens),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
