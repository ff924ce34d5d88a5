// SPDX-License-Identifier: MIT
/*
 * Log leaves from any bytes, as a damaged store or a foreign log would give.
 *
 * What is read must keep its promises, and once packed again it is read as
 * the same.
 */
#include "common/log.h"
#include "server/audit/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_record(const struct entry_record *r)
{
	ASSERT(touch_word(r->touch));
	for (unsigned i = 1; i < r->field_count; i++)
		ASSERT(r->fields[i - 1] < r->fields[i]);
}

static void pack_again(const struct entry *e, struct buf *out)
{
	struct buf draft;
	enum err packed;
	buf_init(&draft, (size_t)2 * ENTRY_MOST);
	buf_init(out, (size_t)2 * ENTRY_MOST);
	packed = draft_pack(&e->draft, &draft);
	if (packed == ERR_OK)
		leaf_pack(
		    e->position, e->time_ms, e->result, buf_bytes(&draft), out);
	else
		ASSERT(packed == ERR_TOO_LARGE);
	buf_release(&draft);
}

static void check_entry(const struct entry *e, struct arena *a)
{
	struct entry again;
	struct buf first, second;
	ASSERT(e->result);
	for (size_t i = 0; i < e->draft.record_count; i++)
		check_record(&e->draft.records[i]);
	pack_again(e, &first);
	if (buf_bytes(&first).len > 0 &&
	    leaf_parse(buf_bytes(&first), a, &again) == ERR_OK) {
		pack_again(&again, &second);
		ASSERT(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
		buf_release(&second);
	} else {
		/* The longest leaves may pack longer than they came. */
		ASSERT(buf_bytes(&first).len == 0 ||
		       buf_bytes(&first).len > ENTRY_MOST);
	}
	buf_release(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena arena;
	struct entry e;
	enum err read;
	arena_init(&arena, 4096, (size_t)8 << 20);
	read = leaf_parse(bytes_of(data, len), &arena, &e);
	ASSERT(read == ERR_OK || read == ERR_CORRUPT);
	if (read == ERR_OK)
		check_entry(&e, &arena);
	arena_release(&arena);
	return 0;
}
