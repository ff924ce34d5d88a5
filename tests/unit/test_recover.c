// SPDX-License-Identifier: MIT
/*
 * A book that was not closed, against a model: after a kill, after a power
 * cut, and put together from files that do not belong to each other.
 *
 * A power cut is made of copies: a page of data.mdb that was written since
 * the last sync is as it was then, as it is now, or rubbish; of the two meta
 * pages one at most is rubbish.  What the installed LMDB makes of meta pages
 * that are put back is thereby tested too.  The seed is printed; KEHU_SEED
 * repeats a run, KEHU_CUTS makes it longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/disk.h"
#include "server/store/engine_inside.h"
#include "server/store/inside.h"
#include "server/store/keeper.h"

#define KEYS 300
#define PAGE 4096

struct file {
	uint8_t *data;
	size_t len;
};

struct model {
	uint16_t ages[KEYS]; /* 0: no row */
	uint64_t head;
};

struct fixture {
	char dir[64], copy[64];
	struct store *store;
	struct arena arena;
	struct model model;
	uint64_t seed;
};

static const char *const names[] = { "data.mdb", "lock.mdb", "store.lock",
	"journal.0", "journal.1", "journal.base" };
#define NAMES (sizeof(names) / sizeof(*names))

static uint64_t chance(struct fixture *f, uint64_t below)
{
	f->seed ^= f->seed << 13;
	f->seed ^= f->seed >> 7;
	f->seed ^= f->seed << 17;
	return f->seed % below;
}

/* --- files ---------------------------------------------------------------*/

static struct file load(const char *dir, const char *name)
{
	struct file file = { 0 };
	int fd;
	if (disk_open(dir, name, false, &fd) != ERR_OK)
		return file;
	file.len = disk_size(fd);
	file.data = calloc(1, file.len + PAGE); /* whole pages */
	assert_int_equal(disk_read(fd, file.data, file.len, 0, name), ERR_OK);
	close(fd);
	return file;
}

static void save(const char *dir, const char *name, struct file file)
{
	int fd;
	assert_int_equal(disk_remove(dir, name), ERR_OK);
	if (!file.data)
		return;
	assert_int_equal(disk_open(dir, name, true, &fd), ERR_OK);
	assert_int_equal(disk_write(fd, file.data, file.len, 0, name), ERR_OK);
	close(fd);
}

static void copy_file(const char *from, const char *to, const char *name)
{
	struct file file = load(from, name);
	save(to, name, file);
	free(file.data);
}

/* What a kill of this moment leaves. */
static void copy_book(const char *from, const char *to)
{
	for (size_t i = 0; i < NAMES; i++)
		if (i != 1 && i != 2)
			copy_file(from, to, names[i]);
}

static bool has(const char *dir, const char *name)
{
	char path[DISK_PATH];
	assert_int_equal(disk_path(dir, name, path), ERR_OK);
	return access(path, F_OK) == 0;
}

/* --- the book and its model ----------------------------------------------*/

static enum err open_dir(const char *dir, bool create, struct store **out)
{
	struct store_options o;
	store_options_init(&o, dir);
	o.create = create;
	o.inline_commit = true;
	return store_open(&o, out);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *seed = getenv("KEHU_SEED");
	log_set_level(getenv("KEHU_LOG") ? LOG_INFO : LOG_NOTHING);
	strcpy(f->dir, "/tmp/kehu-test-recover-XXXXXX");
	strcpy(f->copy, "/tmp/kehu-test-recover-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_non_null(mkdtemp(f->copy));
	f->seed = seed ? strtoull(seed, NULL, 10) : clock_monotonic_ns() | 1;
	print_message("KEHU_SEED=%llu\n", (unsigned long long)f->seed);
	arena_init(&f->arena, 65536, (size_t)4 * 1024 * 1024);
	assert_int_equal(open_dir(f->dir, true, &f->store), ERR_OK);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	arena_release(&f->arena);
	for (size_t i = 0; i < NAMES; i++) {
		assert_int_equal(disk_remove(f->dir, names[i]), ERR_OK);
		assert_int_equal(disk_remove(f->copy, names[i]), ERR_OK);
	}
	assert_int_equal(rmdir(f->dir), 0);
	assert_int_equal(rmdir(f->copy), 0);
	free(f);
	return 0;
}

static struct bytes key_of(uint32_t i, uint8_t room[static 8])
{
	put_be64(room, i * UINT64_C(0x9e3779b97f4a7c15));
	return bytes_of(room, 8);
}

static struct bytes value_of(uint32_t i, uint16_t age)
{
	static uint8_t room[6000];
	size_t len = (i * 131u + age * 977u) % sizeof(room);
	for (size_t n = 0; n < len; n++)
		room[n] = (uint8_t)(n / 251 + n * 7 + i + age);
	return bytes_of(room, len);
}

static void commit_one(struct fixture *f)
{
	uint8_t room[8];
	arena_reset(&f->arena);
	struct plan *p = plan_new(&f->arena);
	plan_draft(p, bytes_text("draft"));
	for (uint64_t n = 1 + chance(f, 4); n > 0; n--) {
		uint32_t i = (uint32_t)chance(f, KEYS);
		struct bytes key = key_of(i, room);
		f->model.ages[i] =
		    chance(f, 4) == 0 ? 0 : (uint16_t)(1 + chance(f, 60000));
		if (f->model.ages[i] == 0)
			plan_del(p, TABLE_ROW, key);
		else
			plan_put(
			    p, TABLE_ROW, key, value_of(i, f->model.ages[i]));
	}
	assert_int_equal(store_commit(f->store, p), ERR_OK);
	f->model.head++;
}

static void commit_some(struct fixture *f, uint64_t count)
{
	while (count-- > 0)
		commit_one(f);
}

static void check(struct store *s, const struct model *m)
{
	struct snapshot *n;
	struct scan *scan;
	struct bytes key;
	struct row row;
	uint8_t room[8];
	size_t there = 0;
	size_t wanted = 0;
	assert_int_equal(store_head(s), m->head);
	assert_int_equal(snapshot_open(s, &n), ERR_OK);
	for (uint32_t i = 0; i < KEYS; i++) {
		enum err err =
		    snapshot_get(n, TABLE_ROW, key_of(i, room), &row);
		assert_int_equal(err, m->ages[i] > 0 ? ERR_OK : ERR_NOT_FOUND);
		wanted += m->ages[i] > 0;
		if (err == ERR_OK)
			assert_true(
			    bytes_equal(row.value, value_of(i, m->ages[i])));
	}
	assert_int_equal(
	    scan_open(n, TABLE_ROW, BYTES_NONE, BYTES_NONE, SCAN_UP, &scan),
	    ERR_OK);
	while (scan_next(scan, &key, &row))
		there++;
	assert_int_equal(scan_error(scan), ERR_OK);
	scan_close(scan);
	assert_int_equal(there, wanted);
	snapshot_close(n);
}

static void check_dir(const char *dir, const struct model *m)
{
	struct store *s;
	assert_int_equal(open_dir(dir, false, &s), ERR_OK);
	check(s, m);
	store_close(s);
}

static void expect_refusal(const char *dir, enum err wanted)
{
	struct store *s;
	struct file before = load(dir, "data.mdb");
	assert_int_equal(open_dir(dir, false, &s), wanted);
	struct file after = load(dir, "data.mdb");
	assert_true(before.len == after.len &&
		    memcmp(before.data, after.data, after.len) == 0);
	free(before.data);
	free(after.data);
}

/* --- kills and cuts ------------------------------------------------------*/

static void test_a_killed_book_has_all_commits(void **state)
{
	struct fixture *f = *state;
	for (int round = 0; round < 20; round++) {
		commit_some(f, chance(f, 60));
		copy_book(f->dir, f->copy);
		check_dir(f->copy, &f->model);
		check_dir(f->copy, &f->model);
	}
}

/* Base and journal change files thousands of times' worth of pages later. */
static void test_a_base_is_whole_after_thousands_of_commits(void **state)
{
	struct fixture *f = *state;
	struct model old;
	commit_some(f, 500);
	assert_int_equal(engine_make_room(f->store->engine), ERR_OK);
	old = f->model;
	struct file base = load(f->dir, "journal.base");
	struct file synced = load(f->dir, "data.mdb");
	commit_some(f, 400); /* fewer than move the base */
	copy_book(f->dir, f->copy);
	struct file now = load(f->copy, "data.mdb");
	for (size_t at = 0; at < now.len; at += PAGE)
		if (at >= 2 * PAGE &&
		    (at >= synced.len ||
			memcmp(now.data + at, synced.data + at, PAGE) != 0))
			memset(now.data + at, 0xa5, PAGE);
	save(f->copy, "data.mdb", now);
	/* No frame: the older state, exactly. */
	save(f->copy, "journal.0", (struct file){ synced.data, 0 });
	save(f->copy, "journal.1", (struct file){ synced.data, 0 });
	save(f->copy, "journal.base", base);
	check_dir(f->copy, &old);
	free(base.data);
	free(synced.data);
	free(now.data);
	commit_some(f, 1500);
	copy_book(f->dir, f->copy);
	check_dir(f->copy, &f->model);
}

static void cut_pages(
    struct fixture *f, struct file *now, const struct file *synced)
{
	uint64_t torn = chance(f, 3); /* 2: neither meta page */
	uint64_t style = chance(f, 5);
	for (size_t at = 0; at < now->len; at += PAGE) {
		uint8_t *page = now->data + at;
		bool is_new = at >= synced->len;
		if (!is_new && memcmp(page, synced->data + at, PAGE) == 0)
			continue;
		uint64_t fate = style < 3 ? style : chance(f, 3);
		if (at < 2 * PAGE && fate == 2 && at / PAGE != torn)
			fate = 0;
		if (fate == 1)
			memcpy(page, synced->data + (is_new ? 0 : at), PAGE);
		else if (fate == 2)
			memset(page, (int)chance(f, 256), PAGE);
	}
}

/* Zeros in a block of what is behind `from` in the journal in use. */
static void tear_frame(
    struct fixture *f, const char *name, uint64_t from, uint64_t to)
{
	struct file file = load(f->copy, name);
	uint64_t block = from + chance(f, (to - from) / PAGE) * PAGE;
	memset(file.data + block, 0, PAGE);
	save(f->copy, name, file);
	free(file.data);
}

static void power_cut(struct fixture *f)
{
	struct journal *j = keeper_journal(f->store->engine->keeper);
	struct model told;
	assert_int_equal(engine_make_room(f->store->engine), ERR_OK);
	struct file synced = load(f->dir, "data.mdb");
	commit_some(f, 1 + chance(f, 120));
	told = f->model;
	uint64_t from = journal_length(j);
	commit_one(f);
	uint64_t to = journal_length(j);
	copy_book(f->dir, f->copy);
	struct file now = load(f->copy, "data.mdb");
	cut_pages(f, &now, &synced);
	if (chance(f, 4) == 0 && now.len > synced.len)
		now.len = synced.len;
	save(f->copy, "data.mdb", now);
	bool is_torn = chance(f, 2) == 0;
	if (is_torn) {
		struct base base;
		int fd;
		assert_int_equal(base_open(f->copy, &fd), ERR_OK);
		assert_int_equal(base_read(fd, &base), ERR_OK);
		close(fd);
		tear_frame(f, names[3 + base.after.segment], from, to);
	}
	check_dir(f->copy, is_torn ? &told : &f->model);
	free(now.data);
	free(synced.data);
}

static void test_a_power_cut_loses_no_acknowledged_commit(void **state)
{
	struct fixture *f = *state;
	const char *cuts = getenv("KEHU_CUTS");
	/* Few free pages, so that what a cut follows needs those of the base.
	 */
	for (int n = 0; n < 60; n++) {
		commit_some(f, 5);
		assert_int_equal(engine_make_room(f->store->engine), ERR_OK);
	}
	for (int n = cuts ? atoi(cuts) : 30; n > 0; n--)
		power_cut(f);
}

/* Opens `dir` in a child, which is killed meanwhile or soon after. */
static void kill_while_opening(struct fixture *f, const char *dir)
{
	useconds_t after = (useconds_t)chance(f, 20000);
	pid_t child = fork();
	if (child == 0) {
		struct store *s;
		(void)!open_dir(dir, false, &s);
		pause();
	}
	assert_true(child > 0);
	usleep(after);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_a_recovery_that_is_killed_begins_again(void **state)
{
	struct fixture *f = *state;
	commit_some(f, 300);
	copy_book(f->dir, f->copy);
	for (int n = 0; n < 20; n++)
		kill_while_opening(f, f->copy);
	check_dir(f->copy, &f->model);
}

/* --- beginning and ending ------------------------------------------------*/

/* The journal is made, the stamp is not: nothing was committed yet. */
static void test_a_journal_that_was_to_begin_is_none(void **state)
{
	struct fixture *f = *state;
	struct model empty = { { 0 }, 0 };
	struct file before = load(f->dir, "data.mdb");
	commit_one(f);
	copy_book(f->dir, f->copy);
	save(f->copy, "data.mdb", before);
	check_dir(f->copy, &empty);
	free(before.data);
}

/* The stamp says whole, the journal's files are still there. */
static void test_a_journal_that_has_ended_is_none(void **state)
{
	struct fixture *f = *state;
	commit_some(f, 40);
	copy_book(f->dir, f->copy);
	store_close(f->store);
	copy_file(f->dir, f->copy, "data.mdb");
	check_dir(f->copy, &f->model);
	assert_int_equal(open_dir(f->copy, false, &f->store), ERR_OK);
	commit_some(f, 10);
	store_close(f->store);
	check_dir(f->copy, &f->model);
	assert_int_equal(open_dir(f->dir, false, &f->store), ERR_OK);
}

/* --- files that do not belong together -----------------------------------*/

static void test_closing_leaves_the_data_file_alone(void **state)
{
	struct fixture *f = *state;
	commit_some(f, 20);
	assert_true(has(f->dir, "journal.base"));
	assert_int_equal(f->store->engine->mark.format, FORMAT_JOURNALED);
	store_close(f->store);
	for (size_t i = 3; i < NAMES; i++)
		assert_false(has(f->dir, names[i]));
	copy_file(f->dir, f->copy, "data.mdb");
	check_dir(f->copy, &f->model);
	assert_int_equal(open_dir(f->dir, false, &f->store), ERR_OK);
	assert_int_equal(f->store->engine->mark.format, FORMAT_WHOLE);
	assert_false(has(f->dir, "journal.base")); /* nothing was written */
	check(f->store, &f->model);
}

/* As a book of a version without a journal is. */
static void test_a_compacted_copy_opens_alone(void **state)
{
	struct fixture *f = *state;
	struct MDB_env *env = f->store->engine->env;
	commit_some(f, 50);
	assert_int_equal(mdb_env_copy2(env, f->copy, MDB_CP_COMPACT), 0);
	struct model then = f->model;
	commit_some(f, 50);
	check_dir(f->copy, &then);
	/* One with its stamp says that it was in use. */
	assert_int_equal(disk_remove(f->copy, "data.mdb"), ERR_OK);
	assert_int_equal(mdb_env_copy2(env, f->copy, 0), 0);
	expect_refusal(f->copy, ERR_CORRUPT);
	/* And not in the place of the one that the journal continues. */
	for (size_t i = 3; i < NAMES; i++)
		copy_file(f->dir, f->copy, names[i]);
	assert_int_equal(disk_remove(f->copy, "data.mdb"), ERR_OK);
	assert_int_equal(mdb_env_copy2(env, f->copy, MDB_CP_COMPACT), 0);
	expect_refusal(f->copy, ERR_CORRUPT);
}

/* The mark stands behind its key, in whatever pages had it. */
static void test_an_older_format_is_refused(void **state)
{
	static const uint8_t mark[] = { 'k', 'e', 'h', 'u', 0, 0, 0,
		FORMAT_WHOLE };
	struct fixture *f = *state;
	commit_some(f, 5);
	store_close(f->store);
	struct file data = load(f->dir, "data.mdb");
	uint8_t *at = data.data, *end = data.data + data.len;
	while ((at = memmem(at, (size_t)(end - at), mark, sizeof mark))) {
		at += sizeof mark;
		at[-1] = FORMAT_WHOLE - 2;
	}
	save(f->copy, "data.mdb", data);
	free(data.data);
	expect_refusal(f->copy, ERR_CORRUPT);
	assert_int_equal(open_dir(f->dir, false, &f->store), ERR_OK);
	check(f->store, &f->model);
}

static void test_an_older_data_file_is_refused(void **state)
{
	struct fixture *f = *state;
	commit_some(f, 50);
	struct file old = load(f->dir, "data.mdb");
	for (int n = 0; n < 3; n++) {
		commit_some(f, 20);
		assert_int_equal(engine_make_room(f->store->engine), ERR_OK);
	}
	copy_book(f->dir, f->copy);
	save(f->copy, "data.mdb", old);
	expect_refusal(f->copy, ERR_CORRUPT);
	free(old.data);
}

/* LMDB's transactions come again with the same numbers and other pages. */
static void test_a_data_file_of_before_a_recovery_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *s;
	commit_some(f, 100);
	copy_book(f->dir, f->copy);
	struct file old = load(f->copy, "data.mdb");
	store_close(f->store);
	assert_int_equal(open_dir(f->copy, false, &s), ERR_OK);
	copy_book(f->copy, f->dir);
	save(f->dir, "data.mdb", old);
	expect_refusal(f->dir, ERR_CORRUPT);
	copy_book(f->copy, f->dir);
	store_close(s);
	assert_int_equal(open_dir(f->dir, false, &f->store), ERR_OK);
	check(f->store, &f->model);
	free(old.data);
}

static void test_another_books_data_file_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	commit_some(f, 20);
	copy_book(f->dir, f->copy);
	assert_int_equal(disk_remove(f->copy, "data.mdb"), ERR_OK);
	struct file base = load(f->copy, "journal.base");
	assert_int_equal(open_dir(f->copy, true, &other), ERR_OK);
	arena_reset(&f->arena);
	struct plan *p = plan_new(&f->arena);
	plan_put(p, TABLE_META, bytes_text("k"), bytes_text("v"));
	assert_int_equal(store_commit(other, p), ERR_OK);
	struct file data = load(f->copy, "data.mdb");
	store_close(other);
	save(f->copy, "data.mdb", data);
	save(f->copy, "journal.base", base);
	expect_refusal(f->copy, ERR_CORRUPT);
	free(base.data);
	free(data.data);
}

static void test_a_data_file_in_use_needs_its_fellows(void **state)
{
	struct fixture *f = *state;
	commit_some(f, 20);
	copy_book(f->dir, f->copy);
	assert_int_equal(disk_remove(f->copy, "journal.1"), ERR_OK);
	expect_refusal(f->copy, ERR_CORRUPT);
	copy_book(f->dir, f->copy);
	assert_int_equal(disk_remove(f->copy, "journal.base"), ERR_OK);
	expect_refusal(f->copy, ERR_CORRUPT);
}

static void test_a_data_file_cut_short_is_refused(void **state)
{
	struct fixture *f = *state;
	commit_some(f, 50);
	assert_int_equal(engine_make_room(f->store->engine), ERR_OK);
	copy_book(f->dir, f->copy);
	struct file data = load(f->copy, "data.mdb");
	data.len = 10 * PAGE;
	save(f->copy, "data.mdb", data);
	expect_refusal(f->copy, ERR_CORRUPT);
	free(data.data);
}

/* Without it, pages of the base before have been used again. */
static void test_a_lost_newest_base_is_refused(void **state)
{
	struct fixture *f = *state;
	struct base base;
	int fd;
	commit_some(f, 50);
	assert_int_equal(engine_make_room(f->store->engine), ERR_OK);
	commit_some(f, 1);
	copy_book(f->dir, f->copy);
	assert_int_equal(base_open(f->copy, &fd), ERR_OK);
	assert_int_equal(base_read(fd, &base), ERR_OK);
	assert_int_equal(
	    disk_write(fd, "rot", 3, base.number % 2 * DISK_BLOCK, "base"),
	    ERR_OK);
	close(fd);
	expect_refusal(f->copy, ERR_CORRUPT);
}

static void test_a_book_that_another_program_reads_waits(void **state)
{
	struct fixture *f = *state;
	int ready[2];
	char byte;
	commit_some(f, 20);
	copy_book(f->dir, f->copy);
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct MDB_env *env;
		if (mdb_env_create(&env) != 0 ||
		    mdb_env_open(env, f->copy, MDB_RDONLY, 0600) != 0 ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
	}
	assert_true(child > 0);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	expect_refusal(f->copy, ERR_CONFLICT);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	check_dir(f->copy, &f->model);
	close(ready[0]);
	close(ready[1]);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_killed_book_has_all_commits),
		TEST(test_a_base_is_whole_after_thousands_of_commits),
		TEST(test_a_power_cut_loses_no_acknowledged_commit),
		TEST(test_a_recovery_that_is_killed_begins_again),
		TEST(test_a_journal_that_was_to_begin_is_none),
		TEST(test_a_journal_that_has_ended_is_none),
		TEST(test_closing_leaves_the_data_file_alone),
		TEST(test_a_compacted_copy_opens_alone),
		TEST(test_an_older_format_is_refused),
		TEST(test_an_older_data_file_is_refused),
		TEST(test_a_data_file_of_before_a_recovery_is_refused),
		TEST(test_another_books_data_file_is_refused),
		TEST(test_a_data_file_in_use_needs_its_fellows),
		TEST(test_a_data_file_cut_short_is_refused),
		TEST(test_a_lost_newest_base_is_refused),
		TEST(test_a_book_that_another_program_reads_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
