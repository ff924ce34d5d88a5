// SPDX-License-Identifier: MIT
/*
 * Conditions from any bytes, prepared against the default customer and tried
 * on a record: whatever is prepared must be decidable, and deciding twice
 * must give one answer.
 */
#include "common/log.h"
#include "common/unpack.h"
#include "server/schema/schema.h"
#include "server/schema/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct bytes of_record(void *ctx, const struct field *f)
{
	static const uint8_t words[] = { 0xA4, 'A', 'B', '1', '2' };
	static const uint8_t date[] = { 0xAA, '2', '0', '2', '6', '-', '1', '1',
		'-', '2', '2' };
	static const uint8_t list[] = { 0x91, 0xA1, 'a' };
	static const uint8_t ref[] = { 0x92, 9, 0xA1, 'a' };
	static const uint8_t whole[] = { 30 };

	(void)ctx;
	switch (f->type) {
	case TYPE_DATE:
		return bytes_of(date, sizeof date);
	case TYPE_LIST:
		return bytes_of(list, sizeof list);
	case TYPE_REF:
		return bytes_of(ref, sizeof ref);
	case TYPE_INT:
		return bytes_of(whole, sizeof whole);
	default:
		return bytes_of(words, sizeof words);
	}
}

static struct schema *standard(void)
{
	struct schema *s = NULL;
	struct buf out;
	char message[200];

	buf_init(&out, 1 << 20);
	ASSERT(document_parse(document_default(), &out, message,
		   sizeof message) == ERR_OK);
	ASSERT(schema_compile(
		   buf_bytes(&out), 1, &s, message, sizeof message) == ERR_OK);
	buf_release(&out);
	return s;
}

static void decide(const struct entity *e, struct bytes whole)
{
	struct value_source record = { of_record, NULL };
	struct reader r = reader_of(whole);
	struct findings found;
	struct arena arena;
	struct cond *root;

	arena_init(&arena, 16384, 1 << 20);
	findings_init(&found, &arena);
	if (cond_read(&r, &arena, &root) == ERR_OK &&
	    condition_prepare(e, root, &arena, &found) == ERR_OK)
		ASSERT(condition_holds(e, root, &record, &arena) ==
		       condition_holds(e, root, &record, &arena));
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct unpack_limits limits = { 16, 65536 };
	static struct schema *schema; /* made once a run, for speed */
	struct bytes whole = bytes_of(data, len);

	if (!schema)
		schema = standard();
	if (unpack_check(whole, &limits) == ERR_OK)
		decide(schema_entity(schema, bytes_text("customer")), whole);
	return 0;
}
