// SPDX-License-Identifier: MIT
/*
 * YAML to a packed document: what is typed, what is refused and where.
 */
#include "common/unpack.h"
#include "server/schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static enum err parse(const char *yaml, struct buf *out, char *message)
{
	buf_init(out, 1 << 20);
	message[0] = 0;
	return document_parse(bytes_text(yaml), out, message, 200);
}

static void refuses(const char *yaml, const char *message)
{
	struct buf out;
	char said[200];

	assert_int_equal(parse(yaml, &out, said), ERR_INVALID);
	if (strncmp(said, message, strlen(message)) != 0)
		fail_msg("%s\nsaid: %s\nwanted: %s", yaml, said, message);
	buf_release(&out);
}

static void test_plain_scalars_are_typed_and_quoted_are_text(void **state)
{
	static const struct {
		const char *key;
		enum unpack_type type;
	} wanted[] = { { "a", UNPACK_INT }, { "b", UNPACK_INT },
		{ "c", UNPACK_BOOL }, { "d", UNPACK_TEXT },
		{ "e", UNPACK_TEXT }, { "f", UNPACK_TEXT },
		{ "g", UNPACK_TEXT }, { "h", UNPACK_TEXT },
		{ "i", UNPACK_ARRAY }, { "j", UNPACK_MAP } };
	struct buf out;
	char message[200];

	(void)state;
	assert_int_equal(parse("a: 12\nb: -3\nc: true\nd: \"12\"\ne: 1.5\n"
			       "f: 007\ng: no\nh: 2026-12-01\ni: [1, 2]\n"
			       "j: { k: 客户 }\n",
			     &out, message),
	    ERR_OK);
	for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		struct reader r =
		    reader_of(unpack_lookup(buf_bytes(&out), wanted[i].key));
		assert_int_equal(reader_peek(&r), wanted[i].type);
	}
	buf_release(&out);
}

static void test_refusals_name_line_and_column(void **state)
{
	(void)state;
	refuses("a: 1\nb: 2\na: 3\n",
	    "line 3, column 1: the key a stands here twice");
	refuses("a: { x: 1, x: 2 }\n", "line 1, column 12: the key x");
	refuses("a: &here 1\n", "line 1, column 4: anchors");
	refuses("a: &here [1]\nb: *here\n", "line 1, column 4: anchors");
	refuses("a: !!int 1\n", "line 1, column 4: anchors");
	refuses("a: !mine { b: 1 }\n", "line 1, column 4: anchors");
	refuses("a: 1\nb:\n", "line 2, column 3: a value is missing");
	refuses("a: ~\n", "line 1, column 4: a value is missing");
	refuses("a: [1, 2\n", "line 2, column 1: this is no YAML");
	refuses("[a, b]: 1\n", "line 1, column 1: a key must be plain text");
	refuses("[1, 2]\n", "line 1, column 1: a map is expected");
	refuses("", "line 1, column 1: the file is empty");
	refuses("a: 1\n---\nb: 2\n", "line 2, column 1: one document");
	refuses("a: \xff\n", "line 1, column 1: this is no YAML");
}

static void test_an_equal_key_in_another_map_is_fine(void **state)
{
	struct buf out;
	char message[200];

	(void)state;
	assert_int_equal(
	    parse("a: { x: 1 }\nb: { x: 1, a: 2 }\n", &out, message), ERR_OK);
	buf_release(&out);
}

static void test_depth_is_bounded(void **state)
{
	char yaml[128] = "a: ";
	struct buf out;
	char message[200];

	(void)state;
	for (unsigned i = 0; i < 15; i++)
		strcat(yaml, "[");
	assert_int_equal(strlen(yaml), 18);
	for (unsigned i = 0; i < 15; i++)
		strcat(yaml, "]");
	assert_int_equal(parse(yaml, &out, message), ERR_OK);
	buf_release(&out);
	strcpy(yaml, "a: ");
	for (unsigned i = 0; i < 17; i++)
		strcat(yaml, "[");
	refuses(yaml, "line 1, column 19: too deep");
}

static void test_size_is_bounded(void **state)
{
	size_t len = 513 * 1024;
	char *yaml = malloc(len);
	char message[200];
	struct buf out;

	(void)state;
	memset(yaml, ' ', len);
	buf_init(&out, 1 << 20);
	assert_int_equal(
	    document_parse(bytes_of(yaml, len), &out, message, sizeof message),
	    ERR_TOO_LARGE);
	buf_release(&out);
	free(yaml);
}

static void test_a_full_buffer_is_told(void **state)
{
	struct buf out;
	char message[200];

	(void)state;
	buf_init(&out, 8);
	assert_int_equal(document_parse(bytes_text("a: a text of some length"),
			     &out, message, sizeof message),
	    ERR_TOO_LARGE);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_plain_scalars_are_typed_and_quoted_are_text),
		cmocka_unit_test(test_refusals_name_line_and_column),
		cmocka_unit_test(test_an_equal_key_in_another_map_is_fine),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_size_is_bounded),
		cmocka_unit_test(test_a_full_buffer_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
