// SPDX-License-Identifier: MIT
/*
 * The arena's blocks.
 *
 * Memory that is not handed out is always zero: blocks come from calloc, and
 * a reset wipes what was handed out.  So allocating is moving an offset.
 * Bytes and texts are packed without padding; the padding of the others
 * counts towards the cap.  A block that cannot be had gives ERR_BUSY.
 */
#include "common/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/secret.h"

#define MORE_FIRST 16 /* elements of a list that grows */

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) uint8_t data[];
};

static struct arena_block *block_new(size_t size)
{
	struct arena_block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + size);
	if (block)
		block->size = size;
	return block;
}

void arena_init(struct arena *a, size_t block, size_t cap)
{
	struct arena_block *first = block_new(block);

	ASSERT(first);
	*a = (struct arena){ .first = first, .current = first, .cap = cap };
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->current, a->current->used, a->used };
}

void arena_rewind(struct arena *a, struct arena_mark to)
{
	struct arena_block *block = to.block->next;

	while (block) {
		struct arena_block *next = block->next;

		secret_wipe(block->data, block->used);
		free(block);
		block = next;
	}
	secret_wipe(to.block->data + to.filled, to.block->used - to.filled);
	to.block->used = to.filled;
	to.block->next = NULL;
	a->current = to.block;
	a->used = to.used;
	a->err = ERR_OK;
}

void arena_reset(struct arena *a)
{
	if (a->first)
		arena_rewind(a, (struct arena_mark){ a->first, 0, 0 });
	a->err = ERR_OK;
}

void arena_release(struct arena *a)
{
	arena_reset(a);
	free(a->first);
	*a = (struct arena){ .cap = a->cap };
}

static bool add_block(struct arena *a, size_t len)
{
	size_t usual = a->first->size;
	struct arena_block *block = block_new(len > usual ? len : usual);

	if (!block) {
		a->err = ERR_BUSY;
		return false;
	}
	a->current->next = block;
	a->current = block;
	return true;
}

static void *take(struct arena *a, size_t len, size_t align)
{
	struct arena_block *block = a->current;
	size_t pad = -block->used & (align - 1);

	if (a->err != ERR_OK)
		return NULL;
	if (a->cap - a->used < pad || len > a->cap - a->used - pad) {
		a->err = ERR_TOO_LARGE;
		return NULL;
	}
	if (block->size - block->used < pad ||
	    len > block->size - block->used - pad) {
		if (!add_block(a, len))
			return NULL;
		block = a->current;
		pad = 0;
	}
	block->used += pad + len;
	a->used += pad + len;
	return block->data + block->used - len;
}

void *arena_alloc(struct arena *a, size_t len)
{
	return take(a, len, alignof(max_align_t));
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(count, size, &len))
		len = SIZE_MAX;
	return arena_alloc(a, len);
}

void *arena_more(
    struct arena *a, void *list, size_t count, size_t *room, size_t size)
{
	size_t wider = *room ? 2 * *room : MORE_FIRST;
	void *copy;

	if (count < *room)
		return list;
	copy = arena_array(a, wider, size);
	if (!copy)
		return NULL;
	if (count)
		memcpy(copy, list, count * size);
	*room = wider;
	return copy;
}

struct bytes arena_copy(struct arena *a, struct bytes s)
{
	uint8_t *copy = take(a, s.len, 1);

	if (!copy)
		return BYTES_NONE;
	if (s.len)
		memcpy(copy, s.data, s.len);
	return bytes_of(copy, s.len);
}

char *arena_text(struct arena *a, struct bytes s)
{
	char *text = s.len < SIZE_MAX ? take(a, s.len + 1, 1) : NULL;

	if (text && s.len)
		memcpy(text, s.data, s.len);
	return text;
}

char *arena_format(struct arena *a, const char *format, ...)
{
	va_list args;
	int len;
	char *text;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ASSERT(len >= 0);
	text = take(a, (size_t)len + 1, 1);
	if (!text)
		return NULL;
	va_start(args, format);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}
