// SPDX-License-Identifier: MIT
/*
 * Words of operations, and the list under its seal.  See policy.h.
 */
#include "server/access/policy.h"

#include "common/pack.h"
#include "common/unpack.h"
#include "server/access/sealed_row.h"

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
	[OPERATION_CREDIT] = { "credit_release", false },
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

void operations_pack(struct buf *out, unsigned set)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (unsigned o = 1; o < OPERATION_COUNT; o++) {
		if (!(set & OPERATION_BIT(o)))
			continue;
		pack_cstr(out, operations[o].word);
		count++;
	}
	pack_array_close(out, mark, count);
}

enum err two_person_put(struct plan *p, struct sealer *s, unsigned set)
{
	struct buf plain;

	buf_init(&plain, LIST_MOST);
	operations_pack(&plain, set);
	return sealed_row_put(p, s, TWO_PERSON_ROW, TABLE_META,
	    bytes_text(TWO_PERSON_ROW), &plain);
}

enum err two_person_unseal(
    struct sealer *s, struct bytes sealed, struct arena *a, unsigned *set)
{
	struct bytes plain;
	struct reader in;
	uint32_t left;
	enum err e = unseal_system(
	    s, TWO_PERSON_ROW, bytes_text(TWO_PERSON_ROW), sealed, a, &plain);

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
