// SPDX-License-Identifier: MIT
/*
 * The log inside the commit: proofs at every size, reopening, outcomes.
 *
 * Proofs that come out of the tiles are checked by common/merkle.h, against
 * roots that a frontier of the test's own grew from the leaves' bytes.
 */
#include "small_book.h"

#include "common/pack.h"
#include "server/audit/auditlog.h"

#define SIZES 200

struct fixture {
	struct book *book;
	struct auditlog *log;
	struct frontier model;
	struct digest leaves[SIZES + 1];
	struct digest roots[SIZES + 1];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->book = book_new();
	assert_int_equal(auditlog_open(f->book->store, f->book->keys,
			     &f->book->clock, f->book->note, &f->log),
	    ERR_OK);
	frontier_init(&f->model);
	frontier_root(&f->model, &f->roots[0]);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	struct auditlog *log = f->log;
	book_free(f->book);
	auditlog_close(log);
	free(f);
	return 0;
}

static void reopen(struct fixture *f)
{
	book_close(f->book);
	auditlog_close(f->log);
	book_open(f->book, false);
	assert_int_equal(auditlog_open(f->book->store, f->book->keys,
			     &f->book->clock, f->book->note, &f->log),
	    ERR_OK);
}

static struct plan *plan_entry(struct book *b, const char *method)
{
	struct draft d = { .method = method, .user = 1 };
	struct plan *p = book_plan(b);
	struct buf packed;
	buf_init(&packed, 4096);
	assert_int_equal(draft_pack(&d, &packed), ERR_OK);
	plan_draft(p, buf_bytes(&packed));
	buf_release(&packed);
	return p;
}

/* Appends one entry and grows the model with what was stored. */
static void append_one(struct fixture *f)
{
	struct book *b = f->book;
	struct bytes leaf;
	uint64_t at = f->model.size;
	assert_int_equal(
	    store_commit(b->store, plan_entry(b, "record.get")), ERR_OK);
	assert_int_equal(snapshot_renew(b->snapshot), ERR_OK);
	assert_int_equal(auditlog_leaf(b->snapshot, at, &leaf), ERR_OK);
	merkle_leaf(leaf, &f->leaves[at]);
	frontier_append(&f->model, &f->leaves[at]);
	frontier_root(&f->model, &f->roots[at + 1]);
	arena_reset(&b->arena);
}

static struct entry read_entry(struct fixture *f, uint64_t at)
{
	struct entry e;
	struct bytes leaf;
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
	assert_int_equal(auditlog_leaf(f->book->snapshot, at, &leaf), ERR_OK);
	assert_int_equal(leaf_parse(leaf, &f->book->arena, &e), ERR_OK);
	return e;
}

static void check_inclusion(struct fixture *f, uint64_t size)
{
	struct digest proof[MERKLE_PROOF];
	size_t count;
	for (uint64_t at = 0; at < size; at++) {
		assert_int_equal(auditlog_inclusion(f->book->snapshot, at, size,
				     proof, &count),
		    ERR_OK);
		assert_int_equal(merkle_check_inclusion(&f->leaves[at], at,
				     size, proof, count, &f->roots[size]),
		    ERR_OK);
	}
	assert_int_equal(
	    auditlog_inclusion(f->book->snapshot, size, size, proof, &count),
	    ERR_INVALID);
}

static void check_consistency(struct fixture *f, uint64_t size)
{
	struct digest proof[MERKLE_PROOF];
	size_t count;
	for (uint64_t old = 1; old <= size; old++) {
		assert_int_equal(auditlog_consistency(f->book->snapshot, old,
				     size, proof, &count),
		    ERR_OK);
		assert_int_equal(merkle_check_consistency(old, &f->roots[old],
				     size, &f->roots[size], proof, count),
		    ERR_OK);
	}
	assert_int_equal(auditlog_consistency(
			     f->book->snapshot, size + 1, size, proof, &count),
	    ERR_INVALID);
}

static void test_every_proof_of_every_size_holds(void **state)
{
	struct fixture *f = *state;
	struct digest root;
	for (uint64_t size = 1; size <= SIZES; size++) {
		append_one(f);
		assert_int_equal(
		    auditlog_root(f->book->snapshot, size, &root), ERR_OK);
		assert_memory_equal(&root, &f->roots[size], 32);
		check_inclusion(f, size);
		check_consistency(f, size);
	}
	/* Older sizes too, now that there are more tiles. */
	for (uint64_t size = 1; size <= SIZES; size++) {
		check_inclusion(f, size);
		check_consistency(f, size);
	}
	assert_int_equal(
	    auditlog_root(f->book->snapshot, SIZES + 1, &root), ERR_INVALID);
}

static void test_third_level_is_proved(void **state)
{
	struct fixture *f = *state;
	struct digest proof[MERKLE_PROOF], root;
	struct frontier model;
	struct digest leaf = { { 0 } };
	size_t count;
	uint64_t size = 32 * 32 + 37;
	frontier_init(&model);
	for (uint64_t i = 0; i < size; i++) {
		struct bytes bytes;
		assert_int_equal(store_commit(f->book->store,
				     plan_entry(f->book, "record.get")),
		    ERR_OK);
		assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
		assert_int_equal(
		    auditlog_leaf(f->book->snapshot, i, &bytes), ERR_OK);
		merkle_leaf(bytes, &leaf);
		frontier_append(&model, &leaf);
		arena_reset(&f->book->arena);
	}
	frontier_root(&model, &root);
	reopen(f);
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
	assert_int_equal(auditlog_inclusion(
			     f->book->snapshot, size - 1, size, proof, &count),
	    ERR_OK);
	assert_int_equal(
	    merkle_check_inclusion(&leaf, size - 1, size, proof, count, &root),
	    ERR_OK);
	struct audit_result r;
	assert_int_equal(auditlog_verify(f->log, f->book->snapshot, 0,
			     UINT64_MAX, NULL, NULL, &r),
	    ERR_OK);
	assert_int_equal(r.entries, size);
	assert_int_equal(r.bad, 0);
}

static void test_reopening_at_every_size_goes_on(void **state)
{
	struct fixture *f = *state;
	struct digest root;
	for (uint64_t size = 1; size <= 100; size++) {
		append_one(f);
		reopen(f);
		assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
		assert_int_equal(
		    auditlog_root(f->book->snapshot, size, &root), ERR_OK);
		assert_memory_equal(&root, &f->roots[size], 32);
	}
	append_one(f);
	check_inclusion(f, 101);
	check_consistency(f, 101);
}

static void test_conflict_has_an_entry_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct plan *p = plan_entry(f->book, "record.update");
	struct row row;
	plan_expect(p, TABLE_META, bytes_text("never"), EXPECT_PRESENT, 0);
	plan_put(p, TABLE_META, bytes_text("mark"), bytes_text("x"));
	assert_int_equal(store_commit(f->book->store, p), ERR_CONFLICT);
	assert_string_equal(read_entry(f, 0).result, "conflict");
	assert_int_equal(snapshot_get(f->book->snapshot, TABLE_META,
			     bytes_text("mark"), &row),
	    ERR_NOT_FOUND);
}

static void test_refusal_keeps_its_own_word(void **state)
{
	struct fixture *f = *state;
	struct draft d = { .method = "record.get", .result = "denied" };
	struct plan *p = book_plan(f->book);
	struct buf packed;
	buf_init(&packed, 4096);
	assert_int_equal(draft_pack(&d, &packed), ERR_OK);
	plan_draft(p, buf_bytes(&packed));
	buf_release(&packed);
	assert_int_equal(store_commit(f->book->store, p), ERR_OK);
	assert_string_equal(read_entry(f, 0).result, "denied");
}

static void test_time_never_goes_back(void **state)
{
	struct fixture *f = *state;
	int64_t first;
	append_one(f);
	first = read_entry(f, 0).time_ms;
	assert_int_equal(first, f->book->now_ms);
	log_set_level(LOG_ERROR);
	f->book->now_ms -= 24 * 3600 * 1000;
	append_one(f);
	assert_int_equal(read_entry(f, 1).time_ms, first);
	reopen(f);
	append_one(f);
	assert_int_equal(read_entry(f, 2).time_ms, first);
	f->book->now_ms = first + 5;
	append_one(f);
	assert_int_equal(read_entry(f, 3).time_ms, first + 5);
}

/* Runs the first plan into a failing hook, as a full disk would. */
static void test_aborted_batch_leaves_the_tree_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct arena large;
	bool was_full = false;
	append_one(f);
	arena_init(&large, 1 << 20, (size_t)1 << 30);
	uint8_t *megabyte = calloc(1, STORE_VALUE);
	struct plan *p = plan_new(&large);
	/* More than the map holds. */
	for (uint32_t i = 0; i < 100; i++) {
		uint8_t key[4];
		put_be32(key, i);
		plan_put(p, TABLE_META, bytes_of(key, 4),
		    bytes_of(megabyte, STORE_VALUE));
	}
	plan_draft(p, bytes_text("\x80"));
	was_full = store_commit(f->book->store, p) == ERR_FULL;
	free(megabyte);
	arena_release(&large);
	assert_true(was_full);
	for (uint64_t size = 2; size <= 40; size++)
		append_one(f);
	struct digest root;
	assert_int_equal(auditlog_root(f->book->snapshot, 40, &root), ERR_OK);
	assert_memory_equal(&root, &f->roots[40], 32);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
}

static enum err count_entries(void *ctx, const struct entry *e)
{
	(void)e;
	++*(uint64_t *)ctx;
	return ERR_OK;
}

static void flip(struct fixture *f, enum table t, struct bytes key, size_t at)
{
	struct row row;
	uint8_t copy[4096];
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
	assert_int_equal(snapshot_get(f->book->snapshot, t, key, &row), ERR_OK);
	assert_true(row.value.len <= sizeof(copy));
	memcpy(copy, row.value.data, row.value.len);
	copy[at] ^= 1;
	struct plan *p = book_plan(f->book);
	plan_put(p, t, key, bytes_of(copy, row.value.len));
	assert_int_equal(store_commit(f->book->store, p), ERR_OK);
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
}

static uint64_t count_bad(struct fixture *f, uint64_t *first)
{
	struct audit_result r;
	uint64_t seen = 0;
	assert_int_equal(auditlog_verify(f->log, f->book->snapshot, 0,
			     UINT64_MAX, count_entries, &seen, &r),
	    ERR_OK);
	assert_true(r.entries == 100 && seen + r.bad >= 100);
	*first = r.first_bad;
	return r.bad;
}

static void test_verify_finds_every_flipped_byte(void **state)
{
	struct fixture *f = *state;
	uint64_t first;
	uint8_t key[8], tile[9] = { 0 };
	while (f->model.size < 100)
		append_one(f);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
	assert_int_equal(count_bad(f, &first), 0);
	/* In tiles, and on the edge beyond them. */
	for (uint64_t at = 3; at < 100; at += 31) {
		struct bytes leaf;
		put_be64(key, at);
		assert_int_equal(
		    auditlog_leaf(f->book->snapshot, at, &leaf), ERR_OK);
		for (size_t i = 0, len = leaf.len; i < len; i++) {
			flip(f, TABLE_LOG, bytes_of(key, 8), i);
			assert_true(count_bad(f, &first) > 0);
			/* What follows a later time may be named as well. */
			assert_true(first >= at);
			flip(f, TABLE_LOG, bytes_of(key, 8), i);
			arena_reset(&f->book->arena);
		}
	}
	put_be64(tile + 1, 1);
	for (size_t i = 0; i < 1024; i += 97) {
		flip(f, TABLE_TILE, bytes_of(tile, 9), i);
		assert_true(count_bad(f, &first) > 0);
		flip(f, TABLE_TILE, bytes_of(tile, 9), i);
	}
	put_be64(key, 100);
	flip(f, TABLE_NOTE, bytes_of(key, 8), 40);
	assert_int_equal(count_bad(f, &first), 1);
	flip(f, TABLE_NOTE, bytes_of(key, 8), 40);
	assert_int_equal(count_bad(f, &first), 0);
}

int main(void)
{
#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_LOG(test_every_proof_of_every_size_holds),
		WITH_LOG(test_third_level_is_proved),
		WITH_LOG(test_reopening_at_every_size_goes_on),
		WITH_LOG(test_conflict_has_an_entry_and_leaves_nothing),
		WITH_LOG(test_refusal_keeps_its_own_word),
		WITH_LOG(test_time_never_goes_back),
		WITH_LOG(test_aborted_batch_leaves_the_tree_as_it_was),
		WITH_LOG(test_verify_finds_every_flipped_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
