// SPDX-License-Identifier: MIT
/*
 * Words of operations, and the list under its seal.  See policy.h.
 */
#include "server/access/policy.h"

#include "common/pack.h"
#include "common/unpack.h"

#define PURPOSE   "two_person"
#define LIST_MOST 1024

static const struct {
	const char *word;
	bool is_choice;
} operations[OPERATION_COUNT] = {
	[OPERATION_NONE] = { "", false },
	[OPERATION_EXPORT_CLEAR] = { "export_clear", true },
	[OPERATION_ERASE] = { "erase", true },
	[OPERATION_RESTORE] = { "restore", true },
	[OPERATION_ROLES] = { "roles", true },
	[OPERATION_SCHEMA] = { "schema", true },
	[OPERATION_USERS] = { "users", true },
	[OPERATION_TWO_PERSON] = { "two_person", false },
	[OPERATION_BREAK_GLASS] = { "break_glass", false },
};

const char *operation_word(enum operation o)
{
	return operations[o].word;
}

enum operation operation_parse(struct bytes word)
{
	for (unsigned o = 1; o < OPERATION_COUNT; o++)
		if (bytes_is(word, operations[o].word))
			return (enum operation)o;
	return OPERATION_NONE;
}

bool operation_is_choice(enum operation o)
{
	return operations[o].is_choice;
}

enum err two_person_seal(struct sealer *s, unsigned set, struct buf *out)
{
	struct buf plain;
	size_t mark;
	uint32_t count = 0;
	enum err e;

	buf_init(&plain, LIST_MOST);
	mark = pack_array_open(&plain);
	for (unsigned o = 1; o < OPERATION_COUNT; o++) {
		if (!(set & OPERATION_BIT(o)))
			continue;
		pack_cstr(&plain, operations[o].word);
		count++;
	}
	pack_array_close(&plain, mark, count);
	e = plain.err ? plain.err
		      : seal_system(s, PURPOSE, bytes_text(PURPOSE),
			    buf_bytes(&plain), out);
	buf_release(&plain);
	return e;
}

enum err two_person_unseal(
    struct sealer *s, struct bytes sealed, struct arena *a, unsigned *set)
{
	struct bytes plain;
	struct reader in;
	uint32_t left;
	enum err e =
	    unseal_system(s, PURPOSE, bytes_text(PURPOSE), sealed, a, &plain);

	*set = 0;
	if (e)
		return e;
	in = reader_of(plain);
	for (left = read_array(&in); left && !in.err; left--) {
		enum operation o = operation_parse(read_text(&in));

		if (!operation_is_choice(o))
			return ERR_CORRUPT;
		*set |= OPERATION_BIT(o);
	}
	return in.err ? ERR_CORRUPT : ERR_OK;
}
