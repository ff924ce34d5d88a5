// SPDX-License-Identifier: MIT
/*
 * Condition trees from any bytes, behind the check that every message passes.
 *
 * What is read must keep its promises: bounds on depth and nodes, a shape
 * that fits the operator, values that lie in the input.
 */
#include "common/cond.h"
#include "common/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint32_t check_tree(
    const struct cond *c, unsigned depth, struct bytes whole)
{
	uint32_t nodes = 1;
	ASSERT(c && depth <= COND_DEPTH);
	ASSERT(cond_parse_word(bytes_text(cond_word(c->op))) == c->op);
	if (c->op > COND_NOT) {
		ASSERT(c->count == 0 && c->field.len > 0);
		ASSERT((c->value.len == 0) == (c->op == COND_EMPTY));
		ASSERT(
		    c->op == COND_EMPTY || (c->value.data >= whole.data &&
					       c->value.data + c->value.len <=
						   whole.data + whole.len));
		return nodes;
	}
	ASSERT(c->count > 0 && (c->op != COND_NOT || c->count == 1));
	for (uint32_t i = 0; i < c->count; i++)
		nodes += check_tree(c->items[i], depth + 1, whole);
	return nodes;
}

static void read_tree(struct bytes whole)
{
	struct arena arena;
	struct cond *root;
	struct reader r = reader_of(whole);
	arena_init(&arena, 4096, 1 << 16);
	if (cond_read(&r, &arena, &root) == ERR_OK)
		ASSERT(check_tree(root, 1, whole) <= COND_NODES);
	else
		ASSERT(root == NULL);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct unpack_limits limits = { 16, 65536 };
	struct bytes whole = bytes_of(data, len);
	enum err checked = unpack_check(whole, &limits);
	/* The tree's reader must be safe on bytes that fail the check, too. */
	if (checked == ERR_OK || checked == ERR_INVALID)
		read_tree(whole);
	return 0;
}
