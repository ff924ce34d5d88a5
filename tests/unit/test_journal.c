// SPDX-License-Identifier: MIT
/*
 * The journal and the base's slots: torn at every byte, foreign, turned,
 * taken back.
 */
#include "server/store/base.h"
#include "server/store/disk.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char dir[64];
	struct journal *journal;
	struct place first;
};

/* What a reading came upon. */
struct seen {
	unsigned frames;
	uint64_t head;
	size_t bytes;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	strcpy(f->dir, "/tmp/kehu-test-journal-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->journal = journal_new(f->dir);
	assert_int_equal(journal_open(f->journal), ERR_NOT_FOUND);
	assert_int_equal(journal_make(f->journal), ERR_OK);
	f->first = (struct place){ .sequence = 7 };
	memset(f->first.chain.of, 0x5a, DIGEST_SIZE);
	journal_start(f->journal, &f->first);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(journal_remove(f->journal), ERR_OK);
	journal_free(f->journal);
	assert_int_equal(disk_remove(f->dir, BASE_FILE), ERR_OK);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

/* A frame of one row, whose value has `len` bytes. */
static void write_frame(struct fixture *f, uint64_t head, size_t len)
{
	static uint8_t value[STORE_VALUE];
	memset(value, (int)head, len);
	journal_put(f->journal, TABLE_ROW, head, bytes_text("key"),
	    bytes_of(value, len));
	journal_del(f->journal, TABLE_INDEX, bytes_text("gone"));
	assert_int_equal(journal_write(f->journal, 3, head), ERR_OK);
}

static enum err look(void *ctx, const struct frame *f, struct bytes operations)
{
	struct seen *seen = ctx;
	struct operation o;
	seen->frames++;
	seen->head = f->head;
	seen->bytes += operations.len;
	assert_int_equal(operation_next(&operations, &o), ERR_OK);
	assert_true(o.is_put);
	assert_int_equal(o.table, TABLE_ROW);
	assert_int_equal(o.version, f->head);
	assert_true(bytes_is(o.key, "key"));
	assert_int_equal(operation_next(&operations, &o), ERR_OK);
	assert_false(o.is_put);
	assert_int_equal(o.table, TABLE_INDEX);
	assert_int_equal(operations.len, 0);
	assert_int_equal(operation_next(&operations, &o), ERR_CORRUPT);
	return ERR_OK;
}

/* By another journal of the same files, as after a kill. */
static struct seen read_from(
    struct fixture *f, const struct place *from, uint64_t base, enum err wanted)
{
	struct seen seen = { 0 };
	struct journal *j = journal_new(f->dir);
	assert_int_equal(journal_open(j), ERR_OK);
	assert_int_equal(journal_read(j, from, base, look, &seen), wanted);
	journal_free(j);
	return seen;
}

static void poke(struct fixture *f, const char *name, uint64_t at, int change)
{
	uint8_t byte;
	int fd;
	assert_int_equal(disk_open(f->dir, name, false, &fd), ERR_OK);
	assert_int_equal(disk_read(fd, &byte, 1, at, name), ERR_OK);
	byte = (uint8_t)(byte ^ change);
	assert_int_equal(disk_write(fd, &byte, 1, at, name), ERR_OK);
	close(fd);
}

static void test_frames_come_back_in_order(void **state)
{
	struct fixture *f = *state;
	write_frame(f, 1, 10);
	write_frame(f, 2, STORE_VALUE);
	write_frame(f, 3, 0);
	struct seen seen = read_from(f, &f->first, 3, ERR_OK);
	assert_int_equal(seen.frames, 3);
	assert_int_equal(seen.head, 3);
	assert_true(seen.bytes > STORE_VALUE);
}

static void test_a_frame_torn_at_any_byte_ends_the_journal(void **state)
{
	struct fixture *f = *state;
	write_frame(f, 1, 100);
	uint64_t second = journal_length(f->journal);
	write_frame(f, 2, 100);
	size_t used = FRAME_HEAD + 2 * 16 + 3 + 4 + 100;
	for (uint64_t i = 0; i < used; i++) {
		poke(f, "journal.0", second + i, 1);
		assert_int_equal(read_from(f, &f->first, 3, ERR_OK).frames, 1);
		poke(f, "journal.0", second + i, 1);
	}
	assert_int_equal(read_from(f, &f->first, 3, ERR_OK).frames, 2);
}

static void test_a_frame_cut_off_at_any_block_ends_the_journal(void **state)
{
	struct fixture *f = *state;
	char path[DISK_PATH];
	write_frame(f, 1, 100);
	uint64_t second = journal_length(f->journal);
	write_frame(f, 2, 20000);
	assert_int_equal(disk_path(f->dir, "journal.0", path), ERR_OK);
	for (uint64_t end = second + 5 * DISK_BLOCK; end > second;) {
		end -= DISK_BLOCK / 4;
		if (end >= second + 20000)
			continue;
		assert_int_equal(truncate(path, (off_t)end), 0);
		assert_int_equal(read_from(f, &f->first, 3, ERR_OK).frames, 1);
	}
}

static void test_frames_of_another_round_or_book_are_none(void **state)
{
	struct fixture *f = *state;
	struct place other = f->first;
	write_frame(f, 1, 100);
	write_frame(f, 2, 100);
	other.chain.of[5] ^= 1;
	assert_int_equal(read_from(f, &other, 3, ERR_OK).frames, 0);
	other = f->first;
	other.sequence++;
	assert_int_equal(read_from(f, &other, 3, ERR_OK).frames, 0);
	/* The same place again: one frame of this round, then an older one. */
	journal_start(f->journal, &f->first);
	write_frame(f, 9, 90);
	struct seen seen = read_from(f, &f->first, 3, ERR_OK);
	assert_int_equal(seen.frames, 1);
	assert_int_equal(seen.head, 9);
}

static void test_reading_goes_on_behind_a_turn(void **state)
{
	struct fixture *f = *state;
	struct place turned;
	write_frame(f, 1, 100);
	write_frame(f, 2, 100);
	journal_turn(f->journal, &turned);
	assert_int_equal(turned.segment, 1);
	assert_int_equal(journal_length(f->journal), 0);
	assert_int_equal(read_from(f, &turned, 3, ERR_OK).frames, 0);
	write_frame(f, 3, 100);
	assert_int_equal(read_from(f, &f->first, 3, ERR_OK).head, 3);
	assert_int_equal(read_from(f, &f->first, 3, ERR_OK).frames, 3);
	assert_int_equal(read_from(f, &turned, 3, ERR_OK).frames, 1);
}

static void test_a_frame_taken_back_is_gone_and_its_place_used(void **state)
{
	struct fixture *f = *state;
	write_frame(f, 1, 100);
	write_frame(f, 2, 5000);
	assert_int_equal(journal_take_back(f->journal), ERR_OK);
	assert_int_equal(read_from(f, &f->first, 3, ERR_OK).frames, 1);
	write_frame(f, 4, 100);
	struct seen seen = read_from(f, &f->first, 3, ERR_OK);
	assert_int_equal(seen.frames, 2);
	assert_int_equal(seen.head, 4);
}

static void test_what_is_dropped_is_not_written(void **state)
{
	struct fixture *f = *state;
	assert_true(journal_is_blank(f->journal));
	journal_put(f->journal, TABLE_USER, 1, bytes_text("other"),
	    bytes_text("value"));
	assert_false(journal_is_blank(f->journal));
	journal_drop(f->journal);
	assert_true(journal_is_blank(f->journal));
	write_frame(f, 1, 100);
	assert_int_equal(read_from(f, &f->first, 3, ERR_OK).frames, 1);
}

static uint64_t size_of(const struct fixture *f, const char *name)
{
	int fd;
	assert_int_equal(disk_open(f->dir, name, false, &fd), ERR_OK);
	uint64_t size = disk_size(fd);
	close(fd);
	return size;
}

static enum err count(void *ctx, const struct frame *f, struct bytes operations)
{
	struct operation o;
	(void)f;
	while (operations.len > 0) {
		assert_int_equal(operation_next(&operations, &o), ERR_OK);
		++*(unsigned *)ctx;
	}
	return ERR_OK;
}

static void test_bulk_is_one_frame_and_its_room_is_given_back(void **state)
{
	static const uint8_t value[STORE_VALUE];
	struct fixture *f = *state;
	struct place turned;
	unsigned seen = 0;
	for (unsigned i = 0; i < 40; i++)
		journal_put(f->journal, TABLE_ROW, 1, bytes_of(&i, sizeof(i)),
		    bytes_of(value, sizeof(value)));
	assert_int_equal(journal_write(f->journal, 3, 1), ERR_OK);
	assert_true(size_of(f, "journal.0") > (uint64_t)40 * STORE_VALUE);
	journal_turn(f->journal, &turned);
	write_frame(f, 2, 100);
	struct journal *j = journal_new(f->dir);
	assert_int_equal(journal_open(j), ERR_OK);
	assert_int_equal(journal_read(j, &f->first, 3, count, &seen), ERR_OK);
	journal_free(j);
	assert_int_equal(seen, 42);
	journal_release(f->journal);
	assert_true(size_of(f, "journal.0") < (uint64_t)40 * STORE_VALUE);
	assert_int_equal(read_from(f, &turned, 3, ERR_OK).frames, 1);
}

/* Its base was durable once, or the frame would not name it. */
static void test_a_frame_behind_a_newer_base_is_refused(void **state)
{
	struct fixture *f = *state;
	write_frame(f, 1, 100);
	assert_int_equal(read_from(f, &f->first, 2, ERR_CORRUPT).frames, 0);
}

/* --- slots ---------------------------------------------------------------*/

static struct base some_base(uint64_t number)
{
	static const uint8_t known[] = { 0xde, 0xc0, 0xef, 0xbe, 1 };
	struct base b = { .number = number, .after.sequence = number * 10 };
	memset(b.book, 7, sizeof(b.book));
	for (uint8_t i = 0; i < 2; i++) {
		b.metas.of[i][0] = i;
		b.metas.of[i][10] = 8;
		memcpy(b.metas.of[i] + 16, known, sizeof(known));
		b.metas.of[i][41] = 0x10; /* pages of 4,096 bytes */
	}
	return b;
}

static void test_the_newest_whole_slot_is_the_base(void **state)
{
	struct fixture *f = *state;
	struct base got, old = some_base(4), new = some_base(5);
	int fd;
	assert_int_equal(base_open(f->dir, &fd), ERR_OK);
	assert_int_equal(base_read(fd, &got), ERR_NOT_FOUND);
	assert_int_equal(base_write(fd, &old), ERR_OK);
	assert_int_equal(base_read(fd, &got), ERR_OK);
	assert_int_equal(got.number, 4);
	assert_int_equal(base_write(fd, &new), ERR_OK);
	for (uint64_t i = 0; i < 409; i++) {
		assert_int_equal(base_read(fd, &got), ERR_OK);
		assert_int_equal(got.number, 5);
		assert_int_equal(got.after.sequence, 50);
		poke(f, BASE_FILE, DISK_BLOCK + i, 0x80);
		assert_int_equal(base_read(fd, &got), ERR_OK);
		assert_int_equal(got.number, 4);
		assert_true(metas_are_same(&got.metas, &old.metas));
		poke(f, BASE_FILE, DISK_BLOCK + i, 0x80);
	}
	poke(f, BASE_FILE, 30, 1);
	poke(f, BASE_FILE, DISK_BLOCK + 30, 1);
	assert_int_equal(base_read(fd, &got), ERR_CORRUPT);
	close(fd);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames_come_back_in_order),
		TEST(test_a_frame_torn_at_any_byte_ends_the_journal),
		TEST(test_a_frame_cut_off_at_any_block_ends_the_journal),
		TEST(test_frames_of_another_round_or_book_are_none),
		TEST(test_reading_goes_on_behind_a_turn),
		TEST(test_a_frame_taken_back_is_gone_and_its_place_used),
		TEST(test_what_is_dropped_is_not_written),
		TEST(test_bulk_is_one_frame_and_its_room_is_given_back),
		TEST(test_a_frame_behind_a_newer_base_is_refused),
		TEST(test_the_newest_whole_slot_is_the_base),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
