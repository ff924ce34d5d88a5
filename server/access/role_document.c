// SPDX-License-Identifier: MIT
/*
 * Walks over packed maps.  See role_document.h.
 */
#include "server/access/role_document.h"

#include "common/pack.h"
#include "common/unpack.h"

#define ROLES "roles"

/* Appends the pairs of `map` with `value` under `key`: in its place, else at
 * the end; BYTES_NONE: without it. */
static void replace(
    struct bytes map, struct bytes key, struct bytes value, struct buf *out)
{
	struct reader in = reader_of(map);
	uint32_t left = read_map(&in), count = 0;
	size_t mark = pack_map_open(out);
	bool placed = !value.len;

	for (; left && !in.err; left--) {
		struct bytes name = read_text(&in), present = read_raw(&in);
		bool is_it = bytes_equal(name, key);

		if (is_it && !value.len)
			continue;
		pack_text(out, name);
		pack_raw(out, is_it ? value : present);
		placed |= is_it;
		count++;
	}
	if (!placed) {
		pack_text(out, key);
		pack_raw(out, value);
		count++;
	}
	pack_map_close(out, mark, count);
}

struct bytes role_stated(struct bytes document, struct bytes key)
{
	struct reader in = reader_of(unpack_lookup(document, ROLES));
	uint32_t left = read_map(&in);

	for (; left && !in.err; left--) {
		struct bytes name = read_text(&in), role = read_raw(&in);

		if (!in.err && bytes_equal(name, key))
			return role;
	}
	return BYTES_NONE;
}

void role_replace(
    struct bytes document, struct bytes key, struct bytes role, struct buf *out)
{
	struct buf roles;

	buf_init(&roles, out->cap);
	replace(unpack_lookup(document, ROLES), key, role, &roles);
	if (!roles.err)
		replace(document, bytes_text(ROLES), buf_bytes(&roles), out);
	else if (!out->err)
		out->err = roles.err;
	buf_release(&roles);
}

/* What stands in the document and changes by methods of its own. */
static const char *const apart[] = { ROLES, "rules" };
#define APART (sizeof apart / sizeof *apart)

/* Appends `document` with the sections of `from` that are apart. */
static void carry(struct bytes document, struct bytes from, struct buf *out)
{
	struct buf steps[APART];
	struct bytes at = document;

	for (unsigned i = 0; i < APART; i++) {
		buf_init(&steps[i], out->cap);
		replace(at, bytes_text(apart[i]), unpack_lookup(from, apart[i]),
		    &steps[i]);
		if (steps[i].err && !out->err)
			out->err = steps[i].err;
		at = buf_bytes(&steps[i]);
	}
	buf_append_bytes(out, at);
	for (unsigned i = 0; i < APART; i++)
		buf_release(&steps[i]);
}

void sections_take_out(struct bytes document, struct buf *out)
{
	carry(document, BYTES_NONE, out);
}

void sections_carry(struct bytes document, struct bytes from, struct buf *out)
{
	carry(document, from, out);
}

void section_replace(struct bytes document, const char *section,
    struct bytes value, struct buf *out)
{
	replace(document, bytes_text(section), value, out);
}
