// SPDX-License-Identifier: MIT
/*
 * Any bytes as a record's row, or as what lies behind the seal of its body.
 *
 * The first byte says which, the second who looks, the third the entity.  A
 * body without a list of sealed fields gets the list of a real record, so
 * that its fields are opened with it.  The row is read as for an answer; in
 * the last form it lies in the store and requests meet it there, of which
 * each must be answered.
 */
#include "tests/fuzz/fuzz_book.h"

enum form { FORM_ROW, FORM_BODY, FORM_FIELDS, FORM_STORED };

static struct {
	struct whole *book;
	uint64_t id;
	char id_text[ID_TEXT];
	struct bytes row, fields, values, list; /* of a real one */
	struct header header;
	struct arena kept, arena;
	struct buf made, out;
} world;

static void release_world(void)
{
	arena_release(&world.kept);
	arena_release(&world.arena);
	buf_release(&world.made);
	buf_release(&world.out);
	whole_free(world.book);
}

static struct binding bind(const struct header *h)
{
	return (struct binding){ .store_id = world.book->desk.store_id,
		.table = TABLE_ROW,
		.entity = h->entity,
		.record = world.id,
		.subject = h->subject,
		.key_version = h->key_version,
		.version = h->version };
}

/* Where the list begins: behind values, stamps and what was overruled. */
static size_t skip_values(struct bytes body)
{
	size_t at = 2;

	for (unsigned left = body.data[1]; left; left--)
		at += 7u + get_be16(body.data + at + 5);
	for (unsigned left = body.data[at++]; left; left--)
		at += 21u + body.data[at + 20];
	for (unsigned left = body.data[at++]; left; left--)
		at += 3u + get_be16(body.data + at + 1);
	return at;
}

static void open_real_one(void)
{
	struct whole *w = world.book;
	const struct entity *e = whole_entity(w, "customer");
	uint8_t aad[ROW_AAD + ROW_HEADER];
	struct binding b;
	struct bytes body, inside;
	struct dek *key;

	world.row =
	    arena_copy(&world.kept, whole_row(w, "customer", world.id_text));
	ASSERT(header_parse(world.row, &world.header) == ERR_OK);
	ASSERT(row_split(world.row, &world.header, &body, &world.fields) ==
	       ERR_OK);
	b = bind(&world.header);
	binding_aad(&b, aad);
	memcpy(aad + ROW_AAD, world.row.data, ROW_HEADER);
	ASSERT(subject_key(&w->desk, e, world.id,
		   header_key_kind(e, &(struct header){ 0 }), &key) == ERR_OK);
	ASSERT(unseal(w->desk.sealer, key, bytes_of(aad, sizeof aad), body,
		   &world.kept, &inside) == ERR_OK);
	world.values = bytes_of(inside.data, skip_values(inside));
	world.list = bytes_of(
	    inside.data + world.values.len, inside.len - world.values.len);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	arena_init(&world.kept, 65536, 1 << 20);
	arena_init(&world.arena, 65536, 16 << 20);
	buf_init(&world.made, 1 << 20);
	buf_init(&world.out, 16 << 20);
	world.book = whole_new();
	world.id = fuzz_customer(world.book, "模糊客户");
	id_format(world.id, world.id_text);
	open_real_one();
	atexit(release_world); /* now: to run before OpenSSL's own */
	return 0;
}

/* Four bytes of the input choose what the header says. */
static struct header make_header(const struct entity *e, struct bytes *in)
{
	struct header h = world.header;

	h.entity = e->id;
	h.flags = (uint8_t)fuzz_byte(in);
	h.version = 1 + fuzz_byte(in);
	if (fuzz_byte(in) & 1)
		h.owner = 0;
	if (fuzz_byte(in) & 1)
		h.branch = 0;
	return h;
}

static void make_row(const struct entity *e, enum form form, struct bytes in)
{
	struct header h = make_header(e, &in);
	struct bytes fields = world.fields;
	uint8_t head[ROW_HEADER];
	struct binding b;
	struct buf inside, sealed;

	buf_init(&inside, 1 << 20);
	buf_init(&sealed, 1 << 20);
	if (form == FORM_FIELDS) {
		fields = fuzz_take(&in, fuzz_byte(&in) * 8);
		h.sealed_count = (uint8_t)fuzz_byte(&in);
	}
	buf_append_bytes(&inside, in);
	if (form != FORM_FIELDS)
		buf_append_bytes(&inside, world.list);
	/* The header counts the sealed length, and is sealed to. */
	h.body_len = (uint32_t)seal_size(buf_bytes(&inside).len, 64);
	header_format(&h, head);
	b = bind(&h);
	fuzz_seal(&world.book->desk, e, &b, bytes_of(head, sizeof head),
	    buf_bytes(&inside), &sealed);
	ASSERT(buf_bytes(&sealed).len == h.body_len);
	buf_append(&world.made, head, sizeof head);
	buf_append_bytes(&world.made, buf_bytes(&sealed));
	buf_append_bytes(&world.made, fields);
	buf_release(&inside);
	buf_release(&sealed);
}

static void look(const struct entity *e, unsigned viewer)
{
	struct desk *d = &world.book->desk;
	struct caller who = fuzz_caller(world.book, viewer);
	const struct view_entity *ve = view_entity_of(who.view, e);
	struct record *r = record_new(&world.arena, e, world.id);
	struct show_options options = { 0 };
	struct entry_record touched;
	struct shown shown;

	r->is_new = r->is_open = false;
	r->row = buf_bytes(&world.made);
	if (header_parse(r->row, &r->header) || !ve)
		return;
	buf_reset(&world.out);
	if (record_show(d, &who, ve, r, &options, &world.out, &shown))
		return;
	ASSERT(record_touched(r, &shown, &world.arena, &touched) == ERR_OK);
}

static void meet(unsigned viewer)
{
	struct whole *w = world.book;
	const char *who = w->people[viewer % w->people_count].login;

	fuzz_rest(w);
	whole_put_row(w, "customer", world.id_text, buf_bytes(&world.made));
	ask(w, who, "record.get", "{'entity':'customer','id':'%s'}",
	    world.id_text);
	ask(w, who, "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'苏州',"
	    "'mobile':'13900139000'},'reason':'r','dry_run':true}",
	    world.id_text);
	ask(w, who, "record.find",
	    "{'entity':'customer','where':"
	    "['contains','name','客']}");
	arena_reset(&w->book->arena);
	whole_refresh(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	const struct schema *schema =
	    directory_schema(world.book->desk.directory);
	const struct entity *e;
	enum form form;
	unsigned viewer;

	if (size < 8 || size > FUZZ_MOST)
		return 0;
	form = fuzz_byte(&in) % 4;
	viewer = fuzz_byte(&in);
	e = &schema->entities[fuzz_byte(&in) % schema->entity_count];
	if (form == FORM_STORED || e->subject == NULL)
		e = whole_entity(world.book, "customer");
	arena_reset(&world.arena);
	buf_reset(&world.made);
	if (form == FORM_ROW)
		buf_append_bytes(&world.made, in);
	else
		make_row(e, form, in);
	look(e, viewer);
	if (form == FORM_STORED)
		meet(viewer);
	return 0;
}
