// SPDX-License-Identifier: MIT
/*
 * Any bytes as a history row, or as what lies behind its seal.
 *
 * A real record has three versions; the input takes the place of the newest
 * one's row, and the history is walked and shown.  The first byte says
 * whether the input is the row or its sealed part, the second who looks, the
 * third how much of it follows the sealed part as old sealed fields.
 */
#include "tests/fuzz/fuzz_book.h"

#include "server/data/history.h"

#define HEAD 28 /* up to the sealed part; history.h */

static struct {
	struct whole *book;
	uint64_t id, position;
	char id_text[ID_TEXT];
	struct bytes row; /* a real one */
	struct arena arena;
	struct buf made, out;
} world;

static void release_world(void)
{
	arena_release(&world.arena);
	buf_release(&world.made);
	buf_release(&world.out);
	whole_free(world.book);
}

static struct bytes key_of(uint8_t key[static 8 + ROW_KEY])
{
	put_be64(key, world.position);
	row_key(whole_entity(world.book, "customer")->id, world.id, key + 8);
	return bytes_of(key, 8 + ROW_KEY);
}

static void find_row(void)
{
	struct whole *w = world.book;
	uint8_t key[8 + ROW_KEY];
	struct record *r;
	struct row row;

	whole_refresh(w);
	ASSERT(record_load(&w->desk, &w->book->arena,
		   whole_entity(w, "customer"), world.id, &r) == ERR_OK);
	world.position = r->position;
	ASSERT(snapshot_get(w->desk.snapshot, TABLE_HISTORY, key_of(key),
		   &row) == ERR_OK);
	world.row = arena_copy(&w->book->arena, row.value);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	arena_init(&world.arena, 65536, 16 << 20);
	buf_init(&world.made, 1 << 20);
	buf_init(&world.out, 16 << 20);
	world.book = whole_new();
	world.id = fuzz_customer(world.book, "模糊客户");
	id_format(world.id, world.id_text);
	must(world.book, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'杭州',"
	    "'mobile':'13900139000'},'reason':'r'}",
	    world.id_text);
	must(world.book, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'苏州',"
	    "'mobile':'13700137000'},'reason':'s'}",
	    world.id_text);
	find_row();
	atexit(release_world); /* now: to run before OpenSSL's own */
	return 0;
}

/* The head of the real row, before a sealed part made from the input. */
static void make_row(struct bytes in, size_t rest)
{
	const struct entity *e = whole_entity(world.book, "customer");
	struct binding b = { .store_id = world.book->desk.store_id,
		.table = TABLE_HISTORY,
		.entity = e->id,
		.record = world.id,
		.subject = world.id,
		.key_version = 1,
		.version = get_be32(world.row.data + 4) };
	struct bytes inside = fuzz_take(&in, in.len > rest ? in.len - rest : 0);
	uint8_t head[HEAD];
	struct buf sealed;

	buf_init(&sealed, 1 << 20);
	fuzz_seal(&world.book->desk, e, &b, BYTES_NONE, inside, &sealed);
	memcpy(head, world.row.data, HEAD);
	put_be32(head + 24, (uint32_t)buf_bytes(&sealed).len);
	buf_append(&world.made, head, HEAD);
	buf_append_bytes(&world.made, buf_bytes(&sealed));
	buf_append_bytes(&world.made, in);
	buf_release(&sealed);
}

static void put_row(void)
{
	struct plan *p = plan_new(&world.arena);
	uint8_t key[8 + ROW_KEY];

	fuzz_rest(world.book);
	plan_put(p, TABLE_HISTORY, key_of(key), buf_bytes(&world.made));
	ASSERT(store_commit(world.book->book->store, p) == ERR_OK);
	whole_refresh(world.book);
}

static void look(unsigned viewer)
{
	struct desk *d = &world.book->desk;
	const struct entity *e = whole_entity(world.book, "customer");
	struct caller who = fuzz_caller(world.book, viewer);
	const struct view_entity *ve = view_entity_of(who.view, e);
	struct record *r;
	const struct history_ask all = { .limit = HISTORY_LIMIT };
	struct shown shown = { 0 };
	enum err err;

	if (!ve)
		return;
	ASSERT(record_load(d, &world.arena, e, world.id, &r) == ERR_OK);
	buf_reset(&world.out);
	err = history_show(d, &who, ve, r, &all, &world.out, &shown);
	ASSERT(err != ERR_NOT_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	bool is_row;
	unsigned viewer;

	if (size < 4 || size > FUZZ_MOST)
		return 0;
	is_row = fuzz_byte(&in) & 1;
	viewer = fuzz_byte(&in);
	arena_reset(&world.arena);
	buf_reset(&world.made);
	if (is_row)
		buf_append_bytes(&world.made, in);
	else
		make_row(in, fuzz_byte(&in) * 4);
	put_row();
	look(viewer);
	return 0;
}
