// SPDX-License-Identifier: MIT
/*
 * Looking into packed answers; see look.h.
 */
#include "client/look.h"

#include "common/pack.h"

enum unpack_type value_type(struct bytes packed)
{
	struct reader r = reader_of(packed);

	return packed.len ? reader_peek(&r) : UNPACK_END;
}

struct bytes look_value(struct bytes map, const char *key)
{
	struct bytes v = unpack_lookup(map, key);

	return value_type(v) == UNPACK_NIL ? BYTES_NONE : v;
}

struct bytes value_text(struct bytes packed)
{
	struct reader r = reader_of(packed);

	return value_type(packed) == UNPACK_TEXT ? read_text(&r) : BYTES_NONE;
}

struct bytes look_text(struct bytes map, const char *key)
{
	return value_text(unpack_lookup(map, key));
}

int64_t look_int(struct bytes map, const char *key, int64_t otherwise)
{
	struct bytes v = unpack_lookup(map, key);
	struct reader r = reader_of(v);

	return value_type(v) == UNPACK_INT ? read_int(&r) : otherwise;
}

bool look_bool(struct bytes map, const char *key)
{
	struct bytes v = unpack_lookup(map, key);
	struct reader r = reader_of(v);

	return value_type(v) == UNPACK_BOOL && read_bool(&r);
}

struct bytes look_bin(struct bytes map, const char *key)
{
	struct bytes v = unpack_lookup(map, key);
	struct reader r = reader_of(v);

	return value_type(v) == UNPACK_BIN ? read_bin(&r) : BYTES_NONE;
}

struct reader value_items(struct bytes packed, uint32_t *count)
{
	struct reader r = reader_of(packed);
	enum unpack_type type = value_type(packed);

	*count = 0;
	if (type == UNPACK_ARRAY)
		*count = read_array(&r);
	else if (type == UNPACK_MAP)
		*count = read_map(&r);
	return r;
}

uint32_t value_count(struct bytes packed)
{
	uint32_t count;

	(void)value_items(packed, &count);
	return count;
}

bool look_pair(
    struct reader *r, uint32_t *left, struct bytes *key, struct bytes *value)
{
	if (!*left)
		return false;
	--*left;
	*key = read_text(r);
	*value = read_raw(r);
	return r->err == ERR_OK;
}

struct reader look_array(struct bytes map, const char *key, uint32_t *count)
{
	struct bytes v = unpack_lookup(map, key);

	if (value_type(v) != UNPACK_ARRAY)
		v = BYTES_NONE;
	return value_items(v, count);
}

void look_rewrite(struct bytes answer,
    void (*put)(void *ctx, struct bytes row, struct buf *out), void *ctx,
    struct buf *out)
{
	uint32_t count;
	struct reader r = look_array(answer, "rows", &count);

	pack_map(out, 1);
	pack_cstr(out, "rows");
	pack_array(out, count);
	for (; count; count--)
		put(ctx, read_raw(&r), out);
}

void look_copy(struct bytes map,
    bool (*is_left_out)(struct bytes key, struct bytes value), struct buf *out)
{
	struct bytes key, value;
	uint32_t left, kept = 0;
	struct reader r = value_items(map, &left);
	size_t mark = pack_map_open(out);

	while (look_pair(&r, &left, &key, &value)) {
		if (is_left_out(key, value))
			continue;
		pack_text(out, key);
		pack_raw(out, value);
		kept++;
	}
	pack_map_close(out, mark, kept);
}
