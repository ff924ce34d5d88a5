// SPDX-License-Identifier: MIT
/*
 * Arena allocations that end the program instead of failing; see keep.h.
 */
#include "client/keep.h"

#include <stdio.h>

#include "common/log.h"

static void *need(void *p)
{
	if (!p)
		log_fatal(__FILE__, __LINE__, "out of memory");
	return p;
}

void *keep_alloc(struct arena *a, size_t len)
{
	return need(arena_alloc(a, len));
}

void *keep_array(struct arena *a, size_t count, size_t size)
{
	return need(arena_array(a, count ? count : 1, size));
}

struct bytes keep_bytes(struct arena *a, struct bytes s)
{
	return bytes_of(need(arena_text(a, s)), s.len);
}

char *keep_text(struct arena *a, struct bytes s)
{
	return need(arena_text(a, s));
}

char *keep_format(struct arena *a, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	char *out = keep_vformat(a, format, list);
	va_end(list);
	return out;
}

char *keep_vformat(struct arena *a, const char *format, va_list list)
{
	va_list twice;
	va_copy(twice, list);
	int len = vsnprintf(NULL, 0, format, twice);
	va_end(twice);
	size_t size = (size_t)(len < 0 ? 0 : len) + 1;
	char *out = need(arena_alloc(a, size));
	vsnprintf(out, size, format, list);
	return out;
}

void *keep_more(
    struct arena *a, void **array, size_t *count, size_t *room, size_t size)
{
	if (*count == *room) {
		size_t wider = *room ? *room * 2 : 16;
		void *copy = keep_array(a, wider, size);
		if (*count)
			memcpy(copy, *array, *count * size);
		*array = copy;
		*room = wider;
	}
	return (char *)*array + (*count)++ * size;
}

struct bytes keep_buf(struct arena *a, struct buf *b)
{
	if (b->err != ERR_OK)
		need(NULL);
	struct bytes out = keep_bytes(a, buf_bytes(b));
	buf_release(b);
	return out;
}
