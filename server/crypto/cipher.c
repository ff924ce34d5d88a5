// SPDX-License-Identifier: MIT
/*
 * The only file that calls OpenSSL's ciphers and digests.
 *
 * HMAC is two SHA-256 runs whose first block depends on the key alone: a kept
 * key is a pair of states that have eaten that block, copied at each use; a
 * key used once eats the block on the spot.  The library's plain SHA-256
 * functions are deprecated in favour of ones that allocate for each copy and
 * take twice the time.  One GCM context serves both directions.
 * EVP_Cipher() is never called (CVE-2026-75803).
 */
#include "server/crypto/cipher.h"

#include <limits.h>
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/secret.h"

#define SHA_BLOCK 64

struct suite {
	EVP_CIPHER *cipher;
};

struct gcm {
	EVP_CIPHER_CTX *ctx;
};

struct mac {
	SHA256_CTX inner, outer; /* after the key's first block */
};

/* Fails for want of memory or of the algorithm itself, never by input. */
static void must(int ok)
{
	if (ok != 1)
		log_fatal(__FILE__, __LINE__, "a cryptographic call failed");
}

struct suite *suite_new(void)
{
	struct suite *s = must_alloc(sizeof(*s));
	s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	must(s->cipher != NULL);
	return s;
}

void suite_free(struct suite *s)
{
	if (!s)
		return;
	EVP_CIPHER_free(s->cipher);
	free(s);
}

struct gcm *gcm_new(struct suite *s, const uint8_t key[static CIPHER_KEY])
{
	struct gcm *g = must_alloc(sizeof(*g));
	g->ctx = EVP_CIPHER_CTX_new();
	must(g->ctx != NULL);
	must(EVP_EncryptInit_ex2(g->ctx, s->cipher, key, NULL, NULL));
	return g;
}

void gcm_rekey(struct gcm *g, const uint8_t key[static CIPHER_KEY])
{
	must(EVP_EncryptInit_ex2(g->ctx, NULL, key, NULL, NULL));
}

void gcm_free(struct gcm *g)
{
	if (!g)
		return;
	EVP_CIPHER_CTX_free(g->ctx);
	free(g);
}

void gcm_seal(struct gcm *g, const uint8_t nonce[static CIPHER_NONCE],
    const struct bytes *parts, size_t count, uint8_t *text, size_t len,
    uint8_t tag[static CIPHER_TAG])
{
	int n;
	ASSERT(len > 0 && len <= INT_MAX);
	must(EVP_EncryptInit_ex2(g->ctx, NULL, NULL, nonce, NULL));
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len == 0)
			continue;
		must(EVP_EncryptUpdate(
		    g->ctx, NULL, &n, parts[i].data, (int)parts[i].len));
	}
	must(EVP_EncryptUpdate(g->ctx, text, &n, text, (int)len));
	must(EVP_EncryptFinal_ex(g->ctx, text + len, &n));
	must(EVP_CIPHER_CTX_ctrl(
	    g->ctx, EVP_CTRL_AEAD_GET_TAG, CIPHER_TAG, tag));
}

static bool open_parts(struct gcm *g, const struct bytes *parts, size_t count,
    struct bytes sealed, const uint8_t *tag, uint8_t *text)
{
	uint8_t expected[CIPHER_TAG];
	int n;
	memcpy(expected, tag, sizeof(expected));
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len == 0)
			continue;
		if (EVP_DecryptUpdate(g->ctx, NULL, &n, parts[i].data,
			(int)parts[i].len) != 1)
			return false;
	}
	if (EVP_DecryptUpdate(g->ctx, text, &n, sealed.data, (int)sealed.len) !=
	    1)
		return false;
	if (EVP_CIPHER_CTX_ctrl(
		g->ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(expected), expected) != 1)
		return false;
	return EVP_DecryptFinal_ex(g->ctx, text + sealed.len, &n) == 1;
}

enum err gcm_open(struct gcm *g, const uint8_t nonce[static CIPHER_NONCE],
    const struct bytes *parts, size_t count, struct bytes sealed,
    const uint8_t tag[static CIPHER_TAG], uint8_t *text)
{
	if (sealed.len == 0 || sealed.len > INT_MAX)
		return ERR_CORRUPT;
	must(EVP_DecryptInit_ex2(g->ctx, NULL, NULL, nonce, NULL));
	if (open_parts(g, parts, count, sealed, tag, text))
		return ERR_OK;
	/* The library has written the forged text already. */
	secret_wipe(text, sealed.len);
	return ERR_CORRUPT;
}

static void begin(SHA256_CTX *state, const uint8_t *key, uint8_t filler)
{
	uint8_t block[SHA_BLOCK];
	memset(block, filler, sizeof(block));
	for (size_t i = 0; i < CIPHER_KEY; i++)
		block[i] ^= key[i];
	must(SHA256_Init(state));
	must(SHA256_Update(state, block, sizeof(block)));
	secret_wipe(block, sizeof(block));
}

struct mac *mac_new(const uint8_t key[static CIPHER_KEY])
{
	struct mac *m = must_alloc(sizeof(*m));
	begin(&m->inner, key, 0x36);
	begin(&m->outer, key, 0x5c);
	return m;
}

void mac_free(struct mac *m)
{
	if (!m)
		return;
	secret_wipe(m, sizeof(*m));
	free(m);
}

/* Both states are used up and wiped. */
static void finish(struct mac *m, const struct bytes *parts, size_t count,
    uint8_t out[static MAC_SIZE])
{
	uint8_t inner[MAC_SIZE];
	for (size_t i = 0; i < count; i++)
		must(SHA256_Update(&m->inner, parts[i].data, parts[i].len));
	must(SHA256_Final(inner, &m->inner));
	must(SHA256_Update(&m->outer, inner, sizeof(inner)));
	must(SHA256_Final(out, &m->outer));
	secret_wipe(inner, sizeof(inner));
	secret_wipe(m, sizeof(*m));
}

void mac_parts(const struct mac *m, const struct bytes *parts, size_t count,
    uint8_t out[static MAC_SIZE])
{
	struct mac work = *m;
	finish(&work, parts, count, out);
}

void mac_once(const uint8_t key[static CIPHER_KEY], const struct bytes *parts,
    size_t count, uint8_t out[static MAC_SIZE])
{
	struct mac work;
	begin(&work.inner, key, 0x36);
	begin(&work.outer, key, 0x5c);
	finish(&work, parts, count, out);
}
