// SPDX-License-Identifier: MIT
/*
 * The log's pages: long entries, as those of imports, make them shorter.
 */
#include "whole_book.h"

#define ENTRIES 12
#define RECORDS 3000 /* a batch of 1,000 items, each with two that moved */

static const uint8_t set[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static uint64_t write_long_entries(struct whole *w)
{
	struct entry_record *all = calloc(RECORDS, sizeof(*all));
	struct draft d = { .method = "record.batch",
		.records = all,
		.record_count = RECORDS };

	for (size_t i = 0; i < RECORDS; i++)
		all[i] = (struct entry_record){ .entity = 1,
			.id = UINT64_MAX - i,
			.version = 1,
			.touch = TOUCH_WRITE,
			.fields = set,
			.field_count = sizeof(set),
			.has_root = true };
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct plan *p = book_plan(w->book);

		assert_int_equal(draft_plan(&d, p), ERR_OK);
		assert_int_equal(store_commit(w->book->store, p), ERR_OK);
	}
	free(all);
	whole_refresh(w);
	return snapshot_head(w->desk.snapshot);
}

static uint64_t count_of(struct whole *w, const char *list)
{
	struct reader in = reader_of(unpack_lookup(w->packed, list));

	return read_array(&in);
}

static bool has_more(struct whole *w)
{
	return strcmp(at(w, "next"), "null") != 0;
}

static void test_export_comes_in_pages_and_misses_none(void **state)
{
	struct whole *w = *state;
	uint64_t head = write_long_entries(w), from = 0;
	unsigned pages = 0;

	do {
		must(w, "auditor", "audit.export", "{'from':%llu,'limit':1000}",
		    (unsigned long long)from);
		assert_true(w->packed.len < 2 << 20);
		from += count_of(w, "entries");
		pages++;
		if (has_more(w))
			assert_int_equal(
			    strtoull(at(w, "next"), NULL, 10), from);
	} while (has_more(w) && from < head);
	assert_true(from >= head);
	assert_true(pages > 1);
}

static void test_finding_comes_in_pages_and_misses_none(void **state)
{
	struct whole *w = *state;
	char next[40] = "";
	uint64_t found = 0;
	unsigned pages = 0;

	do {
		must(w, "auditor", "audit.find",
		    "{'method':'record.batch','limit':1000%s}", next);
		assert_true(w->packed.len < 2 << 20);
		found += count_of(w, "rows");
		pages++;
		snprintf(next, sizeof(next), ",'from':%s", at(w, "next"));
	} while (has_more(w) && pages < 10 * ENTRIES);
	assert_int_equal(found, ENTRIES);
	assert_true(pages > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_export_comes_in_pages_and_misses_none),
		cmocka_unit_test(test_finding_comes_in_pages_and_misses_none),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
