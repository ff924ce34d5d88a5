// SPDX-License-Identifier: MIT
/*
 * Remembering requests.  See replay.h.
 */
#include "server/rpc/replay.h"

#include "common/digest.h"
#include "server/rpc/method.h"

#define REPLAY_KEY  24
#define REPLAY_HEAD (8 + DIGEST_SIZE)
#define REPLAY_ITEM 9

/* A machine's ids are its own: by its person's it could try what he set
 * where it may not even look. */
static bool make_key(
    struct request *r, struct bytes id, uint8_t key[static REPLAY_KEY])
{
	struct bytes parts[] = { id, BYTES_NONE };
	struct digest digest;

	if (!parts[0].len)
		return false;
	if (request_is_machine(r))
		parts[1] = bytes_of(r->token->key.of, DIGEST_SIZE);
	digest_parts(parts, 2, &digest);
	put_be64(key, r->caller.user);
	memcpy(key + 8, digest.of, REPLAY_KEY - 8);
	return true;
}

static void digest_params(struct request *r, struct digest *out)
{
	struct bytes parts[] = { bytes_text(r->method->name), r->params };

	digest_parts(parts, 2, out);
}

static enum err read_items(struct request *r, struct bytes items,
    struct replayed **list, size_t *count)
{
	*count = items.len / REPLAY_ITEM;
	*list = arena_array(&r->arena, *count + 1, sizeof **list);
	if (!*list)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < *count; i++) {
		const uint8_t *at = items.data + i * REPLAY_ITEM;

		(*list)[i] = (struct replayed){ at[0], get_be64(at + 1) };
	}
	return ERR_OK;
}

enum err replay_id(struct request *r, const char **id)
{
	struct bytes text = param_text(r, "request_id");

	*id = NULL;
	if (param_error(r) || !text.len)
		return param_error(r);
	if (text.len > REPLAY_ID_MOST)
		return request_refuse(
		    r, "request_id", "max", "at most 200 bytes");
	*id = r->draft.request = arena_text(&r->arena, text);
	return r->arena.err;
}

enum err replay_find(struct request *r, struct replayed **list, size_t *count)
{
	uint8_t key[REPLAY_KEY];
	struct digest asked;
	struct row row;
	enum err err;

	if (param_bool(r, "dry_run") ||
	    !make_key(r, param_text(r, "request_id"), key))
		return param_error(r) ? param_error(r) : ERR_NOT_FOUND;
	err = snapshot_get(
	    r->desk->snapshot, TABLE_REPLAY, bytes_of(key, sizeof key), &row);
	if (err)
		return err;
	digest_params(r, &asked);
	if (row.value.len < REPLAY_HEAD)
		return ERR_CORRUPT;
	if (memcmp(row.value.data + 8, asked.of, DIGEST_SIZE))
		return request_refuse(r, "request_id", "request_id",
		    "this request id was used for something else");
	return read_items(r,
	    bytes_of(row.value.data + REPLAY_HEAD, row.value.len - REPLAY_HEAD),
	    list, count);
}

enum err replay_position(struct request *r, struct bytes id, uint64_t *position)
{
	uint8_t key[REPLAY_KEY];
	struct row row;
	enum err err;

	if (!make_key(r, id, key))
		return ERR_NOT_FOUND;
	err = snapshot_get(
	    r->desk->snapshot, TABLE_REPLAY, bytes_of(key, sizeof key), &row);
	*position = err ? 0 : row.version;
	return err;
}

void replay_plan(struct request *r, const struct replayed *list, size_t count)
{
	uint8_t key[REPLAY_KEY], item[REPLAY_ITEM], ms[8];
	struct digest params;
	struct buf value;

	if (!make_key(r, param_text(r, "request_id"), key))
		return;
	buf_init(&value, STORE_VALUE);
	put_be64(ms, (uint64_t)clock_now_ms(r->desk->clock));
	digest_params(r, &params);
	buf_append(&value, ms, sizeof ms);
	buf_append(&value, params.of, DIGEST_SIZE);
	for (size_t i = 0; i < count; i++) {
		item[0] = list[i].entity;
		put_be64(item + 1, list[i].id);
		buf_append(&value, item, sizeof item);
	}
	plan_expect(
	    r->plan, TABLE_REPLAY, bytes_of(key, sizeof key), EXPECT_ABSENT, 0);
	plan_put(r->plan, TABLE_REPLAY, bytes_of(key, sizeof key),
	    buf_bytes(&value));
	buf_release(&value);
}

/* --- sweeping ------------------------------------------------------------*/

enum err replay_plan_sweep(
    struct plan *p, struct snapshot *n, int64_t now_ms, unsigned *count)
{
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err err =
	    scan_open(n, TABLE_REPLAY, BYTES_NONE, BYTES_NONE, SCAN_UP, &scan);

	*count = 0;
	if (err)
		return err;
	while (*count < REPLAY_SWEEP && scan_next(scan, &key, &row)) {
		if (row.value.len < 8 || (int64_t)get_be64(row.value.data) >=
					     now_ms - REPLAY_LIFE_MS)
			continue;
		plan_del(p, TABLE_REPLAY, key);
		++*count;
	}
	err = scan_error(scan);
	scan_close(scan);
	return err ? err : plan_error(p);
}
