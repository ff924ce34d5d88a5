// SPDX-License-Identifier: MIT
/*
 * Any bytes as a cursor, and as a cursor's sealed inside.
 *
 * The first byte says which: the text as it came, any inside well sealed, or
 * a right inside with a place from the input; the second chooses the search.
 * A place that is taken is searched from, a text never is one.
 */
#include "tests/fuzz/fuzz_book.h"

#include "common/digest.h"
#include "server/data/find.h"
#include "server/data/place.h"

#define SEARCHES 4

static struct {
	struct whole *book;
	struct arena arena;
	struct buf out;
} world;

static void release_world(void)
{
	arena_release(&world.arena);
	buf_release(&world.out);
	whole_free(world.book);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	arena_init(&world.arena, 65536, 64 << 20);
	buf_init(&world.out, 16 << 20);
	world.book = whole_new();
	fuzz_customer(world.book, "模糊客户");
	fuzz_customer(world.book, "另一位客户");
	fuzz_customer(world.book, "第三位客户");
	atexit(release_world); /* now: to run before OpenSSL's own */
	return 0;
}

static struct bytes packed(const char *json)
{
	struct buf out;
	struct bytes copy;

	buf_init(&out, 4096);
	json_pack(&json, &out);
	copy = arena_copy(&world.arena, buf_bytes(&out));
	buf_release(&out);
	return copy;
}

static void resolve(const struct caller *who, unsigned at, struct query *q)
{
	static const char *const orders[SEARCHES] = { NULL, "['-created_at']",
		"['name']", "['city','-name']" };
	struct query_ask ask = { .limit = 2 };
	struct findings found;

	findings_init(&found, &world.arena);
	ask.entity =
	    view_entity_of(who->view, whole_entity(world.book, "customer"));
	if (orders[at % SEARCHES])
		ask.order = packed(orders[at % SEARCHES]);
	ASSERT(query_resolve(&world.book->desk, who, &ask, &world.arena, &found,
		   q) == ERR_OK);
}

static struct bytes sealed_text(struct bytes inside)
{
	struct buf sealed, text;
	struct bytes copy;

	buf_init(&sealed, 1 << 20);
	buf_init(&text, 1 << 20);
	ASSERT(seal_system(world.book->desk.sealer, "cursor", BYTES_NONE,
		   inside, &sealed) == ERR_OK);
	base64_append(&text, buf_bytes(&sealed));
	copy = arena_copy(&world.arena, buf_bytes(&text));
	buf_release(&sealed);
	buf_release(&text);
	return copy;
}

static struct bytes placed_text(
    const struct caller *who, const struct query *q, struct bytes in)
{
	struct desk *d = &world.book->desk;
	struct bytes id = fuzz_take(&in, 8), copy;
	uint8_t raw[8] = { 0 };
	struct reader text;
	struct place place;
	struct buf out;

	memcpy(raw, id.data, id.len);
	place = (struct place){ in, get_be64(raw) };
	buf_init(&out, 1 << 20);
	if (place_pack(d, who, q, &place, &out)) {
		buf_release(&out);
		return BYTES_NONE;
	}
	copy = arena_copy(&world.arena, buf_bytes(&out));
	buf_release(&out);
	text = reader_of(copy);
	return read_text(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), text = in;
	struct desk *d = &world.book->desk;
	struct find_result result;
	struct caller who;
	struct query q;
	struct place place;
	unsigned form;
	enum err err;

	if (size < 3 || size > FUZZ_MOST)
		return 0;
	arena_reset(&world.arena);
	buf_reset(&world.out);
	who = whole_caller(world.book, "sh-manager");
	form = fuzz_byte(&in) % 3;
	resolve(&who, fuzz_byte(&in), &q);
	if (form == 0)
		text = in;
	else if (form == 1)
		text = sealed_text(in);
	else
		text = placed_text(&who, &q, in);
	err = place_open(d, &who, &q, text, &world.arena, &place);
	ASSERT(err == ERR_INVALID || form || !text.len);
	if (err == ERR_OK)
		err = find_rows(d, &who, &q, text, false, &world.arena,
		    &world.out, &result);
	ASSERT(err != ERR_CORRUPT && err != ERR_INTERNAL);
	return 0;
}
