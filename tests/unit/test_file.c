// SPDX-License-Identifier: MIT
/*
 * Files read whole: what they hold, the cap, what is none.
 */
#include "common/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE 40000 /* more than one piece */

static void make_file(char path[static 32])
{
	static uint8_t content[SIZE];
	int fd;

	memset(content, 'x', SIZE);
	strcpy(path, "/tmp/test-file-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, SIZE), SIZE);
	close(fd);
}

static void test_append_takes_the_whole_file_behind_what_is_there(void **state)
{
	char path[32];
	struct buf b;

	(void)state;
	make_file(path);
	buf_init(&b, SIZE + 1);
	buf_append_byte(&b, 'a');
	assert_int_equal(file_append(path, &b), ERR_OK);
	assert_int_equal(buf_bytes(&b).len, SIZE + 1);
	assert_int_equal(buf_bytes(&b).data[0], 'a');
	assert_int_equal(buf_bytes(&b).data[SIZE], 'x');
	buf_release(&b);
	unlink(path);
}

static void test_append_stops_at_the_cap(void **state)
{
	char path[32];
	struct buf b;

	(void)state;
	make_file(path);
	buf_init(&b, SIZE - 1);
	assert_int_equal(file_append(path, &b), ERR_TOO_LARGE);
	buf_release(&b);
	unlink(path);
}

static void test_append_tells_what_is_not_there_from_what_is_no_file(
    void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE);
	assert_int_equal(file_append("/proc/none", &b), ERR_NOT_FOUND);
	assert_int_equal(file_append("/tmp", &b), ERR_UNAVAILABLE);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_append_takes_the_whole_file_behind_what_is_there),
		cmocka_unit_test(test_append_stops_at_the_cap),
		cmocka_unit_test(
		    test_append_tells_what_is_not_there_from_what_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
