// SPDX-License-Identifier: MIT
/*
 * A row that reserves: settled once it is committed and never before, one
 * write at a time, whether the store commits at once or on its own thread.
 */
#include "store_fixture.h"

#include "server/store/reserve.h"

struct counter {
	struct reserve row;
	uint64_t reserved, reserving;
	unsigned settled;
};

static const uint8_t key[] = { 1, 'r' };

static void settle(struct reserve *r)
{
	struct counter *c = (struct counter *)r;

	c->reserved = c->reserving;
	c->settled++;
}

static void reserve(struct counter *c, uint64_t upto, bool is_new)
{
	struct plan *p = reserve_begin(&c->row);
	uint8_t value[8];

	assert_non_null(p);
	c->reserving = upto;
	put_be64(value, upto);
	if (is_new)
		plan_expect(p, TABLE_SERIES, bytes_of(key, sizeof key),
		    EXPECT_ABSENT, 0);
	plan_put(p, TABLE_SERIES, bytes_of(key, sizeof key),
	    bytes_of(value, sizeof value));
	reserve_submit(&c->row, p);
}

static uint64_t stored(struct fixture *f)
{
	struct row row;

	assert_int_equal(snapshot_renew(f->snapshot), ERR_OK);
	assert_int_equal(snapshot_get(f->snapshot, TABLE_SERIES,
			     bytes_of(key, sizeof key), &row),
	    ERR_OK);
	return get_be64(row.value.data);
}

static void begin(struct fixture *f, struct reserves *all, struct counter *c)
{
	*c = (struct counter){ .reserved = 0 };
	reserves_init(all, f->store);
	reserve_init(&c->row, all, settle);
	pthread_mutex_lock(&all->lock);
}

static void end(struct reserves *all, struct counter *c)
{
	reserves_wait(all);
	assert_int_equal(all->writing, 0);
	pthread_mutex_unlock(&all->lock);
	reserve_release(&c->row);
	reserves_release(all);
}

static void test_what_is_committed_is_settled(void **state)
{
	struct fixture *f = *state;
	struct reserves all;
	struct counter c;

	begin(f, &all, &c);
	for (uint64_t upto = 64; upto <= 640; upto += 64) {
		reserve(&c, upto, upto == 64);
		reserve_wait(&c.row);
		assert_int_equal(c.row.outcome, ERR_OK);
		assert_int_equal(c.reserved, upto);
		assert_int_equal(stored(f), upto);
	}
	assert_int_equal(c.settled, 10);
	end(&all, &c);
}

static void test_what_is_refused_is_not_settled(void **state)
{
	struct fixture *f = *state;
	struct reserves all;
	struct counter c;

	begin(f, &all, &c);
	reserve(&c, 64, true);
	reserve_wait(&c.row);
	reserve(&c, 128, true);
	reserve_wait(&c.row);
	assert_int_equal(c.row.outcome, ERR_CONFLICT);
	assert_int_equal(c.reserved, 64);
	assert_int_equal(stored(f), 64);
	reserve(&c, 128, false);
	reserve_wait(&c.row);
	assert_int_equal(c.row.outcome, ERR_OK);
	assert_int_equal(c.reserved, 128);
	end(&all, &c);
}

static void test_what_is_dropped_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct reserves all;
	struct counter c;

	begin(f, &all, &c);
	assert_non_null(reserve_begin(&c.row));
	assert_true(c.row.is_writing);
	reserve_drop(&c.row);
	assert_int_equal(c.settled, 0);
	reserve(&c, 64, true);
	end(&all, &c);
	assert_int_equal(c.settled, 1);
	assert_int_equal(stored(f), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_what_is_committed_is_settled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_what_is_committed_is_settled, set_up_inline,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    test_what_is_refused_is_not_settled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_what_is_dropped_writes_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
