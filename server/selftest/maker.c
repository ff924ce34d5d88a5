// SPDX-License-Identifier: MIT
/*
 * Copying a packed document with one role more.
 */
#include "server/selftest/maker.h"

#include "common/pack.h"
#include "common/unpack.h"
#include "server/access/right.h"

static void pack_rights(struct buf *out)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (unsigned right = 1; right_word(right); right <<= 1, count++)
		pack_cstr(out, right_word(right));
	pack_array_close(out, mark, count);
}

/* { on: all, levels: { each class: write } } */
static void pack_grant(struct buf *out, struct bytes classes)
{
	struct reader in = reader_of(classes);
	uint32_t count = read_array(&in);

	pack_map(out, 2);
	pack_key_cstr(out, "on", "all");
	pack_cstr(out, "levels");
	pack_map(out, count);
	while (count--) {
		pack_text(out, read_text(&in));
		pack_cstr(out, "write");
	}
}

static void pack_role(struct buf *out, struct bytes classes)
{
	pack_cstr(out, MAKER_ROLE);
	pack_map(out, 3);
	pack_cstr(out, "label");
	pack_array(out, 2);
	pack_cstr(out, "自检");
	pack_cstr(out, "Self-test");
	pack_cstr(out, "rights");
	pack_rights(out);
	pack_cstr(out, "grants");
	pack_array(out, 1);
	pack_grant(out, classes);
}

static void pack_roles(
    struct buf *out, struct bytes roles, struct bytes classes)
{
	struct reader in = reader_of(roles);
	uint32_t count = read_map(&in);

	pack_map(out, count + 1);
	for (; count; count--) {
		pack_raw(out, read_raw(&in));
		pack_raw(out, read_raw(&in));
	}
	pack_role(out, classes);
}

enum err maker_add(struct bytes document, struct buf *out)
{
	struct bytes classes = unpack_lookup(document, "classes");
	struct reader in = reader_of(document);
	uint32_t count = read_map(&in);

	pack_map(out, count);
	for (; count && !in.err; count--) {
		struct bytes key = read_raw(&in), value = read_raw(&in);
		struct reader name = reader_of(key);

		pack_raw(out, key);
		if (bytes_is(read_text(&name), "roles"))
			pack_roles(out, value, classes);
		else
			pack_raw(out, value);
	}
	return in.err ? in.err : out->err;
}
