// SPDX-License-Identifier: MIT
/*
 * Condition trees: the shapes that are read, those refused, the bounds.
 *
 * Trees are written as text here ("[and [= city x] ...]"), one word an item;
 * a number is an integer, nil, map and float are what they say.
 */
#include "common/cond.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "common/pack.h"

#include <cmocka.h>

struct fixture {
	struct arena arena;
	struct buf packed;
	struct cond *root;
};

static int setup(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));
	arena_init(&f->arena, 4096, 1 << 16);
	buf_init(&f->packed, 1 << 16);
	f->root = NULL;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_release(&f->arena);
	buf_release(&f->packed);
	test_free(f);
	return 0;
}

static void pack_word(struct buf *b, struct bytes word)
{
	if (bytes_is(word, "nil"))
		pack_nil(b);
	else if (bytes_is(word, "map"))
		pack_map(b, 0);
	else if (bytes_is(word, "float"))
		buf_append(b, "\xCA\x3F\x80\x00\x00", 5);
	else if (bytes_is(word, "''"))
		pack_cstr(b, "");
	else if (word.data[0] >= '0' && word.data[0] <= '9')
		pack_int(b, strtol((const char *)word.data, NULL, 10));
	else
		pack_text(b, word);
}

/* Packs one item of `text` and gives what follows it. */
static const char *pack_item(struct buf *b, const char *text)
{
	uint32_t count = 0;
	if (*text != '[') {
		size_t len = strcspn(text, " ]");
		pack_word(b, bytes_of(text, len));
		return text + len;
	}
	size_t mark = pack_array_open(b);
	for (text++; *text != ']'; count++) {
		text = pack_item(b, text);
		text += *text == ' ';
	}
	pack_array_close(b, mark, count);
	return text + 1;
}

static enum err read_tree(struct fixture *f, const char *text)
{
	buf_reset(&f->packed);
	arena_reset(&f->arena);
	pack_item(&f->packed, text);
	assert_int_equal(f->packed.err, ERR_OK);
	struct reader r = reader_of(buf_bytes(&f->packed));
	return cond_read(&r, &f->arena, &f->root);
}

static void test_leaf_keeps_field_and_packed_value(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(read_tree(f, "[<= credit 5]"), ERR_OK);
	assert_int_equal(f->root->op, COND_LE);
	assert_true(bytes_is(f->root->field, "credit"));
	assert_int_equal(f->root->count, 0);
	struct reader value = reader_of(f->root->value);
	assert_int_equal(read_int(&value), 5);
	assert_true(value.at == value.end && value.err == ERR_OK);
}

static void test_tree_keeps_order_and_nesting(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(
	    read_tree(f, "[and [= a x] [or [> b 1] [not [empty c]]]]"), ERR_OK);
	const struct cond *root = f->root;
	assert_int_equal(root->op, COND_AND);
	assert_int_equal(root->count, 2);
	assert_int_equal(root->items[0]->op, COND_EQ);
	const struct cond *either = root->items[1];
	assert_int_equal(either->op, COND_OR);
	assert_int_equal(either->items[0]->op, COND_GT);
	const struct cond *negated = either->items[1];
	assert_int_equal(negated->op, COND_NOT);
	assert_int_equal(negated->count, 1);
	assert_int_equal(negated->items[0]->op, COND_EMPTY);
	assert_true(bytes_is(negated->items[0]->field, "c"));
	assert_int_equal(negated->items[0]->value.len, 0);
}

static void test_every_word_is_read_back(void **state)
{
	(void)state;
	for (unsigned op = 0; op < COND_OP_COUNT; op++) {
		const char *word = cond_word((enum cond_op)op);
		assert_int_equal(cond_parse_word(bytes_text(word)), op);
	}
	assert_int_equal(cond_parse_word(bytes_text("like")), COND_OP_COUNT);
	assert_int_equal(cond_parse_word(BYTES_NONE), COND_OP_COUNT);
	assert_string_equal(cond_word(COND_LE), "<=");
}

static void test_well_formed_trees_are_read(void **state)
{
	static const char *const right[] = { "[= a x]", "[!= a nil]", "[< a 1]",
		"[>= a 1]", "[in a [x y 3]]", "[in a []]", "[prefix a x]",
		"[contains a x]", "[has tags vip]", "[empty a]", "[or [= a 1]]",
		"[not [not [= a 1]]]" };
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_int_equal(read_tree(*state, right[i]), ERR_OK);
}

static void test_malformed_trees_are_invalid(void **state)
{
	static const char *const wrong[] = { "x", "5", "nil", "map", "[]",
		"[and]", "[or]", "[not]", "[not [= a 1] [= b 1]]", "[and x]",
		"[and [= a 1] 7]", "[=]", "[= a]", "[= a 1 2]", "[like a x]",
		"[5 a x]", "[nil a x]", "[[= a 1]]", "[= 5 x]", "[= nil x]",
		"[= '' x]", "[empty]", "[empty a nil]", "[empty 5]",
		"[= a map]", "[= a float]", "[= a [x]]", "[has a [x]]",
		"[in a x]", "[in a map]", "[in a [x map]]", "[in a [[x]]]",
		"[in a [float]]", "[AND [= a 1]]" };
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(read_tree(f, wrong[i]), ERR_INVALID);
		assert_null(f->root);
	}
}

static void pack_nested(struct buf *b, unsigned depth)
{
	for (unsigned i = 1; i < depth; i++) {
		pack_array(b, 2);
		pack_cstr(b, "not");
	}
	pack_array(b, 2);
	pack_cstr(b, "empty");
	pack_cstr(b, "a");
}

static void pack_wide(struct buf *b, uint32_t nodes)
{
	pack_array(b, nodes);
	pack_cstr(b, "or");
	for (uint32_t i = 1; i < nodes; i++)
		pack_nested(b, 1);
}

static enum err read_packed(struct fixture *f)
{
	struct reader r = reader_of(buf_bytes(&f->packed));
	return cond_read(&r, &f->arena, &f->root);
}

static void test_depth_is_bounded(void **state)
{
	struct fixture *f = *state;
	pack_nested(&f->packed, COND_DEPTH);
	assert_int_equal(read_packed(f), ERR_OK);
	buf_reset(&f->packed);
	pack_nested(&f->packed, COND_DEPTH + 1);
	assert_int_equal(read_packed(f), ERR_TOO_LARGE);
	assert_null(f->root);
}

static void test_nodes_are_bounded(void **state)
{
	struct fixture *f = *state;
	pack_wide(&f->packed, COND_NODES);
	assert_int_equal(read_packed(f), ERR_OK);
	assert_int_equal(f->root->count, COND_NODES - 1);
	buf_reset(&f->packed);
	pack_wide(&f->packed, COND_NODES + 1);
	assert_int_equal(read_packed(f), ERR_TOO_LARGE);
}

static void test_nodes_are_counted_over_all_branches(void **state)
{
	struct fixture *f = *state;
	pack_array(&f->packed, 3);
	pack_cstr(&f->packed, "and");
	pack_wide(&f->packed, COND_NODES / 2);
	pack_wide(&f->packed, COND_NODES / 2);
	assert_int_equal(read_packed(f), ERR_TOO_LARGE);
}

static void test_announced_count_takes_no_memory(void **state)
{
	struct fixture *f = *state;
	buf_append(&f->packed, "\xDD\xFF\xFF\xFF\xFF\xA2or", 8);
	assert_int_not_equal(read_packed(f), ERR_OK);
	assert_true(f->arena.used < 1024);
}

static void test_small_arena_is_too_large(void **state)
{
	struct fixture *f = *state;
	arena_release(&f->arena);
	arena_init(&f->arena, 64, 128);
	pack_wide(&f->packed, 40);
	assert_int_equal(read_packed(f), ERR_TOO_LARGE);
	assert_null(f->root);
}

static void test_exactly_one_value_is_consumed(void **state)
{
	struct fixture *f = *state;
	pack_nested(&f->packed, 2);
	pack_int(&f->packed, 42);
	struct reader r = reader_of(buf_bytes(&f->packed));
	assert_int_equal(cond_read(&r, &f->arena, &f->root), ERR_OK);
	assert_int_equal(read_int(&r), 42);
	assert_int_equal(r.err, ERR_OK);
}

static void test_cut_tree_is_invalid(void **state)
{
	struct fixture *f = *state;
	pack_nested(&f->packed, 3);
	for (size_t len = buf_bytes(&f->packed).len; len--;) {
		struct bytes cut = bytes_of(buf_bytes(&f->packed).data, len);
		struct reader r = reader_of(cut);
		assert_int_equal(
		    cond_read(&r, &f->arena, &f->root), ERR_INVALID);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_leaf_keeps_field_and_packed_value),
		TEST(test_tree_keeps_order_and_nesting),
		TEST(test_every_word_is_read_back),
		TEST(test_well_formed_trees_are_read),
		TEST(test_malformed_trees_are_invalid),
		TEST(test_depth_is_bounded),
		TEST(test_nodes_are_bounded),
		TEST(test_nodes_are_counted_over_all_branches),
		TEST(test_announced_count_takes_no_memory),
		TEST(test_small_arena_is_too_large),
		TEST(test_exactly_one_value_is_consumed),
		TEST(test_cut_tree_is_invalid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
