// SPDX-License-Identifier: MIT
/*
 * Walking two answers side by side.
 */
#include "server/selftest/compare.h"

#include <stdlib.h>

#include "common/digest.h"
#include "common/log.h"
#include "common/unpack.h"

#define HEX_DIGEST (2 * DIGEST_SIZE)

#define SLOTS      (1u << 15)
#define SLOTS_USED (SLOTS / 2)

struct pairing { /* a table from hash to hash; 0: free */
	uint64_t from[SLOTS], to[SLOTS];
	unsigned used;
};

struct versions {
	struct pairing there, back;
};

/* --- versions ------------------------------------------------------------*/

struct versions *versions_new(void)
{
	return must_alloc(sizeof(struct versions));
}

void versions_free(struct versions *v)
{
	free(v);
}

static uint64_t hash_of(struct bytes text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ text.data[i]) * UINT64_C(0x100000001b3);
	return hash | 1;
}

/* As it was paired before; the first time is free. */
static bool pairs_up(struct pairing *p, uint64_t from, uint64_t to)
{
	size_t at = (from >> 20) % SLOTS;

	while (p->from[at] && p->from[at] != from)
		at = (at + 1) % SLOTS;
	if (p->from[at])
		return p->to[at] == to;
	if (p->used < SLOTS_USED) {
		p->from[at] = from;
		p->to[at] = to;
		p->used++;
	}
	return true;
}

static bool versions_match(struct versions *v, struct bytes a, struct bytes b)
{
	uint64_t one = hash_of(a), other = hash_of(b);

	return a.len == b.len && pairs_up(&v->there, one, other) &&
	       pairs_up(&v->back, other, one);
}

/* --- values --------------------------------------------------------------*/

/* Sizes and counts of the machine's, told to operators alone. */
static const char *const machine[] = { "used_bytes", "oldest_reader_ms",
	"commits", "plans", "refused" };

static bool is_machine(struct bytes key)
{
	for (unsigned i = 0; i < sizeof machine / sizeof *machine; i++)
		if (bytes_is(key, machine[i]))
			return true;
	return false;
}

static bool is_hex_digest(struct bytes text)
{
	uint8_t raw[DIGEST_SIZE];

	return text.len == HEX_DIGEST && !hex_parse(text, raw, sizeof raw);
}

/* Origin and size of a signed head; what follows is root and signature. */
static struct bytes head_of(struct bytes note)
{
	size_t lines = 0, len = 0;

	if (note.len < 5 || memcmp(note.data, "kehu/", 5))
		return BYTES_NONE;
	while (len < note.len && lines < 2)
		lines += note.data[len++] == '\n';
	return bytes_of(note.data, lines == 2 ? len : 0);
}

static bool texts_match(struct bytes a, struct bytes b)
{
	struct bytes head = head_of(a);

	if (bytes_equal(a, b) || (is_hex_digest(a) && is_hex_digest(b)))
		return true;
	return head.len && bytes_equal(head, head_of(b));
}

static bool values_match(
    struct versions *v, struct reader *a, struct reader *b);

/* A commitment, or the packed leaf that carries some. */
static bool bins_match(struct versions *v, struct bytes a, struct bytes b)
{
	struct reader in_a = reader_of(a), in_b = reader_of(b);

	if (bytes_equal(a, b) || (a.len == DIGEST_SIZE && b.len == DIGEST_SIZE))
		return true;
	return values_match(v, &in_a, &in_b) && in_a.at == in_a.end &&
	       in_b.at == in_b.end;
}

static bool maps_match(struct versions *v, struct reader *a, struct reader *b)
{
	uint32_t count = read_map(a);

	if (count != read_map(b))
		return false;
	for (; count && !a->err && !b->err; count--) {
		struct bytes key = read_text(a);

		if (!bytes_equal(key, read_text(b)))
			return false;
		if (is_machine(key)) {
			read_skip(a);
			read_skip(b);
		} else if (bytes_is(key, "version") &&
			   reader_peek(a) == UNPACK_TEXT &&
			   reader_peek(b) == UNPACK_TEXT) {
			if (!versions_match(v, read_text(a), read_text(b)))
				return false;
		} else if (!values_match(v, a, b)) {
			return false;
		}
	}
	return true;
}

static bool lists_match(struct versions *v, struct reader *a, struct reader *b)
{
	uint32_t count = read_array(a);

	if (count != read_array(b))
		return false;
	for (; count; count--)
		if (!values_match(v, a, b))
			return false;
	return true;
}

static bool values_match(struct versions *v, struct reader *a, struct reader *b)
{
	enum unpack_type type = reader_peek(a);

	if (type != reader_peek(b) || type == UNPACK_END)
		return false;
	switch (type) {
	case UNPACK_MAP:
		return maps_match(v, a, b) && !a->err && !b->err;
	case UNPACK_ARRAY:
		return lists_match(v, a, b) && !a->err && !b->err;
	case UNPACK_TEXT:
		return texts_match(read_text(a), read_text(b));
	case UNPACK_BIN:
		return bins_match(v, read_bin(a), read_bin(b));
	default:
		return bytes_equal(read_raw(a), read_raw(b));
	}
}

bool answers_match(struct versions *v, struct bytes a, struct bytes b)
{
	struct reader in_a = reader_of(a), in_b = reader_of(b);

	return values_match(v, &in_a, &in_b);
}
