// SPDX-License-Identifier: MIT
/*
 * argon2id(HMAC(system key; password in NFC), salt).
 *
 *   stored  version 1 | memory KiB 4 | passes 4 | salt 16 | hash 32
 *
 * The HMAC is the pepper: without the keyring a stolen hash cannot even be
 * guessed at.  A password that no account can have costs what a wrong one
 * costs, so that its refusal tells nothing.
 */
#include "server/crypto/password.h"

#include "common/digest.h"
#include "common/secret.h"
#include "common/text.h"

#define VERSION      1
#define AT_SALT      9
#define AT_HASH      (AT_SALT + STRETCH_SALT)
#define STORED_SIZE  (AT_HASH + DIGEST_SIZE)
#define TYPED_MOST   1024 /* before NFC, which may shorten it */
#define MEMORY_MOST  (256 * 1024)
#define MEMORY_LEAST 8
#define PASSES_MOST  16

void password_cost_init(struct password_cost *c)
{
	c->memory_kib = 64 * 1024;
	c->passes = 2;
}

static bool is_cost(const struct password_cost *c)
{
	return c->memory_kib >= MEMORY_LEAST && c->memory_kib <= MEMORY_MOST &&
	       c->passes >= 1 && c->passes <= PASSES_MOST;
}

static enum err normalise(
    struct arena *a, struct bytes password, struct bytes *out)
{
	if (password.len == 0 || password.len > TYPED_MOST ||
	    !text_is_utf8(password))
		return ERR_INVALID;
	enum err e = text_nfc(a, password, out);
	if (e != ERR_OK)
		return e;
	return out->len >= 1 && out->len <= PASSWORD_MOST ? ERR_OK
							  : ERR_INVALID;
}

static enum err pepper(
    struct sealer *s, struct bytes password, uint8_t out[static DIGEST_SIZE])
{
	struct arena a;
	struct bytes text = BYTES_NONE;
	arena_init(&a, 4096, 16384);
	enum err e = normalise(&a, password, &text);
	if (e != ERR_OK)
		text = BYTES_NONE;
	system_mac(s, "password", &text, 1, out);
	arena_reset(&a);
	arena_release(&a);
	return e;
}

static enum err stretch(const uint8_t peppered[static DIGEST_SIZE],
    const uint8_t salt[static STRETCH_SALT], const struct password_cost *c,
    uint8_t out[static DIGEST_SIZE])
{
	return stretch_password(bytes_of(peppered, DIGEST_SIZE), salt,
	    c->memory_kib, c->passes, out);
}

enum err password_hash(struct sealer *s, const struct password_cost *c,
    struct bytes password, const struct random *random, struct buf *stored)
{
	uint8_t peppered[DIGEST_SIZE], out[STORED_SIZE];
	if (!is_cost(c))
		return ERR_INVALID;
	enum err e = pepper(s, password, peppered);
	if (e != ERR_OK)
		return e;
	out[0] = VERSION;
	put_be32(out + 1, c->memory_kib);
	put_be32(out + 5, c->passes);
	random_fill(random, out + AT_SALT, STRETCH_SALT);
	e = stretch(peppered, out + AT_SALT, c, out + AT_HASH);
	if (e == ERR_OK) {
		buf_append(stored, out, sizeof(out));
		e = stored->err;
	}
	secret_wipe(peppered, sizeof(peppered));
	secret_wipe(out, sizeof(out));
	return e;
}

enum err password_check(
    struct sealer *s, struct bytes password, struct bytes stored)
{
	uint8_t peppered[DIGEST_SIZE], hash[DIGEST_SIZE] = { 0 };
	if (stored.len != STORED_SIZE || stored.data[0] != VERSION)
		return ERR_CORRUPT;
	struct password_cost c = { get_be32(stored.data + 1),
		get_be32(stored.data + 5) };
	if (!is_cost(&c))
		return ERR_CORRUPT;
	bool is_possible = pepper(s, password, peppered) == ERR_OK;
	enum err e = stretch(peppered, stored.data + AT_SALT, &c, hash);
	bool is_same = digest_same(hash, stored.data + AT_HASH, DIGEST_SIZE);
	secret_wipe(peppered, sizeof(peppered));
	secret_wipe(hash, sizeof(hash));
	if (e != ERR_OK)
		return e;
	return is_possible && is_same ? ERR_OK : ERR_DENIED;
}

enum err password_dummy(
    struct sealer *s, const struct password_cost *c, struct bytes password)
{
	static const uint8_t salt[STRETCH_SALT];
	uint8_t peppered[DIGEST_SIZE], hash[DIGEST_SIZE];
	if (!is_cost(c))
		return ERR_INVALID;
	/* An impossible password is as wrong as any other. */
	enum err e = pepper(s, password, peppered);
	(void)e;
	e = stretch(peppered, salt, c, hash);
	secret_wipe(peppered, sizeof(peppered));
	secret_wipe(hash, sizeof(hash));
	return e == ERR_OK ? ERR_DENIED : e;
}
