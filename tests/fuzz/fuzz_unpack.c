// SPDX-License-Identifier: MIT
/*
 * Fuzzes the strict check and the readers.
 *
 * What the check admits, the scanner must see as one message and a full read
 * must walk without a failure; readers must survive what was never checked.
 */
#include <stdlib.h>

#include "common/message.h"
#include "common/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Reads one scalar or the header of a container: how many values follow. */
static uint64_t read_any(struct reader *r)
{
	switch (reader_peek(r)) {
	case UNPACK_NIL:
		read_nil(r);
		return 0;
	case UNPACK_BOOL:
		(void)read_bool(r);
		return 0;
	case UNPACK_INT:
		(void)read_int(r);
		return 0;
	case UNPACK_BIG:
		must(read_uint(r) > INT64_MAX || r->err != ERR_OK);
		return 0;
	case UNPACK_TEXT:
		(void)read_text(r);
		return 0;
	case UNPACK_BIN:
		(void)read_bin(r);
		return 0;
	case UNPACK_ARRAY:
		return read_array(r);
	case UNPACK_MAP:
		return 2 * (uint64_t)read_map(r);
	default:
		read_skip(r); /* a float, or nothing */
		return 0;
	}
}

static enum err read_all(struct bytes packed)
{
	struct reader r = reader_of(packed);

	for (uint64_t left = 1; left && r.err == ERR_OK; left--)
		left += read_any(&r);
	return r.err == ERR_OK && r.at == r.end ? ERR_OK : ERR_INVALID;
}

static void scan_as_one(struct bytes packed)
{
	struct message_scan s;
	size_t used;

	message_begin(&s);
	must(message_scan(&s, packed.data, packed.len, packed.len, &used) ==
	     ERR_OK);
	must(used == packed.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct unpack_limits wide = { 16, 100000 };
	const struct unpack_limits narrow = { 3, 20 };
	struct bytes packed = bytes_of(data, size);
	enum err all = read_all(packed);

	(void)unpack_lookup(packed, "key");
	if (unpack_check(packed, &narrow) == ERR_OK)
		must(unpack_check(packed, &wide) == ERR_OK);
	if (unpack_check(packed, &wide) != ERR_OK)
		return 0;
	must(all == ERR_OK);
	scan_as_one(packed);
	return 0;
}
