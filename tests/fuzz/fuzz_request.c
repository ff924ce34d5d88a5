// SPDX-License-Identifier: MIT
/*
 * Any bytes as a request of anybody, through dispatch, handlers and commit.
 *
 * The first byte says who asks and whether the rest is a whole message or
 * the parameters of the method that the second byte names.  Every request is
 * answered once, with an answer that reads back, and never with a fault.
 */
#include "tests/fuzz/fuzz_book.h"

#include "server/rpc/method.h"

#define RUNS_OF_A_BOOK 2000 /* before it becomes large */

static struct {
	struct whole *book;
	unsigned runs;
} world;

static void release_world(void)
{
	whole_free(world.book);
}

static void open_world(void)
{
	world.book = whole_new();
	new_customer(world.book, "sh-sales", "模糊客户", ",'city':'上海'");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	open_world();
	atexit(release_world); /* now: to run before OpenSSL's own */
	return 0;
}

static void renew_world(void)
{
	if (++world.runs % RUNS_OF_A_BOOK)
		return;
	whole_free(world.book);
	open_world();
}

static void build(struct bytes in, bool whole, struct buf *out)
{
	const struct method *m;

	buf_reset(out);
	if (whole) {
		buf_append_bytes(out, in);
		return;
	}
	m = method_at(fuzz_byte(&in) % method_count());
	pack_array(out, 4);
	pack_int(out, 0);
	pack_int(out, 1);
	pack_cstr(out, m->name);
	pack_array(out, 1);
	buf_append_bytes(out, in);
}

static void check_answer(struct whole *w)
{
	static const struct unpack_limits limits = { 64, 10000000 };
	struct bytes reply = buf_bytes(&w->reply), error, result;
	struct reader in = reader_of(reply);
	static const uint8_t nil = 0xc0;

	ASSERT(unpack_check(reply, &limits) == ERR_OK);
	ASSERT(read_array(&in) == 4 && read_int(&in) == 1);
	(void)read_uint(&in);
	error = read_raw(&in);
	result = read_raw(&in);
	ASSERT(in.err == ERR_OK);
	ASSERT(bytes_equal(error, bytes_of(&nil, 1)) !=
	       bytes_equal(result, bytes_of(&nil, 1)));
	if (error.len == 1)
		return;
	in = reader_of(unpack_lookup(error, "code"));
	ASSERT(!bytes_equal(read_text(&in), bytes_text("internal")));
}

static bool is_notice(struct bytes message)
{
	struct reader in = reader_of(message);

	(void)read_array(&in);
	return read_int(&in) == 2 && !in.err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct identity before;
	struct session *s;
	struct whole *w;
	unsigned head;

	if (size < 2 || size > FUZZ_MOST)
		return 0;
	renew_world();
	w = world.book;
	head = fuzz_byte(&in);
	s = w->people[(head & 0x7f) % w->people_count].session;
	before = s->identity;
	build(in, head & 0x80, &w->request);
	w->answered = false;
	w->book->now_ms += 1000;
	rpc_message(s, buf_bytes(&w->request));
	while (s->under_way)
		whole_run_task(w);
	s->identity = before;
	if (w->answered)
		check_answer(w);
	else
		ASSERT(is_notice(buf_bytes(&w->request)));
	return 0;
}
