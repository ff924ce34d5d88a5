// SPDX-License-Identifier: MIT
/*
 * Reads a condition tree, one function for each of its three shapes.
 *
 * The table says which words exist and what stands behind them.  The depth is
 * bounded before a level is entered and the nodes before a list of them is
 * allocated, so an announced count never sizes more than COND_NODES pointers.
 */
#include "common/cond.h"

enum shape {
	SHAPE_TREES, /* one condition or more */
	SHAPE_TREE,  /* exactly one */
	SHAPE_VALUE, /* field, value */
	SHAPE_LIST,  /* field, array of values */
	SHAPE_FIELD, /* field alone */
};

static const struct {
	const char *word;
	enum shape shape;
} ops[COND_OP_COUNT] = {
	[COND_AND] = { "and", SHAPE_TREES },
	[COND_OR] = { "or", SHAPE_TREES },
	[COND_NOT] = { "not", SHAPE_TREE },
	[COND_EQ] = { "=", SHAPE_VALUE },
	[COND_NE] = { "!=", SHAPE_VALUE },
	[COND_LT] = { "<", SHAPE_VALUE },
	[COND_LE] = { "<=", SHAPE_VALUE },
	[COND_GT] = { ">", SHAPE_VALUE },
	[COND_GE] = { ">=", SHAPE_VALUE },
	[COND_IN] = { "in", SHAPE_LIST },
	[COND_PREFIX] = { "prefix", SHAPE_VALUE },
	[COND_CONTAINS] = { "contains", SHAPE_VALUE },
	[COND_HAS] = { "has", SHAPE_VALUE },
	[COND_EMPTY] = { "empty", SHAPE_FIELD },
};

struct walk {
	struct reader *r;
	struct arena *arena;
	unsigned depth;
	uint32_t nodes;
};

const char *cond_word(enum cond_op op)
{
	return op < COND_OP_COUNT ? ops[op].word : "";
}

enum cond_op cond_parse_word(struct bytes word)
{
	for (unsigned op = 0; op < COND_OP_COUNT; op++)
		if (bytes_is(word, ops[op].word))
			return (enum cond_op)op;
	return COND_OP_COUNT;
}

static bool is_scalar(enum unpack_type type)
{
	return type != UNPACK_END && type != UNPACK_MAP &&
	       type != UNPACK_ARRAY && type != UNPACK_FLOAT;
}

/* The walk over a list of values is bounded by the message itself. */
static bool is_scalar_list(struct bytes packed)
{
	struct reader r = reader_of(packed);
	if (reader_peek(&r) != UNPACK_ARRAY)
		return false;
	for (uint32_t left = read_array(&r); left && r.err == ERR_OK; left--) {
		if (!is_scalar(reader_peek(&r)))
			return false;
		read_skip(&r);
	}
	return r.err == ERR_OK;
}

static enum err read_leaf(struct walk *w, enum shape shape, struct cond *c)
{
	enum unpack_type type;
	c->field = read_text(w->r);
	if (w->r->err != ERR_OK)
		return w->r->err;
	if (c->field.len == 0)
		return ERR_INVALID;
	if (shape == SHAPE_FIELD)
		return ERR_OK;
	type = reader_peek(w->r);
	c->value = read_raw(w->r);
	if (w->r->err != ERR_OK)
		return w->r->err;
	if (shape == SHAPE_LIST)
		return is_scalar_list(c->value) ? ERR_OK : ERR_INVALID;
	return is_scalar(type) ? ERR_OK : ERR_INVALID;
}

static enum err read_node(struct walk *w, struct cond **out);

static enum err read_items(struct walk *w, uint32_t count, struct cond *c)
{
	if (count > COND_NODES - w->nodes)
		return ERR_TOO_LARGE;
	c->items = arena_array(w->arena, count, sizeof(c->items[0]));
	if (!c->items)
		return w->arena->err;
	c->count = count;
	for (uint32_t i = 0; i < count; i++) {
		enum err e = read_node(w, &c->items[i]);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static bool right_count(enum shape shape, uint32_t count)
{
	static const uint32_t counts[] = {
		[SHAPE_TREE] = 2,
		[SHAPE_VALUE] = 3,
		[SHAPE_LIST] = 3,
		[SHAPE_FIELD] = 2,
	};
	return shape == SHAPE_TREES ? count >= 2 : count == counts[shape];
}

static enum err read_entered(struct walk *w, struct cond **out)
{
	uint32_t count = read_array(w->r);
	enum cond_op op = COND_OP_COUNT;
	if (count)
		op = cond_parse_word(read_text(w->r));
	if (w->r->err != ERR_OK)
		return w->r->err;
	if (op == COND_OP_COUNT || !right_count(ops[op].shape, count))
		return ERR_INVALID;
	struct cond *c = arena_alloc(w->arena, sizeof(*c));
	if (!c)
		return w->arena->err;
	c->op = op;
	*out = c;
	if (op <= COND_NOT)
		return read_items(w, count - 1, c);
	return read_leaf(w, ops[op].shape, c);
}

static enum err read_node(struct walk *w, struct cond **out)
{
	if (w->depth == COND_DEPTH || w->nodes == COND_NODES)
		return ERR_TOO_LARGE;
	w->nodes++;
	w->depth++;
	enum err e = read_entered(w, out);
	w->depth--;
	return e;
}

enum err cond_read(struct reader *r, struct arena *a, struct cond **out)
{
	struct walk w = { .r = r, .arena = a };
	struct cond *root = NULL;
	enum err e = read_node(&w, &root);
	*out = e == ERR_OK ? root : NULL;
	return e;
}
