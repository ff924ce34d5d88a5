// SPDX-License-Identifier: MIT
/*
 * The scribe signs what it read back, and nothing else, ever.
 */
#include "small_book.h"

#include <fcntl.h>

#include "server/audit/auditlog.h"

struct fixture {
	struct book *book;
	struct auditlog *log;
};

static enum err open_log(struct fixture *f)
{
	struct book *b = f->book;
	return auditlog_open(b->store, b->keys, &b->clock, b->note, &f->log);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->book = book_new();
	assert_int_equal(open_log(f), ERR_OK);
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

static void append(struct fixture *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct draft d = { .method = "record.get", .user = i + 1 };
		struct plan *p = book_plan(f->book);
		struct buf packed;
		buf_init(&packed, 4096);
		assert_int_equal(draft_pack(&d, &packed), ERR_OK);
		plan_draft(p, buf_bytes(&packed));
		buf_release(&packed);
		assert_int_equal(store_commit(f->book->store, p), ERR_OK);
		arena_reset(&f->book->arena);
	}
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
}

static struct checkpoint newest(struct fixture *f)
{
	struct checkpoint c;
	struct verifier v;
	struct bytes note;
	struct buf key;
	buf_init(&key, 1024);
	auditlog_vkey(f->log, &key);
	assert_int_equal(verifier_parse(buf_bytes(&key), &v), ERR_OK);
	buf_release(&key);
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
	assert_int_equal(
	    auditlog_note(f->book->snapshot, &f->book->arena, &note), ERR_OK);
	assert_int_equal(note_open(note, &v, &c), ERR_OK);
	return c;
}

static void flip(struct fixture *f, enum table t, struct bytes key)
{
	struct row row;
	uint8_t copy[4096];
	assert_int_equal(snapshot_get(f->book->snapshot, t, key, &row), ERR_OK);
	memcpy(copy, row.value.data, row.value.len);
	copy[row.value.len - 1] ^= 1;
	struct plan *p = book_plan(f->book);
	plan_put(p, t, key, bytes_of(copy, row.value.len));
	assert_int_equal(store_commit(f->book->store, p), ERR_OK);
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
}

static void copy_file(const char *from, const char *to)
{
	char block[65536];
	ssize_t got;
	int in = open(from, O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(in >= 0 && out >= 0);
	while ((got = read(in, block, sizeof(block))) > 0)
		assert_int_equal(write(out, block, (size_t)got), got);
	close(in);
	close(out);
}

static void test_turn_signs_what_is_committed(void **state)
{
	struct fixture *f = *state;
	struct digest root;
	struct bytes note;
	assert_int_equal(
	    auditlog_note(f->book->snapshot, &f->book->arena, &note),
	    ERR_NOT_FOUND);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	for (unsigned i = 0; i < 40; i++) {
		append(f, 7);
		assert_int_equal(
		    scribe_turn(f->log, f->book->snapshot), ERR_OK);
		struct checkpoint c = newest(f);
		assert_int_equal(c.size, (i + 1) * 7);
		assert_string_equal(c.origin, auditlog_origin(f->log));
		assert_int_equal(
		    auditlog_root(f->book->snapshot, c.size, &root), ERR_OK);
		assert_memory_equal(&root, &c.root, 32);
	}
}

static void test_nothing_new_is_not_signed_again(void **state)
{
	struct fixture *f = *state;
	struct store_figures before, after;
	append(f, 3);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	store_read_figures(f->book->store, &before);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	store_read_figures(f->book->store, &after);
	assert_int_equal(before.commits, after.commits);
}

static void test_older_notes_are_thinned_out(void **state)
{
	struct fixture *f = *state;
	struct bytes key;
	struct scan *scan;
	struct row row;
	unsigned count = 0;
	for (unsigned i = 0; i < 20; i++) {
		append(f, 2);
		assert_int_equal(
		    scribe_turn(f->log, f->book->snapshot), ERR_OK);
	}
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
	assert_int_equal(scan_open(f->book->snapshot, TABLE_NOTE, BYTES_NONE,
			     BYTES_NONE, SCAN_UP, &scan),
	    ERR_OK);
	while (scan_next(scan, &key, &row))
		count++;
	scan_close(scan);
	assert_int_equal(count, 1);
}

static void expect_alarm(struct fixture *f, uint64_t signed_size)
{
	struct plan *p = book_plan(f->book);
	assert_int_equal(
	    scribe_turn(f->log, f->book->snapshot), ERR_UNVERIFIED);
	assert_false(auditlog_is_sound(f->log));
	assert_int_equal(newest(f).size, signed_size);
	/* Nothing is written any more, and the process lives. */
	uint64_t head = store_head(f->book->store);
	plan_put(p, TABLE_META, bytes_text("mark"), bytes_text("x"));
	plan_draft(p, bytes_text("\x80"));
	assert_int_equal(store_commit(f->book->store, p), ERR_FULL);
	assert_int_equal(store_head(f->book->store), head);
	assert_int_equal(
	    scribe_turn(f->log, f->book->snapshot), ERR_UNVERIFIED);
}

static void test_flipped_leaf_in_a_tile_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	uint8_t key[8];
	append(f, 10);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	append(f, 60);
	put_be64(key, 20);
	flip(f, TABLE_LOG, bytes_of(key, 8));
	expect_alarm(f, 10);
}

static void test_flipped_leaf_on_the_edge_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	uint8_t key[8];
	append(f, 10);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	append(f, 60);
	put_be64(key, 69);
	flip(f, TABLE_LOG, bytes_of(key, 8));
	expect_alarm(f, 10);
}

static void test_flipped_tile_is_an_alarm(void **state)
{
	struct fixture *f = *state;
	uint8_t key[9] = { 0 };
	append(f, 10);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	append(f, 60);
	put_be64(key + 1, 1);
	flip(f, TABLE_TILE, bytes_of(key, 9));
	expect_alarm(f, 10);
}

static void close_log(struct fixture *f)
{
	book_close(f->book);
	auditlog_close(f->log);
	f->log = NULL;
}

static void test_older_files_with_a_newer_note_are_refused(void **state)
{
	struct fixture *f = *state;
	char data[128], kept[128];
	snprintf(data, sizeof(data), "%s/data.mdb", f->book->dir);
	snprintf(kept, sizeof(kept), "%s/kept.mdb", f->book->dir);
	append(f, 10);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	close_log(f);
	copy_file(data, kept);
	book_open(f->book, false);
	assert_int_equal(open_log(f), ERR_OK);
	append(f, 10);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	close_log(f);
	copy_file(kept, data);
	book_open(f->book, false);
	assert_int_equal(open_log(f), ERR_UNVERIFIED);
	assert_null(f->log);
}

static void test_other_history_with_a_newer_note_is_refused(void **state)
{
	struct fixture *f = *state;
	char data[128], kept[128];
	snprintf(data, sizeof(data), "%s/data.mdb", f->book->dir);
	snprintf(kept, sizeof(kept), "%s/kept.mdb", f->book->dir);
	close_log(f);
	copy_file(data, kept);
	book_open(f->book, false);
	assert_int_equal(open_log(f), ERR_OK);
	append(f, 10);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	close_log(f);
	/* A fork: the same keys, other entries, and more of them. */
	copy_file(kept, data);
	char note[128], aside[128];
	snprintf(note, sizeof(note), "%s", f->book->note);
	snprintf(aside, sizeof(aside), "%s.new", f->book->note);
	assert_int_equal(rename(note, aside), 0);
	book_open(f->book, false);
	assert_int_equal(open_log(f), ERR_OK);
	f->book->now_ms++;
	append(f, 20);
	close_log(f);
	assert_int_equal(rename(aside, note), 0);
	book_open(f->book, false);
	assert_int_equal(open_log(f), ERR_UNVERIFIED);
}

static void test_damaged_note_file_is_refused(void **state)
{
	struct fixture *f = *state;
	append(f, 10);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	close_log(f);
	FILE *file = fopen(f->book->note, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 45, SEEK_SET), 0);
	int c = fgetc(file);
	assert_int_equal(fseek(file, 45, SEEK_SET), 0);
	fputc(c == '1' ? '2' : '1', file);
	fclose(file);
	book_open(f->book, false);
	assert_int_equal(open_log(f), ERR_UNVERIFIED);
}

static void test_missing_note_file_is_made_again(void **state)
{
	struct fixture *f = *state;
	append(f, 10);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	close_log(f);
	assert_int_equal(unlink(f->book->note), 0);
	book_open(f->book, false);
	assert_int_equal(open_log(f), ERR_OK);
	append(f, 1);
	assert_int_equal(scribe_turn(f->log, f->book->snapshot), ERR_OK);
	assert_int_equal(access(f->book->note, F_OK), 0);
	assert_int_equal(newest(f).size, 11);
}

static void test_stopping_signs_a_last_time(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(scribe_start(f->log), ERR_OK);
	append(f, 33);
	scribe_stop(f->log);
	assert_int_equal(newest(f).size, 33);
}

int main(void)
{
#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_LOG(test_turn_signs_what_is_committed),
		WITH_LOG(test_nothing_new_is_not_signed_again),
		WITH_LOG(test_older_notes_are_thinned_out),
		WITH_LOG(test_flipped_leaf_in_a_tile_is_an_alarm),
		WITH_LOG(test_flipped_leaf_on_the_edge_is_an_alarm),
		WITH_LOG(test_flipped_tile_is_an_alarm),
		WITH_LOG(test_older_files_with_a_newer_note_are_refused),
		WITH_LOG(test_other_history_with_a_newer_note_is_refused),
		WITH_LOG(test_damaged_note_file_is_refused),
		WITH_LOG(test_missing_note_file_is_made_again),
		WITH_LOG(test_stopping_signs_a_last_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
