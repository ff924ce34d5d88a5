// SPDX-License-Identifier: MIT
/*
 * Log entries: what is packed reads back, in one form alone, within bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/audit/entry.h"

static const uint8_t fields[] = { 1, 4, 9 };
static const uint8_t spki[32] = { 7, 7, 7 };
static const struct entry_record records[] = {
	{ .entity = 1,
	    .id = 77,
	    .version = 3,
	    .touch = TOUCH_WRITE,
	    .fields = fields,
	    .field_count = 3,
	    .has_root = true,
	    .root = { { 9, 8, 7 } } },
	{ .entity = 2, .id = UINT64_MAX, .touch = TOUCH_MASKED },
};

static struct draft full_draft(void)
{
	return (struct draft){ .user = 5,
		.login = "wang",
		.roles = "sales support",
		.branch = 2,
		.peer = "192.0.2.1:5348",
		.spki = spki,
		.method = "record.update",
		.result = "denied",
		.request = "r-1",
		.source = "phone",
		.count = 12,
		.subject = 77,
		.has_reason = true,
		.reason = { { 1, 2, 3 } },
		.clear = "wang, version 3",
		.note = { (const uint8_t *)"\0sealed", 7 },
		.has_terms = true,
		.terms = { { 4, 5, 6 } },
		.records = records,
		.record_count = 2 };
}

static void pack_leaf(const struct draft *d, struct buf *leaf)
{
	struct buf draft;
	buf_init(&draft, 1 << 20);
	buf_init(leaf, 1 << 20);
	assert_int_equal(draft_pack(d, &draft), ERR_OK);
	leaf_pack(42, 1800000000000, "ok", buf_bytes(&draft), leaf);
	assert_int_equal(leaf->err, ERR_OK);
	buf_release(&draft);
}

static void test_full_entry_reads_back(void **state)
{
	struct draft d = full_draft();
	struct entry e;
	struct arena a;
	struct buf leaf;
	(void)state;
	arena_init(&a, 4096, 1 << 20);
	pack_leaf(&d, &leaf);
	assert_int_equal(leaf_parse(buf_bytes(&leaf), &a, &e), ERR_OK);
	assert_int_equal(e.position, 42);
	assert_int_equal(e.time_ms, 1800000000000);
	assert_string_equal(e.result, "ok");
	assert_string_equal(e.draft.login, d.login);
	assert_string_equal(e.draft.peer, d.peer);
	assert_string_equal(e.draft.clear, d.clear);
	assert_true(bytes_equal(e.draft.note, d.note));
	assert_int_equal(e.draft.count, 12);
	assert_memory_equal(e.draft.spki, spki, 32);
	assert_memory_equal(&e.draft.reason, &d.reason, 32);
	assert_true(e.draft.has_terms);
	assert_int_equal(e.draft.record_count, 2);
	assert_memory_equal(e.draft.records[0].fields, fields, 3);
	assert_true(e.draft.records[0].has_root);
	assert_int_equal(e.draft.records[1].id, UINT64_MAX);
	assert_false(e.draft.records[1].has_root);
	/* And packs to the same bytes. */
	struct buf again;
	pack_leaf(&e.draft, &again);
	assert_true(bytes_equal(buf_bytes(&leaf), buf_bytes(&again)));
	buf_release(&again);
	buf_release(&leaf);
	arena_release(&a);
}

static void test_absent_means_none(void **state)
{
	struct draft d = { .method = "system.start", .count = 1 };
	struct entry e;
	struct arena a;
	struct buf leaf;
	(void)state;
	arena_init(&a, 4096, 1 << 20);
	pack_leaf(&d, &leaf);
	assert_int_equal(leaf_parse(buf_bytes(&leaf), &a, &e), ERR_OK);
	assert_null(e.draft.login);
	assert_null(e.draft.spki);
	assert_false(e.draft.has_reason);
	assert_int_equal(e.draft.count, 1);
	assert_int_equal(e.draft.record_count, 0);
	buf_release(&leaf);
	arena_release(&a);
}

static void test_every_cut_leaf_is_corrupt(void **state)
{
	struct draft d = full_draft();
	struct entry e;
	struct arena a;
	struct buf leaf;
	(void)state;
	arena_init(&a, 4096, 1 << 22);
	pack_leaf(&d, &leaf);
	struct bytes whole = buf_bytes(&leaf);
	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(
		    leaf_parse(bytes_of(whole.data, len), &a, &e), ERR_CORRUPT);
	buf_append_byte(&leaf, 0xc0);
	assert_int_equal(leaf_parse(buf_bytes(&leaf), &a, &e), ERR_CORRUPT);
	buf_release(&leaf);
	arena_release(&a);
}

static void test_other_forms_of_the_same_are_corrupt(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} leaves[] = {
		{ "\x94\x00\x00\xa2ok\x81\xa4none\x01", 13 }, /* no such key */
		{ "\x94\x00\x00\xa2ok\x81\xa4user\x00", 13 }, /* a zero */
		{ "\x94\x00\x00\xa2ok\x81\xa5"
		  "count\x01",
		    14 }, /* one */
		{ "\x94\x00\x00\xa2ok\x82\xa4user\x01\xa4user\x01", 19 },
		{ "\x94\x00\x00\xa2ok\x82\xa6"
		  "branch\x01\xa4user\x01",
		    21 },                                        /* order */
		{ "\x94\x00\x00\xa2ok\x81\xa7records\x90", 16 }, /* empty */
		{ "\x94\x00\x00\xa2ok\x81\xa7records\x91\x95\x01\x01\x01\x04"
		  "\xc4\x00",
		    23 }, /* touch 4 */
		{ "\x94\x00\x00\xa2ok\x81\xa7records\x91\x95\x01\x01\x01\x00"
		  "\xc4\x02\x05\x05",
		    25 }, /* twice */
		{ "\x94\x00\x00\xa2ok\x81\xa7records\xdd\xff\xff\xff\xff", 20 },
		{ "\x93\x00\x00\xa2ok", 6 },
	};
	static const char good[] =
	    "\x94\x00\x00\xa2ok\x81\xa7records\x91\x95\x01\x01\x01\x03"
	    "\xc4\x02\x05\x06";
	struct entry e;
	struct arena a;
	(void)state;
	arena_init(&a, 4096, 1 << 20);
	assert_int_equal(leaf_parse(bytes_of(good, 25), &a, &e), ERR_OK);
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		enum err err = leaf_parse(
		    bytes_of(leaves[i].bytes, leaves[i].len), &a, &e);
		if (err != ERR_CORRUPT)
			fail_msg("leaf %zu gives %d", i, err);
	}
	arena_release(&a);
}

/* An atomic batch is one entry, and whoever reads entries has an arena of this
 * size. */
static void test_a_batch_of_a_thousand_fits(void **state)
{
	struct entry_record *all = calloc(3000, sizeof(*all));
	struct draft d = { .records = all, .record_count = 3000 };
	struct entry e;
	struct arena a;
	struct buf leaf;
	uint8_t set[20];
	(void)state;
	for (uint8_t i = 0; i < sizeof(set); i++)
		set[i] = (uint8_t)(i + 1);
	for (size_t i = 0; i < 3000; i++) {
		all[i] = records[0];
		all[i].id = UINT64_MAX - i;
		all[i].fields = set;
		all[i].field_count = sizeof(set);
	}
	pack_leaf(&d, &leaf);
	arena_init(&a, 4096, 1 << 20);
	assert_int_equal(leaf_parse(buf_bytes(&leaf), &a, &e), ERR_OK);
	assert_int_equal(e.draft.record_count, 3000);
	arena_release(&a);
	buf_release(&leaf);
	free(all);
}

static void test_too_many_records_leave_the_buffer_as_it_was(void **state)
{
	struct entry_record *many = calloc(100000, sizeof(*many));
	struct draft d = { .records = many, .record_count = 100000 };
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 22);
	buf_append_text(&out, "before");
	assert_int_equal(draft_pack(&d, &out), ERR_TOO_LARGE);
	assert_true(bytes_is(buf_bytes(&out), "before"));
	buf_release(&out);
	free(many);
}

static void test_root_depends_on_every_commitment(void **state)
{
	struct commitment c[3] = { { 0x101, { 1 } }, { 0x102, { 2 } },
		{ 0x103, { 3 } } };
	struct digest whole, other;
	(void)state;
	entry_root(c, 3, &whole);
	entry_root(c, 2, &other);
	assert_memory_not_equal(&whole, &other, 32);
	for (int i = 0; i < 3; i++) {
		c[i].of[31] ^= 1;
		entry_root(c, 3, &other);
		assert_memory_not_equal(&whole, &other, 32);
		c[i].of[31] ^= 1;
		c[i].field ^= 1;
		entry_root(c, 3, &other);
		assert_memory_not_equal(&whole, &other, 32);
		c[i].field ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_entry_reads_back),
		cmocka_unit_test(test_absent_means_none),
		cmocka_unit_test(test_every_cut_leaf_is_corrupt),
		cmocka_unit_test(test_other_forms_of_the_same_are_corrupt),
		cmocka_unit_test(test_a_batch_of_a_thousand_fits),
		cmocka_unit_test(
		    test_too_many_records_leave_the_buffer_as_it_was),
		cmocka_unit_test(test_root_depends_on_every_commitment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
