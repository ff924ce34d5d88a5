// SPDX-License-Identifier: MIT
/*
 * State machines.  See machine.h.
 */
#include "server/schema/machine.h"

#include <stdio.h>

#include "common/unpack.h"

#define WORDS_ROOM 400 /* of the values that would be right */

/* The place of the packed key among the choices, -1 if it is none. */
static int choice_at(const struct field *f, struct bytes key)
{
	for (unsigned i = 0; i < f->choice_count; i++)
		if (bytes_is(key, f->choices[i].key))
			return (int)i;
	return -1;
}

static int need_choice(
    struct compiler *c, const struct field *f, struct bytes key)
{
	int at = choice_at(f, key);

	if (at < 0)
		compile_fail(c, "moves: there is no value %.*s",
		    (int)(key.len < 40 ? key.len : 40),
		    key.len ? (const char *)key.data : "");
	return at;
}

static void read_targets(struct compiler *c, const struct field *f,
    struct bytes packed, struct choice *from)
{
	struct reader r = reader_of(packed);
	uint32_t count = read_array(&r);
	uint8_t *moves;

	if (r.err != ERR_OK || count > f->choice_count || from->moves) {
		compile_fail(c, "moves: each value once, with a list");
		return;
	}
	moves = compile_array(c, count, sizeof *moves);
	from->moves = moves;
	for (; count && c->err == ERR_OK; count--) {
		int to = need_choice(c, f, read_text(&r));

		if (to >= 0)
			moves[from->move_count++] = (uint8_t)to;
	}
}

void machine_read(struct compiler *c, struct bytes packed, struct field *f)
{
	struct reader r = reader_of(packed);
	uint32_t count = packed.len ? read_map(&r) : 0;

	f->has_moves = count > 0;
	if (r.err != ERR_OK)
		compile_fail(c, "moves: a map of lists is expected");
	for (; count && c->err == ERR_OK; count--) {
		int from = need_choice(c, f, read_text(&r));
		struct bytes targets = read_raw(&r);

		if (from >= 0)
			read_targets(c, f, targets,
			    (struct choice *)(uintptr_t)&f->choices[from]);
	}
}

/* --- judging -------------------------------------------------------------*/

static bool leads_to(const struct choice *from, int to)
{
	for (unsigned i = 0; i < from->move_count; i++)
		if (from->moves[i] == to)
			return true;
	return false;
}

static void refuse(
    const struct field *f, const struct choice *from, struct findings *found)
{
	char words[WORDS_ROOM] = "";
	size_t len = 0;

	for (unsigned i = 0; i < from->move_count && len < sizeof words; i++)
		len += (size_t)snprintf(words + len, sizeof words - len, "%s%s",
		    i ? ", " : "", f->choices[from->moves[i]].key);
	if (from->move_count)
		findings_add(found, FINDING_OVERRIDE, f->key, "move",
		    "it can become: %s", words);
	else
		findings_add(found, FINDING_OVERRIDE, f->key, "move",
		    "it stays what it is");
}

static void judge(const struct field *f, const struct value_context *c,
    struct findings *found)
{
	struct bytes was = c->before.get(c->before.ctx, f);
	struct bytes is = c->record.get(c->record.ctx, f);
	int from = choice_at(f, value_text(f, was));
	int to = choice_at(f, value_text(f, is));

	if (from >= 0 && to != from && !leads_to(&f->choices[from], to))
		refuse(f, &f->choices[from], found);
}

void machine_check(const struct entity *e, const struct value_context *c,
    struct findings *found)
{
	if (!c->before.get)
		return;
	for (unsigned i = 0; i < e->field_count; i++)
		if (e->fields[i].has_moves)
			judge(&e->fields[i], c, found);
}
