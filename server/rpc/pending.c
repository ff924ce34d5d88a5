// SPDX-License-Identifier: MIT
/*
 * Storing calls that wait.  See pending.h.
 */
#include "server/rpc/pending.h"

#include "common/pack.h"
#include "common/unpack.h"
#include "server/access/sealed_row.h"

#define PURPOSE  "request"
#define PREFIX   "request/"
#define PREFIXED (sizeof PREFIX - 1)
#define ROW_KEY  (PREFIXED + 8)
#define FORMAT   1
#define ELEMENTS 13
#define LOW_BITS 20 /* of an id; the others are its time */

#define ARENA_BLOCK (16 * 1024)
#define ARENA_MOST  (4 * 1024 * 1024)

const char *pending_word(enum pending_state s)
{
	static const char *const words[PENDING_STATES] = { "waiting",
		"approved", "done", "rejected", "expired" };

	return words[s];
}

uint64_t pending_new_id(struct desk *d)
{
	uint64_t low;

	random_fill(d->random, &low, sizeof low);
	return (uint64_t)clock_now_ms(d->clock) << LOW_BITS |
	       (low & ((UINT64_C(1) << LOW_BITS) - 1));
}

static struct bytes make_key(uint64_t id, uint8_t key[static ROW_KEY])
{
	memcpy(key, PREFIX, PREFIXED);
	put_be64(key + PREFIXED, id);
	return bytes_of(key, ROW_KEY);
}

/* --- the row -------------------------------------------------------------*/

static void pack_pending(struct buf *out, const struct pending *p)
{
	pack_array(out, ELEMENTS);
	pack_uint(out, FORMAT);
	pack_uint(out, p->state);
	pack_cstr(out, operation_word(p->operation));
	pack_text(out, p->method);
	pack_bin(out, p->params);
	pack_uint(out, p->requester);
	pack_text(out, p->roles);
	pack_int(out, p->made_ms);
	pack_int(out, p->until_ms);
	pack_uint(out, p->approver);
	pack_int(out, p->decided_ms);
	pack_text(out, p->next);
	pack_bin(out, p->result);
}

enum err pending_plan(
    struct plan *p, struct sealer *s, const struct pending *of)
{
	uint8_t key[ROW_KEY];
	struct bytes at = make_key(of->id, key);
	struct buf plain;

	buf_init(&plain, STORE_VALUE);
	pack_pending(&plain, of);
	plan_expect(p, TABLE_META, at, of->row ? EXPECT_VERSION : EXPECT_ABSENT,
	    of->row);
	return sealed_row_put(p, s, PURPOSE, TABLE_META, at, &plain);
}

void pending_plan_forget(struct plan *p, uint64_t id)
{
	uint8_t key[ROW_KEY];

	plan_del(p, TABLE_META, make_key(id, key));
}

static enum err unpack_pending(struct bytes plain, struct pending *out)
{
	struct reader in = reader_of(plain);
	uint64_t state;

	if (read_array(&in) != ELEMENTS || read_uint(&in) != FORMAT)
		return ERR_CORRUPT;
	state = read_uint(&in);
	out->state = (enum pending_state)state;
	out->operation = operation_parse(read_text(&in));
	out->method = read_text(&in);
	out->params = read_bin(&in);
	out->requester = read_uint(&in);
	out->roles = read_text(&in);
	out->made_ms = read_int(&in);
	out->until_ms = read_int(&in);
	out->approver = read_uint(&in);
	out->decided_ms = read_int(&in);
	out->next = read_text(&in);
	out->result = read_bin(&in);
	return in.err || state >= PENDING_STATES || !out->operation
		   ? ERR_CORRUPT
		   : ERR_OK;
}

static enum err open_row(struct desk *d, struct bytes key,
    const struct row *row, struct arena *a, struct pending *out)
{
	struct bytes plain;
	enum err err =
	    unseal_system(d->sealer, PURPOSE, key, row->value, a, &plain);

	*out = (struct pending){ .row = row->version };
	if (!err)
		err = unpack_pending(plain, out);
	if (err)
		return err;
	out->id = get_be64(key.data + PREFIXED);
	out->is_noted = true;
	if ((out->state == PENDING_WAITING || out->state == PENDING_APPROVED) &&
	    clock_now_ms(d->clock) >= out->until_ms) {
		out->state = PENDING_EXPIRED;
		out->is_noted = false;
	}
	return ERR_OK;
}

enum err pending_load(
    struct desk *d, uint64_t id, struct arena *a, struct pending *out)
{
	uint8_t key[ROW_KEY];
	struct bytes at = make_key(id, key);
	struct row row;
	enum err err = snapshot_get(d->snapshot, TABLE_META, at, &row);

	return err ? err : open_row(d, at, &row, a, out);
}

static enum err walk(struct desk *d, struct scan *scan, struct arena *a,
    bool (*each)(void *ctx, const struct pending *p), void *ctx)
{
	struct pending p;
	struct bytes key;
	struct row row;
	bool goes_on = true;
	enum err err = ERR_OK;

	while (!err && goes_on && scan_next(scan, &key, &row)) {
		arena_reset(a);
		err = key.len == ROW_KEY ? open_row(d, key, &row, a, &p)
					 : ERR_CORRUPT;
		goes_on = !err && each(ctx, &p);
	}
	return err ? err : scan_error(scan);
}

enum err pending_each(
    struct desk *d, bool (*each)(void *ctx, const struct pending *p), void *ctx)
{
	struct arena arena; /* for one at a time */
	struct scan *scan;
	enum err err = scan_open(d->snapshot, TABLE_META, bytes_text(PREFIX),
	    BYTES_NONE, SCAN_DOWN, &scan);

	if (err)
		return err;
	arena_init(&arena, ARENA_BLOCK, ARENA_MOST);
	err = walk(d, scan, &arena, each, ctx);
	arena_release(&arena);
	scan_close(scan);
	return err;
}
