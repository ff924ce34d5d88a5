// SPDX-License-Identifier: MIT
/*
 * FACTOR be64 account -> sealed [is on, seed, used step, recovery digests].
 */
#include "server/access/factor.h"

#include "common/pack.h"
#include "common/secret.h"
#include "common/text.h"
#include "common/unpack.h"
#include "server/access/sealed_row.h"

#define PURPOSE   "factor"
#define ELEMENTS  4
#define ROW_BYTES 1024

static struct bytes key_of(uint64_t account, uint8_t room[static 8])
{
	put_be64(room, account);
	return bytes_of(room, 8);
}

/* --- reading -------------------------------------------------------------*/

static enum err read_factor(struct bytes plain, struct factor *f)
{
	struct reader r = reader_of(plain);
	struct bytes seed, recovery;

	if (read_array(&r) < ELEMENTS)
		return ERR_CORRUPT;
	f->is_on = read_bool(&r);
	seed = read_bin(&r);
	f->used = read_int(&r);
	recovery = read_bin(&r);
	if (r.err != ERR_OK || seed.len != TOTP_SEED ||
	    recovery.len % DIGEST_SIZE || recovery.len > sizeof(f->recovery))
		return ERR_CORRUPT;
	memcpy(f->seed, seed.data, TOTP_SEED);
	f->recovery_count = (unsigned)(recovery.len / DIGEST_SIZE);
	if (recovery.len)
		memcpy(f->recovery, recovery.data, recovery.len);
	return ERR_OK;
}

enum err factor_load(struct snapshot *n, struct sealer *s, uint64_t account,
    struct arena *a, struct factor *out)
{
	uint8_t room[8];
	struct bytes key = key_of(account, room), plain;
	struct row row;
	enum err e = snapshot_get(n, TABLE_FACTOR, key, &row);

	*out = (struct factor){ .account = account };
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e == ERR_OK)
		e = unseal_system(s, PURPOSE, key, row.value, a, &plain);
	if (e == ERR_OK)
		e = read_factor(plain, out);
	out->is_kept = true;
	out->version = row.version;
	return e;
}

void factor_wipe(struct factor *f)
{
	secret_wipe(f, sizeof(*f));
}

/* --- codes ---------------------------------------------------------------*/

void factor_renew(struct factor *f, const struct random *random)
{
	f->is_on = false;
	random_fill(random, f->seed, TOTP_SEED);
	f->used = 0;
	f->recovery_count = 0;
}

static enum err take_step(struct factor *f, uint32_t code, int64_t now_ms)
{
	int64_t step = totp_match(f->seed, code, now_ms, f->used);

	if (step < 0)
		return ERR_UNAUTHENTICATED;
	f->used = step;
	return ERR_OK;
}

static enum err take_recovery(struct factor *f, struct bytes typed)
{
	struct digest given;
	unsigned found = RECOVERY_CODES;

	if (!code_digest(typed, RECOVERY_GROUPS, &given))
		return ERR_UNAUTHENTICATED;
	for (unsigned i = 0; i < f->recovery_count; i++) {
		if (digest_same(&given, &f->recovery[i], sizeof(given)))
			found = i;
	}
	if (found == RECOVERY_CODES)
		return ERR_UNAUTHENTICATED;
	f->recovery[found] = f->recovery[--f->recovery_count];
	return ERR_OK;
}

/* Wide digits and spaces, as a Chinese keyboard makes them, are digits. */
static enum err fold(struct arena *a, struct bytes typed, struct bytes *out)
{
	return text_is_utf8(typed) ? text_fold(a, typed, out)
				   : ERR_UNAUTHENTICATED;
}

enum err factor_take(
    struct factor *f, struct bytes typed, int64_t now_ms, struct arena *a)
{
	struct bytes plain;
	uint32_t code;

	if (!f->is_on || fold(a, typed, &plain) != ERR_OK)
		return ERR_UNAUTHENTICATED;
	return totp_parse(plain, &code) ? take_step(f, code, now_ms)
					: take_recovery(f, plain);
}

enum err factor_confirm(struct factor *f, struct bytes typed, int64_t now_ms,
    struct arena *a, const struct random *random,
    char codes[static RECOVERY_CODES][CODE_TEXT(RECOVERY_GROUPS)])
{
	struct bytes plain;
	uint32_t code;
	enum err e = fold(a, typed, &plain);

	if (e == ERR_OK)
		e = totp_parse(plain, &code) ? take_step(f, code, now_ms)
					     : ERR_UNAUTHENTICATED;
	if (e != ERR_OK)
		return ERR_UNAUTHENTICATED;
	f->is_on = true;
	f->recovery_count = RECOVERY_CODES;
	for (unsigned i = 0; i < RECOVERY_CODES; i++)
		code_new(random, RECOVERY_GROUPS, codes[i], &f->recovery[i]);
	return ERR_OK;
}

/* --- changing ------------------------------------------------------------*/

static void expect_loaded(
    struct plan *p, struct bytes key, const struct factor *f)
{
	plan_expect(p, TABLE_FACTOR, key,
	    f->is_kept ? EXPECT_VERSION : EXPECT_ABSENT, f->version);
}

enum err factor_plan(struct plan *p, struct sealer *s, const struct factor *f)
{
	uint8_t room[8];
	struct bytes key = key_of(f->account, room);
	struct buf plain;

	buf_init(&plain, ROW_BYTES);
	pack_array(&plain, ELEMENTS);
	pack_bool(&plain, f->is_on);
	pack_bin(&plain, bytes_of(f->seed, TOTP_SEED));
	pack_int(&plain, f->used);
	pack_bin(
	    &plain, bytes_of(f->recovery, f->recovery_count * DIGEST_SIZE));
	expect_loaded(p, key, f);
	return sealed_row_put(p, s, PURPOSE, TABLE_FACTOR, key, &plain);
}

void factor_plan_drop(struct plan *p, const struct factor *f)
{
	uint8_t room[8];
	struct bytes key = key_of(f->account, room);

	if (!f->is_kept)
		return;
	expect_loaded(p, key, f);
	plan_del(p, TABLE_FACTOR, key);
}

bool factor_is_due(const struct account *who)
{
	for (unsigned i = 0; i < who->role_count; i++) {
		if (who->roles[i]->demands_otp)
			return true;
	}
	return false;
}
