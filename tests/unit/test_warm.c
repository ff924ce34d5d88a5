// SPDX-License-Identifier: MIT
/*
 * What the warmer is given comes into memory, all of it; what would not fit
 * well is left alone.
 */
#include "server/store/warm.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE      ((size_t)5 * 1024 * 1024 + 4097)
#define PAGE      4096
#define PATIENCE  60 /* seconds */
#define FAR_LARGE ((off_t)1 << 42)

struct place {
	char dir[64], path[96];
	int file;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	strcpy(p->dir, "/tmp/kehu-warm-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/data.mdb", p->dir);
	p->file = open(p->path, O_RDWR | O_CREAT, 0600);
	assert_true(p->file >= 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	close(p->file);
	unlink(p->path);
	rmdir(p->dir);
	free(p);
	return 0;
}

static size_t pages_in_memory(const struct place *p)
{
	static unsigned char is_there[SIZE / PAGE + 1];
	void *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, p->file, 0);
	size_t count = 0;

	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mincore(map, SIZE, is_there), 0);
	munmap(map, SIZE);
	for (size_t i = 0; i < sizeof is_there; i++)
		count += is_there[i] & 1;
	return count;
}

/* Where the disk is memory itself nothing can go out of it. */
static void test_a_file_comes_into_memory(void **state)
{
	struct place *p = *state;
	char *bytes = calloc(1, SIZE);
	time_t end = time(NULL) + PATIENCE;
	struct warmer *w;

	assert_int_equal(write(p->file, bytes, SIZE), SIZE);
	assert_int_equal(fsync(p->file), 0);
	posix_fadvise(p->file, 0, 0, POSIX_FADV_DONTNEED);
	w = warmer_start(p->dir);
	assert_non_null(w);
	while (pages_in_memory(p) < SIZE / PAGE + 1 && time(NULL) < end)
		usleep(1000);
	assert_int_equal(pages_in_memory(p), SIZE / PAGE + 1);
	warmer_stop(w);
	free(bytes);
}

static void test_what_does_not_fit_is_left_alone(void **state)
{
	struct place *p = *state;

	assert_int_equal(ftruncate(p->file, FAR_LARGE), 0);
	assert_null(warmer_start(p->dir));
}

static void test_where_there_is_no_file_there_is_nothing_to_do(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	assert_null(warmer_start(p->dir));
	warmer_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_file_comes_into_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_what_does_not_fit_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_where_there_is_no_file_there_is_nothing_to_do, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
