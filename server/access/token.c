// SPDX-License-Identifier: MIT
/*
 * Kept sessions: TOKEN SHA-256(token) -> sealed [account, stamp, expires].
 *
 * The file holds no token, and a row moved under another digest does not
 * open.  The account's stamp ends a token when the account changes.
 */
#include "server/access/login.h"

#include <assert.h>

#include "common/pack.h"
#include "common/secret.h"
#include "common/unpack.h"

#define PURPOSE   "token"
#define RAW       32
#define ROW_BYTES 512

static_assert(TOKEN_TEXT == 2 * RAW + 1, "hex and NUL");

struct kept {
	uint64_t account;
	uint64_t stamp;
	int64_t expires_ms;
};

static struct bytes key_of(const struct digest *digest)
{
	return bytes_of(digest->of, DIGEST_SIZE);
}

static enum err digest_token(struct bytes token, struct digest *out)
{
	uint8_t raw[RAW];
	enum err e = hex_parse(token, raw, RAW);

	if (e == ERR_OK)
		digest_bytes(bytes_of(raw, RAW), out);
	secret_wipe(raw, sizeof(raw));
	return e;
}

static enum err seal_kept(struct sealer *s, const struct digest *digest,
    const struct kept *kept, struct buf *out)
{
	struct buf plain;
	enum err e;

	buf_init(&plain, ROW_BYTES);
	pack_array(&plain, 3);
	pack_uint(&plain, kept->account);
	pack_uint(&plain, kept->stamp);
	pack_int(&plain, kept->expires_ms);
	e = plain.err;
	if (e == ERR_OK)
		e = seal_system(
		    s, PURPOSE, key_of(digest), buf_bytes(&plain), out);
	buf_release(&plain);
	return e;
}

enum err token_plan(struct plan *p, struct sealer *s,
    const struct random *random, const struct account *who, int64_t expires_ms,
    char token[static TOKEN_TEXT])
{
	struct kept kept = { who->id, who->stamp, expires_ms };
	struct digest digest;
	uint8_t raw[RAW];
	struct buf row;
	enum err e;

	random_fill(random, raw, RAW);
	digest_bytes(bytes_of(raw, RAW), &digest);
	hex_format(bytes_of(raw, RAW), token);
	secret_wipe(raw, sizeof(raw));
	buf_init(&row, ROW_BYTES);
	e = seal_kept(s, &digest, &kept, &row);
	if (e == ERR_OK)
		e = row.err;
	if (e == ERR_OK) {
		plan_put(p, TABLE_TOKEN, key_of(&digest), buf_bytes(&row));
		e = plan_error(p);
	}
	buf_release(&row);
	return e;
}

static enum err read_kept(struct snapshot *n, struct sealer *s,
    const struct digest *digest, struct arena *a, struct kept *out)
{
	struct bytes plain;
	struct reader r;
	struct row row;
	enum err e = snapshot_get(n, TABLE_TOKEN, key_of(digest), &row);

	if (e == ERR_NOT_FOUND)
		return ERR_UNAUTHENTICATED;
	if (e == ERR_OK)
		e = unseal_system(
		    s, PURPOSE, key_of(digest), row.value, a, &plain);
	if (e != ERR_OK)
		return e;
	r = reader_of(plain);
	if (read_array(&r) != 3)
		return ERR_CORRUPT;
	out->account = read_uint(&r);
	out->stamp = read_uint(&r);
	out->expires_ms = read_int(&r);
	return r.err == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

enum err token_find(struct snapshot *n, struct sealer *s,
    const struct directory *d, struct bytes token, int64_t now_ms,
    struct arena *a, const struct account **who, int64_t *expires_ms)
{
	const struct account *account;
	struct digest digest;
	struct kept kept;
	enum err e;

	*who = NULL;
	if (digest_token(token, &digest) != ERR_OK)
		return ERR_UNAUTHENTICATED;
	e = read_kept(n, s, &digest, a, &kept);
	if (e != ERR_OK)
		return e;
	account = directory_account_by_id(d, kept.account);
	if (!account || account->disabled || account->stamp != kept.stamp ||
	    now_ms >= kept.expires_ms)
		return ERR_UNAUTHENTICATED;
	*who = account;
	*expires_ms = kept.expires_ms;
	return ERR_OK;
}

enum err token_plan_revoke(struct plan *p, struct bytes token)
{
	struct digest digest;
	enum err e = digest_token(token, &digest);

	if (e != ERR_OK)
		return e;
	plan_del(p, TABLE_TOKEN, key_of(&digest));
	return plan_error(p);
}

enum err token_plan_sweep(struct plan *p, struct snapshot *n, struct sealer *s,
    int64_t now_ms, struct arena *a, unsigned *count)
{
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err e =
	    scan_open(n, TABLE_TOKEN, BYTES_NONE, BYTES_NONE, SCAN_UP, &scan);

	*count = 0;
	if (e != ERR_OK)
		return e;
	while (*count < TOKEN_SWEEP && scan_next(scan, &key, &row)) {
		struct digest digest;
		struct kept kept;

		if (key.len != DIGEST_SIZE)
			continue;
		memcpy(digest.of, key.data, DIGEST_SIZE);
		if (read_kept(n, s, &digest, a, &kept) != ERR_OK ||
		    now_ms < kept.expires_ms)
			continue;
		plan_del(p, TABLE_TOKEN, key_of(&digest));
		++*count;
	}
	e = scan_error(scan);
	scan_close(scan);
	return e != ERR_OK ? e : plan_error(p);
}
