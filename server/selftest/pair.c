// SPDX-License-Identifier: MIT
/*
 * Asking one or both.  See pair.h.
 */
#include "server/selftest/pair.h"

#include <stdio.h>
#include <sys/stat.h>

#include "common/pack.h"
#include "common/unpack.h"
#include "server/selftest/maker.h"

#define PAIR_PATH  480
#define PAIR_ARENA (64 * 1024 * 1024)
#define MESSAGE    (4 * 1024 * 1024)
#define LEVEL_MOST 200

enum err pair_open(
    struct pair *p, const char *dir, struct bytes document, uint64_t seed)
{
	char path[PAIR_PATH];
	enum err err = ERR_OK;

	*p = (struct pair){ .step = 0 };
	arena_init(&p->arena, 256 * 1024, PAIR_ARENA);
	buf_init(&p->message, MESSAGE);
	for (unsigned i = 0; !err && i < 2; i++) {
		snprintf(path, sizeof path, "%s/%c", dir, 'a' + (int)i);
		if (mkdir(path, 0700))
			return ERR_UNAVAILABLE;
		err = twin_open(path, document, MAKER_ROLE, seed, &p->twins[i]);
		if (err)
			p->twins[i] = NULL;
	}
	return err;
}

void pair_close(struct pair *p)
{
	for (unsigned i = 0; i < 2; i++)
		twin_close(p->twins[i]);
	buf_release(&p->message);
	arena_release(&p->arena);
}

void pair_step(struct pair *p)
{
	arena_reset(&p->arena);
	p->step++;
	for (unsigned i = 0; i < 2; i++)
		twin_step(p->twins[i], p->step);
}

/* --- messages ------------------------------------------------------------*/

void message_pack(struct buf *out, const char *method, struct bytes params)
{
	pack_array(out, 4);
	pack_int(out, 0);
	pack_int(out, 1);
	pack_cstr(out, method);
	pack_array(out, 1);
	pack_raw(out, params);
}

struct answer answer_read(struct bytes told)
{
	struct reader in = reader_of(told);
	struct bytes error;
	bool is_result;

	read_array(&in);
	read_skip(&in);
	read_skip(&in);
	is_result = reader_peek(&in) == UNPACK_NIL;
	error = read_raw(&in);
	return (struct answer){ is_result, is_result ? read_raw(&in) : error };
}

const char *answer_text(struct bytes map, const char *key, struct arena *a)
{
	struct reader in = reader_of(unpack_lookup(map, key));
	const char *text = arena_text(a, read_text(&in));

	return text && !in.err ? text : "";
}

struct answer pair_ask(struct pair *p, unsigned which, enum seat seat,
    const char *method, struct bytes params)
{
	buf_reset(&p->message);
	message_pack(&p->message, method, params);
	return answer_read(arena_copy(&p->arena,
	    twin_ask(p->twins[which], seat, buf_bytes(&p->message))));
}

void pair_tell(struct pair *p, enum seat seat, struct bytes message)
{
	for (unsigned i = 0; i < 2; i++)
		p->told[i] =
		    arena_copy(&p->arena, twin_ask(p->twins[i], seat, message));
}

/* --- in step -------------------------------------------------------------*/

/* Each look at the log is an entry of it. */
enum err pair_level(struct pair *p)
{
	static const uint8_t one_row[] = { 0x81, 0xa5, 'l', 'i', 'm', 'i', 't',
		1 };
	uint64_t heads[2] = { twin_head(p->twins[0]), twin_head(p->twins[1]) };

	for (unsigned i = 0; i < LEVEL_MOST && heads[0] != heads[1]; i++) {
		unsigned shorter = heads[1] < heads[0];

		pair_ask(p, shorter, SEAT_MAKER, "audit.find",
		    bytes_of(one_row, sizeof one_row));
		heads[shorter] = twin_head(p->twins[shorter]);
	}
	return heads[0] == heads[1] ? ERR_OK : ERR_INTERNAL;
}

enum err pair_tick(struct pair *p)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < 2; i++) {
		err = twin_reseat(p->twins[i]);
		twin_tick(p->twins[i]);
	}
	if (!err)
		err = pair_level(p);
	for (unsigned i = 0; !err && i < 2; i++)
		err = twin_sign(p->twins[i]);
	return err;
}
