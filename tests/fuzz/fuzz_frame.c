// SPDX-License-Identifier: MIT
/*
 * A frame of the journal, as arbitrary bytes.
 *
 * No head is believed: nobody forges its check.  Operations that are read
 * give, appended again, the very bytes they came from.
 */
#include "common/log.h"
#include "server/store/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_head(const uint8_t *data, size_t size)
{
	static const struct digest before = { { 0x5a } };
	struct frame f;
	if (size < FRAME_HEAD || frame_parse(data, &f) != ERR_OK)
		return;
	ASSERT(f.length <= FRAME_MOST && frame_size(&f) > f.length);
	ASSERT(!frame_holds(
	    &f, &before, bytes_of(data + FRAME_HEAD, size - FRAME_HEAD)));
}

static void read_operations(const uint8_t *data, size_t size)
{
	struct bytes left = bytes_of(data, size);
	struct operation o;
	struct buf again;
	buf_init(&again, size + 1);
	while (left.len > 0 && operation_next(&left, &o) == ERR_OK)
		operation_append(&again, &o);
	struct bytes read = buf_bytes(&again);
	ASSERT(read.len == size - left.len);
	ASSERT(bytes_equal(read, bytes_of(data, read.len)));
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_head(data, size);
	read_operations(data, size);
	return 0;
}
