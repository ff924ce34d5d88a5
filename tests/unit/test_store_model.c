// SPDX-License-Identifier: MIT
/*
 * The store against a model.
 *
 * The model is a sorted array of rows that random plans change in the same
 * way; whole scans in both directions must show the same.  Its seed is
 * printed; KEHU_SEED repeats a run, KEHU_PLANS makes it longer.
 */
#include "store_fixture.h"

/* --- the model -----------------------------------------------------------*/

#define MODEL_MOST 2048

struct model_row {
	enum table table;
	uint8_t key[STORE_KEY];
	size_t key_len;
	uint64_t version;
	size_t len;
	unsigned salt;
};

struct model {
	struct model_row rows[MODEL_MOST];
	size_t count;
};

static const enum table model_tables[] = { TABLE_META, TABLE_ROW, TABLE_INDEX,
	TABLE_LOG, TABLE_TILE };

static uint64_t dice(struct fixture *f, uint64_t sides)
{
	f->seed ^= f->seed << 13;
	f->seed ^= f->seed >> 7;
	f->seed ^= f->seed << 17;
	return f->seed % sides;
}

static struct bytes model_key(const struct model_row *r)
{
	return bytes_of(r->key, r->key_len);
}

/* The place of (t, key), or where it would go. */
static size_t model_find(
    const struct model *m, enum table t, struct bytes key, bool *is_there)
{
	size_t i = 0;
	*is_there = false;
	for (; i < m->count; i++) {
		const struct model_row *r = &m->rows[i];
		int order = r->table != t ? (int)r->table - (int)t
					  : bytes_compare(model_key(r), key);
		*is_there = order == 0;
		if (order >= 0)
			break;
	}
	return i;
}

static void model_put(struct model *m, const struct model_row *row)
{
	bool is_there;
	size_t i = model_find(m, row->table, model_key(row), &is_there);
	if (!is_there) {
		assert_true(m->count < MODEL_MOST);
		memmove(&m->rows[i + 1], &m->rows[i],
		    (m->count - i) * sizeof(*row));
		m->count++;
	}
	m->rows[i] = *row;
}

static void model_del(struct model *m, enum table t, struct bytes key)
{
	bool is_there;
	size_t i = model_find(m, t, key, &is_there);
	if (!is_there)
		return;
	m->count--;
	memmove(
	    &m->rows[i], &m->rows[i + 1], (m->count - i) * sizeof(*m->rows));
}

/* One of about 350 keys of all lengths. */
static void random_key(struct fixture *f, struct model_row *row)
{
	static const size_t lengths[] = { 1, 2, 3, 8, 50, 119, 120 };
	row->table = model_tables[dice(f, 5)];
	row->key_len = lengths[dice(f, 7)];
	memset(row->key, (int)dice(f, 2) * 255, row->key_len);
	row->key[row->key_len / 2] = (uint8_t)dice(f, 10);
}

static void random_value(struct fixture *f, struct model_row *row)
{
	static const size_t lengths[] = { 0, 1, 40, 300, 900, 1899, 1900, 1901,
		3799, 3800, 3801, 5700, 20000 };
	row->len = row->table == TABLE_INDEX ? 0 : lengths[dice(f, 13)];
	row->salt = (unsigned)dice(f, 256);
}

static bool has_version(enum table t)
{
	return t == TABLE_META || t == TABLE_ROW;
}

/* Adds a true or a false expectation; returns whether it holds. */
static bool random_expectation(
    struct fixture *f, const struct model *m, struct plan *p)
{
	struct model_row row;
	bool is_there;
	random_key(f, &row);
	size_t i = model_find(m, row.table, model_key(&row), &is_there);
	enum expect e = (enum expect)dice(f, has_version(row.table) ? 3 : 2);
	uint64_t version = is_there ? m->rows[i].version + dice(f, 2) : 0;
	if (dice(f, 4) > 0 && e != EXPECT_VERSION)
		e = is_there ? EXPECT_PRESENT : EXPECT_ABSENT;
	plan_expect(p, row.table, model_key(&row), e, version);
	if (e == EXPECT_VERSION)
		return is_there && version == m->rows[i].version;
	return is_there == (e == EXPECT_PRESENT);
}

static void random_write(struct fixture *f, struct model *m, struct plan *p,
    uint64_t version, bool applies)
{
	struct model_row row = { .version = version };
	random_key(f, &row);
	if (dice(f, 3) == 0) {
		plan_del(p, row.table, model_key(&row));
		if (applies)
			model_del(m, row.table, model_key(&row));
		return;
	}
	random_value(f, &row);
	plan_put(p, row.table, model_key(&row), long_value(row.len, row.salt));
	if (applies)
		model_put(m, &row);
}

static void random_plan(struct fixture *f, struct model *m)
{
	struct plan *p = logged_plan(f);
	uint64_t head = store_head(f->store);
	bool holds = true;
	for (uint64_t n = dice(f, 3); n > 0; n--)
		holds &= random_expectation(f, m, p);
	for (uint64_t n = 1 + dice(f, 8); n > 0; n--)
		random_write(f, m, p, head, holds);
	assert_int_equal(plan_error(p), ERR_OK);
	assert_int_equal(
	    store_commit(f->store, p), holds ? ERR_OK : ERR_CONFLICT);
	assert_int_equal(plan_position(p), head);
	assert_int_equal(store_head(f->store), head + 1);
}

static void check_row(
    const struct model_row *want, struct bytes key, const struct row *row)
{
	assert_true(bytes_equal(key, model_key(want)));
	assert_true(bytes_equal(row->value, long_value(want->len, want->salt)));
	if (has_version(want->table))
		assert_int_equal(row->version, want->version);
}

static void check_table(
    struct fixture *f, const struct model *m, enum table t, enum direction d)
{
	size_t first = 0, end, n = 0;
	struct scan *s;
	struct bytes key;
	struct row row;
	while (first < m->count && m->rows[first].table < t)
		first++;
	end = first;
	while (end < m->count && m->rows[end].table == t)
		end++;
	assert_int_equal(
	    scan_open(f->snapshot, t, BYTES_NONE, BYTES_NONE, d, &s), ERR_OK);
	for (; scan_next(s, &key, &row); n++) {
		assert_true(first + n < end);
		check_row(&m->rows[d == SCAN_UP ? first + n : end - 1 - n], key,
		    &row);
	}
	assert_int_equal(scan_error(s), ERR_OK);
	assert_int_equal(n, end - first);
	scan_close(s);
}

static void check_model(struct fixture *f, const struct model *m)
{
	struct row row;
	assert_int_equal(snapshot_renew(f->snapshot), ERR_OK);
	for (size_t i = 0; i < 5; i++) {
		check_table(f, m, model_tables[i], SCAN_UP);
		check_table(f, m, model_tables[i], SCAN_DOWN);
	}
	for (size_t i = 0; i < m->count; i++) {
		struct bytes key = model_key(&m->rows[i]);
		assert_int_equal(
		    snapshot_get(f->snapshot, m->rows[i].table, key, &row),
		    ERR_OK);
		check_row(&m->rows[i], key, &row);
	}
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);
	return s ? strtoull(s, NULL, 0) : otherwise;
}

static void test_random_plans_match_the_model(void **state)
{
	struct fixture *f = *state;
	struct model *m = calloc(1, sizeof(*m));
	uint64_t seed;
	random_fill(&random_system, &seed, sizeof(seed));
	f->seed = number_from("KEHU_SEED", seed | 1);
	uint64_t plans = number_from("KEHU_PLANS", 600);
	print_message("KEHU_SEED=%llu\n", (unsigned long long)f->seed);
	for (uint64_t i = 0; i < plans; i++) {
		random_plan(f, m);
		if (i % 40 == 39)
			check_model(f, m);
		if (i % 150 == 149)
			reopen(f);
	}
	check_model(f, m);
	/* All gone: every piece must have gone with its row. */
	struct store_figures before, after;
	while (m->count > 0) {
		struct plan *p = logged_plan(f);
		for (int n = 0; n < 50 && m->count > 0; n++) {
			struct model_row row = m->rows[m->count - 1];
			plan_del(p, row.table, model_key(&row));
			model_del(m, row.table, model_key(&row));
		}
		assert_int_equal(store_commit(f->store, p), ERR_OK);
	}
	check_model(f, m);
	store_read_figures(f->store, &before);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(
		    put(f, TABLE_ROW, text("long"), long_value(100000, i)),
		    ERR_OK);
	store_read_figures(f->store, &after);
	assert_true(after.used_bytes <= before.used_bytes + 4 * 100000);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INLINE(test_random_plans_match_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
